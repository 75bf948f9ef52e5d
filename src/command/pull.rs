//! `mig catalog pull` and `mig schema pull`: snapshots that make checking work without the world.

use crate::args::PullArgs;
use crate::console::Console;
use crate::exit::Exit;
use crate::problem::Failure;
use crate::render::words::safe;
use crate::workspace::{Workspace, shown, write_atomically};
use crate::world::{Pulled, pull_catalog, pull_schemas};

/// How many changes are told; the file's own difference has them all.
const TOLD: usize = 40;

/// Pulls the catalog.
pub(crate) fn catalog(args: &PullArgs, console: Console) -> Result<Exit, Failure> {
    let pulled = pull_catalog(&Workspace::read(&args.folder)?)?;
    settle(pulled, args, console)
}

/// Pulls the schemas.
pub(crate) fn schemas(args: &PullArgs, console: Console) -> Result<Exit, Failure> {
    let pulled = pull_schemas(&Workspace::read(&args.folder)?)?;
    settle(pulled, args, console)
}

/// Writes a snapshot, or says only what writing it would change.
fn settle(pulled: Pulled, args: &PullArgs, console: Console) -> Result<Exit, Failure> {
    let (file, what, mut changes, grown, is_new, text) = match pulled {
        Pulled::Needless(why) => {
            console.print(&format!("{why}\n"))?;
            return Ok(Exit::Done);
        }
        Pulled::Snapshot { file, what, changes, grown, is_new, text } => {
            (file, what, changes, grown, is_new, text)
        }
    };
    let path = args.folder.join(file);
    let name = safe(&shown(&path));
    if !args.check {
        changes.extend(grown);
    }
    if changes.is_empty() {
        console.print(&format!("{name} is up to date: {what}.\n"))?;
        return Ok(Exit::Done);
    }
    let mut told = String::new();
    if !is_new {
        for change in changes.iter().take(TOLD) {
            told.push_str(&format!("  {}\n", safe(change)));
        }
        if let more @ 1.. = changes.len().saturating_sub(TOLD) {
            told.push_str(&format!("  and {more} more\n"));
        }
    }
    if args.check {
        let state = if is_new { "is not there" } else { "is not up to date" };
        console.print(&format!("{name} {state}.\n{told}"))?;
        return Ok(Exit::Refused);
    }
    write_atomically(&path, text.as_bytes())?;
    console.print(&format!("Written to {name}: {what}.\n{told}"))?;
    if !is_new {
        console.say("Review what differs before you commit it.\n");
    }
    Ok(Exit::Done)
}
