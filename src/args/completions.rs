//! The arguments of `mig completions`.

use clap::Args;

/// Print the completions for a shell.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig completions bash > ~/.local/share/bash-completion/completions/mig
  mig completions zsh > ~/.zfunc/_mig
  mig completions fish > ~/.config/fish/completions/mig.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}
