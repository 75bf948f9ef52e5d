//! Writes the pages under `docs/diagnostics`: one for each code, and their index. The only place that makes them;
//! its tests fail when a page is not what the code says.

use std::fs;
use std::path::{Path, PathBuf};

use mig_compiler::codes::{self, Mended, Page};
use mig_corpus::{CATALOG, SCHEMAS, catalog, framed, schemas};
use mig_lang::{Diagnostic, FileId, Severity, Sources};

use crate::command::explain::OWN;
use crate::pages;
use crate::problem::Findings;
use crate::render::diagnostic::{Look, drawn};
use crate::render::page::{fenced, markdown, opening};

/// As wide as the sources of the pages.
const WIDTH: usize = 100;

/// What parser and compiler say of a source in the world of the shop.
fn said(source: &str) -> Findings {
    let mut sources = Sources::new();
    let id = sources.add("shop.mig", source);
    let (tree, mut diagnostics) = mig_lang::parse(id, source);
    let (catalog, schemas) = (catalog(CATALOG), schemas(SCHEMAS));
    let world = mig_compiler::World { catalog: &catalog, schemas: &schemas };
    let (_, found) = mig_compiler::compile(&[tree], &world, Vec::new());
    diagnostics.extend(found);
    Findings { sources, diagnostics }
}

/// The page of a code of the language.
fn page(page: &Page) -> String {
    let example = page.example.trim_matches('\n');
    let whole = match page.code {
        "no-migration" => example.to_owned(),
        "no-wave" => framed(example).replace("wave everything {\n  move = datasets, consumers\n}\n", ""),
        _ => framed(example),
    };
    let found = said(&whole);
    let first = found.diagnostics.first().unwrap_or_else(|| panic!("{} is not given", page.code));
    let mut out = opening(page);
    out.push_str(&format!(
        "\n{}",
        fenced("text", &drawn(first, &found.sources, Look::Drawn { color: false }, WIDTH))
    ));
    out.push_str(&format!("\n## What to do\n\n{}\n", page.fix));
    match page.mended {
        Mended::Written(source) => out.push_str(&format!("\n{}", fenced("mig", source))),
        Mended::ByFix => {
            let (title, mended) = by_fix(page.code, first, &whole, &whole[example.len()..]);
            let lead = format!("`mig` offers the change: {title}.");
            out.push_str(&format!("\n{lead}\n\n{}", fenced("mig", &mended)));
        }
    }
    out
}

/// What the first change that a diagnostic offers does, and the example with it.
fn by_fix(code: &str, found: &Diagnostic, whole: &str, frame: &str) -> (String, String) {
    let fix = found.fixes.first().unwrap_or_else(|| panic!("{code} offers no change: write `mended`"));
    let mended = mig_lang::apply(whole, &fix.edits.iter().collect::<Vec<_>>());
    let mended = mended.unwrap_or_else(|| panic!("{code}: edits that cannot be applied"));
    let shown = mended.strip_suffix(frame);
    let shown = shown.unwrap_or_else(|| panic!("{code}: the change is not in the example: write `mended`"));
    (fix.title.clone(), shown.to_owned())
}

/// The index of all pages.
fn index() -> String {
    let mut out = String::from(
        "# Diagnostics\n\nEvery code that `mig` gives, with what it means, why it is given, an example and the way out. \
         `mig explain CODE` prints the same page. The pages are generated from the code; the examples are tests.\n",
    );
    for group in codes::GROUPS {
        out.push_str(&format!("\n## {}\n\n| code | | |\n|---|---|---|\n", group.title));
        for page in group.pages {
            let found = said(&framed(page.example));
            let warning = found.diagnostics.iter().all(|one| one.severity == Severity::Warning);
            let severity = if warning && !found.diagnostics.is_empty() { "warning" } else { "error" };
            out.push_str(&format!(
                "| [{code}]({code}.md) | {severity} | {} |\n",
                page.title,
                code = page.code
            ));
        }
    }
    out.push_str(&format!("\n## {OWN}\n\n| code | |\n|---|---|\n"));
    for page in pages::pages() {
        out.push_str(&format!("| [{code}]({code}.md) | {} |\n", page.title, code = page.code));
    }
    out
}

/// Every file of the folder with its text.
fn generated() -> Vec<(String, String)> {
    let language = codes::pages().map(|found| (format!("{}.md", found.code), page(found)));
    let program = pages::pages().map(|found| (format!("{}.md", found.code), found.to_string()));
    let index = std::iter::once(("README.md".to_owned(), index()));
    index.chain(language).chain(program).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/diagnostics")
}

/// `UPDATE=1 cargo test -p mig --bin mig docs` writes the pages anew.
#[test]
fn the_pages_are_what_the_code_says() {
    let (folder, pages) = (folder(), generated());
    if std::env::var_os("UPDATE").is_some() {
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in &pages {
            fs::write(folder.join(name), text).unwrap();
        }
    }
    let again = "write them anew with `UPDATE=1 cargo test -p mig --bin mig docs`, and read what changed";
    for (name, text) in &pages {
        let written = fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(written == *text, "docs/diagnostics/{name} is out of date: {again}");
    }
    let there = fs::read_dir(&folder).unwrap().count();
    assert_eq!(there, pages.len(), "docs/diagnostics has pages of codes that are no more: {again}");
}

#[test]
fn the_page_without_what_is_printed_is_the_one_of_explain() {
    let found = codes::page("no-wave").unwrap();
    assert!(page(found).starts_with(&opening(found)));
    assert!(markdown(found).starts_with(&opening(found)));
    assert_eq!(said(&framed("")).sources.text(FileId(0)), framed(""));
}
