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
    assert_eq!(labels("validation ok on a {\n  checksum $0\n}\n"), ["reread"]);
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

const DATASET: &str = "dataset orders: legacy.orders -> lake.sales.orders {\n  columns {\n    LINE\n  }\n}\n";

/// The labels in a line of `columns`, the best first.
fn in_line(line: &str) -> Vec<String> {
    labels(&format!("{STORES}{}", DATASET.replace("LINE", line)))
}

/// Whether one comes before the other.
fn before(found: &[String], one: &str, other: &str) -> bool {
    let place = |label: &str| found.iter().position(|found| found == label);
    place(one).zip(place(other)).is_some_and(|(one, other)| one < other)
}

#[test]
fn what_has_the_wanted_type_comes_first() {
    let found = in_line("a: text = $0");
    assert!(before(&found, "state", "order_no") && before(&found, "lower", "int64"), "{found:?}");
    let found = in_line("a: int64 = $0");
    assert!(before(&found, "order_no", "state") && before(&found, "length", "lower"), "{found:?}");
    let found = in_line("a: timestamp? = ut$0");
    assert!(before(&found, "utc", "lower"), "{found:?}");
    // In a call, its parameter says what is wanted.
    let found = in_line("a: int64 = length(lower($0))");
    assert!(before(&found, "state", "order_no") && before(&found, "trim", "int64"), "{found:?}");
    let found = in_line("a = $0");
    assert!(before(&found, "order_no", "state"), "nothing is wanted: {found:?}");
}

#[test]
fn arguments_have_their_names_and_values() {
    let found = in_line("a = utc(placed, $0)");
    assert!(found.contains(&"zone".to_owned()) && found.contains(&"Europe/Paris".to_owned()), "{found:?}");
    assert!(!found.contains(&"datetime".to_owned()) && !found.contains(&"state".to_owned()), "{found:?}");
    assert!(!in_line("a = utc(zone: \"UTC\", $0)").contains(&"zone".to_owned()), "it is given");
    assert!(!in_line("a = utc(placed, zone: $0)").contains(&"zone".to_owned()), "it is written");
    assert_eq!(in_line("a = round(order_no, $0)"), ["digits"], "a constant is nobody's to guess");
    let action = |action: &str| {
        labels(&format!(
            "{STORES}consumer c: @component:x {{\n  cut_over = {action}\n}}\n{}",
            DATASET.replace("LINE", "state")
        ))
    };
    assert_eq!(action("http($0"), ["post", "undo", "env"]);
    assert_eq!(action("http(post: env.A, $0)"), ["undo", "env"]);
    assert_eq!(action("http(post: $0)"), ["env"]);
    assert_eq!(action("view(lake.sales.$0"), ["orders"]);
    assert_eq!(action("view(lake.sales.orders, to: $0"), ["orders"]);
    assert_eq!(labels("migration m {\n  catalog = backstage(env.A, $0"), ["token", "env"]);
}

#[test]
fn zones_are_offered_in_their_quotes() {
    let text = format!("{STORES}{}", DATASET.replace("LINE", "a = utc(placed, zone: \"Europe/Pa$0xx\")"));
    let fixture = Fixture::files(&[("main.mig", text.as_str())], shop());
    let found = completion(fixture.cursor());
    assert_eq!(fixture.shown(found.replaced).rsplit(' ').next(), Some("Europe/Paxx"));
    let paris = found.candidates.iter().find(|candidate| candidate.label == "Europe/Paris").unwrap();
    assert_eq!(paris.insert, "Europe/Paris");
    assert!(!found.partial, "all are there");
}

#[test]
fn units_are_those_of_the_attribute() {
    let wave = |line: &str| labels(&format!("wave one {{\n  {line}\n}}\n"));
    assert_eq!(wave("soak = 5$0"), ["d", "h", "m", "s"]);
    assert_eq!(wave("batch = 5$0"), Vec::<String>::new());
    assert_eq!(labels("dataset a: s.a -> t.a {\n  chunk = 5$0\n}\n"), ["rows"]);
    assert_eq!(labels("rollback r {\n  when error_rate > 1$0\n}\n"), ["%"]);
    assert_eq!(labels("rollback r {\n  when error_rate > 1% for 5$0\n}\n"), ["d", "h", "m", "s"]);
    assert_eq!(labels("validation v on a {\n  freshness within 5$0\n}\n"), ["d", "h", "m", "s"]);
    assert_eq!(in_line("a = order_no / 5$0"), Vec::<String>::new());
}

#[test]
fn families_have_their_own_members() {
    let text = "datasets some: legacy.* -> lake.* { select = catalog where metadata.name == \"orders-v1\" }\nconsumers others: catalog where kind == \"Component\" { cut_over = notify }\n";
    let wave = |what: &str| labels(&format!("{STORES}{text}wave one {{\n  move = {what}\n}}\n"));
    assert_eq!(wave("some.$0"), ["orders-v1"]);
    assert_eq!(wave("others.$0"), ["billing-api"]);
    assert_eq!(wave("others.bill$0"), ["billing-api"]);
    assert_eq!(wave("others.x$0"), Vec::<String>::new());
}

#[test]
fn variables_are_those_of_the_folder() {
    assert_eq!(labels(&format!("{STORES}store c: sqlite {{ url = env.$0 }}\n")), ["A", "B"]);
    assert_eq!(
        labels(&format!("{STORES}consumer c: @component:x {{\n  cut_over = http(post: env.$0\n")),
        ["A", "B"]
    );
}

#[test]
fn a_condition_has_aggregates_and_columns_in_them() {
    let on = |condition: &str| {
        labels(&format!(
            "{STORES}{}validation v on orders {{\n  require {condition}\n}}\n",
            DATASET.replace("LINE", "state")
        ))
    };
    let found = on("$0");
    assert!(found.contains(&"count".to_owned()) && !found.contains(&"state".to_owned()), "{found:?}");
    let found = on("count($0");
    assert!(found.contains(&"state".to_owned()) && !found.contains(&"sum".to_owned()), "{found:?}");
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

#[test]
fn a_column_of_one_name_and_type_is_offered_once() {
    let orders = |body: &str| {
        format!(
            "{STORES}dataset orders: legacy.orders -> lake.sales.orders {{\n  columns {{\n{body}\n  }}\n}}\n"
        )
    };
    let count = |text: &str, label: &str| labels(text).iter().filter(|found| *found == label).count();
    // The new table's `status` is no column of the old one, and `order_no` none of the new one.
    let text = orders("    $0");
    assert_eq!((count(&text, "status"), count(&text, "order_no")), (1, 1));
    let mut known = shop();
    for (store, path) in [("legacy", vec!["orders"]), ("lake", vec!["sales", "orders"])] {
        let path: Vec<String> = path.into_iter().map(str::to_owned).collect();
        let table =
            known.schemas.stores.get_mut(store).and_then(|store| store.tables.get_mut(&path)).unwrap();
        let ty = Some("text".parse().unwrap());
        let (name, native) = ("channel".to_owned(), if store == "lake" { "text" } else { "TEXT" }.to_owned());
        table.columns.push(mig_plan::schema::SchemaColumn { name, native, ty, has_default: false });
    }
    let offered = |text: &str| {
        let fixture = Fixture::files(&[("main.mig", text)], known.clone());
        let found = completion(fixture.cursor()).candidates.into_iter();
        let mine = found.enumerate().filter(|(_, candidate)| candidate.label == "channel");
        mine.map(|(place, candidate)| (place, candidate.insert)).collect::<Vec<_>>()
    };
    // It is carried as it is, and comes with what the new table wants.
    let found = offered(&text);
    assert_eq!(found, [(0, "channel".to_owned())]);
    assert_eq!(offered(&orders("    status: text = $0")).len(), 1);
    // Two datasets make it, one of them without writing its type.
    let two = "dataset more: legacy.orders -> lake.sales.more {\n  columns {\n    channel: text\n  }\n}\n\
        validation ok on orders, more {\n  require count($0) > 0 else \"x\"\n}\n";
    assert_eq!(offered(&format!("{}{two}", orders("    channel"))).len(), 1);
}
