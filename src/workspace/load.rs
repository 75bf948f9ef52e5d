//! Finds the `.mig` files of a folder and reads them. Never parses, never looks outside the folder.

use std::fs;
use std::path::{Path, PathBuf};

use mig_plan::{Digest, SourceFile};

use crate::problem::Problem;

/// One `.mig` file.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Its path relative to the migration's folder, with `/`.
    pub(crate) path: String,
    /// Its path as a person at the prompt would type it.
    pub(crate) shown: String,
    /// Its text.
    pub(crate) text: String,
}

/// The `.mig` files of one migration; the index of a file is its `FileId`.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    /// The migration's folder, as given.
    pub(crate) folder: PathBuf,
    /// The files, sorted by path.
    pub(crate) files: Vec<Source>,
}

/// A file larger than this is not a migration that people wrote.
const LARGEST: u64 = 64 * 1024 * 1024;

impl Sources {
    /// Reads every `.mig` file of a folder and of the folders in it, hidden ones left out.
    pub(crate) fn read(folder: &Path) -> Result<Self, Problem> {
        let listed = fs::metadata(folder).map_err(|error| Problem::unreadable(folder, &error))?;
        if !listed.is_dir() {
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
        let files = paths.into_iter().map(|path| read_one(folder, path)).collect::<Result<_, _>>()?;
        Ok(Self { folder: folder.to_owned(), files })
    }

    /// A single text that comes from nowhere in particular (standard input, one file of `mig fmt`).
    pub(crate) fn single(shown: &str, text: String) -> Self {
        let file = Source { path: shown.to_owned(), shown: shown.to_owned(), text };
        Self { folder: PathBuf::from("."), files: vec![file] }
    }

    /// What a plan says about them.
    pub(crate) fn digests(&self) -> Vec<SourceFile> {
        self.files
            .iter()
            .map(|file| SourceFile { path: file.path.clone(), digest: Digest::of(file.text.as_bytes()) })
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

fn read_one(folder: &Path, path: String) -> Result<Source, Problem> {
    let full = folder.join(&path);
    let text = read_text(&full)?;
    Ok(Source { path, shown: shown(&full), text })
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

/// A path without the `./` that joining to `.` leaves.
fn shown(path: &Path) -> String {
    let shown = path.strip_prefix(".").unwrap_or(path).display().to_string();
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
        let sources = Sources::read(folder.path()).unwrap();
        assert_eq!(
            sources.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
            ["a/z.mig", "b.mig"]
        );
    }

    #[test]
    fn bytes_that_are_not_text_are_named_by_their_place() {
        let problem = text_of("x.mig", b"ok\nno\xff".to_vec()).unwrap_err();
        assert_eq!(problem.message, "`x.mig` is not UTF-8 text: byte 5 (line 2) is not part of a character");
    }
}
