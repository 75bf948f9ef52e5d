//! `mig lineage`.

use mig_test_support::Postgres;
use serde_json::Value;

use crate::house::{House, SHOP};

fn events(house: &House, arguments: &[&str]) -> Vec<Value> {
    let answer = house.mig(&[&["lineage", "--format", "openlineage"], arguments].concat()).ends(0);
    answer.out.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

#[test]
fn every_new_column_says_what_it_is_made_from() {
    let answer = House::shop().mig(&["lineage"]).ends(0);
    insta::assert_snapshot!(answer.out, @r#"
    people  old.people -> new.people                                  group:platform
      id int64     <- id
      name text    <- name   trim(name)
      email text?  <- email  nullif(lower(trim(email)), "")
      cents int64  <- cents
      flag ends: unused
    "#);
}

#[test]
fn a_dataset_is_chosen_by_its_name_and_a_wrong_one_is_guessed() {
    let house = House::shop();
    house.mig(&["lineage", "--dataset", "people"]).ends(0).says("lower(trim(email))");
    house.mig(&["lineage", "--dataset", "peple"]).ends(1).says("Did you mean `people`?");
    let said = house.mig(&["lineage", "--dataset", "x", "--format", "json"]).ends(1).out;
    let said: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(said["diagnostics"][0]["code"], "unknown-dataset");
}

#[test]
fn a_plan_file_has_its_lineage_without_its_world() {
    let house = House::shop();
    house.mig(&["plan", "-o", "plan.json"]).ends(0);
    std::fs::remove_file(house.path("old.db")).expect("it is there");
    let answer = house.mig(&["lineage", "plan.json", "--format", "json"]).ends(0);
    let value: Value = serde_json::from_str(&answer.out).expect("JSON");
    let email = value["datasets"][0]["columns"].as_array().expect("columns").iter();
    let email = email.into_iter().find(|column| column["name"] == "email").expect("there");
    assert_eq!(email["inputs"][0]["column"], "email");
    assert_eq!(email["inputs"][0]["uses"][0]["subtype"], "TRANSFORMATION");
}

/// What a collector relies on: the fields that OpenLineage's schemas require of an event and of its facets.
#[test]
fn an_event_has_what_openlineage_requires() {
    let house = House::shop();
    house.replace(
        "shop.mig",
        "nullif(lower(trim(email)), \"\")",
        "if cents > 0 then sha256(email) else null",
    );
    let events = events(&house, &[]);
    assert_eq!(events.len(), 1);
    let event = &events[0];
    for field in ["eventTime", "producer", "schemaURL", "job", "inputs", "outputs"] {
        assert!(!event[field].is_null(), "{field}");
    }
    assert!(event["run"].is_null(), "a plan is no run");
    assert_eq!(event["job"]["name"], "shop.people");
    let (old, new) = (&event["inputs"][0], &event["outputs"][0]);
    assert_eq!((&old["namespace"], &old["name"]), (&"mig://shop/old".into(), &"people".into()));
    assert_eq!((&new["namespace"], &new["name"]), (&"mig://shop/new".into(), &"people".into()));
    for facet in [&old["facets"]["schema"], &new["facets"]["schema"], &new["facets"]["columnLineage"]] {
        assert!(facet["_producer"].as_str().is_some_and(|url| url.starts_with("https://")), "{facet}");
        assert!(facet["_schemaURL"].as_str().is_some_and(|url| url.contains("#/$defs/")), "{facet}");
    }
    let fields = new["facets"]["columnLineage"]["fields"].as_object().expect("fields");
    assert_eq!(fields.len(), new["facets"]["schema"]["fields"].as_array().expect("columns").len());
    let plain = &fields["id"]["inputFields"][0];
    assert_eq!(
        (&plain["namespace"], &plain["name"], &plain["field"]),
        (&old["namespace"], &old["name"], &"id".into())
    );
    assert_eq!(plain["transformations"][0]["subtype"], "IDENTITY");
    let made = fields["email"]["inputFields"].as_array().expect("inputs");
    let of = |field: &str| {
        let input = made.iter().find(|input| input["field"] == field).expect(field);
        input["transformations"][0].clone()
    };
    assert_eq!(
        (of("cents")["type"].clone(), of("cents")["subtype"].clone()),
        ("INDIRECT".into(), "CONDITIONAL".into())
    );
    assert_eq!((of("email")["type"].clone(), of("email")["masking"].clone()), ("DIRECT".into(), true.into()));
}

#[test]
fn resolved_names_have_no_credentials() {
    let source =
        SHOP.replace("store new: parquet { path = \"lake\" }", "store new: postgres { url = env.NEW_URL }");
    let house = House::with(&[("shop.mig", SHOP)]);
    house.mig(&["plan", "-o", "plan.json"]).ends(0);
    let resolved = events(&house, &["plan.json", "--resolve"]);
    let path = house.path("old.db").canonicalize().expect("there");
    assert_eq!(resolved[0]["inputs"][0]["namespace"], format!("sqlite:{}", path.display()));
    assert_eq!(resolved[0]["outputs"][0]["namespace"], "file");

    let database = Postgres::shared().database();
    let url = database.url();
    let house = House::with(&[("shop.mig", &source)]);
    let mut command = house.command(&["lineage", "--format", "openlineage", "--resolve"]);
    command.env("NEW_URL", url);
    let answer = crate::house::answer(command).ends(0);
    let event: Value = serde_json::from_str(answer.out.trim()).expect("JSON");
    let namespace = event["outputs"][0]["namespace"].as_str().expect("a namespace");
    assert!(namespace.starts_with("postgres://") && !namespace.contains('@'), "{namespace}");
    let name = event["outputs"][0]["name"].as_str().expect("a name");
    assert!(name.ends_with(".public.people"), "{name}");
    assert!(!answer.out.contains(url), "{}", answer.out);
}
