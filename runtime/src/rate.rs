//! How long to wait so that no more than so much goes by in a second: a token bucket as a function of time. It reads
//! no clock and never sleeps.

use std::time::Duration;

/// What may go by at once after a while in which nothing did: what goes by in this time.
const AT_ONCE: Duration = Duration::from_secs(1);

/// A bucket that fills at a rate, shared by all who take from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    per_second: u64,
    /// When it will be full again.
    full: Duration,
}

impl Bucket {
    /// A full one; at least one a second comes into it.
    pub(crate) fn new(per_second: u64) -> Self {
        Self { per_second: per_second.max(1), full: Duration::ZERO }
    }

    /// Takes so much at that time since the bucket was made, and gives how long whoever takes it must wait before they
    /// use it. More than it holds can be taken: then the wait is as long as it takes to come in.
    pub(crate) fn take(&mut self, now: Duration, amount: u64) -> Duration {
        let nanos = u128::from(amount) * 1_000_000_000;
        let nanos = nanos.div_ceil(u128::from(self.per_second));
        let comes_in = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        self.full = self.full.max(now).saturating_add(comes_in);
        self.full.saturating_sub(now).saturating_sub(AT_ONCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_second_of_it_goes_by_at_once_and_then_its_rate() {
        let mut bucket = Bucket::new(100);
        assert_eq!(bucket.take(at(0), 60), at(0));
        assert_eq!(bucket.take(at(0), 40), at(0));
        assert_eq!(bucket.take(at(0), 10), at(100));
        // Somebody else who comes then stands behind them.
        assert_eq!(bucket.take(at(50), 5), at(100));
        // A wait that is over is owed no longer.
        assert_eq!(bucket.take(at(2_000), 50), at(0));
    }

    #[test]
    fn nothing_is_saved_up_beyond_a_second() {
        let mut bucket = Bucket::new(100);
        assert_eq!(bucket.take(at(3_600_000), 100), at(0));
        assert_eq!(bucket.take(at(3_600_000), 1), at(10));
    }

    #[test]
    fn more_than_it_holds_is_waited_for() {
        let mut bucket = Bucket::new(1_000);
        assert_eq!(bucket.take(at(0), 8_192), at(7_192));
        assert_eq!(bucket.take(at(7_192), 1_000), at(1_000));
        // What no clock can count to is a wait without end, and no overflow.
        assert!(Bucket::new(1).take(at(0), u64::MAX) > Duration::from_secs(86_400 * 365));
        assert_eq!(Bucket::new(0).take(at(0), 2), at(1_000));
    }

    /// Whatever comes and however it is cut, in any span no more goes by than its rate and one second of it.
    #[test]
    fn no_span_has_more_than_its_rate_and_a_second() {
        let mut random = 7_u64;
        let mut next = |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % below
        };
        let mut bucket = Bucket::new(500);
        let mut now = Duration::ZERO;
        let mut gone: Vec<(Duration, u64)> = Vec::new();
        for _ in 0..500 {
            let amount = next(300);
            now += at(next(200));
            now += bucket.take(now, amount);
            gone.push((now, amount));
        }
        for (first, (from, _)) in gone.iter().enumerate() {
            let mut sum = 0;
            for (until, amount) in &gone[first..] {
                sum += amount;
                let allowed = 500.0 * ((*until - *from).as_secs_f64() + 1.0);
                assert!(sum as f64 <= allowed + 1e-3, "{sum} from {from:?} to {until:?}");
            }
        }
    }
}
