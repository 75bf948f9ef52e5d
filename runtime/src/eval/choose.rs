//! Kernels that give one of their arguments: `least`, `greatest`, and `map` by a small table.

use arrow::array::{Array, new_null_array};
use arrow::compute::interleave;
use mig_plan::Type;

use super::comparison::{Comparison, comparing, equality};
use super::fault::Trouble;
use super::kernel::{Kernel, Operand};
use crate::arrow_types::arrow_type;

/// `least(a, b, …)` where the comparison is `Less`, `greatest` where it is `Greater`.
pub(super) fn extreme(comparison: Comparison, args: &[Type], result: &Type) -> Result<Kernel, String> {
    if args.is_empty() || args.iter().any(|arg| arg != result) {
        return Err(format!("no {result} is the least or the greatest of other types"));
    }
    let beats = comparing(comparison, result, result)?;
    Ok(Box::new(move |args, rows| {
        let Some((first, rest)) = args.split_first() else {
            return Err(Trouble::plain("the least of nothing").at(0));
        };
        let mut best = Operand::rows(first.spread(rows)?);
        for next in rest {
            let wins = beats(next, &best, rows)?;
            let places: Vec<(usize, usize)> = (0..rows)
                .map(|row| {
                    let missing = next.array.is_null(next.at(row));
                    let takes =
                        best.array.is_valid(row) && (missing || (wins.is_valid(row) && wins.value(row)));
                    if takes { (1, next.at(row)) } else { (0, row) }
                })
                .collect();
            best = Operand::rows(interleave(&[best.array.as_ref(), next.array.as_ref()], &places)?);
        }
        Ok(best.array)
    }))
}

/// `map(x, k: v, …)`
pub(super) fn lookup(args: &[Type], result: &Type) -> Result<Kernel, String> {
    let Some((value, table)) = args.split_first() else { return Err("a table without a value".to_owned()) };
    let fits = table.len().is_multiple_of(2) && table.chunks(2).all(|row| row.get(1) == Some(result));
    if !fits {
        return Err(format!("a table of other values than {result}"));
    }
    let equal = table.iter().step_by(2).map(|key| equality(value, key)).collect::<Result<Vec<_>, _>>()?;
    let ty = arrow_type(result);
    Ok(Box::new(move |args, rows| {
        let Some((value, table)) = args.split_first() else {
            return Err(Trouble::plain("a table without a value").at(0));
        };
        let nothing = new_null_array(&ty, 1);
        let mut arrays: Vec<&dyn Array> = vec![nothing.as_ref()];
        let mut places = vec![(0, 0); rows];
        for (equal, row_of_table) in equal.iter().zip(table.chunks(2)) {
            let [key, becomes] = row_of_table else { continue };
            let found = equal(value, key, rows)?;
            for (row, place) in places.iter_mut().enumerate() {
                if found.is_valid(row) && found.value(row) {
                    *place = (arrays.len(), becomes.at(row));
                }
            }
            arrays.push(becomes.array.as_ref());
        }
        Ok(interleave(&arrays, &places)?)
    }))
}
