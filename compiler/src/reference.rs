//! The reference of the language, written from the tables that checks read: `docs/reference.md`.
//!
//! Takes nothing but the tables, gives Markdown. A word that is not in a table is not in the language, so that
//! page and compiler cannot disagree; what the words mean together is `docs/language.md`'s to say.

use std::fmt::{self, Write as _};

use mig_lang::ast::Keyword;
use mig_lang::items::{AttributeSpec, Count, ItemSpec, Need, StatementSpec, item};
use mig_lang::words::{DURATIONS, SIZES, TYPES, Unit};
use mig_plan::{Commit, Lists, MetricUnit, Placeholder, StoreKind, Views};

use crate::forms::{ACTIONS, CATALOGS, Form, METRICS, SOURCES};
use crate::functions::{FunctionInfo, GROUPS};

const HEAD: &str = "\
# Reference

<!-- Written from the code: `UPDATE=1 cargo test -p mig-compiler --test reference`. -->

Every word of the language: its items and their attributes, stores, types, literals, functions. What they mean together is said in
[the language](language.md); what stores do with them, in [stores](stores.md).
";

/// The reference, as Markdown.
pub fn reference() -> String {
    let mut out = String::new();
    // A text takes whatever is written to it.
    let _ = write(&mut out);
    out
}

fn write(out: &mut String) -> fmt::Result {
    out.push_str(HEAD);
    out.push_str("\n## Items\n");
    for keyword in Keyword::ALL {
        write_item(out, item(keyword))?;
    }
    out.push_str("\n## Values\n\n### Cutting over\n\nWhat `cut_over` is made of, one or several, separated by commas.\n\n");
    write_forms(out, "action", &ACTIONS)?;
    out.push_str("\n### Catalogs\n\nWhat `catalog` of a `migration` is.\n\n");
    write_forms(out, "catalog", &CATALOGS)?;
    out.push_str("\n### Sources of metrics\n\nWhat `metrics` of a `migration` is.\n\n");
    write_forms(out, "source", &SOURCES)?;
    out.push_str("\n### Metrics\n\nWhat a `when` of a `rollback` looks at.\n\n");
    write_forms(out, "metric", &METRICS)?;
    out.push_str("\nWhat a `metric` counts in.\n\n| unit | is | a limit |\n|---|---|---|\n");
    for (unit, _, doc, example) in MetricUnit::ALL {
        writeln!(out, "| `{unit}` | {} | `{example}` |", cell(doc))?;
    }
    out.push_str("\nWhat is filled into a query. A `$` in front of anything but a name is a `$`.\n\n| placeholder | is |\n|---|---|\n");
    for (name, _, doc) in Placeholder::ALL {
        writeln!(out, "| `${name}` | {} |", cell(doc))?;
    }
    out.push_str("\n### Units\n\n| unit | is |\n|---|---|\n");
    write_units(out, &DURATIONS, "s")?;
    write_units(out, &SIZES, "B")?;
    out.push_str("\nA size with `/s` behind it is a rate, and so is `rows/s`. `%` makes a share, `rows` a number of rows.\n");
    out.push_str("\n## Stores\n\n");
    write_stores(out)?;
    out.push_str("\n## Types\n\nA `?` behind a type lets values be missing.\n\n| type | is |\n|---|---|\n");
    for ty in TYPES {
        writeln!(out, "| `{}` | {} |", ty.word, cell(ty.doc))?;
    }
    out.push_str(
        "\n## Functions\n\nEach example is what the function gives of these constants: a text in quotes, everything else in its \
         canonical text.\n",
    );
    for (title, functions) in &GROUPS {
        writeln!(out, "\n### {title}\n")?;
        write_functions(out, functions)?;
    }
    out.push_str(
        "\nFunctions over all rows stand in `require` of a `validation` alone. Their examples are about three rows whose `total` \
         is 1.50, -2.00 and 4.50.\n",
    );
    Ok(())
}

fn write_item(out: &mut String, spec: &ItemSpec) -> fmt::Result {
    let word = spec.keyword.word();
    writeln!(out, "\n### `{word}`\n\n{}\n", spec.doc)?;
    writeln!(out, "```mig\n{word} name{} {{ … }}\n```", spec.header.example())?;
    if !spec.attributes.is_empty() {
        out.push_str("\n| attribute | value | without it | is |\n|---|---|---|---|\n");
        spec.attributes.iter().try_for_each(|attribute| write_attribute(out, attribute))?;
    }
    if !spec.statements.is_empty() {
        out.push_str("\n| statement | how often | says |\n|---|---|---|\n");
        spec.statements.iter().try_for_each(|statement| write_statement(out, statement))?;
    }
    writeln!(out, "\n```mig\n{}\n```", spec.example.trim_end())
}

fn write_attribute(out: &mut String, attribute: &AttributeSpec) -> fmt::Result {
    let without = match attribute.need {
        Need::Required => "an error".to_owned(),
        Need::Optional => "nothing".to_owned(),
        Need::Default(value) => format!("`{value}`"),
    };
    let kinds: Vec<String> = attribute.kinds.iter().map(|kind| format!("`{kind}`")).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(" Of {}.", kinds.join(", ")) };
    writeln!(
        out,
        "| `{}` | {} | {without} | {}{kinds} `{}` |",
        attribute.name,
        cell(&attribute.value.words()),
        cell(attribute.doc),
        cell(attribute.example)
    )
}

fn write_statement(out: &mut String, statement: &StatementSpec) -> fmt::Result {
    let count = match statement.count {
        Count::AtMostOne => "once at the most",
        Count::One => "once",
        Count::Any => "as often as wanted",
        Count::AtLeastOne => "at least once",
    };
    writeln!(out, "| `{}` | {count} | {} |", cell(statement.form.written()), cell(statement.doc))
}

fn write_forms(out: &mut String, what: &str, forms: &[&Form]) -> fmt::Result {
    writeln!(out, "| {what} | takes | does | example |\n|---|---|---|---|")?;
    for form in forms {
        let takes: Vec<String> = form
            .parameters
            .iter()
            .map(|parameter| {
                let may = if parameter.required { "" } else { ", may be left out" };
                format!("`{}`: {}{may}", parameter.name, parameter.takes)
            })
            .collect();
        let takes = if takes.is_empty() { "nothing".to_owned() } else { takes.join("<br>") };
        writeln!(
            out,
            "| `{}` | {} | {} | `{}` |",
            form.name,
            cell(&takes),
            cell(form.doc),
            cell(form.example)
        )?;
    }
    Ok(())
}

fn write_units(out: &mut String, units: &[Unit], base: &str) -> fmt::Result {
    for Unit { unit, scale } in units {
        writeln!(out, "| `{unit}` | {} `{base}` |", grouped(*scale))?;
    }
    Ok(())
}

/// A number with a comma between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn write_stores(out: &mut String) -> fmt::Result {
    out.push_str("| kind | is | a place | views | keys are enforced | a chunk appears by | names | lists |\n|---|---|---|---|---|---|---|---|\n");
    for (keyword, kind, doc) in StoreKind::ALL {
        let can = kind.abilities();
        let yes = |can: bool| if can { "yes" } else { "no" };
        let place = match can.path_parts.1 {
            1 => "`store.table`",
            _ => "`store.table`, `store.schema.table`",
        };
        let commit = match can.commit {
            Commit::Transaction => "one transaction",
            Commit::Renaming => "one renaming",
        };
        let views = match can.views {
            Views::None => "no",
            Views::Transaction => "yes, pointed in one transaction",
            Views::Statement => "yes, pointed by one statement, which commits by itself",
        };
        let names = if can.folds_case { "case alone tells no two apart" } else { "are exact" };
        let lists = match can.lists {
            Lists::None(_) => "no",
            Lists::OneLevel(_) => "yes, none of lists",
            Lists::WithoutMissingJson(_) => "yes, not of `json?`",
            Lists::All => "yes",
        };
        writeln!(
            out,
            "| `{keyword}` | {} | {place} | {} | {} | {commit} | {names} | {lists} |",
            cell(doc),
            views,
            yes(can.enforces_keys)
        )?;
    }
    Ok(())
}

fn write_functions(out: &mut String, functions: &[FunctionInfo]) -> fmt::Result {
    out.push_str("| function | takes | gives | is | null | examples |\n|---|---|---|---|---|---|\n");
    for info in functions {
        let FunctionInfo { parameters, required, gives, doc, examples, .. } = info;
        let takes: Vec<String> = parameters
            .iter()
            .enumerate()
            .map(|(place, parameter)| {
                let may = if place < *required { "" } else { ", may be left out" };
                format!("`{}`: {}{may}", parameter.name, parameter.accepts.words())
            })
            .collect();
        let examples: Vec<String> =
            examples.iter().map(|example| format!("`{}` is `{}`", example.call, example.result)).collect();
        writeln!(
            out,
            "| `{}` | {} | {} | {} | {} | {} |",
            cell(&info.signature()),
            cell(&takes.join("<br>")),
            cell(&gives.words()),
            cell(doc),
            cell(gives.nulls()),
            cell(&examples.join("<br>"))
        )?;
    }
    Ok(())
}

/// A text as a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_tables_is_on_the_page() {
        let page = reference();
        for keyword in Keyword::ALL {
            let spec = item(keyword);
            assert!(page.contains(&format!("### `{}`", keyword.word())));
            for attribute in spec.attributes {
                assert!(page.contains(&format!("| `{}` | ", attribute.name)), "{}", attribute.name);
            }
            for statement in spec.statements {
                assert!(page.contains(&cell(statement.form.written())), "{:?}", statement.form);
            }
        }
        for name in crate::functions::functions().map(FunctionInfo::signature) {
            assert!(page.contains(&format!("| `{name}` | ")), "{name}");
        }
        for form in ACTIONS.iter().chain(&CATALOGS).chain(&SOURCES).chain(&METRICS) {
            assert!(page.contains(&format!("| `{}` | ", form.name)), "{}", form.name);
        }
    }

    #[test]
    fn a_cell_ends_no_table() {
        assert_eq!(cell("a|b\nc"), "a\\|b c");
        assert_eq!([999, 1_000, 1_048_576].map(grouped), ["999", "1,000", "1,048,576"]);
    }

    /// The types that can be written are those that a plan knows.
    #[test]
    fn types_are_said_in_the_words_of_the_plan() {
        let written: Vec<&str> =
            TYPES.iter().map(|ty| ty.word.split('(').next().unwrap_or_default()).collect();
        for (word, _) in mig_plan::Type::SIMPLE {
            assert!(written.contains(&word), "{word}");
        }
    }
}
