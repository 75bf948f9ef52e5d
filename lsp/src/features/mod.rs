//! What the editor offers: each feature a pure function over a snapshot, in a file of its own.
//!
//! None of them knows a type of the protocol: places are spans, texts are Markdown or plain.

pub(crate) mod actions;
pub(crate) mod call;
pub(crate) mod completion;
pub(crate) mod counts;
pub(crate) mod definition;
pub(crate) mod diagnostics;
pub(crate) mod folding;
pub(crate) mod formatting;
pub(crate) mod hierarchy;
pub(crate) mod highlight;
pub(crate) mod hover;
pub(crate) mod inlay;
pub(crate) mod links;
pub(crate) mod references;
pub(crate) mod rename;
pub(crate) mod selection;
pub(crate) mod semantic_tokens;
pub(crate) mod signature;
pub(crate) mod symbols;
