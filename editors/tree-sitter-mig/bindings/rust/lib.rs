//! The grammar of `.mig` files for tree-sitter, and the queries that editors colour, fold and indent by.

use tree_sitter_language::LanguageFn;

#[expect(unsafe_code, reason = "the parser is generated C")]
unsafe extern "C" {
    fn tree_sitter_mig() -> *const ();
}

/// The language, for `tree_sitter::Parser::set_language`.
#[expect(unsafe_code, reason = "the parser is generated C")]
// SAFETY: the function is the one that tree-sitter generated for this grammar.
pub const LANGUAGE: LanguageFn = unsafe { LanguageFn::from_raw(tree_sitter_mig) };

/// Which node is shown in which colour.
pub const HIGHLIGHTS: &str = include_str!("../../queries/highlights.scm");

/// Which nodes can be folded.
pub const FOLDS: &str = include_str!("../../queries/folds.scm");

/// Which nodes indent what is in them.
pub const INDENTS: &str = include_str!("../../queries/indents.scm");
