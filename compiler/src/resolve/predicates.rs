//! Resolves predicates over entities of the catalog: paths, constants, comparisons, the scale of criticality.

use mig_lang::ast::{BinaryOperator, Expr, ExprKind, Literal, Name, UnaryOperator};
use mig_lang::{Diagnostic, Span, nearest};

use super::{Resolver, ScaleKnown};
use crate::hir::{Comparison, Operand, Predicate};
use crate::shape;

/// What an entity has.
const ROOTS: [&str; 3] = ["kind", "metadata", "spec"];

/// What stands for the level of an entity on the migration's scale.
const CRITICALITY: &str = "criticality";

/// Parts of an entity that people name without their root.
const INSIDE: [(&str, &str); 13] = [
    ("name", "metadata.name"),
    ("namespace", "metadata.namespace"),
    ("title", "metadata.title"),
    ("description", "metadata.description"),
    ("tags", "metadata.tags"),
    ("labels", "metadata.labels"),
    ("annotations", "metadata.annotations"),
    ("type", "spec.type"),
    ("lifecycle", "spec.lifecycle"),
    ("owner", "spec.owner"),
    ("system", "spec.system"),
    ("domain", "spec.domain"),
    ("profile", "spec.profile"),
];

/// The parts of a path as written: names behind dots, keys in brackets. `None` for anything else.
pub(super) fn entity_path(expr: &Expr) -> Option<Vec<String>> {
    if let ExprKind::Index { base, key } = &expr.kind {
        let mut path = entity_path(base)?;
        path.push(shape::text(key)?.to_owned());
        return Some(path);
    }
    Some(shape::path(expr)?.iter().map(|part| part.text.clone()).collect())
}

impl Resolver {
    /// The predicate of `catalog where predicate`, and where it stands.
    pub(super) fn selection(&mut self, value: &Expr) -> Option<Predicate> {
        let example = "catalog where kind == \"Component\"";
        let ExprKind::Where { source, predicate } = &value.kind else {
            self.wrong(value, "a selection from the catalog", example);
            return None;
        };
        if entity_path(source).is_none_or(|path| path != ["catalog"]) {
            self.wrong(source, "the `catalog`", example);
            return None;
        }
        self.predicate(predicate)
    }

    /// A path that starts at an entity, into a part that entities have.
    pub(super) fn path(&mut self, expr: &Expr) -> Option<Vec<String>> {
        let Some(path) = entity_path(expr) else {
            self.wrong(expr, "a path into an entity", "metadata.annotations[\"acme.io/tier\"]");
            return None;
        };
        if path.first().is_some_and(|root| ROOTS.contains(&root.as_str())) {
            return self.is_known(expr, &path).then_some(path);
        }
        self.unknown_path(expr, &path, None);
        None
    }

    /// Whether a path leads to a part that is not a misspelt one of those that all entities have.
    fn is_known(&mut self, expr: &Expr, path: &[String]) -> bool {
        let [root, part, ..] = path else { return true };
        let inside = || INSIDE.iter().filter_map(|(_, known)| known.strip_prefix("metadata."));
        let known = root != "metadata" || matches!(part.as_str(), "uid" | "etag" | "links");
        if known || inside().any(|name| name == part) {
            return true;
        }
        let (Some(near), Some(name)) =
            (nearest(part, inside()), names_of(expr).and_then(|names| names.get(1)))
        else {
            return true;
        };
        self.out.push(
            Diagnostic::error(
                "unknown-path",
                name.span,
                format!("the metadata of an entity has no `{part}`"),
            )
            .here(format!("did you mean `{near}`?"))
            .fix(format!("write `{near}`"), name.span, near),
        );
        false
    }

    fn unknown_path(&mut self, expr: &Expr, path: &[String], compared: Option<Span>) {
        let (Some(root), ExprKind::Path(_) | ExprKind::Index { .. }) = (path.first(), &expr.kind) else {
            return;
        };
        let first = first_name(expr).map_or(expr.span, |name| name.span);
        let error = Diagnostic::error("unknown-path", first, format!("an entity has no `{root}`"));
        let inside = INSIDE.iter().find(|(name, _)| name == root).map(|(_, path)| *path);
        let inside = inside.or_else(|| nearest(root, ROOTS.into_iter().chain([CRITICALITY])));
        self.out.push(match (inside, compared) {
            (Some(near), _) => error.fix(format!("write `{near}`"), first, near),
            (None, Some(whole)) if path.len() == 1 => error
                .help("A text stands in quotes; a name is a path into the entity: `kind`, `metadata.…`, `spec.…`.")
                .fix(format!("write \"{root}\""), whole, format!("\"{root}\"")),
            (None, _) => error.help("It has `kind`, `metadata` and `spec`, as its descriptor has them."),
        });
    }

    /// A predicate over an entity.
    pub(super) fn predicate(&mut self, expr: &Expr) -> Option<Predicate> {
        if let ExprKind::Binary { operator, left, right } = &expr.kind {
            return self.binary(operator.value, left, right, expr);
        }
        if let ExprKind::Unary { operator, operand } = &expr.kind
            && operator.value == UnaryOperator::Not
        {
            return Some(Predicate::Not(Box::new(self.predicate(operand)?)));
        }
        if let ExprKind::Call { function, arguments } = &expr.kind
            && let ("is_null", [argument]) = (function.text.as_str(), arguments.as_slice())
        {
            return Some(Predicate::IsNull(Operand::Path(self.path(&argument.value)?)));
        }
        if let ExprKind::Literal(Literal::Bool(value)) = &expr.kind {
            return Some(Predicate::Is(Operand::Bool(*value)));
        }
        // The whole of an entity's `spec` is no condition; a part of it may be.
        let is_root = shape::name(expr).is_some_and(|name| ROOTS.contains(&name.text.as_str()));
        if !is_root && matches!(expr.kind, ExprKind::Path(_) | ExprKind::Index { .. }) {
            return Some(Predicate::Is(Operand::Path(self.path(expr)?)));
        }
        self.no_predicate(expr)
    }

    fn binary(
        &mut self,
        operator: BinaryOperator,
        left: &Expr,
        right: &Expr,
        whole: &Expr,
    ) -> Option<Predicate> {
        let comparison = match operator {
            BinaryOperator::And | BinaryOperator::Or => {
                let (left, right) = (self.predicate(left), self.predicate(right));
                let (left, right) = (Box::new(left?), Box::new(right?));
                return Some(match operator == BinaryOperator::And {
                    true => Predicate::And(left, right),
                    false => Predicate::Or(left, right),
                });
            }
            BinaryOperator::In => {
                let (value, list) = self.sides(left, right)?;
                return Some(Predicate::In { value, list });
            }
            BinaryOperator::Equal => Comparison::Equal,
            BinaryOperator::NotEqual => Comparison::NotEqual,
            BinaryOperator::Less => Comparison::Less,
            BinaryOperator::LessOrEqual => Comparison::LessOrEqual,
            BinaryOperator::Greater => Comparison::Greater,
            BinaryOperator::GreaterOrEqual => Comparison::GreaterOrEqual,
            BinaryOperator::Add
            | BinaryOperator::Subtract
            | BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::Remainder
            | BinaryOperator::Concat => return self.no_predicate(whole),
        };
        self.comparison(comparison, left, right, whole.span)
    }

    fn no_predicate(&mut self, expr: &Expr) -> Option<Predicate> {
        self.wrong(
            expr,
            "a condition on an entity",
            "spec.type == \"dataset\" and \"shop\" in metadata.tags",
        );
        None
    }

    fn comparison(
        &mut self,
        operator: Comparison,
        left: &Expr,
        right: &Expr,
        span: Span,
    ) -> Option<Predicate> {
        for (null, other) in [(left, right), (right, left)] {
            if matches!(null.kind, ExprKind::Literal(Literal::Null)) {
                let shown = crate::source::expression(other);
                let not = if operator == Comparison::NotEqual { "not " } else { "" };
                let test = format!("{not}is_null({shown})");
                self.out.push(
                    Diagnostic::error("null-comparison", span, "a comparison with `null` is never true")
                        .help(format!("Test for it with `{test}`."))
                        .certain(format!("write `{test}`"), span, test),
                );
                return None;
            }
        }
        let (left, right) = self.sides(left, right)?;
        Some(Predicate::Compare { operator, left, right })
    }

    /// Both sides of a comparison; beside `criticality` stand levels of the scale.
    fn sides(&mut self, left: &Expr, right: &Expr) -> Option<(Operand, Operand)> {
        let criticality = |expr: &Expr| entity_path(expr).is_some_and(|path| path == [CRITICALITY]);
        if criticality(left) || criticality(right) {
            let side = |resolver: &mut Self, expr: &Expr| {
                if criticality(expr) { resolver.has_scale(expr) } else { resolver.levels(expr) }
            };
            let (left, right) = (side(self, left), side(self, right));
            return Some((left?, right?));
        }
        // Of two names that nothing has, the left one is misspelt; it says what the right one is.
        let is_lost =
            |expr: &Expr| shape::name(expr).is_some_and(|name| !ROOTS.contains(&name.text.as_str()));
        if is_lost(left) && is_lost(right) {
            let path = entity_path(left)?;
            self.unknown_path(left, &path, None);
            return None;
        }
        let (left, right) = (self.operand(left), self.operand(right));
        Some((left?, right?))
    }

    fn has_scale(&mut self, expr: &Expr) -> Option<Operand> {
        match &self.scale {
            ScaleKnown::Scale(_) => Some(Operand::Criticality),
            ScaleKnown::Broken => None,
            ScaleKnown::None => {
                self.out.push(
                    Diagnostic::error("no-criticality", expr.span, "the migration says nothing of criticality")
                        .help("Say in the `migration` where an entity has it, and the scale, least critical first: `criticality = metadata.annotations[\"acme.io/tier\"] in [low, medium, high]`."),
                );
                None
            }
        }
    }

    fn levels(&mut self, expr: &Expr) -> Option<Operand> {
        if let ExprKind::List(items) = &expr.kind {
            let levels: Vec<Option<Operand>> = items.iter().map(|item| self.levels(item)).collect();
            return levels.into_iter().collect::<Option<_>>().map(Operand::List);
        }
        let ScaleKnown::Scale(scale) = &self.scale else { return None };
        let written = match (&expr.kind, entity_path(expr)) {
            (ExprKind::Literal(Literal::Text(text)), _) => text.clone(),
            (_, Some(path)) if path.len() == 1 => path.concat(),
            _ => {
                let levels = crate::prose::some_of(scale.levels.iter().map(String::as_str), 12);
                if expr.is_whole() {
                    self.out.push(
                        Diagnostic::error("wrong-value", expr.span, "a level of criticality is wanted")
                            .help(format!("It is one of {levels}, least critical first.")),
                    );
                }
                return None;
            }
        };
        if let Some(rank) = scale.levels.iter().position(|level| *level == written) {
            return u32::try_from(rank).ok().map(Operand::Level);
        }
        let levels = scale.levels.iter().map(String::as_str);
        let error = Diagnostic::error(
            "unknown-level",
            expr.span,
            format!("the scale of criticality has no `{written}`"),
        );
        self.out.push(match nearest(&written, levels.clone()) {
            Some(near) => error.here(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                expr.span,
                crate::source::identifier(near),
            ),
            None => error.help(format!("It is {}, least critical first.", crate::prose::some_of(levels, 12))),
        });
        None
    }

    fn operand(&mut self, expr: &Expr) -> Option<Operand> {
        if let Some(items) = shape::list(expr) {
            let items: Vec<Option<Operand>> = items.iter().map(|item| self.operand(item)).collect();
            return items.into_iter().collect::<Option<_>>().map(Operand::List);
        }
        if let Some(constant) = constant(expr) {
            return Some(constant);
        }
        let Some(path) = entity_path(expr) else {
            self.wrong(expr, "a value of an entity", "spec.type == \"dataset\"");
            return None;
        };
        if path.first().is_some_and(|root| ROOTS.contains(&root.as_str())) {
            return self.is_known(expr, &path).then_some(Operand::Path(path));
        }
        self.unknown_path(expr, &path, Some(expr.span));
        None
    }
}

/// The constant that stands in a predicate.
fn constant(expr: &Expr) -> Option<Operand> {
    if let ExprKind::Unary { operator, operand } = &expr.kind {
        return match (operator.value, constant(operand)?) {
            (UnaryOperator::Negate, Operand::Number(number)) => Some(Operand::Number(-number)),
            _ => None,
        };
    }
    let ExprKind::Literal(literal) = &expr.kind else { return None };
    match literal {
        Literal::Text(text) => Some(Operand::Text(text.clone())),
        Literal::Bool(value) => Some(Operand::Bool(*value)),
        Literal::Integer { value, rows: false } => value.to_string().parse().ok().map(Operand::Number),
        Literal::Decimal(digits) => digits.parse().ok().map(Operand::Number),
        Literal::Integer { rows: true, .. }
        | Literal::RowsPerSecond(_)
        | Literal::Percent(_)
        | Literal::Duration { .. }
        | Literal::Size { .. }
        | Literal::Null => None,
    }
}

/// The first name of a path.
fn first_name(expr: &Expr) -> Option<&Name> {
    names_of(expr)?.first()
}

/// The names of a path before its keys.
fn names_of(expr: &Expr) -> Option<&[Name]> {
    if let ExprKind::Index { base, .. } = &expr.kind {
        return names_of(base);
    }
    shape::path(expr)
}
