//! The developer portal's catalog: read from descriptor files or from a live Backstage, and annotated in files.
//!
//! Both readers give the same value for the same descriptors: what Backstage adds of itself is left out, relations
//! are derived as Backstage derives them. Nothing here changes an entity but [`set_annotation`] and [`restore_annotation`].

mod annotate;
mod backstage;
mod core_schema;
mod descriptor;
mod files;
mod kinds;
mod relations;
mod rewrite;
mod yaml;

pub use annotate::{annotation, annotation_image, restore_annotation, set_annotation};
pub use backstage::{BackstageReading, Pages, read_backstage};
pub use files::read_files;
pub use relations::dangling;

/// How bad a [`CatalogProblem`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// What it is about is not in the catalog: nothing should be planned before it is mended.
    Error,
    /// The catalog has all that was asked for, but perhaps not all that was meant.
    Warning,
}

/// What is wrong with a descriptor file. The rest of the catalog is still read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CatalogProblem {
    /// The file, relative to the migration's folder; a glob that matches nothing is here as it is written.
    pub file: String,
    /// The line in the file, from 1; 0 when it is about the file as a whole.
    pub line: u32,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// Why a catalog could not be read or changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// The catalog is out of reach or busy: the same request may succeed once somebody mends that. The text says what
    /// happened and what to do, and never holds a token, nor a URL's user, password or query.
    #[error("{0}")]
    Unavailable(String),
    /// The request can never succeed as it is.
    #[error("{0}")]
    Refused(String),
}
