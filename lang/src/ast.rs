//! The tree: what the text says, before any name is resolved.
//!
//! Every node has its span. Items are of one shape (keyword, name, header, body), so that one table
//! (`items.rs`) can say for each keyword which header and which attributes it takes. A part that could
//! not be read is a `Broken` node: the tree is always whole.

use crate::{FileId, Span, Spanned};

/// One `.mig` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Which file.
    pub id: FileId,
    /// Its items in source order, broken ones left out.
    pub items: Vec<Item>,
    /// What stands between the items and could not be read; each has its diagnostic.
    pub broken: Vec<Span>,
    /// Whether reading it found no error, not even one that left no gap in the tree, as a brace that is never closed.
    pub sound: bool,
}

/// The keyword that opens an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Keyword {
    /// `migration`
    Migration,
    /// `store`
    Store,
    /// `dataset`
    Dataset,
    /// `datasets`: a family
    Datasets,
    /// `consumer`
    Consumer,
    /// `consumers`: a family
    Consumers,
    /// `validation`
    Validation,
    /// `approval`
    Approval,
    /// `metric`
    Metric,
    /// `rollback`
    Rollback,
    /// `wave`
    Wave,
}

/// A name: an identifier, or any text between backticks (`quoted`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name without backticks.
    pub text: String,
    /// Whether it stood between backticks.
    pub quoted: bool,
    /// Where it stands, backticks included.
    pub span: Span,
}

/// One item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The lines of its doc comment, without `///` and the blank behind it, joined by newlines; empty without one.
    pub doc: String,
    /// Its keyword.
    pub keyword: Spanned<Keyword>,
    /// Its name.
    pub name: Name,
    /// What stands between the name and the body.
    pub header: Header,
    /// What stands between the braces.
    pub body: Vec<Statement>,
    /// The whole item without its doc comment.
    pub span: Span,
    /// The byte behind the last statement of its body, where another one can be written.
    pub body_end: u32,
}

/// What stands between an item's name and its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Header {
    /// Nothing: `migration shop_v2 {`
    None,
    /// A kind: `store legacy: sqlite {`
    Kind(Name),
    /// A move: `dataset orders: legacy.orders -> lake.sales.orders {`
    Move {
        /// The old place.
        old: Place,
        /// The new place.
        new: Place,
    },
    /// An entity: `consumer billing: @component:billing-api {`
    Entity(EntityName),
    /// A selection: `consumers others: catalog where kind == "Component" {`
    Select(Expr),
    /// What it is about, each a path: `validation orders_match on orders, archive.customers {`
    On(Vec<Expr>),
    /// What it comes after: `wave core after pilot, other {`
    After(Vec<Name>),
    /// A header that could not be read; it has its diagnostic.
    Broken(Span),
}

/// A dotted place in a store, `lake.sales.orders`; the last part may be `*` in a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The parts before the star, store first.
    pub parts: Vec<Name>,
    /// Where the `*` stands, if it ends with one.
    pub star: Option<Span>,
    /// The whole place.
    pub span: Span,
}

/// An entity as written, `@kind:namespace/name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityName {
    /// The kind.
    pub kind: Spanned<String>,
    /// The namespace, where written.
    pub namespace: Option<Spanned<String>>,
    /// The name.
    pub name: Spanned<String>,
    /// The whole, from the `@`.
    pub span: Span,
}

/// One statement in an item's body.
#[expect(clippy::large_enum_variant, reason = "a body has few statements, and a reader wants no box")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// `name = value`
    Attribute(Attribute),
    /// `columns { … }`
    Columns(Columns),
    /// `drop column because "…" see "…"`
    Drop(Drop),
    /// A line of a validation.
    Check(Check),
    /// `when condition for 5m and attempts >= 200`
    When(When),
    /// `then revert wave, notify owners`
    Then(Then),
    /// `irreversible because "…"`
    Irreversible {
        /// The reason.
        because: Spanned<String>,
        /// The whole statement.
        span: Span,
    },
    /// `allow no-soak because "…"`
    Allow(Allow),
    /// A line that could not be read; it has its diagnostic.
    Broken(Span),
}

/// `name = value`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The attribute's name.
    pub name: Name,
    /// Its values: one, or several separated by commas (`move = datasets, consumers where …`).
    pub values: Vec<Expr>,
    /// The whole attribute.
    pub span: Span,
}

/// `columns { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// The lines, broken ones left out.
    pub columns: Vec<Column>,
    /// The names that broken lines begin with.
    pub begun: Vec<Name>,
    /// The word `columns`.
    pub keyword: Span,
    /// The whole block.
    pub span: Span,
}

/// One line of `columns`: `name: type = expression`, `name = expression`, or the bare name of a column
/// that is carried over as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its doc comment.
    pub doc: String,
    /// The new column's name.
    pub name: Name,
    /// Its type, where written.
    pub ty: Option<TypeName>,
    /// Its value, where written.
    pub value: Option<Expr>,
    /// The whole line without doc comment.
    pub span: Span,
}

/// A type as written: `decimal(12, 2)?`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeName {
    /// Its name.
    pub name: Name,
    /// Its arguments.
    pub arguments: Vec<TypeArgument>,
    /// Whether a `?` follows.
    pub nullable: bool,
    /// The whole.
    pub span: Span,
}

/// An argument of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeArgument {
    /// `12` in `decimal(12, 2)`
    Number(Spanned<u64>),
    /// `text` in `list(text)`, `red` in `enum(red, green)`
    Type(TypeName),
    /// `"red"` in `enum("red")`, which no type takes: read to be told what is meant.
    Text(Spanned<String>),
}

/// `drop column because "…" see "…"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drop {
    /// The old column.
    pub column: Name,
    /// The reason.
    pub because: Spanned<String>,
    /// Where more is said.
    pub see: Option<Spanned<String>>,
    /// The whole statement.
    pub span: Span,
}

/// `allow no-soak because "…"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// The warning's code.
    pub code: Spanned<String>,
    /// The reason.
    pub because: Spanned<String>,
    /// The whole statement.
    pub span: Span,
}

/// One line of a validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// `row_count`
    RowCount(Span),
    /// `checksum`, `checksum reread`
    Checksum {
        /// Whether the old table is read again.
        reread: bool,
        /// The whole line.
        span: Span,
    },
    /// `freshness within 5m of placed_at`
    Freshness {
        /// The span of time, an expression that is a duration.
        within: Expr,
        /// The new column.
        column: Name,
        /// The whole line.
        span: Span,
    },
    /// `require condition else "message"`
    Require {
        /// The condition, over aggregates.
        condition: Expr,
        /// What to say when it does not hold.
        message: Spanned<String>,
        /// The whole line.
        span: Span,
    },
}

/// `when error_rate > 1% for 5m and attempts >= 200`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    /// The condition on the metric.
    pub condition: Expr,
    /// For how long it must hold: an expression that is a duration.
    pub hold: Option<Expr>,
    /// What must hold besides (`attempts >= 200`).
    pub minimum: Option<Expr>,
    /// The whole statement.
    pub span: Span,
}

/// `then revert wave, notify owners`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Then {
    /// The reactions, each a verb and its object.
    pub reactions: Vec<(Name, Name)>,
    /// The whole statement.
    pub span: Span,
}

/// An expression, also every value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExprKind {
    /// A name, with the parts behind its dots: `order_no`, `metadata.tags`, `legacy.orders`
    Path(Vec<Name>),
    /// `env.NAME`
    Env(Name),
    /// `@kind:namespace/name`
    Entity(EntityName),
    /// A literal.
    Literal(Literal),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `f(a, name: b)`
    Call {
        /// The function.
        function: Name,
        /// The arguments.
        arguments: Vec<Argument>,
    },
    /// `key: value`, an argument of `map`.
    Pair {
        /// The key.
        key: Box<Expr>,
        /// What it becomes.
        value: Box<Expr>,
    },
    /// `x["key"]`
    Index {
        /// What is looked into.
        base: Box<Expr>,
        /// The key.
        key: Box<Expr>,
    },
    /// `-x`, `not x`
    Unary {
        /// The operator.
        operator: Spanned<UnaryOperator>,
        /// Its operand.
        operand: Box<Expr>,
    },
    /// `a + b`, `a and b`, `a in b`, …
    Binary {
        /// The operator.
        operator: Spanned<BinaryOperator>,
        /// The left operand.
        left: Box<Expr>,
        /// The right operand.
        right: Box<Expr>,
    },
    /// `value else default`
    Else {
        /// What may be null.
        value: Box<Expr>,
        /// What stands in for null.
        default: Box<Expr>,
    },
    /// `if condition then a else b`
    If {
        /// The condition.
        condition: Box<Expr>,
        /// The value when it holds.
        then: Box<Expr>,
        /// The value when it does not.
        otherwise: Box<Expr>,
    },
    /// `catalog where predicate`
    Where {
        /// What is selected from.
        source: Box<Expr>,
        /// What must hold.
        predicate: Box<Expr>,
    },
    /// `@old -> @new`: what becomes of something. Only as the whole value of an attribute.
    Move {
        /// The old.
        old: Box<Expr>,
        /// The new.
        new: Box<Expr>,
    },
    /// A part that could not be read; it has its diagnostic.
    Broken,
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Its name, where written (`zone: "Europe/Paris"`).
    pub name: Option<Name>,
    /// Its value.
    pub value: Expr,
}

/// A literal with its dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `"text"`, escapes resolved.
    Text(String),
    /// `50_000`, and `50_000 rows` with its unit.
    Integer {
        /// The number.
        value: i64,
        /// `rows`, where written.
        rows: bool,
    },
    /// `0.01`: the digits as written, without underscores.
    Decimal(String),
    /// `1%`, `0.5%`: the digits before the sign as written.
    Percent(String),
    /// `5m`, `24h`, `7d`: in seconds.
    Duration {
        /// Seconds.
        seconds: u64,
    },
    /// `20_000 rows/s`: rows per second.
    RowsPerSecond(u64),
    /// `64 MiB`, and `50 MiB/s` with `per_second`.
    Size {
        /// Bytes.
        bytes: u64,
        /// Whether `/s` follows.
        per_second: bool,
    },
    /// `true`, `false`
    Bool(bool),
    /// `null`
    Null,
}

/// An operator before its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `-`
    Negate,
    /// `not`
    Not,
}

/// An operator between its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `++`
    Concat,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `in`
    In,
    /// `and`
    And,
    /// `or`
    Or,
}

impl Statement {
    /// The whole statement.
    pub fn span(&self) -> Span {
        match self {
            Self::Attribute(attribute) => attribute.span,
            Self::Columns(columns) => columns.span,
            Self::Drop(drop) => drop.span,
            Self::Allow(allow) => allow.span,
            Self::Check(
                Check::RowCount(span)
                | Check::Checksum { span, .. }
                | Check::Freshness { span, .. }
                | Check::Require { span, .. },
            ) => *span,
            Self::When(when) => when.span,
            Self::Then(then) => then.span,
            Self::Irreversible { span, .. } | Self::Broken(span) => *span,
        }
    }
}
