//! Every wrong plan of the corpus is told what its file says it is told, and nothing else.
//!
//! A case is a heading, a sentence that says how the slip comes about, and the source. Below a line of the source
//! stands what is said of it: `^^^^ code: message` under the place itself, `~~~~ words` under every other place
//! that matters. A block `fix` holds the lines that the offered change writes. A block `mig bare` is the whole
//! migration; to any other the items are added that it cannot do without.
//!
//! A new case needs only its source: `UPDATE=1 cargo test -p mig-corpus` writes the rest, to be read before it is
//! committed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use mig_corpus::{CATALOG, SCHEMAS, catalog, framed, schemas};
use mig_lang::{Applicability, Diagnostic, Sources, Span};
use mig_plan::{Catalog, Schemas};

/// A case as it stands in its file.
struct Case<'t> {
    heading: &'t str,
    why: String,
    bare: bool,
    source: String,
}

/// The world that every case is checked against.
struct World {
    catalog: Catalog,
    schemas: Schemas,
}

impl World {
    /// What is said of a source.
    fn said(&self, source: &str) -> (Sources, Vec<Diagnostic>) {
        let mut sources = Sources::new();
        let id = sources.add("main.mig", source);
        let (tree, mut said) = mig_lang::parse(id, source);
        let world = mig_compiler::World { catalog: &self.catalog, schemas: &self.schemas };
        said.extend(mig_compiler::compile(&[tree], &world, Vec::new()).1);
        (sources, said)
    }
}

/// A file's opening, and its cases.
fn read(text: &str) -> (&str, Vec<Case<'_>>) {
    let mut parts = text.split("\n## ");
    let opening = parts.next().unwrap_or_default();
    let cases = parts.map(|part| {
        let (heading, body) = part.split_once('\n').expect("a heading and a body");
        let (why, rest) = body.split_once("```mig").expect("a block of source");
        let (flags, rest) = rest.split_once('\n').expect("a block of source");
        let (marked, _) = rest.split_once("\n```").expect("a block that is closed");
        let is_mark = |line: &&str| !line.trim_start().starts_with(['^', '~']);
        let source: Vec<&str> = marked.lines().filter(is_mark).collect();
        Case { heading, why: why.trim().to_owned(), bare: flags.trim() == "bare", source: source.join("\n") }
    });
    (opening, cases.collect())
}

/// The marks under a line: where, how, and what is said.
fn marks(sources: &Sources, said: &[Diagnostic]) -> BTreeMap<u32, Vec<String>> {
    let mut marks: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for one in said {
        for (index, label) in one.labels.iter().enumerate() {
            let (sign, text) = if index == 0 {
                let here = if label.text.is_empty() { String::new() } else { format!(" ({})", label.text) };
                ("^", format!("{}: {}{here}", one.code, one.message))
            } else {
                ("~", label.text.clone())
            };
            let (line, mark) = mark(sources, label.span, sign);
            marks.entry(line).or_default().push(format!("{mark} {text}"));
        }
    }
    marks
}

/// The line of a place, and its underline; one that goes on below ends in `…`.
fn mark(sources: &Sources, span: Span, sign: &str) -> (u32, String) {
    let (start, end) = (sources.start(span), sources.end(span));
    let first = sources.slice(span).lines().next().unwrap_or_default();
    let width = first.chars().count().max(1);
    let more = if end.line > start.line { "…" } else { "" };
    (start.line, format!("{}{}{more}", " ".repeat(start.column as usize - 1), sign.repeat(width)))
}

/// The case as its file should have it.
fn written(world: &World, case: &Case<'_>, wrong: &mut Vec<String>) -> String {
    let whole = if case.bare { case.source.clone() } else { framed(&case.source) };
    let (sources, said) = world.said(&whole);
    if said.len() != 1 {
        let codes: Vec<&str> = said.iter().map(|one| one.code).collect();
        wrong.push(format!(
            "{}: one mistake, {} diagnostics: {}",
            case.heading,
            said.len(),
            codes.join(", ")
        ));
    }
    let mut marks = marks(&sources, &said);
    let mut out =
        format!("\n## {}\n\n{}\n\n```mig{}\n", case.heading, case.why, if case.bare { " bare" } else { "" });
    for (line, number) in case.source.lines().zip(1_u32..) {
        out.push_str(&format!("{line}\n"));
        for mark in marks.remove(&number).unwrap_or_default() {
            out.push_str(&format!("{mark}\n"));
        }
    }
    out.push_str("```\n");
    if !marks.is_empty() {
        wrong.push(format!("{}: said of what the case does not show: {marks:?}", case.heading));
    }
    for one in &said {
        let Some(fix) = one.fixes.first() else { continue };
        let fixed = mig_lang::apply(&whole, &fix.edits.iter().collect::<Vec<_>>());
        let fixed = fixed.unwrap_or_else(|| panic!("{}: edits that cannot be applied", case.heading));
        let how = match fix.applicability {
            Applicability::Certain => "certain",
            Applicability::Likely => "likely",
            Applicability::Draft => "draft",
        };
        out.push_str(&format!("\n```fix {how}: {}\n{}```\n", fix.title, changed(&whole, &fixed)));
        let (sources, after) = world.said(&fixed);
        let of = |said: &[Diagnostic]| said.iter().filter(|other| other.code == one.code).count();
        let new = after.iter().find(|other| said.iter().all(|before| before.code != other.code));
        let draft = fix.applicability == Applicability::Draft;
        match new.filter(|new| !draft && new.severity == mig_lang::Severity::Error) {
            Some(new) => wrong.push(format!(
                "{}: mended, it has another: {} at `{}`",
                case.heading,
                new.message,
                sources.slice(new.span())
            )),
            None if of(&after) >= of(&said) && !draft => {
                wrong.push(format!("{}: the change does not mend it", case.heading));
            }
            None => {}
        }
    }
    out
}

/// The lines of the one text that the other has in their place.
fn changed(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    new[head..new.len() - tail].iter().map(|line| format!("{line}\n")).collect()
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries =
        fs::read_dir(folder).expect("the corpus lists").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect();
    files.sort();
    files
}

#[test]
fn every_wrong_plan_is_told_what_is_wrong() {
    let world = World { catalog: catalog(CATALOG), schemas: schemas(SCHEMAS) };
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in files() {
        let text = fs::read_to_string(&path).expect("a file of the corpus");
        let (opening, cases) = read(&text);
        let mut expected = opening.trim_end().to_owned() + "\n";
        for case in &cases {
            expected.push_str(&written(&world, case, &mut wrong));
        }
        count += cases.len();
        if update {
            fs::write(&path, &expected).expect("the corpus is written");
        } else if expected != text {
            let at = expected.lines().zip(text.lines()).position(|(a, b)| a != b).unwrap_or_default();
            let line = |text: &str| text.lines().nth(at).unwrap_or_default().to_owned();
            wrong.push(format!(
                "{}:{}\n  the file has  {}\n  is said       {}",
                path.display(),
                at + 1,
                line(&text),
                line(&expected)
            ));
        }
    }
    let again = "write it anew with `UPDATE=1 cargo test -p mig-corpus`, and read what changed";
    assert!(wrong.is_empty(), "{}\n\n{again}", wrong.join("\n"));
    assert!(count >= 150, "only {count} cases");
}
