//! The one owner of texts: takes what the client says in the order in which it says it, gives snapshots.
//!
//! A buffer that is open in the client wins over the file on disk. A migration's folder is the nearest folder above a
//! file that has a file with a `migration` item directly in it; files without one are a migration by their own folder,
//! so that they are looked at all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mig_lang::FileId;

use crate::host::Host;
use crate::snapshot::{Document, Folder, Snapshot};
use crate::text::{Encoding, Place, Text};

/// How deep below a workspace's folder files are looked for.
const DEPTH: usize = 16;

/// A change of one buffer: a part of it, or all of it without a range.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// What is replaced; everything when `None`.
    pub(crate) range: Option<(Place, Place)>,
    /// By what.
    pub(crate) text: String,
}

/// The texts and folders of a workspace.
pub(crate) struct Editor {
    host: Arc<dyn Host>,
    encoding: Encoding,
    /// The folders that the client has open.
    roots: Vec<PathBuf>,
    /// The files as they are on disk.
    saved: BTreeMap<PathBuf, Text>,
    /// The buffers that are open, with their versions.
    open: BTreeMap<PathBuf, (Text, i32)>,
    current: Arc<Snapshot>,
}

impl fmt::Debug for Editor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Editor").field("roots", &self.roots).finish_non_exhaustive()
    }
}

impl Editor {
    /// An editor without a folder; the host says what is known of the world.
    pub(crate) fn new(host: Arc<dyn Host>) -> Self {
        let encoding = Encoding::default();
        Self {
            host,
            encoding,
            roots: Vec::new(),
            saved: BTreeMap::new(),
            open: BTreeMap::new(),
            current: Arc::new(Snapshot::new(0, encoding, Vec::new())),
        }
    }

    /// The state of this moment.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.current)
    }

    /// Begins with these folders and this way of counting.
    pub(crate) fn begin(&mut self, roots: Vec<PathBuf>, encoding: Encoding) {
        self.encoding = encoding;
        self.roots = roots;
        self.reread();
    }

    /// Other folders are open now.
    pub(crate) fn folders(&mut self, added: Vec<PathBuf>, removed: &[PathBuf]) {
        self.roots.retain(|root| !removed.contains(root));
        for root in added {
            if !self.roots.contains(&root) {
                self.roots.push(root);
            }
        }
        self.reread();
    }

    /// A buffer was opened.
    pub(crate) fn opened(&mut self, path: PathBuf, text: String, version: i32) {
        self.open.insert(path.clone(), (Text::new(text), version));
        self.changed(&path);
    }

    /// A buffer was edited; the changes come one after the other. One of a buffer that is not open is passed over.
    pub(crate) fn edited(&mut self, path: &Path, version: i32, changes: Vec<Change>) {
        let encoding = self.encoding;
        let Some((text, known)) = self.open.get_mut(path) else { return };
        *known = version;
        for change in changes {
            *text = match change.range {
                Some((from, to)) => text.replaced(from, to, encoding, &change.text),
                None => Text::new(change.text),
            };
        }
        self.changed(path);
    }

    /// A buffer was closed: what is on disk counts again.
    pub(crate) fn closed(&mut self, path: &Path) {
        self.open.remove(path);
        self.disk(&[path.to_owned()]);
    }

    /// Files on disk were made, changed or removed. Anything but a `.mig` file is a part of the world, which is asked
    /// for anew.
    pub(crate) fn disk(&mut self, paths: &[PathBuf]) {
        let mut world = false;
        for path in paths {
            if !is_source(path) {
                world = true;
                self.folder_on_disk(path);
                continue;
            }
            match std::fs::read_to_string(path) {
                Ok(text) => self.saved.insert(path.clone(), Text::new(text)),
                Err(_) => self.saved.remove(path),
            };
        }
        self.regroup(world);
    }

    /// A folder may have come or gone with the files in it.
    fn folder_on_disk(&mut self, path: &Path) {
        if path.is_dir() {
            let mut found = BTreeSet::new();
            sources(path, DEPTH, &mut found);
            for path in found {
                if let Ok(text) = std::fs::read_to_string(&path) {
                    self.saved.insert(path, Text::new(text));
                }
            }
        } else if !path.exists() {
            self.saved.retain(|file, _| !file.starts_with(path));
        }
    }

    /// What is known of the world is asked for anew.
    pub(crate) fn refreshed(&mut self) {
        self.regroup(true);
    }

    /// Reads all files below the folders.
    fn reread(&mut self) {
        self.saved.clear();
        let mut found = BTreeSet::new();
        for root in &self.roots {
            sources(root, DEPTH, &mut found);
        }
        for path in found {
            if let Ok(text) = std::fs::read_to_string(&path) {
                self.saved.insert(path, Text::new(text));
            }
        }
        self.regroup(false);
    }

    /// One file's text is another: its folder alone changes, unless the file is new or begins or ceases to have the
    /// migration.
    fn changed(&mut self, path: &Path) {
        let text = self.open.get(path).map(|(text, version)| (text.clone(), Some(*version)));
        let text = text.or_else(|| Some((self.saved.get(path)?.clone(), None)));
        let known = self.current.document(path).zip(text);
        let Some(((folder, document), (text, version))) =
            known.filter(|((_, old), (new, _))| has_migration(&old.text) == has_migration(new))
        else {
            return self.regroup(false);
        };
        let edited = Arc::new(Document::new(document.id, path.to_owned(), text, version));
        let mut files = folder.files.clone();
        if let Some(place) = files.get_mut(document.id.0 as usize) {
            *place = edited;
        }
        let edited = Arc::new(folder.with_files(files));
        let folders = self
            .current
            .folders
            .iter()
            .map(|other| if other.path == edited.path { Arc::clone(&edited) } else { Arc::clone(other) });
        self.replace(folders.collect());
    }

    /// Finds the folders of migrations and their files anew. With `world` nothing is known of the world any more.
    fn regroup(&mut self, world: bool) {
        let mut texts: BTreeMap<&Path, (&Text, Option<i32>)> =
            self.saved.iter().map(|(path, text)| (path.as_path(), (text, None))).collect();
        texts
            .extend(self.open.iter().map(|(path, (text, version))| (path.as_path(), (text, Some(*version)))));
        let homes: BTreeSet<&Path> = texts
            .iter()
            .filter(|(_, (text, _))| has_migration(text))
            .filter_map(|(path, _)| path.parent())
            .collect();
        let mut grouped: BTreeMap<PathBuf, Vec<Written<'_>>> = BTreeMap::new();
        for (path, (text, version)) in &texts {
            let home = path.ancestors().skip(1).find(|folder| homes.contains(folder)).or(path.parent());
            let home = home.unwrap_or(Path::new("")).to_owned();
            grouped.entry(home).or_default().push((path, text, *version));
        }
        let folders = grouped.into_iter().map(|(path, files)| {
            let before = self.current.folders.iter().find(|folder| folder.path == path);
            let files = files.into_iter().zip(0_u32..).map(|((path, text, version), id)| {
                let id = FileId(id);
                let same = before.and_then(|before| before.document(path)).filter(|document| {
                    document.id == id
                        && document.version == version
                        && document.text.as_str() == text.as_str()
                });
                same.map_or_else(
                    || Arc::new(Document::new(id, path.to_owned(), text.clone(), version)),
                    Arc::clone,
                )
            });
            let files: Vec<_> = files.collect();
            if let Some(before) = before.filter(|before| !world && all_same(&before.files, &files)) {
                return Arc::clone(before);
            }
            Arc::new(match before {
                Some(before) if !world => before.with_files(files),
                Some(_) | None => Folder::new(path, files, Arc::clone(&self.host)),
            })
        });
        let folders = folders.collect();
        self.replace(folders);
    }

    fn replace(&mut self, folders: Vec<Arc<Folder>>) {
        self.current.supersede();
        for before in &self.current.folders {
            if !folders.iter().any(|folder| Arc::ptr_eq(folder, before)) {
                before.supersede();
            }
        }
        self.current = Arc::new(Snapshot::new(self.current.revision + 1, self.encoding, folders));
    }
}

/// Whether these are the very same files.
fn all_same(one: &[Arc<Document>], other: &[Arc<Document>]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| Arc::ptr_eq(one, other))
}

/// A file as it counts: its path, its text, and its version when it is open.
type Written<'e> = (&'e Path, &'e Text, Option<i32>);

/// Whether a path is a file of the language.
fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "mig")
}

/// Whether a text seems to have the migration's item; only where it stands at the start of a line, so that no tree is
/// needed to tell.
fn has_migration(text: &Text) -> bool {
    text.as_str().lines().any(|line| line.strip_prefix("migration").is_some_and(|rest| rest.starts_with(' ')))
}

/// The `.mig` files below a folder; hidden folders, and those of build results and packages, are passed over.
fn sources(folder: &Path, depth: usize, out: &mut BTreeSet<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            let passed = name.starts_with('.') || name == "target" || name == "node_modules";
            if !passed && depth > 0 {
                sources(&path, depth - 1, out);
            }
        } else if is_source(&path) {
            out.insert(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use std::sync::Arc;

    use super::{Change, Editor};
    use crate::fixture::Nowhere;
    use crate::text::{Encoding, Place};

    fn shown(editor: &Editor) -> Vec<(String, Vec<String>)> {
        let name = |path: &std::path::Path| path.file_name().unwrap().to_string_lossy().into_owned();
        let snapshot = editor.snapshot();
        let folders = snapshot.folders.iter();
        folders
            .map(|folder| {
                (name(&folder.path), folder.files.iter().map(|document| name(&document.path)).collect())
            })
            .collect()
    }

    fn strings(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_migration_is_the_nearest_folder_with_its_item() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["one/sub", "two", "three/node_modules"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        for (file, text) in [
            ("one/a.mig", "migration one {\n}\n"),
            ("one/sub/b.mig", "wave x {\n}\n"),
            ("two/c.mig", "wave y {\n}\n"),
            ("three/node_modules/d.mig", "wave z {\n}\n"),
        ] {
            fs::write(root.path().join(file), text).unwrap();
        }
        let mut editor = Editor::new(Arc::new(Nowhere));
        editor.begin(vec![root.path().to_owned()], Encoding::Utf16);
        assert_eq!(
            shown(&editor),
            [("one".to_owned(), strings(&["a.mig", "b.mig"])), ("two".to_owned(), strings(&["c.mig"]))]
        );

        // The migration's item moves: the folders follow.
        editor.opened(root.path().join("one/a.mig"), "wave x {\n}\n".to_owned(), 1);
        editor.opened(root.path().join("one/sub/b.mig"), "migration one {\n}\n".to_owned(), 1);
        assert_eq!(
            shown(&editor),
            [
                ("one".to_owned(), strings(&["a.mig"])),
                ("sub".to_owned(), strings(&["b.mig"])),
                ("two".to_owned(), strings(&["c.mig"]))
            ]
        );
    }

    #[test]
    fn an_edit_makes_a_new_snapshot_and_leaves_the_old_one() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.mig");
        fs::write(&path, "migration a {\n}\n").unwrap();
        let mut editor = Editor::new(Arc::new(Nowhere));
        editor.begin(vec![root.path().to_owned()], Encoding::Utf16);
        editor.opened(path.clone(), "migration a {\n}\n".to_owned(), 1);
        let before = editor.snapshot();
        let range = Some((Place { line: 0, character: 10 }, Place { line: 0, character: 11 }));
        editor.edited(&path, 2, vec![Change { range, text: "b".to_owned() }]);
        let after = editor.snapshot();
        let text = |snapshot: &crate::snapshot::Snapshot| {
            snapshot.document(&path).map(|(_, document)| document.text.as_str().to_owned()).unwrap()
        };
        assert_eq!(text(&before), "migration a {\n}\n");
        assert_eq!(text(&after), "migration b {\n}\n");
        assert!(before.is_superseded() && !after.is_superseded());
        assert_eq!(after.document(&path).unwrap().1.version, Some(2));
        // Closed without saving: the file on disk counts again.
        editor.closed(&path);
        assert_eq!(text(&editor.snapshot()), "migration a {\n}\n");
        fs::remove_file(&path).unwrap();
        editor.disk(std::slice::from_ref(&path));
        assert!(editor.snapshot().document(&path).is_none());
    }

    #[test]
    fn a_folder_goes_and_comes_with_its_files_and_leaves_the_others() {
        let root = tempfile::tempdir().unwrap();
        for name in ["one", "two"] {
            fs::create_dir(root.path().join(name)).unwrap();
            fs::write(root.path().join(name).join("a.mig"), "migration a {\n}\n").unwrap();
        }
        let mut editor = Editor::new(Arc::new(Nowhere));
        editor.begin(vec![root.path().to_owned()], Encoding::Utf16);
        let before = editor.snapshot();
        let path = root.path().join("one/a.mig");
        editor.opened(path, "migration b {\n}\n".to_owned(), 1);
        assert!(before.folders[0].is_superseded() && !before.folders[1].is_superseded());
        let two = root.path().join("two");
        fs::rename(&two, root.path().join("three")).unwrap();
        editor.disk(&[two, root.path().join("three")]);
        let names: Vec<_> = shown(&editor).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["one", "three"]);
    }
}
