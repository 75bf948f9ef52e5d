//! What a table was made as: `_mig/schema.json` in its folder.
//!
//! Gives an empty table its columns, text formats exact types, and every format a key. Written once, when
//! the table is made; a table that others made has none, and its schema is read off its files.

use std::path::Path;

use mig_plan::schema::SchemaColumn;
use mig_plan::{ColumnType, TableSchema};
use serde::{Deserialize, Serialize};

use super::layout::OWN;
use super::storage::Storage;
use super::{Format, failure};
use crate::store::{Field, StoreError, Table};

const FILE: &str = "schema.json";

/// The columns and the key of a table that mig made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Definition {
    version: u32,
    format: String,
    columns: Vec<Column>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    primary_key: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Column {
    name: String,
    #[serde(rename = "type")]
    ty: ColumnType,
}

impl Definition {
    const VERSION: u32 = 1;

    /// The definition of a table to be made.
    pub(super) fn of(table: &Table, format: &Format) -> Self {
        let columns = table
            .fields
            .iter()
            .map(|field| Column { name: field.name.clone(), ty: field.ty.clone() })
            .collect();
        Self {
            version: Self::VERSION,
            format: format.extension().to_owned(),
            columns,
            primary_key: table.key.clone(),
        }
    }

    /// Reads the definition in a table's folder, if there is one. `shown` is the table, for messages.
    pub(super) fn read(
        storage: &dyn Storage,
        folder: &Path,
        shown: &str,
        format: &Format,
    ) -> Result<Option<Self>, StoreError> {
        let place = format!("{shown}/{OWN}/{FILE}");
        let found = storage
            .read(&[folder.join(OWN).join(FILE)])
            .map_err(|error| failure::io(&error, &format!("reading {place}")))?;
        let Some(text) = found.into_iter().next().flatten() else { return Ok(None) };
        let definition: Self = serde_json::from_slice(&text).map_err(|error| {
            StoreError::Refused(format!(
                "{place} is not a schema that mig wrote: {error}; restore or remove it"
            ))
        })?;
        if definition.version != Self::VERSION {
            return Err(StoreError::Refused(format!(
                "{place} has version {}, and this mig reads version {}; use the mig that wrote it",
                definition.version,
                Self::VERSION
            )));
        }
        if definition.format != format.extension() {
            return Err(StoreError::Refused(format!(
                "`{shown}` was made as a table of {} files, and the store is of kind {}; give each its own folder",
                definition.format,
                format.extension()
            )));
        }
        Ok(Some(definition))
    }

    /// Writes it, making the table's folder.
    pub(super) fn write(&self, storage: &dyn Storage, folder: &Path, shown: &str) -> Result<(), StoreError> {
        let doing = format!("writing {shown}/{OWN}/{FILE}");
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(|error| StoreError::Refused(format!("{doing}: {error}")))?;
        text.push(b'\n');
        storage.write(&folder.join(OWN).join(FILE), &text).map_err(|error| failure::io(&error, &doing))
    }

    /// The schema as the store describes it.
    pub(super) fn schema(&self) -> TableSchema {
        let columns = self.columns.iter().map(|column| SchemaColumn {
            name: column.name.clone(),
            native: column.ty.ty.to_string(),
            ty: Some(column.ty.clone()),
            has_default: false,
        });
        TableSchema {
            columns: columns.collect(),
            primary_key: self.primary_key.clone(),
            ..TableSchema::default()
        }
    }

    /// Refuses columns to be written that the table does not have as they are.
    pub(super) fn holds(&self, fields: &[Field], shown: &str) -> Result<(), StoreError> {
        let known =
            |field: &&Field| self.columns.iter().any(|own| own.name == field.name && own.ty == field.ty);
        match fields.iter().find(|field| !known(field)) {
            None => Ok(()),
            Some(field) => Err(StoreError::Refused(format!(
                "`{shown}` was made without a column `{}` of type {}; plan again",
                field.name, field.ty
            ))),
        }
    }

    /// The columns' names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }
}
