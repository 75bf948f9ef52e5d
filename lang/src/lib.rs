//! The language: grammar, tree, spans, diagnostics as data, formatter. Pure: text in, values out.

pub mod ast;
mod codes;
mod diagnostic;
mod edits;
mod format;
pub mod items;
mod nearest;
mod parse;
mod sources;
mod span;
pub mod token;
mod whole;
pub mod words;

pub use codes::CODES;
pub use diagnostic::{Applicability, Diagnostic, Edit, Fix, Label, Severity};
pub use edits::{Applied, apply, behind_comment, comments, overlap};
pub use format::format;
pub use nearest::{NameIndex, nearest};
pub use parse::{parse, parse_expression};
pub use sources::{Position, Source, Sources};
pub use span::{FileId, Span, Spanned};
