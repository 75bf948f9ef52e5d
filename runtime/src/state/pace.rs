//! How fast a copy goes, out of the times of its chunks: the time in which it acted, over all processes, and how long each
//! chunk took.

use super::UnixMillis;

/// The upper bounds, in milliseconds, by which the times of chunks are counted.
pub const LATENCY_MILLIS: [u64; 10] = [10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000];

/// The pace of a copy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// Milliseconds in which it acted, up to its last chunk; time in which no process had it is none.
    pub active_millis: u64,
    /// How long chunks took.
    pub latency: Latency,
    /// Since when the time is still to be counted.
    mark: Option<UnixMillis>,
}

/// How long chunks took: a histogram.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// How many took at most so long, and longer than the bound before, by place in [`LATENCY_MILLIS`]; the last
    /// are those above all bounds.
    pub counts: [u64; LATENCY_MILLIS.len() + 1],
    /// All their milliseconds together.
    pub sum_millis: u64,
}

impl Pace {
    /// A process has begun to copy, or goes on.
    pub(super) fn goes_on(&mut self, at: UnixMillis) {
        self.mark = Some(at);
    }

    /// A chunk is there.
    pub(super) fn copied(&mut self, at: UnixMillis, millis: Option<u64>) {
        let since = self.mark.replace(at).unwrap_or(at);
        self.active_millis =
            self.active_millis.saturating_add(u64::try_from(at.saturating_sub(since)).unwrap_or(0));
        let Some(millis) = millis else { return };
        let place = LATENCY_MILLIS.iter().position(|bound| millis <= *bound).unwrap_or(LATENCY_MILLIS.len());
        if let Some(count) = self.latency.counts.get_mut(place) {
            *count += 1;
        }
        self.latency.sum_millis = self.latency.sum_millis.saturating_add(millis);
    }

    /// So much a second over the time in which it acted; `None` before there is any.
    pub fn per_second(&self, amount: u64) -> Option<u64> {
        let millis = u128::from(self.active_millis);
        (millis > 0).then(|| u64::try_from(u128::from(amount) * 1_000 / millis).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_in_which_nobody_copies_is_not_counted() {
        let mut pace = Pace::default();
        assert_eq!(pace.per_second(10), None);
        pace.goes_on(1_000);
        pace.copied(1_500, Some(400));
        pace.copied(2_000, Some(31));
        // Another process, an hour later.
        pace.goes_on(3_600_000);
        pace.copied(3_601_000, None);
        pace.copied(3_601_000, Some(1_000_000));
        assert_eq!(pace.active_millis, 2_000);
        assert_eq!((pace.per_second(100), pace.per_second(u64::MAX)), (Some(50), Some(u64::MAX / 2)));
        assert_eq!(pace.latency.counts, [0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1]);
        assert_eq!(pace.latency.sum_millis, 1_000_431);
    }
}
