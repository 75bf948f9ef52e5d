//! The catalogs of the examples are right, and nothing in them leads nowhere.

use std::collections::BTreeSet;
use std::path::Path;

use mig_runtime::catalog::{dangling, read_files};

#[test]
fn every_catalog_of_the_examples_is_whole() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut read = 0;
    for example in std::fs::read_dir(&examples).unwrap() {
        let folder = example.unwrap().path();
        if folder.join("catalog").is_dir() {
            let (catalog, problems) = read_files(&folder, &["catalog/**/*.yaml".to_owned()]);
            assert_eq!(problems, [], "{}", folder.display());
            assert_eq!(dangling(&catalog), [], "{}", folder.display());
            assert!(catalog.names().any(|entity| entity.kind() == "resource"), "{}", folder.display());
            read += 1;
        }
    }
    assert!(read >= 2, "the shop's and Chinook's");
}

#[test]
fn chinook_has_a_dataset_for_each_of_its_tables() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/chinook");
    let (catalog, _) = read_files(&folder, &["catalog/*.yaml".to_owned()]);
    let table = |entity: &mig_plan::catalog::Entity| {
        entity.metadata.get("annotations")?.as_object()?.get("mig.dev/table")?.as_str().map(str::to_owned)
    };
    let tables: BTreeSet<_> = catalog.entities().filter_map(table).collect();
    let expected = [
        "Album",
        "Artist",
        "Customer",
        "Employee",
        "Genre",
        "Invoice",
        "InvoiceLine",
        "MediaType",
        "Playlist",
        "PlaylistTrack",
        "Track",
    ];
    assert_eq!(tables, expected.map(str::to_owned).into());
}
