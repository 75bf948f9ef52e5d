//! Resolves the files of a migration after an edit: takes what was resolved before it, and resolves only the items of
//! files that have changed, and those that named something else then.

use std::cell::OnceCell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mig_lang::Diagnostic;
use mig_lang::ast::{self, Keyword};
use mig_plan::StoreKind;

use super::{MetricKnown, Named, Resolver, ScaleKnown, SourceKnown, parts};
use crate::hir::{Definition, Program};

/// A program as [`super::resolve`] gives it, from which the one after the next edit is resolved.
#[derive(Debug)]
pub struct Resolved {
    /// The program.
    pub program: Arc<Program>,
    /// What was said of it.
    pub diagnostics: Vec<Diagnostic>,
    /// The files by their number, each with the places of its items among the program's parts.
    files: Vec<(Arc<ast::File>, Vec<Option<usize>>)>,
    surroundings: Surroundings,
}

/// What items besides stores, metrics and the migration are resolved with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Surroundings {
    /// The kinds of the stores, `None` where a store's kind is not known.
    pub(super) stores: BTreeMap<String, Option<StoreKind>>,
    /// The migration's scale of criticality.
    pub(super) scale: ScaleKnown,
    /// Whether the migration names a source of metrics.
    pub(super) source: SourceKnown,
    /// What conditions must know of the metrics.
    pub(super) metrics: BTreeMap<String, MetricKnown>,
}

impl Resolved {
    /// Resolves the files of one migration, with what was resolved before of them or of others.
    pub fn new(files: &[Arc<ast::File>], before: Option<&Self>) -> Self {
        let mut files: Vec<Arc<ast::File>> = files.to_vec();
        files.sort_by_key(|file| file.id);
        let trees: Vec<&ast::File> = files.iter().map(Arc::as_ref).collect();
        // A file's number is a part of every place in it, so that only a file of the same number is the same.
        let same: Vec<Option<&[Option<usize>]>> = files
            .iter()
            .map(|file| {
                let known = &before?.files;
                let at = known.binary_search_by_key(&file.id, |(file, _)| file.id).ok()?;
                let (old, parts) = known.get(at)?;
                Arc::ptr_eq(old, file).then_some(parts.as_slice())
            })
            .collect();
        let same_names = before.and_then(|before| SameNames::new(before, &files));
        // The same for all items; known only once the stores, the metrics and the migration are resolved.
        let all_the_same = OnceCell::new();
        let known = |resolver: &Resolver, named: Named<'_>| {
            let before = before?;
            if matches!(named.item.keyword.value, Keyword::Migration | Keyword::Store | Keyword::Metric) {
                return None;
            }
            let place = *same.get(named.file)?.as_ref()?.get(named.place)?;
            let part = before.program.parts.get(place?)?;
            let old = &before.surroundings;
            let (surroundings, others) = all_the_same.get_or_init(|| {
                let surroundings = resolver.stores == old.stores
                    && resolver.scale == old.scale
                    && resolver.source == old.source
                    && resolver.metrics == old.metrics;
                let others = match &same_names {
                    Some(_) => BTreeSet::new(),
                    None => others(&resolver.definitions, &before.program.definitions),
                };
                (surroundings, others)
            });
            let names_another = || part.references.iter().any(|reference| others.contains(&reference.name));
            let is_same = *surroundings && part.settled && (others.is_empty() || !names_another());
            is_same.then(|| Arc::clone(part))
        };
        let mut places: Vec<Vec<Option<usize>>> =
            trees.iter().map(|file| vec![None; file.items.len()]).collect();
        let (program, diagnostics, surroundings) =
            parts(&trees, same_names.as_ref(), known, |number, named| {
                if let Some(place) = places.get_mut(named.file).and_then(|file| file.get_mut(named.place)) {
                    *place = Some(number);
                }
            });
        let files = files.into_iter().zip(places).collect();
        Self { program: Arc::new(program), diagnostics, files, surroundings }
    }
}

/// What was resolved of files in which items of the same kinds and names stood in the same order.
pub(super) struct SameNames<'b> {
    pub(super) program: &'b Program,
    /// The places of the files that have changed.
    pub(super) changed: Vec<usize>,
}

impl<'b> SameNames<'b> {
    /// `None` where names have changed, or one was taken or none for an item.
    fn new(before: &'b Resolved, files: &[Arc<ast::File>]) -> Option<Self> {
        if files.len() != before.files.len() {
            return None;
        }
        let mut changed = Vec::new();
        for (number, (file, (old, places))) in files.iter().zip(&before.files).enumerate() {
            if file.id != old.id || places.contains(&None) {
                return None;
            }
            if !Arc::ptr_eq(file, old) {
                named(file).eq(named(old)).then(|| changed.push(number))?;
            }
        }
        Some(Self { program: &before.program, changed })
    }
}

/// The kinds and names of a file's items.
fn named(file: &ast::File) -> impl Iterator<Item = (Keyword, &str)> {
    file.items.iter().map(|item| (item.keyword.value, item.name.text.as_str()))
}

/// Items by their names.
type Definitions = BTreeMap<String, Definition>;

/// The names that no longer mean an item of the kind that they meant, or mean one only now.
fn others(now: &Definitions, before: &Definitions) -> BTreeSet<String> {
    let (mut now, mut before) = (now.iter().peekable(), before.iter().peekable());
    let mut others = BTreeSet::new();
    loop {
        let order = match (now.peek(), before.peek()) {
            (None, None) => return others,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((new, _)), Some((old, _))) => new.cmp(old),
        };
        let new = if order.is_le() { now.next() } else { None };
        let old = if order.is_ge() { before.next() } else { None };
        let kind = |item: Option<(&String, &Definition)>| item.map(|(_, item)| item.keyword);
        if kind(new) != kind(old) {
            others.extend(new.or(old).map(|(name, _)| name.clone()));
        }
    }
}
