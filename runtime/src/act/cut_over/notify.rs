//! A line for the owners, in the migration's notification log.

use super::super::{Act, Failure};
use super::{Direction, Subject, key};
use crate::notifications::Notification;

pub(super) fn tell(act: &Act, subject: &str, direction: Direction) -> Result<(), Failure> {
    let subject = Subject::of(act, subject)?;
    let plan = act.plan();
    let name = &plan.migration.name;
    let text = match direction {
        Direction::CutOver => {
            format!("migration {name}: {} is to use the new datasets from now on", subject.name)
        }
        Direction::Undo => format!("migration {name}: {} is to use the old datasets again", subject.name),
    };
    act.world()
        .notifications
        .tell(&Notification {
            version: Notification::VERSION,
            id: key(act, direction),
            at: act.world().clock.now(),
            migration: name.clone(),
            to: subject.owner.clone(),
            subject: Some(subject.name.to_owned()),
            entity: subject.entity.cloned(),
            direction: direction.word(),
            text,
        })
        .map_err(|error| Failure::broken(format!("the notification log cannot be written: {error}")))
}
