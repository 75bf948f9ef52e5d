//! Two tables that are compared.

use super::{Example, Page};

pub(super) const PAGES: &[Page] = &[
    Page {
        code: "no-such-table",
        title: "A store does not have the table",
        why: "`mig diff --old KIND:LOCATION#TABLE` names a table in a store, and the store does not have it.",
        example: Example {
            failing: "
mig diff --old sqlite:shop/shop.db#order --new sqlite:shop/shop.db#orders
",
            mended: "
mig diff --old sqlite:shop/shop.db#orders --new sqlite:shop/shop.db#orders
",
        },
        fix: "Name it as `schema.table` in PostgreSQL, `table` in SQLite and MySQL, and as a folder or file in a store of files.",
    },
    Page {
        code: "not-comparable",
        title: "Two tables, or a column of them, cannot be compared",
        why: "Without a migration columns are matched by their names and compared in a type that holds both without loss. Here there is none.",
        example: Example {
            failing: "
mig diff --old sqlite:shop/shop.db#customers --new sqlite:shop/shop.db#products
",
            mended: "
mig diff --old sqlite:shop/shop.db#customers --new sqlite:shop/shop.db#customers
",
        },
        fix: "Compare by a migration: its mapping says how one becomes the other. docs/equality.md has the table of types.",
    },
    Page {
        code: "not-compared",
        title: "A comparison came to no end",
        why: "A store was out of reach, or a row has no value under the mapping or the condition. Nothing can be said of tables that were not compared to the end.",
        example: Example {
            failing: r#"
cp shop/shop.db new.db
sqlite3 new.db "UPDATE orders SET placed = 'soon' WHERE order_no = 500"
mig diff --old sqlite:shop/shop.db#orders --new sqlite:new.db#orders
"#,
            mended: "
cp shop/shop.db new.db
mig diff --old sqlite:shop/shop.db#orders --new sqlite:new.db#orders
",
        },
        fix: "Mend what the message names, and compare again.",
    },
];
