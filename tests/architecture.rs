//! The house is as drawn in ARCHITECTURE.md: which crate reaches which, and what never gets in.
//!
//! Reads `cargo tree` and the sources; changes nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The names and versions of everything a package needs to run, itself included.
fn reaches(package: &str) -> BTreeSet<(String, String)> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--edges", "normal,build", "--prefix", "none", "--package", package])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout)
        .expect("cargo tree prints UTF-8")
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?.to_owned(), words.next()?.to_owned()))
        })
        .collect()
}

fn names(package: &str) -> BTreeSet<String> {
    reaches(package).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn the_language_the_compiler_and_the_plan_reach_no_world() {
    let world = ["tokio", "sqlx", "reqwest", "rusqlite", "arrow", "object_store", "mig-runtime"];
    for package in ["mig-lang", "mig-compiler", "mig-plan"] {
        let reached = names(package);
        for outside in world {
            assert!(!reached.contains(outside), "{package} reaches {outside}");
        }
    }
}

#[test]
fn the_runtime_never_reaches_the_language_or_the_compiler() {
    let reached = names("mig-runtime");
    assert!(reached.contains("mig-plan"), "the runtime speaks the plan's vocabulary");
    for forbidden in ["mig-lang", "mig-compiler", "pest", "miette"] {
        assert!(!reached.contains(forbidden), "mig-runtime reaches {forbidden}");
    }
}

#[test]
fn the_plan_reaches_no_other_crate_of_the_house() {
    let ours: Vec<_> = names("mig-plan").into_iter().filter(|name| name.starts_with("mig-")).collect();
    assert_eq!(ours, ["mig-plan"]);
}

#[test]
fn there_is_one_arrow_and_no_second_tls_provider() {
    let reached = reaches("mig");
    for single in ["arrow", "arrow-array", "arrow-schema", "parquet", "object_store", "libsqlite3-sys"] {
        let versions: Vec<_> = reached.iter().filter(|(name, _)| name == single).collect();
        assert!(versions.len() <= 1, "several versions of {single}: {versions:?}");
    }
    assert!(reached.iter().all(|(name, _)| name != "ring"), "ring is in the tree: TLS is aws-lc-rs alone");
}

#[test]
fn the_language_server_reaches_no_runtime_and_its_features_know_no_protocol() {
    let reached = names("mig-lsp");
    for forbidden in ["mig-runtime", "sqlx", "reqwest", "rusqlite", "arrow", "object_store"] {
        assert!(!reached.contains(forbidden), "mig-lsp reaches {forbidden}");
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("lsp/src");
    for file in rust_files(&root) {
        if file.starts_with(root.join("server")) || file == root.join("order.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("a source file reads");
        for word in ["tower_lsp", "ls_types", "std::net", "std::process", "std::env"] {
            assert!(!text.contains(word), "{}: {word}", file.display());
        }
        if file.starts_with(root.join("features")) {
            assert!(!text.contains("std::fs"), "{}: a feature reads a file", file.display());
        }
    }
}

/// Modules of the standard library that reach the world, banned as a whole where clippy can only ban
/// single functions.
#[test]
fn pure_crates_use_no_world_of_the_standard_library() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let banned =
        ["std::fs", "std::env", "std::net", "std::process", "std::thread", "SystemTime", "Instant::now"];
    for package in ["lang", "compiler", "plan"] {
        for file in rust_files(&root.join(package).join("src")) {
            let text = std::fs::read_to_string(&file).expect("a source file reads");
            // A unit test may look at files; what ships may not.
            let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
            for (number, line) in shipped.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                for word in banned {
                    assert!(!code.contains(word), "{}:{}: {word}", file.display(), number + 1);
                }
            }
        }
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of sources lists") {
            let path = entry.expect("an entry reads").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !path.ends_with("tests.rs")
                && !path.components().any(|part| part.as_os_str() == "tests")
            {
                files.push(path);
            }
        }
    }
    assert!(!files.is_empty(), "no sources under {}", folder.display());
    files
}
