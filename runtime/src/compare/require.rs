//! `require …`: a condition over aggregates of the new rows.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use mig_plan::{Expr, SECRET, Type, Verdict};

use super::aggregate::{Aggregate, Seen};
use super::rows;
use crate::arrow_types::arrow_schema;
use crate::cells::Cells;
use crate::eval::{Expression, Mapping, RowError};
use crate::store::Field;

/// A compiled condition.
pub(super) struct Requirement {
    aggregates: Arc<Vec<Aggregate>>,
    /// The aggregates' values as columns `$0`, `$1`, ….
    fields: Vec<Field>,
    condition: Expression,
    source: String,
    message: String,
}

impl Requirement {
    /// Compiles a condition over rows of these fields.
    ///
    /// # Errors
    /// Why it is none over them.
    pub(super) fn new(
        aggregates: &[(String, Option<Expr>)],
        condition: &Expr,
        source: &str,
        message: &str,
        fields: &[Field],
    ) -> Result<Self, String> {
        let compiled = aggregates
            .iter()
            .map(|(name, argument)| Aggregate::new(name, argument.as_ref(), fields))
            .collect::<Result<Vec<_>, _>>()?;
        let field = |(place, aggregate): (usize, &Aggregate)| Field {
            name: format!("${place}"),
            ty: aggregate.ty().optional(),
            secret: aggregate.is_secret(),
        };
        // A condition that takes an aggregate for another type than it has does not compile.
        let values: Vec<Field> = compiled.iter().enumerate().map(field).collect();
        let condition = Expression::new(condition, &values, &Type::Bool.optional())?;
        Ok(Self {
            aggregates: Arc::new(compiled),
            fields: values,
            condition,
            source: source.to_owned(),
            message: message.to_owned(),
        })
    }

    /// The aggregates that its values come from.
    pub(super) fn aggregates(&self) -> Arc<Vec<Aggregate>> {
        Arc::clone(&self.aggregates)
    }

    /// Whether it holds over what the aggregates have seen of so many rows.
    pub(super) fn verdict(
        &self,
        seen: &Result<Vec<Seen>, RowError>,
        count: u64,
        mapping: &Mapping,
    ) -> Verdict {
        let over = match count {
            0 => "over no rows".to_owned(),
            _ => format!("over {}", rows(count)),
        };
        let (passed, detail) = match self.holds(seen) {
            Ok((Some(true), values)) => (true, format!("it holds {over}{values}")),
            Ok((Some(false), values)) => (false, format!("{} ({over}{values})", self.message)),
            Ok((None, values)) => {
                let why =
                    "an aggregate over no value is null, and so the condition is neither true nor false";
                (false, format!("{}: {why} ({over}{values})", self.message))
            }
            Err(error) => (false, format!("it cannot be computed over {}: {error}", mapping.new_place())),
        };
        Verdict { rule: format!("require {}", self.source), passed, detail, differences: Vec::new() }
    }

    /// The condition's value, and the aggregates' for people: `; count_if is 3`.
    fn holds(&self, seen: &Result<Vec<Seen>, RowError>) -> Result<(Option<bool>, String), String> {
        let seen = seen.as_ref().map_err(ToString::to_string)?;
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(seen.len());
        let mut values = String::new();
        for (aggregate, seen) in self.aggregates.iter().zip(seen) {
            let value = aggregate.value(seen)?;
            if let Some(cells) = Cells::of(value.as_ref()) {
                let shown = if aggregate.is_secret() { SECRET.to_owned() } else { cells.shown_apart(0) };
                values += &format!("; {} is {shown}", aggregate.name());
            }
            columns.push(value);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(1));
        let row = RecordBatch::try_new_with_options(arrow_schema(&self.fields), columns, &options);
        let row = row.map_err(|error| error.to_string())?;
        let value = self.condition.evaluate(&row, "condition").map_err(|error| error.to_string())?;
        let truth = value.as_boolean();
        Ok((truth.is_valid(0).then(|| truth.value(0)), values))
    }
}
