//! Diagnostics and problems as text: drawn on a terminal, plain elsewhere. The only place that knows
//! miette.

use std::fmt;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, NarratableReportHandler};
use mig_lang::{Diagnostic, FileId, Severity, Sources, Span};

use super::words::{counted_len, safe};
use crate::problem::{Findings, Problem};

/// How diagnostics are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// With lines and colours, for a terminal.
    Drawn {
        /// Whether colours are wanted.
        color: bool,
    },
    /// With ASCII lines and no colours, for a file or a log.
    Plain,
    /// In sentences, for a screen reader.
    Narrated,
}

/// Beyond this many, more findings help nobody.
const MOST: usize = 50;
/// A longer source line would fill the screen: it is named by its place and not shown.
const LONGEST_LINE: usize = 1_000;

/// All findings, errors last so that they stand nearest to the prompt, and a line that counts them.
pub(crate) fn findings(findings: &Findings, look: Look, width: usize) -> String {
    let mut ordered: Vec<&Diagnostic> = findings.diagnostics.iter().collect();
    ordered.sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
    let skipped = ordered.len().saturating_sub(MOST);
    // Errors stand at the end; when not all are shown, warnings are the ones to go first, then the last errors.
    let errors = findings.diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
    let shown = if errors >= MOST {
        let first = ordered.len() - errors;
        &ordered[first..first + MOST]
    } else {
        &ordered[skipped..]
    };
    let mut out = String::new();
    for diagnostic in shown {
        out.push_str(&drawn(diagnostic, &findings.sources, look, width));
        out.push('\n');
    }
    if skipped > 0 {
        out.push_str(&format!("… and {} not shown\n", counted_len(skipped, "finding")));
    }
    out.push_str(&tally(&findings.diagnostics));
    out.push('\n');
    out
}

/// One finding.
pub(crate) fn drawn(diagnostic: &Diagnostic, sources: &Sources, look: Look, width: usize) -> String {
    draw(&Drawing::of(diagnostic, sources), look, width).trim_start_matches('\n').to_owned()
}

/// `2 errors, 1 warning`
pub(crate) fn tally(diagnostics: &[Diagnostic]) -> String {
    let of = |severity| diagnostics.iter().filter(|found| found.severity == severity).count();
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    match (errors, warnings) {
        (0, 0) => "no findings".to_owned(),
        (errors, 0) => counted_len(errors, "error"),
        (0, warnings) => counted_len(warnings, "warning"),
        (errors, warnings) => {
            format!("{}, {}", counted_len(errors, "error"), counted_len(warnings, "warning"))
        }
    }
}

/// A problem of the world, drawn like a diagnostic.
pub(crate) fn problem(problem: &Problem, look: Look, width: usize) -> String {
    let mut message = safe(&problem.message);
    for detail in &problem.details {
        message.push_str("\n  ");
        message.push_str(&safe(detail));
    }
    let drawing = Drawing {
        message,
        code: Some(problem.code),
        severity: miette::Severity::Error,
        help: Some(safe(&problem.help)),
        source: None,
        labels: Vec::new(),
        elsewhere: Vec::new(),
    };
    format!("{}\n", draw(&drawing, look, width).trim_start_matches('\n'))
}

fn draw(drawing: &Drawing, look: Look, width: usize) -> String {
    let mut out = String::new();
    let graphical = |theme| {
        GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false).with_context_lines(1)
    };
    let result = match look {
        Look::Drawn { color: true } => graphical(GraphicalTheme::unicode()).render_report(&mut out, drawing),
        Look::Drawn { color: false } => {
            graphical(GraphicalTheme::unicode_nocolor()).render_report(&mut out, drawing)
        }
        Look::Plain => graphical(GraphicalTheme::none()).render_report(&mut out, drawing),
        Look::Narrated => NarratableReportHandler::new().render_report(&mut out, drawing),
    };
    if result.is_err() {
        // A place outside its source cannot be drawn; the words alone can.
        out = format!("{}: {}\n", drawing.code.unwrap_or_default(), drawing.message);
    }
    out
}

/// What miette draws.
#[derive(Debug)]
struct Drawing {
    message: String,
    code: Option<&'static str>,
    severity: miette::Severity,
    help: Option<String>,
    source: Option<NamedSource<String>>,
    labels: Vec<LabeledSpan>,
    /// The labels in other files.
    elsewhere: Vec<Drawing>,
}

impl Drawing {
    fn of(diagnostic: &Diagnostic, sources: &Sources) -> Self {
        let mut files: Vec<FileId> = Vec::new();
        for label in &diagnostic.labels {
            if !files.contains(&label.span.file) {
                files.push(label.span.file);
            }
        }
        let severity = match diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        };
        let mut drawings = files.iter().map(|file| {
            let mut drawing = Self {
                message: String::new(),
                code: Some(diagnostic.code),
                severity,
                help: None,
                source: None,
                labels: Vec::new(),
                elsewhere: Vec::new(),
            };
            drawing.place(diagnostic, *file, sources);
            drawing
        });
        let mut first = drawings.next().unwrap_or_else(|| Self {
            message: String::new(),
            code: Some(diagnostic.code),
            severity,
            help: None,
            source: None,
            labels: Vec::new(),
            elsewhere: Vec::new(),
        });
        first.elsewhere = drawings.collect();
        for other in &mut first.elsewhere {
            // It belongs to what stands above it, and is no finding of its own.
            other.code = None;
            other.severity = miette::Severity::Advice;
            other.message.insert_str(0, "in another file");
        }
        first.message.insert_str(0, &safe(&diagnostic.message));
        first.help = help(diagnostic);
        first
    }

    /// Gives it the labels of one file.
    fn place(&mut self, diagnostic: &Diagnostic, file: FileId, sources: &Sources) {
        let Some(source) = sources.get(file) else { return };
        let labels: Vec<_> = diagnostic.labels.iter().filter(|label| label.span.file == file).collect();
        if labels.iter().any(|label| line_around(&source.text, label.span).len() > LONGEST_LINE) {
            for label in labels {
                let at = sources.start(label.span);
                let text =
                    if label.text.is_empty() { String::new() } else { format!(": {}", safe(&label.text)) };
                self.message.push_str(&format!(
                    "\n  at {}:{}:{}{text}",
                    safe(&source.path),
                    at.line,
                    at.column
                ));
            }
            return;
        }
        self.source = Some(NamedSource::new(safe(&source.path), safe(&source.text)));
        for (index, label) in labels.into_iter().enumerate() {
            let range =
                (label.span.start as usize, (label.span.end - label.span.start.min(label.span.end)) as usize);
            let text = Some(safe(&label.text)).filter(|text| !text.is_empty());
            self.labels.push(if index == 0 {
                LabeledSpan::new_primary_with_span(text, range)
            } else {
                LabeledSpan::new_with_span(text, range)
            });
        }
    }
}

/// The help, and each change that an editor could make, as a line.
fn help(diagnostic: &Diagnostic) -> Option<String> {
    let mut lines: Vec<String> = diagnostic.help.iter().map(|help| safe(help)).collect();
    for fix in &diagnostic.fixes {
        if !lines.iter().any(|line| line.contains(&fix.title)) {
            // Alone it is the help.
            let lead = if lines.is_empty() { "" } else { "fix: " };
            lines.push(format!("{lead}{}", safe(&fix.title)));
        }
    }
    let allowed = diagnostic.allow.iter().flat_map(|fix| &fix.edits);
    lines.extend(allowed.map(|edit| format!("or allow it: {}", safe(edit.text.trim()))));
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The whole lines around a place.
fn line_around(text: &str, span: Span) -> &str {
    let end = text.len();
    let (from, to) = ((span.start as usize).min(end), (span.end as usize).min(end));
    let bytes = text.as_bytes();
    let start = bytes[..from].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let stop =
        bytes[to.max(from)..].iter().position(|byte| *byte == b'\n').map_or(end, |at| to.max(from) + at);
    text.get(start..stop).unwrap_or_default()
}

impl fmt::Display for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawing {}

impl miette::Diagnostic for Drawing {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|source| source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        Some(Box::new(self.elsewhere.iter().map(|other| other as &dyn miette::Diagnostic)))
    }
}
