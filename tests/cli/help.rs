//! Help, versions, completions, and what a wrong command line says.

use crate::house::House;

const COMMANDS: [&str; 19] = [
    "demo",
    "check",
    "catalog",
    "schema",
    "fmt",
    "lsp",
    "plan",
    "graph",
    "impact",
    "init",
    "lineage",
    "apply",
    "status",
    "diff",
    "approve",
    "rollback",
    "complete",
    "explain",
    "completions",
];

#[test]
fn the_help_lists_commands_and_exit_codes() {
    let answer = House::empty().mig(&["--help"]).ends(0);
    for command in COMMANDS {
        assert!(answer.out.contains(&format!("\n  {command} ")), "{command}\n{}", answer.out);
    }
    answer.says("7  stale plan: the world has changed since it was made");
}

#[test]
fn every_command_has_help_with_examples() {
    for command in COMMANDS {
        House::empty().mig(&[command, "--help"]).ends(0).says("Examples:\n  mig ");
    }
}

#[test]
fn a_wrong_command_line_ends_with_one_and_says_why() {
    House::empty().mig(&["aply"]).ends(1).says("apply");
    House::empty().mig(&["plan", "--nonsense"]).ends(1).says("--nonsense");
    House::empty().mig(&[]).ends(1).says("Usage");
}

#[test]
fn the_version_is_told() {
    House::empty().mig(&["--version"]).ends(0).says(env!("CARGO_PKG_VERSION"));
}

#[test]
fn completions_are_made_for_shells() {
    for shell in ["bash", "zsh", "fish"] {
        House::empty().mig(&["completions", shell]).ends(0).says("rollback");
    }
    House::empty().mig(&["completions", "cobol"]).ends(1);
}

#[test]
fn a_code_is_explained_and_a_misspelt_one_is_guessed() {
    House::empty().mig(&["explain", "stale-plan"]).ends(0).says("stale-plan The world is");
    House::empty().mig(&["explain", "unknown-column"]).ends(0).says("unknown-column The table has");
    House::empty().mig(&["explain", "unkown-column"]).ends(1).says("Did you mean `unknown-column`?");
    House::empty().mig(&["explain"]).ends(0).says("edited-plan").says("Waves and their order");
    let page = House::empty().mig(&["explain", "unknown-column", "--format", "json"]).ends(0);
    let page: serde_json::Value = serde_json::from_str(&page.out).expect("JSON");
    assert_eq!((&page["code"], &page["group"]), (&"unknown-column".into(), &"Expressions and types".into()));
}

#[test]
fn colour_is_there_when_asked_for_and_never_in_a_pipe() {
    let house = House::empty();
    let colored = house.mig(&["check", "nowhere", "--color", "always"]).ends(1);
    assert!(!colored.err.is_empty());
    let plain = house.mig(&["check", "nowhere"]).ends(1);
    assert!(!plain.err.contains('\u{1b}'), "{}", plain.err);
}
