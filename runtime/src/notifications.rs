//! The notification log: one JSON line for each thing that owners are told, in the state folder, where
//! other programs pick it up. A notification has an id and is written once, however often it is asked for.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use mig_plan::EntityRef;
use serde::{Deserialize, Serialize};

use crate::state::UnixMillis;

/// The version of a line's form.
const VERSION: u32 = 1;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Notification {
    pub(crate) version: u32,
    /// The same for the same thing, so that it is told once.
    pub(crate) id: String,
    pub(crate) at: UnixMillis,
    pub(crate) migration: String,
    /// To whom.
    pub(crate) to: EntityRef,
    /// The dataset or consumer it is about, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    /// Its catalog entity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entity: Option<EntityRef>,
    /// `cut_over`, `undo` or `rollback`.
    pub(crate) direction: &'static str,
    /// In words.
    pub(crate) text: String,
}

impl Notification {
    /// The version of the form that this build writes.
    pub(crate) const VERSION: u32 = VERSION;
}

#[derive(Deserialize)]
struct Known {
    id: String,
}

struct Open {
    file: File,
    ids: BTreeSet<String>,
    /// Whether the last line was broken off.
    torn: bool,
}

/// The log, opened when the first line is written.
pub(crate) struct Notifications {
    path: PathBuf,
    open: Mutex<Option<Open>>,
}

impl Notifications {
    /// The log at this path.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path, open: Mutex::new(None) }
    }

    /// Writes a line, durably, unless one with its id is there.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub(crate) fn tell(&self, notification: &Notification) -> io::Result<()> {
        let mut slot = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.is_none() {
            *slot = Some(self.load()?);
        }
        let Some(open) = slot.as_mut() else { return Ok(()) };
        if open.ids.contains(&notification.id) {
            return Ok(());
        }
        let mut line = String::new();
        if open.torn {
            line.push('\n');
        }
        line.push_str(&serde_json::to_string(notification)?);
        line.push('\n');
        // Torn until the line is known to be whole.
        open.torn = true;
        open.file.write_all(line.as_bytes())?;
        open.file.sync_data()?;
        open.torn = false;
        open.ids.insert(notification.id.clone());
        Ok(())
    }

    fn load(&self) -> io::Result<Open> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&self.path)?;
        let mut text = Vec::new();
        file.seek(SeekFrom::Start(0))?;
        file.read_to_end(&mut text)?;
        let lines = text.split(|byte| *byte == b'\n');
        let ids = lines.filter_map(|line| Some(serde_json::from_slice::<Known>(line).ok()?.id)).collect();
        let torn = text.last().is_some_and(|byte| *byte != b'\n');
        Ok(Open { file, ids, torn })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notification(id: &str) -> Notification {
        Notification {
            version: Notification::VERSION,
            id: id.to_owned(),
            at: 0,
            migration: "shop".to_owned(),
            to: EntityRef::new("group", "default", "data"),
            subject: Some("billing".to_owned()),
            entity: None,
            direction: "cut_over",
            text: "billing reads the new store".to_owned(),
        }
    }

    #[test]
    fn a_line_is_written_once_also_by_the_next_process_and_behind_a_torn_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notifications.log");
        let log = Notifications::at(path.clone());
        log.tell(&notification("a")).unwrap();
        log.tell(&notification("a")).unwrap();
        log.tell(&notification("b")).unwrap();
        let whole = std::fs::read_to_string(&path).unwrap();
        assert_eq!(whole.lines().count(), 2);
        std::fs::write(&path, &whole[..whole.len() - 20]).unwrap();
        let log = Notifications::at(path.clone());
        for id in ["a", "b", "b"] {
            log.tell(&notification(id)).unwrap();
        }
        let mended = std::fs::read_to_string(&path).unwrap();
        let ids: Vec<String> =
            mended.lines().filter_map(|line| Some(serde_json::from_str::<Known>(line).ok()?.id)).collect();
        assert_eq!(ids, ["a", "b"]);
        assert_eq!(mended.lines().count(), 3);
    }
}
