//! Receipts: which chunk is in which part, one small file each.
//!
//! `_mig/receipts/<plan>/<dataset>/000042.json` in the table's folder. A receipt is written *before* its
//! part gets its name, and one without its part does not count: so the part's renaming is the one moment
//! when chunk and receipt come to be, and there is never a part of mig's without a receipt. A chunk of a partitioned
//! table has several parts, or none when it has no rows: it counts when the last of them has its name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mig_plan::{ChunkDigest, Digest};
use serde::{Deserialize, Serialize};

use super::failure;
use super::layout::{self, OWN};
use super::storage::Storage;
use crate::store::{ReceiptKey, StoreError};

/// What is noted about a chunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Receipt {
    version: u32,
    /// The plan.
    pub(super) plan: Digest,
    /// The dataset.
    pub(super) dataset: String,
    /// The chunk.
    pub(super) chunk: u64,
    /// Its rows' digest.
    pub(super) digest: ChunkDigest,
    /// Its part; the first of several.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    part: Option<Written>,
    /// The others, of a table that is partitioned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    others: Vec<Written>,
}

/// A part that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Written {
    /// Its file name, with the folders of its partition before it.
    pub(super) part: String,
    /// Its length.
    pub(super) bytes: u64,
}

impl Receipt {
    /// The chunk's parts: one, or of a partitioned table as many as its rows have folders.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Written> {
        self.part.iter().chain(&self.others)
    }
}

/// The receipts of one table's folder.
#[derive(Debug, Clone)]
pub(super) struct Receipts<'a> {
    /// Where the store's files are.
    pub(super) storage: &'a dyn Storage,
    /// The table's folder.
    pub(super) folder: &'a Path,
    /// The table, for messages.
    pub(super) shown: &'a str,
}

impl Receipts<'_> {
    const VERSION: u32 = 1;

    /// The receipt of a chunk, and whether it counts.
    pub(super) fn get(&self, key: &ReceiptKey) -> Result<Option<(Receipt, bool)>, StoreError> {
        let file = self.of(key.plan, &key.dataset).join(file_name(key.chunk));
        let Some(receipt) = self.read(&[file])?.pop() else { return Ok(None) };
        let mut lengths = BTreeMap::new();
        for Written { part, .. } in receipt.parts() {
            let stamp = self
                .storage
                .file(&self.folder.join(part))
                .map_err(|error| failure::io(&error, &format!("looking at {}/{part}", self.shown)))?;
            lengths.extend(stamp.map(|stamp| (part.clone(), stamp.length)));
        }
        let counts = self.counts(&receipt, &lengths)?;
        Ok(Some((receipt, counts)))
    }

    /// Notes a chunk whose parts will have their names next.
    pub(super) fn put(
        &self,
        key: &ReceiptKey,
        digest: ChunkDigest,
        parts: Vec<Written>,
    ) -> Result<(), StoreError> {
        let mut parts = parts.into_iter();
        let receipt = Receipt {
            version: Self::VERSION,
            plan: key.plan,
            dataset: key.dataset.clone(),
            chunk: key.chunk,
            digest,
            part: parts.next(),
            others: parts.collect(),
        };
        let doing = format!("writing the receipt of chunk {} of {}", key.chunk, self.shown);
        let text =
            serde_json::to_vec(&receipt).map_err(|error| StoreError::Refused(format!("{doing}: {error}")))?;
        self.storage
            .write(&self.of(key.plan, &key.dataset).join(file_name(key.chunk)), &text)
            .map_err(|error| failure::io(&error, &doing))
    }

    /// The receipts of a dataset under a plan, by chunk, each with whether it counts.
    pub(super) fn list(
        &self,
        plan: Digest,
        dataset: &str,
    ) -> Result<BTreeMap<u64, (Receipt, bool)>, StoreError> {
        let noted = self.read(&self.files(&self.of(plan, dataset))?)?;
        let mut lengths = BTreeMap::new();
        if !noted.is_empty() {
            let there = layout::below(self.storage, self.folder, self.shown)?;
            lengths.extend(there.into_iter().map(|file| (file.name, file.stamp.length)));
        }
        let mut receipts = BTreeMap::new();
        for receipt in noted {
            let counts = self.counts(&receipt, &lengths)?;
            receipts.insert(receipt.chunk, (receipt, counts));
        }
        Ok(receipts)
    }

    /// Every receipt in the table, whether it counts or not.
    pub(super) fn all(&self) -> Result<Vec<Receipt>, StoreError> {
        let mut receipts = Vec::new();
        for plan in self.entries(&self.folder.join(OWN).join("receipts"))? {
            for dataset in self.entries(&plan)? {
                receipts.extend(self.read(&self.files(&dataset)?)?);
            }
        }
        Ok(receipts)
    }

    /// Removes the receipts of a dataset under a plan.
    pub(super) fn remove(&self, plan: Digest, dataset: &str) -> Result<(), StoreError> {
        let folder = self.of(plan, dataset);
        self.storage.remove_all(&folder).map_err(|error| self.failed("removing", &error))?;
        // Of the plan, and then of all plans.
        for around in folder.ancestors().skip(1).take(2) {
            self.storage.remove_empty(around).map_err(|error| self.failed("removing", &error))?;
        }
        Ok(())
    }

    fn failed(&self, doing: &str, error: &std::io::Error) -> StoreError {
        failure::io(error, &format!("{doing} the receipts of {}", self.shown))
    }

    fn of(&self, plan: Digest, dataset: &str) -> PathBuf {
        let plan = plan.to_string().replace(':', "-");
        self.folder.join(OWN).join("receipts").join(plan).join(file_safe(dataset))
    }

    /// A receipt counts when all its parts are there, of which the lengths are given. A part of another length was
    /// changed by somebody else, and it is not mig's to say what that means.
    fn counts(&self, receipt: &Receipt, lengths: &BTreeMap<String, u64>) -> Result<bool, StoreError> {
        let mut all = true;
        for Written { part, bytes } in receipt.parts() {
            match lengths.get(part) {
                None => all = false,
                Some(length) if length == bytes => {}
                Some(length) => {
                    return Err(StoreError::Refused(format!(
                        "{}/{part} was changed after mig wrote it: it has {length} bytes and had {bytes}; put it back as \
                         it was, or remove it to have its rows copied again",
                        self.shown
                    )));
                }
            }
        }
        Ok(all)
    }

    /// The receipts in these files, those that are there.
    fn read(&self, files: &[PathBuf]) -> Result<Vec<Receipt>, StoreError> {
        let texts = self.storage.read(files).map_err(|error| self.failed("reading", &error))?;
        let there = files.iter().zip(texts).filter_map(|(file, text)| text.map(|text| (file, text)));
        there.map(|(file, text)| self.parse(file, &text)).collect()
    }

    fn parse(&self, file: &Path, text: &[u8]) -> Result<Receipt, StoreError> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let doing = || format!("reading a receipt of {} ({name})", self.shown);
        let receipt: Receipt = serde_json::from_slice(text)
            .map_err(|error| StoreError::Refused(format!("{}: {error}", doing())))?;
        if receipt.version != Self::VERSION {
            return Err(StoreError::Refused(format!(
                "{}: it has version {}, and this mig reads version {}; use the mig that wrote it",
                doing(),
                receipt.version,
                Self::VERSION
            )));
        }
        Ok(receipt)
    }

    /// The files of receipts in a folder.
    fn files(&self, folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
        let mut files = self.entries(folder)?;
        files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
        Ok(files)
    }

    /// What is in a folder, sorted; nothing when it is not there.
    fn entries(&self, folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
        let entries = self.storage.list(folder).map_err(|error| self.failed("listing", &error))?;
        Ok(entries.into_iter().map(|entry| folder.join(entry.name)).collect())
    }
}

/// The name of a chunk's part: the same on every try.
pub(super) fn part_name(key: &ReceiptKey, extension: &str) -> String {
    format!("part-{}-{}-{:06}.{extension}", key.plan.short(), file_safe(&key.dataset), key.chunk)
}

fn file_name(chunk: u64) -> String {
    format!("{chunk:06}.json")
}

/// A dataset's name as part of a file name: other characters than letters, digits, `-`, `_` and `.` as
/// percent signs with their bytes, so that different names stay different.
fn file_safe(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || (byte == b'.' && !safe.is_empty()) {
            safe.push(char::from(byte));
        } else {
            safe.push_str(&format!("%{byte:02X}"));
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_datasets_never_share_a_part() {
        let name = |dataset: &str| {
            part_name(&ReceiptKey { plan: Digest::of(b"p"), dataset: dataset.to_owned(), chunk: 7 }, "csv")
        };
        assert!(name("archive.orders").ends_with("-archive.orders-000007.csv"));
        assert!(name("../é").ends_with("-%2E.%2F%C3%A9-000007.csv"), "{}", name("../é"));
    }
}
