//! Work that takes its time: the client is shown that it is under way, and can have it left.

use std::future::pending;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{NumberOrString, WorkDoneProgressCancelParams};
use tower_lsp::{Cancellable, OngoingProgress, Unbounded};

use super::Backend;

/// What the client is told of work that was left.
const LEFT: &str = "cancelled";

/// The work that clients are shown, by its token, and how each piece is told that nobody wants it any more.
#[derive(Debug, Default)]
pub(super) struct UnderWay(Mutex<Vec<Work>>);

/// A piece of work, and what tells it to end.
type Work = (NumberOrString, oneshot::Sender<()>);

impl UnderWay {
    fn lock(&self) -> MutexGuard<'_, Vec<Work>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Work begins; what comes of the receiver is that it is to be left.
    fn begin(&self, token: NumberOrString) -> oneshot::Receiver<()> {
        let (leave, left) = oneshot::channel();
        let mut all = self.lock();
        all.retain(|(_, leave)| !leave.is_closed());
        all.push((token, leave));
        left
    }

    /// The work of a token is to be left.
    fn leave(&self, token: &NumberOrString) {
        let mut all = self.lock();
        let (these, others): (Vec<Work>, Vec<Work>) = all.drain(..).partition(|(other, _)| other == token);
        *all = others;
        for (_, leave) in these {
            // It may be done meanwhile.
            let _ = leave.send(());
        }
    }
}

impl Backend {
    /// Does work while the client shows that it is under way, where it can, and until the client has it left.
    pub(super) async fn shown<T>(
        &self,
        token: Option<NumberOrString>,
        title: &str,
        work: impl Future<Output = std::result::Result<T, String>>,
    ) -> Result<std::result::Result<T, String>> {
        let token = match token {
            Some(token) => Some(token),
            None if self.abilities().shows_progress => {
                let token = NumberOrString::String(format!("mig/{}", self.client.next_request_id()));
                self.client.create_work_done_progress(token.clone()).await.is_ok().then_some(token)
            }
            None => None,
        };
        let Some(token) = token else { return Ok(work.await) };
        let left = self.under_way.begin(token.clone());
        let shown = self.client.progress(token, title).with_cancel_button().begin().await;
        let shown = Shown(Some(shown));
        let said = tokio::select! {
            said = work => Some(said),
            () = asked(left) => None,
        };
        let how = match &said {
            Some(Ok(_)) => "done",
            Some(Err(_)) => "failed",
            None => LEFT,
        };
        shown.end(how).await;
        said.ok_or_else(Error::request_cancelled)
    }

    /// The client wants no more of what it is shown.
    pub(super) async fn leave(&self, params: WorkDoneProgressCancelParams) {
        self.under_way.leave(&params.token);
    }
}

/// What the client is shown. It is told of its end, also where the request itself is cancelled and goes no further.
struct Shown(Option<OngoingProgress<Unbounded, Cancellable>>);

impl Shown {
    async fn end(mut self, how: &str) {
        if let Some(progress) = self.0.take() {
            progress.finish_with_message(how).await;
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some(progress) = self.0.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(progress.finish_with_message(LEFT));
        }
    }
}

/// Waits until work is to be left.
async fn asked(left: oneshot::Receiver<()>) {
    if left.await.is_err() {
        pending().await
    }
}
