//! What a file links to: entities in the developer portal, the pages that reasons point to, the catalog's files.
//!
//! A portal is known where the source says its address, or a setting of the editor does. An address that is a variable
//! of the environment is a secret, and is not looked up.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};
use mig_compiler::hir::CatalogKind;
use mig_lang::Span;
use mig_lang::ast::{ExprKind, Keyword, Literal, Statement};
use mig_plan::{EntityRef, Setting};

use crate::snapshot::{Document, Folder};
use crate::symbol::{Meaning, visit_item};

/// A place that leads somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// The place.
    pub(crate) span: Span,
    /// Where to.
    pub(crate) target: Target,
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// An address.
    Address {
        /// The address.
        url: String,
        /// What opens.
        what: String,
    },
    /// The catalog's files of a pattern, which are looked for when the link is followed.
    Files {
        /// The pattern.
        glob: String,
    },
}

/// The links of a file, in source order. The portal is what a setting says.
pub(crate) fn links(folder: &Folder, document: &Document, portal: Option<&str>) -> Vec<Link> {
    let portal = portal.and_then(address).or_else(|| written_portal(folder));
    let mut found = Vec::new();
    for item in &document.tree().items {
        if let Some(portal) = &portal {
            visit_item(folder, item, &mut |symbol| {
                if let Meaning::Entity(entity) = &symbol.meaning {
                    let target = Target::Address { url: page(portal, entity), what: entity.source_form() };
                    found.push(Link { span: symbol.span, target });
                }
            });
        }
        for statement in &item.body {
            match statement {
                Statement::Drop(drop) => {
                    let see = drop.see.as_ref().filter(|see| address(&see.value).is_some());
                    found.extend(see.map(|see| Link {
                        span: inside(see.span),
                        target: Target::Address { url: see.value.clone(), what: "why".to_owned() },
                    }));
                }
                Statement::Attribute(attribute)
                    if item.keyword.value == Keyword::Migration && attribute.name.text == "catalog" =>
                {
                    for value in &attribute.values {
                        let ExprKind::Call { function, arguments } = &value.kind else { continue };
                        for argument in arguments.iter().filter(|_| function.text == "files") {
                            if let ExprKind::Literal(Literal::Text(glob)) = &argument.value.kind {
                                let target = Target::Files { glob: glob.clone() };
                                found.push(Link { span: inside(argument.value.span), target });
                            }
                        }
                    }
                }
                Statement::Attribute(_)
                | Statement::Columns(_)
                | Statement::Check(_)
                | Statement::When(_)
                | Statement::Then(_)
                | Statement::Irreversible { .. }
                | Statement::Allow(_)
                | Statement::Broken(_) => {}
            }
        }
    }
    found.sort_by_key(|link| link.span);
    found
}

/// What a pattern of the catalog's files leads to: the first of the files that it was read from, or the folder that the
/// pattern begins with where none is known.
pub(crate) fn file(folder: &Folder, glob: &str) -> PathBuf {
    let fixed = glob.find(['*', '?', '[', '{']);
    let Some(fixed) = fixed else { return folder.path.join(glob) };
    let entities = folder.catalog().into_iter().flat_map(|catalog| catalog.entities());
    let files: BTreeSet<&str> =
        entities.filter_map(|entity| entity.origin.as_ref()).map(|origin| origin.file.as_str()).collect();
    let written = glob.strip_prefix("./").unwrap_or(glob);
    let first = files.into_iter().find(|file| matches(written, file.strip_prefix("./").unwrap_or(file)));
    let start = first.or_else(|| glob.get(..fixed).and_then(|head| Some(head.rsplit_once('/')?.0)));
    start.map_or_else(|| folder.path.clone(), |start| folder.path.join(Path::new(start)))
}

/// Whether a path fits a pattern, of which `**` alone goes into folders.
fn matches(glob: &str, path: &str) -> bool {
    let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
    Pattern::new(glob).is_ok_and(|pattern| pattern.matches_with(path, options))
}

/// The portal whose address the source says.
fn written_portal(folder: &Folder) -> Option<String> {
    let catalog = folder.program().migration.as_ref()?.catalog.as_ref()?;
    match &catalog.kind {
        CatalogKind::Backstage { url: Setting::Text(url), .. } => address(url),
        CatalogKind::Backstage { url: Setting::Env(_), .. } | CatalogKind::Files { .. } => None,
    }
}

/// An address that a browser opens, without the last `/`; none that holds a user's name or password.
fn address(text: &str) -> Option<String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    (!host.is_empty() && !host.contains('@')).then(|| text.trim_end_matches('/').to_owned())
}

/// The page of an entity in a portal.
fn page(portal: &str, entity: &EntityRef) -> String {
    format!("{portal}/catalog/{}/{}/{}", entity.namespace(), entity.kind(), entity.name())
}

/// A text without its quotes.
fn inside(text: Span) -> Span {
    let start = (text.start + 1).min(text.end);
    Span { start, end: text.end.saturating_sub(1).max(start), ..text }
}

#[cfg(test)]
mod tests {
    use mig_plan::Catalog;
    use mig_plan::catalog::Origin;

    use super::{Target, file, links};
    use crate::fixture::{Fixture, shop};

    fn shown(catalog: &str, portal: Option<&str>) -> Vec<String> {
        let text = format!(
            "migration m {{\n  owner = @group:web/platform\n  catalog = {catalog}\n}}\ndataset a: s.a -> t.a {{\n  drop x because \"old\" see \"https://wiki.dev/x\"\n  drop y because \"old\" see \"the wiki\"\n}}\n"
        );
        let fixture = Fixture::file(&text);
        let folder = &fixture.snapshot().folders[0];
        links(folder, &folder.files[0], portal)
            .into_iter()
            .map(|link| match link.target {
                Target::Address { url, .. } => format!("{} -> {url}", folder.slice(link.span)),
                Target::Files { glob } => format!("{} -> files {glob}", folder.slice(link.span)),
            })
            .collect()
    }

    #[test]
    fn entities_lead_to_the_portal_that_is_written_or_set() {
        let see = "https://wiki.dev/x -> https://wiki.dev/x";
        let entity = "@group:web/platform -> https://portal.dev/catalog/web/group/platform";
        assert_eq!(shown("backstage(\"https://portal.dev/\")", None), [entity, see]);
        assert_eq!(shown("backstage(env.URL)", None), [see]);
        assert_eq!(shown("backstage(env.URL)", Some("https://portal.dev")), [entity, see]);
        assert_eq!(shown("backstage(\"https://user:secret@portal.dev\")", None), [see]);
        assert_eq!(shown("backstage(env.URL)", Some("not an address")), [see]);
    }

    #[test]
    fn patterns_lead_to_the_files_that_were_read() {
        assert_eq!(
            shown("files(\"a/*.yaml\", \"b.yaml\")", None)[..2],
            ["a/*.yaml -> files a/*.yaml", "b.yaml -> files b.yaml"]
        );
        let mut known = shop();
        let mut entities = known.catalog.take().unwrap().into_entities();
        for (entity, name) in entities.values_mut().zip(["z.yaml", "catalog/b.yaml", "catalog/a/c.yaml"]) {
            entity.origin = Some(Origin { file: name.to_owned(), line: 1 });
        }
        known.catalog = Some(Catalog::new(entities));
        let fixture = Fixture::files(&[("main.mig", "migration m {\n}\n")], known);
        let folder = &fixture.snapshot().folders[0];
        let shown = |glob: &str| file(folder, glob).display().to_string();
        assert_eq!(shown("z.yaml"), "/shop/z.yaml");
        assert_eq!(shown("catalog/*.yaml"), "/shop/catalog/b.yaml");
        assert_eq!(shown("./catalog/**/*.yaml"), "/shop/catalog/a/c.yaml");
        assert_eq!(shown("other/**/*.yaml"), "/shop/other");
        assert_eq!(shown("*.json"), "/shop");
    }
}
