//! Reads the types that columns are declared with.

use std::collections::BTreeMap;

use mig_lang::ast::{TypeArgument, TypeName};
use mig_lang::{Diagnostic, Span, Spanned, nearest};
use mig_plan::{ColumnType, MAX_PRECISION, Type};

use super::Resolver;
use crate::hir::Declared;

/// What other languages call a type.
const ALIASES: [(&str, &str); 26] = [
    ("boolean", "bool"),
    ("tinyint", "int8"),
    ("smallint", "int16"),
    ("int", "int32"),
    ("integer", "int32"),
    ("bigint", "int64"),
    ("long", "int64"),
    ("real", "float32"),
    ("float", "float64"),
    ("double", "float64"),
    ("numeric", "decimal(18, 2)"),
    ("money", "decimal(18, 2)"),
    ("string", "text"),
    ("str", "text"),
    ("varchar", "text"),
    ("char", "text"),
    ("utf8", "text"),
    ("blob", "bytes"),
    ("binary", "bytes"),
    ("bytea", "bytes"),
    ("timestamptz", "timestamp"),
    ("instant", "timestamp"),
    ("jsonb", "json"),
    ("guid", "uuid"),
    ("array", "list(text)"),
    ("u64", "int64"),
];

impl Resolver {
    /// The type that a column is declared with.
    pub(super) fn declared(&mut self, written: Option<&TypeName>) -> Declared {
        let Some(written) = written else { return Declared::No };
        match self.column_type(written) {
            Some(ty) => Declared::Type(Spanned { value: ty, span: written.span }),
            None => Declared::Unknown,
        }
    }

    fn column_type(&mut self, written: &TypeName) -> Option<ColumnType> {
        let ty = match (written.name.text.as_str(), written.arguments.as_slice()) {
            ("decimal", arguments) => self.decimal(written, arguments)?,
            ("list", [TypeArgument::Type(item)]) => Type::List(Box::new(self.column_type(item)?)),
            ("enum", arguments) => self.labels(written, arguments)?,
            ("list", _) => {
                self.wrong_type(written, "a list is of one type", "list(text)");
                return None;
            }
            (name, arguments) => {
                let Some((_, ty)) = Type::SIMPLE.iter().find(|(known, _)| *known == name) else {
                    self.unknown_type(written);
                    return None;
                };
                if !arguments.is_empty() {
                    self.wrong_type(written, &format!("`{name}` takes no arguments"), name);
                    return None;
                }
                ty.clone()
            }
        };
        Some(ColumnType { ty, nullable: written.nullable })
    }

    fn decimal(&mut self, written: &TypeName, arguments: &[TypeArgument]) -> Option<Type> {
        let [TypeArgument::Number(precision), TypeArgument::Number(scale)] = arguments else {
            let message = "a decimal says its digits, and how many of them stand behind the point";
            self.wrong_type(written, message, "decimal(12, 2)");
            return None;
        };
        let in_range = |number: u64| u8::try_from(number).ok().filter(|number| *number <= MAX_PRECISION);
        match (in_range(precision.value).filter(|digits| *digits > 0), in_range(scale.value)) {
            (Some(precision), Some(scale)) if scale <= precision => Some(Type::Decimal { precision, scale }),
            _ => {
                self.wrong_type(
                    written,
                    "a decimal has 1 to 38 digits, and no more of them behind the point than there are",
                    "decimal(12, 2)",
                );
                None
            }
        }
    }

    /// The labels of an enum: words or names between backticks, each once.
    fn labels(&mut self, written: &TypeName, arguments: &[TypeArgument]) -> Option<Type> {
        const EXAMPLE: &str = "enum(open, `in transit`)";
        let mut labels: Vec<String> = Vec::new();
        let mut seen: BTreeMap<String, Span> = BTreeMap::new();
        for argument in arguments {
            let (span, label) = match argument {
                TypeArgument::Type(label) if label.arguments.is_empty() && !label.nullable => {
                    (label.span, label.name.text.clone())
                }
                TypeArgument::Type(label) => {
                    let error = Diagnostic::error("wrong-type", label.span, "a label is a word");
                    self.out.push(error.help(format!("Others stand between backticks, as in `{EXAMPLE}`.")));
                    return None;
                }
                TypeArgument::Number(number) => {
                    let error = Diagnostic::error("wrong-type", number.span, "a label is a word");
                    let label = format!("`{}`", number.value);
                    self.out.push(error.fix(format!("write {label}"), number.span, label));
                    return None;
                }
                TypeArgument::Text(text) => {
                    let error = Diagnostic::error(
                        "wrong-type",
                        text.span,
                        "a label stands without quotes, as a name does",
                    );
                    self.out.push(if text.value.is_empty() || text.value.contains(['`', '\n']) {
                        error.help(format!(
                            "It has a character at the least, and no backtick, as in `{EXAMPLE}`."
                        ))
                    } else {
                        let label = label(&text.value);
                        error.fix("leave the quotes out", text.span, label)
                    });
                    return None;
                }
            };
            if let Some(first) = seen.insert(label.clone(), span) {
                let error =
                    Diagnostic::error("wrong-type", span, format!("the label `{label}` stands here twice"));
                self.out.push(error.label(first, "the first time"));
                return None;
            }
            labels.push(label);
        }
        let ty = Type::of_labels(labels);
        if ty.is_none() {
            self.wrong_type(written, "an enum names its labels", EXAMPLE);
        }
        ty
    }

    fn wrong_type(&mut self, written: &TypeName, message: &str, example: &str) {
        self.out
            .push(Diagnostic::error("wrong-type", written.span, message).help(format!("As in `{example}`.")));
    }

    fn unknown_type(&mut self, written: &TypeName) {
        let name = &written.name;
        let lower = name.text.to_lowercase();
        let known = Type::SIMPLE.iter().map(|(known, _)| *known).chain(["decimal", "list", "enum"]);
        let near = ALIASES
            .iter()
            .find(|(alias, _)| *alias == lower)
            .map(|(_, ours)| *ours)
            .or_else(|| nearest(&name.text, known.clone()));
        let error = Diagnostic::error("unknown-type", name.span, format!("there is no type `{}`", name.text));
        self.out.push(match near {
            Some(near) => {
                // Arguments of another language's type (`varchar(20)`) go with it.
                let mut whole = written.span;
                if written.nullable {
                    whole.end = whole.end.saturating_sub(1);
                }
                let at = if matches!(near, "decimal" | "list" | "enum") { name.span } else { whole };
                error.here(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), at, near)
            }
            None => error.help(format!("The types are {}.", known.collect::<Vec<_>>().join(", "))),
        });
    }
}

/// A label as a type writes it.
fn label(text: &str) -> String {
    let written = Type::Enum(vec![text.to_owned()]).to_string();
    written.strip_prefix("enum(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(text).to_owned()
}
