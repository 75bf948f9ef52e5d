//! Folders of files as others leave and want them: dialects, packed files, partitions, patterns of names.

use crate::house::{House, SHOP, files};

/// The names of the files in the lake that are parts, without the numbers that a plan gives them.
fn parts(house: &House) -> Vec<String> {
    let lake = house.path("lake");
    let names = files(&lake).into_keys().map(|path| path.to_string_lossy().into_owned());
    names.filter(|name| name.contains("part-")).collect()
}

#[test]
fn a_spreadsheets_files_become_a_partitioned_lake_and_go_back() {
    let source = SHOP
        .replace(
            "store old: sqlite  { url = \"old.db\" }",
            "store old: csv {\n  path      = \"export\"\n  delimiter = \";\"\n  encoding  = windows_1252\n  null_text = \"NULL\"\n}",
        )
        .replace("{ path = \"lake\" }", "{\n  path         = \"lake\"\n  compression  = snappy\n  partition_by = name\n}")
        .replace("old.people ->", "old.`people-*` ->")
        .replace("  key    = id\n", "");
    let house = House::with(&[("shop.mig", &source)]);
    house.write_bytes("export/people-1.csv", b"id;name;email;cents;flag\r\n1;J\xfcrgen;NULL;100;x\r\n");
    house.write_bytes(
        "export/people-2.csv",
        b"id;name;email;cents;flag\r\n2;\"A;b\";A@B.de;250;x\r\n3;Zo\xeb;;5;\r\n",
    );
    house.mig(&["apply", "--yes"]).ends(0).says("completed");
    let there = parts(&house);
    assert_eq!(there.len(), 3, "{there:?}");
    assert!(there.iter().any(|name| name.contains("people/name=J%C3%BCrgen/part-")), "{there:?}");

    let lake = house.path("lake");
    let back = SHOP
        .replace(
            "store old: sqlite  { url = \"old.db\" }",
            &format!("store old: parquet {{ path = \"{}\" }}", lake.display()),
        )
        .replace(
            "store new: parquet { path = \"lake\" }",
            "store new: csv {\n  path        = \"out\"\n  delimiter   = \"\\t\"\n  header      = no\n  compression = gzip\n}",
        )
        .replace("  key    = id\n", "")
        .replace("  drop flag because \"unused\"\n", "");
    let next = House::with(&[("shop.mig", &back)]);
    next.mig(&["apply", "--yes"]).ends(0).says("completed");
    assert!(files(&next.path("out")).into_keys().any(|name| name.to_string_lossy().ends_with(".csv.gz")));
    next.mig(&["rollback", "--yes"]).ends(0).says("rolled back");
    assert!(!next.has("out"), "nothing is left");
}

#[test]
fn a_snapshot_of_files_that_were_read_in_another_way_is_outdated() {
    let source = SHOP.replace(
        "store old: sqlite  { url = \"old.db\" }",
        "store old: csv {\n  path      = \"export\"\n  delimiter = \";\"\n}",
    );
    let house = House::with(&[("shop.mig", &source.replace("  key    = id\n", ""))]);
    house.write_bytes("export/people.csv", b"id;name;email;cents;flag\n1;Ada;ada@b.de;100;x\n");
    house.mig(&["schema", "pull"]).ends(0);
    house.mig(&["check"]).ends(0);
    house.replace("shop.mig", "delimiter = \";\"", "delimiter = \"|\"");
    let check = house.mig(&["check", "--format", "json"]).ends(1);
    check
        .says("outdated-snapshot")
        .says(r#"was pulled when `old` was read in another way: `delimiter` was \";\" and is \"|\""#)
        .says("mig schema pull");
}

#[test]
fn a_value_that_an_encoding_has_not_takes_the_copy_back_and_is_named() {
    let store = "store new: csv {\n  path     = \"lake\"\n  encoding = latin_1\n}";
    let house = House::with(&[("shop.mig", &SHOP.replace("store new: parquet { path = \"lake\" }", store))]);
    house.sql("old.db", "UPDATE people SET name = 'Ada €' WHERE id = 1");
    let answer = house.mig(&["apply", "--yes"]);
    let said = answer.text();
    assert!(said.contains("column `name`") && said.contains("Latin-1 has no character '€'"), "{said}");
    assert!(!house.has("lake"), "nothing is left");
}

#[test]
fn what_cannot_be_told_apart_is_said_by_check() {
    let check = |store: &str| {
        let source = SHOP.replace("store new: parquet { path = \"lake\" }", &format!("store new: {store}"));
        House::with(&[("shop.mig", &source)]).mig(&["check"]).ends(1)
    };
    check("csv { path = \"lake\", quote = \"\" }").says("without quotes");
    check("csv { path = \"lake\", compression = snappy }").says("this cannot be the `compression`");
    check("arrow { path = \"lake\", compression_level = 3 }").says("has no levels");
    check("jsonl { path = \"lake\", delimiter = \";\" }").says("has no attribute `delimiter`");
}
