//! The arguments of `mig lsp`.

use clap::Args;

/// Serve an editor: diagnostics, completion, navigation, edits, as a language server.
///
/// Speaks the Language Server Protocol on standard input and output. It reads `.mig` files, their snapshots
/// (`mig catalog pull`, `mig schema pull`) and descriptor files; Backstage and stores only when it is told to.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig lsp                   what an editor runs
  mig lsp --socket 7000     one client, on 127.0.0.1:7000
  mig lsp --socket 0        on a free port, which is printed")]
pub(crate) struct LspArgs {
    /// Serve standard input and output, which is what it does anyway.
    #[arg(long, conflicts_with = "socket")]
    pub(crate) stdio: bool,
    /// Serve one client that connects to this port of 127.0.0.1; 0 takes a free one and prints it.
    #[arg(long, value_name = "PORT")]
    pub(crate) socket: Option<u16>,
}
