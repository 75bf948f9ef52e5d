//! The grammar by which editors colour `.mig` files before a server answers, written from the tables that checks read:
//! `editors/vscode/syntaxes/mig.tmLanguage.json`.
//!
//! Takes nothing but the tables, gives JSON for the TextMate engine. It colours; what is wrong, the server says. An item that is
//! left open ends where the next one begins at the start of a line, as in the parser.

use mig_lang::ast::Keyword;
use mig_lang::items::{ItemSpec, StatementForm, ValueForm, item};
use mig_lang::words::{CONSTANTS, DURATIONS, MEANT, OPERATORS, SIZES, TYPES};
use mig_plan::{MetricUnit, StoreKind};
use serde_json::{Value, json};

use crate::forms::{ACTIONS, CATALOGS, Form, METRICS, SOURCES};
use crate::functions::functions;

const NAME: &str = r"(?:[A-Za-z_][A-Za-z0-9_]*|`[^`\n]+`)";

/// Where a statement or a column may begin: at the start of a line, or behind a brace or a comma.
const START: &str = r"(?:^|(?<=[{,]))\s*";

/// The grammar, as JSON.
pub fn textmate() -> String {
    let mut repository = serde_json::Map::new();
    let mut items = vec![include("comments")];
    for keyword in Keyword::ALL {
        let name = format!("item-{}", keyword.word());
        items.push(include(&name));
        repository.insert(name, whole_item(item(keyword)));
    }
    repository.extend([
        ("comments".to_owned(), comments()),
        ("columns".to_owned(), columns()),
        ("types".to_owned(), types()),
        ("expression".to_owned(), expression()),
        ("literals".to_owned(), literals()),
    ]);
    let grammar = json!({
        "information_for_contributors": "Written from the code: `UPDATE=1 cargo test -p mig-compiler --test editors`.",
        "name": "mig",
        "scopeName": "source.mig",
        "fileTypes": ["mig"],
        "patterns": items,
        "repository": repository,
    });
    format!("{grammar:#}\n")
}

fn include(name: &str) -> Value {
    json!({ "include": format!("#{name}") })
}

fn matched(pattern: &str, scope: &str) -> Value {
    json!({ "match": pattern, "name": format!("{scope}.mig") })
}

/// A pattern whose groups have these scopes, in order.
fn grouped(pattern: &str, scopes: &[&str]) -> Value {
    json!({ "match": pattern, "captures": captures(scopes) })
}

fn captures(scopes: &[&str]) -> Value {
    let named =
        |(place, scope): (usize, &&str)| ((place + 1).to_string(), json!({ "name": format!("{scope}.mig") }));
    Value::Object(scopes.iter().enumerate().map(named).collect())
}

/// Any of these words, the longest first.
fn any<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut words: Vec<&str> = words.into_iter().collect();
    words.sort_by_key(|word| (std::cmp::Reverse(word.len()), *word));
    words.dedup();
    format!("(?:{})", words.join("|"))
}

/// The place at which an item begins, whatever is still open before it.
fn item_ahead() -> String {
    format!(r"(?=^{}[ \t]+[A-Za-z_`])", any(Keyword::ALL.map(Keyword::word)))
}

/// What stands between two brackets, each of them escaped.
fn between(open: &str, close: &str, bracket: &str, patterns: Vec<Value>) -> Value {
    json!({
        "begin": format!(r"\{open}"),
        "end": format!(r"\{close}|{}", item_ahead()),
        "beginCaptures": { "0": { "name": format!("punctuation.{bracket}.begin.mig") } },
        "endCaptures": { "0": { "name": format!("punctuation.{bracket}.end.mig") } },
        "patterns": patterns,
    })
}

fn whole_item(spec: &ItemSpec) -> Value {
    let word = spec.keyword.word();
    let mut body = vec![include("comments")];
    body.extend(spec.statements.iter().flat_map(|statement| statement_patterns(statement.form)));
    if !spec.attributes.is_empty() {
        let names = any(spec.attributes.iter().map(|attribute| attribute.name));
        body.push(grouped(
            &format!(r"{START}({names})\s*(=)(?!=)"),
            &["support.type.property-name", "keyword.operator.assignment"],
        ));
    }
    body.push(grouped(
        &format!(r"{START}({NAME})\s*(=)(?!=)"),
        &["variable.other.property", "keyword.operator.assignment"],
    ));
    for attribute in spec.attributes {
        if let ValueForm::Word(words) = attribute.value {
            body.push(matched(&format!(r"\b{}\b", any(words.iter().copied())), "support.constant"));
        }
    }
    let values = |value: ValueForm| spec.attributes.iter().any(|attribute| attribute.value == value);
    if values(ValueForm::Actions) {
        body.extend(forms(&ACTIONS, "support.function.action"));
    }
    if values(ValueForm::Catalog) {
        body.extend(forms(&CATALOGS, "support.function.catalog"));
    }
    if spec.statement(StatementForm::When).is_some() {
        body.extend(forms(&METRICS, "support.function.metric"));
    }
    if values(ValueForm::Metrics) {
        body.extend(forms(&SOURCES, "support.function.metrics"));
    }
    body.push(include("expression"));

    let kinds = StoreKind::ALL.iter().map(|(kind, _, _)| *kind);
    let kinds = kinds.chain(MetricUnit::ALL.iter().map(|(unit, ..)| *unit));
    json!({
        "name": format!("meta.item.{word}.mig"),
        "begin": format!(r"^\s*({word})[ \t]+({NAME})"),
        "beginCaptures": captures(&["storage.type.item", &format!("entity.name.type.{word}")]),
        "end": format!(r"(?<=\}})|{}", item_ahead()),
        "patterns": [
            include("comments"),
            matched(r"\b(?:on|after)\b", "keyword.other"),
            grouped(&format!(r"(:)\s*({})\b", any(kinds)), &["punctuation.separator.kind", "support.type.store"]),
            between("{", "}", "section.block", body),
            include("expression"),
        ],
    })
}

/// The patterns of a statement's own words.
fn statement_patterns(form: StatementForm) -> Vec<Value> {
    let word = form.word();
    let keyword = |also: &str| format!(r"{START}({word})\b(?!\s*=){also}");
    let because = matched(r#"\b(?:because|see)\b(?=\s*")"#, "keyword.other");
    match form {
        StatementForm::Columns => vec![include("columns")],
        StatementForm::Drop => vec![
            grouped(
                &keyword(&format!(r"\s+({NAME})")),
                &["keyword.other.statement", "variable.other.column"],
            ),
            because,
        ],
        StatementForm::Irreversible => vec![grouped(&keyword(""), &["keyword.other.statement"]), because],
        StatementForm::Allow => vec![
            grouped(&keyword(r"\s+([A-Za-z0-9_-]+)"), &["keyword.other.statement", "constant.other.code"]),
            because,
        ],
        StatementForm::Freshness => vec![
            grouped(&keyword(""), &["keyword.other.statement"]),
            matched(r"\bwithin\b(?=\s*\d)", "keyword.other"),
            grouped(&format!(r"\b(of)\s+({NAME})"), &["keyword.other", "variable.other.column"]),
        ],
        StatementForm::Then => vec![
            grouped(&keyword(""), &["keyword.other.statement"]),
            grouped(
                &format!(r"(?<=then|,)\s+(?!{}\b)([a-z]+)[ \t]+([a-z]+)\b", any(OPERATORS)),
                &["support.function.reaction", "support.constant"],
            ),
        ],
        StatementForm::Checksum => {
            vec![grouped(&keyword(r"(?:\s+(reread)\b)?"), &["keyword.other.statement", "keyword.other"])]
        }
        StatementForm::RowCount | StatementForm::Require | StatementForm::When => {
            vec![grouped(&keyword(""), &["keyword.other.statement"])]
        }
    }
}

/// Calls that are values, those without parameters without brackets.
fn forms(forms: &[&Form], scope: &str) -> Vec<Value> {
    let names = |bare: bool| {
        let wanted = forms.iter().filter(|form| form.parameters.is_empty() == bare);
        wanted.map(|form| form.name).collect::<Vec<_>>()
    };
    let mut patterns = vec![matched(&format!(r"\b{}(?=\s*\()", any(names(false))), scope)];
    if !names(true).is_empty() {
        patterns.push(matched(&format!(r"(?<!\.)\b{}\b(?![.(]|\s*:)", any(names(true))), scope));
    }
    patterns
}

fn comments() -> Value {
    json!({ "patterns": [
        matched(r"///(?!/).*$", "comment.line.documentation"),
        matched(r"//.*$", "comment.line.double-slash"),
    ] })
}

fn columns() -> Value {
    let column = |behind: &str| format!(r"{START}({NAME}){behind}");
    json!({
        "begin": format!(r"{START}(columns)\s*(\{{)"),
        "beginCaptures": captures(&["keyword.other.statement", "punctuation.section.block.begin"]),
        "end": format!(r"\}}|{}", item_ahead()),
        "endCaptures": { "0": { "name": "punctuation.section.block.end.mig" } },
        "patterns": [
            include("comments"),
            {
                "begin": column(r"\s*(:)"),
                "beginCaptures": captures(&["variable.other.column", "punctuation.separator.type"]),
                "end": r"(?=[=,}]|//|$)",
                "patterns": [include("types")],
            },
            grouped(&column(r"\s*(?==(?!=))"), &["variable.other.column"]),
            grouped(&column(r"(?=\s*(?:[,}]|//|$))"), &["variable.other.column"]),
            include("expression"),
        ],
    })
}

fn types() -> Value {
    let words = TYPES.iter().map(|ty| ty.word.split('(').next().unwrap_or_default());
    json!({ "patterns": [
        matched(&format!(r"\b{}\b", any(words)), "support.type"),
        matched(r"\?", "keyword.operator.nullable"),
        between("(", ")", "section.parens", vec![include("types")]),
        matched(r"\b[0-9]+\b", "constant.numeric"),
        matched(",", "punctuation.separator"),
    ] })
}

fn expression() -> Value {
    let functions = any(functions().map(|info| info.name));
    let choice = ["if", "then", "else"];
    let joining = OPERATORS.into_iter().filter(|word| !choice.contains(word));
    let calls: Vec<&str> = ACTIONS
        .iter()
        .chain(&CATALOGS)
        .chain(&SOURCES)
        .chain(&METRICS)
        .map(|form| form.name)
        .chain(["env"])
        .collect();
    let meant = MEANT.into_iter().filter(|word| !calls.contains(word));
    let argument =
        grouped(&format!(r"({NAME})\s*(:)"), &["variable.parameter", "punctuation.separator.argument"]);
    json!({ "patterns": [
        include("comments"),
        include("literals"),
        matched(&format!(r"(?<!\.)\b{}\b", any(choice)), "keyword.control.conditional"),
        matched(&format!(r"(?<!\.)\b{}\b", any(joining)), "keyword.operator.word"),
        grouped(
            r"(?<!\.)\b(env)(\.)([A-Za-z_][A-Za-z0-9_]*)",
            &["support.variable", "punctuation.accessor", "constant.other.environment"],
        ),
        matched(&format!(r"(?<!\.)\b{functions}(?=\s*\()"), "support.function"),
        matched(&format!(r"(?<!\.){NAME}(?=\()"), "entity.name.function"),
        matched(&format!(r"(?<!\.)\b{}\b(?![.`])", any(meant)), "support.constant"),
        between("(", ")", "section.parens", vec![argument, include("expression")]),
        between("[", "]", "section.brackets", vec![include("expression")]),
        matched("->", "keyword.operator.arrow"),
        matched("==|!=|<=|>=|<|>", "keyword.operator.comparison"),
        matched("=", "keyword.operator.assignment"),
        matched(r"\+\+|[-+*/%]", "keyword.operator.arithmetic"),
        matched("[,:]", "punctuation.separator"),
        matched(r"\.", "punctuation.accessor"),
        matched(NAME, "variable.other"),
    ] })
}

fn literals() -> Value {
    let sizes = any(SIZES.iter().map(|size| size.unit));
    let spans = any(DURATIONS.iter().map(|span| span.unit));
    let unit = format!(r"%|[ \t]*(?:rows|{sizes})(?:/s|\b)(?![A-Za-z0-9_])|{spans}\b");
    let part = "[A-Za-z0-9](?:[-_.]*[A-Za-z0-9])*";
    json!({ "patterns": [
        {
            "name": "string.quoted.double.mig",
            "begin": "\"",
            "end": "\"|$",
            "patterns": [
                matched(r#"\\(?:[nt"\\]|u\{[0-9A-Fa-f]+\})"#, "constant.character.escape"),
                matched(r"\\.", "invalid.illegal.escape"),
            ],
        },
        {
            "name": "constant.other.entity.mig",
            "match": format!(r"(@)({part})(:)({part}(?:/{part})?)"),
            "captures": captures(&[
                "punctuation.definition.entity", "support.class.kind", "punctuation.separator.entity", "constant.other.entity.name",
            ]),
        },
        grouped(
            &format!(r"(?<![A-Za-z0-9_.])([0-9][0-9_]*(?:\.[0-9][0-9_]*)?)({unit})?"),
            &["constant.numeric", "keyword.other.unit"],
        ),
        matched(&format!(r"(?<!\.)\b{}\b", any(CONSTANTS)), "constant.language"),
    ] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_tables_is_in_the_grammar() {
        let grammar = textmate();
        let specs: Vec<&ItemSpec> = Keyword::ALL.into_iter().map(item).collect();
        let words = specs.iter().map(|spec| spec.keyword.word());
        let words = words.chain(OPERATORS).chain(CONSTANTS).chain(MEANT);
        let words =
            words.chain(specs.iter().flat_map(|spec| spec.attributes.iter().map(|attribute| attribute.name)));
        let words = words.chain(
            specs.iter().flat_map(|spec| spec.statements.iter().map(|statement| statement.form.word())),
        );
        let words = words.chain(functions().map(|info| info.name));
        let words = words
            .chain(ACTIONS.iter().chain(&CATALOGS).chain(&SOURCES).chain(&METRICS).map(|form| form.name));
        for word in words {
            assert!(grammar.contains(word), "{word}");
        }
    }

    #[test]
    fn the_longest_of_several_words_is_tried_first() {
        assert_eq!(any(["B", "MiB", "MB", "B"]), "(?:MiB|MB|B)");
    }
}
