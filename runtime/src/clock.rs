//! The time of day, given to whatever needs it, so that a test can be a day long and take no time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use tokio::sync::watch;

use crate::state::UnixMillis;

/// Says what time it is and waits for a time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> UnixMillis;

    /// Returns once it is that time, at once if it was already.
    async fn sleep_until(&self, at: UnixMillis);
}

/// A moment as RFC 3339 writes it, in UTC.
pub fn rfc3339(at: UnixMillis) -> String {
    let at = chrono::DateTime::from_timestamp_millis(at).unwrap_or_default();
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// A span of time as the language writes it, in its largest whole unit: `5m`, `90s`.
pub(crate) fn span(seconds: u64) -> String {
    let unit = [(86_400, "d"), (3_600, "h"), (60, "m")]
        .into_iter()
        .find(|(unit, _)| seconds > 0 && seconds.is_multiple_of(*unit));
    let (unit, name) = unit.unwrap_or((1, "s"));
    format!("{}{name}", seconds / unit)
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> UnixMillis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixMillis::try_from(since.as_millis()).unwrap_or(UnixMillis::MAX)
    }

    async fn sleep_until(&self, at: UnixMillis) {
        // In short naps, since the wall clock may be set and the machine may be suspended meanwhile.
        loop {
            let left = at.saturating_sub(self.now());
            if left <= 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(left.unsigned_abs().min(10_000))).await;
        }
    }
}

/// A clock that stands still until it is told to go on.
#[derive(Debug)]
pub struct ManualClock(watch::Sender<UnixMillis>);

impl ManualClock {
    /// A clock that shows this time.
    pub fn at(now: UnixMillis) -> Self {
        Self(watch::Sender::new(now))
    }

    /// Lets this many milliseconds pass.
    pub fn advance(&self, millis: i64) {
        self.0.send_modify(|now| *now += millis);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> UnixMillis {
        *self.0.borrow()
    }

    async fn sleep_until(&self, at: UnixMillis) {
        // The sender is `self`, so that waiting cannot fail while somebody waits.
        let _ = self.0.subscribe().wait_for(|now| *now >= at).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_wakes_whoever_waits_for_the_time_it_reaches() {
        let clock = std::sync::Arc::new(ManualClock::at(1_000));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(1_500).await }
        });
        clock.advance(499);
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(1);
        sleeper.await.unwrap();
        clock.sleep_until(0).await;
        assert_eq!(clock.now(), 1_500);
    }
}
