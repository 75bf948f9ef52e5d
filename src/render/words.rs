//! Figures and short phrases as people write them.

use std::time::Duration;

use mig_plan::{Action, CheckRule, EntityRef, Limit, RollbackPolicy, RollbackScope, Setting};

/// `1234567` as `1,234,567`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 row`, `2 rows`, `1 entity`, `2 entities`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    if number == 1 {
        return format!("1 {noun}");
    }
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{} {stem}ies", count(number)),
        _ => format!("{} {noun}s", count(number)),
    }
}

/// [`counted`] for the length of a collection.
pub(crate) fn counted_len(length: usize, noun: &str) -> String {
    counted(length as u64, noun)
}

/// Bytes in the binary unit that keeps the figure short: `512 B`, `8.2 MiB`.
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if number < 1024 {
        return format!("{number} B");
    }
    // Precision beyond the one printed digit does not matter here.
    #[expect(clippy::cast_precision_loss, reason = "one digit after the point is shown")]
    let mut value = number as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// Seconds as the language writes them, `90` as `1m 30s`.
pub(crate) fn duration(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    if seconds == 0 {
        return "0s".to_owned();
    }
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (size, unit) in UNITS {
        if rest >= size {
            parts.push(format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    parts.join(" ")
}

/// A measured time: `0.4s`, `12s`, `3m 5s`.
pub(crate) fn seconds(time: Duration) -> String {
    if time.as_secs() < 10 { format!("{:.1}s", time.as_secs_f64()) } else { duration(time.as_secs()) }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn listed<S: AsRef<str>>(items: &[S]) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

/// So many of many are named.
const NAMED: usize = 3;

/// The first of many: `a, b, c and 26 more`.
pub(crate) fn first_of<S: AsRef<str>>(items: &[S]) -> String {
    match items.split_at_checked(NAMED) {
        Some((first, rest)) if !rest.is_empty() => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {} more", first.join(", "), count(rest.len() as u64))
        }
        Some(_) | None => listed(items),
    }
}

/// An entity without what everybody assumes: `group:commerce`, `group:shop/commerce`.
pub(crate) fn entity(entity: &EntityRef) -> String {
    safe(entity.source_form().trim_start_matches('@'))
}

/// A word of a command line as a shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "-_./\\:".contains(c));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// Text from outside in a form that cannot move the cursor, hide itself or turn around on a terminal.
/// Every character keeps its length in bytes, so that places in the text stay right; line ends stay.
pub(crate) fn safe(text: &str) -> String {
    text.chars().map(|c| if c == '\n' || c == '\t' { c } else { visible(c) }).collect()
}

fn visible(c: char) -> char {
    let bidirectional =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !c.is_control() && !bidirectional {
        return c;
    }
    match c.len_utf8() {
        1 => '?',
        2 => '\u{b7}',
        _ => '\u{fffd}',
    }
}

/// A rule of a validation.
pub(crate) fn rule(rule: &CheckRule) -> String {
    match rule {
        CheckRule::RowCount => "row count".to_owned(),
        CheckRule::Checksum { reread: false } => "checksum".to_owned(),
        CheckRule::Checksum { reread: true } => "checksum (old table read again)".to_owned(),
        CheckRule::Freshness { within_seconds, column } => {
            format!("freshness within {} of {}", duration(*within_seconds), safe(column))
        }
        CheckRule::Require { source, .. } => format!("require {}", safe(source)),
    }
}

/// How something is cut over.
pub(crate) fn action(action: &Action) -> String {
    match action {
        Action::View { view, .. } => format!("view {}", safe(&view.to_string())),
        Action::Annotate { key, value, .. } => format!("annotate {} = \"{}\"", safe(key), safe(value)),
        Action::Http { post, .. } => format!("http {}", place(post)),
        Action::Command { run, .. } => {
            format!("command {}", run.iter().map(argument).collect::<Vec<_>>().join(" "))
        }
        Action::Notify => "notify".to_owned(),
    }
}

/// A setting that is a place: a URL without what may be secret in it, or the variable's name.
pub(crate) fn place(setting: &Setting) -> String {
    match setting {
        Setting::Env(name) => format!("env.{}", safe(name)),
        Setting::Text(text) => safe(&without_credentials(text)),
    }
}

/// What a store's budgets are, where it has any: `at most 20,000 rows/s and 50.0 MiB/s`.
pub(crate) fn limit(limit: Limit) -> Option<String> {
    let rows = limit.rows_per_second.map(|rows| format!("{} rows/s", count(rows)));
    let size = limit.bytes_per_second.map(|size| format!("{}/s", bytes(size)));
    let rates: Vec<String> = rows.into_iter().chain(size).collect();
    (!rates.is_empty()).then(|| format!("at most {}", listed(&rates)))
}

fn argument(setting: &Setting) -> String {
    match setting {
        Setting::Env(name) => format!("env.{}", safe(name)),
        Setting::Text(text) if text.chars().all(|c| c.is_alphanumeric() || "-_./=:@".contains(c)) => {
            safe(text)
        }
        Setting::Text(text) => format!("{:?}", text),
    }
}

/// The compiler refuses a password in a source; a user name or a query is not shown all the same.
fn without_credentials(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or(authority);
    format!("{scheme}://{host}{path}")
}

/// What happens when a wave fails.
pub(crate) fn on_failure(policy: Option<&RollbackPolicy>) -> String {
    let Some(policy) = policy else { return "this wave is undone".to_owned() };
    let revert = match policy.revert {
        RollbackScope::Wave => "this wave is undone",
        RollbackScope::Migration => "the whole migration is undone",
    };
    if policy.notify_owners { format!("{revert}, owners are notified") } else { revert.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_people_write_them() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([1, 2].map(|n| counted(n, "entity")), ["1 entity", "2 entities"]);
        assert_eq!([1, 2_000].map(|n| counted(n, "day")), ["1 day", "2,000 days"]);
        assert_eq!(
            [1023, 1024, 8_598_323, 1024 * 1024 - 1].map(bytes),
            ["1023 B", "1.0 KiB", "8.2 MiB", "1.0 MiB"]
        );
        assert_eq!([0, 90, 7_200, 90_061].map(duration), ["0s", "1m 30s", "2h", "1d 1h 1m 1s"]);
    }

    #[test]
    fn a_place_shows_no_credentials() {
        let text = Setting::Text("https://me:word@host/path?token=1".to_owned());
        assert_eq!(place(&text), "https://host/path");
        assert_eq!(place(&Setting::Env("URL".to_owned())), "env.URL");
    }

    #[test]
    fn text_from_outside_cannot_steer_a_terminal() {
        let text = "a\u{1b}[2J\u{9b}\u{202e}b";
        let shown = safe(text);
        assert_eq!(shown, "a?[2J\u{b7}\u{fffd}b");
        assert_eq!(shown.len(), text.len());
    }
}
