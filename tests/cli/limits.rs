//! Budgets of a store: in the source, in the plan, and in the times that the journal has.

use crate::house::House;

/// Six chunks of fifty rows, of which a hundred a second may be read.
#[test]
fn a_copy_keeps_to_the_rows_a_second_of_its_store() {
    let house = House::shop();
    house.sql(
        "old.db",
        "WITH RECURSIVE more(id) AS (SELECT 4 UNION ALL SELECT id + 1 FROM more WHERE id < 300) \
         INSERT INTO people SELECT id, 'somebody', NULL, 1, NULL FROM more",
    );
    house.replace("shop.mig", "url = \"old.db\"", "url = \"old.db\", limit = [100 rows/s, 10 MiB/s]");
    house.replace("shop.mig", "  key    = id\n", "  key    = id\n  chunk  = 50 rows\n");
    house.mig(&["plan", "-o", "plan.json"]).ends(0).says("at most 100 rows/s and 10.0 MiB/s");
    let plan: serde_json::Value = serde_json::from_str(&house.read("plan.json")).expect("JSON");
    let limit = serde_json::json!({ "rows_per_second": 100, "bytes_per_second": 10_485_760 });
    assert_eq!(plan["plan"]["stores"]["old"]["limit"], limit);
    assert!(plan["plan"]["stores"]["new"].get("limit").is_none());

    house.mig(&["apply", "plan.json"]).ends(0).says("completed");
    assert_eq!(
        house.number(".mig/journal.db", "SELECT count(*) FROM events WHERE event LIKE '%chunk_copied%'"),
        6
    );
    // The dry run takes what may be read at once; 300 rows more take three seconds, but for what came in meanwhile.
    let span = house.number(
        ".mig/journal.db",
        "SELECT max(at) - min(at) FROM events WHERE event LIKE '%dry_run%' OR event LIKE '%chunk_copied%'",
    );
    assert!(span >= 2_000, "{span} ms");
}

#[test]
fn a_limit_says_what_it_limits() {
    let house = House::shop();
    house.replace("shop.mig", "url = \"old.db\"", "url = \"old.db\", limit = [100 rows, 10]");
    house
        .mig(&["check"])
        .ends(1)
        .says("a limit is so much a second")
        .says("write `/s` behind it")
        .says("write `MiB/s` behind it");
}
