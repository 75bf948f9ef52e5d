//! The files of a migration: takes paths and texts, gives each a number, and a place in them as a line
//! and a column. Reads no file.

use crate::{FileId, Span};

/// The files that a program was read from, in the order they were added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    files: Vec<Source>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its path as messages show it.
    pub path: String,
    /// Its text.
    pub text: String,
    /// The byte at which each line starts.
    lines: Vec<u32>,
}

/// A place as people count: both from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The character in the line.
    pub column: u32,
}

impl Sources {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file and gives its number.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Source::new(path.into(), text.into()));
        id
    }

    /// The file of that number.
    pub fn get(&self, id: FileId) -> Option<&Source> {
        self.files.get(id.0 as usize)
    }

    /// The file's path; empty for a number that no file has.
    pub fn path(&self, id: FileId) -> &str {
        self.get(id).map_or("", |source| &source.path)
    }

    /// The file's text; empty for a number that no file has.
    pub fn text(&self, id: FileId) -> &str {
        self.get(id).map_or("", |source| &source.text)
    }

    /// The text of a place; empty when the place is in none of these files.
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.file).get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// Where a place starts, as people count.
    pub fn start(&self, span: Span) -> Position {
        self.get(span.file).map_or(Position { line: 1, column: 1 }, |source| source.position(span.start))
    }

    /// The position behind a place's last character, as people count.
    pub fn end(&self, span: Span) -> Position {
        self.get(span.file).map_or(Position { line: 1, column: 1 }, |source| source.position(span.end))
    }

    /// Every file with its number.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (FileId, &Source)> {
        self.files
            .iter()
            .enumerate()
            .map(|(at, source)| (FileId(u32::try_from(at).unwrap_or(u32::MAX)), source))
    }
}

impl Source {
    fn new(path: String, text: String) -> Self {
        let breaks = text.bytes().zip(1_u32..).filter(|(byte, _)| *byte == b'\n').map(|(_, next)| next);
        let lines = std::iter::once(0).chain(breaks).collect();
        Self { path, text, lines }
    }

    /// The line and column of a byte; past the end it is the end's.
    pub fn position(&self, byte: u32) -> Position {
        let (line, before) = self.before(byte);
        Position { line, column: count(before.chars().count() + 1) }
    }

    /// The same with the column in UTF-16 code units, as editors and SARIF count, also from 1.
    pub fn position_utf16(&self, byte: u32) -> Position {
        let (line, before) = self.before(byte);
        Position { line, column: count(before.encode_utf16().count() + 1) }
    }

    /// The number of a byte's line, and the line's text before it.
    fn before(&self, byte: u32) -> (u32, &str) {
        let line = self.lines.partition_point(|start| *start <= byte).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default() as usize;
        let mut end = (byte as usize).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = self.text.get(start..end).unwrap_or_default().trim_start_matches('\u{FEFF}');
        (count(line), before)
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Position, Sources};
    use crate::Span;

    #[test]
    fn columns_count_characters() {
        let mut sources = Sources::new();
        sources.add("a.mig", "");
        let file = sources.add("b.mig", "é = 1\nwave ü {\n");
        let place = |start, end| Span { file, start, end };
        assert_eq!(sources.start(place(0, 2)), Position { line: 1, column: 1 });
        assert_eq!(sources.end(place(0, 2)), Position { line: 1, column: 2 });
        let brace = place(15, 16);
        assert_eq!(sources.slice(brace), "{");
        assert_eq!(sources.start(brace), Position { line: 2, column: 8 });
        assert_eq!(sources.start(place(99, 99)), Position { line: 3, column: 1 });
        assert_eq!(sources.path(file), "b.mig");
    }

    #[test]
    fn editors_count_a_pictograph_twice() {
        let mut sources = Sources::new();
        let file = sources.add("a.mig", "\"😀\" x");
        let source = sources.get(file).unwrap();
        assert_eq!(source.position(7), Position { line: 1, column: 5 });
        assert_eq!(source.position_utf16(7), Position { line: 1, column: 6 });
    }

    #[test]
    fn a_place_in_no_file_is_empty() {
        let sources = Sources::new();
        assert_eq!(sources.slice(Span::default()), "");
        assert_eq!(sources.start(Span::default()), Position { line: 1, column: 1 });
    }
}
