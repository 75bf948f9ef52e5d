//! CSV in the dialects that a store may say; without a word as RFC 4180 has it: UTF-8, a header line, commas, quotes
//! doubled inside quotes, LF or CRLF.
//!
//! A cell that is the dialect's text for null, an empty one when nothing is said, is null without quotes and a text in
//! quotes, which is why cells are taken apart here: a reader that does not say whether a cell was quoted cannot tell the
//! two. Strict: a quote inside an unquoted cell, something behind a closing quote, a row of another length than the
//! header, a carriage return outside quotes are refused with their place, never mended.

use std::borrow::Cow;
use std::collections::HashSet;

use mig_plan::{ColumnType, Dialect, Encoding, Type};

use super::cells::Cells;
use super::definition::Definition;
use super::encoding;
use super::findings::{Findings, Site};
use super::format::TextFormat;
use super::inference::{Columns, Guess};
use super::layout::Part;
use super::locator::{Cutter, Position, Span};
use super::records::{Framing, Record, Records};
use super::rows::{Rows, Sink};
use super::values::{Put, Values};
use crate::store::{Field, StoreError};

/// What a misfit calls the column when it is about a whole record.
pub(super) const RECORD: &str = "(record)";

/// What to do where the first line is no header.
const NO_HEADER: &str = "or, where the first line is a row like any other, say `header = no` of the store";

/// A file whose columns are known.
struct Opened<'a> {
    records: Records<'a>,
    header: Vec<String>,
    /// Where the header stands, for what is wrong with it.
    place: (Position, u64),
}

fn open<'a>(
    part: &'a Part,
    format: &'a TextFormat,
    definition: Option<&Definition>,
) -> Result<Opened<'a>, StoreError> {
    let dialect = &format.dialect;
    let framing = |empty| Framing::Quoted { quote: dialect.quote, escape: dialect.escape, empty };
    let records = || Records::open(part, framing(true), dialect.encoding, &format.readers);
    let mut first = records()?;
    let (header, place) = if dialect.header {
        named(part, &mut first, dialect)?
    } else {
        let header = unnamed(part, &mut first, dialect, definition)?;
        // The first record is a row like any other.
        first = records()?;
        (header, (Position { at: 0, line: Some(0) }, 1))
    };
    first.set_framing(framing(header.len() == 1));
    Ok(Opened { records: first, header, place })
}

fn refused<T>(part: &Part, what: &str) -> Result<T, StoreError> {
    Err(StoreError::Refused(format!("{}: {what}", part.shown())))
}

/// The columns that the first line names, and where that stands.
fn named(
    part: &Part,
    records: &mut Records<'_>,
    dialect: &Dialect,
) -> Result<(Vec<String>, (Position, u64)), StoreError> {
    let Some(first) = records.next()? else {
        return refused(part, "the file is empty; a CSV file begins with a line of column names");
    };
    let mut cells = Cells::default();
    if let Err(flaw) = first.flaw.map_or_else(|| cells.split(first.bytes, dialect), Err) {
        return refused(part, &format!("the line of column names has {flaw}"));
    }
    let mut header = Vec::with_capacity(cells.len());
    for place in 0..cells.len() {
        let Some(name) = cells.get(place, first.bytes, dialect).filter(|name| !name.is_empty()) else {
            let said =
                format!("column {} has no name in the first line; give it one, {NO_HEADER}", place + 1);
            return refused(part, &said);
        };
        match std::str::from_utf8(name) {
            Ok(name) => header.push(name.to_owned()),
            Err(_) => {
                let said = format!("the name of column {} is not {}", place + 1, dialect.encoding.title());
                return refused(part, &said);
            }
        }
    }
    let mut names = HashSet::new();
    if let Some(twice) = header.iter().find(|name| !names.insert(*name)) {
        return refused(part, &format!("two columns have the name `{twice}`; rename one, {NO_HEADER}"));
    }
    Ok((header, (first.position, first.line)))
}

/// The columns of a file whose first line does not name them: those of the table that mig made, in their order, or as
/// many as the first line has cells.
fn unnamed(
    part: &Part,
    records: &mut Records<'_>,
    dialect: &Dialect,
    definition: Option<&Definition>,
) -> Result<Vec<String>, StoreError> {
    if let Some(definition) = definition {
        // The names of folders are in no file.
        let inside = |name: &&str| part.values.iter().all(|(column, _)| column != name);
        return Ok(definition.names().filter(inside).map(str::to_owned).collect());
    }
    let Some(first) = records.next()? else { return Ok(Vec::new()) };
    let mut cells = Cells::default();
    if let Err(flaw) = first.flaw.map_or_else(|| cells.split(first.bytes, dialect), Err) {
        return refused(part, &format!("the first line has {flaw}"));
    }
    Ok((1..=cells.len()).map(|place| format!("column_{place}")).collect())
}

/// What a record's cells say is wrong with it as a whole.
fn apart(cells: &mut Cells, record: &Record<'_>, columns: usize, dialect: &Dialect) -> Result<(), String> {
    record.flaw.map_or_else(|| cells.split(record.bytes, dialect), Err).map_err(str::to_owned)?;
    match cells.len() {
        length if length == columns => Ok(()),
        length if dialect.header => {
            Err(format!("{length} cells, and the first line names {columns} columns"))
        }
        length => Err(format!("{length} cells, and the table has {columns} columns")),
    }
}

/// Reads the rows of a span. What is wrong with the file as a whole is told at its first line.
pub(super) fn read(
    part: &Part,
    format: &TextFormat,
    span: Span,
    fields: &[Field],
    definition: Option<&Definition>,
    findings: &mut Findings,
    sink: &mut Sink<'_>,
) -> Result<(), StoreError> {
    let dialect = &format.dialect;
    let Opened { mut records, header, place } = open(part, format, definition)?;
    let site = Site { part, position: place.0, line: Some(place.1) };
    if let Some(definition) = definition {
        let mut reason = "the table has no such column".to_owned();
        if header.len() == 1 && definition.names().nth(1).is_some() {
            let delimiter = char::from(dialect.delimiter);
            reason += &format!(
                "; the line is not divided by {delimiter:?}: where another character does, say it of the store (`delimiter = …`)"
            );
        }
        for name in header.iter().filter(|name| !definition.names().any(|known| known == *name)) {
            findings.misfit(site, name, "", reason.clone())?;
        }
    }
    let mut sources = Vec::with_capacity(fields.len());
    for field in fields {
        let source = header.iter().position(|name| *name == field.name);
        if source.is_none() && !field.ty.nullable {
            findings.misfit(site, &field.name, "", "the file has no such column".to_owned())?;
        }
        sources.push(source);
    }
    records.restrict(span)?;
    let mut rows = Rows::new(fields, findings, sink);
    let mut cells = Cells::default();
    while let Some(record) = records.next()? {
        let site = record.site(part);
        if let Err(flaw) = apart(&mut cells, &record, header.len(), dialect) {
            rows.findings.misfit(site, RECORD, &String::from_utf8_lossy(record.bytes), flaw)?;
            if record.flaw.is_some() {
                break;
            }
            continue;
        }
        for (field, source) in sources.iter().enumerate() {
            let content = source.and_then(|place| cells.get(place, record.bytes, dialect));
            let shown = || content.map_or(Cow::Borrowed(""), String::from_utf8_lossy);
            rows.value(field, site, shown, |builder| match (content, source) {
                (Some(content), _) => match std::str::from_utf8(content) {
                    Ok(text) => builder.literal(text),
                    Err(_) => Err(format!("not {}", dialect.encoding.title())),
                },
                (None, Some(_)) => builder.missing(),
                // Told once for the file, above.
                (None, None) => {
                    builder.null();
                    Ok(())
                }
            })?;
        }
        rows.end_row(record.bytes.len())?;
    }
    rows.flush()
}

/// The columns, with what all their values can be. Records that cannot be taken apart are left to the
/// search for misfits.
pub(super) fn scan(part: &Part, format: &TextFormat) -> Result<Columns, StoreError> {
    let dialect = &format.dialect;
    let Opened { mut records, header, .. } = open(part, format, None)?;
    let mut columns = Columns::default();
    let places: Vec<_> = header.iter().map(|name| columns.place(name)).collect();
    let mut cells = Cells::default();
    while let Some(record) = records.next()? {
        if record.flaw.is_some() {
            break;
        }
        if apart(&mut cells, &record, header.len(), dialect).is_err() {
            continue;
        }
        for (cell, place) in places.iter().enumerate() {
            if let Some(content) = cells.get(cell, record.bytes, dialect) {
                let is_text = columns.is_text(*place);
                columns.value(*place, || match std::str::from_utf8(content) {
                    Ok(text) if !is_text => Guess::cell(text),
                    Ok(_) | Err(_) => Guess::Text,
                });
            }
        }
        columns.end_row();
    }
    Ok(columns)
}

/// How many rows there are.
pub(super) fn count(part: &Part, format: &TextFormat) -> Result<u64, StoreError> {
    let mut records = open(part, format, None)?.records;
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
    let mut records = open(part, format, None)?.records;
    records.restrict(span)?;
    while let Some(record) = records.next()? {
        cutter.room()?;
        cutter.take(1, &part.name, record.position);
    }
    Ok(())
}

/// Refuses what a cell cannot hold.
pub(super) fn accepts(ty: &ColumnType) -> Result<(), String> {
    match ty.ty {
        Type::List(_) => Err(format!("a cell of CSV cannot hold a {}; use a jsonl or parquet store", ty.ty)),
        Type::Bool
        | Type::Int8
        | Type::Int16
        | Type::Int32
        | Type::Int64
        | Type::Float32
        | Type::Float64
        | Type::Decimal { .. }
        | Type::Text
        | Type::Bytes
        | Type::Date
        | Type::Time
        | Type::Timestamp
        | Type::Datetime
        | Type::Uuid
        | Type::Json
        | Type::Enum(_) => Ok(()),
    }
}

/// Writes the line of column names.
///
/// # Errors
/// When a name has no text in the dialect: the column's place, and why.
pub(super) fn put_header(
    fields: &[Field],
    dialect: &Dialect,
    out: &mut Vec<u8>,
) -> Result<(), (usize, String)> {
    for (place, field) in fields.iter().enumerate() {
        if place > 0 {
            out.push(dialect.delimiter);
        }
        put_text(&field.name, dialect, out).map_err(|reason| (place, reason))?;
    }
    end_line(dialect, out);
    Ok(())
}

/// Writes a row; on an error names the column by its place.
pub(super) fn put_row(
    columns: &[Values<'_>],
    row: usize,
    dialect: &Dialect,
    out: &mut Vec<u8>,
) -> Result<(), (usize, String)> {
    for (place, column) in columns.iter().enumerate() {
        if place > 0 {
            out.push(dialect.delimiter);
        }
        put_cell(column, row, dialect, out).map_err(|reason| (place, reason))?;
    }
    end_line(dialect, out);
    Ok(())
}

fn end_line(dialect: &Dialect, out: &mut Vec<u8>) {
    out.extend_from_slice(if dialect.crlf { b"\r\n" } else { b"\n" });
}

fn put_cell(column: &Values<'_>, row: usize, dialect: &Dialect, out: &mut Vec<u8>) -> Put {
    if column.is_null(row) {
        out.extend_from_slice(dialect.null_text.as_bytes());
        return Ok(());
    }
    if let Some(text) = column.text(row) {
        column.check(row)?;
        return put_text(text, dialect, out);
    }
    let before = out.len();
    column.put_literal(row, out)?;
    let plain = out.len() > before
        && out[before..] != *dialect.null_text.as_bytes()
        && !out[before..].iter().any(|byte| dialect.is_special(*byte));
    if plain {
        return Ok(());
    }
    // Literals are ASCII.
    let literal = out.split_off(before);
    put_text(&String::from_utf8_lossy(&literal), dialect, out)
}

/// A text is quoted when it would be read as something else without, or trimmed by readers less strict; where a dialect
/// has no quotes, what would be misread is escaped.
fn put_text(text: &str, dialect: &Dialect, out: &mut Vec<u8>) -> Put {
    if dialect.encoding != Encoding::Utf8 {
        encoding::keeps(text, dialect.encoding)?;
    }
    let bytes = text.as_bytes();
    let Some(quote) = dialect.quote else { return put_without_quotes(text, dialect, out) };
    let special = |byte: &u8| dialect.is_special(*byte);
    let edge = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_whitespace);
    // A byte order mark at the beginning of a file would be taken for one.
    let plain = !edge(bytes.first())
        && !edge(bytes.last())
        && text != dialect.null_text
        && !text.starts_with('\u{feff}')
        && !bytes.iter().any(special);
    if plain {
        out.extend_from_slice(bytes);
        return Ok(());
    }
    out.push(quote);
    let marked = |byte: &u8| *byte == quote || Some(*byte) == dialect.escape;
    let mark = dialect.escape.unwrap_or(quote);
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(marked) {
        out.extend_from_slice(&rest[..at]);
        out.extend([mark, rest[at]]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(quote);
    Ok(())
}

fn put_without_quotes(text: &str, dialect: &Dialect, out: &mut Vec<u8>) -> Put {
    if text.starts_with('\u{feff}') {
        return Err("it begins with a byte order mark, and the store has no quotes".to_owned());
    }
    let is_null = text == dialect.null_text;
    let bytes = text.as_bytes();
    match dialect.escape {
        Some(escape) => {
            for (place, byte) in bytes.iter().enumerate() {
                if dialect.is_special(*byte) || is_null && place == 0 {
                    out.push(escape);
                }
                out.push(*byte);
            }
            Ok(())
        }
        None if is_null => {
            Err("it is the store's `null_text`, and the store has neither quotes nor an escape".to_owned())
        }
        None if bytes.iter().any(|byte| dialect.is_special(*byte)) => {
            Err("it has a delimiter or a line end in it, and the store has neither quotes nor an escape"
                .to_owned())
        }
        None => {
            out.extend_from_slice(bytes);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect(settings: &[(&str, &str)]) -> Dialect {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Dialect::of(&settings.collect()).unwrap()
    }

    #[test]
    fn every_text_comes_back_from_its_cell_in_every_dialect() {
        for settings in [
            &[][..],
            &[("delimiter", ";"), ("quote", "'")],
            &[("delimiter", "\t"), ("escape", "\\")],
            &[("escape", "\\"), ("null_text", "NULL")],
            &[("delimiter", "|"), ("quote", ""), ("escape", "\\"), ("null_text", "NULL")],
            &[("delimiter", "\t"), ("quote", ""), ("escape", "\\"), ("null_text", "\\N")],
            &[("delimiter", " "), ("null_text", "-")],
        ] {
            let dialect = dialect(settings);
            for text in [
                "", "a", ",", ";", "'", "''", "\"", "\"\"", "\\", "\\\"", "\r\n", "\n", "a\"b,c", " a", "a ",
                "\0", "😀", "a\tb", "NULL", "-", "a|b", "\\N",
            ] {
                let mut out = Vec::new();
                put_text(text, &dialect, &mut out).unwrap();
                out.push(dialect.delimiter);
                let mut cells = Cells::default();
                cells.split(&out, &dialect).unwrap();
                assert_eq!(cells.get(0, &out, &dialect), Some(text.as_bytes()), "{settings:?}");
                assert_eq!(cells.len(), 2, "{settings:?} {text:?}");
            }
        }
        let mut out = Vec::new();
        put_text("\u{feff}a", &Dialect::default(), &mut out).unwrap();
        assert_eq!(out, "\"\u{feff}a\"".as_bytes());
    }

    #[test]
    fn what_a_dialect_cannot_say_is_refused() {
        let bare = dialect(&[("quote", ""), ("null_text", "NULL")]);
        for text in ["NULL", "a,b", "a\nb", "\u{feff}"] {
            assert!(put_text(text, &bare, &mut Vec::new()).is_err(), "{text}");
        }
        for text in ["", "null", "a\"b", " "] {
            assert_eq!(put_text(text, &bare, &mut Vec::new()), Ok(()), "{text}");
        }
        let narrow = dialect(&[("encoding", "latin_1")]);
        assert!(put_text("€", &narrow, &mut Vec::new()).unwrap_err().contains("Latin-1"));
    }
}
