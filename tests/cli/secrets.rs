//! The value of an environment variable is nowhere: not in a plan, the journal, or anything that is said.

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
