//! Runs the decoders of the parquet and arrow crates over bytes that somebody else wrote.
//!
//! Most of what is wrong with a file they say; over some bytes they panic. That is a damaged file all the same, and
//! is told as one.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::layout::Part;
use crate::store::StoreError;

thread_local! {
    static DECODING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is in a decoder, so that a panic is no fault of the program and is told otherwise.
pub fn is_decoding() -> bool {
    DECODING.get()
}

/// What a decoder gives of a part.
///
/// # Errors
/// When it panics.
pub(super) fn decoded<T>(part: &Part, decode: impl FnOnce() -> T) -> Result<T, StoreError> {
    let before = DECODING.replace(true);
    // What it was working on is dropped.
    let decoded = catch_unwind(AssertUnwindSafe(decode));
    DECODING.set(before);
    decoded.map_err(|_| {
        StoreError::Refused(format!(
            "reading {}: the file is damaged, and cannot be decoded; have it written anew",
            part.shown()
        ))
    })
}
