//! Consumers whose criticality nobody has said.

use std::collections::BTreeMap;

use mig_lang::{Diagnostic, Span};

use super::{Scene, predicate};
use crate::prose::some_of;

pub(super) fn check(scene: &Scene, out: &mut Vec<Diagnostic>) {
    let Some(scale) = scene.program.migration.as_ref().and_then(|migration| migration.scale.as_ref()) else {
        return;
    };
    let mut unknown: BTreeMap<Span, Vec<String>> = BTreeMap::new();
    for (place, case) in scene.consumers.cases.iter().enumerate() {
        // One that no wave moves has its error, which says this too.
        let moved = scene.waves.of_consumer.get(place).is_some_and(|waves| !waves.is_empty());
        let Some(entry) = case.entry.filter(|_| moved && case.rank.is_none()) else { continue };
        match predicate::criticality(entry.entity, scale) {
            Ok(_) => {}
            Err(None) => unknown.entry(case.name_span()).or_default().push(case.name.to_string()),
            Err(Some(value)) => {
                unknown.entry(case.name_span()).or_default().push(format!("{} ({value})", case.name));
            }
        }
    }
    for (span, names) in unknown {
        let names = some_of(names.iter().map(String::as_str), 5);
        let levels = some_of(scale.levels.iter().map(String::as_str), 8);
        out.push(
            Diagnostic::warning("criticality-unknown", span, format!("how critical is {names}?"))
                .help(format!("The catalog has no level at `{}`: {levels}.", scale.source)),
        );
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::said;

    #[test]
    fn levels_that_are_none_are_shown() {
        let source = "
migration shop {
  owner       = @group:platform
  catalog     = files(\"catalog/*.yaml\")
  criticality = metadata.annotations[\"acme.io/tier\"] in [low, high]
}
consumer website: @component:website {
  reads    = customers
  cut_over = notify
}
consumer lost: @system:shop {
  reads    = customers
  cut_over = notify
}
";
        assert_snapshot!(said(source), @r#"
        warning[criticality-unknown]: how critical is `website (medium)`?
          6:10 website
          help: The catalog has no level at `metadata.annotations["acme.io/tier"]`: `low` and `high`.
        warning[criticality-unknown]: how critical is `lost`?
          10:10 lost
          help: The catalog has no level at `metadata.annotations["acme.io/tier"]`: `low` and `high`.
        "#);
    }
}
