//! What a mapping that somebody began still lacks: the lines that would make it total, between two tables.

use std::collections::BTreeSet;

use mig_plan::TableSchema;

use super::columns::{made_from, matched};
use crate::source::identifier;

/// The lines that a mapping lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lacking {
    /// Lines of `columns`; `…` stands where only a person knows.
    pub lines: Vec<String>,
    /// Old columns that no new one is like, as the source names them.
    pub left: Vec<String>,
}

/// The lines that a mapping lacks in which these new columns are made and these old ones are used or dropped. Where the new
/// table is not there yet, what is left is carried by its name.
pub fn lacking(
    old: (&str, &TableSchema),
    new: Option<(&str, &TableSchema)>,
    made: &BTreeSet<&str>,
    used: &BTreeSet<&str>,
) -> Lacking {
    let mut lacking = Lacking::default();
    let mut free = old.1.clone();
    free.columns.retain(|column| !used.contains(column.name.as_str()));
    let Some((new_name, new)) = new else {
        for column in free.columns {
            let is_taken = made.contains(column.name.as_str());
            let to = if column.ty.is_some() && !is_taken { &mut lacking.lines } else { &mut lacking.left };
            to.push(identifier(&column.name));
        }
        return lacking;
    };
    let mut wanted = new.clone();
    wanted.columns.retain(|column| !made.contains(column.name.as_str()));
    let sources = matched(&free, &wanted, [old.0, new_name]);
    for (column, source) in wanted.columns.iter().zip(&sources) {
        let (name, Some(ty)) = (identifier(&column.name), &column.ty) else { continue };
        match source.map(|source| made_from(source, ty)) {
            Some(Ok(value))
                if value == name && source.is_some_and(|source| source.ty.as_ref() == Some(ty)) =>
            {
                lacking.lines.push(name);
            }
            Some(Ok(value)) => lacking.lines.push(format!("{name}: {ty} = {value}")),
            Some(Err(_)) => lacking.lines.push(format!("{name}: {ty} = …")),
            None if ty.nullable || column.has_default => {}
            None => lacking.lines.push(format!("{name}: {ty} = …")),
        }
    }
    let taken: BTreeSet<&str> = sources.iter().flatten().map(|column| column.name.as_str()).collect();
    let left = free.columns.iter().filter(|column| !taken.contains(column.name.as_str()));
    lacking.left = left.map(|column| identifier(&column.name)).collect();
    lacking
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use mig_plan::TableSchema;
    use serde_json::json;

    use super::lacking;

    fn table(columns: &[(&str, &str)]) -> TableSchema {
        let columns: Vec<_> =
            columns.iter().map(|(name, ty)| json!({ "name": name, "native": "x", "ty": ty })).collect();
        serde_json::from_value(json!({ "columns": columns, "primary_key": [] })).unwrap()
    }

    #[test]
    fn a_new_column_is_made_of_what_is_most_like_it() {
        let old =
            table(&[("order_no", "int64"), ("state", "text"), ("placed", "timestamp"), ("note", "text?")]);
        let new = table(&[
            ("order_no", "int64"),
            ("status", "text"),
            ("placed_at", "timestamp"),
            ("customer", "int64"),
            ("extra", "text?"),
        ]);
        let made = BTreeSet::from(["status"]);
        let used = BTreeSet::from(["state"]);
        let found = lacking(("orders", &old), Some(("orders", &new)), &made, &used);
        assert_eq!(found.lines, ["order_no", "placed_at: timestamp = placed", "customer: int64 = …"]);
        assert_eq!(found.left, ["note"]);
    }

    #[test]
    fn everything_is_carried_to_a_table_that_is_yet_to_be_made() {
        let old = table(&[("id", "int64"), ("first name", "text"), ("state", "text")]);
        let made = BTreeSet::from(["state"]);
        let found = lacking(("orders", &old), None, &made, &BTreeSet::from(["id"]));
        assert_eq!(found.lines, ["`first name`"]);
        assert_eq!(found.left, ["state"]);
    }
}
