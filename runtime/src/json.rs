//! A strict reader of JSON text (RFC 8259) that keeps every value's own text.
//!
//! Takes text and gives slices of it: a number keeps its digits and a nested value its spelling, which a
//! tree of values would lose. Works without recursion, so that no depth of nesting overflows the stack.

use std::borrow::Cow;

/// What is wrong with a text, and at which byte of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flaw {
    /// The byte, from 0.
    pub(crate) at: usize,
    /// What is wrong, as half a sentence.
    pub(crate) what: &'static str,
}

/// What kind of value a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number.
    Number,
    /// A string.
    Text,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// A value: its kind and its text, without white space around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Value<'a> {
    /// The kind.
    pub(crate) kind: Kind,
    /// The text.
    pub(crate) raw: &'a str,
}

impl<'a> Value<'a> {
    /// The characters of a string; the text itself for every other value.
    ///
    /// # Errors
    /// For an escaped half of a surrogate pair, which is no character.
    pub(crate) fn text(self) -> Result<Cow<'a, str>, Flaw> {
        match self.kind {
            Kind::Text => unescape(self.raw),
            Kind::Null | Kind::Bool | Kind::Number | Kind::Array | Kind::Object => {
                Ok(Cow::Borrowed(self.raw))
            }
        }
    }
}

/// Reads a whole text as one value.
///
/// # Errors
/// When it is none, or has something behind it.
pub(crate) fn value(text: &str) -> Result<Value<'_>, Flaw> {
    let mut reader = Reader { text, at: 0 };
    reader.space();
    let value = reader.value()?;
    reader.space();
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(reader.flaw("something behind the value")),
    }
}

/// Reads a whole text as one object and tells its members, in order, as it comes to them.
///
/// # Errors
/// What the receiver gives, and flaws of the text, turned into its error.
pub(crate) fn members<'a, E: From<Flaw>>(
    text: &'a str,
    mut member: impl FnMut(Cow<'a, str>, Value<'a>) -> Result<(), E>,
) -> Result<(), E> {
    let mut reader = Reader { text, at: 0 };
    reader.space();
    reader.expect(b'{', "not an object in braces")?;
    reader.space();
    if reader.peek() == Some(b'}') {
        reader.at += 1;
    } else {
        loop {
            let start = reader.at;
            reader.string_in_quotes()?;
            let name = unescape(&text[start..reader.at])?;
            reader.colon()?;
            member(name, reader.value()?)?;
            reader.space();
            if reader.peek() == Some(b'}') {
                reader.at += 1;
                break;
            }
            reader.expect(b',', "neither a comma nor the closing brace")?;
            reader.space();
        }
    }
    reader.space();
    match reader.peek() {
        None => Ok(()),
        Some(_) => Err(reader.flaw("something behind the object").into()),
    }
}

/// Tells the elements of an array, in order; the text is one that [`value`] gave as an array.
///
/// # Errors
/// What the receiver gives.
pub(crate) fn elements<'a, E: From<Flaw>>(
    array: &'a str,
    mut element: impl FnMut(Value<'a>) -> Result<(), E>,
) -> Result<(), E> {
    let mut reader = Reader { text: array, at: 0 };
    reader.expect(b'[', "not an array")?;
    reader.space();
    while reader.peek() != Some(b']') {
        element(reader.value()?)?;
        reader.space();
        if reader.peek() == Some(b',') {
            reader.at += 1;
            reader.space();
        }
    }
    Ok(())
}

/// Appends a value's text without the white space outside strings.
pub(crate) fn compact(raw: &str, out: &mut Vec<u8>) {
    let (mut in_string, mut escaped) = (false, false);
    for byte in raw.bytes() {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else if is_space(byte) {
            continue;
        } else {
            in_string = byte == b'"';
        }
        out.push(byte);
    }
}

/// Appends a text as a JSON string.
pub(crate) fn put_text(text: &str, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
        out.extend_from_slice(&rest[..at]);
        match rest[at] {
            byte @ (b'"' | b'\\') => out.extend([b'\\', byte]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            byte => {
                out.extend(b"\\u00");
                out.extend([DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
            }
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn flaw(&self, what: &'static str) -> Flaw {
        Flaw { at: self.at, what }
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Flaw> {
        if self.peek() != Some(byte) {
            return Err(self.flaw(what));
        }
        self.at += 1;
        Ok(())
    }

    fn space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    /// One value, with all that is in it checked.
    fn value(&mut self) -> Result<Value<'a>, Flaw> {
        let start = self.at;
        // The brackets that are open, by how they close.
        let mut open: Vec<u8> = Vec::new();
        let mut outermost = None;
        loop {
            let kind = match self.peek() {
                Some(b'{') => {
                    self.at += 1;
                    self.space();
                    if self.peek() == Some(b'}') {
                        self.at += 1;
                    } else {
                        outermost.get_or_insert(Kind::Object);
                        open.push(b'}');
                        self.name()?;
                        continue;
                    }
                    Kind::Object
                }
                Some(b'[') => {
                    self.at += 1;
                    self.space();
                    if self.peek() == Some(b']') {
                        self.at += 1;
                    } else {
                        outermost.get_or_insert(Kind::Array);
                        open.push(b']');
                        continue;
                    }
                    Kind::Array
                }
                Some(b'"') => {
                    self.string()?;
                    Kind::Text
                }
                Some(b'-' | b'0'..=b'9') => {
                    self.number()?;
                    Kind::Number
                }
                Some(b't') => self.word("true", Kind::Bool)?,
                Some(b'f') => self.word("false", Kind::Bool)?,
                Some(b'n') => self.word("null", Kind::Null)?,
                Some(_) => return Err(self.flaw("no value")),
                None => return Err(self.flaw("the text ends where a value should be")),
            };
            outermost.get_or_insert(kind);
            // Close what closes here, up to the next value.
            loop {
                let Some(&close) = open.last() else {
                    let kind = outermost.unwrap_or(kind);
                    return Ok(Value { kind, raw: &self.text[start..self.at] });
                };
                self.space();
                match self.peek() {
                    Some(byte) if byte == close => {
                        self.at += 1;
                        open.pop();
                    }
                    Some(b',') => {
                        self.at += 1;
                        self.space();
                        if close == b'}' {
                            self.name()?;
                        }
                        break;
                    }
                    Some(_) => return Err(self.flaw("neither a comma nor the closing bracket")),
                    None => return Err(self.flaw("the text ends inside brackets")),
                }
            }
        }
    }

    /// A member's name, up to its value.
    fn name(&mut self) -> Result<(), Flaw> {
        self.string_in_quotes()?;
        self.colon()
    }

    fn string_in_quotes(&mut self) -> Result<(), Flaw> {
        if self.peek() == Some(b'"') { self.string() } else { Err(self.flaw("no name in quotes")) }
    }

    fn colon(&mut self) -> Result<(), Flaw> {
        self.space();
        self.expect(b':', "no colon behind a name")?;
        self.space();
        Ok(())
    }

    fn word(&mut self, word: &'static str, kind: Kind) -> Result<Kind, Flaw> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.flaw("no value"));
        }
        self.at += word.len();
        Ok(kind)
    }

    fn number(&mut self) -> Result<(), Flaw> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        match self.peek() {
            Some(b'0'..=b'9') => Err(self.flaw("a number with a leading zero")),
            Some(_) | None => Ok(()),
        }
    }

    fn digits(&mut self) -> Result<(), Flaw> {
        let from = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == from { Err(self.flaw("no digit where a number needs one")) } else { Ok(()) }
    }

    fn string(&mut self) -> Result<(), Flaw> {
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    let rest = &self.text.as_bytes()[self.at + 1..];
                    self.at += match *rest {
                        [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
                        [b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(u8::is_ascii_hexdigit) => 6,
                        _ => return Err(self.flaw("an escape that JSON does not have")),
                    };
                }
                Some(0..=0x1f) => return Err(self.flaw("a control character that is not escaped")),
                Some(_) => self.at += 1,
                None => return Err(self.flaw("the text ends inside a string")),
            }
        }
    }
}

/// The characters of a string that was read whole, quotes included.
fn unescape(raw: &str) -> Result<Cow<'_, str>, Flaw> {
    let inside = &raw[1..raw.len() - 1];
    let Some(first) = inside.find('\\') else { return Ok(Cow::Borrowed(inside)) };
    let mut text = String::with_capacity(inside.len());
    text.push_str(&inside[..first]);
    let mut rest = &inside[first..];
    while let Some(escape) = rest.strip_prefix('\\') {
        let flaw = || Flaw {
            at: raw.len() - 1 - rest.len(),
            what: "half of a surrogate pair, which is no character",
        };
        let (character, length) = match escape.as_bytes()[0] {
            b'b' => ('\u{8}', 1),
            b'f' => ('\u{c}', 1),
            b'n' => ('\n', 1),
            b'r' => ('\r', 1),
            b't' => ('\t', 1),
            b'u' => match unit(escape) {
                high @ 0xd800..=0xdbff => {
                    let low = escape[5..].strip_prefix('\\').filter(|next| next.starts_with('u')).map(unit);
                    let low = low.filter(|low| (0xdc00..=0xdfff).contains(low)).ok_or_else(flaw)?;
                    let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                    (char::from_u32(code).ok_or_else(flaw)?, 11)
                }
                unit => (char::from_u32(unit).ok_or_else(flaw)?, 5),
            },
            same => (char::from(same), 1),
        };
        text.push(character);
        rest = &escape[length..];
        let next = rest.find('\\').unwrap_or(rest.len());
        text.push_str(&rest[..next]);
        rest = &rest[next..];
    }
    Ok(Cow::Owned(text))
}

/// The number in `uXXXX`, whose digits were checked.
fn unit(escape: &str) -> u32 {
    u32::from_str_radix(&escape[1..5], 16).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An array of strings, brackets, numbers and white space in every way they may stand.
    const SOUND: [&str; 16] = [
        "null",
        " true ",
        "[]",
        "{}",
        "[ ]",
        "{ }",
        "-0",
        "0.10e+05",
        "[1,[2,{\"a\":[]}],{}]",
        "{\"a\" : {\"b\" : [null , false]} , \"a\" : 1}",
        "\"\\u0000\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\\ud83d\\ude00 😀\"",
        "\"\u{7f}\u{2028}\"",
        "123456789012345678901234567890.5",
        "\"\\uD800\"",
        "[\"]\",\"}\"]",
    ];

    const BROKEN: [&str; 28] = [
        "",
        " ",
        "nul",
        "True",
        "01",
        "-",
        "1.",
        ".5",
        "+1",
        "1e",
        "1 2",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "]",
        "{",
        "{a:1}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "[1}",
        "\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\n\"",
        "'a'",
    ];

    #[test]
    fn it_takes_what_another_reader_takes() {
        for text in SOUND {
            assert!(value(text).is_ok(), "{text}: {:?}", value(text));
            // serde_json reads into values and refuses a lone surrogate there.
            if text != "\"\\uD800\"" {
                assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
            }
        }
        for text in BROKEN {
            assert!(value(text).is_err(), "{text}");
            assert!(serde_json::from_str::<serde_json::Value>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn depth_is_no_danger() {
        let text = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(value(&text).unwrap().kind, Kind::Array);
        assert!(value(&text[1..]).is_err());
    }

    #[test]
    fn every_character_comes_back() {
        let mut all = String::new();
        all.extend((0..=0x2ff).chain(0xd7f0..0xd800).chain(0xe000..0xe010).filter_map(char::from_u32));
        all.extend(['\u{fffd}', '\u{ffff}', '\u{1_0000}', '\u{10_ffff}', '😀']);
        let mut written = Vec::new();
        put_text(&all, &mut written);
        let written = String::from_utf8(written).unwrap();
        assert_eq!(value(&written).unwrap().text().unwrap(), all);
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), all);
        let escaped: String = all.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
        assert_eq!(value(&format!("\"{escaped}\"")).unwrap().text().unwrap(), all);
        for lone in ["\"\\ud800\"", "\"a\\ud800x\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\\ud800\\n\""] {
            assert!(value(lone).unwrap().text().is_err(), "{lone}");
        }
    }

    #[test]
    fn white_space_goes_and_spelling_stays() {
        let mut out = Vec::new();
        compact("{ \"a b\" :\t[ 1.50 , \"x \\\" y\\\\\" , \"\\u0041\" ]\r\n}", &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), r#"{"a b":[1.50,"x \" y\\","\u0041"]}"#);
    }

    #[test]
    fn members_and_elements_keep_their_text() {
        let mut found = Vec::new();
        let object = r#" { "a" : 1.0 , "\u0062" : [ 1, "x" ] , "a" : {"n":null} } "#;
        members::<Flaw>(object, |name, value| {
            found.push((name.into_owned(), value.raw.to_owned()));
            Ok(())
        })
        .unwrap();
        assert_eq!(
            found,
            [("a", "1.0"), ("b", r#"[ 1, "x" ]"#), ("a", r#"{"n":null}"#)]
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
        for broken in
            ["1", "", "{", "{}x", "{\"a\":1,}", "{\"a\":1 \"b\":2}", "{\"\\ud800\":1}", "{\"a\":01}"]
        {
            assert!(members::<Flaw>(broken, |_, _| Ok(())).is_err(), "{broken}");
        }
        assert_eq!(members::<Flaw>(" {} ", |_, _| Err(Flaw { at: 0, what: "called" })), Ok(()));
        let mut kinds = Vec::new();
        elements::<Flaw>("[ 1 , [ ] , null , \"x\" ]", |element| {
            kinds.push(element.kind);
            Ok(())
        })
        .unwrap();
        assert_eq!(kinds, [Kind::Number, Kind::Array, Kind::Null, Kind::Text]);
    }
}
