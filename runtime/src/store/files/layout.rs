//! Where a table's files are.
//!
//! Takes a store's folder and a table's path; gives the parts in name order. A table is the folder
//! `[schema/]table/` with its parts directly in it, or, for reading, the one file
//! `[schema/]table.<extension>`. Names that begin with `_` or `.` are never parts. Nothing outside
//! the store's folder is ever named: a part of a path cannot climb, and is no path itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::failure;
use super::storage::{Entry, Kind, Source, Stamp, Storage};
use crate::store::StoreError;

/// The folder inside a table's folder that is mig's own: the schema and the receipts.
pub(super) const OWN: &str = "_mig";

/// One file of a table.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Its file name: what locators and messages call it.
    pub(super) name: String,
    /// Its table, as messages call it, with a slash at the end; empty for a table of one file.
    pub(super) folder: String,
    /// Where it is in the store's folder.
    pub(super) path: PathBuf,
    /// What it was when it was found.
    pub(super) stamp: Stamp,
    /// The store's folder.
    pub(super) storage: Arc<dyn Storage>,
}

impl Part {
    /// The part as messages call it.
    pub(super) fn shown(&self) -> String {
        format!("{}{}", self.folder, self.name)
    }

    /// Opens it for reading.
    pub(super) fn open(&self) -> Result<Arc<dyn Source>, StoreError> {
        self.storage
            .open(&self.path, &self.stamp)
            .map_err(|error| failure::io(&error, &format!("reading {}", self.shown())))
    }
}

/// What is found at a table's path.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// Nothing that is a table: no file, and no folder with a part or a schema in it.
    Missing,
    /// A folder with parts, or with mig's schema and perhaps no part yet.
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Its parts in name order.
        parts: Vec<Part>,
    },
    /// One file.
    File(Part),
}

impl Place {
    /// The table's parts in name order.
    pub(super) fn parts(&self) -> &[Part] {
        match self {
            Self::Missing => &[],
            Self::Folder { parts, .. } => parts,
            Self::File(part) => std::slice::from_ref(part),
        }
    }
}

/// A table's path as messages show it.
pub(super) fn shown(path: &[String]) -> String {
    path.join("/")
}

/// The folder that a table is written into.
///
/// # Errors
/// For a path that has no or too many parts, or a part that is not a plain file name.
pub(super) fn folder(path: &[String]) -> Result<PathBuf, StoreError> {
    if !(1..=2).contains(&path.len()) {
        return Err(StoreError::Refused(format!(
            "`{}` is not a table of a folder of files: give `table` or `schema.table`",
            path.join(".")
        )));
    }
    let mut folder = PathBuf::new();
    for part in path {
        let plain =
            !part.is_empty() && !part.starts_with(['_', '.']) && !part.contains(['/', '\\', '\0', ':']);
        if !plain {
            return Err(StoreError::Refused(format!(
                "`{part}` cannot name a table or schema in a folder of files: a name does not begin with `_` \
                 or `.` and has no slash, backslash, colon or NUL in it"
            )));
        }
        folder.push(part);
    }
    Ok(folder)
}

/// Finds a table.
///
/// # Errors
/// When the path is not allowed, is both a file and a folder with parts, or cannot be looked at.
pub(super) fn find(
    storage: &Arc<dyn Storage>,
    path: &[String],
    extension: &str,
) -> Result<Place, StoreError> {
    let folder = folder(path)?;
    let as_file = one_file(storage, &folder, path, extension)?;
    let parts = parts(storage, &folder, path, extension)?;
    let is_folder = !parts.is_empty() || has_schema(&**storage, &folder, &shown(path))?;
    match (as_file, is_folder) {
        (None, false) => Ok(Place::Missing),
        (Some(part), false) => Ok(Place::File(part)),
        (None, true) => Ok(Place::Folder { folder, parts }),
        (Some(part), true) => Err(StoreError::Refused(format!(
            "`{}` is both the file {} and a folder with {extension} files; move one of them away",
            shown(path),
            part.shown(),
        ))),
    }
}

/// Finds the folder of a table to change, without looking at its parts; `None` when no folder is there.
///
/// # Errors
/// As [`find`], and when the table is one file.
pub(super) fn written_to(
    storage: &Arc<dyn Storage>,
    path: &[String],
    extension: &str,
) -> Result<Option<PathBuf>, StoreError> {
    let folder = folder(path)?;
    if let Some(part) = one_file(storage, &folder, path, extension)? {
        return Err(single_file(&part));
    }
    let there = storage.is_folder(&folder).map_err(|error| looking(&error, &shown(path)))?;
    Ok(there.then_some(folder))
}

/// The table of one file that has the name of a folder.
fn one_file(
    storage: &Arc<dyn Storage>,
    folder: &Path,
    path: &[String],
    extension: &str,
) -> Result<Option<Part>, StoreError> {
    let name = format!("{}.{extension}", path.last().map_or("", String::as_str));
    let file = folder.with_file_name(&name);
    let stamp = storage.file(&file).map_err(|error| looking(&error, &shown(path)))?;
    Ok(stamp.map(|stamp| Part {
        name,
        folder: around(path),
        path: file,
        stamp,
        storage: Arc::clone(storage),
    }))
}

/// Whether mig made a folder to be a table's.
fn has_schema(storage: &dyn Storage, folder: &Path, shown: &str) -> Result<bool, StoreError> {
    let schema = storage.file(&folder.join(OWN).join("schema.json"));
    Ok(schema.map_err(|error| looking(&error, shown))?.is_some())
}

fn looking(error: &std::io::Error, shown: &str) -> StoreError {
    failure::io(error, &format!("looking for {shown}"))
}

/// Why a table of one file is not changed.
pub(super) fn single_file(part: &Part) -> StoreError {
    StoreError::Refused(format!(
        "{} is a table of one file, and mig writes tables only as folders of parts; name another table",
        part.shown()
    ))
}

/// Finds a table that must be there.
///
/// # Errors
/// As [`find`], and when it is not there.
pub(super) fn existing(
    storage: &Arc<dyn Storage>,
    path: &[String],
    extension: &str,
) -> Result<Place, StoreError> {
    match find(storage, path, extension)? {
        Place::Missing => Err(StoreError::Refused(format!(
            "there is no table `{name}`: neither the file {name}.{extension} nor a folder {name} with {extension} \
             files is in the store's folder",
            name = shown(path)
        ))),
        place @ (Place::Folder { .. } | Place::File(_)) => Ok(place),
    }
}

/// The paths of all tables in a store's folder, sorted. A folder with parts in it may be meant as a table
/// or as a schema of one-file tables, so that both readings are listed, unless mig's schema in it says.
///
/// # Errors
/// When a folder cannot be listed.
pub(super) fn tables(storage: &dyn Storage, extension: &str) -> Result<Vec<Vec<String>>, StoreError> {
    let mut found = Vec::new();
    for Entry { name, kind } in visible(storage, Path::new(""), "the store's folder")? {
        if kind != Kind::Folder {
            found.extend(table_of(&name, &kind, extension).map(|stem| vec![stem]));
            continue;
        }
        let folder = PathBuf::from(&name);
        let entries = visible(storage, &folder, &name)?;
        let made = has_schema(storage, &folder, &name)?;
        if made || has_parts(&entries, extension) {
            found.push(vec![name.clone()]);
        }
        if made {
            continue;
        }
        for Entry { name: inner, kind } in entries {
            if kind != Kind::Folder {
                found.extend(table_of(&inner, &kind, extension).map(|stem| vec![name.clone(), stem]));
                continue;
            }
            let (path, folder) = (vec![name.clone(), inner.clone()], folder.join(&inner));
            if !inner.contains('=')
                && (has_parts(&visible(storage, &folder, &shown(&path))?, extension)
                    || has_schema(storage, &folder, &shown(&path))?)
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn has_parts(entries: &[Entry], extension: &str) -> bool {
    entries.iter().any(|entry| table_of(&entry.name, &entry.kind, extension).is_some())
}

/// The table that a file of this name would be.
fn table_of(name: &str, kind: &Kind, extension: &str) -> Option<String> {
    stem(name, extension).filter(|_| matches!(kind, Kind::File(_)))
}

fn around(path: &[String]) -> String {
    path.split_last()
        .map_or(String::new(), |(_, schema)| schema.iter().map(|part| format!("{part}/")).collect())
}

/// The name without the extension, where it has it and something before it.
fn stem(name: &str, extension: &str) -> Option<String> {
    name.strip_suffix(extension)?.strip_suffix('.').filter(|stem| !stem.is_empty()).map(str::to_owned)
}

fn parts(
    storage: &Arc<dyn Storage>,
    folder: &Path,
    path: &[String],
    extension: &str,
) -> Result<Vec<Part>, StoreError> {
    let mut parts = Vec::new();
    let mut partition = None;
    for Entry { name, kind } in visible(&**storage, folder, &shown(path))? {
        match kind {
            Kind::Folder => partition = name.contains('=').then_some(name).or(partition),
            Kind::File(stamp) if stem(&name, extension).is_some() => parts.push(Part {
                path: folder.join(&name),
                folder: format!("{}/", shown(path)),
                name,
                stamp,
                storage: Arc::clone(storage),
            }),
            Kind::File(_) | Kind::Other => {}
        }
    }
    if let Some(partition) = partition {
        return Err(StoreError::Refused(format!(
            "`{}` is partitioned into folders like {partition}, whose rows mig cannot tell from other tables; put \
             its files into one folder, with the partition's values as columns",
            shown(path)
        )));
    }
    Ok(parts)
}

/// What is in a folder and not hidden, sorted by name.
fn visible(storage: &dyn Storage, folder: &Path, shown: &str) -> Result<Vec<Entry>, StoreError> {
    let mut entries =
        storage.list(folder).map_err(|error| failure::io(&error, &format!("listing {shown}")))?;
    entries.retain(|entry| !entry.name.starts_with(['_', '.']));
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::store::files::disk::Disk;

    fn disk(root: &Path) -> Arc<dyn Storage> {
        Arc::new(Disk::new(root.to_path_buf()))
    }

    fn path(text: &str) -> Vec<String> {
        text.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn a_path_cannot_leave_the_folder() {
        for part in ["", "..", ".", "/etc", "a/b", "a\\b", "_mig", ".hidden", "a\0b", "C:x"] {
            for path in [vec![part.to_owned()], vec!["s".to_owned(), part.to_owned()]] {
                assert!(matches!(folder(&path), Err(StoreError::Refused(_))), "{path:?}");
            }
        }
        assert!(folder(&[]).is_err());
        assert!(folder(&path("a.b.c")).is_err());
        assert_eq!(folder(&path("a.b")), Ok(PathBuf::from("a/b")));
    }

    #[test]
    fn parts_come_in_name_order_without_hidden_ones() {
        let root = tempfile::tempdir().unwrap();
        let table = root.path().join("t");
        fs::create_dir(&table).unwrap();
        for name in ["b.csv", "a.csv", "_c.csv", ".d.csv", "e.txt", "f.csv.bak", ".csv"] {
            fs::write(table.join(name), "x\n").unwrap();
        }
        let place = find(&disk(root.path()), &path("t"), "csv").unwrap();
        assert_eq!(place.parts().iter().map(Part::shown).collect::<Vec<_>>(), ["t/a.csv", "t/b.csv"]);
        assert!(matches!(find(&disk(root.path()), &path("t"), "jsonl"), Ok(Place::Missing)));
    }

    #[test]
    fn a_file_is_a_table_and_two_of_one_name_are_refused() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("t.csv"), "x\n").unwrap();
        fs::create_dir(root.path().join("t")).unwrap();
        assert!(matches!(find(&disk(root.path()), &path("t"), "csv"), Ok(Place::File(_))));
        fs::write(root.path().join("t/a.csv"), "x\n").unwrap();
        assert!(matches!(find(&disk(root.path()), &path("t"), "csv"), Err(StoreError::Refused(_))));
    }

    #[test]
    fn both_readings_of_a_folder_are_listed_unless_it_says_what_it_is() {
        let root = tempfile::tempdir().unwrap();
        for name in
            ["one.csv", "s/two.csv", "s/t/part.csv", "mine/part.csv", "mine/_mig/schema.json", "s/k=1/p.csv"]
        {
            let file = root.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "x\n").unwrap();
        }
        let listed = tables(&*disk(root.path()), "csv").unwrap();
        assert_eq!(listed, ["mine", "one", "s", "s.t", "s.two"].map(path));
        assert_eq!(tables(&*disk(&root.path().join("nowhere")), "csv"), Ok(vec![]));
    }

    #[test]
    fn folders_of_partitions_are_refused_and_not_overlooked() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("t/year=2024")).unwrap();
        fs::write(root.path().join("t/year=2024/a.csv"), "x\n").unwrap();
        let error = find(&disk(root.path()), &path("t"), "csv").unwrap_err();
        assert!(error.to_string().contains("year=2024"), "{error}");
    }
}
