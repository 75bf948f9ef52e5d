//! Copy: all rows under the mapping, chunk by chunk, while the chunks behind are still being planned.
//!
//! A chunk's bounds are durable before it is copied, and its receipt stands in the new store with its rows:
//! what was planned is never planned again, and what has a receipt is never copied again. Asked to let go,
//! it lets the chunks under way come to their end, so that none is written after the step has stopped.
//! Undone by deleting the rows, if all of them are this run's.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use mig_plan::{ChunkBounds, ChunkDigest, Dataset, Event, TableRef};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};

use super::{Act, Done, Failure, defect, rows};
use crate::eval::Mapping;
use crate::progress::Progress;
use crate::store::{ReceiptKey, Store};
use crate::transfer::{Copied, Passage, copy_chunk, pass_chunk};

/// How many chunks' bounds become one append to the journal at the most.
const PLANNED_AT_ONCE: usize = 256;

/// A table is small that would still be one chunk had it grown so many times since the plan was made.
const GROWTH: u64 = 100;

pub(super) async fn act(act: &Act, name: &str) -> Result<Done, Failure> {
    let dataset = act.dataset(name)?;
    let mapping = Mapping::new(dataset).map_err(|error| Failure::refused(error.to_string()))?;
    let (old, new) = (act.store(&dataset.old).await?, act.store(&dataset.new).await?);
    let passage = {
        let _permits = act.permits(&[&dataset.old, &dataset.new]).await?;
        Passage::find(&old, &new, &mapping).await?
    };
    let mut parallel = act.world().parallel(&dataset.old.store, &dataset.new.store)?;
    if passage.is_none() {
        parallel = new.data.writers().map_or(parallel, |writers| parallel.min(writers));
    }
    let mut copy = Copy {
        act,
        name,
        dataset,
        mapping: Arc::new(mapping),
        old,
        new,
        passage: passage.map(Arc::new),
        parallel,
        queue: VecDeque::new(),
        planned: 0,
        begins: false,
        planning: None,
        copying: JoinSet::new(),
        progress: act.progress(name, act.with_state(|state| state.record(act.position).chunks.digest.rows)),
    };
    copy.resume().await?;
    copy.run().await
}

pub(super) async fn undo(act: &Act, name: &str) -> Result<Done, Failure> {
    let dataset = act.dataset(name)?;
    let new = act.store(&dataset.new).await?;
    let _permits = act.permits(&[&dataset.new]).await?;
    let rows = rows::count(act, &new, name, dataset).await?;
    rows.require_ours(dataset, "move the other rows elsewhere, and run again to delete the copied ones")?;
    if new.data.count(&dataset.new.path).await?.is_some() {
        new.data.delete_rows(&dataset.new.path, act.run.digest, name).await?;
    }
    Ok(Done::Succeeded)
}

struct Copy<'a> {
    act: &'a Act,
    name: &'a str,
    dataset: &'a Dataset,
    mapping: Arc<Mapping>,
    old: Store,
    new: Store,
    /// How rows go that are not to be taken apart.
    passage: Option<Arc<Passage>>,
    /// How many chunks are copied at once.
    parallel: usize,
    /// Planned chunks that are not copied yet, in order.
    queue: VecDeque<(u64, ChunkBounds)>,
    /// How many chunks are planned.
    planned: u64,
    /// Whether nothing was planned before this try, so that no chunk has a receipt of this run's.
    begins: bool,
    planning: Option<Planning>,
    copying: JoinSet<Result<(), Failure>>,
    progress: Arc<Progress>,
}

/// The search for chunk bounds, beside the copying of those that were found.
struct Planning {
    bounds: mpsc::Receiver<ChunkBounds>,
    search: JoinSet<Result<(), Failure>>,
}

impl Copy<'_> {
    /// Takes up what an earlier try left: its receipts, its planned chunks, its place in the planning.
    async fn resume(&mut self) -> Result<(), Failure> {
        let chunks = self.act.record().chunks;
        self.begins = chunks.planned.is_empty() && !chunks.all_planned;
        let receipts = if self.begins { BTreeMap::new() } else { self.receipts().await? };
        for (chunk, digest) in &chunks.copied {
            if receipts.get(chunk) != Some(digest) {
                return Err(Failure::refused(format!(
                    "{} has lost chunk {chunk} since it was copied: somebody else changed the table",
                    self.dataset.new
                )));
            }
        }
        let mut found = Vec::new();
        for (&chunk, &digest) in &receipts {
            if chunk >= chunks.planned.len() as u64 {
                return Err(not_planned(&self.dataset.new, chunk));
            }
            if !chunks.copied.contains_key(&chunk) {
                // The process died between the chunk's commit and the journal's.
                found.push(Event::ChunkCopied {
                    step: self.act.step().id.clone(),
                    chunk,
                    digest,
                    bytes: 0,
                    millis: None,
                });
            }
        }
        if !found.is_empty() {
            self.act.journal(found).await?;
        }
        self.planned = chunks.planned.len() as u64;
        let after = match chunks.planned.last() {
            None => Some(None),
            // The last chunk of a table is open-ended.
            Some(last) => last.up_to.clone().map(Some),
        };
        self.queue = (0..).zip(chunks.planned).filter(|(chunk, _)| !receipts.contains_key(chunk)).collect();
        match after {
            _ if chunks.all_planned => {}
            Some(None) if self.is_small() => self.plan(&mut vec![ChunkBounds::default()]).await?,
            Some(after) => self.planning = Some(self.plan_behind(after)),
            None => self.all_planned().await?,
        }
        Ok(())
    }

    /// Whether all rows are one chunk, for which nothing has to be searched.
    fn is_small(&self) -> bool {
        let known = self.act.run.estimates.get(self.name);
        known.is_some_and(|known| known.rows.saturating_mul(GROWTH) <= self.dataset.chunk_rows)
    }

    async fn receipts(&self) -> Result<BTreeMap<u64, ChunkDigest>, Failure> {
        let _permits = self.act.permits(&[&self.dataset.new]).await?;
        let path = &self.dataset.new.path;
        Ok(self.new.data.receipts(path, self.act.run.digest, self.name).await?.into_iter().collect())
    }

    fn plan_behind(&self, after: Option<mig_plan::KeyBound>) -> Planning {
        let (sender, bounds) = mpsc::channel(PLANNED_AT_ONCE);
        let mut search = JoinSet::new();
        let act = self.act.clone();
        let old = self.old.clone();
        let table = self.mapping.old_table().clone();
        let place = self.dataset.old.clone();
        let rows = self.dataset.chunk_rows;
        search.spawn(async move {
            // The bounds are taken whether or not chunks can be copied, so that this place is given back.
            let _permits = act.permits(&[&place]).await?;
            old.data.chunks(&table, rows, after, sender).await.map_err(Failure::from)
        });
        Planning { bounds, search }
    }

    async fn run(&mut self) -> Result<Done, Failure> {
        let mut stopped = false;
        let mut failure = None;
        let mut found = Vec::new();
        loop {
            let going = !stopped && failure.is_none();
            while going && self.copying.len() < self.parallel {
                let Some((chunk, bounds)) = self.queue.pop_front() else { break };
                self.copy(chunk, bounds);
            }
            if !going {
                self.planning = None;
            }
            if self.copying.is_empty() && self.planning.is_none() {
                break;
            }
            tokio::select! {
                count = next_bounds(&mut self.planning, &mut found) => {
                    let result = if count == 0 { self.planning_ended().await } else { self.plan(&mut found).await };
                    failure = failure.or(result.err());
                }
                Some(result) = self.copying.join_next() => {
                    failure = failure.or(joined(result).err());
                }
                () = self.act.stop.cancelled(), if !stopped => stopped = true,
            }
        }
        let ended = match failure {
            Some(failure) => Err(failure),
            None if stopped && !(self.queue.is_empty() && self.is_planned()) => Ok(Done::Stopped),
            None => self.add_key().await.map(|()| Done::Succeeded),
        };
        if ended.is_err() {
            // Who tries again begins with what was reported.
            self.act.journal(Vec::new()).await?;
        }
        ended
    }

    /// Gives a table that this run made its key, now that all rows are there.
    async fn add_key(&self) -> Result<(), Failure> {
        if self.dataset.new_schema.is_some() {
            return Ok(());
        }
        let _permits = self.act.permits(&[&self.dataset.new]).await?;
        Ok(self.new.data.add_key(self.mapping.new_table()).await?)
    }

    fn is_planned(&self) -> bool {
        self.act.with_state(|state| state.record(self.act.position).chunks.all_planned)
    }

    async fn plan(&mut self, found: &mut Vec<ChunkBounds>) -> Result<(), Failure> {
        let step = &self.act.step().id;
        let numbered: Vec<(u64, ChunkBounds)> = (self.planned..).zip(found.drain(..)).collect();
        let events = numbered.iter().map(|(chunk, bounds)| Event::ChunkPlanned {
            step: step.clone(),
            chunk: *chunk,
            bounds: bounds.clone(),
        });
        let mut events: Vec<Event> = events.collect();
        let planned = self.planned + numbered.len() as u64;
        // The last chunk of a table is open-ended: nothing is behind it.
        if numbered.last().is_some_and(|(_, bounds)| bounds.up_to.is_none()) {
            self.searched().await?;
            events.push(Event::ChunksPlanned { step: step.clone(), chunks: planned });
        }
        self.act.journal(events).await?;
        self.planned = planned;
        self.queue.extend(numbered);
        Ok(())
    }

    /// The search has found all there is, or why it cannot.
    async fn searched(&mut self) -> Result<(), Failure> {
        let Some(mut planning) = self.planning.take() else { return Ok(()) };
        while let Some(result) = planning.search.join_next().await {
            joined(result)?;
        }
        Ok(())
    }

    async fn planning_ended(&mut self) -> Result<(), Failure> {
        self.searched().await?;
        self.all_planned().await
    }

    async fn all_planned(&self) -> Result<(), Failure> {
        let step = self.act.step().id.clone();
        self.act.journal(vec![Event::ChunksPlanned { step, chunks: self.planned }]).await
    }

    fn copy(&mut self, chunk: u64, bounds: ChunkBounds) {
        let act = self.act.clone();
        let (old, new) = (self.old.clone(), self.new.clone());
        let (mapping, progress) = (Arc::clone(&self.mapping), Arc::clone(&self.progress));
        let (passage, begins) = (self.passage.clone(), self.begins);
        let places = [self.dataset.old.clone(), self.dataset.new.clone()];
        let receipt = ReceiptKey { plan: act.run.digest, dataset: self.name.to_owned(), chunk };
        self.copying.spawn(async move {
            let [from, to] = &places;
            let permits = act.permits(&[from, to]).await?;
            let began = Instant::now();
            let copied = match &passage {
                Some(passage) => pass_chunk(passage, &mapping, &bounds, &receipt, &progress).await?,
                None => copy_chunk(&old, &new, &mapping, &bounds, &receipt, &progress).await?,
            };
            drop(permits);
            let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            let step = act.step().id.clone();
            let millis = (!copied.before).then_some(took);
            let Copied { digest, bytes, before } = copied;
            if begins && before {
                return Err(not_planned(to, chunk));
            }
            // Its receipt is durable: nothing waits for the journal to be.
            act.report(vec![Event::ChunkCopied { step, chunk, digest, bytes, millis }]).await
        });
    }
}

/// A receipt that this run cannot have left.
fn not_planned(table: &TableRef, chunk: u64) -> Failure {
    Failure::refused(format!("{table} has a receipt for chunk {chunk}, which this run has not planned"))
}

/// Waits for bounds; 0 when there are no more. Without a planning it waits forever.
async fn next_bounds(planning: &mut Option<Planning>, found: &mut Vec<ChunkBounds>) -> usize {
    match planning {
        Some(planning) => planning.bounds.recv_many(found, PLANNED_AT_ONCE).await,
        None => std::future::pending().await,
    }
}

fn joined(result: Result<Result<(), Failure>, JoinError>) -> Result<(), Failure> {
    match result {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            // The other chunks still come to their end.
            Ok(panic) => Err(defect(panic.as_ref())),
            Err(_) => Err(Failure::broken("the copy was broken off")),
        },
    }
}
