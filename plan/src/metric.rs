//! Metrics: where they come from, and what the source is asked.

use serde::{Deserialize, Serialize};

use crate::Setting;

/// Where metrics come from, and how patiently they are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricSource {
    /// A server that speaks the HTTP API of Prometheus, version 1.
    Prometheus {
        /// Its base URL.
        url: Setting,
        /// The bearer token that it asks for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<Setting>,
        /// Seconds between two readings.
        every_seconds: u64,
        /// Seconds for which it may be silent before the run stops and waits for a person.
        patience_seconds: u64,
    },
}

impl MetricSource {
    /// Seconds between two readings.
    pub fn every_seconds(&self) -> u64 {
        match self {
            Self::Prometheus { every_seconds, .. } => *every_seconds,
        }
    }

    /// Seconds for which the source may be silent.
    pub fn patience_seconds(&self) -> u64 {
        match self {
            Self::Prometheus { patience_seconds, .. } => *patience_seconds,
        }
    }
}

/// A number that the source is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metric {
    /// The doc comment of the item it comes from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// What it counts in.
    pub unit: MetricUnit,
    /// What the source is asked, with placeholders.
    pub query: String,
    /// What the source is asked for the attempts behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<String>,
}

/// What a metric counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricUnit {
    /// A plain number.
    Number,
    /// A share of 1.
    Share,
    /// Seconds.
    Duration,
    /// Bytes.
    Size,
}

impl MetricUnit {
    /// Every unit, with its keyword in the language, a sentence about it, and a limit in it.
    pub const ALL: [(&'static str, Self, &'static str, &'static str); 4] = [
        ("number", Self::Number, "A plain number, in whatever the query counts.", "800"),
        ("share", Self::Share, "A share: the query gives 0.01 for `1%`.", "1%"),
        ("duration", Self::Duration, "A span of time: the query gives seconds.", "30s"),
        ("size", Self::Size, "A size: the query gives bytes.", "64 MiB"),
    ];

    /// The keyword in the language.
    pub fn keyword(self) -> &'static str {
        Self::ALL.iter().find(|(_, unit, ..)| *unit == self).map_or("?", |(keyword, ..)| keyword)
    }

    /// A number of this unit as people read it: `2.4%`, `800`, `1.5s`, `64 B`.
    pub fn shown(self, number: f64) -> String {
        // Enough digits to tell a value from its limit.
        let rounded = |number: f64| {
            let text = format!("{number:.4}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        };
        match self {
            Self::Number => rounded(number),
            Self::Share => format!("{}%", rounded(number * 100.0)),
            Self::Duration => format!("{}s", rounded(number)),
            Self::Size => format!("{} B", rounded(number)),
        }
    }

    /// A limit in this unit, as the language writes it.
    pub fn example(self) -> &'static str {
        Self::ALL.iter().find(|(_, unit, ..)| *unit == self).map_or("?", |(_, _, _, example)| example)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_shown_in_its_unit() {
        let shown = |number| MetricUnit::ALL.map(|(_, unit, ..)| unit.shown(number));
        assert_eq!(shown(0.024), ["0.024", "2.4%", "0.024s", "0.024 B"]);
        assert_eq!(shown(800.0), ["800", "80000%", "800s", "800 B"]);
        assert_eq!(MetricUnit::Share.shown(f64::INFINITY), "inf%");
    }
}
