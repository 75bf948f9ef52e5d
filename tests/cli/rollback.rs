//! `mig rollback`: everything is as it was.

use crate::house::{House, files};

#[test]
fn everything_is_as_it_was_byte_for_byte() {
    let house = House::shop();
    house.mig(&["plan", "-o", "plan.json"]).ends(0);
    let before = files(house.path("").as_path());
    house.mig(&["apply", "plan.json"]).ends(0);
    assert_ne!(files(house.path("").as_path()), before);
    house.mig(&["rollback", "--yes"]).ends(0).says("rolled back");
    assert_eq!(files(house.path("").as_path()), before);
    // And the same plan may be run again.
    house.mig(&["apply", "plan.json"]).ends(0).says("completed");
}

#[test]
fn a_rollback_asks_first() {
    let house = House::shop();
    house.mig(&["apply", "--yes"]).ends(0);
    house.mig(&["rollback"]).ends(1).says("This would undo").says("--yes");
    assert!(house.has("lake/people"));
}

#[test]
fn there_may_be_nothing_to_undo() {
    let house = House::shop();
    house.mig(&["rollback"]).ends(0).says("Nothing was done that could be undone");
    house.mig(&["apply", "--yes"]).ends(0);
    house.mig(&["rollback", "--wave", "nowhere", "--yes"]).ends(1).says("no wave `nowhere`").says("all");
}

#[test]
fn one_wave_is_undone_and_the_others_stay() {
    let house = House::shop();
    house.replace("shop.mig", "  move       = datasets, consumers\n", "  move       = datasets\n");
    house.write("later.mig", "wave later after all {\n  move = consumers\n}\n");
    house.mig(&["apply", "--yes"]).ends(0);
    house.mig(&["rollback", "--wave", "later", "--yes"]).ends(0);
    assert!(house.has("lake/people"));
    assert!(!house.read("catalog.yaml").contains("acme.dev/people"));
}

#[test]
fn a_column_that_came_to_the_old_table_meanwhile_is_not_lost_unseen() {
    let house = House::shop();
    house.replace("shop.mig", "datasets, consumers", "datasets");
    house.replace("shop.mig", "cut_over = annotate", "cut_over = notify, annotate");
    house.replace("shop.mig", "dataset people: old.people -> new.people {", "dataset people: old.people -> new.people {\n  cut_over = command(run: [\"sqlite3\", \"old.db\", \"ALTER TABLE people ADD COLUMN extra\"], undo: [\"true\"])");
    house.write("later.mig", "wave later after all {\n  move       = consumers\n  validation = people_fit\n  allow no-soak because \"a test ends at once\"\n}\n");
    house
        .mig(&["apply", "--yes"])
        .ends(4)
        .says("the schema of old.people has changed since the plan was made: ")
        .says("extra")
        .says("make the plan again");
}
