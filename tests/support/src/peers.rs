//! Other tools that move or compare tables, which benchmarks run beside `mig`.
//!
//! Those that Python's packages have are installed once, into an environment beside the build; `pgloader` and `pgcopydb` are the
//! distribution's (`apt-get install -y pgloader pgcopydb`). No test needs any of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::python::python_environment;

/// The environment of Python that has the packages.
pub struct Peers {
    folder: PathBuf,
}

impl Peers {
    /// Installs the packages, unless they are there.
    ///
    /// # Panics
    /// When Python or its package index cannot be had.
    pub fn installed() -> Self {
        let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("peer-requirements.txt");
        Self { folder: python_environment("peers", &requirements) }
    }

    /// A program of Python's, given as its text, with the arguments that it finds in `sys.argv`.
    pub fn python(&self, program: &str, arguments: &[&str]) -> Command {
        let mut python = Command::new(self.folder.join("bin/python"));
        python.args(["-c", program]).args(arguments);
        python
    }

    /// `reladiff`, without arguments.
    pub fn reladiff(&self) -> Command {
        Command::new(self.folder.join("bin/reladiff"))
    }

    /// `sling run` from a connection to another.
    ///
    /// # Panics
    /// When the package has no program.
    pub fn sling(&self, from: (&str, &str), to: (&str, &str)) -> Command {
        let versions = fs::read_dir(self.folder.join("lib")).expect("the environment");
        let program = versions
            .flatten()
            .map(|version| version.path().join("site-packages/sling_linux_amd64/bin/sling-linux-amd64"))
            .find(|program| program.exists());
        let mut sling = Command::new(program.expect("the package has the program"));
        sling
            .args(["run", "--mode", "full-refresh", "--src-conn", from.0, "--src-stream", from.1])
            .args(["--tgt-conn", to.0, "--tgt-object", to.1])
            .env("SLING_HOME_DIR", self.folder.join("sling"))
            .env("SLING_SEND_ANON_USAGE", "false");
        sling
    }
}
