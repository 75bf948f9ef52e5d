//! Where a table's files are.
//!
//! Takes a store's folder and a table's path; gives the parts in name order. A table is the folder
//! `[schema/]table/` with its parts in it, directly or in folders that its rows are partitioned by, or, for reading, the
//! one file `[schema/]table.<extension>`, or all files of a pattern of names. Names that begin with `_` or `.` are never parts. Nothing outside
//! the store's folder is ever named: a part of a path cannot climb, and is no path itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::storage::{Entry, Kind, Source, Stamp, Storage};
use super::{Format, failure, partition};
use crate::store::StoreError;

/// The folder inside a table's folder that is mig's own: the schema and the receipts.
pub(super) const OWN: &str = "_mig";

/// One file of a table.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Its file name, with the folders of its partition before it: what locators and messages call it.
    pub(super) name: String,
    /// Its table, as messages call it, with a slash at the end; empty for a table of one file.
    pub(super) folder: String,
    /// Where it is in the store's folder.
    pub(super) path: PathBuf,
    /// What it was when it was found.
    pub(super) stamp: Stamp,
    /// What the folders of its partition say, from the outermost on.
    pub(super) values: Vec<partition::Value>,
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
    /// The files whose names are of a pattern, in name order.
    Files(Vec<Part>),
}

impl Place {
    /// The table's parts in name order.
    pub(super) fn parts(&self) -> &[Part] {
        match self {
            Self::Missing => &[],
            Self::Folder { parts, .. } | Self::Files(parts) => parts,
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
    format: &Format,
) -> Result<Place, StoreError> {
    let folder = folder(path)?;
    if is_pattern(path) {
        let parts = matching(storage, &folder, path, format)?;
        return Ok(if parts.is_empty() { Place::Missing } else { Place::Files(parts) });
    }
    let as_file = one_file(storage, &folder, path, format)?;
    let parts = parts(storage, &folder, path, format)?;
    let is_folder = !parts.is_empty() || has_schema(&**storage, &folder, &shown(path))?;
    match (as_file, is_folder) {
        (None, false) => Ok(Place::Missing),
        (Some(part), false) => Ok(Place::File(part)),
        (None, true) => Ok(Place::Folder { folder, parts }),
        (Some(part), true) => Err(StoreError::Refused(format!(
            "`{}` is both the file {} and a folder with {} files; move one of them away",
            shown(path),
            part.shown(),
            format.extension(),
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
    format: &Format,
) -> Result<Option<PathBuf>, StoreError> {
    let folder = folder(path)?;
    if is_pattern(path) {
        return Err(a_pattern(path));
    }
    if let Some(part) = one_file(storage, &folder, path, format)? {
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
    format: &Format,
) -> Result<Option<Part>, StoreError> {
    let mut found: Option<Part> = None;
    for ending in format.endings() {
        let name = format!("{}.{ending}", path.last().map_or("", String::as_str));
        let file = folder.with_file_name(&name);
        let stamp = storage.file(&file).map_err(|error| looking(&error, &shown(path)))?;
        let Some(stamp) = stamp else { continue };
        if let Some(other) = &found {
            return Err(StoreError::Refused(format!(
                "`{}` is both the file {} and the file {name}; move one of them away",
                shown(path),
                other.shown()
            )));
        }
        let values = Vec::new();
        let storage = Arc::clone(storage);
        found = Some(Part { name, folder: around(path), path: file, stamp, values, storage });
    }
    Ok(found)
}

/// Whether a table's name is a pattern of names.
fn is_pattern(path: &[String]) -> bool {
    // Every kind of folders of files has them.
    mig_plan::is_pattern(mig_plan::StoreKind::Parquet, path)
}

/// Why a table of many files is not changed.
pub(super) fn a_pattern(path: &[String]) -> StoreError {
    StoreError::Refused(format!(
        "`{}` is a pattern of file names, and is only read; name another table",
        shown(path)
    ))
}

/// The files whose names are of a table's pattern.
fn matching(
    storage: &Arc<dyn Storage>,
    folder: &Path,
    path: &[String],
    format: &Format,
) -> Result<Vec<Part>, StoreError> {
    let name = path.last().map_or("", String::as_str);
    // Only what stands for any one or any number of characters is special.
    let pattern = glob::Pattern::new(&name.replace('[', "[[]"))
        .map_err(|error| StoreError::Refused(format!("`{}`: {error}", shown(path))))?;
    let around_it = folder.parent().unwrap_or(Path::new(""));
    let mut parts = Vec::new();
    for Entry { name, kind } in visible(&**storage, around_it, &shown(path))? {
        let Kind::File(stamp) = kind else { continue };
        if format.stem(&name).is_some_and(|stem| pattern.matches(stem)) {
            parts.push(Part {
                path: around_it.join(&name),
                folder: around(path),
                name,
                stamp,
                values: Vec::new(),
                storage: Arc::clone(storage),
            });
        }
    }
    Ok(parts)
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
    format: &Format,
) -> Result<Place, StoreError> {
    match find(storage, path, format)? {
        Place::Missing => Err(StoreError::Refused(format!(
            "there is no table `{name}`: neither the file {name}.{extension} nor a folder {name} with {extension} \
             files is in the store's folder",
            name = shown(path),
            extension = format.extension()
        ))),
        place @ (Place::Folder { .. } | Place::File(_) | Place::Files(_)) => Ok(place),
    }
}

/// The paths of all tables in a store's folder, sorted. A folder with parts in it may be meant as a table
/// or as a schema of one-file tables, so that both readings are listed, unless mig's schema in it says.
///
/// # Errors
/// When a folder cannot be listed.
pub(super) fn tables(storage: &dyn Storage, format: &Format) -> Result<Vec<Vec<String>>, StoreError> {
    let mut found = Vec::new();
    for Entry { name, kind } in visible(storage, Path::new(""), "the store's folder")? {
        if kind != Kind::Folder {
            found.extend(table_of(&name, &kind, format).map(|stem| vec![stem]));
            continue;
        }
        let folder = PathBuf::from(&name);
        let entries = visible(storage, &folder, &name)?;
        let made = has_schema(storage, &folder, &name)?;
        if made || has_parts(&entries, format) || is_partitioned(&entries) {
            found.push(vec![name.clone()]);
        }
        if made {
            continue;
        }
        for Entry { name: inner, kind } in entries {
            if kind != Kind::Folder {
                found.extend(table_of(&inner, &kind, format).map(|stem| vec![name.clone(), stem]));
                continue;
            }
            let (path, folder) = (vec![name.clone(), inner.clone()], folder.join(&inner));
            if partition::parse(&inner).is_some() {
                continue;
            }
            let entries = visible(storage, &folder, &shown(&path))?;
            if has_parts(&entries, format)
                || is_partitioned(&entries)
                || has_schema(storage, &folder, &shown(&path))?
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn has_parts(entries: &[Entry], format: &Format) -> bool {
    entries.iter().any(|entry| table_of(&entry.name, &entry.kind, format).is_some())
}

/// Whether a folder has those of a partition in it.
fn is_partitioned(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| entry.kind == Kind::Folder && partition::parse(&entry.name).is_some())
}

/// The table that a file of this name would be.
fn table_of(name: &str, kind: &Kind, format: &Format) -> Option<String> {
    format.stem(name).filter(|_| matches!(kind, Kind::File(_))).map(str::to_owned)
}

fn around(path: &[String]) -> String {
    path.split_last()
        .map_or(String::new(), |(_, schema)| schema.iter().map(|part| format!("{part}/")).collect())
}

fn parts(
    storage: &Arc<dyn Storage>,
    folder: &Path,
    path: &[String],
    format: &Format,
) -> Result<Vec<Part>, StoreError> {
    let shown = shown(path);
    let mut parts = Vec::new();
    for Below { name, stamp, values } in below(&**storage, folder, &shown)? {
        let is_part = name.rsplit('/').next().is_some_and(|file| format.stem(file).is_some());
        if is_part {
            let storage = Arc::clone(storage);
            parts.push(Part {
                path: folder.join(&name),
                folder: format!("{shown}/"),
                name,
                stamp,
                values,
                storage,
            });
        }
    }
    parts.sort_by(|one, other| one.name.cmp(&other.name));
    let columns = |part: &Part| part.values.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    if let Some(first) = parts.first()
        && let Some(other) = parts.iter().find(|part| columns(part) != columns(first))
    {
        return Err(StoreError::Refused(format!(
            "the folders of `{shown}` are not partitioned alike: {} and {}; move those of one kind away",
            first.shown(),
            other.shown()
        )));
    }
    Ok(parts)
}

/// A file below a table's folder.
pub(super) struct Below {
    /// Its name, with the folders of its partition before it.
    pub(super) name: String,
    /// What it is.
    pub(super) stamp: Stamp,
    /// What the folders say.
    pub(super) values: Vec<partition::Value>,
}

/// The files in a table's folder and in those that it is partitioned into; hidden ones are left out.
///
/// # Errors
/// When a folder cannot be listed.
pub(super) fn below(storage: &dyn Storage, folder: &Path, shown: &str) -> Result<Vec<Below>, StoreError> {
    let found = storage
        .walk(folder, &|name| !is_hidden(name) && partition::parse(name).is_some())
        .map_err(|error| failure::io(&error, &format!("listing {shown}")))?;
    let visible = found.into_iter().filter(|(name, _)| !name.rsplit('/').next().is_some_and(is_hidden));
    let below = visible.map(|(name, stamp)| {
        let inside = name.rsplit_once('/').map_or("", |(inside, _)| inside);
        let values = inside.split('/').filter_map(partition::parse).collect();
        Below { name, stamp, values }
    });
    Ok(below.collect())
}

fn is_hidden(name: &str) -> bool {
    name.starts_with(['_', '.'])
}

/// Removes the folders of partitions that these files were in, where nothing is in them any more.
///
/// # Errors
/// When one cannot be removed.
pub(super) fn remove_emptied<'a>(
    storage: &dyn Storage,
    folder: &Path,
    names: impl Iterator<Item = &'a str>,
) -> std::io::Result<()> {
    let mut folders: Vec<&Path> = Vec::new();
    for name in names {
        let inside = Path::new(name).ancestors().skip(1).filter(|inside| !inside.as_os_str().is_empty());
        folders.extend(inside);
    }
    folders.sort_unstable();
    folders.dedup();
    // The innermost first.
    folders.iter().rev().try_for_each(|inside| storage.remove_empty(&folder.join(inside)))
}

/// What is in a folder and not hidden, sorted by name.
fn visible(storage: &dyn Storage, folder: &Path, shown: &str) -> Result<Vec<Entry>, StoreError> {
    let mut entries =
        storage.list(folder).map_err(|error| failure::io(&error, &format!("listing {shown}")))?;
    entries.retain(|entry| !is_hidden(&entry.name));
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use mig_plan::StoreKind;

    use super::*;
    use crate::store::Location;
    use crate::store::files::disk::Disk;

    fn format(kind: StoreKind) -> Format {
        Format::of(kind, &Location::default()).unwrap()
    }

    fn csv() -> Format {
        format(StoreKind::Csv)
    }

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
        for name in
            ["b.csv.gz", "a.csv", "_c.csv", ".d.csv", "e.txt", "f.csv.bak", ".csv", "g.gz", ".csv.zst"]
        {
            fs::write(table.join(name), "x\n").unwrap();
        }
        let place = find(&disk(root.path()), &path("t"), &csv()).unwrap();
        assert_eq!(place.parts().iter().map(Part::shown).collect::<Vec<_>>(), ["t/a.csv", "t/b.csv.gz"]);
        assert!(matches!(
            find(&disk(root.path()), &path("t"), &format(StoreKind::Jsonl)),
            Ok(Place::Missing)
        ));
    }

    #[test]
    fn a_file_is_a_table_and_two_of_one_name_are_refused() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("t.csv"), "x\n").unwrap();
        fs::create_dir(root.path().join("t")).unwrap();
        assert!(matches!(find(&disk(root.path()), &path("t"), &csv()), Ok(Place::File(_))));
        fs::write(root.path().join("t.csv.gz"), "x\n").unwrap();
        assert!(matches!(find(&disk(root.path()), &path("t"), &csv()), Err(StoreError::Refused(_))));
        fs::remove_file(root.path().join("t.csv.gz")).unwrap();
        fs::write(root.path().join("t/a.csv"), "x\n").unwrap();
        assert!(matches!(find(&disk(root.path()), &path("t"), &csv()), Err(StoreError::Refused(_))));
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
        let listed = tables(&*disk(root.path()), &csv()).unwrap();
        assert_eq!(listed, ["mine", "one", "s", "s.t", "s.two"].map(path));
        assert_eq!(tables(&*disk(&root.path().join("nowhere")), &csv()), Ok(vec![]));
    }

    #[test]
    fn folders_of_partitions_are_parts_with_what_their_names_say() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let file = root.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "x\n").unwrap();
        };
        for name in
            ["t/year=2024/m=1/a.csv", "t/year=2023/m=12/b.csv", "t/year=2024/m=1/_c.csv", "t/other/d.csv"]
        {
            write(name);
        }
        let place = find(&disk(root.path()), &path("t"), &csv()).unwrap();
        let names: Vec<_> = place.parts().iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["year=2023/m=12/b.csv", "year=2024/m=1/a.csv"]);
        assert_eq!(place.parts()[0].values[1], ("m".to_owned(), Some("12".to_owned())));
        assert_eq!(tables(&*disk(root.path()), &csv()).unwrap(), ["t", "t.other"].map(path));
        write("t/year=2024/e.csv");
        let error = find(&disk(root.path()), &path("t"), &csv()).unwrap_err();
        assert!(error.to_string().contains("not partitioned alike"), "{error}");
    }

    #[test]
    fn a_pattern_of_names_is_all_files_that_have_one_of_them() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("s/orders-9.csv")).unwrap();
        for name in
            ["orders-1.csv", "orders-2.csv.gz", "orders.csv", "s/orders-3.csv", "orders-4.txt", "a[1].csv"]
        {
            fs::write(root.path().join(name), "x\n").unwrap();
        }
        let found = |path: &[&str]| {
            let path: Vec<_> = path.iter().map(|part| (*part).to_owned()).collect();
            let place = find(&disk(root.path()), &path, &csv()).unwrap();
            place.parts().iter().map(Part::shown).collect::<Vec<_>>()
        };
        assert_eq!(found(&["orders-*"]), ["orders-1.csv", "orders-2.csv.gz"]);
        assert_eq!(found(&["s", "orders-?"]), ["s/orders-3.csv"]);
        assert_eq!(found(&["a[*"]), ["a[1].csv"]);
        assert_eq!(found(&["none-*"]), [""; 0]);
        let pattern = vec!["orders-*".to_owned()];
        assert!(matches!(written_to(&disk(root.path()), &pattern, &csv()), Err(StoreError::Refused(_))));
    }
}
