//! What follows from a state: takes what [`decide`] says, gives the intents that are to be durable and, for afterwards, who is
//! to act and who is to let go. It lets nobody act itself, and leaves the end of a run to the loop.

use mig_plan::{Event, Plan};

use super::passes_time;
use crate::decide::{Command, decide};
use crate::state::{RunState, StateError, UnixMillis};

/// What steps are to do once it is durable that they are to.
#[derive(Default)]
pub(super) struct Orders {
    /// Steps to act, by position, forward or back.
    pub(super) starts: Vec<(usize, bool)>,
    /// Steps to let go.
    pub(super) stops: Vec<usize>,
}

impl Orders {
    /// What follows from a state, until there is nothing to do but wait. The intents are applied to the state and added to
    /// the events; at the most `room` steps act.
    ///
    /// # Errors
    /// When an intent cannot follow, which is a defect.
    pub(super) fn follow(
        plan: &Plan,
        state: &mut RunState,
        at: UnixMillis,
        mut room: usize,
        events: &mut Vec<Event>,
    ) -> Result<Self, StateError> {
        let mut orders = Self::default();
        loop {
            let mut intents = Vec::new();
            for command in decide(plan, state, room) {
                let (step, forward) = match command {
                    Command::Start(step) => (step, true),
                    Command::Undo(step) => (step, false),
                    Command::Stop(step) => {
                        orders.stops.extend(state.position(&step));
                        continue;
                    }
                    Command::BeginRollback { scope, reason, cause } => {
                        intents.push(Event::RollbackStarted { scope, reason, cause });
                        continue;
                    }
                    Command::End(_) => continue,
                };
                if let Some(position) = state.position(&step) {
                    orders.starts.push((position, forward));
                    room = room.saturating_sub(usize::from(!passes_time(plan, position)));
                }
                intents.push(if forward { Event::StepStarted { step } } else { Event::UndoStarted { step } });
            }
            if intents.is_empty() {
                return Ok(orders);
            }
            intents.iter().try_for_each(|intent| state.apply(at, intent))?;
            events.append(&mut intents);
        }
    }
}
