//! The arguments of `mig graph`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Draw datasets and the consumers that read them, wave by wave.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig graph shop --format svg > shop.svg       a drawing for a browser
  mig graph plan.json --format mermaid         for a pull request's description
  mig graph | dot -Tpdf > shop.pdf             through Graphviz")]
pub(crate) struct GraphArgs {
    /// The migration's folder, or a plan file.
    #[arg(default_value = ".", value_name = "FOLDER|PLAN")]
    pub(crate) target: PathBuf,
    /// The language of the drawing.
    #[arg(long, value_enum, default_value_t = GraphFormat::Dot)]
    pub(crate) format: GraphFormat,
    /// Draw every member of every family, however large.
    #[arg(long)]
    pub(crate) all: bool,
    /// Write the drawing to this file.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// The language of a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// Graphviz.
    Dot,
    /// Mermaid, which code hosts draw in a description.
    Mermaid,
    /// A drawing that every browser opens.
    Svg,
}
