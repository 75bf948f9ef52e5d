//! Codes of the parser, `mig_lang`.

use super::{Mended, Page};

pub(super) const PAGES: &[Page] = &[
    Page {
        code: "syntax",
        title: "This cannot be read",
        why: "Something stands where something else is expected. What could be read around it is checked all the same.",
        example: r#"
wave all {
  move = datasets, consumers
  soak 2h
}
"#,
        fix: "Write what the message expects.",
        mended: Mended::Written(
            r#"
wave all {
  move = datasets, consumers
  soak = 2h
}
"#,
        ),
    },
    Page {
        code: "unknown-item",
        title: "No item begins with this word",
        why: "A file is made of items, each of which begins with its keyword at the start of a line.",
        example: r#"
datset totals: legacy.totals -> lake.sales.totals {
  entity  = @resource:day-totals
  columns = same
}
"#,
        fix: "Write one of the keywords: `migration`, `store`, `dataset`, `datasets`, `consumer`, `consumers`, `validation`, `approval`, `rollback`, `wave`.",
        mended: Mended::ByFix,
    },
    Page {
        code: "unknown-statement",
        title: "No statement begins with this word",
        why: "A body is made of attributes, `name = value`, and of the statements of its item.",
        example: r#"
wave all {
  move = datasets, consumers
  wait for approval
}
"#,
        fix: "Write an attribute or a statement of the item.",
        mended: Mended::Written(
            r#"
wave all {
  move = datasets, consumers
  soak = 2h
}
"#,
        ),
    },
    Page {
        code: "unclosed-brace",
        title: "A brace is never closed",
        why: "The item has no end, so that what follows would be read as a part of it.",
        example: r#"
wave all {
  move = datasets, consumers
"#,
        fix: "Close it with `}`.",
        mended: Mended::Written(
            r#"
wave all {
  move = datasets, consumers
}
"#,
        ),
    },
    Page {
        code: "unclosed-bracket",
        title: "A bracket is never closed",
        why: "The value has no end.",
        example: r#"
wave all {
  move       = datasets, consumers
  validation = [a, b
}
"#,
        fix: "Close it with `]` or `)`.",
        mended: Mended::Written(
            r#"
wave all {
  move       = datasets, consumers
  validation = [match]
}

validation match on customers { checksum }
"#,
        ),
    },
    Page {
        code: "unclosed-text",
        title: "A text is never closed",
        why: "A text ends on the line on which it begins.",
        example: r#"
store legacy: sqlite { url = "legacy.db }
"#,
        fix: "Close it with `\"`.",
        mended: Mended::Written(
            r#"
store legacy: sqlite { url = "legacy.db" }
"#,
        ),
    },
    Page {
        code: "bad-escape",
        title: "There is no such escape in a text",
        why: "A backslash in a text begins an escape, and this one is none.",
        example: r#"
store legacy: sqlite { url = "C:\legacy.db" }
"#,
        fix: r"Write `\\` for a backslash.",
        mended: Mended::ByFix,
    },
    Page {
        code: "hidden-character",
        title: "A character that is not seen changes what is",
        why: "What turns the direction of writing, and control characters, make a line look like another: a reviewer would agree to something else than what runs.",
        example: "
wave all {
  move = datasets, consumers
  soak = 2h // \u{200E}or a day
}
",
        fix: "Remove it. In a text that needs it, write it by its number: `\\u{200E}`.",
        mended: Mended::ByFix,
    },
    Page {
        code: "bad-number",
        title: "This is no number of its unit",
        why: "Numbers are whole where their unit has no parts, and fit into 64 bits. A fraction stands behind a point, and thousands are grouped by `_`: a comma parts values.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
  chunk   = 0.5 rows
}
"#,
        fix: "Write a whole number, or a smaller unit.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
  chunk   = 500 rows
}
"#,
        ),
    },
    Page {
        code: "unknown-unit",
        title: "There is no such unit",
        why: "Units say the dimension: `s`, `m`, `h`, `d` for time, `%` for shares, `rows`, and `KiB`, `MiB`, `GiB` for sizes.",
        example: r#"
wave all {
  move = datasets, consumers
  soak = 2hours
}
"#,
        fix: "Write one of the units.",
        mended: Mended::ByFix,
    },
    Page {
        code: "chained-comparison",
        title: "Comparisons do not chain",
        why: "In `a < b < c` the second comparison would compare a truth value.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
    city
    young = 0 < id < 100
  }
}
"#,
        fix: "Compare twice: `0 < id and id < 100`.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
    city
    young = 0 < id and id < 100
  }
}
"#,
        ),
    },
    Page {
        code: "too-deep",
        title: "Brackets or operators nest too deep",
        why: "There is a limit to nesting, so that no text can exhaust the compiler.",
        example: r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
    city
    low = (((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((id < 100)))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
  }
}
"#,
        fix: "Split the expression over several columns, or use `in` with a list.",
        mended: Mended::Written(
            r#"
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name
    email
    city
    low = id < 100
  }
}
"#,
        ),
    },
];
