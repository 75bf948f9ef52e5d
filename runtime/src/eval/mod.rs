//! Expressions over Arrow batches: the one place that says what a mapping computes.
//!
//! Takes the typed expressions of a plan, compiles them once, and turns batches of old rows into batches
//! of new rows. It reads no store, knows no dialect, and gives the same for a row whatever the batch
//! around it. Why these kernels are our own is in `docs/decisions/expressions.md`.

mod arithmetic;
mod calendar;
mod cast;
mod choose;
mod clock_format;
mod comparison;
mod compile;
mod encoding;
mod exact;
mod fault;
mod json;
mod kernel;
mod list;
mod logic;
mod node;
mod pattern;
mod read;
mod text;
mod time;
pub(crate) mod write;

#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::SchemaRef;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use mig_plan::{ColumnType, Dataset, Expr, Function, TableRef, Type};

use self::fault::{Fault, Trouble};
use self::node::{Frame, Node};
use crate::arrow_types::{arrow_schema, arrow_type};
use crate::store::{Field, StoreError, Table};
use crate::transfer::TransferError;

pub use self::fault::RowError;

/// A mapping that this build cannot evaluate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column} of {dataset}: {message}; make the plan again with this version of mig")]
pub struct MappingError {
    /// The new table, as the plan has it.
    pub dataset: String,
    /// The new column, or the old one where it is its type that is missing.
    pub column: String,
    /// What is wrong.
    pub message: String,
}

/// One compiled expression.
pub(crate) struct Expression {
    node: Node,
    ty: ColumnType,
    /// The column whose value it is, unchanged or as an integer of another width.
    carried: Option<String>,
    /// Whether it reads a column whose values are never shown.
    secret: bool,
}

impl Expression {
    /// Compiles an expression over batches of these fields, for a column of the type `ty`.
    ///
    /// # Errors
    /// Why it is not an expression of that type over them.
    pub(crate) fn new(expr: &Expr, fields: &[Field], ty: &ColumnType) -> Result<Self, String> {
        if expr.ty().ty != ty.ty {
            return Err(format!("its expression is {} and not {}", expr.ty().ty, ty.ty));
        }
        let secret = fields.iter().filter(|field| field.secret).map(|field| field.name.clone()).collect();
        Ok(Self {
            node: compile::compile(expr, fields)?,
            ty: ty.clone(),
            carried: carried(expr),
            secret: expr.reads(&secret),
        })
    }

    /// The values for every row of a batch, exactly of the expression's Arrow type; a null where the type
    /// takes none is an error. `column` is the name that errors give.
    ///
    /// # Errors
    /// The first row without a value.
    pub(crate) fn evaluate(&self, batch: &RecordBatch, column: &str) -> Result<ArrayRef, RowError> {
        self.values(batch).map_err(|fault| {
            let error = fault.in_column(column);
            if self.secret { error.without_value() } else { error }
        })
    }

    /// Whether it reads a column whose values are never shown.
    pub(crate) fn is_secret(&self) -> bool {
        self.secret
    }

    fn values(&self, batch: &RecordBatch) -> Result<ArrayRef, Fault> {
        let rows = batch.num_rows();
        if rows == 0 {
            return Ok(arrow::array::new_empty_array(&arrow_type(&self.ty.ty)));
        }
        let values = self.node.evaluate(&Frame::new(batch.columns(), rows))?.spread(rows)?;
        if !self.ty.nullable
            && values.null_count() > 0
            && let Some(row) = (0..rows).find(|row| values.is_null(*row))
        {
            let message = format!("null, and {} takes none; `else` gives a value instead", self.ty);
            return Err(Trouble::plain(message).at(row));
        }
        Ok(values)
    }
}

/// The column that an expression carries: alone, or cast from one type of integers to another.
fn carried(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Column { name, .. } => Some(name.clone()),
        Expr::Call { function: Function::Cast, args, ty } if ty.ty.is_integer() => match args.as_slice() {
            [Expr::Column { name, ty }] if ty.ty.is_integer() => Some(name.clone()),
            _ => None,
        },
        Expr::Call { .. } | Expr::Literal { .. } => None,
    }
}

/// How the rows of one dataset become new rows: its columns' expressions, compiled.
pub struct Mapping {
    old_place: TableRef,
    new_place: TableRef,
    old: Table,
    new: Table,
    columns: Vec<Expression>,
    schema: SchemaRef,
}

impl Mapping {
    /// Compiles a dataset's columns.
    ///
    /// # Errors
    /// When the plan holds an expression that this build does not know or whose types do not fit.
    pub fn new(dataset: &Dataset) -> Result<Self, MappingError> {
        Self::of_columns(dataset, &|_| true)
    }

    /// Compiles some of a dataset's columns, and of its key's those that are among them.
    ///
    /// # Errors
    /// As for [`Mapping::new`].
    pub fn of_columns(dataset: &Dataset, wanted: &dyn Fn(&str) -> bool) -> Result<Self, MappingError> {
        let wrong = |column: &str, message: String| MappingError {
            dataset: dataset.new.to_string(),
            column: column.to_owned(),
            message,
        };
        let columns: Vec<_> = dataset.columns.iter().filter(|column| wanted(&column.name)).collect();
        let mut old = Vec::new();
        for column in &columns {
            collect_columns(&column.expr, &mut old);
        }
        for (name, _) in &dataset.key {
            if old.iter().any(|field: &Field| field.name == *name) {
                continue;
            }
            let ty = dataset.old_schema.column(name).and_then(|column| column.ty.clone());
            let ty = ty.ok_or_else(|| wrong(name, "the old table has no such key column".to_owned()))?;
            old.push(Field { name: name.clone(), ty, secret: false });
        }
        // Rows have to be counted even where nothing of them is used.
        if old.is_empty() {
            let any =
                dataset.old_schema.columns.iter().find_map(|column| Some((&column.name, column.ty.clone()?)));
            old.extend(any.map(|(name, ty)| Field { name: name.clone(), ty, secret: false }));
        }
        for field in &mut old {
            field.secret = dataset.secret.contains(&field.name);
        }
        let expressions = columns
            .iter()
            .map(|column| {
                Expression::new(&column.expr, &old, &column.ty)
                    .map_err(|message| wrong(&column.name, message))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let field = |column: &&mig_plan::Column| Field {
            name: column.name.clone(),
            ty: column.ty.clone(),
            secret: column.secret,
        };
        let new: Vec<Field> = columns.iter().map(field).collect();
        let (mut old_key, new_key): (Vec<String>, Vec<String>) = dataset.key.iter().cloned().unzip();
        // The bounds of chunks stand in the journal: rows with a secret key are told apart by where they are.
        if old_key.iter().any(|name| dataset.secret.contains(name)) {
            old_key.clear();
        }
        let whole_key = new_key.iter().all(|name| new.iter().any(|field| field.name == *name));
        Ok(Self {
            old_place: dataset.old.clone(),
            new_place: dataset.new.clone(),
            old: Table { path: dataset.old.path.clone(), fields: old, key: old_key },
            schema: arrow_schema(&new),
            new: Table {
                path: dataset.new.path.clone(),
                fields: new,
                key: if whole_key { new_key } else { Vec::new() },
            },
            columns: expressions,
        })
    }

    /// The mapping that reads the new table back as it is.
    pub(crate) fn read_back(&self) -> Self {
        let column = |(place, field): (usize, &Field)| Expression {
            node: Node::Column(place),
            ty: field.ty.clone(),
            carried: Some(field.name.clone()),
            secret: field.secret,
        };
        Self {
            old_place: self.new_place.clone(),
            new_place: self.new_place.clone(),
            old: self.new.clone(),
            new: self.new.clone(),
            columns: self.new.fields.iter().enumerate().map(column).collect(),
            schema: Arc::clone(&self.schema),
        }
    }

    /// The old table with the columns that these new ones are, in their order, where the mapping carries each of them
    /// unchanged; `None` when it computes one.
    pub(crate) fn carried(&self, wanted: &[Field]) -> Option<Table> {
        let old = |wanted: &Field| {
            let place = self.new.fields.iter().position(|field| field.name == wanted.name)?;
            let name = self.columns.get(place)?.carried.as_ref()?;
            let field = self.old.fields.iter().find(|field| field.name == *name)?;
            (field.ty.ty == wanted.ty.ty).then(|| field.clone())
        };
        let mut fields: Vec<Field> = wanted.iter().map(old).collect::<Option<_>>()?;
        // Two new columns that are the same old one are left to be compared row by row.
        let mut seen = std::collections::BTreeSet::new();
        fields.retain(|field| seen.insert(field.name.clone()));
        let whole = fields.len() == wanted.len() && self.old.key.iter().all(|key| seen.contains(key));
        whole.then(|| Table { path: self.old.path.clone(), fields, key: self.old.key.clone() })
    }

    /// Whether every new column is an old one as it is: such a mapping has a value for every row.
    pub(crate) fn only_carries(&self) -> bool {
        let fits = |(old, new): (&Field, &Field)| new.ty.nullable || !old.ty.nullable;
        self.carried(&self.new.fields).is_some_and(|old| old.fields.iter().zip(&self.new.fields).all(fits))
    }

    /// The type in the old table of each column of the new key, where all of them are integers that are always
    /// there and that the mapping carries in the key's order; `None` for every other key.
    pub(crate) fn integer_key(&self) -> Option<Vec<&Type>> {
        let part = |(old, new): (&String, &String)| {
            let place = self.new.fields.iter().position(|field| field.name == *new)?;
            let field = self.old.fields.iter().find(|field| field.name == *old)?;
            let carried = self.columns.get(place)?.carried.as_ref() == Some(old);
            let integers = field.ty.ty.is_integer() && self.new.fields[place].ty.ty.is_integer();
            (carried && integers && !field.ty.nullable).then_some(&field.ty.ty)
        };
        let same = self.old.key.len() == self.new.key.len() && !self.new.key.is_empty();
        same.then(|| self.old.key.iter().zip(&self.new.key).map(part).collect()).flatten()
    }

    /// Where the rows come from, as messages name it.
    pub fn old_place(&self) -> &TableRef {
        &self.old_place
    }

    /// Where the rows go, as messages name it.
    pub fn new_place(&self) -> &TableRef {
        &self.new_place
    }

    /// The error for rows that do not have the mapping's own types: a store's mistake or ours.
    pub(crate) fn broken(&self, error: &arrow::error::ArrowError) -> TransferError {
        let error =
            StoreError::Refused(format!("it sent rows of other types than it was asked for: {error}"));
        TransferError::store(&self.new_place)(error)
    }

    /// The old table with the columns to read, in the order that [`Mapping::apply`] takes them: those that
    /// are used, and the key.
    pub fn old_table(&self) -> &Table {
        &self.old
    }

    /// The new table with all its columns, in the order that [`Mapping::apply`] gives them.
    pub fn new_table(&self) -> &Table {
        &self.new
    }

    /// The old columns to read: the fields of [`Mapping::old_table`].
    pub fn old_fields(&self) -> &[Field] {
        &self.old.fields
    }

    /// The new columns: the fields of [`Mapping::new_table`].
    pub fn new_fields(&self) -> &[Field] {
        &self.new.fields
    }

    /// The new rows of a batch of old rows, in the same order. A column that is carried or renamed is
    /// shared with the old batch, not copied.
    ///
    /// # Errors
    /// The first row that has no value for the first column that has one missing; and, naming row 0, a
    /// batch whose columns are not [`Mapping::old_fields`].
    pub fn apply(&self, batch: &RecordBatch) -> Result<RecordBatch, RowError> {
        self.check(batch)?;
        let mut columns = Vec::with_capacity(self.columns.len());
        for (expression, field) in self.columns.iter().zip(&self.new.fields) {
            columns.push(expression.evaluate(batch, &field.name)?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .map_err(|error| Fault::from(error).in_column("*"))
    }

    /// A store that sends other types than it was asked for must not get as far as a wrong value.
    fn check(&self, batch: &RecordBatch) -> Result<(), RowError> {
        let wrong = |column: &str, message: String| Trouble::plain(message).at(0).in_column(column);
        if batch.num_columns() != self.old.fields.len() {
            let sent = batch.num_columns();
            let asked = self.old.fields.len();
            return Err(wrong("*", format!("the old store sent {sent} columns for {asked}")));
        }
        for (field, column) in self.old.fields.iter().zip(batch.columns()) {
            if !column.data_type().equals_datatype(&arrow_type(&field.ty.ty)) {
                let sent = column.data_type();
                return Err(wrong(&field.name, format!("the old store sent {sent} for {}", field.ty)));
            }
        }
        Ok(())
    }
}

/// Adds the columns that an expression reads and that are not there yet.
fn collect_columns(expr: &Expr, fields: &mut Vec<Field>) {
    match expr {
        Expr::Column { name, ty } => {
            if !fields.iter().any(|field| field.name == *name) {
                fields.push(Field { name: name.clone(), ty: ty.clone(), secret: false });
            }
        }
        Expr::Literal { .. } => {}
        Expr::Call { args, .. } => args.iter().for_each(|arg| collect_columns(arg, fields)),
    }
}
