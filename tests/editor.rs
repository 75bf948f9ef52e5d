//! The language server through a client library that nobody here wrote: a scripted editor opens `examples/`, pulls the
//! schemas, completes, fixes, renames over files and formats, and the folder still checks.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use mig_test_support::npm_project;
use serde_json::{Value, json};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn an_editor_works_in_the_examples_and_the_folder_still_checks() {
    let project = Path::new(ROOT).join("tests/editor");
    let library = npm_project("editor", &project);
    let home = tempfile::tempdir().expect("a temporary folder");
    // The address of a file is that of the folder itself, and not of a link to it.
    let examples = home.path().canonicalize().expect("a folder").join("examples");
    copy_folder(&Path::new(ROOT).join("examples"), &examples);
    let folder = examples.join("chinook/to-parquet");
    let source = fs::read_to_string(folder.join("chinook.mig")).expect("the example");
    let (items, waves) = source.split_at(source.find("\nvalidation ").expect("the example has a validation"));
    fs::write(folder.join("chinook.mig"), items).expect("a file");
    fs::write(folder.join("waves.mig"), waves.trim_start()).expect("a file");
    // Somebody begins without one.
    fs::remove_file(folder.join("schemas.lock.json")).expect("the example's snapshot");

    let lake = home.path().join("lake");
    let output = Command::new("node")
        .arg(project.join("client.js"))
        .args([Path::new(env!("CARGO_BIN_EXE_mig")), &examples, &library])
        .env("CHINOOK_LAKE", &lake)
        .output()
        .expect("node runs");
    let seen: Value = serde_json::from_str(&text(&output)).expect("the script says what it saw");
    assert_eq!(
        seen,
        json!({
            "before": ["no-snapshot: 3", "no-snapshot: 3"],
            "after": [],
            // Of the refresh and of the preview.
            "progress": ["begin", "end", "begin", "end"],
            "completed": seen["completed"],
            "wrong": "unknown-function",
            "fix": "Write `nullif`",
            "renamed": ["chinook.mig", "waves.mig"],
            "lenses": ["wave 1 of 1 · 11 datasets · 6 consumers · 15 k rows"],
            "preview": seen["preview"],
            "errors": [],
            "exit": 0,
        })
    );
    assert!(seen["completed"].as_str().is_some_and(|detail| detail.contains("text?")), "{seen}");
    assert!(seen["preview"].as_str().is_some_and(|line| line.contains("chinook_to_parquet")), "{seen}");
    let after = fs::read_to_string(folder.join("chinook.mig")).expect("the example");
    assert!(after.contains("dataset bills: old.Invoice"), "{after}");
    assert!(after.contains("    note:        text?          = BillingCountry\n"), "{after}");
    assert_eq!(after, mig_lang::format(&after));

    let checked = Command::new(env!("CARGO_BIN_EXE_mig"))
        .arg("check")
        .arg(&folder)
        .env("CHINOOK_LAKE", &lake)
        .output()
        .expect("mig runs");
    assert!(text(&checked).contains("chinook_to_parquet is sound"));
}

#[test]
fn neovim_works_with_the_configuration_of_its_page() {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/editors/neovim.md")).expect("the page");
    let (_, rest) = page.split_once("```lua\n").expect("a configuration");
    let (configuration, _) = rest.split_once("```").expect("its end");
    let home = tempfile::tempdir().expect("a temporary folder");
    let examples = home.path().canonicalize().expect("a folder").join("examples");
    copy_folder(&Path::new(ROOT).join("examples"), &examples);
    let folder = examples.join("chinook/to-parquet");
    let (init, seen) = (home.path().join("init.lua"), home.path().join("seen.json"));
    fs::write(&init, configuration).expect("a file");
    let lake = home.path().join("lake");
    let mig = Path::new(env!("CARGO_BIN_EXE_mig"));
    let pulled = Command::new(mig)
        .args(["schema", "pull"])
        .arg(&folder)
        .env("CHINOOK_LAKE", &lake)
        .output()
        .expect("mig runs");
    text(&pulled);

    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = mig.parent().map(Path::to_owned).into_iter().chain(std::env::split_paths(&path));
    let output = Command::new("nvim")
        .args(["--headless", "--clean", "-u"])
        .arg(&init)
        .arg("-S")
        .arg(Path::new(ROOT).join("tests/editor/neovim.lua"))
        .env("PATH", std::env::join_paths(folders).expect("a path"))
        .env("CHINOOK_LAKE", &lake)
        .env("FILE", folder.join("chinook.mig"))
        .env("SEEN", &seen)
        .output()
        .unwrap_or_else(|error| {
            panic!("nvim: {error}; install it: apt-get update && apt-get install -y neovim")
        });
    text(&output);
    let seen: Value = serde_json::from_str(&fs::read_to_string(seen).expect("what it saw")).expect("JSON");
    let line = "    postal_code: text?          = BillingPostalCode";
    assert_eq!(
        seen,
        json!({
            "filetype": "mig",
            "wrong": "unknown-column",
            "completed": "text? (NVARCHAR(10))",
            "line": line,
            "formatted": line,
            // Commands that are there.
            "commands": [2, 2],
            "version": seen["version"],
        })
    );
}

/// What a program printed; everything that it said when it failed.
fn text(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "--- out\n{out}\n--- err\n{err}");
    out.into_owned()
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder lists") {
        let entry = entry.expect("an entry reads");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
