//! Metrics: where they come from, and what is asked for each.

use mig_lang::Span;
use mig_plan::{MetricSource, MetricUnit, Placeholder};

use super::Title;

/// Where metrics come from, as far as that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Metrics {
    /// From nowhere: nothing is said.
    #[default]
    Nowhere,
    /// What is said could not be read.
    Unread,
    /// From this source.
    From {
        /// Where it is said.
        span: Span,
        /// The source.
        source: MetricSource,
    },
}

/// A metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Name, doc, places.
    pub title: Title,
    /// What it counts in.
    pub unit: Option<MetricUnit>,
    /// What the source is asked.
    pub query: Option<Query>,
    /// What it is asked for the attempts, where that is written.
    pub attempts: Option<Query>,
}

/// A query and what is filled into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// As it is written.
    pub text: String,
    /// Its placeholders, each once.
    pub placeholders: Vec<Placeholder>,
}
