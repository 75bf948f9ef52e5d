//! Codes of the catalog: entities, owners, families, criticality, approvals.

use super::{Mended, Page};

pub(super) const PAGES: &[Page] = &[
    Page {
        code: "unknown-entity",
        title: "The catalog has no such entity",
        why: "The catalog is where readers and owners come from. An entity that is not in it has neither.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:custmers
  columns = same
}
"#,
        fix: "Write the entity's reference as the catalog has it, or register it there first.",
        mended: Mended::ByFix,
    },
    Page {
        code: "unfitting-entity",
        title: "The entity is of a kind that does not fit",
        why: "A group or a user owns and approves; a dataset or a consumer is a thing that runs or holds data.",
        example: r#"
approval money_path { from = @component:website }

wave all {
  move     = datasets, consumers
  approval = money_path
}
"#,
        fix: "Name an entity of a kind that fits.",
        mended: Mended::Written(
            r#"
approval money_path { from = @group:commerce }

wave all {
  move     = datasets, consumers
  approval = money_path
}
"#,
        ),
    },
    Page {
        code: "unowned-entity",
        title: "An entity has no owner",
        why: "Whoever owns a dataset or a consumer is told of its move, and asked when something is wrong. Nobody can be told of this one.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:lost
  columns = same
}
"#,
        fix: "Give the entity a `spec.owner` that is a group or a user of the catalog.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}
"#,
        ),
    },
    Page {
        code: "dangling-reference",
        title: "A relation leads to what the catalog does not have",
        why: "The entity's descriptor names another one that is not registered, perhaps by a slip. If it is a reader, nobody moves it and nobody is told.",
        example: r#"
dataset totals: legacy.totals -> lake.sales.totals {
  entity  = @resource:clicks
  columns = same
}
"#,
        fix: "Correct the reference in the descriptor, or register the entity that it names.",
        mended: Mended::Written(
            r#"
dataset totals: legacy.totals -> lake.sales.totals {
  entity  = @resource:day-totals
  columns = same
}
"#,
        ),
    },
    Page {
        code: "dataset-without-entity",
        title: "A dataset names no entity of the catalog",
        why: "Who reads a dataset is known by its entity. Without one nothing proves that nobody is forgotten.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  columns = same
}
"#,
        fix: "Name the entity: `entity = @resource:old -> @resource:new`, or `entity = @resource:same`.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}
"#,
        ),
    },
    Page {
        code: "forgotten-consumer",
        title: "A consumer of a moved dataset is forgotten",
        why: "The catalog relates it to the dataset. It would go on reading the old place when everyone else has left it.",
        example: r#"
dataset totals: legacy.totals -> lake.sales.totals {
  entity  = @resource:totals
  columns = same
}
"#,
        fix: "Write a `consumer` for it, or a family of `consumers` for all who are not named.",
        mended: Mended::ByFix,
    },
    Page {
        code: "consumer-twice",
        title: "Two consumers name one entity",
        why: "It would be switched over twice.",
        example: r#"
consumer website: @component:website {
  reads    = customers
  cut_over = notify
}

consumer shop_front: @component:website {
  reads    = customers
  cut_over = notify
}
"#,
        fix: "Keep one; it can read several datasets and take several actions.",
        mended: Mended::Written(
            r#"
consumer website: @component:website {
  reads    = customers
  cut_over = notify
}
"#,
        ),
    },
    Page {
        code: "empty-family",
        title: "A family has no members",
        why: "What the predicate asks for is in no entity, or all such entities are named by items of their own.",
        example: r#"
datasets archive: legacy.* -> lake.archive.* {
  select = catalog where spec.type == "datasett"
}

dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}
"#,
        fix: "Correct the predicate, or remove the family.",
        mended: Mended::Written(
            r#"
datasets archive: legacy.* -> lake.archive.* {
  select = catalog where spec.type == "dataset" and metadata.name == "customers"
}
"#,
        ),
    },
    Page {
        code: "criticality-unknown",
        title: "Nobody has said how critical a consumer is",
        why: "The catalog has no level of the migration's scale for it, so that waves that compare criticality pass it by.",
        example: r#"
migration shop {
  owner       = @group:platform
  catalog     = files("catalog/*.yaml")
  criticality = metadata.annotations["acme.io/importance"] in [low, medium, high]
}

consumer website: @component:website {
  reads    = customers
  cut_over = notify
}
"#,
        fix: "Set the level in the catalog.",
        mended: Mended::Written(
            r#"
migration shop {
  owner       = @group:platform
  catalog     = files("catalog/*.yaml")
  criticality = metadata.annotations["acme.io/tier"] in [low, medium, high]
}

consumer website: @component:website {
  reads    = customers
  cut_over = notify
}
"#,
        ),
    },
    Page {
        code: "nobody-to-approve",
        title: "A group that must approve has no members",
        why: "One member of each group must approve, and the catalog knows none.",
        example: r#"
approval money_path { from = @group:empty }

wave all {
  move     = datasets, consumers
  approval = money_path
}
"#,
        fix: "Give the group members in the catalog, or name a group that has some.",
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
];
