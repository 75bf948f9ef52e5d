//! The terminal: what is written to standard output and standard error, and what they can show.
//!
//! Results go to standard output, everything said on the way to standard error, so that a pipe gets the
//! result alone. A reader that goes away early (`mig plan | head`) is no fault.

use std::io::{self, IsTerminal, Write};

use crate::args::ColorWhen;

/// What the two output streams can show, found out once at the start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Console {
    /// Columns that a line may take.
    width: usize,
    out: Stream,
    err: Stream,
}

/// What an output stream can show.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stream {
    /// Whether it is a terminal.
    pub(crate) is_terminal: bool,
    /// Whether it is given colours.
    pub(crate) color: bool,
}

/// Beyond this a line is hard to follow, however wide the terminal.
const WIDEST: usize = 110;
/// What is assumed where nothing is known.
const USUAL: usize = 80;

impl Console {
    /// Looks at the streams, and switches colour on or off for the whole program.
    pub(crate) fn detect(color: ColorWhen) -> Self {
        let (out_terminal, err_terminal) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let on = |terminal: bool| match color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => terminal && !plain,
        };
        let stream = |is_terminal| Stream { is_terminal, color: on(is_terminal) };
        let (out, err) = (stream(out_terminal), stream(err_terminal));
        console::set_colors_enabled(out.color);
        console::set_colors_enabled_stderr(err.color);
        let size = if out_terminal {
            console::Term::stdout().size_checked()
        } else if err_terminal {
            console::Term::stderr().size_checked()
        } else {
            None
        };
        let width = size.map_or(USUAL, |(_, columns)| usize::from(columns)).clamp(40, WIDEST);
        Self { width, out, err }
    }

    /// Columns that a line may take.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Standard output.
    pub(crate) fn out(&self) -> Stream {
        self.out
    }

    /// Standard error.
    pub(crate) fn err(&self) -> Stream {
        self.err
    }

    /// Whether a person can be asked: they see the question and can type the answer.
    pub(crate) fn can_ask(&self) -> bool {
        self.err.is_terminal && io::stdin().is_terminal()
    }

    /// Writes a result to standard output.
    ///
    /// # Errors
    /// When it cannot be written, unless the reader has gone away.
    pub(crate) fn print(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    /// Says something on the way, on standard error. That nobody can read it is no reason to stop.
    pub(crate) fn say(&self, text: &str) {
        let mut err = io::stderr().lock();
        drop(err.write_all(text.as_bytes()).and_then(|()| err.flush()));
    }

    /// Asks a question that is answered by typing `yes`.
    pub(crate) fn confirm(&self, question: &str) -> bool {
        self.say(question);
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).is_ok() && answer.trim() == "yes"
    }
}
