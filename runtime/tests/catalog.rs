//! The catalog as files give it is the catalog as a real Backstage gives it.
//!
//! Starts the Backstage of `tests/backstage` on descriptor files and reads them both ways: that relations are
//! derived, entities refused and values read as Backstage does is not claimed but compared.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use mig_plan::catalog::Entity;
use mig_plan::{Catalog, EntityRef};
use mig_runtime::catalog::{CatalogError, Pages, Severity, read_files};
use mig_test_support::Backstage;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/catalog")
}

/// One backend for the tests that only read.
fn shared() -> &'static Backstage {
    static SHARED: OnceLock<Backstage> = OnceLock::new();
    SHARED.get_or_init(|| Backstage::start(&folder()))
}

fn globs() -> Vec<String> {
    ["*.yaml", "*.json"].map(str::to_owned).to_vec()
}

/// Reads the whole catalog.
async fn read_backstage(url: &str, token: Option<&str>) -> Result<Catalog, CatalogError> {
    Ok(mig_runtime::catalog::read_backstage(url, token, &Pages::default()).await?.catalog)
}

/// The entities without their places, which differ.
fn entities(catalog: Catalog) -> BTreeMap<EntityRef, Entity> {
    let mut entities = catalog.into_entities();
    entities.values_mut().for_each(|entity| entity.origin = None);
    entities
}

#[tokio::test(flavor = "multi_thread")]
async fn files_and_backstage_give_the_same_catalog() {
    let (files, problems) = read_files(&folder(), &globs());
    let backstage = tokio::task::spawn_blocking(shared).await.unwrap();
    let live = entities(read_backstage(&backstage.url(), Some(Backstage::TOKEN)).await.unwrap());
    let mut files = entities(files);

    let unknown = files.remove(&"widget:default/unknown".parse().unwrap());
    assert!(unknown.is_some(), "a kind that Backstage may have been taught is kept");
    assert_eq!(
        files.keys().map(ToString::to_string).collect::<Vec<_>>(),
        live.keys().map(ToString::to_string).collect::<Vec<_>>()
    );
    for (name, entity) in &files {
        assert_eq!(entity, &live[name], "{name}");
    }
    assert!(files.len() >= 15);

    // Every document of `wrong.yaml` but the last is refused, and told.
    let text = std::fs::read_to_string(folder().join("wrong.yaml")).unwrap();
    let refused =
        text.matches("metadata: {name: wrong-").count() + text.matches("metadata: {name: -wrong-").count();
    let mut lines: Vec<_> = problems.iter().map(|problem| text.lines().take(problem.line as usize)).collect();
    let mut documents: Vec<_> =
        lines.iter_mut().map(|lines| lines.filter(|line| *line == "---").count()).collect();
    documents.dedup();
    assert_eq!(documents, (0..refused).collect::<Vec<_>>(), "{problems:#?}");
    assert!(
        problems.iter().all(|problem| problem.file == "wrong.yaml" && problem.severity == Severity::Error)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_backstage_refuses_clearly() {
    let backstage = tokio::task::spawn_blocking(shared).await.unwrap();
    let url = backstage.url();
    for (url, token, part) in [
        (url.clone(), None, "is not open to all"),
        (url.clone(), Some("xyzzy"), "does not know the token"),
        (format!("{url}/elsewhere"), Some(Backstage::TOKEN), "no Backstage catalog at"),
    ] {
        let error = read_backstage(&url, token).await.unwrap_err();
        assert!(matches!(&error, CatalogError::Refused(text) if text.contains(part)), "{error}");
        assert!(
            !error.to_string().contains("xyzzy") && !error.to_string().contains(Backstage::TOKEN),
            "{error}"
        );
    }
    let same = read_backstage(&format!("{url}/api/catalog/"), Some(Backstage::TOKEN)).await.unwrap();
    assert!(!same.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn three_thousand_entities_page_completely() {
    let catalog = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for number in 0..1000 {
        for (kind, fields) in [
            ("Resource", "type: dataset, owner: data"),
            ("Component", "type: service, lifecycle: production, owner: data"),
            ("System", "owner: data"),
        ] {
            // The same name in three kinds, so that an order by name alone would lose some between pages.
            let depends = if kind == "Component" {
                format!(", dependsOn: [resource:item-{number}]")
            } else {
                String::new()
            };
            writeln!(
                text,
                "---\napiVersion: backstage.io/v1alpha1\nkind: {kind}\nmetadata: {{name: item-{number}}}\nspec: {{{fields}{depends}}}"
            )
            .unwrap();
        }
    }
    std::fs::write(catalog.path().join("all.yaml"), text).unwrap();
    let folder = catalog.path().to_owned();
    let backstage = tokio::task::spawn_blocking(move || Backstage::start(&folder)).await.unwrap();
    let live = entities(read_backstage(&backstage.url(), Some(Backstage::TOKEN)).await.unwrap());
    let (files, problems) = read_files(catalog.path(), &globs()[..1]);
    assert_eq!(problems, []);
    assert_eq!(live.len(), 3000);
    assert!(entities(files) == live, "the two catalogs differ");

    // Seven pages, and none is sent a second time; when one entity changes, its page is.
    let read = async |known: &Pages| {
        mig_runtime::catalog::read_backstage(&backstage.url(), Some(Backstage::TOKEN), known).await.unwrap()
    };
    let first = read(&Pages::default()).await;
    let second = read(&first.pages).await;
    assert_eq!((first.unchanged, second.unchanged), (0, 7));
    assert!(second.catalog == first.catalog);
}
