//! Reads `allow CODE because "…"`: a warning that the source accepts, and why.

use std::collections::BTreeSet;

use mig_lang::ast::{Item, Keyword, Statement};
use mig_lang::{Diagnostic, nearest};

use super::Resolver;
use crate::codes;
use crate::hir::Allow;

impl Resolver {
    /// The warnings that an item allows; what cannot be allowed is said.
    pub(super) fn allows(&mut self, item: &Item) -> Vec<Allow> {
        let mut allows = Vec::new();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for statement in &item.body {
            let Statement::Allow(allow) = statement else { continue };
            let code = allow.code.value.as_str();
            let wrong = if codes::page(code).is_none() {
                Some(unknown(code, allow.code.span))
            } else if !codes::is_allowable(code) {
                Some(
                    Diagnostic::error(
                        "not-a-warning",
                        allow.code.span,
                        format!("`{code}` cannot be allowed"),
                    )
                    .help(format!(
                        "Only a warning can. `mig explain {code}` says what to do about this one."
                    )),
                )
            } else if allow.because.value.trim().is_empty() {
                let message = format!("why is `{code}` allowed here?");
                Some(
                    Diagnostic::error("no-reason", allow.because.span, message)
                        .help("The reason stands in the plan, for whoever reviews it."),
                )
            } else if !seen.insert(code) {
                let message = format!("`{code}` is allowed twice");
                Some(Diagnostic::error("duplicate-statement", allow.code.span, message))
            } else {
                None
            };
            match wrong {
                Some(wrong) => self.out.push(wrong),
                None => allows.push(Allow {
                    code: allow.code.clone(),
                    because: allow.because.clone(),
                    span: allow.span,
                    item: item.name.text.clone(),
                    within: (item.keyword.value != Keyword::Migration).then_some(item.span),
                }),
            }
        }
        allows
    }
}

fn unknown(code: &str, span: mig_lang::Span) -> Diagnostic {
    let error = Diagnostic::error("unknown-warning", span, format!("there is no warning `{code}`"));
    match nearest(code, codes::warnings()) {
        Some(near) => {
            error.here(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), span, near)
        }
        None => error.help(
            "The code of a warning stands behind `warning` where it is shown; `mig explain` lists all.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::said;

    #[test]
    fn only_warnings_can_be_allowed_and_only_with_a_reason() {
        let source = "
wave all {
  move = datasets, consumers
  allow no-soack because \"slip\"
  allow target-conflict because \"an error\"
  allow no-soak because \" \"
  allow zebra because \"nothing like it\"
  allow no-rollback because \"once\"
  allow no-rollback because \"twice\"
}
";
        assert_snapshot!(said(source), @r#"
        error[unknown-warning]: there is no warning `no-soack`
          3:9 no-soack  <- did you mean `no-soak`?
          fix: write `no-soak`
        error[not-a-warning]: `target-conflict` cannot be allowed
          4:9 target-conflict
          help: Only a warning can. `mig explain target-conflict` says what to do about this one.
        error[no-reason]: why is `no-soak` allowed here?
          5:25 " "
          help: The reason stands in the plan, for whoever reviews it.
        error[unknown-warning]: there is no warning `zebra`
          6:9 zebra
          help: The code of a warning stands behind `warning` where it is shown; `mig explain` lists all.
        error[duplicate-statement]: `no-rollback` is allowed twice
          8:9 no-rollback
        "#);
    }
}
