//! What holds of any text in the world of the small shop: reading and compiling it never panics, there is a plan or
//! an error that says why not, and every diagnostic has its page and stands in the text. Knows nothing of who asks,
//! so that tests and fuzzing ask the same.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use mig_lang::{Diagnostic, FileId, Severity};
use mig_plan::{Catalog, PlanFile, Schemas};

use crate::fixture::{SHOP_CATALOG, SHOP_SCHEMAS, catalog, schemas};
use crate::{World, codes, compile};

#[cfg(test)]
#[path = "../../lang/tests/support/damage.rs"]
pub(crate) mod damage;

/// The world, read once.
fn shop() -> &'static (Catalog, Schemas) {
    static SHOP: OnceLock<(Catalog, Schemas)> = OnceLock::new();
    SHOP.get_or_init(|| (catalog(SHOP_CATALOG), schemas(SHOP_SCHEMAS)))
}

/// Compiles one text; `what` names it when something does not hold.
pub(crate) fn compiles(text: &str, what: &str) {
    let (catalog, schemas) = shop();
    let (file, mut said) = mig_lang::parse(FileId(0), text);
    let (plan, found) = compile(&[file], &World { catalog, schemas }, Vec::new());
    let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
    said.extend(found);
    let errors = said.iter().any(is_error);
    assert!(plan.is_none() || !errors, "{what}: a plan in spite of errors\n{text}");
    assert!(plan.is_some() || errors, "{what}: no plan, and nobody says why\n{text}");
    for diagnostic in &said {
        assert!(codes::page(diagnostic.code).is_some(), "{what}: `{}` has no page", diagnostic.code);
        let labels = diagnostic.labels.iter().map(|label| label.span);
        let edits = diagnostic.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        for span in labels.chain(edits) {
            let place = text.get(span.start as usize..span.end as usize);
            assert!(place.is_some(), "{what}: a span off the text: {diagnostic:?}\n{text}");
        }
    }
    let Some(plan) = plan else { return };
    let written =
        PlanFile::new(plan, ".".to_owned(), BTreeMap::new()).and_then(|file| Ok((file.to_text()?, file)));
    let read = written.and_then(|(text, file)| Ok((PlanFile::from_text(&text)?, file)));
    assert!(read.is_ok_and(|(read, file)| read == file), "{what}: the plan file is not its plan\n{text}");
}

#[cfg(test)]
mod tests {
    use super::{compiles, damage};
    use crate::fixture::framed;

    /// Items of every kind, in the shop's world.
    const WHOLE: &str = include_str!("../tests/fixtures/shop.mig");

    #[test]
    fn whole_it_compiles() {
        let said = crate::fixture::said(WHOLE);
        assert!(!said.contains("error["), "{said}");
    }

    #[test]
    fn every_piece_deleted() {
        for (start, end) in damage::pieces(WHOLE) {
            let text = [&WHOLE[..start], &WHOLE[end..]].concat();
            compiles(&text, &format!("without {:?} at {start}", &WHOLE[start..end]));
        }
    }

    #[test]
    fn mutated_at_random() {
        for seed in 1..=600_u64 {
            let mut state = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed);
            let mut text = WHOLE.to_owned();
            for _ in 0..=damage::next(&mut state) % 6 {
                damage::damage(&mut text, || damage::next(&mut state));
            }
            compiles(&text, &format!("seed {seed}"));
        }
    }

    #[test]
    fn items_alone() {
        for item in WHOLE.split("\n\n") {
            compiles(item, "an item alone");
            compiles(&framed(item), "an item in its frame");
            compiles(&[item, "\n", item].concat(), "an item twice");
        }
    }
}
