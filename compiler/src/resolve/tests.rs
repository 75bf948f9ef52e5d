//! Sources with slips, and what is said of them before the world is looked at.

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
fn what_is_wanted_is_known_in_spite_of_errors_elsewhere() {
    let source = "
migration shop {
  ownr    = @group:platform
  catalog = files(\"catalog/*.yaml\", \"more/*.yaml\")
}
store legacy: sqlite { url = \"legacy.db\" }
store lake: oracle { url = env.LAKE_URL }
dataset orders: legcy.orders -> lake.orders { columns = same }
";
    let (program, said) = crate::resolve(&Fixture::shop(source).trees());
    assert!(!program.whole && !said.is_empty());
    let wanted = crate::wanted(&program);
    assert_eq!(wanted.stores.keys().collect::<Vec<_>>(), ["legacy"]);
    assert!(wanted.catalog.is_some());
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
fn values_have_kinds_and_units() {
    let source = "
store legacy: postgresql { url = 5 }
dataset customers: legacy.customers -> lake.a.b.c {
  entity  = \"resource:customers\"
  key     = \"id\"
  chunk   = 50_000
  columns {
    id: bigint = id
    name: varchar(20)? = name
    total: decimal(40, 2) = 0
    tags: list = name
    city: int64(3) = 1
  }
}
approval money {
  from  = [@group:finance, @group:finance]
  valid = 24
}
rollback cautious {
  when error_rate > 0.01 for 5 and attempts > 200
  when eror_rate >= 2 for 5m and attempts >= 1
  when metric(\"p99\") == 800
  when metric(p99) > 1%
  no_data = \"pause\"
  then revert waves, notify owner, tell me
}
wave all {
  move     = datasets
  batch    = 25 rows
  soak     = 50%
  approval = [money]
  rollback = cautios
}
";
    assert_snapshot!(resolved(source), @r#"
    error[unknown-store-kind]: there is no store of kind `postgresql`
      1:15 postgresql  <- did you mean `postgres`?
      fix: write `postgres`
    error[wrong-value]: a text or an environment variable is wanted
      1:34 5  <- this is a number
      help: As in `env.LEGACY_URL`.
    error[wrong-place]: a place in a postgres store has another form
      2:40 lake.a.b.c
      help: It is written `lake.table` or `lake.schema.table`.
    error[wrong-value]: an entity is written without quotes, behind an `@`
      3:13 "resource:customers"
      fix: write `@resource:customers`
    error[wrong-value]: a name is written without quotes
      4:13 "id"
      fix: write `id`
    error[wrong-unit]: 50_000 of what? A number of rows has its unit
      5:13 50_000
      fix: write `50_000 rows`
    error[unknown-type]: there is no type `bigint`
      7:9 bigint  <- did you mean `int64`?
      fix: write `int64`
    error[unknown-type]: there is no type `varchar`
      8:11 varchar  <- did you mean `text`?
      fix: write `text`
    error[wrong-type]: a decimal has 1 to 38 digits, and no more of them behind the point than there are
      9:12 decimal(40, 2)
      help: As in `decimal(12, 2)`.
    error[wrong-type]: a list is of one type
      10:11 list
      help: As in `list(text)`.
    error[wrong-type]: `int64` takes no arguments
      11:11 int64(3)
      help: As in `int64`.
    error[wrong-value]: this entity is named twice
      15:28 @group:finance
      15:12 @group:finance  <- the first time
    error[wrong-unit]: 24 of what? A duration has a unit
      16:11 24
      help: As in `24h`: `s`, `m`, `h` or `d`.
      fix: write `24s`
      fix: write `24m`
      fix: write `24h`
    error[wrong-unit]: 0.01 of what? A share has its sign
      19:21 0.01
      fix: write `1%`
    error[unknown-metric]: there is no metric `eror_rate`
      20:8 eror_rate  <- did you mean `error_rate`?
      fix: write `error_rate`
    error[wrong-value]: a metric is beyond its limit by `>`, `>=`, `<` or `<=`
      21:22 ==
    error[wrong-value]: a text is wanted
      22:15 p99  <- this is a name
      help: As in `metric("checkout_p99_ms") > 800`.
    error[wrong-value]: `pause`, `proceed` or `revert` is wanted
      23:13 "pause"
      fix: write `pause`
    error[wrong-value]: `waves` is no reaction
      24:15 waves
      help: Write `revert wave` or `revert migration`, and `notify owners`.
      fix: write `wave`
    error[wrong-value]: `owner` is no reaction
      24:29 owner
      help: Write `revert wave` or `revert migration`, and `notify owners`.
      fix: write `owners`
    error[wrong-value]: `tell` is no reaction
      24:36 tell
      help: Write `revert wave` or `revert migration`, and `notify owners`.
    error[wrong-unit]: rows are not counted here
      28:14 25 rows
      fix: write `25`
    error[wrong-value]: a duration is wanted
      29:14 50%  <- this is a share
      help: As in `2h`.
    error[wrong-value]: the name of one `approval` is wanted
      30:14 [money]  <- this is a list
      help: As in `approval = money_path`.
    error[unknown-name]: there is no rollback `cautios`
      31:14 cautios  <- did you mean `cautious`?
      fix: write `cautious`
    "#);
}

#[test]
fn secrets_are_named_and_never_shown() {
    let source = "
migration shop {
  owner   = @group:platform
  catalog = backstage(\"https://portal.acme.dev\", token: \"hunter2\")
}
store lake: postgres { url = \"postgres://shop:hunter2@db/lake\" }
consumer website: @component:website {
  reads    = customers
  cut_over = http(post: \"https://hooks.acme.dev/?token=hunter2\"), command(run: [\"switch\", \"--url=https://a:hunter2@b\"], undo: [])
}
";
    let fixture = Fixture::shop(&framed(source));
    let (_, said) = crate::resolve(&fixture.trees());
    assert_snapshot!(fixture.shown(&said), @r#"
    error[secret-in-source]: a token stands in the source
      3:57 "hunter2"
      help: Whoever reads the repository reads it. Take it from the environment, and change it: it is no longer a secret.
      fix: take it from `env.BACKSTAGE_TOKEN`
    error[secret-in-source]: a password stands in the source
      5:30 "postgres://shop:hunter2@db/lake"
      help: Whoever reads the repository reads it. Write `env.LAKE_URL`, and change the secret: it is no longer one.
      fix: take it from `env.LAKE_URL`
    error[secret-in-source]: a secret stands in the source
      8:25 "https://hooks.acme.dev/?token=hunter2"
      help: Whoever reads the repository reads it. Write `env.SWITCH_URL`, and change the secret: it is no longer one.
      fix: take it from `env.SWITCH_URL`
    error[secret-in-source]: a password stands in the source
      8:91 "--url=https://a:hunter2@b"
      help: Whoever reads the repository reads it. Write `env.SECRET`, and change the secret: it is no longer one.
      fix: take it from `env.SECRET`
    error[wrong-value]: a program is wanted
      8:127 []  <- this is a list
      help: As in `["./switch", "new"]`.
    "#);
    assert!(!format!("{said:?}").contains("hunter2"));
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
fn a_broken_part_leads_to_no_second_complaint() {
    let source = "
migration shop {
  owner = @
  catalog = files(\"catalog/*.yaml\")
}
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name = lower(
    email
  }
}
wave all {
  move = datasets where (
}
";
    let fixture = Fixture::shop(&framed(source));
    let trees: Vec<_> =
        fixture.sources.iter().map(|(id, source)| mig_lang::parse(id, &source.text).0).collect();
    let (plan, said) = crate::compile(&trees, &fixture.world(), Vec::new());
    assert!(plan.is_none());
    assert_snapshot!(fixture.shown(&said), @"");
}

#[test]
fn what_only_the_parser_finds_wrong_is_never_planned() {
    let sound = include_str!("../../tests/fixtures/shop.mig");
    let planned = |source: &str| {
        let fixture = Fixture::shop(source);
        let (tree, found) = mig_lang::parse(mig_lang::FileId(0), source);
        let (plan, said) = crate::compile(&[tree], &fixture.world(), Vec::new());
        let said = found.into_iter().chain(said).filter(|said| said.severity == mig_lang::Severity::Error);
        (plan.is_some(), said.map(|said| said.code).collect::<Vec<_>>())
    };
    assert_eq!(planned(sound), (true, Vec::new()));
    for (from, to, code) in [
        ("soak     = 1d\n}", "soak     = 1d\n", "unclosed-brace"),
        ("wave pilot", "wav pilot", "unknown-item"),
        ("unused since 2019", "unused since \\2019", "bad-escape"),
        ("store lake:   postgres {", "}\nstore lake:   postgres {", "syntax"),
    ] {
        assert!(sound.contains(from));
        assert_eq!(planned(&sound.replacen(from, to, 1)), (false, vec![code]));
    }
}

#[test]
fn what_an_unreadable_item_would_have_named_is_not_missed() {
    let source = "
!! migration shop
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}
consumer website: @component:website {
  reads    = [customers, another]
  cut_over = notify
}
wave one { move = customers }
";
    let fixture = Fixture::shop(source);
    let trees: Vec<_> =
        fixture.sources.iter().map(|(id, source)| mig_lang::parse(id, &source.text).0).collect();
    assert!(!trees[0].broken.is_empty());
    let (plan, said) = crate::compile(&trees, &fixture.world(), Vec::new());
    assert!(plan.is_none());
    assert_snapshot!(fixture.shown(&said), @"");
}

#[test]
fn an_enum_names_its_labels() {
    assert_snapshot!(resolved(
        "dataset orders: legacy.orders -> lake.orders {
  entity = @resource:orders
  columns {
    a: enum(open, `in transit`)? = a
    b: list(enum(open,)) = b
    c: enum() = c
    d: enum = d
    e: enum(open, paid, open) = e
    f: enum(open, \"in transit\") = f
    g: enum(1, 2) = g
    h: enum(open?, paid) = h
    i: enun(open, paid) = i
    j: decimal(\"12\") = j
  }
}
"
    ), @r#"
    error[wrong-type]: an enum names its labels
      6:8 enum()
      help: As in `enum(open, `in transit`)`.
    error[wrong-type]: an enum names its labels
      7:8 enum
      help: As in `enum(open, `in transit`)`.
    error[wrong-type]: the label `open` stands here twice
      8:25 open
      8:13 open  <- the first time
    error[wrong-type]: a label stands without quotes, as a name does
      9:19 "in transit"
      fix: leave the quotes out
    error[wrong-type]: a label is a word
      10:13 1
      fix: write `1`
    error[wrong-type]: a label is a word
      11:13 open?
      help: Others stand between backticks, as in `enum(open, `in transit`)`.
    error[unknown-type]: there is no type `enun`
      12:8 enun  <- did you mean `enum`?
      fix: write `enum`
    error[wrong-type]: a decimal says its digits, and how many of them stand behind the point
      13:8 decimal("12")
      help: As in `decimal(12, 2)`.
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
