//! One document of a descriptor file to one entity, checked as Backstage checks it.
//!
//! Takes the document's tree, gives the entity with its references, or everything that is wrong with it and where.
//! Placeholders (`$text`, `$json`, `$yaml`) are kept, not followed. Never reads a file.

use mig_plan::EntityRef;
use mig_plan::catalog::Entity;
use serde_json::{Map, Value};

use super::kinds::{Field, KINDS, Kind, Shape, kind};
use super::relations::{Reference, reference, references};
use super::yaml::Node;

/// Something wrong with a descriptor.
#[derive(Debug)]
pub(super) struct Fault {
    /// The line in the file.
    pub(super) line: u32,
    /// What is wrong.
    pub(super) message: String,
    /// What to do.
    pub(super) help: String,
}

/// An entity that is right by itself.
pub(super) struct Descriptor {
    /// Its name.
    pub(super) reference: EntityRef,
    /// The entity, with neither relations nor origin.
    pub(super) entity: Entity,
    /// What it refers to.
    pub(super) references: Vec<Reference>,
}

/// The fields of `spec` whose order means nothing, in any kind: Backstage sorts them, and so does this.
const UNORDERED: [&str; 7] =
    ["providesApis", "consumesApis", "dependsOn", "dependencyOf", "memberOf", "children", "members"];

/// Reads one document.
///
/// # Errors
/// All that is wrong with it, at least one thing.
pub(super) fn read(root: &Node) -> Result<Descriptor, Vec<Fault>> {
    let mut check = Check { faults: Vec::new() };
    let descriptor = check.root(root);
    match descriptor {
        Some(descriptor) if check.faults.is_empty() => Ok(descriptor),
        Some(_) | None => Err(check.faults),
    }
}

/// Sorts the lists whose order means nothing.
pub(super) fn sort_unordered(spec: &mut Map<String, Value>) {
    for field in UNORDERED {
        if let Some(Value::Array(items)) = spec.get_mut(field)
            && items.iter().all(Value::is_string)
        {
            // JavaScript compares texts by their UTF-16 code units.
            items.sort_by_cached_key(|item| {
                item.as_str().unwrap_or_default().encode_utf16().collect::<Vec<_>>()
            });
        }
    }
}

struct Check {
    faults: Vec<Fault>,
}

impl Check {
    fn fault(&mut self, node: &Node, message: impl Into<String>, help: impl Into<String>) {
        self.faults.push(Fault { line: node.line, message: message.into(), help: help.into() });
    }

    fn root(&mut self, root: &Node) -> Option<Descriptor> {
        let Some(entries) = root.entries() else {
            let help = "an entity has the fields `apiVersion`, `kind`, `metadata` and `spec`";
            self.fault(root, format!("an entity is expected, this is {}", root.describe()), help);
            return None;
        };
        if !entries.iter().any(|(key, _)| matches!(key.key().as_str(), "apiVersion" | "kind")) {
            self.fault(
                root,
                "this is no entity: it has neither `apiVersion` nor `kind`",
                "narrow the catalog's globs so that they match descriptor files alone",
            );
            return None;
        }
        for (key, _) in entries {
            let name = key.key();
            if !matches!(name.as_str(), "apiVersion" | "kind" | "metadata" | "spec") {
                let help = "an entity has the fields `apiVersion`, `kind`, `metadata` and `spec` alone";
                self.fault(key, format!("an entity has no field `{name}`"), help);
            }
        }
        let api_version =
            self.pattern(root, "", "apiVersion", is_api_version, "a version such as `backstage.io/v1alpha1`");
        let kind_name =
            self.pattern(root, "", "kind", is_kind, "letters and digits, at most 63, such as `Component`");
        let metadata = match root.get("metadata") {
            Some(metadata) if metadata.entries().is_some() => Some(metadata),
            Some(other) => {
                self.fault(
                    other,
                    format!("`metadata` is {}, not a mapping", other.describe()),
                    "write `metadata:` with a `name:` below it",
                );
                None
            }
            None => {
                self.fault(root, "`metadata` is missing", "add `metadata:` with a `name:` below it");
                None
            }
        };
        let name = metadata.and_then(|metadata| {
            let wanted = "letters and digits, with `-`, `_` or `.` between them, at most 63";
            self.pattern(metadata, "metadata.", "name", is_object_name, wanted)
        });
        let namespace =
            match metadata.and_then(|metadata| metadata.get("namespace").map(|node| (metadata, node))) {
                Some((metadata, _)) => {
                    let wanted = "small letters and digits, with `-` between them, at most 63";
                    self.pattern(metadata, "metadata.", "namespace", is_dns_label, wanted)
                }
                None => Some("default".to_owned()),
            };
        if let Some(metadata) = metadata {
            self.metadata(metadata);
        }
        let spec = root.get("spec");
        if let Some(other) = spec.filter(|spec| spec.entries().is_none()) {
            self.fault(
                other,
                format!("`spec` is {}, not a mapping", other.describe()),
                "write the fields of `spec` below it",
            );
            return None;
        }
        let (api_version, kind_name) = (api_version?, kind_name?);
        let kind = self.kind(root, &kind_name, &api_version);
        if let Some(kind) = kind {
            self.spec(root, spec, kind, namespace.as_deref().unwrap_or("default"));
        }
        let (name, namespace) = (name?, namespace?);
        let Some(Value::Object(mut metadata)) = metadata.map(Node::json) else { return None };
        metadata.insert("namespace".to_owned(), Value::String(namespace.clone()));
        if metadata.get("annotations").and_then(Value::as_object).is_some_and(Map::is_empty) {
            // Backstage has annotations for every entity, so that none and an empty mapping cannot be told apart.
            metadata.remove("annotations");
        }
        let mut spec = match spec.map(Node::json) {
            Some(Value::Object(spec)) => spec,
            _ => Map::new(),
        };
        sort_unordered(&mut spec);
        let references = kind.map(|kind| references(kind, &spec, &namespace)).unwrap_or_default();
        Some(Descriptor {
            reference: EntityRef::new(&kind_name, &namespace, &name),
            entity: Entity {
                kind: kind_name.into(),
                metadata: metadata.into(),
                spec: spec.into(),
                relations: Vec::new(),
                origin: None,
            },
            references,
        })
    }

    /// Finds the kind's rules. A kind that Backstage does not know of itself has none.
    fn kind(&mut self, root: &Node, name: &str, api_version: &str) -> Option<&'static Kind> {
        if let Some(kind) = kind(name, api_version) {
            return Some(kind);
        }
        let known =
            KINDS.iter().find(|kind| kind.name.eq_ignore_ascii_case(name) && kind.name != "Template")?;
        let (field, message, wanted) = if known.name == name {
            let message = format!("Backstage knows no {name} of version `{api_version}`");
            ("apiVersion", message, known.api_versions.join("` or `"))
        } else {
            ("kind", format!("Backstage knows no kind `{name}`"), known.name.to_owned())
        };
        self.fault(root.get(field).unwrap_or(root), message, format!("`{field}` must be `{wanted}`"));
        None
    }

    /// A text that must be there and pass a test.
    fn pattern(
        &mut self,
        parent: &Node,
        path: &str,
        field: &str,
        test: fn(&str) -> bool,
        wanted: &str,
    ) -> Option<String> {
        let Some(node) = parent.get(field) else {
            self.fault(parent, format!("`{path}{field}` is missing"), format!("add `{field}:` and {wanted}"));
            return None;
        };
        match node.text().filter(|text| test(text)) {
            Some(text) => Some(text.to_owned()),
            None => {
                let quote = if node.text().is_none() { quote_help(node) } else { "" };
                self.fault(
                    node,
                    format!("`{path}{field}` is {}", node.describe()),
                    format!("it must be {wanted}{quote}"),
                );
                None
            }
        }
    }

    fn metadata(&mut self, metadata: &Node) {
        for field in ["uid", "etag", "title"] {
            self.texts_of(metadata, "metadata.", field, false);
        }
        self.texts_of(metadata, "metadata.", "description", true);
        let wanted = "letters and digits, with `-`, `_` or `.` between them, at most 63";
        self.pairs(metadata, "labels", |value| value.is_empty() || is_object_name(value), wanted);
        self.pairs(metadata, "annotations", |_| true, "a text");
        if let Some(tags) = metadata.get("tags") {
            self.list(
                tags,
                "metadata.tags",
                is_tag,
                "small letters, digits, `+`, `#` and `:`, with `-` between them, at most 63",
            );
        }
        if let Some(links) = metadata.get("links") {
            self.links(links);
        }
    }

    fn texts_of(&mut self, parent: &Node, path: &str, field: &str, empty: bool) {
        if let Some(node) = parent.get(field) {
            self.text(node, &format!("{path}{field}"), empty);
        }
    }

    fn text(&mut self, node: &Node, name: &str, empty: bool) {
        match node.text() {
            Some(text) if empty || !text.is_empty() => {}
            Some(_) => self.fault(node, format!("`{name}` is empty"), "it must be a text that is not empty"),
            None => {
                let help = format!("it must be a text{}", quote_help(node));
                self.fault(node, format!("`{name}` is {}, not a text", node.describe()), help);
            }
        }
    }

    fn list(&mut self, node: &Node, name: &str, test: fn(&str) -> bool, wanted: &str) {
        let Some(items) = node.items() else {
            let help = "write a list: one item per line, each behind `- `";
            self.fault(node, format!("`{name}` is {}, not a list", node.describe()), help);
            return;
        };
        for item in items {
            if !item.text().is_some_and(test) {
                let quote = if item.text().is_none() { quote_help(item) } else { "" };
                self.fault(
                    item,
                    format!("an item of `{name}` is {}", item.describe()),
                    format!("it must be {wanted}{quote}"),
                );
            }
        }
    }

    /// Labels and annotations.
    fn pairs(&mut self, metadata: &Node, field: &str, test: fn(&str) -> bool, wanted: &str) {
        let Some(node) = metadata.get(field) else { return };
        let Some(entries) = node.entries() else {
            let help = format!("write keys and values below `{field}:`, or leave the field out");
            self.fault(node, format!("`metadata.{field}` is {}, not a mapping", node.describe()), help);
            return;
        };
        for (key, value) in entries {
            let name = key.key();
            if !is_prefixed_name(&name) {
                let help = "it must be a name of at most 63 letters, digits, `-`, `_` and `.`, perhaps behind a domain and `/`";
                self.fault(key, format!("`{name}` cannot be a key of `metadata.{field}`"), help);
            }
            if !value.text().is_some_and(test) {
                let quote = if value.text().is_none() { quote_help(value) } else { "" };
                let message = format!("`{name}` in `metadata.{field}` is {}", value.describe());
                self.fault(value, message, format!("it must be {wanted}{quote}"));
            }
        }
    }

    fn links(&mut self, links: &Node) {
        let Some(items) = links.items() else {
            let help = "write a list: each link behind `- ` with a `url:`";
            self.fault(links, format!("`metadata.links` is {}, not a list", links.describe()), help);
            return;
        };
        for link in items {
            let is_url = |text: &str| reqwest::Url::parse(text).is_ok();
            match link.get("url") {
                None => self.fault(link, "a link has no `url`", "add `url:` and an absolute URL"),
                Some(url) if url.text().is_some_and(is_url) => {}
                Some(url) => {
                    self.fault(
                        url,
                        format!("a link's `url` is {}", url.describe()),
                        "it must be an absolute URL",
                    );
                }
            }
            for field in ["title", "icon", "type"] {
                self.texts_of(link, "metadata.links.", field, false);
            }
        }
    }

    fn spec(&mut self, root: &Node, spec: Option<&Node>, kind: &'static Kind, namespace: &str) {
        let Some(spec) = spec else {
            let required: Vec<_> = kind
                .fields
                .iter()
                .filter(|field| field.required)
                .map(|field| format!("`{}`", field.name))
                .collect();
            let with =
                if required.is_empty() { String::new() } else { format!(" with {}", required.join(", ")) };
            self.fault(root, "`spec` is missing", format!("add `spec:`{with}"));
            return;
        };
        for field in kind.fields {
            match spec.get(field.name) {
                Some(node) => self.field(node, field, namespace),
                None if field.required => {
                    let message = format!("`spec.{}` is missing", field.name);
                    self.fault(
                        spec,
                        message,
                        format!("every {} has it: add `{}:` to `spec`", kind.name, field.name),
                    );
                }
                None => {}
            }
        }
    }

    fn field(&mut self, node: &Node, field: &'static Field, namespace: &str) {
        let name = format!("spec.{}", field.name);
        let not_empty = |text: &str| !text.is_empty();
        match field.shape {
            Shape::Any => {}
            Shape::Text if is_placeholder(node) => {}
            Shape::Text => self.text(node, &name, false),
            Shape::TextOrTexts if node.items().is_none() => self.text(node, &name, false),
            Shape::Texts | Shape::TextOrTexts => {
                self.list(node, &name, not_empty, "a text that is not empty")
            }
            Shape::Presence => {
                if !matches!(node.text(), Some("required" | "optional")) {
                    self.fault(
                        node,
                        format!("`{name}` is {}", node.describe()),
                        "it must be `required` or `optional`",
                    );
                }
            }
            Shape::Profile => match node.entries() {
                Some(_) => {
                    for part in ["displayName", "email", "picture"] {
                        self.texts_of(node, "spec.profile.", part, false);
                    }
                }
                None => self.fault(
                    node,
                    format!("`{name}` is {}, not a mapping", node.describe()),
                    "write its fields below it",
                ),
            },
        }
        let Some(derivation) = &field.relation else { return };
        for item in node.items().unwrap_or(std::slice::from_ref(node)) {
            let Some(text) = item.text().filter(|text| !text.is_empty()) else { continue };
            if reference(derivation, text, namespace).is_err() {
                let help = match derivation.default_kind {
                    Some(_) => "write `[kind:][namespace/]name`",
                    None => {
                        "write `kind:name` or `kind:namespace/name`: no kind is meant here when none is written"
                    }
                };
                self.fault(item, format!("`{text}` in `{name}` is no reference to an entity"), help);
            }
        }
    }
}

/// What to add to the help for a value that would be a text in quotes.
fn quote_help(node: &Node) -> &'static str {
    match node.json() {
        Value::Bool(_) | Value::Number(_) => "; put it in quotes",
        Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => "",
    }
}

/// `{ $text: ./api.yaml }`: Backstage puts the file's text there.
fn is_placeholder(node: &Node) -> bool {
    match node.entries() {
        Some([(key, _)]) => matches!(key.key().as_str(), "$text" | "$json" | "$yaml"),
        Some(_) | None => false,
    }
}

fn is_length(text: &str, limit: usize) -> bool {
    (1..=limit).contains(&text.len())
}

/// A Kubernetes object name as Backstage has it: letters and digits at both ends, `-`, `_` and `.` between.
fn is_object_name(text: &str) -> bool {
    is_length(text, 63)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
}

fn is_kind(text: &str) -> bool {
    is_length(text, 63)
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_dns_label(text: &str) -> bool {
    is_length(text, 63)
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_dns_subdomain(text: &str) -> bool {
    is_length(text, 253) && text.split('.').all(is_dns_label)
}

fn is_api_version(text: &str) -> bool {
    let version = |text: &str| is_length(text, 63) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match text.split_once('/') {
        Some((domain, name)) => is_dns_subdomain(domain) && version(name),
        None => version(text),
    }
}

/// A key of labels or annotations.
pub(super) fn is_prefixed_name(text: &str) -> bool {
    match text.split_once('/') {
        Some((domain, name)) => is_dns_subdomain(domain) && is_object_name(name),
        None => is_object_name(text),
    }
}

fn is_tag(text: &str) -> bool {
    is_length(text, 63)
        && text.split('-').all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b':' | b'+' | b'#'))
        })
}
