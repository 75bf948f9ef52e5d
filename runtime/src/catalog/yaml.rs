//! YAML text to trees that know their place: every node with its bytes in the file and its line.
//!
//! Takes the text of a descriptor file (YAML 1.2 with the core schema, of which JSON is a part) and gives its
//! documents, each by itself right or wrong: a mistake in one document hides no other. Values are those that the
//! `yaml` package of npm gives to Backstage. Never reads a file and knows nothing of entities.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};
use serde_json::{Map, Value};

use super::core_schema::core_value;

/// Deeper nesting than this is refused, so that no tree can exhaust the stack.
const MAX_DEPTH: usize = 100;

/// More nodes than this in one document are refused, so that aliases of aliases cannot exhaust memory.
const MAX_NODES: usize = 1_000_000;

/// A node and its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Its bytes in the file. Exact for scalars in one line and for flow collections; a block scalar starts with its
    /// text (behind the header), a block collection is only where it starts.
    pub(super) span: Range<usize>,
    /// The line it starts in, from 1.
    pub(super) line: u32,
    /// What it is.
    pub(super) content: Content,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// A plain, quoted or block scalar.
    Scalar {
        /// How it is written.
        style: ScalarStyle,
        /// What it means in the core schema.
        value: Value,
    },
    /// A list.
    Sequence(Vec<Node>),
    /// A mapping.
    Mapping {
        /// Keys and values in the order of the file; no key stands twice.
        entries: Vec<(Node, Node)>,
        /// Whether it is written in braces.
        flow: bool,
    },
}

/// A mistake and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct YamlError {
    /// The line, from 1.
    pub(super) line: u32,
    /// What is wrong.
    pub(super) message: String,
}

impl Node {
    /// The value as JSON. Keys that are no texts are written as JavaScript writes them.
    pub(super) fn json(&self) -> Value {
        match &self.content {
            Content::Scalar { value, .. } => value.clone(),
            Content::Sequence(items) => Value::Array(items.iter().map(Self::json).collect()),
            Content::Mapping { entries, .. } => Value::Object(
                entries.iter().map(|(key, value)| (key.key(), value.json())).collect::<Map<_, _>>(),
            ),
        }
    }

    /// The text of a scalar that is a text.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { value, .. } => value.as_str(),
            Content::Sequence(_) | Content::Mapping { .. } => None,
        }
    }

    /// The entries of a mapping.
    pub(super) fn entries(&self) -> Option<&[(Self, Self)]> {
        match &self.content {
            Content::Mapping { entries, .. } => Some(entries),
            Content::Scalar { .. } | Content::Sequence(_) => None,
        }
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Option<&[Self]> {
        match &self.content {
            Content::Sequence(items) => Some(items),
            Content::Scalar { .. } | Content::Mapping { .. } => None,
        }
    }

    /// The key and value of an entry of a mapping.
    pub(super) fn entry(&self, name: &str) -> Option<(&Self, &Self)> {
        self.entries()?.iter().find(|(key, _)| key.key() == name).map(|(key, value)| (key, value))
    }

    /// The value of an entry of a mapping.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.entry(name).map(|(_, value)| value)
    }

    /// Whether it is a null, or nothing.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { value: Value::Null, .. })
    }

    /// What it is, for messages.
    pub(super) fn describe(&self) -> String {
        match &self.content {
            Content::Scalar { value: Value::Null, .. } => "nothing".to_owned(),
            Content::Scalar { value: Value::String(text), .. } => format!("the text {text:?}"),
            Content::Scalar { value: Value::Bool(value), .. } => format!("the truth value {value}"),
            Content::Scalar { value, .. } => format!("the number {value}"),
            Content::Sequence(_) => "a list".to_owned(),
            Content::Mapping { .. } => "a mapping".to_owned(),
        }
    }

    /// What it is called as a key.
    pub(super) fn key(&self) -> String {
        match self.json() {
            Value::Null => String::new(),
            Value::String(text) => text,
            other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                other.to_string()
            }
        }
    }
}

/// The documents of a file; an empty one is a null.
pub(super) fn documents(text: &str) -> Vec<Result<Node, YamlError>> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut documents = Vec::new();
    let mut line = 1;
    for range in pieces(&text[start..]) {
        let piece = &text[start + range.start..start + range.end];
        read_piece(piece, start + range.start, line, &mut documents);
        line += line_breaks(piece);
    }
    documents
}

/// The bytes of the piece of a file that has this byte: its document with what belongs to it.
pub(super) fn piece_around(text: &str, byte: usize) -> Range<usize> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let pieces = pieces(&text[start..]).into_iter().map(|range| start + range.start..start + range.end);
    pieces.into_iter().find(|range| range.contains(&byte)).unwrap_or(start..text.len())
}

/// Cuts a file at its `---` lines, which no scalar can contain, so that each piece is read by itself. What stands
/// before a `---` without being a document (comments, directives) goes with what follows.
fn pieces(text: &str) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let (mut start, mut offset, mut has_content) = (0, 0, false);
    for line in text.split_inclusive('\n') {
        let marker = line
            .strip_prefix("---")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']));
        if marker && has_content {
            pieces.push(start..offset);
            start = offset;
        }
        has_content |= marker || !(line.trim().is_empty() || line.starts_with(['#', '%']));
        offset += line.len();
    }
    if has_content {
        pieces.push(start..text.len());
    }
    pieces
}

fn line_breaks(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX)
}

/// Reads the documents of one piece, which is one unless `...` ends a document that another follows.
fn read_piece(piece: &str, offset: usize, first_line: u32, documents: &mut Vec<Result<Node, YamlError>>) {
    let mut reader =
        Reader { piece, bytes: byte_offsets(piece), offset, first_line, nodes: 0, anchors: BTreeMap::new() };
    if let Err(error) = reader.read(documents) {
        documents.push(Err(error));
    }
}

/// Where each character starts, or nothing when every character is one byte.
fn byte_offsets(piece: &str) -> Option<Vec<usize>> {
    (!piece.is_ascii()).then(|| piece.char_indices().map(|(offset, _)| offset).collect())
}

/// A collection whose end has not come yet.
struct Open {
    span: Range<usize>,
    line: u32,
    anchor: usize,
    flow: bool,
    mapping: bool,
    items: Vec<Node>,
}

struct Reader<'a> {
    piece: &'a str,
    bytes: Option<Vec<usize>>,
    offset: usize,
    first_line: u32,
    nodes: usize,
    anchors: BTreeMap<usize, Node>,
}

impl Reader<'_> {
    fn read(&mut self, documents: &mut Vec<Result<Node, YamlError>>) -> Result<(), YamlError> {
        let mut open: Vec<Open> = Vec::new();
        for event in Parser::new_from_str(self.piece) {
            let (event, span) = event.map_err(|error| self.scan_error(&error))?;
            let done = match event {
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => continue,
                Event::DocumentStart(_) => {
                    self.anchors.clear();
                    continue;
                }
                Event::Alias(anchor) => {
                    let mut node = self.anchors.get(&anchor).cloned().ok_or_else(|| {
                        self.error(&span, "an alias refers to what it stands in, which has no end")
                    })?;
                    self.nodes += count(&node);
                    (node.span, node.line) = (self.span(&span), self.line(&span));
                    self.checked(&span)?;
                    node
                }
                Event::Scalar(text, style, anchor, tag) => {
                    let value = self.scalar(&text, style, tag.as_deref(), &span)?;
                    let node = Node {
                        span: self.scalar_span(&span, style),
                        line: self.line(&span),
                        content: Content::Scalar { style, value },
                    };
                    self.remember(anchor, &node);
                    node
                }
                Event::SequenceStart(anchor, _) => {
                    open.push(self.open(anchor, &span, false)?);
                    self.deep(open.len(), &span)?;
                    continue;
                }
                Event::MappingStart(anchor, _) => {
                    open.push(self.open(anchor, &span, true)?);
                    self.deep(open.len(), &span)?;
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let Some(ended) = open.pop() else { continue };
                    self.close(ended, &span)?
                }
            };
            match open.last_mut() {
                Some(parent) => parent.items.push(done),
                None => documents.push(Ok(done)),
            }
        }
        Ok(())
    }

    fn open(&mut self, anchor: usize, span: &Span, mapping: bool) -> Result<Open, YamlError> {
        self.checked(span)?;
        let range = self.span(span);
        let flow =
            self.piece[range.start - self.offset..range.end - self.offset].trim_end().ends_with(['{', '[']);
        Ok(Open { span: range, line: self.line(span), anchor, flow, mapping, items: Vec::new() })
    }

    fn close(&mut self, open: Open, end: &Span) -> Result<Node, YamlError> {
        // The end of a flow collection is its bracket; a block collection ends where something else begins, which
        // says nothing about where its own text ends.
        let end = if open.flow { self.byte(end.start.index()) + 1 } else { open.span.end };
        let content = if open.mapping {
            let mut entries = Vec::with_capacity(open.items.len() / 2);
            let mut names = BTreeSet::new();
            let mut items = open.items.into_iter();
            while let (Some(key), Some(value)) = (items.next(), items.next()) {
                let name = key.key();
                if names.contains(&name) {
                    return Err(YamlError {
                        line: key.line,
                        message: format!("the key `{name}` stands twice in one mapping"),
                    });
                }
                names.insert(name);
                entries.push((key, value));
            }
            Content::Mapping { entries, flow: open.flow }
        } else {
            Content::Sequence(open.items)
        };
        let node = Node { span: open.span.start..end, line: open.line, content };
        self.remember(open.anchor, &node);
        Ok(node)
    }

    fn remember(&mut self, anchor: usize, node: &Node) {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        span: &Span,
    ) -> Result<Value, YamlError> {
        self.checked(span)?;
        let core = tag.filter(|tag| tag.is_yaml_core_schema()).map(|tag| tag.suffix.as_str());
        Ok(match (core, tag, style) {
            // An unknown tag means a text, as it does to the `yaml` package.
            (Some("str"), ..) => Value::String(text.to_owned()),
            (Some("null" | "bool" | "int" | "float"), ..) | (None, None, ScalarStyle::Plain) => {
                core_value(text)
            }
            _ => Value::String(text.to_owned()),
        })
    }

    fn checked(&mut self, span: &Span) -> Result<(), YamlError> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(self.error(span, "the document is too large once its aliases are written out"));
        }
        Ok(())
    }

    fn deep(&self, depth: usize, span: &Span) -> Result<(), YamlError> {
        if depth > MAX_DEPTH {
            return Err(self.error(span, "the nesting is deeper than 100 levels"));
        }
        Ok(())
    }

    fn line(&self, span: &Span) -> u32 {
        self.first_line + u32::try_from(span.start.line().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    fn error(&self, span: &Span, message: &str) -> YamlError {
        YamlError { line: self.line(span), message: message.to_owned() }
    }

    fn scan_error(&self, error: &ScanError) -> YamlError {
        let marker = error.marker();
        let line = self.first_line + u32::try_from(marker.line().saturating_sub(1)).unwrap_or(0);
        YamlError { line, message: format!("{} (column {})", error.info(), marker.col() + 1) }
    }

    fn byte(&self, character: usize) -> usize {
        let within = match &self.bytes {
            Some(bytes) => bytes.get(character).copied().unwrap_or(self.piece.len()),
            None => character.min(self.piece.len()),
        };
        self.offset + within
    }

    fn span(&self, span: &Span) -> Range<usize> {
        self.byte(span.start.index())..self.byte(span.end.index())
    }

    fn trimmed(&self, span: &Range<usize>) -> Range<usize> {
        let text = &self.piece[span.start - self.offset..span.end - self.offset];
        span.start..span.start + text.trim_end().len()
    }

    fn scalar_span(&self, span: &Span, style: ScalarStyle) -> Range<usize> {
        let span = self.span(span);
        let text = &self.piece[span.start - self.offset..span.end - self.offset];
        match style {
            ScalarStyle::Plain => self.trimmed(&span),
            // The parser ends a quoted scalar where something else begins, behind blanks and comments.
            ScalarStyle::SingleQuoted => span.start..span.start + quoted_end(text, '\''),
            ScalarStyle::DoubleQuoted => span.start..span.start + quoted_end(text, '"'),
            ScalarStyle::Literal | ScalarStyle::Folded => span,
        }
    }
}

/// Where the quoted scalar ends that stands in this text, behind a tag or an anchor perhaps.
fn quoted_end(text: &str, quote: char) -> usize {
    let mut before = ' ';
    let mut characters = text.char_indices();
    for (_, character) in characters.by_ref() {
        if character == quote && before.is_whitespace() {
            break;
        }
        before = character;
    }
    while let Some((at, character)) = characters.next() {
        let end = at + character.len_utf8();
        if character == '\\' && quote == '"' {
            characters.next();
        } else if character == quote && (quote == '"' || !text[end..].starts_with(quote)) {
            return end;
        } else if character == quote {
            characters.next();
        }
    }
    text.len()
}

fn count(node: &Node) -> usize {
    match &node.content {
        Content::Scalar { .. } => 1,
        Content::Sequence(items) => 1 + items.iter().map(count).sum::<usize>(),
        Content::Mapping { entries, .. } => {
            1 + entries.iter().map(|(key, value)| count(key) + count(value)).sum::<usize>()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values(text: &str) -> Vec<Result<Value, YamlError>> {
        documents(text).into_iter().map(|document| document.map(|root| root.json())).collect()
    }

    #[test]
    fn quotes_and_tags_decide_over_the_look_of_a_value() {
        assert_eq!(
            values(
                "a: '1'\nb: \"true\"\nc: !!str 1\nd: !!int '2'\ne: !mine 3\nf: |\n  4\n1: key\ntrue: key\n"
            ),
            [Ok(
                json!({"a": "1", "b": "true", "c": "1", "d": 2, "e": "3", "f": "4\n", "1": "key", "true": "key"})
            )]
        );
    }

    #[test]
    fn a_mistake_in_one_document_hides_no_other() {
        let all = documents("# first\na: 1\n---\nb: [1\n---\n\nc: 3\n---\nd: 4\nd: 5\n...\n");
        assert_eq!(all[0].as_ref().unwrap().json(), json!({"a": 1}));
        assert_eq!(all[1].as_ref().unwrap_err().line, 5);
        assert_eq!((all[2].as_ref().unwrap().json(), all[2].as_ref().unwrap().line), (json!({"c": 3}), 7));
        let twice = YamlError { line: 10, message: "the key `d` stands twice in one mapping".to_owned() };
        assert_eq!(all[3].as_ref().unwrap_err(), &twice);
        assert_eq!(all.len(), 4);
    }

    #[test]
    fn directives_and_ends_of_documents_belong_where_they_stand() {
        assert_eq!(
            values("%YAML 1.2\n---\na: 1\n...\n# between\n---\nb: 2\n"),
            [Ok(json!({"a": 1})), Ok(json!({"b": 2}))]
        );
        assert_eq!(values("a: 1\n...\nb: 2\n"), [Ok(json!({"a": 1})), Ok(json!({"b": 2}))]);
        assert_eq!(values("---\n---\na: 1\n"), [Ok(json!(null)), Ok(json!({"a": 1}))]);
        assert_eq!(values(""), []);
        assert_eq!(values("# nothing\n"), []);
    }

    #[test]
    fn spans_are_bytes_whatever_stands_before() {
        let text = concat!(
            "\u{feff}# é\r\nä: 'ö''x'  # ü\r\n\"k\": {x: y } # z\r\n",
            "q: !!str \"\\\"a\\\\\" # \"\r\n---\r\nß: plain \r\n",
        );
        let all = documents(text);
        let root = all[0].as_ref().unwrap();
        let source = |node: &Node| (text[node.span.clone()].to_owned(), node.line);
        let (key, value) = root.entry("ä").unwrap();
        assert_eq!((source(key).0.as_str(), source(value)), ("ä", ("'ö''x'".to_owned(), 2)));
        let (key, value) = root.entry("k").unwrap();
        assert_eq!((source(key).0.as_str(), source(value)), ("\"k\"", ("{x: y }".to_owned(), 3)));
        assert_eq!(source(root.get("q").unwrap()), (r#"!!str "\"a\\""#.to_owned(), 4));
        assert_eq!(source(all[1].as_ref().unwrap().get("ß").unwrap()), ("plain".to_owned(), 6));
    }

    #[test]
    fn aliases_are_written_out_within_bounds() {
        assert_eq!(values("a: &x [1, 2]\nb: *x\n"), [Ok(json!({"a": [1, 2], "b": [1, 2]}))]);
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let below = format!("*a{}", level - 1);
            bomb.push_str(&format!("a{level}: &a{level} [{}]\n", vec![below; 10].join(", ")));
        }
        assert!(documents(&bomb)[0].is_err());
        assert!(documents("a: &x [*x]\n")[0].is_err());
        assert!(documents(&"[".repeat(100_000))[0].is_err());
        assert!(documents(&format!("{}{}", "[".repeat(101), "]".repeat(101)))[0].is_err());
    }

    #[test]
    fn json_is_yaml() {
        assert_eq!(
            values("{\n\t\"a\": {\"b\": [1, 2.5, true, null, \"x\\u00e9\\n\"]},\n\t\"c\": \"//\"\n}\n"),
            [Ok(json!({"a": {"b": [1, 2.5, true, null, "xé\n"]}, "c": "//"}))]
        );
    }
}
