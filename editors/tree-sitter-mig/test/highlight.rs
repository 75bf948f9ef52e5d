//! The colours of `highlight/*.mig`, in the form of `tree-sitter test`: a comment points with `^` at the line above and says the
//! capture there, or `none`.

use std::path::Path;

use tree_sitter::{Language, Point, Query, QueryCursor, StreamingIterator};

use crate::{HERE, files, parse};

fn language() -> Language {
    tree_sitter_mig::LANGUAGE.into()
}

/// The innermost capture at each place that is asked for.
fn captures(text: &str, places: &[Point]) -> Vec<String> {
    let query = Query::new(&language(), tree_sitter_mig::HIGHLIGHTS).expect("highlights.scm");
    let tree = parse(text);
    let mut best: Vec<(usize, String)> = vec![(usize::MAX, "none".to_owned()); places.len()];
    let mut cursor = QueryCursor::new();
    let mut found = cursor.captures(&query, tree.root_node(), text.as_bytes());
    while let Some((matched, index)) = found.next() {
        let capture = matched.captures()[*index];
        let size = capture.node.end_byte() - capture.node.start_byte();
        for (place, best) in places.iter().zip(&mut best) {
            let covers = capture.node.start_position() <= *place && *place < capture.node.end_position();
            if covers && size < best.0 {
                *best = (size, query.capture_names()[capture.index as usize].to_owned());
            }
        }
    }
    best.into_iter().map(|(_, name)| name).collect()
}

#[test]
fn every_mark_has_its_colour() {
    let mut count = 0;
    for file in files(&Path::new(HERE).join("test/highlight"), "mig") {
        let text = std::fs::read_to_string(&file).expect("a file of colours");
        assert!(!parse(&text).root_node().has_error(), "{}", parse(&text).root_node().to_sexp());
        let mut subject = 0;
        let mut asked = Vec::new();
        for (row, line) in text.lines().enumerate() {
            let pointer =
                line.trim_start().strip_prefix("//").and_then(|rest| rest.trim_start().strip_prefix('^'));
            match pointer {
                Some(rest) => {
                    let column = line.find('^').expect("the mark");
                    let wanted = rest.trim_start_matches('^').trim().to_owned();
                    asked.push((row, Point { row: subject, column }, wanted));
                }
                None => subject = row,
            }
        }
        let places: Vec<Point> = asked.iter().map(|(_, place, _)| *place).collect();
        let found = captures(&text, &places);
        for ((row, _, wanted), found) in asked.iter().zip(&found) {
            assert_eq!(found, wanted, "{}:{}", file.display(), row + 1);
            count += 1;
        }
    }
    assert!(count > 30, "{count} marks");
}

#[test]
fn the_other_queries_are_of_this_grammar() {
    for query in [tree_sitter_mig::FOLDS, tree_sitter_mig::INDENTS] {
        Query::new(&language(), query).expect("a query");
    }
}

/// Two patterns for one node would be shown differently from editor to editor.
#[test]
fn no_node_of_the_example_is_captured_twice() {
    let query = Query::new(&language(), tree_sitter_mig::HIGHLIGHTS).expect("highlights.scm");
    for file in files(&Path::new(HERE).join("../../examples"), "mig") {
        let text = std::fs::read_to_string(&file).expect("an example");
        let tree = parse(&text);
        let mut cursor = QueryCursor::new();
        let mut found = cursor.captures(&query, tree.root_node(), text.as_bytes());
        let mut seen = std::collections::BTreeMap::new();
        while let Some((matched, index)) = found.next() {
            let capture = matched.captures()[*index];
            let name = query.capture_names()[capture.index as usize];
            let node = capture.node;
            if let Some(before) = seen.insert(node.id(), name) {
                assert_eq!(before, name, "{} at {}", &text[node.byte_range()], node.start_position());
            }
        }
        assert!(seen.len() > 50, "{} captures in {}", seen.len(), file.display());
    }
}
