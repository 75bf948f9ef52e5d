//! What the server asks of whoever starts it: the world around a migration, as it was last pulled.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use mig_compiler::Wanted;
use mig_lang::Diagnostic;
use mig_plan::{Catalog, ColumnStatistics, Schemas, TableRef};

/// What is known of the world around a migration, without asking the network.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The catalog; `None` when no snapshot of it is there, so that nothing is checked against it.
    pub catalog: Option<Catalog>,
    /// What the stores hold. A store of which nothing is known is absent.
    pub schemas: Schemas,
    /// About how many rows tables had when the schemas were pulled, where that was told.
    pub rows: BTreeMap<TableRef, u64>,
    /// What columns held when the schemas were pulled, by their tables and names, where that was told.
    pub statistics: BTreeMap<(TableRef, String), ColumnStatistics>,
    /// What is not known, and why.
    pub unknown: Vec<Unknown>,
    /// Looks over what is found against this.
    pub review: Option<Arc<dyn Review>>,
}

/// A part of the world that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Which part.
    pub about: About,
    /// The stable code of the reason.
    pub code: &'static str,
    /// Whether something is wrong; else it was only never pulled.
    pub is_fault: bool,
    /// The reason, tersely, without a full stop.
    pub message: String,
    /// What to do, in a sentence.
    pub help: String,
}

/// A part of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// The catalog.
    Catalog,
    /// The store of that name.
    Store(String),
}

/// Knows how far what is known of the world may be trusted.
pub trait Review: fmt::Debug + Send + Sync {
    /// Removes what was found only because the world is not known well enough, and says so instead.
    fn review(&self, wanted: &Wanted, found: &mut Vec<Diagnostic>);
}

/// The files of one migration as they are in the editor, saved or not.
#[derive(Clone, Debug)]
pub struct Texts {
    /// The migration's folder.
    pub folder: PathBuf,
    /// Its files, in the order of their paths.
    pub files: Vec<(PathBuf, String)>,
}

/// Tells the server about the world.
pub trait Host: Send + Sync + 'static {
    /// What is known of the world of the migration in a folder. Reads files at the most.
    fn known(&self, folder: &Path, wanted: &Wanted) -> Known;

    /// Asks the stores and the catalog, writes down what they say for [`Host::known`], and says what it did.
    ///
    /// # Errors
    /// Why it could not, in a sentence for people.
    fn refresh(&self, texts: Texts) -> BoxFuture<'static, Result<String, String>>;

    /// What a migration would do, as `mig plan` shows it.
    ///
    /// # Errors
    /// Why it cannot be planned, in a sentence for people.
    fn preview(&self, texts: Texts) -> BoxFuture<'static, Result<String, String>>;
}

/// What the host said of a folder's world, kept until the folder wants another or it is refreshed.
#[derive(Debug, Default)]
pub(crate) struct Answer(Mutex<Option<(Wanted, Arc<Known>)>>);

impl Answer {
    /// What is known of the world that the folder wants; asks the host when it has not said.
    pub(crate) fn get(&self, host: &dyn Host, folder: &Path, wanted: &Wanted) -> Arc<Known> {
        let mut answer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, known)) = answer.as_ref()
            && same(of, wanted)
        {
            return Arc::clone(known);
        }
        let known = Arc::new(host.known(folder, wanted));
        *answer = Some((wanted.clone(), Arc::clone(&known)));
        known
    }
}

/// Whether two programs want the same world, wherever they say so.
fn same(one: &Wanted, other: &Wanted) -> bool {
    one.catalog.as_ref().map(|catalog| &catalog.kind) == other.catalog.as_ref().map(|catalog| &catalog.kind)
        && one
            .stores
            .iter()
            .map(|(name, store)| (name, &store.config))
            .eq(other.stores.iter().map(|(name, store)| (name, &store.config)))
}
