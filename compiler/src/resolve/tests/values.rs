//! Values of attributes: kinds and units, secrets, labels of an enum.

use insta::assert_snapshot;

use super::resolved;
use crate::fixture::{Fixture, framed};

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
