//! Sources for tests and the world they are compiled against, and diagnostics as text.

pub(crate) use mig_corpus::{CATALOG as SHOP_CATALOG, SCHEMAS as SHOP_SCHEMAS, framed};
pub(crate) use mig_corpus::{catalog, schemas};
use mig_lang::{Diagnostic, FileId, Fix, Severity, Sources, Span, ast};
use mig_plan::{Catalog, Digest, Plan, Schemas, SourceFile};

use crate::World;

/// Sources and the world they are compiled against.
pub(crate) struct Fixture {
    pub(crate) sources: Sources,
    pub(crate) catalog: Catalog,
    pub(crate) schemas: Schemas,
}

impl Fixture {
    /// One file in the world of a small shop.
    pub(crate) fn shop(source: &str) -> Self {
        Self::new(source, SHOP_CATALOG, SHOP_SCHEMAS)
    }

    /// One file in a world of its own.
    pub(crate) fn new(source: &str, catalog_lines: &str, schema_lines: &str) -> Self {
        let mut sources = Sources::new();
        sources.add("main.mig", source);
        Self { sources, catalog: catalog(catalog_lines), schemas: schemas(schema_lines) }
    }

    pub(crate) fn world(&self) -> World<'_> {
        World { catalog: &self.catalog, schemas: &self.schemas }
    }

    /// The trees, which the parser has nothing to say about.
    pub(crate) fn trees(&self) -> Vec<ast::File> {
        self.sources
            .iter()
            .map(|(id, source)| {
                let (tree, said) = mig_lang::parse(id, &source.text);
                assert!(said.is_empty(), "{}\n{}", source.text, self.shown(&said));
                tree
            })
            .collect()
    }

    pub(crate) fn compile(&self) -> (Option<Plan>, Vec<Diagnostic>) {
        let digests = self.sources.iter().map(|(_, source)| SourceFile {
            path: source.path.clone(),
            digest: Digest::of(source.text.as_bytes()),
        });
        crate::compile(&self.trees(), &self.world(), digests.collect())
    }

    /// What the compiler says, as text.
    pub(crate) fn said(&self) -> String {
        let (plan, said) = self.compile();
        let errors = said.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        assert!(plan.is_none() || !errors, "a plan in spite of errors");
        assert!(plan.is_some() || errors, "no plan, and nobody says why");
        self.shown(&said)
    }

    /// The plan, of sources without an error.
    pub(crate) fn plan(&self) -> Plan {
        let (plan, said) = self.compile();
        plan.unwrap_or_else(|| panic!("{}", self.shown(&said)))
    }

    fn at(&self, span: Span) -> String {
        let start = self.sources.start(span);
        let file =
            if span.file == FileId(0) { String::new() } else { format!("{}:", self.sources.path(span.file)) };
        let text = self.sources.slice(span).lines().next().unwrap_or_default();
        format!("{file}{}:{} {text}", start.line, start.column)
    }

    /// Diagnostics as text: what is said, the places with what stands there, help and fixes. Every code
    /// has its page.
    pub(crate) fn shown(&self, diagnostics: &[Diagnostic]) -> String {
        let mut out = String::new();
        for diagnostic in diagnostics {
            assert!(crate::codes::page(diagnostic.code).is_some(), "`{}` has no page", diagnostic.code);
            let severity = match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            out.push_str(&format!("{severity}[{}]: {}\n", diagnostic.code, diagnostic.message));
            for label in &diagnostic.labels {
                let text = if label.text.is_empty() { String::new() } else { format!("  <- {}", label.text) };
                out.push_str(&format!("  {}{text}\n", self.at(label.span)));
            }
            if let Some(help) = &diagnostic.help {
                out.push_str(&format!("  help: {help}\n"));
            }
            for fix in &diagnostic.fixes {
                out.push_str(&format!("  fix: {}\n", fix.title));
            }
        }
        out
    }

    /// The first file's text with a fix applied.
    pub(crate) fn fixed(&self, fix: &Fix) -> String {
        let edits: Vec<_> = fix.edits.iter().collect();
        let applied = mig_lang::apply(self.sources.text(FileId(0)), &edits);
        applied.expect("edits that do not overlap, inside the text")
    }
}

/// What the compiler says of a file in the shop's world, to which [`framed`] has added what it lacks.
pub(crate) fn said(source: &str) -> String {
    Fixture::shop(&framed(source)).said()
}
