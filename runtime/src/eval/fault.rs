//! What goes wrong with a value, and where.

use std::fmt;

/// A value that an expression has no result for, in one row of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    /// The row's place in the batch, from 0.
    pub row: usize,
    /// The new column whose expression it is.
    pub column: String,
    /// The value or values at fault, in canonical text and shortened, where there is one.
    pub value: Option<String>,
    /// What is wrong, as a clause without a full stop.
    pub message: String,
}

/// `column total, value 12x: not a number`; whoever knows the row's key puts it in front.
impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}", self.column)?;
        if let Some(value) = &self.value {
            write!(f, ", value {value}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for RowError {}

impl RowError {
    /// The error without the value, and without a message that was made for it.
    #[must_use]
    pub(crate) fn without_value(self) -> Self {
        let message = match self.value {
            Some(_) => "it has no value for what a secret column holds there".to_owned(),
            None => self.message,
        };
        Self { value: None, message, ..self }
    }
}

/// What is wrong with one value. One word wide, so that loops that rarely fail stay fast.
#[derive(Debug)]
pub(super) struct Trouble(Box<(Option<String>, String)>);

impl Trouble {
    /// A message about a value, or several, each in its canonical text and shortened.
    pub(super) fn with(value: String, message: impl Into<String>) -> Self {
        Self(Box::new((Some(value), message.into())))
    }

    /// A message that no value makes clearer.
    pub(super) fn plain(message: impl Into<String>) -> Self {
        Self(Box::new((None, message.into())))
    }

    /// The trouble in a row.
    pub(super) fn at(self, row: usize) -> Fault {
        Fault { row, trouble: self }
    }
}

/// A trouble with the row it is in.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) row: usize,
    pub(super) trouble: Trouble,
}

impl Fault {
    /// The fault as the caller of a mapping sees it.
    pub(super) fn in_column(self, column: &str) -> RowError {
        let (value, message) = *self.trouble.0;
        RowError { row: self.row, column: column.to_owned(), value, message }
    }
}

/// An Arrow kernel refused what the compiler's types promised: a mistake in this program, said plainly
/// instead of a panic.
impl From<arrow::error::ArrowError> for Fault {
    fn from(error: arrow::error::ArrowError) -> Self {
        Trouble::plain(format!("an Arrow kernel failed ({error}); please report this")).at(0)
    }
}
