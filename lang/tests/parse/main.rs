//! What the parser makes of a text: each snapshot shows SOURCE, then TREE, then ERRORS.

#[path = "../support/mod.rs"]
mod support;

mod errors;
mod expressions;
mod items;
mod orders;
mod shown;
mod statements;

/// Compares SOURCE, TREE and ERRORS of a text with the snapshot named after the test.
macro_rules! snapshot {
    ($source:expr) => {
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!($crate::shown::shown($source.trim_end()))
        })
    };
}
pub(crate) use snapshot;
