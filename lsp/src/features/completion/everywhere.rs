//! Completion at every place: of the examples, of plans that are wrong, and of a plan from which any token is missing.

use std::collections::BTreeSet;

use mig_lang::token::{TokenKind, Tokens};

use super::completion;
use crate::fixture::{Fixture, shop, texts};
use crate::snapshot::Cursor;

const ORDERS: &str = include_str!("../../../../examples/orders/orders.mig");

fn labels(cursor: Cursor<'_>) -> BTreeSet<String> {
    completion(cursor).candidates.into_iter().map(|candidate| candidate.label).collect()
}

fn fixture(text: &str) -> Fixture {
    Fixture::files(&[("main.mig", &format!("{text}$0"))], shop())
}

#[test]
fn every_place_of_every_example_and_of_every_wrong_plan_can_be_asked_for() {
    let texts = texts();
    assert!(texts.len() > 50, "{} texts", texts.len());
    for text in &texts {
        let fixture = fixture(text);
        for byte in (0..=text.len()).filter(|byte| text.is_char_boundary(*byte)) {
            let at = u32::try_from(byte).unwrap();
            let found = completion(Cursor { byte: at, ..fixture.cursor() });
            let line = text[..byte].rfind('\n').map_or(0, |line| line + 1);
            assert!(
                line <= found.replaced.start as usize,
                "what is replaced is in the cursor's line: {text}"
            );
            assert!(found.replaced.start <= at && at <= found.replaced.end, "{byte}: {text}");
            let mut labels: Vec<_> =
                found.candidates.iter().map(|one| (&one.label, one.kind as u8)).collect();
            let all = labels.len();
            labels.sort();
            labels.dedup();
            assert_eq!(labels.len(), all, "each is offered once: {byte}: {text}");
        }
    }
}

#[test]
fn a_missing_token_leaves_the_candidates_of_the_other_items() {
    let whole = fixture(ORDERS);
    let items = whole.cursor().document.tree().items.clone();
    let tokens: Vec<(usize, usize)> = Tokens::new(ORDERS)
        .filter(|token| token.kind != TokenKind::Newline)
        .map(|token| (token.start, token.end()))
        .collect();
    let mut compared = 0;
    for (number, (start, end)) in tokens.iter().copied().enumerate() {
        let broken = fixture(&format!("{}{}", &ORDERS[..start], &ORDERS[end..]));
        let here = u32::try_from(start).unwrap();
        let found = completion(Cursor { byte: here, ..broken.cursor() });
        assert!(found.replaced.start <= here && here <= found.replaced.end);
        let of = items.iter().find(|item| item.span.start <= here && here < item.span.end);
        // What an item that lacks a token says is not known as it was: its words may come and go.
        let mut own: BTreeSet<&str> = BTreeSet::from(["migration", "criticality"]);
        if let Some(item) = of {
            let text = &ORDERS[item.span.start as usize..item.span.end as usize];
            own.extend(
                Tokens::new(text).filter(|token| token.kind == TokenKind::Word).map(|token| token.text),
            );
        }
        let others = tokens.iter().enumerate().filter(|(at, (place, _))| {
            let place = u32::try_from(*place).unwrap();
            let outside = of.is_none_or(|item| place < item.span.start || item.span.end <= place);
            let inside = items.iter().any(|item| item.span.start <= place && place < item.span.end);
            outside && inside && (at + number) % 9 == 0
        });
        for (_, (place, _)) in others {
            let at = u32::try_from(*place).unwrap();
            let moved = if *place < start { at } else { at - u32::try_from(end - start).unwrap() };
            let right = labels(Cursor { byte: at, ..whole.cursor() });
            let now = labels(Cursor { byte: moved, ..broken.cursor() });
            let differs: Vec<&String> =
                right.symmetric_difference(&now).filter(|label| !own.contains(label.as_str())).collect();
            assert!(
                differs.is_empty(),
                "without {:?} of byte {start}, {differs:?} come or go at {:?}",
                &ORDERS[start..end],
                ORDERS[*place..].lines().next()
            );
            compared += usize::from(!right.is_empty());
        }
    }
    assert!(compared > 2_000, "only {compared} places have candidates");
}
