//! What a call takes while its arguments are written: functions, actions, catalogs, metrics and types, with the
//! parameter that the cursor is at, by its position or its name.

use std::ops::Range;

use mig_compiler::forms::{self, Form};
use mig_compiler::functions::{FunctionInfo, function};
use mig_lang::ast::Keyword;
use mig_lang::words;

use super::call::Call;
use super::completion::call_at;
use crate::snapshot::Cursor;

/// What a call takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    /// The call with the names of its parameters.
    pub(crate) label: String,
    /// What it does, in Markdown.
    pub(crate) doc: String,
    /// The parameters.
    pub(crate) parameters: Vec<SignatureParameter>,
    /// Which of them the cursor is at; none behind the last, or for a name that none has.
    pub(crate) active: Option<usize>,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignatureParameter {
    /// Its place in the label, in bytes.
    pub(crate) label: Range<usize>,
    /// What it takes.
    pub(crate) doc: String,
}

/// What the call around the cursor takes.
pub(crate) fn signature(cursor: Cursor<'_>) -> Option<Signature> {
    let (keyword, call) = call_at(cursor.document.text.as_str(), cursor.byte)?;
    if call.is_type {
        return of_type(&call);
    }
    let form = |all: &[&'static Form]| all.iter().copied().find(|form| form.name == call.function);
    let form = match keyword {
        Keyword::Migration => form(&forms::CATALOGS).or_else(|| form(&forms::SOURCES)),
        Keyword::Rollback => form(&forms::METRICS),
        Keyword::Dataset | Keyword::Datasets | Keyword::Consumer | Keyword::Consumers => {
            form(&forms::ACTIONS)
        }
        Keyword::Store | Keyword::Validation | Keyword::Approval | Keyword::Metric | Keyword::Wave => None,
    };
    match form {
        Some(form) => Some(of_form(form, &call)),
        None => function(call.function).map(|info| of_function(info, &call)),
    }
}

fn of_function(info: &FunctionInfo, call: &Call<'_>) -> Signature {
    let parameters: Vec<(String, String)> = info
        .parameters
        .iter()
        .enumerate()
        .map(|(place, parameter)| {
            let left_out = if place >= info.required { " May be left out." } else { "" };
            (parameter.name.to_owned(), format!("{}.{left_out}", parameter.accepts.words()))
        })
        .collect();
    let names: Vec<&str> = info.parameters.iter().map(|parameter| parameter.name).collect();
    let active = call.parameter(&names, info.variadic);
    let gives = format!(" -> {}", info.gives.words());
    signature_of((info.name, &gives), info.doc, parameters, info.variadic, active)
}

fn of_form(form: &Form, call: &Call<'_>) -> Signature {
    let parameters: Vec<(String, String)> = form
        .parameters
        .iter()
        .map(|parameter| {
            let (mark, left_out) = if parameter.required { ("", "") } else { ("?", " May be left out.") };
            (format!("{}{mark}", parameter.name), format!("{}.{left_out}", parameter.takes))
        })
        .collect();
    let names: Vec<&str> = form.parameters.iter().map(|parameter| parameter.name).collect();
    let active = call.parameter(&names, form.variadic);
    signature_of((form.name, ""), form.doc, parameters, form.variadic, active)
}

/// A type with arguments: `decimal(p, s)`.
fn of_type(call: &Call<'_>) -> Option<Signature> {
    let word = words::TYPES
        .iter()
        .find(|word| word.word.strip_prefix(call.function).is_some_and(|rest| rest.starts_with('(')))?;
    let inside = word.word.split(['(', ')']).nth(1)?;
    let parameters: Vec<(String, String)> =
        inside.split(", ").map(|name| (name.to_owned(), String::new())).collect();
    let active = (call.before < parameters.len()).then_some(call.before);
    Some(signature_of((call.function, ""), word.doc, parameters, false, active))
}

fn signature_of(
    (name, behind): (&str, &str),
    doc: &str,
    parameters: Vec<(String, String)>,
    variadic: bool,
    active: Option<usize>,
) -> Signature {
    let mut label = format!("{name}(");
    let mut places = Vec::with_capacity(parameters.len());
    for (at, (parameter, doc)) in parameters.into_iter().enumerate() {
        if at > 0 {
            label.push_str(", ");
        }
        let start = label.len();
        label.push_str(&parameter);
        places.push(SignatureParameter { label: start..label.len(), doc });
    }
    if variadic {
        label.push_str(", …");
    }
    label.push(')');
    label.push_str(behind);
    Signature { label, doc: doc.to_owned(), parameters: places, active }
}

#[cfg(test)]
mod tests {
    use super::signature;
    use crate::fixture::Fixture;

    /// The signature, its active parameter between `[` and `]`.
    fn shown(text: &str) -> String {
        let fixture = Fixture::file(text);
        let Some(found) = signature(fixture.cursor()) else { return "none".to_owned() };
        let Some(parameter) = found.active.and_then(|active| found.parameters.get(active)) else {
            return found.label;
        };
        let (start, end) = (parameter.label.start, parameter.label.end);
        let label = &found.label;
        format!("{}[{}]{} | {}", &label[..start], &label[start..end], &label[end..], parameter.doc)
    }

    fn line(text: &str) -> String {
        shown(&format!("dataset a: s.a -> t.a {{\n  columns {{\n    x: text = {text}\n    other\n  }}\n}}\n"))
    }

    #[test]
    fn the_parameter_is_told_by_position_and_by_name() {
        insta::assert_snapshot!(line("utc($0"), @"utc([datetime], zone) -> timestamp | a datetime.");
        insta::assert_snapshot!(line("utc(placed, $0)"), @r#"utc(datetime, [zone]) -> timestamp | the name of a time zone, as in "Europe/Paris"."#);
        insta::assert_snapshot!(line("utc(zone: \"Eur$0ope/Paris\", datetime: placed)"), @r#"utc(datetime, [zone]) -> timestamp | the name of a time zone, as in "Europe/Paris"."#);
        insta::assert_snapshot!(line("replace(lower(trim(a)), \"x, y\", $0"), @"replace(text, from, [to]) -> text | a text.");
        insta::assert_snapshot!(line("coalesce(a, b, c$0"), @"coalesce([value], …) -> the type that the arguments have in common | any value.");
        assert_eq!(line("lower(a$0)").split('|').next(), line("lower($0)").split('|').next());
        assert_eq!(line("lower(a)$0"), "none");
        assert_eq!(line("nothing(a$0)"), "none");
    }

    #[test]
    fn actions_catalogs_metrics_and_types_have_theirs() {
        insta::assert_snapshot!(shown("consumer c: @component:c {\n  cut_over = http(post: env.A, $0)\n}\n"), @"http(post, [undo?]) | an address. May be left out.");
        insta::assert_snapshot!(shown("migration m {\n  catalog = backstage(env.A, token: $0"), @"backstage(url, [token?]) | `env.NAME`. May be left out.");
        insta::assert_snapshot!(shown("migration m {\n  catalog = files(\"a\", \"b$0\")\n}\n"), @"files([glob], …) | a pattern of paths.");
        insta::assert_snapshot!(shown("rollback r {\n  when metric($0"), @"metric([name]) | a text.");
        insta::assert_snapshot!(shown("dataset a: s.a -> t.a {\n  columns {\n    x: decimal(12, $0"), @"decimal(p, [s]) |");
        insta::assert_snapshot!(shown("validation v on a {\n  require count($0) == 0 else \"x\"\n}\n"), @"count([condition]) -> int64 | a condition. May be left out.");
        insta::assert_snapshot!(shown("consumers c: catalog where is_null($0"), @"is_null([value]) -> bool | any value.");
    }
}
