//! Items and statements to start from, written from the examples of the tables: `editors/vscode/snippets/mig.json`.
//!
//! Takes nothing but the tables, gives JSON in the form of VS Code, which Neovim and JetBrains read as well. The name of an item and
//! the values of its attributes are stops.

use mig_lang::ast::{Keyword, Statement};
use mig_lang::items::{StatementForm, item};
use mig_lang::{FileId, Span};
use serde_json::{Map, Value, json};

/// The snippets, as JSON.
pub fn snippets() -> String {
    let mut all = Map::new();
    for keyword in Keyword::ALL {
        let spec = item(keyword);
        let word = keyword.word();
        all.insert(word.to_owned(), snippet(word, spec.doc, &with_stops(spec.example)));
    }
    let specs = Keyword::ALL.map(item);
    for form in StatementForm::ALL {
        let found = specs.iter().find_map(|spec| spec.statement(form));
        if let Some(statement) = found {
            // The example stands as in a body; the editor indents by itself.
            let body = escaped(statement.example).replace("\n  ", "\n") + "$0";
            all.insert(format!("{} statement", form.word()), snippet(form.word(), statement.doc, &body));
        }
    }
    format!("{:#}\n", Value::Object(all))
}

fn snippet(prefix: &str, doc: &str, body: &str) -> Value {
    let lines: Vec<&str> = body.lines().collect();
    json!({ "prefix": prefix, "body": lines, "description": doc })
}

/// The text of an item with a stop for its name and for the values of its attributes.
fn with_stops(example: &str) -> String {
    let (file, _) = mig_lang::parse(FileId(0), example);
    let mut stops: Vec<Span> = Vec::new();
    for one in &file.items {
        stops.push(one.name.span);
        for statement in &one.body {
            let Statement::Attribute(attribute) = statement else { continue };
            if let (Some(first), Some(last)) = (attribute.values.first(), attribute.values.last()) {
                stops.push(Span { end: last.span.end, ..first.span });
            }
        }
    }
    let mut out = String::new();
    let mut done = 0;
    for (place, stop) in stops.iter().enumerate() {
        let (start, end) = (stop.start as usize, stop.end as usize);
        out.push_str(&escaped(&example[done..start]));
        out.push_str(&format!("${{{}:{}}}", place + 1, escaped(&example[start..end])));
        done = end;
    }
    out.push_str(&escaped(example[done..].trim_end()));
    out.push_str("\n$0");
    out
}

/// A text in which nothing is a stop.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('$', "\\$").replace('}', "\\}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_stops() {
        assert_eq!(
            with_stops("store lake: postgres { url = env.LAKE_URL, connections = 8 }\n"),
            "store ${1:lake}: postgres { url = ${2:env.LAKE_URL}, connections = ${3:8} \\}\n$0"
        );
    }

    #[test]
    fn every_item_and_statement_has_a_snippet() {
        let all: Value = serde_json::from_str(&snippets()).unwrap();
        assert_eq!(all.as_object().unwrap().len(), Keyword::ALL.len() + StatementForm::ALL.len());
    }
}
