//! `mig check --fix`: makes the changes that findings offer, round after round until there are none left.
//!
//! Only the first change of a finding is made, only in the migration's own files, and only when it takes no
//! comment away and leaves the file as readable as it was. Nothing else is touched, and nothing is formatted.

use std::collections::BTreeSet;

use mig_lang::{Applicability, Diagnostic, Edit, Fix, Sources};

use crate::args::CheckArgs;
use crate::command::fmt::difference;
use crate::console::Console;
use crate::problem::Failure;
use crate::render::words::{counted_len, safe};
use crate::workspace::{Workspace, write_atomically};
use crate::world::{Planned, Reading, checked};

/// A change may bring the next mistake to light; more rounds than these help nobody.
const ROUNDS: usize = 16;

/// The migration as it is with the changes, which are written down unless they are only to be shown.
pub(crate) fn run(
    workspace: Workspace,
    args: &CheckArgs,
    reading: Reading,
    console: Console,
) -> Result<Workspace, Failure> {
    let before = workspace.clone();
    let least = if args.guess { Applicability::Likely } else { Applicability::Certain };
    let mut current = workspace;
    let mut seen: BTreeSet<Vec<String>> = BTreeSet::new();
    let mut done = Vec::new();
    while seen.len() < ROUNDS && seen.insert(texts(&current.sources)) {
        let found = match checked(current.clone(), reading) {
            Ok(Planned { findings, .. }) | Err(Failure::Findings(findings)) => findings.diagnostics,
            Err(problem @ Failure::Problem(_)) => return Err(problem),
        };
        let (sources, made) = round(&current.sources, &found, least);
        if made.is_empty() {
            break;
        }
        done.extend(made);
        current.sources = sources;
    }
    for (path, ((_, old), (_, new))) in
        before.paths.iter().zip(before.sources.iter().zip(current.sources.iter()))
    {
        if old.text == new.text {
            continue;
        }
        if args.diff {
            console.say(&difference(&old.path, &old.text, &new.text));
        } else {
            write_atomically(&before.folder.join(path), new.text.as_bytes())?;
        }
    }
    if !args.diff {
        done.iter().for_each(|line| console.say(&format!("fixed {line}\n")));
    }
    let count = counted_len(done.len(), "change");
    console.say(&if args.diff { format!("{count} to make\n") } else { format!("{count} made\n") });
    Ok(current)
}

fn texts(sources: &Sources) -> Vec<String> {
    sources.iter().map(|(_, source)| source.text.clone()).collect()
}

/// The sources after one round, and what was done, a line each.
fn round(sources: &Sources, found: &[Diagnostic], least: Applicability) -> (Sources, Vec<String>) {
    let mut taken: Vec<(&Diagnostic, &Fix)> = Vec::new();
    for one in found {
        let Some(fix) = one.fixes.first().filter(|fix| fix.applicability <= least) else { continue };
        let free = |edit: &Edit| {
            let others = taken.iter().flat_map(|(_, fix)| &fix.edits);
            !others.into_iter().any(|other| mig_lang::overlap(other.span, edit.span))
        };
        if fix.edits.iter().all(|edit| sources.get(edit.span.file).is_some() && free(edit)) {
            taken.push((one, fix));
        }
    }
    taken.retain(|(_, fix)| changed(sources, &[fix]).is_some());
    let fixes: Vec<&Fix> = taken.iter().map(|(_, fix)| *fix).collect();
    // Each alone does no harm; should they do together, the first is made and the others wait for a round.
    let after = changed(sources, &fixes).or_else(|| {
        taken.truncate(1);
        changed(sources, fixes.get(..1)?)
    });
    let told = |(one, fix): &(&Diagnostic, &Fix)| {
        let at = sources.start(one.span());
        let path = safe(sources.path(one.span().file));
        format!("{path}:{}:{} {}: {}", at.line, at.column, one.code, safe(&fix.title))
    };
    (after.unwrap_or_else(|| sources.clone()), taken.iter().map(told).collect())
}

/// The sources with these changes; `None` when they would take a comment away or make a file less readable.
fn changed(sources: &Sources, fixes: &[&Fix]) -> Option<Sources> {
    let mut after = Sources::new();
    for (id, source) in sources.iter() {
        let edits: Vec<&Edit> =
            fixes.iter().flat_map(|fix| &fix.edits).filter(|edit| edit.span.file == id).collect();
        if edits.is_empty() {
            after.add(source.path.as_str(), source.text.as_str());
            continue;
        }
        let text = mig_lang::apply(&source.text, &edits)?;
        let faults = |text: &str| mig_lang::parse(id, text).1.len();
        if !keeps_comments(&source.text, &text) || faults(&text) > faults(&source.text) {
            return None;
        }
        after.add(source.path.as_str(), text);
    }
    Some(after)
}

/// Whether every comment of the one text is in the other.
fn keeps_comments(before: &str, after: &str) -> bool {
    let mut kept = mig_lang::comments(after);
    mig_lang::comments(before).into_iter().all(|comment| {
        let at = kept.iter().position(|other| *other == comment);
        at.map(|at| kept.swap_remove(at)).is_some()
    })
}

#[cfg(test)]
mod tests {
    use mig_lang::{FileId, Span};

    use super::*;

    fn sources(text: &str) -> Sources {
        let mut sources = Sources::new();
        sources.add("a.mig", text);
        sources
    }

    fn at(start: u32, end: u32) -> Span {
        Span { file: FileId(0), start, end }
    }

    fn after(text: &str, found: &[Diagnostic], least: Applicability) -> (String, Vec<String>) {
        let (sources, made) = round(&sources(text), found, least);
        (sources.text(FileId(0)).to_owned(), made)
    }

    #[test]
    fn only_what_is_certain_is_done_unless_guesses_are_wanted() {
        let text = "wave w { a = b, c = d }\n";
        let found = [
            Diagnostic::error("syntax", at(13, 14), "").certain("write `x`", at(13, 14), "x"),
            Diagnostic::error("unknown-name", at(20, 21), "").fix("write `y`", at(20, 21), "y"),
        ];
        let (certain, made) = after(text, &found, Applicability::Certain);
        assert_eq!((certain.as_str(), made.len()), ("wave w { a = x, c = d }\n", 1));
        let (likely, made) = after(text, &found, Applicability::Likely);
        assert_eq!(likely, "wave w { a = x, c = y }\n");
        assert_eq!(made, ["a.mig:1:14 syntax: write `x`", "a.mig:1:21 unknown-name: write `y`"]);
    }

    #[test]
    fn of_changes_that_overlap_the_first_is_made() {
        let found = [
            Diagnostic::error("syntax", at(13, 14), "").certain("one", at(13, 14), "x"),
            Diagnostic::error("syntax", at(13, 14), "").certain("two", at(13, 14), "y"),
        ];
        let (text, made) = after("wave w { a = b }\n", &found, Applicability::Certain);
        assert_eq!((text.as_str(), made.len()), ("wave w { a = x }\n", 1));
    }

    #[test]
    fn no_comment_is_lost_and_no_file_is_broken() {
        let text = "wave w {\n  a = b // why\n}\n";
        let remove = Diagnostic::error("syntax", at(11, 23), "").certain("remove", at(11, 23), "");
        let open = Diagnostic::error("syntax", at(15, 16), "").certain("open", at(15, 16), "[");
        for found in [remove, open] {
            let (same, made) = after(text, &[found], Applicability::Certain);
            assert_eq!((same.as_str(), made.len()), (text, 0));
        }
    }
}
