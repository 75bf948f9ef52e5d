//! What `mig` takes, the grammar takes: the examples, the pages, and every text in the tests of the language and the compiler that
//! parses without a diagnostic.

use std::path::{Path, PathBuf};

use mig_lang::FileId;
use mig_lang::ast::Item;
use mig_lang::items::item;

use crate::{HERE, files, parse};

fn root() -> PathBuf {
    Path::new(HERE).join("../..")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a text file")
}

/// Whether the language takes a text, and finds items in it, each with a header of its kind.
fn is_taken(text: &str) -> bool {
    let (file, diagnostics) = mig_lang::parse(FileId(0), text);
    let fits = |one: &Item| item(one.keyword.value).header.takes(&one.header);
    diagnostics.is_empty() && !file.items.is_empty() && file.items.iter().all(fits)
}

#[track_caller]
fn assert_parses(from: &Path, text: &str) {
    let tree = parse(text);
    assert!(!tree.root_node().has_error(), "{}:\n{text}\n{}", from.display(), tree.root_node().to_sexp());
}

#[test]
fn every_example_parses() {
    let mut found = files(&root().join("examples"), "mig");
    found.extend(files(&root().join("src/demo"), "mig"));
    assert!(found.len() > 5, "{found:?}");
    for path in found {
        assert_parses(&path, &read(&path));
    }
}

#[test]
fn every_block_of_the_pages_parses() {
    let mut pages = files(&root().join("docs"), "md");
    pages.push(root().join("README.md"));
    let mut count = 0;
    for path in pages {
        let page = read(&path);
        let blocks = page.split("```mig\n").skip(1).filter_map(|rest| rest.split("```").next());
        for block in blocks.filter(|block| is_taken(block)) {
            assert_parses(&path, block);
            count += 1;
        }
    }
    assert!(count > 15, "{count} blocks");
}

#[test]
fn every_sound_text_of_the_tests_parses() {
    let mut count = 0;
    for folder in ["lang", "compiler", "src", "tests"] {
        for path in files(&root().join(folder), "rs") {
            for text in literals(&read(&path)).into_iter().filter(|text| is_taken(text)) {
                assert_parses(&path, &text);
                count += 1;
            }
        }
    }
    assert!(count > 100, "{count} texts");
}

/// The texts that a Rust source has between quotes, raw or not.
fn literals(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find('"') {
        let (before, behind) = (&rest[..at], &rest[at + 1..]);
        let raw = before.trim_end_matches('#');
        let marks = before.len() - raw.len();
        if raw.ends_with('r') && !raw.ends_with("er") {
            let Some(end) = behind.find(&format!("\"{}", "#".repeat(marks))) else { break };
            found.push(behind[..end].to_owned());
            rest = &behind[end + 1 + marks..];
        } else if before.ends_with('\'') {
            rest = behind;
        } else {
            let (text, end) = unescaped(behind);
            found.push(text);
            rest = &behind[end..];
        }
    }
    found
}

/// What a text with escapes says, and where it has ended.
fn unescaped(source: &str) -> (String, usize) {
    let mut text = String::new();
    let mut chars = source.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return (text, at + 1),
            '\\' => match chars.next().map(|(_, char)| char) {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('\n') => while chars.next_if(|(_, char)| char.is_whitespace()).is_some() {},
                Some(other) => text.push(other),
                None => {}
            },
            other => text.push(other),
        }
    }
    (text, source.len())
}
