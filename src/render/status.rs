//! Where a run stands, for people and as data.

use std::collections::BTreeMap;
use std::time::Duration;

use console::style;
use mig_plan::{OldTable, Op, Outcome, PlanFile, RowDifference, Step, Verdict};
use mig_runtime::state::{Phase, RunState, StepRecord, StepStatus};

use super::layout::{labelled, paragraph, table};
use super::metrics;
use super::outline::{family, subject};
use super::plan::ends;
use super::words::{bytes, count, counted, counted_len, first_of, listed, safe, seconds};

/// A run and what is known of it.
pub(crate) struct Status<'a> {
    /// Its plan.
    pub(crate) file: &'a PlanFile,
    /// Its state.
    pub(crate) state: &'a RunState,
    /// The process that has the migration, in words; `None` when nobody has.
    pub(crate) holder: Option<String>,
    /// For whom nobody has approved yet, by approval.
    pub(crate) missing: Vec<(String, Vec<mig_plan::EntityRef>)>,
    /// What the commands' argument is that names this migration: a folder or a plan file.
    pub(crate) target: String,
}

/// A family with more members than this is told in lines by how they stand.
const FAMILY: usize = 6;
/// So many differing rows of a validation are shown.
const ROWS: usize = 5;

/// The text for people.
pub(crate) fn human(status: &Status<'_>, all: bool, width: usize) -> String {
    let plan = &status.file.plan;
    let digest = format!("plan {}", status.file.digest.short());
    let mut out = ends(&style(safe(&plan.migration.name)).bold().to_string(), &digest, width);
    out.push_str(&paragraph(2, &phase_line(status), width));
    for wave in &plan.waves {
        let steps: Vec<(&Step, &StepRecord)> = plan
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| step.wave == wave.name)
            // Cleanups are no part of what a wave does: they come when a person makes the run final.
            .filter(|(_, step)| status.state.is_completing() || !step.op.is_cleanup())
            .map(|(position, step)| (step, status.state.record(position)))
            .collect();
        out.push('\n');
        let done = steps.iter().filter(|(_, record)| record.status == StepStatus::Done).count();
        let tally = format!("{} of {}", count(done as u64), counted_len(steps.len(), "step"));
        out.push_str(&ends(&style(format!("Wave {}", safe(&wave.name))).bold().to_string(), &tally, width));
        out.push_str(&table(&rows(&steps, all), 2, 26, width));
        for (_, record) in &steps {
            out.push_str(&metrics::readings(plan, &wave.name, &record.watch, all, width));
        }
    }
    out.push_str(&troubles(status, width));
    let next = next(status);
    if !next.is_empty() {
        out.push('\n');
        for line in next {
            out.push_str(&labelled(0, &style("Next").bold().to_string(), 4, &line, width));
        }
    }
    out
}

/// The state of the run in a sentence.
fn phase_line(status: &Status<'_>) -> String {
    let state = match status.state.phase() {
        Phase::New => "approved or looked at, not started".to_owned(),
        Phase::Forward => "running".to_owned(),
        Phase::RollingBack(rollback) => format!("being undone: {}", safe(&rollback.reason)),
        Phase::Completing => "being made final".to_owned(),
        Phase::Ended { outcome: Outcome::Completed, .. } if status.state.is_final() => {
            format!("{} and made final: there is no way back", outcome_line(&Outcome::Completed))
        }
        Phase::Ended { outcome, .. } if status.state.is_completing() => {
            format!("completed; being made final: {}", outcome_line(outcome))
        }
        Phase::Ended { outcome, .. } => outcome_line(outcome),
    };
    match (&status.holder, status.state.phase()) {
        (Some(holder), _) => format!("{state} ({})", safe(holder)),
        (None, Phase::Forward | Phase::RollingBack(_) | Phase::Completing) => {
            format!("{state} when its process ended; nobody has it now")
        }
        (None, Phase::New | Phase::Ended { .. }) => state,
    }
}

/// An outcome in words, coloured by how good it is.
pub(crate) fn outcome_line(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Completed => style("completed").green().to_string(),
        Outcome::RolledBack { reason } => format!("{}: {}", style("rolled back").yellow(), safe(reason)),
        Outcome::Stuck { reason } => format!("{}: {}", style("stuck").red(), safe(reason)),
        Outcome::Waiting { approvals } => {
            let approvals: Vec<String> = approvals.iter().map(|name| safe(name)).collect();
            let noun = if approvals.len() == 1 { "approval" } else { "approvals" };
            format!("{} for the {noun} {}", style("waiting").yellow(), listed(&approvals))
        }
        Outcome::Interrupted => style("interrupted").yellow().to_string(),
    }
}

/// A row for each dataset, consumer and wave step, and one for each way in which a large family stands.
fn rows(steps: &[(&Step, &StepRecord)], all: bool) -> Vec<Vec<String>> {
    let mut of: BTreeMap<&str, Vec<(&Step, &StepRecord)>> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for (step, record) in steps {
        if matches!(step.op, Op::Gate) {
            continue;
        }
        // A step of the wave itself (an approval, a soak) is told by its stage.
        let name = subject(step).unwrap_or_else(|| step.op.stage());
        let place = of.entry(name).or_default();
        if place.is_empty() {
            order.push(name);
        }
        place.push((step, record));
    }
    let members = |name: &str| {
        order.iter().filter(|other| family(other).is_some() && family(other) == family(name)).count()
    };
    let mut rows = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    for name in &order {
        let size = members(name);
        if all || size <= FAMILY {
            let Some(steps) = of.get(name) else { continue };
            let (word, fact) = standing(steps);
            rows.push(vec![safe(name), colored(&word), style(fact).dim().to_string()]);
            continue;
        }
        let Some(family_name) = family(name).filter(|family| !told.contains(family)) else { continue };
        told.push(family_name);
        let mut alike: BTreeMap<String, (u64, u64, u64)> = BTreeMap::new();
        for member in order.iter().filter(|other| family(other) == Some(family_name)) {
            let Some(steps) = of.get(member) else { continue };
            let (copied, size) = copied(steps);
            let sums = alike.entry(standing(steps).0).or_default();
            *sums = (sums.0 + 1, sums.1 + copied, sums.2 + size);
        }
        for (word, (members, copied, size)) in alike {
            let mut fact =
                format!("{} of {size_all}", count(members), size_all = count(of_family(&order, family_name)));
            if copied > 0 {
                fact.push_str(&format!("; {}, {}", counted(copied, "row"), bytes(size)));
            }
            rows.push(vec![
                format!("{}.*", safe(family_name)),
                colored(&word),
                style(fact).dim().to_string(),
            ]);
        }
    }
    rows
}

fn of_family(names: &[&str], wanted: &str) -> u64 {
    names.iter().filter(|name| family(name) == Some(wanted)).count() as u64
}

/// Rows and bytes that the steps copied.
fn copied(steps: &[(&Step, &StepRecord)]) -> (u64, u64) {
    steps.iter().fold((0, 0), |(rows, size), (_, record)| {
        (rows + record.chunks.digest.rows, size + record.chunks.bytes)
    })
}

/// Where something stands that several steps work on: a word, and facts.
fn standing(steps: &[(&Step, &StepRecord)]) -> (String, String) {
    let with = |wanted: &dyn Fn(StepStatus) -> bool| steps.iter().find(|(_, record)| wanted(record.status));
    let word = if let Some((step, _)) = with(&|status| matches!(status, StepStatus::Failed(_))) {
        format!("{} failed", step.op.stage())
    } else if let Some((step, _)) = with(&|status| status == StepStatus::UndoFailed) {
        format!("{} not undone", step.op.stage())
    } else if with(&|status| status == StepStatus::Undoing).is_some() {
        "being undone".to_owned()
    } else if let Some((step, _)) = with(&|status| status == StepStatus::Running) {
        format!("{}…", step.op.stage())
    } else if let Some((step, _)) = with(&|status| status == StepStatus::Stopped) {
        format!("{} stopped", step.op.stage())
    } else if with(&|status| status == StepStatus::Waiting).is_some() {
        "waiting".to_owned()
    } else if steps.iter().all(|(_, record)| record.status == StepStatus::Done) {
        "done".to_owned()
    } else if let Some((step, _)) = steps.iter().rfind(|(_, record)| record.status == StepStatus::Done) {
        format!("{} done", step.op.stage())
    } else if steps.iter().any(|(_, record)| record.status == StepStatus::Undone || record.undone > 0) {
        "undone".to_owned()
    } else {
        "pending".to_owned()
    };
    let mut facts = Vec::new();
    let (rows, size) = copied(steps);
    if rows > 0 {
        facts.extend([counted(rows, "row"), bytes(size)]);
        let pace =
            steps.iter().find_map(|(_, record)| record.chunks.pace.per_second(record.chunks.digest.rows));
        facts.extend(pace.map(|pace| format!("{} rows/s", count(pace))));
    }
    let retries: u32 = steps.iter().map(|(_, record)| record.retries).sum();
    if retries > 0 {
        facts.push(match retries {
            1 => "tried again once".to_owned(),
            more => format!("tried again {more} times"),
        });
    }
    let dropped = steps.iter().any(|(step, record)| {
        matches!(step.op, Op::Cleanup { old: OldTable::Drop, .. }) && record.status == StepStatus::Done
    });
    if dropped {
        facts.push("the old table is dropped".to_owned());
    }
    let verdicts: Vec<&Verdict> = steps.iter().flat_map(|(_, record)| &record.verdicts).collect();
    if !verdicts.is_empty() {
        let passed = verdicts.iter().filter(|verdict| verdict.passed).count();
        facts.push(format!("{} of {} hold", passed, counted_len(verdicts.len(), "rule")));
    }
    (word, facts.join(", "))
}

fn colored(word: &str) -> String {
    let color = if word == "done" {
        style(word).green()
    } else if word.ends_with("failed") || word.ends_with("not undone") {
        style(word).red()
    } else if word == "pending" {
        style(word).dim()
    } else {
        style(word).yellow()
    };
    color.to_string()
}

/// Every step that failed, with what a validation found; those that failed alike are told once.
fn troubles(status: &Status<'_>, width: usize) -> String {
    let mut found: Vec<(Vec<String>, Option<&str>, Vec<&Verdict>)> = Vec::new();
    let mut alike: BTreeMap<&str, usize> = BTreeMap::new();
    for (position, step) in status.file.plan.steps.iter().enumerate() {
        let record = status.state.record(position);
        let broken: Vec<&Verdict> = record.verdicts.iter().filter(|verdict| !verdict.passed).collect();
        let failed = matches!(record.status, StepStatus::Failed(_) | StepStatus::UndoFailed);
        if !failed && broken.is_empty() {
            continue;
        }
        let name = safe(&step.id.0);
        let error = record.error.as_deref();
        let told =
            error.filter(|_| broken.is_empty()).map(|error| *alike.entry(error).or_insert(found.len()));
        match told.and_then(|place| found.get_mut(place)) {
            Some((steps, ..)) => steps.push(name),
            None => found.push((vec![name], error, broken)),
        }
    }
    let told = found.into_iter().map(|(steps, error, broken)| trouble(&steps, error, &broken, width));
    told.map(|text| format!("\n{text}")).collect()
}

/// What went wrong in a step, or in several alike.
fn trouble(steps: &[String], error: Option<&str>, broken: &[&Verdict], width: usize) -> String {
    let mut out = format!("{} {}\n", style("✗").red(), style(first_of(steps)).bold());
    // The error of a validation repeats its verdicts.
    if let Some(error) = error.filter(|_| broken.is_empty()) {
        out.push_str(&paragraph(2, &safe(error), width));
    }
    out.push_str(&verdicts_text(broken, width));
    out
}

/// What each broken rule found, with the first rows that differ.
pub(crate) fn verdicts_text(broken: &[&Verdict], width: usize) -> String {
    let mut out = String::new();
    for verdict in broken {
        out.push_str(&labelled(2, &safe(&verdict.rule), 12, &safe(&verdict.detail), width));
        let mut rows =
            vec![["row", "column", "old", "new"].map(|cell| style(cell).dim().to_string()).to_vec()];
        rows.extend(verdict.differences.iter().take(ROWS).flat_map(difference));
        if rows.len() > 1 {
            out.push_str(&table(&rows, 4, 24, width));
        }
        if let Some(more) = verdict.differences.len().checked_sub(ROWS).filter(|more| *more > 0) {
            out.push_str(&format!("    … and {} more\n", counted_len(more, "row")));
        }
    }
    out
}

fn difference(row: &RowDifference) -> Vec<Vec<String>> {
    let key: Vec<String> = row.key.iter().map(|value| safe(&value.to_string())).collect();
    let side =
        |value: &Option<String>| value.as_ref().map_or_else(|| "no such row".to_owned(), |text| safe(text));
    row.columns
        .iter()
        .map(|column| vec![key.join(", "), safe(&column.column), side(&column.old), side(&column.new)])
        .collect()
}

/// What a person can do now, a line each.
pub(crate) fn next(status: &Status<'_>) -> Vec<String> {
    let target = &status.target;
    if status.holder.is_some() {
        return Vec::new();
    }
    let mut lines = Vec::new();
    let goes_on = || format!("mig apply {target} # goes on where it stopped");
    let completes = || format!("mig complete {target} # makes it final, with no way back");
    match status.state.phase() {
        Phase::New => lines.push(format!("mig apply {target}")),
        Phase::Forward | Phase::RollingBack(_) => lines.push(goes_on()),
        Phase::Completing => lines.push(completes()),
        Phase::Ended { outcome: Outcome::Completed, .. } if status.state.is_final() => {}
        Phase::Ended { rollback: None, .. } if status.state.is_completing() => lines.push(completes()),
        Phase::Ended { outcome, .. } => match outcome {
            Outcome::Completed => lines.extend(drops_old(status).then(completes)),
            Outcome::RolledBack { .. } => lines.push(format!("mig apply {target} # runs it again")),
            Outcome::Stuck { .. } | Outcome::Interrupted => lines.push(goes_on()),
            Outcome::Waiting { approvals } => {
                for (name, from) in status.missing.iter().filter(|(name, _)| approvals.contains(name)) {
                    for who in from {
                        lines.push(format!(
                            "mig approve {target} {} --from {} --by @user:…",
                            safe(name),
                            safe(&who.source_form())
                        ));
                    }
                }
                lines.push(goes_on());
            }
        },
    }
    lines
}

/// Whether an old table waits to be dropped.
fn drops_old(status: &Status<'_>) -> bool {
    status.file.plan.steps.iter().any(|step| matches!(step.op, Op::Cleanup { old: OldTable::Drop, .. }))
}

/// The end of a run in a few lines: how it ended, what was done, what went wrong, what to do next.
pub(crate) fn summary(status: &Status<'_>, outcome: &Outcome, took: Duration, width: usize) -> String {
    let steps: Vec<(&Step, &StepRecord)> =
        status.file.plan.steps.iter().enumerate().map(|(at, step)| (step, status.state.record(at))).collect();
    let mut out = troubles(status, width);
    if !out.is_empty() {
        out.push('\n');
    }
    let done = |wanted: &dyn Fn(&Op) -> bool| {
        steps.iter().filter(|(step, record)| record.status == StepStatus::Done && wanted(&step.op)).count()
    };
    let (rows, size) = copied(&steps);
    let mut facts = Vec::new();
    let copies = done(&|op| matches!(op, Op::Copy { .. }));
    if copies > 0 {
        facts.push(format!(
            "{} copied ({}, {})",
            counted_len(copies, "dataset"),
            counted(rows, "row"),
            bytes(size)
        ));
    }
    let validated = done(&|op| matches!(op, Op::Validate { .. }));
    if validated > 0 {
        facts.push(counted_len(validated, "validation"));
    }
    let switched = done(&|op| matches!(op, Op::CutOver { .. }));
    if switched > 0 {
        facts.push(counted_len(switched, "cut-over"));
    }
    let dropped = done(&|op| matches!(op, Op::Cleanup { old: OldTable::Drop, .. }));
    if dropped > 0 {
        facts.push(format!("{} dropped", counted_len(dropped, "old table")));
    }
    let name = safe(&status.file.plan.migration.name);
    let what = match outcome {
        Outcome::Completed if status.state.is_final() => {
            format!("{}: there is no way back", style("made final").green())
        }
        Outcome::Completed
        | Outcome::RolledBack { .. }
        | Outcome::Stuck { .. }
        | Outcome::Waiting { .. }
        | Outcome::Interrupted => outcome_line(outcome),
    };
    let line = format!("{} {what}", style(name).bold());
    out.push_str(&paragraph(0, &line, width));
    facts.push(seconds(took));
    out.push_str(&format!("  {}\n", style(facts.join(", ")).dim()));
    for line in next(status) {
        out.push_str(&labelled(0, &style("Next").bold().to_string(), 4, &line, width));
    }
    out
}
