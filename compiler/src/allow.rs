//! Warnings that the source allows: takes what was said of a program, gives what is left to say, and what was
//! allowed with its reasons, which the plan keeps for whoever reviews it.

use std::cell::LazyCell;
use std::collections::BTreeMap;

use mig_lang::{Applicability, Diagnostic, Edit, Fix, Severity, Span};
use mig_plan::Allowed;

use crate::codes;
use crate::hir::{Allow, Program};

/// Takes the warnings out that an item allows, and says where an `allow` has nothing to allow; beside an error, takes out
/// every warning that could be allowed. Call it once, with everything that was said of the program: only then is it known
/// what nothing was said of.
///
/// A warning belongs to the item in which its primary place lies; what the `migration` allows is allowed
/// everywhere.
pub fn allow(program: &Program, said: Vec<Diagnostic>) -> (Vec<Diagnostic>, Vec<Allowed>) {
    let wrong = said.iter().any(|found| found.severity == Severity::Error);
    let mut left = Vec::with_capacity(said.len());
    let mut allowed = Vec::new();
    // A program with an error was not looked at to the end.
    let whole = program.whole && said.iter().all(|found| found.severity == Severity::Warning);
    // Most programs that are being written have nothing that could be allowed.
    let items =
        LazyCell::new(|| Places::new(program.definitions.values().map(|item| (item.item, item.body_end))));
    let mut allows = Allows::new(program);
    for found in said {
        // What is doubtful in a program that is being mended may come of what is wrong in it.
        if wrong && found.severity == Severity::Warning && codes::is_allowable(found.code) {
            continue;
        }
        let allow =
            if found.severity == Severity::Warning { allows.take(found.code, found.span()) } else { None };
        match allow {
            None => left.push(offered(|| &items, found)),
            Some(allow) => allowed.push(Allowed {
                code: found.code.to_owned(),
                message: found.message,
                item: allow.item.clone(),
                because: allow.because.value.clone(),
            }),
        }
    }
    if whole {
        left.extend(allows.unused().map(unused));
        crate::resolve::sort(&mut left);
    }
    (left, allowed)
}

/// Values by places that do not overlap.
struct Places<T>(Vec<(Span, T)>);

impl<T: Copy> Places<T> {
    fn new(values: impl Iterator<Item = (Span, T)>) -> Self {
        let mut sorted: Vec<(Span, T)> = values.collect();
        sorted.sort_by_key(|(span, _)| *span);
        Self(sorted)
    }

    /// The value of the place in which another lies.
    fn around(&self, at: Span) -> Option<(Span, T)> {
        let behind = self.0.partition_point(|(span, _)| (span.file, span.start) <= (at.file, at.start));
        let found = self.0.get(behind.checked_sub(1)?)?;
        (found.0.file == at.file && at.end <= found.0.end).then_some(*found)
    }
}

/// What is allowed, by code, and which of it was of use.
struct Allows<'p> {
    program: &'p Program,
    /// For each code the places of the items that allow it, and where the migration does.
    by_code: BTreeMap<&'p str, (Places<usize>, Option<usize>)>,
    used: Vec<bool>,
}

impl<'p> Allows<'p> {
    fn new(program: &'p Program) -> Self {
        let mut listed: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, allow) in program.allows.iter().enumerate() {
            listed.entry(&allow.code.value).or_default().push(place);
        }
        let by_code = listed.into_iter().map(|(code, places)| {
            let within = |place: &usize| program.allows.get(*place).and_then(|allow| allow.within);
            let everywhere = places.iter().copied().find(|place| within(place).is_none());
            let items = places.iter().filter_map(|place| Some((within(place)?, *place)));
            (code, (Places::new(items), everywhere))
        });
        Self { program, by_code: by_code.collect(), used: vec![false; program.allows.len()] }
    }

    /// The `allow` that a warning falls under: the item's own before the migration's.
    fn take(&mut self, code: &str, at: Span) -> Option<&'p Allow> {
        let (items, everywhere) = self.by_code.get(code)?;
        let place = items.around(at).map(|(_, place)| place).or(*everywhere)?;
        *self.used.get_mut(place)? = true;
        self.program.allows.get(place)
    }

    fn unused(self) -> impl Iterator<Item = &'p Allow> {
        self.program.allows.iter().zip(self.used).filter(|(_, used)| !used).map(|(allow, _)| allow)
    }
}

/// A warning with the line that would allow it where it stands.
fn offered<'i>(items: impl Fn() -> &'i Places<u32>, mut found: Diagnostic) -> Diagnostic {
    if found.severity == Severity::Warning
        && codes::is_allowable(found.code)
        && let Some((item, body_end)) = items().around(found.span())
    {
        let at = Span { start: body_end, end: body_end, ..item };
        let text = format!("\n  allow {} because \"…\"", found.code);
        let title = "allow it here, with a reason".to_owned();
        found.allow =
            Some(Fix { title, applicability: Applicability::Draft, edits: vec![Edit { span: at, text }] });
    }
    found
}

fn unused(allow: &Allow) -> Diagnostic {
    let code = &allow.code.value;
    let place = if allow.within.is_some() { "here" } else { "anywhere" };
    Diagnostic::warning("unused-allow", allow.code.span, format!("nothing {place} gives `{code}`"))
        .help("It would hide the warning when it comes one day. Remove the line.")
        .fix("remove the line", allow.span, "")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::{Fixture, framed, said};

    const SOURCE: &str = "
approval money { from = [@group:finance] }
wave all {
  move     = datasets, consumers
  approval = money
  soak     = 2h
}
";

    #[test]
    fn what_an_item_allows_is_not_said_and_stands_in_the_plan() {
        let source = SOURCE.replace(
            "  soak     = 2h\n",
            "  soak     = 2h\n  allow no-rollback because \"watched by hand\"\n",
        );
        let fixture = Fixture::shop(&framed(&source));
        let (plan, said) = fixture.compile();
        assert_snapshot!(fixture.shown(&said), @"
        warning[approval-without-owner]: nobody whom `money` asks owns what `all` moves
          4:14 money
          1:10 money  <- these are asked
          help: It is owned by `@group:commerce`. Ask one of them, too.
        ");
        let plan = plan.unwrap();
        let allowed: Vec<String> = plan
            .allowed
            .iter()
            .map(|one| format!("{} in {}: {} ({})", one.code, one.item, one.message, one.because))
            .collect();
        assert_snapshot!(allowed.join("\n"), @"no-rollback in all: nothing is looked at while `all` soaks (watched by hand)");
    }

    #[test]
    fn the_migration_allows_everywhere() {
        let source = format!(
            "migration shop {{\n  owner   = @group:platform\n  catalog = files(\"catalog/*.yaml\")\n  allow approval-without-owner because \"the board decides\"\n  allow no-rollback because \"watched by hand\"\n  allow huge-chunk because \"never\"\n}}\n{SOURCE}"
        );
        assert_snapshot!(said(&source), @"
        warning[unused-allow]: nothing anywhere gives `huge-chunk`
          6:9 huge-chunk
          help: It would hide the warning when it comes one day. Remove the line.
          fix: remove the line
        ");
    }

    /// The offered line is read, and takes the warning away.
    #[test]
    fn the_line_that_is_offered_allows_it() {
        let source = framed(SOURCE);
        let fixture = Fixture::shop(&source);
        let (_, said) = fixture.compile();
        assert!(said.len() > 1, "{}", fixture.shown(&said));
        for found in &said {
            let fixed = fixture.fixed(found.allow.as_ref().unwrap());
            let after = Fixture::shop(&fixed);
            let (_, left) = after.compile();
            assert_eq!(left.len(), said.len() - 1, "{fixed}\n{}", after.shown(&left));
            assert!(left.iter().all(|left| left.code != found.code), "{fixed}");
        }
    }
}
