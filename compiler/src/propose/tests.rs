//! What is proposed for small shops, as sources.

use insta::assert_snapshot;

use super::*;
use crate::fixture::{catalog, schemas};

const CATALOG: &str = "
    group:commerce members user:bob
    group:finance
    user:bob
    resource:orders-v1 owner group:commerce type dataset tags shop
    resource:orders-v2 owner group:commerce type dataset
    resource:customers owner group:commerce type dataset tags shop
    resource:order-items owner group:finance type dataset tags shop
    resource:stock owner group:commerce type dataset tags shop table stock_levels
    resource:elsewhere owner group:finance type dataset
    component:billing owner group:finance reads resource:orders-v1 tier high
    component:website owner group:commerce reads resource:customers tier low
    component:report owner group:commerce reads resource:stock
";

const OLD: &str = "
    old.orders: id int64 key, total_cents int64, email text?, shape !geometry
    old.customers: id int64 key, name text
    old.order_items: id int64 key, amount decimal(12;2)
    old.stock_levels: id int64 key, level int32
    old.scratch: id int64 key
";

fn at(name: &str, kind: StoreKind) -> StoreAt {
    StoreAt {
        name: name.to_owned(),
        kind,
        location: Setting::Env(format!("{}_URL", name.to_uppercase())),
        schema: None,
    }
}

fn request() -> Request {
    Request {
        name: "shop".to_owned(),
        owner: None,
        catalog: "files(\"catalog/*.yaml\")".to_owned(),
        select: None,
        old: at("old", StoreKind::Sqlite),
        new: at("new", StoreKind::Postgres),
    }
}

fn proposed(request: &Request, tables: &str) -> String {
    let (catalog, schemas) = (catalog(CATALOG), schemas(tables));
    match propose(request, &World { catalog: &catalog, schemas: &schemas }) {
        Ok(proposal) => {
            assert_eq!(mig_lang::format(&proposal.text), proposal.text);
            proposal.text
        }
        Err(error) => error,
    }
}

#[test]
fn tables_that_move_alike_are_a_family_and_consumers_follow_by_criticality() {
    assert_snapshot!(proposed(&request(), &format!("{OLD}\nnew:\n")), @r#"
    // To look at:
    //   - `orders` leaves `shape` behind.
    //   - `@resource:orders-v1` is taken for the table `orders` by its name.
    //   - The catalog does not know these tables of `old`, which stay: `scratch`.

    /// From the sqlite store `old` to the postgres store `new`.
    migration shop {
      owner       = @group:commerce
      catalog     = files("catalog/*.yaml")
      criticality = metadata.annotations["acme.io/tier"] in [low, medium, high]
    }

    store old: sqlite   { url = env.OLD_URL }
    store new: postgres { url = env.NEW_URL }

    /// 3 tables, column for column.
    datasets tables: old.* -> new.public.* {
      select  = catalog where kind == "Resource" and spec.type == "dataset" and "shop" in metadata.tags
      columns = same
    }

    dataset orders: old.orders -> new.public.orders {
      entity  = @resource:orders-v1 -> @resource:orders-v2
      columns = same
      drop shape because "`geometry` cannot be carried without loss"
    }

    /// Whoever the catalog says reads one of them: 2 of @group:commerce, 1 of @group:finance.
    consumers readers: catalog where kind == "Component" {
      cut_over = notify
    }

    validation moved_whole on tables, orders {
      row_count
      checksum
    }

    rollback careful {
      when error_rate > 1% for 5m and attempts >= 200
      no_data = pause
      then revert wave, notify owners
      allow rollback-conditions-not-watched because "no source of metrics is named yet: people watch"
    }

    wave pilot {
      move       = datasets, consumers where criticality == low
      validation = [moved_whole]
      rollback   = careful
      soak       = 1h
    }

    wave high after pilot {
      move     = consumers where criticality == high or is_null(metadata.annotations["acme.io/tier"])
      rollback = careful
      soak     = 24h
    }
    "#);
}

#[test]
fn a_new_table_that_is_there_is_mapped_column_by_column() {
    let new = "
        new.sales.orders: order_id int64 key, total_cents int32, email text?, placed timestamp default
        new.sales.customers: id int64 key, name text, since date
    ";
    assert_snapshot!(proposed(&request(), &format!("{OLD}\n{new}")), @r#"
    // To decide:
    //   - `customers` does not move yet: `since` must have a value, and nothing in the old table is like it.

    // To look at:
    //   - `orders` leaves `shape` behind.
    //   - `orders` makes `order_id` from `id`, by the names alone.
    //   - `@resource:orders-v1` is taken for the table `orders` by its name.
    //   - The catalog does not know these tables of `old`, which stay: `scratch`.

    /// From the sqlite store `old` to the postgres store `new`.
    migration shop {
      owner       = @group:commerce
      catalog     = files("catalog/*.yaml")
      criticality = metadata.annotations["acme.io/tier"] in [low, medium, high]
    }

    store old: sqlite   { url = env.OLD_URL }
    store new: postgres { url = env.NEW_URL }

    // To decide: `since` must have a value, and nothing in the old table is like it.
    // dataset customers: old.customers -> new.sales.customers {
    //   entity = @resource:customers
    //
    //   columns {
    //     id
    //     name
    //     since: date = …
    //   }
    // }

    dataset order_items: old.order_items -> new.public.order_items {
      entity  = @resource:order-items
      columns = same
    }

    dataset orders: old.orders -> new.sales.orders {
      entity = @resource:orders-v1 -> @resource:orders-v2

      columns {
        order_id:    int64 = id
        total_cents: int32 = int32(total_cents)
        email
      }
      drop shape because "`new.sales.orders` has no column for it"
    }

    dataset stock: old.stock_levels -> new.public.stock_levels {
      entity  = @resource:stock
      columns = same
    }

    /// Whoever the catalog says reads one of them: 1 of @group:commerce, 1 of @group:finance.
    consumers readers: catalog where kind == "Component" {
      cut_over = notify
    }

    validation moved_whole on order_items, orders, stock {
      row_count
      checksum
    }

    rollback careful {
      when error_rate > 1% for 5m and attempts >= 200
      no_data = pause
      then revert wave, notify owners
      allow rollback-conditions-not-watched because "no source of metrics is named yet: people watch"
    }

    wave pilot {
      move       = datasets, consumers where criticality == high
      validation = [moved_whole]
      rollback   = careful
      soak       = 1h
    }

    wave others after pilot {
      move     = consumers where is_null(metadata.annotations["acme.io/tier"])
      rollback = careful
      soak     = 24h
    }
    "#);
}

#[test]
fn what_cannot_be_proposed_is_said() {
    let nothing = Request { select: Some("spec.type == \"table\"".to_owned()), ..request() };
    let stranger = Request { owner: Some("group:comerce".parse().unwrap()), ..request() };
    let wrong = Request { select: Some("spec.typ ==".to_owned()), ..request() };
    let said: Vec<String> = [nothing, stranger, wrong]
        .iter()
        .map(|request| proposed(request, &format!("{OLD}\nnew:\n")))
        .collect();
    assert_snapshot!(said.join("\n"), @"
    No entity of the catalog that is selected is a table of `old`, which has `customers`, `order_items`, `orders`, `scratch` and `stock_levels`. An entity says its table with the annotation `mig.dev/table`, or has its name; `--select` says which entities are datasets.
    The catalog has no `@group:comerce`. Did you mean `@group:commerce`?
    `--select`: expected a value after `==`
    ");
    assert_snapshot!(proposed(&request(), "old:\nnew:\n"), @"The store `old` has no table: is it the right one?");
}
