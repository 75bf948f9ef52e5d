//! Items that no other item names, and which therefore do nothing.

use std::collections::HashSet;

use foldhash::fast::RandomState;
use mig_lang::ast::Keyword;
use mig_lang::{Diagnostic, Severity};

use super::Named;
use crate::hir::Program;

/// Warns of stores, validations, approvals, metrics and rollback policies that nothing names.
pub(super) fn items(program: &Program, items: &[Named], out: &mut Vec<Diagnostic>) {
    // A line that could not be read, or not be resolved, may have named it.
    if !program.parts.iter().all(|part| part.whole) || out.iter().any(|said| said.severity == Severity::Error)
    {
        return;
    }
    let references = program.parts.iter().flat_map(|part| &part.references);
    let named: HashSet<&str, RandomState> = references.map(|reference| reference.name.as_str()).collect();
    for Named { item, .. } in items {
        let needs_naming = matches!(
            item.keyword.value,
            Keyword::Store | Keyword::Validation | Keyword::Approval | Keyword::Metric | Keyword::Rollback
        );
        if needs_naming && !named.contains(item.name.text.as_str()) {
            let word = item.keyword.value.word();
            let by = match item.keyword.value {
                Keyword::Store => "dataset",
                Keyword::Metric => "rollback",
                Keyword::Migration
                | Keyword::Dataset
                | Keyword::Datasets
                | Keyword::Consumer
                | Keyword::Consumers
                | Keyword::Validation
                | Keyword::Approval
                | Keyword::Rollback
                | Keyword::Wave => "wave",
            };
            out.push(
                Diagnostic::warning(
                    "unused-item",
                    item.name.span,
                    format!("no {by} names the {word} `{}`", item.name.text),
                )
                .help(format!("Name it in a {by}, or remove it: as it stands it does nothing.")),
            );
        }
    }
}
