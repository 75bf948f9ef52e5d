//! `mig impact`.

use serde_json::Value;

use crate::house::House;

#[test]
fn who_reads_a_dataset_is_told_with_waves_and_columns() {
    let house = House::shop();
    insta::assert_snapshot!(house.mig(&["impact", "people"]).ends(0).out, @r#"
    Impact of resource:people                                         group:platform
      moves as people in wave all: old.people -> new.people

    1 entity is touched directly
      group:platform  1  1 low

    Who is touched
      component:letters  group:platform  low  depends on it, wave all: annotate

    Columns of people
      id     -> id int64     as it is
      name   -> name text    lossy (trim): trim(name)
      email  -> email text?  lossy (nullif, lower, trim): nullif(lower(trim(email)),
                             "")
      cents  -> cents int64  as it is
      flag   ends            unused

    Which of these columns a reader uses, the catalog does not say: ask its owner.
    "#);
    let same = house.mig(&["impact", "people"]).out;
    assert_eq!(house.mig(&["impact", "@resource:people"]).ends(0).out, same);
    assert_eq!(house.mig(&["impact", "resource:default/people"]).ends(0).out, same);
}

#[test]
fn one_column_is_followed_alone() {
    let house = House::shop();
    let answer = house.mig(&["impact", "people", "--column", "email", "--format", "json"]).ends(0);
    let value: Value = serde_json::from_str(&answer.out).expect("JSON");
    let columns = value["columns"].as_array().expect("columns");
    assert_eq!(columns.len(), 1);
    assert_eq!(columns[0]["becomes"][0]["change"], "lossy");
    house.mig(&["impact", "people", "--column", "emial"]).ends(1).says("Did you mean `email`?");
}

#[test]
fn a_catalog_is_enough_and_needs_no_migration() {
    let house = House::shop();
    std::fs::remove_file(house.path("shop.mig")).expect("it is there");
    house.mig(&["impact", "people"]).ends(1).says("no `.mig` files");
    let answer = house.mig(&["impact", "people", "--catalog", "files(\"catalog.yaml\")"]).ends(0);
    assert!(answer.out.contains("is touched directly") && !answer.out.contains("wave"), "{}", answer.out);
    let short = house.mig(&["impact", "people", "--catalog", "files:catalog.yaml"]).ends(0);
    assert_eq!(short.out, answer.out);
    house.mig(&["impact", "people", "--catalog", "fils(\"catalog.yaml\")"]).ends(1).says("is not a catalog");
}

#[test]
fn what_is_unknown_is_guessed() {
    let house = House::shop();
    house.mig(&["impact", "peple"]).ends(1).says("Did you mean `people`?");
    house.mig(&["impact", "@resource:peple"]).ends(1).says("Did you mean `@resource:people`?");
    house.mig(&["impact", "@"]).ends(1).says("is not an entity reference");
}

#[test]
fn an_unsound_migration_still_says_who_reads() {
    let house = House::shop();
    house.replace("shop.mig", "trim(name)", "trim(nmae)");
    house.mig(&["impact", "people"]).ends(0).says("is touched directly").says("The migration has errors");
}
