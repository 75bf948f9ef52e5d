//! `mig lsp`: serves an editor. Tells the language server of the world as the snapshots have it, and reaches out only
//! when a command of the editor says so.

use std::future::Future;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use mig_compiler::Wanted;
use mig_lang::Severity;
use mig_lsp::{Host, Known, Texts};
use tokio::net::TcpListener;

use crate::args::{LspArgs, StateArgs};
use crate::command::apply::nothing_to_do;
use crate::command::target::{Run, Target};
use crate::console::Console;
use crate::exit::Exit;
use crate::problem::{Failure, Problem};
use crate::render::plan::{Detail, plan};
use crate::render::words::counted_len;
use crate::workspace::{Workspace, write_atomically};
use crate::world::{Pulled, Reading, checked, known, pull_catalog, pull_schemas};

/// Columns of a line of a plan that is shown in an editor.
const WIDTH: usize = 100;

/// Serves until the client says goodbye or goes away.
pub(crate) fn run(args: &LspArgs, console: Console) -> Result<Exit, Failure> {
    // What is rendered is shown in the editor.
    console::set_colors_enabled(false);
    let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let threads = threads.map_err(|error| no_threads(&error))?;
    let served = match args.socket {
        None => {
            threads.block_on(mig_lsp::serve(tokio::io::stdin(), tokio::io::stdout(), World));
            Ok(())
        }
        Some(port) => threads.block_on(socket(port, console)),
    };
    // A thread that waits for a client's next word would keep the program from ending.
    threads.shutdown_background();
    served.map(|()| Exit::Done)
}

async fn socket(port: u16, console: Console) -> Result<(), Failure> {
    let unavailable = |error: std::io::Error| {
        Problem::new(
            "no-port",
            format!("the port {port} cannot be served: {error}"),
            "Another program may have it. `--socket 0` takes a free one.",
        )
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(unavailable)?;
    let address = listener.local_addr().map_err(unavailable)?;
    console.print(&format!("{}\n", address.port()))?;
    let (client, _) = listener.accept().await.map_err(unavailable)?;
    let (input, output) = client.into_split();
    mig_lsp::serve(input, output, World).await;
    Ok(())
}

fn no_threads(error: &std::io::Error) -> Problem {
    Problem::new(
        "no-runtime",
        format!("the system gives no threads: {error}"),
        "Check the limits of processes and open files (`ulimit -a`).",
    )
}

/// The world as the commands of the program see it.
struct World;

impl Host for World {
    fn known(&self, folder: &Path, wanted: &Wanted) -> Known {
        known(folder, wanted)
    }

    fn refresh(&self, texts: Texts) -> BoxFuture<'static, Result<String, String>> {
        aside(move |left| {
            let workspace = workspace(texts);
            let catalog = written(&workspace, pull_catalog(&workspace)?, left)?;
            let schemas = written(&workspace, pull_schemas(&workspace)?, left)?;
            Ok(format!("{catalog} {schemas}"))
        })
        .boxed()
    }

    fn preview(&self, texts: Texts) -> BoxFuture<'static, Result<String, String>> {
        aside(move |_| preview(workspace(texts))).boxed()
    }
}

/// Does what takes its time on a thread where waiting is allowed; what keeps it from being done is told in a sentence. When nobody
/// waits for it any more it is told so, and is to change nothing from then on.
fn aside(
    work: impl FnOnce(&Left) -> Result<String, Failure> + Send + 'static,
) -> impl Future<Output = Result<String, String>> + Send {
    let left = Left::default();
    let waiting = Waiting(left.clone());
    let done = tokio::task::spawn_blocking(move || work(&left));
    async move {
        let _waiting = waiting;
        match done.await {
            Ok(result) => result.map_err(|failure| sentence(&failure)),
            Err(_) => Err("This is a fault of mig; please report it.".to_owned()),
        }
    }
}

/// Whether nobody waits for work any more.
#[derive(Clone, Default)]
struct Left(Arc<AtomicBool>);

/// Whoever waits for work.
struct Waiting(Left);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::SeqCst);
    }
}

fn workspace(texts: Texts) -> Workspace {
    Workspace::of(&texts.folder, texts.files)
}

/// Writes a snapshot where it is another, and says so.
fn written(workspace: &Workspace, pulled: Pulled, left: &Left) -> Result<String, Failure> {
    match pulled {
        Pulled::Needless(why) => Ok(why),
        Pulled::Snapshot { file, what, changes, grown, text, .. } => {
            if changes.is_empty() && grown.is_empty() {
                return Ok(format!("{file} is up to date: {what}."));
            }
            if left.0.load(Ordering::SeqCst) {
                return Ok(format!("{file} is as it was: nobody waits for another."));
            }
            write_atomically(&workspace.folder.join(file), text.as_bytes())?;
            Ok(format!("Written to {file}: {what}."))
        }
    }
}

/// What `mig plan` shows, made from the snapshots where there are some.
fn preview(workspace: Workspace) -> Result<String, Failure> {
    let target = Target::find(&workspace.folder, None, &StateArgs { dir: None })?;
    let run: Option<Run> = target.journal()?.map(|journal| target.run(&journal)).transpose()?.flatten();
    if let Some(run) = run.filter(|run| run.has_completed(&workspace)) {
        return Ok(nothing_to_do(&target, &run.file));
    }
    let planned = checked(workspace, Reading::Snapshots)?;
    let file = planned.file(".".to_owned())?;
    let mut text = plan(&file, Detail { all: false, width: WIDTH });
    if !planned.snapshots.is_empty() {
        text.push_str(&format!("\nMade from {}.\n", planned.snapshots.join(" and ")));
    }
    Ok(text)
}

/// Why something was not done, for a message in an editor.
fn sentence(failure: &Failure) -> String {
    match failure {
        Failure::Problem(problem) => format!("{}. {}", problem.message, problem.help),
        Failure::Findings(findings) => {
            let errors = || findings.diagnostics.iter().filter(|found| found.severity == Severity::Error);
            let first = errors().next().map_or("", |found| found.message.as_str());
            format!("The migration has {}; the first: {first}.", counted_len(errors().count(), "error"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::{aside, written};
    use crate::workspace::Workspace;
    use crate::world::Pulled;

    /// Writes a snapshot after a client has waited for it, or left. What is in the file then.
    async fn refreshed(leaves: bool) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::of(folder.path(), Vec::new());
        let pulled = Pulled::Snapshot {
            file: "catalog.lock.json",
            what: "1 entity".to_owned(),
            changes: vec!["`resource:default/orders` is new".to_owned()],
            grown: Vec::new(),
            is_new: true,
            text: "{}".to_owned(),
        };
        let ((go, going), (done, is_done)) = (channel(), channel());
        let work = aside(move |left| {
            going.recv().unwrap();
            let said = written(&workspace, pulled, left);
            done.send(()).unwrap();
            said
        });
        if leaves {
            drop(work);
            go.send(()).unwrap();
        } else {
            go.send(()).unwrap();
            work.await.unwrap();
        }
        is_done.recv().unwrap();
        std::fs::read_to_string(folder.path().join("catalog.lock.json")).ok()
    }

    #[tokio::test]
    async fn a_refresh_that_nobody_waits_for_any_more_writes_nothing() {
        assert_eq!(refreshed(true).await, None);
        assert_eq!(refreshed(false).await.as_deref(), Some("{}"));
    }
}
