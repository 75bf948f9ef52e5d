//! Codes of waves: what they move, and in which order.

use super::{Mended, Page};

pub(super) const PAGES: &[Page] = &[
    Page {
        code: "wave-cycle",
        title: "Waves wait for one another",
        why: "A wave begins when those that it comes after have ended. In a circle none begins.",
        example: r#"
wave pilot after core { move = datasets }
wave core after pilot { move = consumers }
"#,
        fix: "Take one of the `after` out.",
        mended: Mended::Written(
            r#"
wave pilot { move = datasets }
wave core after pilot { move = consumers }
"#,
        ),
    },
    Page {
        code: "no-wave",
        title: "There is no wave",
        why: "Datasets and consumers move in waves. Without one the migration does nothing.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}
"#,
        fix: "Write a wave: `wave all { move = datasets, consumers }`.",
        mended: Mended::ByFix,
    },
    Page {
        code: "dataset-not-moved",
        title: "No wave moves a dataset",
        why: "A dataset moves in a wave, or not at all.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}

wave all { move = consumers }
"#,
        fix: "Name it in `move` of a wave, or move all `datasets` there.",
        mended: Mended::ByFix,
    },
    Page {
        code: "dataset-in-two-waves",
        title: "Two waves move one dataset",
        why: "A dataset moves once.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}

wave pilot { move = customers }
wave core after pilot { move = datasets }
"#,
        fix: "Narrow one of the waves with `where`, or name what it moves.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}

wave pilot { move = customers }
"#,
        ),
    },
    Page {
        code: "consumer-not-moved",
        title: "No wave switches a consumer",
        why: "It would go on reading the old place when everyone else has left it.",
        example: r#"
consumer website: @component:website {
  reads    = customers
  cut_over = notify
}

wave all { move = datasets }
"#,
        fix: "Name it in `move` of a wave, or move all `consumers` there.",
        mended: Mended::ByFix,
    },
    Page {
        code: "consumer-in-two-waves",
        title: "Two waves switch one consumer",
        why: "A consumer is switched once.",
        example: r#"
consumer website: @component:website {
  reads    = customers
  cut_over = notify
}

wave pilot { move = datasets, website }
wave core after pilot { move = consumers }
"#,
        fix: "Narrow one of the waves with `where`, or name what it moves.",
        mended: Mended::Written(
            r#"
consumer website: @component:website {
  reads    = customers
  cut_over = notify
}

wave pilot { move = datasets }
wave core after pilot { move = consumers }
"#,
        ),
    },
    Page {
        code: "consumer-before-dataset",
        title: "A consumer is switched before the datasets it reads are moved",
        why: "It would read a new place that holds nothing yet.",
        example: r#"
consumer website: @component:website {
  reads    = customers
  cut_over = notify
}

wave early { move = consumers }
wave late { move = datasets }
"#,
        fix: "Let its wave come after the one that moves the dataset, or move both in one wave.",
        mended: Mended::ByFix,
    },
    Page {
        code: "validation-before-dataset",
        title: "A wave validates a dataset that is not moved yet",
        why: "There is nothing to compare before the copy.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}

dataset totals: legacy.totals -> lake.sales.totals {
  entity  = @resource:day-totals
  columns = same
}

validation match on totals { checksum }

wave pilot {
  move       = customers
  validation = match
}

wave core after pilot { move = totals }
"#,
        fix: "Name the validation in the wave that moves the dataset, or in a later one.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}

dataset totals: legacy.totals -> lake.sales.totals {
  entity  = @resource:day-totals
  columns = same
}

validation match on totals { checksum }

wave pilot {
  move = customers
}

wave core after pilot {
  move       = totals
  validation = match
}
"#,
        ),
    },
    Page {
        code: "dataset-cycle",
        title: "Datasets are derived from one another",
        why: "A dataset that is made from another, or depends on it in the catalog, is moved after it. In a circle none can be first.",
        example: r#"
store lake: sqlite { url = "legacy.db" }

dataset ping: legacy.ping -> lake.pong {
  entity  = @resource:places
  columns = same
}

dataset pong: legacy.pong -> lake.ping {
  entity  = @resource:day-totals
  columns = same
}
"#,
        fix: "Break the circle: move one of them in a migration of its own.",
        mended: Mended::Written(
            r#"
store lake: sqlite { url = "legacy.db" }

dataset ping: legacy.ping -> lake.pong {
  entity  = @resource:places
  columns = same
}

dataset pong: legacy.pong -> lake.ping_2 {
  entity  = @resource:day-totals
  columns = same
}
"#,
        ),
    },
    Page {
        code: "derived-before-source",
        title: "A dataset is read from what a later wave writes",
        why: "Its old table is another dataset's new one, which is not complete by then.",
        example: r#"
store lake: sqlite { url = "legacy.db" }

dataset ping: legacy.ping -> lake.pong {
  entity  = @resource:places
  columns = same
}

dataset pong: legacy.pong -> lake.all_pongs {
  entity  = @resource:day-totals
  columns = same
}

wave first { move = pong }
wave second after first { move = ping }
"#,
        fix: "Move it in the same wave as its source, or in a later one.",
        mended: Mended::Written(
            r#"
store lake: sqlite { url = "legacy.db" }

dataset ping: legacy.ping -> lake.pong {
  entity  = @resource:places
  columns = same
}

dataset pong: legacy.pong -> lake.all_pongs {
  entity  = @resource:day-totals
  columns = same
}

wave first { move = ping }
wave second after first { move = pong }
"#,
        ),
    },
    Page {
        code: "empty-move",
        title: "A part of `move` selects nothing",
        why: "No dataset and no consumer fits the predicate, which is often a slip in it.",
        example: r#"
consumer website: @component:website {
  reads    = customers
  cut_over = notify
}

wave all {
  move = datasets, website, consumers where spec.type == "servise"
}
"#,
        fix: "Correct the predicate, or remove the part.",
        mended: Mended::Written(
            r#"
consumer website: @component:website {
  reads    = customers
  cut_over = notify
}

wave all {
  move = datasets, website, consumers where kind == "Component"
}
"#,
        ),
    },
    Page {
        code: "cleanup-while-read",
        title: "An old table would be dropped while somebody still reads it",
        why: "`cleanup = drop_old` lets `mig complete` drop the old table for good. Whoever the catalog relates to it and who is not switched away would stand before nothing; and where no entity is named, nobody knows who that is.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}

dataset orders: legacy.orders -> lake.sales.orders {
  entity  = @resource:orders-v1
  columns = same
  cleanup = drop_old
}

consumer billing: @component:billing-api {
  reads    = customers
  cut_over = notify
}

consumers others: catalog where kind in ["Component", "Resource"] { cut_over = notify }
"#,
        fix: "Switch its readers with the others, by their `reads` or by leaving `reads` out; name the dataset's `entity`; or keep the old table: `cleanup = keep`.",
        mended: Mended::ByFix,
    },
    Page {
        code: "cleanup-of-shared-table",
        title: "An old table would be dropped that another dataset keeps or makes",
        why: "Two datasets may be made from one table, and one from another's new table. What one of them drops is lost for both.",
        example: r#"
dataset names: legacy.customers -> lake.sales.names {
  entity  = @resource:customers
  columns = same
  cleanup = drop_old
}

dataset cities: legacy.customers -> lake.sales.cities {
  entity  = @resource:places
  columns = same
}
"#,
        fix: "Say the same of all datasets of one table. A table that another dataset makes is kept.",
        mended: Mended::ByFix,
    },
    Page {
        code: "cleanup-of-view",
        title: "A view is not dropped",
        why: "A view holds no rows: behind it are tables that others may read, and whoever made it can make it again.",
        example: r#"
dataset customers: legacy.old_customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
  cleanup = drop_old
}
"#,
        fix: "Keep it: `cleanup = keep`. Drop it by hand when nobody reads it any more.",
        mended: Mended::ByFix,
    },
    Page {
        code: "rollback-conditions-not-watched",
        title: "Nobody watches the conditions of a rollback policy",
        why: "The `migration` names no source of metrics. The conditions are kept in the plan, so that whoever looks after a wave while it soaks knows when to take it back with `mig rollback`; by itself it is not taken back.",
        example: r#"
rollback cautious {
  when error_rate > 1% for 5m and attempts >= 200
  no_data = pause
  then revert wave
}

wave all {
  move     = datasets, consumers
  rollback = cautious
  soak     = 2h
}
"#,
        fix: "Say where metrics come from, and what is asked for each.",
        mended: Mended::Written(
            r#"
migration shop {
  owner   = @group:platform
  catalog = files("catalog/*.yaml")
  metrics = prometheus(env.PROMETHEUS_URL)
}

metric error_rate: share {
  query    = "sum(rate(errors_total[1m])) / sum(rate(requests_total[1m]))"
  attempts = "sum(increase(requests_total[$window]))"
}

rollback cautious {
  when error_rate > 1% for 5m and attempts >= 200
  no_data = pause
  then revert wave
}

wave all {
  move     = datasets, consumers
  rollback = cautious
  soak     = 2h
}
"#,
        ),
    },
];
