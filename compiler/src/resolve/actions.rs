//! Resolves how datasets and consumers are switched over.

use mig_lang::ast::{Expr, ExprKind, Item, Keyword, Name, Statement};
use mig_lang::{Diagnostic, Spanned, nearest};
use mig_plan::Setting;

use super::Resolver;
use super::arguments::call;
use super::body::Body;
use crate::forms::{ACTIONS, ANNOTATE, VIEW};
use crate::hir::{Action, ActionKind, CutOver, ItemRef};

impl Resolver {
    /// The actions of an item, and why what cannot be undone is done.
    pub(super) fn cut_over(&mut self, item: &Item, body: &Body) -> CutOver {
        let attribute = body.attribute("cut_over");
        let values = attribute.map_or(&[][..], |attribute| attribute.values.as_slice());
        let read: Vec<Option<Action>> = values.iter().map(|value| self.action(value)).collect();
        let whole = read.iter().all(Option::is_some) && item.is_whole();
        let actions: Vec<Action> = read.into_iter().flatten().collect();
        let irreversible = body.statements.iter().find_map(|statement| match statement {
            Statement::Irreversible { because, span } => Some((because, *span)),
            Statement::Attribute(_)
            | Statement::Columns(_)
            | Statement::Drop(_)
            | Statement::Check(_)
            | Statement::When(_)
            | Statement::Then(_)
            | Statement::Allow(_)
            | Statement::Broken(_) => None,
        });
        let one_way =
            actions.iter().filter(|action| matches!(action.kind, ActionKind::Command { undo: None, .. }));
        match irreversible {
            None if item.is_whole() => {
                for action in one_way {
                    self.out.push(
                        Diagnostic::error("undo-missing", action.span, "nothing says how this command is undone")
                            .help("Give the command that undoes it, `undo: [\"program\", \"argument\"]`, or say why there is none: `irreversible because \"…\"`."),
                    );
                }
            }
            Some((_, span)) if whole && one_way.count() == 0 => {
                self.out.push(
                    Diagnostic::warning("needless-irreversible", span, "everything here can be undone")
                        .help("Only a `command` without `undo` cannot. Remove the line, so that the plan shows no point of no return.")
                        .fix("remove the line", span, ""),
                );
            }
            None | Some(_) => {}
        }
        CutOver { actions, irreversible: irreversible.map(|(because, _)| because.clone()) }
    }

    fn action(&mut self, value: &Expr) -> Option<Action> {
        let Some((name, arguments)) = call(value) else {
            self.wrong(value, "an action", "notify");
            return None;
        };
        let Some(form) = ACTIONS.into_iter().find(|form| form.name == name.text) else {
            let names = ACTIONS.iter().map(|form| form.name);
            let error =
                Diagnostic::error("unknown-action", name.span, format!("there is no action `{}`", name.text));
            self.out.push(match nearest(&name.text, names.clone()) {
                Some(near) => error.here(format!("did you mean `{near}`?")).fix(
                    format!("write `{near}`"),
                    name.span,
                    near,
                ),
                None => error.help(format!("There is {}.", crate::prose::some_of(names, 8))),
            });
            return None;
        };
        let bound = self.bind(form, name, arguments)?;
        let kind = match (form.name, bound.as_slice()) {
            ("http", [Some(post), undo]) => {
                let post = self.address(post, "SWITCH_URL");
                let undo = match undo {
                    Some(undo) => Some(self.address(undo, "SWITCH_BACK_URL")?),
                    None => None,
                };
                ActionKind::Http { post: post?, undo }
            }
            ("command", [Some(run), undo]) => {
                let run = self.program(run);
                let undo = match undo {
                    Some(undo) => Some(self.program(undo)?),
                    None => None,
                };
                ActionKind::Command { run: run?, undo }
            }
            ("view", [Some(place), to]) => {
                let to = match to {
                    Some(to) => Some(self.item_ref(to, &[Keyword::Dataset, Keyword::Datasets], "orders")?),
                    None => None,
                };
                let ExprKind::Path(parts) = &place.kind else {
                    self.wrong(place, "the place of a view", VIEW.example);
                    return None;
                };
                let parts: Vec<&Name> = parts.iter().collect();
                ActionKind::View { view: self.table(&parts, place.span)?, to }
            }
            ("annotate", [Some(key), Some(value)]) => {
                let (at, key) = (key, self.text(key, ANNOTATE.example));
                let value = self.text(value, ANNOTATE.example);
                if key.as_ref().is_some_and(|key| !is_annotation(key)) {
                    self.wrong(
                        at,
                        "the name of an annotation, letters and digits behind a domain and `/`,",
                        ANNOTATE.example,
                    );
                    return None;
                }
                ActionKind::Annotate { key: key?, value: value? }
            }
            _ => ActionKind::Notify,
        };
        Some(Action { kind, span: value.span })
    }

    /// Where something is posted to.
    fn address(&mut self, value: &Expr, variable: &str) -> Option<Setting> {
        let setting = self.setting(value, variable)?;
        if let Setting::Text(text) = &setting
            && !text.starts_with("https://")
            && !text.starts_with("http://")
        {
            self.wrong(
                value,
                "an address that begins with `https://` or `http://`",
                "https://switch.acme.dev/orders",
            );
            return None;
        }
        Some(setting)
    }

    /// A program and its arguments.
    fn program(&mut self, value: &Expr) -> Option<Vec<Setting>> {
        let ExprKind::List(items) = &value.kind else {
            self.wrong(value, "a program with its arguments, in a list,", "[\"./switch\", \"new\"]");
            return None;
        };
        if items.is_empty() {
            self.wrong(value, "a program", "[\"./switch\", \"new\"]");
            return None;
        }
        let settings: Vec<Option<Setting>> = items.iter().map(|item| self.setting(item, "SECRET")).collect();
        settings.into_iter().collect()
    }

    /// The item of one of these kinds, or the member of a family, that a value names.
    pub(super) fn item_ref(&mut self, value: &Expr, wanted: &[Keyword], example: &str) -> Option<ItemRef> {
        let ExprKind::Path(parts) = &value.kind else {
            // A text is refused as such, and offered without its quotes.
            self.name(value, "the name of an item", example);
            return None;
        };
        let (name, member) = match parts.as_slice() {
            [name] => (name, None),
            [name, member] => (name, Some(member)),
            _ => {
                self.wrong(value, "the name of an item", example);
                return None;
            }
        };
        let keyword = self.refer(&name.text, name.span, wanted)?;
        if let Some(member) = member
            && !matches!(keyword, Keyword::Datasets | Keyword::Consumers)
        {
            self.out.push(
                Diagnostic::error(
                    "unknown-name",
                    member.span,
                    format!("a {} has no members", keyword.word()),
                )
                .fix(
                    format!("write `{}`", name.text),
                    value.span,
                    crate::source::identifier(&name.text),
                ),
            );
            return None;
        }
        Some(ItemRef {
            name: name.text.clone(),
            member: member.map(|member| member.text.clone()),
            span: value.span,
        })
    }

    /// The datasets, families and members that a list names, each once.
    pub(super) fn datasets_named<'e>(&mut self, values: impl IntoIterator<Item = &'e Expr>) -> Vec<ItemRef> {
        let mut items: Vec<ItemRef> = Vec::new();
        for value in values {
            let wanted = [Keyword::Dataset, Keyword::Datasets];
            let Some(item) = self.item_ref(value, &wanted, "orders") else { continue };
            let same = |known: &&ItemRef| (&known.name, &known.member) == (&item.name, &item.member);
            match items.iter().find(same) {
                Some(first) => self.out.push(
                    Diagnostic::error("wrong-value", item.span, "this dataset is named twice")
                        .label(first.span, "the first time"),
                ),
                None => items.push(item),
            }
        }
        items
    }

    /// The names of items of these kinds that a list has, each once.
    pub(super) fn items_named(
        &mut self,
        values: &[&Expr],
        wanted: &[Keyword],
        example: &str,
    ) -> Vec<Spanned<String>> {
        let mut names = Vec::new();
        for value in values {
            if let Some(name) = self.name(value, "the name of an item", example)
                && self.refer(&name.text, name.span, wanted).is_some()
            {
                names.push(Spanned { value: name.text.clone(), span: name.span });
            }
        }
        self.distinct(names)
    }
}
/// Whether a Backstage takes that as the key of an annotation: up to 63 letters, digits, `-`, `_` and `.`, a letter or digit at
/// both ends, and before it, if anything, a domain of up to 253 and `/` (backstage.io/docs/features/software-catalog/descriptor-format).
fn is_annotation(key: &str) -> bool {
    let (domain, name) = key.split_once('/').map_or((None, key), |(domain, name)| (Some(domain), name));
    let ends = |text: &str| {
        let at_ends = text.chars().next().into_iter().chain(text.chars().next_back());
        !text.is_empty() && at_ends.into_iter().all(|letter| letter.is_ascii_alphanumeric())
    };
    let is_label = |label: &str| {
        !label.bytes().any(|byte| byte.is_ascii_uppercase())
            && label.len() <= 63
            && ends(label)
            && label.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
    };
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    domain.is_none_or(|domain| domain.len() <= 253 && domain.split('.').all(is_label))
        && name.len() <= 63
        && ends(name)
        && name.chars().all(is_name)
}
