//! Slips: takes the place where reading stopped, gives the message of a mistake that is known by its
//! looks (a mark of another language, a text without its end, a unit behind a blank), if it is one.

use super::literals::unit_meant;
use super::recovery::Stop;
use crate::token::{BLANKS, Token, TokenKind};
use crate::words::is_reserved;
use crate::{Diagnostic, Span};

/// What to say of a known mistake.
pub(super) fn slip(stop: &Stop<'_>, place: Span) -> Option<Diagnostic> {
    let found = stop.found?;
    let error = |message: &str, help: &str| Some(Diagnostic::error("syntax", place, message).help(help));
    match found.kind {
        TokenKind::Unknown if found.text == "\"" => {
            let length = u32::try_from(stop.rest.trim_end_matches(BLANKS).len()).unwrap_or_default();
            let text = Span { end: place.start + length, ..place };
            let diagnostic = Diagnostic::error("unclosed-text", text, "this text is never closed");
            Some(diagnostic.help("write `\"` at its end; a line break in a text is written `\\n`"))
        }
        TokenKind::Unknown => Some(unknown(found, place)),
        TokenKind::Word if is_reserved(found.text) && (stop.wants_name() || stop.before.is_none()) => {
            let message = format!("`{}` is a word of the language", found.text);
            error(&message, &format!("as a name it stands between backticks: `` `{}` ``", found.text))
        }
        TokenKind::Word | TokenKind::Number
            if stop.before.is_some_and(|before| before.kind == TokenKind::Number) =>
        {
            behind_number(stop.before?, found, place)
        }
        TokenKind::Mark => match (stop.before?.text, found.text) {
            (_, "=") if stop.condition => {
                let diagnostic = Diagnostic::error("syntax", place, "`=` defines and does not compare");
                Some(diagnostic.help("compare with `==`").fix("write `==`", place, "=="))
            }
            ("<", ">") => error("unexpected `>`", "different is written `!=`"),
            ("http" | "https" | "postgres" | "postgresql" | "sqlite" | "file", ":") if stop.condition => {
                error("a URL is a text", "write it between double quotes")
            }
            _ => None,
        },
        TokenKind::Word
        | TokenKind::Number
        | TokenKind::Backticked
        | TokenKind::Text
        | TokenKind::Entity
        | TokenKind::Comment
        | TokenKind::Newline => None,
    }
}

fn unknown(found: Token<'_>, place: Span) -> Diagnostic {
    let error = |message: &str, help: &str| Diagnostic::error("syntax", place, message).help(help);
    match found.text {
        "'" => error("a text stands between double quotes", "write `\"` in place of `'`"),
        "`" => error("this backtick has no other", "a name is written `` `between backticks` ``"),
        "&" => error("unexpected `&`", "conditions are joined with `and`"),
        "|" => error("unexpected `|`", "conditions are joined with `or`, texts with `++`"),
        "!" => error("unexpected `!`", "a condition is denied with `not`"),
        "@" => error("unexpected `@`", "an entity is written `@kind:name` or `@kind:namespace/name`"),
        ";" => error("unexpected `;`", "a statement ends with its line, or with a comma"),
        text if text.chars().all(char::is_alphabetic) => error(
            &format!("unexpected `{text}`"),
            "a name with other letters than a–z, digits and `_` stands between backticks",
        ),
        text => {
            let hidden = |letter: &char| letter.is_control() || letter.is_whitespace() || !is_seen(*letter);
            let message = match text.chars().find(hidden) {
                Some(letter) => format!("unexpected character U+{:04X}", u32::from(letter)),
                None => format!("unexpected `{text}`"),
            };
            Diagnostic::error("syntax", place, message)
        }
    }
}

/// Whether a character is seen when it is printed: not so zero-width marks, the byte order mark and the
/// replacement of what was no UTF-8.
fn is_seen(letter: char) -> bool {
    !matches!(letter, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{FFFD}')
}

/// `5 m`, `64 mib`, `10%3`
fn behind_number(number: Token<'_>, found: Token<'_>, place: Span) -> Option<Diagnostic> {
    if number.text.ends_with('%') {
        let diagnostic = Diagnostic::error("syntax", place, "a share is not followed by a value");
        return Some(
            diagnostic.help("`%` directly behind a number makes a share; a remainder is written `a % b`"),
        );
    }
    let meant = unit_meant(found.text)?;
    if !number.text.ends_with(|last: char| last.is_ascii_digit()) {
        return None;
    }
    let from = place.start - u32::try_from(found.start - number.end()).unwrap_or_default();
    let whole = Span { start: from, ..place };
    let unit = if meant.len() == 1 && meant != "B" { meant.to_owned() } else { format!(" {meant}") };
    let written = format!("{}{unit}", number.text);
    Some(
        Diagnostic::error("unknown-unit", place, format!("`{}` is not a unit here", found.text))
            .help(format!("did you mean `{written}`?"))
            .fix(format!("write `{written}`"), whole, unit),
    )
}
