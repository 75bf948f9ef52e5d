//! Inputs that no migration should be: each is named, none is a crash.

use crate::house::{House, SHOP};

#[test]
fn an_empty_folder() {
    let answer = House::empty().mig(&["check"]).ends(1).says("no `.mig` files").says("mig demo");
    assert!(answer.out.is_empty());
}

#[test]
fn a_folder_that_is_not_there() {
    House::empty().mig(&["plan", "nowhere"]).ends(1).says("`nowhere` does not exist");
}

#[test]
fn two_migration_items() {
    let house = House::with(&[
        ("shop.mig", SHOP),
        (
            "more.mig",
            "migration other {\n  owner = @group:platform\n  catalog = files(\"catalog.yaml\")\n}\n",
        ),
    ]);
    house.mig(&["check"]).ends(1).says("migration").says("shop.mig").says("more.mig");
}

#[test]
fn a_megabyte_of_random_bytes() {
    let mut state = 1_u64;
    let bytes: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    })
    .take(1024 * 1024)
    .collect();
    let house = House::shop();
    house.write_bytes("noise.mig", &bytes);
    house.mig(&["check"]).ends(1).says("`noise.mig` is not UTF-8 text");
    // The same as text: every byte a character.
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    house.write("noise.mig", &text);
    let answer = house.mig(&["check"]).ends(1).says("noise.mig");
    assert!(answer.text().len() < 1024 * 1024, "the noise is not repeated");
    assert!(
        !answer.text().contains('\u{1b}') && !answer.text().contains('\u{9b}'),
        "and cannot steer the terminal"
    );
    house.mig(&["fmt"]).ends(1);
    let letters = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(letters(&house.read("noise.mig")), letters(&text), "what cannot be read is left as it is");
}

#[test]
fn ten_thousand_nested_parentheses() {
    let house = House::shop();
    let nest = format!("{}cents{}", "(".repeat(10_000), ")".repeat(10_000));
    house.replace("shop.mig", "cents: int64 = cents", &format!("cents: int64 = {nest}"));
    house.mig(&["check"]).ends(1).says("shop.mig");
    house.mig(&["fmt"]).ends(1);
}

#[test]
fn a_missing_column() {
    let house = House::shop();
    house.replace("shop.mig", "trim(name)", "trim(nmae)");
    house.mig(&["check"]).ends(1).says("nmae").says("name").says("shop.mig:17:");
}

#[test]
fn a_catalog_that_cannot_be_read() {
    let house = House::shop();
    house.write("catalog.yaml", "kind: [");
    house.mig(&["check"]).ends(1).says("catalog.yaml");
}

#[test]
fn a_store_that_cannot_be_reached() {
    let house = House::shop();
    house.replace(
        "shop.mig",
        "sqlite  { url = \"old.db\" }",
        "postgres { url = \"postgres://127.0.0.1:1/shop\" }",
    );
    house.replace("shop.mig", "old.people", "old.public.people");
    let answer = house.mig(&["check"]).ends(1).says("store-unreachable").says("old");
    assert!(answer.text().contains("127.0.0.1"), "{}", answer.text());
}

#[test]
fn a_store_with_something_wrong_in_it_is_not_called_out_of_reach() {
    let house = House::shop();
    house.write("in/people.csv", "id,name,name\n1,a,b\n");
    house.replace("shop.mig", "sqlite  { url = \"old.db\" }", "csv { path = \"in\" }");
    let answer = house.mig(&["check"]).ends(1).says("two columns have the name `name`");
    let answer = answer.says("Mend or remove what the message names");
    assert!(!answer.text().contains("store is up"), "{}", answer.text());
}

/// SQLite takes a path to nothing for an empty database.
#[test]
fn an_old_database_that_is_not_there() {
    let house = House::shop();
    house.replace("shop.mig", "\"old.db\"", "\"odl.db\"");
    house
        .mig(&["check"])
        .ends(1)
        .says("there is no table `old.people`")
        .says("A file or folder that is not there has none");
    assert!(!house.has("odl.db"), "looking makes nothing");
}

#[test]
fn a_variable_that_is_not_set() {
    let house = House::shop();
    house.replace("shop.mig", "\"old.db\"", "env.OLD_SHOP");
    house.mig(&["check"]).ends(1).says("OLD_SHOP").says("not set");
}

#[test]
fn a_file_where_a_folder_is_wanted() {
    House::shop().mig(&["check", "shop.mig"]).ends(1).says("Give the folder");
}

#[test]
fn problems_are_data_too() {
    let house = House::empty();
    let answer = house.mig(&["check", "--format", "json"]).ends(1);
    let value: serde_json::Value = serde_json::from_str(&answer.out).expect("JSON");
    assert_eq!(value["diagnostics"][0]["code"], "no-sources");
    assert_eq!(value["errors"], 1);
}

#[test]
fn a_brace_that_is_never_closed_is_never_planned() {
    let house = House::shop();
    let text = house.read("shop.mig");
    house.write("shop.mig", text.trim_end().strip_suffix('}').expect("a closing brace"));
    for command in [&["plan", "--out", "plan.json"][..], &["apply", "--yes"], &["check"]] {
        house.mig(command).ends(1).says("unclosed-brace");
    }
    assert!(!house.has("plan.json") && !house.has("new.db"));
}
