//! Snapshots of schemas and catalog: pulled once, checked without the world, compared with it on demand.

use mig_test_support::{Backstage, Postgres};

use crate::house::{Answer, CATALOG, House, SHOP, answer};

/// What the old table is in the shop's database.
const PEOPLE: &str =
    "id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, cents INTEGER NOT NULL, flag CHAR(1)";

fn pulled() -> House {
    let house = House::shop();
    house.mig(&["schema", "pull"]).ends(0).says("Written to schemas.lock.json: 1 table of 2 stores.");
    house
}

/// The old table made anew.
fn people(house: &House, columns: &str) {
    house.sql("old.db", &format!("DROP TABLE people; CREATE TABLE people ({columns});"));
}

#[test]
fn a_snapshot_of_schemas_is_for_review() {
    let house = pulled();
    insta::assert_snapshot!(house.read("schemas.lock.json"));
    house.mig(&["schema", "pull"]).ends(0).says("schemas.lock.json is up to date: 1 table of 2 stores.");
    house.mig(&["schema", "pull", "--check"]).ends(0);
}

#[test]
fn checking_needs_no_store_then() {
    let house = pulled();
    std::fs::remove_file(house.path("old.db")).expect("it is there");
    house.mig(&["check"]).ends(0).says("shop is sound").says("Checked against schemas.lock.json (");
    let json = house.mig(&["check", "--format", "json"]).ends(0);
    assert!(json.out.starts_with('{') && json.err.contains("schemas.lock.json"), "{json:?}");
    assert!(!house.has("old.db"), "no store was opened");
    house.mig(&["check", "--live"]).ends(1).says("`old` is empty, and `schemas.lock.json` has 1 table of it");
    house.mig(&["plan"]).ends(1).says("schema-drift");
    // What is wrong with the sources is found all the same.
    house.replace("shop.mig", "trim(name)", "trim(nmae)");
    house.mig(&["check"]).ends(1).says("unknown-column").says("did you mean `name`?");
}

#[test]
fn a_variable_need_not_be_set_and_is_not_in_the_snapshot() {
    let house = House::shop();
    house.replace("shop.mig", "\"old.db\"", "env.OLD_SHOP");
    let mut pull = house.command(&["schema", "pull"]);
    pull.env("OLD_SHOP", house.path("old.db"));
    answer(pull).ends(0);
    let text = house.read("schemas.lock.json");
    assert!(text.contains("\"location\": \"env.OLD_SHOP\"") && !text.contains("old.db"), "{text}");
    house.mig(&["check"]).ends(0);
    house.mig(&["check", "--live"]).ends(1).says("unset-variable");
}

#[test]
fn each_drift_of_a_sqlite_table_is_told_by_its_column() {
    for (columns, told) in [
        (format!("{PEOPLE}, phone TEXT"), "column phone (TEXT (text?)) is new"),
        (PEOPLE.replace(", flag CHAR(1)", ""), "column flag is gone"),
        (
            PEOPLE.replace("cents INTEGER", "cents REAL"),
            "column cents was INTEGER (int64) and is REAL (float64)",
        ),
        (
            PEOPLE.replace("name TEXT NOT NULL", "name TEXT"),
            "column name was TEXT (text) and is TEXT (text?)",
        ),
        (
            PEOPLE.replace("cents INTEGER NOT NULL", "cents INTEGER NOT NULL DEFAULT 0"),
            "column cents has a default now",
        ),
        (
            PEOPLE.replace("id INTEGER PRIMARY KEY", "id INTEGER NOT NULL"),
            "the primary key was id and is none",
        ),
        (format!("{PEOPLE}, UNIQUE (name)"), "the unique key (name) is new"),
    ] {
        let house = pulled();
        people(&house, &columns);
        house.mig(&["check"]).ends(0);
        let told = format!("`old.people` is not as in `schemas.lock.json`: {told}");
        let live = house.mig(&["check", "--live", "--format", "json"]).ends(1).says(&told);
        let found: serde_json::Value = serde_json::from_str(&live.out).expect("JSON");
        let found = found["diagnostics"].as_array().expect("a list");
        assert!(found.iter().all(|one| one["code"] == "schema-drift"), "and nothing else: {found:#?}");
        assert!(found.iter().all(|one| one["labels"][0]["line"] == 11), "at the dataset's table: {found:#?}");
        house.mig(&["plan", "-o", "plan.json"]).ends(1).says("schema-drift");
        assert!(!house.has("plan.json"));
        house
            .mig(&["schema", "pull", "--check"])
            .ends(1)
            .says("is not up to date")
            .says(told.rsplit("json`: ").next().expect("a part"));
        house.mig(&["schema", "pull"]).ends(0).says("Review what differs");
        house.mig(&["schema", "pull", "--check"]).ends(0);
    }
    let house = pulled();
    house.sql("old.db", "DROP TABLE people; CREATE TABLE other (id INTEGER)");
    house.mig(&["check", "--live"]).ends(1).says("`old.people` is not as in `schemas.lock.json`: it is gone");
}

#[test]
fn a_column_that_is_used_is_shown_where_it_is() {
    let house = pulled();
    people(&house, &PEOPLE.replace(", email TEXT", ""));
    let live = house.mig(&["check", "--live"]).ends(1);
    insta::assert_snapshot!(live.text());
    // Nothing else is said of it until the snapshot is pulled and the sources are behind it.
    house.mig(&["schema", "pull"]).ends(0);
    house.mig(&["check"]).ends(1).says("unknown-column");
}

#[test]
fn what_a_run_makes_is_a_warning() {
    let house = pulled();
    house.mig(&["apply", "--yes"]).ends(0);
    house
        .mig(&["check", "--live"])
        .ends(0)
        .says("schema-drift")
        .says("`new.people` is not as in `schemas.lock.json`: it is there now");
}

#[test]
fn each_drift_of_a_postgres_table_is_told_by_its_column() {
    let database = Postgres::shared().database();
    let columns =
        "id bigint PRIMARY KEY, name text NOT NULL, email text, cents bigint NOT NULL, flag char(1)";
    database.execute(&format!("CREATE TABLE people ({columns})"));
    let house = House::shop();
    house.replace("shop.mig", "sqlite  { url = \"old.db\" }", "postgres { url = env.OLD_SHOP }");
    house.replace("shop.mig", "old.people", "old.public.people");
    let mig = |arguments: &[&str]| -> Answer {
        let mut command = house.command(arguments);
        command.env("OLD_SHOP", database.url());
        answer(command)
    };
    mig(&["schema", "pull"]).ends(0);
    mig(&["check", "--live"]).ends(0);
    for (change, told) in [
        ("ADD COLUMN phone text", "column phone (text (text?)) is new"),
        ("DROP COLUMN flag", "column flag is gone"),
        ("ALTER COLUMN cents TYPE integer", "column cents was bigint (int64) and is integer (int32)"),
        ("ALTER COLUMN name DROP NOT NULL", "column name was text (text) and is text (text?)"),
        ("ALTER COLUMN cents SET DEFAULT 0", "column cents has a default now"),
        ("DROP CONSTRAINT people_pkey", "the primary key was id and is none"),
        ("RENAME TO persons", "it is gone"),
    ] {
        database.execute(&format!(
            "DROP TABLE IF EXISTS people; CREATE TABLE people ({columns}); ALTER TABLE people {change}"
        ));
        mig(&["check"]).ends(0);
        let told = format!("`old.public.people` is not as in `schemas.lock.json`: {told}");
        mig(&["check", "--live", "--format", "json"]).ends(1).says("schema-drift").says(&told);
    }
    let text = house.read("schemas.lock.json");
    assert!(!text.contains("127.0.0.1") && !text.contains(Postgres::PASSWORD), "{text}");
}

#[test]
fn a_snapshot_that_cannot_be_believed_is_refused_with_what_to_do() {
    let house = pulled();
    let text = house.read("schemas.lock.json");
    for (broken, code) in [
        (text[..text.len() / 2].to_owned(), "bad-snapshot"),
        (String::new(), "bad-snapshot"),
        (format!("<<<<<<< ours\n{text}"), "bad-snapshot"),
        ("[]".to_owned(), "bad-snapshot"),
        (text.replace("\"version\": 1", "\"version\": 2"), "snapshot-version"),
        (text.replace("\"version\": 1", "\"version\": 0"), "snapshot-version"),
        (text.replace("\"cents\"", "\"pence\""), "edited-snapshot"),
    ] {
        house.write("schemas.lock.json", &broken);
        for command in [&["check"][..], &["check", "--live"], &["plan"]] {
            house.mig(command).ends(1).says(code).says("mig schema pull");
        }
    }
    house.mig(&["schema", "pull", "--check"]).ends(1).says("was changed after it was pulled");
    house.mig(&["schema", "pull"]).ends(0);
    assert_eq!(house.read("schemas.lock.json"), text);
    house.write("catalog.lock.json", "{}");
    house.mig(&["check"]).ends(1).says("bad-snapshot").says("mig catalog pull");
}

#[test]
fn what_was_named_since_is_not_known() {
    let house = pulled();
    house.replace("shop.mig", "old.people -> ", "old.persons -> ");
    let check = house.mig(&["check"]).ends(1).says("outdated-snapshot");
    insta::assert_snapshot!(check.text());
    // Live it is known that there is no such table, and that is all there is to say.
    let live = house.mig(&["check", "--live"]).ends(1).says("unknown-table");
    assert!(!live.text().contains("outdated-snapshot"), "{}", live.err);

    let house = pulled();
    house.replace("shop.mig", "url = \"old.db\"", "url = \"older.db\"");
    house
        .mig(&["check", "--format", "json"])
        .ends(1)
        .says("`schemas.lock.json` has another `old`: sqlite at old.db");

    let house = pulled();
    house.replace("shop.mig", "store old: ", "store unused: sqlite { url = \"none.db\" }\nstore old: ");
    house.mig(&["check"]).ends(0);
}

#[test]
fn a_catalog_of_files_is_its_own_snapshot() {
    let house = House::shop();
    house.mig(&["catalog", "pull"]).ends(0).says("its own snapshot");
    assert!(!house.has("catalog.lock.json"));
    house.mig(&["catalog", "pull", "--check"]).ends(0);
}

#[test]
fn pulling_needs_sources_without_a_mistake() {
    let house = House::shop();
    house.replace("shop.mig", "old.people -> ", "odl.people -> ");
    house.mig(&["schema", "pull"]).ends(1).says("old");
    assert!(!house.has("schemas.lock.json"));
    House::empty().mig(&["schema", "pull"]).ends(1).says("no-sources");
    House::empty().mig(&["schema"]).ends(1).says("pull");
}

#[test]
fn a_catalog_is_pulled_from_a_backstage_and_checked_without_it() {
    let before = House::empty();
    before.write("all.yaml", CATALOG);
    let backstage = Backstage::start(&before.path("."));
    let house = House::shop();
    std::fs::remove_file(house.path("catalog.yaml")).expect("it is there");
    house.replace(
        "shop.mig",
        "files(\"catalog.yaml\")",
        "backstage(env.BACKSTAGE_URL, token: env.BACKSTAGE_TOKEN)",
    );
    house.replace("shop.mig", "annotate(\"acme.dev/people\", \"lake\")", "notify");
    let at = |url: &str, arguments: &[&str]| -> Answer {
        let mut command = house.command(arguments);
        command.env("BACKSTAGE_URL", url).env("BACKSTAGE_TOKEN", Backstage::TOKEN);
        answer(command)
    };
    at(&backstage.url(), &["catalog", "pull"])
        .ends(0)
        .says("Written to catalog.lock.json: 4 entities, 3 of them of this migration.");
    let text = house.read("catalog.lock.json");
    insta::assert_snapshot!(text);
    assert!(!text.contains("127.0.0.1") && !text.contains(Backstage::TOKEN));
    at(&backstage.url(), &["catalog", "pull"]).ends(0).says("catalog.lock.json is up to date");
    at(&backstage.url(), &["catalog", "pull", "--check"]).ends(0);

    // Without the variables, let alone a Backstage.
    house.mig(&["check"]).ends(0).says("Checked against catalog.lock.json (");
    house.mig(&["schema", "pull"]).ends(0);
    house.mig(&["check"]).ends(0).says("catalog.lock.json (").says("and schemas.lock.json (");
    house.mig(&["check", "--live"]).ends(1).says("unset-variable");

    // The plan carries the digest of the snapshot.
    at(&backstage.url(), &["plan", "-o", "plan.json"]).ends(0);
    let plan: serde_json::Value = serde_json::from_str(&house.read("plan.json")).expect("JSON");
    let lock: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(plan["plan"]["inputs"]["catalog"], lock["digest"]);

    // Elsewhere somebody has registered a reader, and others that are none of ours.
    let after = House::empty();
    let newcomer = "---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: newcomer}\nspec: {type: service, lifecycle: production, owner: platform, dependsOn: [resource:people]}\n";
    let stranger = "---\napiVersion: backstage.io/v1alpha1\nkind: System\nmetadata: {name: stranger}\nspec: {owner: user:ada}\n";
    after.write("all.yaml", &format!("{CATALOG}{newcomer}{stranger}"));
    let other = Backstage::start(&after.path("."));
    at(&other.url(), &["check", "--live", "--format", "json"])
        .ends(1)
        .says("catalog-drift")
        .says("the catalog is not as in `catalog.lock.json`: 2 new, 3 changed")
        .says("component:default/newcomer is new");
    at(&other.url(), &["plan"]).ends(1).says("catalog-drift");
    at(&other.url(), &["catalog", "pull", "--check"]).ends(1).says("component:default/newcomer is new");
    at(&other.url(), &["catalog", "pull"]).ends(0).says("Review what differs");
    house.mig(&["check"]).ends(1).says("forgotten-consumer");

    // What the backend says of itself when it is asked for another catalog.
    house.replace("shop.mig", "backstage(env.BACKSTAGE_URL,", "backstage(\"http://127.0.0.1:1\",");
    house
        .mig(&["check", "--format", "json"])
        .ends(1)
        .says("`catalog.lock.json` is of another catalog: backstage env.BACKSTAGE_URL");
    assert!(SHOP.contains("files("), "the shop itself has its catalog in files");
}
