//! Pieces of source that stand on a command line: a catalog, a predicate. Each is read as the item reads it in
//! which it would stand, so that a word means the same in both places.

use mig_lang::{Diagnostic, FileId, Severity, parse};
use mig_plan::{StoreConfig, StoreKind};

use crate::hir::{CatalogSource, Predicate, Program};
use crate::prose::some_of;
use crate::{resolve, source, wanted};

/// Where a catalog comes from: `files("catalog/**/*.yaml")`, `backstage(env.URL, token: env.TOKEN)`.
///
/// # Errors
/// What is wrong with the text, in sentences; never with a secret that stands in it.
pub fn catalog(text: &str) -> Result<CatalogSource, String> {
    let program = read("migration m {\n  catalog = ", &spelled_out(text), "\n}\n")?;
    wanted(&program).catalog.ok_or_else(|| "it is not a catalog".to_owned())
}

/// A catalog as a source writes it, of the short forms `files:PATTERN` and `backstage:env.URL` too.
pub fn spelled_out(text: &str) -> String {
    match text.split_once(':') {
        Some(("backstage", url)) if url.starts_with("env.") => format!("backstage({url})"),
        Some(("files", pattern)) => format!("files({})", source::text(pattern)),
        Some(_) | None => text.to_owned(),
    }
}

/// A predicate over the catalog's entities: `spec.type == "dataset" and "shop" in metadata.tags`.
///
/// # Errors
/// What is wrong with the text, in sentences.
pub fn predicate(text: &str) -> Result<Predicate, String> {
    let program = read("wave w {\n  move = datasets where ", text, "\n}\n")?;
    let parts = program.waves.values().flat_map(|wave| wave.moves.clone());
    let [part] =
        <[_; 1]>::try_from(parts.collect::<Vec<_>>()).map_err(|_| "it is not one condition".to_owned())?;
    part.predicate.ok_or_else(|| "it is not a condition".to_owned())
}

/// A store: `sqlite:env.OLD_URL`, `postgres:env.NEW_URL`, `parquet:lake`; a kind and where it is.
///
/// # Errors
/// What is wrong with the text, in sentences; never with a secret that stands in it.
pub fn store(name: &str, text: &str) -> Result<StoreConfig, String> {
    let Some((kind, location)) = text.split_once(':') else {
        return Err("it must be a kind and a place, such as `sqlite:env.OLD_URL`".to_owned());
    };
    let known = StoreKind::ALL.iter().find(|(keyword, _, _)| *keyword == kind);
    let Some((_, sort, _)) = known else {
        let kinds: Vec<&str> = StoreKind::ALL.iter().map(|(keyword, _, _)| *keyword).collect();
        // What stands before the first colon of a URL is no secret, and neither is a kind.
        return Err(format!("`{kind}` is no kind of store: {}", some_of(kinds, 9)));
    };
    let attribute = source::location_attribute(*sort);
    let location = match location.strip_prefix("env.") {
        Some(_) => location.to_owned(),
        None => source::text(location),
    };
    let item = format!("store {}: {kind} {{ {attribute} = {location} }}", source::identifier(name));
    // The line before keeps apart what is said of the item from what is said of the whole file.
    let stores = read("\n", &item, "\n")?.stores;
    stores
        .values()
        .next()
        .and_then(|store| store.config.clone())
        .ok_or_else(|| "it is not a store".to_owned())
}

/// The program that a text makes between two others; what is said of the others is left out.
fn read(before: &str, text: &str, after: &str) -> Result<Program, String> {
    if text.trim().is_empty() || text.contains(['\n', '\r']) {
        return Err("it must stand on one line".to_owned());
    }
    let (file, mut found) = parse(FileId(0), &format!("{before}{text}{after}"));
    let items = file.items.len();
    let (program, said) = resolve(&[file]);
    found.extend(said);
    // What is missing is said behind the text.
    let inside = before.len()..=before.len() + text.len();
    let about = |found: &&Diagnostic| {
        found.severity == Severity::Error
            && usize::try_from(found.span().start).is_ok_and(|start| inside.contains(&start))
    };
    match found.iter().find(about) {
        Some(found) => Err(match &found.help {
            Some(help) => format!("{}. {help}", found.message),
            None => found.message.clone(),
        }),
        None if items != 1 => Err("it must be one value and nothing else".to_owned()),
        None => Ok(program),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalog_is_read_as_a_migration_reads_it() {
        let right = [
            "files(\"a.yaml\")",
            "files:a.yaml",
            "backstage(env.URL, token: env.TOKEN)",
            "backstage:env.URL",
        ];
        for text in right {
            assert!(catalog(text).is_ok(), "{text}: {:?}", catalog(text));
        }
        for text in
            ["", "fils(\"a\")", "files(", "files(\"a\")\n}", "files(\"a\") } store x: csv { path = \"y\""]
        {
            assert!(catalog(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_store_is_a_kind_and_a_place() {
        let config = store("old", "sqlite:env.OLD_URL").unwrap();
        assert_eq!(config.location, mig_plan::Setting::Env("OLD_URL".to_owned()));
        let config = store("old", "sqlite:my \"old\".db").unwrap();
        assert_eq!(config.location, mig_plan::Setting::Text("my \"old\".db".to_owned()));
        for text in ["old.db", "sqlit:old.db", "sqlite:env.", "postgres:postgres://me:hunter2@db/shop"] {
            let said = store("old", text).unwrap_err();
            assert!(!said.contains("hunter2"), "{said}");
        }
    }

    #[test]
    fn a_secret_is_refused_and_not_repeated() {
        let said = catalog("backstage(\"https://me:hunter2@portal\")").unwrap_err();
        assert!(said.contains("password") && !said.contains("hunter2"), "{said}");
    }

    #[test]
    fn a_predicate_is_read_as_a_wave_reads_it() {
        assert!(predicate("spec.type == \"dataset\" and \"shop\" in metadata.tags").is_ok());
        for text in ["", "knd == \"x\"", "spec.type ==", "true, consumers"] {
            assert!(predicate(text).is_err(), "{text}");
        }
    }
}
