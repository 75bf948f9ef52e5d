//! Resolves waves.

use mig_lang::ast::{Expr, ExprKind, Header, Item, Keyword};
use mig_lang::items::item;
use mig_lang::{Diagnostic, Spanned};

use super::body::Body;
use super::{Resolver, title};
use crate::hir::{Move, Moved, Wave};
use crate::shape;

/// What a wave can name in `move`.
const MOVABLE: [Keyword; 4] = [Keyword::Dataset, Keyword::Datasets, Keyword::Consumer, Keyword::Consumers];

impl Resolver {
    pub(super) fn wave(&mut self, item: &Item) -> Wave {
        let body = self.body(item);
        let mut after = Vec::new();
        let mut after_whole = !matches!(item.header, Header::Broken(_));
        if let Header::After(names) = &item.header {
            for name in names {
                if self.refer(&name.text, name.span, &[Keyword::Wave]).is_some() {
                    after.push(Spanned { value: name.text.clone(), span: name.span });
                } else {
                    after_whole = false;
                }
            }
        }
        let after = self.distinct(after);
        let values = body.attribute("move").map_or(&[][..], |attribute| attribute.values.as_slice());
        let read: Vec<Option<Move>> = values.iter().map(|value| self.moved(value)).collect();
        let moves_whole = !read.is_empty() && read.iter().all(Option::is_some);
        let validations = body
            .attribute("validation")
            .and_then(|attribute| self.list(attribute))
            .map(|values| self.items_named(&values, &[Keyword::Validation], "[orders_match]"))
            .unwrap_or_default();
        let batch = body
            .attribute("batch")
            .and_then(|attribute| self.single(attribute))
            .and_then(|value| self.count(value, "25"));
        let soak_seconds = body
            .attribute("soak")
            .and_then(|attribute| self.single(attribute))
            .and_then(|value| self.duration(value, "2h"))
            .unwrap_or(0);
        Wave {
            title: title(item),
            after,
            moves: read.into_iter().flatten().collect(),
            validations,
            batch,
            approval: self.one_item(&body, "approval", Keyword::Approval),
            rollback: self.one_item(&body, "rollback", Keyword::Rollback),
            soak_seconds,
            moves_whole,
            after_whole,
        }
    }

    fn one_item(&mut self, body: &Body, attribute: &str, keyword: Keyword) -> Option<Spanned<String>> {
        let value = self.single(body.attribute(attribute)?)?;
        let example = item(Keyword::Wave).attribute(attribute).map_or("", |attribute| attribute.example);
        let name = self.name(value, &format!("the name of one `{}`", keyword.word()), example)?;
        self.refer(&name.text, name.span, &[keyword])?;
        Some(Spanned { value: name.text.clone(), span: name.span })
    }

    fn moved(&mut self, value: &Expr) -> Option<Move> {
        let (source, predicate) = if let ExprKind::Where { source, predicate } = &value.kind {
            (source.as_ref(), Some(predicate.as_ref()))
        } else {
            (value, None)
        };
        let predicate = predicate.map(|predicate| self.predicate(predicate));
        let example = "datasets, consumers where criticality == low";
        if let Some(word) = shape::text(source).filter(|text| matches!(*text, "datasets" | "consumers")) {
            let error = Diagnostic::error("wrong-value", source.span, "a word is written without quotes");
            self.out.push(error.certain(format!("write `{word}`"), source.span, word));
            return None;
        }
        let what = match shape::name(source).map(|name| name.text.as_str()) {
            Some("datasets") => Moved::Datasets,
            Some("consumers") => Moved::Consumers,
            Some(_) | None => Moved::Item(self.item_ref(source, &MOVABLE, example)?),
        };
        let predicate = match predicate {
            Some(predicate) => Some(predicate?),
            None => None,
        };
        Some(Move { what, predicate, span: value.span })
    }
}
