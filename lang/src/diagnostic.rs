//! Diagnostics as plain data: what is wrong, where, and what to do. Rendering happens elsewhere.

use serde::Serialize;

use crate::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing can be planned.
    Error,
    /// Legal but doubtful.
    Warning,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Its stable kebab-case code: `unmapped-column`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// A terse summary without a full stop.
    pub message: String,
    /// The places that matter; the first is the primary one.
    pub labels: Vec<Label>,
    /// What to do, in a sentence.
    pub help: Option<String>,
    /// Changes that would mend it; each is an alternative.
    pub fixes: Vec<Fix>,
    /// For a warning, the line that allows it where it stands. A person must put the reason in place of `…`, so
    /// that it is offered and never applied by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow: Option<Fix>,
}

/// A place and what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What, in a few words; may be empty on the primary place.
    pub text: String,
}

/// A change of the source that an editor can apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What it does: `write `metadata``
    pub title: String,
    /// How sure it is.
    pub applicability: Applicability,
    /// The edits, not overlapping.
    pub edits: Vec<Edit>,
}

/// How sure it is that a change is what was meant, and so whether it may be made unasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Applicability {
    /// It says what the source says already, as the language writes it.
    Certain,
    /// It is probably what was meant: a name that is near, a value that is usual.
    Likely,
    /// It has a gap, `…` or a reason, that only a person can fill.
    Draft,
}

/// One replacement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// What is replaced; an empty span inserts.
    pub span: Span,
    /// By what.
    pub text: String,
}

impl Diagnostic {
    /// An error at one place.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, span, message.into())
    }

    /// A warning at one place.
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, span, message.into())
    }

    fn new(code: &'static str, severity: Severity, span: Span, message: String) -> Self {
        let labels = vec![Label { span, text: String::new() }];
        Self { code, severity, message, labels, help: None, fixes: Vec::new(), allow: None }
    }

    /// Says something about the primary place.
    #[must_use]
    pub fn here(mut self, text: impl Into<String>) -> Self {
        if let Some(label) = self.labels.first_mut() {
            label.text = text.into();
        }
        self
    }

    /// Adds another place that matters.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Offers a change of one place that is probably what was meant.
    #[must_use]
    pub fn fix(self, title: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        self.offer(Applicability::Likely, title, [(span, text.into())])
    }

    /// Offers a change of one place that only writes properly what stands there.
    #[must_use]
    pub fn certain(self, title: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        self.offer(Applicability::Certain, title, [(span, text.into())])
    }

    /// Offers a change of one place that a person has to complete.
    #[must_use]
    pub fn draft(self, title: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        self.offer(Applicability::Draft, title, [(span, text.into())])
    }

    /// Offers a change of several places.
    #[must_use]
    pub fn offer(
        mut self,
        applicability: Applicability,
        title: impl Into<String>,
        edits: impl IntoIterator<Item = (Span, String)>,
    ) -> Self {
        let edits = edits.into_iter().map(|(span, text)| Edit { span, text }).collect();
        self.fixes.push(Fix { title: title.into(), applicability, edits });
        self
    }

    /// The change that may be made unasked: the first, unless it has a gap or another is as likely.
    pub fn meant(&self) -> Option<&Fix> {
        let first = self.fixes.first()?;
        let alike = || self.fixes.iter().filter(|fix| fix.applicability == first.applicability).count();
        match first.applicability {
            Applicability::Certain => Some(first),
            Applicability::Likely if alike() == 1 => Some(first),
            Applicability::Likely | Applicability::Draft => None,
        }
    }

    /// The primary place.
    pub fn span(&self) -> Span {
        self.labels.first().map(|label| label.span).unwrap_or_default()
    }
}
