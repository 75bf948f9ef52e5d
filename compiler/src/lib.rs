//! The compiler: names resolved, a program checked against a world that is given as values, a plan.
//!
//! ```text
//! ast::File… ─ resolve ─► hir::Program ─ check(World) ─► Checked ─ plan ─► mig_plan::Plan
//! ```
//!
//! Pure: the same files, catalog and schemas give the same diagnostics and the same plan, byte for byte. It
//! reads no file, no clock, no environment and no network; [`wanted`] says what somebody else must read.

mod allow;
mod check;
pub mod codes;
mod condition;
#[cfg(test)]
mod fixture;
pub mod forms;
pub mod fragment;
pub mod functions;
pub mod hir;
pub mod impact;
pub mod lineage;
mod part;
pub mod propose;
mod prose;
mod reference;
#[cfg(test)]
mod resilience;
mod resolve;
mod schedule;
mod shape;
mod site;
mod snippets;
mod source;
mod store_types;
mod textmate;
mod typing;
mod wanted;

use mig_lang::{Diagnostic, ast};
use mig_plan::{Plan, SourceFile};

pub use allow::allow;
pub use check::{
    Checked, Concerned, ExpandedConsumer, ExpandedDataset, ExpandedWave, Expansion, Findings, Named,
    NewColumn, World, check, concerned, expand, nearest_entity, new_columns,
};
pub use condition::condition;
pub use reference::reference;
pub use resolve::{Resolved, resolve};
pub use schedule::plan;
pub use snippets::snippets;
pub use store_types::keeps;
pub use textmate::textmate;
pub use wanted::{Wanted, WantedStore, wanted};

/// Compiles the files of one migration, the whole way. There is a plan only without an error, of files that
/// could be read whole, and with every store that it moves data between read. The diagnostics of the parser
/// are not among those given.
pub fn compile(
    files: &[ast::File],
    world: &World,
    sources: Vec<SourceFile>,
) -> (Option<Plan>, Vec<Diagnostic>) {
    let (program, mut diagnostics) = resolve(files);
    let (checked, found) = check(&program, world);
    diagnostics.extend(found);
    resolve::sort(&mut diagnostics);
    let (diagnostics, allowed) = allow(&program, diagnostics);
    let plan = checked.map(|checked| Plan { allowed, ..plan(checked, sources) });
    (plan, diagnostics)
}
