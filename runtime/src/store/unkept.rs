//! Values that a store has no form for, though it keeps their type: they are found before anything is copied, so
//! that no copy stops at one in its middle.

use crate::cells::Cells;

/// A sort of value that a store does not keep. A list has it where one of its items does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unkept {
    /// A float that is no number.
    NotANumber,
    /// A float beyond all numbers.
    Infinite,
    /// A text with the character U+0000.
    Nul,
    /// A JSON text with more arrays and objects in one another than so many.
    NestedDeeper(usize),
    /// A UUID of a version from 8 on and of the variant before RFC 4122, which no standard has.
    OddUuid,
}

impl Unkept {
    /// What such a value is, in words.
    pub fn reason(self) -> String {
        match self {
            Self::NotANumber => "it is not a number (NaN)".to_owned(),
            Self::Infinite => "it is infinite".to_owned(),
            Self::Nul => "it has the character U+0000".to_owned(),
            Self::NestedDeeper(most) => format!("it is nested deeper than {most}"),
            Self::OddUuid => "it has a version and a variant that no standard has".to_owned(),
        }
    }

    /// Whether the value of a row is one.
    pub(crate) fn is(self, cells: &Cells<'_>, row: usize) -> bool {
        if cells.is_null(row) {
            return false;
        }
        match (self, cells) {
            (_, Cells::List(lists, items)) => {
                let offsets = lists.value_offsets();
                (offsets[row]..offsets[row + 1]).any(|item| self.is(items, item as usize))
            }
            (Self::NotANumber, Cells::Float32(cells)) => cells.value(row).is_nan(),
            (Self::NotANumber, Cells::Float64(cells)) => cells.value(row).is_nan(),
            (Self::Infinite, Cells::Float32(cells)) => cells.value(row).is_infinite(),
            (Self::Infinite, Cells::Float64(cells)) => cells.value(row).is_infinite(),
            (Self::Nul, Cells::Text(cells)) => cells.value(row).contains('\0'),
            (Self::NestedDeeper(most), Cells::Text(cells)) => depth(cells.value(row)) > most,
            (Self::OddUuid, Cells::Uuid(cells)) => {
                let uuid = cells.value(row);
                uuid[6] >= 0x80 && uuid[8] < 0x80
            }
            (
                Self::NotANumber | Self::Infinite | Self::Nul | Self::NestedDeeper(_) | Self::OddUuid,
                Cells::Bool(_)
                | Cells::Int8(_)
                | Cells::Int16(_)
                | Cells::Int32(_)
                | Cells::Int64(_)
                | Cells::Float32(_)
                | Cells::Float64(_)
                | Cells::Decimal(..)
                | Cells::Text(_)
                | Cells::Bytes(_)
                | Cells::Date(_)
                | Cells::Time(_)
                | Cells::Timestamp(_)
                | Cells::Datetime(_)
                | Cells::Uuid(_),
            ) => false,
        }
    }
}

/// How many arrays and objects of a JSON text are in one another at the most.
fn depth(json: &str) -> usize {
    let (mut depth, mut most, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                most = most.max(depth);
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_texts_do_not_nest() {
        assert_eq!(depth("null"), 0);
        assert_eq!(depth(r#"{"a[[": ["\"[[", {}]}"#), 3);
    }
}
