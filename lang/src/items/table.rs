//! The table's rows. Every attribute and statement of the language stands here and nowhere else.

use super::{AttributeSpec, Count, HeaderForm, ItemSpec, Need, StatementForm, StatementSpec, ValueForm};
use crate::ast::Keyword;

/// An attribute that every item of its keyword may have.
const fn attribute(
    name: &'static str,
    value: ValueForm,
    need: Need,
    doc: &'static str,
    example: &'static str,
) -> AttributeSpec {
    AttributeSpec { name, value, need, kinds: &[], doc, example }
}

/// A setting of a folder of files that is in a bucket.
const fn in_bucket(name: &'static str, doc: &'static str, example: &'static str) -> AttributeSpec {
    let kinds = &["parquet", "csv", "jsonl", "arrow"];
    AttributeSpec { name, value: ValueForm::Setting, need: Need::Optional, kinds, doc, example }
}

/// An attribute of stores of CSV.
const fn of_csv(
    name: &'static str,
    value: ValueForm,
    default: &'static str,
    doc: &'static str,
    example: &'static str,
) -> AttributeSpec {
    AttributeSpec { name, value, need: Need::Default(default), kinds: &["csv"], doc, example }
}

const fn statement(
    form: StatementForm,
    count: Count,
    doc: &'static str,
    example: &'static str,
) -> StatementSpec {
    StatementSpec { form, count, doc, example }
}

const CHUNK: AttributeSpec = attribute(
    "chunk",
    ValueForm::Rows,
    Need::Default("250_000 rows"),
    "How many rows are copied in one transaction; a run that is interrupted goes on at the next chunk.",
    "chunk = 50_000 rows",
);

const CLEANUP: AttributeSpec = attribute(
    "cleanup",
    ValueForm::Word(&["keep", "drop_old"]),
    Need::Default("keep"),
    "What becomes of the old table when `mig complete` makes the migration final: it stays, or it is dropped.",
    "cleanup = drop_old",
);

const SECRET: AttributeSpec = attribute(
    "secret",
    ValueForm::OldColumns,
    Need::Optional,
    "The old columns whose values are never shown, nor those of new columns that tell something of them; a family's members have those of them that their tables have.",
    "secret = [email, iban]",
);

const IRREVERSIBLE: StatementSpec = statement(
    StatementForm::Irreversible,
    Count::AtMostOne,
    "Says that its cut-over cannot be undone, and why; the plan marks the step as a point of no return.",
    "irreversible because \"the partner has no way back\"",
);

const ALLOW: StatementSpec = statement(
    StatementForm::Allow,
    Count::Any,
    "Accepts a warning whose place is in the item, and says why; in a `migration`, wherever it is. The plan keeps both.",
    "allow no-soak because \"nobody uses it at night\"",
);

pub(super) static MIGRATION: ItemSpec = ItemSpec {
    keyword: Keyword::Migration,
    doc: "What the folder of `.mig` files is about; exactly one per folder.",
    header: HeaderForm::None,
    attributes: &[
        attribute(
            "owner",
            ValueForm::Entity,
            Need::Required,
            "The group or user who answers for the migration.",
            "owner = @group:data-platform",
        ),
        attribute(
            "catalog",
            ValueForm::Catalog,
            Need::Required,
            "Where entities come from: descriptor files, or a Backstage backend.",
            "catalog = backstage(env.BACKSTAGE_URL, token: env.BACKSTAGE_TOKEN)",
        ),
        attribute(
            "criticality",
            ValueForm::Scale,
            Need::Optional,
            "Where an entity says how critical it is, and the scale of its words, least critical first.",
            "criticality = metadata.annotations[\"acme.io/tier\"] in [low, medium, high]",
        ),
        attribute(
            "metrics",
            ValueForm::Metrics,
            Need::Optional,
            "Where the metrics come from that the conditions of `rollback`s look at; without it nobody watches them.",
            "metrics = prometheus(env.PROMETHEUS_URL, token: env.PROMETHEUS_TOKEN)",
        ),
    ],
    statements: &[ALLOW],
    example: "migration shop_v2 {\n  owner   = @group:data-platform\n  catalog = files(\"catalog/**/*.yaml\")\n}\n",
};

pub(super) static STORE: ItemSpec = ItemSpec {
    keyword: Keyword::Store,
    doc: "Where tables are: a database, or a folder of files on the local disk or in a bucket.",
    header: HeaderForm::Kind,
    attributes: &[
        AttributeSpec {
            name: "url",
            value: ValueForm::Setting,
            need: Need::Required,
            kinds: &["sqlite", "postgres", "mysql"],
            doc: "The database: a file's path for SQLite, a connection URL for PostgreSQL, MySQL and MariaDB; a secret belongs in `env.NAME`.",
            example: "url = env.LAKE_URL",
        },
        AttributeSpec {
            name: "path",
            value: ValueForm::Path,
            need: Need::Required,
            kinds: &["parquet", "csv", "jsonl", "arrow"],
            doc: "The folder, relative to the migration's own, or one in a bucket: `s3://`, `gs://`, `az://`.",
            example: "path = \"s3://lake/shop\"",
        },
        in_bucket(
            "endpoint",
            "Where the object storage is, when it is not its maker's own; `http://` is taken at its word.",
            "endpoint = \"https://minio.acme.dev\"",
        ),
        in_bucket("region", "S3: the bucket's region.", "region = \"eu-central-1\""),
        in_bucket(
            "access_key_id",
            "S3: which access key; without it, what `AWS_ACCESS_KEY_ID` or the machine's own role says.",
            "access_key_id = env.LAKE_KEY",
        ),
        in_bucket("secret_access_key", "S3: the access key's secret.", "secret_access_key = env.LAKE_SECRET"),
        in_bucket("session_token", "S3: the token of a session.", "session_token = env.LAKE_SESSION"),
        in_bucket(
            "service_account",
            "Google Cloud Storage: the file with a service account's key; without it, the machine's own credentials.",
            "service_account = env.LAKE_KEY_FILE",
        ),
        in_bucket("account_name", "Azure: the storage account.", "account_name = \"acmelake\""),
        in_bucket("account_key", "Azure: the account's key.", "account_key = env.LAKE_KEY"),
        in_bucket("sas_token", "Azure: a shared access signature.", "sas_token = env.LAKE_SAS"),
        AttributeSpec {
            name: "compression",
            value: ValueForm::Word(&["none", "gzip", "zstd", "snappy", "lz4"]),
            need: Need::Optional,
            kinds: &["parquet", "csv", "jsonl", "arrow"],
            doc: "What packs the files that are written: without it `zstd` in Parquet and Arrow, nothing in text. Text is packed by `gzip` and `zstd`, Arrow by `zstd` and `lz4`, Parquet by each. Files that are read tell it themselves.",
            example: "compression = gzip",
        },
        AttributeSpec {
            name: "compression_level",
            value: ValueForm::Count,
            need: Need::Optional,
            kinds: &["parquet", "csv", "jsonl", "arrow"],
            doc: "How hard `gzip` (1 to 9) and `zstd` (1 to 22) try; Arrow has no levels.",
            example: "compression_level = 9",
        },
        AttributeSpec {
            name: "partition_by",
            value: ValueForm::ColumnNames,
            need: Need::Optional,
            kinds: &["parquet", "csv", "jsonl", "arrow"],
            doc: "The columns by which the tables that are made there are divided into folders: `country=DE/year=2024/`. Such folders are read whatever is said here.",
            example: "partition_by = [country, year]",
        },
        of_csv("delimiter", ValueForm::Text, "\",\"", "What stands between cells.", "delimiter = \";\""),
        of_csv(
            "quote",
            ValueForm::Text,
            "\"\\\"\"",
            "What stands around cells that would be misread without; an empty text for nothing.",
            "quote = \"'\"",
        ),
        AttributeSpec {
            name: "escape",
            value: ValueForm::Text,
            need: Need::Optional,
            kinds: &["csv"],
            doc: "What makes the character behind it one like any other; without it a quote is doubled inside quotes.",
            example: "escape = \"\\\\\"",
        },
        of_csv(
            "header",
            ValueForm::Word(&["yes", "no"]),
            "yes",
            "Whether the first line names the columns. Without it they are those of a table that mig made, in their order, or `column_1` and so on.",
            "header = no",
        ),
        of_csv(
            "null_text",
            ValueForm::Text,
            "\"\"",
            "What a missing value is, without quotes; another than the empty text makes an empty cell the empty text.",
            "null_text = \"NULL\"",
        ),
        of_csv(
            "line_end",
            ValueForm::Word(&["lf", "crlf"]),
            "lf",
            "How lines are ended that are written; either is read.",
            "line_end = crlf",
        ),
        of_csv(
            "encoding",
            ValueForm::Word(&["utf_8", "utf_16le", "utf_16be", "latin_1", "windows_1252"]),
            "utf_8",
            "How the text of the files is encoded.",
            "encoding = windows_1252",
        ),
        of_csv(
            "bom",
            ValueForm::Word(&["yes", "no"]),
            "no",
            "Whether files are written with a byte order mark; one that is there is passed over.",
            "bom = yes",
        ),
        attribute(
            "connections",
            ValueForm::Count,
            Need::Default("4"),
            "How many connections to the store may be open at once.",
            "connections = 8",
        ),
        attribute(
            "limit",
            ValueForm::Rates,
            Need::Optional,
            "How many rows and bytes a second are read from the store and written to it, by all copies and comparisons of a run together.",
            "limit = [20_000 rows/s, 50 MiB/s]",
        ),
    ],
    statements: &[ALLOW],
    example: "store lake: postgres { url = env.LAKE_URL, connections = 8 }\n",
};

pub(super) static DATASET: ItemSpec = ItemSpec {
    keyword: Keyword::Dataset,
    doc: "One table that moves from an old place to a new one.",
    header: HeaderForm::Move,
    attributes: &[
        attribute(
            "entity",
            ValueForm::EntityMove,
            Need::Optional,
            "The catalog's entity of the dataset: the old and the new one, or one that stays the same.",
            "entity = @resource:orders-v1 -> @resource:orders-v2",
        ),
        attribute(
            "key",
            ValueForm::Columns,
            Need::Optional,
            "The new columns that tell rows apart; without it the old table's primary key, where it is carried over.",
            "key = order_id",
        ),
        SECRET,
        CHUNK,
        attribute(
            "columns",
            ValueForm::Same,
            Need::Required,
            "`same` carries every column over as it is; otherwise a block says what each new column is made of.",
            "columns = same",
        ),
        attribute(
            "cut_over",
            ValueForm::Actions,
            Need::Optional,
            "What is done when the copy has been validated.",
            "cut_over = view(lake.public.orders)",
        ),
        CLEANUP,
    ],
    statements: &[
        statement(
            StatementForm::Columns,
            Count::AtMostOne,
            "The new columns, each with its type and what it is made of; a bare name is carried over as it is.",
            "columns {\n    total: decimal(12, 2) = decimal(total_cents, 12, 2) / 100\n    channel\n  }",
        ),
        statement(
            StatementForm::Drop,
            Count::Any,
            "Names an old column that ends with the migration, why, and where more is said.",
            "drop legacy_flag because \"unused since 2019\"",
        ),
        IRREVERSIBLE,
        ALLOW,
    ],
    example: "dataset orders: legacy.orders -> lake.sales.orders {\n  key = order_id\n\n  columns {\n    order_id: int64 = order_no\n    channel\n  }\n  drop legacy_flag because \"unused since 2019\"\n}\n",
};

pub(super) static DATASETS: ItemSpec = ItemSpec {
    keyword: Keyword::Datasets,
    doc: "A family: one dataset for each entity that it selects and that no `dataset` names.",
    header: HeaderForm::MoveFamily,
    attributes: &[
        attribute(
            "select",
            ValueForm::Selection,
            Need::Required,
            "Which entities of the catalog are members; each is named `family.entity`.",
            "select = catalog where spec.type == \"dataset\"",
        ),
        attribute(
            "columns",
            ValueForm::Same,
            Need::Default("same"),
            "Every column is carried over as it is.",
            "columns = same",
        ),
        SECRET,
        CHUNK,
        attribute(
            "cut_over",
            ValueForm::Actions,
            Need::Optional,
            "What is done for each member when its copy has been validated.",
            "cut_over = annotate(\"acme.io/store\", \"lake\")",
        ),
        CLEANUP,
    ],
    statements: &[IRREVERSIBLE, ALLOW],
    example: "datasets archive: legacy.* -> lake.archive.* {\n  select  = catalog where spec.type == \"dataset\"\n  columns = same\n}\n",
};

const CUT_OVER: AttributeSpec = attribute(
    "cut_over",
    ValueForm::Actions,
    Need::Required,
    "How the consumer is switched to the new datasets, in order.",
    "cut_over = http(post: env.SWITCH_URL, undo: env.SWITCH_BACK_URL)",
);

pub(super) static CONSUMER: ItemSpec = ItemSpec {
    keyword: Keyword::Consumer,
    doc: "One entity of the catalog that reads migrated datasets and follows them.",
    header: HeaderForm::Entity,
    attributes: &[
        attribute(
            "reads",
            ValueForm::Datasets,
            Need::Optional,
            "The datasets it reads; without it those that the catalog relates it to.",
            "reads = [orders]",
        ),
        CUT_OVER,
    ],
    statements: &[IRREVERSIBLE, ALLOW],
    example: "consumer billing: @component:billing-api {\n  reads    = [orders]\n  cut_over = http(post: env.BILLING_SWITCH_URL)\n}\n",
};

pub(super) static CONSUMERS: ItemSpec = ItemSpec {
    keyword: Keyword::Consumers,
    doc: "A family: one consumer for each selected entity that reads a migrated dataset and that no `consumer` names.",
    header: HeaderForm::Select,
    attributes: &[CUT_OVER],
    statements: &[IRREVERSIBLE, ALLOW],
    example: "consumers others: catalog where kind == \"Component\" {\n  cut_over = notify\n}\n",
};

pub(super) static VALIDATION: ItemSpec = ItemSpec {
    keyword: Keyword::Validation,
    doc: "What must hold of the named datasets before a wave goes on; row count and checksum are always compared.",
    header: HeaderForm::On,
    attributes: &[],
    statements: &[
        statement(
            StatementForm::RowCount,
            Count::AtMostOne,
            "Both sides have equally many rows.",
            "row_count",
        ),
        statement(
            StatementForm::Checksum,
            Count::AtMostOne,
            "Every mapped column of every row has the value that the mapping gave when the row was copied; with `reread`, that it gives now.",
            "checksum reread",
        ),
        statement(
            StatementForm::Freshness,
            Count::Any,
            "The newest value of a new column is no further behind the old side's than this.",
            "freshness within 5m of placed_at",
        ),
        statement(
            StatementForm::Require,
            Count::Any,
            "A condition over aggregates of the new columns, and what to say when it does not hold.",
            "require count(total < 0) == 0 else \"an order has a negative total\"",
        ),
        ALLOW,
    ],
    example: "validation orders_match on orders {\n  row_count\n  require count(total < 0) == 0 else \"an order has a negative total\"\n}\n",
};

pub(super) static APPROVAL: ItemSpec = ItemSpec {
    keyword: Keyword::Approval,
    doc: "Who must agree before a wave cuts over.",
    header: HeaderForm::None,
    attributes: &[
        attribute(
            "from",
            ValueForm::Entities,
            Need::Required,
            "The groups and users; one member of each must approve.",
            "from = [@group:commerce, @group:finance]",
        ),
        attribute(
            "valid",
            ValueForm::Duration,
            Need::Default("24h"),
            "How long an approval holds.",
            "valid = 24h",
        ),
    ],
    statements: &[ALLOW],
    example: "approval money_path {\n  from  = [@group:commerce, @group:finance]\n  valid = 24h\n}\n",
};

pub(super) static METRIC: ItemSpec = ItemSpec {
    keyword: Keyword::Metric,
    doc: "A number that the source of metrics is asked for while a wave soaks, and its unit.",
    header: HeaderForm::Unit,
    attributes: &[
        attribute(
            "query",
            ValueForm::Query,
            Need::Required,
            "What the source is asked; the answer is one number in the metric's unit. `$consumer` asks for each consumer of the wave by itself.",
            "query = \"sum(rate(errors_total{app='$consumer'}[1m])) / sum(rate(requests_total{app='$consumer'}[1m]))\"",
        ),
        attribute(
            "attempts",
            ValueForm::Query,
            Need::Optional,
            "What the source is asked for the number of attempts behind the metric, which `and attempts >= 200` compares.",
            "attempts = \"sum(increase(requests_total{app='$consumer'}[$window]))\"",
        ),
    ],
    statements: &[ALLOW],
    example: "metric error_rate: share {\n  query    = \"sum(rate(errors_total[1m])) / sum(rate(requests_total[1m]))\"\n  attempts = \"sum(increase(requests_total[$window]))\"\n}\n",
};

pub(super) static ROLLBACK: ItemSpec = ItemSpec {
    keyword: Keyword::Rollback,
    doc: "When a wave is taken back while it soaks, and what happens then.",
    header: HeaderForm::None,
    attributes: &[attribute(
        "no_data",
        ValueForm::Word(&["pause", "proceed", "revert"]),
        Need::Required,
        "What missing data means: wait for a person, go on, or take the wave back.",
        "no_data = pause",
    )],
    statements: &[
        statement(
            StatementForm::When,
            Count::AtLeastOne,
            "A metric, its limit, for how long it must be beyond it, and the least number of attempts in that time.",
            "when error_rate > 1% for 5m and attempts >= 200",
        ),
        statement(
            StatementForm::Then,
            Count::One,
            "What is reverted, `wave` or `migration`, and whether the owners are notified.",
            "then revert wave, notify owners",
        ),
        ALLOW,
    ],
    example: "rollback cautious {\n  when error_rate > 1% for 5m and attempts >= 200\n  no_data = pause\n  then revert wave, notify owners\n}\n",
};

pub(super) static WAVE: ItemSpec = ItemSpec {
    keyword: Keyword::Wave,
    doc: "What moves together; waves follow one another.",
    header: HeaderForm::After,
    attributes: &[
        attribute(
            "move",
            ValueForm::Moved,
            Need::Required,
            "What moves: datasets, consumers and families by name, or all `datasets` and `consumers`, each with an optional `where`.",
            "move = datasets, consumers where criticality == low",
        ),
        attribute(
            "batch",
            ValueForm::Count,
            Need::Optional,
            "How many consumers are switched at once; all without it.",
            "batch = 25",
        ),
        attribute(
            "validation",
            ValueForm::Items(Keyword::Validation),
            Need::Optional,
            "What must hold before the wave cuts over.",
            "validation = [orders_match]",
        ),
        attribute(
            "approval",
            ValueForm::Item(Keyword::Approval),
            Need::Optional,
            "Who must agree before the wave cuts over.",
            "approval = money_path",
        ),
        attribute(
            "rollback",
            ValueForm::Item(Keyword::Rollback),
            Need::Optional,
            "When the wave is taken back; without it only when one of its steps fails.",
            "rollback = cautious",
        ),
        attribute(
            "soak",
            ValueForm::Duration,
            Need::Default("0s"),
            "How long the wave is watched behind its last cut-over.",
            "soak = 2h",
        ),
    ],
    statements: &[ALLOW],
    example: "wave core after pilot {\n  move  = consumers where criticality > low\n  batch = 25\n  soak  = 24h\n}\n",
};
