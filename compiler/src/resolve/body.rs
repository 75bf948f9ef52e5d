//! Reads an item against the table of items: header, attributes, statements, each where it belongs and as
//! often as it may be. What an attribute's value means is read elsewhere.

use std::collections::BTreeMap;

use mig_lang::ast::{Attribute, Header, Item, Keyword, Statement};
use mig_lang::items::{AttributeSpec, Count, ItemSpec, Need, StatementForm, ValueForm, item as spec_of};
use mig_lang::{Applicability, Diagnostic, Span, nearest};
use mig_plan::StoreKind;

use super::{Resolver, end_of};

/// An item's attributes and statements, each attribute once.
pub(super) struct Body<'a> {
    pub(super) item: &'a Item,
    attributes: BTreeMap<&'a str, &'a Attribute>,
    pub(super) statements: Vec<&'a Statement>,
}

impl<'a> Body<'a> {
    /// The attribute of that name.
    pub(super) fn attribute(&self, name: &str) -> Option<&'a Attribute> {
        let spec = spec_of(self.item.keyword.value);
        debug_assert!(spec.attribute(name).is_some(), "`{name}` is not in the table of items");
        self.attributes.get(name).copied()
    }

    /// The words of which an attribute is one, by the table.
    pub(super) fn words(&self, name: &str) -> &'static [&'static str] {
        match spec_of(self.item.keyword.value).attribute(name).map(|attribute| attribute.value) {
            Some(ValueForm::Word(words)) => words,
            Some(ValueForm::Same) => &["same"],
            Some(_) | None => &[],
        }
    }
}

impl Resolver {
    /// Reads an item against its row of the table.
    pub(super) fn body<'a>(&mut self, item: &'a Item) -> Body<'a> {
        self.body_of_kind(item, None)
    }

    /// Reads an item of which only some kinds have some attributes.
    pub(super) fn body_of_kind<'a>(&mut self, item: &'a Item, kind: Option<StoreKind>) -> Body<'a> {
        let spec = spec_of(item.keyword.value);
        self.header(item, spec);
        let mut body = Body { item, attributes: BTreeMap::new(), statements: Vec::new() };
        // Attributes that a misspelled one stands for are not missing.
        let mut meant: Vec<&str> = Vec::new();
        for statement in &item.body {
            match statement {
                Statement::Attribute(attribute) => {
                    let name = attribute.name.text.as_str();
                    let Some(known) = spec.attribute(name) else {
                        meant.extend(self.unknown_attribute(spec, attribute, kind));
                        continue;
                    };
                    if kind.is_some_and(|kind| !applies(known, kind)) {
                        meant.extend(self.attribute_of_other_kind(known, attribute, kind));
                        continue;
                    }
                    if let Some(first) = body.attributes.get(name) {
                        let error = Diagnostic::error(
                            "duplicate-attribute",
                            attribute.name.span,
                            format!("`{name}` is set twice"),
                        )
                        .label(first.name.span, "the first time");
                        let values = |attribute: &Attribute| -> Vec<String> {
                            attribute.values.iter().map(crate::source::expression).collect()
                        };
                        // Only of two that say the same is it known which goes.
                        self.out.push(if values(attribute) == values(first) {
                            error.certain("remove it", attribute.span, "")
                        } else {
                            error.fix("remove this one", attribute.span, "").fix(
                                "remove the first",
                                first.span,
                                "",
                            )
                        });
                        continue;
                    }
                    body.attributes.insert(name, attribute);
                }
                Statement::Broken(_) => {}
                Statement::Columns(_)
                | Statement::Drop(_)
                | Statement::Check(_)
                | Statement::When(_)
                | Statement::Then(_)
                | Statement::Irreversible { .. }
                | Statement::Allow(_) => {
                    if self.belongs(spec, statement) {
                        body.statements.push(statement);
                    }
                }
            }
        }
        self.counts(spec, &mut body);
        if item.is_whole() {
            self.missing(spec, &body, &meant, kind);
        }
        body
    }

    fn header(&mut self, item: &Item, spec: &ItemSpec) {
        if spec.header.takes(&item.header) {
            return;
        }
        let word = item.keyword.value.word();
        let at = header_span(item);
        let wanted = spec.header.example();
        let error = if matches!(item.header, Header::None) {
            Diagnostic::error(
                "wrong-header",
                item.name.span,
                format!("`{word} {}` needs a header", item.name.text),
            )
        } else if wanted.is_empty() {
            Diagnostic::error("wrong-header", at, format!("a `{word}` has no header"))
        } else {
            Diagnostic::error("wrong-header", at, format!("this is no header of a `{word}`"))
        };
        // One and many are easily taken for one another.
        let other = match item.keyword.value {
            Keyword::Dataset => Some(Keyword::Datasets),
            Keyword::Datasets => Some(Keyword::Dataset),
            Keyword::Consumer => Some(Keyword::Consumers),
            Keyword::Consumers => Some(Keyword::Consumer),
            Keyword::Migration
            | Keyword::Store
            | Keyword::Validation
            | Keyword::Approval
            | Keyword::Metric
            | Keyword::Rollback
            | Keyword::Wave => None,
        };
        if let Some(other) = other.filter(|other| spec_of(*other).header.takes(&item.header)) {
            // What is in it may still have to change.
            let word = other.word();
            let error = error.here(format!("did you mean `{word}`?"));
            let edits = [(item.keyword.span, word.to_owned())];
            self.out.push(error.offer(Applicability::Draft, format!("write `{word}`"), edits));
            return;
        }
        self.out.push(error.help(format!("It is written `{word} {}{wanted} {{ … }}`.", item.name.text)));
    }

    /// Says so, and gives the attribute that was probably meant.
    fn unknown_attribute(
        &mut self,
        spec: &'static ItemSpec,
        attribute: &Attribute,
        kind: Option<StoreKind>,
    ) -> Option<&'static str> {
        let (name, word) = (&attribute.name, spec.keyword.word());
        let candidates = || {
            spec.attributes
                .iter()
                .filter(|known| kind.is_none_or(|kind| applies(known, kind)))
                .map(|known| known.name)
        };
        let error = Diagnostic::error(
            "unknown-attribute",
            name.span,
            format!("a `{word}` has no attribute `{}`", name.text),
        );
        let near = nearest(&name.text, candidates());
        self.out.push(match near {
            Some(near) => {
                error.here(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), name.span, near)
            }
            None if spec.attributes.is_empty() => error.help(format!("A `{word}` has no attributes.")),
            None => error.help(format!("It has {}.", crate::prose::some_of(candidates(), 12))),
        });
        near
    }

    fn attribute_of_other_kind(
        &mut self,
        known: &AttributeSpec,
        attribute: &Attribute,
        kind: Option<StoreKind>,
    ) -> Option<&'static str> {
        let kind = kind.map_or("", StoreKind::keyword);
        let error = Diagnostic::error(
            "unknown-attribute",
            attribute.name.span,
            format!("a store of kind `{kind}` has no attribute `{}`", known.name),
        )
        .help(format!("Stores of kind {} have it.", crate::prose::some_of(known.kinds.iter().copied(), 8)));
        // Where a store is has one of two names.
        let meant = match known.name {
            "path" => Some("url"),
            "url" => Some("path"),
            _ => None,
        };
        self.out.push(match meant {
            Some(meant) => error.here(format!("did you mean `{meant}`?")).fix(
                format!("write `{meant}`"),
                attribute.name.span,
                meant,
            ),
            None => error,
        });
        meant
    }

    fn belongs(&mut self, spec: &ItemSpec, statement: &Statement) -> bool {
        let Some(form) = StatementForm::of(statement) else { return false };
        if spec.statement(form).is_some() {
            return true;
        }
        let homes: Vec<&str> = mig_lang::ast::Keyword::ALL
            .into_iter()
            .filter(|keyword| spec_of(*keyword).statement(form).is_some())
            .map(mig_lang::ast::Keyword::word)
            .collect();
        self.out.push(
            Diagnostic::error(
                "misplaced-statement",
                statement_span(statement),
                format!("`{}` has no place in a `{}`", form.word(), spec.keyword.word()),
            )
            .help(format!("It belongs into {}.", crate::prose::some_of(homes.iter().copied(), 8))),
        );
        false
    }

    /// Leaves out statements that stand too often.
    fn counts(&mut self, spec: &ItemSpec, body: &mut Body) {
        let mut first: BTreeMap<StatementForm, Span> = BTreeMap::new();
        let out = &mut self.out;
        body.statements.retain(|statement| {
            let Some(form) = StatementForm::of(statement) else { return false };
            let several = spec
                .statement(form)
                .is_none_or(|statement| matches!(statement.count, Count::Any | Count::AtLeastOne));
            let span = statement_span(statement);
            if several {
                return true;
            }
            if let Some(first) = first.get(&form) {
                out.push(
                    Diagnostic::error("duplicate-statement", span, format!("`{}` stands twice", form.word()))
                        .label(*first, "the first time")
                        .fix("remove it", span, ""),
                );
                return false;
            }
            first.insert(form, span);
            true
        });
    }

    fn missing(&mut self, spec: &ItemSpec, body: &Body, meant: &[&str], kind: Option<StoreKind>) {
        let (item, word) = (body.item, spec.keyword.word());
        let has = |form| body.statements.iter().any(|statement| StatementForm::of(statement) == Some(form));
        let mut lines = Vec::new();
        let mut names = Vec::new();
        for attribute in spec.attributes {
            let of_kind = match kind {
                Some(kind) => applies(attribute, kind),
                None => attribute.kinds.is_empty(),
            };
            // A block says what the attribute of its name would.
            let in_block = attribute.value == ValueForm::Same && has(StatementForm::Columns);
            if attribute.need == Need::Required
                && of_kind
                && !in_block
                && !meant.contains(&attribute.name)
                && !body.attributes.contains_key(attribute.name)
            {
                names.push(attribute.name);
                lines.push(attribute.example);
            }
        }
        if !names.is_empty() {
            let names = crate::prose::some_of(names, 8);
            self.out.push(missing(
                item,
                "missing-attribute",
                &format!("`{word} {}` lacks {names}", item.name.text),
                &lines,
            ));
        }
        for statement in spec.statements {
            if matches!(statement.count, Count::One | Count::AtLeastOne) && !has(statement.form) {
                let message = format!("`{word} {}` lacks its `{}`", item.name.text, statement.form.word());
                self.out.push(missing(item, "missing-statement", &message, &[statement.example]));
            }
        }
    }
}

/// The error for lines that are not there, with a draft that writes them behind the others.
fn missing(item: &Item, code: &'static str, message: &str, lines: &[&str]) -> Diagnostic {
    let written: String = lines.iter().map(|line| format!("\n  {line}")).collect();
    // Behind the last line, wherever the brace stands.
    let (at, text) = match item.body.last() {
        Some(Statement::Attribute(last)) => (end_of(last.span), written),
        Some(last) => (end_of(statement_span(last)), written),
        None => {
            let brace = item.span.end.saturating_sub(1);
            (Span { start: brace, end: brace, ..item.span }, format!("{written}\n"))
        }
    };
    Diagnostic::error(code, item.name.span, message)
        .help(format!("Write {}.", crate::prose::some_of(lines.iter().copied(), 3)))
        .draft(if lines.len() == 1 { "write the line" } else { "write the lines" }, at, text)
}

/// Whether an attribute is one of stores of that kind.
fn applies(attribute: &AttributeSpec, kind: StoreKind) -> bool {
    attribute.kinds.is_empty() || attribute.kinds.contains(&kind.keyword())
}

/// Where the header stands, or where it would.
fn header_span(item: &Item) -> Span {
    match &item.header {
        Header::None => end_of(item.name.span),
        Header::Kind(name) => name.span,
        Header::Move { old, new } => old.span.to(new.span),
        Header::Entity(entity) => entity.span,
        Header::Select(expr) => expr.span,
        Header::On(paths) => match (paths.first(), paths.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => end_of(item.name.span),
        },
        Header::After(names) => match (names.first(), names.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => end_of(item.name.span),
        },
        Header::Broken(span) => *span,
    }
}

/// Where a statement stands.
fn statement_span(statement: &Statement) -> Span {
    use mig_lang::ast::Check;
    match statement {
        Statement::Attribute(attribute) => attribute.name.span,
        Statement::Columns(columns) => columns.keyword,
        Statement::Drop(drop) => drop.span,
        Statement::Check(Check::RowCount(span) | Check::Checksum { span, .. }) => *span,
        Statement::Check(Check::Freshness { span, .. } | Check::Require { span, .. }) => *span,
        Statement::When(when) => when.span,
        Statement::Then(then) => then.span,
        Statement::Allow(allow) => allow.span,
        Statement::Irreversible { span, .. } | Statement::Broken(span) => *span,
    }
}
