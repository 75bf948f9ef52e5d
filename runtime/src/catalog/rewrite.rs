//! One annotation of one document changed in the text of its file, every other byte kept.
//!
//! Takes the file's text and gives the new one. The result is parsed again and must mean what was asked for, no more
//! and no less: a way of writing that these few edits do not understand is refused, never damaged. Pure.

use std::ops::Range;

use saphyr_parser::ScalarStyle;
use serde_json::{Map, Value};

use super::yaml::{Content, Node, documents};

/// The text with the annotation set to a value, or without it for `None`. Of a document that has it so already,
/// nothing changes.
///
/// # Errors
/// Why the document cannot be changed, in words that follow "because".
pub(super) fn rewrite(text: &str, document: usize, key: &str, value: Option<&str>) -> Result<String, String> {
    let before = documents(text);
    let Some(Ok(root)) = before.get(document) else {
        return Err("the document cannot be read any more".to_owned());
    };
    let edit = Edit { text, root };
    let Some((range, replacement)) = edit.change(key, value)? else { return Ok(text.to_owned()) };
    let changed = format!("{}{replacement}{}", &text[..range.start], &text[range.end..]);

    let after = documents(&changed);
    let same_others = before.len() == after.len()
        && before.iter().zip(&after).enumerate().all(|(number, (before, after))| match (before, after) {
            (Ok(before), Ok(after)) => number == document || before.json() == after.json(),
            (Err(before), Err(after)) => before.message == after.message,
            (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
        });
    let meant = meaning(root.json(), Some((key, value)));
    match after.get(document) {
        Some(Ok(after)) if same_others && meaning(after.json(), None) == meant => Ok(changed),
        _ => {
            Err("of how its annotations are written (anchors, aliases or explicit keys, perhaps)".to_owned())
        }
    }
}

/// The value of an annotation of a document.
pub(super) fn annotation_of(root: &Node, key: &str) -> Option<String> {
    Some(root.get("metadata")?.get("annotations")?.get(key)?.text()?.to_owned())
}

/// What a document means once an annotation is changed; no annotations and an empty mapping of them mean the same.
fn meaning(mut root: Value, change: Option<(&str, Option<&str>)>) -> Value {
    if let Some(Value::Object(metadata)) = root.get_mut("metadata") {
        if let Some((key, value)) = change
            && let Value::Object(annotations) =
                metadata.entry("annotations").or_insert_with(|| Value::Object(Map::new()))
        {
            match value {
                Some(value) => annotations.insert(key.to_owned(), Value::String(value.to_owned())),
                None => annotations.remove(key),
            };
        }
        if metadata.get("annotations").and_then(Value::as_object).is_some_and(Map::is_empty) {
            metadata.remove("annotations");
        }
    }
    root
}

/// What is replaced by what.
type Change = (Range<usize>, String);

/// A key and its value.
type Entry = (Node, Node);

struct Edit<'a> {
    text: &'a str,
    root: &'a Node,
}

impl Edit<'_> {
    fn change(&self, key: &str, value: Option<&str>) -> Result<Option<Change>, String> {
        let (_, metadata) = self.root.entry("metadata").ok_or("it has no metadata")?;
        let annotations = metadata.entry("annotations");
        let old = annotations.and_then(|(_, annotations)| annotations.entry(key));
        match (annotations, old, value) {
            (_, Some((_, node)), Some(value)) if node.text() == Some(value) => Ok(None),
            (Some((_, annotations)), Some(old), Some(value)) => {
                self.replace(old, value, is_flow(annotations)).map(Some)
            }
            (Some(annotations), None, Some(value)) => self.insert(annotations, key, value).map(Some),
            (None, None, Some(value)) => self.insert_annotations(metadata, key, value).map(Some),
            (Some(annotations), Some((old, _)), None) => self.remove(metadata, annotations, old).map(Some),
            (None, _, None) | (_, None, None) | (None, Some(_), Some(_)) => Ok(None),
        }
    }

    fn replace(&self, (key, node): (&Node, &Node), value: &str, flow: bool) -> Result<Change, String> {
        let Content::Scalar { style, .. } = &node.content else {
            return Err("its annotation is no text".to_owned());
        };
        let range = match style {
            ScalarStyle::Plain | ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => node.span.clone(),
            ScalarStyle::Literal | ScalarStyle::Folded => {
                // The header, `|` or `>`, is the first thing behind the colon.
                let between = &self.text[key.span.end..node.span.start];
                let header = between.find(['|', '>']).ok_or("a block of text starts nowhere")?;
                key.span.end + header..node.span.start + self.text[node.span.clone()].trim_end().len()
            }
        };
        Ok((range, encode(value, *style, flow)))
    }

    fn insert(&self, (key, annotations): (&Node, &Node), name: &str, value: &str) -> Result<Change, String> {
        let entries = annotations.entries().ok_or("its annotations are no mapping")?;
        let entry = entry_text(name, value, entries, key, is_flow(annotations));
        let Some((first, _)) = entries.first() else { return self.insert_into_empty(annotations, &entry) };
        if is_flow(annotations) {
            return Ok(self.insert_in_flow(first, &entry));
        }
        let indent = self.indent(first)?;
        let below = self.line_end(key.span.start);
        let first_line = self.line_start(first.span.start);
        // An anchor or a tag on a line of its own belongs to what is below it.
        let between =
            self.text.get(below..first_line).ok_or("its annotations start in the line of their key")?;
        let only_comments =
            between.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
        let at = if only_comments { below } else { first_line };
        Ok((at..at, format!("{indent}{entry}{}", self.line_break())))
    }

    fn insert_into_empty(&self, annotations: &Node, entry: &str) -> Result<Change, String> {
        if !self.text[annotations.span.clone()].starts_with('{') {
            return Err("its annotations are an alias".to_owned());
        }
        let at = annotations.span.start + 1;
        Ok((at..at, entry.to_owned()))
    }

    /// Before the first key, so that taking it out again leaves what was there.
    fn insert_in_flow(&self, first: &Node, entry: &str) -> Change {
        let line = &self.text[self.line_start(first.span.start)..first.span.start];
        let separator =
            if line.trim().is_empty() { format!("{}{line}", self.line_break()) } else { " ".to_owned() };
        (first.span.start..first.span.start, format!("{entry},{separator}"))
    }

    fn insert_annotations(&self, metadata: &Node, name: &str, value: &str) -> Result<Change, String> {
        let entries = metadata.entries().ok_or("its metadata is no mapping")?;
        let (first, _) = entries.first().ok_or("its metadata is empty")?;
        let entry = entry_text(name, value, &[], first, is_flow(metadata));
        let annotations = encode("annotations", style_of(first), is_flow(metadata));
        if is_flow(metadata) {
            // The blanks inside the braces tell `remove` that the braces came with the entry.
            return Ok(self.insert_in_flow(first, &format!("{annotations}: {{ {entry} }}")));
        }
        let indent = self.indent(first)?;
        let outer =
            self.root.entry("metadata").map(|(key, _)| self.indent(key)).transpose()?.unwrap_or_default();
        let step = indent.len().saturating_sub(outer.len()).max(1);
        let lines = [format!("{indent}{annotations}:"), format!("{indent}{}{entry}", " ".repeat(step))];
        let line_break = self.line_break();
        // Behind the name, where a reader expects it, when the name is written in one line.
        let at = match metadata.entry("name") {
            Some((key, name)) if !self.text[key.span.start..name.span.end].contains('\n') => {
                self.line_end(name.span.end)
            }
            Some(_) | None => self.line_start(first.span.start),
        };
        let lines = lines.join(line_break);
        let last_line_is_open = at == self.text.len() && !self.text.ends_with('\n');
        let text =
            if last_line_is_open { format!("{line_break}{lines}") } else { format!("{lines}{line_break}") };
        Ok((at..at, text))
    }

    fn remove(
        &self,
        metadata: &Node,
        (key, annotations): (&Node, &Node),
        old: &Node,
    ) -> Result<Change, String> {
        let entries = annotations.entries().ok_or("its annotations are no mapping")?;
        if entries.len() > 1 {
            return self.remove_entry(annotations, entries, old);
        }
        let siblings = metadata.entries().ok_or("its metadata is no mapping")?;
        if !is_flow(annotations) {
            let between = self.text.get(self.line_end(key.span.start)..self.line_start(old.span.start));
            if between.is_some_and(|between| !between.trim().is_empty()) {
                // Comments stand there: they stay, below an empty mapping.
                let colon = self.text[key.span.end..].find(':').ok_or("its key has no colon")?;
                let (Range { end, .. }, _) = self.remove_entry(annotations, entries, old)?;
                let start = key.span.end + colon + 1;
                let kept = &self.text[start..self.line_start(old.span.start)];
                return Ok((start..end, format!(" {{}}{kept}")));
            }
            return self.remove_entry(metadata, siblings, key);
        }
        let inside = annotations.span.start + 1..annotations.span.end - 1;
        if self.text[inside.clone()].starts_with(char::is_whitespace) {
            return self.remove_entry(metadata, siblings, key);
        }
        let end = entries.first().map_or(inside.end, |(_, value)| value.span.end);
        Ok((inside.start..end, String::new()))
    }

    /// Takes an entry out of a mapping that has others besides, or that may be left empty.
    fn remove_entry(&self, mapping: &Node, entries: &[Entry], key: &Node) -> Result<Change, String> {
        let position =
            entries.iter().position(|(other, _)| other.span == key.span).ok_or("it has no such entry")?;
        let (_, value) = &entries[position];
        if is_flow(mapping) {
            if let Some((next, _)) = entries.get(position + 1) {
                return Ok((key.span.start..next.span.start, String::new()));
            }
            let start = position.checked_sub(1).map_or(key.span.start, |before| entries[before].1.span.end);
            // A comment between the two stays.
            let comment = self.text[start..key.span.start].split_once(',').map_or("", |(_, behind)| behind);
            let kept = if comment.contains('#') { comment } else { "" };
            return Ok((start..value.span.end, kept.to_owned()));
        }
        self.indent(key)?;
        let start = self.line_start(key.span.start);
        let last = self.text[..self.end_of(key, value)].trim_end().len();
        let end = self.line_end(last);
        if end == self.text.len() && !self.text.ends_with('\n') {
            let start = self.text[..start]
                .strip_suffix('\n')
                .map_or(start, |text| text.strip_suffix('\r').unwrap_or(text).len());
            return Ok((start..end, String::new()));
        }
        Ok((start..end, String::new()))
    }

    /// Where the text of a value ends. A block mapping does not know; the last thing in it does.
    fn end_of(&self, key: &Node, value: &Node) -> usize {
        let last = match &value.content {
            Content::Mapping { entries, flow: false } => {
                entries.last().map(|(key, value)| self.end_of(key, value))
            }
            Content::Sequence(items) => items.last().map(|item| self.end_of(key, item)),
            Content::Mapping { .. } | Content::Scalar { .. } => None,
        };
        last.unwrap_or(value.span.end).max(key.span.end)
    }

    /// What stands before a key in its line, which must be nothing but blanks.
    fn indent(&self, key: &Node) -> Result<String, String> {
        let indent = &self.text[self.line_start(key.span.start)..key.span.start];
        let indent = indent.strip_prefix('\u{feff}').unwrap_or(indent);
        if !indent.chars().all(|character| character == ' ') {
            return Err("a key does not stand at the start of its line".to_owned());
        }
        Ok(indent.to_owned())
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Behind the line break of the line.
    fn line_end(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |newline| at + newline + 1)
    }

    fn line_break(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if self.text[..at].ends_with('\r') => "\r\n",
            Some(_) | None => "\n",
        }
    }
}

/// `key: value` in the way of the entries beside it, or else of the key above it.
fn entry_text(name: &str, value: &str, siblings: &[Entry], parent: &Node, flow: bool) -> String {
    let sibling = siblings.first();
    let key_style = style_of(sibling.map_or(parent, |(key, _)| key));
    let value_style = match sibling.map_or(key_style, |(_, value)| style_of(value)) {
        ScalarStyle::SingleQuoted => ScalarStyle::SingleQuoted,
        ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded if is_plain_to_all(value) => {
            ScalarStyle::Plain
        }
        ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded | ScalarStyle::DoubleQuoted => {
            ScalarStyle::DoubleQuoted
        }
    };
    format!("{}: {}", encode(name, key_style, flow), encode(value, value_style, flow))
}

fn is_flow(node: &Node) -> bool {
    matches!(&node.content, Content::Mapping { flow: true, .. })
}

fn style_of(node: &Node) -> ScalarStyle {
    match &node.content {
        Content::Scalar { style, .. } => *style,
        Content::Sequence(_) | Content::Mapping { .. } => ScalarStyle::Plain,
    }
}

/// A text in a style, or in double quotes where the style cannot hold it.
fn encode(value: &str, style: ScalarStyle, flow: bool) -> String {
    let single = format!("'{}'", value.replace('\'', "''"));
    match style {
        ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded if means(value, value, flow) => {
            value.to_owned()
        }
        ScalarStyle::SingleQuoted if means(&single, value, flow) => single,
        ScalarStyle::Plain
        | ScalarStyle::Literal
        | ScalarStyle::Folded
        | ScalarStyle::SingleQuoted
        | ScalarStyle::DoubleQuoted => double_quoted(value),
    }
}

/// Whether this source means that text where a value stands.
fn means(source: &str, value: &str, flow: bool) -> bool {
    let printable = |c: char| !(c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}'));
    let reserved = source.starts_with(['%', '@', '`', '&', '*', '!', '|', '>', '#']);
    if reserved || !source.chars().all(printable) {
        return false;
    }
    let document =
        if flow { format!("{{a: {source}, b: {source} }}\n") } else { format!("a: {source}\nb: {source}\n") };
    match documents(&document).as_slice() {
        [Ok(root)] => ["a", "b"].iter().all(|key| root.get(key).and_then(Node::text) == Some(value)),
        _ => false,
    }
}

/// JSON's escapes, which are YAML's too, and those of what YAML may not show.
fn double_quoted(value: &str) -> String {
    let json = Value::String(value.to_owned()).to_string();
    let mut quoted = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            other => quoted.push(other),
        }
    }
    quoted
}

/// Whether readers of every age of YAML, and people, see a text in it without quotes: no number, date or truth value.
fn is_plain_to_all(value: &str) -> bool {
    let word = value.to_ascii_lowercase();
    value.starts_with(|c: char| c.is_alphabetic() || c == '/')
        && !matches!(word.as_str(), "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Descriptors in every way of writing, the annotated one first. `K` is where a key may be.
    const FILES: &[&str] = &[
        "metadata:\n  name: a\nspec: {}\n",
        "spec: {}\nmetadata:\n  name: a",
        "metadata:\n    # the name\n    name: a   # what it is called\n\n    title: b\n",
        "metadata:\n  description: |\n    text\n\n  name: >-\n    a\n\nspec: {}\n",
        "metadata:\n  name: a\n  annotations:\n    acme.io/tier: low # of three\n    other: x\n\n# end\n",
        "metadata:\n  annotations: # why\n    # first\n    other: 'x'\n\n    # second\n    acme.io/tier: 'low'\n  name: a\n",
        "metadata:\n  name: a\n  annotations:\n      \"other\": \"x\"\n      \"acme.io/tier\": \"lo\\\"w\"",
        "metadata:\n  annotations:\n    acme.io/tier: low\n  name: a\n",
        "metadata:\n  name: a\n  annotations:\n    other: |\n      long\n      text\n\n  labels: {}\n",
        "metadata:\n  name: a\n  annotations: &all\n    other: x\n",
        "metadata:\n  name: a\n  annotations:\n    &all\n    other: x\n",
        "metadata: {name: a}\nspec: {}\n",
        "metadata: { name: a, annotations: {} }\nspec: {}\n",
        "metadata:\n  name: a\n  annotations: {}  # none\n",
        "metadata:\n  name: a\n  annotations: { }\n",
        "metadata:\n  name: a\n  annotations: {acme.io/tier: low, other: x}\n",
        "metadata:\n  name: a\n  annotations: { other: x, acme.io/tier: low }\n",
        "metadata:\n  name: a\n  annotations: {\n    other: x, # first\n    acme.io/tier: \"low\",\n  }\n",
        "{\"metadata\":{\"name\":\"a\"}}",
        "{\n  \"metadata\": {\n    \"name\": \"a\"\n  }\n}\n",
        "{\n\t\"metadata\": {\n\t\t\"annotations\": {\n\t\t\t\"acme.io/tier\": \"low\"\n\t\t},\n\t\t\"name\": \"a\"\n\t}\n}\n",
        "{\n  \"metadata\": {\n    \"name\": \"a\",\n    \"annotations\": {}\n  }\n}\n",
        "metadata:\n  name: ä ö\n  annotations:\n    other: 'ü' # ß\n    acme.io/tier: ñ\n",
    ];

    const VALUES: &[&str] = &[
        "high",
        "true",
        "1",
        "1.50",
        "null",
        "~",
        "",
        " x ",
        "a: b",
        "a #b",
        "#a",
        "a,b",
        "[a]",
        "{a}",
        "it's",
        "say \"x\"",
        "back\\slash",
        "two\nlines",
        "tab\t",
        "yes",
        "2024-01-31",
        "12:30",
        "- a",
        "-a",
        "? a",
        "@a",
        "`a`",
        "%a",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "---",
        "...",
        "https://acme.dev/x?y=1#z",
        "ä€🎈",
        "\u{7f}\u{85}\u{2028}",
        "a:",
        "k: ",
        "'",
        "\"",
    ];

    fn variants(file: &str) -> Vec<(String, usize)> {
        let other = "# another\nmetadata:\n  name: z\n  annotations:\n    acme.io/tier: z\n";
        let mut all = vec![
            (file.to_owned(), 0),
            (format!("\u{feff}{file}"), 0),
            (format!("---\n{file}"), 0),
            (format!("{other}---\n{file}"), 1),
            (format!("{other}--- # the second\n\n{}\n---\n{other}...\n", file.trim_end_matches('\n')), 1),
        ];
        let windows: Vec<_> = all.iter().map(|(text, at)| (text.replace('\n', "\r\n"), *at)).collect();
        all.extend(windows);
        all
    }

    fn value_of(text: &str, document: usize, key: &str) -> Option<String> {
        annotation_of(documents(text)[document].as_ref().unwrap(), key)
    }

    /// The style of an annotation's value, which a new value keeps only where it can.
    fn keeps_style(text: &str, document: usize, key: &str, value: &str) -> bool {
        let all = documents(text);
        let metadata = all[document].as_ref().unwrap().get("metadata").unwrap();
        let annotations = metadata.get("annotations").unwrap();
        match style_of(annotations.get(key).unwrap()) {
            ScalarStyle::Plain => means(value, value, is_flow(annotations)),
            ScalarStyle::SingleQuoted => means(&format!("'{}'", value.replace('\'', "''")), value, false),
            ScalarStyle::DoubleQuoted => true,
            ScalarStyle::Literal | ScalarStyle::Folded => false,
        }
    }

    #[test]
    fn setting_and_restoring_gives_the_same_bytes() {
        for file in FILES {
            for (variant, (text, at)) in variants(file).into_iter().enumerate() {
                for key in ["acme.io/tier", "other", "mig.dev/state", "on", "1"] {
                    // Every value in the plainest file with each kind of line end, a few in the others.
                    let few = key.len() < 3 || !matches!(variant, 0 | 8);
                    for value in if few { &VALUES[..3] } else { VALUES } {
                        set_and_restore(&text, at, key, value);
                    }
                }
            }
        }
    }

    fn set_and_restore(text: &str, at: usize, key: &str, value: &str) {
        let case = format!("{key} = {value:?} in {text:?}");
        let old = value_of(text, at, key);
        let set = rewrite(text, at, key, Some(value)).unwrap_or_else(|error| panic!("{error}: {case}"));
        assert_eq!(value_of(&set, at, key).as_deref(), Some(value), "{case}");
        assert_eq!(rewrite(&set, at, key, Some(value)).as_ref(), Ok(&set), "twice is once: {case}");
        let restored = rewrite(&set, at, key, old.as_deref()).unwrap();
        if old.is_none() || keeps_style(text, at, key, value) {
            assert_eq!(restored, text, "{case}");
        }
        assert_eq!(value_of(&restored, at, key), old, "{case}");
    }

    #[test]
    fn removing_takes_the_line_and_what_would_be_empty() {
        for (before, after) in [
            (FILES[4], "metadata:\n  name: a\n  annotations:\n    other: x\n\n# end\n"),
            (
                FILES[5],
                "metadata:\n  annotations: # why\n    # first\n    other: 'x'\n\n    # second\n  name: a\n",
            ),
            (FILES[6], "metadata:\n  name: a\n  annotations:\n      \"other\": \"x\""),
            (FILES[7], "metadata:\n  name: a\n"),
            (FILES[15], "metadata:\n  name: a\n  annotations: {other: x}\n"),
            (FILES[16], "metadata:\n  name: a\n  annotations: { other: x }\n"),
            (FILES[17], "metadata:\n  name: a\n  annotations: {\n    other: x # first\n    ,\n  }\n"),
            (FILES[20], "{\n\t\"metadata\": {\n\t\t\"name\": \"a\"\n\t}\n}\n"),
            (
                "metadata:\n  annotations: # why\n    # first\n    acme.io/tier: low\n    # last\n  name: a\n",
                "metadata:\n  annotations: {} # why\n    # first\n    # last\n  name: a\n",
            ),
            (FILES[0], FILES[0]),
        ] {
            assert_eq!(rewrite(before, 0, "acme.io/tier", None).as_deref(), Ok(after), "{before}");
        }
    }

    #[test]
    fn a_new_annotation_looks_like_its_neighbours() {
        for (before, after) in [
            (FILES[0], "metadata:\n  name: a\n  annotations:\n    mig.dev/state: moved\nspec: {}\n"),
            (
                FILES[2],
                "metadata:\n    # the name\n    name: a   # what it is called\n    annotations:\n        mig.dev/state: moved\n\n    title: b\n",
            ),
            (
                FILES[5],
                "metadata:\n  annotations: # why\n    mig.dev/state: 'moved'\n    # first\n    other: 'x'\n\n    # second\n    acme.io/tier: 'low'\n  name: a\n",
            ),
            (FILES[11], "metadata: {annotations: { mig.dev/state: moved }, name: a}\nspec: {}\n"),
            (
                FILES[16],
                "metadata:\n  name: a\n  annotations: { mig.dev/state: moved, other: x, acme.io/tier: low }\n",
            ),
            (
                FILES[19],
                "{\n  \"metadata\": {\n    \"annotations\": { \"mig.dev/state\": \"moved\" },\n    \"name\": \"a\"\n  }\n}\n",
            ),
        ] {
            assert_eq!(rewrite(before, 0, "mig.dev/state", Some("moved")).as_deref(), Ok(after), "{before}");
        }
    }

    #[test]
    fn what_cannot_be_changed_alone_is_refused() {
        for text in [
            "metadata:\n  name: a\n  labels: &l {a: b}\n  annotations: *l\n",
            "metadata:\n  name: a\n  labels: &l\n    a: b\n  annotations: *l\n",
            "metadata:\n  name: a\n  annotations: &l\n    a: b\n  labels: *l\n",
            "metadata:\n  name: a\n  annotations:\n    ? a\n    : b\n",
            "metadata:\n  name: a\n  annotations:\n    a: &v b\n  title: *v\n",
        ] {
            for (key, value) in [("a", Some("c")), ("mig.dev/state", Some("moved")), ("a", None)] {
                if let Ok(changed) = rewrite(text, 0, key, value) {
                    // What is not refused means exactly what was asked for.
                    let before = documents(text)[0].as_ref().unwrap().json();
                    let after = documents(&changed)[0].as_ref().unwrap().json();
                    assert_eq!(meaning(after, None), meaning(before, Some((key, value))), "{text}");
                }
            }
            assert!(rewrite(text, 0, "a", Some("c")).is_err() || text.contains('?'), "{text}");
        }
    }
}
