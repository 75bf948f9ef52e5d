//! The demo shop's folder: its sources and catalog as they lie under `src/demo/shop`, and its database.

use std::fs;
use std::path::Path;

use super::data;
use crate::problem::Problem;

/// Every file of the shop but its database.
const FILES: [(&str, &str); 5] = [
    ("shop.mig", include_str!("shop/shop.mig")),
    ("orders.mig", include_str!("shop/orders.mig")),
    ("catalog/people.yaml", include_str!("shop/catalog/people.yaml")),
    ("catalog/datasets.yaml", include_str!("shop/catalog/datasets.yaml")),
    ("catalog/services.yaml", include_str!("shop/catalog/services.yaml")),
];

/// What tells a folder that the demo made from any other.
const MARK: &str = ".mig-demo";

/// What an earlier demo may have left in its folder, besides [`FILES`].
const LEFT: [&str; 9] =
    ["shop.db", "mart.db", "mart.db-wal", "mart.db-shm", "lake", ".mig", "plan.json", "shop.svg", MARK];

/// Whether the demo made the folder.
pub(crate) fn is_demo(folder: &Path) -> bool {
    folder.join(MARK).is_file()
}

/// Makes the folder, anew where the demo made it before.
pub(crate) fn make(folder: &Path) -> Result<(), Problem> {
    let unwritable = |error| Problem::unwritable(folder, &error);
    let empty = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => return Err(Problem::unreadable(folder, &error)),
    };
    if !empty && !is_demo(folder) {
        return Err(Problem::new(
            "folder-in-use",
            format!("`{}` is not empty, and the demo did not make it", folder.display()),
            "Give the name of a new folder, as in `mig demo my-shop`. Nothing was changed.",
        ));
    }
    for left in LEFT.iter().copied().chain(FILES.map(|(path, _)| path)) {
        remove(&folder.join(left)).map_err(unwritable)?;
    }
    fs::create_dir_all(folder.join("catalog")).map_err(unwritable)?;
    fs::write(folder.join(MARK), "Made by `mig demo`, which may make this folder anew.\n")
        .map_err(unwritable)?;
    for (path, text) in FILES {
        fs::write(folder.join(path), text).map_err(unwritable)?;
    }
    data::make(&folder.join("shop.db")).map_err(|error| {
        Problem::new(
            "unwritable",
            format!("the shop's database cannot be made: {error}"),
            "Check that the disk has room, or give another folder.",
        )
    })
}

fn remove(path: &Path) -> std::io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_somebody_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.txt"), "years of work").unwrap();
        assert_eq!(make(folder.path()).unwrap_err().code, "folder-in-use");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_demos_own_folder_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path()).unwrap();
        fs::write(folder.path().join("shop.mig"), "edited").unwrap();
        make(folder.path()).unwrap();
        assert_ne!(fs::read_to_string(folder.path().join("shop.mig")).unwrap(), "edited");
    }
}
