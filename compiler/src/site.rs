//! Where a table really is, whatever its store is called.

use mig_plan::{Commit, ObjectUrl, Setting, StoreConfig, StoreKind, TableRef};

/// Where a table really is: what it is in, and its path there.
pub(crate) type Site = (Root, Vec<String>);

/// What tables are in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Root {
    /// A database at a location.
    Database(StoreKind, Setting),
    /// The folders below the root, or below the migration's own folder; the store's own is part of the path.
    Folders {
        /// Whether from the root.
        absolute: bool,
    },
    /// The folder that a variable names.
    Folder(String),
    /// A bucket, by its own URL, and where its storage is; the store's folder is part of the path.
    Bucket(String, Option<Setting>),
    /// A store whose location could not be read.
    Store(String),
}

/// Where a table really is. Two stores of one location are one, whatever the format of their files; names have
/// no case where the store, or a disk that it may be on, has none.
pub(crate) fn site(config: Option<&StoreConfig>, kind: StoreKind, table: &TableRef) -> Site {
    let can = kind.abilities();
    let fold = |part: &String| if can.folds_case { part.to_lowercase() } else { part.clone() };
    let path = table.path.iter().map(fold);
    let Some(config) = config else { return (Root::Store(table.store.clone()), path.collect()) };
    match (can.commit, &config.location) {
        (Commit::Renaming, Setting::Env(name)) => (Root::Folder(name.clone()), path.collect()),
        (Commit::Renaming, Setting::Text(folder)) => {
            if let Some(Ok(url)) = ObjectUrl::parse(folder) {
                // Names in a bucket have case.
                let path = url.prefix.iter().chain(&table.path).cloned().collect();
                return (Root::Bucket(url.root(), config.options.get("endpoint").cloned()), path);
            }
            let parts = parts(folder).iter().map(|part| part.to_lowercase()).chain(path).collect();
            (Root::Folders { absolute: folder.starts_with('/') }, parts)
        }
        (Commit::Transaction, Setting::Env(name)) => {
            (Root::Database(kind, Setting::Env(name.clone())), path.collect())
        }
        (Commit::Transaction, Setting::Text(text)) => {
            let location = match kind {
                StoreKind::Sqlite => {
                    let file = text.strip_prefix("sqlite:").unwrap_or(text);
                    let root = if file.starts_with('/') { "/" } else { "" };
                    format!("{root}{}", parts(file).join("/"))
                }
                StoreKind::Postgres
                | StoreKind::Mysql
                | StoreKind::Parquet
                | StoreKind::Csv
                | StoreKind::Jsonl
                | StoreKind::Arrow => text.clone(),
            };
            (Root::Database(kind, Setting::Text(location)), path.collect())
        }
    }
}

/// The parts of a path, without those that lead nowhere.
fn parts(path: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            other => parts.push(other),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn a_path_is_as_short_as_it_can_be() {
        assert_eq!(parts("./out//tmp/../lake/"), ["out", "lake"]);
        assert_eq!(parts("../../a"), ["..", "..", "a"]);
    }
}
