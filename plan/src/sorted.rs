//! JSON with sorted keys, written in one pass: takes any value and a way of laying JSON out, gives the text.
//!
//! Every object is written as its keys come. Where it ends and they were not in order, its entries are put into
//! order in place, with what stands between them; no tree of values is built.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io;
use std::ops::Range;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// The text of a value, keys sorted by Unicode code point.
pub(crate) fn sorted_json<T: Serialize + ?Sized, F: Formatter>(
    value: &T,
    layout: F,
) -> Result<String, serde_json::Error> {
    let text = RefCell::new(Vec::new());
    let formatter = Sorting { layout, text: &text, open: Vec::new(), spare: Vec::new() };
    value.serialize(&mut Serializer::with_formatter(Text(&text), formatter))?;
    String::from_utf8(text.into_inner()).map_err(serde::ser::Error::custom)
}

/// Writes to the end of the text.
struct Text<'t>(&'t RefCell<Vec<u8>>);

impl io::Write for Text<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An entry of an object that is being written.
struct Entry {
    /// The key as it stands in the text, quotes included.
    key: Range<usize>,
    /// Where the value ends.
    end: usize,
}

/// A layout that sorts the keys of each object when it ends.
struct Sorting<'t, F> {
    layout: F,
    text: &'t RefCell<Vec<u8>>,
    /// The entries of the objects that are open, the innermost last.
    open: Vec<Vec<Entry>>,
    /// Lists of entries to be used again.
    spare: Vec<Vec<Entry>>,
}

impl<F> Sorting<'_, F> {
    fn at(&self) -> usize {
        self.text.borrow().len()
    }
}

/// A key without its quotes and escapes.
fn key<'t>(text: &'t [u8], entry: &Entry) -> Cow<'t, [u8]> {
    let written = &text[entry.key.clone()];
    let inner = written.get(1..written.len().saturating_sub(1)).unwrap_or_default();
    if !inner.contains(&b'\\') {
        return Cow::Borrowed(inner);
    }
    serde_json::from_slice::<String>(written).map_or(Cow::Borrowed(inner), |key| Cow::Owned(key.into_bytes()))
}

/// Puts the entries of an object into the order of their keys.
fn sort(text: &mut Vec<u8>, entries: &mut [Entry]) {
    if entries.is_sorted_by(|a, b| key(text, a) <= key(text, b)) {
        return;
    }
    let (Some(first), Some(second)) = (entries.first(), entries.get(1)) else { return };
    // What stands between two entries is the same between any two.
    let (start, between) = (first.key.start, first.end..second.key.start);
    let between = text[between].to_vec();
    entries.sort_by(|a, b| key(text, a).cmp(&key(text, b)));
    let mut sorted = Vec::with_capacity(text.len() - start);
    for (place, entry) in entries.iter().enumerate() {
        if place > 0 {
            sorted.extend_from_slice(&between);
        }
        sorted.extend_from_slice(&text[entry.key.start..entry.end]);
    }
    text.truncate(start);
    text.append(&mut sorted);
}

impl<F: Formatter> Formatter for Sorting<'_, F> {
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.layout.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.layout.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.layout.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.layout.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open.push(self.spare.pop().unwrap_or_default());
        self.layout.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if let Some(mut entries) = self.open.pop() {
            sort(&mut self.text.borrow_mut(), &mut entries);
            entries.clear();
            self.spare.push(entries);
        }
        self.layout.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.layout.begin_object_key(writer, first)?;
        let at = self.at();
        if let Some(entries) = self.open.last_mut() {
            entries.push(Entry { key: at..at, end: at });
        }
        Ok(())
    }

    fn end_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        let at = self.at();
        if let Some(entry) = self.open.last_mut().and_then(|entries| entries.last_mut()) {
            entry.key.end = at;
        }
        self.layout.end_object_key(writer)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.layout.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        let at = self.at();
        if let Some(entry) = self.open.last_mut().and_then(|entries| entries.last_mut()) {
            entry.end = at;
        }
        self.layout.end_object_value(writer)
    }
}
