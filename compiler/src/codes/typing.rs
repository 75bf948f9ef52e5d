//! Codes of expressions and types.

use super::Page;

pub(super) const PAGES: &[Page] = &[
    Page {
        code: "unknown-column",
        title: "The table has no column of that name",
        why: "Expressions are typed against the real schema of the old table, so a name that is not there can only be a slip, or a schema that has changed.",
        example: r"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
    city = ctiy
  }
}",
        fix: "Write the column's name as the store has it; the help lists the table's columns. A name that is no word stands between backticks: `` `order no` ``.",
    },
    Page {
        code: "unsupported-column",
        title: "A column has a type that mig cannot carry without loss",
        why: "Values travel as the types of the language. A type of the store without a counterpart there (a geometry, a range, a composite) would change on the way, so it is not carried at all.",
        example: r"
dataset places: legacy.places -> lake.sales.places {
  entity  = @resource:places
  columns = same
}",
        fix: "Leave the column behind with `drop shape because \"…\"`, or give the old store a view that casts it to a type that can be carried, and migrate the view.",
    },
    Page {
        code: "not-a-value",
        title: "This is no value of a row",
        why: "An expression is made of columns, constants and functions of them: nothing else has a value in every row.",
        example: r"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
    city = env.CITY
  }
  drop city because `x`
}",
        fix: "Make the column from columns and constants.",
    },
    Page {
        code: "unknown-function",
        title: "There is no function of that name",
        why: "The functions are those of the language and not of a store's dialect, so that an expression means the same whatever the store is.",
        example: r"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name = initcap(name)
    email
    city
  }
}",
        fix: "Take one of the language's functions; `docs/language.md` lists them.",
    },
    Page {
        code: "wrong-arguments",
        title: "A function is called with the wrong arguments",
        why: "Every function has named parameters; one is missing, unknown, given twice, or must be a constant.",
        example: r"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name = replace(name, from: `a`)
    email
    city
  }
}",
        fix: "Give the arguments that the help shows, by place or by name.",
    },
    Page {
        code: "unknown-zone",
        title: "There is no time zone of that name",
        why: "Zones are those of the IANA database, by their full names: abbreviations like `CET` mean different things in different years.",
        example: r"
dataset orders: legacy.orders -> lake.sales.orders {
  entity = @resource:orders-v1
  columns {
    order_no
    cust_id
    placed_at = utc(placed, zone: `Europe/Pariss`)
  }
}",
        fix: "Write the zone's full name: `Europe/Paris`, `America/New_York`, `UTC`.",
    },
];
