//! Prepare: both tables are as the plan says, every old value fits its type, the new store keeps what it becomes, and the new table is there.
//! Undone by dropping the new table if this run made it.

use mig_plan::{Dataset, Event, SECRET, TableRef, TableSchema};

use super::{Act, Done, Failure, rows, unkept};
use crate::eval::Mapping;
use crate::store::refusal::named_key;
use crate::store::{Misfit, Store, Table};

/// How many values that do not fit are named.
const NAMED_MISFITS: usize = 10;

pub(super) async fn act(act: &Act, name: &str) -> Result<Done, Failure> {
    let dataset = act.dataset(name)?;
    let mapping = Mapping::new(dataset).map_err(|error| Failure::refused(error.to_string()))?;
    let old = act.store(&dataset.old).await?;
    let new = act.store(&dataset.new).await?;
    let permits = act.permits(&[&dataset.old]).await?;

    let Some(schema) = schema(&old, &dataset.old).await? else {
        return Err(Failure::refused(format!("{} is gone", dataset.old)));
    };
    require_same(&dataset.old, &dataset.old_schema, &schema)?;
    let table = mapping.old_table();
    let misfits = old.data.misfits(table, NAMED_MISFITS).await?;
    if !misfits.is_empty() {
        return Err(Failure::refused(misfit_report(act, &dataset.old, table, &misfits)));
    }
    // A scan takes places of its own.
    drop(permits);
    tokio::select! {
        refused = unkept::refuse(act, name, dataset, &old, &new) => refused?,
        () = act.stop.cancelled() => {}
    }
    if act.stop.is_cancelled() {
        return Ok(Done::Stopped);
    }
    match &dataset.new_schema {
        Some(planned) => take_over(act, name, dataset, planned, &new).await?,
        None => make(act, name, dataset, &mapping, &new).await?,
    }
    Ok(Done::Succeeded)
}

/// The new table was there when the plan was made: it must be the same, and empty but for this run's rows.
async fn take_over(
    act: &Act,
    name: &str,
    dataset: &Dataset,
    planned: &TableSchema,
    new: &Store,
) -> Result<(), Failure> {
    // Given back before the journal is waited for: others can use it meanwhile.
    let permits = act.permits(&[&dataset.new]).await?;
    let Some(found) = schema(new, &dataset.new).await? else {
        return Err(Failure::refused(format!("{} is gone", dataset.new)));
    };
    require_same(&dataset.new, planned, &found)?;
    new.data.require_writable(&dataset.new.path).await?;
    let rows = rows::count(act, new, name, dataset).await?;
    drop(permits);
    rows.require_ours(dataset, "empty it, or move into another table, and make the plan again")?;
    let before = Some("the table was there".to_owned());
    act.journal(vec![Event::BeforeImage { step: act.step().id.clone(), before }]).await
}

/// The new table was not there when the plan was made: this run makes it, and nobody else may have.
async fn make(
    act: &Act,
    name: &str,
    dataset: &Dataset,
    mapping: &Mapping,
    new: &Store,
) -> Result<(), Failure> {
    let begun = act.record().before == Some(None);
    if !begun {
        let permits = act.permits(&[&dataset.new]).await?;
        let there = new.data.count(&dataset.new.path).await?;
        drop(permits);
        if there.is_some() {
            return Err(Failure::refused(format!(
                "{} was made by somebody else since the plan was made; make the plan again",
                dataset.new
            )));
        }
        act.journal(vec![Event::BeforeImage { step: act.step().id.clone(), before: None }]).await?;
    }
    let _permits = act.permits(&[&dataset.new]).await?;
    // Somebody else may have rows in a table that was there, or that an earlier try made.
    if new.data.create(mapping.new_table()).await? {
        return Ok(());
    }
    let rows = rows::count(act, new, name, dataset).await?;
    rows.require_ours(dataset, "stop whoever does, and run again")
}

pub(super) async fn undo(act: &Act, name: &str) -> Result<Done, Failure> {
    let dataset = act.dataset(name)?;
    if act.record().before != Some(None) {
        return Ok(Done::Succeeded);
    }
    let new = act.store(&dataset.new).await?;
    let _permits = act.permits(&[&dataset.new]).await?;
    let rows = rows::count(act, &new, name, dataset).await?;
    rows.require_ours(dataset, "move these rows elsewhere, and run again to drop the table")?;
    new.data.drop_table(&dataset.new.path).await?;
    Ok(Done::Succeeded)
}

pub(super) async fn schema(store: &Store, table: &TableRef) -> Result<Option<TableSchema>, Failure> {
    let mut found = store.data.schema(Some(std::slice::from_ref(&table.path))).await?;
    Ok(found.tables.remove(&table.path))
}

/// How the old table's schema is another than the plan's, in words.
pub(super) async fn schema_changes(store: &Store, dataset: &Dataset) -> Result<Option<String>, Failure> {
    let found = schema(store, &dataset.old).await?;
    Ok(found.and_then(|found| changes(&dataset.old_schema, &found)))
}

fn changes(planned: &TableSchema, found: &TableSchema) -> Option<String> {
    let changes: Vec<String> = planned.changes(found).iter().map(ToString::to_string).collect();
    (!changes.is_empty()).then(|| changes.join("; "))
}

fn misfit_report(act: &Act, place: &TableRef, table: &Table, misfits: &[Misfit]) -> String {
    // Files tell where the row is, whatever the key.
    let by_key = !act.is_of_files(place) && !table.key.is_empty();
    let named: Vec<String> = misfits
        .iter()
        .map(|misfit| {
            let row = if by_key {
                named_key(table, &misfit.key)
            } else {
                let locator: Vec<String> = misfit.key.iter().map(ToString::to_string).collect();
                format!("row {}", locator.join(", "))
            };
            let value =
                if table.hides(&misfit.column) { SECRET.to_owned() } else { format!("{:?}", misfit.value) };
            format!("{row}: {} is {value}, {}", misfit.column, misfit.reason)
        })
        .collect();
    let more = if misfits.len() == NAMED_MISFITS { "; there may be more" } else { "" };
    format!("{place} has values that do not fit their columns: {}{more}", named.join("; "))
}

fn require_same(table: &TableRef, planned: &TableSchema, found: &TableSchema) -> Result<(), Failure> {
    match changes(planned, found) {
        None => Ok(()),
        Some(changes) => {
            Err(Failure::refused(format!("the schema of {table} changed since the plan was made: {changes}")))
        }
    }
}
