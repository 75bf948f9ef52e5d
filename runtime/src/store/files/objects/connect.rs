//! Makes the client of a bucket out of a store's location and settings.
//!
//! What the settings do not say the usual variables of the storage's own tools do (`AWS_…`, `GOOGLE_…`, `AZURE_…`), and
//! behind them the machine's own identity. Makes no request.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mig_plan::{ObjectStorage, ObjectUrl};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::{ClientConfigKey, ObjectStore, RetryConfig};
use tokio::runtime::Handle;

use super::{Objects, failure};
use crate::store::{Location, StoreError};

/// How long a request may take, one of the largest over a slow line, and a connection.
const TIMEOUTS: [(ClientConfigKey, &str); 2] =
    [(ClientConfigKey::Timeout, "120s"), (ClientConfigKey::ConnectTimeout, "5s")];

/// The bucket of a store, `None` for a path of the local disk. Files that settings name are relative to `folder`, the
/// migration's.
///
/// # Errors
/// When the location is no folder in a bucket, or the settings do not fit it.
pub(in crate::store::files) fn connect(
    location: &Location,
    folder: &Path,
) -> Result<Option<Objects>, StoreError> {
    let url = ObjectUrl::parse(location.text()).transpose().map_err(StoreError::Refused)?;
    let known = url.as_ref().map_or(&[][..], |url| url.storage.settings());
    let of_buckets: Vec<&str> = ObjectStorage::all_settings().collect();
    let foreign = |(name, _): &(&str, &str)| of_buckets.contains(name) && !known.contains(name);
    if let Some((name, _)) = location.settings().find(foreign) {
        let place = url.as_ref().map_or("the local disk", |url| url.storage.title());
        return Err(StoreError::Refused(format!("a store on {place} has no setting `{name}`; remove it")));
    }
    let Some(url) = url else { return Ok(None) };
    let bucket = client(&url, location, folder).map_err(|error| {
        let said = failure::io(&error);
        StoreError::Refused(format!(
            "the store's settings do not make a client of {}: {said}",
            url.storage.title()
        ))
    })?;
    Ok(Some(Objects { bucket, prefix: url.prefix, runtime: Handle::current() }))
}

fn client(url: &ObjectUrl, location: &Location, folder: &Path) -> object_store::Result<Arc<dyn ObjectStore>> {
    let setting = |name: &str| location.setting(name);
    // Who writes http:// means it.
    let plain = setting("endpoint").is_some_and(|endpoint| endpoint.starts_with("http://"));
    let plain = plain.then_some((ClientConfigKey::AllowHttp, "true"));
    let client = || TIMEOUTS.into_iter().chain(plain);
    let retry =
        RetryConfig { max_retries: 5, retry_timeout: Duration::from_secs(60), ..RetryConfig::default() };
    Ok(match url.storage {
        ObjectStorage::S3 => {
            let mut builder = AmazonS3Builder::from_env().with_bucket_name(&url.bucket).with_retry(retry);
            for name in url.storage.settings() {
                if let (Some(value), Ok(key)) = (setting(name), name.parse()) {
                    builder = builder.with_config(key, value);
                }
            }
            for (key, value) in client() {
                builder = builder.with_config(AmazonS3ConfigKey::Client(key), value);
            }
            Arc::new(builder.build()?)
        }
        ObjectStorage::Gcs => {
            let mut builder =
                GoogleCloudStorageBuilder::from_env().with_bucket_name(&url.bucket).with_retry(retry);
            if let Some(endpoint) = setting("endpoint") {
                builder = builder.with_base_url(endpoint);
            }
            if let Some(file) = setting("service_account") {
                builder = builder.with_service_account_path(folder.join(file).to_string_lossy());
            }
            for (key, value) in client() {
                builder = builder.with_config(GoogleConfigKey::Client(key), value);
            }
            Arc::new(builder.build()?)
        }
        ObjectStorage::Azure => {
            let mut builder =
                MicrosoftAzureBuilder::from_env().with_container_name(&url.bucket).with_retry(retry);
            let account = setting("account_name").or(url.account.as_deref());
            let settings = [
                (AzureConfigKey::AccountName, account),
                (AzureConfigKey::AccessKey, setting("account_key")),
                (AzureConfigKey::SasKey, setting("sas_token")),
                (AzureConfigKey::Endpoint, setting("endpoint")),
            ];
            for (key, value) in settings {
                if let Some(value) = value {
                    builder = builder.with_config(key, value);
                }
            }
            for (key, value) in client() {
                builder = builder.with_config(AzureConfigKey::Client(key), value);
            }
            Arc::new(builder.build()?)
        }
    })
}
