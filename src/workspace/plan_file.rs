//! Reads and writes plan files. A plan file knows its migration's folder by a relative path, so that
//! both can be moved together.

use std::fs;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use mig_plan::{PlanFile, PlanFileError};

use crate::problem::Problem;

/// A plan that was read, and where its migration lives.
#[derive(Debug)]
pub(crate) struct PlanOnDisk {
    /// The plan with its digest, which was proved.
    pub(crate) file: PlanFile,
    /// The migration's folder.
    pub(crate) folder: PathBuf,
}

/// Reads a plan file and proves its digest.
pub(crate) fn read_plan(path: &Path) -> Result<PlanOnDisk, Problem> {
    let bytes = fs::read(path).map_err(|error| Problem::unreadable(path, &error))?;
    let shown = path.display();
    let make_again = "Make it again with `mig plan FOLDER -o plan.json`.";
    let text = String::from_utf8(bytes)
        .map_err(|_| Problem::new("bad-plan", format!("`{shown}` is not a plan file"), make_again))?;
    let file = PlanFile::from_text(&text).map_err(|error| match error {
        PlanFileError::Malformed(error) => Problem::new(
            "bad-plan",
            format!("`{shown}` is not a plan file: {error}"),
            format!("Give a file that `mig plan -o` wrote. {make_again}"),
        ),
        PlanFileError::Version(version) => Problem::new(
            "plan-version",
            format!(
                "`{shown}` is a plan file of version {version}, and this mig reads version {}",
                PlanFile::VERSION
            ),
            "Use the mig that made it, or make the plan again with this one.",
        ),
        PlanFileError::Digest { claimed, actual } => Problem::new(
            "edited-plan",
            format!("`{shown}` was changed after it was made"),
            format!("A plan is run exactly as it was reviewed. Change the sources instead. {make_again}"),
        )
        .details([format!("it claims the digest {claimed}"), format!("its plan has        {actual}")]),
        PlanFileError::Encoding(error) => {
            Problem::new("bad-plan", format!("`{shown}` cannot be read: {error}"), make_again)
        }
    })?;
    let beside = path.parent().unwrap_or(Path::new(""));
    let folder = tidy(&beside.join(&file.folder));
    Ok(PlanOnDisk { file, folder })
}

/// A plan file's text.
pub(crate) fn plan_text(file: &PlanFile) -> Result<String, Problem> {
    file.to_text().map_err(|error| {
        let message = format!("the plan cannot be written: {error}");
        Problem::new("unwritable", message, "This is a fault of mig; please report it.")
    })
}

/// Writes a plan file in one step: nobody ever reads half of it.
pub(crate) fn write_plan(path: &Path, file: &PlanFile) -> Result<(), Problem> {
    write_atomically(path, plan_text(file)?.as_bytes())
}

/// Replaces a file's content in one step, durably.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    let unwritable = |error| Problem::unwritable(path, &error);
    if path.is_dir() || path.file_name().is_none() {
        return Err(unwritable(std::io::ErrorKind::IsADirectory.into()));
    }
    // A link stays a link: what it points to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut temporary = target.clone().into_os_string();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let written = fs::File::create(&temporary).and_then(|mut file| {
        if let Ok(before) = fs::metadata(&target) {
            file.set_permissions(before.permissions())?;
        }
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, &target)
    });
    if written.is_err() {
        drop(fs::remove_file(&temporary));
    }
    written.map_err(unwritable)
}

/// The migration's folder as seen from the plan file's folder, with `/`; `.` when they are the same.
pub(crate) fn relative_folder(plan_file: &Path, folder: &Path) -> Result<String, Problem> {
    let absolute = |path: &Path| fs::canonicalize(path).map_err(|error| Problem::unreadable(path, &error));
    let parent = plan_file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (from, to) = (absolute(parent)?, absolute(folder)?);
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| "..".to_owned());
    let down = to.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    let parts: Vec<String> = up.chain(down).collect();
    Ok(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}

/// Removes `.` parts, and `x/..` pairs where `x` is no link; nothing left is `.`.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(tidy.components().next_back(), Some(Component::Normal(_)))
                    && !tidy.is_symlink() =>
            {
                tidy.pop();
            }
            Component::ParentDir | Component::Normal(_) | Component::RootDir | Component::Prefix(_) => {
                tidy.push(part);
            }
        }
    }
    if tidy.as_os_str().is_empty() { PathBuf::from(".") } else { tidy }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_found_again_from_the_plan_file() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        fs::create_dir_all(at("shop/sub")).unwrap();
        fs::create_dir_all(at("plans")).unwrap();
        for (plan, folder, expected) in [
            ("shop/plan.json", "shop", "."),
            ("plans/plan.json", "shop", "../shop"),
            ("shop/sub/plan.json", "shop", ".."),
            ("plan.json", "shop/sub", "shop/sub"),
        ] {
            assert_eq!(relative_folder(&at(plan), &at(folder)).unwrap(), expected, "{plan}");
        }
    }

    #[test]
    fn a_tidy_path_has_no_detours() {
        for (path, expected) in
            [("a/../b", "b"), ("./.", "."), ("../a", "../a"), ("a/..", "."), ("/a/./b", "/a/b")]
        {
            assert_eq!(tidy(Path::new(path)), Path::new(expected));
        }
    }
}
