//! What a database holds: relations, columns and keys, read from the catalog in two statements however many
//! tables there are.

use std::collections::BTreeMap;

use mig_plan::schema::{SchemaColumn, StoreSchema};
use mig_plan::{ColumnType, Estimate, TableSchema};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::connection::Lease;
use super::names::{Place, RECEIPTS, column};
use super::types::{CatalogType, Native};
use crate::store::key_range::KeyColumn;
use crate::store::refusal::table_name;
use crate::store::{StoreError, Table};

/// Columns of the relations whose schema and name are in two lists, or of all when those are null. A domain
/// is followed to the type below it.
const COLUMNS: &str = "
with recursive relation as (
  select c.oid, n.nspname, c.relname, c.relkind
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f')
    and c.relname <> $3
    and case when $1::text[] is null
      then n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp_)'
      else (n.nspname, c.relname) in (select * from unnest($1::text[], $2::text[]))
    end
),
attribute as (
  select r.nspname, r.relname, r.relkind, a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull,
    a.atthasdef or a.attidentity <> '' as has_default
  from relation r
  left join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
),
base as (
  select attrelid, attnum, atttypid as type, atttypmod as modifier, false as not_null from attribute
  union all
  select b.attrelid, b.attnum, t.typbasetype, t.typtypmod, b.not_null or t.typnotnull
  from base b join pg_catalog.pg_type t on t.oid = b.type
  where t.typtype = 'd'
)
select a.nspname::text, a.relname::text, a.relkind::text, a.attname::text,
  pg_catalog.format_type(a.atttypid, a.atttypmod) as native,
  a.attnotnull or b.not_null as not_null, a.has_default,
  t.oid::int8 as type, t.typtype::text as sort, b.modifier,
  case when t.typcategory = 'A' then e.oid::int8 end as element, e.typtype::text as element_sort
from attribute a
left join (base b join pg_catalog.pg_type t on t.oid = b.type and t.typtype <> 'd')
  on b.attrelid = a.attrelid and b.attnum = a.attnum
left join pg_catalog.pg_type e on e.oid = t.typelem and t.typcategory = 'A'
order by a.nspname, a.relname, a.attnum";

/// Keys over plain columns, primary ones first: of the unique ones those that hold for every row.
const KEYS: &str = "
select n.nspname::text, c.relname::text, i.indisprimary,
  array(
    select a.attname::text
    from unnest(i.indkey::int2[]) with ordinality as k(attnum, place)
    join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
    where k.place <= i.indnkeyatts and (i.indisprimary or a.attnotnull)
    order by k.place
  ) as columns, i.indnkeyatts::int4 as width
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_class x on x.oid = i.indexrelid
where i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
  and case when $1::text[] is null
    then n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp_)'
    else (n.nspname, c.relname) in (select * from unnest($1::text[], $2::text[]))
  end
order by i.indisprimary desc, x.relname";

/// A column as the catalog has it.
struct CatalogColumn {
    name: String,
    native: String,
    not_null: bool,
    has_default: bool,
    ty: Option<Native>,
}

/// A relation as the catalog has it.
struct Relation {
    /// `pg_class.relkind`.
    sort: u8,
    columns: Vec<CatalogColumn>,
}

/// The relations at these places, or all, by schema and name.
async fn relations(
    lease: &mut Lease,
    wanted: Option<&[Place]>,
) -> Result<BTreeMap<(String, String), Relation>, StoreError> {
    let (schemas, names) = lists(wanted);
    let rows = sqlx::query(COLUMNS)
        .persistent(false)
        .bind(schemas)
        .bind(names)
        .bind(RECEIPTS)
        .fetch_all(&mut **lease)
        .await
        .map_err(|error| lease.error(error))?;
    let mut relations = BTreeMap::new();
    for row in rows {
        let mut read = || {
            let relation = relations
                .entry((row.try_get(0)?, row.try_get(1)?))
                .or_insert(Relation { sort: first(&row, 2)?.unwrap_or_default(), columns: Vec::new() });
            relation.columns.extend(catalog_column(&row)?);
            Ok(())
        };
        read().map_err(|error| lease.error(error))?;
    }
    Ok(relations)
}

fn lists(wanted: Option<&[Place]>) -> (Option<Vec<String>>, Option<Vec<String>>) {
    let list = |part: fn(&Place) -> &String| wanted.map(|wanted| wanted.iter().map(part).cloned().collect());
    (list(|place| &place.schema), list(|place| &place.name))
}

/// The first byte of a text column.
fn first(row: &PgRow, place: usize) -> Result<Option<u8>, sqlx::Error> {
    Ok(row.try_get::<Option<String>, _>(place)?.and_then(|text| text.bytes().next()))
}

/// The column in a row; `None` for a relation without columns, which has one row all the same.
fn catalog_column(row: &PgRow) -> Result<Option<CatalogColumn>, sqlx::Error> {
    let Some(name) = row.try_get("attname")? else { return Ok(None) };
    let oid = |place| -> Result<Option<u32>, sqlx::Error> {
        Ok(row.try_get::<Option<i64>, _>(place)?.and_then(|oid| u32::try_from(oid).ok()))
    };
    // Sorts are the columns before and behind the element's number.
    let ty = match (oid(7)?, first(row, 8)?) {
        (Some(number), Some(sort)) => Native::new(CatalogType {
            oid: number,
            sort,
            modifier: row.try_get("modifier")?,
            element: oid(10)?.zip(first(row, 11)?),
        }),
        _ => None,
    };
    Ok(Some(CatalogColumn {
        name,
        native: row.try_get("native")?,
        not_null: row.try_get("not_null")?,
        has_default: row.try_get("has_default")?,
        ty,
    }))
}

/// The schemas of these tables, or of all.
pub(super) async fn schema(
    lease: &mut Lease,
    wanted: Option<&[Vec<String>]>,
) -> Result<StoreSchema, StoreError> {
    // A path that cannot be a table's is one that is not there.
    let places: Option<Vec<_>> =
        wanted.map(|wanted| wanted.iter().filter_map(|path| Place::new(path).ok()).collect());
    let mut schema = StoreSchema::default();
    for ((namespace, name), relation) in relations(lease, places.as_deref()).await? {
        let columns = relation.columns.into_iter().map(|column| SchemaColumn {
            name: column.name,
            native: column.native,
            ty: column.ty.map(|ty| ColumnType { ty: ty.language_type(), nullable: !column.not_null }),
            has_default: column.has_default,
        });
        let table = TableSchema {
            columns: columns.collect(),
            is_view: matches!(relation.sort, b'v' | b'm' | b'f'),
            ..TableSchema::default()
        };
        schema.tables.insert(vec![namespace, name], table);
    }
    let (schemas, names) = lists(places.as_deref());
    let rows = sqlx::query(KEYS).persistent(false).bind(schemas).bind(names).fetch_all(&mut **lease).await;
    for row in rows.map_err(|error| lease.error(error))? {
        let mut read = || {
            let path = vec![row.try_get(0)?, row.try_get(1)?];
            let columns: Vec<String> = row.try_get("columns")?;
            let width: i32 = row.try_get("width")?;
            // A column that may be null was left out of the list.
            if let Some(table) = schema.tables.get_mut(&path)
                && usize::try_from(width) == Ok(columns.len())
            {
                if row.try_get("indisprimary")? {
                    table.primary_key = columns;
                } else {
                    table.unique_keys.push(columns);
                }
            }
            Ok(())
        };
        read().map_err(|error| lease.error(error))?;
    }
    Ok(schema)
}

/// How the rows of a table are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Locator {
    /// By its key.
    Key,
    /// By where they lie in the table's file.
    Place,
    /// Not at all: a view or a partitioned table without a key.
    None,
}

/// A table as it is about to be read or written: its description, checked against what is wanted of it.
pub(super) struct Layout {
    /// The quoted name.
    pub(super) sql: String,
    /// PostgreSQL's type of each field.
    pub(super) natives: Vec<Native>,
    /// What tells rows apart, as it stands in a statement.
    pub(super) key: Vec<KeyColumn>,
    /// What that is.
    pub(super) locator: Locator,
}

impl Layout {
    /// Reads the table's description and finds every wanted column in it, of a type that fits.
    pub(super) async fn read(lease: &mut Lease, table: &Table) -> Result<Self, StoreError> {
        let place = Place::new(&table.path)?;
        let name = table_name(&table.path);
        let found = relations(lease, Some(std::slice::from_ref(&place))).await?;
        let Some(relation) = found.into_values().next() else { return Err(no_table(&table.path)) };
        let mut natives = Vec::new();
        for field in &table.fields {
            let Some(found) = relation.columns.iter().find(|column| column.name == field.name) else {
                return Err(StoreError::Refused(format!("{name}: there is no column {}", field.name)));
            };
            let fits = found.ty.clone().filter(|native| native.holds(&field.ty.ty));
            natives.push(fits.ok_or_else(|| {
                StoreError::Refused(format!(
                    "{name}: column {} is {} and not {}; make the plan again",
                    field.name, found.native, field.ty
                ))
            })?);
        }
        let mut key = Vec::new();
        for part in &table.key {
            let field = table.fields.iter().find(|field| field.name == *part);
            let field = field.ok_or_else(|| {
                StoreError::Refused(format!("{name}: the key's column {part} is not among the columns"))
            })?;
            key.push(KeyColumn { sql: column(part), nullable: field.ty.nullable });
        }
        let locator = match (key.is_empty(), relation.sort) {
            (false, _) => Locator::Key,
            (true, b'r' | b'm') => {
                key.push(KeyColumn { sql: "t.ctid".into(), nullable: false });
                Locator::Place
            }
            (true, _) => Locator::None,
        };
        Ok(Self { sql: place.sql(), natives, key, locator })
    }

    /// The key as a list in a statement, each part with something behind it.
    pub(super) fn key_list(&self, behind: &str) -> String {
        self.key.iter().map(|column| format!("{}{behind}", column.sql)).collect::<Vec<_>>().join(", ")
    }
}

pub(super) fn no_table(path: &[String]) -> StoreError {
    StoreError::Refused(format!("there is no table {} in the database", table_name(path)))
}

/// Rows, counted, and bytes with indexes and what is stored beside the table; for a view the size of its first rows.
pub(super) async fn estimate(lease: &mut Lease, path: &[String]) -> Result<Estimate, StoreError> {
    let place = Place::new(path)?;
    let found = relations(lease, Some(std::slice::from_ref(&place))).await?;
    let Some(relation) = found.into_values().next() else { return Err(no_table(path)) };
    let table = place.sql();
    let bytes = match relation.sort {
        b'p' => format!(
            "(select coalesce(sum(pg_total_relation_size(relid)), 0)::int8 from pg_partition_tree({}))",
            super::names::literal(&table)
        ),
        b'r' | b'm' => format!("pg_total_relation_size({})", super::names::literal(&table)),
        _ => format!(
            "(count(*) * coalesce((select avg(pg_column_size(s)) from (select * from {table} limit 1000) s), 0))::int8"
        ),
    };
    let sql = format!("select count(*), {bytes} from {table}");
    let weigh = async {
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).persistent(false).fetch_one(&mut **lease).await?;
        Ok((row.try_get::<i64, _>(0)?, row.try_get::<i64, _>(1)?))
    };
    let (rows, bytes) = weigh.await.map_err(|error| lease.error(error))?;
    Ok(Estimate { rows: rows.cast_unsigned(), bytes: bytes.cast_unsigned() })
}
