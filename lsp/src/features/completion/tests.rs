use mig_plan::Schemas;

use super::completion;
use crate::fixture::{Fixture, shop};

/// The labels at `$0` in a file whose shop is around it, the best first.
fn labels(text: &str) -> Vec<String> {
    let fixture = Fixture::files(&[("main.mig", text)], shop());
    completion(fixture.cursor()).candidates.into_iter().map(|candidate| candidate.label).collect()
}

fn has(text: &str, wanted: &[&str]) {
    let found = labels(text);
    for label in wanted {
        assert!(found.iter().any(|other| other == label), "{label} is not among {found:?}");
    }
}

const STORES: &str = "store legacy: sqlite { url = env.A }\nstore lake: postgres { url = env.B }\n";

#[test]
fn items_begin_a_line() {
    has("$0", &["migration", "store", "wave"]);
    has("migration a {\n  owner = @group:a\n}\n\nwa$0", &["wave"]);
    assert!(!labels("migration a {\n}\n\n$0").contains(&"migration".to_owned()), "there is one already");
}

#[test]
fn a_body_offers_what_it_lacks() {
    let found = labels("migration a {\n  catalog = files(\"a\")\n  $0\n}\n");
    assert_eq!(found.first().map(String::as_str), Some("owner"));
    assert!(!found.contains(&"catalog".to_owned()));
    has("wave one {\n  mo$0", &["move", "soak", "rollback"]);
    has("validation ok on a {\n  $0\n}\n", &["row_count", "checksum", "require"]);
    // What another kind of store takes is not offered.
    assert!(!labels("store a: sqlite { $0 }").contains(&"path".to_owned()));
    has("store a: parquet { $0 }", &["path"]);
}

#[test]
fn headers_offer_what_follows() {
    has("store a: $0", &["sqlite", "postgres", "parquet"]);
    has(&format!("{STORES}dataset a: $0"), &["legacy", "lake"]);
    has(&format!("{STORES}dataset a: legacy.$0"), &["customers", "orders"]);
    has(&format!("{STORES}dataset a: legacy.orders -> lake.sales.$0 {{\n}}"), &["orders"]);
    has("validation ok on $0 {\n}\ndataset orders: a.b -> c.d {\n}\n", &["orders"]);
    has("wave one {\n}\nwave two after $0", &["one"]);
    has("consumers c: catalog where $0", &["kind", "metadata", "spec"]);
    has("consumers c: catalog where spec.$0", &["type", "lifecycle"]);
}

#[test]
fn what_is_allowed_is_a_warning_with_its_reason() {
    has("wave one {\n  allow $0", &["no-soak"]);
    assert!(
        !labels("wave one {\n  allow $0").contains(&"unknown-column".to_owned()),
        "an error is not allowed"
    );
    has("wave one {\n  allow no-soak $0", &["because"]);
    let fixture = Fixture::file("wave one {\n  allow no-so$0");
    let found = completion(fixture.cursor());
    assert_eq!(fixture.shown(found.replaced), "main.mig:2 no-so");
    assert!(found.candidates.iter().any(|candidate| candidate.label == "no-soak"));
}

#[test]
fn entities_come_by_kind() {
    let found = labels("migration a {\n  owner = @$0\n}\n");
    assert!(found[0].starts_with("@group:"), "{found:?}");
    has("consumer c: @component:$0 {\n}\n", &["@component:billing-api"]);
    has("consumer c: @bill$0", &["@component:billing-api"]);
}

#[test]
fn columns_know_both_tables() {
    let dataset = |line: &str| {
        format!(
            "{STORES}dataset orders: legacy.orders -> lake.sales.orders {{\n  columns {{\n    {line}\n  }}\n}}\n"
        )
    };
    has(&dataset("$0"), &["order_no", "state"]);
    has(&dataset("status: $0"), &["text", "int64", "decimal(p, s)"]);
    has(&dataset("status: text = lower(st$0"), &["state", "lower", "trim"]);
    let dropped = format!(
        "{STORES}dataset orders: legacy.orders -> lake.sales.orders {{\n  columns {{\n    state\n  }}\n  drop $0\n}}\n"
    );
    has(&dropped, &["order_no"]);
    assert!(!labels(&dropped).contains(&"state".to_owned()), "it is carried");
}

#[test]
fn values_are_of_their_attribute() {
    has(
        "wave one {\n  move = $0\n}\ndataset orders: a.b -> c.d {\n}\n",
        &["datasets", "consumers", "orders"],
    );
    has("wave one {\n  rollback = $0\n}\nrollback careful {\n}\n", &["careful"]);
    has("consumer c: @component:x {\n  cut_over = $0\n}\n", &["notify", "http", "command"]);
    has("wave one {\n  soak = 5$0\n}\n", &["m", "h", "d"]);
    has("wave one {\n  move = consumers where cri$0\n}\n", &["kind"]);
}

#[test]
fn nothing_is_offered_inside_texts_and_comments() {
    assert_eq!(labels("wave one {\n  // mo$0\n}\n"), Vec::<String>::new());
    assert_eq!(labels("wave one {\n  x = \"mo$0\"\n}\n"), Vec::<String>::new());
    assert_eq!(labels("wave one {\n  x = \"mo$0\n}\n"), Vec::<String>::new());
    assert_eq!(labels("wave $0"), Vec::<String>::new());
}

#[test]
fn every_place_of_every_broken_text_can_be_asked_for() {
    let texts = [
        include_str!("../../../../examples/orders/orders.mig"),
        include_str!("../../../../lang/tests/fixtures/everything.mig"),
        "wave é { move = `x\n\"\n@\n}}}}\n{ {",
    ];
    for text in texts {
        let tokens: Vec<_> =
            mig_lang::token::Tokens::new(text).map(|token| (token.start, token.end())).collect();
        // Every token left out in turn, and the cursor where it was.
        for (start, end) in tokens {
            let broken = format!("{}$0{}", &text[..start], &text[end..]);
            let fixture = Fixture::files(&[("main.mig", broken.as_str())], Default::default());
            let found = completion(fixture.cursor());
            assert!(found.replaced.start <= found.replaced.end);
        }
    }
}

#[test]
fn tables_of_no_store_are_none() {
    let mut known = shop();
    known.schemas = Schemas::default();
    let fixture = Fixture::files(&[("main.mig", "dataset a: legacy.$0")], known);
    assert_eq!(completion(fixture.cursor()).candidates, []);
}
