//! A chunk's bounds as a condition in SQL: `after < key ≤ up_to`, row by row, nulls included.
//!
//! Takes the key's columns as SQL and a way to write a value; gives text. Order is the store's own: what
//! matters is only that every row is in exactly one chunk.

use mig_plan::{ChunkBounds, KeyBound, KeyValue};

use super::StoreError;

/// A column of a key, as it stands in a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyColumn {
    /// The column, quoted.
    pub(crate) sql: String,
    /// Whether it may be null. A key without such columns gives conditions that an index answers.
    pub(crate) nullable: bool,
}

/// Where a store's `order by` puts nulls when nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nulls {
    /// Before all values, as SQLite does.
    First,
    /// Behind all values, as PostgreSQL does.
    Last,
}

/// The condition that a row's key lies in a chunk; `None` when every row's does. `literal` writes the
/// value of a column, by its place in the key.
pub(crate) fn condition(
    key: &[KeyColumn],
    bounds: &ChunkBounds,
    nulls: Nulls,
    literal: &mut dyn FnMut(usize, &KeyValue) -> Result<String, StoreError>,
) -> Result<Option<String>, StoreError> {
    let mut parts = Vec::new();
    if let Some(after) = &bounds.after {
        parts.push(side(key, after, Side::After, nulls, literal)?);
    }
    if let Some(up_to) = &bounds.up_to {
        parts.push(side(key, up_to, Side::UpTo, nulls, literal)?);
    }
    Ok((!parts.is_empty()).then(|| parts.join(" and ")))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    After,
    UpTo,
}

fn side(
    key: &[KeyColumn],
    bound: &KeyBound,
    side: Side,
    nulls: Nulls,
    literal: &mut dyn FnMut(usize, &KeyValue) -> Result<String, StoreError>,
) -> Result<String, StoreError> {
    if key.is_empty() || key.len() != bound.len() {
        return Err(StoreError::Refused(format!(
            "a chunk's bound has {} values for a key of {} columns: the plan and the table do not fit together",
            bound.len(),
            key.len()
        )));
    }
    if key.iter().any(|column| column.nullable) || bound.contains(&KeyValue::Null) {
        return lexicographic(key, bound, 0, side, nulls, literal);
    }
    let values = bound.iter().enumerate().map(|(place, value)| literal(place, value));
    let values = values.collect::<Result<Vec<_>, _>>()?;
    let columns: Vec<_> = key.iter().map(|column| column.sql.as_str()).collect();
    let (strictly, loosely) = if side == Side::After { (">", ">=") } else { ("<=", "<=") };
    if key.len() == 1 {
        return Ok(format!("{} {strictly} {}", columns[0], values[0]));
    }
    // The first follows from the second. By it a planner sees that a chunk is small, which takes a comparison of rows for a
    // third of the table, as PostgreSQL's does, or has no index for one, as MySQL's.
    Ok(format!(
        "{} {loosely} {} and ({}) {strictly} ({})",
        columns[0],
        values[0],
        columns.join(", "),
        values.join(", ")
    ))
}

/// The condition spelled out column by column, for keys that may hold nulls: beyond the bound in this
/// column, or equal in this one and beyond (for `up_to`: not beyond) it in those that follow.
fn lexicographic(
    key: &[KeyColumn],
    bound: &KeyBound,
    place: usize,
    side: Side,
    nulls: Nulls,
    literal: &mut dyn FnMut(usize, &KeyValue) -> Result<String, StoreError>,
) -> Result<String, StoreError> {
    let (Some(column), Some(value)) = (key.get(place), bound.get(place)) else {
        return Ok(if side == Side::After { "1 = 0" } else { "1 = 1" }.to_owned());
    };
    let sql = &column.sql;
    // Nulls lie beyond every value when they come last and the bound is a lower one, or the reverse.
    let nulls_are_beyond = (nulls == Nulls::Last) == (side == Side::After);
    let (beyond, equal) = if *value == KeyValue::Null {
        let beyond = if nulls_are_beyond { "1 = 0".to_owned() } else { format!("{sql} is not null") };
        (beyond, format!("{sql} is null"))
    } else {
        let value = literal(place, value)?;
        let operator = if side == Side::After { ">" } else { "<" };
        let beyond = if nulls_are_beyond && column.nullable {
            format!("({sql} {operator} {value} or {sql} is null)")
        } else {
            format!("{sql} {operator} {value}")
        };
        (beyond, format!("{sql} = {value}"))
    };
    let rest = lexicographic(key, bound, place + 1, side, nulls, literal)?;
    Ok(format!("({beyond} or ({equal} and {rest}))"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(key: &[(&str, bool)], after: Option<KeyBound>, up_to: Option<KeyBound>, nulls: Nulls) -> String {
        let key: Vec<_> =
            key.iter().map(|(sql, nullable)| KeyColumn { sql: (*sql).into(), nullable: *nullable }).collect();
        let bounds = ChunkBounds { after, up_to };
        condition(&key, &bounds, nulls, &mut |_, value| Ok(value.to_string()))
            .expect("fits")
            .unwrap_or_else(|| "all".into())
    }

    fn int(value: i64) -> KeyValue {
        KeyValue::Int(value)
    }

    #[test]
    fn a_key_without_nulls_gives_what_an_index_answers() {
        assert_eq!(text(&[("a", false)], None, None, Nulls::First), "all");
        assert_eq!(
            text(&[("a", false)], Some(vec![int(1)]), Some(vec![int(5)]), Nulls::First),
            "a > 1 and a <= 5"
        );
        assert_eq!(
            text(&[("a", false), ("b", false)], Some(vec![int(1), int(2)]), None, Nulls::Last),
            "a >= 1 and (a, b) > (1, 2)"
        );
    }

    #[test]
    fn nulls_are_on_the_side_where_the_store_sorts_them() {
        let key = [("a", true)];
        let one = || Some(vec![int(1)]);
        let null = || Some(vec![KeyValue::Null]);
        assert_eq!(text(&key, one(), None, Nulls::First), "(a > 1 or (a = 1 and 1 = 0))");
        assert_eq!(text(&key, None, one(), Nulls::First), "((a < 1 or a is null) or (a = 1 and 1 = 1))");
        assert_eq!(text(&key, one(), None, Nulls::Last), "((a > 1 or a is null) or (a = 1 and 1 = 0))");
        assert_eq!(text(&key, null(), None, Nulls::First), "(a is not null or (a is null and 1 = 0))");
        assert_eq!(text(&key, None, null(), Nulls::First), "(1 = 0 or (a is null and 1 = 1))");
        assert_eq!(text(&key, None, null(), Nulls::Last), "(a is not null or (a is null and 1 = 1))");
    }

    #[test]
    fn a_bound_of_another_length_is_refused() {
        let bounds = ChunkBounds { after: Some(vec![int(1)]), up_to: None };
        let refused = condition(&[], &bounds, Nulls::First, &mut |_, value| Ok(value.to_string()));
        assert!(matches!(refused, Err(StoreError::Refused(_))));
    }
}
