//! Typed expressions: what a column mapping means, once and for every store.
//!
//! The compiler builds them from the source, with every type known and every cast written out; the
//! runtime evaluates them over Arrow batches. Operators are functions, so that an evaluator matches on
//! one enum.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{ColumnType, Function, Type};

/// A constant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Literal {
    /// The missing value.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer. Its type is any integer, decimal or float type that holds it exactly.
    Int(i64),
    /// A number with a point, as written, without underscores and with a `-` before a negative one. Its
    /// type is a decimal that holds it exactly, or a float, which then is the nearest one.
    Decimal(String),
    /// A text. Its type is `text`; a date and the like is a cast of it.
    Text(String),
}

/// A typed expression over the columns of one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expr {
    /// The value of a column of the old table.
    Column {
        /// The column's name in the old table.
        name: String,
        /// Its type there.
        ty: ColumnType,
    },
    /// A constant.
    Literal {
        /// The constant.
        value: Literal,
        /// Its type; `Literal::Null` has a nullable one, which may be any type.
        ty: ColumnType,
    },
    /// A function or an operator.
    Call {
        /// Which.
        function: Function,
        /// Its arguments, in the order that [`Function`] documents.
        args: Vec<Expr>,
        /// The type of the result.
        ty: ColumnType,
    },
}

impl Expr {
    /// The type of the expression's value.
    pub fn ty(&self) -> &ColumnType {
        match self {
            Self::Column { ty, .. } | Self::Literal { ty, .. } | Self::Call { ty, .. } => ty,
        }
    }

    /// The column's name when the expression is nothing but a column.
    pub fn as_column(&self) -> Option<&str> {
        match self {
            Self::Column { name, .. } => Some(name),
            Self::Literal { .. } | Self::Call { .. } => None,
        }
    }

    /// Calls `visit` with the name of every column the expression reads, in source order, repeats included.
    pub fn visit_columns<'a>(&'a self, visit: &mut impl FnMut(&'a str)) {
        match self {
            Self::Column { name, .. } => visit(name),
            Self::Literal { .. } => {}
            Self::Call { args, .. } => args.iter().for_each(|arg| arg.visit_columns(visit)),
        }
    }

    /// Whether its value tells something of a column that is secret. What a one-way function gives does not, whatever
    /// it is given.
    pub fn tells(&self, secret: &BTreeSet<String>) -> bool {
        match self {
            Self::Column { name, .. } => secret.contains(name),
            Self::Literal { .. } => false,
            Self::Call { function, args, .. } => {
                !function.is_one_way() && args.iter().any(|arg| arg.tells(secret))
            }
        }
    }

    /// Whether it reads a column that is secret, as an error about its values may show it.
    pub fn reads(&self, secret: &BTreeSet<String>) -> bool {
        let mut found = false;
        self.visit_columns(&mut |name| found |= secret.contains(name));
        found
    }

    /// A text constant.
    pub fn text(value: &str) -> Self {
        Self::Literal { value: Literal::Text(value.to_owned()), ty: Type::Text.required() }
    }

    /// An integer constant.
    pub fn int(value: i64) -> Self {
        Self::Literal { value: Literal::Int(value), ty: Type::Int64.required() }
    }
}
