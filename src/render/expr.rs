//! A typed expression in the language's own words, as the plan shows a mapping to people.

use mig_plan::{ColumnType, Expr, Function, Literal, Type};

use super::words::safe;

/// How tightly an operator binds; a looser operand gets parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Else,
    Or,
    And,
    Not,
    Compare,
    Sum,
    Product,
    Sign,
    Atom,
}

/// The expression as text.
pub(crate) fn expr(expr: &Expr) -> String {
    write(expr).0
}

fn write(expr: &Expr) -> (String, Binding) {
    match expr {
        Expr::Column { name, .. } => (self::name(name), Binding::Atom),
        Expr::Literal { value, .. } => (literal(value), Binding::Atom),
        Expr::Call { function, args, ty } => call(*function, args, ty),
    }
}

/// A name, between backticks where it is not plain.
pub(crate) fn name(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { name.to_owned() } else { format!("`{}`", safe(name)) }
}

fn literal(value: &Literal) -> String {
    match value {
        Literal::Null => "null".to_owned(),
        Literal::Bool(value) => value.to_string(),
        Literal::Int(value) => value.to_string(),
        Literal::Decimal(digits) => digits.clone(),
        Literal::Text(text) => format!("{:?}", safe(text)),
    }
}

fn call(function: Function, args: &[Expr], ty: &ColumnType) -> (String, Binding) {
    let infix = |binding: Binding| {
        let parts: Vec<String> = args
            .iter()
            .enumerate()
            // The right operand of `a - (b - c)` needs its parentheses, the left one does not.
            .map(|(index, arg)| at_least(arg, binding, index > 0))
            .collect();
        (parts.join(&format!(" {} ", keyword(function))), binding)
    };
    let prefix = |sign: &str, binding: Binding| {
        (
            format!("{sign}{}", args.first().map_or_else(String::new, |arg| at_least(arg, binding, false))),
            binding,
        )
    };
    let named = |name: &str| (format!("{name}({})", arguments(args)), Binding::Atom);
    match function {
        Function::Add => infix(Binding::Sum),
        Function::Subtract => infix(Binding::Sum),
        Function::Multiply => infix(Binding::Product),
        Function::Divide => infix(Binding::Product),
        Function::Remainder => infix(Binding::Product),
        Function::Concat => infix(Binding::Sum),
        Function::Equal => infix(Binding::Compare),
        Function::NotEqual => infix(Binding::Compare),
        Function::Less => infix(Binding::Compare),
        Function::LessOrEqual => infix(Binding::Compare),
        Function::Greater => infix(Binding::Compare),
        Function::GreaterOrEqual => infix(Binding::Compare),
        Function::And => infix(Binding::And),
        Function::Or => infix(Binding::Or),
        Function::Else => infix(Binding::Else),
        Function::Negate => prefix("-", Binding::Sign),
        Function::Not => prefix("not ", Binding::Not),
        Function::In => match args {
            [value, candidates @ ..] => (
                format!("{} in [{}]", at_least(value, Binding::Compare, true), arguments(candidates)),
                Binding::Compare,
            ),
            [] => named(keyword(function)),
        },
        Function::If => match args {
            [condition, then, otherwise] => (
                format!("if {} then {} else {}", expr(condition), expr(then), expr(otherwise)),
                Binding::Else,
            ),
            _ => named(keyword(function)),
        },
        Function::Cast => {
            if let Type::Decimal { precision, scale } = &ty.ty {
                return (format!("decimal({}, {precision}, {scale})", arguments(args)), Binding::Atom);
            }
            named(&ty.ty.to_string())
        }
        Function::Utc | Function::Local => match args {
            [value, zone] => {
                (format!("{}({}, zone: {})", keyword(function), expr(value), expr(zone)), Binding::Atom)
            }
            _ => named(keyword(function)),
        },
        Function::NullIf
        | Function::IsNull
        | Function::Lower
        | Function::Upper
        | Function::Trim
        | Function::Length
        | Function::Replace
        | Function::Substring
        | Function::StartsWith
        | Function::EndsWith
        | Function::Contains
        | Function::Abs
        | Function::Round
        | Function::Floor
        | Function::Ceil
        | Function::DivideRounded
        | Function::FromUnix
        | Function::ToUnix
        | Function::Sha256 => named(keyword(function)),
    }
}

fn at_least(arg: &Expr, binding: Binding, strictly: bool) -> String {
    let (text, own) = write(arg);
    if own < binding || (strictly && own == binding) { format!("({text})") } else { text }
}

fn arguments(args: &[Expr]) -> String {
    args.iter().map(expr).collect::<Vec<_>>().join(", ")
}

/// A function's name, or the mark of an operator.
pub(crate) fn keyword(function: Function) -> &'static str {
    match function {
        Function::NullIf => "nullif",
        Function::IsNull => "is_null",
        Function::Lower => "lower",
        Function::Upper => "upper",
        Function::Trim => "trim",
        Function::Length => "length",
        Function::Replace => "replace",
        Function::Substring => "substring",
        Function::StartsWith => "starts_with",
        Function::EndsWith => "ends_with",
        Function::Contains => "contains",
        Function::Abs => "abs",
        Function::Round => "round",
        Function::Floor => "floor",
        Function::Ceil => "ceil",
        Function::DivideRounded => "divide",
        Function::Utc => "utc",
        Function::Local => "local",
        Function::FromUnix => "from_unix",
        Function::ToUnix => "to_unix",
        Function::Sha256 => "sha256",
        Function::Add => "+",
        Function::Subtract => "-",
        Function::Multiply => "*",
        Function::Divide => "/",
        Function::Remainder => "%",
        Function::Negate => "-",
        Function::Equal => "==",
        Function::NotEqual => "!=",
        Function::Less => "<",
        Function::LessOrEqual => "<=",
        Function::Greater => ">",
        Function::GreaterOrEqual => ">=",
        Function::And => "and",
        Function::Or => "or",
        Function::Not => "not",
        Function::In => "in",
        Function::If => "if",
        Function::Else => "else",
        Function::Cast => "cast",
        Function::Concat => "++",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str) -> Expr {
        Expr::Column { name: name.to_owned(), ty: Type::Int64.required() }
    }

    fn apply(function: Function, args: Vec<Expr>) -> Expr {
        Expr::Call { function, args, ty: Type::Int64.required() }
    }

    #[test]
    fn parentheses_stand_where_they_are_needed_and_nowhere_else() {
        let (a, b, c) = (column("a"), column("b"), column("c d"));
        let right =
            apply(Function::Subtract, vec![a.clone(), apply(Function::Subtract, vec![b.clone(), c.clone()])]);
        let left =
            apply(Function::Subtract, vec![apply(Function::Subtract, vec![a.clone(), b.clone()]), c.clone()]);
        let product = apply(Function::Multiply, vec![apply(Function::Add, vec![a.clone(), b]), c]);
        assert_eq!(expr(&right), "a - (b - `c d`)");
        assert_eq!(expr(&left), "a - b - `c d`");
        assert_eq!(expr(&product), "(a + b) * `c d`");
        let cast = Expr::Call {
            function: Function::Cast,
            args: vec![a],
            ty: Type::Decimal { precision: 12, scale: 2 }.required(),
        };
        assert_eq!(expr(&apply(Function::Divide, vec![cast, Expr::int(100)])), "decimal(a, 12, 2) / 100");
    }
}
