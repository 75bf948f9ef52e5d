//! CSV as RFC 4180 has it: UTF-8, a header line, commas, quotes doubled inside quotes, LF or CRLF.
//!
//! An empty cell is null without quotes and the empty text in quotes, which is why cells are taken apart
//! here: a reader that does not say whether a cell was quoted cannot tell the two. Strict: a quote inside
//! an unquoted cell, something behind a closing quote, a row of another length than the header, a
//! carriage return outside quotes are refused with their place, never mended.

use std::borrow::Cow;
use std::collections::HashSet;

use mig_plan::{ColumnType, Type};

use super::definition::Definition;
use super::findings::{Findings, Site};
use super::inference::{Columns, Guess};
use super::layout::Part;
use super::locator::{Cutter, Span};
use super::records::{Framing, Record, Records};
use super::rows::{Rows, Sink};
use super::values::{Put, Values};
use crate::store::{Field, StoreError};

/// What a misfit calls the column when it is about a whole record.
pub(super) const RECORD: &str = "(record)";

/// One cell of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cell {
    from: usize,
    to: usize,
    /// Whether it stood in quotes.
    quoted: bool,
    /// Whether it had doubled quotes: then its content is in the scratch space.
    rewritten: bool,
}

/// The cells of one record; kept from record to record for its memory.
#[derive(Debug, Default)]
struct Cells {
    cells: Vec<Cell>,
    scratch: Vec<u8>,
}

impl Cells {
    /// Takes a record apart.
    fn split(&mut self, record: &[u8]) -> Result<(), &'static str> {
        self.cells.clear();
        self.scratch.clear();
        let mut at = 0;
        loop {
            let cell = if record.get(at) == Some(&b'"') {
                self.quoted(record, at + 1)?
            } else {
                let length = record[at..].iter().position(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n'));
                let to = length.map_or(record.len(), |length| at + length);
                match record.get(to) {
                    Some(b'"') => return Err("a quote inside a cell that is not in quotes"),
                    Some(b'\r') => return Err("a carriage return outside quotes"),
                    Some(_) | None => (Cell { from: at, to, quoted: false, rewritten: false }, to),
                }
            };
            self.cells.push(cell.0);
            match record.get(cell.1) {
                None => return Ok(()),
                Some(b',') => at = cell.1 + 1,
                Some(_) => return Err("something behind a closing quote"),
            }
        }
    }

    /// A cell from behind its opening quote; and where it ends.
    fn quoted(&mut self, record: &[u8], from: usize) -> Result<(Cell, usize), &'static str> {
        let scratch = self.scratch.len();
        let mut at = from;
        let mut rewritten = false;
        loop {
            let length = record[at..]
                .iter()
                .position(|byte| *byte == b'"')
                .ok_or("a quote is opened and never closed")?;
            let quote = at + length;
            if record.get(quote + 1) == Some(&b'"') {
                rewritten = true;
                self.scratch.extend_from_slice(&record[at..=quote]);
                at = quote + 2;
                continue;
            }
            let cell = if rewritten {
                self.scratch.extend_from_slice(&record[at..quote]);
                Cell { from: scratch, to: self.scratch.len(), quoted: true, rewritten }
            } else {
                Cell { from, to: quote, quoted: true, rewritten }
            };
            return Ok((cell, quote + 1));
        }
    }

    fn len(&self) -> usize {
        self.cells.len()
    }

    /// The content of a cell; `None` for null.
    fn get<'a>(&'a self, place: usize, record: &'a [u8]) -> Option<&'a [u8]> {
        let cell = self.cells[place];
        let content =
            if cell.rewritten { &self.scratch[cell.from..cell.to] } else { &record[cell.from..cell.to] };
        (cell.quoted || !content.is_empty()).then_some(content)
    }
}

/// A file with its header read.
struct Opened {
    records: Records,
    header: Vec<String>,
    /// Where the header stands, for what is wrong with it.
    place: (super::locator::Position, u64),
}

fn open(part: &Part) -> Result<Opened, StoreError> {
    let refused = |what: &str| Err(StoreError::Refused(format!("{}: {what}", part.shown())));
    let mut records = Records::open(part, Framing::Quoted { empty: true })?;
    let Some(first) = records.next()? else {
        return refused("the file is empty; a CSV file begins with a line of column names");
    };
    let mut cells = Cells::default();
    if let Err(flaw) = first.flaw.map_or_else(|| cells.split(first.bytes), Err) {
        return refused(&format!("the line of column names has {flaw}"));
    }
    let mut header = Vec::with_capacity(cells.len());
    for place in 0..cells.len() {
        let Some(name) = cells.get(place, first.bytes).filter(|name| !name.is_empty()) else {
            return refused(&format!("column {} has no name in the first line", place + 1));
        };
        match std::str::from_utf8(name) {
            Ok(name) => header.push(name.to_owned()),
            Err(_) => return refused(&format!("the name of column {} is not UTF-8", place + 1)),
        }
    }
    let mut names = HashSet::new();
    if let Some(twice) = header.iter().find(|name| !names.insert(*name)) {
        return refused(&format!("two columns have the name `{twice}`; rename one"));
    }
    let place = (first.position, first.line);
    records.set_framing(Framing::Quoted { empty: header.len() == 1 });
    Ok(Opened { records, header, place })
}

/// What a record's cells say is wrong with it as a whole.
fn apart(cells: &mut Cells, record: &Record<'_>, columns: usize) -> Result<(), String> {
    record.flaw.map_or_else(|| cells.split(record.bytes), Err).map_err(str::to_owned)?;
    match cells.len() {
        length if length == columns => Ok(()),
        length => Err(format!("{length} cells, and the first line names {columns} columns")),
    }
}

/// Reads the rows of a span. What is wrong with the file as a whole is told at its first line.
pub(super) fn read(
    part: &Part,
    span: Span,
    fields: &[Field],
    definition: Option<&Definition>,
    findings: &mut Findings,
    sink: &mut Sink<'_>,
) -> Result<(), StoreError> {
    let Opened { mut records, header, place } = open(part)?;
    let site = Site { part, position: place.0, line: Some(place.1) };
    if let Some(definition) = definition {
        for name in header.iter().filter(|name| !definition.names().any(|known| known == *name)) {
            findings.misfit(site, name, "", "the table has no such column".to_owned())?;
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
        if let Err(flaw) = apart(&mut cells, &record, header.len()) {
            rows.findings.misfit(site, RECORD, &String::from_utf8_lossy(record.bytes), flaw)?;
            if record.flaw.is_some() {
                break;
            }
            continue;
        }
        for (field, source) in sources.iter().enumerate() {
            let content = source.and_then(|place| cells.get(place, record.bytes));
            let shown = || content.map_or(Cow::Borrowed(""), String::from_utf8_lossy);
            rows.value(field, site, shown, |builder| match (content, source) {
                (Some(content), _) => match std::str::from_utf8(content) {
                    Ok(text) => builder.literal(text),
                    Err(_) => Err("not UTF-8".to_owned()),
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
pub(super) fn scan(part: &Part) -> Result<Columns, StoreError> {
    let Opened { mut records, header, .. } = open(part)?;
    let mut columns = Columns::default();
    let places: Vec<_> = header.iter().map(|name| columns.place(name)).collect();
    let mut cells = Cells::default();
    while let Some(record) = records.next()? {
        if record.flaw.is_some() {
            break;
        }
        if apart(&mut cells, &record, header.len()).is_err() {
            continue;
        }
        for (cell, place) in places.iter().enumerate() {
            if let Some(content) = cells.get(cell, record.bytes) {
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
pub(super) fn count(part: &Part) -> Result<u64, StoreError> {
    let mut records = open(part)?.records;
    let mut rows = 0;
    while records.next()?.is_some() {
        rows += 1;
    }
    Ok(rows)
}

/// Tells a cutter the rows.
pub(super) fn cut(part: &Part, span: Span, cutter: &mut Cutter) -> Result<(), StoreError> {
    let mut records = open(part)?.records;
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
pub(super) fn put_header(fields: &[Field], out: &mut Vec<u8>) {
    for (place, field) in fields.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        put_text(&field.name, out);
    }
    out.push(b'\n');
}

/// Writes a row; on an error names the column by its place.
pub(super) fn put_row(columns: &[Values<'_>], row: usize, out: &mut Vec<u8>) -> Result<(), (usize, String)> {
    for (place, column) in columns.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        put_cell(column, row, out).map_err(|reason| (place, reason))?;
    }
    out.push(b'\n');
    Ok(())
}

fn put_cell(column: &Values<'_>, row: usize, out: &mut Vec<u8>) -> Put {
    if column.is_null(row) {
        return Ok(());
    }
    if let Some(text) = column.text(row) {
        column.check(row)?;
        put_text(text, out);
        return Ok(());
    }
    let before = out.len();
    column.put_literal(row, out)?;
    if out.len() == before {
        // No bytes are not null.
        out.extend(b"\"\"");
    }
    Ok(())
}

/// A text is quoted when it would be read as something else without, or trimmed by readers less strict.
fn put_text(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let special = |byte: &u8| matches!(byte, b',' | b'"' | b'\r' | b'\n');
    let edge = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_whitespace);
    // A byte order mark at the beginning of a file would be taken for one.
    let plain = !edge(bytes.first())
        && !edge(bytes.last())
        && !text.starts_with('\u{feff}')
        && !bytes.iter().any(special);
    if plain {
        out.extend_from_slice(bytes);
        return;
    }
    out.push(b'"');
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == b'"') {
        out.extend_from_slice(&rest[..=at]);
        out.push(b'"');
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(record: &str) -> Result<Vec<Option<String>>, &'static str> {
        let mut cells = Cells::default();
        cells.split(record.as_bytes())?;
        let text =
            |place| cells.get(place, record.as_bytes()).map(|cell| String::from_utf8(cell.to_vec()).unwrap());
        Ok((0..cells.len()).map(text).collect())
    }

    #[test]
    fn null_and_empty_text_are_two_things() {
        let cells = split("a,,\"\",\"b\"\"\",\" c ,\n\", d ,\"\"\"\"").unwrap();
        let expected = [Some("a"), None, Some(""), Some("b\""), Some(" c ,\n"), Some(" d "), Some("\"")];
        assert_eq!(cells, expected.map(|cell| cell.map(str::to_owned)));
        assert_eq!(split("").unwrap(), [None]);
        assert_eq!(split(",").unwrap(), [None, None]);
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for broken in ["a\"b", "\"a\"b", "\"a", "\"a\"\"", "a\rb", "a,\"b\" ", "\""] {
            assert!(split(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn every_text_comes_back_from_its_cell() {
        for text in
            ["", "a", ",", "\"", "\"\"", "\r\n", "\n", "a\"b,c", " a", "a ", "\0", "\u{feff}a", "😀", "a\tb"]
        {
            let mut out = Vec::new();
            put_text(text, &mut out);
            assert_eq!(
                split(std::str::from_utf8(&out).unwrap()).unwrap(),
                [Some(text.to_owned())],
                "{text:?}"
            );
        }
    }
}
