//! The tables of the old store: a few that every shop has, over and over.

use mig_plan::schema::{SchemaColumn, StoreSchema};
use mig_plan::{Schemas, TableSchema};

use crate::names;

/// A kind of table.
pub(crate) struct Table {
    /// What its rows are.
    pub(crate) noun: &'static str,
    /// Its columns, each with its type; the first is the key.
    pub(crate) columns: &'static [(&'static str, &'static str)],
    /// What an author writes about it between the braces of a `dataset`, but for its entity.
    pub(crate) body: &'static str,
    /// What its validation demands besides the checksums.
    pub(crate) rules: &'static str,
}

/// The table that a dataset is.
pub(crate) fn of(dataset: usize) -> &'static Table {
    &ALL[dataset / names::AREAS.len() % ALL.len()]
}

const ALL: [Table; 4] = [
    Table {
        noun: "orders",
        columns: &[
            ("order_no", "int64"),
            ("cust_id", "int64"),
            ("total_cents", "int64"),
            ("state", "text"),
            ("placed", "datetime"),
            ("email", "text?"),
            ("channel", "text"),
            ("updated_at", "timestamp"),
            ("legacy_flag", "int64?"),
            ("discount", "int64?"),
        ],
        body: "  key    = order_id
  chunk  = 50_000 rows

  columns {
    order_id:   int64          = order_no
    customer:   int64          = cust_id
    total:      decimal(12, 2) = decimal(total_cents, 12, 2) / 100
    status:     text           = lower(trim(state))
    placed_at:  timestamp      = utc(placed, zone: \"Europe/Paris\")
    email:      text?          = nullif(trim(email), \"\")
    channel                                     // carried over as it is
    updated_at: timestamp
  }
  drop legacy_flag because \"unused since 2019\"
  drop discount    because \"priced elsewhere now\" see \"https://wiki.acme.dev/discounts\"
",
        rules: "  freshness within 5m of placed_at
  require count(total < 0) == 0 else \"an order has a negative total\"
",
    },
    Table {
        noun: "customers",
        columns: &[
            ("id", "int64"),
            ("first_name", "text"),
            ("last_name", "text"),
            ("email", "text?"),
            ("born", "date?"),
            ("city", "text?"),
            ("country", "text"),
            ("updated_at", "timestamp"),
        ],
        body: "  key = id

  columns {
    id
    /// What is printed on a parcel: the first name, a blank, the last name.
    name:    text  = trim(first_name) ++ \" \" ++ trim(last_name)
    email:   text? = nullif(lower(trim(email)), \"\")
    born:    date?
    city:    text  = trim(city) else \"unknown\"
    country: text  = upper(country)
    europe:  bool  = country in [\"FR\", \"IT\", \"PT\", \"BE\", \"NO\", \"AT\", \"EE\", \"IE\", \"ES\", \"HR\"]
    updated_at
  }
",
        rules: "  freshness within 1h of updated_at
  require count(name == \"\") == 0 else \"a customer has no name\"
",
    },
    Table {
        noun: "payments",
        columns: &[
            ("payment_no", "int64"),
            ("order_no", "int64"),
            ("amount", "decimal(12,2)"),
            ("fee", "decimal(12,2)?"),
            ("method", "text"),
            ("settled", "bool"),
            ("updated_at", "timestamp"),
        ],
        body: "  key    = payment_no
  chunk  = 100_000 rows

  columns {
    payment_no: int64
    order_id:   int64 = order_no
    // Before 2018 the fee was not written down, and was nothing.
    net:        decimal(14, 2) = amount - (fee else 0)
    amount:     decimal(12, 2)
    method:     text = if method == \"cc\" then \"card\" else if method == \"dd\" then \"debit\" else lower(method)
    settled:    bool
    updated_at
  }
",
        rules: "  require sum(amount) > 0 else \"nothing was paid\"
  require count(net > amount) == 0 else \"a fee is negative\"
",
    },
    Table {
        noun: "levels",
        columns: &[
            ("sku", "text"),
            ("warehouse", "int64"),
            ("quantity", "int32"),
            ("reserved", "int32"),
            ("counted", "date?"),
            ("updated_at", "timestamp"),
        ],
        body: "  columns = same
",
        rules: "  freshness within 15m of updated_at
  require min(quantity) >= 0 else \"less than nothing is in stock\"
",
    },
];

/// The old store's tables, and a new store that is empty.
pub(crate) fn schemas(datasets: usize) -> Schemas {
    let mut legacy = StoreSchema::default();
    for dataset in 0..datasets {
        let table = of(dataset);
        let column = |(name, native): &(&str, &str)| SchemaColumn {
            name: (*name).to_owned(),
            native: (*native).to_owned(),
            ty: native.parse().ok(),
            has_default: false,
        };
        let schema = TableSchema {
            columns: table.columns.iter().map(column).collect(),
            primary_key: table.columns.first().map(|(name, _)| (*name).to_owned()).into_iter().collect(),
            ..TableSchema::default()
        };
        legacy.tables.insert(vec![names::table(dataset)], schema);
    }
    let stores = [("legacy".to_owned(), legacy), ("lake".to_owned(), StoreSchema::default())];
    Schemas { stores: stores.into(), ..Schemas::default() }
}
