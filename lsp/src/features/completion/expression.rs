//! What may stand in an expression: columns and functions, those of the wanted type first, the names of parameters, time
//! zones, units.

use mig_compiler::functions::{Accepts, FunctionInfo, Meaning, function, functions as all_functions};
use mig_lang::ast::Keyword;
use mig_lang::items::{ValueForm, item as spec};
use mig_lang::words;
use mig_plan::{ColumnType, Type};

use super::candidates::plain;
use super::columns::{checked_columns, old_columns, old_table};
use super::context::Place;
use super::{Candidate, CandidateKind};
use crate::features::call::Call;
use crate::features::hover;
use crate::snapshot::Folder;

/// What is wanted where an expression is written.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    /// Nothing is known of it.
    Anything,
    /// A value of that type.
    Type(Type),
    /// What a parameter takes.
    Parameter(Accepts),
}

impl Wanted {
    /// What is wanted at a place: what the parameter takes in a call, and the column's type outside of one.
    fn at(place: &Place<'_>, declared: Option<&str>) -> Self {
        let Some(call) = &place.call else {
            let ty = declared.and_then(|ty| ty.parse::<ColumnType>().ok());
            return ty.map_or(Self::Anything, |ty| Self::Type(ty.ty));
        };
        let Some(info) = function(call.function).filter(|_| call.directly) else { return Self::Anything };
        let names: Vec<&str> = info.parameters.iter().map(|parameter| parameter.name).collect();
        let parameter = call.parameter(&names, info.variadic).and_then(|place| info.parameters.get(place));
        parameter.map_or(Self::Anything, |parameter| Self::Parameter(parameter.accepts))
    }

    /// Whether a column of this type is wanted.
    fn takes(&self, ty: &ColumnType) -> bool {
        match self {
            Self::Anything => true,
            Self::Type(wanted) => *wanted == ty.ty,
            Self::Parameter(accepts) => accepts.takes(ty),
        }
    }

    /// Whether what a function gives can be wanted.
    fn takes_result(&self, info: &FunctionInfo) -> bool {
        match self {
            Self::Anything => true,
            Self::Type(wanted) => info.can_give(wanted),
            Self::Parameter(accepts) => {
                let decimal = Type::Decimal { precision: 38, scale: 2 };
                let mut types = Type::SIMPLE.iter().map(|(_, ty)| ty).chain(std::iter::once(&decimal));
                types.any(|ty| accepts.takes(&ty.clone().required()) && info.can_give(ty))
            }
        }
    }

    /// Whether it is a constant that stands in the source.
    fn is_constant(&self) -> bool {
        matches!(self, Self::Parameter(accepts) if accepts.is_written())
    }
}

/// What may stand in an expression over the old columns of a dataset.
pub(super) fn expression(
    folder: &Folder,
    place: &Place<'_>,
    declared: Option<&str>,
    dataset: &str,
) -> Vec<Candidate> {
    let wanted = Wanted::at(place, declared);
    let mut all = parameters(place);
    if wanted.is_constant() {
        return all;
    }
    let table = old_table(folder, dataset);
    all.extend(old_columns(folder, dataset, 2).into_iter().map(|candidate| {
        let column = table.and_then(|table| table.column(&candidate.label));
        let ty = column.and_then(|column| column.ty.as_ref());
        let fits = wanted == Wanted::Anything || ty.is_some_and(|ty| wanted.takes(ty));
        Candidate { group: if fits { 0 } else { 2 }, ..candidate }
    }));
    all.extend(functions(&wanted, |info| matches!(info.meaning, Meaning::Row(_))));
    all.extend(expression_words());
    all
}

/// What may stand in a condition over all rows: aggregates, and in one of them what is about a row.
pub(super) fn require(folder: &Folder, place: &Place<'_>, validation: &str) -> Vec<Candidate> {
    if place.call.is_none() {
        return functions(&Wanted::Anything, |info| info.meaning == Meaning::Aggregate);
    }
    let wanted = Wanted::at(place, None);
    let mut all = parameters(place);
    if wanted.is_constant() {
        return all;
    }
    all.extend(checked_columns(folder, validation));
    all.extend(functions(&wanted, |info| matches!(info.meaning, Meaning::Row(_))));
    all.extend(expression_words());
    all
}

/// The names of the parameters of a function that have no argument yet.
fn parameters(place: &Place<'_>) -> Vec<Candidate> {
    let Some(call) = &place.call else { return Vec::new() };
    let Some(info) = function(call.function).filter(|info| !info.variadic) else { return Vec::new() };
    // The first argument of nearly every function goes without its name.
    let all = info.parameters.iter().map(|parameter| (parameter.name, parameter.accepts.words()));
    unnamed(call, all, 3)
}

/// The names that an argument which is begun may still have, each with what it takes.
pub(super) fn unnamed<'p>(
    call: &Call<'_>,
    parameters: impl Iterator<Item = (&'p str, String)>,
    group: u8,
) -> Vec<Candidate> {
    if !call.directly || !call.begins || call.name.is_some() {
        return Vec::new();
    }
    // Arguments without a name come first, and take the first parameters.
    let positional = call.before.saturating_sub(call.named.len());
    parameters
        .enumerate()
        .filter(|(at, (name, _))| *at >= positional && !call.named.contains(name))
        .map(|(_, (name, takes))| Candidate {
            insert: format!("{name}: "),
            group,
            ..plain(name, CandidateKind::Parameter, &takes, "")
        })
        .collect()
}

fn functions(wanted: &Wanted, is_meant: impl Fn(&FunctionInfo) -> bool) -> Vec<Candidate> {
    all_functions()
        .filter(|info| is_meant(info))
        .map(|info| {
            let places = info.parameters.iter().take(info.required.max(1)).enumerate();
            let arguments: Vec<String> =
                places.map(|(at, parameter)| format!("${{{}:{}}}", at + 1, parameter.name)).collect();
            Candidate {
                insert: format!("{}({})", info.name, arguments.join(", ")),
                snippet: !arguments.is_empty(),
                group: if wanted.takes_result(info) { 1 } else { 3 },
                ..plain(info.name, CandidateKind::Function, &info.signature(), &hover::function_doc(info))
            }
        })
        .collect()
}

fn expression_words() -> Vec<Candidate> {
    let mut all: Vec<Candidate> = words::OPERATORS
        .iter()
        .filter(|word| !matches!(**word, "where" | "for"))
        .chain(&words::CONSTANTS)
        .map(|word| Candidate { group: 4, ..plain(word, CandidateKind::Keyword, "", "") })
        .collect();
    all.push(Candidate {
        insert: "if ${1:condition} then ${2:value} else ${3:value}".to_owned(),
        snippet: true,
        group: 4,
        ..plain("if … then … else …", CandidateKind::Keyword, "", "A choice, always with both branches.")
    });
    all
}

/// The texts that a parameter takes, where there are only so many; outside of quotes the names of parameters too.
pub(super) fn choices(place: &Place<'_>, accepts: Accepts, quoted: bool) -> Vec<Candidate> {
    let mut all = if quoted { Vec::new() } else { parameters(place) };
    all.extend(accepts.choices().into_iter().map(|choice| Candidate {
        insert: if quoted { choice.to_owned() } else { format!("\"{choice}\"") },
        ..plain(choice, CandidateKind::Value, "", "")
    }));
    all
}

/// The units that a number may have where it stands.
pub(super) fn units(place: &Place<'_>, attribute: &str, behind: &str) -> Vec<Candidate> {
    let unit = |insert: String, label: &str, doc: &str| Candidate {
        insert,
        ..plain(label, CandidateKind::Unit, "", doc)
    };
    let rows = || unit(" rows".to_owned(), "rows", "A number of rows.");
    let share = || unit("%".to_owned(), "%", "A share.");
    let durations =
        || words::DURATIONS.iter().map(|found| unit(found.unit.to_owned(), found.unit, "A span of time."));
    let sizes = || words::SIZES.iter().map(|found| unit(format!(" {}", found.unit), found.unit, "A size."));
    let (keyword, form) = place.item.map_or((None, None), |(keyword, _)| {
        (Some(keyword), spec(keyword).attribute(attribute).map(|attribute| attribute.value))
    });
    match form {
        Some(ValueForm::Rows) => vec![rows()],
        Some(ValueForm::Duration) => durations().collect(),
        Some(_) => Vec::new(),
        None if matches!(behind, "within" | "for") => durations().collect(),
        None if keyword == Some(Keyword::Rollback) => vec![share()],
        None => [rows(), share()].into_iter().chain(durations()).chain(sizes()).collect(),
    }
}
