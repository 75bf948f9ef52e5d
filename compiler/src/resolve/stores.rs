//! Resolves stores, and the places in them that datasets and views name.

use std::collections::BTreeMap;

use mig_lang::ast::{Attribute, Expr, ExprKind, Header, Item, Keyword, Literal, Name, Place as Written};
use mig_lang::{Diagnostic, Span, nearest};
use mig_plan::{
    Dialect, Limit, ObjectStorage, ObjectUrl, PARTITION_BY, Packing, SECRET_SETTINGS, Setting, StoreConfig,
    StoreKind, TableRef,
};

use super::body::Body;
use super::{Resolver, end_of, title};
use crate::hir::{Place, Store, Tables};
use crate::shape;

/// Connections to a store when the source does not say.
const CONNECTIONS: u32 = 4;
/// More than any server is set up for.
const MOST_CONNECTIONS: u32 = 10_000;

impl Resolver {
    pub(super) fn store(&mut self, item: &Item) -> Store {
        let kind = match &item.header {
            Header::Kind(name) => self.store_kind(name),
            Header::None
            | Header::Move { .. }
            | Header::Entity(_)
            | Header::Select(_)
            | Header::On(_)
            | Header::After(_)
            | Header::Broken(_) => None,
        };
        let body = self.body_of_kind(item, kind);
        let variable = format!(
            "{}_URL",
            item.name.text.to_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_")
        );
        let location = ["url", "path"]
            .into_iter()
            .find_map(|name| body.attribute(name))
            .and_then(|attribute| self.single(attribute))
            .and_then(|value| self.setting(value, &variable));
        let connections = match body.attribute("connections") {
            None => Some(CONNECTIONS),
            Some(attribute) => self
                .single(attribute)
                .and_then(|value| Some((value.span, self.count(value, "8")?)))
                .and_then(|(span, count)| self.connections(span, count)),
        };
        let limit = match body.attribute("limit") {
            None => Some(Limit::default()),
            Some(attribute) => self.rates(attribute),
        };
        let bucket = self.bucket_settings(&body, location.as_ref());
        let files = self.file_settings(&body, kind);
        let options = bucket.zip(files).map(|(bucket, files)| {
            let files = files.into_iter().map(|(name, text)| (name, Setting::Text(text)));
            bucket.into_iter().chain(files).collect()
        });
        let config = match (kind, location, connections, limit, options) {
            (Some(kind), Some(location), Some(connections), Some(limit), Some(options)) => {
                Some(StoreConfig { kind, location, connections, limit, options })
            }
            _ => None,
        };
        self.stores.insert(item.name.text.clone(), kind);
        Store { title: title(item), kind, config }
    }

    /// A number of connections that a store may have.
    fn connections(&mut self, span: Span, count: u64) -> Option<u32> {
        let connections = u32::try_from(count).ok().filter(|count| *count <= MOST_CONNECTIONS);
        if connections.is_none() {
            let message = format!("at most {MOST_CONNECTIONS} connections are opened");
            self.out.push(Diagnostic::error("wrong-value", span, message).help("As in `connections = 8`."));
        }
        connections
    }

    /// Rows and bytes a second.
    fn rates(&mut self, attribute: &Attribute) -> Option<Limit> {
        let mut limit = Limit::default();
        let mut whole = true;
        for value in self.list(attribute)? {
            let (slot, rate) = if let ExprKind::Literal(Literal::RowsPerSecond(rows)) = &value.kind {
                (&mut limit.rows_per_second, *rows)
            } else if let ExprKind::Literal(Literal::Size { bytes, per_second: true }) = &value.kind {
                (&mut limit.bytes_per_second, *bytes)
            } else {
                self.no_rate(value);
                whole = false;
                continue;
            };
            let wrong = if rate == 0 {
                Some("at least 1 a second is wanted")
            } else if slot.is_some() {
                Some("this is limited twice")
            } else {
                None
            };
            match wrong {
                Some(message) => {
                    self.out.push(Diagnostic::error("wrong-value", value.span, message));
                    whole = false;
                }
                None => *slot = Some(rate),
            }
        }
        whole.then_some(limit)
    }

    /// Says that a value is no rate; of what is one but for its end, what is to be written.
    fn no_rate(&mut self, value: &Expr) {
        let has_unit = matches!(
            &value.kind,
            ExprKind::Literal(Literal::Integer { rows: true, .. } | Literal::Size { per_second: false, .. })
        );
        let missing: &[&str] = if has_unit {
            &["/s"]
        } else if shape::integer(value).is_some() {
            &[" rows/s", " MiB/s"]
        } else {
            self.wrong(value, "rows or bytes a second", "[20_000 rows/s, 50 MiB/s]");
            return;
        };
        let error = Diagnostic::error("wrong-unit", value.span, "a limit is so much a second")
            .help("As in `limit = [20_000 rows/s, 50 MiB/s]`.");
        self.out.push(missing.iter().fold(error, |error, unit| {
            error.fix(format!("write `{}` behind it", unit.trim()), end_of(value.span), *unit)
        }));
    }

    /// The settings of a store in a bucket; `None` when they, or the bucket's URL, cannot stand.
    fn bucket_settings(
        &mut self,
        body: &Body<'_>,
        location: Option<&Setting>,
    ) -> Option<BTreeMap<String, Setting>> {
        let mut sound = true;
        let path = body.attribute("path");
        // What a variable says is known when the store is opened.
        let known = match (path, location) {
            (Some(attribute), Some(Setting::Text(text))) => match ObjectUrl::parse(text) {
                None => Some(None),
                Some(Ok(url)) => Some(Some(url.storage)),
                Some(Err(reason)) => {
                    let at = attribute.values.first().map_or(attribute.name.span, |value| value.span);
                    self.out.push(Diagnostic::error("wrong-value", at, reason));
                    sound = false;
                    None
                }
            },
            _ => None,
        };
        let mut settings = BTreeMap::new();
        for name in ObjectStorage::all_settings() {
            let Some(attribute) = body.attribute(name) else { continue };
            let has = |storage: ObjectStorage| storage.settings().contains(&name);
            if let Some(storage) = known
                && !storage.is_some_and(has)
            {
                let place = storage.map_or("the local disk", ObjectStorage::title);
                let homes = ObjectStorage::ALL.iter().filter(|(other, _)| has(*other));
                let homes = crate::prose::some_of(homes.map(|(other, _)| other.title()), 3);
                self.out.push(
                    Diagnostic::error(
                        "unknown-attribute",
                        attribute.name.span,
                        format!("a store on {place} has no attribute `{name}`"),
                    )
                    .help(format!("Stores on {homes} have it.")),
                );
                sound = false;
                continue;
            }
            let variable = name.to_uppercase();
            let setting = self.single(attribute).and_then(|value| {
                let setting = self.setting(value, &variable)?;
                if SECRET_SETTINGS.contains(&name) && matches!(setting, Setting::Text(_)) {
                    self.secret_in_source(value.span, "a secret", &variable);
                    return None;
                }
                Some(setting)
            });
            match setting {
                Some(setting) => drop(settings.insert(name.to_owned(), setting)),
                None => sound = false,
            }
        }
        sound.then_some(settings)
    }

    /// How the files of a store are written; `None` when the settings cannot stand.
    fn file_settings(
        &mut self,
        body: &Body<'_>,
        kind: Option<StoreKind>,
    ) -> Option<BTreeMap<String, String>> {
        let mut sound = true;
        let mut settings = BTreeMap::new();
        for name in Packing::SETTINGS.into_iter().chain(Dialect::SETTINGS) {
            let Some(attribute) = body.attribute(name) else { continue };
            let words = body.words(name);
            let value = self.single(attribute).and_then(|value| match (name, words) {
                ("compression_level", _) => self.count(value, "9").map(|level| level.to_string()),
                (_, []) => self.text(value, "\";\""),
                (_, words) => self.word(value, words).map(str::to_owned),
            });
            match value {
                Some(value) => drop(settings.insert(name.to_owned(), value)),
                None => sound = false,
            }
        }
        if let Some(attribute) = body.attribute(PARTITION_BY) {
            let values = self.list(attribute).unwrap_or_default();
            let names = values.iter().map(|value| self.name(value, "a column", "country").cloned());
            let names = names.collect::<Option<Vec<Name>>>().filter(|names| !names.is_empty());
            let text = names.and_then(|names| {
                let names: Vec<_> = names.into_iter().map(|name| name.text).collect();
                serde_json::to_string(&names).ok()
            });
            match text {
                Some(text) => drop(settings.insert(PARTITION_BY.to_owned(), text)),
                None => sound = false,
            }
        }
        let kind = kind.filter(|_| sound)?;
        let refused = Packing::of(kind, &settings).err().or_else(|| Dialect::of(&settings).err());
        let Some((name, why)) = refused else {
            // What is written is as if nothing were said where it is what is taken anyway.
            let dialect = Dialect::of(&settings);
            for name in Dialect::SETTINGS {
                let without = settings.iter().filter(|(one, _)| *one != name);
                let without = without.map(|(name, text)| (name.clone(), text.clone())).collect();
                if Dialect::of(&without) == dialect {
                    settings.remove(name);
                }
            }
            return Some(settings);
        };
        let at = body.attribute(name).and_then(|attribute| attribute.values.first());
        let at = at.map_or(body.item.name.span, |value| value.span);
        self.out.push(Diagnostic::error("wrong-value", at, format!("this cannot be the `{name}`: {why}")));
        None
    }

    fn store_kind(&mut self, name: &Name) -> Option<StoreKind> {
        let known = StoreKind::ALL.iter().find(|(keyword, _, _)| *keyword == name.text);
        if let Some((_, kind, _)) = known {
            return Some(*kind);
        }
        let aliases = [
            ("postgresql", "postgres"),
            ("pg", "postgres"),
            ("sqlite3", "sqlite"),
            ("mariadb", "mysql"),
            ("maria", "mysql"),
            ("ndjson", "jsonl"),
            ("json", "jsonl"),
            ("feather", "arrow"),
            ("ipc", "arrow"),
        ];
        let lower = name.text.to_lowercase();
        let keywords = StoreKind::ALL.iter().map(|(keyword, _, _)| *keyword);
        let near = aliases
            .iter()
            .find(|(alias, _)| *alias == lower)
            .map(|(_, ours)| *ours)
            .or_else(|| nearest(&name.text, keywords.clone()));
        let error = Diagnostic::error(
            "unknown-store-kind",
            name.span,
            format!("there is no store of kind `{}`", name.text),
        );
        self.out.push(match near {
            Some(near) => {
                error.here(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), name.span, near)
            }
            None => error.help(format!("There is {}.", crate::prose::some_of(keywords, 12))),
        });
        None
    }

    /// The table that a place names.
    pub(super) fn place(&mut self, place: &Written) -> Option<Place> {
        // A star where one table is wanted is a header of the wrong form, which has been said.
        if place.star.is_some() {
            return None;
        }
        let parts: Vec<&Name> = place.parts.iter().collect();
        self.table(&parts, place.span)
    }

    /// The table of a dotted name, store first.
    pub(super) fn table(&mut self, parts: &[&Name], span: Span) -> Option<Place> {
        let (store, path) = parts.split_first()?;
        let kind = self.store_named(store)?;
        let (least, most) = kind.abilities().path_parts;
        if path.len() < least || path.len() > most {
            self.wrong_place(kind, store, span, "table");
            return None;
        }
        let mut path: Vec<String> = path.iter().map(|part| part.text.clone()).collect();
        if kind == StoreKind::Postgres && path.len() == 1 {
            path.insert(0, "public".to_owned());
        }
        Some(Place { table: TableRef { store: store.text.clone(), path }, kind, span })
    }

    /// The tables that a place with a star names.
    pub(super) fn tables(&mut self, place: &Written) -> Option<Tables> {
        place.star?;
        let (store, prefix) = place.parts.split_first()?;
        let kind = self.store_named(store)?;
        if prefix.len() >= kind.abilities().path_parts.1 {
            self.wrong_place(kind, store, place.span, "*");
            return None;
        }
        let mut prefix: Vec<String> = prefix.iter().map(|part| part.text.clone()).collect();
        if kind == StoreKind::Postgres && prefix.is_empty() {
            prefix.push("public".to_owned());
        }
        Some(Tables { store: store.text.clone(), kind, prefix, span: place.span })
    }

    fn store_named(&mut self, store: &Name) -> Option<StoreKind> {
        self.refer(&store.text, store.span, &[Keyword::Store])?;
        self.stores.get(&store.text).copied().flatten()
    }

    fn wrong_place(&mut self, kind: StoreKind, store: &Name, span: Span, last: &str) {
        let store = &store.text;
        let forms = match kind.abilities().path_parts {
            (1, 1) => format!("`{store}.{last}`"),
            _ => format!("`{store}.{last}` or `{store}.schema.{last}`"),
        };
        self.out.push(
            Diagnostic::error("wrong-place", span, format!("a place in a {kind} store has another form"))
                .help(format!("It is written {forms}.")),
        );
    }
}
