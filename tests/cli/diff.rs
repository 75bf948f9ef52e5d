//! `mig diff`: datasets of a migration, and any two tables.

use serde_json::Value;

use crate::house::{House, answer};

const TABLES: &str = "
CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT NOT NULL, cents INTEGER, at DATETIME);
INSERT INTO orders VALUES (1, 'open', 100, '2024-02-29 12:00:00'), (2, 'paid', NULL, NULL), (3, 'open', 7, NULL);
";

/// A house with two equal tables.
fn two_tables() -> House {
    let house = House::empty();
    house.sql("a.db", TABLES);
    house.sql("b.db", TABLES);
    house
}

fn tables<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["diff", "--old", "sqlite:a.db#orders", "--new", "sqlite:b.db#orders"], more].concat()
}

#[test]
fn a_migrated_dataset_is_equal_until_somebody_changes_a_row() {
    let house = House::shop();
    house.mig(&["apply", ".", "--yes"]).ends(0);
    let equal = house.mig(&["diff", ".", "people"]).ends(0);
    equal
        .says("= people: old.people → new.people")
        .says("verdict equal")
        .says("3 rows on each side, 4 columns by id");
    house.sql("old.db", "UPDATE people SET cents = 251 WHERE id = 2; DELETE FROM people WHERE id = 3");
    let differs = house.mig(&["diff", "."]).ends(1);
    let differs = differs.says("different: 1 row with other values and 1 row in the new table alone");
    differs.says("2 cents 251 250").says("no such row");

    let part = house
        .mig(&["diff", ".", "people", "--columns", "name", "--where", "cents < 100 and id != 3"])
        .ends(0);
    part.says("verdict equal as far as compared")
        .says("for which `cents < 100 and id != 3` is not true")
        .says("columns email and cents, not asked for");
    house
        .mig(&["diff", ".", "people", "--where", "cents < 100"])
        .ends(1)
        .says("1 row in the new table alone");
}

#[test]
fn two_tables_are_compared_without_a_migration() {
    let house = two_tables();
    house.mig(&tables(&[])).ends(0).says("verdict equal").says("3 rows on each side, 4 columns by id");
    house.sql(
        "b.db",
        "UPDATE orders SET state = 'void' WHERE id = 1; INSERT INTO orders VALUES (9, 'new', 1, NULL)",
    );
    let found = house.mig(&tables(&["--format", "json"])).ends(1);
    let found: Value = serde_json::from_str(&found.out).expect("JSON");
    assert_eq!(found["verdict"], "different");
    let found = &found["comparisons"][0];
    assert_eq!((&found["changed"], &found["missing"], &found["extra"]), (&1.into(), &0.into(), &1.into()));
    assert_eq!(found["method"], "ranges");
    assert_eq!(found["differences"][0]["key"], serde_json::json!([1]));
    let column = serde_json::json!({ "column": "state", "old": "open", "new": "void" });
    assert_eq!(found["differences"][0]["columns"], serde_json::json!([column]));
    assert_eq!(found["differences"][1]["columns"][1]["old"], Value::Null);
    // Without the key, by another, and one row alone.
    house.mig(&tables(&["--key", "state,id"])).ends(1).says("by state and id");
    house.mig(&tables(&["--limit", "1"])).ends(1).says("and 1 more; --limit shows more");
}

#[test]
fn types_that_differ_are_compared_in_one_that_holds_both() {
    let house = two_tables();
    house.sql(
        "b.db",
        "DROP TABLE orders;
         CREATE TABLE orders (id INT4 PRIMARY KEY, state TEXT, cents DECIMAL(10, 2), at TEXT, note TEXT);
         INSERT INTO orders VALUES (1, 'open', 100, '2024-02-29T12:00:00', 'x'), (2, 'paid', NULL, NULL, NULL), (3, 'open', 7, NULL, NULL);",
    );
    let found = house.mig(&tables(&[])).ends(1);
    found
        .says("cents: int64 and decimal(10, 2), as decimal(21, 2)")
        .says("at: datetime and text, as text")
        .says("column note, only in the new table");
    house.mig(&tables(&["--columns", "state,cents,at"])).ends(0).says("equal as far as compared");
    house
        .mig(&tables(&["--columns", "note"]))
        .ends(1)
        .says("column `note` cannot be compared: only in the new table");
}

#[test]
fn a_csv_file_is_read_in_the_dialect_that_its_store_says() {
    let house = two_tables();
    house.sql(
        "c.db",
        "CREATE TABLE plain (column_1 INTEGER, column_2 TEXT); INSERT INTO plain VALUES (1, 'x'), (1, 'y, z');",
    );
    house.write("exports/plain.csv", "1;x\n1;y, z\n");
    let diff =
        |csv: &str| house.mig(&["diff", "--old", csv, "--new", "sqlite:c.db#plain", "--key", "column_2"]);
    let read = diff("csv:exports?delimiter=;&header=no#plain").ends(0);
    read.says("csv:exports?delimiter=;&header=no#plain").says("2 rows on each side");
    house.write("exports/plain.csv", "1;1\n1;2\n");
    diff("csv:exports?delimiter=;#plain")
        .ends(1)
        .says("two columns have the name `1`")
        .says("say `header = no` of the store");
    diff("csv:exports?header=false#plain").ends(1).says("the `header` is one of yes, no");
}

#[test]
fn samples_take_the_same_keys_on_both_sides() {
    let house = House::empty();
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)";
    for database in ["a.db", "b.db"] {
        house.sql(database, &format!("CREATE TABLE orders (id TEXT PRIMARY KEY, v INTEGER); INSERT INTO orders {many} SELECT 'k' || i, i FROM n"));
    }
    for sample in ["10%", "200 rows"] {
        let found = house.mig(&tables(&["--sample", sample, "--format", "json"])).ends(0);
        let found: Value = serde_json::from_str(&found.out).expect("JSON");
        assert_eq!(found["verdict"], "equal_as_far_as_compared");
        let rows = &found["comparisons"][0]["rows"];
        let compared = rows["old"]["compared"].as_u64().expect("a number");
        assert!((130..270).contains(&compared), "{compared}");
        assert_eq!(rows["old"], rows["new"]);
        assert_eq!(rows["old"]["outside_sample"].as_u64(), Some(2000 - compared));
    }
    house.sql("b.db", "UPDATE orders SET v = -v");
    house.mig(&tables(&["--sample", "10%"])).ends(1).says("that the sample of 10% did not take");
}

#[test]
fn a_page_shows_the_difference_and_holds_what_it_shows() {
    let house = two_tables();
    house.sql("b.db", "UPDATE orders SET state = '<script>alert(1)</script>' WHERE id = 3");
    house
        .mig(&tables(&["--format", "html", "-o", "diff.html"]))
        .ends(1)
        .says("different. Written to diff.html.");
    let page = house.read("diff.html");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !page.contains("<script"), "{page}");
    assert!(page.contains("prefers-color-scheme:dark"));
}

#[test]
fn values_that_differ_look_different() {
    let house = two_tables();
    house.sql("a.db", "UPDATE orders SET state = '' WHERE id = 1; UPDATE orders SET state = 'a' || char(10) || 'b' WHERE id = 2");
    house.sql(
        "b.db",
        "UPDATE orders SET state = ' ' WHERE id = 1; UPDATE orders SET state = 'null' WHERE id = 2",
    );
    let table = house.mig(&tables(&[])).ends(1);
    table.says(r#"1 state "" " " 2 state "a\nb" "null""#);
    let json = house.mig(&tables(&["--format", "json"])).ends(1);
    let found: Value = serde_json::from_str(&json.out).expect("JSON");
    let columns = |row: usize| found["comparisons"][0]["differences"][row]["columns"][0].clone();
    assert_eq!((&columns(0)["old"], &columns(0)["new"]), (&Value::from("\"\""), &Value::from("\" \"")));
    assert_eq!(columns(1)["new"], "\"null\"");
    let page = house.mig(&tables(&["--format", "html"])).ends(1);
    page.says("&quot;a\\nb&quot;").says("&quot;null&quot;");
}

#[test]
fn what_cannot_be_compared_is_said() {
    let house = two_tables();
    let password = ["diff", "--old", "mysql:mysql://me:geheim@host/db#orders", "--new", "sqlite:b.db#orders"];
    let refused = house.mig(&password).ends(1).says("`--old` has a user or a password in its address");
    let refused = refused.says("write env.NAME");
    assert!(!refused.text().contains("geheim"), "{}", refused.text());
    house.mig(&tables(&["--where", "x > 1"])).ends(1).says("the pair of tables has no column `x`");
    house.mig(&tables(&["--where", "cents >"])).ends(1).says("syntax");
    house
        .mig(&tables(&["--where", "sents > 1"]))
        .ends(1)
        .says("unknown-column")
        .says("did you mean `cents`?");
    house.mig(&tables(&["--where", "cents / 2 > 1"])).ends(1).says("the condition");
    house.mig(&tables(&["--key", "nr"])).ends(1).says("the key's column `nr`");
    house.mig(&tables(&["--sample", "all"])).ends(1).says("a sample is a share");
    let nowhere = ["diff", "--old", "sqlite:a.db#orders", "--new", "sqlite:b.db#nothing"];
    house.mig(&nowhere).ends(1).says("no-such-table").says("sqlite:b.db#nothing");
    house.mig(&["diff", "--old", "sqlite:a.db#orders"]).ends(1).says("--new");
    let shop = House::shop();
    shop.mig(&["diff", ".", "peple"]).ends(1).says("unknown-dataset").says("Did you mean `people`?");
}

#[test]
fn a_table_where_a_folder_belongs_is_told_from_one() {
    let house = two_tables();
    let refused = house.mig(&["diff", "sqlite:a.db#orders", "sqlite:b.db#orders"]).ends(1);
    refused
        .says("`sqlite:a.db#orders` is a table, and no folder or plan")
        .says("mig diff --old 'sqlite:a.db#orders' --new STORE");
}

#[test]
fn a_store_out_of_reach_is_no_difference_and_its_address_stays_secret() {
    let house = two_tables();
    let mut command =
        house.command(&["diff", "--old", "sqlite:a.db#orders", "--new", "postgres:env.MART#orders"]);
    command.env("MART", "postgres://ada:geheim@127.0.0.1:1/shop");
    let answer = answer(command).ends(5).says("not-compared");
    assert!(!answer.text().contains("geheim"), "{}", answer.text());
    let literal =
        ["diff", "--old", "sqlite:a.db#orders", "--new", "postgres:postgres://ada:geheim@host/shop#orders"];
    let answer = house.mig(&literal).ends(1).says("write env.NAME");
    assert!(!answer.text().contains("geheim"), "{}", answer.text());
}
