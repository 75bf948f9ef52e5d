//! A store that divides its tables into folders by columns: each table of it has them, of types that name folders, and others
//! beside them.

use mig_lang::Diagnostic;
use mig_plan::{PARTITION_BY, Setting, StoreConfig, names_folders};

use super::mapping::Mapping;
use crate::hir::{Place, Program};
use crate::prose::some_of;
use crate::typing::Known;

/// Looks at a dataset's new table, of which the mapping says the columns.
pub(super) fn check(program: &Program, new: &Place, mapping: &Mapping, out: &mut Vec<Diagnostic>) {
    let Some(store) = program.stores.get(&new.table.store) else { return };
    let keys = store.config.as_ref().map(partition_by).unwrap_or_default();
    // Most stores divide nothing, and every dataset is looked at after each keystroke.
    if keys.is_empty() {
        return;
    }
    let (table, shown) = (&new.table, format!("`{}`", new.table.store));
    let by = |error: Diagnostic| {
        let names = some_of(keys.iter().map(String::as_str), 8);
        error.label(store.title.name_span, format!("divides its tables by {names}"))
    };
    let mut found = 0;
    for key in &keys {
        let Some(column) = mapping.columns.iter().find(|column| column.name == *key) else {
            if !mapping.partial {
                let message = format!("`{table}` has no column `{key}`, by which {shown} divides its tables");
                out.push(by(Diagnostic::error("unfitting-partition", new.span, message)).help(format!(
                    "Make a column `{key}`, take it out of the store's `{PARTITION_BY}`, or give the table a store of its own."
                )));
            }
            continue;
        };
        found += 1;
        if let Known::Type(ty) = &column.ty
            && !names_folders(&ty.ty)
        {
            let message =
                format!("{shown} divides its tables by `{key}`, and values of `{}` name no folders", ty.ty);
            out.push(by(Diagnostic::error("unfitting-partition", column.declared.unwrap_or(column.span), message)).help(
                format!(
                    "Make another type of it that has one text for each value, or take it out of the store's `{PARTITION_BY}`."
                ),
            ));
        }
    }
    if found > 0 && found == mapping.columns.len() && !mapping.partial {
        let message =
            format!("`{table}` has no column left in its files: {shown} divides its tables by all of them");
        let help =
            format!("Take one out of the store's `{PARTITION_BY}`, or give the table a store of its own.");
        out.push(by(Diagnostic::error("unfitting-partition", new.span, message)).help(help));
    }
}

/// The columns that a store's setting names.
fn partition_by(config: &StoreConfig) -> Vec<String> {
    match config.options.get(PARTITION_BY) {
        Some(Setting::Text(list)) => serde_json::from_str(list).unwrap_or_default(),
        Some(Setting::Env(_)) | None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::said;

    #[test]
    fn a_table_has_the_columns_by_which_its_store_divides_tables() {
        assert_snapshot!(said(
            r#"
store lakes: parquet { path = "lakes", partition_by = [city, made] }

dataset customers: legacy.customers -> lakes.customers {
  entity = @resource:customers
  columns {
    id
    name
    made: float64 = 1.5
  }
  drop city  because "unused"
  drop email because "unused"
}
"#
        ), @"
        error[unfitting-partition]: `lakes.customers` has no column `city`, by which `lakes` divides its tables
          3:40 lakes.customers
          1:7 lakes  <- divides its tables by `city` and `made`
          help: Make a column `city`, take it out of the store's `partition_by`, or give the table a store of its own.
        error[unfitting-partition]: `lakes` divides its tables by `made`, and values of `float64` name no folders
          8:11 float64
          1:7 lakes  <- divides its tables by `city` and `made`
          help: Make another type of it that has one text for each value, or take it out of the store's `partition_by`.
        ");
    }

    #[test]
    fn one_column_at_least_is_left_in_the_files() {
        assert_snapshot!(said(
            r#"
store lakes: parquet { path = "lakes", partition_by = id }

dataset customers: legacy.customers -> lakes.customers {
  entity = @resource:customers
  columns { id }
  drop name  because "unused"
  drop city  because "unused"
  drop email because "unused"
}
"#
        ), @"
        error[unfitting-partition]: `lakes.customers` has no column left in its files: `lakes` divides its tables by all of them
          3:40 lakes.customers
          1:7 lakes  <- divides its tables by `id`
          help: Take one out of the store's `partition_by`, or give the table a store of its own.
        ");
    }
}
