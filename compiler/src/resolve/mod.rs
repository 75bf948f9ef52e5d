//! Resolves trees into a program: names, attributes, units. Takes no world; what could not be resolved is
//! left out of the program and has its one diagnostic.

mod actions;
mod allows;
mod arguments;
mod body;
mod consumers;
mod cycles;
mod datasets;
mod migration;
mod names;
mod policies;
mod predicates;
mod secrets;
mod stores;
#[cfg(test)]
mod tests;
mod types;
mod unused;
mod values;
mod waves;

use std::collections::BTreeMap;

use mig_lang::ast::{self, Item, Keyword};
use mig_lang::{Diagnostic, Severity, Span};
use mig_plan::StoreKind;

use crate::hir::{Definition, Program, Reference, Scale, Title};

/// What is known while items are resolved.
struct Resolver {
    out: Vec<Diagnostic>,
    /// The namespace of items.
    definitions: BTreeMap<String, Definition>,
    references: Vec<Reference>,
    left_out: Vec<Keyword>,
    /// Whether something between the items could not be read: an item that is missing may be there.
    torn: bool,
    /// The kinds of the stores, `None` where a store's kind is not known.
    stores: BTreeMap<String, Option<StoreKind>>,
    /// The migration's scale of criticality.
    scale: ScaleKnown,
}

/// What is known of the scale of criticality.
enum ScaleKnown {
    /// The migration has none.
    None,
    /// It has one that could not be read.
    Broken,
    /// This one.
    Scale(Scale),
}

/// Resolves the files of one migration. Their order does not matter: files count by their number.
pub fn resolve<'a>(files: impl IntoIterator<Item = &'a ast::File>) -> (Program, Vec<Diagnostic>) {
    let mut files: Vec<&ast::File> = files.into_iter().collect();
    files.sort_by_key(|file| file.id);
    let mut resolver = Resolver {
        out: Vec::new(),
        definitions: BTreeMap::new(),
        references: Vec::new(),
        left_out: Vec::new(),
        torn: files.iter().any(|file| !file.broken.is_empty()),
        stores: BTreeMap::new(),
        scale: ScaleKnown::None,
    };
    let items = resolver.names(&files);
    let of = |keyword: Keyword| items.iter().copied().filter(move |item| item.keyword.value == keyword);
    let mut program = Program::default();

    // Stores and the scale first: places and predicates are read with their help.
    resolver.exactly_one_migration(&files);
    program.migration = of(Keyword::Migration).next().map(|item| resolver.migration(item));
    program.stores = of(Keyword::Store).map(|item| (named(item), resolver.store(item))).collect();
    program.datasets = of(Keyword::Dataset).map(|item| (named(item), resolver.dataset(item))).collect();
    program.dataset_families =
        of(Keyword::Datasets).map(|item| (named(item), resolver.dataset_family(item))).collect();
    program.consumers = of(Keyword::Consumer).map(|item| (named(item), resolver.consumer(item))).collect();
    program.consumer_families =
        of(Keyword::Consumers).map(|item| (named(item), resolver.consumer_family(item))).collect();
    program.validations =
        of(Keyword::Validation).map(|item| (named(item), resolver.validation(item))).collect();
    program.approvals = of(Keyword::Approval).map(|item| (named(item), resolver.approval(item))).collect();
    program.rollbacks = of(Keyword::Rollback).map(|item| (named(item), resolver.rollback(item))).collect();
    program.waves = of(Keyword::Wave).map(|item| (named(item), resolver.wave(item))).collect();

    program.allows = items.iter().flat_map(|item| resolver.allows(item)).collect();

    let Resolver { mut out, definitions, mut references, left_out, torn, .. } = resolver;
    references.sort();
    program.definitions = definitions;
    program.references = references;
    // What could not be read may have been an item of any kind.
    program.left_out = if torn { Keyword::ALL.to_vec() } else { left_out };
    cycles::waves(&program, &mut out);
    // What could not be read may have named it.
    if !torn {
        unused::items(&program, &items, &mut out);
    }
    sort(&mut out);
    program.whole = files.iter().all(|file| file.is_whole())
        && out.iter().all(|diagnostic| diagnostic.severity != Severity::Error);
    (program, out)
}

/// Diagnostics in source order, whatever check found them first.
pub(crate) fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by_key(|diagnostic| {
        let span = diagnostic.span();
        (span.file, span.start, span.end, diagnostic.code)
    });
}

fn named(item: &Item) -> String {
    item.name.text.clone()
}

fn title(item: &Item) -> Title {
    Title { name: item.name.text.clone(), doc: item.doc.clone(), name_span: item.name.span, span: item.span }
}

/// The empty span where another ends.
fn end_of(span: Span) -> Span {
    Span { start: span.end, ..span }
}
