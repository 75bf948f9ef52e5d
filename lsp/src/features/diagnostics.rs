//! What is wrong in a file: takes a folder and a file, gives the compiler's findings, and what is not known of the world
//! where the file names it, with an identity, so that a client that has them already is not sent them again.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use mig_lang::{Diagnostic, Span};

use crate::host::{About, Unknown};
use crate::snapshot::{Document, Folder};

/// The findings of one file.
#[derive(Clone, Debug)]
pub(crate) struct Findings<'s> {
    /// The findings in source order.
    pub(crate) found: &'s [Diagnostic],
    /// What is not known of the world that the file names, and where it names it.
    pub(crate) unknown: Vec<(Span, &'s Unknown)>,
    /// Equal for equal findings of equal texts.
    pub(crate) identity: String,
}

/// What is wrong in a file.
pub(crate) fn diagnostics<'s>(folder: &'s Folder, document: &Document) -> Findings<'s> {
    let found = folder.diagnostics_of(document.id);
    let mut hasher = DefaultHasher::new();
    // Places are of this text: the same findings over another text stand elsewhere on the screen.
    document.text.as_str().hash(&mut hasher);
    for diagnostic in found {
        (diagnostic.code, &diagnostic.message, &diagnostic.help).hash(&mut hasher);
        for label in &diagnostic.labels {
            (label.span, &label.text).hash(&mut hasher);
            // A label in another file moves with that file's text.
            if label.span.file != document.id {
                folder
                    .file(label.span.file)
                    .map(|other| other.text.place(label.span.start, Default::default()).line)
                    .hash(&mut hasher);
            }
        }
        diagnostic.fixes.len().hash(&mut hasher);
    }
    let unknown = unknown(folder, document);
    for (span, unknown) in &unknown {
        (span, unknown.code, &unknown.message, &unknown.help).hash(&mut hasher);
    }
    Findings { found, unknown, identity: format!("{:016x}", hasher.finish()) }
}

/// What is not known, where this file names it.
fn unknown<'s>(folder: &'s Folder, document: &Document) -> Vec<(Span, &'s Unknown)> {
    let program = folder.program();
    let place = |about: &About| match about {
        About::Catalog => {
            let migration = program.migration.as_ref()?;
            Some(migration.catalog.as_ref().map_or(migration.title.name_span, |catalog| catalog.span))
        }
        About::Store(name) => Some(program.stores.get(name)?.title.name_span),
    };
    let all = folder.known().unknown.iter();
    let placed = all.filter_map(|unknown| Some((place(&unknown.about)?, unknown)));
    placed.filter(|(span, _)| span.file == document.id).collect()
}

#[cfg(test)]
mod tests {
    use super::diagnostics;
    use crate::fixture::Fixture;
    use crate::host::{About, Known, Unknown};

    fn identity(text: &str) -> String {
        let fixture = Fixture::file(text);
        let folder = &fixture.snapshot().folders[0];
        diagnostics(folder, &folder.files[0]).identity
    }

    #[test]
    fn findings_have_an_identity() {
        let text = "migration a {\n  owner = @group:a\n}\nwave x after y {\n}\n";
        assert_eq!(identity(text), identity(text));
        assert_ne!(identity(text), identity(&text.replace("after y", "after z")));
        assert_ne!(identity(text), identity(&format!("\n{text}")));
    }

    #[test]
    fn what_is_not_known_is_said_where_it_is_named() {
        let unknown = |about| Unknown {
            about,
            code: "no-snapshot",
            is_fault: false,
            message: "it was never pulled".to_owned(),
            help: "Pull it.".to_owned(),
        };
        let stores = [About::Catalog, About::Store("old".to_owned()), About::Store("gone".to_owned())];
        let known = Known { unknown: stores.map(unknown).to_vec(), ..Known::default() };
        let fixture = Fixture::files(
            &[
                ("a.mig", "migration a {\n  catalog = files(\"c.yaml\")\n}\n"),
                ("b.mig", "store old: sqlite {\n  url = env.OLD\n}\n"),
            ],
            known,
        );
        let folder = &fixture.snapshot().folders[0];
        let places = |file: usize| {
            let findings = diagnostics(folder, &folder.files[file]);
            findings.unknown.iter().map(|(span, _)| fixture.shown(*span)).collect::<Vec<_>>()
        };
        assert_eq!(places(0), ["a.mig:2 files(\"c.yaml\")"]);
        assert_eq!(places(1), ["b.mig:1 old"]);
    }

    #[test]
    fn a_file_has_its_own_findings() {
        let fixture = Fixture::files(
            &[
                ("a.mig", "migration a {\n  owner = @group:a\n  owner = @group:b\n}\n"),
                ("b.mig", "wave {\n}\n"),
            ],
            Default::default(),
        );
        let folder = &fixture.snapshot().folders[0];
        let codes = |file: usize| {
            let findings = diagnostics(folder, &folder.files[file]);
            findings.found.iter().map(|found| found.code).collect::<Vec<_>>()
        };
        assert!(codes(0).contains(&"duplicate-attribute"), "{:?}", codes(0));
        assert_eq!(codes(1), ["syntax"]);
    }
}
