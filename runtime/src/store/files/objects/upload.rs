//! Writes an object: a small one with one put, a larger one in parts that are an object only once they are joined.

use std::io::{self, Write};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use object_store::path::Path as Key;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutPayload, WriteMultipart};
use tokio::runtime::Handle;

use super::failure;
use crate::store::files::storage::Pending;

/// Bytes of a part; what is not larger is put at once.
const PART: usize = 8 << 20;
/// Parts that are under way at once.
const AT_ONCE: usize = 2;
/// How often a put is begun anew that met another one of the same name, of which then nothing is there.
const CONFLICTS: usize = 3;
/// How long is waited for parts to be taken back.
const TAKEN_BACK_WITHIN: Duration = Duration::from_secs(10);

/// An object that is being written.
pub(super) struct Upload {
    bucket: Arc<dyn ObjectStore>,
    key: Key,
    runtime: Handle,
    buffer: Vec<u8>,
    parts: Option<WriteMultipart>,
    length: u64,
}

impl Upload {
    /// Begins an object. Nothing is asked of the storage yet.
    pub(super) fn new(bucket: Arc<dyn ObjectStore>, key: Key, runtime: Handle) -> Self {
        Self { bucket, key, runtime, buffer: Vec::new(), parts: None, length: 0 }
    }

    /// Puts it as one. An object of that name is not replaced where the storage can tell: it would be another run's.
    async fn put(&self, content: PutPayload) -> object_store::Result<()> {
        let mut conflicts = 0;
        loop {
            let error = match self.bucket.put_opts(&self.key, content.clone(), PutMode::Create.into()).await {
                Ok(_) => return Ok(()),
                Err(error) if failure::is_unsupported(&error) => {
                    return self.bucket.put(&self.key, content).await.map(drop);
                }
                Err(error @ Error::AlreadyExists { .. }) => error,
                Err(error) => return Err(error),
            };
            let there = match self.bucket.get(&self.key).await {
                Ok(there) => there.bytes().await?,
                // Two at the same moment: of neither anything is there.
                Err(Error::NotFound { .. }) if conflicts < CONFLICTS => {
                    conflicts += 1;
                    continue;
                }
                Err(Error::NotFound { .. }) => return Err(error),
                Err(other) => return Err(other),
            };
            // A put whose answer was lost is tried again by the client, and finds itself.
            return if content.iter().flatten().copied().eq(there) { Ok(()) } else { Err(error) };
        }
    }

    /// Makes an object of its parts.
    async fn join(&self, parts: WriteMultipart) -> object_store::Result<()> {
        match parts.finish().await {
            // An upload whose answer was lost is joined again by the client, and is not there any more.
            Err(error @ Error::NotFound { .. }) => match self.bucket.head(&self.key).await {
                Ok(there) if there.size == self.length => Ok(()),
                Ok(_) | Err(_) => Err(error),
            },
            done => done.map(drop),
        }
    }
}

impl Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let runtime = self.runtime.clone();
        // Parts that fail are told here, soon after.
        let upload = async {
            if self.parts.is_none() && self.buffer.len() + bytes.len() > PART {
                let parts = self.bucket.put_multipart(&self.key).await?;
                let mut parts = WriteMultipart::new_with_chunk_size(parts, PART);
                parts.write(&std::mem::take(&mut self.buffer));
                self.parts = Some(parts);
            }
            match &mut self.parts {
                None => self.buffer.extend_from_slice(bytes),
                Some(parts) => {
                    parts.wait_for_capacity(AT_ONCE).await?;
                    parts.write(bytes);
                }
            }
            Ok(())
        };
        runtime.block_on(upload).map_err(|error: Error| failure::io(&error))?;
        self.length += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Pending for Upload {
    fn seal(&mut self) -> io::Result<u64> {
        Ok(self.length)
    }

    fn publish(mut self: Box<Self>) -> io::Result<()> {
        let done = match self.parts.take() {
            Some(parts) => self.runtime.block_on(self.join(parts)),
            None => {
                let content = std::mem::take(&mut self.buffer);
                self.runtime.block_on(self.put(content.into()))
            }
        };
        done.map_err(|error| failure::io(&error))
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(parts) = self.parts.take() {
            let (done, waited) = mpsc::channel::<()>();
            self.runtime.spawn(async move {
                // What cannot be taken back now is never an object: the storage's own rule for unfinished uploads
                // ends it.
                drop(parts.abort().await);
                drop(done);
            });
            // The process may end with the run.
            let _ = waited.recv_timeout(TAKEN_BACK_WITHIN);
        }
    }
}
