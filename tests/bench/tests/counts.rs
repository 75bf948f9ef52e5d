//! What a generated migration compiles to is known by counting.

use mig_bench::{CONSUMERS_PER_DATASET, Migration, company, families, written};
use mig_compiler::{World, compile};
use mig_plan::{Op, Plan};

fn planned(migration: &Migration) -> Plan {
    let world = World { catalog: &migration.catalog, schemas: &migration.schemas };
    let (plan, said) = compile(&migration.trees(), &world, migration.files());
    plan.unwrap_or_else(|| panic!("no plan: {:?}", said.first()))
}

/// The steps by their stage, gates left out.
fn count(plan: &Plan, stage: &str) -> usize {
    plan.steps.iter().filter(|step| step.op.stage() == stage).count()
}

#[test]
fn a_thousand_datasets_of_families_have_four_steps_each_and_their_consumers_one() {
    let datasets = 1_000;
    let plan = planned(&families(datasets));
    assert_eq!((plan.datasets.len(), plan.consumers.len()), (datasets, datasets * CONSUMERS_PER_DATASET));
    for stage in ["prepare", "dry_run", "copy", "validate"] {
        assert_eq!(count(&plan, stage), datasets, "{stage}");
    }
    assert_eq!(count(&plan, "cut_over"), datasets * CONSUMERS_PER_DATASET);
    assert_eq!((count(&plan, "approve"), count(&plan, "soak")), (3, 7));
    // Gates keep what a step lists small: all the names together are few for each step.
    let listed: usize = plan.steps.iter().map(|step| step.after.len()).sum();
    assert!(listed < 2 * plan.steps.len(), "{listed} links between {} steps", plan.steps.len());
    let gates = plan.steps.iter().filter(|step| matches!(step.op, Op::Gate)).count();
    assert!(gates < 32, "{gates} gates");
}

#[test]
fn written_items_compile_too() {
    let plan = planned(&written(50));
    assert_eq!((plan.datasets.len(), plan.consumers.len()), (50, 50));
}

#[test]
fn items_over_many_files_compile_too() {
    let migration = company(50, 8, 1_000);
    assert_eq!((migration.sources.iter().count(), migration.catalog.len()), (8, 1_000));
    let plan = planned(&migration);
    assert_eq!((plan.datasets.len(), plan.consumers.len()), (50, 250));
}

#[test]
fn the_same_number_gives_the_same_bytes() {
    let [one, two] = [families(100), families(100)].map(|migration| {
        (migration.catalog.digest().expect("plain data"), planned(&migration).digest().expect("plain data"))
    });
    assert_eq!(one, two);
}
