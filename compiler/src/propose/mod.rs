//! Proposes a first migration: takes a catalog, the schemas of two stores and what a person has decided, gives
//! a source that the compiler accepts, and a list of what is left for the person.
//!
//! Nothing is invented. A dataset that needs a value which neither store has (a new column that must not be
//! null, a time zone) is written behind `//` with its blanks, and so is one that the compiler refuses for another
//! reason, with the reason. Reads no file and asks nobody; what it wrote, it has compiled.

mod columns;
mod lacking;
mod matching;
mod scale;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use mig_lang::{FileId, Severity, parse};
use mig_plan::{Catalog, EntityRef, Plan, Setting, StoreKind};

use crate::check::{can_own, owner, readers};
use crate::prose::some_of;
use crate::{World, compile, fragment};
use columns::{Draft, Form};
pub use lacking::{Lacking, lacking};
use matching::{Pair, pairs};

/// What a person has decided.
#[derive(Clone, Debug)]
pub struct Request {
    /// The migration's name.
    pub name: String,
    /// Who owns it; the owner of most of its datasets when left out.
    pub owner: Option<EntityRef>,
    /// The catalog, as the source writes it.
    pub catalog: String,
    /// Which entities may be datasets, as a predicate; resources of the type `dataset` when left out.
    pub select: Option<String>,
    /// Where the tables are.
    pub old: StoreAt,
    /// Where they go.
    pub new: StoreAt,
}

/// A store of the proposal.
#[derive(Clone, Debug)]
pub struct StoreAt {
    /// Its name in the source.
    pub name: String,
    /// Its kind.
    pub kind: StoreKind,
    /// Where it is.
    pub location: Setting,
    /// The schema in it that the tables are in.
    pub schema: Option<String>,
}

/// A first migration.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The source, formatted.
    pub text: String,
    /// Its plan.
    pub plan: Plan,
    /// What a person must decide before the rest can move, a sentence each.
    pub open: Vec<String>,
    /// What a person should look at, a sentence each.
    pub review: Vec<String>,
}

/// Which entities are datasets when nobody says.
const DATASETS: &str = "kind == \"Resource\" and spec.type == \"dataset\"";

/// From so many on, tables that move alike are a family and not an item each.
const FAMILY: usize = 3;

/// Proposes a migration.
///
/// # Errors
/// Why there is nothing to propose, in sentences.
pub fn propose(request: &Request, world: &World) -> Result<Proposal, String> {
    let select = request.select.as_deref().unwrap_or(DATASETS);
    let predicate = fragment::predicate(select).map_err(|error| format!("`--select`: {error}"))?;
    let matched = pairs(request, world, &predicate);
    if matched.pairs.is_empty() {
        return Err(nothing(request, world, &matched));
    }
    let owner = owned(request, world.catalog, &matched.pairs)?;
    let mut drafts: Vec<Draft> =
        matched.pairs.iter().map(|pair| Draft::new(pair.clone(), request, world)).collect();
    let mut draft = text::Source { request, world, owner: &owner, select, open: &[], review: &[] };
    let (plan, _) = settled(&draft, &mut drafts)?;
    let family = family(&draft, &drafts, &plan);
    let (open, review) = notes(&drafts, &matched, request);
    draft = text::Source { open: &open, review: &review, ..draft };
    let alone = text::source(&draft, &drafts, None);
    let together = family.as_ref().map(|family| text::source(&draft, &drafts, Some(family)));
    for text in together.into_iter().chain([alone]) {
        if let Some(plan) =
            compiled(&text, world).ok().filter(|found| found.datasets.len() == plan.datasets.len())
        {
            return Ok(Proposal { text, plan, open, review });
        }
    }
    Err("The proposal does not compile. This is a fault of mig; please report it.".to_owned())
}

/// Writes datasets more and more carefully until the compiler has nothing against them.
fn settled(source: &text::Source, drafts: &mut [Draft]) -> Result<(Plan, String), String> {
    // A draft has three forms, and a step down shortens the way to the last.
    for _ in 0..4 {
        let text = text::source(source, drafts, None);
        let said = match compiled(&text, source.world) {
            Ok(plan) => return Ok((plan, text)),
            Err(said) => said,
        };
        let places = text::places(&text, drafts);
        let mut blamed: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        let mut others = Vec::new();
        for (at, message) in said {
            match places.iter().find(|(_, range)| range.contains(&at)) {
                Some((place, _)) => blamed.entry(*place).or_default().push(message),
                None => others.push(message),
            }
        }
        if blamed.is_empty() {
            return Err(others.join(" "));
        }
        for (place, messages) in blamed {
            drafts.get_mut(place).into_iter().for_each(|draft| draft.step_down(&messages, source.request));
        }
        if drafts.iter().all(|draft| matches!(draft.form, Form::Open { .. })) {
            let reasons: Vec<&str> = drafts.iter().flat_map(Draft::reasons).take(3).collect();
            return Err(format!("No dataset can move as it is: {}.", reasons.join("; ")));
        }
    }
    Err("The proposal does not settle. This is a fault of mig; please report it.".to_owned())
}

/// The plan of a source, or its errors, each with where it is.
fn compiled(text: &str, world: &World) -> Result<Plan, Vec<(usize, String)>> {
    let (file, mut said) = parse(FileId(0), text);
    let (plan, found) = compile(&[file], world, Vec::new());
    said.extend(found);
    let errors = said.iter().filter(|said| said.severity == Severity::Error);
    let errors: Vec<(usize, String)> = errors
        .map(|error| (usize::try_from(error.span().start).unwrap_or(usize::MAX), error.message.clone()))
        .collect();
    plan.filter(|_| errors.is_empty()).ok_or(errors)
}

/// The drafts that are a family, and the predicate that selects exactly them.
struct Family {
    /// Their places among the drafts.
    members: BTreeSet<usize>,
    /// The predicate.
    select: String,
}

/// Datasets are a family when there are at least [`FAMILY`] whose table is found by the family's own rule, keeps
/// its name and all its columns, and when a predicate that a person would write selects just them.
fn family(source: &text::Source, drafts: &[Draft], plan: &Plan) -> Option<Family> {
    let alike = |draft: &Draft| -> bool {
        matches!(&draft.form, Form::Same { drops } if drops.is_empty())
            && draft.pair.by_rule
            && draft.pair.new_entity.is_none()
            && draft.pair.old_path.last() == draft.pair.new_path.last()
            && plan.datasets.contains_key(&draft.name)
    };
    let mut by_prefix: BTreeMap<(&[String], &[String]), BTreeSet<usize>> = BTreeMap::new();
    for (place, draft) in drafts.iter().enumerate().filter(|(_, draft)| alike(draft)) {
        let prefixes = (prefix(&draft.pair.old_path), prefix(&draft.pair.new_path));
        by_prefix.entry(prefixes).or_default().insert(place);
    }
    let members =
        by_prefix.into_values().max_by_key(BTreeSet::len).filter(|members| members.len() >= FAMILY)?;
    let wanted: BTreeSet<&EntityRef> =
        members.iter().filter_map(|place| Some(&drafts.get(*place)?.pair.entity)).collect();
    let taken: BTreeSet<&EntityRef> = drafts
        .iter()
        .enumerate()
        .filter(|(place, draft)| !members.contains(place) && !matches!(draft.form, Form::Open { .. }))
        .flat_map(|(_, draft)| [Some(&draft.pair.entity), draft.pair.new_entity.as_ref()])
        .flatten()
        .collect();
    let select =
        matching::selections(source.select, &wanted, source.world.catalog).into_iter().find(|select| {
            matching::selects(select, source.world.catalog, &taken).is_some_and(|found| found == wanted)
        })?;
    Some(Family { members, select })
}

fn prefix(path: &[String]) -> &[String] {
    path.split_last().map_or(&[], |(_, prefix)| prefix)
}

/// The migration's owner.
fn owned(request: &Request, catalog: &Catalog, pairs: &[Pair]) -> Result<EntityRef, String> {
    if let Some(owner) = &request.owner {
        return match catalog.get(owner) {
            Some(_) if can_own(owner) => Ok(owner.clone()),
            Some(_) => Err(format!("`{}` owns nothing: an owner is a group or a user.", owner.source_form())),
            None => {
                let near = crate::nearest_entity(catalog, owner);
                let near =
                    near.map_or_else(String::new, |near| format!(" Did you mean `{}`?", near.source_form()));
                Err(format!("The catalog has no `{}`.{near}", owner.source_form()))
            }
        };
    }
    let mut owners: BTreeMap<&EntityRef, usize> = BTreeMap::new();
    for pair in pairs {
        let found = catalog.find(&pair.entity).and_then(owner);
        found.into_iter().for_each(|owner| *owners.entry(owner).or_default() += 1);
    }
    let most = owners.into_iter().min_by_key(|(owner, count)| (std::cmp::Reverse(*count), *owner));
    most.map(|(owner, _)| owner.clone()).ok_or_else(|| {
        "The catalog names no owner of these datasets: say who owns the migration, `--owner @group:name`."
            .to_owned()
    })
}

/// The entities that read what moves, but for those that move themselves.
fn consumers<'w>(world: &World<'w>, drafts: &[Draft]) -> BTreeSet<&'w EntityRef> {
    let moved =
        || drafts.iter().filter(|draft| !matches!(draft.form, Form::Open { .. })).map(|draft| &draft.pair);
    let own: BTreeSet<&EntityRef> =
        moved().flat_map(|pair| [Some(&pair.entity), pair.new_entity.as_ref()]).flatten().collect();
    moved()
        .filter_map(|pair| world.catalog.find(&pair.entity))
        .flat_map(readers)
        .map(|reader| reader.name)
        .filter(|reader| !own.contains(*reader))
        .collect()
}

/// Why nothing is proposed.
fn nothing(request: &Request, world: &World, matched: &matching::Matched) -> String {
    if world.catalog.is_empty() {
        return "The catalog is empty: does its source name the right files? Patterns are relative to the \
                migration's folder."
            .to_owned();
    }
    let store = &request.old.name;
    if matched.tables.is_empty() {
        return format!("The store `{store}` has no table: is it the right one?");
    }
    format!(
        "No entity of the catalog that is selected is a table of `{store}`, which has {}. An entity says its table \
         with the annotation `mig.dev/table`, or has its name; `--select` says which entities are datasets.",
        some_of(matched.tables.iter().map(String::as_str), 5)
    )
}

/// What is left to a person: what must be decided, and what should be looked at.
fn notes(drafts: &[Draft], matched: &matching::Matched, request: &Request) -> (Vec<String>, Vec<String>) {
    let mut open = Vec::new();
    let mut review = Vec::new();
    for draft in drafts {
        match &draft.form {
            Form::Open { reasons, .. } => {
                open.push(format!("`{}` does not move yet: {}.", draft.name, reasons.join("; ")));
            }
            Form::Same { drops } | Form::Listed { drops, .. } if !drops.is_empty() => {
                let names = some_of(drops.iter().map(|(name, _)| name.as_str()), 5);
                review.push(format!("`{}` leaves {names} behind.", draft.name));
            }
            Form::Same { .. } | Form::Listed { .. } => {}
        }
        if let Form::Listed { guessed, .. } = &draft.form
            && !guessed.is_empty()
        {
            review.push(format!("`{}` makes {}, by the names alone.", draft.name, guessed.join(", ")));
        }
        review.extend(draft.pair.guess.clone());
    }
    if !matched.unclaimed.is_empty() {
        review.push(format!(
            "The catalog does not know these tables of `{}`, which stay: {}.",
            request.old.name,
            some_of(matched.unclaimed.iter().map(String::as_str), 8)
        ));
    }
    review.extend(matched.ambiguous.iter().cloned());
    (open, review)
}

#[cfg(test)]
mod tests;
