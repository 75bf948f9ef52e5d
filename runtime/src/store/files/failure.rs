//! What goes wrong with files, as store errors that say what to do next.
//!
//! Takes an error of the operating system, or one of an object storage as if it were that, and what was being
//! done; gives [`StoreError`]. Only paths relative to the store's folder are ever passed in, so that no location
//! is in a message.

use std::io::{Error, ErrorKind};

use crate::store::StoreError;

/// The error for a failed operation; `doing` says which, with the file: "writing orders/part-1.csv".
pub(super) fn io(error: &Error, doing: &str) -> StoreError {
    let kind = error.kind();
    let unavailable = |advice: &str| StoreError::Unavailable(format!("{doing}: {advice}"));
    if matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
        unavailable("the disk is full; free some space and run the same command again")
    } else if kind == ErrorKind::PermissionDenied && error.get_ref().is_some() {
        unavailable(&format!(
            "{error}; mend that, or the credentials and their rights, and run the same command again"
        ))
    } else if kind == ErrorKind::PermissionDenied {
        unavailable("permission denied; give this user access to it and run the same command again")
    } else if kind == ErrorKind::ReadOnlyFilesystem {
        unavailable("the file system is read-only; make it writable and run the same command again")
    } else if kind == ErrorKind::NotFound {
        StoreError::Refused(format!("{doing}: it is not there any more; bring it back, or plan again"))
    } else if kind == ErrorKind::InvalidData {
        StoreError::Refused(format!("{doing}: {error}"))
    } else if kind == ErrorKind::UnexpectedEof {
        StoreError::Refused(format!("{doing}: the file ends too early; it was cut off or is still written"))
    } else {
        unavailable(&format!("{error}; mend that and run the same command again"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_can_mend_is_unavailable() {
        // ENOSPC, EACCES, EROFS, EMFILE, EIO by number, as the kernel gives them.
        for (code, advice) in [
            (28, "free some space"),
            (13, "give this user access"),
            (30, "read-only"),
            (24, "Too many open"),
            (5, ""),
        ] {
            let error = io(&Error::from_raw_os_error(code), "writing t/part-1.csv");
            let StoreError::Unavailable(text) = error else { panic!("{code}: {error:?}") };
            assert!(text.starts_with("writing t/part-1.csv: ") && text.contains(advice), "{text}");
        }
    }

    #[test]
    fn what_is_gone_is_refused() {
        assert!(matches!(io(&Error::from_raw_os_error(2), "reading t/a.csv"), StoreError::Refused(_)));
    }
}
