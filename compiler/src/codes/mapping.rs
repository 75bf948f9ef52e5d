//! Codes of mappings: what becomes of each old column, and what each new one is made of.

use super::{Mended, Page};

pub(super) const PAGES: &[Page] = &[
    Page {
        code: "unmapped-column",
        title: "A column of the old table is forgotten",
        why: "A mapping is total: every old column is used by an expression, carried by its bare name, or dropped with a reason. What nobody thought of would be lost without a word.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
  }
}
"#,
        fix: "Carry the column by its bare name, `city`, or leave it behind: `drop city because \"moved to addresses\"`.",
        mended: Mended::ByFix,
    },
    Page {
        code: "duplicate-column",
        title: "A new column is made twice",
        why: "A table has one column of a name. In SQLite names differ by more than their case.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
    city
    name = upper(name)
  }
}
"#,
        fix: "Rename one of them, or remove it.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
    city
    shouted = upper(name)
  }
}
"#,
        ),
    },
    Page {
        code: "duplicate-drop",
        title: "A column is dropped twice",
        why: "Of two reasons a reader would not know which holds.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
  drop city because "moved to addresses"
  drop city because "unused"
}
"#,
        fix: "Remove one of them.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
  drop city because "moved to addresses"
}
"#,
        ),
    },
    Page {
        code: "dropped-column-used",
        title: "A dropped column is used",
        why: "`drop` says that what the column held ends here. A column that a new one is made from does not.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
    town = upper(city)
  }
  drop city because "renamed to town"
}
"#,
        fix: "Remove the `drop`.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
    town = upper(city)
  }
}
"#,
        ),
    },
    Page {
        code: "drop-without-reason",
        title: "A column is dropped without a reason",
        why: "Data that ends is looked for later. The reason is what whoever looks will find.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
  drop city because ""
}
"#,
        fix: "Say why, and with `see \"…\"` where more is said.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
  }
  drop city because "moved to addresses"
}
"#,
        ),
    },
    Page {
        code: "unknown-new-column",
        title: "The new table is there, and has no such column",
        why: "Rows are written into the table as it is; nothing alters it.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.invoices {
  entity = @resource:customers
  columns {
    id
    total: decimal(12, 2) = 0
    paid = true
    note = name ++ (email else "")
    city
  }
}
"#,
        fix: "Name a column that the table has, add the column to the table first, or move into a new table.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.invoices {
  entity = @resource:customers
  columns {
    id
    total: decimal(12, 2) = 0
    paid = true
    note = name ++ (email else "")
  }
  drop city because "kept in addresses"
}
"#,
        ),
    },
    Page {
        code: "new-column-differs",
        title: "The new table is there, and its column has another type",
        why: "Rows are written into the table as it is, so that the column's type is the one it has there.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.invoices {
  entity = @resource:customers
  columns {
    id
    total: decimal(10, 2) = 0
    paid = true
    note = name ++ (email else "") ++ (city else "")
  }
}
"#,
        fix: "Give the column the type that it has in the table, or leave the type out.",
        mended: Mended::ByFix,
    },
    Page {
        code: "missing-new-column",
        title: "The new table is there, and requires a column that nothing makes",
        why: "The store would refuse every row: the column must have a value, and has no default.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.invoices {
  entity = @resource:customers
  columns {
    id
    total = 0
    note = name ++ (email else "") ++ (city else "")
  }
}
"#,
        fix: "Add a line to `columns`, `paid: bool = …`.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.invoices {
  entity = @resource:customers
  columns {
    id
    total: decimal(12, 2) = 0
    paid = true
    note = name ++ (email else "") ++ (city else "")
  }
}
"#,
        ),
    },
    Page {
        code: "target-is-view",
        title: "Rows would go into a view",
        why: "A view shows rows of tables and keeps none of its own.",
        example: r#"
dataset customers: legacy.customers -> legacy.old_customers {
  entity  = @resource:customers
  columns = same
}

store lake: sqlite { url = "lake.db" }

dataset others: legacy.totals -> lake.totals {
  entity  = @resource:day-totals
  columns = same
}
"#,
        fix: "Name a table, or drop the view first.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> legacy.customers_2 {
  entity  = @resource:customers
  columns = same
}

store lake: sqlite { url = "lake.db" }

dataset others: legacy.totals -> lake.totals {
  entity  = @resource:day-totals
  columns = same
}
"#,
        ),
    },
    Page {
        code: "type-not-kept",
        title: "The new store does not keep values of that type",
        why: "The store has no type that would keep them without loss.",
        example: r#"
store lake: csv { path = "export" }

dataset events: legacy.events -> lake.events {
  entity  = @resource:customers
  columns = same
}
"#,
        fix: "Make another type of it, leave the column behind, or take a store that keeps it.",
        mended: Mended::Written(
            r#"
store lake: parquet { path = "export" }

dataset events: legacy.events -> lake.events {
  entity  = @resource:customers
  columns = same
}
"#,
        ),
    },
    Page {
        code: "unfitting-partition",
        title: "The new table cannot be divided by what its store names",
        why: "`partition_by` of a store divides every table that is made there into folders by these columns. Each table must have them, of types whose values name folders, and at least one column beside them.",
        example: r#"
store lake: parquet { path = "lake", partition_by = country }

dataset customers: legacy.customers -> lake.customers {
  entity  = @resource:customers
  columns = same
}
"#,
        fix: "Make the column, take it out of `partition_by`, or give the table a store of its own.",
        mended: Mended::Written(
            r#"
store lake: parquet { path = "lake", partition_by = city }

dataset customers: legacy.customers -> lake.customers {
  entity  = @resource:customers
  columns = same
}
"#,
        ),
    },
    Page {
        code: "unknown-key-column",
        title: "The new table has no column of the key's name",
        why: "A key is named by the new columns, since it is the new table's key as well.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  key    = id
  columns {
    customer_id = id
    name
    email
    city
  }
}
"#,
        fix: "Write the new name of the column.",
        mended: Mended::ByFix,
    },
    Page {
        code: "key-not-plain",
        title: "A column of the key is computed",
        why: "Chunks and comparisons tell rows apart by the key on both sides. Only a column that is carried or renamed says the same on both.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  key    = id
  columns {
    id = id + 1_000
    name
    email
    city
  }
}
"#,
        fix: "Take a column that is carried or renamed, and compute beside it.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  key    = id
  columns {
    id
    number = id + 1_000
    name
    email
    city
  }
}
"#,
        ),
    },
    Page {
        code: "key-not-unique",
        title: "Nothing keeps the key unique",
        why: "Two rows of one key could not be told apart. The old store must vouch for it, by a primary key or a unique index.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  key     = name
  columns = same
}
"#,
        fix: "Take the primary key or a unique one; without any leave `key` out.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  key     = id
  columns = same
}
"#,
        ),
    },
    Page {
        code: "key-nullable",
        title: "A column of the key may be null",
        why: "A row without a key cannot be found again.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  key     = email
  columns = same
}
"#,
        fix: "Take a key whose columns always have a value.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  key     = id
  columns = same
}
"#,
        ),
    },
    Page {
        code: "key-lost",
        title: "The primary key is not carried over",
        why: "The new table gets no key: a difference is then told by where a row stands, and consumers that look up by key will miss it.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
  drop id because "replaced by the email"
}
"#,
        fix: "Carry the key's columns, or name another unique key.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}
"#,
        ),
    },
];
