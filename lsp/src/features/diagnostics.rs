//! What is wrong in a file: takes a folder and a file, gives the compiler's findings with an identity, so that a
//! client that has them already is not sent them again.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use mig_lang::Diagnostic;

use crate::snapshot::{Document, Folder};

/// The findings of one file.
#[derive(Clone, Debug)]
pub(crate) struct Findings<'s> {
    /// The findings in source order.
    pub(crate) found: &'s [Diagnostic],
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
    Findings { found, identity: format!("{:016x}", hasher.finish()) }
}

#[cfg(test)]
mod tests {
    use super::diagnostics;
    use crate::fixture::Fixture;

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
