//! Codes of places, tables and views.

use super::{Mended, Page};

pub(super) const PAGES: &[Page] = &[
    Page {
        code: "unknown-table",
        title: "There is no such table",
        why: "The old table is read when the plan is made, and must be there.",
        example: r#"
dataset customers: legacy.custmers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}
"#,
        fix: "Write the table's name as the store has it; the help lists the tables.",
        mended: Mended::ByFix,
    },
    Page {
        code: "no-table-for-entity",
        title: "An entity of a family has no table",
        why: "A family finds a member's table by the entity's annotation `mig.dev/table`, or else by its name with `-` read as `_`.",
        example: r#"
datasets archive: legacy.* -> lake.archive.* {
  select = catalog where metadata.name in ["customers", "orders-v2"]
}
"#,
        fix: "Annotate the entity with its table, select fewer, or write a `dataset` of its own.",
        mended: Mended::Written(
            r#"
datasets archive: legacy.* -> lake.archive.* {
  select = catalog where metadata.name in ["customers"]
}
"#,
        ),
    },
    Page {
        code: "moved-onto-itself",
        title: "A dataset is moved to where it is",
        why: "Its old and its new place are one table, also when they go by two stores of one location.",
        example: r#"
store again: sqlite { url = "legacy.db" }

dataset customers: legacy.customers -> again.customers {
  entity  = @resource:customers
  columns = same
}

store lake: sqlite { url = "lake.db" }

dataset totals: legacy.totals -> lake.totals {
  entity  = @resource:day-totals
  columns = same
}
"#,
        fix: "Give the new table another name or another store.",
        mended: Mended::Written(
            r#"
store again: sqlite { url = "legacy.db" }

dataset customers: legacy.customers -> again.customers_2 {
  entity  = @resource:customers
  columns = same
}

store lake: sqlite { url = "lake.db" }

dataset totals: legacy.totals -> lake.totals {
  entity  = @resource:day-totals
  columns = same
}
"#,
        ),
    },
    Page {
        code: "target-conflict",
        title: "Two datasets are written into one table",
        why: "Each dataset makes, checks and undoes its new table alone. Rows of another one in it would be taken for differences.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.people {
  entity  = @resource:customers
  columns = same
}

dataset others: legacy.totals -> lake.sales.people {
  entity  = @resource:day-totals
  columns = same
}
"#,
        fix: "Give each its own table.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.people {
  entity  = @resource:customers
  columns = same
}

dataset others: legacy.totals -> lake.sales.totals {
  entity  = @resource:day-totals
  columns = same
}
"#,
        ),
    },
    Page {
        code: "place-in-place",
        title: "A table lies in the folder of another",
        why: "In a store of files a table is a folder, and one with folders in it cannot be read.",
        example: r#"
store lake: parquet { path = "lake" }

dataset customers: legacy.customers -> lake.sales {
  entity  = @resource:customers
  columns = same
}

dataset totals: legacy.totals -> lake.sales.totals {
  entity  = @resource:day-totals
  columns = same
}
"#,
        fix: "Give one of them another name, or another schema.",
        mended: Mended::Written(
            r#"
store lake: parquet { path = "lake" }

dataset customers: legacy.customers -> lake.customers {
  entity  = @resource:customers
  columns = same
}

dataset totals: legacy.totals -> lake.sales.totals {
  entity  = @resource:day-totals
  columns = same
}
"#,
        ),
    },
    Page {
        code: "view-of-two-tables",
        title: "A view is pointed to two tables",
        why: "A view shows one table: the last cut-over to point it would win, and a rollback would not know which to go back to.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity   = @resource:customers
  columns  = same
  cut_over = view(lake.public.current)
}

dataset totals: legacy.totals -> lake.sales.totals {
  entity   = @resource:day-totals
  columns  = same
  cut_over = view(lake.public.current)
}
"#,
        fix: "Give each its own view.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity   = @resource:customers
  columns  = same
  cut_over = view(lake.public.current)
}

dataset totals: legacy.totals -> lake.sales.totals {
  entity   = @resource:day-totals
  columns  = same
  cut_over = view(lake.public.current_totals)
}
"#,
        ),
    },
    Page {
        code: "view-without-sql",
        title: "The store has no views",
        why: "A view is a thing of SQL stores: sqlite, postgres and mysql.",
        example: r#"
store export: csv { path = "export" }

dataset customers: legacy.customers -> export.customers {
  entity   = @resource:customers
  columns  = same
  cut_over = view(export.customers_now)
}

store lake: sqlite { url = "lake.db" }

dataset totals: legacy.totals -> lake.totals {
  entity  = @resource:day-totals
  columns = same
}
"#,
        fix: "Switch over with `http`, `command` or `annotate`.",
        mended: Mended::Written(
            r#"
store export: csv { path = "export" }

dataset customers: legacy.customers -> export.customers {
  entity   = @resource:customers
  columns  = same
  cut_over = annotate("acme.io/store", "export")
}

store lake: sqlite { url = "lake.db" }

dataset totals: legacy.totals -> lake.totals {
  entity  = @resource:day-totals
  columns = same
}
"#,
        ),
    },
    Page {
        code: "view-in-other-store",
        title: "A view cannot show a table of another store",
        why: "A view shows tables of its own database.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity   = @resource:customers
  columns  = same
  cut_over = view(legacy.customers_now)
}
"#,
        fix: "Put the view into the store of the new table.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity   = @resource:customers
  columns  = same
  cut_over = view(lake.public.customers_now)
}
"#,
        ),
    },
    Page {
        code: "view-over-table",
        title: "A view would take a table's name",
        why: "There is a table of that name, or the migration makes one; a view beside it cannot have it.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity   = @resource:customers
  columns  = same
  cut_over = view(lake.public.a_table)
}
"#,
        fix: "Give the view another name, or rename the table first.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity   = @resource:customers
  columns  = same
  cut_over = view(lake.public.customers_now)
}
"#,
        ),
    },
    Page {
        code: "view-of-what",
        title: "It is not clear which dataset a view shows",
        why: "A consumer's view shows the new table of the dataset it reads. This one reads none, or several.",
        example: r#"
dataset totals: legacy.totals -> lake.sales.totals {
  entity  = @resource:day-totals
  columns = same
}

dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}

consumer website: @component:website {
  reads    = [customers, totals]
  cut_over = view(lake.public.current)
}
"#,
        fix: "Name the dataset: `view(lake.public.current, to: totals)`.",
        mended: Mended::Written(
            r#"
dataset totals: legacy.totals -> lake.sales.totals {
  entity  = @resource:day-totals
  columns = same
}

dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}

consumer website: @component:website {
  reads    = [customers, totals]
  cut_over = view(lake.public.current, to: totals)
}
"#,
        ),
    },
    Page {
        code: "annotate-needs-files",
        title: "There is no descriptor file to annotate",
        why: "An annotation is written into the file that describes the entity. A Backstage backend takes no changes from outside, and a dataset without entity has no file.",
        example: r#"
migration shop {
  owner   = @group:platform
  catalog = backstage(env.BACKSTAGE_URL)
}

dataset customers: legacy.customers -> lake.sales.customers {
  entity   = @resource:customers
  columns  = same
  cut_over = annotate("acme.io/store", "lake")
}
"#,
        fix: "Read the catalog from files, or switch over with `http` or `command`.",
        mended: Mended::Written(
            r#"
migration shop {
  owner   = @group:platform
  catalog = files("catalog/*.yaml")
}

dataset customers: legacy.customers -> lake.sales.customers {
  entity   = @resource:customers
  columns  = same
  cut_over = annotate("acme.io/store", "lake")
}
"#,
        ),
    },
];
