//! The depth cap: takes text, finds the items whose brackets nest deeper than any reader or parser wants.
//! It reads no grammar, only brackets outside texts, backticks and comments, in one pass over the bytes.

use std::ops::Range;

use crate::ast::Keyword;

/// How deep brackets may nest.
pub(super) const MAX_DEPTH: usize = 128;

/// An item, or what stands between two item starts, that nests too deep.
pub(super) struct TooDeep {
    /// The bracket that is one too many.
    pub(super) bracket: usize,
    /// From the start of the line with the item's keyword to the next one, which can be read again.
    pub(super) region: Range<usize>,
}

/// All regions that nest too deep, in order.
pub(super) fn too_deep(text: &str) -> Vec<TooDeep> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    // A bracket of the other kind closes none, as in the grammar.
    let (mut braces, mut brackets) = (0_usize, 0_usize);
    let mut region = 0;
    let mut offender = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'(' | b'[' | b'{' => {
                *(if byte == b'{' { &mut braces } else { &mut brackets }) += 1;
                if braces + brackets > MAX_DEPTH && offender.is_none() {
                    offender = Some(at);
                }
            }
            b')' | b']' => brackets = brackets.saturating_sub(1),
            b'}' => braces = braces.saturating_sub(1),
            b'"' => at = text_end(bytes, at),
            b'`' => at = backtick_end(bytes, at),
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at = bytes[at..]
                    .iter()
                    .position(|&byte| byte == b'\n')
                    .map_or(bytes.len(), |length| at + length);
                continue;
            }
            b'\n' if item_start(&text[at + 1..]).is_some() => {
                (braces, brackets) = (0, 0);
                if let Some(bracket) = offender.take() {
                    found.push(TooDeep { bracket, region: region..at + 1 });
                }
                region = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    if let Some(bracket) = offender {
        found.push(TooDeep { bracket, region: region..text.len() });
    }
    found
}

/// Where the name begins in a line that begins an item, as `item_ahead` in the grammar has it, but for the docs.
pub(super) fn item_start(line: &str) -> Option<usize> {
    let word = line.bytes().take_while(u8::is_ascii_lowercase).count();
    Keyword::of(&line[..word])?;
    let rest = line[word..].trim_start_matches([' ', '\t', '\r']);
    let named = rest.len() < line.len() - word
        && rest.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_' || first == '`');
    named.then_some(line.len() - rest.len())
}

/// The closing quote of the text that begins at `at`; `at` itself when it has none on its line.
fn text_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while let Some(&byte) = bytes.get(end) {
        match byte {
            b'"' => return end,
            b'\n' => break,
            b'\\' if bytes.get(end + 1).is_some_and(|&next| next != b'\n') => end += 2,
            _ => end += 1,
        }
    }
    at
}

fn backtick_end(bytes: &[u8], at: usize) -> usize {
    let length = bytes[at + 1..].iter().position(|&byte| byte == b'`' || byte == b'\n');
    match length {
        Some(length) if length > 0 && bytes[at + 1 + length] == b'`' => at + 1 + length,
        Some(_) | None => at,
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, too_deep};

    #[test]
    fn only_the_item_that_nests_too_deep_is_named() {
        let deep = format!("store a: b {{ c = {} }}\n", "(".repeat(MAX_DEPTH));
        let text = format!("wave x {{}}\n{deep}wave y {{}}\n");
        let found = too_deep(&text);
        assert_eq!(found.len(), 1);
        assert_eq!(&text[found[0].region.clone()], deep);
        assert_eq!(found[0].bracket, text.rfind('(').unwrap());
    }

    #[test]
    fn brackets_in_texts_names_and_comments_do_not_count() {
        let many = "(".repeat(MAX_DEPTH + 1);
        assert!(too_deep(&format!("\"{many}\" `{many}` // {many}\n\"\\\"{many}\"")).is_empty());
        assert_eq!(
            too_deep(&format!("\"{many}\n")).len(),
            1,
            "a text without its end does not hide brackets"
        );
    }
}
