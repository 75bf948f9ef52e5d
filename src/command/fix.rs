//! `mig check --fix`: makes the changes that findings offer, round after round until there are none left.
//!
//! Only what a finding certainly or most likely means is made, only in the migration's own files, and only when it
//! takes no comment away, leaves the file as readable as it was, and does away with its finding: a change that does not
//! is taken back and never tried again. Nothing else is touched, and nothing is formatted.

use std::collections::BTreeSet;
use std::ops::Range;

use mig_lang::{Applicability, Applied, Diagnostic, Edit, FileId, Fix, Sources};

use crate::args::CheckArgs;
use crate::command::fmt::difference;
use crate::console::Console;
use crate::problem::Failure;
use crate::render::words::{counted_len, safe};
use crate::workspace::{Workspace, write_atomically};
use crate::world::{Planned, Reading, checked};

/// A change may bring the next mistake to light; more rounds than these help nobody.
const ROUNDS: usize = 32;

/// A finding and the change that it offers.
type Offer<'d> = (&'d Diagnostic, &'d Fix);

/// The sources with changes, those changes, and what became of each file.
type Made<'d> = (Sources, Vec<Offer<'d>>, Vec<(FileId, Applied)>);

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
    let (mut useless, mut done) = (BTreeSet::new(), Vec::new());
    let mut found = findings(&current, reading)?;
    for _ in 0..ROUNDS {
        let taken = chosen(&current.sources, &found, least, &useless);
        let Some((sources, made, changed)) = made(&current.sources, taken) else { break };
        let next = Workspace { sources, ..current.clone() };
        let left = findings(&next, reading)?;
        let failed: Vec<String> = made
            .iter()
            .filter(|offer| is_left(offer, &changed, &left))
            .map(|(one, fix)| key(&current.sources, one, fix))
            .collect();
        if failed.is_empty() {
            done.extend(made.iter().map(|offer| told(&current.sources, offer)));
            (current, found) = (next, left);
        } else {
            useless.extend(failed);
        }
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

fn findings(workspace: &Workspace, reading: Reading) -> Result<Vec<Diagnostic>, Failure> {
    match checked(workspace.clone(), reading) {
        Ok(Planned { findings, .. }) | Err(Failure::Findings(findings)) => Ok(findings.diagnostics),
        Err(problem @ Failure::Problem(_)) => Err(problem),
    }
}

/// What a change is known by: what it is about, wherever that has moved to.
fn key(sources: &Sources, one: &Diagnostic, fix: &Fix) -> String {
    format!("{} {} {} {}", sources.path(one.span().file), one.code, one.message, fix.title)
}

fn told(sources: &Sources, (one, fix): &Offer) -> String {
    let at = sources.start(one.span());
    let path = safe(sources.path(one.span().file));
    format!("{path}:{}:{} {}: {}", at.line, at.column, one.code, safe(&fix.title))
}

/// The changes that can be made in one round: each does no harm alone, and none touches another.
fn chosen<'d>(
    sources: &Sources,
    found: &'d [Diagnostic],
    least: Applicability,
    useless: &BTreeSet<String>,
) -> Vec<Offer<'d>> {
    let mut taken: Vec<Offer> = Vec::new();
    for one in found {
        let wanted = |fix: &&Fix| fix.applicability <= least && !useless.contains(&key(sources, one, fix));
        let Some(fix) = one.meant().filter(wanted) else { continue };
        let free = |edit: &Edit| {
            let others = taken.iter().flat_map(|(_, fix)| &fix.edits);
            !others.into_iter().any(|other| mig_lang::overlap(other.span, edit.span))
        };
        if fix.edits.iter().all(|edit| sources.get(edit.span.file).is_some() && free(edit)) {
            taken.push((one, fix));
        }
    }
    taken.retain(|(_, fix)| changed(sources, &[fix]).is_some());
    taken
}

/// The sources with the changes, those that were made, and what became of each file; nothing without any.
/// Each alone does no harm; should they do together, the first is made and the others wait for a round.
fn made<'d>(sources: &Sources, mut taken: Vec<Offer<'d>>) -> Option<Made<'d>> {
    let fixes: Vec<&Fix> = taken.iter().map(|(_, fix)| *fix).collect();
    let first = fixes.get(..1)?;
    let files = changed(sources, &fixes).or_else(|| {
        taken.truncate(1);
        changed(sources, first)
    })?;
    let mut after = Sources::new();
    for (id, source) in sources.iter() {
        let now = files.iter().find(|(file, _)| *file == id);
        after.add(source.path.as_str(), now.map_or(source.text.as_str(), |(_, now)| now.text.as_str()));
    }
    Some((after, taken, files))
}

/// The files that these changes touch, as they are then; `None` when they would write a gap, take a comment away or make
/// a file less readable.
fn changed(sources: &Sources, fixes: &[&Fix]) -> Option<Vec<(FileId, Applied)>> {
    let mut files = Vec::new();
    for (id, source) in sources.iter() {
        let edits: Vec<&Edit> =
            fixes.iter().flat_map(|fix| &fix.edits).filter(|edit| edit.span.file == id).collect();
        if edits.is_empty() {
            continue;
        }
        let has_gap = |edit: &&Edit| edit.text.contains('…') && !sources.slice(edit.span).contains('…');
        if edits.iter().any(has_gap) {
            return None;
        }
        let applied = Applied::new(&source.text, &edits)?;
        let faults = |text: &str| mig_lang::parse(id, text).1.len();
        if !keeps_comments(&source.text, &applied.text) || faults(&applied.text) > faults(&source.text) {
            return None;
        }
        files.push((id, applied));
    }
    Some(files)
}

/// Whether a finding is still there when its change has been made: one of its code, where it was or in what was written.
fn is_left((one, fix): &Offer, files: &[(FileId, Applied)], left: &[Diagnostic]) -> bool {
    let file = one.span().file;
    let Some((_, applied)) = files.iter().find(|(id, _)| *id == file) else { return false };
    let here = applied.place(one.span().start);
    let written = fix.edits.iter().filter(|edit| edit.span.file == file).map(|edit| {
        let length = u32::try_from(edit.text.len()).unwrap_or_default();
        let at = applied.place(edit.span.start);
        // The place of an insertion is behind it.
        if edit.span.start == edit.span.end { at.saturating_sub(length)..at } else { at..at + length }
    });
    let mut places: Vec<Range<u32>> = written.collect();
    places.push(here..here + 1);
    left.iter().any(|other| {
        let span = other.span();
        other.code == one.code && span.file == file && places.iter().any(|place| place.contains(&span.start))
    })
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
        let sources = sources(text);
        let taken = chosen(&sources, found, least, &BTreeSet::new());
        let Some((after, taken, _)) = made(&sources, taken) else { return (text.to_owned(), Vec::new()) };
        (after.text(FileId(0)).to_owned(), taken.iter().map(|offer| told(&sources, offer)).collect())
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
    fn of_two_that_are_as_likely_none_is_guessed() {
        let found = [Diagnostic::error("wrong-unit", at(13, 14), "").fix("one", at(13, 14), "x").fix(
            "two",
            at(13, 14),
            "y",
        )];
        let (text, made) = after("wave w { a = b }\n", &found, Applicability::Likely);
        assert_eq!((text.as_str(), made.len()), ("wave w { a = b }\n", 0));
    }

    #[test]
    fn no_gap_is_written() {
        let found = [Diagnostic::error("syntax", at(13, 14), "").certain("one", at(13, 14), "\"…\"")];
        let (_, made) = after("wave w { a = b }\n", &found, Applicability::Likely);
        assert!(made.is_empty());
    }

    #[test]
    fn a_finding_is_left_where_it_was_or_in_what_was_written() {
        let text = "wave w { a = b }\n";
        let one = Diagnostic::error("x", at(5, 6), "").fix("again", at(6, 6), "xyz");
        let sources = sources(text);
        let (_, taken, files) = made(&sources, vec![(&one, &one.fixes[0])]).unwrap();
        let left = |start| is_left(&taken[0], &files, &[Diagnostic::error("x", at(start, start + 1), "")]);
        assert_eq!([4, 5, 7, 9].map(left), [false, true, true, false]);
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
