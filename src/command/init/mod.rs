//! `mig init`: asks the catalog and two stores, and writes a first migration that is sound.
//!
//! Everything is read and proposed before anything is written, so that an interruption leaves nothing behind.

mod ask;

use std::fs;
use std::path::{Path, PathBuf};

use console::style;
use mig_compiler::propose::{Proposal, Request, StoreAt, propose};
use mig_compiler::{World, fragment};
use mig_plan::{EntityRef, StoreConfig};

use crate::args::InitArgs;
use crate::console::Console;
use crate::exit::Exit;
use crate::problem::{Failure, Problem};
use crate::render::layout::paragraph;
use crate::render::words::{counted_len, listed, quoted, safe};
use crate::workspace::{Workspace, shown, write_atomically};
use crate::world::{catalog_at, planned, schemas_of};

/// What a person has said, all of it.
struct Answers {
    name: String,
    old: String,
    new: String,
    catalog: String,
    owner: Option<String>,
}

/// Asks, proposes, writes and checks.
pub(crate) fn run(args: &InitArgs, console: Console) -> Result<Exit, Failure> {
    let answers = answers(args, console)?;
    let file = args.folder.join(format!("{}.mig", answers.name));
    unused(&args.folder, &file, args.force)?;
    let (request, stores) = request(args, &answers)?;
    let proposal = Folder::of(&args.folder)?.keep_if(|| proposed(&request, stores, &args.folder))?;
    write(&file, &proposal.text, &args.folder, console)?;
    console.print(&summary(&proposal, &file, &args.folder, console.width()))?;
    Ok(Exit::Done)
}

/// What the flags say, and what a person at a terminal says to the questions that are left.
fn answers(args: &InitArgs, console: Console) -> Result<Answers, Problem> {
    if let (Some(old), Some(new), Some(catalog)) = (&args.old, &args.new, &args.catalog) {
        return Ok(Answers {
            name: name(args),
            old: old.clone(),
            new: new.clone(),
            catalog: catalog.clone(),
            owner: args.owner.clone(),
        });
    }
    if console.can_ask() {
        return ask::answers(args, name(args));
    }
    let missing = [("--old", &args.old), ("--new", &args.new), ("--catalog", &args.catalog)];
    let missing: Vec<String> =
        missing.iter().filter(|(_, value)| value.is_none()).map(|(flag, _)| format!("`{flag}`")).collect();
    Err(Problem::new(
        "usage",
        format!("{} must be given, since nobody can be asked here", listed(&missing)),
        "For example: mig init shop --old sqlite:env.OLD_URL --new postgres:env.NEW_URL \
         --catalog 'files(\"catalog/**/*.yaml\")'. On a terminal `mig init` asks.",
    ))
}

/// The migration's name: as said, or the folder's.
fn name(args: &InitArgs) -> String {
    let folder = || fs::canonicalize(&args.folder).unwrap_or_else(|_| args.folder.clone());
    let said = args.name.clone();
    let name = said.or_else(|| folder().file_name().and_then(|name| name.to_str()).map(str::to_owned));
    let plain: String = name
        .unwrap_or_default()
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' })
        .collect();
    match plain.trim_matches('_') {
        "" => "migration".to_owned(),
        name if name.starts_with(|letter: char| letter.is_ascii_digit()) => format!("m_{name}"),
        name => name.to_owned(),
    }
}

/// A store's name in the source and what it is: `lake=postgres:env.LAKE_URL`, or without a name.
fn split<'a>(text: &'a str, usual: &'a str) -> (&'a str, &'a str) {
    match text.split_once('=') {
        Some((name, rest)) if !name.is_empty() && !name.contains([':', '/']) => (name, rest),
        Some(_) | None => (usual, text),
    }
}

/// A store as it was written.
fn store(flag: &str, text: &str, usual: &str) -> Result<(String, StoreConfig), Problem> {
    let (name, spec) = split(text, usual);
    let config = fragment::store(name, spec).map_err(|error| {
        Problem::new(
            "usage",
            format!("{flag} is not a store: {error}"),
            "Write its kind and where it is, as in `sqlite:env.OLD_URL`, `postgres:env.NEW_URL` or `parquet:lake`; \
             `NAME=` before it names it. A password stands in a variable, never here.",
        )
    })?;
    Ok((name.to_owned(), config))
}

/// A catalog as the source writes it.
fn catalog(text: &str) -> Result<String, Problem> {
    fragment::catalog(text).map(|_| fragment::spelled_out(text)).map_err(|error| {
        Problem::new(
            "usage",
            format!("`--catalog` is not a catalog: {error}"),
            "Write it as a migration does: `files(\"catalog/**/*.yaml\")`, `backstage(env.URL, token: env.TOKEN)`, or \
             `files:PATTERN` and `backstage:env.URL` for short. Patterns are relative to the migration's folder.",
        )
    })
}

fn entity(text: &str) -> Result<EntityRef, Problem> {
    EntityRef::parse(text.trim_start_matches('@'), Some("group"), "default").map_err(|error| {
        Problem::new(
            "usage",
            format!("`--owner`: {}", safe(&error.to_string())),
            "Write `@group:name` or `@user:name`.",
        )
    })
}

type Stores = [(String, StoreConfig); 2];

fn request(args: &InitArgs, answers: &Answers) -> Result<(Request, Stores), Problem> {
    let stores = [store("`--old`", &answers.old, "old")?, store("`--new`", &answers.new, "new")?];
    let [(old, old_config), (new, new_config)] = &stores;
    if old == new || (old_config.kind, &old_config.location) == (new_config.kind, &new_config.location) {
        return Err(Problem::new(
            "usage",
            "the old store and the new one are the same",
            "Rows move from one store to another; give the new one another name and place.",
        ));
    }
    let at = |name: &String, config: &StoreConfig, schema: &Option<String>| StoreAt {
        name: name.clone(),
        kind: config.kind,
        location: config.location.clone(),
        schema: schema.clone(),
    };
    let request = Request {
        name: answers.name.clone(),
        owner: answers.owner.as_deref().map(entity).transpose()?,
        catalog: catalog(&answers.catalog)?,
        select: args.select.clone(),
        old: at(old, old_config, &args.old_schema),
        new: at(new, new_config, &args.new_schema),
    };
    Ok((request, stores))
}

/// Refuses to write where a migration is.
fn unused(folder: &Path, file: &Path, force: bool) -> Result<(), Problem> {
    if !folder.exists() {
        return Ok(());
    }
    let found = match Workspace::find(folder) {
        Ok(found) => found,
        Err(problem) if problem.code == "no-sources" => return Ok(()),
        Err(problem) => return Err(problem),
    };
    let own = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let others: Vec<String> =
        found.iter().filter(|path| !force || *path != own).map(|path| format!("`{}`", safe(path))).collect();
    if others.is_empty() {
        return Ok(());
    }
    let help = if force {
        "A folder is one migration: `--force` replaces the file that is written, and not others. Move them away, or \
         give another folder."
    } else {
        "A folder is one migration. Give another folder, or replace the file with `--force`."
    };
    let message = format!("`{}` has a migration already: {}", folder.display(), listed(&others));
    Err(Problem::new("sources-exist", message, help))
}

/// Reads the world and proposes. What the catalog or a store has is said by its own problem.
fn proposed(request: &Request, stores: Stores, folder: &Path) -> Result<Proposal, Problem> {
    let source = fragment::catalog(&request.catalog);
    let source = source.map_err(|error| Problem::new("usage", error, "See `mig init --help`."))?;
    let catalog = catalog_at(&source, folder)?;
    let schemas = schemas_of(stores, folder)?;
    propose(request, &World { catalog: &catalog, schemas: &schemas })
        .map_err(|error| Problem::new("nothing-to-propose", "no migration can be proposed", safe(&error)))
}

/// A migration's folder, which is there from now on only if all goes well.
struct Folder<'a> {
    path: &'a Path,
    made: Option<PathBuf>,
}

impl<'a> Folder<'a> {
    fn of(path: &'a Path) -> Result<Self, Problem> {
        // The outermost folder that has to be made is the one to take away again.
        let missing = path.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists());
        let made = missing.last().map(Path::to_owned);
        fs::create_dir_all(path).map_err(|error| Problem::unwritable(path, &error))?;
        Ok(Self { path, made })
    }

    fn keep_if<T>(self, act: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
        let result = act();
        if let (Err(_), Some(outermost)) = (&result, &self.made) {
            // Only empty folders are removed; one that somebody has put something into stays.
            for folder in self.path.ancestors().take_while(|folder| folder.starts_with(outermost)) {
                drop(fs::remove_dir(folder));
            }
        }
        result
    }
}

/// Writes the file and checks the folder as `mig check` does; what is not sound is not left behind.
fn write(file: &Path, text: &str, folder: &Path, console: Console) -> Result<(), Failure> {
    let before = fs::read(file).ok();
    write_atomically(file, text.as_bytes())?;
    let checked = Workspace::read(folder).map_err(Failure::from).and_then(planned);
    match checked {
        Ok(planned) => {
            planned.warn(console);
            Ok(())
        }
        Err(failure) => {
            match before {
                Some(before) => write_atomically(file, &before)?,
                None => drop(fs::remove_file(file)),
            }
            Err(failure)
        }
    }
}

fn summary(proposal: &Proposal, file: &Path, folder: &Path, width: usize) -> String {
    let plan = &proposal.plan;
    let mut out = format!(
        "Wrote {}: {}, {}, {}. It is sound, as `mig check {}` says.\n",
        safe(&shown(file)),
        counted_len(plan.datasets.len(), "dataset"),
        counted_len(plan.consumers.len(), "consumer"),
        counted_len(plan.waves.len(), "wave"),
        safe(&shown(folder)),
    );
    for (title, notes) in [("To decide", &proposal.open), ("To look at", &proposal.review)] {
        if !notes.is_empty() {
            out.push_str(&format!("\n{}\n", style(title).bold()));
            notes.iter().for_each(|note| out.push_str(&paragraph(2, &safe(note), width)));
        }
    }
    let folder = quoted(&shown(folder));
    out.push_str(&format!("\nNext: read it, then mig plan {folder}\n"));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_may_have_a_name() {
        assert_eq!(split("lake=postgres:env.URL", "new"), ("lake", "postgres:env.URL"));
        assert_eq!(
            split("postgres:postgres://db/shop?a=b", "new"),
            ("new", "postgres:postgres://db/shop?a=b")
        );
    }
}
