//! The aggregates of `require` over the new rows: `count`, `count_if`, `sum`, `min`, `max`.
//!
//! Takes batches in any order and any division, gives one value. Missing values are left out. Sums of
//! integers and decimals are exact or an error; a sum of floats is added up by chunk, in the chunks' order,
//! so that it is the same every time.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, Float64Array, Int64Array, UInt32Array, new_null_array,
};
use arrow::compute::{SortOptions, cast, concat, sort_to_indices, take};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use mig_plan::{Expr, MAX_PRECISION, Type};

use crate::arrow_types::arrow_type;
use crate::eval::{Expression, RowError};
use crate::row_hash::canonical64;
use crate::store::Field;

/// A kind of aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Count,
    CountIf,
    Sum,
    Min,
    Max,
}

/// One aggregate, compiled.
pub(super) struct Aggregate {
    kind: Kind,
    argument: Option<Expression>,
    /// The argument's type.
    of: Type,
    /// As the plan names it, for messages.
    name: String,
}

/// What an aggregate has seen of the rows.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Rows, or values that are there, or conditions that hold.
    count: u64,
    /// The sum of integers, or of unscaled decimals; `None` once it has passed 128 bits.
    exact: Option<i128>,
    /// The sums of floats by chunk.
    floats: BTreeMap<u64, f64>,
    /// The least or greatest value, as an array of one.
    extreme: Option<ArrayRef>,
}

impl Default for Seen {
    fn default() -> Self {
        Self { count: 0, exact: Some(0), floats: BTreeMap::new(), extreme: None }
    }
}

impl Aggregate {
    /// Compiles an aggregate over rows of these fields.
    ///
    /// # Errors
    /// Why it is none over them.
    pub(super) fn new(name: &str, argument: Option<&Expr>, fields: &[Field]) -> Result<Self, String> {
        let kind = match name {
            "count" => Kind::Count,
            "count_if" => Kind::CountIf,
            "sum" => Kind::Sum,
            "min" => Kind::Min,
            "max" => Kind::Max,
            _ => return Err(format!("there is no aggregate `{name}`")),
        };
        let takes_one = kind != Kind::Count;
        if argument.is_some() != takes_one {
            return Err(format!("`{name}` takes {} argument", if takes_one { "one" } else { "no" }));
        }
        let ty = argument.map_or(Type::Int64, |argument| argument.ty().ty.clone());
        let fits = match kind {
            Kind::Count => true,
            Kind::CountIf => ty == Type::Bool,
            Kind::Sum => ty.is_numeric(),
            Kind::Min | Kind::Max => !matches!(ty, Type::List(_) | Type::Json | Type::Enum(_)),
        };
        if !fits {
            return Err(format!("`{name}` does not take {ty}"));
        }
        let compile = |argument| Expression::new(argument, fields, &ty.clone().optional());
        let argument = argument.map(compile).transpose()?;
        Ok(Self { kind, argument, of: ty, name: name.to_owned() })
    }

    /// Whether its value tells something of values that are never shown: a number of rows does not.
    pub(super) fn is_secret(&self) -> bool {
        let counts = matches!(self.kind, Kind::Count | Kind::CountIf);
        !counts && self.argument.as_ref().is_some_and(Expression::is_secret)
    }

    /// As the plan names it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The type of its value: sums of integers are `int64`, of decimals of the widest decimal of their scale,
    /// of floats `float64`.
    pub(super) fn ty(&self) -> Type {
        match (self.kind, &self.of) {
            (Kind::Sum, Type::Decimal { scale, .. }) => {
                Type::Decimal { precision: MAX_PRECISION, scale: *scale }
            }
            (Kind::Sum, _) if self.of_floats() => Type::Float64,
            (Kind::Count | Kind::CountIf | Kind::Sum, _) => Type::Int64,
            (Kind::Min | Kind::Max, ty) => ty.clone(),
        }
    }

    fn of_floats(&self) -> bool {
        matches!(self.of, Type::Float32 | Type::Float64)
    }

    /// What a batch of a chunk adds.
    ///
    /// # Errors
    /// The first row for which the argument has no value.
    pub(super) fn over(&self, batch: &RecordBatch, chunk: u64) -> Result<Seen, RowError> {
        let mut seen = Seen::default();
        let Some(argument) = &self.argument else {
            seen.count = batch.num_rows() as u64;
            return Ok(seen);
        };
        let values = argument.evaluate(batch, &self.name)?;
        seen.count = (values.len() - values.null_count()) as u64;
        match self.kind {
            Kind::Count => {}
            Kind::CountIf => seen.count = values.as_boolean().true_count() as u64,
            Kind::Sum if self.of_floats() => {
                let values = cast(&values, &DataType::Float64).map_err(|error| self.failed(&error))?;
                seen.floats.insert(chunk, values.as_primitive::<Float64Type>().iter().flatten().sum());
            }
            Kind::Sum => seen.exact = self.exact_sum(&values).map_err(|error| self.failed(&error))?,
            Kind::Min | Kind::Max => {
                seen.extreme = self.extreme(&values).map_err(|error| self.failed(&error))?;
            }
        }
        Ok(seen)
    }

    /// Adds what another part of the rows gave.
    ///
    /// # Errors
    /// Never for two of this aggregate.
    pub(super) fn merge(&self, into: &mut Seen, other: Seen) -> Result<(), RowError> {
        into.count += other.count;
        into.exact = into.exact.zip(other.exact).and_then(|(a, b)| a.checked_add(b));
        for (chunk, sum) in other.floats {
            *into.floats.entry(chunk).or_insert(0.0) += sum;
        }
        let extremes: Vec<ArrayRef> = into.extreme.take().into_iter().chain(other.extreme).collect();
        if !extremes.is_empty() {
            let both: Vec<&dyn Array> = extremes.iter().map(AsRef::as_ref).collect();
            let extreme = concat(&both).and_then(|both| self.extreme(&both));
            into.extreme = extreme.map_err(|error| self.failed(&error))?;
        }
        Ok(())
    }

    /// The aggregate's value as an array of one, of its [`Aggregate::ty`].
    ///
    /// # Errors
    /// When the sum does not fit that type, in words.
    pub(super) fn value(&self, seen: &Seen) -> Result<ArrayRef, String> {
        let ty = self.ty();
        let missing = || new_null_array(&arrow_type(&ty), 1);
        match self.kind {
            Kind::Count | Kind::CountIf => {
                let count = i64::try_from(seen.count).map_err(|_| "the count passes int64".to_owned())?;
                Ok(Arc::new(Int64Array::from(vec![count])))
            }
            Kind::Sum if seen.count == 0 => Ok(missing()),
            Kind::Sum if self.of_floats() => {
                Ok(Arc::new(Float64Array::from(vec![seen.floats.values().sum::<f64>()])))
            }
            Kind::Sum => {
                let too_large = || format!("the sum does not fit {ty}");
                let sum = seen.exact.ok_or_else(too_large)?;
                let Type::Decimal { precision, .. } = &ty else {
                    let sum = i64::try_from(sum).map_err(|_| too_large())?;
                    return Ok(Arc::new(Int64Array::from(vec![sum])));
                };
                let sum = Decimal128Array::from(vec![sum]).with_data_type(arrow_type(&ty));
                sum.validate_decimal_precision(*precision).map_err(|_| too_large())?;
                Ok(Arc::new(sum))
            }
            Kind::Min | Kind::Max => Ok(seen.extreme.clone().unwrap_or_else(missing)),
        }
    }

    fn exact_sum(&self, values: &ArrayRef) -> Result<Option<i128>, ArrowError> {
        let add = |sum: Option<i128>, value: i128| sum.and_then(|sum| sum.checked_add(value));
        if self.of.is_integer() {
            let values = cast(values, &DataType::Int64)?;
            return Ok(values
                .as_primitive::<Int64Type>()
                .iter()
                .flatten()
                .map(i128::from)
                .fold(Some(0), add));
        }
        Ok(values.as_primitive::<Decimal128Type>().iter().flatten().fold(Some(0), add))
    }

    /// The least or the greatest of some values, as an array of one; `None` when there is none.
    fn extreme(&self, values: &ArrayRef) -> Result<Option<ArrayRef>, ArrowError> {
        // Arrow orders floats by their bits: in this form that is by value.
        let ordered = if self.of_floats() {
            let floats = cast(values, &DataType::Float64)?;
            Arc::new(floats.as_primitive::<Float64Type>().unary::<_, Float64Type>(canonical64)) as ArrayRef
        } else {
            Arc::clone(values)
        };
        let order = SortOptions { descending: self.kind == Kind::Max, nulls_first: false };
        let first: UInt32Array = sort_to_indices(ordered.as_ref(), Some(order), Some(1))?;
        let value = take(values.as_ref(), &first, None)?;
        Ok((value.len() == 1 && value.is_valid(0)).then_some(value))
    }

    fn failed(&self, error: &ArrowError) -> RowError {
        RowError { row: 0, column: self.name.clone(), value: None, message: error.to_string() }
    }
}
