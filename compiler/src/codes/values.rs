//! Codes of attribute values: kinds, units, secrets, predicates, metrics.

use super::{Mended, Page};

pub(super) const PAGES: &[Page] = &[
    Page {
        code: "wrong-value",
        title: "The value is of another kind than is wanted",
        why: "Every attribute takes values of one kind: a duration, an entity, the name of an item.",
        example: r#"
approval money_path { from = "group:finance" }

wave all {
  move     = datasets, consumers
  approval = money_path
}
"#,
        fix: "Write a value of the kind that is wanted, as in the help.",
        mended: Mended::ByFix,
    },
    Page {
        code: "wrong-unit",
        title: "A number has no unit, or the wrong one",
        why: "Numbers carry their dimension: `5m`, `1%`, `50_000 rows`. A bare number would leave the reader to guess: is `0.01` a percent, or a hundredth of one?",
        example: r#"
rollback cautious {
  when error_rate > 0.01 for 5m and attempts >= 200
  no_data = pause
  then revert wave
}

wave all {
  move     = datasets, consumers
  rollback = cautious
}
"#,
        fix: "Write the unit: `s`, `m`, `h` and `d` for time, `%` for shares, `rows` for rows.",
        mended: Mended::ByFix,
    },
    Page {
        code: "wrong-arguments",
        title: "A call has the wrong arguments",
        why: "Every function and action has parameters with names. One is missing, unknown, given twice, or must be written out where it stands.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name = replace(name, " ")
    email
    city
  }
}
"#,
        fix: "Give the arguments that the help shows, by place or by name.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name = replace(name, " ", "_")
    email
    city
  }
}
"#,
        ),
    },
    Page {
        code: "secret-in-source",
        title: "A secret stands in the source",
        why: "Sources are read by everyone who reads the repository, and kept by it for good. A secret is taken from the environment when a step runs, and is never in a plan, a journal or a message.",
        example: r#"
store lake: postgres { url = "postgres://shop:hunter2@db.acme.dev/lake" }
"#,
        fix: "Write `env.NAME`, set the variable where `mig` runs, and change the secret: it is no longer one.",
        mended: Mended::ByFix,
    },
    Page {
        code: "unknown-type",
        title: "There is no type of that name",
        why: "Columns have the types of the language, which are the same for every store.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name: varchar = name
    email
    city
  }
}
"#,
        fix: "Write one of the types that the help lists; a type with `?` behind it may be null.",
        mended: Mended::ByFix,
    },
    Page {
        code: "wrong-type",
        title: "A type has the wrong arguments",
        why: "A decimal says its digits and how many of them stand behind the point; a list says its items' type; an enum names its labels, each once and without quotes; other types take nothing.",
        example: r#"
dataset totals: legacy.totals -> lake.sales.totals {
  entity = @resource:day-totals
  columns {
    day
    total: decimal(2, 12) = total
  }
}
"#,
        fix: "Write the type as the help shows it.",
        mended: Mended::Written(
            r#"
dataset totals: legacy.totals -> lake.sales.totals {
  entity = @resource:day-totals
  columns {
    day
    total: decimal(12, 2) = total
  }
}
"#,
        ),
    },
    Page {
        code: "unknown-store-kind",
        title: "There is no store of that kind",
        why: "Each kind of store has an adapter that reads and writes it without loss.",
        example: r#"
store lake: oracle { url = env.LAKE_URL }
"#,
        fix: "Take one of the kinds that the help lists.",
        mended: Mended::Written(
            r#"
store lake: postgres { url = env.LAKE_URL }
"#,
        ),
    },
    Page {
        code: "wrong-place",
        title: "The place has another form in this store",
        why: "A place is a store and the path of a table in it. A SQLite or MySQL database has tables, a PostgreSQL database has schemas with tables.",
        example: r#"
dataset customers: legacy.main.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}
"#,
        fix: "Write the place as the help shows it.",
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
        code: "unknown-path",
        title: "An entity has no such part",
        why: "Predicates look at an entity of the catalog: its `kind`, its `metadata` and its `spec`, as the descriptor has them. A text stands in quotes.",
        example: r#"
datasets archive: legacy.* -> lake.archive.* {
  select = catalog where type == "dataset"
}
"#,
        fix: "Start the path at `kind`, `metadata` or `spec`, or put the text into quotes.",
        mended: Mended::Written(
            r#"
datasets archive: legacy.* -> lake.archive.* {
  select = catalog where spec.type == "dataset" and metadata.name == "customers"
}
"#,
        ),
    },
    Page {
        code: "no-criticality",
        title: "The migration says nothing of criticality",
        why: "A wave compares criticality on the migration's scale, and there is none.",
        example: r#"
wave all {
  move = datasets, consumers where criticality == low
}
"#,
        fix: r#"Say in the `migration` where an entity has its level, and the levels, least critical first: `criticality = metadata.annotations["acme.io/tier"] in [low, medium, high]`."#,
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

wave all {
  move = datasets, consumers where criticality <= medium
}
"#,
        ),
    },
    Page {
        code: "unknown-level",
        title: "The scale of criticality has no such level",
        why: "Levels are those of the migration's `criticality`, least critical first.",
        example: r#"
migration shop {
  owner       = @group:platform
  catalog     = files("catalog/*.yaml")
  criticality = metadata.annotations["acme.io/tier"] in [low, medium, high]
}

wave all {
  move = datasets, consumers where criticality > lo
}
"#,
        fix: "Write one of its levels, or add the level to the scale.",
        mended: Mended::ByFix,
    },
    Page {
        code: "null-comparison",
        title: "A comparison with `null` is never true",
        why: "Null is a missing value: it is equal to nothing, not even to another missing value, so that the comparison would never hold.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
    has_city = city != null
  }
}
"#,
        fix: "Test with `is_null(value)` or `not is_null(value)`.",
        mended: Mended::ByFix,
    },
    Page {
        code: "unknown-metric",
        title: "There is no metric of that name",
        why: "Where metrics come from a source, what it is asked stands in the source for review: each metric that a condition names is a `metric` item. Without a source the language knows `error_rate`, and metrics of your own are named in quotes, so that a misspelled name cannot pass for one.",
        example: r#"
rollback cautious {
  when checkout_p99_ms > 800 for 10m
  no_data = pause
  then revert wave
}

wave all {
  move     = datasets, consumers
  rollback = cautious
}
"#,
        fix: r#"Write `metric("checkout_p99_ms") > 800`, or `error_rate > 1%`; or declare `metric checkout_p99_ms: number { query = "…" }`."#,
        mended: Mended::ByFix,
    },
    Page {
        code: "unknown-metric-unit",
        title: "A metric does not count in that",
        why: "The unit says what the number of a query means, so that a limit of `1%` is not compared with a number of milliseconds.",
        example: r#"
metric latency: seconds { query = "histogram_quantile(0.99, sum by (le) (rate(latency_bucket[5m])))" }
"#,
        fix: "Write `number`, `share`, `duration` (the query gives seconds) or `size` (the query gives bytes).",
        mended: Mended::ByFix,
    },
    Page {
        code: "unknown-placeholder",
        title: "A query names something that is not filled in",
        why: "A query with a placeholder that nobody fills in selects nothing, and a metric without data looks like a quiet hour. A `$` in front of anything but a name is a `$`.",
        example: r#"
metric busy: number { query = "sum(rate(requests_total{app='$consumr'}[1m]))" }
"#,
        fix: "Write `$consumer`, `$consumers`, `$wave`, `$migration` or `$window`.",
        mended: Mended::ByFix,
    },
    Page {
        code: "attempts-not-counted",
        title: "A condition asks for attempts that its metric does not count",
        why: "How many attempts there were is asked of the source as well, by a query of its own.",
        example: r#"
metric error_rate: share { query = "sum(rate(errors_total[1m])) / sum(rate(requests_total[1m]))" }

rollback cautious {
  when error_rate > 1% for 5m and attempts >= 200
  no_data = pause
  then revert wave
}

wave all {
  move     = datasets, consumers
  rollback = cautious
}
"#,
        fix: "Give the metric its `attempts`.",
        mended: Mended::Written(
            r#"
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
}
"#,
        ),
    },
    Page {
        code: "no-window",
        title: "A query has a window, and the condition no time",
        why: "`$window` is the time for which the condition must hold.",
        example: r#"
metric failures: number { query = "sum(increase(errors_total[$window]))" }

rollback cautious {
  when failures > 10
  no_data = pause
  then revert wave
}

wave all {
  move     = datasets, consumers
  rollback = cautious
}
"#,
        fix: "Say for how long: `for 5m`.",
        mended: Mended::ByFix,
    },
    Page {
        code: "no-minimum",
        title: "A share has no minimum of attempts",
        why: "One failure out of two attempts is 50%. Without a minimum a quiet hour would roll a wave back.",
        example: r#"
rollback cautious {
  when error_rate > 1% for 5m
  no_data = pause
  then revert wave
}

wave all {
  move     = datasets, consumers
  rollback = cautious
}
"#,
        fix: "Say from how many attempts on the share counts: `and attempts >= 200`.",
        mended: Mended::ByFix,
    },
    Page {
        code: "unknown-action",
        title: "There is no such action",
        why: "A cut-over is made of actions whose undo is known.",
        example: r#"
consumer website: @component:website {
  reads    = customers
  cut_over = restart
}
"#,
        fix: "Take one of the actions that the help lists; `command` runs a program of your own.",
        mended: Mended::Written(
            r#"
consumer website: @component:website {
  reads    = customers
  cut_over = command(run: ["./restart", "new"], undo: ["./restart", "old"])
}
"#,
        ),
    },
    Page {
        code: "undo-missing",
        title: "Nothing says how a command is undone",
        why: "Every step says how it is undone, or that it cannot be, and why. What a program does is not known here.",
        example: r#"
consumer website: @component:website {
  reads    = customers
  cut_over = command(run: ["./switch", "new"])
}
"#,
        fix: r#"Give the command that undoes it, `undo: ["./switch", "old"]`, or say why there is none: `irreversible because "…"`."#,
        mended: Mended::Written(
            r#"
consumer website: @component:website {
  reads    = customers
  cut_over = command(run: ["./switch", "new"], undo: ["./switch", "old"])
}
"#,
        ),
    },
    Page {
        code: "needless-irreversible",
        title: "Everything here can be undone",
        why: "`irreversible` marks a point of no return in the plan. Only a `command` without `undo` is one.",
        example: r#"
consumer website: @component:website {
  reads    = customers
  cut_over = notify
  irreversible because "nobody switches back"
}
"#,
        fix: "Remove the line.",
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
