//! The one table of items: for each keyword its header, its attributes and the statements of its body.
//!
//! Checking, completion, hover and the generated reference all read it, so that they cannot disagree. It
//! holds what can be said of an item alone; what holds between items is the compiler's.

use crate::ast::{Header, Keyword, Statement};

mod table;

/// What an item is made of.
#[derive(Debug)]
pub struct ItemSpec {
    /// Its keyword.
    pub keyword: Keyword,
    /// What it is, in a sentence.
    pub doc: &'static str,
    /// What stands between its name and its body.
    pub header: HeaderForm,
    /// Its attributes, in the order in which a reader expects them.
    pub attributes: &'static [AttributeSpec],
    /// The other statements its body may have.
    pub statements: &'static [StatementSpec],
    /// A whole item.
    pub example: &'static str,
}

/// What stands between an item's name and its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderForm {
    /// Nothing.
    None,
    /// `: kind`
    Kind,
    /// `: old.place -> new.place`
    Move,
    /// `: old.* -> new.*`
    MoveFamily,
    /// `: @kind:name`
    Entity,
    /// `: catalog where predicate`
    Select,
    /// `on name, name`
    On,
    /// `after name, name`, or nothing
    After,
    /// `: unit`
    Unit,
}

/// One attribute.
#[derive(Debug)]
pub struct AttributeSpec {
    /// Its name.
    pub name: &'static str,
    /// What its value is.
    pub value: ValueForm,
    /// Whether the item cannot do without it.
    pub need: Need,
    /// Which kinds of store take it; all items of the keyword when empty.
    pub kinds: &'static [&'static str],
    /// What it is for, in a sentence.
    pub doc: &'static str,
    /// The whole line.
    pub example: &'static str,
}

/// Whether something must be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It must be written.
    Required,
    /// It may be left out, which means nothing.
    Optional,
    /// It may be left out, which means this text.
    Default(&'static str),
}

/// What an attribute's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueForm {
    /// An entity: `@group:data-platform`
    Entity,
    /// Entities: `[@group:commerce, @group:finance]`, or one alone
    Entities,
    /// An entity that is moved, `@old -> @new`, or one that stays, `@same`
    EntityMove,
    /// A text or `env.NAME`
    Setting,
    /// A path in a text
    Path,
    /// A text
    Text,
    /// Names of columns that tables may have: `country` or `[country, year]`
    ColumnNames,
    /// Where the catalog comes from: `files("glob", …)` or `backstage(URL, token: env.NAME)`
    Catalog,
    /// Where metrics come from: `prometheus(URL, token: env.NAME)`
    Metrics,
    /// A query in a text, with placeholders: `"sum(up{app='$consumer'})"`
    Query,
    /// A path into an entity and its scale: `spec.lifecycle in [low, high]`
    Scale,
    /// `catalog where predicate`
    Selection,
    /// The word `same`, in place of a block
    Same,
    /// New columns: `order_id` or `[a, b]`
    Columns,
    /// Old columns: `email` or `[email, iban]`
    OldColumns,
    /// A number of rows: `50_000 rows`
    Rows,
    /// A whole number
    Count,
    /// A span of time: `24h`
    Duration,
    /// Rows or bytes a second, or both: `[20_000 rows/s, 50 MiB/s]`, or one alone
    Rates,
    /// Actions, separated by commas: `notify`, `http(…)`, `command(…)`, `view(…)`, `annotate(…)`
    Actions,
    /// What a wave moves: names of datasets, consumers and families, `datasets`, `consumers`, each with an
    /// optional `where predicate`, separated by commas
    Moved,
    /// The name of an item of that keyword
    Item(Keyword),
    /// The names of items of that keyword: `[a, b]`, or one alone
    Items(Keyword),
    /// Datasets or members of families: `[orders, archive.customers]`, or one alone
    Datasets,
    /// One of these words
    Word(&'static [&'static str]),
}

/// A statement that is no attribute.
#[derive(Debug)]
pub struct StatementSpec {
    /// Which.
    pub form: StatementForm,
    /// How often it may stand in a body.
    pub count: Count,
    /// What it is for, in a sentence.
    pub doc: &'static str,
    /// An example of it.
    pub example: &'static str,
}

/// How often a statement may stand in one body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// At most once.
    AtMostOne,
    /// Exactly once.
    One,
    /// Any number of times.
    Any,
    /// At least once.
    AtLeastOne,
}

/// The statements that are no attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatementForm {
    /// `columns { … }`
    Columns,
    /// `drop column because "…"`
    Drop,
    /// `row_count`
    RowCount,
    /// `checksum`, `checksum reread`
    Checksum,
    /// `freshness within 5m of column`
    Freshness,
    /// `require condition else "…"`
    Require,
    /// `when condition for 5m`
    When,
    /// `then revert wave`
    Then,
    /// `irreversible because "…"`
    Irreversible,
    /// `allow code because "…"`
    Allow,
}

/// What an item of that keyword is made of.
pub fn item(keyword: Keyword) -> &'static ItemSpec {
    match keyword {
        Keyword::Migration => &table::MIGRATION,
        Keyword::Store => &table::STORE,
        Keyword::Dataset => &table::DATASET,
        Keyword::Datasets => &table::DATASETS,
        Keyword::Consumer => &table::CONSUMER,
        Keyword::Consumers => &table::CONSUMERS,
        Keyword::Validation => &table::VALIDATION,
        Keyword::Approval => &table::APPROVAL,
        Keyword::Metric => &table::METRIC,
        Keyword::Rollback => &table::ROLLBACK,
        Keyword::Wave => &table::WAVE,
    }
}

impl ItemSpec {
    /// The attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&'static AttributeSpec> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The statement of that form.
    pub fn statement(&self, form: StatementForm) -> Option<&'static StatementSpec> {
        self.statements.iter().find(|statement| statement.form == form)
    }
}

impl ValueForm {
    /// What it is, in words: for hover and the reference.
    pub fn words(self) -> String {
        match self {
            Self::Entity => "an entity".to_owned(),
            Self::Entities => "entities, in a list or one alone".to_owned(),
            Self::EntityMove => "`old -> new` of two entities, or one that stays".to_owned(),
            Self::Setting => "a text or `env.NAME`".to_owned(),
            Self::Text => "a text".to_owned(),
            Self::ColumnNames => "names of columns, in a list or one alone".to_owned(),
            Self::Path => "a path, a text or `env.NAME`".to_owned(),
            Self::Catalog => "where the catalog comes from".to_owned(),
            Self::Metrics => "where metrics come from".to_owned(),
            Self::Query => "a query in a text, with placeholders".to_owned(),
            Self::Scale => "a path into an entity, `in`, and its scale".to_owned(),
            Self::Selection => "`catalog where` a predicate".to_owned(),
            Self::Same => "`same`, or the block".to_owned(),
            Self::Columns => "new columns, in a list or one alone".to_owned(),
            Self::OldColumns => "old columns, in a list or one alone".to_owned(),
            Self::Rows => "a number of `rows`".to_owned(),
            Self::Count => "a whole number".to_owned(),
            Self::Duration => "a span of time".to_owned(),
            Self::Rates => "`rows/s`, bytes such as `MiB/s`, or both in a list".to_owned(),
            Self::Actions => "actions, separated by commas".to_owned(),
            Self::Moved => "what moves, separated by commas, each with an optional `where`".to_owned(),
            Self::Item(keyword) => format!("the name of one `{}`", keyword.word()),
            Self::Items(keyword) => format!("names of each a `{}`, in a list or one alone", keyword.word()),
            Self::Datasets => "datasets or members of families, in a list or one alone".to_owned(),
            Self::Word(words) => {
                let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                words.join(" or ")
            }
        }
    }
}

impl HeaderForm {
    /// Whether a header is of this form; a broken one is, since it has its diagnostic.
    pub fn takes(self, header: &Header) -> bool {
        match header {
            Header::None => matches!(self, Self::None | Self::After),
            Header::Kind(_) => matches!(self, Self::Kind | Self::Unit),
            Header::Move { old, new } => match self {
                Self::Move => old.star.is_none() && new.star.is_none(),
                Self::MoveFamily => old.star.is_some() && new.star.is_some(),
                Self::None
                | Self::Kind
                | Self::Unit
                | Self::Entity
                | Self::Select
                | Self::On
                | Self::After => false,
            },
            Header::Entity(_) => self == Self::Entity,
            Header::Select(_) => self == Self::Select,
            Header::On(_) => self == Self::On,
            Header::After(_) => self == Self::After,
            Header::Broken(_) => true,
        }
    }

    /// What stands first behind the item's name, in words.
    pub(crate) fn begins(self) -> &'static str {
        match self {
            Self::None => "`{`",
            Self::Kind | Self::Unit | Self::Move | Self::MoveFamily | Self::Entity | Self::Select => "`:`",
            Self::On => "`on`",
            Self::After => "`after` or `{`",
        }
    }

    /// How it is written, behind the item's name; empty for none.
    pub fn example(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Kind => ": sqlite",
            Self::Unit => ": share",
            Self::Move => ": old.table -> new.schema.table",
            Self::MoveFamily => ": old.* -> new.schema.*",
            Self::Entity => ": @component:name",
            Self::Select => ": catalog where kind == \"Component\"",
            Self::On => " on dataset",
            Self::After => " after wave",
        }
    }
}

impl StatementForm {
    /// Every form.
    pub const ALL: [Self; 10] = [
        Self::Columns,
        Self::Drop,
        Self::RowCount,
        Self::Checksum,
        Self::Freshness,
        Self::Require,
        Self::When,
        Self::Then,
        Self::Irreversible,
        Self::Allow,
    ];

    /// The word that it begins with.
    pub fn word(self) -> &'static str {
        match self {
            Self::Columns => "columns",
            Self::Drop => "drop",
            Self::RowCount => "row_count",
            Self::Checksum => "checksum",
            Self::Freshness => "freshness",
            Self::Require => "require",
            Self::When => "when",
            Self::Then => "then",
            Self::Irreversible => "irreversible",
            Self::Allow => "allow",
        }
    }

    /// How it is written, on one line.
    pub fn written(self) -> &'static str {
        match self {
            Self::Columns => "columns { … }",
            Self::Drop => "drop column because \"…\" see \"…\"",
            Self::RowCount => "row_count",
            Self::Checksum => "checksum reread",
            Self::Freshness => "freshness within 5m of column",
            Self::Require => "require condition else \"…\"",
            Self::When => "when metric > limit for 5m and attempts >= 200",
            Self::Then => "then revert wave, notify owners",
            Self::Irreversible => "irreversible because \"…\"",
            Self::Allow => "allow code because \"…\"",
        }
    }

    /// The form of a statement; `None` for an attribute and for a broken one.
    pub fn of(statement: &Statement) -> Option<Self> {
        use crate::ast::Check;
        match statement {
            Statement::Attribute(_) | Statement::Broken(_) => None,
            Statement::Columns(_) => Some(Self::Columns),
            Statement::Drop(_) => Some(Self::Drop),
            Statement::Check(Check::RowCount(_)) => Some(Self::RowCount),
            Statement::Check(Check::Checksum { .. }) => Some(Self::Checksum),
            Statement::Check(Check::Freshness { .. }) => Some(Self::Freshness),
            Statement::Check(Check::Require { .. }) => Some(Self::Require),
            Statement::When(_) => Some(Self::When),
            Statement::Then(_) => Some(Self::Then),
            Statement::Irreversible { .. } => Some(Self::Irreversible),
            Statement::Allow(_) => Some(Self::Allow),
        }
    }
}

impl Keyword {
    /// Every keyword, in the order a reader meets them.
    pub const ALL: [Self; 11] = [
        Self::Migration,
        Self::Store,
        Self::Dataset,
        Self::Datasets,
        Self::Consumer,
        Self::Consumers,
        Self::Validation,
        Self::Approval,
        Self::Metric,
        Self::Rollback,
        Self::Wave,
    ];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Migration => "migration",
            Self::Store => "store",
            Self::Dataset => "dataset",
            Self::Datasets => "datasets",
            Self::Consumer => "consumer",
            Self::Consumers => "consumers",
            Self::Validation => "validation",
            Self::Approval => "approval",
            Self::Metric => "metric",
            Self::Rollback => "rollback",
            Self::Wave => "wave",
        }
    }

    /// The keyword of that word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|keyword| keyword.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{AttributeSpec, Keyword, Need, StatementForm, item};
    use crate::FileId;
    use crate::ast::{Item, Statement};

    fn parsed(text: &str) -> Item {
        let (file, diagnostics) = crate::parse(FileId(0), text);
        assert_eq!(diagnostics, [], "{text}");
        file.items.into_iter().next().expect("one item")
    }

    /// An item of that keyword with that line as its body.
    fn with_line(keyword: Keyword, line: &str) -> Item {
        parsed(&format!("{} x{} {{\n  {line}\n}}\n", keyword.word(), item(keyword).header.example()))
    }

    #[test]
    fn every_example_is_an_item_of_its_own_table() {
        for keyword in Keyword::ALL {
            let spec = item(keyword);
            assert_eq!(spec.keyword, keyword);
            for one in crate::parse(FileId(0), spec.example).0.items {
                assert_eq!(one.keyword.value, keyword);
                assert!(spec.header.takes(&one.header), "{}", spec.example);
                for statement in &one.body {
                    let known = match (statement, StatementForm::of(statement)) {
                        (Statement::Attribute(attribute), _) => {
                            spec.attribute(&attribute.name.text).is_some()
                        }
                        (_, form) => form.is_some_and(|form| spec.statement(form).is_some()),
                    };
                    assert!(known, "{statement:?}");
                }
            }
            assert_eq!(parsed(spec.example).keyword.value, keyword);
        }
    }

    #[test]
    fn every_attribute_has_an_example_and_a_sentence() {
        for keyword in Keyword::ALL {
            let spec = item(keyword);
            let mut seen = BTreeSet::new();
            for AttributeSpec { name, need, doc, example, .. } in spec.attributes {
                assert!(seen.insert(name), "{name} twice");
                assert!(doc.ends_with('.'), "{doc}");
                let one = with_line(keyword, example);
                let Some(Statement::Attribute(attribute)) = one.body.first() else { panic!("{example}") };
                assert_eq!(attribute.name.text, *name);
                if let Need::Default(value) = need {
                    with_line(keyword, &format!("{name} = {value}"));
                }
            }
            for statement in spec.statements {
                assert!(statement.doc.ends_with('.'), "{}", statement.doc);
                let one = with_line(keyword, statement.example);
                assert_eq!(one.body.first().and_then(StatementForm::of), Some(statement.form));
            }
        }
    }

    #[test]
    fn a_header_is_of_one_form() {
        for keyword in Keyword::ALL {
            let header = with_line(keyword, "").header;
            let takers: Vec<_> =
                Keyword::ALL.into_iter().filter(|other| item(*other).header.takes(&header)).collect();
            assert!(takers.contains(&keyword));
            let forms: BTreeSet<_> = takers.iter().map(|taker| item(*taker).header.example()).collect();
            // A word behind the colon is a store's kind or a metric's unit.
            let word = matches!(header, crate::ast::Header::None | crate::ast::Header::Kind(_));
            assert!(forms.len() == 1 || word, "{takers:?}");
        }
    }
}
