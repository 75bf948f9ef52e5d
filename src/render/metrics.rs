//! Metrics for people: what is watched and what is asked, and what the last readings said.

use console::style;
use mig_plan::{Condition, MetricSource, NoData, Plan, RollbackPolicy};
use mig_runtime::state::{Finding, Watch, Watched};

use super::expr::name;
use super::layout::{labelled, paragraph, table};
use super::words::{counted, duration, place, safe};

/// So many consumers of a condition are shown, those first that are worst.
const CONSUMERS: usize = 6;

/// What is watched while a wave soaks, and by whom.
pub(super) fn watch(plan: &Plan, policy: &RollbackPolicy) -> String {
    let conditions: Vec<String> = policy.conditions.iter().map(|one| safe(&one.source)).collect();
    let conditions = conditions.join("; ");
    let Some(source) = &plan.metric_source else {
        return format!("by you, and `mig rollback` if it comes: {conditions}");
    };
    let no_data = match policy.no_data {
        NoData::Pause => "it waits for a person",
        NoData::Proceed => "it goes on",
        NoData::Revert => "it is undone",
    };
    let every = duration(source.every_seconds());
    format!("every {every}, and undone if it comes: {conditions}; without data {no_data}")
}

/// Where metrics come from, and what is asked for each.
pub(super) fn source(plan: &Plan, width: usize) -> String {
    let Some(MetricSource::Prometheus { url, every_seconds, patience_seconds, token: _ }) =
        &plan.metric_source
    else {
        return String::new();
    };
    let mut out = format!("\n{}\n", style("Metrics").bold());
    let asked = format!(
        "{}, every {}; silent for {}, the run waits for a person",
        place(url),
        duration(*every_seconds),
        duration(*patience_seconds)
    );
    out.push_str(&labelled(2, &style("prometheus").cyan().to_string(), 14, &asked, width));
    for (metric, asked) in &plan.metrics {
        out.push_str(&format!("  {}: {}\n", style(name(metric)).cyan(), asked.unit.keyword()));
        out.push_str(&labelled(4, &style("query").dim().to_string(), 8, &safe(&asked.query), width));
        if let Some(attempts) = &asked.attempts {
            out.push_str(&labelled(4, &style("attempts").dim().to_string(), 8, &safe(attempts), width));
        }
    }
    out
}

/// What was last read while a wave soaked; empty where nothing was.
pub(super) fn readings(plan: &Plan, wave: &str, watch: &Watch, all: bool, width: usize) -> String {
    let Some(policy) = plan.watched(wave) else { return String::new() };
    let mut out = String::new();
    for (at, condition) in policy.conditions.iter().enumerate() {
        let mut read: Vec<(Option<&str>, &Watched)> = watch
            .watched
            .iter()
            .filter(|((of, _), _)| *of == at)
            .map(|((_, consumer), watched)| (consumer.as_deref(), watched))
            .collect();
        if read.is_empty() {
            continue;
        }
        read.sort_by_key(|(consumer, watched)| (rank(watched.finding), *consumer));
        out.push_str(&paragraph(2, &safe(&condition.source), width));
        let shown = if all { read.len() } else { CONSUMERS };
        let rows: Vec<Vec<String>> = read
            .iter()
            .take(shown)
            .map(|(consumer, watched)| {
                let facts = facts(plan, condition, watched);
                vec![
                    consumer.map_or_else(|| "the wave".to_owned(), safe),
                    finding(watched.finding),
                    style(facts).dim().to_string(),
                ]
            })
            .collect();
        out.push_str(&table(&rows, 4, 26, width));
        if let Some(more) = read.len().checked_sub(shown).filter(|more| *more > 0) {
            out.push_str(&format!("    … and {}\n", counted(more as u64, "more consumer")));
        }
    }
    if let Some(silence) = &watch.silence {
        let text = format!(
            "{} for {}: {}",
            style("the source of metrics is silent").red(),
            span(silence.last, silence.since),
            safe(&silence.error)
        );
        out.push_str(&paragraph(2, &text, width));
    }
    out
}

/// The worst first.
fn rank(finding: Finding) -> u8 {
    match finding {
        Finding::Beyond => 0,
        Finding::Missing => 1,
        Finding::TooFew => 2,
        Finding::Within => 3,
    }
}

fn finding(finding: Finding) -> String {
    match finding {
        Finding::Beyond => style("beyond").red(),
        Finding::Missing => style("no data").yellow(),
        Finding::TooFew => style("too few").dim(),
        Finding::Within => style("within").green(),
    }
    .to_string()
}

/// `0.2% of 532 attempts, for 3m (7 readings)`
fn facts(plan: &Plan, condition: &Condition, watched: &Watched) -> String {
    let words = watched.words(plan.metrics.get(&condition.metric).map(|metric| metric.unit));
    let lasts = span(watched.at, watched.since);
    format!("{}, for {lasts} ({})", safe(&words), counted(watched.readings.into(), "reading"))
}

fn span(until: i64, since: i64) -> String {
    duration(u64::try_from(until.saturating_sub(since)).unwrap_or(0) / 1_000)
}
