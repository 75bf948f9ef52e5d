//! Codes of expressions and types.

use super::{Mended, Page};

pub(super) const PAGES: &[Page] = &[
    Page {
        code: "unknown-column",
        title: "The table has no column of that name",
        why: "Expressions are typed against the real schema, so that a name that is not there is a slip, or a schema that has changed.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
    city
    town = ctiy
  }
}
"#,
        fix: "Write the column's name as the store has it; the help lists the table's columns. A name that is no word stands between backticks: `` `order no` ``.",
        mended: Mended::ByFix,
    },
    Page {
        code: "unsupported-column",
        title: "A column has a type that mig cannot carry without loss",
        why: "Values travel as the types of the language. A type of the store without a counterpart there (a geometry, a range, a composite) would change on the way, so that it is not carried at all.",
        example: r#"
dataset places: legacy.places -> lake.sales.places {
  entity  = @resource:places
  columns = same
}
"#,
        fix: "Leave the column behind with `drop shape because \"…\"`, or give the old store a view that casts it, and migrate the view. Files have no views: write them anew with a type that mig carries.",
        mended: Mended::Written(
            r#"
dataset places: legacy.places -> lake.sales.places {
  entity = @resource:places
  columns {
    id
    name
  }
  drop shape because "drawn anew in the lake"
}
"#,
        ),
    },
    Page {
        code: "not-a-value",
        title: "This is no value of a row",
        why: "An expression is made of columns, constants and functions of them: nothing else has a value in every row.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
    city
    region = env.REGION
  }
}
"#,
        fix: "Make the column from columns and constants.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
    city
    region = "eu-west"
  }
}
"#,
        ),
    },
    Page {
        code: "unknown-function",
        title: "There is no function of that name",
        why: "The functions are those of the language and not of a store's dialect, so that an expression means the same whatever the store is.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name = initcap(name)
    email
    city
  }
}
"#,
        fix: "Take one of the functions that the help lists.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name = upper(name)
    email
    city
  }
}
"#,
        ),
    },
    Page {
        code: "unknown-zone",
        title: "There is no time zone of that name",
        why: "Zones are those of the IANA database. A name that it does not have would be found out only when rows are copied.",
        example: r#"
dataset orders: legacy.orders -> lake.sales.orders {
  entity = @resource:old-orders
  columns {
    order_no
    cust_id
    total_cents
    state
    email
    channel
    legacy_flag
    discount
    placed = utc(placed, zone: "Europe/Pariss")
  }
}
"#,
        fix: "Write the zone's full name: `Europe/Paris`, `America/New_York`, `UTC`.",
        mended: Mended::ByFix,
    },
    Page {
        code: "type-mismatch",
        title: "Types do not fit",
        why: "Nothing is converted in silence where it could mean several things: a text is no number before somebody says so.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name: int64 = name
    email
    city
  }
}
"#,
        fix: "Spell the cast, as in `int64(name)`, or give the column the type that its value has.",
        mended: Mended::ByFix,
    },
    Page {
        code: "lossy-cast",
        title: "Not every value fits the wanted type",
        why: "A value that does not fit would have to change. Widening is done by itself; narrowing is spelled, and then a value that does not fit stops the row.",
        example: r#"
dataset totals: legacy.totals -> lake.sales.totals {
  entity = @resource:day-totals
  columns {
    day
    total: decimal(6, 2) = total
  }
}
"#,
        fix: "Spell the cast, `decimal(total, 6, 2)`; lose digits on purpose with `round`; or take a wider type.",
        mended: Mended::ByFix,
    },
    Page {
        code: "impossible-cast",
        title: "There is no such cast",
        why: "The cast has no meaning, or has several: a date and time is an instant only in a zone.",
        example: r#"
dataset orders: legacy.orders -> lake.sales.orders {
  entity = @resource:old-orders
  columns {
    order_no
    cust_id
    total_cents
    state
    email
    channel
    legacy_flag
    discount
    placed = timestamp(placed)
  }
}
"#,
        fix: "Do what the help says; for times that is `utc` or `local` with a zone.",
        mended: Mended::Written(
            r#"
dataset orders: legacy.orders -> lake.sales.orders {
  entity = @resource:old-orders
  columns {
    order_no
    cust_id
    total_cents
    state
    email
    channel
    legacy_flag
    discount
    placed = utc(placed, zone: "Europe/Paris")
  }
}
"#,
        ),
    },
    Page {
        code: "nullable-into-required",
        title: "A value that may be null goes where one must be",
        why: "A column without `?` has a value in every row. The first row without one would stop the copy, so that it is said before.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
    city: text = city
  }
}
"#,
        fix: "Say what stands in for null, `city else \"\"`, or let the column be `text?`.",
        mended: Mended::ByFix,
    },
    Page {
        code: "always-fails",
        title: "A constant stops every row",
        why: "A division by zero, a number that overflows or a cast of what is no value of the type is an error of the row. Where only constants decide, it is one of every row, and the copy could not end.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
    city
    share: int64 = id / 0
  }
}
"#,
        fix: "Write a constant that can be meant, or leave the value out.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
    city
    share: int64 = id % 10
  }
}
"#,
        ),
    },
    Page {
        code: "literal-does-not-fit",
        title: "A constant is no value of the wanted type",
        why: "Constants adapt to the type beside them when they are values of it: `5` is an `int8`, `300` is not.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
    city
    level: int8 = 300
  }
}
"#,
        fix: "Write a constant that fits, or take a wider type.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
    city
    level: int16 = 300
  }
}
"#,
        ),
    },
    Page {
        code: "untyped-null",
        title: "A column is null, but of no type",
        why: "A column's type is written, or is its value's. `null` has none.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
    city
    nickname = null
  }
}
"#,
        fix: "Write the type: `nickname: text? = null`.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
    city
    nickname: text? = null
  }
}
"#,
        ),
    },
    Page {
        code: "aggregate-outside-require",
        title: "An aggregate stands where one row is looked at",
        why: "A column is made from one row of the old table. `count`, `sum`, `min` and `max` look at all rows.",
        example: r#"
dataset totals: legacy.totals -> lake.sales.totals {
  entity = @resource:day-totals
  columns {
    day
    total = sum(total)
  }
}
"#,
        fix: "Say what must hold over all rows in a `validation`, with `require`.",
        mended: Mended::Written(
            r#"
dataset totals: legacy.totals -> lake.sales.totals {
  entity  = @resource:day-totals
  columns = same
}

validation positive on totals {
  require sum(total) >= 0 else "the totals are negative"
}

wave all {
  move       = datasets, consumers
  validation = positive
}
"#,
        ),
    },
    Page {
        code: "column-outside-aggregate",
        title: "A condition over all rows names a column of one",
        why: "`require` looks at the whole new table. Which row's value would be meant?",
        example: r#"
validation sane on customers {
  require name != "" else "a customer has no name"
}

wave all {
  move       = datasets, consumers
  validation = sane
}
"#,
        fix: "Put the column into an aggregate: `count(name == \"\") == 0`.",
        mended: Mended::Written(
            r#"
validation sane on customers {
  require count(name == "") == 0 else "a customer has no name"
}

wave all {
  move       = datasets, consumers
  validation = sane
}
"#,
        ),
    },
    Page {
        code: "no-aggregate",
        title: "A condition over all rows looks at none",
        why: "Without an aggregate the condition is the same whatever the table holds.",
        example: r#"
validation sane on customers {
  require 1 == 1 else "the world is upside down"
}

wave all {
  move       = datasets, consumers
  validation = sane
}
"#,
        fix: "Say what must hold with `count`, `sum`, `min` or `max`.",
        mended: Mended::Written(
            r#"
validation sane on customers {
  require count(id < 0) == 0 else "an id is negative"
}

wave all {
  move       = datasets, consumers
  validation = sane
}
"#,
        ),
    },
];
