//! Views: what makes one, and pointing it elsewhere without losing whom it belongs to. Each is one statement, which
//! MySQL does whole or not at all, and commits by itself.

use super::connection::Lease;
use super::names::{column, literal, name_of, quote};
use super::schema::{no_table, relation};
use crate::store::StoreError;
use crate::store::refusal::table_name;

/// Whether there is a view of this name.
async fn is_there(lease: &mut Lease, name: &str) -> Result<bool, StoreError> {
    match relation(lease, name).await? {
        None => Ok(false),
        Some(relation) if !relation.is_table => Ok(true),
        Some(_) => Err(StoreError::Refused(format!(
            "{name} is there and is a table; a view of that name cannot be made"
        ))),
    }
}

/// The statement that would make the view as it is now, its definer included.
pub(super) async fn view(lease: &mut Lease, path: &[String]) -> Result<Option<String>, StoreError> {
    let name = name_of(path)?;
    if !is_there(lease, name).await? {
        return Ok(None);
    }
    let rows = lease.rows(&format!("show create view {}", quote(name))).await?;
    let statement = rows.first().map(|row| lease.text(row, 1)).transpose()?.flatten();
    let rest = statement.as_deref().and_then(|statement| statement.strip_prefix("CREATE "));
    match rest {
        Some(rest) => Ok(Some(format!("create or replace {rest}"))),
        None => Err(StoreError::Unavailable(format!(
            "the definition of the view {name} is not shown; grant the user SHOW VIEW and run again"
        ))),
    }
}

/// Points the view to a table, all its columns by name. One that is there keeps its definer and its security.
pub(super) async fn point_view(
    lease: &mut Lease,
    view: &[String],
    target: &[String],
) -> Result<(), StoreError> {
    let (view, table) = (name_of(view)?, name_of(target)?);
    let Some(found) = relation(lease, table).await? else { return Err(no_table(target)) };
    let attributes =
        if is_there(lease, view).await? { attributes(lease, view).await? } else { String::new() };
    let columns: Vec<_> = found.names().map(column).collect();
    let statement = format!(
        "create or replace {attributes}view {} as select {} from {} as t",
        quote(view),
        columns.join(", "),
        quote(table)
    );
    lease.run(&statement).await
}

/// The definer and the security of a view, as they stand in the statement that makes it.
async fn attributes(lease: &mut Lease, view: &str) -> Result<String, StoreError> {
    let sql = format!(
        "select definer, security_type from information_schema.views where table_schema = {} and table_name = {}",
        lease.database(),
        literal(view)
    );
    let rows = lease.rows(&sql).await?;
    let Some(row) = rows.first() else { return Ok(String::new()) };
    let (definer, security) = (lease.text(row, 0)?, lease.text(row, 1)?);
    let definer = definer.as_deref().and_then(|definer| definer.rsplit_once('@'));
    let (Some((user, host)), Some(security @ ("DEFINER" | "INVOKER"))) = (definer, security.as_deref())
    else {
        return Err(StoreError::Unavailable(format!(
            "whom the view {} belongs to is not shown; grant the user SHOW VIEW and run again",
            table_name(&[view.to_owned()])
        )));
    };
    Ok(format!("definer = {}@{} sql security {security} ", quote(user), quote(host)))
}

/// Puts the view back as [`view`] gave it, or drops it.
pub(super) async fn restore_view(
    lease: &mut Lease,
    path: &[String],
    before: Option<&str>,
) -> Result<(), StoreError> {
    let name = name_of(path)?;
    let is_there = is_there(lease, name).await?;
    match before {
        Some(statement) => lease.run(statement).await,
        None if is_there => lease.run(&format!("drop view {}", quote(name))).await,
        None => Ok(()),
    }
}
