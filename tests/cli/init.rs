//! `mig init`.

use std::process::Stdio;

use mig_test_support::Postgres;

use crate::house::{House, SHOP, answer};

const FLAGS: [&str; 6] =
    ["--old", "sqlite:old.db", "--new", "lake=parquet:lake", "--catalog", "files(\"catalog.yaml\")"];

fn init(house: &House, more: &[&str]) -> crate::house::Answer {
    house.mig(&[&["init", "--name", "shop"], &FLAGS[..], more].concat())
}

#[test]
fn a_first_migration_is_written_and_is_sound() {
    let house = House::with(&[]);
    init(&house, &[]).ends(0).says("It is sound");
    insta::assert_snapshot!(house.read("shop.mig"), @r#"
    /// From the sqlite store `old` to the parquet store `lake`.
    migration shop {
      owner       = @group:platform
      catalog     = files("catalog.yaml")
      criticality = metadata.annotations["acme.dev/tier"] in [low, medium, high]
    }

    store old:  sqlite  { url = "old.db" }
    store lake: parquet { path = "lake" }

    dataset people: old.people -> lake.people {
      entity  = @resource:people
      columns = same
    }

    /// Whoever the catalog says reads one of them: 1 of @group:platform.
    consumers readers: catalog where kind == "Component" {
      cut_over = notify
    }

    validation moved_whole on people {
      row_count
      checksum
    }

    rollback careful {
      when error_rate > 1% for 5m and attempts >= 200
      no_data = pause
      then revert wave, notify owners
      allow rollback-conditions-not-watched because "no source of metrics is named yet: people watch"
    }

    wave all {
      move       = datasets, consumers
      validation = [moved_whole]
      rollback   = careful
      soak       = 1h
    }
    "#);
    let checked = house.mig(&["check"]).ends(0);
    assert!(!checked.text().contains("warning"), "{}", checked.text());
    house.mig(&["fmt", "--check"]).ends(0);
    house.mig(&["plan", "-o", "plan.json"]).ends(0);
}

#[test]
fn a_migration_that_is_there_is_not_replaced_unasked() {
    let house = House::shop();
    init(&house, &[]).ends(1).says("has a migration already: `shop.mig`");
    assert_eq!(house.read("shop.mig"), SHOP);
    init(&house, &["--force"]).ends(0);
    assert_ne!(house.read("shop.mig"), SHOP);
    house.write("other.mig", "store x: csv { path = \"x\" }\n");
    init(&house, &["--force"]).ends(1).says("`other.mig`");
}

#[test]
fn nobody_is_asked_who_cannot_answer() {
    let house = House::with(&[]);
    house.mig(&["init", "--old", "sqlite:old.db"]).ends(1).says("`--new` and `--catalog` must be given");
    let mut command = house.command(&["init"]);
    command.stdin(Stdio::piped());
    answer(command).ends(1).says("nobody can be asked");
    assert!(!house.has("shop.mig"));
}

#[test]
fn a_password_on_the_command_line_is_refused_and_not_repeated() {
    let house = House::with(&[]);
    let answer = house
        .mig(&[
            "init",
            "--old",
            "sqlite:old.db",
            "--new",
            "postgres:postgres://me:hunter2@db/x",
            "--catalog",
            "files:a",
        ])
        .ends(1)
        .says("password");
    assert!(!answer.text().contains("hunter2"), "{}", answer.text());
}

#[test]
fn every_variable_that_is_not_set_is_told() {
    let house = House::with(&[]);
    let stores = ["--old", "sqlite:env.NO_OLD_URL", "--new", "postgres:env.NO_NEW_URL"];
    house
        .mig(&[&["init", "--name", "shop"], &stores[..], &["--catalog", "files(\"catalog.yaml\")"]].concat())
        .ends(1)
        .says("NO_OLD_URL is not set")
        .says("NO_NEW_URL is not set");
}

#[test]
fn what_fails_leaves_nothing_behind() {
    let house = House::with(&[]);
    let missing =
        ["init", "a/b", "--old", "sqlite:none/x.db", "--new", "parquet:lake", "--catalog", "files:*.yaml"];
    house.mig(&missing).ends(1);
    assert!(!house.has("a"), "a folder was left");
    init(&house, &["--owner", "@group:plattform"]).ends(1).says("Did you mean");
    init(&house, &["--select", "kind == "]).ends(1);
    assert!(!house.has("shop.mig"));
}

#[test]
fn a_new_table_that_is_there_gets_its_casts_and_what_takes_a_decision_is_left_out() {
    let database = Postgres::shared().database();
    let house = House::with(&[]);
    database.execute("CREATE TABLE people (id bigint PRIMARY KEY, name text, mail text, born date)");
    let arguments = [
        "init",
        "--name",
        "shop",
        "--old",
        "sqlite:old.db",
        "--new",
        "postgres:env.NEW_URL",
        "--catalog",
        "files(\"catalog.yaml\")",
    ];
    let mut command = house.command(&arguments);
    command.env("NEW_URL", database.url());
    let said = answer(command).ends(0);
    assert!(!said.text().contains(database.url()));
    insta::assert_snapshot!(house.read("shop.mig"), @r#"
    // To look at:
    //   - `people` leaves `cents` and `flag` behind.
    //   - `people` makes `mail` from `email`, by the names alone.

    /// From the sqlite store `old` to the postgres store `new`.
    migration shop {
      owner       = @group:platform
      catalog     = files("catalog.yaml")
      criticality = metadata.annotations["acme.dev/tier"] in [low, medium, high]
    }

    store old: sqlite   { url = "old.db" }
    store new: postgres { url = env.NEW_URL }

    dataset people: old.people -> new.public.people {
      entity = @resource:people

      columns {
        id
        name: text? = name
        mail: text? = email
      }
      drop cents because "`new.public.people` has no column for it"
      drop flag  because "`new.public.people` has no column for it"
    }

    /// Whoever the catalog says reads one of them: 1 of @group:platform.
    consumers readers: catalog where kind == "Component" {
      cut_over = notify
    }

    validation moved_whole on people {
      row_count
      checksum
    }

    rollback careful {
      when error_rate > 1% for 5m and attempts >= 200
      no_data = pause
      then revert wave, notify owners
      allow rollback-conditions-not-watched because "no source of metrics is named yet: people watch"
    }

    wave all {
      move       = datasets, consumers
      validation = [moved_whole]
      rollback   = careful
      soak       = 1h
    }
    "#);
}
