//! Resolves validations, approvals and rollback policies.

use mig_lang::ast::{BinaryOperator, Check, Expr, ExprKind, Header, Item, Statement, When};
use mig_lang::{Diagnostic, nearest};
use mig_plan::{CheckRule, Condition, NoData, RollbackPolicy, RollbackScope};

use super::{Resolver, end_of, title};
use crate::forms::ERROR_RATE;
use crate::hir::{Approval, Rollback, Rule, Validation};
use crate::shape;
use crate::source::{expression, sign};

/// Seconds for which an approval holds when the source does not say: a day.
const VALID_SECONDS: u64 = 86_400;

impl Resolver {
    pub(super) fn validation(&mut self, item: &Item) -> Validation {
        let body = self.body(item);
        let on = if let Header::On(names) = &item.header { self.datasets_named(names) } else { Vec::new() };
        let mut rules = Vec::new();
        for statement in &body.statements {
            let Statement::Check(check) = statement else { continue };
            rules.extend(match check {
                Check::RowCount(_) => Some(Rule::Plain(CheckRule::RowCount)),
                Check::Checksum { reread, .. } => Some(Rule::Plain(CheckRule::Checksum { reread: *reread })),
                Check::Freshness { within, column, .. } => self
                    .duration(within, "freshness within 5m of placed_at")
                    .map(|within_seconds| Rule::Freshness { within_seconds, column: column.clone() }),
                Check::Require { condition, message, .. } => {
                    Some(Rule::Require { condition: condition.clone(), message: message.value.clone() })
                }
            });
        }
        if item.is_whole()
            && body.statements.iter().all(|statement| !matches!(statement, Statement::Check(_)))
        {
            self.out.push(
                Diagnostic::warning(
                    "empty-validation",
                    item.name.span,
                    format!("`{}` demands nothing", item.name.text),
                )
                .help("Rows are counted and checksums compared without it. Say what must hold besides: `freshness`, `require`; or remove it."),
            );
        }
        Validation { title: title(item), on, rules }
    }

    pub(super) fn approval(&mut self, item: &Item) -> Approval {
        let body = self.body(item);
        let example = "[@group:commerce, @group:finance]";
        let values = body.attribute("from").and_then(|attribute| self.list(attribute)).unwrap_or_default();
        if let Some(attribute) = body.attribute("from").filter(|_| item.is_whole())
            && values.is_empty()
            && attribute.values.len() == 1
        {
            self.out.push(
                Diagnostic::error("wrong-value", attribute.span, "nobody is asked")
                    .help(format!("Name those who must agree: `from = {example}`.")),
            );
        }
        let mut from: Vec<crate::hir::EntityUse> = Vec::new();
        for value in values {
            let Some(entity) = self.entity(value, example) else { continue };
            if let Some(first) = from.iter().find(|known| known.entity == entity.entity) {
                self.out.push(
                    Diagnostic::error("wrong-value", entity.span, "this entity is named twice")
                        .label(first.span, "the first time"),
                );
            } else {
                from.push(entity);
            }
        }
        let valid = body.attribute("valid").and_then(|attribute| self.single(attribute));
        let valid_seconds = self.pause(valid, VALID_SECONDS, "24h").unwrap_or(VALID_SECONDS);
        Approval { title: title(item), from, valid_seconds }
    }

    pub(super) fn rollback(&mut self, item: &Item) -> Rollback {
        let body = self.body(item);
        let no_data = body
            .attribute("no_data")
            .and_then(|attribute| self.single(attribute))
            .and_then(|value| self.word(value, body.words("no_data")));
        let no_data = match no_data {
            Some("proceed") => NoData::Proceed,
            Some("revert") => NoData::Revert,
            Some(_) | None => NoData::Pause,
        };
        let mut policy = RollbackPolicy {
            conditions: Vec::new(),
            no_data,
            revert: RollbackScope::Wave,
            notify_owners: false,
        };
        let mut conditions = Vec::new();
        for statement in &body.statements {
            match statement {
                Statement::When(when) => {
                    if let Some(condition) = self.when(when) {
                        policy.conditions.push(condition);
                        conditions.push(when.span);
                    }
                }
                Statement::Then(then) => {
                    for (verb, object) in &then.reactions {
                        self.reaction(&mut policy, (&verb.text, verb.span), (&object.text, object.span));
                    }
                }
                Statement::Attribute(_)
                | Statement::Columns(_)
                | Statement::Drop(_)
                | Statement::Check(_)
                | Statement::Irreversible { .. }
                | Statement::Allow(_)
                | Statement::Broken(_) => {}
            }
        }
        Rollback { title: title(item), policy, conditions }
    }

    fn reaction(
        &mut self,
        policy: &mut RollbackPolicy,
        (verb, verb_span): (&str, mig_lang::Span),
        (object, object_span): (&str, mig_lang::Span),
    ) {
        match (verb, object) {
            ("revert", "wave") => policy.revert = RollbackScope::Wave,
            ("revert", "migration") => policy.revert = RollbackScope::Migration,
            ("notify", "owners") => policy.notify_owners = true,
            _ => {
                let (span, wanted) = match verb {
                    "revert" => (object_span, ["wave", "migration"].as_slice()),
                    "notify" => (object_span, ["owners"].as_slice()),
                    _ => (verb_span, ["revert", "notify"].as_slice()),
                };
                let written = if span == object_span { object } else { verb };
                let error = Diagnostic::error("wrong-value", span, format!("`{written}` is no reaction"))
                    .help("Write `revert wave` or `revert migration`, and `notify owners`.");
                self.out.push(match nearest(written, wanted.iter().copied()) {
                    Some(near) => error.fix(format!("write `{near}`"), span, near),
                    None => error,
                });
            }
        }
    }

    fn when(&mut self, when: &When) -> Option<Condition> {
        let (metric, operator, threshold) = self.limit(&when.condition)?;
        let for_seconds = match &when.hold {
            Some(_) => self.pause(when.hold.as_ref(), 0, "for 5m")?,
            None => 0,
        };
        let counts = self.metrics.get(&metric).is_some_and(|metric| metric.counts_attempts);
        let minimum_attempts = match &when.minimum {
            Some(minimum) => self.attempts(minimum)?,
            None if metric == ERROR_RATE.name || counts => {
                let hold = if when.hold.is_none() { " for 5m" } else { "" };
                self.out.push(
                    Diagnostic::error("no-minimum", when.condition.span, "a share of how many attempts?")
                        .help("One failure out of two is 50%. Say from how many attempts on the share counts: `and attempts >= 200`.")
                        .fix("write `and attempts >= 200`", end_of(when.span), format!("{hold} and attempts >= 200")),
                );
                return None;
            }
            None => 0,
        };
        self.fits_metric(when, &metric)?;
        let mut source = expression(&when.condition);
        if let Some(hold) = &when.hold {
            source.push_str(&format!(" for {}", expression(hold)));
        }
        if let Some(minimum) = &when.minimum {
            source.push_str(&format!(" and {}", expression(minimum)));
        }
        Some(Condition { metric, operator, threshold, for_seconds, minimum_attempts, source })
    }

    /// A metric, the operator, and its limit.
    fn limit(&mut self, condition: &Expr) -> Option<(String, String, String)> {
        let example = "error_rate > 1%";
        let ExprKind::Binary { operator, left, right } = &condition.kind else {
            self.wrong(condition, "a metric and its limit", example);
            return None;
        };
        let orders = matches!(
            operator.value,
            BinaryOperator::Less
                | BinaryOperator::LessOrEqual
                | BinaryOperator::Greater
                | BinaryOperator::GreaterOrEqual
        );
        if !orders {
            let message = "a metric is beyond its limit by `>`, `>=`, `<` or `<=`";
            self.out.push(Diagnostic::error("wrong-value", operator.span, message));
            return None;
        }
        let (metric, unit) = self.metric_used(left, example)?;
        let threshold = self.threshold(right, unit)?;
        Some((metric, sign(operator.value).to_owned(), threshold))
    }

    fn attempts(&mut self, minimum: &Expr) -> Option<u64> {
        let example = "attempts >= 200";
        if let ExprKind::Binary { operator, left, right } = &minimum.kind
            && shape::name(left).is_some_and(|name| name.text == "attempts")
            && matches!(operator.value, BinaryOperator::Greater | BinaryOperator::GreaterOrEqual)
        {
            let count = self.count(right, example)?;
            return Some(count.saturating_add(u64::from(operator.value == BinaryOperator::Greater)));
        }
        self.wrong(minimum, "the least number of attempts", example);
        None
    }
}
