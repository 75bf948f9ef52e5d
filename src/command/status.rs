//! `mig status`: where a run stands.

use crate::args::{Format, StatusArgs};
use crate::command::execute::refused;
use crate::command::target::{Run, Target};
use crate::console::Console;
use crate::exit::Exit;
use crate::problem::{Failure, Problem};
use crate::render::status::{Status, human};
use crate::world::context;

/// Shows it.
pub(crate) fn run(args: &StatusArgs, console: Console) -> Result<Exit, Failure> {
    let target = Target::of(&args.target, &args.run)?;
    let mut journal = target.journal()?;
    let run = journal.as_ref().map(|journal| target.run(journal)).transpose()?.flatten();
    let (Some(run), Some(journal)) = (run, journal.as_mut()) else {
        match args.format {
            Format::Human => {
                console.print(&format!("Nothing was run here yet.\nNext  mig apply {}\n", target.shown))?
            }
            Format::Json => console.print("{\n  \"version\": 1,\n  \"phase\": \"none\"\n}\n")?,
        }
        return Ok(Exit::Done);
    };
    let holder = target.holder(journal)?;
    let status = of(&target, &run, holder)?;
    match args.format {
        Format::Human => console.print(&human(&status, args.all, console.width()))?,
        Format::Json => {
            let status =
                mig_runtime::status::status(&run.file, &context(&target)).map_err(|error| refused(&error))?;
            console.print(&format!("{:#}\n", serde_json::json!(status)))?;
        }
    }
    Ok(Exit::Done)
}

/// What there is to say about a run.
pub(crate) fn of<'a>(target: &Target, run: &'a Run, holder: Option<String>) -> Result<Status<'a>, Problem> {
    let known = mig_runtime::status::status(&run.file, &context(target)).map_err(|error| refused(&error))?;
    let missing = known.approvals.into_iter().map(|open| (open.approval, open.missing)).collect();
    Ok(Status { file: &run.file, state: &run.state, holder, missing, target: target.shown.clone() })
}
