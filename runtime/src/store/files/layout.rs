//! Where a table's files are.
//!
//! Takes a store's folder and a table's path; gives the parts in name order. A table is the folder
//! `root/[schema/]table/` with its parts directly in it, or, for reading, the one file
//! `root/[schema/]table.<extension>`. Names that begin with `_` or `.` are never parts. Nothing outside
//! the store's folder is ever named: a part of a path cannot climb, and is no path itself.

use std::fs;
use std::path::{Path, PathBuf};

use super::failure;
use crate::store::StoreError;

/// The folder inside a table's folder that is mig's own: the schema and the receipts.
pub(super) const OWN: &str = "_mig";

/// One file of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Its file name: what locators and messages call it.
    pub(super) name: String,
    /// Its table, as messages call it, with a slash at the end; empty for a table of one file.
    pub(super) folder: String,
    /// Where it is.
    pub(super) path: PathBuf,
}

impl Part {
    /// The part as messages call it.
    pub(super) fn shown(&self) -> String {
        format!("{}{}", self.folder, self.name)
    }
}

/// What is found at a table's path.
#[derive(Debug, Clone, PartialEq, Eq)]
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
pub(super) fn folder(root: &Path, path: &[String]) -> Result<PathBuf, StoreError> {
    if !(1..=2).contains(&path.len()) {
        return Err(StoreError::Refused(format!(
            "`{}` is not a table of a folder of files: give `table` or `schema.table`",
            path.join(".")
        )));
    }
    let mut folder = root.to_path_buf();
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
pub(super) fn find(root: &Path, path: &[String], extension: &str) -> Result<Place, StoreError> {
    let folder = folder(root, path)?;
    let name = format!("{}.{extension}", path.last().map_or("", String::as_str));
    let file = folder.with_file_name(&name);
    let as_file =
        is_file(&file, &shown(path))?.then(|| Part { name: name.clone(), folder: around(path), path: file });
    let as_folder = if is_folder(&folder, &shown(path))? {
        let parts = parts(&folder, path, extension)?;
        (!parts.is_empty() || is_file(&folder.join(OWN).join("schema.json"), &shown(path))?).then_some(parts)
    } else {
        None
    };
    match (as_file, as_folder) {
        (None, None) => Ok(Place::Missing),
        (Some(part), None) => Ok(Place::File(part)),
        (None, Some(parts)) => Ok(Place::Folder { folder, parts }),
        (Some(part), Some(_)) => Err(StoreError::Refused(format!(
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
    root: &Path,
    path: &[String],
    extension: &str,
) -> Result<Option<PathBuf>, StoreError> {
    let folder = folder(root, path)?;
    let name = format!("{}.{extension}", path.last().map_or("", String::as_str));
    let file = folder.with_file_name(&name);
    if is_file(&file, &shown(path))? {
        return Err(single_file(&Part { name, folder: around(path), path: file }));
    }
    Ok(is_folder(&folder, &shown(path))?.then_some(folder))
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
pub(super) fn existing(root: &Path, path: &[String], extension: &str) -> Result<Place, StoreError> {
    match find(root, path, extension)? {
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
pub(super) fn tables(root: &Path, extension: &str) -> Result<Vec<Vec<String>>, StoreError> {
    let mut found = Vec::new();
    if !is_folder(root, "the store's folder")? {
        return Ok(found);
    }
    for (name, is_folder) in names(root, "the store's folder")? {
        if !is_folder {
            found.extend(stem(&name, extension).map(|stem| vec![stem]));
            continue;
        }
        let path = vec![name.clone()];
        let folder = root.join(&name);
        if matches!(find_folder(&folder, &path, extension)?, Found::Table) {
            found.push(path.clone());
        }
        if is_file(&folder.join(OWN).join("schema.json"), &name)? {
            continue;
        }
        for (inner, is_folder) in names(&folder, &name)? {
            let path = vec![name.clone(), inner.clone()];
            if !is_folder {
                found.extend(stem(&inner, extension).map(|stem| vec![name.clone(), stem]));
            } else if !inner.contains('=')
                && matches!(find_folder(&folder.join(&inner), &path, extension)?, Found::Table)
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

enum Found {
    Table,
    Nothing,
}

fn find_folder(folder: &Path, path: &[String], extension: &str) -> Result<Found, StoreError> {
    let table = names(folder, &shown(path))?
        .iter()
        .any(|(name, is_folder)| !is_folder && stem(name, extension).is_some())
        || is_file(&folder.join(OWN).join("schema.json"), &shown(path))?;
    Ok(if table { Found::Table } else { Found::Nothing })
}

fn around(path: &[String]) -> String {
    path.split_last()
        .map_or(String::new(), |(_, schema)| schema.iter().map(|part| format!("{part}/")).collect())
}

/// The name without the extension, where it has it and something before it.
fn stem(name: &str, extension: &str) -> Option<String> {
    name.strip_suffix(extension)?.strip_suffix('.').filter(|stem| !stem.is_empty()).map(str::to_owned)
}

fn parts(folder: &Path, path: &[String], extension: &str) -> Result<Vec<Part>, StoreError> {
    let mut parts = Vec::new();
    let mut partition = None;
    for (name, is_folder) in names(folder, &shown(path))? {
        if is_folder {
            partition = name.contains('=').then_some(name).or(partition);
        } else if stem(&name, extension).is_some() {
            parts.push(Part { path: folder.join(&name), folder: format!("{}/", shown(path)), name });
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

/// The names in a folder that are not hidden, sorted, each with whether it is a folder. Links are
/// followed; what is neither file nor folder is left out.
fn names(folder: &Path, shown: &str) -> Result<Vec<(String, bool)>, StoreError> {
    let doing = format!("listing {shown}");
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| failure::io(&error, &doing))? {
        let entry = entry.map_err(|error| failure::io(&error, &doing))?;
        let name = entry.file_name().into_string().map_err(|name| {
            StoreError::Refused(format!(
                "{doing}: the file name {} is not Unicode; rename it",
                name.to_string_lossy()
            ))
        })?;
        if name.starts_with(['_', '.']) {
            continue;
        }
        // What a link leads to counts. One to nothing is no file; whatever else cannot be looked at is said.
        let kind = match entry.file_type() {
            Ok(kind) if kind.is_symlink() => fs::metadata(entry.path()).map(|metadata| metadata.file_type()),
            kind => kind,
        };
        match kind {
            Ok(kind) if kind.is_dir() => names.push((name, true)),
            Ok(kind) if kind.is_file() => names.push((name, false)),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(failure::io(&error, &format!("looking at {shown}/{name}"))),
        }
    }
    names.sort();
    Ok(names)
}

fn is_file(path: &Path, shown: &str) -> Result<bool, StoreError> {
    kind(path, shown).map(|kind| kind.is_some_and(|kind| kind.is_file()))
}

fn is_folder(path: &Path, shown: &str) -> Result<bool, StoreError> {
    kind(path, shown).map(|kind| kind.is_some_and(|kind| kind.is_dir()))
}

fn kind(path: &Path, shown: &str) -> Result<Option<fs::FileType>, StoreError> {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.file_type())),
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Ok(None),
        Err(error) => Err(failure::io(&error, &format!("looking for {shown}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Vec<String> {
        text.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn a_path_cannot_leave_the_folder() {
        for part in ["", "..", ".", "/etc", "a/b", "a\\b", "_mig", ".hidden", "a\0b", "C:x"] {
            for path in [vec![part.to_owned()], vec!["s".to_owned(), part.to_owned()]] {
                assert!(matches!(folder(Path::new("/r"), &path), Err(StoreError::Refused(_))), "{path:?}");
            }
        }
        assert!(folder(Path::new("/r"), &[]).is_err());
        assert!(folder(Path::new("/r"), &path("a.b.c")).is_err());
        assert_eq!(folder(Path::new("/r"), &path("a.b")), Ok(PathBuf::from("/r/a/b")));
    }

    #[test]
    fn parts_come_in_name_order_without_hidden_ones() {
        let root = tempfile::tempdir().unwrap();
        let table = root.path().join("t");
        fs::create_dir(&table).unwrap();
        for name in ["b.csv", "a.csv", "_c.csv", ".d.csv", "e.txt", "f.csv.bak", ".csv"] {
            fs::write(table.join(name), "x\n").unwrap();
        }
        let place = find(root.path(), &path("t"), "csv").unwrap();
        assert_eq!(place.parts().iter().map(Part::shown).collect::<Vec<_>>(), ["t/a.csv", "t/b.csv"]);
        assert_eq!(find(root.path(), &path("t"), "jsonl").unwrap(), Place::Missing);
    }

    #[test]
    fn a_file_is_a_table_and_two_of_one_name_are_refused() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("t.csv"), "x\n").unwrap();
        fs::create_dir(root.path().join("t")).unwrap();
        assert!(matches!(find(root.path(), &path("t"), "csv"), Ok(Place::File(_))));
        fs::write(root.path().join("t/a.csv"), "x\n").unwrap();
        assert!(matches!(find(root.path(), &path("t"), "csv"), Err(StoreError::Refused(_))));
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
        let listed = tables(root.path(), "csv").unwrap();
        assert_eq!(listed, ["mine", "one", "s", "s.t", "s.two"].map(path));
        assert_eq!(tables(&root.path().join("nowhere"), "csv"), Ok(vec![]));
    }

    #[test]
    fn folders_of_partitions_are_refused_and_not_overlooked() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("t/year=2024")).unwrap();
        fs::write(root.path().join("t/year=2024/a.csv"), "x\n").unwrap();
        let error = find(root.path(), &path("t"), "csv").unwrap_err();
        assert!(error.to_string().contains("year=2024"), "{error}");
    }
}
