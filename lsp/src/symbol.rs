//! What stands under the cursor: the one answer that hover, navigation, renaming and highlighting share.
//!
//! Takes a cursor, gives the symbol and the place of its name. Looks at trees and the resolved program; guesses
//! nothing where a part could not be read.

use mig_lang::Span;
use mig_lang::ast::{
    Argument, Check, Column, Columns, EntityName, Expr, ExprKind, Header, Item, Keyword, Literal, Name,
    Place, Statement, TypeArgument, TypeName,
};
use mig_lang::items::{StatementForm, ValueForm, item as spec};
use mig_plan::EntityRef;

use crate::snapshot::{Cursor, Folder, holds};

/// What a name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// An item of the migration, where it is defined or where it is named.
    Item(String),
    /// A member of a family: `archive.customers`.
    Member {
        /// The family.
        family: String,
        /// The member.
        member: String,
    },
    /// The keyword that opens an item.
    Keyword(Keyword),
    /// An attribute of an item of that keyword.
    Attribute(Keyword, String),
    /// The word that begins a statement of an item of that keyword.
    Statement(Keyword, StatementForm),
    /// A kind of store.
    StoreKind(String),
    /// A part of the path of a table: the store, and the parts up to this one.
    Table {
        /// The store's name.
        store: String,
        /// The parts behind it, up to the one under the cursor.
        path: Vec<String>,
    },
    /// An entity of the catalog.
    Entity(EntityRef),
    /// A column of the old table of a dataset.
    OldColumn {
        /// The dataset.
        dataset: String,
        /// The column.
        column: String,
    },
    /// A column of the new table of a dataset.
    NewColumn {
        /// The dataset.
        dataset: String,
        /// The column.
        column: String,
    },
    /// The type of a column.
    Type(String),
    /// A function, in an expression.
    Function(String),
    /// An action of a cut-over.
    Action(String),
    /// A variable of the environment.
    Variable(String),
    /// A path into an entity, in a predicate.
    EntityPath(Vec<String>),
    /// The code of a warning that is allowed.
    Code(String),
    /// A metric, in a rollback's condition.
    Metric(String),
}

/// A meaning and where its name stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Symbol {
    /// What it means.
    pub(crate) meaning: Meaning,
    /// Where.
    pub(crate) span: Span,
}

/// What stands under the cursor.
pub(crate) fn at(cursor: Cursor<'_>) -> Option<Symbol> {
    let mut found = None;
    let item = cursor.document.item_at(cursor.byte)?;
    visit_item(cursor.folder, item, &mut |symbol| {
        if holds(symbol.span, cursor.byte) {
            // Of symbols that touch, the one that begins under the cursor; of nested ones the last, inner one.
            let better = found.as_ref().is_none_or(|known: &Symbol| {
                known.span.end == cursor.byte && symbol.span.start == cursor.byte
                    || symbol.span.end - symbol.span.start <= known.span.end - known.span.start
            });
            if better {
                found = Some(symbol);
            }
        }
    });
    found
}

/// Every symbol of a folder, file by file.
pub(crate) fn visit(folder: &Folder, each: &mut dyn FnMut(Symbol)) {
    for document in &folder.files {
        for item in &document.tree().items {
            visit_item(folder, item, each);
        }
    }
}

/// Every symbol of an item.
pub(crate) fn visit_item(folder: &Folder, item: &Item, each: &mut dyn FnMut(Symbol)) {
    Visitor { folder, item, each }.item();
}

struct Visitor<'a> {
    folder: &'a Folder,
    item: &'a Item,
    each: &'a mut dyn FnMut(Symbol),
}

/// Where an expression stands, which says what its names mean.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// The names of items.
    Items,
    /// Columns of the dataset's old table.
    Old,
    /// Columns of the new tables of the datasets that a validation is on.
    New,
    /// Paths into an entity.
    Entity,
    /// Actions.
    Actions,
    /// Metrics.
    Metrics,
    /// The names of new columns of this dataset.
    Key,
    /// Words that are no names: `same`, a level.
    Words,
}

impl Visitor<'_> {
    fn say(&mut self, meaning: Meaning, span: Span) {
        (self.each)(Symbol { meaning, span });
    }

    fn keyword(&self) -> Keyword {
        self.item.keyword.value
    }

    fn item(&mut self) {
        let item = self.item;
        self.say(Meaning::Keyword(item.keyword.value), item.keyword.span);
        self.say(Meaning::Item(item.name.text.clone()), item.name.span);
        match &item.header {
            Header::None | Header::Broken(_) => {}
            Header::Kind(name) => self.say(Meaning::StoreKind(name.text.clone()), name.span),
            Header::Move { old, new } => {
                self.place(old);
                self.place(new);
            }
            Header::Entity(entity) => self.entity(entity),
            Header::Select(expr) => self.expr(expr, Scope::Entity),
            Header::On(paths) => paths.iter().for_each(|path| self.expr(path, Scope::Items)),
            Header::After(names) => {
                for name in names {
                    self.say(Meaning::Item(name.text.clone()), name.span);
                }
            }
        }
        for statement in &item.body {
            self.statement(statement);
        }
    }

    fn place(&mut self, place: &Place) {
        let Some((store, path)) = place.parts.split_first() else { return };
        self.say(Meaning::Item(store.text.clone()), store.span);
        for (at, part) in path.iter().enumerate() {
            let path = path.iter().take(at + 1).map(|part| part.text.clone()).collect();
            self.say(Meaning::Table { store: store.text.clone(), path }, part.span);
        }
    }

    fn entity(&mut self, name: &EntityName) {
        let namespace = name.namespace.as_ref().map_or("default", |namespace| namespace.value.as_str());
        let reference =
            format!("{}:{namespace}/{}", name.kind.value, name.name.value).parse::<EntityRef>().ok();
        if let Some(entity) = reference {
            self.say(Meaning::Entity(entity), name.span);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        if let Some(form) = StatementForm::of(statement) {
            let start = statement.span();
            let length = u32::try_from(form.word().len()).unwrap_or(0);
            self.say(
                Meaning::Statement(self.keyword(), form),
                Span { end: (start.start + length).min(start.end), ..start },
            );
        }
        match statement {
            Statement::Attribute(attribute) => {
                let name = &attribute.name;
                self.say(Meaning::Attribute(self.keyword(), name.text.clone()), name.span);
                let form = spec(self.keyword()).attribute(&name.text).map(|attribute| attribute.value);
                let scope = form.map_or(Scope::Words, scope_of);
                for value in &attribute.values {
                    self.expr(value, scope);
                }
            }
            Statement::Columns(columns) => self.columns(columns),
            Statement::Drop(drop) => self.old_column(&drop.column),
            Statement::Check(check) => match check {
                Check::RowCount(_) | Check::Checksum { .. } => {}
                Check::Freshness { column, .. } => self.new_column(column),
                Check::Require { condition, .. } => self.expr(condition, Scope::New),
            },
            Statement::When(when) => {
                self.expr(&when.condition, Scope::Metrics);
                if let Some(minimum) = &when.minimum {
                    self.expr(minimum, Scope::Metrics);
                }
            }
            Statement::Allow(allow) => self.say(Meaning::Code(allow.code.value.clone()), allow.code.span),
            Statement::Then(_) | Statement::Irreversible { .. } | Statement::Broken(_) => {}
        }
    }

    fn columns(&mut self, columns: &Columns) {
        for column in &columns.columns {
            self.column(column);
        }
    }

    fn column(&mut self, column: &Column) {
        self.new_column(&column.name);
        if let Some(ty) = &column.ty {
            self.ty(ty);
        }
        if let Some(value) = &column.value {
            self.expr(value, Scope::Old);
        }
    }

    fn ty(&mut self, ty: &TypeName) {
        self.say(Meaning::Type(ty.name.text.clone()), ty.name.span);
        if ty.name.text == "enum" {
            return;
        }
        for argument in &ty.arguments {
            match argument {
                TypeArgument::Number(_) | TypeArgument::Text(_) => {}
                TypeArgument::Type(ty) => self.ty(ty),
            }
        }
    }

    fn old_column(&mut self, name: &Name) {
        let (dataset, column) = (self.item.name.text.clone(), name.text.clone());
        self.say(Meaning::OldColumn { dataset, column }, name.span);
    }

    /// A new column of this dataset, or of the dataset that a validation is on.
    fn new_column(&mut self, name: &Name) {
        let dataset = if let Header::On(paths) = &self.item.header {
            paths.iter().find_map(|path| {
                let ExprKind::Path(parts) = &path.kind else { return None };
                parts.first().map(|part| part.text.clone())
            })
        } else {
            Some(self.item.name.text.clone())
        };
        if let Some(dataset) = dataset {
            self.say(Meaning::NewColumn { dataset, column: name.text.clone() }, name.span);
        }
    }

    fn expr(&mut self, expr: &Expr, scope: Scope) {
        match &expr.kind {
            ExprKind::Path(parts) => self.path(parts, expr.span, scope),
            ExprKind::Env(name) => self.say(Meaning::Variable(name.text.clone()), expr.span),
            ExprKind::Entity(entity) => self.entity(entity),
            ExprKind::Literal(_) | ExprKind::Broken => {}
            ExprKind::Call { function, arguments } => {
                let name = function.text.clone();
                match scope {
                    Scope::Actions => self.say(Meaning::Action(name), function.span),
                    Scope::Items | Scope::Key | Scope::Words => {}
                    Scope::Metrics => self.say(Meaning::Metric(name), function.span),
                    Scope::Old | Scope::New | Scope::Entity => {
                        self.say(Meaning::Function(name), function.span);
                    }
                }
                for Argument { value, .. } in arguments {
                    if scope == Scope::Metrics {
                        self.quoted_metric(value);
                    }
                    // What stands in an action is a place or a setting.
                    self.expr(value, if scope == Scope::Actions { Scope::Words } else { scope });
                }
            }
            ExprKind::Where { source, predicate } => {
                self.expr(source, scope);
                self.expr(predicate, Scope::Entity);
            }
            ExprKind::Index { base, key } => {
                self.expr(base, scope);
                self.expr(key, scope);
            }
            ExprKind::List(_)
            | ExprKind::Pair { .. }
            | ExprKind::Unary { .. }
            | ExprKind::Binary { .. }
            | ExprKind::Else { .. }
            | ExprKind::If { .. }
            | ExprKind::Move { .. } => {
                for part in expr.children() {
                    self.expr(part, scope);
                }
            }
        }
    }

    fn path(&mut self, parts: &[Name], span: Span, scope: Scope) {
        let Some(first) = parts.first() else { return };
        let words = || parts.iter().map(|part| part.text.clone()).collect::<Vec<_>>();
        match scope {
            Scope::Items => self.item_path(parts),
            Scope::Old => self.old_column(first),
            Scope::New | Scope::Key => self.new_column(first),
            Scope::Entity => self.say(Meaning::EntityPath(words()), span),
            Scope::Actions => self.say(Meaning::Action(first.text.clone()), first.span),
            Scope::Metrics if self.folder.program().metrics.contains_key(&first.text) => {
                self.say(Meaning::Item(first.text.clone()), first.span);
            }
            Scope::Metrics => self.say(Meaning::Metric(first.text.clone()), first.span),
            // A place as an action's argument begins with a store.
            Scope::Words => {
                if self.folder.program().stores.contains_key(&first.text) && parts.len() > 1 {
                    let place = Place { parts: parts.to_vec(), star: None, span };
                    self.place(&place);
                }
            }
        }
    }

    /// The metric that is named in quotes: `metric("checkout_p99_ms")`.
    fn quoted_metric(&mut self, value: &Expr) {
        let ExprKind::Literal(Literal::Text(name)) = &value.kind else { return };
        let plain = value.span.end.saturating_sub(value.span.start) as usize == name.len() + 2;
        if plain && self.folder.program().metrics.contains_key(name) {
            let inside = Span { start: value.span.start + 1, end: value.span.end - 1, ..value.span };
            self.say(Meaning::Item(name.clone()), inside);
        }
    }

    fn item_path(&mut self, parts: &[Name]) {
        let Some(first) = parts.first() else { return };
        // `datasets` and `consumers` are all of them, and no item can be called so.
        if Keyword::of(&first.text).is_none() {
            self.say(Meaning::Item(first.text.clone()), first.span);
        }
        if let Some(second) = parts.get(1) {
            let (family, member) = (first.text.clone(), second.text.clone());
            self.say(Meaning::Member { family, member }, second.span);
        }
    }
}

/// What names mean in an attribute's value.
fn scope_of(form: ValueForm) -> Scope {
    match form {
        ValueForm::Moved | ValueForm::Item(_) | ValueForm::Items(_) | ValueForm::Datasets => Scope::Items,
        ValueForm::Selection | ValueForm::Scale => Scope::Entity,
        ValueForm::Columns => Scope::Key,
        ValueForm::OldColumns => Scope::Old,
        ValueForm::Actions => Scope::Actions,
        ValueForm::Entity
        | ValueForm::Entities
        | ValueForm::EntityMove
        | ValueForm::Setting
        | ValueForm::Path
        | ValueForm::Text
        | ValueForm::ColumnNames
        | ValueForm::Catalog
        | ValueForm::Metrics
        | ValueForm::Query
        | ValueForm::Rates
        | ValueForm::Same
        | ValueForm::Rows
        | ValueForm::Count
        | ValueForm::Duration
        | ValueForm::Word(_) => Scope::Words,
    }
}
