//! Findings and problems in the form that was asked for: drawn for people, or as one text for a program.

use super::{github, json, junit, sarif};
use crate::args::ReportFormat;
use crate::problem::{Failure, Findings};

/// Findings for a program; `None` for people, who are shown them on standard error.
pub(crate) fn findings(findings: &Findings, format: ReportFormat) -> Option<String> {
    match format {
        ReportFormat::Human => None,
        ReportFormat::Json => Some(format!("{:#}\n", json::findings(findings))),
        ReportFormat::Sarif => Some(format!("{:#}\n", sarif::findings(findings))),
        ReportFormat::Github => Some(github::findings(findings)),
        ReportFormat::Junit => Some(junit::findings(findings)),
    }
}

/// Why a command did not do what it was asked, for a program; `None` for people.
pub(crate) fn failure(failure: &Failure, format: ReportFormat) -> Option<String> {
    let problem = match failure {
        Failure::Findings(found) => return findings(found, format),
        Failure::Problem(problem) => problem,
    };
    match format {
        ReportFormat::Human => None,
        ReportFormat::Json => Some(format!("{:#}\n", json::problem(problem))),
        ReportFormat::Sarif => Some(format!("{:#}\n", sarif::problem(problem))),
        ReportFormat::Github => Some(github::problem(problem)),
        ReportFormat::Junit => Some(junit::problem(problem)),
    }
}
