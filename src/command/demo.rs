//! `mig demo`: builds the demo's shop and runs on it what a user would run, each line as they would type it.

use std::path::Path;

use clap::Parser as _;
use console::style;

use crate::args::{Cli, DemoArgs};
use crate::command;
use crate::console::Console;
use crate::demo::{ORDERS, is_demo, make};
use crate::exit::Exit;
use crate::problem::{Failure, Problem};
use crate::render::words::{count, quoted};
use crate::workspace::shown;

/// Builds and runs it.
pub(crate) fn run(args: &DemoArgs, console: Console) -> Result<Exit, Failure> {
    let folder = shown(&args.folder);
    if args.keep && is_demo(&args.folder) {
        console.print(&format!("The shop in {folder} stays as you left it.\n"))?;
    } else {
        make(&args.folder)?;
        console.print(&format!(
            "A shop in {folder}: an old database with {} orders, a catalog, and a migration in two files.\n",
            count(ORDERS.into())
        ))?;
    }
    if args.no_run {
        console.print(&format!("\nNext  mig check {}\n", quoted(&folder)))?;
        return Ok(Exit::Done);
    }
    let plan = shown(&args.folder.join("plan.json"));
    let drawing = shown(&args.folder.join("shop.svg"));
    let lines: [&[&str]; 5] = [
        &["check", &folder],
        &["plan", &folder, "-o", &plan],
        &["apply", &plan],
        &["status", &folder],
        &["graph", &plan, "--format", "svg", "-o", &drawing],
    ];
    for line in lines {
        let exit = typed(line, &args.folder, console)?;
        if exit != Exit::Done {
            return Ok(exit);
        }
    }
    console.print(&next(&folder, &plan, &drawing))?;
    Ok(Exit::Done)
}

/// Shows a command line and runs it.
fn typed(line: &[&str], folder: &Path, console: Console) -> Result<Exit, Failure> {
    let shown: Vec<String> = line.iter().map(|word| quoted(word)).collect();
    console.print(&format!("\n{}\n", style(format!("$ mig {}", shown.join(" "))).bold()))?;
    let cli = Cli::try_parse_from(std::iter::once("mig").chain(line.iter().copied())).map_err(|error| {
        Problem::new("usage", error.to_string(), "This is a fault of mig; please report it.")
    })?;
    // The demo's journal is in its own folder, wherever the user's are kept.
    let state = folder.join(".mig");
    command::run(&cli.command.with_state(&state), console)
}

fn next(folder: &str, plan: &str, drawing: &str) -> String {
    let (folder, plan) = (quoted(folder), quoted(plan));
    let head = style("Try next").bold();
    format!(
        "
{head}
  Look       open {drawing} in a browser, and read {folder}/orders.mig
  Misspell   change `cust_id` to `custid` in {folder}/orders.mig, then
               mig check {folder}
  Undo       every table and annotation is as it was before after
               mig rollback {folder}
  Break      a row, after that, and see the validation catch it and undo all:
               sqlite3 {folder}/shop.db 'UPDATE orders SET total_cents = -1 WHERE order_no = 7'
               mig apply {plan}
"
    )
}
