//! Cuts text files into records: lines of JSON, and lines of CSV that may go on inside quotes.
//!
//! Takes a file and where to begin; gives one record after the other with the byte behind it and its
//! lines. A record of CSV ends at the first line end before which the number of quotes is even: in CSV
//! that is well-formed this is exactly where it ends, and the first that is not is refused by whoever
//! takes it apart. Where a dialect has an escape, what is behind one counts for nothing. Of a file that is packed or in
//! another encoding all bytes are counted that its text has in UTF-8. Memory is bounded by the longest record that is allowed.

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use mig_plan::{Compression, Encoding};

use super::encoding::decode;
use super::findings::Site;
use super::layout::Part;
use super::locator::{Position, Span};
use super::readers::{Readers, TextReader};
use super::storage::Source;
use super::{failure, packing};
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
    /// A line is a record unless a quote is open, or its end is escaped.
    Quoted {
        /// The quote, where there is one.
        quote: Option<u8>,
        /// The escape, where there is one.
        escape: Option<u8>,
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
pub(super) struct Records<'a> {
    part: &'a Part,
    source: Arc<dyn Source>,
    reader: TextReader,
    /// Where to keep the reader of a file that has no places to go to; `None` for one that has.
    readers: Option<&'a Readers>,
    framing: Framing,
    buffer: Vec<u8>,
    at: u64,
    lines: u64,
    up_to: Option<u64>,
    shown: String,
}

impl<'a> Records<'a> {
    /// Opens a file at its beginning; a byte order mark is passed over.
    pub(super) fn open(
        part: &'a Part,
        framing: Framing,
        encoding: Encoding,
        readers: &'a Readers,
    ) -> Result<Self, StoreError> {
        let shown = part.shown();
        let failed = |error: std::io::Error| failure::io(&error, &format!("reading {shown}"));
        let source = part.open()?;
        let (_, compression) = packing::of_name(&part.name);
        let places = compression == Compression::None && encoding == Encoding::Utf8;
        let bytes = source.reader(0).and_then(|bytes| packing::unpack(bytes, compression)).map_err(failed)?;
        let text = decode(BufReader::with_capacity(BUFFERED, bytes), encoding);
        let mut reader = BufReader::with_capacity(BUFFERED, text);
        let mark = reader.fill_buf().map_err(failed)?.starts_with(b"\xef\xbb\xbf");
        let at = if mark { 3 } else { 0 };
        reader.consume(at);
        let readers = (!places).then_some(readers);
        let buffer = Vec::new();
        Ok(Self {
            part,
            source,
            reader,
            readers,
            framing,
            buffer,
            at: at as u64,
            lines: 0,
            up_to: None,
            shown,
        })
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
        let ends_there = match self.readers {
            None => self.jump(after.at),
            Some(readers) => self.skip(readers, after.at),
        };
        if !ends_there.map_err(|error| failure::io(&error, &format!("reading {}", self.shown)))? {
            return Err(StoreError::Refused(format!(
                "{}: no row ends at byte {}; the file was changed since its rows were divided into chunks",
                self.shown, after.at
            )));
        }
        self.at = after.at;
        self.lines = after.line.unwrap_or(0);
        Ok(())
    }

    /// Goes to a place; whether a record ends there.
    fn jump(&mut self, to: u64) -> std::io::Result<bool> {
        self.reader = BufReader::with_capacity(BUFFERED, self.source.reader(to - 1)?);
        let mut before = [0_u8];
        self.reader.read_exact(&mut before)?;
        Ok(before == *b"\n" || self.reader.fill_buf()?.is_empty())
    }

    /// Reads on to a place, from where an earlier reader stopped; whether a record ends there.
    fn skip(&mut self, readers: &Readers, to: u64) -> std::io::Result<bool> {
        if let Some(stopped) = readers.take(self.part, to).filter(|stopped| stopped.at > self.at) {
            (self.reader, self.at) = (stopped.reader, stopped.at);
            if self.at == to {
                // It stopped behind a record.
                return Ok(true);
            }
        }
        let before = to - 1 - self.at;
        let skipped = std::io::copy(&mut Read::take(&mut self.reader, before), &mut std::io::sink())?;
        let mut last = [0_u8];
        if skipped < before || self.reader.read(&mut last)? == 0 {
            return Ok(false);
        }
        Ok(last == *b"\n" || self.reader.fill_buf()?.is_empty())
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
            let length = self.length();
            let blank = match self.framing {
                Framing::Lines => self.buffer[..length].iter().all(u8::is_ascii_whitespace),
                Framing::Quoted { empty, .. } => length == 0 && !empty,
            };
            if blank {
                continue;
            }
            let position = Position { at: self.at, line: Some(self.lines) };
            return Ok(Some(Record { bytes: &self.buffer[..length], position, line: begun + 1, flaw }));
        }
    }

    /// How many bytes of the buffer are before the line end.
    fn length(&self) -> usize {
        let Some(line) = self.buffer.strip_suffix(b"\n") else { return self.buffer.len() };
        let Some(rest) = line.strip_suffix(b"\r") else { return line.len() };
        // An escaped carriage return is the record's own.
        let escapes = match self.framing {
            Framing::Quoted { escape: Some(escape), .. } => {
                rest.iter().rev().take_while(|byte| **byte == escape).count()
            }
            Framing::Quoted { escape: None, .. } | Framing::Lines => 0,
        };
        if escapes.is_multiple_of(2) { rest.len() } else { line.len() }
    }

    /// Reads one record with its line end into the buffer; nothing at the end of the file.
    fn fill(&mut self) -> Result<Option<&'static str>, StoreError> {
        self.buffer.clear();
        let (mut open, mut escaped) = (false, false);
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
                Framing::Lines | Framing::Quoted { quote: None, escape: None, .. } => return Ok(None),
                Framing::Quoted { quote: Some(quote), escape: None, .. } => {
                    open ^= !line.iter().filter(|byte| **byte == quote).count().is_multiple_of(2);
                }
                Framing::Quoted { quote, escape: Some(escape), .. } => {
                    for byte in line {
                        if escaped {
                            escaped = false;
                        } else if *byte == escape {
                            escaped = true;
                        } else if Some(*byte) == quote {
                            open = !open;
                        }
                    }
                    // The line feed was escaped when it left nothing open behind it.
                    let escaped_end = ended && self.ends_escaped(before, escape);
                    if escaped_end && !open {
                        continue;
                    }
                }
            }
            if !open {
                return Ok(None);
            }
            if !ended {
                return Ok(Some("a quote is opened and never closed"));
            }
        }
    }

    /// Whether the line feed at the buffer's end stands behind an escape.
    fn ends_escaped(&self, from: usize, escape: u8) -> bool {
        let line = &self.buffer[from..self.buffer.len() - 1];
        !line.iter().rev().take_while(|byte| **byte == escape).count().is_multiple_of(2)
    }
}

/// A reader that stopped behind a span is kept for whoever goes on there.
impl Drop for Records<'_> {
    fn drop(&mut self) {
        if let Some(readers) = self.readers
            && self.up_to == Some(self.at)
        {
            let nothing: Box<dyn Read + Send> = Box::new(std::io::empty());
            let reader = std::mem::replace(&mut self.reader, BufReader::with_capacity(0, nothing));
            readers.keep(self.part, self.at, reader);
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
        (
            folder,
            Part {
                name: "a".to_owned(),
                folder: String::new(),
                path: "a".into(),
                stamp,
                values: Vec::new(),
                storage,
            },
        )
    }

    fn quoted(empty: bool) -> Framing {
        Framing::Quoted { quote: Some(b'"'), escape: None, empty }
    }

    fn all(content: &[u8], framing: Framing) -> Vec<(Vec<u8>, u64, u64, bool)> {
        let (_folder, part) = part(content);
        let readers = Readers::default();
        let mut records = Records::open(&part, framing, Encoding::Utf8, &readers).unwrap();
        let mut found = Vec::new();
        while let Some(record) = records.next().unwrap() {
            found.push((record.bytes.to_vec(), record.position.at, record.line, record.flaw.is_some()));
        }
        found
    }

    #[test]
    fn quotes_hold_line_ends() {
        let records = all(b"\xef\xbb\xbfa,b\r\n\"x\n\"\"y\n\",1\n\n2,\"\"\n3", quoted(false));
        let expected: [(&[u8], u64, u64, bool); 4] = [
            (b"a,b", 8, 1, false),
            (b"\"x\n\"\"y\n\",1", 19, 2, false),
            (b"2,\"\"", 25, 6, false),
            (b"3", 26, 7, false),
        ];
        assert_eq!(records, expected.map(|(bytes, at, line, flaw)| (bytes.to_vec(), at, line, flaw)));
        assert_eq!(all(b"a\n\nb\n", quoted(true)).len(), 3);
        assert_eq!(all(b"", quoted(true)), []);
        let open = all(b"a\n\"b\nc\n", quoted(true));
        assert_eq!(open.last().map(|record| record.3), Some(true));
    }

    #[test]
    fn a_span_begins_behind_a_record_and_ends_with_one() {
        let readers = Readers::default();
        let (_folder, part) = part(b"{1}\n{2}\r\n \n{3}\n{4}");
        let mut records = Records::open(&part, Framing::Lines, Encoding::Utf8, &readers).unwrap();
        let first = records.next().unwrap().unwrap().position;
        records.next().unwrap();
        let third = records.next().unwrap().unwrap();
        assert_eq!((third.bytes, third.line), (&b"{3}"[..], 4));
        let up_to = Some(third.position.at);
        let mut records = Records::open(&part, Framing::Lines, Encoding::Utf8, &readers).unwrap();
        records.restrict(Span { after: Some(first), up_to }).unwrap();
        let second = records.next().unwrap().unwrap();
        assert_eq!((second.bytes, second.line), (&b"{2}"[..], 2));
        assert_eq!(records.next().unwrap().unwrap().bytes, b"{3}");
        assert!(records.next().unwrap().is_none());
        let inside = Span { after: Some(Position { at: 2, line: Some(1) }), up_to: None };
        let mut records = Records::open(&part, Framing::Lines, Encoding::Utf8, &readers).unwrap();
        assert!(matches!(records.restrict(inside), Err(StoreError::Refused(_))));
        let beyond = Span { after: Some(Position { at: 1_000, line: Some(9) }), up_to: None };
        let mut records = Records::open(&part, Framing::Lines, Encoding::Utf8, &readers).unwrap();
        assert!(matches!(records.restrict(beyond), Err(StoreError::Refused(_))));
        let end = Span { after: Some(Position { at: 18, line: Some(5) }), up_to: None };
        let mut records = Records::open(&part, Framing::Lines, Encoding::Utf8, &readers).unwrap();
        records.restrict(end).unwrap();
        assert!(records.next().unwrap().is_none());
    }

    #[test]
    fn what_is_behind_an_escape_ends_and_opens_nothing() {
        let escaped = |quote| Framing::Quoted { quote, escape: Some(b'\\'), empty: false };
        let texts = |content: &[u8], framing| -> Vec<String> {
            let found = all(content, framing).into_iter();
            found.map(|(bytes, ..)| String::from_utf8(bytes).unwrap()).collect()
        };
        let found = texts(b"\"a\\\"\n\",1\nb,\\\\\nc\n", escaped(Some(b'"')));
        assert_eq!(found, ["\"a\\\"\n\",1", "b,\\\\", "c"]);
        let found = texts(b"a\\\nb,1\nc\\\\\nd\\\r\n", escaped(None));
        assert_eq!(found, ["a\\\nb,1", "c\\\\", "d\\\r"]);
        let plain = Framing::Quoted { quote: None, escape: None, empty: false };
        assert_eq!(texts(b"a\"\nb\r\n", plain), ["a\"", "b"]);
    }
}
