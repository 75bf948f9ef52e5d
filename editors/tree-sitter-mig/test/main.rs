//! The grammar takes what the language takes, gives the trees of `corpus`, and colours as `highlight` says.

mod corpus;
mod generated;
mod highlight;
mod texts;

use std::path::Path;

use tree_sitter::{Parser, Tree};

/// The folder of the grammar.
const HERE: &str = env!("CARGO_MANIFEST_DIR");

fn parse(text: &str) -> Tree {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_mig::LANGUAGE.into()).expect("the generated parser");
    parser.parse(text, None).expect("a parser without limit ends")
}

/// The files of a folder with that ending, folders inside included, in the order of their names.
fn files(folder: &Path, ending: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder lists") {
        let path = entry.expect("an entry reads").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !["target", "node_modules", ".git"].contains(&name) {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}
