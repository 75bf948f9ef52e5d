//! Turns values into text for people and programs. Never decides anything and never does I/O.

pub(crate) mod diagnostic;
pub(crate) mod expr;
pub(crate) mod github;
pub(crate) mod impact;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod layout;
pub(crate) mod lineage;
mod metrics;
pub(crate) mod openlineage;
pub(crate) mod outline;
pub(crate) mod page;
pub(crate) mod plan;
pub(crate) mod report;
pub(crate) mod sarif;
pub(crate) mod status;
pub(crate) mod words;

/// Findings with everything that a form has to carry: places in two files, characters outside the basic plane,
/// marks that must be escaped, a change.
#[cfg(test)]
fn sample_findings() -> crate::problem::Findings {
    use mig_lang::{Diagnostic, Sources, Span};

    let mut sources = Sources::new();
    let shop = sources.add("shop/größe, 1.mig", "wave w {\n  note = \"😀\" else nmae\n}\n");
    let more = sources.add("shop/more.mig", "wave v {}\n");
    let at = |file, start, end| Span { file, start, end };
    let diagnostics = vec![
        Diagnostic::error("unknown-column", at(shop, 30, 34), "there is no column `nmae`: 100% sure")
            .here("did you mean `name`?")
            .label(at(more, 5, 6), "<this> & \"that\"")
            .help("It has id, name.\nAnd more.")
            .fix("write `name`", at(shop, 30, 34), "name"),
        Diagnostic::warning("unused-item", at(more, 0, 9), "nothing names `v`"),
    ];
    crate::problem::Findings { sources, diagnostics }
}
