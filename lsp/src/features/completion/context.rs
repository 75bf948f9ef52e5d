//! Where the cursor is, told by the tokens before it alone: in which item, statement, value.
//!
//! Works in any text. Items begin where a keyword of theirs stands at the start of a line, as for the parser.

use mig_compiler::functions::{Accepts, function};
use mig_lang::ast::Keyword;
use mig_lang::items::StatementForm;
use mig_lang::token::{Token, TokenKind, Tokens};

use crate::features::call::{Call, call};

/// Where the cursor is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place<'t> {
    /// The byte at which what has been typed of a word begins; the cursor where nothing has been.
    pub(super) start: u32,
    /// The byte behind what is replaced: the cursor, or the end of the text that it is in.
    pub(super) end: u32,
    /// What may stand there.
    pub(super) wants: Wants<'t>,
    /// The item around it: its keyword and its name.
    pub(super) item: Option<(Keyword, &'t str)>,
    /// The parts before the dots directly in front: `lake`, `sales` in `lake.sales.|`.
    pub(super) path: Vec<&'t str>,
    /// The call whose arguments it is in.
    pub(super) call: Option<Call<'t>>,
}

/// What may stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wants<'t> {
    /// Nothing that could be known.
    Nothing,
    /// An item.
    Item,
    /// What stands behind the item's name, before anything of it does.
    Header,
    /// A kind of store.
    StoreKind,
    /// What a metric counts in.
    MetricUnit,
    /// A place in a store.
    Table,
    /// The names of datasets a validation is on.
    Datasets,
    /// The names of waves.
    Waves,
    /// A predicate over entities.
    Predicate,
    /// A statement of the item.
    Statement,
    /// The value of this attribute.
    Value(&'t str),
    /// A line of `columns`.
    Column,
    /// A type.
    Type,
    /// An expression over the old columns.
    Expression {
        /// The type that is written for the new column.
        declared: Option<&'t str>,
    },
    /// One of the texts that a parameter takes.
    Choice {
        /// What it takes.
        accepts: Accepts,
        /// Whether its quotes are there.
        quoted: bool,
    },
    /// A column to drop.
    Dropped,
    /// The code of a warning.
    Code,
    /// A word that goes on with a statement: `because`, `within`, `of`, `else`, `for`, …
    Word(&'static [&'static str]),
    /// A new column that a validation looks at.
    Checked,
    /// A condition over all rows.
    Require,
    /// A metric and what it is compared with.
    Metric,
    /// What a rollback does.
    Reaction,
    /// An entity; of that kind, where it has been typed.
    Entity {
        /// What has been typed behind the `@`.
        typed: &'t str,
    },
    /// A unit behind the number in front.
    Unit {
        /// The attribute that it is in the value of; empty elsewhere.
        attribute: &'t str,
        /// The word or mark before the number.
        behind: &'t str,
    },
}

/// A bracket that is open, and what stood before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open<'t> {
    /// The item's body.
    Body,
    /// The body of `columns`.
    Columns,
    /// `(` behind a word.
    Call(&'t str),
    /// `(` or `[` besides.
    Group,
}

/// Where a byte of a text is.
pub(super) fn at(text: &str, byte: u32) -> Place<'_> {
    let byte = byte as usize;
    let place = |start: usize, wants| Place {
        start: count(start),
        end: count(byte),
        wants,
        item: None,
        path: Vec::new(),
        call: None,
    };
    let nothing = |start: usize| place(start, Wants::Nothing);
    if let Some(start) = keyword(text, byte) {
        return place(start, Wants::Item);
    }
    let from = item_start(text, byte);
    let mut before: Vec<Token<'_>> = Vec::new();
    let mut typed = None;
    let Some(rest) = text.get(from..) else { return nothing(byte) };
    for token in Tokens::new(rest) {
        let token = Token { start: token.start + from, ..token };
        if token.start >= byte {
            break;
        }
        let touches = token.end() >= byte;
        match token.kind {
            TokenKind::Comment if touches => return nothing(byte),
            TokenKind::Text if token.end() > byte => {
                let accepts = call(&before).as_ref().and_then(choice);
                let wants = accepts.map_or(Wants::Nothing, |accepts| Wants::Choice { accepts, quoted: true });
                return Place { end: count(token.end() - 1), ..place(token.start + 1, wants) };
            }
            TokenKind::Word if touches => typed = Some(token),
            TokenKind::Entity if touches => typed = Some(token),
            TokenKind::Number if touches => typed = Some(token),
            TokenKind::Backticked if token.end() > byte => return nothing(byte),
            TokenKind::Comment => {}
            TokenKind::Word
            | TokenKind::Entity
            | TokenKind::Number
            | TokenKind::Backticked
            | TokenKind::Text
            | TokenKind::Mark
            | TokenKind::Newline
            | TokenKind::Unknown => before.push(token),
        }
    }
    if open_text(text, byte) {
        return nothing(byte);
    }
    if let Some(entity) = entity(text, byte) {
        let wants = Wants::Entity { typed: &text[entity + 1..byte] };
        return Place { item: item(&before), ..place(entity, wants) };
    }
    if let Some(number) = typed.filter(|token| token.kind == TokenKind::Number) {
        let digits =
            number.text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic() || letter == ' ');
        let start = (number.start + digits.len()).min(byte);
        let behind = before.last().map_or("", |token| token.text);
        let wants = wants(&before, text, number.start);
        let wants = if let Wants::Value(attribute) = wants {
            Wants::Unit { attribute, behind }
        } else if matches!(wants, Wants::Expression { .. } | Wants::Require | Wants::Predicate | Wants::Type)
        {
            // A value of a row has no unit, and neither has an entity's.
            Wants::Nothing
        } else {
            Wants::Unit { attribute: "", behind }
        };
        return Place { item: item(&before), ..place(start, wants) };
    }
    let start = typed.map_or(byte, |token| token.start);
    let path = path(&mut before);
    let start = if path.is_empty() { code(&mut before, start) } else { start };
    let call = call(&before);
    let mut wants = wants(&before, text, start);
    if matches!(wants, Wants::Expression { .. })
        && let Some(accepts) = call.as_ref().and_then(choice)
    {
        wants = Wants::Choice { accepts, quoted: false };
    }
    Place { item: item(&before), path, call, ..place(start, wants) }
}

/// The call whose arguments a byte is in, also in a text, and the keyword of the item around it.
pub(crate) fn call_at(text: &str, byte: u32) -> Option<(Keyword, Call<'_>)> {
    let from = item_start(text, byte as usize);
    let tokens = Tokens::new(text.get(from..byte as usize)?).filter(|token| token.kind != TokenKind::Comment);
    let mut tokens: Vec<Token<'_>> = tokens.collect();
    // A text that the cursor is in has no end yet: what is in it is no token.
    let line = tokens.iter().rposition(|token| token.kind == TokenKind::Newline).map_or(0, |line| line + 1);
    let is_quote = |token: &Token<'_>| token.kind == TokenKind::Unknown && token.text == "\"";
    let quote = tokens.get(line..).unwrap_or_default().iter().position(is_quote);
    tokens.truncate(quote.map_or(tokens.len(), |quote| line + quote));
    let (keyword, _) = item(&tokens)?;
    Some((keyword, call(&tokens)?))
}

/// What an argument takes of which there are only so many, directly in a call of a function.
fn choice(call: &Call<'_>) -> Option<Accepts> {
    let info = function(call.function).filter(|_| call.directly)?;
    let names: Vec<&str> = info.parameters.iter().map(|parameter| parameter.name).collect();
    let parameter = info.parameters.get(call.parameter(&names, info.variadic)?)?;
    matches!(parameter.accepts, Accepts::Zone | Accepts::Unit).then_some(parameter.accepts)
}

fn count(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The byte at which the item around a byte begins: the last line before it that a keyword begins.
fn item_start(text: &str, byte: usize) -> usize {
    let head = text.get(..byte).unwrap_or(text);
    let mut end = head.len();
    while let Some(start) = head.get(..end).and_then(|head| head.rfind('\n')) {
        if begins_item(&head[start + 1..]) {
            return start + 1;
        }
        end = start;
    }
    0
}

/// Where the keyword begins that begins an item and that a byte is in or at an end of: it begins one whatever is open
/// before it.
fn keyword(text: &str, byte: usize) -> Option<usize> {
    let head = text.get(..byte)?;
    let start = head.rfind('\n').map_or(0, |line| line + 1);
    let line = text.get(start..).filter(|line| begins_item(line))?;
    let word = line.find(' ')?;
    (byte <= start + word).then_some(start)
}

/// Whether a line begins with a keyword and a blank behind it.
fn begins_item(line: &str) -> bool {
    let word = line.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').next();
    word.is_some_and(|word| line[word.len()..].starts_with(' ') && Keyword::of(word).is_some())
}

/// Whether the byte is in a text that its line does not end.
fn open_text(text: &str, byte: usize) -> bool {
    let line = text.get(..byte).and_then(|head| head.rsplit('\n').next()).unwrap_or_default();
    Tokens::new(line).any(|token| token.kind == TokenKind::Unknown && token.text == "\"")
}

/// The byte of the `@` that what has been typed before the cursor begins with.
fn entity(text: &str, byte: usize) -> Option<usize> {
    let head = text.get(..byte)?;
    let belongs = |letter: char| letter.is_ascii_alphanumeric() || ":/-_.".contains(letter);
    let start = head.trim_end_matches(belongs).strip_suffix('@')?.len();
    Some(start)
}

/// The item that the tokens begin with.
fn item<'t>(tokens: &[Token<'t>]) -> Option<(Keyword, &'t str)> {
    let mut tokens = tokens.iter().filter(|token| token.kind != TokenKind::Newline);
    let keyword = Keyword::of(tokens.next()?.text)?;
    let name = tokens.next().map_or("", |token| token.text.trim_matches('`'));
    Some((keyword, name))
}

/// Where the code of a warning begins that has been typed up to a byte: `no-so` is three tokens. Takes them away.
fn code(before: &mut Vec<Token<'_>>, start: usize) -> usize {
    let Some(allow) = before.iter().rposition(|token| token.text == StatementForm::Allow.word()) else {
        return start;
    };
    let mut from = start;
    for part in before.get(allow + 1..).unwrap_or_default().iter().rev() {
        let is_part = part.end() == from && (part.text == "-" || part.kind == TokenKind::Word);
        if !is_part {
            return start;
        }
        from = part.start;
    }
    before.truncate(allow + 1);
    from
}

/// Takes the parts of a path that end directly before the cursor off the tokens: `lake`, `.`, `sales`, `.`
fn path<'t>(tokens: &mut Vec<Token<'t>>) -> Vec<&'t str> {
    let mut parts = Vec::new();
    while let [.., name, dot] = tokens.as_slice()
        && dot.text == "."
        && matches!(name.kind, TokenKind::Word | TokenKind::Backticked)
    {
        parts.push(name.text.trim_matches('`'));
        tokens.truncate(tokens.len() - 2);
    }
    parts.reverse();
    parts
}

/// What may stand behind these tokens.
fn wants<'t>(tokens: &[Token<'t>], text: &'t str, start: usize) -> Wants<'t> {
    let first = tokens.iter().find(|token| token.kind != TokenKind::Newline);
    let Some(first) = first.filter(|token| Keyword::of(token.text).is_some()) else {
        return if line_is_blank(text, start) { Wants::Item } else { Wants::Nothing };
    };
    // Brackets, and where the statement begins in the innermost body.
    let mut open: Vec<Open<'t>> = Vec::new();
    let mut begin = 0;
    let mut closed = false;
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        match token.text {
            "{" => {
                let columns = before.is_some_and(|before| before.text == "columns") && !open.is_empty();
                open.push(if columns { Open::Columns } else { Open::Body });
                begin = at + 1;
            }
            "(" => open.push(match before {
                Some(word) if word.kind == TokenKind::Word => Open::Call(word.text),
                Some(_) | None => Open::Group,
            }),
            "[" => open.push(Open::Group),
            "}" | ")" | "]" => {
                open.pop();
                if token.text == "}" {
                    begin = at + 1;
                    closed = open.is_empty();
                }
            }
            // In a body, a statement ends with its line, unless a comma, an operator or a bracket carries it on.
            "\n" if matches!(open.last(), Some(Open::Body | Open::Columns))
                && !before.is_some_and(carries_on) =>
            {
                begin = at + 1;
            }
            "," if matches!(open.last(), Some(Open::Body)) && on_one_line(tokens, at, begin) => {
                begin = at + 1
            }
            _ => {}
        }
    }
    if closed {
        return if line_is_blank(text, start) { Wants::Item } else { Wants::Nothing };
    }
    let Some(keyword) = Keyword::of(first.text) else { return Wants::Nothing };
    let statement: Vec<&Token<'t>> =
        tokens[begin..].iter().filter(|token| token.kind != TokenKind::Newline).collect();
    if open.is_empty() {
        return header(keyword, &statement);
    }
    if open.contains(&Open::Columns) {
        return column(&statement, text);
    }
    body(keyword, &statement, open.last())
}

/// Whether only blanks stand before a byte in its line.
fn line_is_blank(text: &str, byte: usize) -> bool {
    text.get(..byte).and_then(|head| head.rsplit('\n').next()).is_some_and(|line| line.trim().is_empty())
}

/// Whether a statement goes on behind this token's line.
fn carries_on(token: &Token<'_>) -> bool {
    matches!(
        token.text,
        "," | "and"
            | "or"
            | "not"
            | "="
            | "=="
            | "!="
            | "<"
            | "<="
            | ">"
            | ">="
            | "+"
            | "-"
            | "*"
            | "/"
            | "++"
            | "in"
            | "else"
            | "then"
            | "where"
    )
}

/// Whether a comma parts statements: in a body on one line, when the statement is an attribute with its value.
fn on_one_line(tokens: &[Token<'_>], at: usize, begin: usize) -> bool {
    let opens = tokens[..at].iter().rposition(|token| token.text == "{");
    let same_line =
        opens.is_some_and(|opens| tokens[opens..at].iter().all(|token| token.kind != TokenKind::Newline));
    same_line && tokens[begin..at].iter().any(|token| token.text == "=")
}

/// What may stand in an item's header behind these tokens, its keyword first.
fn header<'t>(keyword: Keyword, tokens: &[&Token<'t>]) -> Wants<'t> {
    let [_, _, rest @ ..] = tokens else { return Wants::Nothing };
    if rest.is_empty() {
        return Wants::Header;
    }
    match keyword {
        Keyword::Store => {
            if rest.len() == 1 {
                Wants::StoreKind
            } else {
                Wants::Nothing
            }
        }
        Keyword::Metric => {
            if rest.len() == 1 {
                Wants::MetricUnit
            } else {
                Wants::Nothing
            }
        }
        Keyword::Dataset | Keyword::Datasets => match rest {
            [.., last] if matches!(last.text, ":" | "->") => Wants::Table,
            [.., _] if rest.iter().any(|token| token.text == "->") => Wants::Nothing,
            _ => Wants::Word(&["->"]),
        },
        Keyword::Consumer => Wants::Nothing,
        Keyword::Consumers => {
            if rest.iter().any(|token| token.text == "where") {
                Wants::Predicate
            } else if rest.len() == 1 {
                Wants::Word(&["catalog where"])
            } else {
                Wants::Word(&["where"])
            }
        }
        Keyword::Validation => match rest {
            [.., last] if matches!(last.text, "on" | ",") => Wants::Datasets,
            _ => Wants::Nothing,
        },
        Keyword::Wave => match rest {
            [.., last] if matches!(last.text, "after" | ",") => Wants::Waves,
            _ => Wants::Nothing,
        },
        Keyword::Migration | Keyword::Approval | Keyword::Rollback => Wants::Nothing,
    }
}

/// What may stand in a line of `columns`.
fn column<'t>(line: &[&Token<'t>], text: &'t str) -> Wants<'t> {
    let has = |mark: &str| line.iter().any(|token| token.text == mark);
    match line {
        [] => Wants::Column,
        [_] => Wants::Nothing,
        _ if has("=") => Wants::Expression { declared: declared(line, text) },
        [.., last] if has(":") && matches!(last.text, ":" | "(") => Wants::Type,
        _ => Wants::Nothing,
    }
}

/// The type that a line of `columns` writes before its `=`.
fn declared<'t>(line: &[&Token<'t>], text: &'t str) -> Option<&'t str> {
    let [_, colon, rest @ ..] = line else { return None };
    let equals = rest.iter().find(|token| token.text == "=")?;
    (colon.text == ":").then(|| text.get(colon.end()..equals.start)).flatten().map(str::trim)
}

/// What may stand in a body behind these tokens of the statement.
fn body<'t>(keyword: Keyword, statement: &[&Token<'t>], open: Option<&Open<'t>>) -> Wants<'t> {
    let [first, rest @ ..] = statement else { return Wants::Statement };
    let last = rest.last().map_or(first.text, |token| token.text);
    if rest.first().is_some_and(|token| token.text == "=") {
        let predicate = rest.iter().rposition(|token| token.text == "where").is_some_and(|from| {
            // A comma outside brackets begins the next part.
            matches!(open, Some(Open::Call(_) | Open::Group))
                || rest[from..].iter().all(|token| token.text != ",")
        });
        return if predicate { Wants::Predicate } else { Wants::Value(first.text) };
    }
    match StatementForm::ALL.into_iter().find(|form| form.word() == first.text) {
        Some(StatementForm::Drop) => match rest {
            [] => Wants::Dropped,
            [_] => Wants::Word(&["because"]),
            [.., _] if last == "because" => Wants::Nothing,
            _ => Wants::Word(&["see"]),
        },
        Some(StatementForm::Freshness) => match rest {
            [] => Wants::Word(&["within"]),
            [.., _] if last == "of" => Wants::Checked,
            [_, _] => Wants::Word(&["of"]),
            _ => Wants::Nothing,
        },
        Some(StatementForm::Checksum) if rest.is_empty() => Wants::Word(&["reread"]),
        Some(StatementForm::Allow) => match rest {
            [] => Wants::Code,
            _ if rest.iter().any(|token| token.text == "because") => Wants::Nothing,
            _ => Wants::Word(&["because"]),
        },
        Some(StatementForm::Require) => Wants::Require,
        Some(StatementForm::When) => Wants::Metric,
        Some(StatementForm::Then) => Wants::Reaction,
        Some(StatementForm::Irreversible) if rest.is_empty() => Wants::Word(&["because"]),
        Some(
            StatementForm::Irreversible
            | StatementForm::Columns
            | StatementForm::Checksum
            | StatementForm::RowCount,
        ) => Wants::Nothing,
        None if rest.is_empty() && mig_lang::items::item(keyword).attribute(first.text).is_some() => {
            Wants::Word(&["="])
        }
        None => Wants::Nothing,
    }
}
