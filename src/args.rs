//! The command line: commands, arguments, their help.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::diff::SampleSpec;
use crate::exit::Exit;

/// Dataset migrations as one reviewed program: checked, planned, executed, rolled back.
#[derive(Debug, Parser)]
#[command(name = "mig", version, max_term_width = 100, after_help = after(), disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// When to use colour; NO_COLOR switches `auto` off.
    #[arg(long, global = true, value_enum, default_value_t = ColorWhen::Auto, value_name = "WHEN")]
    pub(crate) color: ColorWhen,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What stands below the commands: how they end, and where to start.
fn after() -> String {
    let mut text = String::from("Exit codes:\n");
    for (exit, meaning) in Exit::ALL {
        text.push_str(&format!("  {}  {meaning}\n", exit.code()));
    }
    text.push_str(
        "
Start here:
  mig demo                  build a small shop and migrate it
  mig init shop             write a first migration of your own
  mig check shop            is this migration sound?
  mig plan shop -o p.json   what would happen? (review it)
  mig apply p.json          make it happen",
    );
    text
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// In files and pipes, too.
    Always,
    /// Nowhere.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(DemoArgs),
    Init(InitArgs),
    Check(CheckArgs),
    Catalog(CatalogArgs),
    Schema(SchemaArgs),
    Fmt(FmtArgs),
    Lsp(LspArgs),
    Plan(PlanArgs),
    Graph(GraphArgs),
    Impact(ImpactArgs),
    Lineage(LineageArgs),
    Apply(ApplyArgs),
    Status(StatusArgs),
    Diff(DiffArgs),
    Approve(ApproveArgs),
    Rollback(RollbackArgs),
    Complete(CompleteArgs),
    Explain(ExplainArgs),
    Completions(CompletionsArgs),
}

impl Command {
    /// The same command with its journal in this folder.
    pub(crate) fn with_state(mut self, dir: &Path) -> Self {
        let state = match &mut self {
            Self::Plan(args) => &mut args.state,
            Self::Apply(args) => &mut args.state,
            Self::Status(args) => &mut args.state,
            Self::Diff(args) => &mut args.state,
            Self::Approve(args) => &mut args.state,
            Self::Rollback(args) => &mut args.state,
            Self::Complete(args) => &mut args.state,
            Self::Demo(_)
            | Self::Init(_)
            | Self::Check(_)
            | Self::Catalog(_)
            | Self::Schema(_)
            | Self::Fmt(_)
            | Self::Lsp(_)
            | Self::Graph(_)
            | Self::Impact(_)
            | Self::Lineage(_)
            | Self::Explain(_)
            | Self::Completions(_) => return self,
        };
        state.dir = Some(dir.to_owned());
        self
    }
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    Human,
    /// For programs.
    Json,
    /// SARIF 2.1.0, for code hosts and editors.
    Sarif,
    /// Workflow commands, for GitHub Actions.
    Github,
    /// JUnit XML, for every CI server.
    Junit,
}

impl From<Format> for ReportFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Human => Self::Human,
            Format::Json => Self::Json,
        }
    }
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
}

/// Build a small shop in a folder, and migrate it: check, plan, apply, status.
///
/// Everything happens in that folder; nothing else is touched and nothing is fetched.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig demo                  in the folder mig-demo, made anew
  mig demo my-shop          in another folder
  mig demo --keep           as you left it, with your changes to its files
  mig demo --no-run         the folder only, to go through yourself")]
pub(crate) struct DemoArgs {
    /// The folder; one that is there must be empty or an earlier demo's.
    #[arg(default_value = "mig-demo", value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Keep an earlier demo's folder as it is and run the commands on it.
    #[arg(long)]
    pub(crate) keep: bool,
    /// Make the folder, and run nothing on it.
    #[arg(long, conflicts_with = "keep")]
    pub(crate) no_run: bool,
}

/// Write a first migration, from what the catalog and two stores say.
///
/// Pairs the catalog's datasets with the tables of the old store, finds who reads them, and writes a migration
/// that is sound: families, mappings to tables that are there, validations, waves by criticality. What takes a
/// decision is left out, with what is to be decided. On a terminal it asks for what the flags leave open.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig init shop                   asks
  mig init shop --old sqlite:env.OLD_URL --new postgres:env.NEW_URL --catalog 'files(\"catalog/**/*.yaml\")'
  mig init shop --old old=sqlite:shop.db --new lake=parquet:lake --catalog backstage:env.BACKSTAGE_URL
  mig init shop … --select 'spec.type == \"dataset\" and \"shop\" in metadata.tags'")]
pub(crate) struct InitArgs {
    /// The migration's folder; paths and patterns are relative to it.
    #[arg(default_value = ".", value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Where the tables are: KIND:PLACE, or NAME=KIND:PLACE; PLACE is `env.VARIABLE` or a path.
    #[arg(long, value_name = "STORE")]
    pub(crate) old: Option<String>,
    /// Where they go.
    #[arg(long, value_name = "STORE")]
    pub(crate) new: Option<String>,
    /// Where the catalog is: `files("…")`, `backstage(…)`, `files:PATTERN` or `backstage:env.URL`.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) catalog: Option<String>,
    /// Which entities may be datasets; resources of the type `dataset` by default.
    #[arg(long, value_name = "PREDICATE")]
    pub(crate) select: Option<String>,
    /// The migration's name; the folder's by default.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Who owns it; whoever owns most of the datasets by default.
    #[arg(long, value_name = "ENTITY")]
    pub(crate) owner: Option<String>,
    /// Only tables of this schema of the old store.
    #[arg(long, value_name = "SCHEMA")]
    pub(crate) old_schema: Option<String>,
    /// Put tables into this schema of the new store.
    #[arg(long, value_name = "SCHEMA")]
    pub(crate) new_schema: Option<String>,
    /// Replace the file that an earlier `mig init` wrote.
    #[arg(long)]
    pub(crate) force: bool,
}

/// Prove that a migration is sound, without changing anything.
///
/// Reads the `.mig` files of the folder, the catalog, and the schemas of the stores. Where the folder has
/// snapshots (`mig catalog pull`, `mig schema pull`), it reads those and neither Backstage nor a store.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig check                       the migration in this folder
  mig check --live                and compare the snapshots with the catalog and the stores
  mig check shop --format json    findings with file, line, column and byte offsets
  mig check --format sarif        findings for a code host; github and junit for CI
  mig check --fix                 make the changes that are certain, and say what is left
  mig check --fix --diff          show those changes, and make none")]
pub(crate) struct CheckArgs {
    /// The migration's folder.
    #[arg(default_value = ".", value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Read the catalog and the stores as they are now, and tell how the snapshots differ.
    #[arg(long)]
    pub(crate) live: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub(crate) format: ReportFormat,
    /// Make the changes that the findings offer and that only write properly what stands there.
    #[arg(long)]
    pub(crate) fix: bool,
    /// Make also changes that are only probably what was meant, such as a name that is near.
    #[arg(long, requires = "fix")]
    pub(crate) guess: bool,
    /// Show the changes, and make none.
    #[arg(long, requires = "fix")]
    pub(crate) diff: bool,
}

/// Keep a snapshot of the catalog, so that checking needs no Backstage.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig catalog pull                 write catalog.lock.json in this folder
  mig catalog pull shop --check    change nothing; exit 1 if the snapshot is not up to date")]
pub(crate) struct CatalogArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub(crate) action: CatalogAction,
}

/// What to do with the snapshot of the catalog.
#[derive(Debug, Subcommand)]
pub(crate) enum CatalogAction {
    /// Read the catalog and write it to `catalog.lock.json`, an entity a line, to be reviewed and committed.
    #[command(after_help = "\
Examples:
  mig catalog pull                 write catalog.lock.json in this folder
  mig catalog pull shop --check    change nothing; exit 1 if the snapshot is not up to date")]
    Pull(PullArgs),
}

/// Keep a snapshot of the stores' schemas, so that checking needs no store.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig schema pull                  write schemas.lock.json in this folder
  mig schema pull shop --check     change nothing; exit 1 if the snapshot is not up to date")]
pub(crate) struct SchemaArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub(crate) action: SchemaAction,
}

/// What to do with the snapshot of the schemas.
#[derive(Debug, Subcommand)]
pub(crate) enum SchemaAction {
    /// Read the tables that the migration names and write them to `schemas.lock.json`, a column a line, to be
    /// reviewed and committed.
    #[command(after_help = "\
Examples:
  mig schema pull                  write schemas.lock.json in this folder
  mig schema pull shop --check     change nothing; exit 1 if the snapshot is not up to date")]
    Pull(PullArgs),
}

/// Which snapshot.
#[derive(Debug, Args)]
pub(crate) struct PullArgs {
    /// The migration's folder.
    #[arg(default_value = ".", value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Change nothing; exit with 1 if the snapshot is not up to date.
    #[arg(long)]
    pub(crate) check: bool,
}

/// Format `.mig` files: one style, no options.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig fmt                    every `.mig` file in this folder
  mig fmt shop orders.mig    these folders and files
  mig fmt --check --diff     change nothing, show what would change, exit 1 if anything would
  mig fmt - < orders.mig     standard input to standard output, for an editor")]
pub(crate) struct FmtArgs {
    /// Folders and files; `-` is standard input.
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Change nothing; exit with 1 if a file is not formatted.
    #[arg(long)]
    pub(crate) check: bool,
    /// Change nothing; show what would change.
    #[arg(long)]
    pub(crate) diff: bool,
}

/// Serve an editor: diagnostics, completion, navigation, edits, as a language server.
///
/// Speaks the Language Server Protocol on standard input and output. It reads `.mig` files, their snapshots
/// (`mig catalog pull`, `mig schema pull`) and descriptor files; Backstage and stores only when it is told to.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig lsp                   what an editor runs
  mig lsp --socket 7000     one client, on 127.0.0.1:7000
  mig lsp --socket 0        on a free port, which is printed")]
pub(crate) struct LspArgs {
    /// Serve standard input and output, which is what it does anyway.
    #[arg(long, conflicts_with = "socket")]
    pub(crate) stdio: bool,
    /// Serve one client that connects to this port of 127.0.0.1; 0 takes a free one and prints it.
    #[arg(long, value_name = "PORT")]
    pub(crate) socket: Option<u16>,
}

/// Show what would happen, wave by wave, and write it down to be reviewed and applied.
///
/// A folder is checked and planned; a plan file is only shown.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig plan                        plan the migration in this folder
  mig plan shop -o plan.json      write the plan to a file, for `mig apply plan.json`
  mig plan plan.json --all        show a plan file with every member of every family
  mig plan --detailed-exitcode    0: nothing to do, 2: something to do, 1: errors")]
pub(crate) struct PlanArgs {
    /// The migration's folder, or a plan file.
    #[arg(default_value = ".", value_name = "FOLDER|PLAN")]
    pub(crate) target: PathBuf,
    /// Write the plan to this file.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Exit with 2 when there is something to do.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Show every member of every family.
    #[arg(long)]
    pub(crate) all: bool,
    /// How to print it; `json` is the plan file itself, the others print what is to be said of the sources.
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub(crate) format: ReportFormat,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// Where the journal is kept.
#[derive(Clone, Debug, Args)]
pub(crate) struct StateArgs {
    /// Where the journal is kept; `.mig` in the migration's folder by default.
    #[arg(long = "state", env = "MIG_STATE", hide_env_values = true, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

/// Make a plan happen, or go on with it: the same command after a crash, an interruption or an approval.
///
/// A plan file is executed exactly as it was reviewed. A folder is planned, shown and, once you agree,
/// executed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig apply plan.json             execute a reviewed plan, or go on with it
  mig apply shop                  plan, show, ask, execute
  mig apply shop --yes            without asking
  mig apply plan.json --folder x  the migration's folder is x, wherever the plan file is")]
pub(crate) struct ApplyArgs {
    /// A plan file, or the migration's folder.
    #[arg(default_value = ".", value_name = "PLAN|FOLDER")]
    pub(crate) target: PathBuf,
    /// Do not ask.
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// The migration's folder, when the plan file does not know.
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// Show where a run stands, step by step.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig status                       the last run in this folder
  mig status plan.json             the run of this plan
  mig status shop --format json    for a program")]
pub(crate) struct StatusArgs {
    /// The migration's folder, or a plan file.
    #[arg(default_value = ".", value_name = "FOLDER|PLAN")]
    pub(crate) target: PathBuf,
    /// Show every member of every family.
    #[arg(long)]
    pub(crate) all: bool,
    /// The migration's folder, when the plan file does not know.
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

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
  mig diff shop --format html -o diff.html

A store is KIND:LOCATION#TABLE; the location is env.NAME, whose value is never shown, or a path.")]
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
    /// The migration's folder, when the plan file does not know.
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) state: StateArgs,
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

/// Approve a plan, for a group that is asked, as one of its members.
///
/// The approval holds for exactly this plan; `mig apply` then goes on with it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig approve plan.json money_path --from @group:finance --by @user:grace")]
pub(crate) struct ApproveArgs {
    /// A plan file, or the folder of a migration whose run waits.
    #[arg(value_name = "PLAN|FOLDER")]
    pub(crate) target: PathBuf,
    /// The approval's name in the migration.
    #[arg(value_name = "APPROVAL")]
    pub(crate) approval: String,
    /// For whom: one of the entities that are asked.
    #[arg(long, value_name = "ENTITY")]
    pub(crate) from: String,
    /// Who approves: a member of it.
    #[arg(long, value_name = "ENTITY")]
    pub(crate) by: String,
    /// The migration's folder, when the plan file does not know.
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// Undo what a run did, newest first, as far as it can be undone.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig rollback shop                  everything that the last run did
  mig rollback plan.json             everything that the run of this plan did
  mig rollback shop --wave core      a wave, and every wave after it")]
pub(crate) struct RollbackArgs {
    /// The migration's folder, or a plan file.
    #[arg(default_value = ".", value_name = "FOLDER|PLAN")]
    pub(crate) target: PathBuf,
    /// Undo this wave, and what came after it; may be given more than once.
    #[arg(long = "wave", value_name = "WAVE")]
    pub(crate) waves: Vec<String>,
    /// Do not ask.
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// The migration's folder, when the plan file does not know.
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// Make a completed run final: drop the old tables that the source says to drop. There is no way back.
///
/// Nothing is dropped that changed since it was copied, or that a view or a foreign key still needs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig complete shop          show what is dropped, ask, drop it
  mig complete plan.json     the run of this plan
  mig complete shop --yes    without asking")]
pub(crate) struct CompleteArgs {
    /// The migration's folder, or a plan file.
    #[arg(default_value = ".", value_name = "FOLDER|PLAN")]
    pub(crate) target: PathBuf,
    /// Do not ask.
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// The migration's folder, when the plan file does not know.
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// Explain a diagnostic: what it says, why, an example, and what to do.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig explain unmapped-column
  mig explain                     list every code
  mig explain --format json       every page, for a program")]
pub(crate) struct ExplainArgs {
    /// The code above a message; every code is listed without one.
    #[arg(value_name = "CODE")]
    pub(crate) code: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// Draw datasets and the consumers that read them, wave by wave.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig graph shop --format svg > shop.svg       a drawing for a browser
  mig graph plan.json --format mermaid         for a pull request's description
  mig graph | dot -Tpdf > shop.pdf             through Graphviz")]
pub(crate) struct GraphArgs {
    /// The migration's folder, or a plan file.
    #[arg(default_value = ".", value_name = "FOLDER|PLAN")]
    pub(crate) target: PathBuf,
    /// The language of the drawing.
    #[arg(long, value_enum, default_value_t = GraphFormat::Dot)]
    pub(crate) format: GraphFormat,
    /// Draw every member of every family, however large.
    #[arg(long)]
    pub(crate) all: bool,
    /// Write the drawing to this file.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// The language of a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// Graphviz.
    Dot,
    /// Mermaid, which code hosts draw in a description.
    Mermaid,
    /// A drawing that every browser opens.
    Svg,
}

/// Show who reads an entity, directly and through others, when each is switched, and which columns.
///
/// Who reads whom is what the catalog says. With a migration's folder, the waves, the criticality and the
/// columns come from there, whether or not the entity moves; with `--catalog` alone nothing else is read.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig impact @resource:orders-v1                    in the migration of this folder
  mig impact orders shop                            a dataset of the migration in `shop`, by its name
  mig impact orders shop --column total_cents       only what is made from that column
  mig impact resource:default/orders-v1 --catalog 'files:catalog/**/*.yaml'
  mig impact @api:billing --format json             for a program")]
pub(crate) struct ImpactArgs {
    /// An entity (`@kind:name`, `kind:namespace/name`, or its name alone), or a dataset of the migration.
    #[arg(value_name = "ENTITY")]
    pub(crate) entity: String,
    /// The migration's folder.
    #[arg(default_value = ".", value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Only what is made from this column of the old table.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) column: Option<String>,
    /// Read this catalog, and no migration: `files(…)`, `backstage(…)`, `files:PATTERN` or `backstage:env.URL`.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) catalog: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// Show which old columns every new one is made from.
///
/// `openlineage` prints one event a line, for the collector of a lineage tool. A store's location may be a
/// secret, so that tables are named `mig://MIGRATION/STORE` and their path; `--resolve` reads the locations
/// and names tables by host, port and database, or by their file, and never by a user or a password.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig lineage shop                        the migration in `shop`
  mig lineage plan.json --dataset orders  one dataset of a reviewed plan
  mig lineage shop --format openlineage --resolve > lineage.ndjson")]
pub(crate) struct LineageArgs {
    /// The migration's folder, or a plan file.
    #[arg(default_value = ".", value_name = "FOLDER|PLAN")]
    pub(crate) target: PathBuf,
    /// Only this dataset, or this family's; may be given more than once.
    #[arg(long = "dataset", value_name = "NAME")]
    pub(crate) datasets: Vec<String>,
    /// Show the columns of every member of every family, also where all stay as they are.
    #[arg(long)]
    pub(crate) all: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = LineageFormat::Human)]
    pub(crate) format: LineageFormat,
    /// Name tables by where their stores really are, for `openlineage`.
    #[arg(long)]
    pub(crate) resolve: bool,
}

/// How lineage is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LineageFormat {
    /// For people.
    Human,
    /// For programs.
    Json,
    /// OpenLineage's events, one a line.
    Openlineage,
}

/// Print the completions for a shell.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig completions bash > ~/.local/share/bash-completion/completions/mig
  mig completions zsh > ~/.zfunc/_mig
  mig completions fish > ~/.config/fish/completions/mig.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
