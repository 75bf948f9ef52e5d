//! The packages of an npm project, installed once for a lockfile into the folder for builds.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use mig_plan::Digest;

/// The folder with the `node_modules` of a project. No script of a package is run.
///
/// # Panics
/// When npm is not installed (saying how to install it), or when it fails: with what it said.
pub fn npm_project(name: &str, source: &Path) -> PathBuf {
    let manifests = ["package.json", "package-lock.json"];
    let read = |name: &str| fs::read(source.join(name)).expect("the npm project");
    let key = Digest::of(&manifests.map(read).concat()).short();
    let builds = builds();
    let folder = builds.join(format!("{name}-{key}"));
    fs::create_dir_all(&builds).expect("the folder for builds");
    let lock = File::create(builds.join(format!("{name}.lock"))).expect("the lock file");
    lock.lock().expect("the lock");
    if folder.is_dir() {
        return folder;
    }
    let unfinished = builds.join(format!("{name}-{key}.unfinished"));
    let _ = fs::remove_dir_all(&unfinished);
    fs::create_dir_all(&unfinished).expect("a folder");
    for name in manifests {
        fs::copy(source.join(name), unfinished.join(name)).expect("a copy");
    }
    let output = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"])
        .current_dir(&unfinished)
        .output()
        .unwrap_or_else(|error| panic!("npm: {error}; install it: apt-get update && apt-get install -y npm"));
    assert!(output.status.success(), "npm ci: {}", String::from_utf8_lossy(&output.stderr));
    fs::rename(&unfinished, &folder).expect("the finished folder");
    folder
}

/// Cargo's folder for builds, which the test program stands in.
pub(crate) fn builds() -> PathBuf {
    let program = std::env::current_exe().expect("the test program's path");
    let folder = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    folder.expect("a test program stands in cargo's folder").to_owned()
}
