//! Validate: what the rules demand holds between old and new. A rule that does not hold fails the step, and
//! with it the wave; the verdicts are in the journal either way.

use std::sync::Arc;

use mig_plan::{CheckRule, ChunkDigest, Dataset, Event, Verdict};

use super::{Act, Done, Failure};
use crate::eval::Mapping;
use crate::transfer::{digest_new, digest_old};

pub(super) async fn act(act: &Act, name: &str, rules: &[CheckRule], reread: bool) -> Result<Done, Failure> {
    let dataset = act.dataset(name)?;
    let verdicts = verdicts(act, name, dataset, rules, reread).await?;
    let failed = failure(dataset, &verdicts);
    act.journal(vec![Event::Validated { step: act.step().id.clone(), verdicts }]).await?;
    failed.map_or(Ok(Done::Succeeded), Err)
}

async fn verdicts(
    act: &Act,
    name: &str,
    dataset: &Dataset,
    rules: &[CheckRule],
    reread: bool,
) -> Result<Vec<Verdict>, Failure> {
    let mapping = Mapping::new(dataset).map_err(|error| Failure::refused(error.to_string()))?;
    let mapping = Arc::new(mapping);
    let progress = act.progress(name, 0);
    let new = act.store(&dataset.new).await?;
    let new = digest_new(&new, &mapping, dataset.chunk_rows, &progress).await?;
    let old = if reread {
        let old = act.store(&dataset.old).await?;
        digest_old(&old, &mapping, dataset.chunk_rows, &progress).await?
    } else {
        copied(act, name)?
    };
    rules
        .iter()
        .map(|rule| match rule {
            CheckRule::RowCount => Ok(Verdict {
                rule: "row_count".to_owned(),
                passed: old.rows == new.rows,
                detail: format!("{} rows in the old table, {} in the new", old.rows, new.rows),
                differences: Vec::new(),
            }),
            CheckRule::Checksum => Ok(Verdict {
                rule: "checksum".to_owned(),
                passed: old == new,
                detail: format!("{old} in the old table, {new} in the new"),
                differences: Vec::new(),
            }),
            CheckRule::Freshness { .. } | CheckRule::Require { .. } => {
                Err(Failure::refused("this build of mig cannot check freshness and conditions"))
            }
        })
        .collect()
}

/// The digest of the old rows under the mapping, as the copy took it.
fn copied(act: &Act, name: &str) -> Result<ChunkDigest, Failure> {
    let copy = act.run.copies.get(name);
    let missing = || Failure::refused(format!("the plan copies no dataset {name}; make the plan again"));
    let copy = *copy.ok_or_else(missing)?;
    Ok(act.with_state(|state| state.record(copy).chunks.digest))
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
