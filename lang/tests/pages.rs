//! The page about the language says what is so: its examples parse, and are in the style they describe.

use mig_lang::FileId;

const PAGE: &str = include_str!("../../docs/language.md");

/// The blocks of a page that are marked `mig`.
fn blocks(page: &str) -> Vec<&str> {
    page.split("```mig\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn every_block_parses_and_is_formatted() {
    let blocks = blocks(PAGE);
    assert!(blocks.len() > 4, "{} blocks", blocks.len());
    for block in blocks {
        let (_, diagnostics) = mig_lang::parse(FileId(0), block);
        assert_eq!(diagnostics, [], "{block}");
        assert_eq!(mig_lang::format(block), block);
    }
}

#[test]
fn every_keyword_unit_and_type_is_on_the_page() {
    let words = mig_lang::ast::Keyword::ALL.map(mig_lang::ast::Keyword::word);
    let units = mig_lang::words::DURATIONS.iter().chain(&mig_lang::words::SIZES).map(|unit| unit.unit);
    let types = mig_lang::words::TYPES.iter().map(|ty| ty.word);
    for word in words.into_iter().chain(types) {
        assert!(PAGE.contains(&format!("`{word}`")), "{word}");
    }
    for unit in units {
        let written = [format!("`{unit}`"), format!("{unit}`")];
        assert!(written.iter().any(|written| PAGE.contains(written)), "{unit}");
    }
}
