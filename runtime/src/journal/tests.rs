//! What is durable, in which order, and who may write.

use mig_plan::StepId;

use super::*;
use crate::settings::Environment;

fn owner() -> Owner {
    Owner::this_process(&Environment::default())
}

fn run() -> Digest {
    Digest::of(b"plan")
}

/// Appends whatever others wrote meanwhile.
fn append(journal: &mut Journal, last: i64, at: UnixMillis, events: &[Event]) -> Result<i64, JournalError> {
    journal.append(run(), last, at, |_| Ok(events.to_vec())).map(|(last, _)| last)
}

fn started(step: usize) -> Event {
    Event::StepStarted { step: StepId(format!("d{step}/copy")) }
}

#[test]
fn what_was_appended_is_there_after_the_journal_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("deep/.mig");
    let mut journal = Journal::open(&state).unwrap();
    journal.take(&owner(), 5).unwrap();
    let last = append(&mut journal, 0, 10, &[started(1), started(2)]).unwrap();
    append(&mut journal, last, 20, &[started(3)]).unwrap();
    drop(journal);
    let journal = Journal::open(&state).unwrap();
    let all = journal.events(run(), 0).unwrap();
    let events: Vec<Event> = all.iter().map(|entry| entry.event.clone()).collect();
    assert_eq!(events, [started(1), started(2), started(3)]);
    assert_eq!(all.iter().map(|entry| entry.at).collect::<Vec<_>>(), [10, 10, 20]);
    assert_eq!(journal.events(Digest::of(b"other"), 0).unwrap(), []);
    assert_eq!(std::fs::read_to_string(state.join(".gitignore")).unwrap(), "*\n");
}

#[test]
fn nothing_is_appended_without_the_lease() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(folder.path()).unwrap();
    assert!(matches!(append(&mut journal, 0, 1, &[started(1)]), Err(JournalError::Fenced)));
    journal.take(&owner(), 1).unwrap();
    let mut other = Journal::open(folder.path()).unwrap();
    let error = other.take(&owner(), 2).unwrap_err();
    assert!(matches!(&error, JournalError::Locked(_)), "{error}");
    assert!(error.to_string().contains("since 1970-01-01 00:00:00 UTC"), "{error}");
    // This process is slow, and loses the lease to another one.
    other.take(&owner(), 1 + lease::EXPIRY_MILLIS).unwrap();
    assert!(matches!(append(&mut journal, 0, 9, &[started(1)]), Err(JournalError::Fenced)));
    assert!(matches!(append(&mut journal, 0, 9, &[]), Err(JournalError::Fenced)));
    assert_eq!(other.events(run(), 0).unwrap(), []);
    drop(journal);
    append(&mut other, 0, 10, &[]).unwrap();
}

#[test]
fn an_approval_given_meanwhile_is_seen_with_the_next_append() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(folder.path()).unwrap();
    journal.take(&owner(), 0).unwrap();
    let last = append(&mut journal, 0, 1, &[started(1)]).unwrap();
    let group = mig_plan::EntityRef::new("group", "default", "money");
    let approved = Event::Approved { approval: "money".to_owned(), from: group.clone(), by: group };
    let mut person = Journal::open(folder.path()).unwrap();
    person.append_approval(run(), 2, &approved).unwrap();
    person.append_approval(Digest::of(b"other"), 2, &approved).unwrap();
    let mut seen = Vec::new();
    let (last, _) = journal
        .append::<JournalError>(run(), last, 3, |meanwhile| {
            seen.extend(meanwhile.iter().map(|entry| entry.event.clone()));
            Ok(vec![started(2)])
        })
        .unwrap();
    assert_eq!(seen, std::slice::from_ref(&approved));
    let events: Vec<_> = journal.events(run(), 0).unwrap().into_iter().map(|entry| entry.event).collect();
    assert_eq!(events, [started(1), approved, started(2)]);
    let refused = journal.append(run(), last, 4, |_| Err(JournalError::Fenced)).map(drop);
    assert!(refused.is_err());
    assert_eq!(journal.events(run(), 0).unwrap().len(), 3, "what is not accepted is not appended");
}

#[test]
fn an_event_of_a_newer_version_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(folder.path()).unwrap();
    journal.take(&owner(), 0).unwrap();
    append(&mut journal, 0, 1, &[started(1)]).unwrap();
    journal.connection.execute("UPDATE events SET version = 7", []).unwrap();
    let error = journal.events(run(), 0).unwrap_err();
    assert!(matches!(error, JournalError::Version { version: 7, .. }), "{error}");
    journal.connection.execute("UPDATE events SET version = 1, event = '{\"soon\": 1}'", []).unwrap();
    let error = journal.events(run(), 0).unwrap_err();
    assert!(error.to_string().contains("event 1: unknown variant"), "{error}");
}

#[test]
fn a_file_that_is_no_journal_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Journal::open_existing(folder.path()).unwrap().is_none());
    let text = "these are notes, and long enough to be taken for a header".repeat(20);
    std::fs::write(Journal::path(folder.path()), &text).unwrap();
    let error = Journal::open(folder.path()).unwrap_err();
    assert!(matches!(error, JournalError::Malformed { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(Journal::path(folder.path())).unwrap(), text);
}

#[test]
fn the_last_run_is_the_one_last_started_whoever_approves_what() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(folder.path()).unwrap();
    assert_eq!(journal.last_run().unwrap(), None);
    journal.take(&owner(), 0).unwrap();
    append(&mut journal, 0, 1, &[started(1)]).unwrap();
    assert_eq!(journal.last_run().unwrap(), Some((run(), None)));
    let outcome = Outcome::Completed;
    append(&mut journal, 0, 1, &[Event::RunEnded { outcome: outcome.clone() }]).unwrap();
    let group = mig_plan::EntityRef::new("group", "default", "money");
    let approved = Event::Approved { approval: "money".to_owned(), from: group.clone(), by: group };
    journal.append_approval(Digest::of(b"other"), 2, &approved).unwrap();
    assert_eq!(journal.last_run().unwrap(), Some((run(), Some(outcome))));
}

#[test]
fn tens_of_thousands_of_events_come_back_as_they_were_appended() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(folder.path()).unwrap();
    journal.take(&owner(), 0).unwrap();
    let events: Vec<Event> = (0..50_000).map(started).collect();
    let mut last = 0;
    for batch in events.chunks(500) {
        last = append(&mut journal, last, 1, batch).unwrap();
    }
    let back = journal.events(run(), 0).unwrap();
    assert_eq!(back.len(), events.len());
    assert!(back.iter().map(|back| &back.event).eq(&events), "in their order");
}
