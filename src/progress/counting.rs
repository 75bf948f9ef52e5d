//! One count of rows on a terminal, or a line every few seconds elsewhere: for a command that reads tables
//! without a run.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget};
use mig_runtime::progress::Progress;

use super::INTERVAL;
use super::bars::look;
use crate::console::Console;
use crate::render::words::{count, counted, safe, seconds};

/// How often the bar is brought up to date.
const TICK: Duration = Duration::from_millis(100);

/// See the module.
pub(crate) struct Counting {
    title: String,
    console: Console,
    bar: Option<ProgressBar>,
}

impl Counting {
    /// Nothing was counted yet.
    pub(crate) fn new(title: &str, console: Console) -> Self {
        let bar = console.err().is_terminal.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            bar.set_style(look("{bar:24.cyan/dim} {prefix} {msg:.dim}"));
            bar.set_prefix(safe(title));
            bar
        });
        Self { title: safe(title), console, bar }
    }

    /// Shows the counters for as long as it is awaited.
    pub(crate) async fn follow(&self, progress: &Arc<Progress>) -> Infallible {
        let mut every = tokio::time::interval(TICK);
        let mut last_line = Instant::now();
        loop {
            every.tick().await;
            let moved = progress.moved();
            let rows = match moved.total_rows {
                // Rows of differing pieces are read again.
                Some(all) => format!("{} of {}", count(moved.rows.min(all)), counted(all, "row")),
                None => counted(moved.rows, "row"),
            };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a speed for people")]
            let speed = moved.rows_per_second() as u64;
            let text = match moved.stalled() {
                Some(idle) => format!("{rows}, nothing has moved for {}", seconds(idle)),
                None => format!("{rows}, {} rows/s", count(speed)),
            };
            match &self.bar {
                Some(bar) => {
                    bar.set_length(moved.total_rows.unwrap_or(moved.rows));
                    bar.set_position(moved.rows);
                    bar.set_message(text);
                }
                None if last_line.elapsed() >= INTERVAL => {
                    self.console.say(&format!("{}: {text}\n", self.title));
                    last_line = Instant::now();
                }
                None => {}
            }
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
