//! The tree as short text, for snapshots: what a reader of a test can check by eye.

use mig_lang::ast::{
    Argument, BinaryOperator, Check, Column, EntityName, Expr, ExprKind, File, Header, Item, Literal, Name,
    Place, Statement, TypeArgument, TypeName, UnaryOperator,
};

/// The tree of a file.
pub(crate) fn tree(file: &File) -> String {
    file.items.iter().map(item).collect::<Vec<_>>().join("\n")
}

fn item(item: &Item) -> String {
    let mut lines = Vec::new();
    if !item.doc.is_empty() {
        lines.push(format!("doc {:?}", item.doc));
    }
    lines.push(format!("{:?} {}{}", item.keyword.value, name(&item.name), header(&item.header)));
    lines.extend(item.body.iter().map(|part| format!("  {}", statement(part))));
    lines.join("\n")
}

fn header(header: &Header) -> String {
    match header {
        Header::None => String::new(),
        Header::Kind(kind) => format!(" kind {}", name(kind)),
        Header::Move { old, new } => format!(" {} -> {}", place(old), place(new)),
        Header::Entity(entity) => format!(" {}", entity_name(entity)),
        Header::Select(expr) => format!(" select {}", expression(expr)),
        Header::On(paths) => format!(" on {}", expressions(paths)),
        Header::After(names) => format!(" after {}", names.iter().map(name).collect::<Vec<_>>().join(" ")),
        Header::Broken(_) => " BROKEN".to_owned(),
    }
}

fn place(place: &Place) -> String {
    let parts: Vec<_> = place.parts.iter().map(name).chain(place.star.map(|_| "*".to_owned())).collect();
    parts.join(".")
}

fn entity_name(entity: &EntityName) -> String {
    let namespace = entity.namespace.as_ref().map_or("-", |namespace| &namespace.value);
    format!("@{} {namespace} {}", entity.kind.value, entity.name.value)
}

fn name(name: &Name) -> String {
    if name.quoted { format!("`{}`", name.text) } else { name.text.clone() }
}

fn statement(statement: &Statement) -> String {
    match statement {
        Statement::Attribute(attribute) => {
            format!("{} = {}", name(&attribute.name), expressions(&attribute.values))
        }
        Statement::Columns(columns) => {
            let lines: Vec<_> =
                columns.columns.iter().map(|line| format!("\n    {}", column(line))).collect();
            format!("columns{}", lines.concat())
        }
        Statement::Allow(allow) => format!("allow {} because {:?}", allow.code.value, allow.because.value),
        Statement::Drop(drop) => {
            let see = drop.see.as_ref().map(|see| format!(" see {:?}", see.value)).unwrap_or_default();
            format!("drop {} because {:?}{see}", name(&drop.column), drop.because.value)
        }
        Statement::Check(Check::RowCount(_)) => "row_count".to_owned(),
        Statement::Check(Check::Checksum { reread, .. }) => {
            if *reread { "checksum reread" } else { "checksum" }.to_owned()
        }
        Statement::Check(Check::Freshness { within, column, .. }) => {
            format!("freshness {} {}", expression(within), name(column))
        }
        Statement::Check(Check::Require { condition, message, .. }) => {
            format!("require {} message {:?}", expression(condition), message.value)
        }
        Statement::When(when) => {
            let part = |word: &str, expr: &Option<Expr>| {
                expr.as_ref().map(|expr| format!(" {word} {}", expression(expr))).unwrap_or_default()
            };
            format!(
                "when {}{}{}",
                expression(&when.condition),
                part("for", &when.hold),
                part("min", &when.minimum)
            )
        }
        Statement::Then(then) => {
            let reactions: Vec<_> = then
                .reactions
                .iter()
                .map(|(verb, object)| format!("{} {}", name(verb), name(object)))
                .collect();
            format!("then {}", reactions.join(", "))
        }
        Statement::Irreversible { because, .. } => format!("irreversible {:?}", because.value),
        Statement::Broken(_) => "BROKEN".to_owned(),
    }
}

fn column(column: &Column) -> String {
    let doc = if column.doc.is_empty() { String::new() } else { format!("doc {:?} ", column.doc) };
    let ty = column.ty.as_ref().map(|ty| format!(": {}", type_name(ty))).unwrap_or_default();
    let value = column.value.as_ref().map(|value| format!(" = {}", expression(value))).unwrap_or_default();
    format!("{doc}{}{ty}{value}", name(&column.name))
}

fn type_name(ty: &TypeName) -> String {
    let arguments: Vec<_> = ty
        .arguments
        .iter()
        .map(|argument| match argument {
            TypeArgument::Number(number) => number.value.to_string(),
            TypeArgument::Type(ty) => type_name(ty),
            TypeArgument::Text(text) => format!("{:?}", text.value),
        })
        .collect();
    let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(" ")) };
    format!("{}{arguments}{}", name(&ty.name), if ty.nullable { "?" } else { "" })
}

fn expressions(exprs: &[Expr]) -> String {
    exprs.iter().map(expression).collect::<Vec<_>>().join(", ")
}

/// An expression with brackets around every part that has parts.
fn expression(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Path(names) => names.iter().map(name).collect::<Vec<_>>().join("."),
        ExprKind::Env(variable) => format!("env({})", name(variable)),
        ExprKind::Entity(entity) => entity_name(entity),
        ExprKind::Literal(value) => literal(value),
        ExprKind::List(elements) => format!("[{}]", expressions(elements)),
        ExprKind::Call { function, arguments } => {
            let arguments: Vec<_> = arguments.iter().map(argument).collect();
            format!("{}({})", name(function), arguments.join(", "))
        }
        ExprKind::Index { base, key } => format!("{}[{}]", expression(base), expression(key)),
        ExprKind::Unary { operator, operand } => {
            let operator = match operator.value {
                UnaryOperator::Negate => "-",
                UnaryOperator::Not => "not",
            };
            format!("({operator} {})", expression(operand))
        }
        ExprKind::Binary { operator, left, right } => {
            format!("({} {} {})", expression(left), binary(operator.value), expression(right))
        }
        ExprKind::Else { value, default } => format!("({} else {})", expression(value), expression(default)),
        ExprKind::If { condition, then, otherwise } => {
            format!("(if {} then {} else {})", expression(condition), expression(then), expression(otherwise))
        }
        ExprKind::Where { source, predicate } => {
            format!("({} where {})", expression(source), expression(predicate))
        }
        ExprKind::Pair { key, value } => format!("{}: {}", expression(key), expression(value)),
        ExprKind::Move { old, new } => format!("({} -> {})", expression(old), expression(new)),
        ExprKind::Broken => "BROKEN".to_owned(),
    }
}

fn argument(argument: &Argument) -> String {
    let label = argument.name.as_ref().map(|label| format!("{}: ", name(label))).unwrap_or_default();
    format!("{label}{}", expression(&argument.value))
}

fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Text(text) => format!("{text:?}"),
        Literal::Integer { value, rows } => format!("{value}{}", if *rows { " rows" } else { "" }),
        Literal::RowsPerSecond(rows) => format!("{rows} rows/s"),
        Literal::Decimal(digits) => digits.clone(),
        Literal::Percent(digits) => format!("{digits}%"),
        Literal::Duration { seconds } => format!("{seconds}s"),
        Literal::Size { bytes, per_second } => format!("{bytes}B{}", if *per_second { "/s" } else { "" }),
        Literal::Bool(value) => value.to_string(),
        Literal::Null => "null".to_owned(),
    }
}

fn binary(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide => "/",
        BinaryOperator::Remainder => "%",
        BinaryOperator::Concat => "++",
        BinaryOperator::Equal => "==",
        BinaryOperator::NotEqual => "!=",
        BinaryOperator::Less => "<",
        BinaryOperator::LessOrEqual => "<=",
        BinaryOperator::Greater => ">",
        BinaryOperator::GreaterOrEqual => ">=",
        BinaryOperator::In => "in",
        BinaryOperator::And => "and",
        BinaryOperator::Or => "or",
    }
}
