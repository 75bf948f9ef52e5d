//! Codes of items, their names and what refers to them.

use super::{Mended, Page};

pub(super) const PAGES: &[Page] = &[
    Page {
        code: "no-migration",
        title: "There is no `migration` item",
        why: "A folder of `.mig` files is one migration. Its `migration` item says who answers for it and where the catalog comes from.",
        example: r#"
store legacy: sqlite { url = "legacy.db" }
store lake: sqlite { url = "lake.db" }

dataset customers: legacy.customers -> lake.customers {
  entity  = @resource:customers
  columns = same
}

wave all { move = datasets }
"#,
        fix: "Write one `migration` item, in any file of the folder.",
        mended: Mended::Written(
            r#"
migration shop {
  owner   = @group:platform
  catalog = files("catalog/*.yaml")
}

store legacy: sqlite { url = "legacy.db" }
store lake: sqlite { url = "lake.db" }

dataset customers: legacy.customers -> lake.customers {
  entity  = @resource:customers
  columns = same
}

wave all { move = datasets }
"#,
        ),
    },
    Page {
        code: "two-migrations",
        title: "There is more than one `migration` item",
        why: "All files of a folder belong to one migration, with one plan, one journal and one owner.",
        example: r#"
migration shop {
  owner   = @group:platform
  catalog = files("catalog/*.yaml")
}

migration shop_again {
  owner   = @group:commerce
  catalog = files("catalog/*.yaml")
}
"#,
        fix: "Keep one, and move the items of the other to a folder of their own.",
        mended: Mended::Written(
            r#"
migration shop {
  owner   = @group:platform
  catalog = files("catalog/*.yaml")
}
"#,
        ),
    },
    Page {
        code: "duplicate-name",
        title: "Two items have one name",
        why: "All items of a migration share one namespace, whatever their kind and file, so that a name means one thing wherever it stands.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}

approval customers { from = @group:commerce }
"#,
        fix: "Rename one of them.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}

approval commerce { from = @group:commerce }

wave all {
  move     = datasets, consumers
  approval = commerce
}
"#,
        ),
    },
    Page {
        code: "reserved-name",
        title: "This name means something else",
        why: "In `move` of a wave, `datasets` and `consumers` stand for all of them. An item of that name could not be named there.",
        example: r#"
approval datasets { from = @group:commerce }
"#,
        fix: "Give the item another name.",
        mended: Mended::Written(
            r#"
approval commerce { from = @group:commerce }

wave all {
  move     = datasets, consumers
  approval = commerce
}
"#,
        ),
    },
    Page {
        code: "unknown-name",
        title: "There is no item of that name",
        why: "References are names of items of the migration, and this one names none of the kind that is wanted here.",
        example: r#"
wave all {
  move     = datasets, consumers
  approval = money_path
}
"#,
        fix: "Write the item, or the name of one that is there.",
        mended: Mended::Written(
            r#"
approval money_path { from = @group:finance }

wave all {
  move     = datasets, consumers
  approval = money_path
}
"#,
        ),
    },
    Page {
        code: "wrong-kind-of-item",
        title: "The name is that of another kind of item",
        why: "Each place wants items of certain kinds: a wave's `rollback` is a rollback policy, and what it moves are datasets and consumers.",
        example: r#"
approval money_path { from = @group:finance }

wave all {
  move     = datasets, consumers
  approval = money_path
  rollback = money_path
}
"#,
        fix: "Name an item of the kind that is wanted.",
        mended: Mended::Written(
            r#"
approval money_path { from = @group:finance }

wave all {
  move     = datasets, consumers
  approval = money_path
}
"#,
        ),
    },
    Page {
        code: "unknown-member",
        title: "The family has no such member",
        why: "The members of a family are the entities that it selects from the catalog, `family.entity`. An entity that an item of its own names is not among them.",
        example: r#"
datasets archive: legacy.* -> lake.archive.* {
  select = catalog where metadata.name == "customers"
}

wave all {
  move = datasets, archive.customer
}
"#,
        fix: "Write the entity's name behind the family's, or change what the family selects.",
        mended: Mended::Written(
            r#"
datasets archive: legacy.* -> lake.archive.* {
  select = catalog where metadata.name == "customers"
}

wave all {
  move = datasets, archive.customers
}
"#,
        ),
    },
    Page {
        code: "unused-item",
        title: "Nothing names the item",
        why: "A store, a validation, an approval or a rollback policy does something only where it is named. This one is named nowhere, which is often a slip in a wave.",
        example: r#"
approval money_path { from = @group:finance }
"#,
        fix: "Name it where it is meant, or remove it.",
        mended: Mended::Written(
            r#"
approval money_path { from = @group:finance }

wave all {
  move     = datasets, consumers
  approval = money_path
}
"#,
        ),
    },
    Page {
        code: "unknown-attribute",
        title: "The item has no attribute of that name",
        why: "What an attribute does hangs on its name, so that a misspelled one would be left out in silence.",
        example: r#"
wave all {
  move  = datasets, consumers
  soakk = 2h
}
"#,
        fix: "Write one of the item's attributes; the help lists them.",
        mended: Mended::ByFix,
    },
    Page {
        code: "missing-attribute",
        title: "An attribute that must be there is missing",
        why: "The item cannot do without it, and there is no value that would be right for everyone.",
        example: r#"
consumer website: @component:website {
  reads = customers
}
"#,
        fix: "Write the line that the help shows.",
        mended: Mended::ByFix,
    },
    Page {
        code: "duplicate-attribute",
        title: "An attribute is set twice",
        why: "Of two values one would be left out, and a reader would not know which.",
        example: r#"
wave all {
  move = datasets, consumers
  soak = 2h
  soak = 4h
}
"#,
        fix: "Remove one of them.",
        mended: Mended::Written(
            r#"
wave all {
  move = datasets, consumers
  soak = 2h
}
"#,
        ),
    },
    Page {
        code: "misplaced-statement",
        title: "The statement has no place in this item",
        why: "Each kind of item has its own statements; here it would mean nothing.",
        example: r#"
wave all {
  move = datasets, consumers
  row_count
}
"#,
        fix: "Move it to an item that the help names.",
        mended: Mended::Written(
            r#"
wave all {
  move       = datasets, consumers
  validation = match
}

validation match on customers { row_count }
"#,
        ),
    },
    Page {
        code: "duplicate-statement",
        title: "A statement stands twice",
        why: "It can be said only once of an item.",
        example: r#"
validation match on customers {
  row_count
  row_count
}

wave all {
  move       = datasets, consumers
  validation = match
}
"#,
        fix: "Remove one of them.",
        mended: Mended::Written(
            r#"
validation match on customers {
  row_count
}

wave all {
  move       = datasets, consumers
  validation = match
}
"#,
        ),
    },
    Page {
        code: "missing-statement",
        title: "A statement that must be there is missing",
        why: "The item cannot do without it.",
        example: r#"
rollback cautious {
  no_data = pause
  then revert wave
}

wave all {
  move     = datasets, consumers
  rollback = cautious
}
"#,
        fix: "Write the statement that the help shows.",
        mended: Mended::ByFix,
    },
    Page {
        code: "wrong-header",
        title: "What stands behind the item's name is not what it takes",
        why: "A header says what the item is about: a store's kind, a dataset's old and new place, a consumer's entity.",
        example: r#"
consumer website {
  reads    = customers
  cut_over = notify
}
"#,
        fix: "Write the header as the help shows it.",
        mended: Mended::Written(
            r#"
consumer website: @component:website {
  reads    = customers
  cut_over = notify
}
"#,
        ),
    },
];
