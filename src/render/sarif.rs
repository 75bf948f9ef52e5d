//! Findings as SARIF 2.1.0, the form that code hosts and editors take from analysers.

use std::collections::BTreeMap;

use mig_compiler::codes;
use mig_lang::{Applicability, Diagnostic, Edit, FileId, Fix, Label, Severity, Sources, Span};
use serde_json::{Map, Value, json};

use super::page::markdown;
use crate::pages;
use crate::problem::{Findings, Problem};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// A run with a rule for each code that was found and a result for each finding.
pub(crate) fn findings(findings: &Findings) -> Value {
    let sources = &findings.sources;
    let mut rules: Vec<Value> = Vec::new();
    let mut indices: BTreeMap<&str, usize> = BTreeMap::new();
    let mut results = Vec::new();
    for found in &findings.diagnostics {
        let index = *indices.entry(found.code).or_insert_with(|| {
            rules.push(rule(found.code, found.severity));
            rules.len() - 1
        });
        results.push(result(found, index, sources));
    }
    let artifacts: Vec<Value> =
        sources.iter().map(|(_, source)| json!({ "location": { "uri": uri(&source.path) } })).collect();
    let failed = findings.diagnostics.iter().any(|found| found.severity == Severity::Error);
    log(json!({
        "tool": { "driver": driver(rules) },
        "columnKind": "utf16CodeUnits",
        "invocations": [{ "executionSuccessful": true, "exitCode": u8::from(failed) }],
        "artifacts": artifacts,
        "results": results,
    }))
}

/// A run that did not come to its end.
pub(crate) fn problem(problem: &Problem) -> Value {
    let mut text = problem.message.clone();
    for detail in problem.details.iter().chain([&problem.help]) {
        text.push_str(&format!("\n{detail}"));
    }
    let mut driver = driver(Vec::new());
    if let Some(driver) = driver.as_object_mut() {
        driver.insert("notifications".to_owned(), json!([rule(problem.code, Severity::Error)]));
    }
    log(json!({
        "tool": { "driver": driver },
        "columnKind": "utf16CodeUnits",
        "invocations": [{
            "executionSuccessful": false,
            "exitCode": problem.exit.code(),
            "toolExecutionNotifications": [{
                "descriptor": { "id": problem.code, "index": 0 },
                "level": "error",
                "message": { "text": text },
            }],
        }],
        "results": [],
    }))
}

fn log(run: Value) -> Value {
    json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] })
}

fn driver(rules: Vec<Value>) -> Value {
    let mut driver = json!({
        "name": "mig",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "shortDescription": { "text": env!("CARGO_PKG_DESCRIPTION") },
        "rules": rules,
    });
    // A package that has no home yet points nowhere.
    let home = env!("CARGO_PKG_HOMEPAGE");
    if !home.is_empty()
        && let Some(driver) = driver.as_object_mut()
    {
        driver.insert("informationUri".to_owned(), Value::from(home));
    }
    driver
}

/// What a code says, for whoever has only the report.
fn rule(code: &str, severity: Severity) -> Value {
    let (title, why, fix, page) = if let Some(page) = codes::page(code) {
        (page.title, page.why, page.fix, markdown(page))
    } else if let Some(page) = pages::page(code) {
        (page.title, page.why, page.fix, page.to_string())
    } else {
        (code, "", "", String::new())
    };
    let mut rule = json!({
        "id": code,
        "shortDescription": { "text": format!("{title}.") },
        "defaultConfiguration": { "level": level(severity) },
    });
    let Some(map) = rule.as_object_mut() else { return rule };
    if !why.is_empty() {
        map.insert("fullDescription".to_owned(), json!({ "text": why }));
        map.insert("help".to_owned(), json!({ "text": fix, "markdown": page }));
    }
    if let Some(uri) = help_uri(env!("CARGO_PKG_HOMEPAGE"), code) {
        map.insert("helpUri".to_owned(), Value::from(uri));
    }
    rule
}

/// The address of a code's page below the home of the package, where it has one.
fn help_uri(home: &str, code: &str) -> Option<String> {
    (!home.is_empty()).then(|| format!("{}/docs/diagnostics/{code}.md", home.trim_end_matches('/')))
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn result(found: &Diagnostic, rule: usize, sources: &Sources) -> Value {
    let mut text = found.message.clone();
    if let Some(help) = &found.help {
        text.push_str(&format!(". {help}"));
    }
    let primary: Vec<Value> =
        found.labels.iter().take(1).map(|label| location(label, sources, None)).collect();
    let related: Vec<Value> = found
        .labels
        .iter()
        .skip(1)
        .zip(1_u32..)
        .map(|(label, id)| location(label, sources, Some(id)))
        .collect();
    let fixes: Vec<Value> = found.fixes.iter().map(|fix| change(fix, sources)).collect();
    let mut result = Map::new();
    result.insert("ruleId".to_owned(), Value::from(found.code));
    result.insert("ruleIndex".to_owned(), Value::from(rule));
    result.insert("level".to_owned(), Value::from(level(found.severity)));
    result.insert("message".to_owned(), json!({ "text": text }));
    result.insert("locations".to_owned(), Value::from(primary));
    if !related.is_empty() {
        result.insert("relatedLocations".to_owned(), Value::from(related));
    }
    if !fixes.is_empty() {
        result.insert("fixes".to_owned(), Value::from(fixes));
    }
    Value::Object(result)
}

fn location(label: &Label, sources: &Sources, id: Option<u32>) -> Value {
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": artifact(label.span.file, sources),
            "region": region(label.span, sources),
        },
    });
    if let Some(map) = location.as_object_mut() {
        if let Some(id) = id {
            map.insert("id".to_owned(), Value::from(id));
        }
        if !label.text.is_empty() {
            map.insert("message".to_owned(), json!({ "text": label.text }));
        }
    }
    location
}

fn change(fix: &Fix, sources: &Sources) -> Value {
    let mut files: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
    for edit in &fix.edits {
        files.entry(edit.span.file).or_default().push(edit);
    }
    let changes: Vec<Value> = files
        .into_iter()
        .map(|(file, mut edits)| {
            edits.sort_by_key(|edit| edit.span);
            let replacements: Vec<Value> = edits
                .iter()
                .map(|edit| {
                    json!({
                        "deletedRegion": region(edit.span, sources),
                        "insertedContent": { "text": edit.text },
                    })
                })
                .collect();
            json!({ "artifactLocation": artifact(file, sources), "replacements": replacements })
        })
        .collect();
    let title = match fix.applicability {
        Applicability::Certain | Applicability::Likely => fix.title.clone(),
        Applicability::Draft => format!("{} (to be completed)", fix.title),
    };
    json!({ "description": { "text": title }, "artifactChanges": changes })
}

fn artifact(file: FileId, sources: &Sources) -> Value {
    json!({ "uri": uri(sources.path(file)), "index": file.0 })
}

/// Lines and columns from 1, columns in UTF-16 code units, the end behind the last one.
fn region(span: Span, sources: &Sources) -> Value {
    let Some(source) = sources.get(span.file) else { return json!({ "startLine": 1 }) };
    let (start, end) = (source.position_utf16(span.start), source.position_utf16(span.end));
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

/// A path as a URI: relative stays relative, and no first part is taken for a scheme.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample_findings;

    /// What the specification asks of a log, as far as this one goes.
    fn is_sound(log: &Value) {
        assert_eq!(log["version"], "2.1.0");
        for run in log["runs"].as_array().expect("runs") {
            let driver = &run["tool"]["driver"];
            assert_eq!(driver["name"], "mig");
            let rules = driver["rules"].as_array().expect("rules");
            for rule in rules {
                for key in ["shortDescription", "fullDescription", "help"] {
                    assert!(rule[key]["text"].as_str().is_some_and(|text| !text.is_empty()), "{rule}");
                }
            }
            let artifacts = run["artifacts"].as_array().map_or(0, Vec::len);
            for result in run["results"].as_array().expect("results") {
                let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
                assert_eq!(rules[index]["id"], result["ruleId"]);
                assert!(
                    ["error", "warning", "note", "none"].contains(&result["level"].as_str().expect("level"))
                );
                assert!(result["message"]["text"].is_string());
                let places = |key: &str| result[key].as_array().cloned().unwrap_or_default();
                assert!(!places("locations").is_empty());
                for place in places("locations").iter().chain(&places("relatedLocations")) {
                    let place = &place["physicalLocation"];
                    is_region(&place["region"]);
                    let index = place["artifactLocation"]["index"].as_u64().expect("an index");
                    assert!(usize::try_from(index).expect("small") < artifacts);
                }
                for fix in places("fixes") {
                    for change in fix["artifactChanges"].as_array().expect("changes") {
                        let replacements = change["replacements"].as_array().expect("replacements");
                        assert!(!replacements.is_empty());
                        replacements.iter().for_each(|one| is_region(&one["deletedRegion"]));
                    }
                }
            }
        }
    }

    fn is_region(region: &Value) {
        let of = |key: &str| region[key].as_u64().expect("a number");
        let (start, end) = ((of("startLine"), of("startColumn")), (of("endLine"), of("endColumn")));
        assert!(start.0 >= 1 && start.1 >= 1 && start <= end, "{region}");
    }

    #[test]
    fn a_log_of_findings() {
        let log = findings(&sample_findings());
        is_sound(&log);
        let run = &log["runs"][0];
        assert_eq!(run["columnKind"], "utf16CodeUnits");
        insta::assert_snapshot!(format!("{:#}", run["results"]), @r#"
        [
          {
            "fixes": [
              {
                "artifactChanges": [
                  {
                    "artifactLocation": {
                      "index": 0,
                      "uri": "shop/gr%C3%B6%C3%9Fe%2C%201.mig"
                    },
                    "replacements": [
                      {
                        "deletedRegion": {
                          "endColumn": 24,
                          "endLine": 2,
                          "startColumn": 20,
                          "startLine": 2
                        },
                        "insertedContent": {
                          "text": "name"
                        }
                      }
                    ]
                  }
                ],
                "description": {
                  "text": "write `name`"
                }
              }
            ],
            "level": "error",
            "locations": [
              {
                "message": {
                  "text": "did you mean `name`?"
                },
                "physicalLocation": {
                  "artifactLocation": {
                    "index": 0,
                    "uri": "shop/gr%C3%B6%C3%9Fe%2C%201.mig"
                  },
                  "region": {
                    "endColumn": 24,
                    "endLine": 2,
                    "startColumn": 20,
                    "startLine": 2
                  }
                }
              }
            ],
            "message": {
              "text": "there is no column `nmae`: 100% sure. It has id, name.\nAnd more."
            },
            "relatedLocations": [
              {
                "id": 1,
                "message": {
                  "text": "<this> & \"that\""
                },
                "physicalLocation": {
                  "artifactLocation": {
                    "index": 1,
                    "uri": "shop/more.mig"
                  },
                  "region": {
                    "endColumn": 7,
                    "endLine": 1,
                    "startColumn": 6,
                    "startLine": 1
                  }
                }
              }
            ],
            "ruleId": "unknown-column",
            "ruleIndex": 0
          },
          {
            "level": "warning",
            "locations": [
              {
                "physicalLocation": {
                  "artifactLocation": {
                    "index": 1,
                    "uri": "shop/more.mig"
                  },
                  "region": {
                    "endColumn": 10,
                    "endLine": 1,
                    "startColumn": 1,
                    "startLine": 1
                  }
                }
              }
            ],
            "message": {
              "text": "nothing names `v`"
            },
            "ruleId": "unused-item",
            "ruleIndex": 1
          }
        ]
        "#);
        insta::assert_snapshot!(format!("{:#}", run["artifacts"]), @r#"
        [
          {
            "location": {
              "uri": "shop/gr%C3%B6%C3%9Fe%2C%201.mig"
            }
          },
          {
            "location": {
              "uri": "shop/more.mig"
            }
          }
        ]
        "#);
    }

    #[test]
    fn a_problem_is_a_notification_of_a_run_that_failed() {
        let log = problem(&Problem::new("not-found", "`shop` does not exist", "Check the path."));
        is_sound(&log);
        insta::assert_snapshot!(format!("{:#}", log["runs"][0]["invocations"]), @r#"
        [
          {
            "executionSuccessful": false,
            "exitCode": 1,
            "toolExecutionNotifications": [
              {
                "descriptor": {
                  "id": "not-found",
                  "index": 0
                },
                "level": "error",
                "message": {
                  "text": "`shop` does not exist\nCheck the path."
                }
              }
            ]
          }
        ]
        "#);
    }

    #[test]
    fn every_code_makes_a_rule() {
        for code in codes::pages().map(|page| page.code).chain(pages::pages().map(|page| page.code)) {
            let rule = rule(code, Severity::Error);
            assert!(rule["fullDescription"]["text"].is_string(), "{code}");
        }
    }

    #[test]
    fn a_path_is_a_uri() {
        for (path, expected) in [
            ("shop/a.mig", "shop/a.mig"),
            ("größe 1.mig", "gr%C3%B6%C3%9Fe%201.mig"),
            ("a:b.mig", "a%3Ab.mig"),
            ("/tmp/a.mig", "file:///tmp/a.mig"),
        ] {
            assert_eq!(uri(path), expected);
        }
        assert_eq!(help_uri("", "syntax"), None);
        assert_eq!(
            help_uri("https://example.com/mig/", "syntax").as_deref(),
            Some("https://example.com/mig/docs/diagnostics/syntax.md")
        );
    }
}
