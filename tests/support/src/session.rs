//! A conversation with a server through its own client, for what lasts as long as it: a lock, a transaction.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What the client says when all that came before is done.
const DONE: &str = "all of it is done";

/// A client that waits for statements. Dropped, it ends, and the server takes back what was begun.
pub struct Session {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Session {
    /// Starts a client that reads statements, each to its semicolon, and prints at once what they give.
    pub(crate) fn start(client: &mut Command) -> Self {
        let mut process =
            client.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the server's client runs");
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().expect("piped"));
        Self { process, input, output }
    }

    /// Runs statements, separated by semicolons, and waits until they are done.
    ///
    /// # Panics
    /// When the client has ended, as it does when a statement fails.
    pub fn run(&mut self, sql: &str) {
        let input = self.input.as_mut().expect("open until dropped");
        writeln!(input, "{sql};\nselect '{DONE}';").and_then(|()| input.flush()).expect("the client listens");
        let mut line = String::new();
        while line.trim_end() != DONE {
            line.clear();
            let read = self.output.read_line(&mut line).expect("the client answers");
            assert!(read > 0, "the client ended, in: {sql}");
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.input = None;
        // The client ends by itself; when it does not, there is nobody left to tell.
        let _ = self.process.wait();
    }
}
