//! Old tables are there, and no two datasets write into one place.

use std::collections::BTreeMap;

use mig_lang::{Applicability, Diagnostic, Span};
use mig_plan::Commit;

use super::cases::{DatasetCase, DatasetItem};
use super::tables::TABLE;
use super::{HashMap, Scene};
use crate::hir::{Place, Program};
use crate::prose::some_of;
use crate::site::{Root, Site};

/// Where a place of the program really is.
pub(super) fn site(program: &Program, place: &Place) -> Site {
    let config = program.stores.get(&place.table.store).and_then(|store| store.config.as_ref());
    crate::site::site(config, place.kind, &place.table)
}

/// Where a dataset's tables really are.
pub(super) struct Sites {
    pub(super) old: Option<Site>,
    pub(super) new: Option<Site>,
}

/// Where a dataset's tables really are.
pub(super) fn sites(program: &Program, case: &DatasetCase) -> Sites {
    let of = |place: Option<&Place>| place.map(|place| site(program, place));
    Sites { old: of(case.old.as_deref()), new: of(case.new.as_deref()) }
}

pub(super) fn check(scene: &Scene, out: &mut Vec<Diagnostic>) {
    // The members of a family are moved onto themselves by one mistake.
    let mut stays: BTreeMap<Span, Vec<&str>> = BTreeMap::new();
    let mut written: HashMap<&Site, &DatasetCase> = HashMap::default();
    for (case, sites) in scene.datasets.cases.iter().zip(&scene.sites) {
        let (Some(new), Some(target)) = (&case.new, &sites.new) else { continue };
        if sites.old.as_ref() == Some(target) {
            stays.entry(new.span).or_default().push(&case.name);
            continue;
        }
        match written.get(target) {
            None => {
                written.insert(target, case);
            }
            Some(first) => out.push(conflict(first, case, new)),
        }
    }
    for (span, names) in stays {
        let verb = if names.len() == 1 { "is moved onto itself" } else { "are moved onto themselves" };
        let message = format!("{} {verb}", some_of(names, 5));
        out.push(
            Diagnostic::error("moved-onto-itself", span, message)
                .help("The new place is the old one. Give the new table another name, or is its store where it should be?"),
        );
    }
    nested(scene, out);
    // A search for a near name reads all names: some unknown tables get one, thousands do not.
    let mut searches = 20;
    for (case, sites) in scene.datasets.cases.iter().zip(&scene.sites) {
        if let Some(old) = &case.old
            && case.old_schema.is_none()
            // A store that could not be read is its reader's to report; members were found by their table.
            && scene.world.schemas.stores.contains_key(&old.table.store)
            && matches!(case.from, DatasetItem::Single(_))
        {
            let maker = sites.old.as_ref().and_then(|old| written.get(old));
            let maker = maker.filter(|maker| maker.name != case.name);
            out.push(match maker {
                Some(maker) => not_made_yet(old, maker),
                None => {
                    let unknown = unknown_table(scene, old, &mut searches);
                    if unknown.fixes.is_empty() {
                        swapped(scene, case, old).unwrap_or(unknown)
                    } else {
                        unknown
                    }
                }
            });
        }
    }
}

/// Says where a folder of files would get another table's folder into it: its table could not be read then.
fn nested(scene: &Scene, out: &mut Vec<Diagnostic>) {
    let in_folders = |place: &&Place| place.kind.abilities().commit == Commit::Renaming;
    // Each place once, in the order of the datasets; found by what it is in and its path.
    let mut places: Vec<(&Site, &DatasetCase, &Place, bool)> = Vec::new();
    let mut known: HashMap<(&Root, &[String]), usize> = HashMap::default();
    for (case, sites) in scene.datasets.cases.iter().zip(&scene.sites) {
        let both = [(&case.new, &sites.new, true), (&case.old, &sites.old, false)];
        for (place, site, written) in both {
            let Some((place, site)) =
                place.as_deref().zip(site.as_ref()).filter(|(place, _)| in_folders(place))
            else {
                continue;
            };
            let (root, path) = site;
            let at = *known.entry((root, path)).or_insert(places.len());
            match places.get_mut(at) {
                None => places.push((site, case, place, written)),
                Some(first) if written && !first.3 => *first = (site, case, place, true),
                Some(_) => {}
            }
        }
    }
    for ((root, path), case, place, written) in &places {
        for length in (1..path.len()).rev() {
            let above = known.get(&(root, path.get(..length).unwrap_or_default()));
            let Some((_, other, outer, made)) = above.and_then(|above| places.get(*above)) else { continue };
            if !written && !made {
                continue;
            }
            let message = format!("`{}` lies in the folder of `{}`", place.table, outer.table);
            let error =
                Diagnostic::error("place-in-place", place.span, message).here(format!("of `{}`", case.name));
            let error = if outer.span == place.span {
                error
            } else {
                error.label(outer.span, format!("of `{}`", other.name))
            };
            out.push(error.help("A table is a folder of files, and one with folders in it cannot be read. Give one of them another name, or another schema."));
            break;
        }
    }
}

fn conflict(first: &DatasetCase, case: &DatasetCase, new: &Place) -> Diagnostic {
    let message = format!("`{}` and `{}` are written into one table, `{}`", first.name, case.name, new.table);
    let error = Diagnostic::error("target-conflict", new.span, message);
    // A family takes each entity that no item names, and with it the table of a dataset that forgot to.
    let (single, member) = match (first.from, case.from) {
        (DatasetItem::Single(_), DatasetItem::Member(_)) => (first, case),
        (DatasetItem::Member(_), DatasetItem::Single(_)) => (case, first),
        (DatasetItem::Single(_), DatasetItem::Single(_))
        | (DatasetItem::Member(_), DatasetItem::Member(_)) => (first, first),
    };
    let taken = single.old.as_ref().zip(member.old.as_ref()).is_some_and(|(a, b)| a.table == b.table);
    let error = match member.old_entity.filter(|_| taken && single.name != member.name) {
        Some(entity) => {
            let (family, entity) = (&member.from.title().name, entity.source_form());
            match single.old_entity {
                None => error.label(single.name_span(), "this dataset names no entity").help(format!(
                    "`{family}` takes `{entity}`, whose table it is, since no `dataset` names it: let `{}` say `entity = {entity}`.",
                    single.name
                )),
                Some(own) => error.help(format!(
                    "The catalog says of `{entity}` that it is this table, too, so that `{family}` takes it: name it in `{}` in place of `{}`, or correct its annotation `{TABLE}`.",
                    single.name,
                    own.source_form()
                )),
            }
        }
        None => error.help("Give each its own table."),
    };
    match &first.new {
        Some(other) if other.span != new.span => {
            error.label(other.span, format!("`{}` goes there too", first.name))
        }
        Some(_) | None => error,
    }
}

fn not_made_yet(old: &Place, maker: &DatasetCase) -> Diagnostic {
    Diagnostic::error("unknown-table", old.span, format!("there is no table `{}` yet", old.table))
        .label(maker.name_span(), format!("`{}` is to make it", maker.name))
        .help("A migration reads what is there when it is planned. Move the table on in a migration of its own, after this one.")
}

/// The error for a move whose new place is there and whose old one is not: the arrow is the wrong way round.
fn swapped(scene: &Scene, case: &DatasetCase, old: &Place) -> Option<Diagnostic> {
    let new = case.new.as_ref()?;
    scene.world.schemas.table(&new.table)?;
    let (from, to) = (old.table.to_string(), new.table.to_string());
    Some(
        Diagnostic::error("unknown-table", old.span, format!("there is no table `{from}`"))
            .label(new.span, "but there is this one")
            .help("From old to new: is the arrow the wrong way round?")
            // It turns the copy round: a person decides.
            .offer(
                Applicability::Draft,
                format!("write `{to} -> {from}`"),
                [(old.span, to.clone()), (new.span, from)],
            ),
    )
}

fn unknown_table(scene: &Scene, old: &Place, searches: &mut u32) -> Diagnostic {
    let table = &old.table;
    let error = Diagnostic::error("unknown-table", old.span, format!("there is no table `{table}`"));
    if *searches == 0 {
        return error;
    }
    *searches -= 1;
    let store = scene.world.schemas.stores.get(&table.store);
    let tables: BTreeMap<String, &Vec<String>> =
        store.into_iter().flat_map(|store| store.tables.keys()).map(|path| (path.join("."), path)).collect();
    let names = || tables.keys().map(String::as_str);
    let near = mig_lang::nearest(&table.path.join("."), names()).and_then(|near| tables.get(near));
    match near {
        Some(path) => {
            let near = mig_plan::TableRef { store: table.store.clone(), path: (*path).clone() }.to_string();
            error.here(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), old.span, near)
        }
        None if tables.is_empty() => error.help(format!(
            "The store `{}` has no tables. Is it where the source says? A file or folder that is not there has none.",
            table.store
        )),
        None => error.help(format!("The store `{}` has {}.", table.store, some_of(names(), 8))),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::said;

    #[test]
    fn tables_that_are_not_there_are_named_with_those_that_are() {
        let source = "
dataset customers: legacy.Customer -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}
dataset invoices: lake.sales.invoicse -> lake.sales.bills {
  entity  = @resource:places
  columns = same
}
dataset zebras: legacy.zebras -> lake.sales.zebras {
  entity  = @resource:day-totals
  columns = same
}
dataset moved_on: lake.sales.bills -> lake.sales.old_bills {
  entity  = @resource:old-orders
  columns = same
}
";
        assert_snapshot!(said(source), @"
        error[unknown-table]: there is no table `legacy.Customer`
          1:20 legacy.Customer  <- did you mean `legacy.customers`?
          fix: write `legacy.customers`
        error[unknown-table]: there is no table `lake.sales.invoicse`
          5:19 lake.sales.invoicse  <- did you mean `lake.sales.invoices`?
          fix: write `lake.sales.invoices`
        error[unknown-table]: there is no table `legacy.zebras`
          9:17 legacy.zebras
          help: The store `legacy` has `customers`, `events`, `old_customers`, `orders`, `ping`, `places`, `pong` and `totals`.
        error[unknown-table]: there is no table `lake.sales.bills` yet
          13:19 lake.sales.bills
          5:9 invoices  <- `invoices` is to make it
          help: A migration reads what is there when it is planned. Move the table on in a migration of its own, after this one.
        ");
    }

    #[test]
    fn folders_have_no_case_and_no_folders_in_them() {
        let source = "
store csv: csv     { path = \"./out/lake/\" }
store lake: parquet { path = \"out/tmp/../lake\" }
store deep: parquet { path = \"out/lake/sales\" }
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}
dataset totals: legacy.totals -> csv.Sales.Customers {
  entity  = @resource:day-totals
  columns = same
}
dataset ping: legacy.ping -> deep.customers.ping {
  entity  = @resource:places
  columns = same
}
dataset pong: legacy.pong -> lake.sales {
  entity  = @resource:old-orders
  columns = same
}
";
        assert_snapshot!(said(source), @"
        error[place-in-place]: `lake.sales.customers` lies in the folder of `lake.sales`
          4:40 lake.sales.customers  <- of `customers`
          16:30 lake.sales  <- of `pong`
          help: A table is a folder of files, and one with folders in it cannot be read. Give one of them another name, or another schema.
        error[target-conflict]: `customers` and `totals` are written into one table, `csv.Sales.Customers`
          8:34 csv.Sales.Customers
          4:40 lake.sales.customers  <- `customers` goes there too
          help: Give each its own table.
        error[place-in-place]: `deep.customers.ping` lies in the folder of `lake.sales.customers`
          12:30 deep.customers.ping  <- of `ping`
          4:40 lake.sales.customers  <- of `customers`
          help: A table is a folder of files, and one with folders in it cannot be read. Give one of them another name, or another schema.
        ");
    }

    #[test]
    fn one_table_under_two_names_is_one() {
        let source = "
store again: sqlite { url = \"legacy.db\" }
dataset customers: legacy.customers -> again.CUSTOMERS {
  entity  = @resource:customers
  columns = same
}
dataset totals: legacy.totals -> again.sums {
  entity  = @resource:day-totals
  columns = same
}
dataset sums: legacy.ping -> legacy.Sums {
  entity  = @resource:places
  columns = same
}
dataset pong: legacy.pong -> lake.pong {
  entity  = @resource:old-orders
  columns = same
}
dataset ping: legacy.pong -> lake.public.pong {
  entity  = @resource:old-orders
  columns = same
}
";
        assert_snapshot!(said(source), @"
        error[moved-onto-itself]: `customers` is moved onto itself
          2:40 again.CUSTOMERS
          help: The new place is the old one. Give the new table another name, or is its store where it should be?
        error[target-conflict]: `sums` and `totals` are written into one table, `again.sums`
          6:34 again.sums
          10:30 legacy.Sums  <- `sums` goes there too
          help: Give each its own table.
        error[target-conflict]: `ping` and `pong` are written into one table, `lake.public.pong`
          14:30 lake.pong
          18:30 lake.public.pong  <- `ping` goes there too
          help: Give each its own table.
        ");
    }
}
