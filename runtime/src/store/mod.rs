//! Stores: one adapter per kind behind two narrow traits.
//!
//! [`ReadStore`] reads chunks as Arrow batches, [`WriteStore`] writes a chunk atomically with a receipt
//! in the same transaction. Data always has the Arrow types of [`crate::arrow_types`], so that neither
//! side knows the other's dialect. Adapters never evaluate mappings, never decide what comes next, and
//! never put a location or a password into an error.

mod address;
mod builders;
mod files;
mod key_range;
mod limited;
mod location;
mod mysql;
mod open;
#[cfg(test)]
mod pairs;
mod postgres;
pub(crate) mod refusal;
mod server;
mod sqlite;
mod statistics;
#[cfg(test)]
pub(crate) mod trial;
mod unkept;

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use mig_plan::schema::StoreSchema;
use mig_plan::{
    ChunkBounds, ChunkDigest, ColumnStatistics, ColumnType, Digest, Estimate, KeyBound, TableSchema, Type,
};
use tokio::sync::mpsc;

pub use address::{Address, address};
pub use files::decoder::is_decoding;
pub use location::Location;
pub use open::open;
pub use unkept::Unkept;

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store is out of reach, refuses the login, has no room, holds a lock for too long: the same
    /// request may succeed once somebody mends it. The text says what happened and what to do, and never
    /// contains a URL's user, password or query.
    #[error("{0}")]
    Unavailable(String),
    /// The request can never succeed as it is: no such table, a value that does not fit, a duplicate key.
    #[error("{0}")]
    Refused(String),
    /// The server refuses it, in words of its own.
    #[error("{words}")]
    Said {
        /// What it says, which may quote values.
        words: String,
        /// The same without a value.
        bare: String,
    },
    /// The other end of a channel went away: the caller gave up first and has the reason.
    #[error("the transfer was abandoned")]
    Abandoned,
}

impl StoreError {
    /// The error where it is about rows of a table: a server's words only where nothing in them can be secret.
    #[must_use]
    pub(crate) fn about(self, table: &Table) -> Self {
        match self {
            Self::Said { bare, .. } if table.has_secrets() => Self::Refused(bare),
            Self::Said { .. } | Self::Unavailable(_) | Self::Refused(_) | Self::Abandoned => self.in_full(),
        }
    }

    /// The error with a server's words as a plain refusal.
    #[must_use]
    pub(crate) fn in_full(self) -> Self {
        match self {
            Self::Said { words, .. } => Self::Refused(words),
            Self::Unavailable(_) | Self::Refused(_) | Self::Abandoned => self,
        }
    }
}

/// A column with the type it is read or written as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The column's name in the store.
    pub name: String,
    /// Its type.
    pub ty: ColumnType,
    /// Whether its values are never shown.
    pub secret: bool,
}

/// A table and what is wanted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its path in the store (see [`mig_plan::TableRef::path`]).
    pub path: Vec<String>,
    /// The columns that are read or written, in batch order.
    pub fields: Vec<Field>,
    /// The key's columns in key order, each among `fields`; empty for a table without a key, whose rows
    /// are then told apart by the store's own row locator.
    pub key: Vec<String>,
}

impl Table {
    /// Whether the values of a column are never shown.
    pub fn hides(&self, column: &str) -> bool {
        self.fields.iter().any(|field| field.secret && field.name == column)
    }

    /// Whether there are columns whose values are never shown.
    pub fn has_secrets(&self) -> bool {
        self.fields.iter().any(|field| field.secret)
    }
}

/// Which chunk a receipt is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptKey {
    /// The plan that the chunk was copied under.
    pub plan: Digest,
    /// The dataset's name in the plan.
    pub dataset: String,
    /// The chunk's number.
    pub chunk: u64,
}

/// What a writer is sent: batches, and at the end the digest of all their rows. A channel that closes
/// without [`WriteItem::Commit`] means that the chunk is given up: nothing of it may stay.
#[derive(Debug)]
pub enum WriteItem<Rows = RecordBatch> {
    /// Rows, in the order of [`Table::fields`].
    Batch(Rows),
    /// All rows were sent: commit them together with the receipt.
    Commit(ChunkDigest),
}

/// How a chunk came to be in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It was written now.
    Now(ChunkDigest),
    /// Its receipt was already there, from an earlier try; nothing was written.
    Before(ChunkDigest),
}

/// A value that does not fit the declared type of its column (SQLite's free typing, a CSV cell).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The row's key, or the store's row locator.
    pub key: KeyBound,
    /// The column.
    pub column: String,
    /// The value, shortened to 80 characters.
    pub value: String,
    /// Why it does not fit: "text in a column declared INTEGER".
    pub reason: String,
}

/// Reading: every store is one.
#[async_trait]
pub trait ReadStore: Send + Sync {
    /// The schemas of the tables of these paths, or of all tables when `None`. A path that is not there
    /// is left out; the store's own and mig's own tables are never listed.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn schema(&self, tables: Option<&[Vec<String>]>) -> Result<StoreSchema, StoreError>;

    /// How many rows a table has and about how many bytes they take. Rows are counted, not estimated.
    ///
    /// # Errors
    /// When the table is not there.
    async fn estimate(&self, path: &[String]) -> Result<Estimate, StoreError>;

    /// How many rows a table has, counted; `None` when it is not there.
    ///
    /// # Errors
    /// When it cannot be counted.
    async fn count(&self, path: &[String]) -> Result<Option<u64>, StoreError> {
        let path = path.to_vec();
        let schema = self.schema(Some(std::slice::from_ref(&path))).await?;
        if !schema.tables.contains_key(&path) {
            return Ok(None);
        }
        self.estimate(&path).await.map(|estimate| Some(estimate.rows))
    }

    /// About how many rows a table has, for people: told by the store's own statistics where counting would take long.
    ///
    /// # Errors
    /// When the table is not there.
    async fn rows(&self, path: &[String]) -> Result<u64, StoreError> {
        self.estimate(path).await.map(|estimate| estimate.rows)
    }

    /// What the columns of a table hold, for people: in how many rows they are null and how many values differ, and never a
    /// value. Told by the store's own statistics or by the first rows; nothing where neither is cheap.
    ///
    /// # Errors
    /// When the table cannot be read.
    async fn statistics(
        &self,
        _path: &[String],
        _schema: &TableSchema,
    ) -> Result<Vec<ColumnStatistics>, StoreError> {
        Ok(Vec::new())
    }

    /// Finds values that [`ReadStore::read`] would refuse, at the most `limit` of them, without copying.
    ///
    /// # Errors
    /// When the table cannot be read.
    async fn misfits(&self, table: &Table, limit: usize) -> Result<Vec<Misfit>, StoreError>;

    /// Sends the bounds of chunks of at most `rows` rows, in key order, starting behind `after`. The last
    /// chunk is open-ended (`up_to` is `None`); a chunk's `after` is the one before's `up_to`.
    ///
    /// # Errors
    /// When the table cannot be read.
    async fn chunks(
        &self,
        table: &Table,
        rows: u64,
        after: Option<KeyBound>,
        out: mpsc::Sender<ChunkBounds>,
    ) -> Result<(), StoreError>;

    /// Sends the rows of a chunk as batches of bounded size (8,192 rows and about 8 MiB at the most), in
    /// any order that is the same every time.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a value that does not fit its column's type, naming key, column, value.
    async fn read(
        &self,
        table: &Table,
        bounds: &ChunkBounds,
        out: mpsc::Sender<RecordBatch>,
    ) -> Result<(), StoreError>;

    /// Whether the bounds of chunks are values of the key, and a key of integers is ordered as numbers are: then
    /// the same bounds mean the same rows in every store that says so.
    fn chunks_by_key(&self) -> bool {
        false
    }

    /// The engine in whose way [`ReadStore::own_digest`] is; `None` where there is none. Those of two engines say nothing
    /// of one another.
    fn hashes_as(&self) -> Option<&'static str> {
        None
    }

    /// The checksum of a chunk's rows that the store computes by itself, without handing them out; `None` where it
    /// has none for these columns. Two of the same engine that are equal are of equal rows.
    ///
    /// # Errors
    /// When the table cannot be read.
    async fn own_digest(
        &self,
        table: &Table,
        bounds: &ChunkBounds,
    ) -> Result<Option<ChunkDigest>, StoreError> {
        let _ = (table, bounds);
        Ok(None)
    }
}

/// Writing: every store is one.
#[async_trait]
pub trait WriteStore: ReadStore {
    /// Refuses a type that the store cannot keep without loss. Pure: no connection is made.
    ///
    /// # Errors
    /// Why the type cannot be kept, in words.
    fn accepts(&self, ty: &ColumnType) -> Result<(), String>;

    /// The values of a type it accepts that it has no form for all the same.
    ///
    /// # Errors
    /// When that depends on the server and it cannot be asked.
    async fn unkept(&self, ty: &Type) -> Result<Vec<Unkept>, StoreError> {
        let _ = ty;
        Ok(Vec::new())
    }

    /// How many chunks of one table are written at once at the most, of rows that this program makes; `None` for as many
    /// as there are connections.
    fn writers(&self) -> Option<usize> {
        None
    }

    /// Makes the table, with its schema or folder, unless it is there; its key becomes the primary key, now or
    /// when it is [added](WriteStore::add_key). Gives whether it made it just now: then it has no rows.
    ///
    /// # Errors
    /// When it cannot be made.
    async fn create(&self, table: &Table) -> Result<bool, StoreError>;

    /// Refuses a table that is there and whose rows could not be written as a chunk's are, at once with a receipt. Nothing
    /// is changed.
    ///
    /// # Errors
    /// Why not, and when the store cannot be read.
    async fn require_writable(&self, path: &[String]) -> Result<(), StoreError> {
        let _ = path;
        Ok(())
    }

    /// Gives a table that [`WriteStore::create`] made its primary key, unless it has one: to be called once all rows are
    /// there. A store that takes rows as fast into a table that has its key makes it with the key.
    ///
    /// # Errors
    /// When two rows have one key, which is named; the table is then as it was.
    async fn add_key(&self, table: &Table) -> Result<(), StoreError> {
        let _ = table;
        Ok(())
    }

    /// Drops a table that mig made, with its receipts; nothing happens when it is not there. What mig made
    /// around it (the table of receipts, the schema or folder it is in) goes with it once it is empty.
    ///
    /// # Errors
    /// When it cannot be dropped.
    async fn drop_table(&self, path: &[String]) -> Result<(), StoreError>;

    /// Keeps writers off a table that others made, so that what is found in it now is all that is lost when it
    /// is dropped; readers are let in. `None` when the table is not there.
    ///
    /// # Errors
    /// When the table cannot be locked.
    async fn hold(&self, path: &[String]) -> Result<Option<Box<dyn Hold>>, StoreError>;

    /// Writes a chunk and its receipt in one transaction, or, when the receipt is there, nothing. The
    /// receipt is looked for before anything is received.
    ///
    /// # Errors
    /// When it cannot be written: then nothing of the chunk is in the table.
    async fn write(
        &self,
        table: &Table,
        receipt: &ReceiptKey,
        input: mpsc::Receiver<WriteItem>,
    ) -> Result<Written, StoreError>;

    /// The receipts of a dataset's chunks under a plan, by chunk number.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn receipts(
        &self,
        path: &[String],
        plan: Digest,
        dataset: &str,
    ) -> Result<Vec<(u64, ChunkDigest)>, StoreError>;

    /// Deletes all rows and the dataset's receipts in one transaction, leaving the table.
    ///
    /// # Errors
    /// When they cannot be deleted.
    async fn delete_rows(&self, path: &[String], plan: Digest, dataset: &str) -> Result<(), StoreError>;

    /// Deletes the dataset's receipts and leaves its rows; from then on they are nobody's. The table of
    /// receipts goes too once it is empty. Nothing happens when there are none.
    ///
    /// # Errors
    /// When they cannot be deleted.
    async fn forget(&self, path: &[String], plan: Digest, dataset: &str) -> Result<(), StoreError>;
}

/// Something that would break without a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependent {
    /// What, in words: `the view public.recent_orders`.
    pub what: String,
    /// The path of the table that it is or belongs to: when that is dropped first, it is not in the way any more.
    pub table: Option<Vec<String>>,
}

/// A table that nobody writes to while this lives. Given up before [`Hold::commit`], it lets writers in again, and
/// the table is as it was.
#[async_trait]
pub trait Hold: Send {
    /// What would break without the table. Sorted.
    ///
    /// # Errors
    /// When that cannot be found out.
    async fn dependents(&mut self) -> Result<Vec<Dependent>, StoreError>;

    /// Drops the table for whoever holds it, and for nobody else before [`Hold::commit`]. A store without
    /// transactions only looks whether it could.
    ///
    /// # Errors
    /// When it cannot be dropped, or when a store without locks sees that it was changed since it was held.
    async fn drop_table(self: Box<Self>) -> Result<Box<dyn Hold>, StoreError>;

    /// Makes the drop durable: the table is lost. To be called after [`Hold::drop_table`].
    ///
    /// # Errors
    /// When it is not certain that the table is gone.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// Views: what a SQL store is besides.
#[async_trait]
pub trait ViewStore: Send + Sync {
    /// The statement that would make the view as it is now; `None` when there is none of that name.
    ///
    /// # Errors
    /// When the store cannot be read, or the name is a table's.
    async fn view(&self, path: &[String]) -> Result<Option<String>, StoreError>;

    /// Points the view to a table, all columns by name, in one transaction; makes it where it is not there.
    ///
    /// # Errors
    /// When it cannot be done; then the view is as it was.
    async fn point_view(&self, view: &[String], target: &[String]) -> Result<(), StoreError>;

    /// Puts a view back to what [`ViewStore::view`] gave, in one transaction: `None` drops it.
    ///
    /// # Errors
    /// When it cannot be done; then the view is as it was.
    async fn restore_view(&self, view: &[String], before: Option<&str>) -> Result<(), StoreError>;
}

/// Whole rows in the bytes in which an engine sends and takes them.
#[derive(Debug)]
pub struct RawRows {
    /// The rows, one behind the other.
    pub bytes: Vec<u8>,
    /// How many they are, and their checksum: the same as that of the rows as Arrow batches.
    pub digest: ChunkDigest,
}

/// What the bytes of a table's rows are, for a store of the same engine to tell whether it takes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawForm(postgres::RawColumns);

/// Rows in an engine's own bytes, from one store of an engine to another: nothing is taken apart that is put together
/// again as it was.
#[async_trait]
pub trait RawStore: Send + Sync {
    /// The form in which [`RawStore::read`] gives the table's rows; `None` where it cannot give them.
    ///
    /// # Errors
    /// When the table cannot be read.
    async fn form(&self, table: &Table) -> Result<Option<RawForm>, StoreError>;

    /// Whether rows in this form are rows of the table: whether every one that the table takes is the same in it.
    ///
    /// # Errors
    /// When the table cannot be read.
    async fn takes(&self, table: &Table, form: &RawForm) -> Result<bool, StoreError>;

    /// As [`ReadStore::read`], and of all values that it refuses it refuses each.
    ///
    /// # Errors
    /// As for [`ReadStore::read`].
    async fn read(
        &self,
        table: &Table,
        bounds: &ChunkBounds,
        out: mpsc::Sender<RawRows>,
    ) -> Result<(), StoreError>;

    /// As [`WriteStore::write`], with rows in a form that the table [takes](RawStore::takes).
    ///
    /// # Errors
    /// As for [`WriteStore::write`].
    async fn write(
        &self,
        table: &Table,
        receipt: &ReceiptKey,
        input: mpsc::Receiver<WriteItem<RawRows>>,
    ) -> Result<Written, StoreError>;
}

/// An open store.
#[derive(Clone)]
pub struct Store {
    /// Reading and writing.
    pub data: Arc<dyn WriteStore>,
    /// Views, in SQL stores.
    pub views: Option<Arc<dyn ViewStore>>,
    /// Rows in the engine's own bytes, where it has any.
    pub raw: Option<Arc<dyn RawStore>>,
    /// How many chunks may be read from or written to it at once.
    pub budget: Arc<tokio::sync::Semaphore>,
}
