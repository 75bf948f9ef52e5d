//! `mig explain`: the page of a diagnostic code.

use mig_compiler::codes;

use crate::args::ExplainArgs;
use crate::console::Console;
use crate::exit::Exit;
use crate::pages;
use crate::problem::{Failure, Problem};
use crate::render::layout::table;
use crate::render::words::safe;

/// Prints it, or the list of all codes.
pub(crate) fn run(args: &ExplainArgs, console: Console) -> Result<Exit, Failure> {
    let Some(code) = &args.code else {
        let mut rows: Vec<Vec<String>> =
            codes::pages().map(|page| vec![page.code.to_owned(), page.title.to_owned()]).collect();
        rows.extend(pages::PAGES.iter().map(|page| vec![page.code.to_owned(), page.title.to_owned()]));
        rows.sort();
        console.print(&table(&rows, 0, 28, console.width()))?;
        return Ok(Exit::Done);
    };
    let wanted = code.trim().to_lowercase();
    if let Some(page) = codes::page(&wanted) {
        console.print(&page.to_string())?;
    } else if let Some(page) = pages::page(&wanted) {
        console.print(&page.to_string())?;
    } else {
        let known: Vec<&str> =
            codes::pages().map(|page| page.code).chain(pages::PAGES.iter().map(|page| page.code)).collect();
        let help = match mig_lang::nearest(&wanted, known) {
            Some(near) => format!("Did you mean `{near}`? `mig explain` lists every code."),
            None => "`mig explain` lists every code.".to_owned(),
        };
        return Err(Problem::new("unknown-code", format!("there is no code `{}`", safe(code)), help).into());
    }
    Ok(Exit::Done)
}
