//! Descriptor files to a catalog.
//!
//! Takes a folder and globs, gives every entity that is right with its relations, and everything that is wrong with
//! the others, with file and line. Follows the file targets of `Location` entities. Never goes to the network and
//! never writes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Component, Path, PathBuf};

use mig_plan::catalog::{Entity, Origin};
use mig_plan::{Catalog, EntityRef};

use super::descriptor::{self, Descriptor};
use super::relations::{Reference, relate};
use super::yaml::{Node, documents};
use super::{CatalogProblem, Severity};

/// Reads the catalog from the files that match the globs, which are relative to the folder (the migration's).
///
/// The files of a `Location` with file targets are read too: relative to its own file, inside the folder, or, when the
/// `Location` is outside, inside the folder of its file. Of two descriptors of one entity the first counts, by path and
/// line. The same files give the same value, in whatever order they stand.
pub fn read_files(folder: &Path, globs: &[String]) -> (Catalog, Vec<CatalogProblem>) {
    let loaded = load(folder, globs);
    (Catalog::new(loaded.entities), loaded.problems)
}

/// The entities of a catalog, with their places.
pub(super) struct Loaded {
    pub(super) entities: BTreeMap<EntityRef, Entity>,
    pub(super) problems: Vec<CatalogProblem>,
    pub(super) places: BTreeMap<EntityRef, Place>,
}

/// Where an entity's descriptor stands.
pub(super) struct Place {
    /// The file.
    pub(super) path: PathBuf,
    /// Which of the file's documents, from 0.
    pub(super) document: usize,
    /// Where others say that they describe it too.
    pub(super) rivals: Vec<Origin>,
}

pub(super) fn load(folder: &Path, globs: &[String]) -> Loaded {
    let mut reading = Reading {
        folder,
        loaded: Loaded { entities: BTreeMap::new(), problems: Vec::new(), places: BTreeMap::new() },
        references: BTreeMap::new(),
        seen: BTreeSet::new(),
        queue: VecDeque::new(),
    };
    for pattern in globs {
        match matches(folder, pattern) {
            Ok(files) if files.is_empty() => {
                let help =
                    "correct the glob; it is relative to the migration's folder, `**` stands for folders";
                reading.problem(pattern, 0, Severity::Error, format!("no file matches `{pattern}`"), help);
            }
            Ok(files) => files.into_iter().for_each(|file| reading.enqueue(file, None)),
            Err(message) => {
                reading.problem(
                    pattern,
                    0,
                    Severity::Error,
                    message,
                    "write a glob such as `catalog/**/*.yaml`",
                );
            }
        }
    }
    reading.queue.make_contiguous().sort();
    while let Some((file, boundary)) = reading.queue.pop_front() {
        reading.file(&file, &boundary);
    }
    relate(&mut reading.loaded.entities, &reading.references);
    reading.loaded.problems.sort();
    reading.loaded
}

/// The files (no folders) that match, sorted. What looks like a glob in the path of the folder is none.
fn matches(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let base = glob::Pattern::escape(&folder.to_string_lossy());
    let pattern =
        if Path::new(pattern).is_absolute() { pattern.to_owned() } else { format!("{base}/{pattern}") };
    let paths = glob::glob(&pattern).map_err(|error| format!("this is no glob: {}", error.msg))?;
    // A folder that may not be listed hides files; that is told when one of them is missed, not here.
    Ok(paths.filter_map(Result::ok).filter(|path| path.is_file()).collect())
}

struct Reading<'a> {
    folder: &'a Path,
    loaded: Loaded,
    references: BTreeMap<EntityRef, Vec<Reference>>,
    seen: BTreeSet<PathBuf>,
    /// Files to read, each with the folder that its `Location`s may not leave.
    queue: VecDeque<(PathBuf, PathBuf)>,
}

impl Reading<'_> {
    fn problem(
        &mut self,
        file: &str,
        line: u32,
        severity: Severity,
        message: String,
        help: impl Into<String>,
    ) {
        let help = help.into();
        self.loaded.problems.push(CatalogProblem { file: file.to_owned(), line, severity, message, help });
    }

    /// Puts a file at the end of the queue, unless it was there before by whatever path.
    fn enqueue(&mut self, file: PathBuf, boundary: Option<&Path>) {
        let real = file.canonicalize().unwrap_or_else(|_| file.clone());
        if !self.seen.insert(real) {
            return;
        }
        let boundary = match boundary {
            Some(boundary) => boundary.to_owned(),
            None if plain(&file).starts_with(plain(self.folder)) => self.folder.to_owned(),
            None => file.parent().unwrap_or(self.folder).to_owned(),
        };
        self.queue.push_back((file, boundary));
    }

    /// The path as messages show it: relative to the folder where that is possible, with `/`.
    fn shown(&self, path: &Path) -> String {
        let path = path.strip_prefix(self.folder).unwrap_or(path);
        let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        parts.join("/").replacen("//", "/", 1)
    }

    fn file(&mut self, path: &Path, boundary: &Path) {
        let shown = self.shown(path);
        let text = match std::fs::read(path).map(String::from_utf8) {
            Ok(Ok(text)) => text,
            Ok(Err(_)) => {
                let message = "the file is no UTF-8 text".to_owned();
                return self.problem(
                    &shown,
                    0,
                    Severity::Error,
                    message,
                    "save it as UTF-8, or narrow the catalog's globs",
                );
            }
            Err(error) => {
                let message = format!("the file cannot be read: {error}");
                return self.problem(
                    &shown,
                    0,
                    Severity::Error,
                    message,
                    "make it readable, or narrow the catalog's globs",
                );
            }
        };
        for (number, document) in documents(&text).into_iter().enumerate() {
            match document {
                Ok(root) if root.is_null() => {}
                Ok(root) => self.document(path, boundary, &shown, number, &root),
                Err(error) => {
                    self.problem(
                        &shown,
                        error.line,
                        Severity::Error,
                        error.message,
                        "correct the YAML: this document is not read",
                    );
                }
            }
        }
    }

    fn document(&mut self, path: &Path, boundary: &Path, shown: &str, number: usize, root: &Node) {
        let Descriptor { reference, mut entity, references } = match descriptor::read(root) {
            Ok(descriptor) => descriptor,
            Err(faults) => {
                for fault in faults {
                    self.problem(shown, fault.line, Severity::Error, fault.message, fault.help);
                }
                return;
            }
        };
        let origin = Origin { file: shown.to_owned(), line: root.line };
        if let Some(place) = self.loaded.places.get_mut(&reference) {
            place.rivals.push(origin);
            let first = self.loaded.entities.get(&reference).and_then(|entity| entity.origin.as_ref());
            let first = first.map(|origin| format!("{}:{}", origin.file, origin.line)).unwrap_or_default();
            let message = format!("{reference} is described twice: here and in {first}");
            return self.problem(
                shown,
                root.line,
                Severity::Error,
                message,
                "remove one of the two, or give it another name",
            );
        }
        if entity.kind == "Location" {
            self.location(path, boundary, shown, root);
        }
        entity.origin = Some(origin);
        let place = Place { path: path.to_owned(), document: number, rivals: Vec::new() };
        self.loaded.places.insert(reference.clone(), place);
        self.references.insert(reference.clone(), references);
        self.loaded.entities.insert(reference, entity);
    }

    /// Enqueues the files that a `Location` names.
    fn location(&mut self, path: &Path, boundary: &Path, shown: &str, root: &Node) {
        let Some(spec) = root.get("spec") else { return };
        let text = |field: &str| spec.get(field).and_then(Node::text);
        let is_file = text("type").is_none_or(|kind| kind == "file");
        let required = text("presence") != Some("optional");
        let single = spec.get("target").into_iter();
        let several = spec.get("targets").and_then(Node::items).unwrap_or_default();
        for node in single.chain(several) {
            let Some(target) = node.text() else { continue };
            if !is_file || target.contains("://") {
                let message = format!("the target `{target}` is not a file, and is not read");
                let help = "add its descriptors to the catalog's globs, or read the catalog from Backstage";
                self.problem(shown, node.line, Severity::Warning, message, help);
                continue;
            }
            let base = path.parent().unwrap_or(Path::new("."));
            let wanted = plain(&base.join(target));
            if !wanted.starts_with(plain(boundary)) {
                let message =
                    format!("the target `{target}` leaves the folder {}", self.shown_folder(boundary));
                let help = "add its descriptors to the catalog's globs instead";
                self.problem(shown, node.line, Severity::Error, message, help);
                continue;
            }
            let found = matches(base, target).unwrap_or_default();
            if found.is_empty() && required {
                let message = format!("the target `{target}` does not exist");
                let help = "correct the target, or write `presence: optional`";
                self.problem(shown, node.line, Severity::Error, message, help);
            }
            for file in found {
                self.enqueue(plain(&file), Some(boundary));
            }
        }
    }

    fn shown_folder(&self, folder: &Path) -> String {
        let shown = self.shown(folder);
        if shown.is_empty() { "of the migration".to_owned() } else { format!("`{shown}`") }
    }
}

/// The path without `.` and, as far as that is possible without looking, without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if plain
                    .components()
                    .next_back()
                    .is_some_and(|last| matches!(last, Component::Normal(_))) =>
            {
                plain.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::ParentDir | Component::Normal(_) => {
                plain.push(part)
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use mig_plan::json::Json;

    use super::*;

    /// Reads files of these names and texts.
    fn read(files: &[(&str, &str)], globs: &[&str]) -> (Catalog, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let globs: Vec<_> = globs.iter().map(|glob| (*glob).to_owned()).collect();
        let (catalog, problems) = read_files(folder.path(), &globs);
        let told = problems
            .into_iter()
            .map(|p| format!("{}:{}: {:?}: {}; {}", p.file, p.line, p.severity, p.message, p.help));
        (catalog, told.collect())
    }

    const ORDERS: &str = "apiVersion: backstage.io/v1alpha1
kind: Resource
metadata:
  name: orders
  annotations: {acme.io/tier: low}
spec:
  type: dataset
  owner: commerce
  dependsOn: [resource:b, 'resource:A']
";

    #[test]
    fn an_entity_has_its_namespace_its_place_and_relations_both_ways() {
        let api = "# the service\n---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: Api, namespace: pay}\n\
            spec: {type: service, lifecycle: production, owner: user:kim, dependsOn: ['resource:default/orders']}\n";
        let (catalog, problems) =
            read(&[("a/orders.yaml", ORDERS), ("b/api.yml", api)], &["a/*.yaml", "b/*"]);
        assert_eq!(problems, [""; 0]);
        let orders = catalog.get(&"resource:default/orders".parse().unwrap()).unwrap();
        assert_eq!(orders.metadata.get("namespace").and_then(Json::as_str), Some("default"));
        assert_eq!(
            orders.spec.get("dependsOn"),
            Some(&serde_json::json!(["resource:A", "resource:b"]).into())
        );
        assert_eq!(orders.origin, Some(Origin { file: "a/orders.yaml".to_owned(), line: 1 }));
        let relations: Vec<_> = orders.relations.iter().map(|r| format!("{} {}", r.kind, r.target)).collect();
        assert_eq!(
            relations,
            [
                "dependencyOf component:pay/api",
                "dependsOn resource:default/a",
                "dependsOn resource:default/b",
                "ownedBy group:default/commerce"
            ]
        );
        let api = catalog.get(&"component:pay/api".parse().unwrap()).unwrap();
        assert_eq!(api.origin, Some(Origin { file: "b/api.yml".to_owned(), line: 3 }));
        assert_eq!(api.related("ownedBy").next().unwrap().to_string(), "user:pay/kim");
        assert_eq!(super::super::dangling(&catalog).len(), 4);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_hides_nothing_else() {
        let wrong = "apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: -billing
  annotations:
    acme.io/tier: 1
    bad key: x
  tags: [Shop]
spec:
  type: service
  owner: ''
  dependsOn: [orders]
  system: [a]
---
kind: [
---
apiVersion: backstage.io/v1alpha1
kind: component
metadata: {name: x, namespace: Pay, labels: {a: b c}, links: [{url: here}]}
spec: {type: service}
extra: 1
---
just: text
---
";
        let (catalog, problems) =
            read(&[("c.yaml", &format!("{wrong}{ORDERS}")), ("d.yaml", ORDERS)], &["*.yaml", "no/*.yaml"]);
        assert_eq!(catalog.len(), 1);
        insta::assert_snapshot!(problems.join("\n"));
    }

    #[test]
    fn locations_are_followed_but_not_out_of_the_folder() {
        let location = |spec: &str| {
            format!(
                "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {{name: all}}\nspec: {{{spec}}}\n"
            )
        };
        let inner = "targets: [./deep/*.yaml, ../all.yaml, ../../out.yaml, ../../../far.yaml, 'https://x.dev/a.yaml', ./none.yaml]";
        let (catalog, problems) = read(
            &[
                ("m/all.yaml", &location("type: file, target: ./inner/all.yaml")),
                ("m/inner/all.yaml", &location(inner).replace("name: all", "name: inner")),
                ("m/inner/deep/orders.yaml", ORDERS),
                (
                    "m/other.yaml",
                    &location("target: ./none.yaml, presence: optional").replace("name: all", "name: other"),
                ),
                ("out.yaml", ORDERS),
            ],
            &["m/*.yaml"],
        );
        assert_eq!(
            catalog.names().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "location:default/all",
                "location:default/inner",
                "location:default/other",
                "resource:default/orders"
            ]
        );
        assert_eq!(problems.len(), 4, "{problems:#?}");
        assert!(problems.iter().any(|p| p.contains("leaves the folder of the migration")), "{problems:#?}");
        // The folder is the migration's, so that `../../out.yaml` is inside: it is a second description.
        assert!(
            problems
                .iter()
                .any(|p| p.contains("out.yaml:1: Error: resource:default/orders is described twice")),
            "{problems:#?}"
        );
    }
}
