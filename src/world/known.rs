//! What is known of the world without asking it: the snapshots in the migration's folder and the catalog's files. For an
//! editor, which is never kept waiting.

use std::mem;
use std::path::Path;
use std::sync::Arc;

use mig_compiler::Wanted;
use mig_compiler::hir::CatalogKind;
use mig_lang::Diagnostic;
use mig_lsp::{About, Known, Review, Unknown};
use mig_runtime::catalog::{self, read_files};

use super::Reading;
use super::drift::{is_current, outdated, without_echoes};
use super::lock::{self, CATALOG, Locks, SCHEMAS};
use crate::problem::Problem;

/// What is known of the world that a program wants. Reads files and nothing else.
pub(crate) fn known(folder: &Path, wanted: &Wanted) -> Known {
    let mut known = Known::default();
    let mut locks = Locks::default();
    match lock::read_catalog(folder) {
        Ok(found) => locks.catalog = found,
        Err(problem) => known.unknown.push(fault(About::Catalog, &problem)),
    }
    let schemas_are_told = match lock::read_schemas(folder) {
        Ok(found) => {
            locks.schemas = found;
            false
        }
        Err(problem) => {
            known
                .unknown
                .extend(wanted.stores.keys().map(|name| fault(About::Store(name.clone()), &problem)));
            true
        }
    };
    catalog_of(folder, wanted, &mut locks, &mut known);
    match &locks.schemas {
        Some(lock) => {
            known.schemas = lock.schemas();
            known.schemas.stores.retain(|name, _| is_current(wanted, lock, name));
            known.rows = lock.rows();
            known.rows.retain(|table, _| known.schemas.stores.contains_key(&table.store));
            known.statistics = lock.statistics();
            known.statistics.retain(|(table, _), _| known.schemas.stores.contains_key(&table.store));
        }
        None if schemas_are_told => {}
        None => {
            let named = wanted.stores.iter().filter(|(_, store)| !store.asked.is_empty());
            known.unknown.extend(named.map(|(name, _)| {
                missing(
                    About::Store(name.clone()),
                    SCHEMAS,
                    "its tables and columns are not known",
                    "mig schema pull",
                )
            }));
        }
    }
    known.review = Some(Arc::new(locks));
    known
}

/// The catalog. That of a snapshot is taken out of it, for there is memory for one and not for two.
fn catalog_of(folder: &Path, wanted: &Wanted, locks: &mut Locks, known: &mut Known) {
    let Some(source) = &wanted.catalog else { return };
    let CatalogKind::Files { globs } = &source.kind else {
        let is_wanted = locks.catalog_of(wanted).is_some();
        let lock = locks.catalog.as_mut().filter(|_| is_wanted);
        known.catalog = lock.map(|lock| mem::take(&mut lock.catalog));
        let is_told = locks.catalog.is_some() || !known.unknown.is_empty();
        if known.catalog.is_none() && !is_told {
            let what = "its entities are not known, and nothing is proved against them";
            known.unknown.push(missing(About::Catalog, CATALOG, what, "mig catalog pull"));
        }
        return;
    };
    let (catalog, problems) = read_files(folder, globs);
    let mut is_whole = true;
    for problem in problems {
        let (code, is_fault) = match problem.severity {
            catalog::Severity::Error => ("bad-catalog", true),
            catalog::Severity::Warning => ("doubtful-catalog", false),
        };
        is_whole &= !is_fault;
        let place = match problem.line {
            0 => problem.file.clone(),
            line => format!("{}:{line}", problem.file),
        };
        let message = format!("{place}: {}", problem.message);
        known.unknown.push(Unknown { about: About::Catalog, code, is_fault, message, help: problem.help });
    }
    known.catalog = is_whole.then_some(catalog);
}

fn fault(about: About, problem: &Problem) -> Unknown {
    let (message, help) = (problem.message.clone(), problem.help.clone());
    Unknown { about, code: problem.code, is_fault: true, message, help }
}

fn missing(about: About, file: &str, what: &str, command: &str) -> Unknown {
    Unknown {
        about,
        code: "no-snapshot",
        is_fault: false,
        message: format!("there is no `{file}`: {what}"),
        help: format!("Run `{command}`, or have the editor refresh catalog and schemas."),
    }
}

impl Review for Locks {
    fn review(&self, wanted: &Wanted, found: &mut Vec<Diagnostic>) {
        let mut outdated = outdated(wanted, self);
        without_echoes(Reading::Snapshots, found, &mut outdated);
        found.extend(outdated);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use mig_lang::FileId;
    use mig_lsp::{About, Known};

    use super::known;

    const FILES: &str = "migration m {\n  owner = @group:a\n  catalog = files(\"catalog/*.yaml\")\n}\n";
    const STORES: &str = "
store old: sqlite { url = \"old.db\" }
store new: sqlite { url = \"new.db\" }
dataset orders: old.orders -> new.orders { key = id columns { id } }
";

    fn told(text: &str, files: &[(&str, &str)]) -> (Known, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let (file, _) = mig_lang::parse(FileId(0), text);
        let (program, _) = mig_compiler::resolve([&file]);
        let known = known(folder.path(), &mig_compiler::wanted(&program));
        let lines = known.unknown.iter().map(|unknown| {
            let about = match &unknown.about {
                About::Catalog => "catalog",
                About::Store(name) => name,
            };
            let message = unknown.message.replace(&*folder.path().to_string_lossy(), "");
            format!("{about}: {} {message}", unknown.code)
        });
        let lines = lines.collect();
        (known, lines)
    }

    #[test]
    fn what_there_is_no_snapshot_of_is_told_once_each() {
        let backstage = FILES.replace("files(\"catalog/*.yaml\")", "backstage(env.BACKSTAGE_URL)");
        let (known, told) = told(&format!("{backstage}{STORES}"), &[]);
        assert_eq!(
            told,
            [
                "catalog: no-snapshot there is no `catalog.lock.json`: its entities are not known, and nothing is proved \
                 against them",
                "new: no-snapshot there is no `schemas.lock.json`: its tables and columns are not known",
                "old: no-snapshot there is no `schemas.lock.json`: its tables and columns are not known",
            ]
        );
        assert!(known.catalog.is_none());
    }

    #[test]
    fn a_catalog_of_files_needs_no_snapshot_and_tells_its_faults() {
        let group = "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata:\n  name: a\nspec:\n  type: team\n  children: []\n";
        let (known, told) = told(FILES, &[("catalog/a.yaml", group)]);
        assert_eq!(told, [""; 0]);
        assert_eq!(known.catalog.unwrap().len(), 1);
        let (known, told) = self::told(FILES, &[("catalog/a.yaml", "kind: [\n")]);
        assert!(told[0].starts_with("catalog: bad-catalog catalog/a.yaml:"), "{told:?}");
        assert!(known.catalog.is_none());
    }

    #[test]
    fn a_snapshot_that_is_not_whole_is_told() {
        let (_, told) = told(&format!("{FILES}{STORES}"), &[("schemas.lock.json", "{")]);
        let stores: Vec<_> = told.iter().filter(|line| line.contains("bad-snapshot")).collect();
        assert!(stores[0].starts_with("new: ") && stores[1].starts_with("old: "), "{told:?}");
    }
}
