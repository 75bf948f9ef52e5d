//! The one namespace of items: no name twice, one migration, and references to what is there.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use mig_lang::ast::{self, Item, Keyword};
use mig_lang::{Diagnostic, NameIndex, Span};

use super::anew::SameNames;
use super::{Named, Resolver};
use crate::hir::{Definition, Reference};
use crate::source::identifier;

/// Names that mean all datasets and all consumers where a wave says what it moves.
const RESERVED: [&str; 2] = ["datasets", "consumers"];

impl Resolver {
    /// Collects the names of all items, and gives the items in file order without those whose name is taken.
    pub(super) fn names<'a>(
        &mut self,
        files: &[&'a ast::File],
        before: Option<&SameNames>,
    ) -> Vec<Named<'a>> {
        let all = files.iter().enumerate().flat_map(|(number, file)| {
            file.items.iter().enumerate().map(move |(place, item)| Named { item, file: number, place })
        });
        if let Some(before) = before {
            self.definitions = Arc::clone(&before.program.definitions);
            let definitions = Arc::make_mut(&mut self.definitions);
            for item in before.changed.iter().filter_map(|file| files.get(*file)).flat_map(|file| &file.items)
            {
                definitions.insert(item.name.text.clone(), defined(item));
            }
            return all.collect();
        }
        let mut items = Vec::new();
        let mut definitions: BTreeMap<String, Definition> = BTreeMap::new();
        let is_migration = |item: &&Item| item.keyword.value == Keyword::Migration;
        let several =
            files.iter().filter(|file| file.items.iter().any(|item| is_migration(&item))).count() > 1;
        for named in all {
            let item = named.item;
            let (name, keyword) = (&item.name, item.keyword.value);
            if RESERVED.contains(&name.text.as_str()) {
                self.out.push(
                    Diagnostic::error(
                        "reserved-name",
                        name.span,
                        format!("`{}` is no name for an item", name.text),
                    )
                    .help(format!("In `move` of a wave, `{}` means all of them.", name.text)),
                );
                self.left_out.push(keyword);
                continue;
            }
            let free = match definitions.entry(name.text.clone()) {
                Entry::Vacant(free) => free,
                Entry::Occupied(taken) => {
                    let first = taken.get();
                    // A second migration is said to be one too many, whatever its name.
                    // Nor is it said of the items of another file that has a migration of its own.
                    let other_file = several && first.name.file != name.span.file;
                    let second_migration =
                        keyword == Keyword::Migration && first.keyword == Keyword::Migration;
                    if !other_file && !second_migration {
                        self.out.push(
                        Diagnostic::error(
                            "duplicate-name",
                            name.span,
                            format!("`{}` is already taken", name.text),
                        )
                        .label(first.name, format!("by this {}", first.keyword.word()))
                        .help(
                            "All items of a migration share one namespace, so that a name means one thing.",
                        ),
                    );
                    }
                    self.left_out.push(keyword);
                    continue;
                }
            };
            free.insert(defined(item));
            items.push(named);
        }
        self.definitions = Arc::new(definitions);
        items
    }

    /// Says when there is no migration, or more than one.
    pub(super) fn exactly_one_migration(&mut self, files: &[&ast::File]) {
        let all: Vec<&Item> = files
            .iter()
            .flat_map(|file| &file.items)
            .filter(|item| item.keyword.value == Keyword::Migration)
            .collect();
        match all.as_slice() {
            [] if self.torn => {}
            [] => {
                let start = files
                    .first()
                    .map_or_else(Span::default, |file| Span { file: file.id, ..Span::default() });
                self.out.push(
                    Diagnostic::error("no-migration", start, "there is no `migration` item")
                        .help("A folder of `.mig` files is one migration: say its name, its owner and its catalog.")
                        .draft(
                            "write a `migration` item",
                            start,
                            "migration my_migration {\n  owner   = @group:my-team\n  catalog = files(\"catalog/**/*.yaml\")\n}\n\n",
                        ),
                );
            }
            [first, more @ ..] => {
                for second in more {
                    self.out.push(
                        Diagnostic::error("two-migrations", second.name.span, "there is more than one `migration` item")
                            .label(first.name.span, "the first one")
                            .help("A folder of `.mig` files is one migration. Move this one to a folder of its own, or name the folder of one of them."),
                    );
                }
            }
        }
    }

    /// The keyword of the item of that name, which is one of these; a wrong or unknown name is said.
    pub(super) fn refer(&mut self, name: &str, span: Span, wanted: &[Keyword]) -> Option<Keyword> {
        if let Some(definition) = self.definitions.get(name) {
            self.settled &= wanted.contains(&definition.keyword);
            if wanted.contains(&definition.keyword) {
                self.references.push(Reference { span, name: name.to_owned() });
                return Some(definition.keyword);
            }
            let (found, at) = (definition.keyword, definition.name);
            let error = Diagnostic::error(
                "wrong-kind-of-item",
                span,
                format!(
                    "`{name}` is {}, and {} is wanted",
                    crate::prose::with_article(found.word()),
                    crate::prose::with_article(&words(wanted))
                ),
            )
            .label(at, format!("this {}", found.word()))
            .help(&self.choices(wanted).listing);
            self.out.push(error);
            return None;
        }
        self.settled = false;
        let torn = self.torn;
        let Choices { index, listing, .. } = self.choices(wanted);
        // In `move` the words for all of them stand beside names, and lack a letter easily.
        let all = wanted.iter().map(|keyword| keyword.word()).find(|word| {
            word.strip_suffix('s') == Some(name)
                && wanted.contains(&Keyword::Datasets)
                && wanted.contains(&Keyword::Consumers)
        });
        let near = index.nearest(name).or(all);
        if near.is_none() && torn {
            return None;
        }
        let error =
            Diagnostic::error("unknown-name", span, format!("there is no {} `{name}`", words(wanted)));
        let error = match near {
            Some(near) => error.here(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                span,
                if all == Some(near) { near.to_owned() } else { identifier(near) },
            ),
            None => error.help(listing),
        };
        self.out.push(error);
        None
    }

    /// The items of these kinds; collected when one is first missed.
    pub(super) fn choices(&mut self, wanted: &[Keyword]) -> &Choices {
        let known = self.choices.iter().position(|choices| choices.wanted == wanted);
        let place = known.unwrap_or_else(|| {
            self.choices.push(Choices::new(&self.definitions, wanted));
            self.choices.len() - 1
        });
        &self.choices[place]
    }
}

fn defined(item: &Item) -> Definition {
    Definition { keyword: item.keyword.value, name: item.name.span, item: item.span, body_end: item.body_end }
}

/// Items that a name could mean.
pub(super) struct Choices {
    wanted: Vec<Keyword>,
    pub(super) index: NameIndex,
    /// What there is, in words.
    listing: String,
}

impl Choices {
    fn new(definitions: &BTreeMap<String, Definition>, wanted: &[Keyword]) -> Self {
        let of_kind = definitions.iter().filter(|(_, definition)| wanted.contains(&definition.keyword));
        let index = NameIndex::new(of_kind.map(|(name, _)| name.as_str()));
        let names = crate::prose::some_of(index.names(), 8);
        let listing = if names.is_empty() {
            format!("The migration has no {}.", words(wanted))
        } else {
            format!("There is {names}.")
        };
        Self { wanted: wanted.to_vec(), index, listing }
    }
}

/// Keywords as prose: `dataset or consumer`.
fn words(keywords: &[Keyword]) -> String {
    // A family stands for its members in most places; naming the single kind is enough.
    let singles: Vec<&str> = keywords
        .iter()
        .filter(|keyword| !matches!(keyword, Keyword::Datasets | Keyword::Consumers))
        .map(|keyword| keyword.word())
        .collect();
    singles.join(" or ")
}
