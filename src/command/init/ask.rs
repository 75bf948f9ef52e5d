//! The questions of `mig init` at a terminal. Only asked where a person sees them and can answer; Ctrl-C ends the
//! program, before anything is written.

use console::Term;
use dialoguer::Input;

use super::{Answers, catalog, entity, store};
use crate::args::InitArgs;
use crate::problem::Problem;

/// Asks for what the flags leave open.
pub(super) fn answers(args: &InitArgs, name: String) -> Result<Answers, Problem> {
    let old = asked(
        "Old store, as KIND:PLACE (kinds: sqlite postgres mysql parquet csv jsonl)",
        args.old.clone(),
        Some("sqlite:env.OLD_URL"),
        |text| store("this", text, "old").map(drop),
    )?;
    let new = asked("New store", args.new.clone(), Some("postgres:env.NEW_URL"), |text| {
        store("this", text, "new").map(drop)
    })?;
    let catalog = asked("Catalog", args.catalog.clone(), Some("files(\"catalog/**/*.yaml\")"), |text| {
        catalog(text).map(drop)
    })?;
    let owner = asked(
        "Owner of the migration (nothing: whoever owns most of the datasets)",
        args.owner.clone(),
        None,
        |text| if text.is_empty() { Ok(()) } else { entity(text).map(drop) },
    )?;
    Ok(Answers { name, old, new, catalog, owner: Some(owner).filter(|owner| !owner.is_empty()) })
}

/// The flag's value, or the answer to a question, which is asked again until it can be read.
fn asked(
    question: &str,
    given: Option<String>,
    usual: Option<&str>,
    check: impl Fn(&str) -> Result<(), Problem>,
) -> Result<String, Problem> {
    if let Some(given) = given {
        return Ok(given);
    }
    let mut input = Input::<String>::new().with_prompt(question).allow_empty(usual.is_none());
    if let Some(usual) = usual {
        input = input.default(usual.to_owned());
    }
    let input = input.validate_with(|text: &String| check(text.trim()).map_err(|problem| problem.message));
    let answer = input.interact_text_on(&Term::stderr()).map_err(|error| {
        Problem::new(
            "usage",
            format!("the question has no answer: {error}"),
            "Nothing was written. Answer it, or give the flags; see `mig init --help`.",
        )
    })?;
    Ok(answer.trim().to_owned())
}
