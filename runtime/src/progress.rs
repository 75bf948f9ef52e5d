//! How far a copy or a validation has come: counters that the work adds to and a display polls.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The counters of one step. Shared by `Arc`; adding never waits. They say what was moved in this process,
/// not what is durable.
#[derive(Debug)]
pub struct Progress {
    rows: AtomicU64,
    bytes: AtomicU64,
    chunks: AtomicU64,
    total_rows: AtomicU64,
    start: Instant,
    /// When the last batch went through, in milliseconds since the start.
    last: AtomicU64,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Rows so far.
    pub rows: u64,
    /// Their bytes as Arrow batches.
    pub bytes: u64,
    /// Chunks that are done.
    pub chunks: u64,
    /// How many rows it will be; `None` while nobody knows.
    pub total_rows: Option<u64>,
    /// How long it has taken.
    pub elapsed: Duration,
    /// How much of that is behind the last batch.
    pub idle: Duration,
}

/// What stands for an unknown total.
const UNKNOWN: u64 = u64::MAX;

/// When nothing has moved for so long, what moved before tells no pace.
const TOO_LONG: Duration = Duration::from_secs(5);

impl Default for Progress {
    fn default() -> Self {
        Self {
            rows: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            chunks: AtomicU64::new(0),
            total_rows: AtomicU64::new(UNKNOWN),
            start: Instant::now(),
            last: AtomicU64::new(0),
        }
    }
}

impl Progress {
    /// Counters at zero; time runs from now.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says how many rows it will be, counting each pass over a table.
    pub fn expect_rows(&self, rows: u64) {
        self.total_rows.store(rows, Ordering::Relaxed);
    }

    /// A batch went through.
    pub fn add_batch(&self, rows: u64, bytes: u64) {
        self.rows.fetch_add(rows, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.fetch_max(now, Ordering::Relaxed);
    }

    /// A chunk is done.
    pub fn add_chunk(&self) {
        self.chunks.fetch_add(1, Ordering::Relaxed);
    }

    /// Begins a chunk of which all rows are kept or none.
    pub fn chunk(self: &Arc<Self>) -> ChunkProgress {
        ChunkProgress { all: Arc::clone(self), rows: AtomicU64::new(0), bytes: AtomicU64::new(0) }
    }

    /// The counters now.
    pub fn moved(&self) -> Moved {
        let total = self.total_rows.load(Ordering::Relaxed);
        let last = Duration::from_millis(self.last.load(Ordering::Relaxed));
        let elapsed = self.start.elapsed();
        Moved {
            rows: self.rows.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            chunks: self.chunks.load(Ordering::Relaxed),
            total_rows: (total != UNKNOWN).then_some(total),
            elapsed,
            idle: elapsed.saturating_sub(last),
        }
    }
}

/// A chunk on its way: its rows are counted as they go, and counted away again when it is dropped before it is done,
/// because whoever tries again counts them anew.
#[derive(Debug)]
pub struct ChunkProgress {
    all: Arc<Progress>,
    /// Those that would be counted away.
    rows: AtomicU64,
    bytes: AtomicU64,
}

impl ChunkProgress {
    /// A batch of it went through.
    pub fn add_batch(&self, rows: u64, bytes: u64) {
        self.rows.fetch_add(rows, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.all.add_batch(rows, bytes);
    }

    /// It is done, and its rows stay counted.
    pub fn done(&self) {
        self.rows.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
        self.all.add_chunk();
    }
}

impl Drop for ChunkProgress {
    fn drop(&mut self) {
        self.all.rows.fetch_sub(*self.rows.get_mut(), Ordering::Relaxed);
        self.all.bytes.fetch_sub(*self.bytes.get_mut(), Ordering::Relaxed);
    }
}

impl Moved {
    /// Rows a second, on average.
    pub fn rows_per_second(&self) -> f64 {
        per_second(self.rows, self.elapsed)
    }

    /// Bytes a second, on average.
    pub fn bytes_per_second(&self) -> f64 {
        per_second(self.bytes, self.elapsed)
    }

    /// How long nothing has moved, when that is too long for a pace.
    pub fn stalled(&self) -> Option<Duration> {
        (self.idle >= TOO_LONG).then_some(self.idle)
    }

    /// How long the rest takes at this pace; `None` before the first row, while the total is unknown, and when nothing
    /// has moved for a while.
    pub fn remaining(&self) -> Option<Duration> {
        let left = self.total_rows?.saturating_sub(self.rows);
        if self.rows == 0 || self.stalled().is_some() {
            return None;
        }
        let seconds = left as f64 / self.rows_per_second();
        Duration::try_from_secs_f64(seconds).ok()
    }
}

fn per_second(amount: u64, elapsed: Duration) -> f64 {
    // Below a microsecond there is no pace to speak of.
    amount as f64 / elapsed.as_secs_f64().max(1e-6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pace_and_rest_follow_from_the_counters() {
        let progress = Progress::new();
        assert_eq!((progress.moved().remaining(), progress.moved().total_rows), (None, None));
        progress.expect_rows(1000);
        assert_eq!(progress.moved().remaining(), None);
        progress.add_batch(150, 3000);
        progress.add_batch(100, 2000);
        progress.add_chunk();
        let moved = Moved { elapsed: Duration::from_secs(5), ..progress.moved() };
        assert_eq!((moved.rows, moved.bytes, moved.chunks), (250, 5000, 1));
        assert!((moved.rows_per_second() - 50.0).abs() < 1e-9);
        assert!((moved.bytes_per_second() - 1000.0).abs() < 1e-9);
        assert_eq!(moved.remaining(), Some(Duration::from_secs(15)));
        // Rows that came while it ran do not make the rest negative.
        let more = Moved { rows: 2000, ..moved };
        assert_eq!(more.remaining(), Some(Duration::ZERO));
        // What stands still has no pace.
        let idle = Duration::from_secs(7);
        let still = Moved { idle, ..moved };
        assert_eq!((moved.stalled(), still.stalled(), still.remaining()), (None, Some(idle), None));
    }

    #[test]
    fn a_chunk_that_fails_is_counted_away() {
        let progress = Arc::new(Progress::new());
        let counted = || (progress.moved().rows, progress.moved().bytes, progress.moved().chunks);
        let (kept, failed) = (progress.chunk(), progress.chunk());
        kept.add_batch(100, 2000);
        failed.add_batch(70, 700);
        kept.add_batch(50, 1000);
        assert_eq!(counted(), (220, 3700, 0));
        drop(failed);
        kept.done();
        drop(kept);
        assert_eq!(counted(), (150, 3000, 1));
    }
}
