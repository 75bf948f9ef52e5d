//! The threads on which features work, beside those that read and write messages, so that a cancellation is answered at
//! once.
//!
//! There are as many as processors and no more: what is worked out is shared by all of them, and an allocator that has a
//! part of the memory for each thread keeps more of it, the more threads there are.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;
use tower_lsp::jsonrpc::{Error, Result};

/// A piece of work that gives its result away by itself.
type Job = Box<dyn FnOnce() + Send>;

/// The threads; they end when this is dropped.
#[derive(Debug)]
pub(super) struct Threads(Sender<Job>);

impl Threads {
    pub(super) fn start() -> Self {
        let (jobs, queue) = channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        let count = thread::available_parallelism().map_or(2, |count| count.get().max(2));
        for _ in 0..count {
            let queue = Arc::clone(&queue);
            thread::spawn(move || {
                loop {
                    let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(job) = job else { return };
                    // Whoever waits for a job that panics is told that it gives nothing.
                    let _ = catch_unwind(AssertUnwindSafe(job));
                }
            });
        }
        Self(jobs)
    }

    /// Does work, unless nobody waits for it any more when it could be begun.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let (give, take) = oneshot::channel();
        let job: Job = Box::new(move || {
            if !give.is_closed() {
                // It may have been cancelled meanwhile.
                let _ = give.send(work());
            }
        });
        self.0.send(job).map_err(|_| Error::internal_error())?;
        take.await.map_err(|_| Error::internal_error())
    }
}

#[cfg(test)]
mod tests {
    use super::Threads;

    #[tokio::test]
    async fn a_panic_is_the_end_of_one_job() {
        let threads = Threads::start();
        for _ in 0..64 {
            assert!(threads.run(|| assert!(std::hint::black_box(false), "on purpose")).await.is_err());
        }
        assert_eq!(threads.run(|| 3).await.ok(), Some(3));
    }
}
