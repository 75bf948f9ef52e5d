//! `src/` is what the generator makes of `grammar.js`.

use std::path::Path;

use tree_sitter_generate::{OptLevel, generate_parser_in_directory};

use crate::HERE;

/// The version of generated parsers that every editor reads, also those of some years ago.
const ABI: usize = 14;

const FILES: [&str; 4] = ["grammar.json", "node-types.json", "parser.c", "tree_sitter/parser.h"];

/// Fails when the parser is out of date; `UPDATE=1` writes it anew.
#[test]
fn the_parser_is_up_to_date() {
    let made = tempfile::tempdir().expect("a temporary folder");
    let mut notes = Vec::new();
    generate_parser_in_directory::<_, _, &Path>(
        HERE,
        Some(made.path()),
        None,
        ABI,
        None,
        None,
        true,
        OptLevel::default(),
        &mut notes,
    )
    .expect("grammar.js gives a parser");
    let notes: Vec<String> = notes.iter().map(ToString::to_string).collect();
    assert!(notes.is_empty(), "{notes:?}");
    for name in FILES {
        let wanted = std::fs::read_to_string(made.path().join(name)).expect("a generated file");
        let path = Path::new(HERE).join("src").join(name);
        if std::env::var("UPDATE").is_ok() {
            std::fs::write(&path, &wanted).expect("the file can be written");
        }
        assert!(
            std::fs::read_to_string(&path).unwrap_or_default() == wanted,
            "src/{name} is out of date; in this folder\n\n    UPDATE=1 cargo test generated && cargo test\n"
        );
    }
}
