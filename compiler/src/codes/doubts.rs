//! Codes of what is legal but doubtful, and of allowing it.

use super::{Mended, Page};

pub(super) const PAGES: &[Page] = &[
    Page {
        code: "no-soak",
        title: "A wave ends as soon as it has switched",
        why: "What goes wrong behind a cut-over shows after a while. While a wave soaks, the conditions of its rollback policy are looked at, and the wave can be taken back; behind its end nothing is.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity   = @resource:customers
  columns  = same
  cut_over = view(lake.public.customers)
}

wave all { move = datasets, consumers }
"#,
        fix: "Let the wave soak: `soak = 2h`.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity   = @resource:customers
  columns  = same
  cut_over = view(lake.public.customers)
}

wave all {
  move = datasets, consumers
  soak = 2h
}
"#,
        ),
    },
    Page {
        code: "reads-left-out",
        title: "A consumer leaves out what the catalog says it reads",
        why: "What a consumer's `reads` lists is what it is switched away from, and what its wave waits for. The catalog relates it to another dataset that moves, too. If it does read that one, it goes on reading the old table, and nobody notices until the table is gone.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}

dataset orders: legacy.orders -> lake.sales.orders {
  entity  = @resource:orders-v1 -> @resource:orders-v2
  columns = same
}

consumer billing: @component:billing-api {
  reads    = customers
  cut_over = notify
}

consumers others: catalog where kind in ["Component", "Resource"] { cut_over = notify }
"#,
        fix: "Add the dataset to `reads`, or leave `reads` out, so that the catalog decides; or take the relation out of the catalog; or say why it is read no longer.",
        mended: Mended::ByFix,
    },
    Page {
        code: "entity-of-another-table",
        title: "A dataset names the entity of another table",
        why: "Who reads a table is asked of its entity: with another one the readers of this table are forgotten, and those of the other are told of a move that does not concern them. The catalog says which table an entity is by the annotation `mig.dev/table`, or else by its name.",
        example: r#"
dataset orders: legacy.orders -> lake.sales.orders {
  entity  = @resource:customers
  columns = same
}
"#,
        fix: "Name the table's own entity, or correct the annotation in the catalog.",
        mended: Mended::Written(
            r#"
dataset orders: legacy.orders -> lake.sales.orders {
  entity  = @resource:orders-v1
  columns = same
}

consumers others: catalog where kind in ["Component", "Resource"] { cut_over = notify }
"#,
        ),
    },
    Page {
        code: "no-rollback",
        title: "Nothing is looked at while a wave soaks",
        why: "A wave whose step fails is always taken back. While it soaks it is taken back by itself only for the conditions of its rollback policy, and this wave has none.",
        example: r#"
wave all {
  move = datasets, consumers
  soak = 2h
}
"#,
        fix: "Write a `rollback` with its conditions and name it in the wave.",
        mended: Mended::Written(
            r#"
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
    Page {
        code: "condition-without-consumers",
        title: "A condition is about consumers, and the wave has none",
        why: "A metric that names `$consumer` is asked for each consumer of the wave. Of a wave that switches none nothing is asked, and it soaks unwatched.",
        example: r#"
migration shop {
  owner   = @group:platform
  catalog = files("catalog/*.yaml")
  metrics = prometheus(env.PROMETHEUS_URL)
}

metric busy: number { query = "sum(rate(requests_total{app='$consumer'}[1m]))" }

rollback cautious {
  when busy > 1000 for 5m
  no_data = pause
  then revert wave
}

wave data {
  move     = datasets
  rollback = cautious
  soak     = 2h
}

wave code after data { move = consumers }
"#,
        fix: "Give the wave a policy whose metrics are about the wave as a whole, or let it soak where consumers are switched.",
        mended: Mended::Written(
            r#"
migration shop {
  owner   = @group:platform
  catalog = files("catalog/*.yaml")
  metrics = prometheus(env.PROMETHEUS_URL)
}

metric busy: number { query = "sum(rate(requests_total[1m]))" }

rollback cautious {
  when busy > 1000 for 5m
  no_data = pause
  then revert wave
}

wave data {
  move     = datasets
  rollback = cautious
  soak     = 2h
}

wave code after data { move = consumers }
"#,
        ),
    },
    Page {
        code: "rollback-over-irreversible",
        title: "A rollback policy could not do what it says",
        why: "A step of the wave cannot be undone, and a rollback over such a step is not begun: the run stops and waits for a person.",
        example: r#"
consumer website: @component:website {
  reads    = customers
  cut_over = command(run: ["./purge"])
  irreversible because "a purged cache cannot be filled again"
}

rollback cautious {
  when error_rate > 1% for 5m and attempts >= 200
  no_data = pause
  then revert wave
  allow rollback-conditions-not-watched because "somebody looks"
}

wave all {
  move     = datasets, consumers
  rollback = cautious
  soak     = 2h
}
"#,
        fix: "Give the command an `undo`, or move it to a wave of its own behind this one.",
        mended: Mended::Written(
            r#"
consumer website: @component:website {
  reads    = customers
  cut_over = command(run: ["./purge"], undo: ["./warm"])
}

rollback cautious {
  when error_rate > 1% for 5m and attempts >= 200
  no_data = pause
  then revert wave
  allow rollback-conditions-not-watched because "somebody looks"
}

wave all {
  move     = datasets, consumers
  rollback = cautious
  soak     = 2h
}
"#,
        ),
    },
    Page {
        code: "validation-after-cut-over",
        title: "A validation looks at a dataset when it is already in use",
        why: "Rows are counted and checksums compared before every cut-over, always. What a validation demands besides is looked at in the waves that name it, and one that cuts over before does not.",
        example: r#"
consumer website: @component:website {
  reads    = customers
  cut_over = notify
}

validation plausible on customers {
  require count(id < 0) == 0 else "a customer has a negative number"
}

consumer portal: @system:shop {
  reads    = customers
  cut_over = notify
}

wave pilot { move = datasets, website }

wave core after pilot {
  move       = portal
  validation = plausible
}
"#,
        fix: "Name the validation in the wave that moves the dataset.",
        mended: Mended::Written(
            r#"
consumer website: @component:website {
  reads    = customers
  cut_over = notify
}

validation plausible on customers {
  require count(id < 0) == 0 else "a customer has a negative number"
}

consumer portal: @system:shop {
  reads    = customers
  cut_over = notify
}

wave pilot {
  move       = datasets, website
  validation = plausible
}

wave core after pilot { move = portal }
"#,
        ),
    },
    Page {
        code: "empty-validation",
        title: "A validation demands nothing",
        why: "Rows are counted and checksums compared also without it, so that it changes nothing.",
        example: r#"
validation plausible on customers {}

wave all {
  move       = datasets
  validation = plausible
}
"#,
        fix: "Say what must hold, or remove it.",
        mended: Mended::Written(
            r#"
validation plausible on customers {
  require count(id < 0) == 0 else "a customer has a negative number"
}

wave all {
  move       = datasets
  validation = plausible
}
"#,
        ),
    },
    Page {
        code: "approval-without-owner",
        title: "Nobody who is asked owns what the wave moves",
        why: "Whoever answers for a dataset or a consumer should agree before it is switched. None of the owners of what the wave moves is among those who are asked, nor a member of a group that is.",
        example: r#"
approval strangers { from = [@group:finance] }

wave all {
  move     = datasets
  approval = strangers
}
"#,
        fix: "Ask one of the owners, too.",
        mended: Mended::Written(
            r#"
approval owners { from = [@group:commerce] }

wave all {
  move     = datasets
  approval = owners
}
"#,
        ),
    },
    Page {
        code: "huge-chunk",
        title: "A chunk has very many rows",
        why: "A chunk is copied in one transaction: a run that is stopped begins it anew, and the store keeps all of it open until it is done.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  chunk   = 20_000_000 rows
  columns = same
}
"#,
        fix: "Let chunks be smaller; the default is 250,000 rows.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  chunk   = 20_000 rows
  columns = same
}
"#,
        ),
    },
    Page {
        code: "unused-allow",
        title: "An `allow` has nothing to allow",
        why: "The warning is not given there. The line would hide it when it comes one day, when its reason may no longer hold.",
        example: r#"
wave all {
  move = datasets
  allow empty-move because "the selection is filled later"
}
"#,
        fix: "Remove the line.",
        mended: Mended::Written(
            r#"
wave all {
  move = datasets
}
"#,
        ),
    },
    Page {
        code: "unknown-warning",
        title: "There is no such warning",
        why: "`allow` names a warning by its code.",
        example: r#"
wave all {
  move = datasets
  allow no-soack because "a slip"
}
"#,
        fix: "Write the code as it stands behind `warning` where it is shown.",
        mended: Mended::Written(
            r#"
wave all {
  move = datasets
}
"#,
        ),
    },
    Page {
        code: "not-a-warning",
        title: "What is named cannot be allowed",
        why: "An error makes the plan wrong or impossible, whatever the reason. Only warnings are a matter of judgement, all but `unused-allow`.",
        example: r#"
wave all {
  move = datasets
  allow target-conflict because "both write the same rows"
}
"#,
        fix: "Mend what is wrong; `mig explain` says how.",
        mended: Mended::Written(
            r#"
wave all {
  move = datasets
}
"#,
        ),
    },
    Page {
        code: "no-reason",
        title: "A reason is empty",
        why: "What is allowed stands in the plan with its reason, for whoever reviews it.",
        example: r#"
wave all {
  move = datasets
  allow empty-move because ""
}
"#,
        fix: "Say why.",
        mended: Mended::Written(
            r#"
wave all {
  move = datasets
}
"#,
        ),
    },
];
