//! Kernels of `not` and `is_null`. `and` and `or` are in [`super::node`], for they may skip their right side.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::compute::{is_null as null_mask, not as negation};
use mig_plan::Type;

use super::fault::Trouble;
use super::kernel::Kernel;

/// `not a`: null for null.
pub(super) fn not(args: &[Type]) -> Result<Kernel, String> {
    if args != [Type::Bool] {
        return Err("`not` takes a bool".to_owned());
    }
    Ok(Box::new(|args, _| match args {
        [arg] => Ok(Arc::new(negation(arg.array.as_boolean())?)),
        _ => Err(Trouble::plain("`not` without its argument").at(0)),
    }))
}

/// `is_null(a)`
pub(super) fn is_null() -> Kernel {
    Box::new(|args, _| match args {
        [arg] => Ok(Arc::new(null_mask(arg.array.as_ref())?)),
        _ => Err(Trouble::plain("`is_null` without its argument").at(0)),
    })
}
