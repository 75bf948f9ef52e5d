//! What benchmarks are asked for, and what they measure of a command: how long it took, how long processors worked for it,
//! and how much memory it had.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::wide::sqlite;

/// What a benchmark is asked for: `[ROUTE…] [NUMBER…]`.
#[derive(Debug)]
pub struct Asked {
    words: Vec<String>,
    numbers: std::vec::IntoIter<u64>,
}

impl Asked {
    /// On its command line; what begins with `-` is cargo's.
    pub fn on_the_command_line() -> Self {
        let (mut words, mut numbers) = (Vec::new(), Vec::new());
        for argument in std::env::args().skip(1).filter(|argument| !argument.starts_with('-')) {
            match argument.parse() {
                Ok(number) => numbers.push(number),
                Err(_) => words.push(argument),
            }
        }
        Self { words, numbers: numbers.into_iter() }
    }

    /// Whether a word is asked for that names no route, and takes it away.
    pub fn takes(&mut self, word: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|asked| asked != word);
        self.words.len() < before
    }

    /// Whether a route is asked for: every word is in its name.
    pub fn is_for(&self, route: &str) -> bool {
        self.words.iter().all(|word| route.contains(word))
    }

    /// The next number, or what it is when it is left out.
    pub fn number(&mut self, left_out: u64) -> u64 {
        self.numbers.next().unwrap_or(left_out)
    }
}

/// A command that has run to its end.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// From its start to its end.
    pub seconds: f64,
    /// How long processors worked for it and for what it started, in seconds. Others that end meanwhile count too.
    pub worked: f64,
    /// The most memory that it ever had, in MiB.
    pub peak: u64,
    /// Its exit code.
    pub code: i32,
}

/// Runs a command that must succeed.
///
/// # Panics
/// When it cannot be started or fails.
pub fn measure(command: &mut Command) -> Measured {
    try_measure(command, &[0]).unwrap_or_else(|said| panic!("{:?}: {said}", command.get_program()))
}

/// Runs a command that is done with any of these exit codes; with another, what it said last is the error.
///
/// # Errors
/// When it cannot be started or fails.
pub fn try_measure(command: &mut Command, codes: &[i32]) -> Result<Measured, String> {
    let said = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    let copy = || File::options().append(true).open(said.path()).map_err(|error| error.to_string());
    let before = worked_for(std::process::id()).ended;
    let start = Instant::now();
    let mut run = command
        .stdin(Stdio::null())
        .stdout(copy()?)
        .stderr(copy()?)
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut peak = 0;
    let status = loop {
        if let Some(status) = run.try_wait().expect("a child can be asked") {
            break status;
        }
        peak = peak_memory(run.id()).unwrap_or(peak);
        std::thread::sleep(Duration::from_millis(5));
    };
    let seconds = start.elapsed().as_secs_f64();
    let worked = worked_for(std::process::id()).ended - before;
    if let Some(code) = status.code().filter(|code| codes.contains(code)) {
        return Ok(Measured { seconds, worked, peak, code });
    }
    let said = std::fs::read(said.path()).unwrap_or_default();
    let said = String::from_utf8_lossy(&said[said.len().saturating_sub(2_000)..]).into_owned();
    Err(format!("{status}: {said}"))
}

/// The most memory that a process ever had, in MiB; `None` once it has ended.
fn peak_memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib / 1024)
}

/// How long processors worked for a process, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Worked {
    /// For itself.
    pub(crate) own: f64,
    /// For those that it started, waited for, and that have ended.
    pub(crate) ended: f64,
    /// Who started it.
    pub(crate) parent: u32,
}

/// How long processors have worked for a process so far; nothing for one that is not there.
pub(crate) fn worked_for(process: u32) -> Worked {
    /// The system counts in hundredths of a second.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name, in brackets, may hold anything.
    let fields: Vec<&str> =
        stat.rsplit_once(')').map_or("", |(_, behind)| behind).split_whitespace().collect();
    let number = |place: usize| fields.get(place).and_then(|field| field.parse::<u32>().ok()).unwrap_or(0);
    let seconds = |user: usize| f64::from(number(user) + number(user + 1)) / TICKS;
    Worked { own: seconds(11), ended: seconds(13), parent: number(1) }
}

/// Seconds that the copy of the dataset `events` took in the last run of a migration, by its journal.
///
/// # Panics
/// When the journal has no such copy.
pub fn seconds_of_copy(migration: &Path) -> f64 {
    seconds_until(migration, "step_succeeded")
}

/// How long after its beginning the copy of `events` had its last row in the new table, which may lack its key by then.
///
/// # Panics
/// When there is no journal, or the copy has no chunk.
pub fn seconds_of_rows(migration: &Path) -> f64 {
    seconds_until(migration, "chunk_copied")
}

/// The seconds between the beginning of the copy of `events` and its last event of a kind.
fn seconds_until(migration: &Path, event: &str) -> f64 {
    let seconds = sqlite(
        &migration.join(".mig/journal.db"),
        &format!(
            "select (max(at) - min(at)) / 1000.0 from events
             where event like '%events/copy%' and (event like '%step_started%' or event like '%{event}%')"
        ),
    );
    seconds.trim().parse().expect("the journal has the copy's times")
}

/// The middle one of some figures.
///
/// # Panics
/// When there is none.
pub fn median(figures: &[f64]) -> f64 {
    let mut figures = figures.to_vec();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
