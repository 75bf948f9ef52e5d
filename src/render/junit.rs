//! Findings as JUnit XML, which every CI server shows as test results: a test for each file, which fails when the
//! file has an error.

use std::collections::BTreeMap;

use mig_lang::{Diagnostic, Severity, Sources};

use super::words::counted_len;
use crate::problem::{Findings, Problem};

/// A test suite with a test for each source and each other file that has a finding. Warnings do not fail one.
pub(crate) fn findings(findings: &Findings) -> String {
    let mut cases: BTreeMap<&str, Vec<&Diagnostic>> =
        findings.sources.iter().map(|(_, source)| (source.path.as_str(), Vec::new())).collect();
    for found in &findings.diagnostics {
        cases.entry(findings.sources.path(found.span().file)).or_default().push(found);
    }
    let failures =
        cases.values().filter(|found| found.iter().any(|one| one.severity == Severity::Error)).count();
    let mut out = head(cases.len(), failures, 0);
    for (path, found) in cases {
        let of = |severity| found.iter().copied().filter(move |one| one.severity == severity);
        let errors: Vec<&Diagnostic> = of(Severity::Error).collect();
        let warnings: Vec<&Diagnostic> = of(Severity::Warning).collect();
        let name = attribute(path);
        out.push_str(&format!(
            "    <testcase classname=\"mig.check\" name=\"{name}\" file=\"{name}\" time=\"0\""
        ));
        if errors.is_empty() && warnings.is_empty() {
            out.push_str("/>\n");
            continue;
        }
        out.push_str(">\n");
        if let [first, more @ ..] = errors.as_slice() {
            let message = if more.is_empty() {
                first.message.clone()
            } else {
                format!("{}: {}, …", counted_len(errors.len(), "error"), first.message)
            };
            out.push_str(&format!(
                "      <failure type=\"{}\" message=\"{}\">{}</failure>\n",
                attribute(first.code),
                attribute(&message),
                text(&told(&errors, &findings.sources)),
            ));
        }
        if !warnings.is_empty() {
            let told = told(&warnings, &findings.sources);
            out.push_str(&format!("      <system-out>{}</system-out>\n", text(&told)));
        }
        out.push_str("    </testcase>\n");
    }
    out.push_str(FOOT);
    out
}

/// A test suite whose one test could not be run.
pub(crate) fn problem(problem: &Problem) -> String {
    let mut told = problem.message.clone();
    for detail in problem.details.iter().chain([&problem.help]) {
        told.push_str(&format!("\n{detail}"));
    }
    format!(
        "{}    <testcase classname=\"mig.check\" name=\"{code}\" time=\"0\">\n      \
         <error type=\"{code}\" message=\"{}\">{}</error>\n    </testcase>\n{FOOT}",
        head(1, 0, 1),
        attribute(&problem.message),
        text(&told),
        code = attribute(problem.code),
    )
}

const FOOT: &str = "  </testsuite>\n</testsuites>\n";

fn head(tests: usize, failures: usize, errors: usize) -> String {
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" time=\"0\"");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"mig\" {counts}>\n  \
         <testsuite name=\"mig check\" {counts} skipped=\"0\">\n"
    )
}

/// Findings in words, with places.
fn told(found: &[&Diagnostic], sources: &Sources) -> String {
    let mut out = String::new();
    for one in found {
        let severity = match one.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let at = sources.start(one.span());
        let path = sources.path(one.span().file);
        out.push_str(&format!(
            "\n{path}:{}:{}: {severity}[{}]: {}\n",
            at.line, at.column, one.code, one.message
        ));
        for label in one.labels.iter().filter(|label| !label.text.is_empty()) {
            let at = sources.start(label.span);
            let path = sources.path(label.span.file);
            out.push_str(&format!("  {path}:{}:{}: {}\n", at.line, at.column, label.text));
        }
        if let Some(help) = &one.help {
            out.push_str(&format!("  {help}\n"));
        }
    }
    out
}

/// Text between tags.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            letter if is_valid(letter) => out.push(letter),
            _ => out.push('\u{FFFD}'),
        }
    }
    out
}

/// Text between double quotes; line ends would be read as blanks.
fn attribute(value: &str) -> String {
    text(value).replace('"', "&quot;").replace('\t', "&#9;").replace('\n', "&#10;").replace('\r', "&#13;")
}

/// Whether XML 1.0 may hold the character at all, however it is written.
fn is_valid(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample_findings;

    #[test]
    fn a_test_for_each_file() {
        insta::assert_snapshot!(findings(&sample_findings()), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="mig" tests="2" failures="1" errors="0" time="0">
          <testsuite name="mig check" tests="2" failures="1" errors="0" time="0" skipped="0">
            <testcase classname="mig.check" name="shop/größe, 1.mig" file="shop/größe, 1.mig" time="0">
              <failure type="unknown-column" message="there is no column `nmae`: 100% sure">
        shop/größe, 1.mig:2:19: error[unknown-column]: there is no column `nmae`: 100% sure
          shop/größe, 1.mig:2:19: did you mean `name`?
          shop/more.mig:1:6: &lt;this&gt; &amp; "that"
          It has id, name.
        And more.
        </failure>
            </testcase>
            <testcase classname="mig.check" name="shop/more.mig" file="shop/more.mig" time="0">
              <system-out>
        shop/more.mig:1:1: warning[unused-item]: nothing names `v`
        </system-out>
            </testcase>
          </testsuite>
        </testsuites>
        "#);
    }

    #[test]
    fn a_problem_is_a_test_that_could_not_be_run() {
        let found = Problem::new("not-found", "`a<b>\u{1}\"` does not exist", "Check the path.");
        insta::assert_snapshot!(problem(&found), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="mig" tests="1" failures="0" errors="1" time="0">
          <testsuite name="mig check" tests="1" failures="0" errors="1" time="0" skipped="0">
            <testcase classname="mig.check" name="not-found" time="0">
              <error type="not-found" message="`a&lt;b&gt;�&quot;` does not exist">`a&lt;b&gt;�"` does not exist
        Check the path.</error>
            </testcase>
          </testsuite>
        </testsuites>
        "#);
    }
}
