//! The trees of `corpus/*.txt`, in the form of `tree-sitter test`: a title between lines of `=`, a text, a line of `-`, its tree.
//!
//! `UPDATE=1` writes the trees anew: read the difference before you commit it.

use std::path::Path;

use crate::{HERE, files, parse};

struct Case {
    title: String,
    text: String,
    tree: String,
}

fn is_line_of(line: &str, mark: char) -> bool {
    line.len() >= 3 && line.chars().all(|char| char == mark)
}

fn cases(page: &str) -> Vec<Case> {
    let lines: Vec<&str> = page.lines().collect();
    let titles: Vec<usize> = (1..lines.len().saturating_sub(1))
        .filter(|&at| is_line_of(lines[at - 1], '=') && is_line_of(lines[at + 1], '='))
        .collect();
    titles
        .iter()
        .enumerate()
        .map(|(place, &at)| {
            let end = titles.get(place + 1).map_or(lines.len(), |next| next - 1);
            let rule = (at + 2..end).find(|&line| is_line_of(lines[line], '-')).expect("a line of `-`");
            Case {
                title: lines[at].to_owned(),
                text: lines[at + 2..rule].join("\n").trim().to_owned() + "\n",
                tree: lines[rule + 1..end].join("\n"),
            }
        })
        .collect()
}

/// A tree on one line, without blanks that say nothing.
fn flat(tree: &str) -> String {
    tree.split_whitespace().collect::<Vec<_>>().join(" ").replace(" )", ")").replace("( ", "(")
}

/// A tree with each node of nodes on lines of its own.
fn indented(tree: &str) -> String {
    let mut out = String::new();
    let mut depth = 0;
    for word in tree.split(' ') {
        if word.starts_with('(') && !out.ends_with(": ") && !out.is_empty() || word.ends_with(':') {
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
        }
        out.push_str(word);
        if word.ends_with(':') {
            out.push(' ');
        }
        depth += word.matches('(').count();
        depth -= word.matches(')').count();
    }
    out
}

#[test]
fn every_text_has_its_tree() {
    let mut count = 0;
    for file in files(&Path::new(HERE).join("test/corpus"), "txt") {
        let mut page = String::new();
        for case in cases(&std::fs::read_to_string(&file).expect("a file of cases")) {
            let Case { title, text, tree } = case;
            let found = parse(&text).root_node().to_sexp();
            assert!(!found.contains("ERROR") && !found.contains("MISSING"), "{title}:\n{found}");
            let line = "=".repeat(80);
            page += &format!("{line}\n{title}\n{line}\n\n{text}\n---\n\n{}\n\n", indented(&found));
            if std::env::var("UPDATE").is_err() {
                assert_eq!(found, flat(&tree), "{title} in {}", file.display());
            }
            count += 1;
        }
        if std::env::var("UPDATE").is_ok() {
            std::fs::write(&file, page.trim_end().to_owned() + "\n").expect("the file can be written");
        }
    }
    assert!(count > 9, "{count} cases");
}
