//! Receipts: which chunk is in which part, one small file each.
//!
//! `_mig/receipts/<plan>/<dataset>/000042.json` in the table's folder. A receipt is written *before* its
//! part gets its name, and one without its part does not count: so the part's renaming is the one moment
//! when chunk and receipt come to be, and there is never a part of mig's without a receipt.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mig_plan::{ChunkDigest, Digest};
use serde::{Deserialize, Serialize};

use super::failure;
use super::layout::OWN;
use super::storage::{Kind, Storage};
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
    /// The part's file name.
    pub(super) part: String,
    /// The part's length.
    pub(super) bytes: u64,
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

    /// The receipt of a chunk, where it counts.
    pub(super) fn get(&self, key: &ReceiptKey) -> Result<Option<Receipt>, StoreError> {
        let file = self.of(key.plan, &key.dataset).join(file_name(key.chunk));
        let Some(receipt) = self.read(&[file])?.pop() else { return Ok(None) };
        let part = self
            .storage
            .file(&self.folder.join(&receipt.part))
            .map_err(|error| failure::io(&error, &format!("looking at {}/{}", self.shown, receipt.part)))?;
        Ok(self.counts(&receipt, part.map(|stamp| stamp.length))?.then_some(receipt))
    }

    /// Notes a chunk whose part will have its name next.
    pub(super) fn put(
        &self,
        key: &ReceiptKey,
        digest: ChunkDigest,
        part: &str,
        bytes: u64,
    ) -> Result<(), StoreError> {
        let receipt = Receipt {
            version: Self::VERSION,
            plan: key.plan,
            dataset: key.dataset.clone(),
            chunk: key.chunk,
            digest,
            part: part.to_owned(),
            bytes,
        };
        let doing = format!("writing the receipt of {}/{part}", self.shown);
        let text =
            serde_json::to_vec(&receipt).map_err(|error| StoreError::Refused(format!("{doing}: {error}")))?;
        self.storage
            .write(&self.of(key.plan, &key.dataset).join(file_name(key.chunk)), &text)
            .map_err(|error| failure::io(&error, &doing))
    }

    /// The receipts of a dataset under a plan that count, by chunk.
    pub(super) fn list(&self, plan: Digest, dataset: &str) -> Result<BTreeMap<u64, Receipt>, StoreError> {
        let noted = self.read(&self.files(&self.of(plan, dataset))?)?;
        let mut parts = BTreeMap::new();
        if !noted.is_empty() {
            let listed = self.storage.list(self.folder).map_err(|error| self.failed("listing", &error))?;
            for entry in listed {
                if let Kind::File(stamp) = entry.kind {
                    parts.insert(entry.name, stamp.length);
                }
            }
        }
        let mut receipts = BTreeMap::new();
        for receipt in noted {
            if self.counts(&receipt, parts.get(&receipt.part).copied())? {
                receipts.insert(receipt.chunk, receipt);
            }
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

    /// A receipt counts when its part is there, of which the length is given. A part of another length was changed
    /// by somebody else, and it is not mig's to say what that means.
    fn counts(&self, receipt: &Receipt, length: Option<u64>) -> Result<bool, StoreError> {
        match length {
            None => Ok(false),
            Some(length) if length == receipt.bytes => Ok(true),
            Some(length) => Err(StoreError::Refused(format!(
                "{}/{} was changed after mig wrote it: it has {length} bytes and had {}; put it back as it was, or remove \
                 it to have its rows copied again",
                self.shown, receipt.part, receipt.bytes
            ))),
        }
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
