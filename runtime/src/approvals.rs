//! Approving: a person's agreement to exactly one plan, kept in the journal. It needs no run, and may be
//! given before one, while one waits, and while one is under way.

use mig_plan::{EntityRef, Event, PlanFile};

use crate::execute::Context;
use crate::journal::{Journal, JournalError};

/// Why an approval was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ApproveError {
    /// The plan asks for no such approval.
    #[error("the plan has no approval {name}{}", known(names))]
    NoSuchApproval {
        /// What was approved.
        name: String,
        /// What there is to approve.
        names: Vec<String>,
    },
    /// The approval is not asked of this entity.
    #[error("{approval} is not asked of {from}, but of {asked}")]
    NotAsked {
        /// The approval.
        approval: String,
        /// For whom somebody approved.
        from: Box<EntityRef>,
        /// Of whom it is asked.
        asked: String,
    },
    /// The person does not speak for the entity.
    #[error(
        "{by} does not speak for {from}: the catalog had {members} when the plan was made; make the plan \
         again if that has changed"
    )]
    NotAMember {
        /// For whom.
        from: Box<EntityRef>,
        /// Who approved.
        by: Box<EntityRef>,
        /// Who may.
        members: String,
    },
    /// The journal cannot be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

fn known(names: &[String]) -> String {
    if names.is_empty() { "; it needs none".to_owned() } else { format!("; it has {}", names.join(", ")) }
}

fn list(entities: &[EntityRef]) -> String {
    entities.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Approves a plan for an entity, as a member of it, from now on.
///
/// # Errors
/// When the plan does not ask for that.
pub fn approve(
    file: &PlanFile,
    context: &Context,
    name: &str,
    from: &EntityRef,
    by: &EntityRef,
) -> Result<(), ApproveError> {
    let Some(approval) = file.plan.approvals.get(name) else {
        let names = file.plan.approvals.keys().cloned().collect();
        return Err(ApproveError::NoSuchApproval { name: name.to_owned(), names });
    };
    let members = approval.members.get(from).filter(|_| approval.from.contains(from));
    let Some(members) = members else {
        let (from, asked) = (Box::new(from.clone()), list(&approval.from));
        return Err(ApproveError::NotAsked { approval: name.to_owned(), from, asked });
    };
    if !members.contains(by) {
        let (from, by) = (Box::new(from.clone()), Box::new(by.clone()));
        return Err(ApproveError::NotAMember { from, by, members: list(members) });
    }
    let event = Event::Approved { approval: name.to_owned(), from: from.clone(), by: by.clone() };
    let mut journal = Journal::open(&context.state)?;
    journal.append_approval(file.digest, context.clock.now(), &event)?;
    Ok(())
}
