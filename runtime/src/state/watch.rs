//! What the readings of a soak come to: of each condition and consumer the last one, what it says, and since
//! when it has said so without a break. Takes readings as the journal has them; the time is theirs.

use std::collections::BTreeMap;

use mig_plan::{Condition, MetricUnit, Plan, Reading, Sample};

use super::UnixMillis;

/// So many times the pause between two readings may pass before there is a break: what happened meanwhile,
/// nobody knows.
const BREAK: i64 = 3;

/// What is watched while a wave soaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Conditions {
    pub(super) conditions: Vec<Condition>,
    /// The longest time between two readings without a break.
    unbroken: i64,
}

impl Conditions {
    /// Those of a wave; `None` where nothing is watched.
    pub(super) fn of(plan: &Plan, wave: &str) -> Option<Self> {
        let policy = plan.watched(wave)?;
        let every = plan.metric_source.as_ref()?.every_seconds();
        let every = i64::try_from(every).unwrap_or(i64::MAX).saturating_mul(1_000);
        Some(Self { conditions: policy.conditions.clone(), unbroken: every.saturating_mul(BREAK) })
    }
}

/// What has been read since the soak was last started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// Since when everything has been read without a break.
    pub since: Option<UnixMillis>,
    /// When everything was last read.
    pub last: Option<UnixMillis>,
    /// The silence of the source that lasts.
    pub silence: Option<Silence>,
    /// By condition, and the consumer it was asked about.
    pub watched: BTreeMap<(usize, Option<String>), Watched>,
}

/// A source that does not answer, or not everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Since when.
    pub since: UnixMillis,
    /// When it was last asked in vain.
    pub last: UnixMillis,
    /// How often it was asked in vain.
    pub tries: u32,
    /// Why, the last time.
    pub error: String,
}

/// The last reading of one condition, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// The reading.
    pub reading: Reading,
    /// When it was taken.
    pub at: UnixMillis,
    /// What it says.
    pub finding: Finding,
    /// Since when readings have said so without a break.
    pub since: UnixMillis,
    /// How many have.
    pub readings: u32,
}

/// What a reading says of its condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The metric is within its limit.
    Within,
    /// There are not enough attempts for the metric to count.
    TooFew,
    /// The metric is beyond its limit.
    Beyond,
    /// The source has no number.
    Missing,
}

impl Finding {
    /// What a reading says of a condition.
    pub fn of(condition: &Condition, reading: &Reading) -> Self {
        if condition.minimum_attempts > 0 {
            match reading.attempts.as_ref().and_then(Sample::number) {
                None => return Self::Missing,
                // Attempts are counted in floats by those who count them, and fit.
                Some(attempts) if attempts < condition.minimum_attempts as f64 => return Self::TooFew,
                Some(_) => {}
            }
        }
        let (Some(value), Ok(limit)) = (reading.value.number(), condition.threshold.parse::<f64>()) else {
            return Self::Missing;
        };
        let beyond = match condition.operator.as_str() {
            ">" => value > limit,
            ">=" => value >= limit,
            "<" => value < limit,
            "<=" => value <= limit,
            // No compiler writes another; what cannot be compared is not good.
            _ => return Self::Missing,
        };
        if beyond { Self::Beyond } else { Self::Within }
    }
}

impl Watch {
    /// Takes in what the source said.
    pub(super) fn read(
        &mut self,
        at: UnixMillis,
        conditions: &Conditions,
        readings: &[Reading],
        silent: Option<&str>,
    ) {
        let unbroken = |last: UnixMillis| at.saturating_sub(last) <= conditions.unbroken;
        for reading in readings {
            let Some(condition) = conditions.conditions.get(reading.condition) else { continue };
            let finding = Finding::of(condition, reading);
            let key = (reading.condition, reading.consumer.clone());
            let before = self.watched.get(&key);
            let same = before.filter(|before| before.finding == finding && unbroken(before.at));
            let (since, count) =
                same.map_or((at, 1), |before| (before.since, before.readings.saturating_add(1)));
            let now = Watched { reading: reading.clone(), at, finding, since, readings: count };
            self.watched.insert(key, now);
        }
        match silent {
            None => {
                let goes_on = self.last.is_some_and(unbroken);
                self.since = self.since.filter(|_| goes_on).or(Some(at));
                self.last = Some(at);
                self.silence = None;
            }
            Some(error) => {
                let before = self.silence.take();
                self.silence = Some(Silence {
                    since: before.as_ref().map_or(at, |before| before.since),
                    last: at,
                    tries: before.map_or(0, |before| before.tries).saturating_add(1),
                    error: error.to_owned(),
                });
            }
        }
    }
}

impl Watched {
    /// The reading in words, in the metric's unit: `2.4% of 532 attempts`.
    pub fn words(&self, unit: Option<MetricUnit>) -> String {
        let value = match (self.reading.value.number(), unit) {
            (Some(number), Some(unit)) => unit.shown(number),
            (None, _) | (_, None) => self.reading.value.to_string(),
        };
        match &self.reading.attempts {
            Some(attempts) if attempts.number().is_some() => format!("{value} of {attempts} attempts"),
            Some(missing) => format!("{value}, attempts: {missing}"),
            None => value,
        }
    }

    /// Whether what the last reading says has been said long enough for the condition.
    pub fn has_lasted(&self, condition: &Condition) -> bool {
        if condition.for_seconds == 0 {
            return self.readings >= Condition::READINGS;
        }
        let lasted = self.at.saturating_sub(self.since);
        u64::try_from(lasted).is_ok_and(|lasted| lasted >= condition.for_seconds.saturating_mul(1_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(operator: &str, threshold: &str, for_seconds: u64, minimum_attempts: u64) -> Condition {
        Condition {
            metric: "error_rate".to_owned(),
            operator: operator.to_owned(),
            threshold: threshold.to_owned(),
            for_seconds,
            minimum_attempts,
            source: String::new(),
        }
    }

    fn number(text: &str) -> Sample {
        Sample::Number(text.to_owned())
    }

    fn reading(value: Sample, attempts: Option<Sample>) -> Reading {
        Reading { condition: 0, consumer: None, value, attempts }
    }

    #[test]
    fn a_reading_is_compared_as_its_condition_says() {
        let of = |condition: &Condition, value: &str| Finding::of(condition, &reading(number(value), None));
        for (operator, below, at, above) in [
            (">", Finding::Within, Finding::Within, Finding::Beyond),
            (">=", Finding::Within, Finding::Beyond, Finding::Beyond),
            ("<", Finding::Beyond, Finding::Within, Finding::Within),
            ("<=", Finding::Beyond, Finding::Beyond, Finding::Within),
        ] {
            let condition = condition(operator, "0.01", 0, 0);
            let found = ["0.009", "0.01", "1e-1"].map(|value| of(&condition, value));
            assert_eq!(found, [below, at, above], "{operator}");
        }
        let condition = condition(">", "0.01", 0, 0);
        assert_eq!(of(&condition, "+Inf"), Finding::Beyond);
        assert_eq!(of(&condition, "-Inf"), Finding::Within);
        for missing in [number("NaN"), number("many"), Sample::NoSeries, Sample::NotANumber] {
            assert_eq!(Finding::of(&condition, &reading(missing, None)), Finding::Missing);
        }
    }

    /// A division of nothing by nothing is no number, and with no attempts that is nothing to worry about.
    #[test]
    fn attempts_come_first() {
        let condition = condition(">", "0.01", 300, 200);
        let of = |value: Sample, attempts: Option<Sample>| Finding::of(&condition, &reading(value, attempts));
        assert_eq!(of(Sample::NotANumber, Some(number("0"))), Finding::TooFew);
        assert_eq!(of(number("0.9"), Some(number("199.9"))), Finding::TooFew);
        assert_eq!(of(number("0.9"), Some(number("200"))), Finding::Beyond);
        assert_eq!(of(Sample::NotANumber, Some(number("200"))), Finding::Missing);
        assert_eq!(of(number("0.001"), Some(Sample::NoSeries)), Finding::Missing);
        assert_eq!(of(number("0.001"), None), Finding::Missing);
    }

    fn conditions(for_seconds: u64) -> Conditions {
        Conditions { conditions: vec![condition(">", "10", for_seconds, 0)], unbroken: 90_000 }
    }

    fn read(watch: &mut Watch, conditions: &Conditions, at: i64, value: &str) -> (Finding, i64, bool) {
        watch.read(at, conditions, &[reading(number(value), None)], None);
        let watched = &watch.watched[&(0, None)];
        (watched.finding, watched.since, watched.has_lasted(&conditions.conditions[0]))
    }

    #[test]
    fn what_is_said_lasts_until_something_else_is_said_or_nobody_looks() {
        let (mut watch, conditions) = (Watch::default(), conditions(60));
        assert_eq!(read(&mut watch, &conditions, 1_000, "11"), (Finding::Beyond, 1_000, false));
        assert_eq!(read(&mut watch, &conditions, 60_999, "12"), (Finding::Beyond, 1_000, false));
        assert_eq!(read(&mut watch, &conditions, 61_000, "12"), (Finding::Beyond, 1_000, true));
        assert_eq!(read(&mut watch, &conditions, 70_000, "9"), (Finding::Within, 70_000, false));
        assert_eq!(read(&mut watch, &conditions, 80_000, "12"), (Finding::Beyond, 80_000, false));
        assert_eq!(watch.since, Some(1_000));
        // Nobody looked for longer than three pauses.
        assert_eq!(read(&mut watch, &conditions, 170_001, "12"), (Finding::Beyond, 170_001, false));
        assert_eq!((watch.since, watch.last), (Some(170_001), Some(170_001)));
    }

    #[test]
    fn without_a_time_readings_are_counted() {
        let (mut watch, conditions) = (Watch::default(), conditions(0));
        let lasted: Vec<bool> = (0..4).map(|at| read(&mut watch, &conditions, at * 1_000, "11").2).collect();
        assert_eq!(lasted, [false, false, true, true]);
    }

    #[test]
    fn silence_is_counted_until_everything_is_answered() {
        let (mut watch, conditions) = (Watch::default(), conditions(60));
        read(&mut watch, &conditions, 1_000, "11");
        watch.read(2_000, &conditions, &[], Some("no route"));
        watch.read(3_000, &conditions, &[reading(number("11"), None)], Some("timeout"));
        let silence = Silence { since: 2_000, last: 3_000, tries: 2, error: "timeout".to_owned() };
        assert_eq!(watch.silence, Some(silence));
        // What was answered counts; that everything was read does not.
        assert_eq!((watch.last, watch.watched[&(0, None)].at), (Some(1_000), 3_000));
        read(&mut watch, &conditions, 4_000, "11");
        assert_eq!((watch.silence, watch.last), (None, Some(4_000)));
    }
}
