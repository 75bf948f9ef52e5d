//! Resolves consumers and families of them.

use mig_lang::ast::{Header, Item};

use super::values::entity_use;
use super::{Resolver, title};
use crate::hir::{Consumer, ConsumerFamily};

impl Resolver {
    pub(super) fn consumer(&mut self, item: &Item) -> Consumer {
        let body = self.body(item);
        let entity = match &item.header {
            Header::Entity(name) => Some(entity_use(name)),
            Header::None
            | Header::Kind(_)
            | Header::Move { .. }
            | Header::Select(_)
            | Header::On(_)
            | Header::After(_)
            | Header::Broken(_) => None,
        };
        let reads = body.attribute("reads");
        let datasets =
            reads.and_then(|attribute| self.list(attribute)).map(|values| self.datasets_named(values));
        Consumer {
            title: title(item),
            entity,
            reads: datasets,
            reads_span: reads.map(|attribute| attribute.span),
            cut_over: self.cut_over(item, &body),
        }
    }

    pub(super) fn consumer_family(&mut self, item: &Item) -> ConsumerFamily {
        let body = self.body(item);
        let select = match &item.header {
            Header::Select(value) => Some(value),
            Header::None
            | Header::Kind(_)
            | Header::Move { .. }
            | Header::Entity(_)
            | Header::On(_)
            | Header::After(_)
            | Header::Broken(_) => None,
        };
        ConsumerFamily {
            title: title(item),
            select: select.and_then(|value| self.selection(value)),
            select_span: select.map_or(item.name.span, |value| value.span),
            cut_over: self.cut_over(item, &body),
        }
    }
}
