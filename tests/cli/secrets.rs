//! The value of an environment variable, and that of a secret column, is nowhere: not in a plan, the journal, or
//! anything that is said.

use std::path::Path;

use crate::house::{House, answer, files};

const SECRET: &str = "s3cr3t-and-never-shown";

#[test]
fn a_secret_is_nowhere() {
    let house = House::shop();
    house.replace("shop.mig", "\"old.db\"", "env.OLD_SHOP");
    house.replace(
        "shop.mig",
        "annotate(\"acme.dev/people\", \"lake\")",
        "command(run: [\"test\", \"-n\", env.TOKEN], undo: [\"true\"]), http(post: env.HOOK)",
    );
    let old = format!("{SECRET}.db");
    std::fs::rename(house.path("old.db"), house.path(&old)).expect("a file");
    let run = |arguments: &[&str]| {
        let mut command = house.command(arguments);
        command.env("OLD_SHOP", &old).env("TOKEN", SECRET);
        command.env("HOOK", format!("http://user:{SECRET}@127.0.0.1:1/{SECRET}"));
        answer(command)
    };
    let mut said = String::new();
    for arguments in [
        &["check"][..],
        &["plan", "-o", "plan.json"],
        &["apply", "plan.json"],
        &["status"],
        &["status", "--format", "json"],
        &["rollback", "--yes"],
        &["apply", "--help"],
    ] {
        said.push_str(&run(arguments).text());
    }
    assert!(said.contains("letters/cut_over/http failed"), "the hook cannot be reached: {said}");
    assert!(!said.contains(SECRET), "{said}");
    let mut looked_into = 0;
    for (path, bytes) in
        files(house.path("").as_path()).into_iter().chain(files(house.path(".mig").as_path()))
    {
        if path.extension().is_some_and(|extension| extension == "db")
            && path.to_string_lossy().contains(SECRET)
        {
            continue;
        }
        looked_into += 1;
        let found = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
        assert!(!found, "{} holds the secret", path.display());
    }
    assert!(looked_into >= 4);
}

/// Values that only the tables may hold.
const HIDDEN: [&str; 3] = ["ann@hidden.example", "bob@hidden.example", "4711081542"];

/// A shop with a secret column that is a text, and one that is a number.
fn people(columns: &str, secret: &str) -> House {
    let house = House::shop();
    house.sql(
        "old.db",
        "DROP TABLE people;
         CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, phone INTEGER NOT NULL);
         INSERT INTO people VALUES (1, 'Ann', 'ann@hidden.example', 4711081542), (2, 'Bob', 'bob@hidden.example', 4711081542);",
    );
    let shop = house.read("shop.mig");
    let (before, rest) = shop.split_once("  columns {").expect("a block");
    let (_, behind) = rest.split_once("unused\"\n").expect("a drop");
    house.write("shop.mig", &format!("{before}  secret = {secret}\n  columns {{\n{columns}  }}\n{behind}"));
    house.replace("shop.mig", "  require count(cents < 0) == 0 else \"somebody owes a negative sum\"\n", "");
    house
}

/// Runs commands, and looks for hidden values in all they say and in everything but the tables.
fn hidden_in(house: &House, commands: &[&[&str]]) -> String {
    let mut said = String::new();
    for command in commands {
        said.push_str(&house.mig(command).text());
    }
    let mut looked_into = 0;
    let journal = files(house.path(".mig").as_path());
    for (path, bytes) in files(house.path("").as_path()).into_iter().chain(journal) {
        let is_table =
            path.extension().is_some_and(|ending| ending == "db") || path.starts_with(house.path("lake"));
        if !is_table {
            looked_into += 1;
            assert_hidden(&String::from_utf8_lossy(&bytes), &path);
        }
    }
    assert!(looked_into >= 3, "the journal is looked into");
    assert_hidden(&said, Path::new("what was said"));
    said
}

#[track_caller]
fn assert_hidden(text: &str, place: &Path) {
    for value in HIDDEN {
        assert!(!text.contains(value), "{} holds {value}: {text}", place.display());
    }
}

const COLUMNS: &str = "    id\n    name\n    mail: text = lower(email)\n    phone\n";

#[test]
fn a_secret_column_is_nowhere_while_it_moves() {
    let house = people(COLUMNS, "[email, phone]");
    house.replace(
        "shop.mig",
        "  checksum\n",
        "  checksum\n  require max(phone) > 0 and min(mail) != \"\" else \"no\"\n",
    );
    let said = hidden_in(
        &house,
        &[
            &["check"],
            &["plan", "-o", "plan.json"],
            &["apply", "plan.json"],
            &["status"],
            &["status", "--format", "json"],
            &["diff", "."],
            &["diff", ".", "--format", "json"],
            &["diff", ".", "--format", "html", "-o", "page.html"],
        ],
    );
    assert!(said.contains("values of mail and phone are never shown"), "{said}");
    assert!(said.contains("completed"), "{said}");
    house.sql("old.db", "UPDATE people SET email = 'eve@hidden.example', phone = 1 WHERE id = 2");
    let said = hidden_in(
        &house,
        &[&["diff", "."], &["diff", ".", "--format", "json"], &["diff", ".", "--format", "html"]],
    );
    assert!(said.contains("(secret)") && !said.contains("eve@"), "{said}");
}

#[test]
fn a_secret_value_that_does_not_fit_is_told_without_it() {
    let columns = COLUMNS.replace("lower(email)", "text(int64(email))");
    let house = people(&columns, "[email, phone]");
    let said = hidden_in(&house, &[&["apply", ".", "--yes"], &["status"]]);
    assert!(said.contains("id 1, column mail: it has no value"), "{said}");
    // Not even what a hash is made of, though the hash may be shown.
    let house = people(&COLUMNS.replace("lower(email)", "sha256(text(int64(email)))"), "[email, phone]");
    let said = hidden_in(&house, &[&["apply", ".", "--yes"], &["status"]]);
    assert!(said.contains("id 1, column mail: it has no value"), "{said}");
    // What SQLite keeps in a column of numbers though it is none.
    let house = people(COLUMNS, "[email, phone]");
    house.mig(&["plan", "-o", "plan.json"]).ends(0);
    house.sql("old.db", "UPDATE people SET phone = 'bob@hidden.example' WHERE id = 2");
    let said = hidden_in(&house, &[&["apply", "plan.json"], &["status"]]);
    assert!(said.contains("id 2: phone is (secret)"), "{said}");
}

#[test]
fn a_secret_key_is_nowhere() {
    let house = people(COLUMNS, "email");
    house.replace("shop.mig", "  key    = id\n", "  key    = mail\n  chunk  = 1 rows\n");
    house.replace("shop.mig", "lower(email)", "email");
    house.replace("shop.mig", "    phone\n", "    phone: text = text(phone)\n");
    house.sql("old.db", "UPDATE people SET phone = id");
    let said = hidden_in(&house, &[&["plan", "-o", "plan.json"], &["apply", "plan.json"], &["status"]]);
    assert!(said.contains("completed"), "{said}");
    house.sql("old.db", "UPDATE people SET name = 'Bert' WHERE id = 2");
    let said = hidden_in(&house, &[&["diff", "."], &["diff", ".", "--format", "json"]]);
    assert!(said.contains("Bert") && said.contains("1 row with other values"), "{said}");
}
