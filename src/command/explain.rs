//! `mig explain`: the page of a diagnostic code.

use mig_compiler::codes::{self, Mended};
use serde_json::{Value, json};

use crate::args::{ExplainArgs, Format};
use crate::console::Console;
use crate::exit::Exit;
use crate::pages;
use crate::problem::{Failure, Problem};
use crate::render::layout::{paragraph, table};
use crate::render::page;
use crate::render::words::safe;

/// The group of the program's own codes.
pub(crate) const OWN: &str = "Running mig";

/// Prints it, or the list of all codes.
pub(crate) fn run(args: &ExplainArgs, console: Console) -> Result<Exit, Failure> {
    let Some(code) = &args.code else {
        match args.format {
            Format::Human => console.print(&listing(console.width()))?,
            Format::Json => console.print(&format!("{:#}\n", json!({ "version": 1, "codes": all() })))?,
        }
        return Ok(Exit::Done);
    };
    let wanted = code.trim().to_lowercase();
    if let Some(found) = codes::page(&wanted) {
        match args.format {
            Format::Human => console.print(&page::shown(found, console.width()))?,
            Format::Json => console.print(&format!("{:#}\n", versioned(of_language(found))))?,
        }
    } else if let Some(found) = pages::page(&wanted) {
        match args.format {
            Format::Human => {
                let mut text = page::head(found.code, found.title, found.why, console.width());
                text.push_str(&page::section("Example"));
                text.push_str(&paragraph(2, pages::BESIDE, console.width()));
                text.push('\n');
                text.push_str(&page::set_in(found.example.failing));
                text.push_str(&page::section("What to do"));
                text.push_str(&paragraph(2, found.fix, console.width()));
                text.push('\n');
                text.push_str(&page::set_in(found.example.mended));
                console.print(&text)?;
            }
            Format::Json => console.print(&format!("{:#}\n", versioned(of_program(found))))?,
        }
    } else {
        let known: Vec<&str> =
            codes::pages().map(|page| page.code).chain(pages::pages().map(|page| page.code)).collect();
        let parts = known.iter().filter(|code| !wanted.is_empty() && code.contains(&wanted));
        let parts: Vec<String> = parts.map(|code| format!("`{code}`")).collect();
        let near = mig_lang::nearest(&wanted, known);
        let help = match near {
            None if !parts.is_empty() => {
                format!("There is {}. `mig explain` lists every code.", parts.join(", "))
            }
            Some(near) => format!("Did you mean `{near}`? `mig explain` lists every code."),
            None => "`mig explain` lists every code.".to_owned(),
        };
        return Err(Problem::new("unknown-code", format!("there is no code `{}`", safe(code)), help).into());
    }
    Ok(Exit::Done)
}

/// Every code with its title, those of one concern together.
fn listing(width: usize) -> String {
    let mut out = String::new();
    let row = |code: &str, title: &str| vec![code.to_owned(), title.to_owned()];
    for group in codes::GROUPS {
        let rows: Vec<Vec<String>> = group.pages.iter().map(|page| row(page.code, page.title)).collect();
        out.push_str(page::section(group.title).trim_start_matches(if out.is_empty() { '\n' } else { '\0' }));
        out.push_str(&table(&rows, 2, 28, width));
    }
    let rows: Vec<Vec<String>> = pages::pages().map(|page| row(page.code, page.title)).collect();
    out.push_str(&page::section(OWN));
    out.push_str(&table(&rows, 2, 28, width));
    out
}

/// Every page as data.
fn all() -> Vec<Value> {
    codes::pages().map(of_language).chain(pages::pages().map(of_program)).collect()
}

fn of_language(page: &codes::Page) -> Value {
    let group = codes::GROUPS.iter().find(|group| group.pages.contains(page)).map(|group| group.title);
    let mended = match page.mended {
        Mended::ByFix => None,
        Mended::Written(source) => Some(source.trim_matches('\n')),
    };
    json!({
        "code": page.code,
        "group": group,
        "title": page.title,
        "why": page.why,
        "example": page.example.trim_matches('\n'),
        "fix": page.fix,
        "mended": mended,
    })
}

fn of_program(page: &pages::Page) -> Value {
    json!({
        "code": page.code,
        "group": OWN,
        "title": page.title,
        "why": page.why,
        "example": page.example.failing.trim_matches('\n'),
        "fix": page.fix,
        "mended": page.example.mended.trim_matches('\n'),
    })
}

fn versioned(mut page: Value) -> Value {
    if let Some(page) = page.as_object_mut() {
        page.insert("version".to_owned(), Value::from(1));
    }
    page
}
