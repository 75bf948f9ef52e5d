//! What a database holds: tables, columns and keys, read from the catalog in a few statements however many
//! tables there are.

use std::collections::{BTreeMap, BTreeSet};

use mig_plan::schema::{SchemaColumn, StoreSchema};
use mig_plan::{ColumnStatistics, ColumnType, Estimate, TableSchema};
use sqlx::mysql::MySqlRow;

use super::connection::Lease;
use super::names::{RECEIPTS, column, literal, name_of, quote};
use super::types::{CatalogType, Dialect, Native};
use crate::store::key_range::KeyColumn;
use crate::store::refusal::table_name;
use crate::store::{StoreError, Table, statistics};

/// A column as the catalog has it.
struct CatalogColumn {
    name: String,
    native: String,
    nullable: bool,
    has_default: bool,
    ty: Option<Native>,
}

/// A table or a view as the catalog has it.
#[derive(Default)]
pub(super) struct Relation {
    /// Whether it is a table, and no view.
    pub(super) is_table: bool,
    /// What keeps its rows; empty for a view.
    pub(super) engine: String,
    /// Bytes of rows and indexes, about.
    bytes: u64,
    columns: Vec<CatalogColumn>,
}

impl Relation {
    /// The columns' names in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }
}

/// ` and table_name in (…)` for these tables, or all but mig's own.
fn of_tables(wanted: Option<&BTreeSet<&str>>) -> String {
    match wanted {
        None => format!(" and table_name <> '{RECEIPTS}'"),
        Some(names) if names.is_empty() => " and false".to_owned(),
        Some(names) => {
            let names: Vec<_> = names.iter().map(|name| literal(name)).collect();
            format!(" and table_name in ({})", names.join(", "))
        }
    }
}

/// The tables and views of these names, or all, by name.
async fn relations(
    lease: &mut Lease,
    wanted: Option<&BTreeSet<&str>>,
) -> Result<BTreeMap<String, Relation>, StoreError> {
    let (database, tables) = (lease.database(), of_tables(wanted));
    let sql = format!(
        "select table_name, table_type, engine, coalesce(data_length, 0) + coalesce(index_length, 0)
         from information_schema.tables
         where table_schema = {database} and table_type in ('BASE TABLE', 'SYSTEM VERSIONED', 'VIEW'){tables}"
    );
    let mut found = BTreeMap::new();
    for row in lease.rows(&sql).await? {
        let relation = Relation {
            is_table: lease.text(&row, 1)?.is_some_and(|sort| sort != "VIEW"),
            engine: lease.text(&row, 2)?.unwrap_or_default(),
            bytes: lease.number(&row, 3)?.unwrap_or(0),
            columns: Vec::new(),
        };
        found.insert(lease.text(&row, 0)?.unwrap_or_default(), relation);
    }
    if found.is_empty() {
        return Ok(found);
    }
    let checked = checked_json(lease, &database, &tables).await?;
    let sql = format!(
        "select table_name, column_name, column_type, data_type, is_nullable, column_default, extra,
           character_maximum_length, numeric_precision, numeric_scale, datetime_precision
         from information_schema.columns where table_schema = {database}{tables}
         order by table_name, ordinal_position"
    );
    for row in lease.rows(&sql).await? {
        let table = lease.text(&row, 0)?.unwrap_or_default();
        let Some(relation) = found.get_mut(&table) else { continue };
        relation.columns.push(catalog_column(lease, &row, &table, &checked)?);
    }
    Ok(found)
}

fn catalog_column(
    lease: &Lease,
    row: &MySqlRow,
    table: &str,
    checked: &BTreeSet<(String, String)>,
) -> Result<CatalogColumn, StoreError> {
    let text = |place| Ok(lease.text(row, place)?.unwrap_or_default());
    let (name, declared): (String, String) = (text(1)?, text(2)?);
    let ty = Native::new(&CatalogType {
        name: text(3)?,
        declared: declared.clone(),
        length: lease.number(row, 7)?,
        precision: lease.number(row, 8)?,
        scale: lease.number(row, 9)?,
        digits: lease.number(row, 10)?,
        checked_json: checked.contains(&(table.to_owned(), name.clone())),
    });
    // MariaDB writes the default of a column that has none as the word.
    let none = if lease.traits().dialect.is_mariadb() { "NULL" } else { "" };
    let default = lease.text(row, 5)?.filter(|default| none.is_empty() || default != none);
    let extra = text(6)?.to_ascii_lowercase();
    Ok(CatalogColumn {
        name,
        native: declared,
        nullable: text(4)? == "YES",
        has_default: default.is_some() || extra.contains("auto_increment") || extra.contains("generated"),
        ty,
    })
}

/// The columns that a check demands JSON of, with their tables.
async fn checked_json(
    lease: &mut Lease,
    database: &str,
    tables: &str,
) -> Result<BTreeSet<(String, String)>, StoreError> {
    let sql = match lease.traits().dialect {
        Dialect::Mariadb(..) => format!(
            "select table_name, check_clause from information_schema.check_constraints
             where constraint_schema = {database}{tables}"
        ),
        Dialect::Mysql(8.., ..) => format!(
            "select table_name, check_clause from information_schema.check_constraints
             join information_schema.table_constraints using (constraint_schema, constraint_name)
             where constraint_schema = {database}{tables}"
        ),
        // Before, checks were read and forgotten.
        Dialect::Mysql(..) => return Ok(BTreeSet::new()),
    };
    let mut checked = BTreeSet::new();
    for row in lease.rows(&sql).await? {
        let (table, clause) = (lease.text(&row, 0)?, lease.text(&row, 1)?.unwrap_or_default());
        let clause = clause.trim_start_matches('(').trim_end_matches(')');
        let name = clause.strip_prefix("json_valid(`").and_then(|name| name.strip_suffix('`'));
        checked.extend(table.zip(name.map(|name| name.replace("``", "`"))));
    }
    Ok(checked)
}

/// The relation of a name; `None` when there is none. Case counts where the server counts it.
pub(super) async fn relation(lease: &mut Lease, name: &str) -> Result<Option<Relation>, StoreError> {
    let mut found = relations(lease, Some(&BTreeSet::from([name]))).await?;
    Ok(named(lease, &found, name).and_then(|name| found.remove(&name)))
}

/// What the server calls a table of this name; the catalog itself gives names that differ by case.
fn named(lease: &Lease, found: &BTreeMap<String, Relation>, name: &str) -> Option<String> {
    if found.contains_key(name) {
        return Some(name.to_owned());
    }
    let folds = lease.traits().folds_names;
    let same = |found: &&String| folds && found.to_lowercase() == name.to_lowercase();
    found.keys().find(same).cloned()
}

/// The schemas of these tables, or of all.
pub(super) async fn schema(
    lease: &mut Lease,
    wanted: Option<&[Vec<String>]>,
) -> Result<StoreSchema, StoreError> {
    // A path that cannot be a table's is one that is not there.
    let wanted: Option<BTreeSet<&str>> =
        wanted.map(|wanted| wanted.iter().filter_map(|path| name_of(path).ok()).collect());
    // The catalog takes names that differ by case alone for one, and then finds one of them at the most.
    let told_apart = |names: &&BTreeSet<&str>| {
        names.iter().map(|name| name.to_lowercase()).collect::<BTreeSet<_>>().len() == names.len()
    };
    let filter = wanted.as_ref().filter(told_apart);
    let mut found = relations(lease, filter).await?;
    let mut keys = keys(lease, filter).await?;
    let names: Vec<(String, String)> = match &wanted {
        None => found.keys().map(|name| (name.clone(), name.clone())).collect(),
        Some(wanted) => {
            let named = |asked: &&str| Some(((*asked).to_owned(), named(lease, &found, asked)?));
            wanted.iter().filter_map(named).collect()
        }
    };
    let mut schema = StoreSchema::default();
    for (asked, name) in names {
        let Some(relation) = found.remove(&name) else { continue };
        let mut table = TableSchema { is_view: !relation.is_table, ..TableSchema::default() };
        table.columns = relation.columns.into_iter().map(schema_column).collect();
        for key in keys.remove(&name).unwrap_or_default() {
            if key.name == "PRIMARY" {
                table.primary_key = key.columns;
            } else if key.is_whole {
                table.unique_keys.push(key.columns);
            }
        }
        schema.tables.insert(vec![asked], table);
    }
    Ok(schema)
}

fn schema_column(column: CatalogColumn) -> SchemaColumn {
    SchemaColumn {
        name: column.name,
        native: column.native,
        ty: column.ty.map(|ty| ColumnType { ty: ty.language_type(), nullable: column.nullable }),
        has_default: column.has_default,
    }
}

/// A unique index.
struct Key {
    name: String,
    columns: Vec<String>,
    /// Whether it is over whole columns, none of which may be null.
    is_whole: bool,
}

/// The unique indexes of tables, by the tables' names.
async fn keys(
    lease: &mut Lease,
    wanted: Option<&BTreeSet<&str>>,
) -> Result<BTreeMap<String, Vec<Key>>, StoreError> {
    let sql = format!(
        "select table_name, index_name, column_name, nullable, sub_part from information_schema.statistics
         where table_schema = {}{} and non_unique = 0 order by table_name, index_name, seq_in_index",
        lease.database(),
        of_tables(wanted)
    );
    let mut keys: BTreeMap<String, Vec<Key>> = BTreeMap::new();
    for row in lease.rows(&sql).await? {
        let name = lease.text(&row, 1)?.unwrap_or_default();
        let keys = keys.entry(lease.text(&row, 0)?.unwrap_or_default()).or_default();
        if keys.last().is_none_or(|key| key.name != name) {
            keys.push(Key { name, columns: Vec::new(), is_whole: true });
        }
        // An expression has no column.
        let column = lease.text(&row, 2)?;
        let is_whole = column.is_some()
            && lease.text(&row, 3)?.is_none_or(|nullable| nullable != "YES")
            && lease.text(&row, 4)?.is_none();
        if let Some(key) = keys.last_mut() {
            key.is_whole &= is_whole;
            key.columns.extend(column);
        }
    }
    Ok(keys)
}

/// How a value of a key stands in a bound and in a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyForm {
    /// As its digits.
    Number,
    /// As its text in quotes.
    Text,
    /// As its bytes in hexadecimal.
    Bytes,
}

/// A table as it is about to be read or written: its description, checked against what is wanted of it.
pub(super) struct Layout {
    /// The quoted name.
    pub(super) sql: String,
    /// What keeps its rows.
    pub(super) engine: String,
    /// MySQL's type of each field, and whether it may be null.
    pub(super) natives: Vec<(Native, bool)>,
    /// What tells rows apart, as it stands in a statement: nothing for a table without a key, and for a key of
    /// floats, whose text is not exact.
    pub(super) key: Vec<KeyColumn>,
    /// How the values of each part of it are written.
    pub(super) forms: Vec<KeyForm>,
    /// The places of the key's columns among the fields, whatever their types.
    pub(super) key_fields: Vec<usize>,
}

impl Layout {
    /// Reads the table's description and finds every wanted column in it, of a type that fits.
    pub(super) async fn read(lease: &mut Lease, table: &Table) -> Result<Self, StoreError> {
        let (path, name) = (name_of(&table.path)?, table_name(&table.path));
        let Some(relation) = relation(lease, path).await? else { return Err(no_table(&table.path)) };
        let mut natives = Vec::new();
        for field in &table.fields {
            // Case tells no columns apart.
            let found = relation
                .columns
                .iter()
                .find(|column| column.name.to_lowercase() == field.name.to_lowercase());
            let Some(found) = found else {
                return Err(StoreError::Refused(format!("{name}: there is no column {}", field.name)));
            };
            let fits = found.ty.clone().filter(|native| native.holds(&field.ty.ty)).ok_or_else(|| {
                StoreError::Refused(format!(
                    "{name}: column {} is {} and not {}; make the plan again",
                    field.name, found.native, field.ty
                ))
            })?;
            natives.push((fits, found.nullable));
        }
        let mut key_fields = Vec::new();
        for part in &table.key {
            let place = table.fields.iter().position(|field| field.name == *part);
            key_fields.push(place.ok_or_else(|| {
                StoreError::Refused(format!("{name}: the key's column {part} is not among the columns"))
            })?);
        }
        let part = |place: &usize| {
            let (field, (native, nullable)) = (&table.fields[*place], &natives[*place]);
            let (sql, form) = key_part(&column(&field.name), native)?;
            // MySQL has an index answer conditions over several columns only when they are spelled out, which
            // those of nullable columns are.
            Some((KeyColumn { sql, nullable: *nullable || key_fields.len() > 1 }, form))
        };
        let (key, forms) =
            key_fields.iter().map(part).collect::<Option<Vec<_>>>().unwrap_or_default().into_iter().unzip();
        Ok(Self { sql: quote(path), engine: relation.engine, natives, key, forms, key_fields })
    }

    /// ` order by` the key, or nothing.
    pub(super) fn order(&self) -> String {
        let key: Vec<_> = self.key.iter().map(|column| column.sql.as_str()).collect();
        if key.is_empty() { String::new() } else { format!(" order by {}", key.join(", ")) }
    }

    /// The key as a list in a statement, each part as bounds have it.
    pub(super) fn key_list(&self) -> Vec<String> {
        let part = |(column, form): (&KeyColumn, &KeyForm)| match form {
            KeyForm::Number | KeyForm::Text => column.sql.clone(),
            KeyForm::Bytes => format!("lower(hex({}))", column.sql),
        };
        self.key.iter().zip(&self.forms).map(part).collect()
    }
}

/// A key's column as it is ordered and compared, and how its values are written; `None` where a value's text is not
/// exact.
fn key_part(column: &str, native: &Native) -> Option<(String, KeyForm)> {
    match native {
        Native::Bool | Native::Int { .. } | Native::Decimal { .. } => {
            Some((column.to_owned(), KeyForm::Number))
        }
        // These are ordered by their numbers, but compared with texts and short numbers by other rules.
        Native::Bit(_) | Native::Year | Native::Enum(_) | Native::Set(_) => {
            Some((format!("({column} + 0)"), KeyForm::Number))
        }
        Native::Char(_)
        | Native::Varchar(_)
        | Native::Text(_)
        | Native::Json
        | Native::Uuid
        | Native::Date
        | Native::Time(_)
        | Native::Datetime(_)
        | Native::Timestamp(_) => Some((column.to_owned(), KeyForm::Text)),
        Native::Binary(_) | Native::Blob => Some((column.to_owned(), KeyForm::Bytes)),
        Native::Float { .. } | Native::Double { .. } => None,
    }
}

pub(super) fn no_table(path: &[String]) -> StoreError {
    StoreError::Refused(format!("there is no table {} in the database", table_name(path)))
}

/// From so many rows on the server's own statistics tell how many there are, and nobody counts.
const MANY: u64 = 100_000;

/// About how many rows a table has: as the server's statistics have it, where that is many, and else counted.
pub(super) async fn rows(lease: &mut Lease, path: &[String]) -> Result<u64, StoreError> {
    let name = name_of(path)?;
    let (database, table) = (lease.database(), literal(name));
    let known = format!(
        "select coalesce(table_rows, 0) from information_schema.tables
         where table_schema = {database} and table_name = {table}"
    );
    let found = lease.rows(&known).await?;
    let Some(row) = found.first() else { return Err(no_table(path)) };
    let known = lease.number(row, 0)?.unwrap_or(0);
    if known >= MANY {
        return Ok(known);
    }
    let counted = lease.rows(&format!("select count(*) from {}", quote(name))).await?;
    let Some(row) = counted.first() else { return Err(no_table(path)) };
    Ok(lease.number(row, 0)?.unwrap_or(0))
}

/// What the columns hold in the table's first rows: what the server keeps of them is there only where somebody asked it to, and
/// read only by who may.
pub(super) async fn statistics(
    lease: &mut Lease,
    path: &[String],
    schema: &TableSchema,
) -> Result<Vec<ColumnStatistics>, StoreError> {
    let table = quote(name_of(path)?);
    let names: Vec<String> = schema.columns.iter().map(|column| column.name.clone()).collect();
    let columns: Vec<String> = names.iter().map(|name| format!("t.{}", quote(name))).collect();
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let found = lease.rows(&statistics::counting(&table, &columns)).await?;
    let Some(row) = found.first() else { return Err(no_table(path)) };
    let counts: Result<Vec<u64>, StoreError> =
        (0..=2 * columns.len()).map(|place| Ok(lease.number(row, place)?.unwrap_or(0))).collect();
    Ok(statistics::counted(path, &names, &counts?))
}

/// Rows, counted, and about how many bytes with indexes; for a view the size of its first rows.
pub(super) async fn estimate(lease: &mut Lease, path: &[String]) -> Result<Estimate, StoreError> {
    let name = name_of(path)?;
    let Some(relation) = relation(lease, name).await? else { return Err(no_table(path)) };
    let table = quote(name);
    let bytes = if relation.is_table {
        relation.bytes.to_string()
    } else {
        let lengths: Vec<_> =
            relation.names().map(|name| format!("coalesce(length({}), 0)", column(name))).collect();
        format!(
            "cast(count(*) * coalesce((select avg(bytes) from
               (select {} as bytes from {table} as t limit 1000) as sample), 0) as unsigned)",
            lengths.join(" + ")
        )
    };
    let rows = lease.rows(&format!("select count(*), {bytes} from {table}")).await?;
    let Some(row) = rows.first() else { return Err(no_table(path)) };
    Ok(Estimate { rows: lease.number(row, 0)?.unwrap_or(0), bytes: lease.number(row, 1)?.unwrap_or(0) })
}
