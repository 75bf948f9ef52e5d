//! The placeholders of a query: which there are, where they stand, and the query with their values.
//!
//! A value is written so that it stays inside the quotes in which it stands, whatever it is: a name from the
//! catalog can select nothing but what has that name.

/// What a query can ask to be filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Placeholder {
    /// `$consumer`
    Consumer,
    /// `$consumers`
    Consumers,
    /// `$wave`
    Wave,
    /// `$migration`
    Migration,
    /// `$window`
    Window,
}

impl Placeholder {
    /// Every placeholder, with its name and a sentence about it.
    pub const ALL: [(&'static str, Self, &'static str); 5] = [
        (
            "consumer",
            Self::Consumer,
            "The name of a consumer's entity. The query is asked for each consumer of the wave, and the condition is looked at for each by itself.",
        ),
        (
            "consumers",
            Self::Consumers,
            "The names of the wave's consumers as a regular expression, for `=~`: `billing-api|search`.",
        ),
        ("wave", Self::Wave, "The wave's name."),
        ("migration", Self::Migration, "The migration's name."),
        (
            "window",
            Self::Window,
            "The time for which the condition must hold, as in `[$window]`: `300s` for `for 5m`.",
        ),
    ];
}

/// A `$name` that is no placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPlaceholder {
    /// Its name, without `$`.
    pub name: String,
    /// Where its `$` stands in the query, in bytes.
    pub at: usize,
}

/// The placeholders of a query, each once.
///
/// # Errors
/// The first `$name` that is none. A `$` without a name behind it is a `$`, as a regular expression has it.
pub fn placeholders(query: &str) -> Result<Vec<Placeholder>, UnknownPlaceholder> {
    let mut found: Vec<Placeholder> = Vec::new();
    for piece in pieces(query) {
        match piece {
            Piece::Text(_) => {}
            Piece::Placeholder(placeholder) => found.push(placeholder),
            Piece::Unknown { name, at } => return Err(UnknownPlaceholder { name: name.to_owned(), at }),
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// What is filled in.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    /// The consumer that is asked about.
    pub consumer: &'a str,
    /// All consumers of the wave.
    pub consumers: &'a [&'a str],
    /// The wave.
    pub wave: &'a str,
    /// The migration.
    pub migration: &'a str,
    /// Seconds for which the condition must hold.
    pub window_seconds: u64,
}

/// The query as it is asked.
pub fn fill(query: &str, values: &Values<'_>) -> String {
    let mut out = String::with_capacity(query.len());
    for piece in pieces(query) {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Unknown { name, .. } => {
                out.push('$');
                out.push_str(name);
            }
            Piece::Placeholder(Placeholder::Consumer) => push_quoted(values.consumer, &mut out),
            Piece::Placeholder(Placeholder::Consumers) => {
                for (place, consumer) in values.consumers.iter().enumerate() {
                    out.push_str(if place == 0 { "" } else { "|" });
                    push_pattern(consumer, &mut out);
                }
            }
            Piece::Placeholder(Placeholder::Wave) => push_quoted(values.wave, &mut out),
            Piece::Placeholder(Placeholder::Migration) => push_quoted(values.migration, &mut out),
            Piece::Placeholder(Placeholder::Window) => {
                out.push_str(&format!("{}s", values.window_seconds));
            }
        }
    }
    out
}

enum Piece<'q> {
    Text(&'q str),
    Placeholder(Placeholder),
    Unknown { name: &'q str, at: usize },
}

fn pieces(query: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = query;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let begins = |letter: char| letter.is_ascii_alphabetic() || letter == '_';
        let named = |at: &usize| rest.get(at + 1..).is_some_and(|behind| behind.starts_with(begins));
        let dollar = rest.match_indices('$').map(|(at, _)| at).find(named);
        match dollar {
            None => Some(Piece::Text(std::mem::take(&mut rest))),
            Some(0) => {
                let behind = &rest[1..];
                let end = behind
                    .find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
                    .unwrap_or(behind.len());
                let at = query.len() - rest.len();
                let (name, left) = behind.split_at(end);
                rest = left;
                let known = Placeholder::ALL.iter().find(|(known, ..)| *known == name);
                Some(known.map_or(Piece::Unknown { name, at }, |(_, known, _)| Piece::Placeholder(*known)))
            }
            Some(at) => {
                let (text, left) = rest.split_at(at);
                rest = left;
                Some(Piece::Text(text))
            }
        }
    })
}

/// Whether a letter ends no text and begins no escape, however the text is quoted.
fn is_plain(letter: char) -> bool {
    !(letter.is_control() || matches!(letter, '"' | '\'' | '`' | '\\'))
}

/// Writes a value into a text of the query: what could end the text is an escape.
fn push_quoted(value: &str, out: &mut String) {
    for letter in value.chars() {
        push_letter(letter, out);
    }
}

/// Writes a value into a regular expression in a text of the query: it matches itself alone.
fn push_pattern(value: &str, out: &mut String) {
    for letter in value.chars() {
        let means_itself = letter.is_alphanumeric() || matches!(letter, '-' | '_' | '/' | ':' | '@' | ' ');
        if letter == '.' {
            // Needs no backslash, which texts in backticks write otherwise than others.
            out.push_str("[.]");
        } else if means_itself {
            out.push(letter);
        } else {
            out.push_str(r"\x5c");
            push_letter(letter, out);
        }
    }
}

fn push_letter(letter: char, out: &mut String) {
    if is_plain(letter) {
        out.push(letter);
        return;
    }
    let mut bytes = [0; 4];
    for byte in letter.encode_utf8(&mut bytes).bytes() {
        out.push_str(&format!(r"\x{byte:02x}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: Values<'_> = Values {
        consumer: "billing-api",
        consumers: &["billing-api", "search.v2"],
        wave: "pilot",
        migration: "shop_v2",
        window_seconds: 300,
    };

    #[test]
    fn placeholders_are_filled_and_everything_else_stays() {
        for (query, filled) in [
            ("up", "up"),
            ("", ""),
            ("rate(x{app='$consumer'}[$window])", "rate(x{app='billing-api'}[300s])"),
            ("x{app=~'$consumers'}", "x{app=~'billing-api|search[.]v2'}"),
            ("x{a='$migration/$wave',b=~'^a$'}", "x{a='shop_v2/pilot',b=~'^a$'}"),
            ("$ $1 $$wave é$wave$", "$ $1 $pilot épilot$"),
        ] {
            assert_eq!(fill(query, &VALUES), filled, "{query}");
            assert!(placeholders(query).is_ok(), "{query}");
        }
    }

    #[test]
    fn each_placeholder_is_named_once_and_an_unknown_one_is_found() {
        let found = placeholders("$window $consumer $window $consumers");
        assert_eq!(found, Ok(vec![Placeholder::Consumer, Placeholder::Consumers, Placeholder::Window]));
        let wrong = placeholders("é{app='$consumr'}").unwrap_err();
        assert_eq!((wrong.name.as_str(), wrong.at), ("consumr", 8));
        let wrong = placeholders("$consumer_name").unwrap_err();
        assert_eq!((wrong.name.as_str(), wrong.at), ("consumer_name", 0));
    }

    /// No value leaves its quotes, whatever they are, and none is a pattern.
    #[test]
    fn a_value_is_a_value_whatever_it_is() {
        let name = "a\"b'c`d\\e\nf";
        let values = Values { consumer: name, consumers: &[name], ..VALUES };
        assert_eq!(fill("$consumer", &values), r"a\x22b\x27c\x60d\x5ce\x0af");
        let values = Values { consumers: &["a|b(c)", "d\\e", "größe"], ..VALUES };
        assert_eq!(fill("$consumers", &values), r"a\x5c|b\x5c(c\x5c)|d\x5c\x5ce|größe");
    }
}
