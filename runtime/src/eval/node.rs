//! Evaluates a compiled expression over a batch.
//!
//! Functions are strict and run over whole columns. What may leave a part of an expression unevaluated
//! (`if`, `else`, `and`, `or`) first decides for which rows it is needed and evaluates it over those rows
//! alone, so that an error in a row that does not need it never surfaces.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt32Array, new_null_array};
use arrow::compute::{and_kleene, concat, interleave, or_kleene, take};
use arrow::datatypes::{DataType, UInt32Type};
use arrow::error::ArrowError;

use super::fault::{Fault, Trouble};
use super::kernel::{Kernel, Operand};

/// A compiled expression.
pub(super) enum Node {
    /// A column of the batch, by its place.
    Column(usize),
    /// One value for every row.
    Constant(ArrayRef),
    /// A strict function.
    Call(Kernel, Vec<Self>),
    /// Condition, then, otherwise.
    If(Box<[Self; 3]>),
    /// The first, and where it is null the second.
    Else(Box<Self>, Box<Self>),
    /// The value, or null where it has an error.
    Try(Box<Self>, DataType),
    /// Both hold; the second is evaluated only where the first is not false.
    And(Box<[Self; 2]>),
    /// One holds; the second is evaluated only where the first is not true.
    Or(Box<[Self; 2]>),
}

/// The rows that an expression is evaluated over: those of a batch, or some of them.
pub(super) struct Frame<'a> {
    columns: &'a [ArrayRef],
    rows: usize,
    /// The places in the batch of the rows, when it is not all of them.
    picked: Option<UInt32Array>,
}

impl<'a> Frame<'a> {
    /// All rows of a batch.
    pub(super) fn new(columns: &'a [ArrayRef], rows: usize) -> Self {
        Self { columns, rows, picked: None }
    }

    /// Some of these rows.
    fn pick(&self, rows: &[u32]) -> Result<Self, Fault> {
        let rows = UInt32Array::from_iter_values(rows.iter().copied());
        let picked = match &self.picked {
            Some(picked) => take(picked, &rows, None)?.as_primitive::<UInt32Type>().clone(),
            None => rows,
        };
        Ok(Self { columns: self.columns, rows: picked.len(), picked: Some(picked) })
    }

    fn column(&self, place: usize) -> Result<ArrayRef, Fault> {
        let column = &self.columns[place];
        match &self.picked {
            Some(picked) => Ok(take(column.as_ref(), picked, None)?),
            None => Ok(Arc::clone(column)),
        }
    }

    /// A fault with its row's place in the batch.
    fn in_batch(&self, mut fault: Fault) -> Fault {
        if let Some(picked) = &self.picked {
            fault.row = picked.values().get(fault.row).map_or(0, |row| *row as usize);
        }
        fault
    }
}

impl Node {
    /// The expression's value for each row of the frame, which has at least one.
    pub(super) fn evaluate(&self, frame: &Frame<'_>) -> Result<Operand, Fault> {
        match self {
            Self::Column(place) => Ok(Operand::rows(frame.column(*place)?)),
            Self::Constant(value) => Ok(Operand { array: Arc::clone(value), scalar: true }),
            Self::Call(kernel, args) => {
                let args = args.iter().map(|arg| arg.evaluate(frame)).collect::<Result<Vec<_>, _>>()?;
                let scalar = args.iter().all(|arg| arg.scalar);
                let rows = if scalar { 1 } else { frame.rows };
                let array = kernel(&args, rows).map_err(|fault| frame.in_batch(fault))?;
                Ok(Operand { array, scalar })
            }
            Self::If(parts) => {
                let [condition, then, otherwise] = parts.as_ref();
                let condition = condition.evaluate(frame)?.spread(frame.rows)?;
                let condition = condition.as_boolean();
                let taken = |row: usize| condition.is_valid(row) && condition.value(row);
                choose(frame, taken, Branch::Node(then), Branch::Node(otherwise))
            }
            Self::Else(first, other) => {
                let value = first.evaluate(frame)?;
                if value.array.null_count() == 0 {
                    return Ok(value);
                }
                let there = |row: usize| value.array.is_valid(value.at(row));
                choose(frame, there, Branch::Value(value.clone()), Branch::Node(other))
            }
            Self::Try(value, ty) => tried(value, ty, frame),
            Self::And(parts) => logic(parts, frame, false, and_kleene),
            Self::Or(parts) => logic(parts, frame, true, or_kleene),
        }
    }
}

/// The values, null where there is an error: all rows at once where none has one, halves of them otherwise.
fn tried(node: &Node, ty: &DataType, frame: &Frame<'_>) -> Result<Operand, Fault> {
    if let Ok(value) = node.evaluate(frame) {
        return Ok(value);
    }
    let rows = u32::try_from(frame.rows).map_err(|_| Trouble::plain("a batch of 2^32 rows").at(0))?;
    if rows <= 1 {
        return Ok(Operand::rows(new_null_array(ty, frame.rows)));
    }
    let all: Vec<u32> = (0..rows).collect();
    let (left, right) = all.split_at(all.len() / 2);
    let mut halves = Vec::with_capacity(2);
    for half in [left, right] {
        halves.push(tried(node, ty, &frame.pick(half)?)?.spread(half.len())?);
    }
    let halves: Vec<&dyn Array> = halves.iter().map(AsRef::as_ref).collect();
    Ok(Operand::rows(concat(&halves)?))
}

/// One of two ways to a row's value.
enum Branch<'a> {
    /// Values for every row of the frame, already there.
    Value(Operand),
    /// An expression, evaluated over the rows that take it.
    Node(&'a Node),
}

impl Branch<'_> {
    fn over(self, frame: &Frame<'_>) -> Result<Operand, Fault> {
        match self {
            Self::Value(value) => Ok(value),
            Self::Node(node) => node.evaluate(frame),
        }
    }

    /// The values of these rows, and the place of each among them.
    fn over_some(self, frame: &Frame<'_>, rows: &[u32]) -> Result<(ArrayRef, Vec<usize>), Fault> {
        match self {
            Self::Value(value) => {
                let places = rows.iter().map(|row| value.at(*row as usize)).collect();
                Ok((value.array, places))
            }
            Self::Node(node) => {
                let value = node.evaluate(&frame.pick(rows)?)?;
                let places = (0..rows.len()).map(|place| value.at(place)).collect();
                Ok((value.array, places))
            }
        }
    }
}

/// Each row's value by the branch it takes.
fn choose(
    frame: &Frame<'_>,
    taken: impl Fn(usize) -> bool,
    then: Branch<'_>,
    otherwise: Branch<'_>,
) -> Result<Operand, Fault> {
    let all = u32::try_from(frame.rows).map_err(|_| Trouble::plain("a batch of 2^32 rows").at(0))?;
    let (yes, no): (Vec<u32>, Vec<u32>) = (0..all).partition(|row| taken(*row as usize));
    if no.is_empty() {
        return then.over(frame);
    }
    if yes.is_empty() {
        return otherwise.over(frame);
    }
    let (then, then_places) = then.over_some(frame, &yes)?;
    let (otherwise, otherwise_places) = otherwise.over_some(frame, &no)?;
    let mut places = vec![(0, 0); frame.rows];
    for (branch, rows, from) in [(0, &yes, &then_places), (1, &no, &otherwise_places)] {
        for (row, place) in rows.iter().zip(from) {
            places[*row as usize] = (branch, *place);
        }
    }
    Ok(Operand::rows(interleave(&[then.as_ref(), otherwise.as_ref()], &places)?))
}

/// `and` and `or`: the right side is evaluated only where the left side is not `decisive`.
fn logic(
    parts: &[Node; 2],
    frame: &Frame<'_>,
    decisive: bool,
    combine: fn(&BooleanArray, &BooleanArray) -> Result<BooleanArray, ArrowError>,
) -> Result<Operand, Fault> {
    let [left, right] = parts;
    let whole = Operand::rows(left.evaluate(frame)?.spread(frame.rows)?);
    let left = whole.array.as_boolean();
    let decided = |row: usize| left.is_valid(row) && left.value(row) == decisive;
    // Where the left side decides the right side may be anything; the left side's own value will do.
    let right = choose(frame, decided, Branch::Value(whole.clone()), Branch::Node(right))?;
    Ok(Operand::rows(Arc::new(combine(left, right.spread(frame.rows)?.as_boolean())?)))
}
