//! A program is run in the migration's folder, without a shell. Exit code 0 is success, every other end a
//! refusal. It learns what it is about from `MIG_…` variables; the end of its output is in the error, with
//! every value that came from the environment replaced by its name.

use std::collections::VecDeque;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mig_plan::Setting;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;

use super::super::{Act, Failure};
use super::{Direction, Resolved, Subject, key};

/// How much output is kept while the program runs: far more than is shown, so that a value is never cut
/// in two before it is looked for.
const KEPT_BYTES: usize = 64 * 1024;

/// How much of its end is shown.
const SHOWN_CHARS: usize = 1_000;

/// How long the output is waited for after the program has ended: a child of its own may hold it open.
const OUTPUT_PATIENCE: Duration = Duration::from_secs(1);

pub(super) async fn run(
    act: &Act,
    subject: &str,
    command: &[Setting],
    direction: Direction,
) -> Result<(), Failure> {
    let subject = Subject::of(act, subject)?;
    let resolved = Resolved::of(act, command)?;
    let Some((program, arguments)) = resolved.values.split_first() else {
        return Err(Failure::refused("the plan's command is empty; make the plan again"));
    };
    let shown = command.first().map(ToString::to_string).unwrap_or_default();
    let mut child = Command::new(program);
    child
        .args(arguments)
        .current_dir(&act.world().folder)
        .env("MIG_MIGRATION", &act.plan().migration.name)
        .env("MIG_SUBJECT", subject.name)
        .env("MIG_ENTITY", subject.entity.map(ToString::to_string).unwrap_or_default())
        .env("MIG_DIRECTION", direction.word())
        .env("MIG_PLAN", act.run.digest.to_string())
        .env("MIG_STEP", &act.step().id.0)
        .env("MIG_KEY", key(act, direction))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // An interrupt at the terminal is for mig, which lets the program end by itself.
    #[cfg(unix)]
    child.process_group(0);
    let mut child =
        child.spawn().map_err(|error| Failure::broken(format!("{shown} cannot be run: {}", error.kind())))?;
    let tail = Tail::default();
    let readers = [
        child.stdout.take().map(|out| tokio::spawn(tail.clone().read(out))),
        child.stderr.take().map(|out| tokio::spawn(tail.clone().read(out))),
    ];
    let status = child
        .wait()
        .await
        .map_err(|error| Failure::broken(format!("{shown} cannot be waited for: {}", error.kind())))?;
    let patience = tokio::time::Instant::now() + OUTPUT_PATIENCE;
    for mut reader in readers.into_iter().flatten() {
        if tokio::time::timeout_at(patience, &mut reader).await.is_err() {
            reader.abort();
        }
    }
    if status.success() {
        return Ok(());
    }
    let output = tail.end(&resolved);
    let said = if output.is_empty() { "it said nothing".to_owned() } else { format!("it said:\n{output}") };
    Err(Failure::refused(format!("{shown} failed with {status}; {said}")))
}

/// The end of a program's output, both streams as they come.
#[derive(Clone, Default)]
struct Tail(Arc<Mutex<VecDeque<u8>>>);

impl Tail {
    async fn read(self, mut stream: impl AsyncRead + Unpin) {
        let mut buffer = [0_u8; 4096];
        // A stream that cannot be read any more has ended.
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend(&buffer[..count]);
            let excess = kept.len().saturating_sub(KEPT_BYTES);
            kept.drain(..excess);
        }
    }

    fn end(&self, resolved: &Resolved) -> String {
        let kept: Vec<u8> = self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
        let text = resolved.hide(&String::from_utf8_lossy(&kept));
        let text = text.trim();
        let count = text.chars().count();
        let end: String = text.chars().skip(count.saturating_sub(SHOWN_CHARS)).collect();
        if count > SHOWN_CHARS { format!("…{end}") } else { end }
    }
}
