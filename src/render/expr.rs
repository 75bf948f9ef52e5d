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
        (parts.join(&format!(" {} ", function.word())), binding)
    };
    let prefix = |sign: &str, binding: Binding| {
        (
            format!("{sign}{}", args.first().map_or_else(String::new, |arg| at_least(arg, binding, false))),
            binding,
        )
    };
    let named = || (format!("{}({})", function.word(), arguments(args)), Binding::Atom);
    match (function, args) {
        (Function::Negate, _) => prefix("-", Binding::Sign),
        (Function::Not, _) => prefix("not ", Binding::Not),
        (Function::In, [value, candidates @ ..]) => (
            format!("{} in [{}]", at_least(value, Binding::Compare, true), arguments(candidates)),
            Binding::Compare,
        ),
        (Function::If, [condition, then, otherwise]) => {
            (format!("if {} then {} else {}", expr(condition), expr(then), expr(otherwise)), Binding::Else)
        }
        (Function::Cast, _) => {
            if let Type::Decimal { precision, scale } = &ty.ty {
                return (format!("decimal({}, {precision}, {scale})", arguments(args)), Binding::Atom);
            }
            (format!("{}({})", ty.ty, arguments(args)), Binding::Atom)
        }
        (Function::JsonDecimal, _) => {
            let Type::Decimal { precision, scale } = &ty.ty else { return named() };
            (format!("json_decimal({}, {precision}, {scale})", arguments(args)), Binding::Atom)
        }
        (Function::Utc | Function::Local, [value, zone]) => {
            (format!("{}({}, zone: {})", function.word(), expr(value), expr(zone)), Binding::Atom)
        }
        (Function::List, _) => (format!("[{}]", arguments(args)), Binding::Atom),
        (Function::Lookup, [value, table @ ..]) => {
            let pairs: Vec<String> =
                table.chunks(2).map(|pair| pair.iter().map(expr).collect::<Vec<_>>().join(": ")).collect();
            (format!("map({}, {})", expr(value), pairs.join(", ")), Binding::Atom)
        }
        _ => infix_binding(function).map_or_else(named, infix),
    }
}

/// How tightly a function binds that is written between its operands.
fn infix_binding(function: Function) -> Option<Binding> {
    use Function as F;
    let binding = |functions: &[Function], binding| functions.contains(&function).then_some(binding);
    binding(&[F::Multiply, F::Divide, F::Remainder], Binding::Product)
        .or_else(|| binding(&[F::Add, F::Subtract, F::Concat], Binding::Sum))
        .or_else(|| {
            let comparisons = [F::Equal, F::NotEqual, F::Less, F::LessOrEqual, F::Greater, F::GreaterOrEqual];
            binding(&comparisons, Binding::Compare)
        })
        .or_else(|| binding(&[F::And], Binding::And))
        .or_else(|| binding(&[F::Or], Binding::Or))
        .or_else(|| binding(&[F::Else], Binding::Else))
}

fn at_least(arg: &Expr, binding: Binding, strictly: bool) -> String {
    let (text, own) = write(arg);
    if own < binding || (strictly && own == binding) { format!("({text})") } else { text }
}

fn arguments(args: &[Expr]) -> String {
    args.iter().map(expr).collect::<Vec<_>>().join(", ")
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
