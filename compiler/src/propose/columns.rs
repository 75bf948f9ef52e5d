//! What the new columns of one dataset are made from, in three forms: all as they are, column by column, or left
//! to a person.

use std::collections::BTreeSet;

use mig_plan::schema::SchemaColumn;
use mig_plan::{ColumnType, TableSchema, Type};

use super::matching::{Pair, squashed, version};
use super::{Request, StoreAt};
use crate::World;
use crate::source::identifier;
use crate::typing::{spelled, widens};

/// A dataset of the proposal.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// Its name in the source.
    pub(super) name: String,
    /// The entity and the tables.
    pub(super) pair: Pair,
    /// What its columns are made from.
    pub(super) form: Form,
    old: TableSchema,
    new: Option<TableSchema>,
}

/// What the columns of a dataset are made from.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// Every column as it is, but for those that are dropped, each with the reason.
    Same { drops: Vec<(String, String)> },
    /// Line by line.
    Listed {
        /// The lines of the block.
        lines: Vec<String>,
        /// The columns that are dropped, each with the reason.
        drops: Vec<(String, String)>,
        /// Pairs of columns whose names are not the same, in words.
        guessed: Vec<String>,
    },
    /// Left to a person.
    Open {
        /// The lines of the block, with `…` for what is missing.
        lines: Vec<String>,
        /// The columns that are dropped, each with the reason.
        drops: Vec<(String, String)>,
        /// Why, as ends of a sentence.
        reasons: Vec<String>,
    },
}

impl Draft {
    /// A dataset whose table goes as it is, as far as the new store keeps it.
    pub(super) fn new(pair: Pair, request: &Request, world: &World) -> Self {
        let schema = |store: &StoreAt, path: &[String]| {
            world.schemas.stores.get(&store.name).and_then(|found| found.tables.get(path)).cloned()
        };
        let old = schema(&request.old, &pair.old_path).unwrap_or_default();
        let new = schema(&request.new, &pair.new_path);
        let stem = version(pair.entity.name()).map_or(pair.entity.name(), |(stem, _)| stem);
        let form = match &new {
            Some(_) => Form::Same { drops: Vec::new() },
            None => Form::Same { drops: unkept(&old, &request.new) },
        };
        Self { name: stem.replace(['-', '.'], "_"), pair, form, old, new }
    }

    /// The next more careful form, since the compiler refuses this one.
    pub(super) fn step_down(&mut self, messages: &[String], request: &Request) {
        let listed = match (&self.form, &self.new) {
            (Form::Same { .. }, Some(new)) => Some(listed(&self.old, new, &self.pair, request)),
            (Form::Same { .. }, None) | (Form::Listed { .. } | Form::Open { .. }, _) => None,
        };
        let (lines, drops) = match &self.form {
            Form::Same { drops } => (Vec::new(), drops.clone()),
            Form::Listed { lines, drops, .. } | Form::Open { lines, drops, .. } => {
                (lines.clone(), drops.clone())
            }
        };
        self.form = listed.unwrap_or(Form::Open { lines, drops, reasons: messages.to_vec() });
    }

    /// Why it is left to a person, if it is.
    pub(super) fn reasons(&self) -> impl Iterator<Item = &str> {
        let reasons: &[String] = match &self.form {
            Form::Open { reasons, .. } => reasons,
            Form::Same { .. } | Form::Listed { .. } => &[],
        };
        reasons.iter().map(String::as_str)
    }
}

/// The columns that a table of that store cannot hold, each with the reason.
fn unkept(old: &TableSchema, store: &StoreAt) -> Vec<(String, String)> {
    let reason = |column: &SchemaColumn| match &column.ty {
        None => Some(format!("`{}` cannot be carried without loss", column.native)),
        Some(ty) if crate::keeps(store.kind, ty).is_err() => {
            Some(format!("a {} store does not keep `{}`", store.kind, ty.ty))
        }
        Some(_) => None,
    };
    old.columns.iter().filter_map(|column| Some((column.name.clone(), reason(column)?))).collect()
}

/// A block for a new table that is there.
fn listed(old: &TableSchema, new: &TableSchema, pair: &Pair, request: &Request) -> Form {
    let tables = [&pair.old_path, &pair.new_path].map(|path| path.last().map_or("", String::as_str));
    let made = matched(old, new, tables);
    let mut lines = Vec::new();
    let mut reasons = Vec::new();
    let mut guessed = Vec::new();
    for (column, source) in new.columns.iter().zip(&made) {
        let name = identifier(&column.name);
        let Some(ty) = &column.ty else {
            if !column.has_default {
                reasons.push(format!(
                    "`{}` has the type `{}`, which mig does not write",
                    column.name, column.native
                ));
            }
            continue;
        };
        let Some(source) = source else {
            if !ty.nullable && !column.has_default {
                lines.push(format!("{name}: {ty} = …"));
                reasons.push(format!(
                    "`{}` must have a value, and nothing in the old table is like it",
                    column.name
                ));
            }
            continue;
        };
        if squashed(&source.name) != squashed(&column.name) {
            guessed.push(format!("`{}` from `{}`", column.name, source.name));
        }
        match made_from(source, ty) {
            Ok(value) if value == column.name && source.ty.as_ref() == Some(ty) => lines.push(name),
            Ok(value) => lines.push(format!("{name}: {ty} = {value}")),
            Err(reason) => {
                lines.push(format!("{name}: {ty} = …  // of {}", identifier(&source.name)));
                reasons.push(format!("`{}` of `{}`: {reason}", column.name, source.name));
            }
        }
    }
    let used: BTreeSet<&str> = made.iter().flatten().map(|column| column.name.as_str()).collect();
    let left = old.columns.iter().filter(|column| !used.contains(column.name.as_str()));
    let because = format!("`{}` has no column for it", table_name(&request.new.name, &pair.new_path));
    let drops = left.map(|column| (column.name.clone(), because.clone())).collect();
    if reasons.is_empty() {
        Form::Listed { lines, drops, guessed }
    } else {
        Form::Open { lines, drops, reasons }
    }
}

fn table_name(store: &str, path: &[String]) -> String {
    std::iter::once(store).chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join(".")
}

/// What a new column is when it is made from an old one; why not, when that takes a decision.
pub(super) fn made_from(source: &SchemaColumn, wanted: &ColumnType) -> Result<String, String> {
    let value = identifier(&source.name);
    let Some(from) = &source.ty else {
        return Err(format!("`{}` cannot be carried without loss", source.native));
    };
    if from.nullable && !wanted.nullable {
        return Err("it may be null, and the new one must have a value (`else …`)".to_owned());
    }
    if widens(&from.ty, &wanted.ty) {
        return Ok(value);
    }
    match spelled(&from.ty, &wanted.ty) {
        Ok(()) => Ok(cast(&value, &wanted.ty)),
        Err(Some(instead)) => Err(instead.trim_end_matches('.').to_owned()),
        Err(None) => Err(format!("no cast leads from `{}` to `{}`", from.ty, wanted.ty)),
    }
}

/// A cast as the source writes it.
fn cast(value: &str, ty: &Type) -> String {
    if let Type::Decimal { precision, scale } = ty {
        return format!("decimal({value}, {precision}, {scale})");
    }
    format!("{ty}({value})")
}

/// The old column for each new one, the surest pairs first, each old one once.
pub(super) fn matched<'o>(
    old: &'o TableSchema,
    new: &TableSchema,
    tables: [&str; 2],
) -> Vec<Option<&'o SchemaColumn>> {
    let mut made: Vec<Option<&SchemaColumn>> = vec![None; new.columns.len()];
    let mut free: Vec<&SchemaColumn> = old.columns.iter().collect();
    for alike in [same, bare, within, near] {
        for (place, column) in new.columns.iter().enumerate() {
            let open = made.get(place).is_some_and(Option::is_none);
            let mut fitting = free.iter().enumerate().filter(|(_, source)| {
                open && alike(&source.name, &column.name, tables) && fits(source, column)
            });
            // Of several that are equally alike none is surely meant.
            if let (Some((index, _)), None) = (fitting.next(), fitting.next()) {
                let source = free.remove(index);
                made.get_mut(place).into_iter().for_each(|slot| *slot = Some(source));
            }
        }
    }
    made
}

/// Whether a value of one could become a value of the other, whatever it takes.
fn fits(source: &SchemaColumn, column: &SchemaColumn) -> bool {
    match (&source.ty, &column.ty) {
        (Some(from), Some(to)) => !matches!(spelled(&from.ty, &to.ty), Err(None)) || widens(&from.ty, &to.ty),
        _ => false,
    }
}

fn same(old: &str, new: &str, _: [&str; 2]) -> bool {
    squashed(old) == squashed(new)
}

/// Alike without their tables' names: `id` and `order_id` of `orders`.
fn bare(old: &str, new: &str, tables: [&str; 2]) -> bool {
    let strip = |name: &str, table: &str| -> String {
        let (name, table) = (squashed(name), squashed(table));
        let single = table.strip_suffix('s').unwrap_or(&table).to_owned();
        let rest = name.strip_prefix(&table).or_else(|| name.strip_prefix(&single)).unwrap_or(&name);
        if rest.is_empty() { name.clone() } else { rest.to_owned() }
    };
    let [old_table, new_table] = tables;
    strip(old, old_table) == strip(new, new_table)
}

/// One is the beginning or the end of the other: `placed` and `placed_at`.
fn within(old: &str, new: &str, _: [&str; 2]) -> bool {
    let (old, new) = (squashed(old), squashed(new));
    let (short, long) = if old.len() <= new.len() { (old, new) } else { (new, old) };
    short.chars().count() >= 4 && (long.starts_with(&short) || long.ends_with(&short))
}

/// Nearly the same letters.
fn near(old: &str, new: &str, _: [&str; 2]) -> bool {
    new.chars().count() >= 4 && mig_lang::nearest(new, [old]).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_alike_in_several_ways() {
        let tables = ["orders", "orders"];
        assert!(same("OrderNo", "order_no", tables));
        assert!(bare("id", "order_id", tables));
        assert!(within("placed", "placed_at", tables));
        assert!(near("adress", "address", tables));
        assert!(!within("no", "order_no", tables) && !near("a", "b", tables));
        assert!(!bare("orders", "id", tables));
    }
}
