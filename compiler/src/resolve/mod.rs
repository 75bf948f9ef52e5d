//! Resolves trees into a program: names, attributes, units. Takes no world; what could not be resolved is
//! left out of the program and has its one diagnostic.

mod actions;
mod allows;
mod anew;
mod arguments;
mod body;
mod consumers;
mod cycles;
mod datasets;
mod metrics;
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
use std::mem;
use std::sync::Arc;

use mig_lang::ast::{self, Item, Keyword};
use mig_lang::{Diagnostic, Label, Severity, Span};
use mig_plan::{MetricUnit, StoreKind};

use crate::hir::{Definition, Items, Program, Reference, Scale, Title};
use crate::part::{Meaning, Part};

pub use anew::Resolved;
use anew::{SameNames, Surroundings};
use names::Choices;

/// What is known while items are resolved.
struct Resolver {
    out: Vec<Diagnostic>,
    /// The namespace of items.
    definitions: Arc<BTreeMap<String, Definition>>,
    /// The items of each set of kinds that something was missed among.
    choices: Vec<Choices>,
    references: Vec<Reference>,
    left_out: Vec<Keyword>,
    /// The item that is resolved.
    item: Span,
    /// Whether something between the items could not be read: an item that is missing may be there.
    torn: bool,
    /// Whether every name in the item that is resolved was of one that is there and of the wanted kind.
    settled: bool,
    /// The kinds of the stores, `None` where a store's kind is not known.
    stores: BTreeMap<String, Option<StoreKind>>,
    /// The migration's scale of criticality.
    scale: ScaleKnown,
    /// Whether the migration names a source of metrics.
    source: SourceKnown,
    /// Where it does.
    source_span: Option<Span>,
    /// The metrics, by name.
    metrics: BTreeMap<String, MetricKnown>,
}

/// What is known of the scale of criticality.
#[derive(Debug, PartialEq, Eq)]
enum ScaleKnown {
    /// The migration has none.
    None,
    /// It has one that could not be read.
    Broken,
    /// This one.
    Scale(Scale),
}

/// What is known of the source of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SourceKnown {
    /// The migration names none.
    Nowhere,
    /// It names one that could not be read.
    Broken,
    /// It names one.
    Known,
}

/// What conditions must know of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct MetricKnown {
    /// What it counts in.
    unit: Option<MetricUnit>,
    /// Whether it has `attempts`, be they well written or not.
    counts_attempts: bool,
    /// Whether a query of it has a `$window`.
    windowed: bool,
}

/// An item whose name is its own, and its place: the number of its file and of the item in it.
#[derive(Clone, Copy)]
struct Named<'a> {
    item: &'a Item,
    file: usize,
    place: usize,
}

/// Resolves the files of one migration. Their order does not matter: files count by their number.
pub fn resolve<'a>(files: impl IntoIterator<Item = &'a ast::File>) -> (Program, Vec<Diagnostic>) {
    let mut files: Vec<&ast::File> = files.into_iter().collect();
    files.sort_by_key(|file| file.id);
    let (program, out, _) = parts(&files, None, |_, _| None, |_, _| {});
    (program, out)
}

/// Resolves files, taking the items that are `known` to be still what they were, and tells where each comes to stand among
/// the program's parts.
fn parts<'a>(
    files: &[&'a ast::File],
    before: Option<&SameNames>,
    known: impl Fn(&Resolver, Named<'a>) -> Option<Arc<Part>>,
    mut placed: impl FnMut(usize, Named<'a>),
) -> (Program, Vec<Diagnostic>, Surroundings) {
    let torn = files.iter().any(|file| !file.broken.is_empty());
    let mut resolver = Resolver::new(torn);
    let items = resolver.names(files, before);
    resolver.exactly_one_migration(files);

    // Stores, the scale and metrics first: places, predicates and conditions are read with their help.
    let is_first =
        |item: &Item| matches!(item.keyword.value, Keyword::Migration | Keyword::Store | Keyword::Metric);
    let mut found: Vec<Option<Arc<Part>>> = vec![None; items.len()];
    for first in [true, false] {
        for (named, part) in items.iter().zip(&mut found).filter(|(named, _)| is_first(named.item) == first) {
            *part = Some(known(&resolver, *named).unwrap_or_else(|| Arc::new(resolver.part(named.item))));
        }
    }

    items.iter().enumerate().for_each(|(number, named)| placed(number, *named));
    let Resolver { mut out, definitions, left_out, stores, scale, source, metrics, .. } = resolver;
    let mut program =
        Program { definitions, parts: found.into_iter().flatten().collect(), ..Program::default() };
    program.fill(before.map(|before| before.program));
    out.extend(program.parts.iter().flat_map(|part| &part.said).cloned());
    // What could not be read may have been an item of any kind.
    program.left_out = if torn { Keyword::ALL.to_vec() } else { left_out };
    cycles::waves(&program, &mut out);
    // What could not be read may have named it.
    if !torn {
        unused::items(&program, &items, &mut out);
    }
    sort(&mut out);
    let out = once(out, "no-criticality", "and here");
    program.whole = !torn
        && files.iter().all(|file| file.sound)
        && program.parts.iter().all(|part| part.whole)
        && out.iter().all(|diagnostic| diagnostic.severity != Severity::Error);
    (program, out, Surroundings { stores, scale, source, metrics })
}

impl Resolver {
    fn new(torn: bool) -> Self {
        Self {
            out: Vec::new(),
            definitions: Arc::default(),
            choices: Vec::new(),
            references: Vec::new(),
            left_out: Vec::new(),
            item: Span::default(),
            torn,
            settled: true,
            stores: BTreeMap::new(),
            // What could not be read may have been the migration.
            scale: if torn { ScaleKnown::Broken } else { ScaleKnown::None },
            source: SourceKnown::Nowhere,
            source_span: None,
            metrics: BTreeMap::new(),
        }
    }

    /// Resolves one item by itself.
    fn part(&mut self, item: &Item) -> Part {
        let said = mem::take(&mut self.out);
        self.settled = true;
        self.item = item.span;
        let meaning = match item.keyword.value {
            Keyword::Migration => Meaning::Migration(Arc::new(self.migration(item))),
            Keyword::Store => Meaning::Store(Arc::new(self.store(item))),
            Keyword::Dataset => Meaning::Dataset(Arc::new(self.dataset(item))),
            Keyword::Datasets => Meaning::DatasetFamily(Arc::new(self.dataset_family(item))),
            Keyword::Consumer => Meaning::Consumer(Arc::new(self.consumer(item))),
            Keyword::Consumers => Meaning::ConsumerFamily(Arc::new(self.consumer_family(item))),
            Keyword::Validation => Meaning::Validation(Arc::new(self.validation(item))),
            Keyword::Approval => Meaning::Approval(Arc::new(self.approval(item))),
            Keyword::Metric => Meaning::Metric(Arc::new(self.metric(item))),
            Keyword::Rollback => Meaning::Rollback(Arc::new(self.rollback(item))),
            Keyword::Wave => Meaning::Wave(Arc::new(self.wave(item))),
        };
        let allows = self.allows(item);
        Part {
            name: item.name.text.clone(),
            meaning,
            said: mem::replace(&mut self.out, said),
            references: mem::take(&mut self.references),
            allows,
            whole: item.is_whole(),
            settled: self.settled,
        }
    }
}

impl Program {
    /// Sorts the items by what they are; with the program before, if its items have the same names and stand in the same
    /// order.
    fn fill(&mut self, before: Option<&Self>) {
        let parts = mem::take(&mut self.parts);
        if let Some(before) = before {
            self.stores = Arc::clone(&before.stores);
            self.datasets = Arc::clone(&before.datasets);
            self.dataset_families = Arc::clone(&before.dataset_families);
            self.consumers = Arc::clone(&before.consumers);
            self.consumer_families = Arc::clone(&before.consumer_families);
            self.validations = Arc::clone(&before.validations);
            self.approvals = Arc::clone(&before.approvals);
            self.metrics = Arc::clone(&before.metrics);
            self.rollbacks = Arc::clone(&before.rollbacks);
            self.waves = Arc::clone(&before.waves);
        }
        let known = before.map_or(&[][..], |before| &before.parts);
        for (place, part) in parts.iter().enumerate() {
            if let Meaning::Migration(item) = &part.meaning {
                self.migration = self.migration.take().or_else(|| Some(Arc::clone(item)));
            }
            self.allows.extend(part.allows.iter().cloned());
            if known.get(place).is_none_or(|known| !Arc::ptr_eq(known, part)) {
                self.put(part);
            }
        }
        self.parts = parts;
    }

    /// Puts an item where its kind belongs.
    fn put(&mut self, part: &Part) {
        fn put<T>(items: &mut Items<T>, name: &str, item: &Arc<T>) {
            drop(Arc::make_mut(items).insert(name.to_owned(), Arc::clone(item)));
        }
        match &part.meaning {
            Meaning::Migration(_) => {}
            Meaning::Store(item) => put(&mut self.stores, &part.name, item),
            Meaning::Dataset(item) => put(&mut self.datasets, &part.name, item),
            Meaning::DatasetFamily(item) => put(&mut self.dataset_families, &part.name, item),
            Meaning::Consumer(item) => put(&mut self.consumers, &part.name, item),
            Meaning::ConsumerFamily(item) => put(&mut self.consumer_families, &part.name, item),
            Meaning::Validation(item) => put(&mut self.validations, &part.name, item),
            Meaning::Approval(item) => put(&mut self.approvals, &part.name, item),
            Meaning::Metric(item) => put(&mut self.metrics, &part.name, item),
            Meaning::Rollback(item) => put(&mut self.rollbacks, &part.name, item),
            Meaning::Wave(item) => put(&mut self.waves, &part.name, item),
        }
    }
}

/// What is missing in one place and wanted in several is one mistake: those of a code become labels of the first.
fn once(sorted: Vec<Diagnostic>, code: &str, label: &str) -> Vec<Diagnostic> {
    let mut kept: Vec<Diagnostic> = Vec::with_capacity(sorted.len());
    for found in sorted {
        let first = if found.code == code { kept.iter().position(|kept| kept.code == code) } else { None };
        match first.and_then(|first| kept.get_mut(first)) {
            Some(first) => first.labels.push(Label { span: found.span(), text: label.to_owned() }),
            None => kept.push(found),
        }
    }
    kept
}

/// Diagnostics in source order, whatever check found them first.
pub(crate) fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by_key(|diagnostic| {
        let span = diagnostic.span();
        (span.file, span.start, span.end, diagnostic.code)
    });
}

fn title(item: &Item) -> Title {
    Title { name: item.name.text.clone(), doc: item.doc.clone(), name_span: item.name.span, span: item.span }
}

/// The empty span where another ends.
fn end_of(span: Span) -> Span {
    Span { start: span.end, ..span }
}
