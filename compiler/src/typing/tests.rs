//! Expressions, what they become, and what is said of those that become nothing.

mod calls;
mod doomed;
mod functions;
mod goals;
mod operators;

use mig_lang::ast::{ExprKind, Statement};
use mig_lang::{Diagnostic, FileId, parse};
use mig_plan::{Expr, Function, Literal};

use super::{Goal, Known, Place, Remedy, Scope, Typer, coerce};

/// A typed expression as text: casts and types are seen.
pub(crate) fn shown(expr: &Expr) -> String {
    match expr {
        Expr::Column { name, .. } => name.clone(),
        Expr::Literal { value, ty } => {
            let value = match value {
                Literal::Null => "null".to_owned(),
                Literal::Bool(value) => value.to_string(),
                Literal::Int(value) => value.to_string(),
                Literal::Decimal(digits) => digits.clone(),
                Literal::Text(text) => return format!("{text:?}"),
            };
            format!("{value}:{ty}")
        }
        Expr::Call { function, args, ty } => {
            let args: Vec<String> = args.iter().map(shown).collect();
            if *function == Function::Cast {
                return format!("({}):{ty}", args.join(", "));
            }
            format!("{function:?}({}):{ty}", args.join(", "))
        }
    }
}

fn scope() -> Scope {
    let columns = [
        ("id", "int64"),
        ("small", "int16"),
        ("level", "int32?"),
        ("cents", "int64"),
        ("price", "decimal(12, 2)"),
        ("rate", "decimal(5, 4)?"),
        ("ratio", "float64"),
        ("ratio32", "float32"),
        ("name", "text"),
        ("note", "text?"),
        ("active", "bool"),
        ("born", "date"),
        ("placed", "datetime"),
        ("seen", "timestamp?"),
        ("opens", "time"),
        ("uid", "uuid"),
        ("payload", "bytes"),
        ("doc", "json"),
        ("tags", "list(text)"),
        ("state", "enum(open, paid, `in transit`)"),
        ("level_of", "enum(low, high)?"),
    ];
    let known = |ty: &str| Known::Type(ty.parse().unwrap());
    let mut columns: Vec<(String, Known)> =
        columns.into_iter().map(|(name, ty)| (name.to_owned(), known(ty))).collect();
    columns.push(("shape".to_owned(), Known::Unsupported("geometry".to_owned(), Remedy::View)));
    columns.push(("lost".to_owned(), Known::Silent));
    Scope::new("`legacy.orders`".to_owned(), columns)
}

fn expression(source: &str) -> mig_lang::ast::Expr {
    let (file, diagnostics) = parse(FileId(0), &format!("wave w {{\n  x = {source}\n}}\n"));
    assert_eq!(diagnostics, [], "{source}");
    let Statement::Attribute(attribute) = &file.items[0].body[0] else { panic!("{source}") };
    assert!(!matches!(attribute.values[0].kind, ExprKind::Broken));
    attribute.values[0].clone()
}

fn said(diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&format!("{}: {}", diagnostic.code, diagnostic.message));
        for label in diagnostic.labels.iter().filter(|label| !label.text.is_empty()) {
            out.push_str(&format!(" | {}", label.text));
        }
        if let Some(help) = &diagnostic.help {
            out.push_str(&format!(" | help: {help}"));
        }
        for fix in &diagnostic.fixes {
            let edits: Vec<String> = fix.edits.iter().map(|edit| format!("{:?}", edit.text)).collect();
            out.push_str(&format!(" | fix: {} [{}]", fix.title, edits.join(", ")));
        }
        out.push('\n');
    }
    out.trim_end().to_owned()
}

fn typed(source: &str) -> String {
    let (scope, mut out) = (scope(), Vec::new());
    let typed = Typer::new(&scope, &mut out).infer(&expression(source));
    let result = typed.map_or_else(String::new, |typed| format!("{} is {}", shown(&typed), typed.ty()));
    format!("{result}{}", said(&out))
}

fn condition(source: &str) -> String {
    let (scope, mut out) = (scope(), Vec::new());
    let typed = Typer::condition(&scope, &mut out, &expression(source));
    let result = typed.map_or_else(String::new, |(condition, aggregates)| {
        let aggregates: Vec<String> = aggregates
            .iter()
            .map(|(name, argument)| format!("{name}({})", argument.as_ref().map_or_else(String::new, shown)))
            .collect();
        format!("{} over {}", shown(&condition), aggregates.join(", "))
    });
    format!("{result}{}", said(&out))
}

fn into(ty: &str, source: &str) -> String {
    let (scope, mut out) = (scope(), Vec::new());
    let (ty, source) = (ty.parse().unwrap(), expression(source));
    let goal =
        Goal { ty: &ty, of: "`x`".to_owned(), because: None, note: None, place: Place::Written(&source) };
    let inferred = Typer::new(&scope, &mut out).infer(&source);
    let result = inferred.and_then(|typed| coerce(typed, &goal, &mut out));
    format!("{}{}", result.as_ref().map_or_else(String::new, shown), said(&out))
}

fn lines(sources: &[&str], show: fn(&str) -> String) -> String {
    sources.iter().map(|source| format!("{source}\n  {}\n", show(source).replace('\n', "\n  "))).collect()
}
