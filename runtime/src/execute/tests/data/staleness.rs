//! Stale plans, against real stores.

use mig_plan::SourceFile;

use super::*;

#[tokio::test]
async fn a_plan_is_stale_when_its_world_changed_and_not_by_its_own_run() {
    let site = Site::shop();
    let mut plan = site.plan().await.plan;
    let source =
        |path: &str, text: &str| SourceFile { path: path.to_owned(), digest: Digest::of(text.as_bytes()) };
    let schemas = async || {
        let mut schemas = mig_plan::Schemas::default();
        for name in ["old", "new"] {
            let location = format!("{name}.db");
            let open = crate::store::open(&store(&location), &location, site.folder.path()).await.unwrap();
            schemas.stores.insert(name.to_owned(), open.data.schema(None).await.unwrap());
        }
        schemas
    };
    let sources = [source("a.mig", "a"), source("b.mig", "b")];
    let catalog = Digest::of(b"catalog");
    plan.inputs.sources = sources.to_vec();
    plan.inputs.catalog = catalog;
    plan.inputs.schemas = schemas().await.digest_of(plan.tables()).unwrap();
    let file = file(plan);
    let reasons = |sources: &[SourceFile], catalog, schemas: &mig_plan::Schemas| {
        let state = run_state(&file, &site.context()).unwrap();
        crate::stale::stale(&file.plan, &state, sources, catalog, schemas).unwrap()
    };
    assert_eq!(reasons(&sources, catalog, &schemas().await), Vec::<String>::new());
    let others = [source("b.mig", "bb"), source("c.mig", "c")];
    assert_eq!(
        reasons(&others, Digest::of(b"other"), &schemas().await),
        ["a.mig is gone", "b.mig changed", "c.mig is new", "the catalog changed"]
    );
    let (old, new) = (site.database("old.db"), site.database("new.db"));
    new.execute_batch("CREATE TABLE orders (order_id INTEGER)").unwrap();
    old.execute_batch("ALTER TABLE orders RENAME COLUMN note TO remark").unwrap();
    assert_eq!(
        reasons(&sources, catalog, &schemas().await),
        [
            "old.orders: column note is gone",
            "old.orders: column remark (TEXT (text?)) is new",
            "new.orders is there now"
        ]
    );
    new.execute_batch("DROP TABLE orders").unwrap();
    old.execute_batch("ALTER TABLE orders RENAME COLUMN remark TO note").unwrap();
    site.apply(&file).await.unwrap();
    assert_eq!(reasons(&sources, catalog, &schemas().await), Vec::<String>::new());
    old.execute_batch("ALTER TABLE orders ADD COLUMN extra INTEGER").unwrap();
    assert_eq!(
        reasons(&sources, catalog, &schemas().await),
        ["old.orders: column extra (INTEGER (int64?)) is new"]
    );
}
