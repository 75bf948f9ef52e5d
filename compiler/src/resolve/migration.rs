//! Resolves the migration item: owner, source of the catalog, scale of criticality.

use mig_lang::Diagnostic;
use mig_lang::ast::{BinaryOperator, Expr, ExprKind, Item, Literal};

use super::arguments::call;
use super::predicates::entity_path;
use super::{Resolver, ScaleKnown, SourceKnown, title};
use crate::forms::{BACKSTAGE, FILES};
use crate::hir::{CatalogKind, CatalogSource, Metrics, Migration, Scale};
use crate::source::expression;

impl Resolver {
    pub(super) fn migration(&mut self, item: &Item) -> Migration {
        let body = self.body(item);
        let owner = body
            .attribute("owner")
            .and_then(|attribute| self.single(attribute))
            .and_then(|value| self.entity(value, "@group:my-team"));
        let catalog = body
            .attribute("catalog")
            .and_then(|attribute| self.single(attribute))
            .and_then(|value| self.catalog(value));
        let scale = body
            .attribute("criticality")
            .map(|attribute| self.single(attribute).and_then(|value| self.criticality(value)));
        self.scale = match &scale {
            None if item.is_whole() => ScaleKnown::None,
            None | Some(None) => ScaleKnown::Broken,
            Some(Some(scale)) => ScaleKnown::Scale(scale.clone()),
        };
        let metrics = match body.attribute("metrics") {
            None if item.is_whole() => Metrics::Nowhere,
            None => Metrics::Unread,
            Some(attribute) => {
                self.single(attribute).and_then(|value| self.metric_source(value)).unwrap_or(Metrics::Unread)
            }
        };
        (self.source, self.source_span) = match &metrics {
            Metrics::Nowhere => (SourceKnown::Nowhere, None),
            Metrics::Unread => (SourceKnown::Broken, None),
            Metrics::From { span, .. } => (SourceKnown::Known, Some(*span)),
        };
        Migration { title: title(item), owner, catalog, scale: scale.flatten(), metrics }
    }

    fn catalog(&mut self, value: &Expr) -> Option<CatalogSource> {
        let wanted = "where the catalog comes from";
        let example = format!("{}` or `{}", FILES.example, BACKSTAGE.example);
        let Some((name, arguments)) = call(value) else {
            self.wrong(value, wanted, &example);
            return None;
        };
        let kind = match name.text.as_str() {
            "files" if !arguments.is_empty() => {
                let globs: Vec<Option<String>> =
                    arguments.iter().map(|argument| self.text(&argument.value, FILES.example)).collect();
                CatalogKind::Files { globs: globs.into_iter().collect::<Option<_>>()? }
            }
            "files" => {
                self.out.push(
                    Diagnostic::error(
                        "wrong-arguments",
                        name.span,
                        "`files` takes the patterns of the descriptor files",
                    )
                    .help(format!("As in `{}`.", FILES.example)),
                );
                return None;
            }
            "backstage" => {
                let bound = self.bind(&BACKSTAGE, name, arguments)?;
                let [Some(url), token] = bound.as_slice() else { return None };
                let url = self.setting(url, "BACKSTAGE_URL");
                let token = match token {
                    Some(token) => Some(self.token(token, "BACKSTAGE_TOKEN")?),
                    None => None,
                };
                CatalogKind::Backstage { url: url?, token }
            }
            _ => {
                self.wrong(value, wanted, &example);
                return None;
            }
        };
        Some(CatalogSource { span: value.span, kind })
    }

    /// A token: never a text. `variable` is the one offered for it.
    pub(super) fn token(&mut self, value: &Expr, variable: &str) -> Option<mig_plan::Setting> {
        if let ExprKind::Literal(Literal::Text(_)) = &value.kind {
            self.out.push(
                Diagnostic::error("secret-in-source", value.span, "a token stands in the source")
                    .help("Whoever reads the repository reads it. Take it from the environment, and change it: it is no longer a secret.")
                    .fix(format!("take it from `env.{variable}`"), value.span, format!("env.{variable}")),
            );
            return None;
        }
        self.setting(value, variable)
    }

    fn criticality(&mut self, value: &Expr) -> Option<Scale> {
        let example = "metadata.annotations[\"acme.io/tier\"] in [low, medium, high]";
        let ExprKind::Binary { operator, left, right } = &value.kind else {
            self.wrong(value, "a path and its scale", example);
            return None;
        };
        if operator.value != BinaryOperator::In {
            self.wrong(value, "a path and its scale", example);
            return None;
        }
        let ExprKind::List(items) = &right.kind else {
            self.wrong(right, "a list of levels, least critical first,", example);
            return None;
        };
        let path = self.path(left)?;
        let mut levels: Vec<String> = Vec::new();
        for item in items {
            let level = match (&item.kind, entity_path(item)) {
                (ExprKind::Literal(Literal::Text(text)), _) => text.clone(),
                (_, Some(path)) if path.len() == 1 => path.concat(),
                _ => {
                    self.wrong(item, "the name of a level", example);
                    return None;
                }
            };
            if levels.contains(&level) {
                self.out.push(Diagnostic::error(
                    "wrong-value",
                    item.span,
                    format!("`{level}` is named twice"),
                ));
                return None;
            }
            levels.push(level);
        }
        if levels.is_empty() {
            self.wrong(right, "a scale of at least one level", example);
            return None;
        }
        Some(Scale { path, levels, source: expression(left) })
    }
}
