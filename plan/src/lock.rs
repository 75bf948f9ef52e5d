//! Snapshots of catalog and schemas as files that people review: sorted, one entity or column a line, no secret, no clock.
//!
//! A snapshot proves its own digest, so that one that was cut off, merged or edited by hand is refused and not believed.
//! Texts in, values out; whoever has a folder reads and writes the files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalog::Entities;
use crate::schema::StoreSchema;
use crate::{
    CanonicalError, Catalog, ColumnStatistics, Dialect, Digest, Rows, Schemas, Setting, StoreConfig,
    StoreKind, TableRef, canonical_json, digest_json,
};

/// What of a store a snapshot has: one table, there or not, or all that stand directly below a prefix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// The table of this path.
    Table(Vec<String>),
    /// Every table whose path is this one and a name.
    TablesOf(Vec<String>),
}

impl Asked {
    /// Whether a table is among them.
    pub fn covers(&self, path: &[String]) -> bool {
        match self {
            Self::Table(table) => table == path,
            Self::TablesOf(prefix) => path.split_last().is_some_and(|(_, before)| before == prefix),
        }
    }
}

/// What a snapshot has of one store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreLock {
    /// The kind of the store.
    pub kind: StoreKind,
    /// Where it is, as the source says: `env.NAME`, or a text without user, password and query.
    pub location: String,
    /// How its files were read, by the names of settings, where the source says so and not what is taken when nothing is said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dialect: BTreeMap<String, String>,
    /// What the snapshot has of it. A table that is among these and not in `schema` was not there.
    pub asked: BTreeSet<Asked>,
    /// About how many rows tables had, for people: nothing is proved from it, and a table that grows is the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<Rows>,
    /// What columns of these tables held, where that was told; for people, as their rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statistics: Vec<ColumnStatistics>,
    /// The tables.
    #[serde(flatten)]
    pub schema: StoreSchema,
}

impl StoreLock {
    /// A snapshot of a store: of the tables it was asked for, and of no other.
    pub fn new(config: &StoreConfig, asked: BTreeSet<Asked>, mut schema: StoreSchema) -> Self {
        schema.tables.retain(|path, _| asked.iter().any(|asked| asked.covers(path)));
        let location = without_credentials(&config.location);
        let dialect = dialect(config);
        Self { kind: config.kind, location, dialect, asked, rows: Vec::new(), statistics: Vec::new(), schema }
    }

    /// The same with the rows of those of its tables that could be counted.
    pub fn with_rows(mut self, rows: impl IntoIterator<Item = Rows>) -> Self {
        self.rows = rows.into_iter().filter(|rows| self.schema.tables.contains_key(&rows.path)).collect();
        self.rows.sort_by(|one, other| one.path.cmp(&other.path));
        self
    }

    /// The same with what columns of its tables held.
    pub fn with_statistics(mut self, statistics: impl IntoIterator<Item = ColumnStatistics>) -> Self {
        let is_there = |one: &ColumnStatistics| {
            self.schema.tables.get(&one.path).is_some_and(|table| table.column(&one.column).is_some())
        };
        self.statistics = statistics.into_iter().filter(is_there).collect();
        self.statistics.sort_by(|one, other| (&one.path, &one.column).cmp(&(&other.path, &other.column)));
        self
    }

    /// Whether it is of the store that is configured so, read as its files would be.
    pub fn is_of(&self, config: &StoreConfig) -> bool {
        self.is_at(config) && self.dialect == dialect(config)
    }

    /// Whether it is of a store of that kind in that place, however its files were read.
    pub fn is_at(&self, config: &StoreConfig) -> bool {
        self.kind == config.kind && self.location == without_credentials(&config.location)
    }

    /// How its files were read otherwise than they would be, a clause for each setting.
    pub fn other_dialect(&self, config: &StoreConfig) -> Vec<String> {
        let now = dialect(config);
        let word = |of: &BTreeMap<String, String>, name: &str, usual: &str| {
            format!("{:?}", of.get(name).map_or(usual, String::as_str))
        };
        let differs = |(name, _): &&(&str, &str)| self.dialect.get(*name) != now.get(*name);
        let told = |(name, usual): &(&str, &str)| {
            let (before, now) = (word(&self.dialect, name, usual), word(&now, name, usual));
            format!("`{name}` was {before} and is {now}")
        };
        Dialect::READING.iter().filter(differs).map(told).collect()
    }

    /// Whether it says something of all these tables, be it that one was not there.
    pub fn knows(&self, asked: &Asked) -> bool {
        match asked {
            Asked::Table(path) => {
                let of = |(_, before): (_, &[String])| self.asked.contains(&Asked::TablesOf(before.to_vec()));
                self.asked.contains(asked) || path.split_last().is_some_and(of)
            }
            Asked::TablesOf(_) => self.asked.contains(asked),
        }
    }
}

/// The tables of a migration as they were when somebody looked: `schemas.lock.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemasLock {
    /// What is known of each store, by its name in the source.
    pub stores: BTreeMap<String, StoreLock>,
}

/// A catalog as it was when somebody looked: `catalog.lock.json`.
#[derive(Clone, Debug, PartialEq)]
pub struct CatalogLock {
    /// Where it came from, as the source says, without user, password, query and token.
    pub source: String,
    /// The entities, without their origins.
    pub catalog: Catalog,
}

/// Why a text is not a snapshot to be trusted.
#[derive(Debug)]
pub enum LockError {
    /// It is not JSON of this shape: cut off, merged with conflicts, another file.
    Malformed(serde_json::Error),
    /// Its version is not known here.
    Version(u64),
    /// Its content does not have the digest that it claims: it was changed by hand.
    Digest {
        /// What the file says.
        claimed: Digest,
        /// What its content really has.
        actual: Digest,
    },
    /// It cannot be encoded.
    Encoding(CanonicalError),
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "not a snapshot: {error}"),
            Self::Version(version) => write!(f, "a snapshot of version {version}"),
            Self::Digest { claimed, actual } => {
                write!(f, "the snapshot claims the digest {claimed} and has {actual}")
            }
            Self::Encoding(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl std::error::Error for LockError {}

impl SchemasLock {
    /// The version of the file form that this build writes.
    pub const VERSION: u32 = 1;

    /// What the compiler is given: the stores that the snapshot has.
    pub fn schemas(&self) -> Schemas {
        let stores = self.stores.iter().map(|(name, store)| (name.clone(), store.schema.clone()));
        Schemas { stores: stores.collect(), ..Schemas::default() }
    }

    /// About how many rows tables had, where that was told.
    pub fn rows(&self) -> BTreeMap<TableRef, u64> {
        let of = |(name, lock): (&String, &StoreLock)| {
            let table = |rows: &Rows| (TableRef { store: name.clone(), path: rows.path.clone() }, rows.about);
            lock.rows.iter().map(table).collect::<Vec<_>>()
        };
        self.stores.iter().flat_map(of).collect()
    }

    /// What columns held, by their tables and names, where that was told.
    pub fn statistics(&self) -> BTreeMap<(TableRef, String), ColumnStatistics> {
        let of = |(name, lock): (&String, &StoreLock)| {
            let column = |one: &ColumnStatistics| {
                let table = TableRef { store: name.clone(), path: one.path.clone() };
                ((table, one.column.clone()), one.clone())
            };
            lock.statistics.iter().map(column).collect::<Vec<_>>()
        };
        self.stores.iter().flat_map(of).collect()
    }

    /// Whether it says something of a table, be it that it was not there.
    pub fn knows(&self, table: &TableRef) -> bool {
        self.stores.get(&table.store).is_some_and(|store| store.knows(&Asked::Table(table.path.clone())))
    }

    /// The digest of all that it says.
    ///
    /// # Errors
    /// Never for schemas that a store gave.
    pub fn digest(&self) -> Result<Digest, LockError> {
        digest_json(&self.stores).map_err(LockError::Encoding)
    }

    /// The file's text: the same bytes for the same schemas.
    ///
    /// # Errors
    /// Never for schemas that a store gave.
    pub fn to_text(&self) -> Result<String, LockError> {
        let stores = plain(&self.stores)?;
        let head = [("version", Value::from(Self::VERSION)), ("digest", plain(&self.digest()?)?)];
        Ok(text(&head, ("stores", &stores), |_, value| is_flat(value)))
    }

    /// Reads a file's text and proves that its content has the digest that it claims.
    ///
    /// # Errors
    /// When it is no snapshot of schemas, of another version, or changed by hand.
    pub fn from_text(text: &str) -> Result<Self, LockError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            #[serde(rename = "version")]
            _version: u32,
            digest: Digest,
            stores: Value,
        }
        let file: File = parsed(text, Self::VERSION)?;
        proved(file.digest, digest_json(&file.stores).map_err(LockError::Encoding)?)?;
        Ok(Self { stores: serde_json::from_value(file.stores).map_err(LockError::Malformed)? })
    }
}

impl CatalogLock {
    /// The version of the file form that this build writes.
    pub const VERSION: u32 = 1;

    /// A snapshot of the catalog of a Backstage.
    pub fn new(url: &Setting, catalog: Catalog) -> Self {
        let mut entities = catalog.into_entities();
        entities.values_mut().for_each(|entity| entity.origin = None);
        Self { source: Self::source_of(url), catalog: Catalog::new(entities) }
    }

    /// How a snapshot names the Backstage that it is of.
    pub fn source_of(url: &Setting) -> String {
        format!("backstage {}", without_credentials(url))
    }

    /// The digest of the catalog: what a plan carries that was made from it.
    ///
    /// # Errors
    /// Never for a catalog that a reader built.
    pub fn digest(&self) -> Result<Digest, LockError> {
        self.catalog.digest().map_err(LockError::Encoding)
    }

    /// The file's text, an entity a line: the same bytes for the same catalog.
    ///
    /// # Errors
    /// Never for a catalog that a reader built.
    pub fn to_text(&self) -> Result<String, LockError> {
        let entities = plain(&self.catalog.iter().collect::<BTreeMap<_, _>>())?;
        let head = [
            ("version", Value::from(Self::VERSION)),
            ("source", Value::from(self.source.as_str())),
            ("digest", plain(&self.digest()?)?),
        ];
        Ok(text(&head, ("entities", &entities), |depth, _| depth > 0))
    }

    /// Reads a file's text and proves that its content has the digest that it claims.
    ///
    /// # Errors
    /// When it is no snapshot of a catalog, of another version, or changed by hand.
    pub fn from_text(text: &str) -> Result<Self, LockError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            #[serde(rename = "version")]
            _version: u32,
            source: String,
            digest: Digest,
            entities: Entities,
        }
        let file: File = parsed(text, Self::VERSION)?;
        let lock = Self { source: file.source, catalog: Catalog::new(file.entities.0) };
        proved(file.digest, lock.digest()?)?;
        Ok(lock)
    }
}

/// The settings that say how a store's files are read, without those that say what is taken when nothing is said.
fn dialect(config: &StoreConfig) -> BTreeMap<String, String> {
    let given = Dialect::READING.iter().filter_map(|(name, usual)| {
        let value = match config.options.get(*name)? {
            Setting::Text(text) => text.clone(),
            setting @ Setting::Env(_) => setting.to_string(),
        };
        (value != *usual).then(|| ((*name).to_owned(), value))
    });
    given.collect()
}

/// A setting without what only its owner may know, though the source may not have that either.
fn without_credentials(setting: &Setting) -> String {
    let Setting::Text(text) = setting else { return setting.to_string() };
    let Some((scheme, rest)) = text.split_once("://") else { return text.clone() };
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

/// A file of this version; another version is told before anything else that is unknown.
fn parsed<T: serde::de::DeserializeOwned>(text: &str, version: u32) -> Result<T, LockError> {
    #[derive(Deserialize)]
    struct Head {
        version: Option<Value>,
    }
    // The whole text is not made a value for it: a large catalog would be in memory twice.
    let head: Head = serde_json::from_str(text).map_err(LockError::Malformed)?;
    match head.version.as_ref().and_then(Value::as_u64) {
        Some(other) if other != u64::from(version) => Err(LockError::Version(other)),
        Some(_) | None => serde_json::from_str(text).map_err(LockError::Malformed),
    }
}

fn proved(claimed: Digest, actual: Digest) -> Result<(), LockError> {
    if claimed == actual { Ok(()) } else { Err(LockError::Digest { claimed, actual }) }
}

/// A value with sorted keys.
fn plain<T: Serialize + ?Sized>(value: &T) -> Result<Value, LockError> {
    let canonical = canonical_json(value).map_err(LockError::Encoding)?;
    serde_json::from_str(&canonical).map_err(LockError::Malformed)
}

/// Whether a value holds nothing that is worth a line of its own.
fn is_flat(value: &Value) -> bool {
    let scalar = |value: &Value| !value.is_object() && !value.is_array();
    let row = |value: &Value| value.as_array().is_some_and(|items| items.iter().all(scalar));
    match value {
        Value::Object(map) => map.values().all(|value| scalar(value) || row(value)),
        Value::Array(items) => items.iter().all(scalar),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// A file's text: some short fields, and the body. `on_one_line` says of a value at a depth of the body whether it has
/// a line to itself.
fn text(head: &[(&str, Value)], body: (&str, &Value), on_one_line: fn(usize, &Value) -> bool) -> String {
    let mut out = String::from("{\n");
    for (name, value) in head {
        out.push_str(&format!("  \"{name}\": {value},\n"));
    }
    out.push_str(&format!("  \"{}\": ", body.0));
    write(body.1, 0, on_one_line, &mut out);
    out.push_str("\n}\n");
    out
}

fn write(value: &Value, depth: usize, on_one_line: fn(usize, &Value) -> bool, out: &mut String) {
    let mut lines: Vec<(Option<&str>, &Value)> = Vec::new();
    let brackets = match value {
        Value::Object(map) => {
            lines.extend(map.iter().map(|(name, value)| (Some(name.as_str()), value)));
            ['{', '}']
        }
        Value::Array(items) => {
            lines.extend(items.iter().map(|value| (None, value)));
            ['[', ']']
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => ['"', '"'],
    };
    if lines.is_empty() || on_one_line(depth, value) {
        out.push_str(&value.to_string());
        return;
    }
    out.push(brackets[0]);
    let last = lines.len() - 1;
    for (place, (name, value)) in lines.into_iter().enumerate() {
        out.push('\n');
        out.push_str(&"  ".repeat(depth + 2));
        if let Some(name) = name {
            out.push_str(&format!("{}: ", Value::from(name)));
        }
        write(value, depth + 1, on_one_line, out);
        if place < last {
            out.push(',');
        }
    }
    out.push('\n');
    out.push_str(&"  ".repeat(depth + 1));
    out.push(brackets[1]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Entity;
    use crate::schema::SchemaColumn;
    use crate::{EntityRef, TableSchema};

    fn path(parts: &[&str]) -> Vec<String> {
        parts.iter().map(|part| (*part).to_owned()).collect()
    }

    fn schemas() -> SchemasLock {
        let column = |name: &str, native: &str, ty: &str| SchemaColumn {
            name: name.to_owned(),
            native: native.to_owned(),
            ty: Some(ty.parse().unwrap()),
            has_default: false,
        };
        let orders = TableSchema {
            columns: vec![column("no", "INTEGER", "int64"), column("state", "TEXT", "text?")],
            primary_key: path(&["no"]),
            ..TableSchema::default()
        };
        let secret = TableSchema::default();
        let schema = StoreSchema { tables: [(path(&["orders"]), orders), (path(&["other"]), secret)].into() };
        let config = StoreConfig {
            kind: StoreKind::Postgres,
            location: Setting::Text("postgres://ann:hunter2@db.acme.dev:5432/shop?password=x".to_owned()),
            connections: 4,
            limit: crate::Limit::default(),
            options: BTreeMap::new(),
        };
        let asked = BTreeSet::from([
            Asked::Table(path(&["orders"])),
            Asked::Table(path(&["gone"])),
            Asked::TablesOf(path(&["archive"])),
        ]);
        SchemasLock { stores: [("legacy".to_owned(), StoreLock::new(&config, asked, schema))].into() }
    }

    #[test]
    fn files_that_would_be_read_in_another_way_are_of_another_snapshot() {
        let config = |options: &[(&str, &str)]| StoreConfig {
            kind: StoreKind::Csv,
            location: Setting::Text("export".to_owned()),
            connections: 4,
            limit: crate::Limit::default(),
            options: options
                .iter()
                .map(|(name, value)| ((*name).to_owned(), Setting::Text((*value).to_owned())))
                .collect(),
        };
        let before = config(&[("delimiter", ";"), ("line_end", "crlf"), ("compression", "gzip")]);
        let lock = StoreLock::new(&before, BTreeSet::new(), StoreSchema::default());
        assert!(lock.is_of(&before));
        // How files are written says nothing of how they are read, and to say what is usual says nothing.
        assert!(lock.is_of(&config(&[("delimiter", ";"), ("header", "yes"), ("bom", "yes")])));
        let now = config(&[("encoding", "latin_1")]);
        assert!(lock.is_at(&now) && !lock.is_of(&now));
        assert_eq!(
            lock.other_dialect(&now),
            [r#"`delimiter` was ";" and is ",""#, r#"`encoding` was "utf_8" and is "latin_1""#]
        );
        // A snapshot from before says nothing of it, which is what most stores say.
        let written = serde_json::to_value(&lock).unwrap();
        assert_eq!(serde_json::from_value::<StoreLock>(written.clone()).unwrap(), lock);
        let mut older = written;
        older.as_object_mut().unwrap().remove("dialect");
        let older: StoreLock = serde_json::from_value(older).unwrap();
        assert!(older.is_of(&config(&[])) && !older.is_of(&before));
    }

    fn catalog() -> CatalogLock {
        let mut entities = BTreeMap::new();
        for name in ["b", "a"] {
            let metadata =
                serde_json::json!({"name": name, "namespace": "default", "labels": {"z": 1, "a": [1, 2]}});
            let entity = Entity {
                kind: "Resource".into(),
                metadata: metadata.as_object().cloned().unwrap().into(),
                spec: crate::json::Object::default(),
                relations: Vec::new(),
                origin: Some(crate::catalog::Origin { file: "x".to_owned(), line: 1 }),
            };
            entities.insert(EntityRef::new("resource", "default", name), entity);
        }
        let url = Setting::Text("https://user:xyzzy@backstage.acme.dev/?token=x".to_owned());
        CatalogLock::new(&url, Catalog::new(entities))
    }

    #[test]
    fn schemas_have_a_line_for_each_column() {
        let text = schemas().to_text().unwrap();
        insta::assert_snapshot!(text);
        assert_eq!(SchemasLock::from_text(&text).unwrap(), schemas());
        assert_eq!(SchemasLock::from_text(&text.replace('\n', "\r\n")).unwrap(), schemas());
    }

    #[test]
    fn a_snapshot_with_rows_is_read_like_one_without() {
        let mut lock = schemas();
        let legacy = lock.stores.get_mut("legacy").unwrap();
        let rows = [Rows::new(path(&["orders"]), 1_234_567), Rows::new(path(&["other"]), 5)];
        let statistics = ["no", "gone"].map(|column| {
            ColumnStatistics::new(&path(&["orders"]), column.to_owned(), 0.05, Some(1_234_567))
        });
        *legacy = legacy.clone().with_rows(rows).with_statistics(statistics);
        let text = lock.to_text().unwrap();
        assert!(
            text.contains("\"rows\": [\n        {\"about\":1200000,\"path\":[\"orders\"]}\n      ]"),
            "{text}"
        );
        let line = r#"{"column":"no","distinct":1200000,"null_percent":5,"path":["orders"]}"#;
        assert!(text.contains(&format!("\"statistics\": [\n        {line}\n      ]")), "{text}");
        assert_eq!(SchemasLock::from_text(&text).unwrap(), lock);
        let orders = TableRef { store: "legacy".to_owned(), path: path(&["orders"]) };
        assert_eq!(lock.rows(), BTreeMap::from([(orders.clone(), 1_200_000)]));
        let known = lock.statistics();
        assert_eq!(known.keys().collect::<Vec<_>>(), [&(orders, "no".to_owned())]);
        assert_eq!(lock.schemas(), schemas().schemas());
    }

    #[test]
    fn a_catalog_has_a_line_for_each_entity() {
        let text = catalog().to_text().unwrap();
        insta::assert_snapshot!(text);
        assert_eq!(CatalogLock::from_text(&text).unwrap(), catalog());
        assert!(
            text.contains(&catalog().catalog.digest().unwrap().to_string()),
            "the digest that a plan carries"
        );
    }

    #[test]
    fn a_snapshot_knows_what_it_was_asked_for() {
        let lock = schemas();
        let store = &lock.stores["legacy"];
        assert!(store.knows(&Asked::Table(path(&["orders"]))));
        assert!(store.knows(&Asked::Table(path(&["gone"]))));
        assert!(store.knows(&Asked::Table(path(&["archive", "x"]))));
        assert!(!store.knows(&Asked::Table(path(&["other"]))) && !store.knows(&Asked::TablesOf(path(&[]))));
        assert!(!lock.knows(&TableRef { store: "lake".to_owned(), path: path(&["orders"]) }));
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        let text = schemas().to_text().unwrap();
        for cut in (0..text.len() - 2).step_by(7) {
            assert!(matches!(SchemasLock::from_text(&text[..cut]), Err(LockError::Malformed(_))), "{cut}");
        }
        let edited = text.replace("\"INTEGER\"", "\"BIGINT\"");
        assert!(matches!(SchemasLock::from_text(&edited), Err(LockError::Digest { .. })));
        let newer = text.replace("\"version\": 1", "\"version\": 2").replace("\"stores\"", "\"places\"");
        assert!(matches!(SchemasLock::from_text(&newer), Err(LockError::Version(2))));
        assert!(matches!(
            SchemasLock::from_text(&catalog().to_text().unwrap()),
            Err(LockError::Malformed(_))
        ));
        let edited = catalog().to_text().unwrap().replace("\"name\":\"a\"", "\"name\":\"c\"");
        assert!(matches!(CatalogLock::from_text(&edited), Err(LockError::Digest { .. })));
    }

    /// Files that a released mig wrote: every later one reads them, or says of which version they are.
    #[test]
    fn kept_samples_still_load() {
        let schemas = SchemasLock::from_text(include_str!("../samples/schemas-1.lock.json")).unwrap();
        assert_eq!(schemas, super::tests::schemas());
        let catalog = CatalogLock::from_text(include_str!("../samples/catalog-1.lock.json")).unwrap();
        assert_eq!(catalog, super::tests::catalog());
    }
}
