//! Workspaces for tests: files with a cursor written as `$0`, and a world that is given.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use mig_compiler::Wanted;
use mig_lang::Span;
use mig_plan::Catalog;

use crate::editor::Editor;
use crate::host::{Host, Known, Texts};
use crate::snapshot::{Cursor, Snapshot};
use crate::text::Encoding;

/// A host that knows nothing.
pub(crate) struct Nowhere;

impl Host for Nowhere {
    fn known(&self, _: &Path, _: &Wanted) -> Known {
        Known::default()
    }

    fn refresh(&self, _: Texts) -> BoxFuture<'static, Result<String, String>> {
        futures::future::ready(Err("there is no world".to_owned())).boxed()
    }

    fn preview(&self, _: Texts) -> BoxFuture<'static, Result<String, String>> {
        futures::future::ready(Err("there is no world".to_owned())).boxed()
    }
}

/// A host that knows this world.
pub(crate) struct World(pub(crate) Known);

impl Host for World {
    fn known(&self, _: &Path, _: &Wanted) -> Known {
        self.0.clone()
    }

    fn refresh(&self, texts: Texts) -> BoxFuture<'static, Result<String, String>> {
        Nowhere.refresh(texts)
    }

    fn preview(&self, texts: Texts) -> BoxFuture<'static, Result<String, String>> {
        Nowhere.preview(texts)
    }
}

/// Files of one migration, with the places of their cursors.
pub(crate) struct Fixture {
    snapshot: Arc<Snapshot>,
    /// The files with a cursor and where it is.
    cursors: Vec<(PathBuf, u32)>,
}

impl Fixture {
    /// One file in a world of which nothing is known.
    pub(crate) fn file(text: &str) -> Self {
        Self::files(&[("main.mig", text)], Known::default())
    }

    /// Files in a known world. Each may have a cursor `$0`.
    pub(crate) fn files(files: &[(&str, &str)], known: Known) -> Self {
        let mut editor = Editor::new(Arc::new(World(known)));
        editor.begin(Vec::new(), Encoding::Utf8);
        let mut cursors = Vec::new();
        for (name, text) in files {
            let path = Path::new("/shop").join(name);
            if let Some(at) = text.find("$0") {
                cursors.push((path.clone(), u32::try_from(at).unwrap()));
            }
            editor.opened(path, text.replace("$0", ""), 1);
        }
        Self { snapshot: editor.snapshot(), cursors }
    }

    /// The first cursor.
    pub(crate) fn cursor(&self) -> Cursor<'_> {
        let (path, byte) = self.cursors.first().expect("a file has a cursor `$0`");
        let (folder, document) = self.snapshot.document(path).expect("the file is there");
        Cursor { folder, document, byte: *byte }
    }

    /// The snapshot.
    pub(crate) fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// A place for people: file, line from 1, and the text.
    pub(crate) fn shown(&self, span: Span) -> String {
        let cursor = self.snapshot.folders.first().expect("there is a folder");
        let document = cursor.file(span.file).expect("the file is there");
        let name = document.path.file_name().unwrap().to_string_lossy().into_owned();
        format!("{name}:{} {}", document.text.line_of(span.start) + 1, cursor.slice(span))
    }
}

/// A migration of the small shop without a fault.
pub(crate) const SHOP: &str = r#"migration shop {
  owner   = @group:platform
  catalog = files("catalog/*.yaml")
}

store legacy: sqlite   { url = env.LEGACY_URL }
store lake:   postgres { url = env.LAKE_URL }

dataset orders: legacy.orders -> lake.sales.orders {
  entity = @resource:orders-v1
  key    = order_id

  columns {
    order_id: int64 = order_no
    status:   text  = state
  }
  drop note because "nobody reads it"
}

consumer billing: @component:billing-api {
  cut_over = notify
}

validation orders_match on orders {
  row_count
  checksum
  require count(order_id < 0) == 0 else "an order has a negative number"
}

/// Everything at once.
wave all {
  move       = datasets, consumers
  validation = orders_match
  soak       = 1h
}
"#;

/// The texts of all examples, and of the blocks of all pages of the corpus.
pub(crate) fn texts() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut texts = vec![include_str!("../../lang/tests/fixtures/everything.mig").to_owned()];
    let mut folders = vec![root.join("examples"), root.join("tests/corpus")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = |path: &Path| std::fs::read_to_string(path).unwrap();
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("mig") => texts.push(text(&path)),
                Some("md") => texts.extend(blocks(&text(&path))),
                Some(_) | None => {}
            }
        }
    }
    texts
}

/// What stands between fences that begin with the name of the language.
fn blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for line in page.lines() {
        match &mut block {
            None if line.starts_with("```mig") => block = Some(String::new()),
            None => {}
            Some(_) if line.starts_with("```") => blocks.extend(block.take()),
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    blocks
}

/// A small shop: two groups, two datasets, their readers, and the tables of two stores.
pub(crate) fn shop() -> Known {
    let entities = serde_json::json!({
        "component:default/billing-api": entity("Component", "billing-api", serde_json::json!({
            "spec": { "type": "service", "lifecycle": "production" },
            "relations": [
                { "type": "dependsOn", "target": "resource:default/orders-v1" },
                { "type": "ownedBy", "target": "group:default/commerce" }
            ]
        })),
        "group:default/commerce": entity("Group", "commerce", serde_json::json!({ "spec": {}, "relations": [] })),
        "group:default/platform": entity("Group", "platform", serde_json::json!({ "spec": {}, "relations": [] })),
        "resource:default/orders-v1": entity("Resource", "orders-v1", serde_json::json!({
            "spec": { "type": "dataset", "lifecycle": "production" },
            "relations": [
                { "type": "dependencyOf", "target": "component:default/billing-api" },
                { "type": "ownedBy", "target": "group:default/platform" }
            ]
        }))
    });
    let schemas = serde_json::json!({
        "version": 1,
        "stores": {
            "legacy": { "tables": [
                { "path": ["customers"], "columns": [column("id", "INTEGER", "int64"), column("name", "TEXT", "text?")], "primary_key": ["id"] },
                { "path": ["orders"], "columns": [
                    column("order_no", "INTEGER", "int64"), column("state", "TEXT", "text"), column("note", "TEXT", "text?")
                ], "primary_key": ["order_no"] }
            ] },
            "lake": { "tables": [
                { "path": ["sales", "orders"], "columns": [column("order_id", "bigint", "int64"), column("status", "text", "text")], "primary_key": ["order_id"] }
            ] }
        }
    });
    Known {
        catalog: Some(Catalog::new(serde_json::from_value(entities).expect("entities"))),
        schemas: serde_json::from_value(schemas).expect("schemas"),
        ..Known::default()
    }
}

fn entity(kind: &str, name: &str, rest: serde_json::Value) -> serde_json::Value {
    let mut entity = serde_json::json!({
        "kind": kind,
        "metadata": { "name": name, "namespace": "default", "description": format!("The {name}.") }
    });
    if let (Some(entity), Some(rest)) = (entity.as_object_mut(), rest.as_object()) {
        entity.extend(rest.clone());
    }
    entity
}

fn column(name: &str, native: &str, ty: &str) -> serde_json::Value {
    serde_json::json!({ "name": name, "native": native, "ty": ty })
}
