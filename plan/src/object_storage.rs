//! Object storages: where folders of files are besides the local disk.
//!
//! Takes a store's location apart and knows which settings each storage has. Opens nothing.

/// A service that keeps objects in buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectStorage {
    /// Amazon S3 and everything that speaks its protocol.
    S3,
    /// Google Cloud Storage.
    Gcs,
    /// Azure Blob Storage.
    Azure,
}

/// Settings that are secrets: the environment alone may give them.
pub const SECRET_SETTINGS: [&str; 4] = ["secret_access_key", "session_token", "account_key", "sas_token"];

impl ObjectStorage {
    /// Every storage, with the schemes of its URLs, the one that people are told first.
    pub const ALL: [(Self, &'static [&'static str]); 3] =
        [(Self::S3, &["s3", "s3a"]), (Self::Gcs, &["gs"]), (Self::Azure, &["az", "azure", "abfss", "abfs"])];

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::S3 => "S3",
            Self::Gcs => "Google Cloud Storage",
            Self::Azure => "Azure Blob Storage",
        }
    }

    /// The settings that a store in it may have, by their names in the language.
    pub fn settings(self) -> &'static [&'static str] {
        match self {
            Self::S3 => &["endpoint", "region", "access_key_id", "secret_access_key", "session_token"],
            Self::Gcs => &["endpoint", "service_account"],
            Self::Azure => &["endpoint", "account_name", "account_key", "sas_token"],
        }
    }

    /// Every setting that a store in some storage may have, each once.
    pub fn all_settings() -> impl Iterator<Item = &'static str> {
        let all = || Self::ALL.iter().flat_map(|(storage, _)| storage.settings().iter().copied());
        all()
            .enumerate()
            .filter(move |(place, name)| all().position(|one| one == *name) == Some(*place))
            .map(|(_, name)| name)
    }
}

/// A folder in a bucket, as a URL says it: `s3://bucket/prefix`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectUrl {
    /// Which storage.
    pub storage: ObjectStorage,
    /// The bucket; Azure calls it a container.
    pub bucket: String,
    /// Azure: the account, where the URL names it (`abfss://container@account.dfs.core.windows.net`).
    pub account: Option<String>,
    /// The names of the folders down to the store's own; none for the bucket itself.
    pub prefix: Vec<String>,
}

impl ObjectUrl {
    /// Takes a location apart; `None` for a path of the local disk.
    ///
    /// # Errors
    /// Why it is no URL of a folder in a bucket, as a sentence without the URL: it may have a secret in it.
    pub fn parse(location: &str) -> Option<Result<Self, String>> {
        let (scheme, rest) = location.split_once("://")?;
        Some(Self::of(scheme, rest))
    }

    /// The bucket's own URL, as lineage tools name it.
    pub fn root(&self) -> String {
        let bucket = &self.bucket;
        match (self.storage, &self.account) {
            (ObjectStorage::S3, _) => format!("s3://{bucket}"),
            (ObjectStorage::Gcs, _) => format!("gs://{bucket}"),
            (ObjectStorage::Azure, Some(account)) => {
                format!("abfss://{bucket}@{account}.dfs.core.windows.net")
            }
            (ObjectStorage::Azure, None) => format!("az://{bucket}"),
        }
    }

    fn of(scheme: &str, rest: &str) -> Result<Self, String> {
        let known = ObjectStorage::ALL.iter().find(|(_, schemes)| schemes.contains(&scheme));
        let Some((storage, _)) = known else {
            return Err(format!(
                "`{scheme}://` is no place for files: give a path, or a URL that begins with s3://, gs:// or az://"
            ));
        };
        if rest.contains(['?', '#']) {
            return Err(
                "the URL of a bucket has no query: give settings as attributes of the store".to_owned()
            );
        }
        let (authority, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let (bucket, account) = match authority.split_once('@') {
            None => (authority, None),
            Some((container, host)) if *storage == ObjectStorage::Azure => {
                let account = host
                    .strip_suffix(".dfs.core.windows.net")
                    .or_else(|| host.strip_suffix(".blob.core.windows.net"))
                    .ok_or("the host is not that of an Azure account: account.dfs.core.windows.net")?;
                (container, Some(account.to_owned()))
            }
            Some(_) => {
                return Err(
                    "credentials do not belong into the URL of a bucket: give them as attributes".to_owned()
                );
            }
        };
        if bucket.is_empty() || bucket.contains([':', '\\', ' ']) {
            return Err(format!("the URL names no bucket: write {scheme}://bucket/folder"));
        }
        let prefix: Vec<String> =
            prefix.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        if prefix.iter().any(|part| part == "." || part == "..") {
            return Err("a folder in a bucket cannot be called `.` or `..`".to_owned());
        }
        Ok(Self { storage: *storage, bucket: bucket.to_owned(), account, prefix })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_buckets_are_taken_apart() {
        let parse = |text: &str| ObjectUrl::parse(text).unwrap().unwrap();
        let url = |storage, bucket: &str, account: Option<&str>, prefix: &[&str]| ObjectUrl {
            storage,
            bucket: bucket.to_owned(),
            account: account.map(str::to_owned),
            prefix: prefix.iter().map(|part| (*part).to_owned()).collect(),
        };
        assert_eq!(parse("s3://lake"), url(ObjectStorage::S3, "lake", None, &[]));
        assert_eq!(parse("s3a://lake/a//b/"), url(ObjectStorage::S3, "lake", None, &["a", "b"]));
        assert_eq!(parse("gs://lake/x y"), url(ObjectStorage::Gcs, "lake", None, &["x y"]));
        assert_eq!(parse("az://lake/x"), url(ObjectStorage::Azure, "lake", None, &["x"]));
        let whole = parse("abfss://lake@acme.dfs.core.windows.net/x");
        assert_eq!(whole, url(ObjectStorage::Azure, "lake", Some("acme"), &["x"]));
        for path in ["lake", "../lake", "/srv/lake", "C:\\lake"] {
            assert!(ObjectUrl::parse(path).is_none(), "{path}");
        }
    }

    #[test]
    fn what_is_no_folder_in_a_bucket_is_refused_without_being_repeated() {
        for (text, said) in [
            ("ftp://lake/x", "s3://, gs:// or az://"),
            ("s3://key:hunter2@lake/x", "credentials"),
            ("s3://lake/x?token=hunter2", "query"),
            ("s3:///x", "names no bucket"),
            ("s3://lake/a/../b", "`..`"),
            ("abfss://lake@hunter2.example.com/x", "Azure account"),
        ] {
            let error = ObjectUrl::parse(text).unwrap().unwrap_err();
            assert!(error.contains(said) && !error.contains("hunter2"), "{text}: {error}");
        }
    }

    #[test]
    fn every_setting_is_told_once() {
        let all: Vec<_> = ObjectStorage::all_settings().collect();
        assert_eq!(all.iter().filter(|name| **name == "endpoint").count(), 1);
        assert!(SECRET_SETTINGS.iter().all(|secret| all.contains(secret)));
    }
}
