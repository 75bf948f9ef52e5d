//! Evaluates predicates over entities. Three-valued: a missing value is null, and what is null in the end
//! does not hold.

use std::cmp::Ordering;

use mig_plan::catalog::Entity;
use mig_plan::json::Json;

use crate::hir::{Comparison, Operand, Predicate, Scale};

/// Whether the predicate holds for the entity.
pub(crate) fn holds(predicate: &Predicate, entity: &Entity, scale: Option<&Scale>) -> bool {
    truth(predicate, entity, &|| criticality(entity, scale?).ok()) == Some(true)
}

/// The same for an entity whose criticality has been looked up.
pub(super) fn holds_at(predicate: &Predicate, entity: &Entity, rank: Option<u32>) -> bool {
    truth(predicate, entity, &|| rank) == Some(true)
}

/// How critical the entity is that is asked about.
type Rank<'r> = &'r dyn Fn() -> Option<u32>;

/// How critical an entity is: its rank on the scale. `Err` has the value that is no level, where there is one.
pub(super) fn criticality(entity: &Entity, scale: &Scale) -> Result<u32, Option<String>> {
    let value = at(entity, &scale.path);
    let written = match &value {
        Some(Found::Value(Json::Text(text))) => &**text,
        Some(Found::Kind(kind)) => kind,
        Some(Found::Value(other)) => return Err(Some(other.to_string())),
        None => return Err(None),
    };
    let rank = scale.levels.iter().position(|level| level == written);
    rank.and_then(|rank| u32::try_from(rank).ok()).ok_or_else(|| Some(written.to_owned()))
}

/// What stands at a path of an entity.
enum Found<'a> {
    /// The kind, which is compared as references are: without regard to case.
    Kind(&'a str),
    /// A value of `metadata` or `spec` that is not null.
    Value(&'a Json),
}

fn at<'a>(entity: &'a Entity, path: &[String]) -> Option<Found<'a>> {
    let (root, rest) = path.split_first()?;
    let (map, rest) = match root.as_str() {
        "kind" => return rest.is_empty().then_some(Found::Kind(&entity.kind)),
        "metadata" => (&entity.metadata, rest),
        "spec" => (&entity.spec, rest),
        _ => return None,
    };
    let (first, rest) = rest.split_first()?;
    let mut value = map.get(first)?;
    for part in rest {
        value = value.as_object()?.get(part)?;
    }
    (*value != Json::Null).then_some(Found::Value(value))
}

/// One side of a comparison; a missing one is `None`.
enum Side<'a> {
    Kind(&'a str),
    Json(&'a Json),
    Text(&'a str),
    Number(f64),
    Bool(bool),
    Rank(u32),
    List(&'a [Operand]),
}

fn side<'a>(operand: &'a Operand, entity: &'a Entity, rank: Rank) -> Option<Side<'a>> {
    match operand {
        Operand::Path(path) => Some(match at(entity, path)? {
            Found::Kind(kind) => Side::Kind(kind),
            Found::Value(Json::Text(text)) => Side::Text(text),
            Found::Value(Json::Bool(value)) => Side::Bool(*value),
            Found::Value(Json::Number(number)) => Side::Number(number.as_f64()?),
            Found::Value(value) => Side::Json(value),
        }),
        Operand::Text(text) => Some(Side::Text(text)),
        Operand::Number(number) => Some(Side::Number(*number)),
        Operand::Bool(value) => Some(Side::Bool(*value)),
        Operand::Criticality => rank().map(Side::Rank),
        Operand::Level(rank) => Some(Side::Rank(*rank)),
        Operand::List(items) => Some(Side::List(items)),
    }
}

fn truth(predicate: &Predicate, entity: &Entity, rank: Rank) -> Option<bool> {
    match predicate {
        // Where one side decides, the other is not looked at: most entities fail the first thing asked.
        Predicate::And(left, right) => match truth(left, entity, rank) {
            Some(false) => Some(false),
            Some(true) => truth(right, entity, rank),
            None => truth(right, entity, rank).filter(|held| !held),
        },
        Predicate::Or(left, right) => match truth(left, entity, rank) {
            Some(true) => Some(true),
            Some(false) => truth(right, entity, rank),
            None => truth(right, entity, rank).filter(|held| *held),
        },
        Predicate::Not(inner) => truth(inner, entity, rank).map(|held| !held),
        Predicate::IsNull(operand) => Some(side(operand, entity, rank).is_none()),
        Predicate::Is(operand) => match side(operand, entity, rank)? {
            Side::Bool(value) => Some(value),
            Side::Kind(_)
            | Side::Json(_)
            | Side::Text(_)
            | Side::Number(_)
            | Side::Rank(_)
            | Side::List(_) => Some(false),
        },
        Predicate::Compare { operator, left, right } => {
            let (left, right) = (side(left, entity, rank)?, side(right, entity, rank)?);
            let order = compare(&left, &right);
            Some(match operator {
                Comparison::Equal => order == Some(Ordering::Equal),
                Comparison::NotEqual => order != Some(Ordering::Equal),
                Comparison::Less => order?.is_lt(),
                Comparison::LessOrEqual => order?.is_le(),
                Comparison::Greater => order?.is_gt(),
                Comparison::GreaterOrEqual => order?.is_ge(),
            })
        }
        Predicate::In { value, list } => {
            let value = side(value, entity, rank)?;
            match side(list, entity, rank)? {
                Side::List(items) => Some(items.iter().any(|item| {
                    side(item, entity, rank)
                        .is_some_and(|item| compare(&value, &item) == Some(Ordering::Equal))
                })),
                Side::Json(Json::List(items)) => Some(items.iter().any(|item| is(&value, item))),
                Side::Json(Json::Object(map)) => {
                    Some(matches!(value, Side::Text(text) if map.get(text).is_some()))
                }
                // A list of one is often written without its brackets.
                Side::Text(text) => Some(matches!(value, Side::Text(value) if value == text)),
                Side::Json(_) | Side::Kind(_) | Side::Number(_) | Side::Bool(_) | Side::Rank(_) => {
                    Some(false)
                }
            }
        }
    }
}

fn is(side: &Side, json: &Json) -> bool {
    match json {
        Json::Text(text) => matches!(side, Side::Text(value) if *value == &**text),
        Json::Bool(known) => matches!(side, Side::Bool(value) if value == known),
        Json::Number(number) => matches!(side, Side::Number(value) if number.as_f64() == Some(*value)),
        Json::Null | Json::List(_) | Json::Object(_) => {
            matches!(side, Side::Json(value) if *value == json)
        }
    }
}

/// How two values of one kind are ordered; `None` for values of different kinds.
fn compare(left: &Side, right: &Side) -> Option<Ordering> {
    match (left, right) {
        (Side::Text(left), Side::Text(right)) => Some(left.cmp(right)),
        (Side::Kind(left), Side::Text(right) | Side::Kind(right)) | (Side::Text(left), Side::Kind(right)) => {
            Some(left.to_lowercase().cmp(&right.to_lowercase()))
        }
        (Side::Number(left), Side::Number(right)) => left.partial_cmp(right),
        (Side::Bool(left), Side::Bool(right)) => Some(left.cmp(right)),
        (Side::Rank(left), Side::Rank(right)) => Some(left.cmp(right)),
        (Side::Json(left), Side::Json(right)) => (left == right).then_some(Ordering::Equal),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use mig_lang::ast::Statement;
    use mig_lang::{FileId, parse};
    use serde_json::json;

    use super::*;

    fn entity() -> Entity {
        let value = json!({
            "kind": "Component",
            "metadata": {
                "name": "billing", "tags": ["shop", "money"], "annotations": {"acme.io/tier": "medium"},
                "labels": {"team": "a"},
            },
            "spec": {"type": "service", "replicas": 3, "public": true, "lifecycle": null},
            "relations": [],
        });
        serde_json::from_value(value).unwrap()
    }

    /// The predicates among these that hold for the entity.
    fn holding(predicates: &[&str]) -> Vec<String> {
        let source = |predicate: &str| {
            format!(
                "migration m {{\n  criticality = metadata.annotations[\"acme.io/tier\"] in [low, medium, high]\n}}\nwave w {{\n  move = consumers where {predicate}\n}}\n"
            )
        };
        let holds_for = |predicate: &str| {
            let (file, diagnostics) = parse(FileId(0), &source(predicate));
            assert_eq!(diagnostics, [], "{predicate}");
            assert!(matches!(file.items[1].body[0], Statement::Attribute(_)));
            let (program, diagnostics) = crate::resolve(&[file]);
            let wave = &program.waves["w"];
            assert!(wave.moves_whole, "{predicate}: {diagnostics:?}");
            let scale = program.migration.as_ref().and_then(|migration| migration.scale.as_ref());
            holds(wave.moves[0].predicate.as_ref().unwrap(), &entity(), scale)
        };
        predicates.iter().filter(|predicate| holds_for(predicate)).map(|held| (*held).to_owned()).collect()
    }

    #[test]
    fn what_holds() {
        let held = [
            "kind == \"Component\"",
            "kind == \"component\"",
            "kind in [\"API\", \"Component\"]",
            "spec.type == \"service\"",
            "spec.type != \"website\"",
            "\"shop\" in metadata.tags",
            "\"acme.io/tier\" in metadata.annotations",
            "metadata.annotations[\"acme.io/tier\"] == \"medium\"",
            "metadata.labels.team < \"b\"",
            "spec.replicas >= 3 and spec.replicas < 3.5",
            "spec.public",
            "not (spec.type == \"website\")",
            "is_null(spec.lifecycle) and is_null(spec.nothing.at.all)",
            "spec.nothing == \"a\" or spec.public",
            "criticality > low and criticality <= medium",
            "criticality in [medium, high]",
        ];
        assert_eq!(holding(&held), held);
    }

    #[test]
    fn what_is_missing_or_of_another_kind_does_not_hold() {
        let fallen = [
            "spec.nothing == \"a\"",
            "spec.nothing != \"a\"",
            "not (spec.nothing == \"a\")",
            "spec.nothing == \"a\" and spec.public",
            "\"a\" in spec.nothing",
            "spec.replicas == \"3\"",
            "spec.replicas < \"4\"",
            "spec.type",
            "criticality == high",
            "\"x\" in metadata.tags",
        ];
        assert_eq!(holding(&fallen), Vec::<String>::new());
    }
}
