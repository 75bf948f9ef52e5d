//! Reading: a chunk's rows in the binary form of prepared statements, which keeps floats exact, and the values that
//! Arrow has no form for.

use arrow::record_batch::RecordBatch;
use futures::StreamExt as _;
use mig_plan::{ChunkBounds, KeyBound, KeyValue, Type};
use sqlx::error::UnexpectedNullError;
use sqlx::mysql::{MySql, MySqlArguments, MySqlRow};
use sqlx::{AssertSqlSafe, Decode, Either, Executor as _, Row as _};
use tokio::sync::mpsc;

use super::connection::Lease;
use super::decode::{NO_LABEL, append, show, shown_key};
use super::names::{column, literal};
use super::schema::{KeyForm, Layout};
use super::types::Native;
use crate::cells::shorten;
use crate::store::builders::BatchBuilder;
use crate::store::key_range::{Nulls, condition};
use crate::store::refusal::refuse_read;
use crate::store::{Misfit, StoreError, Table};

/// ` where` the key lies in a chunk, or nothing.
pub(super) fn where_clause(layout: &Layout, bounds: &ChunkBounds) -> Result<String, StoreError> {
    let condition = condition(&layout.key, bounds, Nulls::First, &mut |place, value| {
        let form = layout.forms.get(place).copied().unwrap_or(KeyForm::Text);
        written(form, value).ok_or_else(|| {
            StoreError::Refused(format!(
                "{}: a chunk's bound has {value} for a column of the key that is no such thing: the plan and the \
                 table do not fit together",
                layout.sql
            ))
        })
    })?;
    Ok(condition.map(|condition| format!(" where {condition}")).unwrap_or_default())
}

/// A bound's value as it stands in a statement.
fn written(form: KeyForm, value: &KeyValue) -> Option<String> {
    match (form, value) {
        (_, KeyValue::Null) => Some("null".to_owned()),
        (KeyForm::Number, KeyValue::Int(number)) => Some(number.to_string()),
        (KeyForm::Number, KeyValue::Bool(value)) => Some(u8::from(*value).to_string()),
        (KeyForm::Number, KeyValue::Text(digits)) => {
            let plain = digits.strip_prefix('-').unwrap_or(digits);
            let is_number = plain.starts_with(|c: char| c.is_ascii_digit())
                && plain.chars().all(|c| c.is_ascii_digit() || c == '.');
            is_number.then(|| digits.clone())
        }
        (KeyForm::Text, KeyValue::Text(text)) => Some(literal(text)),
        (KeyForm::Bytes, KeyValue::Hex(hex)) => {
            hex.chars().all(|c| c.is_ascii_hexdigit()).then(|| format!("x'{hex}'"))
        }
        _ => None,
    }
}

/// The key that stands in a row of texts from a place on, as a bound.
pub(super) fn bound(
    lease: &Lease,
    layout: &Layout,
    row: &MySqlRow,
    from: usize,
) -> Result<KeyBound, StoreError> {
    let value = |(place, form): (usize, &KeyForm)| {
        let Some(text) = lease.text(row, from + place)? else { return Ok(KeyValue::Null) };
        Ok(match form {
            KeyForm::Number => match text.parse::<i64>() {
                Ok(number) if number.to_string() == text => KeyValue::Int(number),
                _ => KeyValue::Text(text),
            },
            KeyForm::Text => KeyValue::Text(text),
            KeyForm::Bytes => KeyValue::Hex(text),
        })
    };
    layout.forms.iter().enumerate().map(value).collect()
}

/// The bytes of a value; `None` for null. sqlx takes zero dates for nulls, which they are not: only what has no bytes is.
fn bytes(row: &MySqlRow, place: usize) -> Result<Option<&[u8]>, sqlx::Error> {
    match row.try_get_raw(place) {
        Ok(value) => match <&[u8] as Decode<MySql>>::decode(value) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.is::<UnexpectedNullError>() => Ok(None),
            Err(error) => Err(sqlx::Error::Decode(error)),
        },
        Err(error) => Err(error),
    }
}

/// Sends a chunk's rows, in key order.
pub(super) async fn read(
    lease: &mut Lease,
    table: &Table,
    bounds: &ChunkBounds,
    out: mpsc::Sender<RecordBatch>,
) -> Result<(), StoreError> {
    let layout = Layout::read(lease, table).await?;
    let columns: Vec<_> = table.fields.iter().map(|field| column(&field.name)).collect();
    if columns.is_empty() {
        return Err(StoreError::Refused(format!("{}: no column is read", layout.sql)));
    }
    let sql = format!(
        "select {} from {} as t{}{}",
        columns.join(", "),
        layout.sql,
        where_clause(&layout, bounds)?,
        layout.order()
    );
    let home = lease.home();
    let mut builder = BatchBuilder::new(&table.fields);
    let statement =
        sqlx::query_with::<MySql, _>(AssertSqlSafe(sql), MySqlArguments::default()).persistent(false);
    // What else the server says, such as how many rows there were, is passed over here: the stream that has rows alone
    // costs more.
    let mut answers = lease.fetch_many(statement);
    while let Some(answer) = answers.next().await {
        let Either::Right(row) = answer.map_err(|error| home.error(error))? else { continue };
        let mut taken = 0;
        for (place, builder) in builder.columns.iter_mut().enumerate() {
            let value = bytes(&row, place).map_err(|error| home.error(error))?;
            let (field, (native, _)) = (&table.fields[place], &layout.natives[place]);
            let appended = match value {
                Some(value) => append(builder, native, value),
                None if field.ty.nullable => {
                    builder.append_null();
                    Ok(())
                }
                None => Err("null in a column that must not be null"),
            };
            if let Err(reason) = appended {
                let key = layout.key_fields.iter().map(|place| {
                    let value = bytes(&row, *place).ok().flatten();
                    (&table.fields[*place].ty.ty, &layout.natives[*place].0, value)
                });
                let shown = show(&field.ty.ty, native, value);
                return Err(refuse_read(table, &shown_key(key), &field.name, &shown, reason));
            }
            taken += value.map_or(1, |value| value.len() + 1);
        }
        if builder.end_row(taken)
            && let Some(batch) = builder.take()?
        {
            out.send(batch).await.map_err(|_| StoreError::Abandoned)?;
        }
    }
    if let Some(batch) = builder.take()? {
        out.send(batch).await.map_err(|_| StoreError::Abandoned)?;
    }
    Ok(())
}

/// The condition that a value is one that Arrow has no form for, with the reason; `None` for types of which
/// it has every value.
pub(super) fn misfit(ty: &Type, native: &Native, column: &str) -> Option<(String, &'static str)> {
    if let Type::Enum(labels) = ty {
        // As bytes, since collations take more for equal.
        let labels: Vec<_> =
            labels.iter().map(|label| format!("cast({} as binary)", literal(label))).collect();
        let value = format!("cast(convert({column} using utf8mb4) as binary)");
        return Some((format!("{value} not in ({})", labels.join(", ")), NO_LABEL));
    }
    match native {
        Native::Bool => Some((
            format!("{column} not in (0, 1)"),
            "a number that is neither 0 nor 1, in a column of truth values (TINYINT(1))",
        )),
        // The last day of a month that is none is null.
        Native::Date | Native::Datetime(_) | Native::Timestamp(_) => Some((
            format!(
                "({column} is not null and not coalesce(dayofmonth({column}) between 1 and dayofmonth(last_day({column})), false))"
            ),
            "a day that no calendar has",
        )),
        Native::Time(_) => Some((
            format!("({column} < '00:00:00' or {column} >= '24:00:00')"),
            "a span of time that is not a time of day",
        )),
        Native::Int { .. }
        | Native::Bit(_)
        | Native::Year
        | Native::Float { .. }
        | Native::Double { .. }
        | Native::Decimal { .. }
        | Native::Char(_)
        | Native::Varchar(_)
        | Native::Text(_)
        | Native::Enum(_)
        | Native::Set(_)
        | Native::Binary(_)
        | Native::Blob
        | Native::Json
        | Native::Uuid => None,
    }
}

/// Finds values that [`read`] would refuse, in one pass. Tables without such types are not looked at.
pub(super) async fn misfits(
    lease: &mut Lease,
    table: &Table,
    limit: usize,
) -> Result<Vec<Misfit>, StoreError> {
    let layout = Layout::read(lease, table).await?;
    let suspects: Vec<_> = table
        .fields
        .iter()
        .zip(&layout.natives)
        .filter_map(|(field, (native, _))| {
            let column = column(&field.name);
            let (condition, reason) = misfit(&field.ty.ty, native, &column)?;
            Some((field, format!("case when {condition} then cast({column} as char) end"), condition, reason))
        })
        .collect();
    if suspects.is_empty() {
        return Ok(Vec::new());
    }
    let selected = suspects.iter().map(|(_, selected, ..)| selected.clone()).chain(layout.key_list());
    let conditions: Vec<_> = suspects.iter().map(|(_, _, condition, _)| condition.as_str()).collect();
    let sql = format!(
        "select {} from {} as t where {} limit {limit}",
        selected.collect::<Vec<_>>().join(", "),
        layout.sql,
        conditions.join(" or ")
    );
    let mut found = Vec::new();
    for row in lease.rows(&sql).await? {
        let key = bound(lease, &layout, &row, suspects.len())?;
        for (place, (field, _, _, reason)) in suspects.iter().enumerate() {
            found.extend(lease.text(&row, place)?.map(|value| Misfit {
                key: key.clone(),
                column: field.name.clone(),
                value: shorten(value),
                reason: (*reason).to_owned(),
            }));
        }
    }
    found.truncate(limit);
    Ok(found)
}
