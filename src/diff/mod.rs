//! What `mig diff` found, as a model that the table, the JSON and the page are made from. Holds no row of its own:
//! the runtime compared.

mod html;
mod human;
mod json;
mod spec;

use std::time::Duration;

use mig_runtime::compare::Comparison;

pub(crate) use html::page;
pub(crate) use human::human;
pub(crate) use json::json;
pub(crate) use spec::{SampleSpec, SpecError, TableSpec};

use crate::render::words::{count, counted, counted_len, listed};

/// The comparison of two tables.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// The dataset, where it is a migration's.
    pub(crate) dataset: Option<String>,
    /// The old table as a person names it.
    pub(crate) old: String,
    /// The new table as a person names it.
    pub(crate) new: String,
    /// The key's columns; none for tables without one.
    pub(crate) key: Vec<String>,
    /// The columns that were compared.
    pub(crate) columns: Vec<ComparedColumn>,
    /// The columns that were not, and why.
    pub(crate) skipped: Vec<SkippedColumn>,
    /// The condition that rows had to meet.
    pub(crate) condition: Option<String>,
    /// The sample that was taken.
    pub(crate) sample: Option<String>,
    /// What was found.
    pub(crate) found: Comparison,
    /// How long it took.
    pub(crate) took: Duration,
}

/// A column that was compared.
#[derive(Clone, Debug)]
pub(crate) struct ComparedColumn {
    /// Its name.
    pub(crate) name: String,
    /// The type it was compared in.
    pub(crate) ty: String,
    /// The old and the new table's own types, where they are not both that one.
    pub(crate) cast: Option<(String, String)>,
}

/// A column that was not compared.
#[derive(Clone, Debug)]
pub(crate) struct SkippedColumn {
    /// Its name.
    pub(crate) name: String,
    /// Why.
    pub(crate) why: String,
    /// Whether a person asked for it; otherwise the tables are not equal.
    pub(crate) asked: bool,
}

/// What a comparison comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All of both tables is equal.
    Equal,
    /// What was compared is equal, and a person asked for less than all.
    EqualAsFarAsCompared,
    /// Something differs, or could not be compared.
    Different,
}

impl Verdict {
    /// The word in JSON.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::EqualAsFarAsCompared => "equal_as_far_as_compared",
            Self::Different => "different",
        }
    }

    /// In words.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::EqualAsFarAsCompared => "equal as far as compared",
            Self::Different => "different",
        }
    }
}

impl Report {
    /// What it comes to.
    pub(crate) fn verdict(&self) -> Verdict {
        if !self.found.is_equal() || self.skipped.iter().any(|column| !column.asked) {
            Verdict::Different
        } else if self.condition.is_some() || self.sample.is_some() || !self.skipped.is_empty() {
            Verdict::EqualAsFarAsCompared
        } else {
            Verdict::Equal
        }
    }

    /// What was compared with what.
    pub(crate) fn title(&self) -> String {
        let tables = format!("{} → {}", self.old, self.new);
        self.dataset.as_ref().map_or(tables.clone(), |dataset| format!("{dataset}: {tables}"))
    }

    /// What differs, in figures; empty when no row does.
    pub(crate) fn figures(&self) -> String {
        let found = &self.found.differences;
        let at_least = if found.complete { "" } else { "at least " };
        let counts = [
            (found.changed, "with other values"),
            (found.missing, "missing in the new table"),
            (found.extra, "in the new table alone"),
        ];
        let counts: Vec<String> = counts
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| format!("{at_least}{} {what}", counted(number, "row")))
            .collect();
        match (counts.is_empty(), found.complete) {
            (true, _) => String::new(),
            (false, true) => listed(&counts),
            (false, false) => format!("{}; not all rows that differ were looked at", listed(&counts)),
        }
    }

    /// How many rows and columns were compared, by which key.
    pub(crate) fn extent(&self) -> String {
        let (old, new) = (self.found.old, self.found.new);
        let of = |compared: u64, read: u64| match compared == read {
            true => counted(read, "row"),
            false => format!("{} of {}", count(compared), counted(read, "row")),
        };
        let (of_old, of_new) = (of(old.digest.rows, old.read), of(new.digest.rows, new.read));
        let rows = if of_old == of_new {
            format!("{of_old} on each side")
        } else {
            format!("{of_old} of the old table, {of_new} of the new")
        };
        let key = match self.key.as_slice() {
            [] => "without a key, so that a changed row is one missing and one added".to_owned(),
            key => format!("by {}", listed(key)),
        };
        let in_store = match self.found.in_store {
            0 => String::new(),
            number => format!(", {} by checksums that the stores computed", counted(number, "row")),
        };
        format!("{rows}, {} {key}{in_store}", counted_len(self.columns.len(), "column"))
    }

    /// What was left out and why, a sentence each.
    pub(crate) fn left_out(&self) -> Vec<String> {
        let (old, new) = (self.found.old, self.found.new);
        let sides = |old: u64, new: u64| match old == new {
            true => format!("{} on each side", counted(old, "row")),
            false => format!("{} of the old table and {} of the new", counted(old, "row"), count(new)),
        };
        let mut left_out = Vec::new();
        if let Some(condition) = &self.condition {
            left_out.push(format!("{} for which `{condition}` is not true", sides(old.outside, new.outside)));
        }
        if let Some(sample) = &self.sample {
            left_out.push(format!(
                "{} that the sample of {sample} did not take",
                sides(old.unsampled, new.unsampled)
            ));
        }
        let mut reasons: Vec<&str> = Vec::new();
        for SkippedColumn { why, .. } in &self.skipped {
            if !reasons.contains(&why.as_str()) {
                reasons.push(why);
            }
        }
        left_out.extend(reasons.into_iter().map(|why| {
            let names = self.skipped.iter().filter(|column| column.why == why);
            let names: Vec<&str> = names.map(|column| column.name.as_str()).collect();
            format!("{} {}, {why}", if names.len() == 1 { "column" } else { "columns" }, listed(&names))
        }));
        left_out
    }

    /// The columns that were not compared in their own types.
    pub(crate) fn casts(&self) -> Vec<String> {
        let cast = |column: &ComparedColumn| {
            let (old, new) = column.cast.as_ref()?;
            Some(format!("{}: {old} and {new}, as {}", column.name, column.ty))
        };
        self.columns.iter().filter_map(cast).collect()
    }

    /// What a reader should know besides; empty when there is nothing.
    pub(crate) fn remark(&self) -> &'static str {
        if self.found.unstable {
            "Checksums differed where no row did when it was read again: a table was changed meanwhile. Compare again \
             when nobody writes."
        } else {
            ""
        }
    }
}
