//! What sources cost that nobody writes by hand: the same text twice and four times as long, and how much longer each
//! doubling takes. Twice is linear; nothing may come near four times.
//!
//! `cargo bench -p mig-bench --bench hostile [-- SIZE [NAME …]]` (5,000 of whatever repeats; the best of three runs is
//! given, and what is faster than a tenth of a millisecond has no growth).

#![expect(clippy::print_stdout, reason = "a benchmark is for its figures")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use mig_compiler::{World, compile};
use mig_lang::FileId;
use mig_plan::catalog::Entity;
use mig_plan::schema::{SchemaColumn, StoreSchema};
use mig_plan::{Catalog, Schemas, TableSchema};

/// The program's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A text in which something is repeated so many times.
type Text = fn(usize) -> String;

/// Every hostile text, by what is too much in it.
const TEXTS: &[(&str, Text)] = &[
    ("brackets, one in another", |n| column(&format!("{}a{}", "(".repeat(n), ")".repeat(n)))),
    ("brackets, 120 deep, in many columns", |n| {
        let value = format!("{}a{}", "(".repeat(120), ")".repeat(120));
        columns((0..n / 100).map(|place| format!("c{place} = {value}")))
    }),
    ("lists that are never closed", |n| column(&"[a, ".repeat(n))),
    ("columns", |n| columns((0..n).map(|place| format!("c{place}: text = a ++ \"x\"")))),
    ("columns that are one", |n| columns((0..n).map(|_| "c = a".to_owned()))),
    ("columns that are not there", |n| columns((0..n).map(|place| format!("c{place} = d{place}")))),
    ("`++` in a row", |n| column(&vec!["a"; n].join(" ++ "))),
    ("`else` in a row", |n| column(&vec!["a"; n].join(" else "))),
    ("`else if` in a row", |n| column(&format!("{}a", "if a == \"x\" then a else ".repeat(n)))),
    ("`and` in a row", |n| column(&vec!["a == \"x\""; n].join(" and "))),
    ("a list behind `in`", |n| column(&format!("a in [{}]", numbered(n, |place| format!("\"x{place}\""))))),
    ("keys of `map`", |n| {
        column(&format!("map(a, {})", numbered(n, |place| format!("\"x{place}\": {place}"))))
    }),
    ("labels of an enum", |n| {
        columns(std::iter::once(format!("c: enum({}) = \"x1\"", numbered(n, |place| format!("x{place}")))))
    }),
    ("escapes that never end", |n| column(&format!("\"{}\"", "\\u{".repeat(n)))),
    ("a long comment", |n| format!("// {}\n{FRAME}", "x ".repeat(n * 10))),
    ("comments", |n| format!("{}{FRAME}", "// why\n".repeat(n * 4))),
    ("comments in a body", |n| columns((0..n).map(|place| format!("c{place} = a // why\n// and more")))),
    ("lines that are no statement", |n| format!("{FRAME}wave w {{\n{}}}\n", "  soak 2h 5\n".repeat(n))),
    ("lines that are no item", |n| format!("{FRAME}{}", "hello there\n".repeat(n))),
    ("items that are never closed", |n| {
        format!("{FRAME}{}", text(n, |place| format!("wave w{place} {{\n  soak = 2h\n")))
    }),
    ("braces closed by brackets", |n| format!("{FRAME}wave w {{\n  soak = {}\n}}\n", "{)".repeat(n))),
    ("quotes that are never closed", |n| format!("{FRAME}wave w {{\n{}}}\n", "  soak = \"2h\n".repeat(n))),
    ("families", |n| {
        let family = |place| {
            format!(
                "datasets f{place}: legacy.* -> lake.f{place}.* {{\n  select = catalog where metadata.name == \"none{place}\"\n}}\n"
            )
        };
        format!("{FRAME}{}", text(n / 10, family))
    }),
    ("datasets of one table", |n| {
        format!(
            "{FRAME}{}",
            text(n, |place| format!(
                "dataset d{place}: legacy.t -> lake.d{place} {{\n  columns = same\n}}\n"
            ))
        )
    }),
    ("waves, each after the one before", |n| {
        let wave = |place: usize| format!("wave w{} after w{place} {{\n  move = datasets\n}}\n", place + 1);
        format!("{FRAME}wave w0 {{ move = t }}\n{}", text(n / 10, wave))
    }),
    ("waves in a circle", |n| {
        let wave =
            |place: usize| format!("wave w{place} after w{} {{ move = datasets }}\n", (place + 1) % (n / 10));
        format!("{FRAME}{}", text(n / 10, wave))
    }),
    ("waves, each with a dataset of its own", |n| {
        let wave = |place: usize| {
            let after = place.checked_sub(1).map_or_else(String::new, |before| format!(" after w{before}"));
            format!(
                "dataset d{place}: legacy.t -> lake.d{place} {{\n  columns = same\n}}\nwave w{place}{after} {{ move = d{place} }}\n"
            )
        };
        let whole = FRAME.replace("lake.t {", "lake.t2 {");
        format!("{whole}{}wave last {{ move = t }}\n", text(n / 10, wave))
    }),
    ("columns that are nearly right", |n| {
        let line = |place| format!("c{place} = col{place}x");
        wide(&format!("  columns {{\n{}  }}\n", text(n / 10, |place| format!("    {}\n", line(place)))))
    }),
    ("columns that are nothing like theirs", |n| {
        let line = |place| format!("c{place} = {place}_unheard_of");
        wide(&format!("  columns {{\n{}  }}\n", text(n / 10, |place| format!("    {}\n", line(place)))))
    }),
    ("columns, each of the table's own", |n| {
        wide(&format!("  columns {{\n{}  }}\n", text(n / 10, |place| format!("    col{place}\n"))))
    }),
    ("columns that are dropped", |n| {
        let drop = |place| format!("  drop col{place} because \"no\"\n");
        wide(&format!("  columns = same\n{}", text(n / 10, drop)))
    }),
    ("columns of a key that are nearly right", |n| {
        wide(&format!("  key = [{}]\n  columns = same\n", numbered(n / 10, |place| format!("col{place}x"))))
    }),
    ("items of one name", |n| format!("{FRAME}{}", "wave w { move = datasets }\n".repeat(n))),
    ("names that are nearly right", |n| {
        format!(
            "{FRAME}{}",
            text(n / 10, |place| format!("wave wave{place} after wave{place}x {{ move = t }}\n"))
        )
    }),
];

/// What the texts have in common: a migration, two stores, a dataset.
const FRAME: &str = "\
migration hostile {
  owner   = @group:platform
  catalog = files(\"catalog.yaml\")
}
store legacy: sqlite { url = \"old.db\" }
store lake: sqlite { url = \"new.db\" }
dataset t: legacy.t -> lake.t {
  columns = same
}
";

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).peekable();
    let size = arguments.next_if(|argument| argument.parse::<usize>().is_ok());
    let size = size.and_then(|size| size.parse().ok()).unwrap_or(5_000_usize).max(1_000);
    let wanted: Vec<String> = arguments.collect();
    println!("{:40} {:>9}   {:>24}   {:>24}   {:>24}", "", "bytes", "parse", "format", "check");
    for (name, make) in TEXTS {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| name.contains(wanted.as_str())) {
            continue;
        }
        let texts = [size, 2 * size, 4 * size].map(make);
        let parse = texts.each_ref().map(|text| best(|| mig_lang::parse(FileId(0), black_box(text))));
        let format = texts.each_ref().map(|text| best(|| mig_lang::format(black_box(text))));
        let sizes = [size, 2 * size, 4 * size];
        let mut sizes = sizes.iter();
        let check = texts.each_ref().map(|text| {
            let (catalog, schemas) = world(sizes.next().copied().unwrap_or(size));
            let trees = [mig_lang::parse(FileId(0), text).0];
            let world = World { catalog: &catalog, schemas: &schemas };
            best(|| compile(black_box(&trees), &world, Vec::new()))
        });
        let [parse, format, check] = [parse, format, check].map(shown);
        println!("{name:40} {:>9}   {parse:>24}   {format:>24}   {check:>24}", texts[2].len());
    }
}

/// The longest time, and how many times as long each doubling took.
fn shown([one, two, four]: [Duration; 3]) -> String {
    let growth = |less: Duration, more: Duration| match less.as_secs_f64() {
        less if less < 1e-4 => "–".to_owned(),
        less => format!("{:.1}", more.as_secs_f64() / less),
    };
    format!("{:.1} ms, × {} × {}", four.as_secs_f64() * 1e3, growth(one, two), growth(two, four))
}

/// The best of three runs; what the work gives is dropped outside the time. What takes a second is not run again.
fn best<T>(work: impl Fn() -> T) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let start = Instant::now();
        let given = work();
        best = best.min(start.elapsed());
        drop(black_box(given));
        if best > Duration::from_secs(1) {
            break;
        }
    }
    best
}

fn text(n: usize, line: impl Fn(usize) -> String) -> String {
    (0..n).map(line).collect()
}

fn numbered(n: usize, one: impl Fn(usize) -> String) -> String {
    (0..n).map(one).collect::<Vec<_>>().join(", ")
}

/// A dataset with one column of that value.
fn column(value: &str) -> String {
    columns(std::iter::once(format!("c = {value}")))
}

/// A dataset with these columns.
fn columns(lines: impl Iterator<Item = String>) -> String {
    let mut out = format!("{FRAME}dataset x: legacy.x -> lake.x {{\n  columns {{\n");
    for line in lines {
        // Writing into a String cannot fail.
        let _ = writeln!(out, "    {line}");
    }
    out + "  }\n}\n"
}

/// A dataset of the table with many columns, with this body.
fn wide(body: &str) -> String {
    format!("{FRAME}dataset wide: legacy.wide -> lake.wide {{\n{body}}}\n")
}

/// Two tables and one with a tenth of so many columns, and who owns the migration.
fn world(size: usize) -> (Catalog, Schemas) {
    let group = Entity {
        kind: "Group".into(),
        metadata: Default::default(),
        spec: Default::default(),
        relations: Vec::new(),
        origin: None,
    };
    let catalog = Catalog::new([("group:default/platform".parse().expect("an entity"), group)].into());
    let column = |name: &str, ty: &str| SchemaColumn {
        name: name.to_owned(),
        native: ty.to_owned(),
        ty: Some(ty.parse().expect("a type")),
        has_default: false,
    };
    let table =
        TableSchema { columns: vec![column("a", "text"), column("b", "int64")], ..TableSchema::default() };
    let columns = (0..size / 10).map(|place| column(&format!("col{place}"), "text")).collect();
    let wide = TableSchema { columns, ..TableSchema::default() };
    let tables = [("t", table.clone()), ("x", table), ("wide", wide)];
    let tables = tables.map(|(name, table)| (vec![name.to_owned()], table));
    let mut schemas = Schemas::default();
    schemas.stores.insert("legacy".to_owned(), StoreSchema { tables: tables.into() });
    schemas.stores.insert("lake".to_owned(), StoreSchema::default());
    (catalog, schemas)
}
