//! Reads an object in blocks, of which a bounded number is kept: whoever reads a few columns asks for ranges all over
//! the object, one after the other.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{GetOptions, GetRange};

use super::{Object, failure};
use crate::store::files::storage::Source;

/// Bytes of a block.
const BLOCK: u64 = 1 << 20;
/// Blocks that are kept, at the most.
const KEPT: usize = 32;
/// Blocks that are asked for at once, at the most.
const AHEAD: u64 = 8;
/// Requests for blocks that are under way at once.
const AT_ONCE: usize = 4;

/// An object that is open for reading.
#[derive(Debug, Clone)]
pub(super) struct ObjectSource(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    object: Object,
    length: u64,
    kept: Mutex<Kept>,
}

/// Blocks by their number, each with when it was last asked for.
#[derive(Debug, Default)]
struct Kept {
    blocks: BTreeMap<u64, (u64, Bytes)>,
    asked: u64,
}

impl Kept {
    fn get(&mut self, block: u64) -> Option<Bytes> {
        self.asked += 1;
        let (last, bytes) = self.blocks.get_mut(&block)?;
        *last = self.asked;
        Some(bytes.clone())
    }

    /// Takes in the blocks that bytes from the beginning of the first are.
    fn put(&mut self, first: u64, bytes: &Bytes) {
        let size = usize::try_from(BLOCK).unwrap_or(usize::MAX);
        for (block, from) in (first..).zip((0..bytes.len()).step_by(size)) {
            self.asked += 1;
            // A copy, so that a block that is kept does not keep its neighbours.
            let part = Bytes::copy_from_slice(&bytes[from..bytes.len().min(from + size)]);
            self.blocks.insert(block, (self.asked, part));
        }
        while self.blocks.len() > KEPT {
            let oldest = self.blocks.iter().min_by_key(|(_, (asked, _))| *asked).map(|(block, _)| *block);
            oldest.and_then(|block| self.blocks.remove(&block));
        }
    }
}

impl Object {
    /// Some of the object's bytes, if it is what it was when it was found.
    async fn fetch(&self, range: Range<u64>) -> object_store::Result<Bytes> {
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            if_match: self.tag.as_ref().map(|tag| format!("\"{tag}\"")),
            ..GetOptions::default()
        };
        self.bucket.get_opts(&self.key, options).await?.bytes().await
    }
}

impl ObjectSource {
    /// The object, which has this length.
    pub(super) fn new(object: Object, length: u64) -> Self {
        Self(Arc::new(Inner { object, length, kept: Mutex::default() }))
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for bytes.
    fn fetch(&self, range: Range<u64>) -> io::Result<Bytes> {
        let wanted = range.end - range.start;
        let object = &self.0.object;
        let bytes = object.runtime.block_on(object.fetch(range)).map_err(|error| failure::io(&error))?;
        if bytes.len() as u64 == wanted { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// The bytes of `count` blocks.
    fn span(&self, first: u64, count: u64) -> Range<u64> {
        first * BLOCK..self.0.length.min((first + count) * BLOCK)
    }

    /// A block; when it is asked for, so are those behind it, `ahead` in all.
    fn block(&self, block: u64, ahead: u64) -> io::Result<Bytes> {
        if let Some(bytes) = self.kept().get(block) {
            return Ok(bytes);
        }
        let bytes = self.fetch(self.span(block, ahead))?;
        self.kept().put(block, &bytes);
        Ok(bytes.slice(..bytes.len().min(usize::try_from(BLOCK).unwrap_or(usize::MAX))))
    }

    /// The part of a block from a place in the object on.
    fn rest(&self, at: u64, ahead: u64) -> io::Result<Bytes> {
        let bytes = self.block(at / BLOCK, ahead)?;
        Ok(bytes.slice(usize::try_from(at % BLOCK).unwrap_or(usize::MAX).min(bytes.len())..))
    }
}

impl Source for ObjectSource {
    fn length(&self) -> u64 {
        self.0.length
    }

    fn bytes(&self, from: u64, length: usize) -> io::Result<Bytes> {
        let end = from.saturating_add(length as u64);
        if end > self.0.length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let blocks = end.div_ceil(BLOCK).saturating_sub(from / BLOCK);
        if blocks > AHEAD {
            return self.fetch(from..end);
        }
        let first = if length == 0 { Bytes::new() } else { self.rest(from, blocks)? };
        if first.len() >= length {
            return Ok(first.slice(..length));
        }
        let mut bytes = BytesMut::with_capacity(length);
        bytes.extend_from_slice(&first);
        while bytes.len() < length {
            let more = self.rest(from + bytes.len() as u64, 1)?;
            bytes.extend_from_slice(&more[..more.len().min(length - bytes.len())]);
        }
        Ok(bytes.freeze())
    }

    fn reader(&self, from: u64) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Reader { source: self.clone(), at: from, ahead: 1, block: Bytes::new() }))
    }

    fn expect(&self, ranges: &[Range<u64>]) -> io::Result<()> {
        let mut wanted: Vec<u64> = ranges
            .iter()
            .filter(|range| !range.is_empty())
            .flat_map(|range| range.start / BLOCK..range.end.min(self.0.length).div_ceil(BLOCK))
            // One too many is as good as all.
            .take(2 * KEPT)
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.len() > KEPT {
            return Ok(());
        }
        wanted.retain(|block| self.kept().get(*block).is_none());
        let mut runs: Vec<(u64, u64)> = Vec::new();
        for block in wanted {
            match runs.last_mut() {
                Some((first, count)) if *first + *count == block && *count < AHEAD => *count += 1,
                Some(_) | None => runs.push((block, 1)),
            }
        }
        let object = &self.0.object;
        let fetched = stream::iter(runs)
            .map(|(first, count)| async move { Ok((first, object.fetch(self.span(first, count)).await?)) })
            .buffered(AT_ONCE)
            .try_for_each(|(first, bytes)| {
                self.kept().put(first, &bytes);
                futures::future::ready(Ok(()))
            });
        object.runtime.block_on(fetched).map_err(|error: object_store::Error| failure::io(&error))
    }
}

/// Reads on and on, and asks for more at once the longer it does.
struct Reader {
    source: ObjectSource,
    at: u64,
    ahead: u64,
    block: Bytes,
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.block.is_empty() {
            if self.at >= self.source.length() {
                return Ok(0);
            }
            self.block = self.source.rest(self.at, self.ahead)?;
            self.ahead = AHEAD.min(self.ahead * 2);
        }
        let read = into.len().min(self.block.len());
        into[..read].copy_from_slice(&self.block.split_to(read));
        self.at += read as u64;
        Ok(read)
    }
}
