use super::{Work, actions, edits};
use crate::fixture::{Fixture, SHOP, shop};

/// What is offered at `$0`, or between `$0` and `$1`.
fn selected(text: &str) -> (Fixture, u32, u32) {
    let end = text.find("$1").map(|end| u32::try_from(end - "$0".len()).unwrap());
    let fixture = Fixture::files(&[("main.mig", &text.replace("$1", ""))], shop());
    let start = fixture.cursor().byte;
    (fixture, start, end.unwrap_or(start))
}

fn titles(text: &str) -> Vec<String> {
    let (fixture, start, end) = selected(text);
    let cursor = fixture.cursor();
    actions(cursor.folder, cursor.document, start, end).into_iter().map(|action| action.title).collect()
}

/// The text after the action whose title begins so.
fn after(text: &str, title: &str) -> String {
    let (fixture, start, end) = selected(text);
    let cursor = fixture.cursor();
    let all = actions(cursor.folder, cursor.document, start, end);
    let action = all.iter().find(|action| action.title.starts_with(title));
    let action = action.unwrap_or_else(|| panic!("{title} is not among {all:?}"));
    let edits = edits(cursor.folder, cursor.document, &action.work);
    cursor.folder.edited(&edits).files[0].text.as_str().to_owned()
}

/// The lines that are only in the text after the action.
fn new_lines(text: &str, title: &str) -> Vec<String> {
    let before = text.replace("$0", "").replace("$1", "");
    let lines = after(text, title);
    let lines = lines.lines().filter(|line| !line.is_empty() && !before.lines().any(|old| old == *line));
    lines.map(|line| line.trim().to_owned()).collect()
}

fn findings(text: &str) -> Vec<&'static str> {
    let fixture = Fixture::files(&[("main.mig", text)], shop());
    fixture.snapshot().folders[0].diagnostics().iter().map(|found| found.code).collect()
}

#[test]
fn the_shop_is_sound() {
    let errors: Vec<_> = findings(SHOP).into_iter().filter(|code| *code != "no-rollback").collect();
    assert_eq!(errors, [""; 0]);
}

#[test]
fn every_fix_is_offered_where_its_finding_is() {
    let text = SHOP.replace("owner   =", "ow$0ner_ =").replace("soak ", "soka ");
    assert_eq!(new_lines(&text, "Write `owner`"), ["owner =".replace(" =", " = @group:platform")]);
    let (fixture, start, end) = selected(&text);
    let cursor = fixture.cursor();
    let all = actions(cursor.folder, cursor.document, start, end);
    let fixes: Vec<_> = all.iter().filter(|action| matches!(action.work, Work::Fix(..))).collect();
    assert!(fixes.iter().all(|action| action.mends.is_some()), "{fixes:?}");
    assert!(!titles(&text).iter().any(|title| title.contains("soak")), "what is elsewhere is not offered");
}

#[test]
fn all_that_is_probably_meant_is_mended_at_once() {
    let text =
        SHOP.replace("owner   =", "ow$0ner_ =").replace("soak ", "soka ").replace("checksum", "cheksum");
    let after = after(&text, "Fix all in this file, guesses too");
    assert!(!findings(&after).contains(&"unknown-attribute"), "{after}");
    assert!(!findings(&after).contains(&"unknown-statement"), "{after}");
    assert!(!titles(&SHOP.replace("owner", "$0owner")).iter().any(|title| title.starts_with("Fix all")));
}

#[test]
fn a_warning_is_allowed_with_a_reason_that_is_to_be_written() {
    let text = SHOP.replace("wave all", "wave a$0ll");
    let lines = new_lines(&text, "Allow it here, with a reason (`no-rollback`)");
    assert_eq!(lines, ["allow no-rollback because \"…\""]);
}

#[test]
fn the_missing_mappings_are_added() {
    let text = SHOP
        .replace("    status:   text  = state\n", "")
        .replace("  drop note because \"nobody reads it\"\n", "")
        .replace("key    =", "k$0ey    =");
    assert_eq!(
        new_lines(&text, "Add the missing mappings of `orders` (2)"),
        ["status: text = state", "drop note because \"…\""].map(|line| line.to_owned())
    );
    assert!(!titles(&SHOP.replace("key", "$0key")).iter().any(|title| title.starts_with("Add the missing")));
}

#[test]
fn mappings_are_added_where_there_is_no_block_yet() {
    let text = SHOP.replace(
        "\n  columns {\n    order_id: int64 = order_no\n    status:   text  = state\n  }\n  drop note because \"nobody reads it\"\n",
        "",
    );
    let text = text.replace("key    =", "k$0ey    =");
    let after = after(&text, "Add the missing mappings");
    assert!(after.contains("\n\n  columns {\n    order_id: int64 = order_no"), "{after}");
    assert!(!findings(&after).contains(&"syntax"), "{after}");
}

#[test]
fn a_forgotten_consumer_is_written_into_a_wave() {
    let consumer = "consumer billing: @component:billing-api {\n  cut_over = notify\n}\n";
    let text = SHOP.replace(consumer, "").replace("dataset orders", "dataset ord$0ers");
    // The wave moves all consumers.
    let settled = after(&text, "Write the forgotten consumers into a wave");
    assert!(settled.contains("  move       = datasets, consumers\n"), "{settled}");
    assert!(!findings(&settled).contains(&"forgotten-consumer"), "{settled}");
    // It moves none.
    let text = text.replace("datasets, consumers", "datasets");
    let settled = after(&text, "Write the forgotten consumers into a wave");
    assert!(settled.contains("  move       = datasets, billing_api\n"), "{settled}");
    assert!(!findings(&settled).contains(&"consumer-not-moved"), "{settled}");
}

#[test]
fn checks_are_taken_out_into_a_validation_of_their_own() {
    let text =
        SHOP.replace("  checksum\n", "  $0checksum\n").replace("negative number\"", "negative$1 number\"");
    let after = after(&text, "Extract these 2 checks");
    let expected = "validation orders_match on orders {
  row_count
}

validation orders_match_2 on orders {
  checksum
  require count(order_id < 0) == 0 else \"an order has a negative number\"
}
";
    assert!(after.contains(expected), "{after}");
    assert!(after.contains("validation = [orders_match, orders_match_2]"), "{after}");
    // All of them are no part.
    let all =
        SHOP.replace("  row_count\n", "  $0row_count\n").replace("negative number\"", "negative$1 number\"");
    assert!(!titles(&all).iter().any(|title| title.starts_with("Extract")));
}

#[test]
fn what_is_not_there_any_more_is_not_done() {
    let fixture = Fixture::files(&[("main.mig", SHOP)], shop());
    let folder = &fixture.snapshot().folders[0];
    for work in [
        Work::Fix(99, 0),
        Work::Allow(99),
        Work::FixAll(true),
        Work::Mappings("gone".to_owned()),
        Work::Consumers(99),
        Work::Extract("gone".to_owned(), 0, 9),
    ] {
        assert_eq!(edits(folder, &folder.files[0], &work), [], "{work:?}");
    }
}
