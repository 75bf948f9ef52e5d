//! The arguments of `mig diff`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::RunArgs;
use crate::diff::SampleSpec;

/// Compare two tables row by row, and name the keys and columns that differ.
///
/// Either the datasets of a migration, their old rows under the mapping with the new ones, or any two tables,
/// whose columns are matched by name. Changes nothing. Ends with 0 when all that was compared is equal and with
/// 1 when something differs; what was left out is always said.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig diff shop orders                    a dataset of a migration, under its mapping
  mig diff plan.json                      every dataset of a plan
  mig diff shop orders --where 'total > 100 and state != \"open\"'
  mig diff shop orders --sample 1%        the same keys on both sides; --sample '5000 rows'
  mig diff shop orders --columns total,state --format json
  mig diff --old sqlite:shop.db#orders --new postgres:env.MART_URL#sales.orders --key id
  mig diff --old 'csv:exports?delimiter=;&header=no#orders' --new csv:env.LAKE#orders
  mig diff shop --format html -o diff.html

A store is KIND:LOCATION#TABLE; the location is env.NAME, whose value is never shown, or a path. CSV may have its
dialect behind the location, with the words that a store has for it.")]
pub(crate) struct DiffArgs {
    /// The migration's folder, or a plan file. A folder's last run says what was migrated and how.
    #[arg(default_value = ".", value_name = "FOLDER|PLAN", conflicts_with_all = ["old", "new"])]
    pub(crate) target: PathBuf,
    /// The datasets to compare; all of them when none is named.
    #[arg(value_name = "DATASET", conflicts_with_all = ["old", "new"])]
    pub(crate) datasets: Vec<String>,
    /// The old table, without a migration.
    #[arg(long, value_name = "STORE", requires = "new")]
    pub(crate) old: Option<String>,
    /// The new table, without a migration.
    #[arg(long, value_name = "STORE", requires = "old")]
    pub(crate) new: Option<String>,
    /// The columns by which rows are told apart; a table's primary key by default.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', requires = "old")]
    pub(crate) key: Vec<String>,
    /// Compare only rows for which this is true, an expression of the language over the new columns.
    #[arg(long = "where", value_name = "CONDITION")]
    pub(crate) condition: Option<String>,
    /// Compare only a sample, of the same keys on both sides: a share (`1%`) or about so many rows (`5000 rows`).
    #[arg(long, value_name = "SAMPLE")]
    pub(crate) sample: Option<SampleSpec>,
    /// Compare only these new columns, and the key.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// How many differing rows are shown of each dataset; all are counted.
    #[arg(long, value_name = "ROWS", default_value_t = 20)]
    pub(crate) limit: usize,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = DiffFormat::Human)]
    pub(crate) format: DiffFormat,
    /// Write it to this file.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

/// How a comparison is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people.
    Human,
    /// For programs.
    Json,
    /// One page for a browser, with nothing from outside.
    Html,
}
