//! A plan to draw in tests: a shop with a computed dataset, a large family, an approval and a step that
//! cannot be undone.

use std::collections::BTreeMap;

use mig_plan::{
    Action, Approval, CheckRule, Column, Condition, Consumer, Criticality, Dataset, Digest, DroppedColumn,
    EntityRef, Estimate, Expr, Function, Inputs, Migration, NoData, Op, Plan, PlanFile, RollbackPolicy,
    RollbackScope, Setting, Step, StepId, StoreConfig, StoreKind, TableRef, TableSchema, Undo, Wave,
};

fn entity(text: &str) -> EntityRef {
    text.parse().expect(text)
}

fn table(store: &str, path: &[&str]) -> TableRef {
    TableRef { store: store.to_owned(), path: path.iter().map(|part| (*part).to_owned()).collect() }
}

fn column(name: &str, ty: &str, expr: Expr) -> Column {
    Column { name: name.to_owned(), ty: ty.parse().expect(ty), expr, secret: false }
}

fn old(name: &str, ty: &str) -> Expr {
    Expr::Column { name: name.to_owned(), ty: ty.parse().expect(ty) }
}

fn call(function: Function, args: Vec<Expr>, ty: &str) -> Expr {
    Expr::Call { function, args, ty: ty.parse().expect(ty) }
}

fn step(id: &str, wave: &str, op: Op, undo: Undo) -> Step {
    Step { id: StepId::from(id), wave: wave.to_owned(), op, undo, after: Vec::new() }
}

fn dataset(member: &str) -> Dataset {
    Dataset {
        doc: String::new(),
        old_entity: None,
        new_entity: None,
        owner: Some(entity("group:default/data-platform")),
        old: table("legacy", &[member]),
        new: table("lake", &["archive", member]),
        key: vec![("id".to_owned(), "id".to_owned())],
        chunk_rows: 50_000,
        columns: vec![
            column("id", "int64", old("id", "int64")),
            column("name", "text?", old("name", "text?")),
        ],
        dropped: Vec::new(),
        secret: std::collections::BTreeSet::new(),
        old_schema: TableSchema::default(),
        new_schema: None,
    }
}

fn orders() -> Dataset {
    let cents = call(Function::Cast, vec![old("total_cents", "int64")], "decimal(12, 2)");
    let zone = Expr::text("Europe/Paris");
    Dataset {
        doc: "Every order since 2019.".to_owned(),
        new: table("lake", &["sales", "orders"]),
        key: vec![("order_no".to_owned(), "order_id".to_owned())],
        columns: vec![
            column("order_id", "int64", old("order_no", "int64")),
            column(
                "total",
                "decimal(12, 2)",
                call(Function::Divide, vec![cents, Expr::int(100)], "decimal(12, 2)"),
            ),
            column(
                "placed_at",
                "timestamp",
                call(Function::Utc, vec![old("placed", "datetime"), zone], "timestamp"),
            ),
            column("channel", "text", old("channel", "text")),
        ],
        dropped: vec![
            DroppedColumn {
                name: "legacy_flag".to_owned(),
                because: "unused since 2019".to_owned(),
                see: None,
            },
            DroppedColumn {
                name: "discount".to_owned(),
                because: "priced elsewhere now".to_owned(),
                see: Some("https://wiki.acme.dev/discounts".to_owned()),
            },
        ],
        ..dataset("orders")
    }
}

fn consumer(
    name: &str,
    owner: &str,
    (rank, level): (u32, &str),
    reads: &[&str],
    cut_over: Action,
) -> Consumer {
    Consumer {
        entity: EntityRef::new("component", "default", name),
        owner: Some(EntityRef::new("group", "default", owner)),
        reads: reads.iter().map(|read| (*read).to_owned()).collect(),
        criticality: Some(Criticality { level: level.to_owned(), rank }),
        cut_over: vec![cut_over],
    }
}

/// The plan.
pub(crate) fn plan() -> PlanFile {
    let mut datasets = BTreeMap::from([("orders".to_owned(), orders())]);
    for member in
        ["baskets", "customers", "payments", "products", "refunds", "shipments", "suppliers", "vouchers"]
    {
        datasets.insert(format!("archive.{member}"), dataset(member));
    }
    let purge = Action::Command {
        run: vec![Setting::Text("./purge".to_owned()), Setting::Env("CDN_KEY".to_owned())],
        undo: None,
    };
    let switch = Action::Http { post: Setting::Env("BILLING_SWITCH_URL".to_owned()), undo: None };
    let consumers = BTreeMap::from([
        ("billing".to_owned(), consumer("billing-api", "commerce", (2, "high"), &["orders"], switch)),
        ("cdn".to_owned(), consumer("cdn", "web", (1, "medium"), &["archive.products"], purge)),
        (
            "others.reports".to_owned(),
            consumer("reports", "finance", (0, "low"), &["orders", "archive.refunds"], Action::Notify),
        ),
    ]);
    let mut steps = Vec::new();
    for name in datasets.keys() {
        let mut push =
            |stage: &str, op, undo| steps.push(step(&format!("{name}/{stage}"), "pilot", op, undo));
        let dataset = || name.clone();
        let mut rules = vec![CheckRule::RowCount, CheckRule::Checksum { reread: false }];
        if name == "orders" {
            rules.push(CheckRule::Freshness { within_seconds: 300, column: "placed_at".to_owned() });
            rules.push(CheckRule::Require {
                aggregates: Vec::new(),
                condition: old("$0", "int64"),
                source: "count(total < 0) == 0".to_owned(),
                message: "an order has a negative total".to_owned(),
            });
        }
        push("prepare", Op::Prepare { dataset: dataset() }, Undo::DropTable);
        push("dry_run", Op::DryRun { dataset: dataset(), rows: 1_000 }, Undo::Nothing);
        push("copy", Op::Copy { dataset: dataset() }, Undo::DeleteRows);
        push("validate", Op::Validate { dataset: dataset(), rules }, Undo::Nothing);
    }
    for (name, wave) in [("others.reports", "pilot"), ("billing", "core"), ("cdn", "core")] {
        let action = consumers[name].cut_over[0].clone();
        let undo = match &action {
            Action::Command { .. } => {
                Undo::Irreversible { reason: "a purged cache cannot be filled again".to_owned() }
            }
            Action::View { .. } | Action::Annotate { .. } | Action::Http { .. } | Action::Notify => {
                Undo::Reverse
            }
        };
        if wave == "core" && name == "billing" {
            let approve = Op::Approve { approval: "money_path".to_owned() };
            steps.push(step("core/approve", wave, approve, Undo::Nothing));
        }
        let id = format!("{name}/cut_over/{}", action.keyword());
        steps.push(step(&id, wave, Op::CutOver { subject: name.to_owned(), action }, undo));
    }
    steps.push(step("core/soak", "core", Op::Soak { seconds: 86_400 }, Undo::Nothing));
    let estimates = datasets
        .keys()
        .map(|name| {
            (
                name.clone(),
                Estimate { rows: if name == "orders" { 100_000 } else { 1_250 }, bytes: 8_598_323 },
            )
        })
        .collect();
    let mut plan = Plan {
        migration: Migration {
            name: "shop_v2".to_owned(),
            doc: "Retire the legacy shop database: its orders move to the lake, and every\n\
                  service that reads them follows, wave by wave."
                .to_owned(),
            owner: entity("group:default/data-platform"),
            catalog_files: Vec::new(),
        },
        inputs: Inputs {
            sources: Vec::new(),
            catalog: Digest::of(b"catalog"),
            schemas: Digest::of(b"schemas"),
        },
        stores: BTreeMap::new(),
        datasets,
        consumers,
        waves: Vec::new(),
        approvals: BTreeMap::from([(
            "money_path".to_owned(),
            Approval {
                from: vec![entity("group:default/commerce"), entity("group:default/finance")],
                members: BTreeMap::new(),
                valid_seconds: 86_400,
            },
        )]),
        rollbacks: BTreeMap::from([(
            "cautious".to_owned(),
            RollbackPolicy {
                conditions: vec![Condition {
                    metric: "error_rate".to_owned(),
                    operator: ">".to_owned(),
                    threshold: "0.01".to_owned(),
                    for_seconds: 300,
                    minimum_attempts: 200,
                    source: "error_rate > 1% for 5m and attempts >= 200".to_owned(),
                }],
                no_data: NoData::Pause,
                revert: RollbackScope::Wave,
                notify_owners: true,
            },
        )]),
        metric_source: None,
        metrics: BTreeMap::new(),
        allowed: Vec::new(),
        steps,
    };
    for (name, location) in
        [("lake", Setting::Env("LAKE_URL".to_owned())), ("legacy", Setting::Text("shop.db".to_owned()))]
    {
        let kind = if name == "lake" { StoreKind::Postgres } else { StoreKind::Sqlite };
        let config = StoreConfig {
            kind,
            location,
            connections: 4,
            limit: mig_plan::Limit::default(),
            options: BTreeMap::new(),
        };
        plan.stores.insert(name.to_owned(), config);
    }
    for (name, after, members) in
        [("pilot", None, vec!["others.reports"]), ("core", Some("pilot"), vec!["billing", "cdn"])]
    {
        plan.waves.push(Wave {
            name: name.to_owned(),
            after: after.into_iter().map(str::to_owned).collect(),
            datasets: if name == "pilot" { plan.datasets.keys().cloned().collect() } else { Vec::new() },
            consumers: members.into_iter().map(str::to_owned).collect(),
            batch: (name == "core").then_some(25),
            approval: (name == "core").then(|| "money_path".to_owned()),
            rollback: Some("cautious".to_owned()),
            soak_seconds: if name == "core" { 86_400 } else { 0 },
        });
    }
    PlanFile::new(plan, ".".to_owned(), estimates).expect("plain data")
}
