//! Takes the records of CSV apart into cells, by a dialect.

use mig_plan::Dialect;

/// One cell of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cell {
    from: usize,
    to: usize,
    /// Whether it stood in quotes.
    quoted: bool,
    /// Whether it had doubled quotes or escapes: then its content is in the scratch space.
    rewritten: bool,
}

/// The cells of one record; kept from record to record for its memory.
#[derive(Debug, Default)]
pub(super) struct Cells {
    cells: Vec<Cell>,
    scratch: Vec<u8>,
}

impl Cells {
    /// Takes a record apart.
    ///
    /// # Errors
    /// What is not well-formed in it.
    pub(super) fn split(&mut self, record: &[u8], dialect: &Dialect) -> Result<(), &'static str> {
        self.cells.clear();
        self.scratch.clear();
        let mut at = 0;
        loop {
            let (cell, end) = if dialect.quote.is_some_and(|quote| record.get(at) == Some(&quote)) {
                self.quoted(record, at + 1, dialect)?
            } else {
                self.unquoted(record, at, dialect)?
            };
            self.cells.push(cell);
            match record.get(end) {
                None => return Ok(()),
                Some(byte) if *byte == dialect.delimiter => at = end + 1,
                Some(_) => return Err("something behind a closing quote"),
            }
        }
    }

    /// A cell that is not in quotes; and where it ends.
    fn unquoted(
        &mut self,
        record: &[u8],
        from: usize,
        dialect: &Dialect,
    ) -> Result<(Cell, usize), &'static str> {
        let scratch = self.scratch.len();
        let (mut begun, mut at, mut rewritten) = (from, from, false);
        let to = loop {
            let length = record[at..].iter().position(|byte| dialect.is_special(*byte));
            let Some(length) = length else { break record.len() };
            let place = at + length;
            let byte = record[place];
            if Some(byte) == dialect.escape {
                // The character behind it is one like any other.
                let behind = record.get(place + 1).ok_or("an escape with nothing behind it")?;
                self.scratch.extend_from_slice(&record[begun..place]);
                self.scratch.push(*behind);
                rewritten = true;
                (begun, at) = (place + 2, place + 2);
                continue;
            }
            if Some(byte) == dialect.quote {
                return Err("a quote inside a cell that is not in quotes");
            }
            if byte != dialect.delimiter {
                return Err("a carriage return outside quotes");
            }
            break place;
        };
        // The text for null may have an escape in it, and is looked for as it stands.
        if !rewritten || record[from..to] == *dialect.null_text.as_bytes() {
            self.scratch.truncate(scratch);
            return Ok((Cell { from, to, quoted: false, rewritten: false }, to));
        }
        self.scratch.extend_from_slice(&record[begun..to]);
        Ok((Cell { from: scratch, to: self.scratch.len(), quoted: false, rewritten }, to))
    }

    /// A cell from behind its opening quote; and where it ends.
    fn quoted(
        &mut self,
        record: &[u8],
        from: usize,
        dialect: &Dialect,
    ) -> Result<(Cell, usize), &'static str> {
        let scratch = self.scratch.len();
        let (mut begun, mut at, mut rewritten) = (from, from, false);
        let marks = |byte: &u8| Some(*byte) == dialect.quote || Some(*byte) == dialect.escape;
        loop {
            let length = record[at..].iter().position(marks).ok_or("a quote is opened and never closed")?;
            let place = at + length;
            let behind = record.get(place + 1);
            let kept = match dialect.escape {
                // Of two quotes the second is kept, of an escape and what is behind it the latter.
                None if behind == Some(&record[place]) => behind,
                Some(escape) if record[place] == escape => {
                    Some(behind.ok_or("an escape with nothing behind it")?)
                }
                None | Some(_) => None,
            };
            if let Some(kept) = kept {
                rewritten = true;
                self.scratch.extend_from_slice(&record[begun..place]);
                self.scratch.push(*kept);
                (begun, at) = (place + 2, place + 2);
                continue;
            }
            let cell = if rewritten {
                self.scratch.extend_from_slice(&record[begun..place]);
                Cell { from: scratch, to: self.scratch.len(), quoted: true, rewritten }
            } else {
                Cell { from, to: place, quoted: true, rewritten }
            };
            return Ok((cell, place + 1));
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The content of a cell; `None` for null.
    pub(super) fn get<'a>(&'a self, place: usize, record: &'a [u8], dialect: &Dialect) -> Option<&'a [u8]> {
        let cell = self.cells[place];
        let content =
            if cell.rewritten { &self.scratch[cell.from..cell.to] } else { &record[cell.from..cell.to] };
        (cell.quoted || cell.rewritten || content != dialect.null_text.as_bytes()).then_some(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect(settings: &[(&str, &str)]) -> Dialect {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Dialect::of(&settings.collect()).unwrap()
    }

    fn split_as(record: &str, dialect: &Dialect) -> Result<Vec<Option<String>>, &'static str> {
        let mut cells = Cells::default();
        cells.split(record.as_bytes(), dialect)?;
        let text = |place| {
            cells.get(place, record.as_bytes(), dialect).map(|cell| String::from_utf8(cell.to_vec()).unwrap())
        };
        Ok((0..cells.len()).map(text).collect())
    }

    fn split(record: &str) -> Result<Vec<Option<String>>, &'static str> {
        split_as(record, &Dialect::default())
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
        let escaped = dialect(&[("escape", "\\")]);
        for broken in ["\"a\"\"b\"", "a\\", "\"a\\\""] {
            assert!(split_as(broken, &escaped).is_err(), "{broken}");
        }
    }
}
