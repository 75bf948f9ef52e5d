//! Spacing inside values, and values that do not fit on a line.

use crate::snapshot;

#[test]
fn canonical_spacing() {
    snapshot!(
        r#"
dataset d: a.b->c.d {
  columns {
    a=1+2*-3- -x-(-y)
    b=not(x)and(y or z)
    c=f (x,name:y ,[ 1,2, ],)
    d=x[ "k" ]["l"]in[ a ,b ]
    e=if(x)then-1 else(2)
    f=64KiB
    g=50  MiB/s
    h=5_000rows
    i=10 %3
    j=`plain` ++ `a b`++`where` ++ `env`.x
    k=spec.for[0]
    l : list( text? )? = [ ]
    m=a   else   b
    n=x not   in [1]
    o=1%
    p=5B
  }
}
validation v on d,e {
  require(a)>0 else"m"
  freshness   within   5m of x
}
rollback r {
  when(metric("a"))>-1 for 5m and(b)>2
  then   revert wave,notify   owners
}
"#
    );
}

#[test]
fn a_long_key_is_looked_up_as_before() {
    let key = "k".repeat(100);
    let text =
        format!("consumers c: catalog where a {{\n  x = metadata.annotations[\"{key}\"] in [low]\n}}\n");
    let once = mig_lang::format(&text);
    assert!(once.contains(&format!("annotations[\n    \"{key}\"\n  ] in [")), "{once}");
    assert_eq!(mig_lang::parse(mig_lang::FileId(0), &once).1, []);
    assert_eq!(mig_lang::format(&once), once);
}

#[test]
fn long_lists() {
    snapshot!(
        r#"
wave w {
  validation = [orders_match, customers_match, invoices_match, payments_match, shipments_match, returns_match]
  move = datasets where criticality == low, consumers where criticality == low and kind == "Component", archive.customers
  soak = 2h
}
migration m {
  criticality = metadata.annotations["acme.io/criticality-tier"] in [negligible, low, medium, high, severe, catastrophic]
  catalog = files("catalog/components/**/*.yaml", "catalog/resources/**/*.yaml", "catalog/groups/**/*.yaml", "x")
}
consumer c: @component:x {
  cut_over = command(run: ["kubectl", "rollout", "restart", "deployment/billing-api"], undo: ["kubectl", "rollout", "undo", "deployment/billing-api"])
}
"#
    );
}

#[test]
fn long_expressions() {
    snapshot!(
        r#"
datasets a: b.* -> c.d.* {
  select = catalog where spec.type == "dataset" and "shop" in metadata.tags and metadata.namespace != "legacy-shop" or kind == "Resource"
}
dataset d: a.b -> c.d {
  entity = @resource:some-very-long-namespace/orders-of-the-old-shop -> @resource:some-very-long-namespace/orders-of-the-new-lake
  columns {
    full_name: text = trim(first_name) ++ " " ++ trim(middle_name else "") ++ " " ++ trim(last_name) ++ suffix
    size: text = if order_total_in_cents > 100_000_00 then "large" else if order_total_in_cents > 10_000_00 then "medium" else "small"
    other: text = upper(if order_total_in_cents > 100_000_00 then "large order" else "small order, or a medium one") ++ x
    sum: int64 = a_rather_long_column_name + another_rather_long_column_name - a_third_rather_long_column_name * 2
  }
  drop a because "this column has not been used since the year 2019" see "https://wiki.acme.example/columns/a"
}
validation v on d {
  require count(total < 0 and status == "paid") == 0 and sum(total) > 0 else "an order that was paid has a negative total"
}
rollback r {
  when metric("checkout_latency_of_the_99th_percentile_in_milliseconds") > 800 for 10m and attempts >= 2_000_000
}
"#
    );
}

#[test]
fn short_values_come_back_on_one_line() {
    snapshot!(
        "wave w {\n  validation = [\n    a,\n    b,\n  ]\n  move = datasets,\n    consumers\n  approval = a ++\n    b\n  x = c\n    else d\n}\n"
    );
}

#[test]
fn comments_inside_values_keep_its_lines() {
    snapshot!(
        r#"
wave w {
  x = 1
  validation = [ // all of them
      a,
        b , // the second
    // c is not ready
    [ d,
    e ] ]
  move = datasets, // first
    // then
    consumers
      where   a==b
}
dataset d: a.b -> c.d {
  columns {
    short: int64 = a
    price: decimal( // precise
      12, 2) = p
    total: int64 = a // first
      + b
  }
  drop a // why
    because "b"
}
"#
    );
}

#[test]
fn tables_keep_their_pairs_together() {
    snapshot!(
        r#"
dataset d: a.b -> c.d {
  columns {
    a = map (state,"o" :"open","c":  "closed",)else"unknown"
    b = map(state, "a quite long key": "what it becomes", "another key": "something else again", "x": "y") else "unknown"
    c = map(n, 1: "one", // the first
      2: "two")
  }
}
"#
    );
}
