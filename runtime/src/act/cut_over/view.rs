//! A view in a SQL store is pointed to the new table, and back to what it was.

use std::sync::Arc;

use mig_plan::{Event, TableRef};

use super::super::{Act, Failure};
use crate::store::ViewStore;

pub(super) async fn act(act: &Act, view: &TableRef, target: &TableRef) -> Result<(), Failure> {
    let views = views(act, view).await?;
    let _permits = act.permits(&[view]).await?;
    if act.record().before.is_none() {
        let before = views.view(&view.path).await?;
        act.journal(vec![Event::BeforeImage { step: act.step().id.clone(), before }]).await?;
    }
    views.point_view(&view.path, &target.path).await?;
    Ok(())
}

pub(super) async fn undo(act: &Act, view: &TableRef) -> Result<(), Failure> {
    let Some(before) = act.record().before else { return Ok(()) };
    let views = views(act, view).await?;
    let _permits = act.permits(&[view]).await?;
    views.restore_view(&view.path, before.as_deref()).await?;
    Ok(())
}

async fn views(act: &Act, view: &TableRef) -> Result<Arc<dyn ViewStore>, Failure> {
    let none = || Failure::refused(format!("store {} has no views; make the plan again", view.store));
    act.store(view).await?.views.ok_or_else(none)
}
