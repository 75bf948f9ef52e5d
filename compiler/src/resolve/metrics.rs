//! Resolves metrics: where they come from, what the source is asked, and how a condition names one.

use mig_lang::ast::{Attribute, Expr, ExprKind, Header, Item, Keyword, Literal, Name, When};
use mig_lang::{Diagnostic, Span, nearest};
use mig_plan::{MetricSource, MetricUnit, Placeholder, placeholders};

use super::arguments::call;
use super::{MetricKnown, Resolver, SourceKnown, end_of, title};
use crate::forms::{ERROR_RATE, METRIC, METRICS, PROMETHEUS};
use crate::hir::{Metric, Metrics, Query, Reference};
use crate::prose::some_of;
use crate::shape;

/// Seconds between two readings when the source does not say.
const EVERY_SECONDS: u64 = 30;
/// Seconds for which the source may be silent when the source does not say.
const PATIENCE_SECONDS: u64 = 300;

impl Resolver {
    /// Where metrics come from.
    pub(super) fn metric_source(&mut self, value: &Expr) -> Option<Metrics> {
        let Some((name, arguments)) = call(value).filter(|(name, _)| name.text == PROMETHEUS.name) else {
            self.wrong(value, "where metrics come from", PROMETHEUS.example);
            return None;
        };
        let bound = self.bind(&PROMETHEUS, name, arguments)?;
        let [Some(url), token, every, patience] = bound.as_slice() else { return None };
        let url = self.setting(url, "PROMETHEUS_URL");
        let token = match token {
            Some(token) => Some(self.token(token, "PROMETHEUS_TOKEN")?),
            None => None,
        };
        let every_seconds = self.pause(*every, EVERY_SECONDS, "every: 30s")?;
        let patience_seconds = self.pause(*patience, PATIENCE_SECONDS, "patience: 5m")?;
        let source = MetricSource::Prometheus { url: url?, token, every_seconds, patience_seconds };
        Some(Metrics::From { span: value.span, source })
    }

    /// A span of time that is not nothing.
    pub(super) fn pause(&mut self, value: Option<&Expr>, otherwise: u64, example: &str) -> Option<u64> {
        let Some(value) = value else { return Some(otherwise) };
        let seconds = self.duration(value, example)?;
        if seconds == 0 {
            let error = Diagnostic::error("wrong-value", value.span, "at least `1s` is wanted");
            self.out.push(error.help(format!("As in `{example}`.")));
            return None;
        }
        Some(seconds)
    }

    pub(super) fn metric(&mut self, item: &Item) -> Metric {
        let unit = match &item.header {
            Header::Kind(name) => self.metric_unit(name),
            Header::None
            | Header::Move { .. }
            | Header::Entity(_)
            | Header::Select(_)
            | Header::On(_)
            | Header::After(_)
            | Header::Broken(_) => None,
        };
        let body = self.body(item);
        let query = body.attribute("query").and_then(|attribute| self.query(attribute));
        let counts = body.attribute("attempts");
        let attempts = counts.and_then(|attribute| self.query(attribute));
        let windowed =
            query.iter().chain(&attempts).any(|query| query.placeholders.contains(&Placeholder::Window));
        let known = MetricKnown { unit, counts_attempts: counts.is_some() || !item.is_whole(), windowed };
        self.metrics.insert(item.name.text.clone(), known);
        Metric { title: title(item), unit, query, attempts }
    }

    fn metric_unit(&mut self, name: &Name) -> Option<MetricUnit> {
        let known = MetricUnit::ALL.iter().find(|(keyword, ..)| *keyword == name.text);
        if let Some((_, unit, ..)) = known {
            return Some(*unit);
        }
        let aliases = [
            ("percent", "share"),
            ("ratio", "share"),
            ("seconds", "duration"),
            ("time", "duration"),
            ("bytes", "size"),
            ("count", "number"),
        ];
        let keywords = MetricUnit::ALL.iter().map(|(keyword, ..)| *keyword);
        let near = aliases
            .iter()
            .find(|(alias, _)| *alias == name.text.to_lowercase())
            .map(|(_, ours)| *ours)
            .or_else(|| nearest(&name.text, keywords.clone()));
        let error = Diagnostic::error(
            "unknown-metric-unit",
            name.span,
            format!("a metric does not count in `{}`", name.text),
        );
        self.out.push(match near {
            Some(near) => {
                error.here(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), name.span, near)
            }
            None => error.help(format!("It counts in {}.", some_of(keywords, 8))),
        });
        None
    }

    fn query(&mut self, attribute: &Attribute) -> Option<Query> {
        let value = self.single(attribute)?;
        let text = self.text(value, "\"sum(errors{app='$consumer'})\"")?;
        if text.trim().is_empty() {
            self.out.push(Diagnostic::error("wrong-value", value.span, "a query is wanted"));
            return None;
        }
        match placeholders(&text) {
            Ok(placeholders) => Some(Query { text, placeholders }),
            Err(unknown) => {
                let error = Diagnostic::error(
                    "unknown-placeholder",
                    value.span,
                    format!("nothing is filled in for `${}`", unknown.name),
                );
                let known = Placeholder::ALL.map(|(name, ..)| name);
                let marked: Vec<String> = known.iter().map(|name| format!("${name}")).collect();
                let help = format!("There is {}.", some_of(marked.iter().map(String::as_str), 8));
                let near = nearest(&unknown.name, known).filter(|_| text.len() == quoted(value.span).1);
                self.out.push(match near {
                    Some(near) => {
                        let (inside, _) = quoted(value.span);
                        let at = |byte: usize| inside + u32::try_from(byte).unwrap_or(0);
                        let span = Span {
                            start: at(unknown.at),
                            end: at(unknown.at + 1 + unknown.name.len()),
                            ..value.span
                        };
                        error.help(help).fix(format!("write `${near}`"), span, format!("${near}"))
                    }
                    None => error.help(help),
                });
                None
            }
        }
    }

    /// The metric that a condition names, and its unit where that is known.
    pub(super) fn metric_used(&mut self, used: &Expr, example: &str) -> Option<(String, Option<MetricUnit>)> {
        let Some((name, arguments)) = call(used) else {
            self.wrong(used, "a metric", example);
            return None;
        };
        let (metric, span, bare) = if name.text == METRIC.name && matches!(used.kind, ExprKind::Call { .. }) {
            let bound = self.bind(&METRIC, name, arguments)?;
            let [Some(value)] = bound.as_slice() else { return None };
            let metric = self.text(value, METRIC.example)?;
            let (start, length) = quoted(value.span);
            let plain = metric.len() == length && !mig_lang::words::needs_backticks(&metric);
            // A name with escapes, or one that a new name could not stand for, is no place to rename.
            let inside = Span { start, end: value.span.end.saturating_sub(1), ..value.span };
            (metric, if plain { inside } else { value.span }, false)
        } else if arguments.is_empty() {
            (name.text.clone(), name.span, true)
        } else {
            self.unknown_metric(&name.text, name.span, used, true);
            return None;
        };
        if let Some(declared) = self.metrics.get(&metric) {
            let unit = declared.unit;
            self.references.push(Reference { span, name: metric.clone() });
            // A unit that could not be read has been said.
            return unit.map(|unit| (metric, Some(unit)));
        }
        let nothing_declared = self.metrics.is_empty() && self.source == SourceKnown::Nowhere;
        let read = !self.torn && self.source != SourceKnown::Broken;
        if (nothing_declared || !read) && metric == ERROR_RATE.name && bare {
            return Some((metric, Some(MetricUnit::Share)));
        }
        if (nothing_declared || !read) && !bare {
            return Some((metric, None));
        }
        if let Some(found) = self.definitions.get(&metric)
            && found.keyword != Keyword::Metric
        {
            self.refer(&metric, span, &[Keyword::Metric]);
            return None;
        }
        self.unknown_metric(&metric, span, used, bare);
        None
    }

    fn unknown_metric(&mut self, metric: &str, span: Span, used: &Expr, bare: bool) {
        // What is said of it depends on all metrics, and where they stand.
        self.settled = false;
        let error = Diagnostic::error("unknown-metric", span, format!("there is no metric `{metric}`"));
        let declared = !self.metrics.is_empty() || self.source != SourceKnown::Nowhere;
        let of_language = METRICS.map(|form| form.name).into_iter().filter(|_| bare && !declared);
        let near = match nearest(metric, of_language) {
            Some(near) => Some(near.to_owned()),
            None => self.choices(&[Keyword::Metric]).index.nearest(metric).map(str::to_owned),
        };
        self.out.push(match near {
            Some(near) => error.here(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                span,
                if bare { crate::source::identifier(&near) } else { near },
            ),
            None if declared => {
                let error = match self.source_span {
                    Some(span) => error.label(span, "this source is asked"),
                    None => error,
                };
                let name = crate::source::identifier(metric);
                let unit = if metric == ERROR_RATE.name { "share" } else { "number" };
                let attempts =
                    if metric == ERROR_RATE.name { "\n  attempts = \"…\"" } else { "" };
                let text = format!("\n\nmetric {name}: {unit} {{\n  query = \"…\"{attempts}\n}}");
                let error = error.help("What the source is asked stands in the source, for review: a `metric` of that name says the query and the unit.");
                error.draft(format!("declare `{metric}`"), end_of(self.item), text)
            }
            None => {
                let written = format!("metric(\"{metric}\")");
                error
                    .help("A metric of your own is named in quotes, or by a `metric` item; `error_rate` alone is known to the language.")
                    .fix(format!("write `{written}`"), used.span, written)
            }
        });
    }

    /// The limit of a metric, as a decimal number in its unit; without one, whatever number it is.
    pub(super) fn threshold(&mut self, value: &Expr, unit: Option<MetricUnit>) -> Option<String> {
        let plain = match (&value.kind, shape::integer(value)) {
            (_, Some(number)) => Some(number.to_string()),
            (ExprKind::Literal(Literal::Decimal(digits)), _) => Some(digits.clone()),
            _ => None,
        };
        match (unit, &value.kind) {
            (Some(MetricUnit::Share), _) => {
                let share = self.share(value)?;
                let above = share.parse::<f64>().is_ok_and(|share| share > 1.0);
                if above {
                    self.out.push(
                        Diagnostic::error("wrong-value", value.span, "no share is more than `100%`")
                            .help("The condition could never hold."),
                    );
                }
                (!above).then_some(share)
            }
            (Some(MetricUnit::Duration), _) => self.duration(value, "30s").map(|seconds| seconds.to_string()),
            (Some(MetricUnit::Size), ExprKind::Literal(Literal::Size { bytes, per_second: false })) => {
                Some(bytes.to_string())
            }
            (Some(MetricUnit::Size), _) => {
                match shape::integer(value).map(crate::source::number).or(plain) {
                    Some(number) => {
                        let message = format!("{number} of what? A size has a unit");
                        let mut error = Diagnostic::error("wrong-unit", value.span, message);
                        for unit in ["B", "MiB", "GiB"] {
                            let written = format!("{number} {unit}");
                            error = error.fix(format!("write `{written}`"), value.span, written);
                        }
                        self.out.push(error);
                    }
                    None => self.wrong(value, "a size", "64 MiB"),
                }
                None
            }
            (None, ExprKind::Literal(Literal::Percent(digits))) => {
                Some(crate::source::share_of_percent(digits))
            }
            (Some(MetricUnit::Number) | None, _) if plain.is_some() => plain,
            (
                Some(MetricUnit::Number),
                ExprKind::Literal(Literal::Percent(_) | Literal::Duration { .. } | Literal::Size { .. }),
            ) => {
                self.out.push(
                    Diagnostic::error("wrong-unit", value.span, "the metric is a plain number, and its limit has a unit")
                        .help("Write the limit in whatever the query counts, or give the metric its unit: `share`, `duration` or `size`."),
                );
                None
            }
            (Some(MetricUnit::Number) | None, _) => {
                self.wrong(value, "a number in the metric's own unit", METRIC.example);
                None
            }
        }
    }

    /// Says what a condition asks of a metric that it does not give: attempts, and a window without a time.
    pub(super) fn fits_metric(&mut self, when: &When, metric: &str) -> Option<()> {
        let (Some(declared), Some(definition)) = (self.metrics.get(metric), self.definitions.get(metric))
        else {
            return Some(());
        };
        if let Some(minimum) = when.minimum.as_ref().filter(|_| !declared.counts_attempts) {
            let error = Diagnostic::error(
                "attempts-not-counted",
                minimum.span,
                format!("nobody counts the attempts behind `{metric}`"),
            );
            let at = Span { start: definition.body_end, end: definition.body_end, ..definition.name };
            let error = error
                .label(definition.name, "it has no `attempts`")
                .help("Say what the source is asked for them: `attempts = \"sum(increase(requests_total[$window]))\"`.")
                .draft("write the line", at, "\n  attempts = \"…\"");
            self.settled = false;
            self.out.push(error);
            return None;
        }
        if declared.windowed && when.hold.is_none() {
            let name = definition.name;
            self.settled = false;
            self.out.push(
                Diagnostic::error("no-window", when.condition.span, "how long is the `$window`?")
                    .label(name, "this asks for a `$window`")
                    .help("`$window` is the time behind `for`.")
                    .fix("write `for 5m`", end_of(when.condition.span), " for 5m"),
            );
            return None;
        }
        Some(())
    }
}

/// Where the inside of a quoted text begins, and how long it is.
fn quoted(span: Span) -> (u32, usize) {
    (span.start + 1, (span.end.saturating_sub(span.start) as usize).saturating_sub(2))
}
