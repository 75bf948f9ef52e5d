//! Findings and problems as data, for `--format json`.

use mig_lang::{Fix, Severity, Sources, Span};
use serde_json::{Value, json};

use crate::problem::{Findings, Problem};

/// The version of every JSON form that the program prints, plan files aside.
const VERSION: u32 = 1;

/// All findings: `{version, errors, warnings, diagnostics: [{code, severity, message, help, labels, fixes, allow}]}`.
/// Places have `file`, `line`, `column` (from 1, in characters) and `start`, `end` (bytes).
pub(crate) fn findings(findings: &Findings) -> Value {
    let of = |severity| findings.diagnostics.iter().filter(|found| found.severity == severity).count();
    let list: Vec<Value> = findings
        .diagnostics
        .iter()
        .map(|found| {
            let labels =
                found.labels.iter().map(|label| with(place(label.span, &findings.sources), &label.text));
            let fix = |fix: &Fix| {
                let edits =
                    fix.edits.iter().map(|edit| with(place(edit.span, &findings.sources), &edit.text));
                json!({ "title": fix.title, "applicability": fix.applicability, "edits": edits.collect::<Vec<_>>() })
            };
            let fixes = found.fixes.iter().map(fix);
            json!({
                "code": found.code,
                "severity": found.severity,
                "message": found.message,
                "help": found.help,
                "labels": labels.collect::<Vec<_>>(),
                "fixes": fixes.collect::<Vec<_>>(),
                "allow": found.allow.as_ref().map(fix),
            })
        })
        .collect();
    json!({
        "version": VERSION,
        "errors": of(Severity::Error),
        "warnings": of(Severity::Warning),
        "diagnostics": list,
    })
}

/// A problem in the same form, without places.
pub(crate) fn problem(problem: &Problem) -> Value {
    json!({
        "version": VERSION,
        "errors": 1,
        "warnings": 0,
        "diagnostics": [{
            "code": problem.code,
            "severity": Severity::Error,
            "message": problem.message,
            "details": problem.details,
            "help": problem.help,
            "labels": [],
            "fixes": [],
        }],
    })
}

fn place(span: Span, sources: &Sources) -> Value {
    let (start, end) = (sources.start(span), sources.end(span));
    json!({
        "file": sources.path(span.file),
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
        "start": span.start,
        "end": span.end,
    })
}

fn with(mut place: Value, text: &str) -> Value {
    if let Some(map) = place.as_object_mut() {
        map.insert("text".to_owned(), Value::from(text));
    }
    place
}
