//! Validate: what the rules demand holds between old and new. A rule that does not hold fails the step, and
//! with it the wave; the verdicts are in the journal either way.

use std::sync::Arc;

use mig_plan::{CheckRule, Dataset, Event, Verdict};

use super::{Act, Done, Failure, prepare};
use crate::compare::{Hashed, Validation, validate};
use crate::eval::Mapping;
use crate::store::Store;

pub(super) async fn act(act: &Act, name: &str, rules: &[CheckRule]) -> Result<Done, Failure> {
    let dataset = act.dataset(name)?;
    // It changes nothing, and may be broken off anywhere.
    let verdicts = tokio::select! {
        verdicts = verdicts(act, name, dataset, rules) => verdicts?,
        () = act.stop.cancelled() => return Ok(Done::Stopped),
    };
    let failed = failure(dataset, &verdicts);
    act.report(vec![Event::Validated { step: act.step().id.clone(), verdicts }]).await?;
    failed.map_or(Ok(Done::Succeeded), Err)
}

async fn verdicts(
    act: &Act,
    name: &str,
    dataset: &Dataset,
    rules: &[CheckRule],
) -> Result<Vec<Verdict>, Failure> {
    let mapping = Mapping::new(dataset).map_err(|error| Failure::refused(error.to_string()))?;
    let (old, new) = (act.store(&dataset.old).await?, act.store(&dataset.new).await?);
    require_same_schema(act, dataset, &old).await?;
    let validation = Validation {
        dataset,
        mapping: &Arc::new(mapping),
        old: &old,
        new: &new,
        copied: Some(&copied(act, name)?),
        progress: &act.progress(name, 0),
    };
    Ok(validate(rules, validation).await?)
}

/// Refuses what is in no new column because its old column came after the plan. What a folder's files have is looked at
/// whenever they are read.
async fn require_same_schema(act: &Act, dataset: &Dataset, old: &Store) -> Result<(), Failure> {
    if act.is_of_files(&dataset.old) {
        return Ok(());
    }
    let _permits = act.permits(&[&dataset.old]).await?;
    match prepare::schema_changes(old, dataset).await? {
        None => Ok(()),
        Some(changes) => Err(Failure::validation(format!(
            "the schema of {} has changed since the plan was made: {changes}; make the plan again",
            dataset.old
        ))),
    }
}

/// The digest of the old rows under the mapping, as the copy took it, and that of every chunk.
fn copied(act: &Act, name: &str) -> Result<Hashed, Failure> {
    let copy = act.run.copies.get(name);
    let missing = || Failure::refused(format!("the plan copies no dataset {name}; make the plan again"));
    let copy = *copy.ok_or_else(missing)?;
    Ok(act.with_state(|state| {
        let chunks = &state.record(copy).chunks;
        let hashed = (0..)
            .zip(&chunks.planned)
            .map(|(chunk, bounds)| Some((bounds.clone(), *chunks.copied.get(&chunk)?)));
        // Chunks that do not make up the whole table say nothing of it.
        let all = if chunks.all_planned { hashed.collect() } else { None };
        Hashed { digest: chunks.digest, chunks: all.unwrap_or_default() }
    }))
}

/// What does not hold: the first in full, the others counted.
fn failure(dataset: &Dataset, verdicts: &[Verdict]) -> Option<Failure> {
    let mut broken = verdicts.iter().filter(|verdict| !verdict.passed);
    let first = broken.next()?;
    let more = match broken.count() {
        0 => String::new(),
        1 => " (and 1 more rule)".to_owned(),
        more => format!(" (and {more} more rules)"),
    };
    let (old, new) = (&dataset.old, &dataset.new);
    let error = format!("{old} and {new} differ: {}: {}{more}", first.rule, first.detail);
    Some(Failure::validation(error))
}
