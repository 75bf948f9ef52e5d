//! Lines, blank lines, comments and alignment.

use crate::snapshot;

#[test]
fn alignment_in_bodies() {
    snapshot!(
        r#"
dataset d: a.b -> c.d {
key=order_id
entity =   @resource:a->@resource:b
chunk= 50_000   rows

cut_over=notify
  columns{
    a:int64=x
    // a comment does not end the alignment
    longer_name : decimal( 12,2 )?=decimal(y,12,2)/100
    bare
    untyped=z
    typed : text

    next:int8=one // a blank line does
  }
  drop x because "no"
  drop longer because "no"   see "https://example.org"
  irreversible because "so"
}
"#
    );
}

#[test]
fn what_is_allowed_is_aligned_and_its_code_stays_whole() {
    snapshot!(
        r#"
migration m {
owner = @group:a
allow no-soak   because "a"
allow   rollback-over-irreversible because"b" // why

allow x because "c"
}
wave w {move=datasets,allow no-soak because "d"}
"#
    );
}

#[test]
fn a_broken_line_does_not_end_the_alignment() {
    snapshot!("store s: sqlite {\n  url = \"x\"\n  conn ections\n  connections = 4\n}\n");
}

#[test]
fn stores_and_their_like() {
    snapshot!(
        r#"
store a: sqlite { url = "x" }
// the lake
store lake: postgres{url=env.LAKE_URL,connections=8,}  // big

store other: csv {path="y"}
approval x {from=@group:a}
approval longer {from=@group:b}
wave a { batch = 1 }
wave longer after a { batch = 2 }
validation v on orders { row_count, checksum }
validation longer on a,b { require count() > 0 else "empty" }
migration m {}
rollback r {
}
"#
    );
}

#[test]
fn one_line_that_is_too_long() {
    snapshot!(
        r#"store lake: postgres { url = "postgres://lake.internal.acme.example:5432/sales_and_more", connections = 8 }
store short: postgres { url = "postgres://lake.internal.acme.example:5432/sales" }
"#
    );
}

#[test]
fn blank_lines() {
    snapshot!(
        r#"


// first
/// doc

store a: sqlite { url = "x" }
store b: sqlite { url = "x" }



store c: sqlite { url = "x" }
// about the wave
wave w {

  batch = 1


  soak = 2h

}
wave x {
  batch = 1
}
store d: sqlite { url = "x" }
// the end

// really


"#
    );
}

#[test]
fn comments_everywhere() {
    snapshot!(
        r#"
wave w // behind the header
{ // behind the brace
  // own line
  batch = 1 // behind a value
  soak = 2h   //wide
  move = datasets_of_a_family_with_a_long_name // far out

  // last
} // behind the item
// below
dataset d: a.b -> c.d { columns { // behind columns
    a // behind a
    /// doc of b
    b
    // last in columns
  } // behind the block
}
"#
    );
}

#[test]
fn bodies_on_the_next_line_and_items_on_one() {
    snapshot!("wave a\n{\nbatch = 1, soak = 2h }\n  wave b { batch = 1 } wave c { batch = 2 }\n");
}

#[test]
fn columns_on_one_line() {
    snapshot!(
        "dataset d: a.b -> c.d {\n  columns { a , b:text , c=x }\n}\ndataset e: a.b -> c.d { columns { a }, key = a }\n"
    );
}

#[test]
fn line_ends_and_byte_order_mark() {
    snapshot!("\u{FEFF}wave w {\r\n  batch = 1 // c\r\n\tsoak = 2h\r\n\r\n\r\n}");
}

#[test]
fn nothing() {
    assert_eq!(mig_lang::format(""), "");
    assert_eq!(mig_lang::format(" \n\t\r\n"), "");
    assert_eq!(mig_lang::format("// only\n\n\n"), "// only\n");
}
