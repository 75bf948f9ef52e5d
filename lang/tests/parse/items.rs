//! Items and their headers.

use crate::snapshot;

#[test]
fn every_header() {
    snapshot!(
        r#"
migration shop_v2 {}
store legacy: sqlite {}
dataset orders: legacy.orders -> lake.sales.orders {}
datasets archive: legacy.* -> lake.archive.* {}
consumer billing: @component:shop/billing-api {}
consumers others: catalog where kind == "Component" {}
validation v on orders, archive.customers {}
validation w on orders {}
approval money {}
rollback cautious {}
wave pilot {}
wave core after pilot, other {}
"#
    );
}

#[test]
fn bodies_on_one_line_and_on_many() {
    snapshot!(
        r#"
store lake: postgres { url = env.LAKE_URL, connections = 8 }
store lake: postgres {
  url = env.LAKE_URL,
  connections = 8,
}
store lake: postgres
{
url = env.LAKE_URL

connections = 8 }
wave w { move = datasets, consumers where a == b, soak = 2h } wave x { batch = 2 }
"#
    );
}

#[test]
fn docs_and_comments() {
    snapshot!(
        r#"
// A comment is nobody's.
/// The store that
/// everyone knows.
//// not a doc
store a: sqlite { // trailing
  // own line
  url = "x" // behind
  /// a doc that documents nothing
}

///no blank
///   indented
wave w {} // end
/// nothing follows
"#
    );
}

#[test]
fn names_between_backticks() {
    snapshot!(
        r#"
store `my store`: sqlite {}
dataset `or.ders`: `my store`.`or.ders` -> lake.`select`.* {
  columns {
    `where`: text = `from`.`a b` ++ `true`
    `Straße`
  }
  drop `größe` because ""
}
"#
    );
}

#[test]
fn line_ends_and_byte_order_mark() {
    snapshot!("\u{FEFF}store a: sqlite {\r\n  url = \"x\"\r\n}\r\n/// doc\r\nwave b {}\r\n");
}

#[test]
fn an_empty_file() {
    snapshot!("");
}
