//! Worlds and sources for tests, each in a few lines of text, and diagnostics as text.
//!
//! A catalog has a line for each entity: `component:billing owner group:commerce reads resource:orders tier low`.
//! Schemas have a line for each table: `legacy.orders: id int64 key, email text?, shape !geometry, at date default`,
//! and a line `lake:` for a store without tables.

use std::collections::BTreeMap;

use mig_lang::{Diagnostic, FileId, Fix, Severity, Sources, Span, ast};
use mig_plan::catalog::{Entity, Relation};
use mig_plan::schema::{SchemaColumn, StoreSchema};
use mig_plan::{Catalog, Digest, EntityRef, Plan, Schemas, SourceFile, TableSchema};
use serde_json::{Map, Value, json};

use crate::World;

/// A catalog of these lines, relations derived in both directions.
pub(crate) fn catalog(lines: &str) -> Catalog {
    let mut catalog = Catalog::default();
    let mut relations: Vec<(EntityRef, &str, EntityRef)> = Vec::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        let name: EntityRef = words.next().unwrap().parse().unwrap();
        let mut metadata = json!({"name": name.name, "namespace": name.namespace});
        let mut spec = json!({});
        while let Some(word) = words.next() {
            let value = words.next().unwrap_or_else(|| panic!("`{word}` has no value in `{line}`"));
            let mut relate = |here: &'static str, there: &'static str| {
                for target in value.split(',').map(|target| target.parse::<EntityRef>().unwrap()) {
                    relations.push((name.clone(), here, target.clone()));
                    relations.push((target, there, name.clone()));
                }
            };
            match word {
                "owner" => relate("ownedBy", "ownerOf"),
                "reads" => relate("dependsOn", "dependencyOf"),
                "members" => relate("hasMember", "memberOf"),
                "parts" => relate("parentOf", "childOf"),
                "type" => spec["type"] = json!(value),
                "tags" => metadata["tags"] = json!(value.split(',').collect::<Vec<_>>()),
                "tier" => metadata["annotations"]["acme.io/tier"] = json!(value),
                "table" => metadata["annotations"]["mig.dev/table"] = json!(value),
                other => panic!("`{other}` in `{line}`"),
            }
        }
        let kind = match name.kind.as_str() {
            "api" => "API".to_owned(),
            kind => kind[..1].to_uppercase() + &kind[1..],
        };
        let map = |value: Value| -> Map<String, Value> { value.as_object().cloned().unwrap() };
        let entity =
            Entity { kind, metadata: map(metadata), spec: map(spec), relations: Vec::new(), origin: None };
        assert!(catalog.entities.insert(name, entity).is_none(), "twice: {line}");
    }
    for (source, kind, target) in relations {
        if let Some(entity) = catalog.entities.get_mut(&source) {
            entity.relations.push(Relation { kind: kind.to_owned(), target });
        }
    }
    catalog.entities.values_mut().for_each(|entity| entity.relations.sort());
    catalog
}

/// Schemas of these lines.
pub(crate) fn schemas(lines: &str) -> Schemas {
    let mut schemas = Schemas::default();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (place, columns) = line.split_once(':').unwrap();
        let (place, is_view) = match place.strip_suffix(" view") {
            Some(place) => (place, true),
            None => (place, false),
        };
        let mut parts = place.split('.').map(str::to_owned);
        let store = schemas.stores.entry(parts.next().unwrap()).or_insert_with(StoreSchema::default);
        let path: Vec<String> = parts.collect();
        if path.is_empty() {
            continue;
        }
        let mut table = TableSchema { is_view, ..TableSchema::default() };
        for column in columns.split(',').map(str::trim).filter(|column| !column.is_empty()) {
            // A type may have a comma in it: `decimal(12;2)`.
            let mut words = column.split_whitespace();
            let name = words.next().unwrap().to_owned();
            let native = words.next().unwrap().replace(';', ", ");
            let ty = match native.strip_prefix('!') {
                Some(_) => None,
                None => Some(native.parse().unwrap_or_else(|error| panic!("{column}: {error}"))),
            };
            let mut has_default = false;
            for word in words {
                match word {
                    "key" => table.primary_key.push(name.clone()),
                    "unique" => table.unique_keys.push(vec![name.clone()]),
                    "default" => has_default = true,
                    other => panic!("`{other}` in `{line}`"),
                }
            }
            let native = native.trim_start_matches('!').to_owned();
            table.columns.push(SchemaColumn { name, native, ty, has_default });
        }
        store.tables.insert(path, table);
    }
    schemas
}

/// Sources and the world they are compiled against.
pub(crate) struct Fixture {
    pub(crate) sources: Sources,
    pub(crate) catalog: Catalog,
    pub(crate) schemas: Schemas,
}

impl Fixture {
    /// One file in the world of a small shop.
    pub(crate) fn shop(source: &str) -> Self {
        Self::new(source, SHOP_CATALOG, SHOP_SCHEMAS)
    }

    /// One file in a world of its own.
    pub(crate) fn new(source: &str, catalog_lines: &str, schema_lines: &str) -> Self {
        let mut sources = Sources::new();
        sources.add("main.mig", source);
        Self { sources, catalog: catalog(catalog_lines), schemas: schemas(schema_lines) }
    }

    pub(crate) fn world(&self) -> World<'_> {
        World { catalog: &self.catalog, schemas: &self.schemas }
    }

    /// The trees, which the parser has nothing to say about.
    pub(crate) fn trees(&self) -> Vec<ast::File> {
        self.sources
            .iter()
            .map(|(id, source)| {
                let (tree, said) = mig_lang::parse(id, &source.text);
                assert!(said.is_empty(), "{}\n{}", source.text, self.shown(&said));
                tree
            })
            .collect()
    }

    pub(crate) fn compile(&self) -> (Option<Plan>, Vec<Diagnostic>) {
        let digests = self.sources.iter().map(|(_, source)| SourceFile {
            path: source.path.clone(),
            digest: Digest::of(source.text.as_bytes()),
        });
        crate::compile(&self.trees(), &self.world(), digests.collect())
    }

    /// What the compiler says, as text.
    pub(crate) fn said(&self) -> String {
        let (plan, said) = self.compile();
        let errors = said.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        assert!(plan.is_none() || !errors, "a plan in spite of errors");
        assert!(plan.is_some() || errors, "no plan, and nobody says why");
        self.shown(&said)
    }

    /// The plan, of sources without an error.
    pub(crate) fn plan(&self) -> Plan {
        let (plan, said) = self.compile();
        plan.unwrap_or_else(|| panic!("{}", self.shown(&said)))
    }

    fn at(&self, span: Span) -> String {
        let start = self.sources.start(span);
        let file =
            if span.file == FileId(0) { String::new() } else { format!("{}:", self.sources.path(span.file)) };
        let text = self.sources.slice(span).lines().next().unwrap_or_default();
        format!("{file}{}:{} {text}", start.line, start.column)
    }

    /// Diagnostics as text: what is said, the places with what stands there, help and fixes. Every code
    /// has its page.
    pub(crate) fn shown(&self, diagnostics: &[Diagnostic]) -> String {
        let mut out = String::new();
        for diagnostic in diagnostics {
            assert!(crate::codes::page(diagnostic.code).is_some(), "`{}` has no page", diagnostic.code);
            let severity = match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            out.push_str(&format!("{severity}[{}]: {}\n", diagnostic.code, diagnostic.message));
            for label in &diagnostic.labels {
                let text = if label.text.is_empty() { String::new() } else { format!("  <- {}", label.text) };
                out.push_str(&format!("  {}{text}\n", self.at(label.span)));
            }
            if let Some(help) = &diagnostic.help {
                out.push_str(&format!("  help: {help}\n"));
            }
            for fix in &diagnostic.fixes {
                out.push_str(&format!("  fix: {}\n", fix.title));
            }
        }
        out
    }

    /// The first file's text with a fix applied.
    pub(crate) fn fixed(&self, fix: &Fix) -> String {
        let mut text = self.sources.text(FileId(0)).to_owned();
        let mut edits: Vec<_> = fix.edits.iter().collect();
        edits.sort_by_key(|edit| edit.span);
        for edit in edits.iter().rev() {
            text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
        }
        text
    }
}

/// What the compiler says of a file in the shop's world, to which [`framed`] has added what it lacks.
pub(crate) fn said(source: &str) -> String {
    Fixture::shop(&framed(source)).said()
}

/// The source, with items behind it that it does not have and cannot do without.
pub(crate) fn framed(source: &str) -> String {
    let starts = |word: &str| source.lines().any(|line| line.starts_with(word));
    let mut framed = source.trim_matches('\n').to_owned();
    framed.push_str("\n\n");
    let frame: BTreeMap<&str, &str> = BTreeMap::from([
        (
            "migration ",
            "migration shop {\n  owner   = @group:platform\n  catalog = files(\"catalog/*.yaml\")\n}\n",
        ),
        ("store legacy", "store legacy: sqlite { url = \"legacy.db\" }\n"),
        ("store lake", "store lake: postgres { url = env.LAKE_URL }\n"),
        ("wave ", "wave everything {\n  move = datasets, consumers\n}\n"),
    ]);
    for (word, item) in frame {
        if !starts(word) {
            framed.push_str(item);
        }
    }
    if !starts("dataset") {
        framed.push_str("dataset customers: legacy.customers -> lake.sales.customers {\n  entity  = @resource:customers\n  columns = same\n}\n");
    }
    framed
}

/// The catalog of a small shop. Nobody reads `customers`, `places`,
/// `day-totals` and `old-orders`.
pub(crate) const SHOP_CATALOG: &str = "
    group:platform members user:ann
    group:commerce members user:bob,user:cem
    group:finance parts group:treasury
    group:treasury members user:dee
    group:empty
    user:ann
    user:bob
    user:cem
    user:dee
    resource:orders-v1 owner group:commerce type dataset tags shop,sales
    resource:orders-v2 owner group:commerce type dataset tags shop
    resource:customers owner group:commerce type dataset tags shop
    resource:places owner group:commerce type dataset
    resource:day-totals owner group:finance type dataset
    resource:old-orders owner group:commerce type dataset
    resource:totals owner group:finance type dataset reads resource:orders-v1
    resource:lost type dataset
    resource:events owner group:commerce type stream tags shop
    resource:clicks owner group:commerce type stream reads resource:gone
    system:shop owner group:commerce
    component:billing-api owner group:commerce reads resource:orders-v1 tier low
    component:reports owner group:finance reads resource:orders-v1,resource:totals tier high
    component:website owner group:commerce tier medium
    component:orphan reads resource:events tier low
";

/// The schemas of a small shop.
pub(crate) const SHOP_SCHEMAS: &str = "
    legacy.orders: order_no int64 key, cust_id int64, total_cents int64, state text?, placed datetime, email text?, channel text, legacy_flag int64?, discount int64?
    legacy.customers: id int64 key, name text, email text? unique, city text?
    legacy.places: id int64 key, shape !geometry, name text
    legacy.totals: day date key, total decimal(12;2)
    legacy.events: at timestamp, kind text, tags list(text)
    legacy.ping: id int64 key
    legacy.pong: id int64 key
    legacy.old_customers view: id int64, name text
    lake.sales.invoices: id int64 key, total decimal(12;2), made timestamp default, paid bool, note text?
    lake.public.a_table: id int64 key
";
