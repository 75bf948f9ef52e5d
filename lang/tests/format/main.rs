//! What the formatter makes of a text: each snapshot shows SOURCE, then FORMATTED. Every source is also
//! formatted twice, since the formatter leaves its own output alone.

#[path = "../support/mod.rs"]
mod support;

mod layout;
mod orders;
mod recovery;
mod values;

/// SOURCE and FORMATTED; fails when formatting again changes something or the trees differ.
fn shown(source: &str) -> String {
    let once = mig_lang::format(source);
    assert_eq!(mig_lang::format(&once), once, "formatting twice differs");
    // Needless backticks are all that the tree may lose.
    let tree = |text: &str| support::tree(&mig_lang::parse(mig_lang::FileId(0), text).0).replace('`', "");
    assert_eq!(tree(&once), tree(source), "formatting changes the tree");
    assert!(once.lines().all(|line| line.trim_end() == line), "blanks at a line's end");
    format!("SOURCE\n{}\n\nFORMATTED\n{once}", source.trim_end())
}

/// Compares SOURCE and FORMATTED with the snapshot named after the test.
macro_rules! snapshot {
    ($source:expr) => {
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!($crate::shown($source))
        })
    };
}
pub(crate) use snapshot;
