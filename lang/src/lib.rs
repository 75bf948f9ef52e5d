//! The language: grammar, tree, spans, diagnostics as data, formatter. Pure: text in, values out.

pub mod ast;
mod diagnostic;
mod span;

pub use diagnostic::{Diagnostic, Edit, Fix, Label, Severity};
pub use span::{FileId, Span, Spanned};
