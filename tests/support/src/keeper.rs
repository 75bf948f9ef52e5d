//! Holds one server of a test process: a small shell script stands between the two and holds the server's life to
//! its standard input, which ends when the test process does, however it does. Also who a server runs as, and where.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

/// The script that holds a server. Dropped, it kills the server and removes its folder.
pub(crate) struct Keeper(Mutex<Script>);

/// The script's process, and the two ends of talking to it.
struct Script {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Keeper {
    /// Begins to keep the server that a program is, in a folder, as a user; it is not yet started. `signal` is what
    /// stops it at once, as if the power failed. `arguments` adds the program's own.
    pub(crate) fn new(
        user: &str,
        folder: &Path,
        signal: &str,
        program: &Path,
        arguments: impl FnOnce(&mut Command),
    ) -> Self {
        let mut command = unprivileged(user, Path::new("/bin/sh"));
        command.args(["-c", include_str!("server.sh"), "server.sh"]).arg(folder).arg(signal).arg(program);
        arguments(&mut command);
        let mut process = command
            .current_dir("/")
            // What its log says is looked for in English.
            .env("LC_ALL", "C")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("/bin/sh runs");
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().expect("piped"));
        Self(Mutex::new(Script { process, input, output }))
    }

    /// Sends the script `start` or `stop` and waits until it has done that.
    pub(crate) fn tell(&self, line: &str) {
        let mut script = self.0.lock().expect("no test panicked in here");
        writeln!(script.input.as_mut().expect("open until dropped"), "{line}").expect("the keeper listens");
        let mut answer = String::new();
        script.output.read_line(&mut answer).expect("the keeper answers");
        assert_eq!(answer.trim(), line);
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if let Ok(script) = self.0.get_mut() {
            script.input = None;
            // The keeper ends by itself; when it does not, there is nobody left to tell.
            let _ = script.process.wait();
        }
    }
}

fn is_root() -> bool {
    let answer = Command::new("id").arg("-u").output().expect("id runs");
    answer.stdout.trim_ascii() == b"0"
}

/// A number of a user: `-u` for the user's own, `-g` for the group's.
fn id(which: &str, user: &str) -> u32 {
    let answer = Command::new("id").args([which, user]).output().expect("id runs");
    let text = String::from_utf8_lossy(&answer.stdout);
    text.trim().parse().unwrap_or_else(|_| panic!("there is no user {user}; install the server"))
}

/// Gives paths to the user that a server runs as, which matters only to root.
pub(crate) fn give(user: &str, paths: &[&Path]) {
    if is_root() {
        let (owner, group) = (id("-u", user), id("-g", user));
        for path in paths {
            chown(path, Some(owner), Some(group)).expect("the folder given to the server's user");
        }
    }
}

/// A command that does not run as root.
pub(crate) fn unprivileged(user: &str, program: &Path) -> Command {
    if is_root() {
        let mut command = Command::new("setpriv");
        let (owner, group) = (id("-u", user), id("-g", user));
        command
            .arg(format!("--reuid={owner}"))
            .arg(format!("--regid={group}"))
            .arg("--clear-groups")
            .arg(program);
        command
    } else {
        Command::new(program)
    }
}
