//! Receipts: which chunk is in which part, one small file each.
//!
//! `_mig/receipts/<plan>/<dataset>/000042.json` in the table's folder. A receipt is written *before* its
//! part gets its name, and one without its part does not count: so the part's renaming is the one moment
//! when chunk and receipt come to be, and there is never a part of mig's without a receipt.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use mig_plan::{ChunkDigest, Digest};
use serde::{Deserialize, Serialize};

use super::layout::OWN;
use super::{durable, failure};
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
        match self.read(&file)? {
            Some(receipt) if self.counts(&receipt)? => Ok(Some(receipt)),
            Some(_) | None => Ok(None),
        }
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
        durable::write(&self.of(key.plan, &key.dataset), &file_name(key.chunk), &text)
            .map_err(|error| failure::io(&error, &doing))
    }

    /// The receipts of a dataset under a plan that count, by chunk.
    pub(super) fn list(&self, plan: Digest, dataset: &str) -> Result<BTreeMap<u64, Receipt>, StoreError> {
        let mut receipts = BTreeMap::new();
        for receipt in self.read_all(&self.of(plan, dataset))? {
            if self.counts(&receipt)? {
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
                receipts.extend(self.read_all(&dataset)?);
            }
        }
        Ok(receipts)
    }

    /// Removes the receipts of a dataset under a plan.
    pub(super) fn remove(&self, plan: Digest, dataset: &str) -> Result<(), StoreError> {
        let failed =
            |error: std::io::Error| failure::io(&error, &format!("removing the receipts of {}", self.shown));
        let folder = self.of(plan, dataset);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            Ok(()) | Err(_) => {}
        }
        // Of the plan, and then of all plans.
        for around in folder.ancestors().skip(1).take(2) {
            durable::remove_empty(around).map_err(failed)?;
        }
        Ok(())
    }

    fn of(&self, plan: Digest, dataset: &str) -> PathBuf {
        let plan = plan.to_string().replace(':', "-");
        self.folder.join(OWN).join("receipts").join(plan).join(file_safe(dataset))
    }

    /// A receipt counts when its part is there. A part of another length was changed by somebody else, and
    /// it is not mig's to say what that means.
    fn counts(&self, receipt: &Receipt) -> Result<bool, StoreError> {
        let shown = format!("{}/{}", self.shown, receipt.part);
        match fs::metadata(self.folder.join(&receipt.part)) {
            Ok(metadata) if metadata.len() == receipt.bytes => Ok(true),
            Ok(metadata) => Err(StoreError::Refused(format!(
                "{shown} was changed after mig wrote it: it has {} bytes and had {}; put it back as it was, or remove \
                 it to have its rows copied again",
                metadata.len(),
                receipt.bytes
            ))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(failure::io(&error, &format!("looking at {shown}"))),
        }
    }

    fn read_all(&self, folder: &Path) -> Result<Vec<Receipt>, StoreError> {
        let files = self.entries(folder)?;
        let receipts =
            files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "json"));
        receipts.filter_map(|file| self.read(file).transpose()).collect()
    }

    fn read(&self, file: &Path) -> Result<Option<Receipt>, StoreError> {
        let doing = || format!("reading a receipt of {}", self.shown);
        let text = match fs::read(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failure::io(&error, &doing())),
        };
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let receipt: Receipt = serde_json::from_slice(&text)
            .map_err(|error| StoreError::Refused(format!("{} ({name}): {error}", doing())))?;
        if receipt.version != Self::VERSION {
            return Err(StoreError::Refused(format!(
                "{} ({name}): it has version {}, and this mig reads version {}; use the mig that wrote it",
                doing(),
                receipt.version,
                Self::VERSION
            )));
        }
        Ok(Some(receipt))
    }

    /// What is in a folder, sorted; nothing when it is not there.
    fn entries(&self, folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
        let failed =
            |error: &std::io::Error| failure::io(error, &format!("listing the receipts of {}", self.shown));
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(&error)),
        };
        let mut paths = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| failed(&error))?;
        paths.sort();
        Ok(paths)
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
