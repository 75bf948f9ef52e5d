//! What editors show without asking the server says what the tables in the code say.

use std::path::Path;

/// Fails when the file is out of date; `UPDATE=1` writes it anew.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "what is generated is a file; the compiler itself reads none")]
fn is_up_to_date(file: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../editors/vscode").join(file);
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(&path, wanted).expect("the file can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "editors/vscode/{file} is out of date; write it anew with\n\n    UPDATE=1 cargo test -p mig-compiler --test editors\n"
    );
}

#[test]
fn the_textmate_grammar_is_up_to_date() {
    is_up_to_date("syntaxes/mig.tmLanguage.json", &mig_compiler::textmate());
}

#[test]
fn the_snippets_are_up_to_date() {
    is_up_to_date("snippets/mig.json", &mig_compiler::snippets());
}
