//! Both sides of a comparison, and which of their rows and columns are compared.
//!
//! Each side is a table read through a mapping; both mappings give the same columns, so that from here on there
//! is no old and no new type. Rows are selected after they were mapped: a condition and a sample mean the same on
//! both sides. Whatever is left out is counted.

use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray};
use arrow::compute::filter_record_batch;
use arrow::record_batch::RecordBatch;
use mig_plan::{ChunkBounds, ChunkDigest, Expr, Type};

use super::in_store::InStore;
use super::survey::Side;
use crate::eval::{Expression, Mapping, MappingError};
use crate::key::key_text;
use crate::progress::Progress;
use crate::row_hash::RowHasher;
use crate::scan::{Chunks, permit, read_chunk, scan, visit};
use crate::store::{Field, Store, Table};
use crate::transfer::{TransferError, apply, batch_bytes};

/// A table, and how its rows become those that are compared.
#[derive(Clone)]
pub(super) struct Input {
    pub(super) store: Store,
    pub(super) mapping: Arc<Mapping>,
}

/// Both sides of a comparison.
pub(super) struct Sides {
    pub(super) old: Input,
    pub(super) new: Input,
    pub(super) selection: Selection,
    pub(super) chunk_rows: u64,
    /// How many differing rows are described.
    pub(super) limit: usize,
    pub(super) progress: Arc<Progress>,
    /// What the stores may hash themselves; see [`Sides::ask_stores`].
    pub(super) in_store: Option<InStore>,
}

/// What was read of one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// How many rows were read.
    pub read: u64,
    /// How many of them the condition left out.
    pub outside: u64,
    /// How many of the others the sample left out.
    pub unsampled: u64,
    /// The rows that were compared: how many, and their checksum.
    pub digest: ChunkDigest,
}

impl Compared {
    /// Both sets of rows together.
    pub(super) fn merge(self, other: Self) -> Self {
        Self {
            read: self.read + other.read,
            outside: self.outside + other.outside,
            unsampled: self.unsampled + other.unsampled,
            digest: self.digest.merge(other.digest),
        }
    }
}

/// The rows of a batch that are compared.
pub(super) struct Rows {
    /// With all columns of the mapping.
    pub(super) whole: RecordBatch,
    /// With the columns that are compared.
    pub(super) compared: RecordBatch,
    /// How many there were, and what left out the others.
    pub(super) tally: Compared,
}

/// Which rows and columns of a mapping are compared.
pub(super) struct Selection {
    /// The columns that are compared.
    pub(super) fields: Vec<Field>,
    /// Hashes rows of these.
    pub(super) hasher: RowHasher,
    /// Their places in the mapping; `None` when it is all of them.
    places: Option<Vec<usize>>,
    /// The names of the key's columns; empty for a table without a key, in which a row is its own key.
    pub(super) key: Vec<String>,
    /// Whether values of the key are never shown.
    pub(super) key_is_secret: bool,
    key_hasher: RowHasher,
    key_places: Vec<usize>,
    condition: Option<Expression>,
    /// Rows whose key's hash is at most this are in the sample; `None` for all.
    threshold: Option<u128>,
}

impl Selection {
    /// Every row and column of a mapping.
    pub(super) fn all(mapping: &Mapping) -> Self {
        let fields = mapping.new_fields();
        let key = mapping.new_table().key.clone();
        let key_places: Vec<usize> =
            key.iter().filter_map(|name| fields.iter().position(|field| field.name == *name)).collect();
        let key_fields: Vec<Field> = key_places.iter().map(|place| fields[*place].clone()).collect();
        Self {
            hasher: RowHasher::new(fields),
            fields: fields.to_vec(),
            places: None,
            key_is_secret: key_fields.iter().any(|field| field.secret),
            key,
            key_hasher: RowHasher::new(&key_fields),
            key_places,
            condition: None,
            threshold: None,
        }
    }

    /// Only these columns and the key's are compared; the mapping has all of them.
    pub(super) fn columns(mut self, wanted: &dyn Fn(&str) -> bool) -> Self {
        let chosen = |(_, field): &(usize, &Field)| wanted(&field.name) || self.key.contains(&field.name);
        let (places, fields): (Vec<usize>, Vec<Field>) = self
            .fields
            .iter()
            .enumerate()
            .filter(chosen)
            .map(|(place, field)| (place, field.clone()))
            .unzip();
        if fields.len() < self.fields.len() {
            self.hasher = RowHasher::new(&fields);
            (self.places, self.fields) = (Some(places), fields);
        }
        self
    }

    /// Only rows for which this is true are compared.
    ///
    /// # Errors
    /// When it is no condition over the mapping's columns.
    pub(super) fn condition(mut self, condition: Option<&Expr>, of: &Mapping) -> Result<Self, MappingError> {
        let compiled = condition
            .map(|condition| Expression::new(condition, of.new_fields(), &Type::Bool.optional()))
            .transpose();
        self.condition = compiled.map_err(|message| MappingError {
            dataset: of.new_place().to_string(),
            column: "the condition".to_owned(),
            message,
        })?;
        Ok(self)
    }

    /// Only rows whose key's hash is at most this are compared.
    pub(super) fn threshold(self, threshold: Option<u128>) -> Self {
        Self { threshold, ..self }
    }

    /// Whether all rows are compared.
    pub(super) fn is_of_all_rows(&self) -> bool {
        self.condition.is_none() && self.threshold.is_none()
    }

    /// The hash of each row's key.
    pub(super) fn keys(&self, rows: &Rows, mapping: &Mapping) -> Result<Vec<u128>, TransferError> {
        self.hash_keys(&rows.whole, &rows.compared, mapping)
    }

    fn hash_keys(
        &self,
        whole: &RecordBatch,
        compared: &RecordBatch,
        mapping: &Mapping,
    ) -> Result<Vec<u128>, TransferError> {
        let hashes = match self.key_places.as_slice() {
            [] => self.hasher.rows(compared),
            places => whole.project(places).and_then(|key| self.key_hasher.rows(&key)),
        };
        hashes.map_err(|error| mapping.broken(&error))
    }

    /// The rows of a mapped batch that are compared.
    fn select(&self, mapping: &Mapping, mut whole: RecordBatch) -> Result<Rows, TransferError> {
        let mut tally = Compared { read: whole.num_rows() as u64, ..Compared::default() };
        let wrong = |error| mapping.broken(&error);
        let compared = |whole: &RecordBatch| match &self.places {
            Some(places) => whole.project(places),
            None => Ok(whole.clone()),
        };
        if let Some(condition) = &self.condition {
            let holds = condition.evaluate(&whole, "the condition").map_err(|error| TransferError::Row {
                table: mapping.old_place().clone(),
                key: key_text(&whole, error.row, &self.key, |name| mapping.new_table().hides(name)),
                error: Box::new(error),
            })?;
            // A condition that is null does not hold.
            let before = whole.num_rows();
            whole = filter_record_batch(&whole, holds.as_boolean()).map_err(wrong)?;
            tally.outside = (before - whole.num_rows()) as u64;
        }
        if let Some(threshold) = self.threshold {
            let keys = self.hash_keys(&whole, &compared(&whole).map_err(wrong)?, mapping)?;
            let before = whole.num_rows();
            let sampled: BooleanArray = keys.iter().map(|key| Some(*key <= threshold)).collect();
            whole = filter_record_batch(&whole, &sampled).map_err(wrong)?;
            tally.unsampled = (before - whole.num_rows()) as u64;
        }
        Ok(Rows { compared: compared(&whole).map_err(wrong)?, whole, tally })
    }
}

impl Sides {
    /// One of them.
    pub(super) fn input(&self, side: Side) -> &Input {
        match side {
            Side::Old => &self.old,
            Side::New => &self.new,
        }
    }

    fn rows(&self, side: Side, batch: &RecordBatch, before: u64) -> Result<Rows, TransferError> {
        let mapping = &self.input(side).mapping;
        self.selection.select(mapping, apply(mapping, batch, before)?)
    }

    /// Calls `each` with the selected rows of a whole side, in any order.
    pub(super) async fn scan(
        self: &Arc<Self>,
        side: Side,
        each: impl Fn(&Rows) -> Result<(), TransferError> + Send + Sync + 'static,
    ) -> Result<(), TransferError> {
        let sides = Arc::clone(self);
        let Input { store, mapping } = self.input(side);
        let (place, table) = (mapping.old_place(), mapping.old_table());
        scan(store, place, table, Chunks::Find(self.chunk_rows), &self.progress, move |part| {
            each(&sides.rows(side, part.batch, part.before)?)
        })
        .await
    }

    /// Calls `each` with the selected rows of one range of keys, in the order in which the store gives them. Takes
    /// its own place in the store's budget.
    pub(super) async fn read(
        self: &Arc<Self>,
        side: Side,
        bounds: ChunkBounds,
        mut each: impl FnMut(&Rows) -> Result<(), TransferError> + Send + 'static,
    ) -> Result<(), TransferError> {
        let sides = Arc::clone(self);
        let Input { store, mapping } = self.input(side);
        let (place, table) = (mapping.old_place(), mapping.old_table());
        let _permit = permit(store, place).await?;
        read_chunk(store, place, table, bounds, move |batch, before| {
            sides.progress.add_batch(batch.num_rows() as u64, batch_bytes(batch));
            each(&sides.rows(side, batch, before)?)
        })
        .await
        .map(drop)
    }

    /// Calls `each` with the chunks of the old side, many at once; see [`visit`].
    pub(super) async fn chunks<F>(
        &self,
        chunks: Chunks,
        each: impl Fn(u64, ChunkBounds) -> F,
    ) -> Result<(), TransferError>
    where
        F: Future<Output = Result<(), TransferError>> + Send + 'static,
    {
        let Input { store, mapping } = &self.old;
        visit(store, mapping.old_place(), mapping.old_table(), chunks, each).await
    }

    /// From here on the stores are asked first for checksums of their own: where both are of one engine that has such, all
    /// rows are compared, and both mappings carry every column that is.
    pub(super) fn ask_stores(&mut self) {
        let fields = &self.selection.fields;
        let tables = self.old.mapping.carried(fields).zip(self.new.mapping.carried(fields));
        let [old, new] = [&self.old, &self.new].map(|input| input.store.data.hashes_as());
        let may_ask = old.is_some() && old == new && self.selection.is_of_all_rows();
        self.in_store = tables.filter(|_| may_ask).map(|(old, new)| InStore::new(old, new));
    }

    /// The stores' own checksum of a chunk, where both have one and it is the same; nothing once they are asked in vain.
    pub(super) async fn equal_in_store(
        &self,
        bounds: &ChunkBounds,
    ) -> Result<Option<ChunkDigest>, TransferError> {
        let Some(asked) = self.in_store.as_ref().filter(|asked| asked.helps()) else { return Ok(None) };
        let ask = async |input: &Input, table: &Table| {
            let place = input.mapping.old_place();
            let _permit = permit(&input.store, place).await?;
            let digest = input.store.data.own_digest(table, bounds).await;
            digest.map_err(TransferError::store(place))
        };
        let (old, new) = tokio::try_join!(ask(&self.old, &asked.old), ask(&self.new, &asked.new))?;
        let equal = old.filter(|old| new.as_ref() == Some(old));
        asked.remember(equal.is_some());
        Ok(equal)
    }

    /// Whether a range of keys has the same rows on both sides: whether the key is of integers that both mappings
    /// carry, and both stores cut their tables by it.
    pub(super) fn by_ranges(&self) -> bool {
        same_ranges(&self.old, &self.new)
    }
}

/// See [`Sides::by_ranges`].
pub(super) fn same_ranges(old: &Input, new: &Input) -> bool {
    let by_key = [old, new].into_iter().all(|input| input.store.data.chunks_by_key());
    let (Some(old), Some(new)) = (old.mapping.integer_key(), new.mapping.integer_key()) else { return false };
    // A bound that the new column cannot hold is none there.
    let holds = |(old, new): (&Type, &Type)| match (old.integer_range(), new.integer_range()) {
        (Some((old_least, old_most)), Some((least, most))) => least <= old_least && old_most <= most,
        _ => false,
    };
    by_key && old.len() == new.len() && old.into_iter().zip(new).all(holds)
}
