//! A text, its tree and its diagnostics as a snapshot shows them.

use mig_lang::{Diagnostic, FileId, Span};

use crate::support::tree;

/// SOURCE, TREE and, where there is something wrong, ERRORS.
pub(crate) fn shown(source: &str) -> String {
    let (file, diagnostics) = mig_lang::parse(FileId(0), source);
    let mut text = format!("SOURCE\n{source}\n\nTREE\n{}", tree(&file));
    if !diagnostics.is_empty() {
        text.push_str("\n\nERRORS");
        diagnostics.iter().for_each(|diagnostic| text.push_str(&error(source, diagnostic)));
    }
    text
}

/// One diagnostic, with the text of each place that it labels.
fn error(source: &str, diagnostic: &Diagnostic) -> String {
    let mut text = format!("\n{}: {}", diagnostic.code, diagnostic.message);
    for label in &diagnostic.labels {
        text.push_str(&format!("\n  at {}", at(source, label.span)));
        if !label.text.is_empty() {
            text.push_str(&format!(" ({})", label.text));
        }
    }
    if let Some(help) = &diagnostic.help {
        text.push_str(&format!("\n  help: {help}"));
    }
    for fix in &diagnostic.fixes {
        let edits: Vec<_> =
            fix.edits.iter().map(|edit| format!("{} to {:?}", at(source, edit.span), edit.text)).collect();
        text.push_str(&format!("\n  fix: {} ({})", fix.title, edits.join(", ")));
    }
    text
}

fn at(source: &str, span: Span) -> String {
    let (start, end) = (span.start as usize, span.end as usize);
    let line = source[..start].matches('\n').count() + 1;
    let column = source[..start].chars().rev().take_while(|letter| *letter != '\n').count() + 1;
    format!("{line}:{column} {:?}", &source[start..end])
}
