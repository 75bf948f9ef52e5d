//! Comparing: whether the new table holds what the mapping makes of the old one, what else a validation asks,
//! and which rows of two tables differ.
//!
//! [`validate`] takes the rules of a validate step and both stores; gives one verdict for each rule, with figures.
//! All rules share one pass over the new table. The old table is read again only where what the copy hashed is
//! not enough. When checksums differ, the rows are named: from the chunks that are no longer what was copied
//! where a range of keys has the same rows on both sides ([`ranges`]), from both tables otherwise ([`buckets`]).
//! [`diff()`] compares any two tables the same way. It decides nothing.

mod aggregate;
mod buckets;
mod diff;
mod freshness;
mod in_store;
mod matching;
mod pairs;
mod pieces;
mod ranges;
mod require;
mod rows;
mod sides;
#[cfg(test)]
mod stores;
mod survey;
#[cfg(test)]
mod tests;
pub(crate) mod unchanged;

use std::sync::Arc;

use mig_plan::{CheckRule, ChunkBounds, ChunkDigest, Dataset, Verdict};

use self::require::Requirement;
use self::sides::{Input, Selection, Sides, same_ranges};
use self::survey::{Findings, Questions, Side, survey};
use crate::eval::{Mapping, MappingError};
use crate::progress::Progress;
use crate::scan::{self, Chunks};
use crate::store::Store;
use crate::transfer::TransferError;

pub use self::diff::{Comparison, Diff, Sample, diff, mappings};
pub use self::matching::{Matched, MatchedColumn, Unmatched, match_tables};
pub use self::rows::Differences;
pub use self::sides::Compared;

/// How many differing rows a verdict describes.
const DIFFERENCES_SHOWN: usize = 10;

/// What is validated: a dataset's two tables.
#[derive(Clone, Copy)]
pub struct Validation<'a> {
    /// The dataset, as the plan has it.
    pub dataset: &'a Dataset,
    /// Its mapping.
    pub mapping: &'a Arc<Mapping>,
    /// The store of the old table.
    pub old: &'a Store,
    /// The store of the new table.
    pub new: &'a Store,
    /// What the copy hashed; the old table is read and hashed again where it is not known, or a rule asks for it.
    pub copied: Option<&'a Hashed>,
    /// Counts the rows of every pass.
    pub progress: &'a Arc<Progress>,
}

/// What the copy hashed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hashed {
    /// The checksum of all rows.
    pub digest: ChunkDigest,
    /// The bounds of every chunk in the old table, and its checksum; none where they are not known.
    pub chunks: Vec<(ChunkBounds, ChunkDigest)>,
}

/// Looks whether each rule holds. Takes its own places in both stores' budgets: the caller holds none.
///
/// # Errors
/// When a store cannot be read, when the old table has a row that the mapping has no value for, or when the
/// plan's rules are none over this dataset.
pub async fn validate(rules: &[CheckRule], of: Validation<'_>) -> Result<Vec<Verdict>, TransferError> {
    let asked = Asked::new(rules, of)?;
    let copied = of.copied;
    let of = Validation { copied: copied.filter(|_| !asked.reread), ..of };
    let facts = asked.answer(of).await?;
    let changed = copied.filter(|copied| copied.digest != facts.old_digest);
    let mut verdicts = Vec::with_capacity(rules.len());
    let mut requirements = asked.requirements.iter().zip(&facts.new.aggregates);
    for rule in rules {
        verdicts.push(match rule {
            CheckRule::RowCount => row_count(of, facts.old_rows, &facts.new, copied),
            CheckRule::Checksum { .. } => {
                let mut verdict = checksum(of, facts.old_digest, &facts.new).await?;
                if !verdict.passed && changed.is_some() {
                    verdict.detail += "; the old table has changed since it was copied";
                }
                verdict
            }
            CheckRule::Freshness { within_seconds, column } => {
                let place = asked.newest.iter().position(|known| known == column).unwrap_or_default();
                let newest = |of: &[Option<i64>]| of.get(place).copied().flatten();
                let (old, new) = (newest(&facts.old_newest), newest(&facts.new.newest));
                freshness::verdict(of.dataset, column, *within_seconds, old, new)
            }
            CheckRule::Require { .. } => match requirements.next() {
                Some((requirement, seen)) => requirement.verdict(seen, facts.new.digest.rows, of.mapping),
                None => continue,
            },
        });
    }
    Ok(verdicts)
}

/// What the rules need to know.
struct Asked {
    /// Columns whose newest values are compared.
    newest: Vec<String>,
    requirements: Vec<Requirement>,
    count: bool,
    /// Whether the old table is hashed again.
    reread: bool,
}

/// What was found.
struct Facts {
    new: Findings,
    /// How many rows the old table has; counted now.
    old_rows: u64,
    /// The checksum of what the mapping makes of the old table.
    old_digest: ChunkDigest,
    old_newest: Vec<Option<i64>>,
}

impl Asked {
    fn new(rules: &[CheckRule], of: Validation<'_>) -> Result<Self, MappingError> {
        let mut asked = Self { newest: Vec::new(), requirements: Vec::new(), count: false, reread: false };
        for rule in rules {
            match rule {
                CheckRule::RowCount => asked.count = true,
                CheckRule::Checksum { reread } => asked.reread |= reread,
                CheckRule::Freshness { column, .. } => {
                    freshness::check(of.dataset, column)?;
                    if !asked.newest.contains(column) {
                        asked.newest.push(column.clone());
                    }
                }
                CheckRule::Require { aggregates, condition, source, message } => {
                    let fields = of.mapping.new_fields();
                    let requirement = Requirement::new(aggregates, condition, source, message, fields);
                    asked.requirements.push(requirement.map_err(|message| MappingError {
                        dataset: of.dataset.new.to_string(),
                        column: format!("`require {source}`"),
                        message,
                    })?);
                }
            }
        }
        Ok(asked)
    }

    async fn answer(&self, of: Validation<'_>) -> Result<Facts, TransferError> {
        let chunk_rows = of.dataset.chunk_rows;
        let questions = Arc::new(Questions {
            newest: self.newest.clone(),
            aggregates: self.requirements.iter().map(Requirement::aggregates).collect(),
        });
        // In the copy's own chunks, so that those that differ are known at the end of this one pass.
        let chunks = match of.known_chunks() {
            [] => Chunks::Find(chunk_rows),
            known => Chunks::Known(known.iter().map(|(bounds, _)| bounds.clone()).collect()),
        };
        let (new, (old_digest, old_newest, old_rows)) = tokio::try_join!(
            survey(Side::New, of.new, of.mapping, &questions, chunks, of.progress),
            self.answer_of_old(of),
        )?;
        Ok(Facts { new, old_rows, old_digest, old_newest })
    }

    /// The checksum of the old side, its newest values, and how many rows it has.
    async fn answer_of_old(
        &self,
        of: Validation<'_>,
    ) -> Result<(ChunkDigest, Vec<Option<i64>>, u64), TransferError> {
        let questions = Arc::new(Questions { newest: self.newest.clone(), aggregates: Vec::new() });
        let chunks = Chunks::Find(of.dataset.chunk_rows);
        match of.copied {
            None => {
                let old = survey(Side::Old, of.old, of.mapping, &questions, chunks, of.progress).await?;
                Ok((old.digest, old.newest, old.digest.rows))
            }
            // Of what was copied only the newest values are to be found: those columns alone are read.
            Some(copied) if !self.newest.is_empty() => {
                let columns = |name: &str| self.newest.iter().any(|column| column == name);
                let mapping = Arc::new(Mapping::of_columns(of.dataset, &columns)?);
                let old = survey(Side::Old, of.old, &mapping, &questions, chunks, of.progress).await?;
                Ok((copied.digest, old.newest, old.digest.rows))
            }
            Some(copied) if self.count => {
                let place = of.mapping.old_place();
                let _permit = scan::permit(of.old, place).await?;
                let error = TransferError::store(place);
                let rows = match of.old.data.count(&place.path).await.map_err(&error)? {
                    Some(rows) => rows,
                    // It is not there, which the store says in its own words.
                    None => of.old.data.estimate(&place.path).await.map_err(&error)?.rows,
                };
                Ok((copied.digest, Vec::new(), rows))
            }
            Some(copied) => Ok((copied.digest, Vec::new(), copied.digest.rows)),
        }
    }
}

fn row_count(of: Validation<'_>, old_rows: u64, new: &Findings, copied: Option<&Hashed>) -> Verdict {
    let (old_table, new_table, new_rows) = (&of.dataset.old, &of.dataset.new, new.digest.rows);
    let passed = old_rows == new_rows;
    let mut detail = match (passed, old_rows) {
        (true, 0) => format!("{old_table} and {new_table} have no rows"),
        (true, _) => format!("{old_table} and {new_table} both have {}", rows(old_rows)),
        (false, _) => format!("{old_table} has {}, {new_table} {}", rows(old_rows), thousands(new_rows)),
    };
    if let Some(copied) = copied
        && !passed
        && copied.digest.rows != old_rows
    {
        let copied = thousands(copied.digest.rows);
        detail += &format!("; {copied} were copied, so the old table has changed since");
    }
    Verdict { rule: "row count".to_owned(), passed, detail, differences: Vec::new() }
}

async fn checksum(of: Validation<'_>, old: ChunkDigest, new: &Findings) -> Result<Verdict, TransferError> {
    let rule = "checksum".to_owned();
    if old == new.digest {
        let detail = match old.rows {
            0 => "neither side has rows; their checksums are equal".to_owned(),
            count => {
                let to = match of.copied {
                    // What was written to the old table behind the copy is not looked at.
                    Some(_) => " to what was copied",
                    None => ", both tables read",
                };
                format!("{} are equal in every column{to}, checksum {:032x}", rows(count), old.sum)
            }
        };
        return Ok(Verdict { rule, passed: true, detail, differences: Vec::new() });
    }
    let found = differences(of, old.rows.max(new.digest.rows), new).await?;
    let new = new.digest;
    let at_least = if found.complete { "" } else { "at least " };
    let counts = [
        (found.changed, "with other values"),
        (found.missing, "missing in the new table"),
        (found.extra, "in the new table alone"),
    ];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{at_least}{} {what}", thousands(*count)))
        .collect();
    let detail = match (counts.is_empty(), found.complete) {
        (true, _) => format!(
            "the checksums differ ({old} expected, {new} found), and no row did when both sides were read again: \
             a table was changed while it was read"
        ),
        (false, true) => format!("rows differ: {}", counts.join(", ")),
        (false, false) => format!("rows differ: {}; not all of them were looked at", counts.join(", ")),
    };
    Ok(Verdict { rule, passed: false, detail, differences: found.rows })
}

/// The rows that differ, of tables of about so many.
async fn differences(of: Validation<'_>, rows: u64, new: &Findings) -> Result<Differences, TransferError> {
    let (old_input, new_input) = of.inputs();
    let sides = Arc::new(Sides {
        selection: Selection::all(of.mapping),
        old: old_input,
        new: new_input,
        chunk_rows: of.dataset.chunk_rows,
        limit: DIFFERENCES_SHOWN,
        progress: Arc::clone(of.progress),
        // What the copy hashed was not hashed by a store.
        in_store: None,
    });
    let found = match of.known_chunks() {
        [] if sides.by_ranges() => ranges::compare(&sides, Chunks::Find(sides.chunk_rows)).await?,
        [] => buckets::compare(&sides, rows).await?,
        known => ranges::compare(&sides, Chunks::Known(ranges::changed(known, &new.chunks))).await?,
    };
    Ok(found.differences)
}

impl<'a> Validation<'a> {
    /// The new table is read back as it is.
    fn inputs(&self) -> (Input, Input) {
        let old = Input { store: self.old.clone(), mapping: Arc::clone(self.mapping) };
        (old, Input { store: self.new.clone(), mapping: Arc::new(self.mapping.read_back()) })
    }

    /// The chunks of the copy, where their bounds mean the same rows in the new table.
    fn known_chunks(&self) -> &'a [(ChunkBounds, ChunkDigest)] {
        let (old, new) = self.inputs();
        match self.copied {
            Some(copied) if same_ranges(&old, &new) => &copied.chunks,
            _ => &[],
        }
    }
}

/// `1 row`, `12,345 rows`.
fn rows(count: u64) -> String {
    format!("{} {}", thousands(count), if count == 1 { "row" } else { "rows" })
}

/// A number with a comma before each group of three digits.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
