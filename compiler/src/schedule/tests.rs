//! Schedules as text: each step with what it comes after.

use insta::assert_snapshot;
use mig_plan::{CheckRule, Op, Plan, Step};

use crate::fixture::{Fixture, framed};

/// The target of the language, and the world it is written for.
pub(crate) fn orders() -> Fixture {
    Fixture::new(
        include_str!("../../../examples/orders/orders.mig"),
        "
        group:data-platform members user:ann
        group:commerce members user:bob,user:cem
        group:finance members user:dee
        user:ann
        user:bob
        user:cem
        user:dee
        resource:orders-v1 owner group:commerce type dataset tags shop
        resource:orders-v2 owner group:commerce type dataset tags shop
        resource:customers owner group:commerce type dataset tags shop
        resource:order-items owner group:commerce type dataset tags shop,sales reads resource:orders-v1
        resource:clicks owner group:commerce type dataset tags web
        component:billing-api owner group:finance reads resource:orders-v1 tier low
        component:web owner group:commerce reads resource:orders-v1,resource:customers tier low
        component:crm owner group:commerce reads resource:customers tier medium
        component:ledger owner group:finance reads resource:orders-v1,resource:order-items tier high
        ",
        "
        legacy.orders: order_no int64 key, cust_id int64, total_cents int64, state text, placed datetime, email text?, channel text, legacy_flag int64?, discount int64?
        legacy.customers: id int64 key, name text
        legacy.order_items: order_no int64 key, line int64 key, sku text, quantity int64
        lake:
        ",
    )
}

/// A step and how it is undone, without what it comes after.
fn shown(step: &Step) -> String {
    let op = match &step.op {
        Op::Validate { rules, .. } => {
            let rules: Vec<String> = rules
                .iter()
                .map(|rule| match rule {
                    CheckRule::Checksum { reread: true } => "Checksum reread".to_owned(),
                    CheckRule::RowCount
                    | CheckRule::Checksum { reread: false }
                    | CheckRule::Freshness { .. }
                    | CheckRule::Require { .. } => {
                        format!("{rule:?}").split([' ', '{']).next().unwrap().to_owned()
                    }
                })
                .collect();
            format!(" [{}]", rules.join(", "))
        }
        Op::Soak { seconds } => format!(" {seconds}s"),
        Op::Gate => " (gate)".to_owned(),
        Op::Cleanup { old, .. } => format!(" {old:?}"),
        Op::Prepare { .. }
        | Op::DryRun { .. }
        | Op::Copy { .. }
        | Op::Approve { .. }
        | Op::CutOver { .. } => String::new(),
    };
    let undo = format!("{:?}", step.undo);
    format!("{} {}{op} / {}", step.wave, step.id, undo.split([' ', '{']).next().unwrap())
}

fn steps(plan: &Plan) -> String {
    let line = |step: &Step| {
        let after: Vec<&str> = step.after.iter().map(|id| id.0.as_str()).collect();
        format!("{} <- {}\n", shown(step), after.join(", "))
    };
    plan.steps.iter().map(line).collect()
}

#[test]
fn the_target_of_the_language_compiles() {
    let fixture = orders();
    assert_snapshot!(fixture.said(), @"");
    let plan = fixture.plan();
    assert_snapshot!(steps(&plan), @"
    pilot archive.customers/prepare / DropTable <- 
    pilot archive.customers/dry_run / Nothing <- archive.customers/prepare
    pilot archive.customers/copy / DeleteRows <- archive.customers/dry_run
    pilot archive.customers/validate [RowCount, Checksum] / Nothing <- archive.customers/copy
    pilot orders/prepare / DropTable <- 
    pilot orders/dry_run / Nothing <- orders/prepare
    pilot orders/copy / DeleteRows <- orders/dry_run
    pilot orders/validate [RowCount, Checksum, Freshness, Require] / Nothing <- orders/copy
    pilot archive.order-items/prepare / DropTable <- orders/validate
    pilot archive.order-items/dry_run / Nothing <- archive.order-items/prepare
    pilot archive.order-items/copy / DeleteRows <- archive.order-items/dry_run
    pilot archive.order-items/validate [RowCount, Checksum] / Nothing <- archive.order-items/copy
    pilot billing/cut_over/http / Reverse <- archive.customers/validate, archive.order-items/validate, orders/validate
    pilot others.web/cut_over/notify / Reverse <- archive.customers/validate, archive.order-items/validate, orders/validate
    pilot pilot/soak 7200s / Nothing <- billing/cut_over/http, others.web/cut_over/notify
    core orders/validate/core [RowCount, Checksum reread, Freshness, Require] / Nothing <- pilot/soak
    core core/approve / Nothing <- orders/validate/core
    core others.crm/cut_over/notify / Reverse <- core/approve
    core others.ledger/cut_over/notify / Reverse <- core/approve
    core core/soak 86400s / Nothing <- others.crm/cut_over/notify, others.ledger/cut_over/notify
    core archive.customers/cleanup Keep / Irreversible <- core/soak, pilot/soak
    core archive.order-items/cleanup Keep / Irreversible <- core/soak, pilot/soak
    core orders/cleanup Keep / Irreversible <- core/soak, pilot/soak
    ");
    let consumers: Vec<String> = plan
        .consumers
        .iter()
        .map(|(name, consumer)| {
            let level = consumer.criticality.as_ref().map_or("?", |criticality| &criticality.level);
            format!("{name} {level} reads {}\n", consumer.reads.join(", "))
        })
        .collect();
    assert_snapshot!(consumers.concat(), @"
    billing low reads orders
    others.crm medium reads archive.customers
    others.ledger high reads archive.order-items, orders
    others.web low reads archive.customers, orders
    ");
}

/// Every step comes after those that it names, and before none of them.
fn in_order(plan: &Plan) {
    let mut seen = std::collections::BTreeSet::new();
    for step in &plan.steps {
        assert!(step.after.iter().all(|before| seen.contains(before)), "{} is too early", step.id);
        assert!(seen.insert(step.id.clone()), "{} twice", step.id);
    }
}

#[test]
fn steps_stand_behind_those_they_come_after() {
    in_order(&orders().plan());
}

/// The same items in other files, and the files given in another order, make the same plan.
#[test]
fn a_plan_does_not_hang_on_the_order_of_files() {
    let whole = orders();
    let text = whole.sources.text(mig_lang::FileId(0)).to_owned();
    let (first, second) = text.split_at(text.find("validation orders_match").unwrap());
    let mut split = orders();
    split.sources = mig_lang::Sources::new();
    split.sources.add("b.mig", second);
    split.sources.add("a.mig", first);
    let world = whole.world();
    let digests = Vec::new();
    let (plan, _) = crate::compile(&whole.trees(), &world, digests.clone());
    let (again, _) = crate::compile(&split.trees(), &world, digests.clone());
    let mut trees = split.trees();
    trees.reverse();
    let (reversed, said) = crate::compile(&trees, &world, digests);
    assert_eq!(said, split.compile().1);
    let bytes = |plan: Option<Plan>| mig_plan::canonical_json(&plan.unwrap()).unwrap();
    let plan = bytes(plan);
    assert_eq!(plan, bytes(again));
    assert_eq!(plan, bytes(reversed));
}

/// Whatever is missing, something is said or there is a plan: never a panic, never silence.
#[test]
fn a_source_with_a_line_left_out_has_a_plan_or_a_reason() {
    let whole = orders();
    let text = whole.sources.text(mig_lang::FileId(0)).to_owned();
    let lines: Vec<&str> = text.lines().collect();
    for left_out in 0..lines.len() {
        let kept: Vec<&str> =
            lines.iter().enumerate().filter(|(place, _)| *place != left_out).map(|(_, line)| *line).collect();
        let (tree, parsed) = mig_lang::parse(mig_lang::FileId(0), &kept.join("\n"));
        let (plan, said) = crate::compile(&[tree], &whole.world(), Vec::new());
        let wrong = parsed.iter().chain(&said).any(|one| one.severity == mig_lang::Severity::Error);
        assert!(plan.is_some() || wrong, "without line {}: {}", left_out + 1, lines[left_out]);
        for diagnostic in &said {
            assert!(crate::codes::page(diagnostic.code).is_some(), "{}", diagnostic.code);
        }
    }
}

fn scheduled(source: &str) -> String {
    let plan = Fixture::shop(&framed(source)).plan();
    in_order(&plan);
    steps(&plan)
}

#[test]
fn consumers_follow_in_batches_and_actions_one_by_one() {
    let source = "
migration shop {
  owner   = @group:platform
  catalog = files(\"*.yaml\")
}
dataset orders: legacy.orders -> lake.sales.orders {
  entity   = @resource:orders-v1 -> @resource:orders-v2
  columns  = same
  cut_over = view(lake.public.orders), annotate(\"acme.io/store\", \"lake\")
}
dataset totals: legacy.totals -> lake.sales.totals {
  entity  = @resource:totals
  columns = same
}
consumer billing: @component:billing-api {
  cut_over = notify, http(post: env.SWITCH_URL), notify
}
consumer reports: @component:reports {
  cut_over = command(run: [\"./switch\"])
  irreversible because \"the partner has no way back\"
}
wave all {
  move  = datasets, consumers
  batch = 1
}
";
    assert_snapshot!(scheduled(source), @"
    all orders/prepare / DropTable <- 
    all orders/dry_run / Nothing <- orders/prepare
    all orders/copy / DeleteRows <- orders/dry_run
    all orders/validate [RowCount, Checksum] / Nothing <- orders/copy
    all totals/prepare / DropTable <- orders/validate
    all totals/dry_run / Nothing <- totals/prepare
    all totals/copy / DeleteRows <- totals/dry_run
    all totals/validate [RowCount, Checksum] / Nothing <- totals/copy
    all orders/cut_over/view / Restore <- orders/validate, totals/validate
    all orders/cut_over/annotate / Restore <- orders/cut_over/view
    all billing/cut_over/notify / Reverse <- orders/cut_over/annotate
    all billing/cut_over/http / Reverse <- billing/cut_over/notify
    all billing/cut_over/notify-2 / Reverse <- billing/cut_over/http
    all reports/cut_over/command / Irreversible <- billing/cut_over/notify-2
    all orders/cleanup Keep / Irreversible <- reports/cut_over/command
    all totals/cleanup Keep / Irreversible <- reports/cut_over/command
    ");
}

#[test]
fn waves_follow_the_ends_of_those_they_wait_for() {
    let source = "
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}
dataset totals: legacy.totals -> lake.sales.totals {
  columns = same
}
validation names on customers { require count(name == \"\") == 0 else \"no name\" }
validation again on customers { checksum reread }
approval money { from = @group:finance }
wave a {
  move       = customers
  validation = again
}
wave nothing after a { move = consumers }
wave b after nothing {
  move       = totals
  validation = names
  approval   = money
  soak       = 1h
}
";
    assert_snapshot!(scheduled(source), @"
    a customers/prepare / DropTable <- 
    a customers/dry_run / Nothing <- customers/prepare
    a customers/copy / DeleteRows <- customers/dry_run
    a customers/validate [RowCount, Checksum reread] / Nothing <- customers/copy
    b totals/prepare / DropTable <- customers/validate
    b totals/dry_run / Nothing <- totals/prepare
    b totals/copy / DeleteRows <- totals/dry_run
    b totals/validate [RowCount, Checksum] / Nothing <- totals/copy
    b customers/validate/b [Require] / Nothing <- customers/validate
    b b/approve / Nothing <- customers/validate/b, totals/validate
    b b/soak 3600s / Nothing <- b/approve
    b customers/cleanup Keep / Irreversible <- b/soak, customers/validate
    b totals/cleanup Keep / Irreversible <- b/soak
    ");
}

/// A wave of many lists each step once: the number of links grows with the steps and not with their pairs.
#[test]
fn gates_keep_large_waves_small() {
    let resources: String = (0..40).map(|n| format!("resource:d{n} owner group:g type dataset\n")).collect();
    let components: String =
        (0..40).map(|n| format!("component:c{n} owner group:g reads resource:d{n}\n")).collect();
    let tables: String = (0..40).map(|n| format!("legacy.d{n}: id int64 key\n")).collect();
    let source = framed(
        "
datasets all: legacy.* -> lake.all.* { select = catalog where spec.type == \"dataset\" }
consumers every: catalog where kind == \"Component\" { cut_over = notify }
wave one {
  move  = datasets, consumers
  batch = 20
}
",
    )
    .replace("@group:platform", "@group:g");
    let fixture = Fixture::new(
        &source,
        &format!("group:g members user:u\nuser:u\n{resources}{components}"),
        &format!("{tables}lake:\n"),
    );
    let plan = fixture.plan();
    in_order(&plan);
    let links: usize = plan.steps.iter().map(|step| step.after.len()).sum();
    assert!(links < 3 * plan.steps.len(), "{links} links between {} steps", plan.steps.len());
    let gates: Vec<&str> =
        plan.steps.iter().filter(|step| step.op == Op::Gate).map(|step| step.id.0.as_str()).collect();
    assert_eq!(gates, ["one/validated", "one/batch-1", "one/end"]);
}

/// The names of the steps that come before one, however far.
fn before<'p>(plan: &'p Plan, step: &'p Step) -> std::collections::BTreeSet<&'p str> {
    let mut before = std::collections::BTreeSet::new();
    let mut open: Vec<&Step> = vec![step];
    while let Some(next) = open.pop() {
        for id in &next.after {
            if before.insert(id.0.as_str()) {
                open.extend(plan.step(id));
            }
        }
    }
    before
}

/// Whatever the source says or leaves out: nothing is cut over before the datasets that it is about were counted
/// and compared.
#[test]
fn nothing_is_cut_over_before_it_is_validated() {
    let bare = framed(
        "
dataset customers: legacy.customers -> lake.sales.customers {
  entity   = @resource:customers
  columns  = same
  cut_over = notify
}
consumer website: @component:website {
  reads    = customers
  cut_over = notify
}
",
    );
    for plan in [orders().plan(), Fixture::shop(&bare).plan()] {
        let mut cut_overs = 0;
        for step in &plan.steps {
            let Op::CutOver { subject, .. } = &step.op else { continue };
            cut_overs += 1;
            let own = [subject.clone()];
            let about = plan.consumers.get(subject).map_or(&own[..], |consumer| &consumer.reads);
            let before = before(&plan, step);
            for dataset in about {
                let validated = plan.steps.iter().any(|other| match &other.op {
                    Op::Validate { dataset: of, rules, .. } => {
                        of == dataset
                            && rules.contains(&CheckRule::RowCount)
                            && rules.contains(&CheckRule::Checksum { reread: false })
                            && before.contains(other.id.0.as_str())
                    }
                    Op::Prepare { .. }
                    | Op::DryRun { .. }
                    | Op::Copy { .. }
                    | Op::Approve { .. }
                    | Op::CutOver { .. }
                    | Op::Soak { .. }
                    | Op::Gate
                    | Op::Cleanup { .. } => false,
                });
                assert!(validated, "{} before {dataset} is validated", step.id);
            }
        }
        assert!(cut_overs > 1);
    }
}

/// What an attribute means when it is left out is what the table of items says.
#[test]
fn every_default_of_the_table_is_what_is_taken() {
    use mig_lang::ast::Keyword;
    use mig_lang::items::{Need, item};
    let source = framed(
        "
store legacy: sqlite {
  url = \"legacy.db\"
}
dataset totals: legacy.totals -> lake.sales.totals {
  entity  = @resource:day-totals
  columns = same
}
datasets more: legacy.* -> lake.more.* {
  select = catalog where metadata.name == \"customers\"
}
approval money {
  from = @group:finance
}
wave all {
  move     = datasets
  approval = money
}
",
    );
    let plan = |source: &str| {
        let mut plan = Fixture::shop(source).plan();
        plan.inputs.sources.clear();
        plan
    };
    let mut defaults = 0;
    for keyword in Keyword::ALL {
        for attribute in item(keyword).attributes {
            let Need::Default(value) = attribute.need else { continue };
            // A store of a kind that has it.
            let source = match attribute.kinds {
                ["csv"] => source.replace("sqlite {\n  url = \"legacy.db\"", "csv {\n  path = \"legacy\""),
                _ => source.clone(),
            };
            let start = source.find(&format!("{} ", keyword.word())).unwrap();
            let at = start + source[start..].find("{\n").unwrap() + 2;
            let mut written = source.clone();
            written.insert_str(at, &format!("  {} = {value}\n", attribute.name));
            assert_eq!(plan(&written), plan(&source), "{} of {}", attribute.name, keyword.word());
            defaults += 1;
        }
    }
    assert!(defaults > 4, "{defaults}");
}
