//! Where a table really is, whatever its store is called.

use mig_plan::{Setting, StoreConfig, StoreKind, TableRef};

/// Where a table really is: kind, location, path.
pub(crate) type Site<'a> = (StoreKind, Option<Setting>, &'a str, Vec<String>);

/// Where a table really is. Two stores of one location are one; SQLite's names have no case.
pub(crate) fn site<'a>(config: Option<&StoreConfig>, kind: StoreKind, table: &'a TableRef) -> Site<'a> {
    let location = config.map(|config| match &config.location {
        Setting::Text(text) => Setting::Text(text.strip_prefix("sqlite:").unwrap_or(text).to_owned()),
        Setting::Env(name) => Setting::Env(name.clone()),
    });
    let fold = |part: &String| if kind.abilities().folds_case { part.to_lowercase() } else { part.clone() };
    // A store whose location is not known is told apart by its name.
    let name = if location.is_some() { "" } else { table.store.as_str() };
    (kind, location, name, table.path.iter().map(fold).collect())
}
