//! Tokens: takes text, gives its words, marks, literals and comments with their places, for the formatter
//! and for messages. It drops blanks and nothing else, never fails, and knows no grammar: a token's text
//! is what `grammar.pest` reads at the same place as one atomic rule, but for paths, whose dots are marks.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// `order_id`, `where`
    Word,
    /// A name between backticks.
    Backticked,
    /// `50_000 rows`, `1%`, `5m`
    Number,
    /// `"text"`
    Text,
    /// `@kind:namespace/name`
    Entity,
    /// `{`, `->`, `++`, …
    Mark,
    /// `// …` and `/// …`, to the end of the line without its last blanks.
    Comment,
    /// The end of a line.
    Newline,
    /// One character that no token begins with, among them the quote of a text without its end.
    Unknown,
}

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'t> {
    /// What it is.
    pub kind: TokenKind,
    /// Its text.
    pub text: &'t str,
    /// The byte where it starts.
    pub start: usize,
}

impl Token<'_> {
    /// The byte behind it.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// What stands between tokens. Other white space, as the no-break space, is none, so that it is seen.
pub(crate) const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// Words that stand behind a number and its blank.
const SPACED_UNITS: [&str; 10] = ["rows", "KiB", "MiB", "GiB", "TiB", "kB", "MB", "GB", "TB", "B"];

/// Whether the style writes a blank between a number and this unit.
pub(crate) fn is_spaced_unit(unit: &str) -> bool {
    SPACED_UNITS.contains(&unit.strip_suffix("/s").unwrap_or(unit))
}

const LONG_MARKS: [&str; 6] = ["->", "==", "!=", "<=", ">=", "++"];

const MARKS: &str = "{}()[],:=.?+-*/%<>";

/// The tokens of a text, in order.
#[derive(Clone, Debug)]
pub struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Tokens<'t> {
    /// All tokens of `text`.
    pub fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        let rest = self.text.get(self.at..)?;
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
        let rest = &rest[blanks..];
        let (kind, length) = measure(rest)?;
        let start = self.at + blanks;
        self.at = start + length;
        let text = match kind {
            TokenKind::Comment => rest[..length].trim_end_matches(BLANKS),
            TokenKind::Word
            | TokenKind::Backticked
            | TokenKind::Number
            | TokenKind::Text
            | TokenKind::Entity
            | TokenKind::Mark
            | TokenKind::Newline
            | TokenKind::Unknown => &rest[..length],
        };
        Some(Token { kind, text, start })
    }
}

/// The kind and the length of the token that `rest` begins with.
fn measure(rest: &str) -> Option<(TokenKind, usize)> {
    let first = rest.chars().next()?;
    let line = || rest.find('\n').unwrap_or(rest.len());
    Some(match first {
        '\n' => (TokenKind::Newline, 1),
        '/' if rest.starts_with("//") => (TokenKind::Comment, line()),
        '"' => match text_length(rest) {
            Some(length) => (TokenKind::Text, length),
            None => (TokenKind::Unknown, 1),
        },
        '`' => match rest[1..].find(['`', '\n']) {
            Some(at) if at > 0 && rest.as_bytes().get(at + 1) == Some(&b'`') => {
                (TokenKind::Backticked, at + 2)
            }
            Some(_) | None => (TokenKind::Unknown, 1),
        },
        '@' => match entity_length(rest) {
            Some(length) => (TokenKind::Entity, length),
            None => (TokenKind::Unknown, 1),
        },
        '0'..='9' => (TokenKind::Number, number_length(rest)),
        'a'..='z' | 'A'..='Z' | '_' => (TokenKind::Word, run(rest, is_letter)),
        _ if LONG_MARKS.iter().any(|mark| rest.starts_with(mark)) => (TokenKind::Mark, 2),
        _ if MARKS.contains(first) => (TokenKind::Mark, 1),
        _ => (TokenKind::Unknown, first.len_utf8()),
    })
}

/// Whether a word may have this character behind its first.
pub(crate) fn is_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// Whether a text is a word: a name that needs no backticks unless the language claims it.
pub(crate) fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') && text.chars().all(is_letter)
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|letter| !belongs(letter)).unwrap_or(text.len())
}

fn text_length(rest: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            '\n' => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The length of `@kind:namespace/name` or `@kind:name`, if `rest` begins with one.
fn entity_length(rest: &str) -> Option<usize> {
    let kind = 1 + entity_part(&rest[1..])?;
    let name = rest[kind..].strip_prefix(':')?;
    let first = kind + 1 + entity_part(name)?;
    let second = rest[first..].strip_prefix('/').and_then(entity_part);
    Some(second.map_or(first, |second| first + 1 + second))
}

/// The length of letters and digits with `-`, `_` and `.` between them.
fn entity_part(rest: &str) -> Option<usize> {
    let length = run(rest, |letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
    let part = rest[..length].trim_end_matches(['-', '_', '.']);
    part.starts_with(|first: char| first.is_ascii_alphanumeric()).then_some(part.len())
}

fn number_length(rest: &str) -> usize {
    let digit = |letter: char| letter.is_ascii_digit() || letter == '_';
    let mut length = run(rest, digit);
    if let Some(fraction) = rest[length..].strip_prefix('.')
        && fraction.starts_with(|first: char| first.is_ascii_digit())
    {
        length += 1 + run(fraction, digit);
    }
    let behind = &rest[length..];
    if behind.starts_with('%') {
        return length + 1;
    }
    let word = behind.trim_start_matches([' ', '\t', '\r']);
    for unit in SPACED_UNITS {
        let Some(after) = word.strip_prefix(unit) else { continue };
        let after = after.strip_prefix("/s").unwrap_or(after);
        if !after.starts_with(is_letter) {
            return rest.len() - after.len();
        }
    }
    length + run(behind, is_letter)
}

#[cfg(test)]
mod tests {
    use super::{TokenKind, Tokens};

    fn shown(text: &str) -> String {
        let tokens: Vec<_> =
            Tokens::new(text).map(|token| format!("{:?} {:?}", token.kind, token.text)).collect();
        tokens.join("\n")
    }

    #[test]
    fn literals_carry_their_units() {
        let texts: Vec<_> = Tokens::new("1% 50_000 rows 20 rows/s 64 MiB 50 MiB/s 5m 0.5% a % b 3 rowset")
            .map(|token| token.text)
            .collect();
        let expected = [
            "1%",
            "50_000 rows",
            "20 rows/s",
            "64 MiB",
            "50 MiB/s",
            "5m",
            "0.5%",
            "a",
            "%",
            "b",
            "3",
            "rowset",
        ];
        assert_eq!(texts, expected);
    }

    #[test]
    fn nothing_is_lost_but_blanks() {
        let text = "a.*->`b c`:\"x\\\"y\" @k:n/m-1-> // end\r\n\"open\n'é`\n";
        assert_eq!(
            shown(text),
            [
                r#"Word "a""#,
                r#"Mark ".""#,
                r#"Mark "*""#,
                r#"Mark "->""#,
                r#"Backticked "`b c`""#,
                r#"Mark ":""#,
                r#"Text "\"x\\\"y\"""#,
                r#"Entity "@k:n/m-1""#,
                r#"Mark "->""#,
                r#"Comment "// end""#,
                r#"Newline "\n""#,
                r#"Unknown "\"""#,
                r#"Word "open""#,
                r#"Newline "\n""#,
                r#"Unknown "'""#,
                r#"Unknown "é""#,
                r#"Unknown "`""#,
                r#"Newline "\n""#,
            ]
            .join("\n")
        );
        assert!(
            Tokens::new(text).all(|token| token.kind == TokenKind::Newline || !token.text.contains('\n'))
        );
    }
}
