//! Whoever watches a run: a progress display, a log, a test. It is told and never asked.

use std::sync::Arc;
use std::time::Duration;

use mig_plan::{Event, StepId};

use crate::progress::Progress;
use crate::state::{RunState, UnixMillis};

/// Watches a run. Every method does nothing unless it is implemented; none may block.
pub trait Observer: Send + Sync {
    /// An event is durable. The state has it, and may have events that became durable with it.
    fn happened(&self, at: UnixMillis, event: &Event, state: &RunState) {
        let _ = (at, event, state);
    }

    /// A step found the world in its way and is tried again after a pause; `failed` counts its failed
    /// tries since it last got on.
    fn retries(&self, step: &StepId, failed: usize, error: &str, pause: Duration) {
        let _ = (step, failed, error, pause);
    }

    /// A step has begun to move or compare rows; the counters go on until it ends. Rows that were moved
    /// before, by an earlier process or try, are in none of them.
    fn measures(&self, step: &StepId, progress: &Arc<Progress>) {
        let _ = (step, progress);
    }

    /// Something that people should know and that changes nothing.
    fn noted(&self, step: &StepId, text: &str) {
        let _ = (step, text);
    }
}

/// Nobody watches.
impl Observer for () {}
