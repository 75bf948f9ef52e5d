//! Metrics: what is asked while a wave soaks, and what the source answers. It compares nothing with a limit and
//! decides nothing.
//!
//! Whatever the source does, the answer is one of three: a number or the plain word that there is none, silence,
//! which may pass, or a refusal, which a person must mend.

mod prometheus;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt as _;
use mig_plan::{
    Condition, Metric, MetricSource, Placeholder, Plan, Reading, RollbackPolicy, Sample, Values, fill,
    placeholders,
};

use crate::settings::Environment;
use prometheus::Prometheus;

/// How many queries are under way at a time.
const AT_ONCE: usize = 8;

/// One condition about one consumer, or about the wave: what the source is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// The condition's place in the policy.
    pub(crate) condition: usize,
    /// The consumer's name in the plan.
    pub(crate) consumer: Option<String>,
    /// The query of the metric.
    pub(crate) value: String,
    /// The query of the attempts, where the condition asks for them.
    pub(crate) attempts: Option<String>,
}

/// What is asked while a wave soaks. A metric that names `$consumer` is asked for each consumer of the wave, and
/// one that names consumers is not asked where there is none.
pub(crate) fn questions(plan: &Plan, wave: &str, policy: &RollbackPolicy) -> Vec<Question> {
    let Some(wave) = plan.waves.iter().find(|known| known.name == wave) else { return Vec::new() };
    let consumers: Vec<(&String, &str)> = wave
        .consumers
        .iter()
        .filter_map(|name| Some((name, plan.consumers.get(name)?.entity.name())))
        .collect();
    let entities: Vec<&str> = consumers.iter().map(|(_, entity)| *entity).collect();
    let mut asked = Vec::new();
    for (at, condition) in policy.conditions.iter().enumerate() {
        let Some(metric) = plan.metrics.get(&condition.metric) else { continue };
        let values = |consumer| Values {
            consumer,
            consumers: &entities,
            wave: &wave.name,
            migration: &plan.migration.name,
            window_seconds: condition.for_seconds,
        };
        let question = |consumer: Option<&String>, values: &Values<'_>| Question {
            condition: at,
            consumer: consumer.cloned(),
            value: fill(&metric.query, values),
            attempts: counted(condition, metric).map(|query| fill(query, values)),
        };
        let names = named(condition, metric);
        if names.contains(&Placeholder::Consumer) {
            asked.extend(consumers.iter().map(|(name, entity)| question(Some(name), &values(entity))));
        } else if !names.contains(&Placeholder::Consumers) || !consumers.is_empty() {
            asked.push(question(None, &values("")));
        }
    }
    asked
}

/// The query of the attempts, where the condition asks for them.
fn counted<'m>(condition: &Condition, metric: &'m Metric) -> Option<&'m String> {
    metric.attempts.as_ref().filter(|_| condition.minimum_attempts > 0)
}

/// What the queries of a condition name.
fn named(condition: &Condition, metric: &Metric) -> Vec<Placeholder> {
    let queries = std::iter::once(&metric.query).chain(counted(condition, metric));
    queries.flat_map(|query| placeholders(query).unwrap_or_default()).collect()
}

/// What a source said to all questions at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Round {
    /// What it answered.
    pub(crate) readings: Vec<Reading>,
    /// Why it did not answer, or not everything.
    pub(crate) silent: Option<String>,
}

/// Why a query has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Unread {
    /// The source did not answer; it may a moment later.
    Silent(String),
    /// The source, or its answer, rules the query out until a person mends it.
    Refused(String),
}

/// A source of metrics, ready to be asked.
pub(crate) enum Source<'c> {
    /// A Prometheus.
    Prometheus(Prometheus<'c>),
}

impl<'c> Source<'c> {
    /// The source of a plan.
    ///
    /// # Errors
    /// What of its settings is missing or no address, as a sentence that says what to do.
    pub(crate) fn open(
        source: &MetricSource,
        client: &'c reqwest::Client,
        environment: &Environment,
    ) -> Result<Self, String> {
        match source {
            MetricSource::Prometheus { url, token, every_seconds: _, patience_seconds: _ } => {
                Prometheus::open(client, url, token.as_ref(), environment).map(Self::Prometheus)
            }
        }
    }

    /// Asks everything once. A query that stands in several questions is asked once for all.
    ///
    /// # Errors
    /// Why a query can have no answer before a person mends it.
    pub(crate) async fn read(&self, questions: &[Question]) -> Result<Round, String> {
        let queries: BTreeSet<String> = questions
            .iter()
            .flat_map(|question| std::iter::once(&question.value).chain(&question.attempts))
            .cloned()
            .collect();
        let asked = queries.into_iter().map(|query| async move { (self.ask(&query).await, query) });
        let mut answers = futures::stream::iter(asked).buffer_unordered(AT_ONCE);
        let mut samples: BTreeMap<String, Result<Sample, Unread>> = BTreeMap::new();
        while let Some((answer, query)) = answers.next().await {
            samples.insert(query, answer);
        }
        let mut silent = None;
        for sample in samples.values() {
            match sample {
                Ok(_) => {}
                Err(Unread::Refused(error)) => return Err(error.clone()),
                Err(Unread::Silent(error)) => {
                    silent.get_or_insert(error);
                }
            }
        }
        let silent = silent.cloned();
        let sample = |query: &str| samples.get(query).and_then(|sample| sample.clone().ok());
        let readings = questions.iter().filter_map(|question| {
            let attempts = match &question.attempts {
                Some(query) => Some(sample(query)?),
                None => None,
            };
            let value = sample(&question.value)?;
            Some(Reading {
                condition: question.condition,
                consumer: question.consumer.clone(),
                value,
                attempts,
            })
        });
        Ok(Round { readings: readings.collect(), silent })
    }

    async fn ask(&self, query: &str) -> Result<Sample, Unread> {
        match self {
            Self::Prometheus(prometheus) => prometheus.ask(query).await,
        }
    }
}
