//! What could not be read: it leads to no second complaint, and is never planned.

use insta::assert_snapshot;

use crate::fixture::{Fixture, framed};

#[test]
fn what_is_wanted_is_known_in_spite_of_errors_elsewhere() {
    let source = "
migration shop {
  ownr    = @group:platform
  catalog = files(\"catalog/*.yaml\", \"more/*.yaml\")
}
store legacy: sqlite { url = \"legacy.db\" }
store lake: oracle { url = env.LAKE_URL }
dataset orders: legcy.orders -> lake.orders { columns = same }
";
    let (program, said) = crate::resolve(&Fixture::shop(source).trees());
    assert!(!program.whole && !said.is_empty());
    let wanted = crate::wanted(&program);
    assert_eq!(wanted.stores.keys().collect::<Vec<_>>(), ["legacy"]);
    assert!(wanted.catalog.is_some());
}

#[test]
fn a_broken_part_leads_to_no_second_complaint() {
    let source = "
migration shop {
  owner = @
  catalog = files(\"catalog/*.yaml\")
}
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name = lower(
    email
  }
}
wave all {
  move = datasets where (
}
";
    let fixture = Fixture::shop(&framed(source));
    let trees: Vec<_> =
        fixture.sources.iter().map(|(id, source)| mig_lang::parse(id, &source.text).0).collect();
    let (plan, said) = crate::compile(&trees, &fixture.world(), Vec::new());
    assert!(plan.is_none());
    assert_snapshot!(fixture.shown(&said), @"");
}

#[test]
fn what_only_the_parser_finds_wrong_is_never_planned() {
    let sound = include_str!("../../../tests/fixtures/shop.mig");
    let planned = |source: &str| {
        let fixture = Fixture::shop(source);
        let (tree, found) = mig_lang::parse(mig_lang::FileId(0), source);
        let (plan, said) = crate::compile(&[tree], &fixture.world(), Vec::new());
        let said = found.into_iter().chain(said).filter(|said| said.severity == mig_lang::Severity::Error);
        (plan.is_some(), said.map(|said| said.code).collect::<Vec<_>>())
    };
    assert_eq!(planned(sound), (true, Vec::new()));
    for (from, to, code) in [
        ("soak     = 1d\n}", "soak     = 1d\n", "unclosed-brace"),
        ("wave pilot", "wav pilot", "unknown-item"),
        ("unused since 2019", "unused since \\2019", "bad-escape"),
        ("store lake:   postgres {", "}\nstore lake:   postgres {", "syntax"),
    ] {
        assert!(sound.contains(from));
        assert_eq!(planned(&sound.replacen(from, to, 1)), (false, vec![code]));
    }
}

#[test]
fn what_an_unreadable_item_would_have_named_is_not_missed() {
    let source = "
!! migration shop
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}
consumer website: @component:website {
  reads    = [customers, another]
  cut_over = notify
}
wave one { move = customers }
";
    let fixture = Fixture::shop(source);
    let trees: Vec<_> =
        fixture.sources.iter().map(|(id, source)| mig_lang::parse(id, &source.text).0).collect();
    assert!(!trees[0].broken.is_empty());
    let (plan, said) = crate::compile(&trees, &fixture.world(), Vec::new());
    assert!(plan.is_none());
    assert_snapshot!(fixture.shown(&said), @"");
}
