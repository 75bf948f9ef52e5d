//! `docs/reference.md` says what the tables in the code say.

use std::path::Path;

/// Fails when the page is out of date; `UPDATE=1` writes it anew.
#[test]
#[expect(clippy::disallowed_methods, reason = "the page is a file; the compiler itself reads none")]
fn the_reference_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference.md");
    let wanted = mig_compiler::reference();
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(&path, &wanted).expect("docs/reference.md can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/reference.md is out of date; write it anew with\n\n    UPDATE=1 cargo test -p mig-compiler --test reference\n"
    );
}
