//! What the compiler takes after each keystroke of an editing session (`session.txt`), in the folder in which the benchmark
//! `editor` times the whole server: 200 files and 50,000 lines, whose catalog has 50,000 entities.
//!
//! `cargo bench -p mig-bench --bench typing [-- ROUNDS [FILES DATASETS ENTITIES]]` (three rounds).

#![expect(clippy::print_stdout, reason = "a benchmark is for its figures")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mig_bench::{Buffers, Step, company, session};
use mig_compiler::{Findings, Resolved, World};
use mig_lang::FileId;

/// The program's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let mut number = |or| numbers.next().unwrap_or(or);
    let (rounds, files, datasets, entities) = (number(3), number(200), number(2_150), number(50_000));
    let migration = company(datasets, files, entities);
    let world = World { catalog: &migration.catalog, schemas: &migration.schemas };
    let numbers: BTreeMap<String, FileId> =
        migration.sources.iter().map(|(id, source)| (source.path.clone(), id)).collect();
    let texts: BTreeMap<String, String> =
        migration.sources.iter().map(|(_, source)| (source.path.clone(), source.text.clone())).collect();
    let whole: Vec<Arc<_>> = migration.trees().into_iter().map(Arc::new).collect();
    let mut resolved = Resolved::new(&whole, None);
    let mut findings = Findings::new(&resolved.program, &world, None);
    let mut times: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for _ in 0..rounds {
        let (mut trees, mut buffers, mut what) = (whole.clone(), Buffers::new(texts.clone()), "");
        for step in session() {
            if let Step::As(words) = step {
                what = words;
            }
            let Some(file) = buffers.take(step).map(str::to_owned) else { continue };
            let number = numbers[&file];
            let began = Instant::now();
            let tree = Arc::new(mig_lang::parse(number, buffers.text(&file)).0);
            let old = trees.iter_mut().find(|tree| tree.id == number);
            old.into_iter().for_each(|old| *old = Arc::clone(&tree));
            resolved = Resolved::new(&trees, Some(&resolved));
            findings = Findings::new(&resolved.program, &world, Some(&findings));
            let all = resolved.diagnostics.iter().chain(findings.found()).cloned().collect();
            std::hint::black_box(mig_compiler::allow(&resolved.program, all));
            times.entry(what).or_default().push(began.elapsed());
        }
    }
    for (what, mut took) in times {
        took.sort_unstable();
        let at = |share: usize| took[(took.len() * share / 100).min(took.len() - 1)];
        println!(
            "  {what}: p50 {:.1?}, p90 {:.1?}, p99 {:.1?}, most {:.1?} ({} times)",
            at(50),
            at(90),
            at(99),
            at(100),
            took.len()
        );
    }
}
