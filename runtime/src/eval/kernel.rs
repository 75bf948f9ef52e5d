//! What every kernel is made of: operands, and loops over the rows in which no argument is null.
//!
//! A kernel is chosen once, when a mapping is compiled, by the types of its arguments; it then runs over
//! batches. It is called with one row when all its operands are constants, and never with none.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, BooleanBufferBuilder, Datum, PrimitiveArray,
    StringArray, UInt32Array,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};
use mig_plan::Type;

use super::fault::{Fault, Trouble};
use crate::cells::Cells;

/// A strict function over operands of as many rows as the second argument says.
pub(super) type Kernel = Box<dyn Fn(&[Operand], usize) -> Result<ArrayRef, Fault> + Send + Sync>;

/// A column of values, or one value for all rows.
#[derive(Clone)]
pub(super) struct Operand {
    pub(super) array: ArrayRef,
    /// Whether `array` has one value, which stands for every row.
    pub(super) scalar: bool,
}

impl Datum for Operand {
    fn get(&self) -> (&dyn Array, bool) {
        (self.array.as_ref(), self.scalar)
    }
}

impl Operand {
    /// A value for each row.
    pub(super) fn rows(array: ArrayRef) -> Self {
        Self { array, scalar: false }
    }

    /// The place in the array of a row's value.
    pub(super) fn at(&self, row: usize) -> usize {
        if self.scalar { 0 } else { row }
    }

    /// A row's value as messages show it.
    pub(super) fn shown(&self, row: usize) -> String {
        Cells::of(self.array.as_ref()).map_or_else(String::new, |cells| cells.shown(self.at(row)))
    }

    /// The array with one value for each of so many rows.
    pub(super) fn spread(&self, rows: usize) -> Result<ArrayRef, Fault> {
        if !self.scalar {
            return Ok(Arc::clone(&self.array));
        }
        Ok(take(self.array.as_ref(), &UInt32Array::from(vec![0_u32; rows]), None)?)
    }

    /// An integer operand, widened.
    pub(super) fn integers(&self) -> Result<Numbers<Int64Type>, Fault> {
        let array = cast(&self.array, &DataType::Int64)?;
        Ok(Numbers { array: array.as_primitive().clone(), scalar: self.scalar })
    }

    /// A float operand, widened.
    pub(super) fn floats(&self) -> Result<Numbers<Float64Type>, Fault> {
        let array = cast(&self.array, &DataType::Float64)?;
        Ok(Numbers { array: array.as_primitive().clone(), scalar: self.scalar })
    }

    /// A decimal's unscaled integers, or an integer operand as a decimal of scale 0.
    pub(super) fn unscaled(&self) -> Result<Numbers<Decimal128Type>, Fault> {
        let array = match self.array.as_primitive_opt::<Decimal128Type>() {
            Some(array) => array.clone(),
            None => self.integers()?.array.unary(i128::from),
        };
        Ok(Numbers { array, scalar: self.scalar })
    }
}

/// A numeric operand with its type known.
pub(super) struct Numbers<T: ArrowPrimitiveType> {
    pub(super) array: PrimitiveArray<T>,
    scalar: bool,
}

impl<T: ArrowPrimitiveType> Numbers<T> {
    /// The value of a row that is not null.
    pub(super) fn value(&self, row: usize) -> T::Native {
        self.array.value(if self.scalar { 0 } else { row })
    }
}

/// The digits after the point of a numeric type that is not a float: 0 for integers.
pub(super) fn scale(ty: &Type) -> u8 {
    if let Type::Decimal { scale, .. } = ty { *scale } else { 0 }
}

/// In which rows no operand is null; `None` when in all.
pub(super) fn validity(operands: &[Operand], rows: usize) -> Option<NullBuffer> {
    let mut all: Option<NullBuffer> = None;
    for operand in operands {
        if !operand.scalar {
            all = NullBuffer::union(all.as_ref(), operand.array.nulls());
        } else if operand.array.is_null(0) {
            return Some(NullBuffer::new_null(rows));
        }
    }
    all
}

/// Calls `each` for every valid row, and `skip` for every other, in order.
fn walk(
    rows: usize,
    validity: Option<&NullBuffer>,
    mut each: impl FnMut(usize, bool) -> Result<(), Trouble>,
) -> Result<(), Fault> {
    for row in 0..rows {
        let valid = validity.is_none_or(|validity| validity.is_valid(row));
        each(row, valid).map_err(|trouble| trouble.at(row))?;
    }
    Ok(())
}

/// An array of numbers: `value` gives each valid row's.
pub(super) fn fill<T: ArrowPrimitiveType>(
    rows: usize,
    validity: Option<NullBuffer>,
    mut value: impl FnMut(usize) -> Result<T::Native, Trouble>,
) -> Result<PrimitiveArray<T>, Fault> {
    let mut values = Vec::with_capacity(rows);
    walk(rows, validity.as_ref(), |row, valid| {
        values.push(if valid { value(row)? } else { T::Native::default() });
        Ok(())
    })?;
    Ok(PrimitiveArray::try_new(ScalarBuffer::from(values), validity)?)
}

/// An array of booleans: `value` gives each valid row's.
pub(super) fn fill_bool(
    rows: usize,
    validity: Option<NullBuffer>,
    mut value: impl FnMut(usize) -> Result<bool, Trouble>,
) -> Result<BooleanArray, Fault> {
    let mut values = BooleanBufferBuilder::new(rows);
    walk(rows, validity.as_ref(), |row, valid| {
        values.append(valid && value(row)?);
        Ok(())
    })?;
    Ok(BooleanArray::new(values.finish(), validity))
}

/// An array of texts: `write` appends each valid row's to what is already there.
pub(super) fn fill_text(
    rows: usize,
    validity: Option<NullBuffer>,
    mut write: impl FnMut(usize, &mut String) -> Result<(), Trouble>,
) -> Result<StringArray, Fault> {
    let mut values = String::new();
    let mut offsets = Vec::with_capacity(rows + 1);
    offsets.push(0_i32);
    walk(rows, validity.as_ref(), |row, valid| {
        if valid {
            write(row, &mut values)?;
        }
        let end = i32::try_from(values.len());
        offsets.push(end.map_err(|_| Trouble::plain("the texts of one batch exceed 2 GiB"))?);
        Ok(())
    })?;
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    Ok(StringArray::try_new(offsets, Buffer::from_vec(values.into_bytes()), validity)?)
}
