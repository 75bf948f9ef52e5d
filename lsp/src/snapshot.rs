//! What the editor knows at one moment: immutable, shared, and worked out only as far as somebody asks.
//!
//! A snapshot holds the migrations of the workspace. What an edit does not touch is shared with the snapshot before:
//! other files' trees, other folders' programs.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use mig_compiler::hir::Program;
use mig_compiler::{Expansion, Findings, Resolved, Wanted, World};
use mig_lang::{Diagnostic, FileId, Span, ast};
use mig_plan::{Catalog, ColumnStatistics, Schemas, TableRef};
use rayon::prelude::*;

use crate::host::{Answer, Host, Known};
use crate::text::{Encoding, Text};

/// Everything at one moment.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// Counts the changes since the start.
    pub(crate) revision: u64,
    /// How the client counts characters.
    pub(crate) encoding: Encoding,
    /// The migrations, by folder.
    pub(crate) folders: Vec<Arc<Folder>>,
    /// Whether a newer one has taken its place.
    superseded: AtomicBool,
}

/// The files of one migration and what is known of its world.
pub(crate) struct Folder {
    /// The migration's folder.
    pub(crate) path: PathBuf,
    /// Its files in the order of their paths; a file's number is its place here.
    pub(crate) files: Vec<Arc<Document>>,
    host: Arc<dyn Host>,
    answer: Arc<Answer>,
    latest: Arc<Latest>,
    resolved: OnceLock<Arc<Resolved>>,
    wanted: OnceLock<Wanted>,
    known: OnceLock<Arc<Known>>,
    findings: OnceLock<Option<Arc<Findings>>>,
    found: OnceLock<Vec<Diagnostic>>,
    /// Whether its texts or its world have changed since.
    superseded: AtomicBool,
}

/// What was last worked out of a folder, in whatever state it was: what the next state is worked out from.
#[derive(Debug, Default)]
struct Latest {
    resolved: Mutex<Option<Arc<Resolved>>>,
    /// With the world that it is of.
    findings: Mutex<Option<(Arc<Known>, Arc<Findings>)>>,
}

/// One file.
#[derive(Debug)]
pub(crate) struct Document {
    /// Its number in its folder.
    pub(crate) id: FileId,
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What it says, saved or not.
    pub(crate) text: Text,
    /// The version that the client gave it; `None` for a file that is not open.
    pub(crate) version: Option<i32>,
    parsed: OnceLock<(Arc<ast::File>, Vec<Diagnostic>)>,
}

/// A place in a snapshot: a file and a byte in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'s> {
    /// The migration.
    pub(crate) folder: &'s Folder,
    /// The file.
    pub(crate) document: &'s Document,
    /// The byte.
    pub(crate) byte: u32,
}

impl Snapshot {
    /// A snapshot of these folders.
    pub(crate) fn new(revision: u64, encoding: Encoding, folders: Vec<Arc<Folder>>) -> Self {
        Self { revision, encoding, folders, superseded: AtomicBool::new(false) }
    }

    /// The folder and the document of a path.
    pub(crate) fn document(&self, path: &Path) -> Option<(&Arc<Folder>, &Arc<Document>)> {
        self.folders.iter().find_map(|folder| Some((folder, folder.document(path)?)))
    }

    /// Says that a newer snapshot has taken its place.
    pub(crate) fn supersede(&self) {
        self.superseded.store(true, Ordering::Relaxed);
    }

    /// Whether a newer snapshot has taken its place: work for it that nobody waits for may stop.
    pub(crate) fn is_superseded(&self) -> bool {
        self.superseded.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Folder").field("path", &self.path).field("files", &self.files).finish_non_exhaustive()
    }
}

impl Folder {
    /// A folder of these files, in the order of their paths; the host says what is known of its world.
    pub(crate) fn new(path: PathBuf, files: Vec<Arc<Document>>, host: Arc<dyn Host>) -> Self {
        Self {
            path,
            files,
            host,
            answer: Arc::default(),
            latest: Arc::default(),
            resolved: OnceLock::new(),
            wanted: OnceLock::new(),
            known: OnceLock::new(),
            findings: OnceLock::new(),
            found: OnceLock::new(),
            superseded: AtomicBool::new(false),
        }
    }

    /// The same folder with other files, in the same world.
    pub(crate) fn with_files(&self, files: Vec<Arc<Document>>) -> Self {
        let folder = Self::new(self.path.clone(), files, Arc::clone(&self.host));
        Self { answer: Arc::clone(&self.answer), latest: Arc::clone(&self.latest), ..folder }
    }

    /// Says that its texts or its world have changed.
    pub(crate) fn supersede(&self) {
        self.superseded.store(true, Ordering::Relaxed);
    }

    /// Whether its texts or its world have changed: work for it that nobody waits for may stop.
    pub(crate) fn is_superseded(&self) -> bool {
        self.superseded.load(Ordering::Relaxed)
    }

    /// The same folder as it would be with these replacements; of those at one place the first comes first.
    pub(crate) fn edited(&self, edits: &[(Span, String)]) -> Self {
        let mut sorted: Vec<_> = edits.iter().collect();
        sorted.sort_by_key(|(span, _)| *span);
        let files = self.files.iter().map(|document| {
            let mut mine = sorted.iter().filter(|(span, _)| span.file == document.id).peekable();
            if mine.peek().is_none() {
                return Arc::clone(document);
            }
            let old = document.text.as_str();
            let (mut text, mut at) = (String::with_capacity(old.len()), 0);
            for (span, by) in mine {
                text.push_str(old.get(at..span.start as usize).unwrap_or_default());
                text.push_str(by);
                at = span.end as usize;
            }
            text.push_str(old.get(at..).unwrap_or_default());
            Arc::new(Document::new(document.id, document.path.clone(), Text::new(text), document.version))
        });
        self.with_files(files.collect())
    }

    /// The file of a path.
    pub(crate) fn document(&self, path: &Path) -> Option<&Arc<Document>> {
        let place = self.files.binary_search_by(|document| document.path.as_path().cmp(path)).ok()?;
        self.files.get(place)
    }

    /// The file that a place is in.
    pub(crate) fn file(&self, id: FileId) -> Option<&Arc<Document>> {
        self.files.get(id.0 as usize)
    }

    /// What is known of the world.
    pub(crate) fn known(&self) -> &Arc<Known> {
        self.known.get_or_init(|| self.answer.get(self.host.as_ref(), &self.path, self.wanted()))
    }

    /// The catalog, where it is known.
    pub(crate) fn catalog(&self) -> Option<&Catalog> {
        self.known().catalog.as_ref()
    }

    /// What is known of the stores.
    pub(crate) fn schemas(&self) -> &Schemas {
        &self.known().schemas
    }

    /// What the program is checked against, where the catalog is known.
    fn world(&self) -> Option<World<'_>> {
        Some(World { catalog: self.catalog()?, schemas: self.schemas() })
    }

    /// About how many rows a table had when the schemas were pulled, where that was told.
    pub(crate) fn rows(&self, table: &TableRef) -> Option<u64> {
        self.known().rows.get(table).copied()
    }

    /// What a column held when the schemas were pulled, where that was told.
    pub(crate) fn statistics(&self, table: &TableRef, column: &str) -> Option<&ColumnStatistics> {
        self.known().statistics.get(&(table.clone(), column.to_owned()))
    }

    /// The program, names resolved.
    pub(crate) fn program(&self) -> &Program {
        &self.resolved().program
    }

    /// The program with its families expanded and its waves filled, where the catalog is known.
    pub(crate) fn expansion(&self) -> Option<&Expansion> {
        let findings = self.findings()?;
        Some(findings.expansion(self.program(), &self.world()?))
    }

    /// What the program wants of the world.
    pub(crate) fn wanted(&self) -> &Wanted {
        self.wanted.get_or_init(|| mig_compiler::wanted(self.program()))
    }

    /// The program and what was said of it. Worked out from the latest that was: what an edit does not touch is taken
    /// from there.
    fn resolved(&self) -> &Resolved {
        self.resolved.get_or_init(|| {
            let trees: Vec<Arc<ast::File>> =
                self.files.par_iter().map(|document| Arc::clone(&document.parsed().0)).collect();
            let mut latest = self.latest.resolved.lock().unwrap_or_else(PoisonError::into_inner);
            let resolved = Arc::new(Resolved::new(&trees, latest.as_deref()));
            *latest = Some(Arc::clone(&resolved));
            resolved
        })
    }

    /// What is wrong in the program in its world, where the catalog is known.
    fn findings(&self) -> Option<&Findings> {
        let found = self.findings.get_or_init(|| {
            let world = self.world()?;
            let mut latest = self.latest.findings.lock().unwrap_or_else(PoisonError::into_inner);
            let before = latest.as_ref().filter(|(known, _)| Arc::ptr_eq(known, self.known()));
            let findings = Arc::new(Findings::new(
                self.program(),
                &world,
                before.map(|(_, findings)| findings.as_ref()),
            ));
            *latest = Some((Arc::clone(self.known()), Arc::clone(&findings)));
            Some(findings)
        });
        found.as_deref()
    }

    /// Everything that is wrong in the folder, in source order.
    pub(crate) fn diagnostics(&self) -> &[Diagnostic] {
        self.found.get_or_init(|| {
            let resolved = self.resolved();
            let mut found: Vec<Diagnostic> =
                self.files.iter().flat_map(|document| document.syntax()).cloned().collect();
            found.extend(resolved.diagnostics.iter().cloned());
            found.extend(self.findings().into_iter().flat_map(Findings::found).cloned());
            if let Some(review) = &self.known().review {
                review.review(self.wanted(), &mut found);
            }
            // Last: only then is it known what is allowed in vain.
            let (mut found, _) = mig_compiler::allow(&resolved.program, found);
            found.sort_by_key(|found| {
                let span = found.span();
                (span.file, span.start, span.end, found.code)
            });
            found
        })
    }

    /// What is wrong in one of its files.
    pub(crate) fn diagnostics_of(&self, file: FileId) -> &[Diagnostic] {
        let all = self.diagnostics();
        let start = all.partition_point(|found| found.span().file < file);
        let end = all.partition_point(|found| found.span().file <= file);
        all.get(start..end).unwrap_or_default()
    }

    /// The text of a place.
    pub(crate) fn slice(&self, span: Span) -> &str {
        let text = self.file(span.file).map_or("", |document| document.text.as_str());
        text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}

impl Document {
    /// A file.
    pub(crate) fn new(id: FileId, path: PathBuf, text: Text, version: Option<i32>) -> Self {
        Self { id, path, text, version, parsed: OnceLock::new() }
    }

    /// Its tree.
    pub(crate) fn tree(&self) -> &ast::File {
        &self.parsed().0
    }

    /// What could not be read.
    pub(crate) fn syntax(&self) -> &[Diagnostic] {
        &self.parsed().1
    }

    fn parsed(&self) -> &(Arc<ast::File>, Vec<Diagnostic>) {
        self.parsed.get_or_init(|| {
            let (tree, said) = mig_lang::parse(self.id, self.text.as_str());
            (Arc::new(tree), said)
        })
    }

    /// The item that a byte is in.
    pub(crate) fn item_at(&self, byte: u32) -> Option<&ast::Item> {
        self.tree().items.iter().find(|item| holds(item.span, byte))
    }
}

/// Whether a byte is in a place or right behind it, where a cursor still means it.
pub(crate) fn holds(span: Span, byte: u32) -> bool {
    span.start <= byte && byte <= span.end
}
