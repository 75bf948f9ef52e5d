//! Resolves datasets and families of them.

use mig_lang::ast::{Expr, ExprKind, Header, Item, Name, Statement};
use mig_lang::{Diagnostic, Spanned};
use mig_plan::OldTable;

use super::body::Body;
use super::{Resolver, title};
use crate::hir::{Cleanup, Column, Columns, Dataset, DatasetFamily, EntityUse};

/// Rows in a chunk when the source does not say.
const CHUNK_ROWS: u64 = 250_000;

/// More rows than this in a chunk are doubtful.
const HUGE_CHUNK: u64 = 1_000_000;

impl Resolver {
    pub(super) fn dataset(&mut self, item: &Item) -> Dataset {
        let body = self.body(item);
        let (old, new) = match &item.header {
            Header::Move { old, new } => (self.place(old), self.place(new)),
            Header::None
            | Header::Kind(_)
            | Header::Entity(_)
            | Header::Select(_)
            | Header::On(_)
            | Header::After(_)
            | Header::Broken(_) => (None, None),
        };
        let (old_entity, new_entity) = self.entities(item, &body);
        let key = body.attribute("key").and_then(|attribute| self.list(attribute)).map(|values| {
            let mut names = Vec::new();
            for value in values {
                if let Some(name) = self.name(value, "a new column", "order_id") {
                    names.push(Spanned { value: name.text.clone(), span: name.span });
                }
            }
            self.distinct(names)
        });
        let columns = self.columns(item, &body);
        let drops = body.statements.iter().filter_map(|statement| match statement {
            Statement::Drop(drop) => Some(drop.clone()),
            Statement::Attribute(_)
            | Statement::Columns(_)
            | Statement::Check(_)
            | Statement::When(_)
            | Statement::Then(_)
            | Statement::Irreversible { .. }
            | Statement::Allow(_)
            | Statement::Broken(_) => None,
        });
        Dataset {
            title: title(item),
            old,
            new,
            old_entity,
            new_entity,
            // A key of which a part could not be read is one that was said to be wrong.
            key: key.filter(|key| !key.is_empty()),
            chunk_rows: self.chunk(&body),
            columns,
            drops: drops.collect(),
            secret: self.secret(&body),
            cut_over: self.cut_over(item, &body),
            whole: item.is_whole(),
            cleanup: self.cleanup(item, &body),
        }
    }

    pub(super) fn dataset_family(&mut self, item: &Item) -> DatasetFamily {
        let body = self.body(item);
        let (old, new) = match &item.header {
            Header::Move { old, new } => (self.tables(old), self.tables(new)),
            Header::None
            | Header::Kind(_)
            | Header::Entity(_)
            | Header::Select(_)
            | Header::On(_)
            | Header::After(_)
            | Header::Broken(_) => (None, None),
        };
        let select = body.attribute("select").and_then(|attribute| self.single(attribute));
        let same = body.attribute("columns").and_then(|attribute| self.single(attribute));
        if let Some(value) = same {
            self.word(value, body.words("columns"));
        }
        DatasetFamily {
            title: title(item),
            old,
            new,
            select: select.and_then(|value| self.selection(value)),
            select_span: select.map_or(item.name.span, |value| value.span),
            columns_span: same.map_or(item.name.span, |value| value.span),
            secret: self.secret(&body),
            chunk_rows: self.chunk(&body),
            cut_over: self.cut_over(item, &body),
            cleanup: self.cleanup(item, &body),
        }
    }

    /// The old columns whose values are never shown.
    fn secret(&mut self, body: &Body) -> Vec<Name> {
        let values = body.attribute("secret").and_then(|attribute| self.list(attribute)).unwrap_or_default();
        values.into_iter().filter_map(|value| self.name(value, "an old column", "email").cloned()).collect()
    }

    fn cleanup(&mut self, item: &Item, body: &Body) -> Cleanup {
        let value = body.attribute("cleanup").and_then(|attribute| self.single(attribute));
        let old = match value.and_then(|value| self.word(value, &["keep", "drop_old"])) {
            Some("drop_old") => OldTable::Drop,
            Some(_) | None => OldTable::Keep,
        };
        Cleanup { old, span: value.map_or(item.name.span, |value| value.span) }
    }

    fn chunk(&mut self, body: &Body) -> u64 {
        let value = body.attribute("chunk").and_then(|attribute| self.single(attribute));
        let Some(value) = value else { return CHUNK_ROWS };
        let rows = self.rows(value, "50_000 rows").unwrap_or(CHUNK_ROWS);
        if rows > HUGE_CHUNK {
            self.out.push(
                Diagnostic::warning("huge-chunk", value.span, "a chunk of so many rows is one long transaction")
                    .help("A run that is stopped begins its chunk anew, and the store keeps all of it open until then. Chunks of 10_000 to 500_000 rows are as fast."),
            );
        }
        rows
    }

    /// The old entity and, where it is another, the new one.
    fn entities(&mut self, item: &Item, body: &Body) -> (Option<EntityUse>, Option<EntityUse>) {
        let Some(attribute) = body.attribute("entity") else {
            if item.is_whole() {
                self.out.push(
                    Diagnostic::warning(
                        "dataset-without-entity",
                        item.name.span,
                        format!("nothing proves that nobody who reads `{}` is forgotten", item.name.text),
                    )
                    .help("Name its entity, so that the catalog can say who reads it: `entity = @resource:old -> @resource:new`, or `entity = @resource:same`."),
                );
            }
            return (None, None);
        };
        let example = "@resource:orders-v1 -> @resource:orders-v2";
        let Some(value) = self.single(attribute) else { return (None, None) };
        let ExprKind::Move { old, new } = &value.kind else { return (self.entity(value, example), None) };
        match (self.entity(old, example), self.entity(new, example)) {
            (Some(old), Some(new)) if old.entity == new.entity => (Some(old), None),
            both => both,
        }
    }

    fn columns(&mut self, item: &Item, body: &Body) -> Option<Columns> {
        let block = body.statements.iter().find_map(|statement| match statement {
            Statement::Columns(columns) => Some(columns),
            Statement::Attribute(_)
            | Statement::Drop(_)
            | Statement::Check(_)
            | Statement::When(_)
            | Statement::Then(_)
            | Statement::Irreversible { .. }
            | Statement::Allow(_)
            | Statement::Broken(_) => None,
        });
        let attribute = body.attribute("columns");
        match (block, attribute) {
            (None, None) => None,
            (None, Some(attribute)) => {
                let value: &Expr = self.single(attribute)?;
                self.word(value, body.words("columns")).map(|_| Columns::Same(value.span))
            }
            (Some(block), attribute) => {
                if let Some(attribute) = attribute {
                    self.out.push(
                        Diagnostic::error(
                            "duplicate-attribute",
                            attribute.name.span,
                            "the columns are given twice",
                        )
                        .label(block.keyword, "here too")
                        .help("`columns = same` carries every column; a block says what each is made of."),
                    );
                }
                let columns = block
                    .columns
                    .iter()
                    .map(|column| Column {
                        name: column.name.clone(),
                        ty: self.declared(column.ty.as_ref()),
                        value: column.value.clone(),
                        span: column.span,
                    })
                    .collect();
                // What is broken in a block stands behind it.
                let is_line = |statement: &Statement| matches!(statement, Statement::Broken(span) if block.span.start <= span.start && span.end <= block.span.end);
                let whole = Statement::Columns((*block).clone()).is_whole() && !item.body.iter().any(is_line);
                Some(Columns::Listed { columns, begun: block.begun.clone(), span: block.span, whole })
            }
        }
    }
}
