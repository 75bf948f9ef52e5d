//! A condition over the columns of one row that stands in no file: what a person asks on a command line.

use mig_lang::{Diagnostic, ast};
use mig_plan::{ColumnType, Expr};

use crate::typing::{Known, Scope, Typer};

/// The typed condition, or what is wrong with it. `of` says whose columns they are, for messages.
pub fn condition(
    written: &ast::Expr,
    of: &str,
    columns: impl IntoIterator<Item = (String, ColumnType)>,
) -> (Option<Expr>, Vec<Diagnostic>) {
    let known = columns.into_iter().map(|(name, ty)| (name, Known::Type(ty)));
    let scope = Scope::new(of.to_owned(), known);
    let mut found = Vec::new();
    let typed = Typer::new(&scope, &mut found).truth(written);
    (typed.filter(|_| found.is_empty()), found)
}

#[cfg(test)]
mod tests {
    use mig_lang::{FileId, parse_expression};

    use super::*;

    fn typed(text: &str) -> Result<Expr, Vec<String>> {
        let (expr, found) = parse_expression(FileId(0), text);
        let says =
            |found: Vec<Diagnostic>| Err(found.into_iter().map(|found| found.code.to_owned()).collect());
        let Some(expr) = expr else { return says(found) };
        let columns =
            [("id", "int64"), ("state", "text?")].map(|(name, ty)| (name.to_owned(), ty.parse().unwrap()));
        match condition(&expr, "the tables", columns) {
            (Some(typed), _) => Ok(typed),
            (None, found) => says(found),
        }
    }

    #[test]
    fn a_condition_is_typed_over_columns() {
        assert_eq!(typed("id > 5 and state in [\"a\", \"b\"]").unwrap().ty().to_string(), "bool?");
        assert_eq!(typed("is_null(state)").unwrap().ty().to_string(), "bool");
    }

    #[test]
    fn what_is_none_is_said_once() {
        for (text, code) in [
            ("total > 5", "unknown-column"),
            ("id", "type-mismatch"),
            ("id >", "syntax"),
            ("", "syntax"),
            ("(id == 1", "unclosed-bracket"),
        ] {
            assert_eq!(typed(text), Err(vec![code.to_owned()]), "{text}");
        }
        let deep = format!("{}id{}", "(".repeat(500), ")".repeat(500));
        assert_eq!(typed(&deep), Err(vec!["too-deep".to_owned()]));
    }
}
