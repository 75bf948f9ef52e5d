//! `mig approve`: a person's agreement to exactly one plan.

use mig_plan::{EntityRef, PlanFile};
use mig_runtime::approvals::{self, ApproveError};

use crate::args::ApproveArgs;
use crate::command::execute::refused as unclear;
use crate::command::target::{Target, journal_problem};
use crate::console::Console;
use crate::exit::Exit;
use crate::problem::{Failure, Problem};
use crate::render::words::{entity, listed, safe};
use crate::world::context;

/// Writes it down.
pub(crate) fn run(args: &ApproveArgs, console: Console) -> Result<Exit, Failure> {
    let target = Target::of(&args.target, &args.run)?;
    let from = entity_of("--from", &args.from, "group")?;
    let by = entity_of("--by", &args.by, "user")?;
    let file = plan_of(&target)?;
    let context = context(&target);
    approvals::approve(&file, &context, &args.approval, &from, &by).map_err(|error| refused(&error))?;
    let status = mig_runtime::status::status(&file, &context).map_err(|error| unclear(&error))?;
    let open = status.approvals.iter().find(|open| open.approval == args.approval);
    let mut text = format!(
        "{} has approved plan {} for {} ({}).\n",
        entity(&by),
        file.digest.short(),
        entity(&from),
        safe(&args.approval)
    );
    match open {
        Some(open) => {
            let from: Vec<String> = open.missing.iter().map(entity).collect();
            text.push_str(&format!("Still asked: {}.\n", listed(&from)));
        }
        None => text.push_str(&format!("Nobody else is asked. Next: mig apply {}\n", target.shown)),
    }
    console.print(&text)?;
    Ok(Exit::Done)
}

/// The plan that is approved: the plan file's, or that of the folder's last run.
fn plan_of(target: &Target) -> Result<PlanFile, Problem> {
    if let Some(file) = &target.plan {
        return Ok(file.clone());
    }
    let run = target.journal()?.map(|journal| target.run(&journal)).transpose()?.flatten();
    run.map(|run| run.file).ok_or_else(|| {
        Problem::new(
            "no-run",
            format!("nothing was run in `{}` yet, so there is no plan to approve", target.shown),
            "Give the plan file: `mig plan FOLDER -o plan.json`, then `mig approve plan.json …`.",
        )
    })
}

fn entity_of(option: &str, text: &str, kind: &str) -> Result<EntityRef, Problem> {
    EntityRef::parse(text.trim_start_matches('@'), Some(kind), "default").map_err(|error| {
        Problem::new(
            "usage",
            format!("{option}: {error}"),
            format!("Write it as in the source: `@{kind}:name`."),
        )
    })
}

fn refused(error: &ApproveError) -> Problem {
    match error {
        ApproveError::NoSuchApproval { .. } => {
            Problem::new("unknown-approval", error.to_string(), "`mig plan` shows the approvals of a plan.")
        }
        ApproveError::NotAsked { .. } => {
            Problem::new("not-asked", error.to_string(), "Give one of those with `--from`.")
        }
        ApproveError::NotAMember { .. } => Problem::new(
            "not-a-member",
            error.to_string(),
            "Somebody else has to approve, or the catalog has to name this person.",
        ),
        ApproveError::Journal(error) => journal_problem(error),
    }
}
