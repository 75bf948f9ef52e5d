//! `mig plan` and `mig graph`.

use std::fs;

use crate::house::House;

/// What differs from run to run, made the same.
fn settled(text: &str) -> String {
    let digest = text.find("sha256:").map(|at| text[at..at + 71].to_owned()).unwrap_or_default();
    text.replace(&digest, "sha256:[digest]")
}

#[test]
fn a_plan_for_people() {
    insta::assert_snapshot!(settled(&House::shop().mig(&["plan"]).ends(0).out));
}

#[test]
fn a_plan_is_written_and_shown_again() {
    let house = House::shop();
    let made = house.mig(&["plan", "-o", "plan.json"]).ends(0);
    let shown = house.mig(&["plan", "plan.json"]).ends(0);
    assert!(made.out.starts_with(&shown.out), "{}\n---\n{}", made.out, shown.out);
    assert_eq!(house.mig(&["plan", "--format", "json"]).ends(0).out, house.read("plan.json"));
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let house = House::shop();
    house.mig(&["plan", "-o", "a.json"]).ends(0);
    house.mig(&["plan", "-o", "b.json"]).ends(0);
    assert_eq!(house.read("a.json"), house.read("b.json"));
}

#[test]
fn a_plan_file_knows_its_folder_from_wherever_it_is() {
    let house = House::shop();
    fs::create_dir_all(house.path("plans/of/today")).expect("a folder");
    house.mig(&["plan", ".", "-o", "plans/of/today/p.json"]).ends(0);
    let value: serde_json::Value = serde_json::from_str(&house.read("plans/of/today/p.json")).expect("JSON");
    assert_eq!(value["folder"], "../../..");
    house.mig(&["apply", "plans/of/today/p.json"]).ends(0);
    assert!(house.has("lake") && house.has(".mig/journal.db"));
}

#[test]
fn the_exit_code_tells_whether_there_is_something_to_do() {
    let house = House::shop();
    house.mig(&["plan", "--detailed-exitcode", "-o", "plan.json"]).ends(2);
    house.mig(&["apply", "plan.json"]).ends(0);
    house.mig(&["plan", "--detailed-exitcode"]).ends(0).says("Nothing to do");
}

#[test]
fn a_plan_is_not_written_where_it_cannot_be() {
    House::shop().mig(&["plan", "-o", "no/such/folder/plan.json"]).ends(1).says("no/such/folder");
    House::shop().mig(&["plan", "-o", "."]).ends(1);
}

#[test]
fn an_edited_plan_is_refused() {
    let house = House::shop();
    house.mig(&["plan", "-o", "plan.json"]).ends(0);
    house.replace("plan.json", "\"chunk_rows\": 250000", "\"chunk_rows\": 250001");
    house.mig(&["apply", "plan.json"]).ends(1).says("changed after it was made");
    house.mig(&["plan", "plan.json"]).ends(1).says("edited-plan");
    assert!(!house.has("lake"));
}

#[test]
fn what_is_no_plan_is_refused() {
    let house = House::shop();
    house.write("plan.json", "{\"version\": 99}");
    house.mig(&["apply", "plan.json"]).ends(1).says("version 99");
    house.write("plan.json", "hello");
    house.mig(&["apply", "plan.json"]).ends(1).says("not a plan file");
    house.mig(&["apply", "nowhere.json"]).ends(1).says("does not exist");
}

#[test]
fn graphs_in_three_languages() {
    let house = House::shop();
    house.mig(&["graph"]).ends(0).says("digraph").says("people").says("letters");
    house.mig(&["graph", "--format", "mermaid"]).ends(0).says("flowchart LR");
    house.mig(&["graph", "--format", "svg", "-o", "shop.svg"]).ends(0);
    assert!(house.read("shop.svg").starts_with("<svg "));
}
