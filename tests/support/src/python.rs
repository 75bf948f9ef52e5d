//! The packages of a list of requirements, installed once for the list into the folder for builds.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use mig_plan::Digest;

use crate::npm::builds;

const INSTALL: &str = "apt-get update && apt-get install -y python3 python3-venv";

/// The folder of an environment of Python's own that has the packages of a `requirements.txt`.
///
/// # Panics
/// When Python is not installed (saying how to install it), or when pip fails: with what it said.
pub(crate) fn python_environment(name: &str, requirements: &Path) -> PathBuf {
    let list = fs::read(requirements).expect("the list of requirements");
    let builds = builds();
    let folder = builds.join(format!("{name}-{}", Digest::of(&list).short()));
    let finished = folder.join("finished");
    fs::create_dir_all(&builds).expect("the folder for builds");
    let lock = File::create(builds.join(format!("{name}.lock"))).expect("the lock file");
    lock.lock().expect("the lock");
    // An environment knows its own path, so that it is made where it stays.
    if finished.is_file() {
        return folder;
    }
    let _ = fs::remove_dir_all(&folder);
    let run = |command: &mut Command, what: &str| {
        let output =
            command.output().unwrap_or_else(|error| panic!("{what}: {error}; install it: {INSTALL}"));
        assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
    };
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder), "python3 -m venv");
    let pip = ["install", "--quiet", "--disable-pip-version-check", "--requirement"];
    run(Command::new(folder.join("bin/pip")).args(pip).arg(requirements), "pip install");
    File::create(&finished).expect("the mark that all is installed");
    folder
}
