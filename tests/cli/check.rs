//! `mig check`: what a person and a program are told about sources.

use crate::house::{House, SHOP};

#[test]
fn a_sound_migration() {
    House::shop().mig(&["check"]).ends(0).says("1 dataset").says("1 consumer").says("1 wave");
}

#[test]
fn findings_for_people() {
    let house = House::shop();
    house.replace("shop.mig", "trim(name)", "trim(nmae)");
    house.replace("shop.mig", "  drop flag because \"unused\"\n", "");
    let answer = house.mig(&["check"]).ends(1);
    insta::assert_snapshot!(answer.text());
}

#[test]
fn findings_for_programs() {
    let house = House::shop();
    house.replace("shop.mig", "trim(name)", "trim(nmae)");
    let answer = house.mig(&["check", "--format", "json"]).ends(1);
    let value: serde_json::Value = serde_json::from_str(&answer.out).expect("JSON");
    let all = value["diagnostics"].as_array().expect("a list");
    let found = all.iter().find(|found| found["code"] == "unknown-column").expect("it is found");
    let place = &found["labels"][0];
    assert_eq!(place["file"], "shop.mig");
    assert_eq!((&place["line"], &place["column"]), (&17.into(), &25.into()));
    let start = SHOP.find("name)").expect("there");
    assert_eq!(
        (place["start"].as_u64(), place["end"].as_u64()),
        (Some(start as u64), Some(start as u64 + 4))
    );
}

#[test]
fn a_sound_migration_for_programs() {
    let answer = House::shop().mig(&["check", "--format", "json"]).ends(0);
    let value: serde_json::Value = serde_json::from_str(&answer.out).expect("JSON");
    assert_eq!(value["errors"], 0);
}

#[test]
fn a_terminal_without_pictures_gets_sentences() {
    let house = House::shop();
    house.replace("shop.mig", "trim(name)", "trim(nmae)");
    let mut command = house.command(&["check"]);
    command.env("NO_GRAPHICS", "1");
    crate::house::answer(command).ends(1).says("Begin snippet for shop.mig");
}

#[test]
fn findings_for_a_code_host() {
    let house = House::shop();
    house.replace("shop.mig", "trim(name)", "trim(nmae)");
    let answer = house.mig(&["check", "--format", "sarif"]).ends(1);
    let log: serde_json::Value = serde_json::from_str(&answer.out).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "unknown-column");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "shop.mig");
    assert_eq!((&place["region"]["startLine"], &place["region"]["startColumn"]), (&17.into(), &25.into()));
    let inserted = &result["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"];
    assert_eq!(inserted, "name");
}

#[test]
fn findings_beside_the_lines_of_a_change() {
    let house = House::shop();
    house.replace("shop.mig", "trim(name)", "trim(nmae)");
    for command in ["check", "plan"] {
        let answer = house.mig(&[command, "--format", "github"]).ends(1);
        let start = "::error file=shop.mig,line=17,endLine=17,col=25,endColumn=29,title=unknown-column::";
        assert!(answer.out.starts_with(start), "{}", answer.out);
    }
    let answer = House::shop().mig(&["check", "--format", "github"]).ends(0);
    assert_eq!(answer.out, "");
    let answer = House::shop().mig(&["check", "nowhere", "--format", "github"]).ends(1);
    assert!(answer.out.starts_with("::error title=not-found::"), "{}", answer.out);
}

#[test]
fn findings_as_test_results() {
    let house = House::shop();
    let answer = house.mig(&["check", "--format", "junit"]).ends(0);
    assert!(
        answer
            .out
            .contains("<testcase classname=\"mig.check\" name=\"shop.mig\" file=\"shop.mig\" time=\"0\"/>")
    );
    house.replace("shop.mig", "trim(name)", "trim(nmae)");
    let answer = house.mig(&["check", "--format", "junit"]).ends(1);
    assert!(answer.out.contains("tests=\"1\" failures=\"1\" errors=\"0\""), "{}", answer.out);
}

#[test]
fn folders_side_by_side_are_each_a_migration() {
    let house = House::empty();
    for folder in ["one", "two"] {
        let shop = House::shop();
        for (path, bytes) in crate::house::files(&shop.path("")) {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            house.write_bytes(&format!("{folder}/{name}"), &bytes);
        }
    }
    let answer = house.mig(&["check"]).ends(0);
    assert_eq!(answer.out.matches("shop is sound").count(), 2, "{}", answer.out);
    house.replace("two/shop.mig", "trim(name)", "trim(nmae)");
    house.mig(&["check"]).ends(1).says("shop is sound").says("no column `nmae`").says("two/");
    house.mig(&["plan"]).ends(1).says("two-migrations");
}
