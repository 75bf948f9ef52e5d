//! One item resolved by itself: what it means, what was said of it, and which items it names. A part is kept as long as
//! nothing changes that it was resolved from.
//!
//! Also knows whether two parts look alike from outside: to every check that looks at more than one item.

use std::mem;
use std::sync::Arc;

use mig_lang::{Diagnostic, Span, Spanned};

use crate::hir::{
    ActionKind, Allow, Approval, Cleanup, Consumer, ConsumerFamily, CutOver, Dataset, DatasetFamily,
    EntityUse, ItemRef, Metric, Metrics, Migration, Moved, Place, Reference, Rollback, Store, Tables, Title,
    Validation, Wave,
};

/// One item, resolved.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    /// Its name.
    pub(crate) name: String,
    /// What it means.
    pub(crate) meaning: Meaning,
    /// What was said of it.
    pub(crate) said: Vec<Diagnostic>,
    /// Where it names other items.
    pub(crate) references: Vec<Reference>,
    /// The warnings that it allows.
    pub(crate) allows: Vec<Allow>,
    /// Whether every line of it could be read.
    pub(crate) whole: bool,
    /// Whether every name in it was of an item that is there and of the wanted kind: what is said of another name depends
    /// on the names of all items.
    pub(crate) settled: bool,
}

/// What an item means.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Meaning {
    Migration(Arc<Migration>),
    Store(Arc<Store>),
    Dataset(Arc<Dataset>),
    DatasetFamily(Arc<DatasetFamily>),
    Consumer(Arc<Consumer>),
    ConsumerFamily(Arc<ConsumerFamily>),
    Validation(Arc<Validation>),
    Approval(Arc<Approval>),
    Metric(Arc<Metric>),
    Rollback(Arc<Rollback>),
    Wave(Arc<Wave>),
}

impl Part {
    /// Where the places of this item are in another that looks the same to whoever looks at it from outside; `None` when
    /// it does not. What only the item itself is about may differ: the columns of a dataset, the rules of a validation.
    pub(crate) fn alike(&self, other: &Self) -> Option<Vec<(Span, Span)>> {
        if self.name != other.name {
            return None;
        }
        let ((mine, my_places), (its, its_places)) = (self.meaning.outside(), other.meaning.outside());
        (mine == its && my_places.len() == its_places.len())
            .then(|| my_places.into_iter().zip(its_places).collect())
    }
}

impl Meaning {
    /// The item as it looks from outside, without places, and the places.
    fn outside(&self) -> (Self, Vec<Span>) {
        let mut seen = self.clone();
        let mut places = Places(Vec::new());
        match &mut seen {
            Self::Migration(item) => places.migration(Arc::make_mut(item)),
            Self::Store(item) => places.title(&mut Arc::make_mut(item).title),
            Self::Dataset(item) => places.dataset(Arc::make_mut(item)),
            Self::DatasetFamily(item) => places.dataset_family(Arc::make_mut(item)),
            Self::Consumer(item) => places.consumer(Arc::make_mut(item)),
            Self::ConsumerFamily(item) => places.consumer_family(Arc::make_mut(item)),
            Self::Validation(item) => places.validation(Arc::make_mut(item)),
            Self::Approval(item) => places.approval(Arc::make_mut(item)),
            Self::Metric(item) => places.title(&mut Arc::make_mut(item).title),
            Self::Rollback(item) => places.rollback(Arc::make_mut(item)),
            Self::Wave(item) => places.wave(Arc::make_mut(item)),
        }
        (seen, places.0)
    }
}

/// Places, taken out of items in an order that is the same for items of one shape. A place that is not taken out makes
/// items differ that stand elsewhere, which costs time and is right all the same.
struct Places(Vec<Span>);

impl Places {
    fn take(&mut self, place: &mut Span) {
        self.0.push(mem::take(place));
    }

    fn names(&mut self, names: &mut [Spanned<String>]) {
        names.iter_mut().for_each(|name| self.take(&mut name.span));
    }

    fn entities<'e>(&mut self, uses: impl IntoIterator<Item = &'e mut EntityUse>) {
        uses.into_iter().for_each(|used| self.take(&mut used.span));
    }

    fn items(&mut self, items: &mut [ItemRef]) {
        items.iter_mut().for_each(|item| self.take(&mut item.span));
    }

    fn title(&mut self, title: &mut Title) {
        title.doc.clear();
        self.take(&mut title.name_span);
        self.take(&mut title.span);
    }

    fn migration(&mut self, item: &mut Migration) {
        self.title(&mut item.title);
        self.entities(&mut item.owner);
        item.catalog.iter_mut().for_each(|catalog| self.take(&mut catalog.span));
        match &mut item.metrics {
            Metrics::From { span, .. } => self.take(span),
            Metrics::Nowhere | Metrics::Unread => {}
        }
    }

    fn dataset(&mut self, item: &mut Dataset) {
        self.title(&mut item.title);
        self.places([&mut item.old, &mut item.new].into_iter().flatten());
        self.entities(item.old_entity.iter_mut().chain(&mut item.new_entity));
        self.cut_over(&mut item.cut_over);
        self.cleanup(&mut item.cleanup);
        (item.key, item.columns, item.whole, item.chunk_rows) = (None, None, true, 0);
        item.drops.clear();
    }

    fn dataset_family(&mut self, item: &mut DatasetFamily) {
        self.title(&mut item.title);
        let tables: [&mut Option<Tables>; 2] = [&mut item.old, &mut item.new];
        tables.into_iter().flatten().for_each(|tables| self.take(&mut tables.span));
        self.take(&mut item.select_span);
        self.take(&mut item.columns_span);
        self.cut_over(&mut item.cut_over);
        self.cleanup(&mut item.cleanup);
        item.chunk_rows = 0;
    }

    fn consumer(&mut self, item: &mut Consumer) {
        self.title(&mut item.title);
        self.entities(&mut item.entity);
        item.reads.iter_mut().for_each(|reads| self.items(reads));
        item.reads_span.iter_mut().for_each(|span| self.take(span));
        self.cut_over(&mut item.cut_over);
    }

    fn consumer_family(&mut self, item: &mut ConsumerFamily) {
        self.title(&mut item.title);
        self.take(&mut item.select_span);
        self.cut_over(&mut item.cut_over);
    }

    fn validation(&mut self, item: &mut Validation) {
        self.title(&mut item.title);
        self.items(&mut item.on);
        item.rules.clear();
    }

    fn approval(&mut self, item: &mut Approval) {
        self.title(&mut item.title);
        self.entities(&mut item.from);
    }

    fn rollback(&mut self, item: &mut Rollback) {
        self.title(&mut item.title);
        item.conditions.iter_mut().for_each(|condition| self.take(condition));
    }

    fn wave(&mut self, item: &mut Wave) {
        self.title(&mut item.title);
        self.names(&mut item.after);
        for part in &mut item.moves {
            self.take(&mut part.span);
            match &mut part.what {
                Moved::Item(item) => self.take(&mut item.span),
                Moved::Datasets | Moved::Consumers => {}
            }
        }
        self.names(&mut item.validations);
        self.names(item.approval.as_mut_slice());
        self.names(item.rollback.as_mut_slice());
    }

    fn places<'p>(&mut self, places: impl IntoIterator<Item = &'p mut Place>) {
        places.into_iter().for_each(|place| self.take(&mut place.span));
    }

    fn cleanup(&mut self, cleanup: &mut Cleanup) {
        self.take(&mut cleanup.span);
    }

    fn cut_over(&mut self, cut_over: &mut CutOver) {
        for action in &mut cut_over.actions {
            self.take(&mut action.span);
            match &mut action.kind {
                ActionKind::View { view, to } => {
                    self.take(&mut view.span);
                    self.items(to.as_mut_slice());
                }
                ActionKind::Notify
                | ActionKind::Http { .. }
                | ActionKind::Command { .. }
                | ActionKind::Annotate { .. } => {}
            }
        }
        self.names(cut_over.irreversible.as_mut_slice());
    }
}
