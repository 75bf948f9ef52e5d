//! What is found after each keystroke of the recorded session, with the help of what was found before it, is what is found in the
//! same texts from the start.

use std::collections::BTreeMap;
use std::sync::Arc;

use mig_bench::{Buffers, company, session};
use mig_compiler::{Findings, Resolved, World, check, resolve};

/// Enough datasets for a file of each sort that is typed into.
const DATASETS: usize = 90;

#[test]
fn every_keystroke_finds_what_is_found_from_the_start() {
    let migration = company(DATASETS, 9, 800);
    let world = World { catalog: &migration.catalog, schemas: &migration.schemas };
    let text = |source: &mig_lang::Source| (source.path.clone(), source.text.clone());
    let texts: BTreeMap<String, String> = migration.sources.iter().map(|(_, source)| text(source)).collect();
    let files: BTreeMap<String, mig_lang::FileId> =
        migration.sources.iter().map(|(id, source)| (source.path.clone(), id)).collect();
    let mut trees: Vec<Arc<_>> = migration.trees().into_iter().map(Arc::new).collect();
    let mut resolved = Resolved::new(&trees, None);
    let mut findings = Findings::new(&resolved.program, &world, None);
    let (mut buffers, mut strokes, mut codes) = (Buffers::new(texts), 0, BTreeMap::new());
    for step in session() {
        let Some(file) = buffers.take(step).map(str::to_owned) else { continue };
        let tree = mig_lang::parse(files[&file], buffers.text(&file)).0;
        let old = trees.iter_mut().find(|old| old.id == tree.id).expect("a file of the folder");
        *old = Arc::new(tree);
        resolved = Resolved::new(&trees, Some(&resolved));
        findings = Findings::new(&resolved.program, &world, Some(&findings));
        let (program, said) = resolve(trees.iter().map(Arc::as_ref));
        assert_eq!(resolved.diagnostics, said, "keystroke {strokes}, {step:?} in {file}");
        let found = check(&program, &world).1;
        assert_eq!(findings.found(), found, "keystroke {strokes}, {step:?} in {file}");
        said.iter().chain(&found).for_each(|found| *codes.entry(found.code).or_insert(0) += 1);
        strokes += 1;
    }
    assert!(strokes > 250, "{strokes} keystrokes");
    // What is typed is wrong on the way, in items alone and in what others look at.
    for code in ["unknown-function", "unknown-column", "unknown-entity", "unknown-name"] {
        assert!(codes.contains_key(code), "{code} was never found: {codes:?}");
    }
}
