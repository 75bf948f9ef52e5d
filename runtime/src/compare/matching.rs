//! Two tables without a mapping: columns matched by their names and compared in a common type. Pure.
//!
//! | types | compared as |
//! |---|---|
//! | the same | that type |
//! | two integers | the wider |
//! | integers and decimals | the decimal that holds both |
//! | `float32`, `float64`, integers up to 32 bits | `float64` |
//! | `text` and another but floats, bytes and lists | `text`, the other in its canonical form |
//! | any others | not compared, and said so |

use std::cmp::max;

use mig_plan::schema::SchemaColumn;
use mig_plan::{Column, ColumnType, Dataset, Expr, Function, MAX_PRECISION, TableRef, TableSchema, Type};

/// How two tables are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// The old table's columns in their common types.
    pub old: Dataset,
    /// The new table's.
    pub new: Dataset,
    /// The columns that are compared, in the new table's order.
    pub columns: Vec<MatchedColumn>,
    /// The columns that are not, and why.
    pub skipped: Vec<(String, String)>,
}

/// A column that both tables have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchedColumn {
    /// Its name.
    pub name: String,
    /// Its type in the old table.
    pub old: ColumnType,
    /// Its type in the new table.
    pub new: ColumnType,
    /// The type that it is compared in.
    pub common: Type,
}

/// Why two tables cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmatched {
    /// No column has the same name and a common type; why not, column by column.
    NoColumns(Vec<(String, String)>),
    /// A column of the key that was asked for is not among those that are compared.
    Key(String),
}

/// Matches the columns of two tables. Without a `key` it is the old table's primary key, or the new one's, where
/// both tables have all of its columns.
///
/// # Errors
/// When nothing can be compared, or not the key.
pub fn match_tables(
    old: (&TableRef, &TableSchema),
    new: (&TableRef, &TableSchema),
    key: Option<&[String]>,
    chunk_rows: u64,
) -> Result<Matched, Unmatched> {
    let (mut columns, mut skipped) = (Vec::new(), Vec::new());
    for column in &new.1.columns {
        match old.1.column(&column.name) {
            None => skipped.push((column.name.clone(), "only in the new table".to_owned())),
            Some(before) => match matched(before, column) {
                Ok(matched) => columns.push(matched),
                Err(why) => skipped.push((column.name.clone(), why)),
            },
        }
    }
    let only_old = old.1.columns.iter().filter(|column| new.1.column(&column.name).is_none());
    skipped.extend(only_old.map(|column| (column.name.clone(), "only in the old table".to_owned())));
    if columns.is_empty() {
        return Err(Unmatched::NoColumns(skipped));
    }
    let known = |name: &String| columns.iter().any(|column| column.name == *name);
    let key = match key {
        Some(key) => match key.iter().find(|name| !known(name)) {
            Some(unknown) => return Err(Unmatched::Key(unknown.clone())),
            None => key.to_vec(),
        },
        None => {
            let keys = [&old.1.primary_key, &new.1.primary_key];
            keys.into_iter().find(|key| !key.is_empty() && key.iter().all(known)).cloned().unwrap_or_default()
        }
    };
    let side =
        |(place, schema): (&TableRef, &TableSchema), ty: &dyn Fn(&MatchedColumn) -> ColumnType| Dataset {
            doc: String::new(),
            old_entity: None,
            new_entity: None,
            owner: None,
            old: place.clone(),
            new: place.clone(),
            key: key.iter().map(|name| (name.clone(), name.clone())).collect(),
            chunk_rows,
            columns: columns.iter().map(|column| common(column, ty(column))).collect(),
            dropped: Vec::new(),
            secret: std::collections::BTreeSet::new(),
            old_schema: schema.clone(),
            new_schema: None,
        };
    Ok(Matched {
        old: side(old, &|column| column.old.clone()),
        new: side(new, &|column| column.new.clone()),
        columns,
        skipped,
    })
}

/// A column in its common type.
fn common(column: &MatchedColumn, ty: ColumnType) -> Column {
    let name = column.name.clone();
    let same = ty.ty == column.common;
    let carried = Expr::Column { name: name.clone(), ty };
    let nullable = column.common.clone().optional();
    let expr = if same {
        carried
    } else {
        Expr::Call { function: Function::Cast, args: vec![carried], ty: nullable.clone() }
    };
    Column { name, ty: nullable, expr, secret: false }
}

fn matched(old: &SchemaColumn, new: &SchemaColumn) -> Result<MatchedColumn, String> {
    let known = |column: &SchemaColumn| {
        let why = || format!("its type `{}` has no counterpart without loss", column.native);
        column.ty.clone().ok_or_else(why)
    };
    let (old_type, new_type) = (known(old)?, known(new)?);
    let common = common_type(&old_type.ty, &new_type.ty);
    let common =
        common.ok_or_else(|| format!("`{}` and `{}` have no common type", old_type.ty, new_type.ty))?;
    Ok(MatchedColumn { name: new.name.clone(), old: old_type, new: new_type, common })
}

/// The type in which values of two types are compared; `None` when there is none that keeps them all.
fn common_type(a: &Type, b: &Type) -> Option<Type> {
    if a == b {
        return Some(a.clone());
    }
    if let (Some((_, a_most)), Some((_, b_most))) = (a.integer_range(), b.integer_range()) {
        return Some(if a_most > b_most { a.clone() } else { b.clone() });
    }
    let float = |ty: &Type| matches!(ty, Type::Float32 | Type::Float64);
    let short = |ty: &Type| matches!(ty, Type::Int8 | Type::Int16 | Type::Int32);
    if (float(a) || short(a)) && (float(b) || short(b)) {
        return Some(Type::Float64);
    }
    if let (Some((a_whole, a_scale)), Some((b_whole, b_scale))) = (digits(a), digits(b)) {
        let scale = max(a_scale, b_scale);
        let precision = max(a_whole, b_whole) + scale;
        return (precision <= MAX_PRECISION).then_some(Type::Decimal { precision, scale });
    }
    let texts = |ty: &Type| !float(ty) && !matches!(ty, Type::Bytes | Type::List(_));
    let both_are_enums = matches!((a, b), (Type::Enum(_), Type::Enum(_)));
    let one_is_text = *a == Type::Text || *b == Type::Text || both_are_enums;
    (one_is_text && texts(a) && texts(b)).then_some(Type::Text)
}

/// How many digits a number has before and behind its point.
fn digits(ty: &Type) -> Option<(u8, u8)> {
    match ty {
        Type::Int8 => Some((3, 0)),
        Type::Int16 => Some((5, 0)),
        Type::Int32 => Some((10, 0)),
        Type::Int64 => Some((19, 0)),
        Type::Decimal { precision, scale } => Some((precision - scale, *scale)),
        Type::Bool
        | Type::Float32
        | Type::Float64
        | Type::Text
        | Type::Bytes
        | Type::Date
        | Type::Time
        | Type::Timestamp
        | Type::Datetime
        | Type::Uuid
        | Type::Json
        | Type::List(_)
        | Type::Enum(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(columns: &[(&str, &str)], key: &[&str]) -> TableSchema {
        let column = |(name, ty): &(&str, &str)| SchemaColumn {
            name: (*name).to_owned(),
            native: (*ty).to_uppercase(),
            ty: ty.parse().ok(),
            has_default: false,
        };
        TableSchema {
            columns: columns.iter().map(column).collect(),
            primary_key: key.iter().map(|name| (*name).to_owned()).collect(),
            ..TableSchema::default()
        }
    }

    fn place(store: &str) -> TableRef {
        TableRef { store: store.to_owned(), path: vec!["t".to_owned()] }
    }

    fn matching(old: &TableSchema, new: &TableSchema, key: Option<&[String]>) -> Result<Matched, Unmatched> {
        match_tables((&place("old"), old), (&place("new"), new), key, 100)
    }

    #[test]
    fn common_types_keep_every_value() {
        let common = |a: &str, b: &str| {
            let of = |ty: &str| ty.parse::<ColumnType>().unwrap().ty;
            let common = common_type(&of(a), &of(b));
            assert_eq!(common, common_type(&of(b), &of(a)), "{a} and {b}");
            common.map_or_else(|| "none".to_owned(), |ty| ty.to_string())
        };
        for (a, b, expected) in [
            ("int32", "int64", "int64"),
            ("int64", "decimal(12, 2)", "decimal(21, 2)"),
            ("decimal(10, 4)", "decimal(12, 2)", "decimal(14, 4)"),
            ("decimal(38, 0)", "decimal(12, 2)", "none"),
            ("float32", "float64", "float64"),
            ("int32", "float64", "float64"),
            ("int64", "float64", "none"),
            ("text", "uuid", "text"),
            ("text", "json", "text"),
            ("text", "float64", "none"),
            ("text", "bytes", "none"),
            ("date", "datetime", "none"),
            ("timestamp", "datetime", "none"),
            ("bool", "int8", "none"),
        ] {
            assert_eq!(common(a, b), expected, "{a} and {b}");
        }
    }

    #[test]
    fn columns_are_matched_by_name_and_what_is_left_out_is_said() {
        let old = schema(&[("id", "int32"), ("a", "text?"), ("b", "date"), ("gone", "int8")], &["id"]);
        let new =
            schema(&[("a", "uuid"), ("id", "int64"), ("b", "time"), ("odd", "money"), ("more", "bool")], &[]);
        let found = matching(&old, &new, None).unwrap();
        let columns: Vec<(&str, String)> =
            found.columns.iter().map(|column| (column.name.as_str(), column.common.to_string())).collect();
        assert_eq!(columns, [("a", "text".to_owned()), ("id", "int64".to_owned())]);
        let skipped: Vec<String> = found.skipped.iter().map(|(name, why)| format!("{name}: {why}")).collect();
        assert_eq!(
            skipped,
            [
                "b: `date` and `time` have no common type",
                "odd: only in the new table",
                "more: only in the new table",
                "gone: only in the old table",
            ]
        );
        assert_eq!(found.old.key, [("id".to_owned(), "id".to_owned())]);
        assert!(matches!(found.new.columns[0].expr, Expr::Call { function: Function::Cast, .. }));
        assert!(matches!(found.old.columns[0].expr, Expr::Column { .. }));
    }

    #[test]
    fn a_key_must_be_compared() {
        let table = schema(&[("id", "int32"), ("b", "date")], &["id"]);
        assert_eq!(matching(&table, &table, Some(&["x".to_owned()])), Err(Unmatched::Key("x".to_owned())));
        let other = schema(&[("c", "int32")], &["c"]);
        assert!(
            matches!(matching(&table, &other, None), Err(Unmatched::NoColumns(skipped)) if skipped.len() == 3)
        );
        assert_eq!(matching(&table, &schema(&[("b", "date")], &[]), None).unwrap().old.key, []);
    }
}
