//! A text with its lines: takes byte offsets, gives positions as the protocol counts them, and back.
//!
//! Lines count from 0; characters from 0, in the units that client and server agreed on. A position behind the end of
//! its line is the line's end, as the protocol says; one behind the last line is the text's end.

use std::sync::Arc;

/// What a position's character counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Bytes of UTF-8.
    Utf8,
    /// Code units of UTF-16: what every client must understand.
    #[default]
    Utf16,
    /// Code points.
    Utf32,
}

/// A place in a text as the protocol has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The line, from 0.
    pub(crate) line: u32,
    /// The unit in the line, from 0.
    pub(crate) character: u32,
}

/// A text that knows where its lines start. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    text: Arc<str>,
    /// The byte at which each line starts; the first is 0.
    starts: Arc<[u32]>,
}

impl Encoding {
    fn units(self, letter: char) -> usize {
        match self {
            Self::Utf8 => letter.len_utf8(),
            Self::Utf16 => letter.len_utf16(),
            Self::Utf32 => 1,
        }
    }
}

impl Text {
    /// A text.
    pub(crate) fn new(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let breaks = text.bytes().zip(1_u32..).filter(|(byte, _)| *byte == b'\n').map(|(_, next)| next);
        let starts = std::iter::once(0).chain(breaks).collect();
        Self { text, starts }
    }

    /// The whole text.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// How many lines there are; a text that ends with a line break has an empty last one.
    pub(crate) fn lines(&self) -> u32 {
        u32::try_from(self.starts.len()).unwrap_or(u32::MAX)
    }

    /// The line of that number without its line break; empty behind the last.
    pub(crate) fn line(&self, number: u32) -> &str {
        let Some(start) = self.starts.get(number as usize) else { return "" };
        let rest = self.text.get(*start as usize..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        line.strip_suffix('\r').unwrap_or(line)
    }

    /// The byte at which a line starts; the text's end behind the last.
    pub(crate) fn line_start(&self, number: u32) -> u32 {
        self.starts.get(number as usize).copied().unwrap_or(self.end())
    }

    /// The byte behind the last.
    pub(crate) fn end(&self) -> u32 {
        u32::try_from(self.text.len()).unwrap_or(u32::MAX)
    }

    /// The line that a byte is in.
    pub(crate) fn line_of(&self, byte: u32) -> u32 {
        let line = self.starts.partition_point(|start| *start <= byte).max(1) - 1;
        u32::try_from(line).unwrap_or(u32::MAX)
    }

    /// The place of a byte.
    pub(crate) fn place(&self, byte: u32, encoding: Encoding) -> Place {
        let line = self.line_of(byte);
        let start = self.line_start(line) as usize;
        let mut end = (byte as usize).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = self.text.get(start..end).unwrap_or_default();
        let units = if before.is_ascii() {
            before.len()
        } else {
            before.chars().map(|letter| encoding.units(letter)).sum()
        };
        Place { line, character: u32::try_from(units).unwrap_or(u32::MAX) }
    }

    /// The byte at a place; within a character it is the character's start.
    pub(crate) fn byte(&self, place: Place, encoding: Encoding) -> u32 {
        let start = self.line_start(place.line);
        let line = self.line(place.line);
        let wanted = place.character as usize;
        let mut units = 0;
        for (at, letter) in line.char_indices() {
            let next = units + encoding.units(letter);
            if next > wanted {
                return start + u32::try_from(at).unwrap_or(u32::MAX);
            }
            units = next;
        }
        start + u32::try_from(line.len()).unwrap_or(u32::MAX)
    }

    /// The text with the bytes between two places replaced.
    pub(crate) fn replaced(&self, from: Place, to: Place, encoding: Encoding, by: &str) -> Self {
        let start = self.byte(from, encoding) as usize;
        let end = (self.byte(to, encoding) as usize).max(start);
        let mut text = String::with_capacity(self.text.len() + by.len());
        text.push_str(self.text.get(..start).unwrap_or_default());
        text.push_str(by);
        text.push_str(self.text.get(end..).unwrap_or_default());
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Encoding, Place, Text};

    fn place(line: u32, character: u32) -> Place {
        Place { line, character }
    }

    #[test]
    fn every_boundary_comes_back_in_every_encoding() {
        let text = Text::new("wave ü {\r\n\t// 🦀 crab\n\n}\n");
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            for (at, _) in text.as_str().char_indices() {
                // A place inside a line break is the line's end.
                if text.as_str().as_bytes()[at] == b'\n'
                    && at > 0
                    && text.as_str().as_bytes()[at - 1] == b'\r'
                {
                    continue;
                }
                let byte = u32::try_from(at).unwrap();
                assert_eq!(text.byte(text.place(byte, encoding), encoding), byte, "{encoding:?} {at}");
            }
        }
    }

    #[test]
    fn units_are_those_agreed_on() {
        let text = Text::new("// 🦀 x");
        let x = u32::try_from(text.as_str().find('x').unwrap()).unwrap();
        assert_eq!(text.place(x, Encoding::Utf8), place(0, 8));
        assert_eq!(text.place(x, Encoding::Utf16), place(0, 6));
        assert_eq!(text.place(x, Encoding::Utf32), place(0, 5));
        // The second half of the crab is the crab.
        assert_eq!(text.byte(place(0, 4), Encoding::Utf16), 3);
    }

    #[test]
    fn places_outside_are_the_nearest_inside() {
        let text = Text::new("ab\ncd");
        assert_eq!(text.byte(place(0, 99), Encoding::Utf16), 2);
        assert_eq!(text.byte(place(99, 0), Encoding::Utf16), 5);
        assert_eq!(text.place(99, Encoding::Utf16), place(1, 2));
        assert_eq!(text.line(1), "cd");
        assert_eq!(text.lines(), 2);
    }

    #[test]
    fn edits_are_made_where_they_are_said() {
        let text = Text::new("wave ü {\n}\n");
        let text = text.replaced(place(0, 5), place(0, 6), Encoding::Utf16, "one");
        assert_eq!(text.as_str(), "wave one {\n}\n");
        // The end before the start replaces nothing.
        let text = text.replaced(place(1, 0), place(0, 0), Encoding::Utf16, "  // x\n");
        assert_eq!(text.as_str(), "wave one {\n  // x\n}\n");
    }
}
