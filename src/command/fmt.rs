//! `mig fmt`: formats `.mig` files.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use mig_lang::{Diagnostic, FileId, Severity, Sources};
use similar::TextDiff;

use crate::args::FmtArgs;
use crate::console::Console;
use crate::exit::Exit;
use crate::problem::{Failure, Findings, Problem};
use crate::render::words::safe;
use crate::workspace::{Workspace, read_text, shown, text_of, write_atomically};

/// Formats them, or says what would change.
pub(crate) fn run(args: &FmtArgs, console: Console) -> Result<Exit, Failure> {
    if args.paths.iter().any(|path| path == Path::new("-")) {
        return standard_input(args, console);
    }
    let mut sources = Sources::new();
    let mut diagnostics = Vec::new();
    let mut changed = Vec::new();
    for path in files(&args.paths)? {
        let text = read_text(&path)?;
        let id = sources.add(shown(&path), text.as_str());
        let (formatted, errors) = formatted(id, &text);
        diagnostics.extend(errors);
        if formatted == text {
            continue;
        }
        changed.push(shown(&path));
        if args.diff {
            console.print(&difference(&shown(&path), &text, &formatted))?;
        }
        if !args.diff && !args.check {
            write_atomically(&path, formatted.as_bytes())?;
        }
    }
    for path in &changed {
        if args.check {
            console.say(&format!("not formatted: {}\n", safe(path)));
        } else if !args.diff {
            console.say(&format!("formatted {}\n", safe(path)));
        }
    }
    // What was broken stays as it was, and everything around it is formatted.
    if diagnostics.iter().any(|found| found.severity == Severity::Error) {
        return Err(Findings { sources, diagnostics }.into());
    }
    Ok(if args.check && !changed.is_empty() { Exit::Refused } else { Exit::Done })
}

fn standard_input(args: &FmtArgs, console: Console) -> Result<Exit, Failure> {
    if args.paths.len() > 1 {
        return Err(
            Problem::new("usage", "`-` stands alone", "Format files and standard input apart.").into()
        );
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|error| Problem::unreadable(Path::new("standard input"), &error))?;
    let text = text_of("standard input", bytes)?;
    let mut sources = Sources::new();
    let id = sources.add("standard input", text.as_str());
    let (formatted, diagnostics) = formatted(id, &text);
    if args.diff {
        console.print(&difference("standard input", &text, &formatted))?;
    } else if !args.check {
        console.print(&formatted)?;
    }
    if diagnostics.iter().any(|found| found.severity == Severity::Error) {
        return Err(Findings { sources, diagnostics }.into());
    }
    if args.check && formatted != text {
        console.say("not formatted: standard input\n");
        return Ok(Exit::Refused);
    }
    Ok(Exit::Done)
}

fn formatted(id: FileId, text: &str) -> (String, Vec<Diagnostic>) {
    let (_, diagnostics) = mig_lang::parse(id, text);
    (mig_lang::format(text), diagnostics)
}

/// The files that the paths name: a folder stands for every `.mig` file in it.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Problem> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            files.extend(Workspace::find(path)?.into_iter().map(|found| path.join(found)));
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

/// A unified diff.
pub(super) fn difference(path: &str, before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut out = String::new();
    for line in diff.unified_diff().context_radius(3).header(path, path).to_string().lines() {
        let line = safe(line);
        let painted = if line.starts_with('+') {
            console::style(line).green()
        } else if line.starts_with('-') {
            console::style(line).red()
        } else {
            console::style(line)
        };
        out.push_str(&format!("{painted}\n"));
    }
    out
}
