//! Reading: a chunk's rows through COPY, and the values that Arrow has no form for.

use arrow::record_batch::RecordBatch;
use futures::StreamExt as _;
use mig_plan::{ChunkBounds, KeyValue, Type};
use sqlx::Row as _;
use tokio::sync::mpsc;

use super::connection::Lease;
use super::decode::{Broken, Row, Stream, append, show, shown_key};
use super::names::{column, literal};
use super::rows::rows;
use super::schema::{Layout, Locator, Source};
use super::types::Native;
use crate::cells::shorten;
use crate::store::builders::BatchBuilder;
use crate::store::key_range::{Nulls, condition};
use crate::store::refusal::refuse_read;
use crate::store::{Misfit, StoreError, Table};

/// A row was not taken.
pub(super) enum Failure {
    Broken,
    Refused(StoreError),
}

impl Failure {
    /// What it means for the caller.
    pub(super) fn error(self) -> StoreError {
        match self {
            Self::Refused(refused) => refused,
            Self::Broken => StoreError::Unavailable(
                "PostgreSQL sent something that is not a copy of the columns that were asked for".into(),
            ),
        }
    }
}

impl From<Broken> for Failure {
    fn from(_: Broken) -> Self {
        Self::Broken
    }
}

/// ` where` the key lies in a chunk, or nothing. Values stand there as texts of no type, which take the type of
/// the column that they are compared with.
pub(super) fn where_clause(source: &Source, bounds: &ChunkBounds) -> Result<String, StoreError> {
    let condition = condition(&source.key, bounds, Nulls::Last, &mut |_, value| {
        Ok(literal(&match value {
            KeyValue::Null => return Ok("null".to_owned()),
            KeyValue::Bool(value) => value.to_string(),
            KeyValue::Int(value) => value.to_string(),
            KeyValue::Text(text) => text.clone(),
            KeyValue::Hex(hex) => format!("\\x{hex}"),
        }))
    })?;
    Ok(condition.map(|condition| format!(" where {condition}")).unwrap_or_default())
}

/// The statement that gives a chunk's rows, in key order; where rows are known by their place alone, it stands
/// behind the columns.
pub(super) fn select(source: &Source, table: &Table, bounds: &ChunkBounds) -> Result<String, StoreError> {
    let mut columns: Vec<_> = table.fields.iter().map(|field| column(&field.name)).collect();
    if source.locator == Locator::Place {
        columns.push(format!("{}::text", source.key_list("")));
    }
    if columns.is_empty() {
        return Err(StoreError::Refused(format!("{}: no column is read", source.sql)));
    }
    let order = match source.locator {
        Locator::Key => format!(" order by {}", source.key_list("")),
        // Rows between two places are read in the order in which they lie.
        Locator::Place | Locator::None => String::new(),
    };
    Ok(format!(
        "select {} from {} as t{}{order}",
        columns.join(", "),
        source.sql,
        where_clause(source, bounds)?
    ))
}

/// The refusal of a row's value.
pub(super) fn refused(table: &Table, layout: &Layout, row: Row<'_>, place: usize, reason: &str) -> Failure {
    let values: Vec<_> = row.values().collect();
    let value = |place: usize| values.get(place).copied().flatten();
    let key = if layout.source.locator == Locator::Place {
        // It stands behind the columns.
        shown_key(std::iter::once((&Native::Text, value(row.count - 1))))
    } else {
        let places =
            table.key.iter().filter_map(|key| table.fields.iter().position(|field| field.name == *key));
        shown_key(places.map(|place| (&layout.natives[place], value(place))))
    };
    let shown = show(&layout.natives[place], value(place));
    Failure::Refused(refuse_read(table, &key, &table.fields[place].name, &shown, reason))
}

/// Sends a chunk's rows, in key order.
pub(super) async fn read(
    lease: &mut Lease,
    table: &Table,
    bounds: &ChunkBounds,
    out: mpsc::Sender<RecordBatch>,
) -> Result<(), StoreError> {
    let home = lease.home();
    let (layout, mut messages) = rows(lease, table, bounds).await?;
    let count = table.fields.len() + usize::from(layout.source.locator == Locator::Place);

    let mut builder = BatchBuilder::new(&table.fields);
    let mut stream = Stream::default();
    let mut full = Vec::new();
    while let Some(message) = messages.next().await {
        let message = message.map_err(|error| home.error(error))?;
        let fed = stream.feed(&message, |row| {
            if row.count != count {
                return Err(Failure::Broken);
            }
            for ((place, builder), value) in builder.columns.iter_mut().enumerate().zip(row.values()) {
                let (field, native) = (&table.fields[place], &layout.natives[place]);
                let appended = match value {
                    Some(value) => append(builder, native, value),
                    None if field.ty.nullable => {
                        builder.append_null();
                        Ok(())
                    }
                    None => Err("null in a column that must not be null"),
                };
                appended.map_err(|reason| refused(table, &layout, row, place, reason))?;
            }
            if builder.end_row(row.bytes.len()) {
                full.extend(builder.take().map_err(Failure::Refused)?);
            }
            Ok(())
        });
        fed.map_err(Failure::error)?;
        for batch in full.drain(..) {
            out.send(batch).await.map_err(|_| StoreError::Abandoned)?;
        }
    }
    if let Some(batch) = builder.take()? {
        out.send(batch).await.map_err(|_| StoreError::Abandoned)?;
    }
    Ok(())
}

/// Whether its values may be labels, and nothing else, by themselves: that takes a look at the column.
fn may_be_labels(ty: &Type) -> bool {
    if let Type::List(item) = ty { may_be_labels(&item.ty) } else { matches!(ty, Type::Enum(_)) }
}

/// The condition that a value is one that Arrow has no form for, with the reason; `None` for types of which
/// it has every value. PostgreSQL's type is known where [`may_be_labels`] says so.
fn misfit(ty: &Type, native: Option<&Native>, column: &str) -> Option<(String, &'static str)> {
    Some(match ty {
        Type::Int8 => (format!("{column} not between -128 and 127"), "a number out of int8's range"),
        Type::Decimal { .. } => (format!("{column} = 'NaN'"), "NaN, which a decimal has not"),
        Type::Date => (format!("not isfinite({column})"), "an infinity, which a date has not"),
        Type::Time => (format!("{column} = '24:00'"), "24:00, which is not a time of day"),
        Type::Timestamp | Type::Datetime => (
            // The last microsecond that 64 bits count from 1970.
            format!("(not isfinite({column}) or {column} > '294247-01-10 04:00:54.775807+00')"),
            "an infinity or a year behind 294246",
        ),
        Type::Enum(_) if matches!(native, Some(Native::Enum(_))) => return None,
        Type::Enum(labels) => {
            let labels: Vec<String> = labels.iter().map(|label| literal(label)).collect();
            (
                format!("{column}::text collate \"C\" not in ({})", labels.join(", ")),
                "a text that is no label of the column's enum",
            )
        }
        Type::List(item) => {
            let element = match native {
                Some(Native::Array(element, _)) => Some(&**element),
                _ => None,
            };
            let shape = format!("array_ndims({column}) > 1 or array_lower({column}, 1) <> 1");
            let mut items: Vec<_> =
                misfit(&item.ty, element, "e.e").into_iter().map(|(condition, _)| condition).collect();
            if !item.nullable {
                items.push("e.e is null".into());
            }
            let condition = if items.is_empty() {
                shape
            } else {
                format!(
                    "{shape} or exists (select from unnest({column}) as e(e) where {})",
                    items.join(" or ")
                )
            };
            (
                format!("({condition})"),
                "an array of several dimensions, with another first place than 1, or with elements that do not fit",
            )
        }
        Type::Bool
        | Type::Int16
        | Type::Int32
        | Type::Int64
        | Type::Float32
        | Type::Float64
        | Type::Text
        | Type::Bytes
        | Type::Uuid
        | Type::Json => return None,
    })
}

/// Finds values that [`read`] would refuse, in one pass over a table that is described as it is wanted. Tables without such types
/// are not looked at.
pub(super) async fn misfits(
    lease: &mut Lease,
    table: &Table,
    limit: usize,
) -> Result<Vec<Misfit>, StoreError> {
    let source = Source::by_key(table)?;
    let look = source.is_none() || table.fields.iter().any(|field| may_be_labels(&field.ty.ty));
    let layout = if look { Some(Layout::read(lease, table).await?) } else { None };
    let native = |place: usize| layout.as_ref().and_then(|layout| layout.natives.get(place));
    let suspects: Vec<_> = table
        .fields
        .iter()
        .enumerate()
        .filter_map(|(place, field)| {
            let column = column(&field.name);
            let (condition, reason) = misfit(&field.ty.ty, native(place), &column)?;
            Some((field, format!("case when {condition} then {column}::text end"), condition, reason))
        })
        .collect();
    if suspects.is_empty() {
        return Ok(Vec::new());
    }
    let Some(source) = source.or(layout.map(|layout| layout.source)) else { return Ok(Vec::new()) };
    let key = match source.locator {
        Locator::None => Vec::new(),
        Locator::Key | Locator::Place => vec![source.key_list("::text")],
    };
    let selected = suspects.iter().map(|(_, selected, ..)| selected.clone()).chain(key);
    let conditions: Vec<_> = suspects.iter().map(|(_, _, condition, _)| condition.as_str()).collect();
    let sql = format!(
        "select {} from {} as t where {} limit {limit}",
        selected.collect::<Vec<_>>().join(", "),
        source.sql,
        conditions.join(" or ")
    );
    let mut found = Vec::new();
    for row in lease.rows(&sql).await? {
        let text = |place| lease.value::<Option<String>>(&row, place);
        let key = (suspects.len()..row.len()).map(|place| Ok(text(place)?.map_or(KeyValue::Null, key_value)));
        let key = key.collect::<Result<Vec<_>, StoreError>>()?;
        for (place, (field, _, _, reason)) in suspects.iter().enumerate() {
            found.extend(text(place)?.map(|value| Misfit {
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

/// A value of a key as a bound keeps it: PostgreSQL's own text, which it reads again as the same value.
pub(super) fn key_value(text: String) -> KeyValue {
    // An integer is written as one, but only where its text is the same again.
    match text.parse::<i64>() {
        Ok(value) if value.to_string() == text => KeyValue::Int(value),
        _ => KeyValue::Text(text),
    }
}
