//! JSON Lines: UTF-8, one object a line, each member a column.
//!
//! A missing member is null in every column. A member `null` is null too, except in a column of type
//! `json` of a table that mig made: there it is the JSON value. Nested JSON keeps its own spelling, but
//! for white space outside strings. Strict: a line that is no object, two members of one name, a member
//! that the table's definition does not have are refused with their place.

use std::borrow::Cow;

use mig_plan::{ColumnType, Encoding, Type};

use super::builder::JsonNull;
use super::csv::RECORD;
use super::definition::Definition;
use super::findings::Findings;
use super::format::TextFormat;
use super::inference::{Columns, Guess};
use super::json::{self, Flaw};
use super::layout::Part;
use super::locator::{Cutter, Span};
use super::records::{Framing, Records};
use super::rows::{Rows, Sink};
use super::values::{Values, any_item};
use crate::store::{Field, StoreError};

/// Different names of members in a file, at the most: with more it is no table.
const MOST_COLUMNS: usize = 10_000;

/// Why a line was not read to its end.
enum Stopped {
    Flaw(Flaw),
    Store(StoreError),
}

impl From<Flaw> for Stopped {
    fn from(flaw: Flaw) -> Self {
        Self::Flaw(flaw)
    }
}

/// What `null` is in a column of type `json`.
pub(super) fn nulls(definition: Option<&Definition>) -> JsonNull {
    if definition.is_some() { JsonNull::Value } else { JsonNull::Missing }
}

/// A file's lines, which are UTF-8 whatever a store says.
fn lines<'a>(part: &'a Part, format: &'a TextFormat) -> Result<Records<'a>, StoreError> {
    Records::open(part, Framing::Lines, Encoding::Utf8, &format.readers)
}

/// Reads the rows of a span.
pub(super) fn read(
    part: &Part,
    format: &TextFormat,
    span: Span,
    fields: &[Field],
    definition: Option<&Definition>,
    findings: &mut Findings,
    sink: &mut Sink<'_>,
) -> Result<(), StoreError> {
    let mut records = lines(part, format)?;
    records.restrict(span)?;
    let nulls = nulls(definition);
    let mut rows = Rows::new(fields, findings, sink);
    // Which fields the line has had, by the number of the last line that had them.
    let mut had = vec![0_u64; fields.len()];
    let mut number = 0;
    while let Some(record) = records.next()? {
        number += 1;
        let site = record.site(part);
        let lossy = || String::from_utf8_lossy(record.bytes);
        let text = match (record.flaw, std::str::from_utf8(record.bytes)) {
            (None, Ok(text)) => text,
            (Some(flaw), _) => {
                rows.findings.misfit(site, RECORD, &lossy(), flaw.to_owned())?;
                break;
            }
            (None, Err(_)) => {
                rows.findings.misfit(site, RECORD, &lossy(), "not UTF-8".to_owned())?;
                continue;
            }
        };
        // Lines have their members in one order, mostly: the next field is looked for first.
        let mut next = 0;
        let told = json::members::<Stopped>(text, |name, value| {
            let field = match fields.get(next) {
                Some(field) if field.name == *name => Some(next),
                Some(_) | None => fields.iter().position(|field| field.name == *name),
            };
            let Some(field) = field else {
                return match definition {
                    Some(definition) if !definition.names().any(|known| known == name) => rows
                        .findings
                        .misfit(site, &name, value.raw, "the table has no such column".to_owned())
                        .map_err(Stopped::Store),
                    Some(_) | None => Ok(()),
                };
            };
            next = field + 1;
            if std::mem::replace(&mut had[field], number) == number {
                return rows
                    .findings
                    .misfit(site, &name, value.raw, "the line has two members of this name".to_owned())
                    .map_err(Stopped::Store);
            }
            let shown = || value.text().unwrap_or(Cow::Borrowed(value.raw));
            rows.value(field, site, shown, |builder| builder.json(value, nulls)).map_err(Stopped::Store)
        });
        match told {
            Ok(()) => {}
            Err(Stopped::Store(error)) => return Err(error),
            Err(Stopped::Flaw(flaw)) => {
                let reason = format!("not a JSON object ({} at byte {})", flaw.what, flaw.at + 1);
                rows.findings.misfit(site, RECORD, text, reason)?;
                continue;
            }
        }
        for (field, had) in had.iter().enumerate() {
            if *had != number {
                rows.value(field, site, || Cow::Borrowed(""), |builder| builder.missing())?;
            }
        }
        rows.end_row(record.bytes.len())?;
    }
    rows.flush()
}

/// The columns, with what all their values can be. Lines that are no objects are left to the search for
/// misfits.
pub(super) fn scan(part: &Part, format: &TextFormat) -> Result<Columns, StoreError> {
    let mut records = lines(part, format)?;
    let mut columns = Columns::default();
    while let Some(record) = records.next()? {
        if record.flaw.is_some() {
            break;
        }
        let Ok(text) = std::str::from_utf8(record.bytes) else { continue };
        let mut next = 0;
        let told = json::members::<Flaw>(text, |name, value| {
            let place = if columns.name(next) == Some(&*name) { next } else { columns.place(&name) };
            next = place + 1;
            if let Some(guess) = Guess::json(value) {
                columns.value(place, || guess);
            }
            Ok(())
        });
        if told.is_ok() {
            columns.end_row();
        }
        if columns.len() > MOST_COLUMNS {
            return Err(StoreError::Refused(format!(
                "{}: more than {MOST_COLUMNS} different names of members, which is no table",
                part.shown()
            )));
        }
    }
    Ok(columns)
}

/// How many rows there are.
pub(super) fn count(part: &Part, format: &TextFormat) -> Result<u64, StoreError> {
    let mut records = lines(part, format)?;
    let mut rows = 0;
    while records.next()?.is_some() {
        rows += 1;
    }
    Ok(rows)
}

/// Tells a cutter the rows.
pub(super) fn cut(
    part: &Part,
    format: &TextFormat,
    span: Span,
    cutter: &mut Cutter,
) -> Result<(), StoreError> {
    let mut records = lines(part, format)?;
    records.restrict(span)?;
    while let Some(record) = records.next()? {
        cutter.room()?;
        cutter.take(1, &part.name, record.position);
    }
    Ok(())
}

/// Refuses what a member cannot hold.
pub(super) fn accepts(ty: &ColumnType) -> Result<(), String> {
    if any_item(ty, &|item| item.ty == Type::Json && item.nullable) {
        return Err(format!(
            "in a {} a missing item and the JSON value null would both be written null; use list(json), or a \
             parquet store",
            ty.ty
        ));
    }
    Ok(())
}

/// Writes a row; on an error names the column by its place. `names` are the names as JSON strings.
pub(super) fn put_row(
    names: &[Vec<u8>],
    columns: &[Values<'_>],
    row: usize,
    nulls: JsonNull,
    out: &mut Vec<u8>,
) -> Result<(), (usize, String)> {
    out.push(b'{');
    let mut first = true;
    for (place, (name, column)) in names.iter().zip(columns).enumerate() {
        // A json that is missing has no member; its null would be the JSON value.
        if column.is_null(row) && matches!(column, Values::Json(_)) {
            continue;
        }
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        out.extend_from_slice(name);
        out.push(b':');
        column.put_json(row, nulls, out).map_err(|reason| (place, reason))?;
    }
    out.extend(b"}\n");
    Ok(())
}

/// The names of fields as JSON strings.
pub(super) fn names(fields: &[Field]) -> Vec<Vec<u8>> {
    let name = |field: &Field| {
        let mut name = Vec::new();
        json::put_text(&field.name, &mut name);
        name
    };
    fields.iter().map(name).collect()
}
