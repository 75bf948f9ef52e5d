//! The example that the language was made for.

use mig_lang::FileId;

use crate::support::tree;

#[test]
fn the_example_parses_whole() {
    let (file, diagnostics) = mig_lang::parse(FileId(0), include_str!("../../../examples/orders/orders.mig"));
    assert_eq!(diagnostics, []);
    assert!(file.is_whole());
    insta::assert_snapshot!(tree(&file));
}
