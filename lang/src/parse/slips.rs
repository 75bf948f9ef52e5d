//! Slips: takes the place where reading stopped, gives the message of a mistake that is known by its
//! looks (a mark of another language, a text without its end, a unit behind a blank), if it is one.

use super::characters::{is_seen, plain, seen, typographic_quotes};
use super::literals::unit_meant;
use super::recovery::Stop;
use crate::token::{BLANKS, Token, TokenKind, Tokens};
use crate::words::{identifier, is_reserved};
use crate::{Diagnostic, Span, nearest};

/// What to say of a known mistake.
pub(super) fn slip(stop: &Stop<'_>, place: Span) -> Option<Diagnostic> {
    if let Some(number) = spaced_share(stop, place).or_else(|| number_with_comma(stop, place)) {
        return Some(number);
    }
    let found = stop.found?;
    let error = |message: &str, help: &str| Some(Diagnostic::error("syntax", place, message).help(help));
    match found.kind {
        TokenKind::Unknown if found.text == "\"" => {
            let length = u32::try_from(stop.rest.trim_end_matches(BLANKS).len()).unwrap_or_default();
            let text = Span { end: place.start + length, ..place };
            let diagnostic = Diagnostic::error("unclosed-text", text, "this text is never closed");
            // What closes brackets and separates is not meant to be in it.
            let inner = stop.rest.trim_end_matches(BLANKS).trim_end_matches(['}', ']', ')', ',', ' ']);
            let behind = place.start + u32::try_from(inner.len()).unwrap_or_default();
            Some(diagnostic.help("write `\"` at its end; a line break in a text is written `\\n`").fix(
                "close it",
                Span { start: behind, end: behind, ..place },
                "\"",
            ))
        }
        TokenKind::Unknown => Some(unknown(found, place, stop)),
        TokenKind::Text if stop.wants_only_name() => quoted_name(stop, found, place),
        TokenKind::Word if found.text == "is" => Some(missing_value(stop, place)),
        TokenKind::Word if found.text == "as" => {
            error("unexpected `as`", "a cast is written as a call of the type: `text(value)`")
        }
        TokenKind::Word
            if found.text == "when" && stop.before.is_some_and(|before| before.text == "case") =>
        {
            error("unexpected `when`", "a choice is written `if condition then value else other`")
        }
        TokenKind::Word
            if is_reserved(found.text) && stop.before.is_some_and(|before| before.text == found.text) =>
        {
            let diagnostic = Diagnostic::error("syntax", place, format!("`{}` stands twice", found.text));
            Some(diagnostic.certain(
                "remove one",
                Span { start: stop.place_of(stop.end, place), ..place },
                "",
            ))
        }
        TokenKind::Word
            if stop.before.is_some_and(|before| before.text == found.text)
                && stop.before == stop.first
                && stop.rest[found.text.len()..].trim_start_matches(BLANKS).starts_with('=') =>
        {
            let diagnostic = Diagnostic::error("syntax", place, format!("`{}` stands twice", found.text));
            Some(diagnostic.certain(
                "remove one",
                Span { start: stop.place_of(stop.end, place), ..place },
                "",
            ))
        }
        TokenKind::Word if is_reserved(found.text) && (stop.wants_only_name() || stop.before.is_none()) => {
            let written = format!("`{}`", found.text);
            let message = format!("{written} is a word of the language");
            let diagnostic = Diagnostic::error("syntax", place, message);
            Some(diagnostic.help(format!("as a name it stands between backticks: `` {written} ``")).fix(
                "put it between backticks",
                place,
                written,
            ))
        }
        TokenKind::Word | TokenKind::Number
            if stop.before.is_some_and(|before| before.kind == TokenKind::Number) =>
        {
            behind_number(stop, stop.before?, found, place)
        }
        TokenKind::Mark
            if found.text == "*"
                && stop.before.is_some_and(|before| before.text == "/" && before.end() == found.start) =>
        {
            let whole = Span { start: place.start - 1, ..place };
            let diagnostic = Diagnostic::error("syntax", whole, "unexpected `/*`");
            Some(diagnostic.help("a comment begins with `//` and ends with its line"))
        }
        TokenKind::Mark if stop.rest.starts_with("::") => Some(cast(stop, place)),
        TokenKind::Mark if found.text == "," && stop.first.is_some_and(|first| first.text == "drop") => {
            dropped(stop, place)
        }
        TokenKind::Mark if stop.rest.starts_with("=>") || stop.rest.starts_with("<-") => {
            let arrow = Span { end: place.start + 2, ..place };
            let shown = &stop.rest[..2];
            let diagnostic = Diagnostic::error("syntax", arrow, format!("unexpected `{shown}`"))
                .help("from old to new is written `->`");
            Some(if shown == "=>" { diagnostic.certain("write `->`", arrow, "->") } else { diagnostic })
        }
        TokenKind::Mark if stop.before.is_none() => comment(stop, place),
        TokenKind::Mark => match (stop.before?.text, found.text) {
            ("==" | "!=", "=") => {
                let diagnostic = Diagnostic::error("syntax", place, "one `=` too many");
                Some(diagnostic.help("compare with `==` and `!=`").certain("remove it", place, ""))
            }
            (_, "=") if stop.compares => {
                let diagnostic = Diagnostic::error("syntax", place, "`=` defines and does not compare");
                Some(diagnostic.help("compare with `==`").certain("write `==`", place, "=="))
            }
            ("<", ">") => {
                let whole = Span { start: place.start.saturating_sub(1), ..place };
                let diagnostic = Diagnostic::error("syntax", whole, "unexpected `<>`");
                Some(diagnostic.help("different is written `!=`").certain("write `!=`", whole, "!="))
            }
            ("http" | "https" | "postgres" | "postgresql" | "sqlite" | "file", ":") if stop.value => {
                error("a URL is a text", "write it between double quotes")
            }
            (_, "?") => error("unexpected `?`", "a choice is written `if condition then value else value`"),
            (_, ")" | "]") if !stop.inside => {
                let diagnostic =
                    Diagnostic::error("syntax", place, format!("this `{}` closes nothing", found.text));
                Some(diagnostic.fix("remove it", place, ""))
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

fn unknown(found: Token<'_>, place: Span, stop: &Stop<'_>) -> Diagnostic {
    let rest = stop.rest;
    let error = |message: &str, help: &str| Diagnostic::error("syntax", place, message).help(help);
    let doubled = |sign: char| if rest.chars().nth(1) == Some(sign) { 2 } else { 1 };
    let instead = |length: u32, word: &str, message: &str, help: &str| {
        let place = Span { end: place.start + length, ..place };
        // A mark needs no blanks around it, as in `a&&b`; a word does.
        let close = stop.before.is_some_and(|before| before.end() == found.start);
        let behind = rest.get(length as usize..).is_some_and(|behind| !behind.starts_with(BLANKS));
        let blank = |wanted: bool| if wanted { " " } else { "" };
        let written = format!("{}{word}{}", blank(close), blank(behind));
        let diagnostic = Diagnostic::error("syntax", place, message).help(help);
        diagnostic.certain(format!("write `{word}`"), place, written)
    };
    match found.text {
        "'" => quoted(rest, place),
        "`" => error("this backtick has no other", "a name is written `` `between backticks` ``"),
        "&" if doubled('&') == 2 => instead(2, "and", "unexpected `&&`", "conditions are joined with `and`"),
        "&" => instead(1, "and", "unexpected `&`", "conditions are joined with `and`"),
        "|" if doubled('|') == 2 => {
            instead(2, "or", "unexpected `||`", "conditions are joined with `or`, texts with `++`")
        }
        "|" => error("unexpected `|`", "conditions are joined with `or`, texts with `++`"),
        "!" => instead(1, "not", "unexpected `!`", "a condition is denied with `not`"),
        "@" => {
            let diagnostic =
                error("unexpected `@`", "an entity is written `@kind:name` or `@kind:namespace/name`");
            let behind = Span { start: place.end, end: place.end, ..place };
            // Most consumers are components.
            if stop.first.is_some_and(|first| first.text == "consumer") && !rest[1..].contains(':') {
                diagnostic.fix("write `@component:`", behind, "component:")
            } else {
                diagnostic
            }
        }
        "“" | "”" | "„" | "‟" | "«" | "»" | "‘" | "’" | "‚" => {
            typographic_quotes(rest, place)
        }
        ";" => {
            let diagnostic = error("unexpected `;`", "a statement ends with its line, or with a comma");
            // At the line's end it is only too much.
            let behind = rest.get(1..).unwrap_or_default().trim_start_matches(BLANKS);
            if behind.is_empty() || behind.starts_with("//") {
                diagnostic.certain("remove it", place, "")
            } else {
                diagnostic
            }
        }
        "#" => error("unexpected `#`", "a comment begins with `//`").certain("write `//`", place, "//"),
        "$" => variable(rest, place),
        text if let Some(plain) = plain(text) => {
            let (shown, meant) =
                (seen(text), if plain == " " { "a blank".to_owned() } else { format!("`{plain}`") });
            Diagnostic::error("syntax", place, format!("unexpected {shown}, which looks like {meant}"))
                .certain(format!("write {meant}"), place, plain)
        }
        text if text.chars().all(char::is_alphabetic) => error(
            &format!("unexpected `{text}`"),
            "a name with other letters than a–z, digits and `_` stands between backticks",
        ),
        text => {
            let diagnostic = Diagnostic::error("syntax", place, format!("unexpected {}", seen(text)));
            // What cannot be seen was not written by hand.
            if text.chars().all(is_seen) { diagnostic } else { diagnostic.certain("remove it", place, "") }
        }
    }
}

/// `value is null`, as SQL has it.
fn missing_value(stop: &Stop<'_>, place: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error("syntax", place, "unexpected `is`")
        .help("a missing value is found with `is_null(value)`");
    let words: Vec<&str> = stop.rest.split(BLANKS).filter(|word| !word.is_empty()).take(3).collect();
    let (not, length) = match words.as_slice() {
        [_, null, ..] if null.trim_end_matches([',', ')']).eq_ignore_ascii_case("null") => ("", null),
        [_, not, null]
            if not.eq_ignore_ascii_case("not")
                && null.trim_end_matches([',', ')']).eq_ignore_ascii_case("null") =>
        {
            ("not ", null)
        }
        _ => return diagnostic,
    };
    // Only of a name that stands alone is it known where the value begins.
    let Some(value) = stop.before.filter(|before| {
        matches!(before.kind, TokenKind::Word | TokenKind::Backticked)
            && stop.earlier.is_none_or(|earlier| {
                matches!(
                    earlier.text,
                    "(" | "["
                        | ","
                        | "="
                        | "if"
                        | "and"
                        | "or"
                        | "not"
                        | "then"
                        | "else"
                        | "where"
                        | "when"
                        | "require"
                )
            })
    }) else {
        return diagnostic;
    };
    let Some(at) = stop.rest.find(length) else { return diagnostic };
    let end = place.start + u32::try_from(at + "null".len()).unwrap_or_default();
    let written = format!("{not}is_null({})", value.text);
    diagnostic.certain(
        format!("write `{written}`"),
        Span { start: stop.place_of(value.start, place), end, ..place },
        written,
    )
}

/// `value::type`, as PostgreSQL has it.
fn cast(stop: &Stop<'_>, place: Span) -> Diagnostic {
    let two = Span { end: place.start + 2, ..place };
    let diagnostic = Diagnostic::error("syntax", two, "unexpected `::`")
        .help("a cast is written as a call of the type: `text(value)`");
    let name = stop.rest[2..].trim_end_matches(BLANKS);
    let alone =
        stop.value && stop.before == stop.first && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match stop.before.filter(|_| alone && !name.is_empty()) {
        Some(value) => {
            let written = format!("{name}({})", value.text);
            let end = two.end + u32::try_from(name.len()).unwrap_or_default();
            let whole = Span { start: stop.place_of(value.start, place), end, ..place };
            diagnostic.fix(format!("write `{written}`"), whole, written)
        }
        None => diagnostic,
    }
}

/// `drop a, b because "…"`
fn dropped(stop: &Stop<'_>, place: Span) -> Option<Diagnostic> {
    let diagnostic = Diagnostic::error("syntax", place, "each column has a `drop` of its own");
    let help = "written `drop column because \"…\"`";
    let Some(at) = stop.rest.find(" because ") else { return Some(diagnostic.help(help)) };
    let (others, reason) = stop.rest.split_at(at);
    let reason = reason.trim_matches(BLANKS);
    let others: Vec<&str> = others.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if reason.contains("//") || others.iter().any(|name| name.contains(BLANKS)) {
        return Some(diagnostic.help(help));
    }
    let end = place.start + u32::try_from(stop.rest.trim_end_matches(BLANKS).len()).unwrap_or_default();
    let lines: Vec<String> = others.iter().map(|name| format!("\n  drop {name} {reason}")).collect();
    let written = format!(" {reason}{}", lines.concat());
    Some(diagnostic.help(help).certain("write a line for each", Span { end, ..place }, written))
}

/// `1 % for 5m`, a share with a blank in it.
fn spaced_share(stop: &Stop<'_>, place: Span) -> Option<Diagnostic> {
    let percent = stop.before.filter(|before| before.text == "%")?;
    let number = stop.earlier.filter(|number| number.text.ends_with(|last: char| last.is_ascii_digit()))?;
    let share = format!("{}%", number.text);
    let at = |byte: usize| stop.place_of(byte, place);
    let blank = Span { start: at(number.end()), end: at(percent.start), ..place };
    let whole = Span { start: at(number.start), end: at(percent.end()), ..place };
    let diagnostic = Diagnostic::error("syntax", whole, format!("a share is written `{share}`"));
    Some(diagnostic.help("`%` with a blank before it is a remainder").certain("remove the blank", blank, ""))
}

/// `0,5%` and `50,000 rows`, as many write numbers.
fn number_with_comma(stop: &Stop<'_>, place: Span) -> Option<Diagnostic> {
    let whole = stop.before.filter(|before| is_bare(before))?;
    stop.found.filter(|found| found.text == "," && found.start == whole.end())?;
    let start = stop.place_of(whole.start, place);
    Some(with_commas(whole, &groups(stop.rest), Span { start, ..place }))
}

/// The same in a list, `[1,5 MiB/s]`: where what stands behind the comma has a unit and what stands before it has none, they
/// are one number. `place` begins with the list.
pub(super) fn listed_with_comma(list: &str, place: Span) -> Option<Diagnostic> {
    let close = |three: &[u8]| three[0].is_ascii_digit() && three[1] == b',' && three[2].is_ascii_digit();
    if !list.as_bytes().windows(3).any(close) {
        return None;
    }
    Tokens::new(list).filter(is_bare).find_map(|whole| {
        let groups = groups(&list[whole.end()..]);
        let start = place.start + u32::try_from(whole.start).unwrap_or_default();
        groups.last().filter(|last| !is_bare(last))?;
        Some(with_commas(whole, &groups, Span { start, ..place }))
    })
}

/// Whether it is a whole number without a unit.
fn is_bare(token: &Token<'_>) -> bool {
    token.kind == TokenKind::Number && token.text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The numbers that follow one another, each close behind a comma, the last with its unit.
fn groups(rest: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut groups, mut end) = (Tokens::new(rest), Vec::new(), 0);
    while let (Some(comma), Some(group)) = (tokens.next(), tokens.next())
        && (comma.text, comma.start) == (",", end)
        && (group.kind, group.start) == (TokenKind::Number, comma.end())
    {
        end = group.end();
        groups.push(group);
    }
    groups
}

/// What to say of a number that begins at `place` and goes on behind commas.
fn with_commas(whole: Token<'_>, groups: &[Token<'_>], place: Span) -> Diagnostic {
    let behind = groups.last().map_or(0, Token::end);
    let end = place.start + u32::try_from(whole.text.len() + behind).unwrap_or_default();
    let span = Span { end, ..place };
    let joined =
        |mark: &str| groups.iter().fold(whole.text.to_owned(), |number, group| number + mark + group.text);
    let (fraction, thousands) = (joined("."), joined("_"));
    let digits = |group: &Token<'_>| group.text.bytes().take_while(u8::is_ascii_digit).count();
    let may_be_thousands =
        whole.text.len() <= 3 && whole.text != "0" && groups.iter().all(|group| digits(group) == 3);
    let has_parts = groups.iter().all(|group| !group.text.contains("rows"));
    let diagnostic = Diagnostic::error("bad-number", span, "a number has no comma")
        .help("a fraction stands behind a point, thousands are grouped by `_`");
    match (groups.len(), may_be_thousands) {
        (1, false) => diagnostic.certain(format!("write `{fraction}`"), span, fraction),
        // One group of three may be either, but for rows, which have no parts.
        (1, true) if has_parts => diagnostic.fix(format!("write `{thousands}`"), span, thousands).fix(
            format!("write `{fraction}`"),
            span,
            fraction,
        ),
        (_, true) => diagnostic.certain(format!("write `{thousands}`"), span, thousands),
        (_, false) => diagnostic,
    }
}

/// `drop "fax" because "…"`, a name in quotes.
fn quoted_name(stop: &Stop<'_>, found: Token<'_>, place: Span) -> Option<Diagnostic> {
    let written = written_name(found.text, stop.wants_path())?;
    let diagnostic = Diagnostic::error("syntax", place, "a name is written without quotes");
    Some(diagnostic.certain(format!("write `{written}`"), place, written))
}

/// The name that stands in a text's quotes, as the source writes it; its parts too where a path can stand. `None` for
/// what no name can be.
pub(super) fn written_name(text: &str, path: bool) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let parts: Vec<&str> = if path { inner.split('.').collect() } else { vec![inner] };
    let possible = |part: &&str| !part.is_empty() && !part.contains(['`', '\\']);
    let written = |part: &str| if path && part == "*" { part.to_owned() } else { identifier(part) };
    parts.iter().all(possible).then(|| parts.into_iter().map(written).collect::<Vec<_>>().join("."))
}

/// A comment of another language, and what a merge leaves behind.
fn comment(stop: &Stop<'_>, place: Span) -> Option<Diagnostic> {
    let two = Span { end: place.start + 2, ..place };
    if stop.rest.starts_with("--") {
        let diagnostic = Diagnostic::error("syntax", two, "unexpected `--`");
        return Some(diagnostic.help("a comment begins with `//`").certain("write `//`", two, "//"));
    }
    if stop.rest.starts_with("/*") {
        let diagnostic = Diagnostic::error("syntax", two, "unexpected `/*`");
        return Some(diagnostic.help("a comment begins with `//` and ends with its line"));
    }
    if ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| stop.rest.starts_with(mark)) {
        let seven = Span { end: place.start + 7, ..place };
        let diagnostic = Diagnostic::error("syntax", seven, "a merge was not finished");
        return Some(diagnostic.help("keep one side of the conflict, and remove its marks"));
    }
    None
}

/// `$NAME` and `${NAME}`, as shells write a variable.
fn variable(rest: &str, place: Span) -> Diagnostic {
    let behind = rest.get(1..).unwrap_or_default();
    let (inner, braces) = match behind.strip_prefix('{') {
        Some(inner) => (inner, 2),
        None => (behind, 0),
    };
    let length =
        inner.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(inner.len());
    let name = &inner[..length];
    let diagnostic =
        |place| Diagnostic::error("syntax", place, "unexpected `$`").help("a variable is written `env.NAME`");
    if name.is_empty() || (braces == 2 && !inner[length..].starts_with('}')) {
        return diagnostic(place);
    }
    let end = place.start + u32::try_from(1 + length + braces).unwrap_or_default();
    let whole = Span { end, ..place };
    diagnostic(whole).certain(format!("write `env.{name}`"), whole, format!("env.{name}"))
}

/// `'text'`, as other languages write it.
fn quoted(rest: &str, place: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error("syntax", place, "a text stands between double quotes");
    let inner = rest.get(1..).and_then(|behind| behind.find('\'').map(|end| &behind[..end]));
    let Some(inner) = inner.filter(|inner| !inner.contains(['"', '\\'])) else {
        return diagnostic.help("write `\"` in place of `'`");
    };
    let length = u32::try_from(inner.len() + 2).unwrap_or_default();
    let text = Span { end: place.start + length, ..place };
    let mut diagnostic = diagnostic.help(format!("write `\"{inner}\"`"));
    if let Some(label) = diagnostic.labels.first_mut() {
        label.span = text;
    }
    diagnostic.certain(format!("write `\"{inner}\"`"), text, format!("\"{inner}\""))
}

/// `50k rows`
fn thousands(number: Token<'_>, stop: &Stop<'_>, place: Span) -> Option<Diagnostic> {
    let digits = number.text.trim_end_matches(|last: char| last.is_ascii_alphabetic());
    let zeros = match &number.text[digits.len()..] {
        "k" | "K" => "_000",
        "m" | "M" | "mio" | "Mio" => "_000_000",
        _ => return None,
    };
    let written = format!("{digits}{zeros} rows");
    let whole = Span { start: stop.place_of(number.start, place), ..place };
    let diagnostic = Diagnostic::error("unknown-unit", whole, "a number of rows is written in full");
    let diagnostic = diagnostic.help(format!("did you mean `{written}`?"));
    let whole_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    Some(if whole_number { diagnostic.fix(format!("write `{written}`"), whole, written) } else { diagnostic })
}

/// `5 m`, `64 mib`, `10%3`
fn behind_number(stop: &Stop<'_>, number: Token<'_>, found: Token<'_>, place: Span) -> Option<Diagnostic> {
    if number.text.ends_with('%') {
        let diagnostic = Diagnostic::error("syntax", place, "a share is not followed by a value");
        return Some(
            diagnostic.help("`%` directly behind a number makes a share; a remainder is written `a % b`"),
        );
    }
    let near = || nearest(found.text, ["rows"]);
    let meant = unit_meant(found.text).or_else(near)?;
    if !number.text.ends_with(|last: char| last.is_ascii_digit()) {
        return if meant == "rows" { thousands(number, stop, place) } else { None };
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
