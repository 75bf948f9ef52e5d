//! The program: what the source means once its names, attributes and units are resolved, before the
//! world is looked at.
//!
//! What could not be resolved is absent, and has its diagnostic; whoever checks further stays silent about
//! it. Every part knows its place in the source.

mod metrics;

use std::collections::BTreeMap;
use std::sync::Arc;

use mig_lang::ast::{self, Keyword};
use mig_lang::{Span, Spanned};
use mig_plan::{
    CheckRule, ColumnType, EntityRef, OldTable, RollbackPolicy, Setting, StoreConfig, StoreKind, TableRef,
};

use crate::part::Part;
use crate::source::identifier;

pub use metrics::{Metric, Metrics, Query};

/// Items of one kind by their names, shared with the program of the text before, where none of them has changed.
pub type Items<T> = Arc<BTreeMap<String, Arc<T>>>;

/// A whole migration. Its items are shared with the program of the text before, where they are the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Program {
    /// The migration item.
    pub migration: Option<Arc<Migration>>,
    /// The stores, by name.
    pub stores: Items<Store>,
    /// The single datasets, by name.
    pub datasets: Items<Dataset>,
    /// The families of datasets, by name.
    pub dataset_families: Items<DatasetFamily>,
    /// The single consumers, by name.
    pub consumers: Items<Consumer>,
    /// The families of consumers, by name.
    pub consumer_families: Items<ConsumerFamily>,
    /// The validations, by name.
    pub validations: Items<Validation>,
    /// The approvals, by name.
    pub approvals: Items<Approval>,
    /// The metrics, by name.
    pub metrics: Items<Metric>,
    /// The rollback policies, by name.
    pub rollbacks: Items<Rollback>,
    /// The waves, by name.
    pub waves: Items<Wave>,
    /// The warnings that items allow, in source order.
    pub allows: Vec<Allow>,
    /// Every item, by name; of items with one name the first.
    pub definitions: Arc<BTreeMap<String, Definition>>,
    /// The keywords of items that were left out, since their name is taken or they could not be read: what they
    /// would have moved is not known to be moved by nobody.
    pub left_out: Vec<Keyword>,
    /// Whether everything could be resolved: only then a plan is made of it.
    pub whole: bool,
    /// The items, each resolved by itself, in source order.
    pub(crate) parts: Vec<Arc<Part>>,
}

/// An item's name and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its keyword.
    pub keyword: Keyword,
    /// Where its name stands.
    pub name: Span,
    /// The whole item without its doc comment.
    pub item: Span,
    /// The byte behind the last statement of its body, where another one can be written.
    pub body_end: u32,
}

/// A warning that an item allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// Its code.
    pub code: Spanned<String>,
    /// Why.
    pub because: Spanned<String>,
    /// The whole statement.
    pub span: Span,
    /// The item's name.
    pub item: String,
    /// The item, in which the warning's primary place must lie; anywhere when it is the migration.
    pub within: Option<Span>,
}

/// A place that names an item.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Where.
    pub span: Span,
    /// The item's name.
    pub name: String,
}

/// What every item has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title {
    /// Its name.
    pub name: String,
    /// Its doc comment.
    pub doc: String,
    /// Where its name stands.
    pub name_span: Span,
    /// The whole item without its doc comment.
    pub span: Span,
}

/// An entity and where it is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityUse {
    /// The entity.
    pub entity: EntityRef,
    /// Where.
    pub span: Span,
}

/// The migration item.
#[derive(Clone, Debug, PartialEq)]
pub struct Migration {
    /// Name, doc, places.
    pub title: Title,
    /// The owning group or user.
    pub owner: Option<EntityUse>,
    /// Where the catalog comes from.
    pub catalog: Option<CatalogSource>,
    /// How critical an entity is.
    pub scale: Option<Scale>,
    /// Where metrics come from.
    pub metrics: Metrics,
}

/// Where the catalog comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogSource {
    /// Where it is said.
    pub span: Span,
    /// Files or a backend.
    pub kind: CatalogKind,
}

/// Files or a backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CatalogKind {
    /// Descriptor files.
    Files {
        /// Glob patterns relative to the migration's folder.
        globs: Vec<String>,
    },
    /// A Backstage backend.
    Backstage {
        /// Its base URL.
        url: Setting,
        /// The token it asks for.
        token: Option<Setting>,
    },
}

/// Where an entity says how critical it is, and the levels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scale {
    /// The path to the level's name.
    pub path: Vec<String>,
    /// The levels, least critical first.
    pub levels: Vec<String>,
    /// The path as the source has it.
    pub source: String,
}

/// A store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// Name, doc, places.
    pub title: Title,
    /// Its kind.
    pub kind: Option<StoreKind>,
    /// Its whole configuration.
    pub config: Option<StoreConfig>,
}

/// A table and where it is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The table, its path complete.
    pub table: TableRef,
    /// The kind of its store.
    pub kind: StoreKind,
    /// Where.
    pub span: Span,
}

/// The tables of a store, or of a schema in it: `lake.archive.*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    /// The store's name.
    pub store: String,
    /// The kind of its store.
    pub kind: StoreKind,
    /// The path's parts before the table's name.
    pub prefix: Vec<String>,
    /// Where.
    pub span: Span,
}

/// A dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// Name, doc, places.
    pub title: Title,
    /// Where the rows come from.
    pub old: Option<Place>,
    /// Where they go.
    pub new: Option<Place>,
    /// The old entity.
    pub old_entity: Option<EntityUse>,
    /// The new entity, where it is another.
    pub new_entity: Option<EntityUse>,
    /// The key, as new column names.
    pub key: Option<Vec<Spanned<String>>>,
    /// Rows in a chunk.
    pub chunk_rows: u64,
    /// What the new columns are made of; `None` when that could not be read.
    pub columns: Option<Columns>,
    /// The columns that end with the migration.
    pub drops: Vec<ast::Drop>,
    /// The old columns whose values are never shown.
    pub secret: Vec<ast::Name>,
    /// How it is switched over.
    pub cut_over: CutOver,
    /// Whether every line of it could be read.
    pub whole: bool,
    /// What becomes of the old table in the end.
    pub cleanup: Cleanup,
}

/// What becomes of an old table in the end, and where that is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleanup {
    /// What.
    pub old: OldTable,
    /// Where, or the item's name.
    pub span: Span,
}

/// What the new columns are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Columns {
    /// Every column carried as it is: where that is said.
    Same(Span),
    /// A block.
    Listed {
        /// Its columns.
        columns: Vec<Column>,
        /// The names of lines that could not be read.
        begun: Vec<ast::Name>,
        /// The whole block.
        span: Span,
        /// Whether every line could be read.
        whole: bool,
    },
}

/// A new column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: ast::Name,
    /// Its type.
    pub ty: Declared,
    /// What it is made of; the old column of that name when left out.
    pub value: Option<ast::Expr>,
    /// The whole line.
    pub span: Span,
}

/// The type that is written for a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Declared {
    /// None.
    No,
    /// This one.
    Type(Spanned<ColumnType>),
    /// One that is none, which has been said.
    Unknown,
}

/// A family of datasets.
#[derive(Clone, Debug, PartialEq)]
pub struct DatasetFamily {
    /// Name, doc, places.
    pub title: Title,
    /// Where the tables are.
    pub old: Option<Tables>,
    /// Where they go.
    pub new: Option<Tables>,
    /// Which entities are members.
    pub select: Option<Predicate>,
    /// Where that is said.
    pub select_span: Span,
    /// Where `same` is said, or the family's name.
    pub columns_span: Span,
    /// The old columns whose values are never shown, in those tables that have them.
    pub secret: Vec<ast::Name>,
    /// Rows in a chunk.
    pub chunk_rows: u64,
    /// How each is switched over.
    pub cut_over: CutOver,
    /// What becomes of each old table in the end.
    pub cleanup: Cleanup,
}

/// A consumer.
#[derive(Clone, Debug, PartialEq)]
pub struct Consumer {
    /// Name, doc, places.
    pub title: Title,
    /// The entity.
    pub entity: Option<EntityUse>,
    /// The datasets it reads, where written; those that could be resolved.
    pub reads: Option<Vec<ItemRef>>,
    /// Where the datasets it reads are written.
    pub reads_span: Option<Span>,
    /// How it is switched over.
    pub cut_over: CutOver,
}

/// A family of consumers.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsumerFamily {
    /// Name, doc, places.
    pub title: Title,
    /// Which entities are members.
    pub select: Option<Predicate>,
    /// Where that is said.
    pub select_span: Span,
    /// How each is switched over.
    pub cut_over: CutOver,
}

/// How something is switched over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CutOver {
    /// The actions in order.
    pub actions: Vec<Action>,
    /// Why what cannot be undone is done all the same.
    pub irreversible: Option<Spanned<String>>,
}

/// One action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What is done.
    pub kind: ActionKind,
    /// Where it is said.
    pub span: Span,
}

/// What an action does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionKind {
    /// `notify`
    Notify,
    /// `http(post: …, undo: …)`
    Http {
        /// Where to.
        post: Setting,
        /// Where the undo goes.
        undo: Option<Setting>,
    },
    /// `command(run: […], undo: […])`
    Command {
        /// The program and its arguments.
        run: Vec<Setting>,
        /// The program that undoes it.
        undo: Option<Vec<Setting>>,
    },
    /// `view(place, to: dataset)`
    View {
        /// The view.
        view: Place,
        /// The dataset whose new table it shows.
        to: Option<ItemRef>,
    },
    /// `annotate("key", "value")`
    Annotate {
        /// The annotation's key.
        key: String,
        /// Its new value.
        value: String,
    },
}

/// An item that is named, or a member of a family: `archive.customers`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemRef {
    /// The item's name.
    pub name: String,
    /// The member's name, where the item is a family and one of its members is meant.
    pub member: Option<String>,
    /// Where.
    pub span: Span,
}

impl ItemRef {
    /// As it is written in a source.
    pub(crate) fn source_form(&self) -> String {
        match &self.member {
            Some(member) => format!("{}.{}", identifier(&self.name), identifier(member)),
            None => identifier(&self.name),
        }
    }
}

/// A validation.
#[derive(Clone, Debug, PartialEq)]
pub struct Validation {
    /// Name, doc, places.
    pub title: Title,
    /// The datasets and families it is about.
    pub on: Vec<ItemRef>,
    /// What it demands, in source order.
    pub rules: Vec<Rule>,
}

/// One line of a validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// What needs no column: row count, checksum.
    Plain(CheckRule),
    /// The newest value is not too far behind.
    Freshness {
        /// Seconds.
        within_seconds: u64,
        /// The new column.
        column: ast::Name,
    },
    /// A condition over all rows.
    Require {
        /// The condition.
        condition: ast::Expr,
        /// What to say when it does not hold.
        message: String,
    },
}

/// An approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Name, doc, places.
    pub title: Title,
    /// Who must agree.
    pub from: Vec<EntityUse>,
    /// Seconds for which an approval holds.
    pub valid_seconds: u64,
}

/// A rollback policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollback {
    /// Name, doc, places.
    pub title: Title,
    /// The policy, with the conditions that could be read.
    pub policy: RollbackPolicy,
    /// Where the conditions stand.
    pub conditions: Vec<Span>,
}

/// A wave.
#[derive(Clone, Debug, PartialEq)]
pub struct Wave {
    /// Name, doc, places.
    pub title: Title,
    /// The waves it comes after.
    pub after: Vec<Spanned<String>>,
    /// What it moves.
    pub moves: Vec<Move>,
    /// Its validations.
    pub validations: Vec<Spanned<String>>,
    /// How many consumers are switched at once.
    pub batch: Option<u64>,
    /// Its approval.
    pub approval: Option<Spanned<String>>,
    /// Its rollback policy.
    pub rollback: Option<Spanned<String>>,
    /// Seconds to soak.
    pub soak_seconds: u64,
    /// Whether every part of `move` could be read.
    pub moves_whole: bool,
    /// Whether every wave that it comes after is known.
    pub after_whole: bool,
}

/// One part of what a wave moves.
#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    /// What.
    pub what: Moved,
    /// Which of it.
    pub predicate: Option<Predicate>,
    /// Where.
    pub span: Span,
}

/// What a part of `move` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved {
    /// `datasets`
    Datasets,
    /// `consumers`
    Consumers,
    /// A dataset, a consumer, a family or a member of one.
    Item(ItemRef),
}

/// A predicate over an entity. A missing value is null, `and` and `or` are three-valued, and what is null
/// in the end does not hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Predicate {
    /// `a and b`
    And(Box<Predicate>, Box<Predicate>),
    /// `a or b`
    Or(Box<Predicate>, Box<Predicate>),
    /// `not a`
    Not(Box<Predicate>),
    /// `a < b`
    Compare {
        /// The operator.
        operator: Comparison,
        /// The left side.
        left: Operand,
        /// The right side.
        right: Operand,
    },
    /// `a in b`
    In {
        /// The value.
        value: Operand,
        /// A path to a list.
        list: Operand,
    },
    /// `is_null(a)`
    IsNull(Operand),
    /// A value that is true by itself.
    Is(Operand),
}

/// An operator that compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// A value in a predicate.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// The value at a path of the entity: `metadata.annotations["acme.io/tier"]`
    Path(Vec<String>),
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// A truth value.
    Bool(bool),
    /// How critical the entity is: its rank on the migration's scale.
    Criticality,
    /// A level of that scale, by its rank.
    Level(u32),
    /// Several values.
    List(Vec<Operand>),
}
