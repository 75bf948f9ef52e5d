//! Characters that a keyboard for programs does not have: takes one as it stands, gives what it was meant for, and finds those
//! that make a line look like another.

use super::Reader;
use crate::token::{TokenKind, Tokens};
use crate::{Diagnostic, Span};

/// Whether a character is seen when it is printed: not so zero-width marks, the byte order mark and the
/// replacement of what was no UTF-8.
pub(super) fn is_seen(letter: char) -> bool {
    !matches!(letter, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{FFFD}')
}

/// A character as a message shows it: what cannot be seen by its number.
pub(super) fn seen(text: &str) -> String {
    let hidden = |letter: &char| letter.is_control() || letter.is_whitespace() || !is_seen(*letter);
    match text.chars().find(hidden) {
        Some(letter) => format!("character U+{:04X}", u32::from(letter)),
        None => format!("`{text}`"),
    }
}

/// The mark that a character of another keyboard, a word processor or a web page stands for.
pub(super) fn plain(text: &str) -> Option<&'static str> {
    Some(match text {
        "\u{A0}" | "\u{2007}" | "\u{2009}" | "\u{202F}" | "\u{3000}" => " ",
        "→" | "⇒" | "➔" | "⟶" => "->",
        "＝" => "=",
        "≠" => "!=",
        "≤" => "<=",
        "≥" => ">=",
        "–" | "—" | "−" => "-",
        "×" => "*",
        "÷" => "/",
        "，" | "、" => ",",
        "：" => ":",
        "（" => "(",
        "）" => ")",
        "｛" => "{",
        "｝" => "}",
        _ => return None,
    })
}

/// `“text”`, as a word processor writes it.
pub(super) fn typographic_quotes(rest: &str, place: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error("syntax", place, "a text stands between straight double quotes");
    let mut letters = rest.char_indices();
    let open = letters.next().map_or("", |(_, letter)| &rest[..letter.len_utf8()]);
    let close = match open {
        "‘" | "’" | "‚" => ['‘', '’'],
        "«" | "»" => ['«', '»'],
        _ => ['“', '”'],
    };
    let inner = rest.get(open.len()..).unwrap_or_default();
    let Some(end) = inner.find(close).filter(|end| !inner[..*end].contains(['"', '\\'])) else {
        return diagnostic.help("write `\"` in place of it");
    };
    let behind = inner[end..].chars().next().map_or(0, char::len_utf8);
    let length = u32::try_from(open.len() + end + behind).unwrap_or_default();
    let (text, written) = (Span { end: place.start + length, ..place }, format!("\"{}\"", &inner[..end]));
    let mut diagnostic = diagnostic.help(format!("write `{written}`"));
    if let Some(label) = diagnostic.labels.first_mut() {
        label.span = text;
    }
    diagnostic.certain(format!("write `{written}`"), text, written)
}

/// Whether a character changes how the line around it looks and is itself not seen: one that turns the direction of writing, and
/// a control character.
fn deceives(letter: char) -> bool {
    let turns = matches!(letter, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    turns || (letter.is_control() && !matches!(letter, '\n' | '\t' | '\r'))
}

impl Reader<'_> {
    /// Reports what makes comments, texts and names in backticks look like others: whoever reviews the source must see what runs.
    /// Elsewhere no rule reads it.
    pub(super) fn deceptive(&mut self) {
        // The first bytes of such characters; a text without any is the rule.
        let first = |byte: u8| {
            (byte < b' ' && !matches!(byte, b'\n' | b'\t' | b'\r'))
                || matches!(byte, 0x7F | 0xC2 | 0xD8 | 0xE2)
        };
        if !self.text.bytes().any(first) || !self.text.contains(deceives) {
            return;
        }
        for token in Tokens::new(self.text) {
            let hides = matches!(token.kind, TokenKind::Comment | TokenKind::Text | TokenKind::Backticked);
            let Some((at, letter)) = token.text.char_indices().find(|(_, letter)| hides && deceives(*letter))
            else {
                continue;
            };
            let start = token.start + at;
            let span = self.span(start, start + letter.len_utf8());
            let number = format!("{:04X}", u32::from(letter));
            let message = format!(
                "character U+{number} is not seen, and what is around it may look like something else"
            );
            let diagnostic = Diagnostic::error("hidden-character", span, message);
            self.report(if token.kind == TokenKind::Text {
                let written = format!("\\u{{{number}}}");
                diagnostic.help("In a text it is written by its number, so that a reviewer sees it.").certain(
                    format!("write `{written}`"),
                    span,
                    written,
                )
            } else {
                diagnostic.help("Remove it: a reviewer must see what stands here.").fix("remove it", span, "")
            });
        }
    }
}
