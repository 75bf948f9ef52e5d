//! The snapshots of a migration's folder: finds, reads and writes their files. What stands in them is the plan crate's to
//! understand; that there is none is no fault.

use std::fs;
use std::io;
use std::path::Path;

use mig_compiler::Wanted;
use mig_compiler::hir::CatalogKind;
use mig_plan::{CatalogLock, LockError, SchemasLock};

use crate::problem::Problem;
use crate::workspace::shown;

/// The snapshot of the catalog, beside the `.mig` files.
pub(super) const CATALOG: &str = "catalog.lock.json";
/// The snapshot of the schemas, beside the `.mig` files.
pub(super) const SCHEMAS: &str = "schemas.lock.json";

/// The snapshots that a folder has.
#[derive(Debug, Default)]
pub(super) struct Locks {
    pub(super) catalog: Option<CatalogLock>,
    pub(super) schemas: Option<SchemasLock>,
}

impl Locks {
    /// Reads what there is.
    pub(super) fn read(folder: &Path) -> Result<Self, Problem> {
        Ok(Self { catalog: read_catalog(folder)?, schemas: read_schemas(folder)? })
    }

    /// The snapshot of the catalog that a program names. A catalog of files is in the folder itself and needs none.
    pub(super) fn catalog_of(&self, wanted: &Wanted) -> Option<&CatalogLock> {
        match &wanted.catalog.as_ref()?.kind {
            CatalogKind::Files { .. } => None,
            CatalogKind::Backstage { url, .. } => {
                self.catalog.as_ref().filter(|lock| lock.source == CatalogLock::source_of(url))
            }
        }
    }
}

/// The folder's snapshot of the catalog.
pub(super) fn read_catalog(folder: &Path) -> Result<Option<CatalogLock>, Problem> {
    let from_text = CatalogLock::from_text;
    read(&folder.join(CATALOG), "mig catalog pull", CatalogLock::VERSION, from_text)
}

/// The folder's snapshot of the schemas.
pub(super) fn read_schemas(folder: &Path) -> Result<Option<SchemasLock>, Problem> {
    let from_text = SchemasLock::from_text;
    read(&folder.join(SCHEMAS), "mig schema pull", SchemasLock::VERSION, from_text)
}

fn read<T>(
    path: &Path,
    again: &str,
    version: u32,
    from_text: fn(&str) -> Result<T, LockError>,
) -> Result<Option<T>, Problem> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Problem::unreadable(path, &error)),
    };
    let name = shown(path);
    let text = String::from_utf8_lossy(&bytes);
    from_text(&text).map(Some).map_err(|error| match error {
        LockError::Malformed(error) => Problem::new(
            "bad-snapshot",
            format!("`{name}` is not a whole snapshot: {error}"),
            format!("It was cut off, or merged with conflicts. Make it again with `{again}` and review what differs."),
        ),
        LockError::Version(other) => Problem::new(
            "snapshot-version",
            format!("`{name}` is a snapshot of version {other}, and this mig reads version {version}"),
            format!("Use the mig that made it, or make it again with this one: `{again}`."),
        ),
        LockError::Digest { claimed, actual } => Problem::new(
            "edited-snapshot",
            format!("`{name}` was changed after it was pulled"),
            format!("A snapshot says what was there and nothing else. Make it again with `{again}` and review what differs."),
        )
        .details([format!("it claims the digest {claimed}"), format!("its content has     {actual}")]),
        LockError::Encoding(error) => unwritable(&LockError::Encoding(error)),
    })
}

/// A snapshot that cannot be written as a text.
pub(super) fn unwritable(error: &LockError) -> Problem {
    Problem::new("unwritable", error.to_string(), "This is a fault of mig; please report it.")
}

/// How a person calls a snapshot: its file and the beginning of its digest.
pub(super) fn name_of_catalog(lock: &CatalogLock) -> String {
    named(CATALOG, lock.digest())
}

/// How a person calls a snapshot: its file and the beginning of its digest.
pub(super) fn name_of_schemas(lock: &SchemasLock) -> String {
    named(SCHEMAS, lock.digest())
}

fn named(file: &str, digest: Result<mig_plan::Digest, LockError>) -> String {
    digest.map_or_else(|_| file.to_owned(), |digest| format!("{file} ({})", digest.short()))
}
