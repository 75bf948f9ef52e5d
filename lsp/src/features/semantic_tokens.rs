//! What each token of a text means, for colours: from the tokens, and the meanings of names where they can be told.
//!
//! What could not be read keeps the class that its tokens have by themselves, so that broken text has its colours.

use std::collections::BTreeSet;
use std::ops::Range;

use mig_lang::ast::{Item, Keyword};
use mig_lang::items::StatementForm;
use mig_lang::token::{Token, TokenKind, Tokens};
use mig_lang::{Span, words};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::snapshot::{Document, Folder};
use crate::symbol::{Meaning, visit_item};

/// What a token is, in the words that editors have for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Class {
    /// A migration, a store.
    Namespace,
    /// A type, a kind of store, a table.
    Type,
    /// A family.
    Family,
    /// A consumer.
    Interface,
    /// A dataset.
    Struct,
    /// A wave.
    Event,
    /// A validation, an approval, a rollback policy.
    Method,
    /// A column, an attribute.
    Property,
    /// A variable of the environment, a path into an entity, a metric, a name of which nothing is known.
    Variable,
    /// The name of an argument.
    Parameter,
    /// A level of criticality.
    EnumMember,
    /// A function, an action.
    Function,
    /// An entity of the catalog.
    Decorator,
    /// A word of the language.
    Keyword,
    /// A comment.
    Comment,
    /// A text.
    String,
    /// A number with its unit.
    Number,
    /// An operator.
    Operator,
}

/// What is said of a token besides its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Modifier {
    /// The place that gives the name.
    Definition,
    /// It is read and never written: an old column, a variable of the environment.
    Readonly,
    /// It comes with the language.
    DefaultLibrary,
    /// It documents an item.
    Documentation,
}

/// A token and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SemanticToken {
    /// Where. A token is on one line.
    pub(crate) span: Span,
    /// What it is.
    pub(crate) class: Class,
    /// What is said of it besides.
    pub(crate) modifier: Option<Modifier>,
}

/// One replacement in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListEdit {
    /// What is left out of the old list.
    pub(crate) old: Range<usize>,
    /// What of the new list takes its place.
    pub(crate) new: Range<usize>,
}

/// How many elements between what two lists have in common at their ends are compared one by one.
const MOST_COMPARED: usize = 4_000;

/// Words that join the parts of statements and headers. They are names wherever a name is meant.
const JOINING: [&str; 16] = [
    "after",
    "and",
    "because",
    "catalog",
    "consumers",
    "datasets",
    "env",
    "for",
    "notify",
    "of",
    "on",
    "owners",
    "revert",
    "same",
    "see",
    "within",
];

/// The tokens of a file that begin within a place, in source order.
pub(crate) fn semantic_tokens(folder: &Folder, document: &Document, within: Span) -> Vec<SemanticToken> {
    let items = document.tree().items.iter();
    let near = items.filter(|item| item.span.start < within.end && within.start < item.span.end);
    let names = names(folder, near);
    let mut found = Vec::new();
    let mut next = 0;
    let mut parentheses = 0_usize;
    let mut tokens = Tokens::new(document.text.as_str()).peekable();
    while let Some(token) = tokens.next() {
        let span = Span { file: document.id, start: count(token.start), end: count(token.end()) };
        match token.text {
            "(" => parentheses += 1,
            ")" => parentheses = parentheses.saturating_sub(1),
            "{" | "}" => parentheses = 0,
            _ => {}
        }
        if span.start >= within.end {
            break;
        }
        if span.start < within.start {
            continue;
        }
        while names.get(next).is_some_and(|name| name.span.end <= span.start) {
            next += 1;
        }
        // Names come with the outer first; the last that holds the token is the one that means it.
        let around = names[next..].iter().take_while(|name| name.span.start <= span.start);
        let name = around.filter(|name| span.end <= name.span.end).last();
        let is_name = matches!(token.kind, TokenKind::Word | TokenKind::Backticked | TokenKind::Entity);
        let argument = parentheses > 0
            && token.kind == TokenKind::Word
            && tokens.peek().is_some_and(|next| next.text == ":");
        let meant = match name.filter(|_| is_name) {
            Some(name) => Some((name.class, name.modifier)),
            // In broken text a bracket may be open that nothing closes; a name is one all the same.
            None if argument => Some((Class::Parameter, None)),
            None => lexical(token),
        };
        if let Some((class, modifier)) = meant {
            found.push(SemanticToken { span, class, modifier });
        }
    }
    found
}

/// The names of items with what they mean, in the order of their places, the outer of two first.
fn names<'i>(folder: &Folder, items: impl Iterator<Item = &'i Item>) -> Vec<SemanticToken> {
    let scale = folder.program().migration.as_ref().and_then(|migration| migration.scale.as_ref());
    let levels: BTreeSet<&str> = scale.iter().flat_map(|scale| &scale.levels).map(String::as_str).collect();
    let mut names = Vec::new();
    for item in items {
        let columns: BTreeSet<Span> = new_columns(item).collect();
        visit_item(folder, item, &mut |symbol| {
            let defines = symbol.span == item.name.span || columns.contains(&symbol.span);
            if let Some((class, modifier)) = meant(folder, &symbol.meaning, &levels) {
                let modifier = if defines { Some(Modifier::Definition) } else { modifier };
                names.push(SemanticToken { span: symbol.span, class, modifier });
            }
        });
    }
    names.sort_by_key(|name| (name.span.start, std::cmp::Reverse(name.span.end)));
    names
}

/// Where the new columns of a dataset are named.
fn new_columns(item: &Item) -> impl Iterator<Item = Span> + '_ {
    let blocks = item.body.iter().filter_map(|statement| {
        if let mig_lang::ast::Statement::Columns(columns) = statement { Some(&columns.columns) } else { None }
    });
    blocks.flatten().map(|column| column.name.span)
}

fn meant(folder: &Folder, meaning: &Meaning, levels: &BTreeSet<&str>) -> Option<(Class, Option<Modifier>)> {
    let library = Some(Modifier::DefaultLibrary);
    let read = Some(Modifier::Readonly);
    Some(match meaning {
        Meaning::Item(name) => {
            // The name of an item that was left out still is one.
            let keyword = folder.program().definitions.get(name)?.keyword;
            (class_of(keyword), None)
        }
        Meaning::Member { .. } => (Class::Struct, None),
        Meaning::Keyword(_) | Meaning::Statement(..) => (Class::Keyword, None),
        Meaning::Attribute(..) | Meaning::NewColumn { .. } => (Class::Property, None),
        Meaning::StoreKind(_) | Meaning::Type(_) => (Class::Type, library),
        Meaning::Code(_) => (Class::EnumMember, library),
        Meaning::Table { .. } => (Class::Type, None),
        Meaning::Entity(_) => (Class::Decorator, None),
        Meaning::OldColumn { .. } => (Class::Property, read),
        Meaning::Function(_) | Meaning::Action(_) => (Class::Function, library),
        Meaning::Variable(_) => (Class::Variable, read),
        Meaning::EntityPath(path) => match path.as_slice() {
            [level] if levels.contains(level.as_str()) => (Class::EnumMember, None),
            _ => (Class::Variable, None),
        },
        Meaning::Metric(_) => (Class::Variable, library),
    })
}

fn class_of(keyword: Keyword) -> Class {
    match keyword {
        Keyword::Migration | Keyword::Store => Class::Namespace,
        Keyword::Dataset => Class::Struct,
        Keyword::Datasets | Keyword::Consumers => Class::Family,
        Keyword::Consumer => Class::Interface,
        Keyword::Validation | Keyword::Approval | Keyword::Rollback => Class::Method,
        Keyword::Metric => Class::Variable,
        Keyword::Wave => Class::Event,
    }
}

/// What a token is by itself; `None` for what needs no colour.
fn lexical(token: Token<'_>) -> Option<(Class, Option<Modifier>)> {
    Some(match token.kind {
        TokenKind::Word if is_word_of_the_language(token.text) => (Class::Keyword, None),
        TokenKind::Word | TokenKind::Backticked => (Class::Variable, None),
        TokenKind::Number => (Class::Number, None),
        TokenKind::Text => (Class::String, None),
        TokenKind::Entity => (Class::Decorator, None),
        TokenKind::Comment if token.text.starts_with("///") => {
            (Class::Comment, Some(Modifier::Documentation))
        }
        TokenKind::Comment => (Class::Comment, None),
        TokenKind::Mark if !"{}()[],:.?".contains(token.text) => (Class::Operator, None),
        TokenKind::Mark | TokenKind::Newline | TokenKind::Unknown => return None,
    })
}

fn is_word_of_the_language(word: &str) -> bool {
    words::is_reserved(word)
        || Keyword::of(word).is_some()
        || JOINING.contains(&word)
        || StatementForm::ALL.iter().any(|form| form.word() == word)
}

/// The replacements that make one list of another: what both begin and end with stays, and of what is between as much
/// as can.
pub(crate) fn edits<T: Eq + std::hash::Hash + Ord>(old: &[T], new: &[T]) -> Vec<ListEdit> {
    let head = old.iter().zip(new).take_while(|(one, other)| one == other).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_end, new_end) = (old.len() - tail, new.len() - tail);
    if head == old_end && head == new_end {
        return Vec::new();
    }
    if old_end - head > MOST_COMPARED || new_end - head > MOST_COMPARED {
        return vec![ListEdit { old: head..old_end, new: head..new_end }];
    }
    let between = capture_diff_slices(Algorithm::Myers, &old[head..old_end], &new[head..new_end]);
    between
        .into_iter()
        .filter(|op| !matches!(op, DiffOp::Equal { .. }))
        .map(|op| {
            let (old, new) = (op.old_range(), op.new_range());
            ListEdit { old: old.start + head..old.end + head, new: new.start + head..new.end + head }
        })
        .collect()
}

fn count(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use mig_lang::Span;

    use super::{ListEdit, edits, semantic_tokens};
    use crate::fixture::Fixture;

    fn shown(text: &str) -> String {
        let fixture = Fixture::file(text);
        let folder = &fixture.snapshot().folders[0];
        let document = &folder.files[0];
        let all = Span { file: document.id, start: 0, end: document.text.end() };
        let lines: Vec<String> = semantic_tokens(folder, document, all)
            .into_iter()
            .map(|token| {
                let modifier = token.modifier.map_or(String::new(), |modifier| format!(" {modifier:?}"));
                format!("{} {:?}{modifier}", folder.slice(token.span), token.class)
            })
            .collect();
        lines.join("\n")
    }

    #[test]
    fn names_have_the_class_of_what_they_mean() {
        assert_snapshot!(shown("
migration m { criticality = spec.tier in [low, high] }
store old: sqlite { url = env.OLD }
/// The orders.
dataset orders: old.orders -> old.sales.`new orders` {
  entity = @resource:orders
  columns {
    status: text? = utc(state, zone: \"UTC\") // why
  }
}
wave one after zero { move = orders, consumers where criticality == low }
"), @r#"
        migration Keyword
        m Namespace Definition
        criticality Property
        = Operator
        spec Variable
        tier Variable
        in Keyword
        low EnumMember
        high EnumMember
        store Keyword
        old Namespace Definition
        sqlite Type DefaultLibrary
        url Property
        = Operator
        env Variable Readonly
        OLD Variable Readonly
        /// The orders. Comment Documentation
        dataset Keyword
        orders Struct Definition
        old Namespace
        orders Type
        -> Operator
        old Namespace
        sales Type
        `new orders` Type
        entity Property
        = Operator
        @resource:orders Decorator
        columns Keyword
        status Property Definition
        text Type DefaultLibrary
        = Operator
        utc Function DefaultLibrary
        state Property Readonly
        zone Parameter
        "UTC" String
        // why Comment
        wave Keyword
        one Event Definition
        after Keyword
        zero Variable
        move Property
        = Operator
        orders Struct
        consumers Keyword
        where Keyword
        criticality Variable
        == Operator
        low EnumMember
        "#);
    }

    #[test]
    fn broken_text_has_the_classes_of_its_tokens() {
        assert_snapshot!(shown("
dataset orders old.orders {
  columns {
    status: = lower( state 5m @
    other: text = no
  }
}
§ wave @group:x \"open
"), @"
        dataset Keyword
        orders Struct Definition
        old Variable
        orders Variable
        columns Keyword
        status Variable
        = Operator
        lower Variable
        state Variable
        5m Number
        other Property Definition
        text Type DefaultLibrary
        = Operator
        no Property Readonly
        wave Keyword
        @group:x Decorator
        open Variable
        ");
    }

    #[test]
    fn a_range_has_its_tokens_alone() {
        let fixture = Fixture::file("store a: sqlite { url = env.A }\nstore b: sqlite { url = env.B }\n");
        let folder = &fixture.snapshot().folders[0];
        let document = &folder.files[0];
        let start = document.text.line_start(1);
        let all =
            semantic_tokens(folder, document, Span { file: document.id, start: 0, end: document.text.end() });
        let part =
            semantic_tokens(folder, document, Span { file: document.id, start, end: document.text.end() });
        assert_eq!(part, all.iter().copied().filter(|token| token.span.start >= start).collect::<Vec<_>>());
        assert!(!part.is_empty() && part.len() < all.len());
    }

    #[test]
    fn edits_make_the_new_list_of_the_old() {
        let lists: [&[u32]; 6] =
            [&[], &[1], &[1, 2, 3, 4, 5], &[1, 3, 9, 4, 5], &[5, 4, 3], &[1, 2, 2, 3, 4, 5]];
        for old in lists {
            for new in lists {
                let mut made = old.to_vec();
                for edit in edits(old, new).into_iter().rev() {
                    made.splice(edit.old, new[edit.new].iter().copied());
                }
                assert_eq!(made, new);
            }
        }
        // As little as can be is sent.
        let edit = ListEdit { old: 2..2, new: 2..3 };
        assert_eq!(edits(lists[2], lists[5]), [edit]);
        assert_eq!(edits(lists[2], lists[2]), []);
    }
}
