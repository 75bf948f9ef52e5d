//! Cuts text files into records: lines of JSON, and lines of CSV that may go on inside quotes.
//!
//! Takes a file and where to begin; gives one record after the other with the byte behind it and its
//! lines. A record of CSV ends at the first line end before which the number of quotes is even: in CSV
//! that is well-formed this is exactly where it ends, and the first that is not is refused by whoever
//! takes it apart. Memory is bounded by the longest record that is allowed.

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use super::failure;
use super::findings::Site;
use super::layout::Part;
use super::locator::{Position, Span};
use super::storage::Source;
use crate::store::StoreError;

/// The longest record, in bytes.
pub(super) const LONGEST: usize = 256 << 20;

/// Bytes that are read at once.
const BUFFERED: usize = 256 << 10;

/// How records end, and what an empty line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// Every line is a record; lines of white space are none.
    Lines,
    /// A line is a record unless a quote is open.
    Quoted {
        /// Whether an empty line is a record (the null of a table of one column) or nothing.
        empty: bool,
    },
}

/// One record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    /// Its bytes without the line end.
    pub(super) bytes: &'a [u8],
    /// Its locator.
    pub(super) position: Position,
    /// The line it begins on, from 1.
    pub(super) line: u64,
    /// What is wrong with it as a whole; then nothing behind it can be read.
    pub(super) flaw: Option<&'static str>,
}

impl Record<'_> {
    /// Where it stands.
    pub(super) fn site<'a>(&self, part: &'a Part) -> Site<'a> {
        Site { part, position: self.position, line: Some(self.line) }
    }
}

/// A file's records.
pub(super) struct Records {
    source: Arc<dyn Source>,
    reader: BufReader<Box<dyn Read + Send>>,
    framing: Framing,
    buffer: Vec<u8>,
    at: u64,
    lines: u64,
    up_to: Option<u64>,
    shown: String,
}

impl Records {
    /// Opens a file at its beginning; a byte order mark is passed over.
    pub(super) fn open(part: &Part, framing: Framing) -> Result<Self, StoreError> {
        let shown = part.shown();
        let failed = |error: &std::io::Error| failure::io(error, &format!("reading {shown}"));
        let source = part.open()?;
        let mut reader =
            BufReader::with_capacity(BUFFERED, source.reader(0).map_err(|error| failed(&error))?);
        let mark = reader.fill_buf().map_err(|error| failed(&error))?.starts_with(b"\xef\xbb\xbf");
        let at = if mark { 3 } else { 0 };
        reader.consume(at);
        Ok(Self { source, reader, framing, buffer: Vec::new(), at: at as u64, lines: 0, up_to: None, shown })
    }

    /// Sets how the rest is cut: known only once a header is read.
    pub(super) fn set_framing(&mut self, framing: Framing) {
        self.framing = framing;
    }

    /// Restricts to the records of a span, from here on.
    ///
    /// # Errors
    /// When no record ends where the span says one does: the file was changed.
    pub(super) fn restrict(&mut self, span: Span) -> Result<(), StoreError> {
        self.up_to = span.up_to;
        let Some(after) = span.after.filter(|after| after.at > self.at) else { return Ok(()) };
        let mut before = [0_u8];
        let found = self.source.reader(after.at - 1).and_then(|reader| {
            self.reader = BufReader::with_capacity(BUFFERED, reader);
            self.reader.read_exact(&mut before)?;
            self.reader.fill_buf().map(<[u8]>::is_empty)
        });
        let at_end = found.map_err(|error| failure::io(&error, &format!("reading {}", self.shown)))?;
        if before != *b"\n" && !at_end {
            return Err(StoreError::Refused(format!(
                "{}: no row ends at byte {}; the file was changed since its rows were divided into chunks",
                self.shown, after.at
            )));
        }
        self.at = after.at;
        self.lines = after.line.unwrap_or(0);
        Ok(())
    }

    /// The next record, until the end of the file or the span.
    pub(super) fn next(&mut self) -> Result<Option<Record<'_>>, StoreError> {
        loop {
            if self.up_to.is_some_and(|up_to| self.at >= up_to) {
                return Ok(None);
            }
            let begun = self.lines;
            let flaw = self.fill()?;
            if self.buffer.is_empty() {
                return Ok(None);
            }
            let length = self
                .buffer
                .strip_suffix(b"\n")
                .map_or(self.buffer.len(), |line| line.strip_suffix(b"\r").unwrap_or(line).len());
            let blank = match self.framing {
                Framing::Lines => self.buffer[..length].iter().all(u8::is_ascii_whitespace),
                Framing::Quoted { empty } => length == 0 && !empty,
            };
            if blank {
                continue;
            }
            let position = Position { at: self.at, line: Some(self.lines) };
            return Ok(Some(Record { bytes: &self.buffer[..length], position, line: begun + 1, flaw }));
        }
    }

    /// Reads one record with its line end into the buffer; nothing at the end of the file.
    fn fill(&mut self) -> Result<Option<&'static str>, StoreError> {
        self.buffer.clear();
        let mut quotes = 0;
        loop {
            let before = self.buffer.len();
            let room = (LONGEST + 1 - before) as u64;
            let read = Read::take(&mut self.reader, room)
                .read_until(b'\n', &mut self.buffer)
                .map_err(|error| failure::io(&error, &format!("reading {}", self.shown)))?;
            self.at += read as u64;
            let line = &self.buffer[before..];
            let ended = line.ends_with(b"\n");
            self.lines += u64::from(read > 0);
            if self.buffer.len() > LONGEST {
                return Ok(Some("longer than 256 MiB; perhaps a quote is opened and never closed"));
            }
            match self.framing {
                Framing::Lines => return Ok(None),
                Framing::Quoted { .. } => {
                    quotes += line.iter().filter(|byte| **byte == b'"').count();
                    if quotes.is_multiple_of(2) {
                        return Ok(None);
                    }
                    if !ended {
                        return Ok(Some("a quote is opened and never closed"));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::files::disk::Disk;
    use crate::store::files::storage::Stamp;

    fn part(content: &[u8]) -> (tempfile::TempDir, Part) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), content).unwrap();
        let storage = Arc::new(Disk::new(folder.path().to_path_buf()));
        let stamp = Stamp::default();
        (folder, Part { name: "a".to_owned(), folder: String::new(), path: "a".into(), stamp, storage })
    }

    fn all(content: &[u8], framing: Framing) -> Vec<(Vec<u8>, u64, u64, bool)> {
        let (_folder, part) = part(content);
        let mut records = Records::open(&part, framing).unwrap();
        let mut found = Vec::new();
        while let Some(record) = records.next().unwrap() {
            found.push((record.bytes.to_vec(), record.position.at, record.line, record.flaw.is_some()));
        }
        found
    }

    #[test]
    fn quotes_hold_line_ends() {
        let records =
            all(b"\xef\xbb\xbfa,b\r\n\"x\n\"\"y\n\",1\n\n2,\"\"\n3", Framing::Quoted { empty: false });
        let expected: [(&[u8], u64, u64, bool); 4] = [
            (b"a,b", 8, 1, false),
            (b"\"x\n\"\"y\n\",1", 19, 2, false),
            (b"2,\"\"", 25, 6, false),
            (b"3", 26, 7, false),
        ];
        assert_eq!(records, expected.map(|(bytes, at, line, flaw)| (bytes.to_vec(), at, line, flaw)));
        assert_eq!(all(b"a\n\nb\n", Framing::Quoted { empty: true }).len(), 3);
        assert_eq!(all(b"", Framing::Quoted { empty: true }), []);
        let open = all(b"a\n\"b\nc\n", Framing::Quoted { empty: true });
        assert_eq!(open.last().map(|record| record.3), Some(true));
    }

    #[test]
    fn a_span_begins_behind_a_record_and_ends_with_one() {
        let (_folder, part) = part(b"{1}\n{2}\r\n \n{3}\n{4}");
        let mut records = Records::open(&part, Framing::Lines).unwrap();
        let first = records.next().unwrap().unwrap().position;
        records.next().unwrap();
        let third = records.next().unwrap().unwrap();
        assert_eq!((third.bytes, third.line), (&b"{3}"[..], 4));
        let up_to = Some(third.position.at);
        let mut records = Records::open(&part, Framing::Lines).unwrap();
        records.restrict(Span { after: Some(first), up_to }).unwrap();
        let second = records.next().unwrap().unwrap();
        assert_eq!((second.bytes, second.line), (&b"{2}"[..], 2));
        assert_eq!(records.next().unwrap().unwrap().bytes, b"{3}");
        assert!(records.next().unwrap().is_none());
        let inside = Span { after: Some(Position { at: 2, line: Some(1) }), up_to: None };
        let mut records = Records::open(&part, Framing::Lines).unwrap();
        assert!(matches!(records.restrict(inside), Err(StoreError::Refused(_))));
        let beyond = Span { after: Some(Position { at: 1_000, line: Some(9) }), up_to: None };
        let mut records = Records::open(&part, Framing::Lines).unwrap();
        assert!(matches!(records.restrict(beyond), Err(StoreError::Refused(_))));
        let end = Span { after: Some(Position { at: 18, line: Some(5) }), up_to: None };
        let mut records = Records::open(&part, Framing::Lines).unwrap();
        records.restrict(end).unwrap();
        assert!(records.next().unwrap().is_none());
    }
}
