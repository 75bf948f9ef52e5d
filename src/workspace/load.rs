//! Finds the `.mig` files of a folder and reads them. Never parses, never looks outside the folder.

use std::fs;
use std::path::{Path, PathBuf};

use mig_lang::ast::Keyword;
use mig_lang::{FileId, Source, Sources};
use mig_plan::{Digest, SourceFile};

use crate::problem::Problem;

/// The `.mig` files of one migration.
#[derive(Clone, Debug)]
pub(crate) struct Workspace {
    /// The migration's folder, as given.
    pub(crate) folder: PathBuf,
    /// The texts, by paths as a person at the prompt would type them.
    pub(crate) sources: Sources,
    /// The files' paths relative to the folder, with `/`, in the order of the sources.
    pub(crate) paths: Vec<String>,
}

/// A file larger than this is not a migration that people wrote.
const LARGEST: u64 = 64 * 1024 * 1024;

impl Workspace {
    /// Reads every `.mig` file of a folder and of the folders in it, hidden ones left out.
    pub(crate) fn read(folder: &Path) -> Result<Self, Problem> {
        let paths = Self::find(folder)?;
        let mut sources = Sources::new();
        for path in &paths {
            let full = folder.join(path);
            sources.add(shown(&full), read_text(&full)?);
        }
        Ok(Self { folder: folder.to_owned(), sources, paths })
    }

    /// These files of a folder, as an editor has them; the others are left out.
    pub(crate) fn of(folder: &Path, files: impl IntoIterator<Item = (PathBuf, String)>) -> Self {
        let mut workspace = Self { folder: folder.to_owned(), sources: Sources::new(), paths: Vec::new() };
        for (path, text) in files {
            let Ok(within) = path.strip_prefix(folder) else { continue };
            let within = within.to_string_lossy();
            workspace.paths.push(if cfg!(windows) { within.replace('\\', "/") } else { within.into_owned() });
            workspace.sources.add(shown(&path), text);
        }
        workspace
    }

    /// The paths of the `.mig` files of a folder, relative to it, sorted.
    pub(crate) fn find(folder: &Path) -> Result<Vec<String>, Problem> {
        let found = fs::metadata(folder).map_err(|error| Problem::unreadable(folder, &error))?;
        if !found.is_dir() {
            return Err(Problem::new(
                "not-a-folder",
                format!("`{}` is a file", folder.display()),
                "Give the folder of the migration: a folder of `.mig` files is one migration.",
            ));
        }
        let mut paths = Vec::new();
        collect(folder, "", &mut paths)?;
        if paths.is_empty() {
            return Err(Problem::new(
                "no-sources",
                format!("there are no `.mig` files in `{}`", folder.display()),
                "Give the folder of a migration, as in `mig check path/to/folder`; \
                 `mig demo` makes one to look at.",
            ));
        }
        paths.sort();
        Ok(paths)
    }

    /// The folders in this one that are each a migration, where there are several: each has its `migration` item, none lies in
    /// another, and no file lies outside of them. Relative, in order.
    pub(crate) fn migrations(&self) -> Vec<String> {
        let folder =
            |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        // Few files have the word, and the others are not parsed for this.
        let is_one = |(id, source): &(FileId, &Source)| {
            if !source.text.contains(Keyword::Migration.word()) {
                return false;
            }
            let (file, _) = mig_lang::parse(*id, &source.text);
            file.items.iter().any(|item| item.keyword.value == Keyword::Migration)
        };
        // Most folders are one.
        if self.paths.iter().all(|path| !path.contains('/')) {
            return Vec::new();
        }
        let files = self.paths.iter().zip(self.sources.iter());
        let mut roots: Vec<String> =
            files.filter(|(_, file)| is_one(file)).map(|(path, _)| folder(path)).collect();
        roots.sort();
        roots.dedup();
        let apart = roots.iter().all(|root| {
            !root.is_empty() && !roots.iter().any(|other| other != root && root.starts_with(other.as_str()))
        });
        let within = |path: &String| roots.iter().any(|root| path.starts_with(root.as_str()));
        if roots.len() > 1 && apart && self.paths.iter().all(within) { roots } else { Vec::new() }
    }

    /// What a plan says about the files.
    pub(crate) fn digests(&self) -> Vec<SourceFile> {
        self.paths
            .iter()
            .zip(self.sources.iter())
            .map(|(path, (_, source))| SourceFile {
                path: path.clone(),
                digest: Digest::of(source.text.as_bytes()),
            })
            .collect()
    }
}

fn collect(folder: &Path, prefix: &str, paths: &mut Vec<String>) -> Result<(), Problem> {
    let unreadable = |error| Problem::unreadable(folder, &error);
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        // A name that is not Unicode cannot end in `.mig` for a person either.
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') {
            continue;
        }
        let path = entry.path();
        let kind = entry.file_type().map_err(unreadable)?;
        // A link to a folder is not followed: it may lead back here.
        if kind.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), paths)?;
        } else if name.ends_with(".mig") && path.is_file() {
            paths.push(format!("{prefix}{name}"));
        }
    }
    Ok(())
}

/// Reads a file that must be text.
pub(crate) fn read_text(path: &Path) -> Result<String, Problem> {
    let unreadable = |error| Problem::unreadable(path, &error);
    if fs::metadata(path).map_err(unreadable)?.len() > LARGEST {
        return Err(Problem::new(
            "source-too-large",
            format!("`{}` is larger than {} MiB", path.display(), LARGEST / 1024 / 1024),
            "Is it a `.mig` file? If so, split it: a migration may have any number of files.",
        ));
    }
    text_of(&shown(path), fs::read(path).map_err(unreadable)?)
}

/// The text in these bytes.
pub(crate) fn text_of(shown: &str, bytes: Vec<u8>) -> Result<String, Problem> {
    String::from_utf8(bytes).map_err(|error| {
        let (good, _) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
        let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
        Problem::new(
            "not-utf-8",
            format!(
                "`{shown}` is not UTF-8 text: byte {} (line {line}) is not part of a character",
                good.len()
            ),
            "Is it a `.mig` file? If so, save it as UTF-8.",
        )
    })
}

/// A path as a person would type it: without the `./` that joining to `.` leaves, and with `/`.
pub(crate) fn shown(path: &Path) -> String {
    let short = path.strip_prefix(".").unwrap_or(path);
    if short.as_os_str().is_empty() {
        return ".".to_owned();
    }
    let shown = short.display().to_string();
    if cfg!(windows) { shown.replace('\\', "/") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_in_folders_and_in_one_order() {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [("b.mig", "b"), ("a/z.mig", "z"), (".mig/hidden.mig", ""), ("note.txt", "")] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let workspace = Workspace::read(folder.path()).unwrap();
        assert_eq!(workspace.paths, ["a/z.mig", "b.mig"]);
    }

    #[test]
    fn folders_beside_one_another_are_migrations_of_their_own() {
        let of = |paths: &[&str]| {
            let text = |path: &str| if path.ends_with("m.mig") { "\nmigration m {\n}\n" } else { "" };
            let files = paths.iter().map(|path| (PathBuf::from(path), text(path).to_owned()));
            Workspace::of(Path::new(""), files).migrations()
        };
        assert_eq!(of(&["a/b/m.mig", "a/c/deep/x.mig", "a/c/m.mig"]), ["a/b/", "a/c/"]);
        assert!(of(&["a/m.mig", "a/x.mig"]).is_empty());
        assert!(of(&["m.mig", "a/m.mig"]).is_empty());
        assert!(of(&["a/m.mig", "a/b/m.mig"]).is_empty());
        assert!(of(&["a/m.mig", "b/m.mig", "x.mig"]).is_empty());
    }

    #[test]
    fn bytes_that_are_not_text_are_named_by_their_place() {
        let problem = text_of("x.mig", b"ok\nno\xff".to_vec()).unwrap_err();
        assert_eq!(problem.message, "`x.mig` is not UTF-8 text: byte 5 (line 2) is not part of a character");
    }
}
