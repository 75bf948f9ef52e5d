//! A store's folder in a bucket of an object storage: S3 and what speaks its protocol, Google Cloud Storage, Azure.
//!
//! An object is there whole or not at all, and a put is durable once it is answered: nothing is put aside and
//! renamed. Folders are the names that objects have in common. Requests are retried by the client, as often as
//! `connect` says; what then still fails is told without the credentials and the request, and of the address with the host alone.

mod connect;
mod failure;
mod source;
mod upload;

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use object_store::path::Path as Key;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt};
use tokio::runtime::Handle;

pub(super) use self::connect::connect;
use self::source::ObjectSource;
use self::upload::Upload;
use super::storage::{Entry, Kind, Pending, Source, Stamp, Storage};
use crate::store::StoreError;

/// Requests for small objects that are under way at once.
const AT_ONCE: usize = 16;

/// A folder in a bucket.
#[derive(Debug)]
pub(super) struct Objects {
    bucket: Arc<dyn ObjectStore>,
    /// The names of the folders down to the store's own.
    prefix: Vec<String>,
    runtime: Handle,
}

impl Objects {
    fn wait<T>(&self, work: impl Future<Output = object_store::Result<T>>) -> io::Result<T> {
        self.runtime.block_on(work).map_err(|error| failure::io(&error))
    }

    fn key(&self, path: &Path) -> io::Result<Key> {
        let mut key = self.prefix.join("/");
        for part in path {
            let part = part.to_str().ok_or(io::ErrorKind::InvalidInput)?;
            if !key.is_empty() {
                key.push('/');
            }
            key.push_str(part);
        }
        Key::parse(key).map_err(|error| failure::io(&error.into()))
    }

    /// The key of a folder, `None` for the whole bucket.
    fn folder(&self, folder: &Path) -> io::Result<Option<Key>> {
        Ok(Some(self.key(folder)?).filter(|key| !key.as_ref().is_empty()))
    }

    /// Removes objects; those that are not there are passed over.
    async fn delete(
        &self,
        keys: stream::BoxStream<'static, object_store::Result<Key>>,
    ) -> object_store::Result<()> {
        let mut deleted = self.bucket.delete_stream(keys);
        while let Some(one) = deleted.next().await {
            match one {
                Ok(_) | Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn stamp(meta: &ObjectMeta) -> Stamp {
    // One content has one tag: Azure's lists leave out the quotes that its other answers have.
    let tag = meta.e_tag.as_deref().map(|tag| tag.trim_matches('"').to_owned());
    Stamp { length: meta.size, changed: Some(meta.last_modified.into()), tag }
}

fn unless_missing<T>(found: object_store::Result<T>) -> object_store::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Storage for Objects {
    fn check(&self) -> Result<(), StoreError> {
        let first = self
            .folder(Path::new(""))
            .and_then(|key| self.wait(async { self.bucket.list(key.as_ref()).next().await.transpose() }));
        match first {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StoreError::Refused(
                "there is no such bucket, or these credentials may not see it; make it, or mend the store's path"
                    .to_owned(),
            )),
            Err(error) => Err(super::failure::io(&error, "opening the bucket")),
        }
    }

    fn is_folder(&self, folder: &Path) -> io::Result<bool> {
        if folder.as_os_str().is_empty() {
            return Ok(true);
        }
        let key = self.folder(folder)?;
        let first = self.wait(async { self.bucket.list(key.as_ref()).next().await.transpose() })?;
        Ok(first.is_some())
    }

    fn file(&self, path: &Path) -> io::Result<Option<Stamp>> {
        let key = self.key(path)?;
        let found = self.wait(async { unless_missing(self.bucket.head(&key).await) })?;
        Ok(found.as_ref().map(stamp))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        let key = self.folder(folder)?;
        let found = self.wait(self.bucket.list_with_delimiter(key.as_ref()))?;
        let name = |key: &Key| key.filename().map(str::to_owned);
        let folders = found.common_prefixes.iter().filter_map(name);
        let mut entries: Vec<_> = folders.map(|name| Entry { name, kind: Kind::Folder }).collect();
        // Some tools keep an empty object for the folder itself.
        let inside = found.objects.iter().filter(|object| Some(&object.location) != key.as_ref());
        entries.extend(inside.filter_map(|object| {
            name(&object.location).map(|name| Entry { name, kind: Kind::File(stamp(object)) })
        }));
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    fn walk(&self, folder: &Path, into: &dyn Fn(&str) -> bool) -> io::Result<Vec<(String, Stamp)>> {
        let here = self.list(folder)?;
        if !here.iter().any(|entry| entry.kind == Kind::Folder && into(&entry.name)) {
            let files = here.into_iter().filter_map(|entry| match entry.kind {
                Kind::File(stamp) => Some((entry.name, stamp)),
                Kind::Folder | Kind::Other => None,
            });
            return Ok(files.collect());
        }
        // With a request for each thousand objects, and not one for each folder.
        let key = self.folder(folder)?;
        let all: Vec<ObjectMeta> = self.wait(self.bucket.list(key.as_ref()).try_collect())?;
        let around = key.as_ref().map_or(0, |key| key.as_ref().len() + 1);
        let found = all.iter().filter_map(|object| {
            let path = object.location.as_ref().get(around..)?;
            let inside = path.rsplit_once('/').map_or("", |(inside, _)| inside);
            let wanted = inside.split('/').filter(|name| !name.is_empty()).all(into);
            (wanted && !path.is_empty()).then(|| (path.to_owned(), stamp(object)))
        });
        Ok(found.collect())
    }

    fn read(&self, paths: &[PathBuf]) -> io::Result<Vec<Option<Vec<u8>>>> {
        let keys = paths.iter().map(|path| self.key(path)).collect::<io::Result<Vec<_>>>()?;
        let read = |key: Key| async move {
            let Some(found) = unless_missing(self.bucket.get(&key).await)? else { return Ok(None) };
            found.bytes().await.map(|bytes| Some(bytes.to_vec()))
        };
        self.wait(stream::iter(keys).map(read).buffered(AT_ONCE).try_collect())
    }

    fn open(&self, path: &Path, stamp: &Stamp) -> io::Result<Arc<dyn Source>> {
        let object = Object {
            bucket: Arc::clone(&self.bucket),
            key: self.key(path)?,
            tag: stamp.tag.clone(),
            runtime: self.runtime.clone(),
        };
        Ok(Arc::new(ObjectSource::new(object, stamp.length)))
    }

    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let key = self.key(path)?;
        self.wait(self.bucket.put(&key, content.to_vec().into())).map(drop)
    }

    fn mark(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        self.write(path, content)
    }

    fn begin(&self, path: &Path, _: &Path) -> io::Result<Box<dyn Pending>> {
        Ok(Box::new(Upload::new(Arc::clone(&self.bucket), self.key(path)?, self.runtime.clone())))
    }

    fn clear(&self, _: &Path, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn remove(&self, files: &[PathBuf]) -> io::Result<()> {
        let keys = files.iter().map(|file| self.key(file).map(Ok)).collect::<io::Result<Vec<_>>>()?;
        self.wait(self.delete(stream::iter(keys).boxed()))
    }

    fn remove_all(&self, folder: &Path) -> io::Result<()> {
        let Some(key) = self.folder(folder)? else { return Err(io::ErrorKind::InvalidInput.into()) };
        let inside = self.bucket.list(Some(&key)).map_ok(|object| object.location).boxed();
        self.wait(self.delete(inside))
    }

    fn remove_empty(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

/// One object as it was when it was found.
#[derive(Debug, Clone)]
struct Object {
    bucket: Arc<dyn ObjectStore>,
    key: Key,
    tag: Option<String>,
    runtime: Handle,
}
