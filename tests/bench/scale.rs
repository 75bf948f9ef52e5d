//! What compiling a migration of a thousand, ten thousand and a hundred thousand datasets takes, each with five
//! times as many consumers, all from families; and what a megabyte of written source takes.
//!
//! `cargo bench -p mig-bench --bench scale [-- RUNS [DATASETS …]]` (five runs; the median is given). Sources,
//! catalog and schemas are values before the clock starts; the catalog is a new one for every run, so that taking its
//! digest counts. Each figure is given twice: the time on the wall, and in brackets the time that processors worked,
//! which neighbours disturb less.

#![expect(clippy::print_stdout, reason = "a benchmark is for its figures")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use mig_bench::{CONSUMERS_PER_DATASET, Migration, families, written};
use mig_compiler::{World, compile};
use mig_plan::{Catalog, Plan, PlanFile};

/// The program's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let runs = numbers.next().unwrap_or(5).max(1);
    let sizes: Vec<usize> = numbers.collect();
    let sizes = if sizes.is_empty() { vec![1_000, 10_000, 100_000] } else { sizes };
    source(runs);
    for datasets in sizes {
        migration(runs, datasets);
    }
}

/// A megabyte of items as people write them.
fn source(runs: usize) {
    let migration = written(1_300);
    let text = migration.sources.text(mig_lang::FileId(0));
    assert!(text.len() >= 1_000_000, "a megabyte, and not {} bytes", text.len());
    println!("a written source of {} bytes", text.len());
    show("parse", &median(runs, || mig_lang::parse(mig_lang::FileId(0), black_box(text))));
    show("format", &median(runs, || mig_lang::format(black_box(text))));
    let trees = migration.trees();
    let (schemas, files) = (&migration.schemas, migration.files());
    show(
        "check and plan",
        &median_of(
            runs,
            || fresh(&migration.catalog),
            |catalog| compile(&trees, &World { catalog, schemas }, files.clone()),
        ),
    );
}

/// A catalog that was not asked for anything yet.
fn fresh(catalog: &Catalog) -> Catalog {
    Catalog::new(catalog.clone().into_entities())
}

fn migration(runs: usize, datasets: usize) {
    let migration = families(datasets);
    let plan = planned(&migration, &migration.catalog);
    println!(
        "{datasets} datasets, {} consumers, {} entities, {} steps",
        datasets * CONSUMERS_PER_DATASET,
        migration.catalog.len(),
        plan.steps.len()
    );
    let [one, two] = [1, 2].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads start");
        let catalog = || fresh(&migration.catalog);
        pool.install(|| median_of(runs, catalog, |catalog| planned(black_box(&migration), catalog)))
    });
    show("parse, check and plan, 1 thread", &one);
    show("parse, check and plan, 2 threads", &two);
    println!("  2 threads are {:.2} times as fast as 1", one.wall.as_secs_f64() / two.wall.as_secs_f64());
    println!(
        "  {:.1} µs for each dataset and its consumers, 2 threads",
        two.wall.as_secs_f64() * 1e6 / datasets as f64
    );
    let entities = || migration.catalog.clone().into_entities();
    show(
        "of these, the catalog's digest",
        &median_of(runs, || fresh(&migration.catalog), |new| new.digest()),
    );
    show(
        "a catalog of its entities, which is part of reading it",
        &median_of(runs, || Some(entities()), |entities| entities.take().map(Catalog::new)),
    );
    let file = || PlanFile::new(plan.clone(), ".".to_owned(), BTreeMap::new()).expect("a plan");
    let wrapped = file();
    let text = wrapped.to_text().expect("a plan has a text");
    println!(
        "  the plan file has {:.1} MB, {} bytes a step",
        text.len() as f64 / 1e6,
        text.len() / plan.steps.len()
    );
    show("digest of the plan", &median(runs, || plan.digest()));
    show("plan file to text", &median(runs, || wrapped.to_text()));
    show("plan file from text", &median(runs, || PlanFile::from_text(black_box(&text))));
}

/// The plan, the whole way from the source's text.
fn planned(migration: &Migration, catalog: &Catalog) -> Plan {
    let world = World { catalog, schemas: &migration.schemas };
    let (plan, said) = compile(&migration.trees(), &world, migration.files());
    plan.unwrap_or_else(|| panic!("no plan: {:?}", said.first()))
}

fn show(what: &str, took: &Took) {
    println!("  {what}: {:.1?} ({:.1?})", took.wall, took.worked);
}

/// What a piece of work took.
struct Took {
    /// On the wall.
    wall: Duration,
    /// Of the processors, over all threads.
    worked: Duration,
}

/// The medians of several runs; what the work gives is dropped outside the time.
fn median<T>(runs: usize, mut work: impl FnMut() -> T) -> Took {
    median_of(runs, || (), |_| work())
}

/// The same of work on something that is made outside the time, for each run anew.
fn median_of<S, T>(runs: usize, mut make: impl FnMut() -> S, mut work: impl FnMut(&mut S) -> T) -> Took {
    let (mut walls, mut works) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let mut made = make();
        let (start, before) = (Instant::now(), worked());
        let given = work(&mut made);
        walls.push(start.elapsed());
        works.push(worked().saturating_sub(before));
        drop(black_box(given));
    }
    walls.sort_unstable();
    works.sort_unstable();
    Took { wall: walls[runs / 2], worked: works[runs / 2] }
}

/// How long processors worked for this process's threads; nothing where the system does not say.
fn worked() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanoseconds = threads.filter_map(|thread| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanoseconds.sum())
}
