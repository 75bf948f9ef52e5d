//! Tables that are partitioned by folders, as Hive has them: `country=DE/year=2024/part.parquet`.
//!
//! The names of the folders are columns: they are not in the files, and every row of a file has the values that its
//! folders say. Characters that a name cannot have, or that would be read as something else, stand as percent signs with
//! their bytes; `__HIVE_DEFAULT_PARTITION__` is a missing value.

use std::collections::BTreeMap;

use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::take;
use arrow::error::ArrowError;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};

use super::builder::Builder;
use super::findings::{Findings, Site};
use super::layout::Part;
use super::locator::Position;
use super::values::Values;
use crate::arrow_types::arrow_schema;
use crate::store::{Field, StoreError};

/// The value of a folder of rows without one.
const MISSING: &str = "__HIVE_DEFAULT_PARTITION__";
/// The longest name of a folder, in bytes: what disks take.
const LONGEST: usize = 255;

/// A column that a folder's name is about, and its value there; `None` for a missing one.
pub(super) type Value = (String, Option<String>);

/// What a folder's name says, where it is one of a partition.
pub(super) fn parse(folder: &str) -> Option<Value> {
    let (name, value) = folder.split_once('=')?;
    let name = plain(name).filter(|name| !name.is_empty())?;
    if value == MISSING { Some((name, None)) } else { Some((name, Some(plain(value)?))) }
}

/// A text without its percent signs.
fn plain(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digit = |at: usize| char::from(*behind.get(at)?).to_digit(16);
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).ok()?);
                rest = &behind[2..];
            }
            _ => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

/// Writes a text so that it can be part of a folder's name and read as what it is.
fn put(text: &[u8], out: &mut String) {
    for (place, byte) in text.iter().enumerate() {
        // The name of missing values is another one as a text.
        let kept = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.') || *byte == b'_' && place > 0;
        if kept {
            out.push(char::from(*byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// The rows of a batch by the folder that they belong into, without the columns that its name is about.
///
/// # Errors
/// When a value cannot name a folder.
pub(super) fn divide(
    batch: &RecordBatch,
    fields: &[Field],
    keys: &[usize],
) -> Result<Vec<(String, RecordBatch)>, StoreError> {
    let broken = |error: ArrowError| StoreError::Refused(format!("rows cannot be divided: {error}"));
    let mut columns = Vec::with_capacity(keys.len());
    for key in keys {
        let values = Values::new(batch.column(*key), &fields[*key].ty.ty).map_err(StoreError::Refused)?;
        columns.push((&fields[*key], values));
    }
    let mut rows: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    let mut literal = Vec::new();
    for row in 0..batch.num_rows() {
        let mut folder = String::new();
        for (field, values) in &columns {
            if !folder.is_empty() {
                folder.push('/');
            }
            let begin = folder.len();
            put(field.name.as_bytes(), &mut folder);
            folder.push('=');
            if values.is_null(row) {
                folder.push_str(MISSING);
            } else {
                literal.clear();
                values.put_literal(row, &mut literal).map_err(StoreError::Refused)?;
                put(&literal, &mut folder);
            }
            if folder.len() - begin > LONGEST {
                return Err(StoreError::Refused(format!(
                    "a value of `{}` is too long to name a folder; partition by another column",
                    field.name
                )));
            }
        }
        rows.entry(folder).or_default().push(u32::try_from(row).unwrap_or(u32::MAX));
    }
    let kept: Vec<usize> = (0..fields.len()).filter(|place| !keys.contains(place)).collect();
    let whole = batch.project(&kept).map_err(broken)?;
    let divided = rows.into_iter().map(|(folder, rows)| {
        let rows = UInt32Array::from(rows);
        let columns = whole.columns().iter().map(|column| take(column, &rows, None));
        let columns = columns.collect::<Result<Vec<_>, _>>().map_err(broken)?;
        let part = RecordBatch::try_new(whole.schema(), columns).map_err(broken)?;
        Ok((folder, part))
    });
    divided.collect()
}

/// The fields of a table that are in a file, and the columns that its folders' names are instead.
pub(super) struct Parted<'a> {
    fields: &'a [Field],
    /// Those in the file.
    pub(super) inside: Vec<Field>,
    /// For each field the array of one value that all rows have; `None` for one in the file.
    constants: Vec<Option<ArrayRef>>,
}

impl<'a> Parted<'a> {
    /// Tells apart what of a table's fields a part has; `None` when it has all.
    ///
    /// # Errors
    /// What becomes of a value that does not fit its column.
    pub(super) fn of(
        part: &Part,
        fields: &'a [Field],
        findings: &mut Findings,
    ) -> Result<Option<Self>, StoreError> {
        if part.values.is_empty() {
            return Ok(None);
        }
        let site = Site { part, position: Position { at: 0, line: None }, line: None };
        let mut parted = Self { fields, inside: Vec::new(), constants: Vec::with_capacity(fields.len()) };
        for field in fields {
            let Some((_, value)) = part.values.iter().find(|(name, _)| *name == field.name) else {
                parted.inside.push(field.clone());
                parted.constants.push(None);
                continue;
            };
            let mut builder = Builder::new(&field.ty);
            let fits = match value {
                Some(text) => builder.literal(text),
                None => builder.missing(),
            };
            if let Err(reason) = fits {
                builder.null();
                let shown = if field.secret { mig_plan::SECRET } else { value.as_deref().unwrap_or("") };
                findings.misfit(site, &field.name, shown, reason)?;
            }
            let array = builder
                .finish()
                .map_err(|error| StoreError::Refused(format!("{}: {error}", part.shown())))?;
            parted.constants.push(Some(array));
        }
        Ok(Some(parted))
    }

    /// A batch of the file's rows with all columns of the table.
    ///
    /// # Errors
    /// When the batch is of other columns.
    pub(super) fn whole(&self, batch: &RecordBatch) -> Result<RecordBatch, StoreError> {
        let broken = |error: ArrowError| StoreError::Refused(format!("rows cannot be made whole: {error}"));
        let rows = UInt32Array::from(vec![0; batch.num_rows()]);
        let mut inside = batch.columns().iter();
        let mut columns = Vec::with_capacity(self.fields.len());
        for constant in &self.constants {
            columns.push(match constant {
                Some(value) => take(value, &rows, None).map_err(broken)?,
                None => inside.next().cloned().ok_or_else(|| {
                    StoreError::Refused("rows cannot be made whole: a column is missing".to_owned())
                })?,
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(arrow_schema(self.fields), columns, &options).map_err(broken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut out = String::from("k=");
        put(text.as_bytes(), &mut out);
        out
    }

    #[test]
    fn every_text_comes_back_from_a_folders_name() {
        for text in
            ["", "DE", "a/b", "..", "a=b", "%41", "é 😀", "a\0b", MISSING, "_", "2024-02-29T00:00:00Z"]
        {
            let name = written(text);
            assert!(!name.contains(['/', '\0']), "{name}");
            assert_eq!(parse(&name), Some(("k".to_owned(), Some(text.to_owned()))), "{name}");
        }
        assert_eq!(parse(&format!("k={MISSING}")), Some(("k".to_owned(), None)));
        assert_eq!(parse("plain"), None);
        assert_eq!(parse("=a"), None);
        assert_eq!(
            parse("when=2024-02-29 00%3A00%3A00"),
            Some(("when".into(), Some("2024-02-29 00:00:00".into())))
        );
    }
}
