//! Kernels of `matches`, `regex_find` and `regex_replace`. An expression is compiled once, when the mapping
//! is, and takes time in proportion to the text.

use std::sync::Arc;

use arrow::array::{AsArray, StringBuilder};
use mig_plan::{Template, TemplatePart, Type};
use regex::Regex;

use super::fault::{Fault, Trouble};
use super::kernel::{Kernel, Operand, fill_bool, fill_text, validity};

fn text(args: &[Operand], row: usize) -> &str {
    args.first().map_or("", |operand| operand.array.as_string::<i32>().value(operand.at(row)))
}

fn compiled(arg: &Type, pattern: &str) -> Result<Regex, String> {
    if *arg != Type::Text {
        return Err(format!("a regular expression is sought in a text, not in {arg}"));
    }
    Regex::new(pattern).map_err(|_| format!("`{pattern}` is not a regular expression"))
}

/// `matches(t, pattern)`
pub(super) fn matches(arg: &Type, pattern: &str) -> Result<Kernel, String> {
    let pattern = compiled(arg, pattern)?;
    Ok(Box::new(move |args, rows| {
        let found = |row| Ok(pattern.is_match(text(args, row)));
        Ok(Arc::new(fill_bool(rows, validity(args, rows), found)?))
    }))
}

/// `regex_find(t, pattern)`
pub(super) fn find(arg: &Type, pattern: &str) -> Result<Kernel, String> {
    let pattern = compiled(arg, pattern)?;
    let group = usize::from(pattern.captures_len() > 1);
    Ok(Box::new(move |args, rows| {
        let valid = validity(args, rows);
        let mut found = StringBuilder::new();
        for row in 0..rows {
            let there = valid.as_ref().is_none_or(|valid| valid.is_valid(row));
            let captures = if there { pattern.captures(text(args, row)) } else { None };
            found.append_option(captures.and_then(|captures| captures.get(group)).map(|it| it.as_str()));
        }
        Ok(Arc::new(found.finish()))
    }))
}

/// `regex_replace(t, pattern, to)`
pub(super) fn replace(arg: &Type, pattern: &str, to: &str) -> Result<Kernel, String> {
    let pattern = compiled(arg, pattern)?;
    let template: Template = to.parse().map_err(|error: mig_plan::PatternError| error.message)?;
    if template.highest_group() >= pattern.captures_len() {
        return Err(format!("`{pattern}` has no group {}", template.highest_group()));
    }
    Ok(Box::new(move |args, rows| {
        let texts = fill_text(rows, validity(args, rows), |row, out| {
            let text = text(args, row);
            let mut from = 0;
            for captures in pattern.captures_iter(text) {
                let Some(whole) = captures.get(0) else { continue };
                out.push_str(&text[from..whole.start()]);
                for part in &template.parts {
                    match part {
                        TemplatePart::Text(text) => out.push_str(text),
                        TemplatePart::Group(group) => {
                            out.push_str(captures.get(*group).map_or("", |matched| matched.as_str()));
                        }
                    }
                }
                from = whole.end();
            }
            out.push_str(&text[from..]);
            Ok::<_, Trouble>(())
        })?;
        Ok::<_, Fault>(Arc::new(texts))
    }))
}
