//! Findings as workflow commands, which GitHub Actions shows beside the lines of a change.

use mig_lang::{Diagnostic, Severity, Sources};

use crate::problem::{Findings, Problem};

/// A line for each finding: `::error file=…,line=…,col=…,endLine=…,endColumn=…,title=…::message`.
pub(crate) fn findings(findings: &Findings) -> String {
    findings.diagnostics.iter().map(|found| finding(found, &findings.sources)).collect()
}

fn finding(found: &Diagnostic, sources: &Sources) -> String {
    let command = match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let span = found.span();
    let (start, end) = (sources.start(span), sources.end(span));
    let mut place =
        format!("file={},line={},endLine={}", property(sources.path(span.file)), start.line, end.line);
    // Columns are only understood within one line.
    if start.line == end.line {
        place.push_str(&format!(",col={},endColumn={}", start.column, end.column));
    }
    let mut message = found.message.clone();
    for (index, label) in found.labels.iter().enumerate() {
        if label.text.is_empty() {
            continue;
        }
        if index == 0 {
            message.push_str(&format!("\n{}", label.text));
        } else {
            let at = sources.start(label.span);
            let path = sources.path(label.span.file);
            message.push_str(&format!("\n{path}:{}:{}: {}", at.line, at.column, label.text));
        }
    }
    if let Some(help) = &found.help {
        message.push_str(&format!("\n{help}"));
    }
    format!("::{command} {place},title={}::{}\n", property(found.code), data(&message))
}

/// A problem, which has no place.
pub(crate) fn problem(problem: &Problem) -> String {
    let mut message = problem.message.clone();
    for detail in problem.details.iter().chain([&problem.help]) {
        message.push_str(&format!("\n{detail}"));
    }
    format!("::error title={}::{}\n", property(problem.code), data(&message))
}

/// A message as a command carries it: on one line.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property as a command carries it: without the marks that would end it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample_findings;

    #[test]
    fn a_command_for_each_finding() {
        insta::assert_snapshot!(findings(&sample_findings()), @r#"
        ::error file=shop/größe%2C 1.mig,line=2,endLine=2,col=19,endColumn=23,title=unknown-column::there is no column `nmae`: 100%25 sure%0Adid you mean `name`?%0Ashop/more.mig:1:6: <this> & "that"%0AIt has id, name.%0AAnd more.
        ::warning file=shop/more.mig,line=1,endLine=1,col=1,endColumn=10,title=unused-item::nothing names `v`
        "#);
    }

    #[test]
    fn a_problem_is_a_command_without_a_place() {
        let found = Problem::new("not-found", "50% of `a,b:c`\nis gone", "Check the path.");
        insta::assert_snapshot!(problem(&found), @"::error title=not-found::50%25 of `a,b:c`%0Ais gone%0ACheck the path.");
    }
}
