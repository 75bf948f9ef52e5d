//! The extension for VS Code builds, is packaged, colours as its files say, and comes up; with npm's own tools.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Cargo's folder for builds, which the test program stands in.
fn builds() -> PathBuf {
    let program = std::env::current_exe().expect("the test program's path");
    let folder = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    folder.expect("a test program stands in cargo's folder").to_owned()
}

fn npm(folder: &Path, arguments: &[&str]) {
    let output = Command::new("npm")
        .args(arguments)
        .current_dir(folder)
        .env("MIG", env!("CARGO_BIN_EXE_mig"))
        .output()
        .unwrap_or_else(|error| panic!("npm: {error}; install it: apt-get update && apt-get install -y npm"));
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "npm {}:\n{}", arguments.join(" "), String::from_utf8_lossy(&said));
}

#[test]
fn the_extension_passes_its_own_tests() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/vscode");
    let lock = File::create(builds().join("vscode.lock")).expect("the lock file");
    lock.lock().expect("the lock");
    // What npm has installed says of which lockfile; another one is installed anew.
    let wanted = fs::read(folder.join("package-lock.json")).expect("the lockfile");
    let mark = folder.join("node_modules/.installed-lockfile");
    if fs::read(&mark).ok().as_ref() != Some(&wanted) {
        npm(&folder, &["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
        fs::write(&mark, &wanted).expect("the mark");
    }
    npm(&folder, &["test"]);
}
