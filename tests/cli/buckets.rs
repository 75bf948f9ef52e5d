//! Migrations into a bucket and out of it, over a real server of S3's protocol.

use std::process::{Command, Stdio};
use std::time::Duration;

use mig_test_support::ObjectServer;

use crate::house::{Answer, House, SHOP, answer};

const LAKE: &str = "{
  path              = env.LAKE
  endpoint          = env.LAKE_ENDPOINT
  access_key_id     = env.LAKE_KEY
  secret_access_key = env.LAKE_SECRET
}";

/// The keys of all objects in a bucket.
fn keys(bucket: &str) -> Vec<String> {
    let name = bucket.rsplit('/').next().expect("a bucket's name");
    let listed = ObjectServer::s3().request("GET", &format!("/{name}?list-type=2"), &[], "");
    let (status, listed) = listed.expect("the server answers");
    assert_eq!(status, 200, "{listed}");
    listed.split("<Key>").skip(1).filter_map(|rest| Some(rest.split_once("</Key>")?.0.to_owned())).collect()
}

/// The program with a lake in a bucket.
fn command(house: &House, bucket: &str, arguments: &[&str]) -> Command {
    let mut command = house.command(arguments);
    command
        .env("LAKE", format!("{bucket}/shop"))
        .env("LAKE_ENDPOINT", ObjectServer::s3().endpoint())
        .env("LAKE_KEY", ObjectServer::ACCESS_KEY)
        .env("LAKE_SECRET", ObjectServer::SECRET_KEY);
    command
}

/// Runs the program with a lake in a bucket; nothing it says may have the secret in it.
fn mig(house: &House, bucket: &str, arguments: &[&str]) -> Answer {
    let answer = answer(command(house, bucket, arguments));
    assert!(!answer.text().contains(ObjectServer::SECRET_KEY), "{}", answer.text());
    answer
}

#[test]
fn a_table_goes_into_a_bucket_and_on_into_a_database() {
    let bucket = ObjectServer::s3().bucket();
    let into = SHOP.replace("{ path = \"lake\" }", LAKE);
    let house = House::with(&[("shop.mig", &into)]);
    mig(&house, &bucket, &["plan", "-o", "plan.json"]).ends(0);
    assert!(!house.read("plan.json").contains(ObjectServer::SECRET_KEY));
    mig(&house, &bucket, &["apply", "plan.json"]).ends(0).says("completed");
    let there = keys(&bucket);
    assert!(
        there.iter().any(|key| key.starts_with("shop/people/part-") && key.ends_with(".parquet")),
        "{there:?}"
    );
    assert!(there.iter().all(|key| key.starts_with("shop/people/")), "{there:?}");
    mig(&house, &bucket, &["apply", "plan.json"]).ends(0).says("Nothing to do");

    let out_of = SHOP
        .replace("store old: sqlite  { url = \"old.db\" }", &format!("store lake: parquet {LAKE}"))
        .replace("store new: parquet { path = \"lake\" }", "store new: sqlite { url = \"new.db\" }")
        .replace("old.people -> new.people", "lake.people -> new.people")
        .replace("  drop flag because \"unused\"\n", "");
    let next = House::with(&[("shop.mig", &out_of)]);
    mig(&next, &bucket, &["apply", "--yes"]).ends(0).says("completed");
    assert_eq!(next.number("new.db", "SELECT sum(cents) FROM people WHERE name IN ('Ada', 'Grace')"), 350);
    assert_eq!(next.number("new.db", "SELECT count(*) FROM people"), 3);

    mig(&house, &bucket, &["rollback", "--yes"]).ends(0).says("rolled back");
    assert_eq!(keys(&bucket), [""; 0], "the bucket is as it was");
}

#[test]
fn a_broken_rule_takes_every_object_back() {
    let bucket = ObjectServer::s3().bucket();
    for format in ["csv", "jsonl"] {
        let source = SHOP
            .replace("store new: parquet { path = \"lake\" }", &format!("store new: {format} {LAKE}"))
            .replace("  key    = id\n", "  key    = id\n  chunk  = 2 rows\n");
        let house = House::with(&[("shop.mig", &source)]);
        house.sql("old.db", "UPDATE people SET cents = -5 WHERE id = 2");
        mig(&house, &bucket, &["apply", "--yes"]).ends(4).says("rolled back");
        assert_eq!(keys(&bucket), [""; 0], "{format}");
        house.sql("old.db", "UPDATE people SET cents = 5 WHERE id = 2");
        mig(&house, &bucket, &["apply", "--yes"]).ends(0).says("completed");
        let parts = keys(&bucket).into_iter().filter(|key| key.ends_with(&format!(".{format}"))).count();
        assert_eq!(parts, 2, "{format}");
        mig(&house, &bucket, &["rollback", "--yes"]).ends(0);
    }
}

#[test]
fn a_copy_into_a_bucket_that_is_killed_goes_on_where_it_was() {
    let bucket = ObjectServer::s3().bucket();
    // In folders by a column as well: a chunk is then several objects.
    let lake = LAKE.replace("\n}", "\n  partition_by = cents\n}");
    let source = SHOP
        .replace("{ path = \"lake\" }", &lake)
        .replace("  key    = id\n", "  key    = id\n  chunk  = 50 rows\n");
    let house = House::with(&[("shop.mig", &source)]);
    house.sql(
        "old.db",
        "INSERT INTO people WITH RECURSIVE n(i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) \
         SELECT i, 'n' || i, NULL, i % 3, NULL FROM n",
    );
    mig(&house, &bucket, &["plan", "-o", "plan.json"]).ends(0);
    let parts = || keys(&bucket).into_iter().filter(|key| key.contains("/part-")).count();
    for wanted in [5, 40] {
        let mut run = command(&house, &bucket, &["apply", "plan.json"]);
        let mut run = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        while parts() < wanted {
            assert!(run.try_wait().expect("asked").is_none(), "it ended before {wanted} parts were there");
            std::thread::sleep(Duration::from_millis(5));
        }
        run.kill().expect("it runs");
        run.wait().expect("it ends");
    }
    // Counted and compared by checksum, chunk by chunk, when it is validated.
    mig(&house, &bucket, &["apply", "plan.json"]).ends(0).says("completed");
    assert!(parts() >= 120, "{}", parts());
    mig(&house, &bucket, &["rollback", "--yes"]).ends(0).says("rolled back");
    assert_eq!(keys(&bucket), [""; 0], "the bucket is as it was");
}

#[test]
fn what_does_not_fit_a_bucket_is_said_before_anything_is_asked() {
    let check = |store: &str| {
        let house = House::with(&[("shop.mig", &SHOP.replace("{ path = \"lake\" }", store))]);
        house.mig(&["check"]).ends(1)
    };
    check("{ path = \"s3://lake/x\", secret_access_key = \"hunter2\" }").says("secret-in-source");
    check("{ path = \"s3://lake/x\", account_name = \"acme\" }")
        .says("a store on S3 has no attribute `account_name`")
        .says("Azure Blob Storage");
    check("{ path = \"lake\", region = \"eu-central-1\" }")
        .says("a store on the local disk has no attribute `region`");
    check("{ path = \"ftp://lake/x\" }").says("`ftp://` is no place for files");
}
