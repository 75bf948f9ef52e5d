//! `mig check --fix`: what is mended, what is left, and what is never touched.

use crate::house::{House, SHOP};

/// A shop with a slip of each kind: one that is certain, one that is a guess.
fn slipped() -> House {
    let house = House::shop();
    let rule = "count(cents < 0) == 0 else \"somebody owes a negative sum\"";
    house.replace("shop.mig", rule, "count(cents < 0) = 0 else \"a negative sum\" // nobody owes");
    house.replace("shop.mig", "trim(name)", "trim(nmae)");
    house
}

#[test]
fn what_is_certain_is_mended_and_the_rest_is_told() {
    let house = slipped();
    let answer = house.mig(&["check", "--fix"]).ends(1);
    let answer = answer.says("syntax: write `==`").says("1 change made");
    answer.says("no column `nmae`");
    let text = house.read("shop.mig");
    assert!(text.contains("count(cents < 0) == 0 else \"a negative sum\" // nobody owes"), "{text}");
    assert!(text.contains("trim(nmae)"), "{text}");
}

#[test]
fn guesses_are_made_on_request() {
    let house = House::shop();
    house.replace("shop.mig", "trim(name)", "trim(nmae)");
    house.replace("shop.mig", "validation = [people_fit]", "validation = [poeple_fit]");
    house.mig(&["check", "--fix", "--guess"]).ends(0).says("2 changes made").says("is sound");
    assert_eq!(house.read("shop.mig"), SHOP);
    house.mig(&["check", "--fix", "--guess"]).ends(0).says("0 changes made");
}

#[test]
fn changes_are_only_shown_when_that_is_asked() {
    let house = House::shop();
    house.replace("shop.mig", "trim(name)", "trim(nmae)");
    let before = house.read("shop.mig");
    let answer = house.mig(&["check", "--fix", "--guess", "--diff"]);
    answer.says("-    name:  text  = trim(nmae)").says("+    name:  text  = trim(name)");
    assert_eq!(house.read("shop.mig"), before);
}

#[test]
fn a_draft_is_never_made() {
    let house = House::shop();
    house.replace("shop.mig", "email: text? =", "email: text =");
    let before = house.read("shop.mig");
    house.mig(&["check", "--fix", "--guess"]).ends(1).says("0 changes made");
    assert_eq!(house.read("shop.mig"), before);
}

#[test]
fn other_switches_need_the_first() {
    House::shop().mig(&["check", "--guess"]).ends(1).says("--fix");
}

#[test]
fn what_does_not_mend_its_finding_is_not_done() {
    let slips = [
        // Where several changes are as likely, none is guessed.
        ("validation = [people_fit]", "validation = [people_fit]\n  soak = 2"),
        // Nor is the name of a wave.
        ("wave all {", "wave after all {"),
    ];
    for (right, wrong) in slips {
        let house = House::shop();
        house.replace("shop.mig", right, wrong);
        let before = house.read("shop.mig");
        house.mig(&["check", "--fix", "--guess"]).ends(1).says("0 changes made");
        assert_eq!(house.read("shop.mig"), before);
    }
}

#[test]
fn what_was_written_is_kept() {
    let slips = [
        ("chunk = 50,000 rows", "chunk = 50_000 rows"),
        ("chunk = 50k rows", "chunk = 50_000 rows"),
        ("chunk = 50_000 rosw", "chunk = 50_000 rows"),
        ("chunk chunk = 50_000 rows", "chunk = 50_000 rows"),
        ("chunk = 50_000 rows // enough\n  chunk = 50_000 rows", "chunk = 50_000 rows // enough"),
    ];
    for (wrong, right) in slips {
        let house = House::shop();
        house.replace("shop.mig", "  columns {", &format!("  {wrong}\n  columns {{"));
        house.mig(&["check", "--fix", "--guess"]).ends(0);
        let text = house.read("shop.mig");
        assert!(text.contains(&format!("  {right}\n  columns {{")), "{text}");
    }
}
