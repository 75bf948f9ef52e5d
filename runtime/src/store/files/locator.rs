//! Row locators: where a row is in a table's files, and chunks cut by them.
//!
//! Files have no index, so that every table, with a key or without, is cut into chunks by where its rows
//! are. A locator is `[file name, position]` for Parquet, where the position is the row's number in its
//! file from 1, and `[file name, position, line]` for text, where the position is the byte behind the
//! row's last and the line the one it ends on. Locators sort as rows are read: by file name, then
//! position.

use mig_plan::{ChunkBounds, KeyBound, KeyValue};
use tokio::sync::mpsc;

use super::layout::Part;
use crate::store::StoreError;

/// Where a row is inside its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    /// Parquet: the row's number, from 1. Text: the byte behind the row.
    pub(super) at: u64,
    /// Text: the line that the row ends on, from 1.
    pub(super) line: Option<u64>,
}

impl Position {
    /// The locator of the row at this position of a file.
    pub(super) fn key(self, file: &str) -> KeyBound {
        let number = |value: u64| KeyValue::Int(i64::try_from(value).unwrap_or(i64::MAX));
        [KeyValue::Text(file.to_owned()), number(self.at)].into_iter().chain(self.line.map(number)).collect()
    }
}

/// The rows of one file that belong to a chunk: those with `after < position ≤ up_to`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Span {
    /// The last row before the chunk; `None` from the file's first row.
    pub(super) after: Option<Position>,
    /// The chunk's last row in this file; `None` to the file's end.
    pub(super) up_to: Option<u64>,
}

fn parse(bound: &KeyBound) -> Result<(&str, Position), StoreError> {
    let number = |value: i64| u64::try_from(value).ok();
    let parsed = match bound.as_slice() {
        [KeyValue::Text(file), KeyValue::Int(at)] => {
            number(*at).map(|at| (file, Position { at, line: None }))
        }
        [KeyValue::Text(file), KeyValue::Int(at), KeyValue::Int(line)] => {
            number(*at).zip(number(*line)).map(|(at, line)| (file, Position { at, line: Some(line) }))
        }
        _ => None,
    };
    parsed.map(|(file, position)| (file.as_str(), position)).ok_or_else(|| {
        let bound = bound.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        StoreError::Refused(format!("({bound}) is not a place in a folder of files; plan again"))
    })
}

/// The parts that have rows of a chunk, each with which.
///
/// # Errors
/// When a bound is not a locator of files.
pub(super) fn spans(parts: &[Part], bounds: &ChunkBounds) -> Result<Vec<(Part, Span)>, StoreError> {
    let after = bounds.after.as_ref().map(parse).transpose()?;
    let up_to = bounds.up_to.as_ref().map(parse).transpose()?;
    let inside = parts.iter().filter(|part| {
        after.is_none_or(|(file, _)| part.name.as_str() >= file)
            && up_to.is_none_or(|(file, _)| part.name.as_str() <= file)
    });
    let span = |part: &Part| Span {
        after: after.filter(|(file, _)| *file == part.name).map(|(_, position)| position),
        up_to: up_to.filter(|(file, _)| *file == part.name).map(|(_, position)| position.at),
    };
    Ok(inside.map(|part| (part.clone(), span(part))).collect())
}

/// Cuts rows, told one after the other or many at once, into chunks.
pub(super) struct Cutter {
    rows: u64,
    in_chunk: u64,
    after: Option<KeyBound>,
    last: Option<(String, Position)>,
    out: mpsc::Sender<ChunkBounds>,
}

impl Cutter {
    /// A cutter of chunks of at most `rows` rows.
    pub(super) fn new(rows: u64, after: Option<KeyBound>, out: mpsc::Sender<ChunkBounds>) -> Self {
        Self { rows: rows.max(1), in_chunk: 0, after, last: None, out }
    }

    /// How many rows may be told at once.
    ///
    /// # Errors
    /// When nobody listens any more.
    pub(super) fn room(&mut self) -> Result<u64, StoreError> {
        if self.in_chunk == self.rows
            && let Some((file, position)) = self.last.take()
        {
            // Sent only now that there is a row behind it: the last chunk is open-ended.
            let up_to = Some(position.key(&file));
            let after = std::mem::replace(&mut self.after, up_to.clone());
            self.send(ChunkBounds { after, up_to })?;
            self.in_chunk = 0;
        }
        Ok(self.rows - self.in_chunk)
    }

    /// Takes in rows, at most as many as there is [`Cutter::room`] for, of which the last is here.
    pub(super) fn take(&mut self, rows: u64, file: &str, last: Position) {
        self.in_chunk += rows;
        match &mut self.last {
            Some((name, position)) if name == file => *position = last,
            other => *other = Some((file.to_owned(), last)),
        }
    }

    /// Sends the last, open-ended chunk.
    ///
    /// # Errors
    /// When nobody listens any more.
    pub(super) fn finish(mut self) -> Result<(), StoreError> {
        let after = self.after.take();
        self.send(ChunkBounds { after, up_to: None })
    }

    fn send(&self, bounds: ChunkBounds) -> Result<(), StoreError> {
        self.out.blocking_send(bounds).map_err(|_| StoreError::Abandoned)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::store::files::disk::Disk;
    use crate::store::files::storage::Stamp;

    fn part(name: &str) -> Part {
        Part {
            name: name.to_owned(),
            folder: "t/".to_owned(),
            path: name.into(),
            stamp: Stamp::default(),
            values: Vec::new(),
            storage: Arc::new(Disk::new("t".into())),
        }
    }

    fn at(at: u64) -> Position {
        Position { at, line: None }
    }

    #[test]
    fn a_chunk_may_begin_and_end_inside_files() {
        let parts = ["a", "b", "c", "d"].map(part);
        let bounds = ChunkBounds { after: Some(at(5).key("b")), up_to: Some(at(2).key("d")) };
        let spans = spans(&parts, &bounds).unwrap();
        let spans: Vec<_> = spans.iter().map(|(part, span)| (part.name.as_str(), *span)).collect();
        assert_eq!(
            spans,
            [
                ("b", Span { after: Some(at(5)), up_to: None }),
                ("c", Span::default()),
                ("d", Span { after: None, up_to: Some(2) })
            ]
        );
    }

    #[test]
    fn another_stores_bounds_are_refused() {
        for bound in [vec![], vec![KeyValue::Int(1)], vec![KeyValue::Text("a".into()), KeyValue::Int(-1)]] {
            let bounds = ChunkBounds { after: Some(bound), up_to: None };
            assert!(matches!(spans(&[], &bounds), Err(StoreError::Refused(_))));
        }
    }

    fn cut(chunk: u64, files: &[(&str, u64)]) -> Vec<ChunkBounds> {
        let (out, mut bounds) = mpsc::channel(100);
        let mut cutter = Cutter::new(chunk, None, out);
        for (file, rows) in files {
            let mut row = 0;
            while row < *rows {
                let take = cutter.room().unwrap().min(rows - row);
                row += take;
                cutter.take(take, file, at(row));
            }
        }
        cutter.finish().unwrap();
        std::iter::from_fn(|| bounds.blocking_recv()).collect()
    }

    #[test]
    fn chunks_join_without_gap_and_only_the_last_is_open() {
        let chunks = cut(4, &[("a", 3), ("b", 5), ("c", 0), ("d", 1)]);
        let ends: Vec<_> = chunks.iter().map(|chunk| chunk.up_to.clone()).collect();
        assert_eq!(ends, [Some(at(1).key("b")), Some(at(5).key("b")), None]);
        assert!(chunks[0].after.is_none());
        for pair in chunks.windows(2) {
            assert_eq!(pair[0].up_to, pair[1].after);
        }
    }

    #[test]
    fn rows_that_fill_chunks_exactly_leave_no_empty_chunk() {
        assert_eq!(cut(4, &[("a", 8)]).len(), 2);
        assert_eq!(cut(4, &[]), [ChunkBounds::default()]);
    }
}
