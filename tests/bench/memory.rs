//! How much memory compiling takes for each step of the plan: `cargo bench -p mig-bench --bench memory [-- DATASETS …]`.
//!
//! Every allocation is counted by its size, as it was asked for. What is given is the most that was alive at one
//! time, less what was alive before: catalog, schemas and the source's text are there already and do not count.

#![expect(clippy::print_stdout, reason = "a benchmark is for its figures")]

use std::collections::BTreeMap;

use mig_bench::families;
use mig_compiler::{World, compile};
use mig_plan::PlanFile;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

fn main() {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    for datasets in if sizes.is_empty() { vec![1_000, 10_000, 100_000] } else { sizes } {
        let migration = families(datasets);
        let world = World { catalog: &migration.catalog, schemas: &migration.schemas };
        let before = ALLOCATED.current_usage();
        let (plan, most) = peak(|| compile(&migration.trees(), &world, migration.files()).0);
        let plan = plan.expect("a plan");
        let steps = plan.steps.len();
        println!("{datasets} datasets, {steps} steps; bytes for each step:");
        println!("  parse, check and plan, at the most: {}", most / steps);
        println!("  the plan that is left: {}", ALLOCATED.current_usage().saturating_sub(before) / steps);
        let file = PlanFile::new(plan, ".".to_owned(), BTreeMap::new()).expect("a plan");
        let (text, peak_of_writing) = peak(|| file.to_text().expect("a plan has a text"));
        println!("  to write the plan file, text included: {}", peak_of_writing / steps);
        println!("  the text alone: {}", text.len() / steps);
        let (_, peak_of_reading) = peak(|| PlanFile::from_text(&text).expect("its own text"));
        println!("  to read it, plan included: {}", peak_of_reading / steps);
    }
}

/// What the work gives, and the most that was allocated at one time meanwhile, above what was before.
fn peak<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    let given = work();
    (given, ALLOCATED.peak_usage().saturating_sub(before))
}
