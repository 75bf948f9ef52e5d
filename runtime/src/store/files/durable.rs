//! Files that are there whole or not at all, also after a power cut.
//!
//! Takes a folder and a name; the content goes to a temporary file in another folder of the same disk,
//! which is synced, renamed into place, and the place's folder synced. A [`Pending`] that is dropped leaves
//! nothing. Never writes to a temporary of another process: every one has its own name.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::storage::{self, Pending as _};

/// A file that is being written and has its name not yet.
#[derive(Debug)]
pub(super) struct Pending {
    file: File,
    temporary: PathBuf,
    target: PathBuf,
    renamed: bool,
}

impl Pending {
    /// Begins a file that will be `name` in `folder`, in the folder of temporaries, which is made. What tries at
    /// the same file have left when they crashed is removed.
    pub(super) fn begin(temporaries: &Path, folder: &Path, name: &str) -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        make_folder(temporaries)?;
        remove_temporaries(temporaries, name)?;
        let unique = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let temporary = temporaries.join(format!(".{name}.{unique}"));
        let file = File::create_new(&temporary)?;
        Ok(Self { file, temporary, target: folder.join(name), renamed: false })
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl storage::Pending for Pending {
    fn seal(&mut self) -> io::Result<u64> {
        self.file.sync_all()?;
        Ok(self.file.metadata()?.len())
    }

    /// In place of any file that has the name. The folder is made only now: of a file that is given up there is no trace.
    fn publish(mut self: Box<Self>) -> io::Result<()> {
        if let Some(folder) = self.target.parent() {
            make_folder(folder)?;
        }
        fs::rename(&self.temporary, &self.target)?;
        self.renamed = true;
        sync_folder(self.target.parent())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.renamed {
            // What cannot be removed now is removed with the next try or the table.
            drop(fs::remove_file(&self.temporary));
        }
    }
}

/// Writes a small file whole, making its folder.
pub(super) fn write(folder: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    let mut pending = Box::new(Pending::begin(folder, folder, name)?);
    pending.write_all(content)?;
    pending.seal()?;
    pending.publish()
}

/// Puts a file there that says something by being there, unless it is; others may do the same at the same time.
pub(super) fn mark(folder: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    match File::create_new(folder.join(name)) {
        Ok(mut file) => {
            file.write_all(content)?;
            file.sync_all()?;
            sync_folder(Some(folder))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes a folder and those around it, durably.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(around) = folder.parent().filter(|around| !around.as_os_str().is_empty()) {
        make_folder(around)?;
    }
    match fs::create_dir(folder) {
        Ok(()) => sync_folder(folder.parent()),
        // Another chunk was quicker.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(folder: Option<&Path>) -> io::Result<()> {
    match folder.filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Removes a file, if there is one.
pub(super) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Removes a folder that has nothing in it. Others may do the same at the same time, or put something in.
pub(super) fn remove_empty(folder: &Path) -> io::Result<()> {
    use io::ErrorKind::{DirectoryNotEmpty, NotFound};
    let by_another = |error: &io::Error| matches!(error.kind(), NotFound | DirectoryNotEmpty);
    let settled = |done: io::Result<()>| match done {
        Err(error) if !by_another(&error) => Err(error),
        Ok(()) | Err(_) => Ok(()),
    };
    settled(fs::remove_dir(folder))?;
    settled(sync_folder(folder.parent()))
}

/// Removes the temporaries of a file, if there are any.
pub(super) fn remove_temporaries(temporaries: &Path, name: &str) -> io::Result<()> {
    let entries = match fs::read_dir(temporaries) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let ours = entry.file_name().to_str().is_some_and(|found| {
            let unique =
                found.strip_prefix('.').and_then(|found| found.strip_prefix(name)?.strip_prefix('.'));
            unique.is_some_and(|unique| unique.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'))
        });
        if ours {
            remove_if_there(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_has_its_name_only_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let temporaries = folder.path().join("tmp");
        let mut pending = Box::new(Pending::begin(&temporaries, folder.path(), "a.csv").unwrap());
        pending.write_all(b"abc").unwrap();
        assert_eq!((listed(folder.path()), listed(&temporaries).len()), (vec!["tmp".to_owned()], 1));
        assert_eq!(pending.seal().unwrap(), 3);
        pending.publish().unwrap();
        assert_eq!((listed(folder.path()).len(), listed(&temporaries).len()), (2, 0));
        drop(Pending::begin(&temporaries, folder.path(), "b.csv").unwrap());
        assert_eq!((listed(folder.path()).len(), listed(&temporaries).len()), (2, 0));
    }

    #[test]
    fn only_the_leftovers_of_that_file_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".a.csv.9-9", ".a.csv.10-0", ".ab.csv.9-9", ".a.csv.swp", "a.csv"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        remove_temporaries(folder.path(), "a.csv").unwrap();
        assert_eq!(listed(folder.path()), [".a.csv.swp", ".ab.csv.9-9", "a.csv"]);
        remove_temporaries(&folder.path().join("nowhere"), "a.csv").unwrap();
    }
}
