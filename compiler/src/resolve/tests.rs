//! Sources with slips, and what is said of them before the world is looked at.

mod broken;
mod values;

use insta::assert_snapshot;

use crate::fixture::{Fixture, framed};

/// What resolving says of a source that is framed by what it lacks.
fn resolved(source: &str) -> String {
    let fixture = Fixture::shop(&framed(source));
    let (_, said) = crate::resolve(&fixture.trees());
    fixture.shown(&said)
}

/// What is in the table of items is read, and nothing else is: a value that no attribute takes is told for each.
#[test]
fn every_attribute_of_the_table_is_read() {
    use mig_lang::ast::Keyword;
    for keyword in Keyword::ALL {
        let spec = mig_lang::items::item(keyword);
        for attribute in spec.attributes {
            let header = attribute
                .kinds
                .first()
                .map_or_else(|| spec.header.example().to_owned(), |kind| format!(": {kind}"));
            let source = format!("{} x{header} {{\n  {} = -1 else -2\n}}\n", keyword.word(), attribute.name);
            let said = resolved(&source);
            assert!(said.contains("\n  2:"), "{source}\n{said}");
        }
    }
}

#[test]
fn an_approval_asks_somebody() {
    assert_snapshot!(resolved("approval money { from = [] }\nwave all { move = datasets, approval = money }\n"), @"
    error[wrong-value]: nobody is asked
      1:18 from = []
      help: Name those who must agree: `from = [@group:commerce, @group:finance]`.
    ");
}

#[test]
fn a_migration_is_read_whole() {
    let (program, said) = crate::resolve(&crate::schedule::orders().trees());
    assert_eq!(said, []);
    assert!(program.whole);
    let migration = program.migration.as_ref().unwrap();
    assert_eq!(migration.scale.as_ref().unwrap().levels, ["low", "medium", "high"]);
    assert_eq!(migration.scale.as_ref().unwrap().source, "metadata.annotations[\"acme.io/tier\"]");
    let wanted = crate::wanted(&program);
    assert_snapshot!(format!("{:#?}", wanted.stores.values().map(|store| &store.config).collect::<Vec<_>>()), @r#"
    [
        StoreConfig {
            kind: Postgres,
            location: Env(
                "LAKE_URL",
            ),
            connections: 8,
            limit: Limit {
                rows_per_second: None,
                bytes_per_second: None,
            },
            options: {},
        },
        StoreConfig {
            kind: Sqlite,
            location: Env(
                "LEGACY_URL",
            ),
            connections: 4,
            limit: Limit {
                rows_per_second: None,
                bytes_per_second: None,
            },
            options: {},
        },
    ]
    "#);
    assert_snapshot!(format!("{:?}", wanted.catalog.unwrap().kind), @r#"Backstage { url: Env("BACKSTAGE_URL"), token: Some(Env("BACKSTAGE_TOKEN")) }"#);
}

#[test]
fn references_know_where_they_lead() {
    let fixture = crate::schedule::orders();
    let (program, _) = crate::resolve(&fixture.trees());
    let shown: Vec<String> = program
        .parts
        .iter()
        .flat_map(|part| &part.references)
        .map(|reference| {
            let at = fixture.sources.start(reference.span);
            let to = fixture.sources.start(program.definitions[&reference.name].name);
            format!(
                "{}:{} {} -> {}:{}\n",
                at.line,
                at.column,
                fixture.sources.slice(reference.span),
                to.line,
                to.column
            )
        })
        .collect();
    assert_snapshot!(shown.concat(), @"
    13:17 legacy -> 10:7
    13:34 lake -> 11:7
    32:19 legacy -> 10:7
    32:31 lake -> 11:7
    38:15 orders -> 13:9
    47:28 orders -> 13:9
    71:8 error_rate -> 60:8
    72:16 checkout_p99_ms -> 66:8
    79:17 orders_match -> 47:12
    80:16 cautious -> 70:10
    84:17 pilot -> 77:6
    87:17 orders_match -> 47:12
    88:16 money_path -> 54:10
    89:16 cautious -> 70:10
    ");
}

#[test]
fn attributes_and_headers_are_those_of_the_item() {
    let source = "
store lake: parquet { url = \"lake\", connections = 0 }
store legacy: sqlite { }
migration shop on customers {
  owner   = @group:platform, @group:commerce
  catalog = files()
}
dataset customers: legacy.* -> lake.customers {
  entity  = @resource:customers
  colums  = same
  then revert wave
}
dataset totals {
  columns = same
}
wave all after all { move = datasets }
";
    assert_snapshot!(resolved(source), @r#"
    error[unknown-attribute]: a store of kind `parquet` has no attribute `url`
      1:23 url  <- did you mean `path`?
      help: Stores of kind `sqlite`, `postgres` and `mysql` have it.
      fix: write `path`
    error[wrong-value]: at least 1 is wanted
      1:51 0
    error[missing-attribute]: `store legacy` lacks `url`
      2:7 legacy
      help: Write `url = env.LAKE_URL`.
      fix: write the line
    error[wrong-header]: a `migration` has no header
      3:19 customers
      help: It is written `migration shop { … }`.
    error[wrong-value]: `owner` takes one value
      4:13 @group:platform, @group:commerce
    error[wrong-arguments]: `files` takes the patterns of the descriptor files
      5:13 files
      help: As in `files("catalog/**/*.yaml")`.
    error[wrong-header]: this is no header of a `dataset`
      7:20 legacy.* -> lake.customers
      help: It is written `dataset customers: old.table -> new.schema.table { … }`.
    error[unknown-attribute]: a `dataset` has no attribute `colums`
      9:3 colums  <- did you mean `columns`?
      fix: write `columns`
    error[misplaced-statement]: `then` has no place in a `dataset`
      10:3 then revert wave
      help: It belongs into `rollback`.
    warning[dataset-without-entity]: nothing proves that nobody who reads `totals` is forgotten
      12:9 totals
      help: Name its entity, so that the catalog can say who reads it: `entity = @resource:old -> @resource:new`, or `entity = @resource:same`.
    error[wrong-header]: `dataset totals` needs a header
      12:9 totals
      help: It is written `dataset totals: old.table -> new.schema.table { … }`.
    error[wave-cycle]: these waves wait for one another
      15:16 all  <- `all` comes after `all`
      help: Take one of the `after` out, so that there is a first wave.
    "#);
}

#[test]
fn predicates_are_about_entities() {
    let source = "
migration shop {
  owner       = @group:platform
  catalog     = files(\"catalog/*.yaml\")
  criticality = annotations[\"tier\"] in [low, low]
}
datasets a: legacy.* -> lake.a.* { select = spec.type == \"dataset\" }
datasets b: legacy.* -> lake.b.* { select = catalog where tags == shop }
datasets c: legacy.* -> lake.c.* { select = catalog where spec.type == dataset and metadata.x == null }
datasets d: legacy.* -> lake.d.* { select = catalog where spec.size + 1 }
datasets e: legacy.* -> lake.e.* { select = catalog where lower(spec.type) == \"a\" or criticality == low }
consumers f: registry where kind == \"Component\" { cut_over = notify }
";
    assert_snapshot!(resolved(source), @r#"
    error[unknown-path]: an entity has no `annotations`
      4:17 annotations
      fix: write `metadata.annotations`
    error[wrong-value]: a selection from the catalog is wanted
      6:45 spec.type == "dataset"  <- this is an expression
      help: As in `catalog where kind == "Component"`.
    error[unknown-path]: an entity has no `tags`
      7:59 tags
      fix: write `metadata.tags`
    error[unknown-path]: an entity has no `dataset`
      8:72 dataset
      help: A text stands in quotes; a name is a path into the entity: `kind`, `metadata.…`, `spec.…`.
      fix: write "dataset"
    error[null-comparison]: a comparison with `null` is never true
      8:84 metadata.x == null
      help: Test for it with `is_null(metadata.x)`.
      fix: write `is_null(metadata.x)`
    error[wrong-value]: a condition on an entity is wanted
      9:59 spec.size + 1  <- this is an expression
      help: As in `spec.type == "dataset" and "shop" in metadata.tags`.
    error[wrong-value]: a value of an entity is wanted
      10:59 lower(spec.type)  <- this is a call
      help: As in `spec.type == "dataset"`.
    error[wrong-value]: the `catalog` is wanted
      11:14 registry  <- this is a name
      help: As in `catalog where kind == "Component"`.
    "#);
}

#[test]
fn actions_are_bound_by_name() {
    let source = "
consumer website: @component:website {
  reads    = [customers, customers.x, nobody]
  cut_over = notifi, http(env.A, undoo: env.B), http(), view(\"x\"), annotate(\"a\"), command(run: \"x\"), 5
}
consumer reports: @component:reports {
  reads    = reports
  cut_over = notify
}
";
    assert_snapshot!(resolved(source), @r#"
    error[unknown-name]: a dataset has no members
      2:36 x
      fix: write `customers`
    error[unknown-name]: there is no dataset `nobody`
      2:39 nobody
      help: There is `customers`.
    error[unknown-action]: there is no action `notifi`
      3:14 notifi  <- did you mean `notify`?
      fix: write `notify`
    error[wrong-arguments]: `http` has no argument `undoo`
      3:34 undoo
      help: As in `http(post: env.SWITCH_URL, undo: env.SWITCH_BACK_URL)`.
      fix: write `undo`
    error[wrong-arguments]: `http` lacks its argument `post`
      3:49 http
      help: As in `http(post: env.SWITCH_URL, undo: env.SWITCH_BACK_URL)`.
    error[wrong-value]: the place of a view is wanted
      3:62 "x"  <- this is a text
      help: As in `view(lake.public.orders)`.
    error[wrong-arguments]: `annotate` lacks its argument `value`
      3:68 annotate
      help: As in `annotate("acme.io/store", "lake")`.
    error[wrong-value]: a program with its arguments, in a list, is wanted
      3:96 "x"  <- this is a text
      help: As in `["./switch", "new"]`.
    error[wrong-value]: an action is wanted
      3:102 5  <- this is a number
      help: As in `notify`.
    error[wrong-kind-of-item]: `reports` is a consumer, and a dataset is wanted
      6:14 reports
      5:10 reports  <- this consumer
      help: There is `customers`.
    "#);
}

#[test]
fn what_files_cannot_be_written_as_is_said_where_it_stands() {
    for (kind, attributes, said) in [
        ("csv", "delimiter = \";;\"", "this cannot be the `delimiter`: it is one character of ASCII"),
        ("csv", "quote = \"\"", "this cannot be the `quote`: without quotes"),
        ("csv", "encoding = latin_1\n  bom = yes", "this cannot be the `bom`: only Unicode"),
        ("csv", "encoding = latin1", "write `latin_1`"),
        ("csv", "compression = snappy", "this cannot be the `compression`: files of `csv`"),
        ("arrow", "compression_level = 3", "this cannot be the `compression_level`: `zstd` has no levels"),
        ("jsonl", "delimiter = \";\"", "a store of kind `jsonl` has no attribute `delimiter`"),
        ("parquet", "partition_by = [\"country\"]", "a name is written without quotes"),
    ] {
        let found = resolved(&format!("store s: {kind} {{\n  path = \"x\"\n  {attributes}\n}}\n"));
        let errors: Vec<_> = found.split("error[").skip(1).collect();
        assert_eq!(errors.len(), 1, "{found}");
        assert!(errors[0].contains(said) && errors[0].contains("\n  "), "{found}");
    }
}

#[test]
fn how_files_are_written_is_in_the_plan() {
    let source = "store s: csv {\n  path = \"x\"\n  delimiter = \"\\t\"\n  quote = \"'\"\n  escape = \"\\\\\"\n  header = no\n  \
                  null_text = \"NULL\"\n  line_end = crlf\n  encoding = utf_16le\n  bom = yes\n  compression = gzip\n  \
                  compression_level = 9\n  partition_by = [country, year]\n}\n";
    let fixture = Fixture::shop(&framed(source));
    let (program, _) = crate::resolve(&fixture.trees());
    let config = program.stores["s"].config.as_ref().unwrap();
    let shown: Vec<_> = config.options.iter().map(|(name, value)| format!("{name} {value}")).collect();
    assert_snapshot!(shown.join("\n"), @r#"
    bom "yes"
    compression "gzip"
    compression_level "9"
    delimiter "\t"
    encoding "utf_16le"
    escape "\\"
    header "no"
    line_end "crlf"
    null_text "NULL"
    partition_by "[\"country\",\"year\"]"
    quote "'"
    "#);
}
