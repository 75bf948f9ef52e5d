//! What a database holds: relations, columns and keys, read from the catalog in two statements however many
//! tables there are.
//!
//! What is asked of one table, every connection has prepared: to read and to plan such a statement takes the server ten times
//! as long as to carry it out. It is called by its name, so that it goes along with other statements in one exchange.

use std::collections::BTreeMap;

use mig_plan::schema::{SchemaColumn, StoreSchema};
use mig_plan::{ColumnStatistics, ColumnType, Estimate, TableSchema};
use sqlx::postgres::PgRow;

use super::connection::Lease;
use super::names::{Place, RECEIPTS, column, literal};
use super::types::{CatalogType, Native};
use crate::store::key_range::KeyColumn;
use crate::store::refusal::table_name;
use crate::store::{StoreError, Table};

/// Which relations a statement is about.
#[derive(Clone, Copy)]
enum About<'a> {
    /// All that are users' own.
    All,
    /// Those of these places, which two indexes of the catalog find.
    Places(&'a [Place]),
    /// The one whose schema and name are the values of a prepared statement.
    Values,
}

fn relations_of(about: About<'_>) -> String {
    let tables = "pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace";
    match about {
        About::All => format!(
            "{tables} where n.nspname not in ('pg_catalog', 'information_schema')
               and n.nspname !~ '^pg_(toast|temp_)'"
        ),
        About::Places([]) => format!("{tables} where false"),
        About::Values => format!("{tables} where n.nspname = $1 and c.relname = $2"),
        About::Places(places) => {
            let places = places
                .iter()
                .map(|place| format!("({}::name, {}::name)", literal(&place.schema), literal(&place.name)));
            format!(
                "(values {}) as wanted(schema, name)
                 join pg_catalog.pg_namespace n on n.nspname = wanted.schema
                 join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = wanted.name
                 where true",
                places.collect::<Vec<_>>().join(", ")
            )
        }
    }
}

const COLUMNS: &str = "mig_columns";
const COLUMNS_IN_FULL: &str = "mig_columns_in_full";
const KEYS: &str = "mig_keys";

/// What every connection prepares, to ask of one table.
pub(super) fn questions() -> String {
    let prepare = |name: &str, statement: String| format!("prepare {name}(name, name) as {statement}");
    [
        prepare(COLUMNS, plain_columns_statement()),
        prepare(COLUMNS_IN_FULL, columns_statement(About::Values)),
        prepare(KEYS, keys_statement(About::Values)),
    ]
    .join("; ")
}

/// One of these, asked of a table.
fn ask(question: &str, place: &Place) -> String {
    format!("execute {question}({}, {})", literal(&place.schema), literal(&place.name))
}

/// What asks for the columns of a table; [`Layout::of`] takes the answer.
pub(super) fn columns_question(place: &Place) -> String {
    ask(COLUMNS, place)
}

/// As [`columns_statement`], for a relation without domains and enums, which most are: a quarter of the work.
fn plain_columns_statement() -> String {
    format!(
        "select r.nspname::text, r.relname::text, r.relkind::text, a.attname::text,
           pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef or a.attidentity <> '',
           t.oid::int8, t.typtype::text, a.atttypmod, e.oid::int8, e.typtype::text, null::text[]
         from (
           select c.oid, n.nspname, c.relname, c.relkind from {relations}
             and c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relname <> '{RECEIPTS}'
         ) r
         left join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
         left join pg_catalog.pg_type t on t.oid = a.atttypid
         left join pg_catalog.pg_type e on e.oid = t.typelem and t.typcategory = 'A'
         order by a.attnum",
        relations = relations_of(About::Values)
    )
}

/// The columns of relations. A domain is followed to the type below it.
fn columns_statement(about: About<'_>) -> String {
    format!(
        "with recursive relation as (
           select c.oid, n.nspname, c.relname, c.relkind from {relations}
             and c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relname <> '{RECEIPTS}'
         ),
         attribute as (
           select r.nspname, r.relname, r.relkind, a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod,
             a.attnotnull, a.atthasdef or a.attidentity <> '' as has_default
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
           pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull or b.not_null, a.has_default,
           t.oid::int8, t.typtype::text, b.modifier, e.oid::int8, e.typtype::text,
           (select array_agg(l.enumlabel::text order by l.enumsortorder) from pg_catalog.pg_enum l
            where l.enumtypid = coalesce(e.oid, t.oid))
         from attribute a
         left join (base b join pg_catalog.pg_type t on t.oid = b.type and t.typtype <> 'd')
           on b.attrelid = a.attrelid and b.attnum = a.attnum
         left join pg_catalog.pg_type e on e.oid = t.typelem and t.typcategory = 'A'
         order by a.nspname, a.relname, a.attnum",
        relations = relations_of(about)
    )
}

/// The columns of keys that hold for every row, primary keys first: those of unique indexes over plain columns.
fn keys_statement(about: About<'_>) -> String {
    format!(
        "select relation.nspname::text, relation.relname::text, i.indexrelid::int8, i.indisprimary,
           a.attname::text, a.attnotnull
         from (select c.oid, n.nspname, c.relname from {relations}) relation
         join pg_catalog.pg_index i on i.indrelid = relation.oid
         join pg_catalog.pg_class x on x.oid = i.indexrelid
         cross join lateral unnest(i.indkey::int2[]) with ordinality as k(attnum, place)
         join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
         where i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
           and k.place <= i.indnkeyatts
         order by i.indisprimary desc, x.relname, k.place",
        relations = relations_of(about)
    )
}

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

/// Relations by schema and name.
type Relations = BTreeMap<(String, String), Relation>;

/// The relations in the answer to a [`columns_statement`].
fn relations(lease: &Lease, rows: &[PgRow]) -> Result<Relations, StoreError> {
    let mut relations = BTreeMap::new();
    for row in rows {
        let relation = relations
            .entry((lease.value(row, 0)?, lease.value(row, 1)?))
            .or_insert(Relation { sort: first(lease, row, 2)?.unwrap_or_default(), columns: Vec::new() });
        relation.columns.extend(catalog_column(lease, row)?);
    }
    Ok(relations)
}

/// Whether the answer to a [`plain_columns_statement`] says all: no column's type has to be looked into.
fn is_plain(lease: &Lease, rows: &[PgRow]) -> Result<bool, StoreError> {
    for row in rows {
        let sorts = [first(lease, row, 8)?, first(lease, row, 11)?];
        if sorts.iter().any(|sort| matches!(sort, Some(b'd' | b'e'))) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The relation at a place, by the answer to its [`columns_question`].
async fn relation_of(
    lease: &mut Lease,
    place: &Place,
    columns: &[PgRow],
) -> Result<Option<Relation>, StoreError> {
    let found = if is_plain(lease, columns)? {
        relations(lease, columns)?
    } else {
        let rows = lease.rows(&ask(COLUMNS_IN_FULL, place)).await?;
        relations(lease, &rows)?
    };
    Ok(found.into_values().next())
}

/// The relation at a place.
async fn relation_at(lease: &mut Lease, place: &Place) -> Result<Option<Relation>, StoreError> {
    let columns = lease.rows(&columns_question(place)).await?;
    relation_of(lease, place, &columns).await
}

/// The first byte of a text.
pub(super) fn first(lease: &Lease, row: &PgRow, place: usize) -> Result<Option<u8>, StoreError> {
    Ok(lease.value::<Option<String>>(row, place)?.and_then(|text| text.bytes().next()))
}

/// The column in a row of [`columns_statement`]; `None` for a relation without columns, which has one row all
/// the same.
fn catalog_column(lease: &Lease, row: &PgRow) -> Result<Option<CatalogColumn>, StoreError> {
    let Some(name) = lease.value(row, 3)? else { return Ok(None) };
    let number = |place| -> Result<Option<u32>, StoreError> {
        Ok(lease.value::<Option<i64>>(row, place)?.and_then(|oid| u32::try_from(oid).ok()))
    };
    let ty = match (number(7)?, first(lease, row, 8)?) {
        (Some(oid), Some(sort)) => Native::new(CatalogType {
            oid,
            sort,
            modifier: lease.value(row, 9)?,
            element: number(10)?.zip(first(lease, row, 11)?),
            labels: lease.value::<Option<Vec<String>>>(row, 12)?.unwrap_or_default(),
        }),
        _ => None,
    };
    Ok(Some(CatalogColumn {
        name,
        native: lease.value(row, 4)?,
        not_null: lease.value(row, 5)?,
        has_default: lease.value(row, 6)?,
        ty,
    }))
}

/// The schemas of these tables, or of all.
pub(super) async fn schema(
    lease: &mut Lease,
    wanted: Option<&[Vec<String>]>,
) -> Result<StoreSchema, StoreError> {
    // A path that cannot be a table's is one that is not there.
    let mut places: Option<Vec<_>> =
        wanted.map(|wanted| wanted.iter().filter_map(|path| Place::new(path).ok()).collect());
    if let Some(places) = &mut places {
        places.sort();
        places.dedup();
    }
    let (relations, key_columns) = match places.as_deref() {
        Some([place]) => {
            let asked = format!("{}; {}", ask(COLUMNS, place), ask(KEYS, place));
            let mut answers = lease.rows_of_each(&asked).await?.unwrap_or_default().into_iter();
            let (columns, keys) = (answers.next().unwrap_or_default(), answers.next().unwrap_or_default());
            let relation = relation_of(lease, place, &columns).await?;
            let name = (place.schema.clone(), place.name.clone());
            (relation.map(|relation| (name, relation)).into_iter().collect(), keys)
        }
        places => {
            let about = places.map_or(About::All, About::Places);
            let rows = lease.rows(&columns_statement(about)).await?;
            (relations(lease, &rows)?, lease.rows(&keys_statement(about)).await?)
        }
    };
    let mut schema = StoreSchema::default();
    for ((namespace, name), relation) in relations {
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
    let mut keys: Vec<Key> = Vec::new();
    for row in &key_columns {
        let index = lease.value(row, 2)?;
        if keys.last().is_none_or(|key| key.index != index) {
            keys.push(Key {
                index,
                path: vec![lease.value(row, 0)?, lease.value(row, 1)?],
                primary: lease.value(row, 3)?,
                columns: Vec::new(),
                not_null: true,
            });
        }
        if let Some(key) = keys.last_mut() {
            key.columns.push(lease.value(row, 4)?);
            key.not_null &= lease.value::<bool>(row, 5)?;
        }
    }
    for key in keys {
        match schema.tables.get_mut(&key.path) {
            Some(table) if key.primary => table.primary_key = key.columns,
            Some(table) if key.not_null => table.unique_keys.push(key.columns),
            _ => {}
        }
    }
    Ok(schema)
}

/// A unique index, which is a key when none of its columns may be null.
struct Key {
    index: i64,
    path: Vec<String>,
    primary: bool,
    columns: Vec<String>,
    not_null: bool,
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

/// How rows of a table are asked for.
pub(super) struct Source {
    /// The quoted name.
    pub(super) sql: String,
    /// What tells rows apart, as it stands in a statement.
    pub(super) key: Vec<KeyColumn>,
    /// What that is.
    pub(super) locator: Locator,
}

impl Source {
    /// A table whose rows have a key, which has to be asked nothing for it; `None` for one without.
    ///
    /// # Errors
    /// When the path is no table's, or the key is not among the columns.
    pub(super) fn by_key(table: &Table) -> Result<Option<Self>, StoreError> {
        let sql = Place::new(&table.path)?.sql();
        let mut key = Vec::new();
        for part in &table.key {
            let field = table.fields.iter().find(|field| field.name == *part);
            let field = field.ok_or_else(|| {
                let name = table_name(&table.path);
                StoreError::Refused(format!("{name}: the key's column {part} is not among the columns"))
            })?;
            key.push(KeyColumn { sql: column(part), nullable: field.ty.nullable });
        }
        Ok((!key.is_empty()).then_some(Self { sql, key, locator: Locator::Key }))
    }

    /// Any table, by its `pg_class.relkind`.
    fn new(table: &Table, sort: u8) -> Result<Self, StoreError> {
        if let Some(source) = Self::by_key(table)? {
            return Ok(source);
        }
        let (key, locator) = match sort {
            b'r' | b'm' => (vec![KeyColumn { sql: "t.ctid".into(), nullable: false }], Locator::Place),
            _ => (Vec::new(), Locator::None),
        };
        Ok(Self { sql: Place::new(&table.path)?.sql(), key, locator })
    }

    /// The key as a list in a statement, each part with something behind it.
    pub(super) fn key_list(&self, behind: &str) -> String {
        self.key.iter().map(|column| format!("{}{behind}", column.sql)).collect::<Vec<_>>().join(", ")
    }
}

/// A table as it is about to be read or written: its description, checked against what is wanted of it.
pub(super) struct Layout {
    /// How its rows are asked for.
    pub(super) source: Source,
    /// PostgreSQL's type of each field.
    pub(super) natives: Vec<Native>,
}

impl Layout {
    /// Reads the table's description and finds every wanted column in it, of a type that fits.
    pub(super) async fn read(lease: &mut Lease, table: &Table) -> Result<Self, StoreError> {
        let relation = relation_at(lease, &Place::new(&table.path)?).await?;
        Self::new(relation, table)
    }

    /// As [`Layout::read`], by the answer to the table's [`columns_question`]; `None` where that does not say all.
    pub(super) fn of_plain(
        lease: &Lease,
        columns: &[PgRow],
        table: &Table,
    ) -> Result<Option<Self>, StoreError> {
        if !is_plain(lease, columns)? {
            return Ok(None);
        }
        Self::new(relations(lease, columns)?.into_values().next(), table).map(Some)
    }

    /// As [`Layout::read`], by the answer to the table's [`columns_question`].
    pub(super) async fn of(lease: &mut Lease, columns: &[PgRow], table: &Table) -> Result<Self, StoreError> {
        let relation = relation_of(lease, &Place::new(&table.path)?, columns).await?;
        Self::new(relation, table)
    }

    fn new(relation: Option<Relation>, table: &Table) -> Result<Self, StoreError> {
        let name = table_name(&table.path);
        let relation = relation.ok_or_else(|| no_table(&table.path))?;
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
        Ok(Self { source: Source::new(table, relation.sort)?, natives })
    }
}

pub(super) fn no_table(path: &[String]) -> StoreError {
    StoreError::Refused(format!("there is no table {} in the database", table_name(path)))
}

/// From so many rows on the server's own statistics tell how many there are, and nobody counts.
const MANY: i64 = 100_000;

/// About how many rows a table has: as the planner knows it, where that is many, and else counted.
pub(super) async fn rows(lease: &mut Lease, path: &[String]) -> Result<u64, StoreError> {
    let place = Place::new(path)?;
    let table = place.sql();
    let known = format!("select reltuples::int8 from pg_class where oid = to_regclass({})", literal(&table));
    let found = lease.rows(&known).await?;
    let Some(row) = found.first() else { return Err(no_table(path)) };
    let known: i64 = lease.value(row, 0)?;
    if known >= MANY {
        return Ok(known.cast_unsigned());
    }
    let counted = lease.rows(&format!("select count(*) from {table}")).await?;
    let Some(row) = counted.first() else { return Err(no_table(path)) };
    Ok(lease.value::<i64>(row, 0)?.cast_unsigned())
}

/// How many rows a table has, counted; `None` when it is not there.
pub(super) async fn count(lease: &mut Lease, path: &[String]) -> Result<Option<u64>, StoreError> {
    let table = Place::new(path)?.sql();
    let counted = lease.last_rows(&format!("select count(*) from {table}")).await?;
    let Some(row) = counted.as_deref().and_then(<[_]>::first) else { return Ok(None) };
    Ok(Some(lease.value::<i64>(row, 0)?.cast_unsigned()))
}

/// What the last `analyze` found in the columns. Its values are not asked for, nor is what the user may not read told.
pub(super) async fn statistics(
    lease: &mut Lease,
    path: &[String],
) -> Result<Vec<ColumnStatistics>, StoreError> {
    let place = Place::new(path)?;
    // Fewer than none is a share of the rows; 0 is not known. What is known of a partitioned table is of all its parts.
    let sql = format!(
        "select s.attname::text, s.null_frac::float8,
                case when s.n_distinct < 0 then -s.n_distinct::float8 * greatest(c.reltuples, 0)::float8
                     else s.n_distinct::float8 end
         from pg_catalog.pg_class c
         join pg_catalog.pg_stats s on s.tablename = c.relname and s.inherited = (c.relkind = 'p')
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace and n.nspname = s.schemaname
         where c.oid = to_regclass({})",
        literal(&place.sql())
    );
    let mut statistics = Vec::new();
    for row in lease.rows(&sql).await? {
        let (column, null_share, distinct): (String, f64, f64) =
            (lease.value(&row, 0)?, lease.value(&row, 1)?, lease.value(&row, 2)?);
        let distinct = (distinct >= 1.0).then_some(distinct.round() as u64);
        statistics.push(ColumnStatistics::new(path, column, null_share, distinct));
    }
    Ok(statistics)
}

/// Rows, counted, and bytes with indexes and what is stored beside the table; for a view the size of its first rows.
pub(super) async fn estimate(lease: &mut Lease, path: &[String]) -> Result<Estimate, StoreError> {
    let place = Place::new(path)?;
    let Some(relation) = relation_at(lease, &place).await? else { return Err(no_table(path)) };
    let table = place.sql();
    let bytes = match relation.sort {
        b'p' => format!(
            "(select coalesce(sum(pg_total_relation_size(relid)), 0)::int8 from pg_partition_tree({}))",
            literal(&table)
        ),
        b'r' | b'm' => format!("pg_total_relation_size({})", literal(&table)),
        _ => format!(
            "(count(*) * coalesce((select avg(pg_column_size(s)) from (select * from {table} limit 1000) s), 0))::int8"
        ),
    };
    let sql = format!("select count(*), {bytes} from {table}");
    let found = lease.rows(&sql).await?;
    let Some(row) = found.first() else { return Err(no_table(path)) };
    let (rows, bytes): (i64, i64) = (lease.value(row, 0)?, lease.value(row, 1)?);
    Ok(Estimate { rows: rows.cast_unsigned(), bytes: bytes.cast_unsigned() })
}
