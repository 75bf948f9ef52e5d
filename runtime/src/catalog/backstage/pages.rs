//! Pages of a catalog as Backstage sent them, each with the tag by which Backstage knows whether it has changed. A cache:
//! whatever is wrong with one, the pages are simply asked for again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The pages of an earlier reading.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Pages {
    /// The backend that they are of, as messages show it.
    pub(super) source: String,
    /// The pages, by the cursor that they were asked for with; the first one has none.
    pub(super) pages: BTreeMap<String, Kept>,
}

impl Pages {
    /// Pages that [`Pages::to_text`] wrote; none when the text is no such thing.
    pub fn from_text(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// As a text; empty when they cannot be written, which reads as no pages.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A page and its tag.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) etag: String,
    pub(super) page: Page,
}

/// One page of the answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    pub(super) items: Vec<Value>,
    pub(super) total_items: usize,
    pub(super) page_info: PageInfo,
}

/// Where the next page is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfo {
    pub(super) next_cursor: Option<String>,
}
