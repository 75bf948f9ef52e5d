//! Addresses: takes what a client calls a document, gives the path that it counts by, and back.
//!
//! A buffer that was never saved counts as a file in a folder of its own that is not on disk: it is a migration by itself,
//! and nothing is known of its world. What has another address (the old side of a comparison, say) is no file to work on.

use std::path::{Path, PathBuf};

use tower_lsp::ls_types::Uri;

/// What the address of a buffer that was never saved begins with.
const UNTITLED: &str = "untitled:";

/// The file in the folder that such a buffer is.
const BUFFER: &str = "buffer.mig";

/// The path of a document; `None` for what is none to work on.
pub(crate) fn path(uri: &Uri) -> Option<PathBuf> {
    let text = uri.as_str();
    if text.starts_with(UNTITLED) {
        return Some(Path::new(text).join(BUFFER));
    }
    if !text.starts_with("file:") {
        return None;
    }
    uri.to_file_path().map(std::borrow::Cow::into_owned)
}

/// The address of a path.
pub(crate) fn uri(path: &Path) -> Option<Uri> {
    match path.parent().and_then(Path::to_str).filter(|folder| folder.starts_with(UNTITLED)) {
        Some(address) => address.parse().ok(),
        None => Uri::from_file_path(path),
    }
}

#[cfg(test)]
mod tests {
    use super::{path, uri};

    #[test]
    fn addresses_come_back_and_others_are_none_to_work_on() {
        for address in ["file:///shop/a%20b.mig", "untitled:Untitled-1", "untitled:/shop/new.mig"] {
            let known = path(&address.parse().unwrap()).unwrap();
            assert_eq!(uri(&known).unwrap().as_str(), address);
        }
        assert_ne!(
            path(&"untitled:/shop/new.mig".parse().unwrap()),
            path(&"file:///shop/new.mig".parse().unwrap())
        );
        assert_eq!(path(&"git:/shop/a.mig?ref".parse().unwrap()), None);
    }
}
