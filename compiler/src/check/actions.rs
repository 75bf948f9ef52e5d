//! Actions that can be done: views in the right store, annotations in files that can be changed.

use std::collections::BTreeMap;

use mig_lang::Diagnostic;
use mig_plan::{Action, EntityRef, TableRef, Undo, Views};

use super::cases::{ConsumerCase, DatasetCase};
use super::places::site;
use super::{Scene, each};
use crate::hir::{self, ActionKind, CatalogKind, CutOver, ItemRef, Place};
use crate::site::Site;

/// An action and how it is undone.
pub(crate) type Reversible = (Action, Undo);

/// The actions of each case, in the order of the list; `None` where one cannot be done.
pub(super) type Actions = Vec<Option<Vec<Reversible>>>;

/// Who is switched over.
struct Subject<'s> {
    name: &'s str,
    /// The entity that is annotated.
    entity: Option<&'s EntityRef>,
    /// Where a view of it would point to when it does not say.
    shown: Shown<'s>,
}

/// The table that a view shows.
enum Shown<'s> {
    Table(&'s Place),
    /// A dataset's new table that is not known, which has been said.
    Unknown,
    /// There is not exactly one dataset.
    Unclear(usize),
}

/// The actions of every dataset and of every consumer whose cut-over is wanted.
pub(super) fn actions(
    scene: &Scene,
    is_wanted: impl Fn(&CutOver) -> bool + Sync,
    out: &mut Vec<Diagnostic>,
) -> (Actions, Actions) {
    let tables = tables(scene);
    let datasets = each(&scene.datasets.cases, out, |case, out| {
        if !is_wanted(case.from.cut_over()) {
            return None;
        }
        let shown = case.new.as_deref().map_or(Shown::Unknown, Shown::Table);
        let subject = Subject { name: &case.name, entity: case.old_entity, shown };
        cut_over(scene, &tables, &subject, case.from.cut_over(), out)
    });
    let consumers = each(&scene.consumers.cases, out, |case, out| {
        if !is_wanted(case.from.cut_over()) {
            return None;
        }
        let subject = Subject { name: &case.name, entity: case.entity, shown: read(scene, case) };
        cut_over(scene, &tables, &subject, case.from.cut_over(), out)
    });
    (datasets, consumers)
}

/// Every table that a dataset is read from or written to; none is asked for where no action is a view.
fn tables<'s>(scene: &'s Scene) -> BTreeMap<Site, &'s DatasetCase<'s>> {
    let program = scene.program;
    let items = (program.datasets.values().map(|item| &item.cut_over))
        .chain(program.dataset_families.values().map(|item| &item.cut_over))
        .chain(program.consumers.values().map(|item| &item.cut_over))
        .chain(program.consumer_families.values().map(|item| &item.cut_over));
    let is_view = |action: &hir::Action| matches!(action.kind, ActionKind::View { .. });
    if !items.flat_map(|cut_over| &cut_over.actions).any(is_view) {
        return BTreeMap::new();
    }
    let places = |case: &'s DatasetCase<'s>| case.old.iter().chain(&case.new).map(move |place| (place, case));
    scene
        .datasets
        .cases
        .iter()
        .flat_map(places)
        .map(|(place, case)| (site(scene.program, place), case))
        .collect()
}

/// Whether something may be said of how somebody is switched over: whoever is only told, or asked by a request or a command,
/// is so whatever else there is.
pub(super) fn may_be_wrong(cut_over: &CutOver) -> bool {
    cut_over.actions.iter().any(|action| match action.kind {
        ActionKind::Annotate { .. } | ActionKind::View { .. } => true,
        ActionKind::Notify | ActionKind::Http { .. } | ActionKind::Command { .. } => false,
    })
}

/// The table of the one dataset that a consumer reads.
fn read<'s>(scene: &'s Scene, case: &ConsumerCase) -> Shown<'s> {
    match &*case.reads {
        [one] => scene
            .datasets
            .get(*one)
            .and_then(|dataset| dataset.new.as_deref())
            .map_or(Shown::Unknown, Shown::Table),
        several => Shown::Unclear(several.len()),
    }
}

fn cut_over(
    scene: &Scene,
    tables: &BTreeMap<Site, &DatasetCase>,
    subject: &Subject,
    cut_over: &CutOver,
    out: &mut Vec<Diagnostic>,
) -> Option<Vec<Reversible>> {
    let actions: Vec<Option<Reversible>> = cut_over
        .actions
        .iter()
        .map(|action| {
            let done = one(scene, tables, subject, action, out)?;
            let undo = match &done {
                Action::View { .. } | Action::Annotate { .. } => Undo::Restore,
                Action::Http { .. } | Action::Notify | Action::Command { undo: Some(_), .. } => Undo::Reverse,
                Action::Command { undo: None, .. } => {
                    Undo::Irreversible { reason: cut_over.irreversible.as_ref()?.value.clone() }
                }
            };
            Some((done, undo))
        })
        .collect();
    actions.into_iter().collect()
}

fn one(
    scene: &Scene,
    tables: &BTreeMap<Site, &DatasetCase>,
    subject: &Subject,
    action: &hir::Action,
    out: &mut Vec<Diagnostic>,
) -> Option<Action> {
    match &action.kind {
        ActionKind::Notify => Some(Action::Notify),
        ActionKind::Http { post, undo } => Some(Action::Http { post: post.clone(), undo: undo.clone() }),
        ActionKind::Command { run, undo } => Some(Action::Command { run: run.clone(), undo: undo.clone() }),
        ActionKind::Annotate { key, value } => {
            let entity = annotated(scene, subject, action, out)?.clone();
            Some(Action::Annotate { entity, key: key.clone(), value: value.clone() })
        }
        ActionKind::View { view, to } => {
            let target = target(scene, subject, to.as_ref(), action, out)?;
            fitting_view(scene, tables, view, target, out)?;
            Some(Action::View { view: view.table.clone(), target: target.table.clone() })
        }
    }
}

fn annotated<'s>(
    scene: &Scene,
    subject: &Subject<'s>,
    action: &hir::Action,
    out: &mut Vec<Diagnostic>,
) -> Option<&'s EntityRef> {
    let source = scene.program.migration.as_ref().and_then(|migration| migration.catalog.as_ref());
    if let Some(source) = source
        && matches!(source.kind, CatalogKind::Backstage { .. })
    {
        out.push(
            Diagnostic::error("annotate-needs-files", action.span, "an annotation is written into a descriptor file")
                .label(source.span, "this catalog is read from a backend")
                .help("Backstage takes no changes from outside. Use `catalog = files(\"…\")`, or switch over with `http` or `command`."),
        );
        return None;
    }
    if subject.entity.is_none() {
        out.push(
            Diagnostic::error(
                "annotate-needs-files",
                action.span,
                format!("`{}` has no entity to annotate", subject.name),
            )
            .help("Name its entity: `entity = @resource:old -> @resource:new`."),
        );
    }
    subject.entity
}

/// The new table that a view shows.
fn target<'s>(
    scene: &'s Scene,
    subject: &Subject<'s>,
    to: Option<&ItemRef>,
    action: &hir::Action,
    out: &mut Vec<Diagnostic>,
) -> Option<&'s Place> {
    let Some(to) = to else {
        return match subject.shown {
            Shown::Table(place) => Some(place),
            Shown::Unknown => None,
            Shown::Unclear(count) => {
                let message = match count {
                    0 => format!("which dataset does the view show? `{}` reads none", subject.name),
                    _ => format!("which dataset does the view show? `{}` reads {count}", subject.name),
                };
                out.push(
                    Diagnostic::error("view-of-what", action.span, message)
                        .help("Name it: `view(lake.public.orders, to: orders)`."),
                );
                None
            }
        };
    };
    match scene.datasets.of(to).as_deref() {
        Some([one]) => scene.datasets.get(*one)?.new.as_deref(),
        Some(several) => {
            out.push(
                Diagnostic::error(
                    "view-of-what",
                    to.span,
                    format!("`{}` stands for {} datasets", to.name, several.len()),
                )
                .help("A view shows one: name a member of the family, as in `archive.customers`."),
            );
            None
        }
        None => {
            if scene.datasets.whole {
                out.push(super::families::unknown_member(to, scene.datasets.members(&to.name)));
            }
            None
        }
    }
}

fn fitting_view(
    scene: &Scene,
    tables: &BTreeMap<Site, &DatasetCase>,
    view: &Place,
    target: &Place,
    out: &mut Vec<Diagnostic>,
) -> Option<()> {
    if view.kind.abilities().views == Views::None {
        out.push(
            Diagnostic::error("view-without-sql", view.span, format!("a {} store has no views", view.kind))
                .help("Views are in sqlite, postgres and mysql stores. Switch over with `http`, `command` or `annotate`."),
        );
        return None;
    }
    if view.table.store != target.table.store {
        let table: &TableRef = &target.table;
        out.push(
            Diagnostic::error(
                "view-in-other-store",
                view.span,
                format!("a view in `{}` cannot show `{table}`", view.table.store),
            )
            .label(target.span, "the new table")
            .help(format!("A view shows tables of its own store: put it into `{}`.", table.store)),
        );
        return None;
    }
    let table = scene.world.schemas.table(&view.table).is_some_and(|schema| !schema.is_view);
    let moved = tables.get(&site(scene.program, view));
    if table || moved.is_some() {
        let error = Diagnostic::error("view-over-table", view.span, format!("`{}` is a table", view.table));
        let error = match moved {
            Some(case) => error.label(case.name_span(), format!("`{}` moves it, or makes it", case.name)),
            None => error,
        };
        out.push(
            error.help("A view cannot take a table's name. Give it another, or rename the table first."),
        );
        return None;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::{Fixture, SHOP_CATALOG, SHOP_SCHEMAS, framed};

    #[test]
    fn views_and_annotations_are_possible_or_refused() {
        let source = "
migration shop {
  owner   = @group:platform
  catalog = backstage(env.URL)
}
dataset customers: legacy.customers -> lake.sales.customers {
  entity   = @resource:customers
  columns  = same
  cut_over = view(lake.customers_now), view(lake.sales.customers), view(legacy.now), annotate(\"a\", \"b\")
}
datasets more: legacy.* -> lake.more.* { select = catalog where metadata.name in [\"day-totals\", \"old-orders\"] }
consumer website: @component:website {
  reads    = [customers, more]
  cut_over = view(lake.public.now), view(lake.public.now, to: more), view(lake.public.now, to: more.nobody), view(lake.public.now, to: customers)
}
wave all { move = datasets, consumers }
";
        let schemas = SHOP_SCHEMAS
            .replace("legacy.totals", "legacy.day_totals")
            .replace("legacy.orders", "legacy.old_orders");
        let fixture = Fixture::new(&framed(source), SHOP_CATALOG, &schemas);
        assert_snapshot!(fixture.said(), @r#"
        error[view-over-table]: `lake.sales.customers` is a table
          8:45 lake.sales.customers
          5:9 customers  <- `customers` moves it, or makes it
          help: A view cannot take a table's name. Give it another, or rename the table first.
        error[view-in-other-store]: a view in `legacy` cannot show `lake.sales.customers`
          8:73 legacy.now
          5:40 lake.sales.customers  <- the new table
          help: A view shows tables of its own store: put it into `lake`.
        error[annotate-needs-files]: an annotation is written into a descriptor file
          8:86 annotate("a", "b")
          3:13 backstage(env.URL)  <- this catalog is read from a backend
          help: Backstage takes no changes from outside. Use `catalog = files("…")`, or switch over with `http` or `command`.
        error[view-of-what]: which dataset does the view show? `website` reads 3
          13:14 view(lake.public.now)
          help: Name it: `view(lake.public.orders, to: orders)`.
        error[view-of-what]: `more` stands for 2 datasets
          13:63 more
          help: A view shows one: name a member of the family, as in `archive.customers`.
        error[unknown-member]: `more` has no member `nobody`
          13:96 more.nobody
          help: The members of a family are the entities that it selects from the catalog, by their names; one that an item of its own names is not among them.
        "#);
    }
}
