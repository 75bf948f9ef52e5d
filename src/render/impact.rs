//! Who is touched by an entity: counts by owner, then the tree of readers, then the columns; and as JSON.

use std::collections::BTreeMap;

use console::style;
use mig_compiler::impact::{Becomes, ColumnImpact, Impact, Known, Link, Moved, Touched};
use mig_compiler::lineage::Change;
use mig_plan::{Criticality, EntityRef};
use serde_json::{Value, json};

use super::expr::{expr, name};
use super::layout::{paragraph, table};
use super::plan::ends;
use super::words::{counted_len, entity, listed, safe};

/// The version of the JSON form.
const VERSION: u32 = 1;
/// The widest cell that the others line up with.
const CELL: usize = 44;
/// What nobody can say.
const UNKNOWN_COLUMNS: &str =
    "Which of these columns a reader uses, the catalog does not say: ask its owner.";

/// For people.
pub(crate) fn impact(
    impact: &Impact,
    moved: &[(&str, Vec<ColumnImpact>)],
    known: Known,
    width: usize,
) -> String {
    let who = [impact.owner.map(entity), impact.criticality.as_ref().map(|level| safe(&level.level))];
    let who: Vec<String> = who.into_iter().flatten().collect();
    let title = style(format!("Impact of {}", entity(impact.entity))).bold().to_string();
    let mut out = ends(&title, &who.join(", "), width);
    for found in &impact.moved {
        out.push_str(&paragraph(2, &moves(found), width));
    }
    if impact.moved.is_empty() && known.plan.is_some() {
        out.push_str("  not moved by this migration\n");
    }
    out.push('\n');
    out.push_str(&counts(impact, width));
    if !impact.touched.is_empty() {
        out.push_str(&format!("\n{}\n", style("Who is touched").bold()));
        out.push_str(&table(&tree(impact, known), 2, CELL, width));
    }
    for (dataset, columns) in moved {
        out.push_str(&format!("\n{}\n", style(format!("Columns of {}", safe(dataset))).bold()));
        let rows: Vec<Vec<String>> = columns.iter().flat_map(|column| column_rows(dataset, column)).collect();
        out.push_str(&table(&rows, 2, CELL, width));
    }
    if !moved.is_empty() && !impact.touched.is_empty() {
        out.push('\n');
        out.push_str(&paragraph(0, UNKNOWN_COLUMNS, width));
    }
    out
}

fn moves(moved: &Moved) -> String {
    let dataset = moved.dataset;
    let wave = moved.wave.map_or_else(String::new, |wave| format!(" in wave {}", safe(wave)));
    format!(
        "moves as {}{wave}: {} -> {}",
        safe(moved.name),
        safe(&dataset.old.to_string()),
        safe(&dataset.new.to_string())
    )
}

/// How many are touched, and whose they are.
fn counts(impact: &Impact, width: usize) -> String {
    let all = impact.touched.len();
    if all == 0 {
        return "Nobody is touched: the catalog knows no reader.\n".to_owned();
    }
    let direct = impact.touched.iter().filter(|touched| touched.distance == 1).count();
    let through = match all - direct {
        0 => " directly".to_owned(),
        more => format!(": {direct} directly, {more} through others"),
    };
    let are = if all == 1 { "is" } else { "are" };
    let mut out = format!("{} {are} touched{through}\n", counted_len(all, "entity"));
    let rows: Vec<Vec<String>> = by_owner(impact)
        .into_iter()
        .map(|(owner, touched)| {
            let owner = owner.map_or_else(|| "no owner".to_owned(), entity);
            vec![owner, touched.len().to_string(), levels(&touched)]
        })
        .collect();
    out.push_str(&table(&rows, 2, CELL, width));
    out
}

/// The touched by their owners, the owner of most first.
fn by_owner<'i, 'a>(impact: &'i Impact<'a>) -> Vec<(Option<&'a EntityRef>, Vec<&'i Touched<'a>>)> {
    let mut owners: BTreeMap<Option<&EntityRef>, Vec<&Touched>> = BTreeMap::new();
    for touched in &impact.touched {
        owners.entry(touched.owner).or_default().push(touched);
    }
    let mut owners: Vec<_> = owners.into_iter().collect();
    owners.sort_by_key(|(_, touched)| std::cmp::Reverse(touched.len()));
    owners
}

/// `2 high, 1 low`: most critical first; nothing when no level is known.
fn levels(touched: &[&Touched]) -> String {
    let mut levels: BTreeMap<(u32, &str), usize> = BTreeMap::new();
    for criticality in touched.iter().filter_map(|touched| touched.criticality.as_ref()) {
        *levels.entry((criticality.rank, &criticality.level)).or_default() += 1;
    }
    let known: usize = levels.values().sum();
    let mut parts: Vec<String> =
        levels.iter().rev().map(|((_, level), count)| format!("{count} {}", safe(level))).collect();
    if !parts.is_empty() && known < touched.len() {
        parts.push(format!("{} unknown", touched.len() - known));
    }
    parts.join(", ")
}

/// A row for each entity, behind the one through which it is touched.
fn tree(impact: &Impact, known: Known) -> Vec<Vec<String>> {
    let mut below: BTreeMap<&EntityRef, Vec<&Touched>> = BTreeMap::new();
    for touched in &impact.touched {
        below.entry(touched.through).or_default().push(touched);
    }
    let mut rows = Vec::new();
    let mut open: Vec<&Touched> = below.get(impact.entity).into_iter().flatten().rev().copied().collect();
    while let Some(touched) = open.pop() {
        let indent = "  ".repeat(usize::try_from(touched.distance).unwrap_or(1).saturating_sub(1).min(12));
        rows.push(vec![
            format!("{indent}{}", entity(touched.entity)),
            touched.owner.map(entity).unwrap_or_default(),
            touched.criticality.as_ref().map(|level| safe(&level.level)).unwrap_or_default(),
            fate(touched, known),
        ]);
        open.extend(below.get(touched.entity).into_iter().flatten().rev().copied());
    }
    rows
}

/// What a touched entity is to the one above it, and what the migration does with it.
fn fate(touched: &Touched, known: Known) -> String {
    let mut parts = vec![link(touched.link).to_owned()];
    if let Some(switched) = &touched.switched {
        let how: Vec<&str> = switched.consumer.cut_over.iter().map(mig_plan::Action::keyword).collect();
        let wave = switched.wave.map_or_else(String::new, |wave| format!("wave {}: ", safe(wave)));
        parts.push(format!("{wave}{}", listed(&how)));
    }
    parts.extend(touched.moved.iter().filter(|_| touched.link != Link::NewSideOf).map(moves));
    if touched.switched.is_none() && touched.moved.is_empty() && known.plan.is_some() {
        parts.push("not switched by this migration".to_owned());
    }
    parts.join(", ")
}

fn link(link: Link) -> &'static str {
    match link {
        Link::DependsOn => "depends on it",
        Link::ConsumesApi => "consumes it",
        Link::ProvidedBy => "is provided by it",
        Link::PartOf => "is a part of it",
        Link::NewSideOf => "is what it becomes",
        Link::MadeFrom => "is made from what it becomes",
    }
}

/// A row for each column that is made from an old one, or for its end.
fn column_rows(dataset: &str, column: &ColumnImpact) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = column
        .becomes
        .iter()
        .map(|becomes| {
            let own = becomes.dataset == dataset;
            let place = if own { String::new() } else { format!("{}.", safe(becomes.dataset)) };
            let made = format!("-> {place}{} {}", name(&becomes.column.name), becomes.column.ty);
            vec![name(column.name), made, change(becomes)]
        })
        .collect();
    if let Some(drop) = column.dropped {
        let see = drop.see.as_ref().map_or_else(String::new, |see| format!(" ({})", safe(see)));
        rows.push(vec![name(column.name), "ends".to_owned(), format!("{}{see}", safe(&drop.because))]);
    }
    rows
}

fn change(becomes: &Becomes) -> String {
    let made = expr(&becomes.column.expr);
    match &becomes.change {
        Change::Carried if becomes.column.expr.as_column() == Some(becomes.column.name.as_str()) => {
            "as it is".to_owned()
        }
        Change::Carried => "renamed".to_owned(),
        Change::Cast => format!("cast: {made}"),
        Change::Computed => format!("computed: {made}"),
        Change::Lossy(functions) => {
            let names: Vec<&str> = functions.iter().map(|function| function.word()).collect();
            format!("lossy ({}): {made}", names.join(", "))
        }
        Change::Decides => format!("only decides: {made}"),
    }
}

/// For programs.
pub(crate) fn json(impact: &Impact, moved: &[(&str, Vec<ColumnImpact>)], known: Known) -> Value {
    let owners: Vec<Value> = by_owner(impact)
        .into_iter()
        .map(|(owner, touched)| {
            let mut levels: BTreeMap<&str, usize> = BTreeMap::new();
            for criticality in touched.iter().filter_map(|touched| touched.criticality.as_ref()) {
                *levels.entry(&criticality.level).or_default() += 1;
            }
            json!({"owner": owner, "touched": touched.len(), "criticality": levels})
        })
        .collect();
    json!({
        "version": VERSION,
        "entity": impact.entity,
        "owner": impact.owner,
        "criticality": impact.criticality.as_ref().map(level),
        "moved": impact.moved.iter().map(moved_json).collect::<Vec<_>>(),
        "planned": known.plan.is_some(),
        "owners": owners,
        "touched": impact.touched.iter().map(touched_json).collect::<Vec<_>>(),
        "columns": moved.iter().flat_map(|(dataset, columns)| {
            columns.iter().map(move |column| column_json(dataset, column))
        }).collect::<Vec<_>>(),
    })
}

fn level(criticality: &Criticality) -> Value {
    json!({"level": criticality.level, "rank": criticality.rank})
}

fn moved_json(moved: &Moved) -> Value {
    json!({"dataset": moved.name, "wave": moved.wave, "old": moved.dataset.old, "new": moved.dataset.new})
}

fn touched_json(touched: &Touched) -> Value {
    let kind = match touched.link {
        Link::DependsOn => "depends_on",
        Link::ConsumesApi => "consumes_api",
        Link::ProvidedBy => "provided_by",
        Link::PartOf => "part_of",
        Link::NewSideOf => "new_side_of",
        Link::MadeFrom => "made_from",
    };
    json!({
        "entity": touched.entity,
        "distance": touched.distance,
        "through": touched.through,
        "link": kind,
        "owner": touched.owner,
        "criticality": touched.criticality.as_ref().map(level),
        "consumer": touched.switched.as_ref().map(|switched| json!({
            "name": switched.name,
            "wave": switched.wave,
            "cut_over": switched.consumer.cut_over.iter().map(|action| action.keyword()).collect::<Vec<_>>(),
        })),
        "moved": touched.moved.iter().map(moved_json).collect::<Vec<_>>(),
    })
}

fn column_json(dataset: &str, column: &ColumnImpact) -> Value {
    let becomes: Vec<Value> = column
        .becomes
        .iter()
        .map(|becomes| {
            let (change, functions) = match &becomes.change {
                Change::Carried => ("carried", None),
                Change::Cast => ("cast", None),
                Change::Computed => ("computed", None),
                Change::Lossy(functions) => ("lossy", Some(functions)),
                Change::Decides => ("decides", None),
            };
            let lossy: Vec<&str> = functions.into_iter().flatten().map(|function| function.word()).collect();
            json!({
                "dataset": becomes.dataset,
                "column": becomes.column.name,
                "type": becomes.column.ty,
                "from": becomes.from,
                "change": change,
                "lossy": lossy,
                "value": expr(&becomes.column.expr),
            })
        })
        .collect();
    json!({"dataset": dataset, "column": column.name, "becomes": becomes, "dropped": column.dropped})
}
