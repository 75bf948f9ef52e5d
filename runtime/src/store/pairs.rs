//! Every store to every other and back, with values by chance, always the same ones, and the ends of every type among
//! them. What a store has no form for is refused with its column and key, and nothing of it is written.
//!
//! A store that is added is a line in [`stores`].

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray,
    Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, ListArray, StringArray,
    Time64MicrosecondArray, TimestampMicrosecondArray, UInt32Array,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{concat, nullif, sort_to_indices, take, take_record_batch};
use arrow::record_batch::RecordBatch;
use mig_plan::{Column, Dataset, Digest, Expr, Limit, Setting, StoreConfig, StoreKind, Type};
use mig_test_support::{Mariadb, Postgres};

use super::trial::{self, extremes, odd_enum};
use super::{Field, ReceiptKey, Store, StoreError, Table, open};
use crate::arrow_types::{arrow_schema, arrow_type};
use crate::cells::Cells;
use crate::eval::Mapping;
use crate::eval::tests::dataset;
use crate::progress::Progress;
use crate::row_hash::RowHasher;
use crate::transfer::copy_chunk;

/// Rows of a table, several chunks of them.
const ROWS: usize = 90;
const CHUNK: u64 = 40;

/// A text or bytes of this many bytes is among the values.
const LARGE: usize = 1 << 20;

const MICROS_OF_DAY: i64 = 86_400_000_000;
/// The first day of the year 1 and the last of 9999.
const DAYS: std::ops::RangeInclusive<i64> = -719_162..=2_932_896;

/// A store as these tests drive it.
struct Tried {
    kind: StoreKind,
    /// The schema that its tables are in, where there are schemas.
    schema: Option<&'static str>,
    store: Store,
}

impl Tried {
    fn path(&self, name: &str) -> Vec<String> {
        self.schema.into_iter().chain([name]).map(str::to_owned).collect()
    }
}

/// All stores, each on a real server or on the disk.
async fn stores(folder: &Path) -> Vec<Tried> {
    let (postgres, mysql) = (Postgres::shared().database(), Mariadb::shared().database());
    let mut stores = Vec::new();
    for (kind, location, schema) in [
        (StoreKind::Sqlite, "pairs.db", None),
        (StoreKind::Postgres, postgres.url(), Some("lake")),
        (StoreKind::Mysql, mysql.url(), None),
        (StoreKind::Parquet, "parquet", None),
        (StoreKind::Csv, "csv", None),
        (StoreKind::Jsonl, "jsonl", None),
        (StoreKind::Arrow, "arrow", None),
    ] {
        let config = StoreConfig {
            kind,
            location: Setting::Text(location.to_owned()),
            connections: 3,
            limit: Limit::default(),
            options: BTreeMap::new(),
        };
        let store = open(&config, location, folder).await.unwrap();
        stores.push(Tried { kind, schema, store });
    }
    stores
}

/// In which rows a store has no form for a value, though it has one for the value's type.
async fn lacks(tried: &Tried, ty: &Type, values: &ArrayRef) -> Vec<bool> {
    let sorts = tried.store.data.unkept(ty).await.unwrap();
    let cells = Cells::of(values.as_ref()).unwrap();
    (0..values.len()).map(|row| sorts.iter().any(|sort| sort.is(&cells, row))).collect()
}

/// Numbers by chance (a linear congruence), the same in every run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        let mut half = || {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            self.0 >> 32
        };
        half() << 32 | half()
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    fn within(&mut self, range: &std::ops::RangeInclusive<i64>) -> i64 {
        let size = range.end() - range.start() + 1;
        range.start() + i64::try_from(self.next() % size.cast_unsigned()).unwrap()
    }

    /// An integer of any size: small ones are as likely as large ones.
    fn integer(&mut self) -> i64 {
        let shift = self.below(64);
        self.next().cast_signed() >> shift
    }

    /// A character of any plane.
    fn character(&mut self) -> char {
        loop {
            let code = if self.below(2) == 0 { self.below(0x80) } else { self.below(0x1_0000) };
            let code = self.below(17) << 16 | code;
            if let Some(found) = u32::try_from(code).ok().and_then(char::from_u32) {
                return found;
            }
        }
    }

    fn text(&mut self) -> String {
        (0..self.below(12)).map(|_| self.character()).collect()
    }

    fn json(&mut self, depth: usize) -> String {
        match self.below(if depth == 0 { 5 } else { 8 }) {
            0 => "null".to_owned(),
            1 => "false".to_owned(),
            2 => format!("{}.{:03}", self.integer(), self.below(1_000)),
            3 => self.integer().to_string(),
            4 => serde_json::to_string(&self.text()).unwrap(),
            5 | 6 => {
                let members =
                    (0..self.below(4)).map(|member| format!("\"k{member}\": {}", self.json(depth - 1)));
                format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
            }
            _ => {
                let items = (0..self.below(4)).map(|_| self.json(depth - 1));
                format!("[{}]", items.collect::<Vec<_>>().join(","))
            }
        }
    }

    /// So many values, nulls among them.
    fn some<T>(&mut self, count: usize, mut value: impl FnMut(&mut Self) -> T) -> Vec<Option<T>> {
        (0..count).map(|_| (self.below(6) > 0).then(|| value(self))).collect()
    }

    /// So many values of a type.
    fn values(&mut self, ty: &Type, n: usize) -> ArrayRef {
        match ty {
            Type::Bool => Arc::new(BooleanArray::from(self.some(n, |chance| chance.below(2) == 0))),
            Type::Int8 => Arc::new(Int8Array::from(self.some(n, |chance| (chance.integer() >> 56) as i8))),
            Type::Int16 => Arc::new(Int16Array::from(self.some(n, |chance| (chance.integer() >> 48) as i16))),
            Type::Int32 => Arc::new(Int32Array::from(self.some(n, |chance| (chance.integer() >> 32) as i32))),
            Type::Int64 => Arc::new(Int64Array::from(self.some(n, Self::integer))),
            Type::Float32 => {
                Arc::new(Float32Array::from(self.some(n, |chance| f32::from_bits(chance.next() as u32))))
            }
            Type::Float64 => {
                Arc::new(Float64Array::from(self.some(n, |chance| f64::from_bits(chance.next()))))
            }
            Type::Decimal { precision, scale } => {
                let bound = 10_i128.pow(u32::from(*precision));
                let value = |chance: &mut Self| {
                    let wide = i128::from(chance.next().cast_signed()) << 64 | i128::from(chance.next());
                    (wide >> chance.below(127)) % bound
                };
                let values = Decimal128Array::from(self.some(n, value));
                Arc::new(values.with_precision_and_scale(*precision, scale.cast_signed()).unwrap())
            }
            Type::Text => Arc::new(StringArray::from(self.some(n, Self::text))),
            Type::Bytes => {
                let bytes = |chance: &mut Self| {
                    (0..chance.below(12)).map(|_| chance.next() as u8).collect::<Vec<_>>()
                };
                Arc::new(BinaryArray::from_iter(self.some(n, bytes)))
            }
            Type::Date => {
                let days = |chance: &mut Self| i32::try_from(chance.within(&DAYS)).unwrap();
                Arc::new(Date32Array::from(self.some(n, days)))
            }
            Type::Time => {
                let times = self.some(n, |chance| chance.within(&(0..=MICROS_OF_DAY - 1)));
                Arc::new(Time64MicrosecondArray::from(times))
            }
            Type::Timestamp => {
                let instants = TimestampMicrosecondArray::from(self.some(n, Self::instant));
                Arc::new(instants.with_timezone("UTC"))
            }
            Type::Datetime => Arc::new(TimestampMicrosecondArray::from(self.some(n, Self::instant))),
            Type::Uuid => {
                let uuids =
                    self.some(n, |chance| u128::from(chance.next()) << 64 | u128::from(chance.next()));
                let uuids = uuids.into_iter().map(|uuid| uuid.map(u128::to_be_bytes));
                Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(uuids, 16).unwrap())
            }
            Type::Json => Arc::new(StringArray::from(self.some(n, |chance| chance.json(5)))),
            Type::Enum(labels) => {
                Arc::new(StringArray::from(self.some(n, |chance| &*labels[chance.below(labels.len())])))
            }
            Type::List(item) => {
                let lengths: Vec<usize> = (0..n).map(|_| self.below(4)).collect();
                let items = self.values(&item.ty, lengths.iter().sum());
                let nulls = self.some(n, |_| ()).iter().map(Option::is_some).collect::<Vec<_>>();
                let field = Arc::new(arrow::datatypes::Field::new_list_field(arrow_type(&item.ty), true));
                let offsets = OffsetBuffer::from_lengths(lengths);
                Arc::new(ListArray::new(field, offsets, items, Some(nulls.into())))
            }
        }
    }

    fn instant(&mut self) -> i64 {
        self.within(&DAYS) * MICROS_OF_DAY + self.within(&(0..=MICROS_OF_DAY - 1))
    }
}

/// What one would think of besides the ends of a type.
fn special(ty: &Type) -> Option<ArrayRef> {
    let day = |day: i64| day * MICROS_OF_DAY;
    let instants = vec![day(*DAYS.start()), day(*DAYS.end()) + MICROS_OF_DAY - 1, -1, 0];
    Some(match ty {
        Type::Float32 => Arc::new(Float32Array::from(vec![f32::NAN, -0.0, 16_777_217.0, 1e-45])),
        Type::Float64 => Arc::new(Float64Array::from(vec![
            f64::NAN,
            -0.0,
            9_007_199_254_740_993.0,
            2.225_073_858_507_201e-308,
        ])),
        Type::Text => {
            let planes: String =
                (0..17_u32).filter_map(|plane| char::from_u32(plane << 16 | 0xfffd)).collect();
            let large: String = "Zeile \"é\", 😀\r\n".chars().cycle().take(LARGE / 2).collect();
            Arc::new(StringArray::from(vec![
                "",
                " ",
                "\0",
                "a\0b",
                "null",
                "NULL",
                "\\N",
                "\u{feff}",
                "'; drop table t; --",
                &planes,
                &large,
            ]))
        }
        Type::Bytes => {
            let large: Vec<u8> = (0..LARGE).map(|place| (place % 256) as u8).collect();
            Arc::new(BinaryArray::from(vec![&b""[..], b"\0", b"\xff\xfe", b"'\\", &large]))
        }
        Type::Date => Arc::new(Date32Array::from(vec![*DAYS.start() as i32, *DAYS.end() as i32, -1, 11_016])),
        Type::Timestamp => Arc::new(TimestampMicrosecondArray::from(instants).with_timezone("UTC")),
        Type::Datetime => Arc::new(TimestampMicrosecondArray::from(instants)),
        Type::Json => Arc::new(StringArray::from(vec![
            "null".to_owned(),
            " { \"a\" : [ 1.50, { \"b\" : null } ] } ".to_owned(),
            format!("{}{}", "[".repeat(30), "]".repeat(30)),
            format!("{}{}", "[".repeat(60), "]".repeat(60)),
            "123456789012345678901234567890.10".to_owned(),
            "\"\\u0000 \\ud83d\\ude00\"".to_owned(),
        ])),
        Type::Bool
        | Type::Int8
        | Type::Int16
        | Type::Int32
        | Type::Int64
        | Type::Decimal { .. }
        | Type::Time
        | Type::Uuid
        | Type::Enum(_)
        | Type::List(_) => return None,
    })
}

/// Every type and values of it: its ends, what one thinks of, and what nobody does, in any order.
fn columns() -> Vec<(Field, ArrayRef)> {
    let mut types: Vec<Type> = Type::SIMPLE.iter().map(|(_, ty)| ty.clone()).collect();
    let decimals = [(1, 0), (5, 5), (18, 4), (38, 0), (38, 10), (38, 30), (38, 38)];
    types.extend(decimals.map(|(precision, scale)| Type::Decimal { precision, scale }));
    types.push(odd_enum());
    types.push(Type::Enum(["it's \"so\" \\", "Grüße, é"].map(str::to_owned).to_vec()));
    types.extend([Type::Int64, Type::Text].map(|item| Type::List(Box::new(item.optional()))));
    let mut chance = Chance(4_711);
    let column = |(place, ty): (usize, Type)| {
        let mut parts = vec![extremes(&ty)];
        parts.extend(special(&ty));
        let there = parts.iter().map(Array::len).sum::<usize>();
        parts.push(chance.values(&ty, ROWS - there));
        // Lists of the ends name their items otherwise.
        let parts: Vec<ArrayRef> =
            parts.iter().map(|part| arrow::compute::cast(part, &arrow_type(&ty)).unwrap()).collect();
        let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
        let values = concat(&parts).unwrap();
        let mut order: Vec<u32> = (0..ROWS as u32).collect();
        order.sort_by_cached_key(|_| chance.next());
        let values = take(&values, &UInt32Array::from(order), None).unwrap();
        (Field { name: format!("c{place}"), ty: ty.optional(), secret: false }, values)
    };
    types.into_iter().enumerate().map(column).collect()
}

/// Rows of these columns, in the order of a key.
fn keyed(columns: &[(Field, ArrayRef)]) -> (Vec<Field>, RecordBatch) {
    let ids = Int64Array::from_iter_values((0..ROWS as i64).map(|row| row * 1_000_003 - 40_000_000));
    let id =
        (Field { name: "id".into(), ty: Type::Int64.required(), secret: false }, Arc::new(ids) as ArrayRef);
    let (fields, values): (Vec<Field>, Vec<ArrayRef>) =
        [id].into_iter().chain(columns.iter().cloned()).unzip();
    let rows = RecordBatch::try_new(arrow_schema(&fields), values).unwrap();
    (fields, rows)
}

/// A dataset that carries every column from one table to another.
fn carrying(fields: &[Field], old: Vec<String>, new: Vec<String>) -> Dataset {
    let column = |field: &Field| Column {
        name: field.name.clone(),
        ty: field.ty.clone(),
        secret: false,
        expr: Expr::Column { name: field.name.clone(), ty: field.ty.clone() },
    };
    let mut dataset = dataset(&[], fields.iter().map(column).collect(), &[("id", "id")]);
    (dataset.old.path, dataset.new.path) = (old, new);
    dataset
}

/// Copies a table as a run does, chunk by chunk.
async fn copy(old: &Tried, new: &Tried, mapping: &Arc<Mapping>) {
    new.store.data.create(mapping.new_table()).await.unwrap();
    let progress = Arc::new(Progress::new());
    let bounds = trial::chunks(&old.store, mapping.old_table(), CHUNK, None).await.unwrap();
    for (chunk, bounds) in (0..).zip(bounds) {
        let dataset = mapping.new_table().path.concat();
        let receipt = ReceiptKey { plan: Digest::of(b"plan"), dataset, chunk };
        let copied = copy_chunk(&old.store, &new.store, mapping, &bounds, &receipt, &progress).await;
        copied.unwrap_or_else(|error| panic!("{} to {}: {error}", old.kind, new.kind));
    }
}

/// Reads the table and finds it equal to the rows, value by value.
async fn require_same(of: &Tried, table: &Table, rows: &RecordBatch) {
    let found = trial::read_all(&of.store, table).await.unwrap();
    let order = sort_to_indices(found.column(0), None, None).unwrap();
    let found = take_record_batch(&found, &order).unwrap();
    assert_eq!(found.num_rows(), rows.num_rows(), "{}", table.path.join("."));
    let hasher = RowHasher::new(&table.fields);
    for row in 0..rows.num_rows() {
        let (expected, is) = (hasher.values(rows, row).unwrap(), hasher.values(&found, row).unwrap());
        let other = table.fields.iter().enumerate().find(|(place, _)| expected[*place] != is[*place]);
        if let Some((place, field)) = other {
            let [sent, found] =
                [rows, &found].map(|rows| trial::shown_rows(&rows.slice(row, 1))[0][place].clone());
            panic!("{}: {} {} was {sent:?} and is {found:?}", table.path.join("."), field.name, field.ty);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_two_stores_have_goes_there_and_back_unaltered() {
    let folder = tempfile::tempdir().unwrap();
    let (stores, all) = (stores(folder.path()).await, columns());
    for (place, here) in stores.iter().enumerate() {
        for (other, there) in stores.iter().enumerate().skip(place) {
            let accepted = |field: &Field| {
                [here, there].into_iter().all(|tried| tried.store.data.accepts(&field.ty).is_ok())
            };
            let mut columns = Vec::new();
            for (field, values) in all.iter().filter(|(field, _)| accepted(field)) {
                // What one of the two has no form for is null here, and refused in the other test.
                let mut values = Arc::clone(values);
                for tried in [here, there] {
                    let mask = BooleanArray::from(lacks(tried, &field.ty.ty, &values).await);
                    values = nullif(&values, &mask).unwrap();
                }
                columns.push((field.clone(), values));
            }
            assert!(columns.len() >= 21, "{} columns", columns.len());
            let (fields, rows) = keyed(&columns);
            let name = |step: &str| format!("of_{}_{}_{step}", here.kind, there.kind);
            let from =
                Table { path: here.path(&name("old")), fields: fields.clone(), key: vec!["id".into()] };
            here.store.data.create(&from).await.unwrap();
            // A chunk's number is in one receipt of a database.
            let chunk = (place * stores.len() + other) as u64;
            trial::write(&here.store, &from, chunk, vec![rows.clone()], true).await.unwrap();
            require_same(here, &from, &rows).await;
            let moved = carrying(&fields, from.path, there.path(&name("new")));
            let moved = Arc::new(Mapping::new(&moved).unwrap());
            copy(here, there, &moved).await;
            require_same(there, moved.new_table(), &rows).await;
            let back = carrying(&fields, moved.new_table().path.clone(), here.path(&name("back")));
            let back = Arc::new(Mapping::new(&back).unwrap());
            copy(there, here, &back).await;
            require_same(here, back.new_table(), &rows).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_store_has_no_form_for_is_refused_by_name_and_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let all = columns();
    let mut refusals = BTreeMap::new();
    for tried in stores(folder.path()).await {
        for column in &all {
            let (field, values) = column;
            let (fields, rows) = keyed(std::slice::from_ref(column));
            let path = tried.path(&format!("lacks_{}", field.name));
            let table = Table { path, fields, key: vec!["id".into()] };
            if tried.store.data.accepts(&field.ty).is_err() {
                // The plan is refused.
                continue;
            }
            let lacks = lacks(&tried, &field.ty.ty, values).await;
            let lacking: Vec<usize> = (0..ROWS).filter(|row| lacks[*row]).collect();
            if lacking.is_empty() {
                continue;
            }
            tried.store.data.create(&table).await.unwrap();
            for (chunk, row) in (0..).zip(lacking) {
                // The row before it would be kept.
                let from = row.saturating_sub(1);
                let written =
                    trial::write(&tried.store, &table, chunk, vec![rows.slice(from, row - from + 1)], true)
                        .await;
                let Err(StoreError::Refused(said)) = written else {
                    panic!("{}: {} {written:?}", tried.kind, field.ty)
                };
                // Of two that are refused, the first is told.
                let told = (from..=row).any(|row| {
                    let id = trial::shown_rows(&rows.slice(row, 1))[0][0].clone();
                    said.contains(&format!("id {id}"))
                });
                assert!(told && said.contains(&field.name), "{}: {} {said}", tried.kind, field.ty);
                *refusals.entry(tried.kind.to_string()).or_insert(0) += 1;
            }
            assert_eq!(trial::read_all(&tried.store, &table).await.unwrap().num_rows(), 0);
        }
    }
    let refusing: Vec<&str> = refusals.keys().map(String::as_str).collect();
    assert_eq!(refusing, ["mysql", "postgres", "sqlite"], "{refusals:?}");
}
