//! The pages' examples give what the pages say they give, and the offered fixes mend it.

use std::collections::{BTreeMap, BTreeSet};

use mig_lang::{Diagnostic, Severity};

use super::{Mended, pages};
use crate::fixture::{Fixture, SHOP_CATALOG, SHOP_SCHEMAS, framed};

/// What parser and compiler say of a source.
fn said(source: &str) -> (Fixture, Vec<Diagnostic>) {
    let fixture = Fixture::shop(source);
    let mut trees = Vec::new();
    let mut said = Vec::new();
    for (id, source) in fixture.sources.iter() {
        let (tree, found) = mig_lang::parse(id, &source.text);
        trees.push(tree);
        said.extend(found);
    }
    let (_, found) = crate::compile(&trees, &fixture.world(), Vec::new());
    said.extend(found);
    (fixture, said)
}

/// An example with what it lacks, and only that: an item that its page is about is not added.
fn whole(example: &str, code: &str) -> String {
    match code {
        "no-migration" => example.trim_matches('\n').to_owned(),
        "no-wave" => framed(example).replace("wave everything {\n  move = datasets, consumers\n}\n", ""),
        _ => framed(example),
    }
}

#[test]
fn every_example_gives_its_code_and_nothing_else() {
    let mut wrong = String::new();
    for page in pages() {
        let (fixture, said) = said(&whole(page.example, page.code));
        let codes: BTreeSet<&str> = said.iter().map(|diagnostic| diagnostic.code).collect();
        let warning = said.iter().all(|diagnostic| diagnostic.severity == Severity::Warning);
        assert_eq!(warning, super::WARNINGS.contains(&page.code), "{}: is it a warning?", page.code);
        if codes != BTreeSet::from([page.code]) {
            wrong.push_str(&format!("--- {}\n{}", page.code, fixture.shown(&said)));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Applied, a fix takes its diagnostic away, whatever else there is to say then.
#[test]
fn every_fix_of_an_example_mends_it() {
    let mut count = 0;
    for page in pages() {
        let (fixture, before) = said(&whole(page.example, page.code));
        for fix in before.iter().flat_map(|diagnostic| &diagnostic.fixes) {
            let fixed = fixture.fixed(fix);
            let (_, after) = said(&fixed);
            let of = |said: &[Diagnostic]| said.iter().filter(|one| one.code == page.code).count();
            assert!(of(&after) < of(&before), "{}: {}\n{fixed}", page.code, fix.title);
            count += 1;
        }
    }
    assert!(count > 30, "only {count} fixes");
}

/// Mended as the page says, an example passes: it has no error, and nothing of the page's code.
#[test]
fn every_example_is_mended() {
    let mut wrong = String::new();
    for page in pages() {
        let (fixture, before) = said(&whole(page.example, page.code));
        let mended = match page.mended {
            Mended::Written(source) => whole(source, page.code),
            Mended::ByFix => match before.first().and_then(|diagnostic| diagnostic.fixes.first()) {
                Some(fix) => fixture.fixed(fix),
                None => {
                    wrong.push_str(&format!("--- {} has no fix\n", page.code));
                    continue;
                }
            },
        };
        let (fixture, after) = said(&mended);
        let bad = |one: &Diagnostic| one.severity == Severity::Error || one.code == page.code;
        if after.iter().any(bad) {
            wrong.push_str(&format!("--- {}\n{mended}\n{}", page.code, fixture.shown(&after)));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Every code that the source raises has a page, and every page's code is raised.
#[test]
fn every_code_has_its_page() {
    let listed: BTreeMap<&str, usize> = pages().fold(BTreeMap::new(), |mut listed, page| {
        *listed.entry(page.code).or_default() += 1;
        listed
    });
    assert!(listed.values().all(|count| *count == 1), "twice: {listed:?}");
    for page in pages() {
        assert!(!page.title.ends_with('.') && page.why.ends_with(['.', '?']), "{}", page.code);
        assert!(page.fix.ends_with('.'), "{}", page.code);
    }
}

/// The world of the examples itself gives nothing to say.
#[test]
fn the_frame_of_the_examples_is_sound() {
    let fixture = Fixture::new(&framed(""), SHOP_CATALOG, SHOP_SCHEMAS);
    assert_eq!(fixture.said(), "");
    assert_eq!(fixture.plan().datasets.len(), 1);
}

#[test]
fn every_code_of_the_parser_has_a_page() {
    for code in mig_lang::CODES {
        assert!(super::page(code).is_some(), "{code}");
    }
}
