//! A store's folder on the local disk.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::storage::{Entry, Kind, Pending, Source, Stamp, Storage};
use super::{durable, failure};
use crate::store::StoreError;

/// A folder.
#[derive(Debug)]
pub(super) struct Disk {
    root: PathBuf,
}

impl Disk {
    /// The folder at a path.
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    fn at(&self, path: &Path) -> PathBuf {
        if path.as_os_str().is_empty() { self.root.clone() } else { self.root.join(path) }
    }

    /// What is at a path, `None` for nothing.
    fn metadata(&self, path: &Path) -> io::Result<Option<fs::Metadata>> {
        match fs::metadata(self.at(path)) {
            Ok(metadata) => Ok(Some(metadata)),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn stamp(metadata: &fs::Metadata) -> Stamp {
    Stamp { length: metadata.len(), changed: metadata.modified().ok(), tag: None }
}

fn unless_missing(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The folder and the name of a file.
fn apart(path: &Path) -> io::Result<(&Path, &str)> {
    let name = path.file_name().and_then(|name| name.to_str());
    path.parent().zip(name).ok_or_else(|| ErrorKind::InvalidInput.into())
}

impl Storage for Disk {
    fn check(&self) -> Result<(), StoreError> {
        match self.metadata(Path::new("")) {
            Ok(Some(metadata)) if !metadata.is_dir() => Err(StoreError::Refused(
                "the store's path is a file; give the folder that it is in".to_owned(),
            )),
            Ok(_) => Ok(()),
            Err(error) => Err(failure::io(&error, "opening the store's folder")),
        }
    }

    fn is_folder(&self, folder: &Path) -> io::Result<bool> {
        Ok(self.metadata(folder)?.is_some_and(|metadata| metadata.is_dir()))
    }

    fn file(&self, path: &Path) -> io::Result<Option<Stamp>> {
        Ok(self.metadata(path)?.filter(fs::Metadata::is_file).map(|metadata| stamp(&metadata)))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        let found = match fs::read_dir(self.at(folder)) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(Vec::new());
            }
            found => found?,
        };
        let mut entries = Vec::new();
        for entry in found {
            let entry = entry?;
            let name = entry.file_name().into_string().map_err(|name| {
                let said = format!("the file name {} is not Unicode; rename it", name.to_string_lossy());
                io::Error::new(ErrorKind::InvalidData, said)
            })?;
            // What a link leads to counts.
            let kind = match fs::metadata(entry.path()) {
                Ok(metadata) if metadata.is_dir() => Kind::Folder,
                Ok(metadata) if metadata.is_file() => Kind::File(stamp(&metadata)),
                Ok(_) => Kind::Other,
                // A link that leads nowhere, or a file that has just gone.
                Err(error) if error.kind() == ErrorKind::NotFound => Kind::Other,
                Err(error) => return Err(error),
            };
            entries.push(Entry { name, kind });
        }
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    fn read(&self, paths: &[PathBuf]) -> io::Result<Vec<Option<Vec<u8>>>> {
        let read = |path: &PathBuf| match fs::read(self.at(path)) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        paths.iter().map(read).collect()
    }

    fn open(&self, path: &Path, _: &Stamp) -> io::Result<Arc<dyn Source>> {
        let file = File::open(self.at(path))?;
        let length = file.metadata()?.len();
        Ok(Arc::new(OpenFile { file, length }))
    }

    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let (folder, name) = apart(path)?;
        durable::write(&self.at(folder), name, content)
    }

    fn mark(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let (folder, name) = apart(path)?;
        durable::mark(&self.at(folder), name, content)
    }

    fn begin(&self, path: &Path, aside: &Path) -> io::Result<Box<dyn Pending>> {
        let (folder, name) = apart(path)?;
        Ok(Box::new(durable::Pending::begin(&self.at(aside), &self.at(folder), name)?))
    }

    fn clear(&self, path: &Path, aside: &Path) -> io::Result<()> {
        durable::remove_temporaries(&self.at(aside), apart(path)?.1)
    }

    fn remove(&self, files: &[PathBuf]) -> io::Result<()> {
        let mut folders = Vec::new();
        for file in files {
            let file = self.at(file);
            durable::remove_if_there(&file)?;
            let folder = file.parent().map(Path::to_path_buf);
            if folders.last() != Some(&folder) {
                folders.push(folder);
            }
        }
        folders.iter().try_for_each(|folder| unless_missing(durable::sync_folder(folder.as_deref())))
    }

    fn remove_all(&self, folder: &Path) -> io::Result<()> {
        unless_missing(fs::remove_dir_all(self.at(folder)))
    }

    fn remove_empty(&self, folder: &Path) -> io::Result<()> {
        durable::remove_empty(&self.at(folder))
    }
}

struct OpenFile {
    file: File,
    length: u64,
}

impl Source for OpenFile {
    fn length(&self) -> u64 {
        self.length
    }

    fn bytes(&self, from: u64, length: usize) -> io::Result<Bytes> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::with_capacity(length);
        let read = file.take(length as u64).read_to_end(&mut bytes)?;
        if read < length { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(bytes.into()) }
    }

    fn reader(&self, from: u64) -> io::Result<Box<dyn Read + Send>> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(from))?;
        Ok(Box::new(file))
    }

    fn expect(&self, _: &[Range<u64>]) -> io::Result<()> {
        Ok(())
    }
}
