//! Bars on a terminal: one for each step under way, one for all.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use mig_plan::StepId;

use super::meter::{Meter, Shown};
use crate::render::words::{count, safe};

/// More bars than this would push everything else off the screen.
const MOST: usize = 8;

/// How often spinners and clocks move.
const TICK: Duration = Duration::from_millis(200);

/// The bars.
pub(super) struct Bars {
    all: MultiProgress,
    bars: BTreeMap<StepId, ProgressBar>,
    total: ProgressBar,
}

impl Bars {
    pub(super) fn new(meter: &Meter) -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        let total = all.add(ProgressBar::new(0));
        total.set_style(look("{bar:24.green/dim} {prefix} {msg} {elapsed}"));
        total.enable_steady_tick(TICK);
        let mut bars = Self { all, bars: BTreeMap::new(), total };
        bars.update(meter);
        bars
    }

    /// Brings every bar up to date.
    pub(super) fn update(&mut self, meter: &Meter) {
        let now = std::time::Instant::now();
        let shown: Vec<_> = meter.under_way(now).into_iter().take(MOST).collect();
        self.bars.retain(|step, bar| {
            let stays = shown.iter().any(|shown| shown.step == step);
            if !stays {
                bar.finish_and_clear();
            }
            stays
        });
        for Shown { step, rows, text } in shown {
            let bar = self.bar(step);
            match rows {
                Some((reached, all)) => {
                    bar.set_style(look("{bar:24.cyan/dim} {prefix} {msg:.dim}"));
                    bar.set_length(all);
                    bar.set_position(reached);
                }
                None => bar.set_style(look("{spinner:.cyan} {prefix} {msg:.dim}")),
            }
            bar.set_message(text);
        }
        let (rows, expected) = meter.total();
        let (done, steps) = meter.steps();
        self.total.set_prefix(if meter.undoing() { "undoing" } else { "total" });
        // Rows and steps both count, so that the bar neither stands still after the copies nor before them.
        self.total.set_length(expected.max(1) + steps as u64);
        self.total.set_position(rows + done as u64);
        self.total.set_message(format!("{done} of {steps} steps, {} rows", count(rows)));
    }

    /// The bar of a step, above the total.
    fn bar(&mut self, step: &StepId) -> &ProgressBar {
        self.bars.entry(step.clone()).or_insert_with(|| {
            let bar = self.all.insert_before(&self.total, ProgressBar::new(0));
            bar.set_prefix(safe(&step.0));
            bar.enable_steady_tick(TICK);
            bar
        })
    }

    /// A line above the bars.
    pub(super) fn line(&mut self, line: &str) {
        // A terminal that went away is no reason to stop a run.
        drop(self.all.println(line));
    }

    /// Takes the bars away.
    pub(super) fn clear(self) {
        self.total.finish_and_clear();
        drop(self.all.clear());
    }
}

/// A style by its template. The templates above are fixed; one that indicatif refuses falls back to its own.
pub(super) fn look(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━━─")
}
