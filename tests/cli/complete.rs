//! `mig complete`: the old table is gone, or everything is as it was.

use crate::house::House;

/// The small shop, whose old table goes in the end; moved.
fn moved() -> House {
    let house = House::shop();
    house.replace("shop.mig", "  key    = id\n", "  key    = id\n  cleanup = drop_old\n");
    house
        .mig(&["plan", "-o", "plan.json"])
        .ends(0)
        .says("the point of no return: `mig complete`")
        .says("old.people");
    house.mig(&["apply", "plan.json"]).ends(0).says("mig complete plan.json");
    house
}

#[test]
fn the_old_table_goes_when_a_person_says_so() {
    let house = moved();
    let tables = "SELECT count(*) FROM sqlite_master WHERE name = 'people'";
    house.mig(&["complete"]).ends(1).says("old.people").says("3 rows").says("--yes");
    assert_eq!(house.number("old.db", tables), 1);
    house.mig(&["complete", "--yes"]).ends(0).says("made final").says("1 old table dropped");
    assert_eq!(house.number("old.db", tables), 0);
    house.mig(&["status"]).ends(0).says("no way back").says("the old table is dropped");
    house.mig(&["complete", "--yes"]).ends(0).says("Nothing to do");
    house.mig(&["apply", "plan.json"]).ends(0).says("Nothing to do");
    house
        .mig(&["rollback", "--yes"])
        .ends(1)
        .says("past the point of no return")
        .says("old.people is dropped");
    assert!(house.has("lake/people"));
}

#[test]
fn a_row_that_came_since_is_not_lost() {
    let house = moved();
    house.sql("old.db", "INSERT INTO people VALUES (4, 'Late', NULL, 7, NULL)");
    house
        .mig(&["complete", "--yes"])
        .ends(1)
        .says("old.people has changed since it was copied")
        .says("it has 4 rows now, and 3 were copied")
        .says("can still be rolled back");
    house.sql(
        "old.db",
        "DELETE FROM people WHERE id = 4; CREATE VIEW rich AS SELECT * FROM people WHERE cents > 9",
    );
    house.mig(&["complete", "--yes"]).ends(1).says("still needed by the view rich");
    house.mig(&["rollback", "--yes"]).ends(0);
    assert_eq!(house.number("old.db", "SELECT count(*) FROM people"), 3);
    assert!(!house.has("lake"), "mig made the folder, and nothing is in it");
}

#[test]
fn only_a_completed_run_is_made_final() {
    let house = House::shop();
    house.mig(&["complete", "--yes"]).ends(1).says("there is no completed run here");
}

/// People, and the letters to them, which reference them; both moved.
fn with_letters(cleanup_of_letters: &str) -> House {
    let house = House::shop();
    house.sql(
        "old.db",
        "CREATE TABLE letters (id INTEGER PRIMARY KEY, to_whom INTEGER NOT NULL REFERENCES people (id));
         INSERT INTO letters VALUES (1, 3), (2, 3)",
    );
    house.write(
        "catalog.yaml",
        &format!(
            "{}---\napiVersion: backstage.io/v1alpha1\nkind: Resource\nmetadata:\n  name: mail\nspec:\n  type: dataset\n  \
             owner: platform\n",
            house.read("catalog.yaml")
        ),
    );
    house.replace("shop.mig", "  key    = id\n", "  key    = id\n  cleanup = drop_old\n");
    let letters = format!(
        "\ndataset mail: old.letters -> new.mail {{\n  entity  = @resource:mail\n  columns = same\n  \
         cleanup = {cleanup_of_letters}\n}}\n"
    );
    house.write("mail.mig", &letters);
    house
}

#[test]
fn a_table_goes_before_the_one_that_it_references() {
    let house = with_letters("drop_old");
    house.mig(&["plan", "-o", "plan.json"]).ends(0);
    house.mig(&["apply", "plan.json"]).ends(0);
    house.mig(&["complete", "--yes"]).ends(0).says("2 old tables dropped");
    assert_eq!(house.number("old.db", "SELECT count(*) FROM sqlite_master WHERE type = 'table'"), 0);
}

#[test]
fn a_table_that_stays_keeps_the_one_that_it_references() {
    let house = with_letters("keep");
    house.mig(&["plan", "-o", "plan.json"]).ends(0);
    house.mig(&["apply", "plan.json"]).ends(0);
    house.mig(&["complete", "--yes"]).ends(1).says("old.people is still needed by the table letters");
    assert_eq!(house.number("old.db", "SELECT count(*) FROM people"), 3);
}
