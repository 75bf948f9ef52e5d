//! Which items could be read whole: takes a tree, tells whether a `Broken` part hides in it.
//!
//! What is missing in an item that is not whole may be missing because it could not be read; whoever
//! checks for what is missing asks here first, so that one mistake stays one diagnostic.

use crate::ast::{Check, Expr, ExprKind, File, Header, Item, Statement};

impl File {
    /// Whether every part of it could be read, without an error: what has one means nothing, whatever its tree says.
    pub fn is_whole(&self) -> bool {
        self.sound && self.broken.is_empty() && self.items.iter().all(Item::is_whole)
    }
}

impl Item {
    /// Whether every part of it could be read.
    pub fn is_whole(&self) -> bool {
        let header = match &self.header {
            Header::Broken(_) => false,
            Header::Select(expr) => expr.is_whole(),
            Header::None
            | Header::Kind(_)
            | Header::Move { .. }
            | Header::Entity(_)
            | Header::On(_)
            | Header::After(_) => true,
        };
        header && self.body.iter().all(Statement::is_whole)
    }
}

impl Statement {
    /// Whether every part of it could be read.
    pub fn is_whole(&self) -> bool {
        match self {
            Self::Broken(_) => false,
            Self::Attribute(attribute) => attribute.values.iter().all(Expr::is_whole),
            Self::Columns(columns) => {
                columns.columns.iter().all(|column| column.value.as_ref().is_none_or(Expr::is_whole))
            }
            Self::Check(Check::Freshness { within, .. }) => within.is_whole(),
            Self::Check(Check::Require { condition, .. }) => condition.is_whole(),
            Self::When(when) => [Some(&when.condition), when.hold.as_ref(), when.minimum.as_ref()]
                .into_iter()
                .flatten()
                .all(Expr::is_whole),
            Self::Drop(_)
            | Self::Allow(_)
            | Self::Check(Check::RowCount(_) | Check::Checksum { .. })
            | Self::Then(_)
            | Self::Irreversible { .. } => true,
        }
    }
}

impl Expr {
    /// Whether every part of it could be read.
    pub fn is_whole(&self) -> bool {
        !matches!(self.kind, ExprKind::Broken) && self.children().into_iter().all(Self::is_whole)
    }

    /// The expressions directly in it, in source order.
    pub fn children(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Path(_)
            | ExprKind::Env(_)
            | ExprKind::Entity(_)
            | ExprKind::Literal(_)
            | ExprKind::Broken => Vec::new(),
            ExprKind::List(elements) => elements.iter().collect(),
            ExprKind::Call { arguments, .. } => arguments.iter().map(|argument| &argument.value).collect(),
            ExprKind::Index { base, key } => vec![base, key],
            ExprKind::Pair { key, value } => vec![key, value],
            ExprKind::Unary { operand, .. } => vec![operand],
            ExprKind::Binary { left, right, .. } => vec![left, right],
            ExprKind::Else { value, default } => vec![value, default],
            ExprKind::If { condition, then, otherwise } => vec![condition, then, otherwise],
            ExprKind::Where { source, predicate } => vec![source, predicate],
            ExprKind::Move { old, new } => vec![old, new],
        }
    }
}
