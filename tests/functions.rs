//! Every function's examples, evaluated: typed by the compiler as the columns of a dataset, computed by the
//! runtime over one row, and compared with what the table of functions says they give.

use std::sync::Arc;

use arrow::array::Int64Array;
use arrow::record_batch::RecordBatch;
use mig_compiler::functions::{Example, Meaning, functions};
use mig_lang::FileId;
use mig_plan::schema::{SchemaColumn, StoreSchema};
use mig_plan::{Catalog, Dataset, Schemas, TableSchema, Type};
use mig_runtime::arrow_types::arrow_schema;
use mig_runtime::eval::Mapping;
use mig_runtime::key::key_text;

/// The examples of all functions over the values of a row.
fn examples() -> Vec<&'static Example> {
    functions()
        .filter(|info| matches!(info.meaning, Meaning::Row(_)))
        .flat_map(|info| info.examples)
        .collect()
}

/// A dataset with a column for each example.
fn dataset(examples: &[&Example]) -> Dataset {
    let columns: String = examples
        .iter()
        .enumerate()
        .map(|(place, example)| format!("    c{place} = {}\n", example.call))
        .collect();
    let source = format!(
        r#"migration examples {{
  owner   = @group:data
  catalog = files("catalog.yaml")
}}

store old: sqlite {{ url = "old.db" }}
store new: parquet {{ path = "new" }}

dataset rows: old.rows -> new.rows {{
  key = id

  columns {{
    id
{columns}  }}
}}

validation counted on rows {{
  row_count
}}

wave all {{
  move       = datasets
  validation = [counted]
}}
"#
    );
    let (file, said) = mig_lang::parse(FileId(0), &source);
    assert_eq!(said, [], "{source}");
    let mut schemas = Schemas::default();
    let id = SchemaColumn {
        name: "id".to_owned(),
        native: "INTEGER".to_owned(),
        ty: Some("int64".parse().expect("a type")),
        has_default: false,
    };
    let table =
        TableSchema { columns: vec![id], primary_key: vec!["id".to_owned()], ..TableSchema::default() };
    let tables = [(vec!["rows".to_owned()], table)].into_iter().collect();
    schemas.stores.insert("old".to_owned(), StoreSchema { tables });
    schemas.stores.insert("new".to_owned(), StoreSchema::default());
    let catalog = catalog();
    let world = mig_compiler::World { catalog: &catalog, schemas: &schemas };
    let (plan, said) = mig_compiler::compile(&[file], &world, Vec::new());
    let plan = plan.unwrap_or_else(|| panic!("{said:#?}"));
    plan.datasets["rows"].clone()
}

/// A catalog of one group.
fn catalog() -> Catalog {
    let group = serde_json::json!({
        "kind": "Group",
        "metadata": {"name": "data", "namespace": "default"},
        "spec": {"type": "team", "children": []},
        "relations": [],
    });
    let name = "group:default/data".parse().expect("a reference");
    Catalog::new([(name, serde_json::from_value(group).expect("an entity"))].into())
}

#[test]
fn every_example_gives_what_it_says() {
    let examples = examples();
    let dataset = dataset(&examples);
    let mapping = Mapping::new(&dataset).expect("an expression of this build");
    let batch =
        RecordBatch::try_new(arrow_schema(mapping.old_fields()), vec![Arc::new(Int64Array::from(vec![1]))])
            .expect("one row");
    let row = mapping.apply(&batch).expect("every example has a result");
    for (place, example) in examples.iter().enumerate() {
        let name = format!("c{place}");
        let shown = key_text(&row, 0, std::slice::from_ref(&name), |_| false);
        let shown = shown.strip_prefix(&format!("{name} ")).expect("the column's name");
        // JSON stands in the table as it is; a key shows it as the text that it travels as.
        let json = dataset.columns.iter().any(|column| column.name == name && column.ty.ty == Type::Json);
        let quoted = json && shown.starts_with('"');
        let expected = if quoted { format!("{:?}", example.result) } else { example.result.to_owned() };
        assert_eq!(shown, expected, "{}", example.call);
    }
}
