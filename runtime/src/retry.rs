//! How long to wait before an act that found the world in its way is tried again.

use std::time::Duration;

/// Pauses between tries, one after another; when they are used up, the step has given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    pauses: Vec<Duration>,
}

impl Retry {
    /// Tries again after each of these pauses.
    pub fn after(pauses: impl IntoIterator<Item = Duration>) -> Self {
        Self { pauses: pauses.into_iter().collect() }
    }

    /// The pause behind the n-th failed try in a row, from 1; `None` when that was the last one.
    pub fn pause(&self, failed: usize) -> Option<Duration> {
        self.pauses.get(failed.checked_sub(1)?).copied()
    }
}

/// Five tries within about twenty seconds: a restart of a server is outlived, an outage is reported.
impl Default for Retry {
    fn default() -> Self {
        Self::after([500, 2_000, 6_000, 12_000].map(Duration::from_millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_tries_in_about_twenty_seconds() {
        let retry = Retry::default();
        let pauses: Vec<Duration> = (1..).map_while(|failed| retry.pause(failed)).collect();
        assert_eq!(pauses.len(), 4);
        assert!(pauses.is_sorted());
        assert_eq!(pauses.iter().sum::<Duration>().as_secs(), 20);
        assert_eq!(retry.pause(0), None);
    }
}
