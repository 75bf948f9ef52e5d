//! Validation over stores in memory: every injected difference is found, and nothing else.

mod chance;

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, StringArray, TimestampMicrosecondArray, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::Int64Type;
use arrow::record_batch::RecordBatch;
use mig_plan::{Column, Expr, FailureKind, Function, KeyValue, Literal, RowDifference};

use super::*;
use crate::arrow_types::arrow_schema;
use crate::eval::tests::{dataset, ty};
use crate::memory_store::MemoryStore;
use crate::store::Field;
use crate::transfer::digest_old;

const COLUMNS: [(&str, &str); 5] =
    [("id", "int64"), ("name", "text?"), ("data", "json?"), ("at", "timestamp?"), ("cents", "int64?")];

fn column(name: &str, of: &str) -> Expr {
    Expr::Column { name: name.to_owned(), ty: ty(of) }
}

fn call(function: Function, args: Vec<Expr>, of: &str) -> Expr {
    Expr::Call { function, args, ty: ty(of) }
}

/// A dataset whose columns are carried as they are, `id` as `key`.
fn carried(keyed: bool) -> Dataset {
    let columns = COLUMNS.map(|(name, of)| Column {
        name: if name == "id" { "key" } else { name }.to_owned(),
        ty: ty(of),
        expr: column(name, of),
        secret: false,
    });
    dataset(&COLUMNS, columns.to_vec(), if keyed { &[("id", "key")] } else { &[] })
}

fn fields() -> Vec<Field> {
    COLUMNS.map(|(name, of)| Field { name: name.to_owned(), ty: ty(of), secret: false }).to_vec()
}

/// Rows with these ids; the same id gives the same row.
fn rows(ids: impl IntoIterator<Item = i64>) -> RecordBatch {
    let ids: Vec<i64> = ids.into_iter().collect();
    let optional = |every: i64| move |id: &i64| (id % every != 0).then_some(*id);
    let names: StringArray = ids.iter().map(|id| optional(5)(id).map(|id| format!("name {id}"))).collect();
    let data: StringArray =
        ids.iter().map(|id| optional(3)(id).map(|id| format!("{{\"id\": {id}}}"))).collect();
    let at: TimestampMicrosecondArray =
        ids.iter().map(|id| optional(7)(id).map(|id| id * 1_000_000)).collect();
    let cents: Int64Array = ids.iter().map(optional(11)).collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(ids)),
        Arc::new(names),
        Arc::new(data),
        Arc::new(at.with_timezone("UTC")),
        Arc::new(cents),
    ];
    RecordBatch::try_new(arrow_schema(&fields()), columns).unwrap()
}

struct World {
    dataset: Dataset,
    mapping: Arc<Mapping>,
    old: Store,
    new: Store,
    progress: Arc<Progress>,
    /// Rows in a chunk of a comparison alone.
    chunk_rows: u64,
}

impl World {
    /// Old and new rows as they are in the stores; the new ones still with old names.
    fn new(dataset: Dataset, old: RecordBatch, new: RecordBatch) -> Self {
        let mapping = Arc::new(Mapping::new(&dataset).unwrap());
        let new = RecordBatch::try_new(arrow_schema(mapping.new_fields()), new.columns().to_vec()).unwrap();
        let new = Arc::new(MemoryStore::with_rows(new, mapping.new_fields())).open(3);
        let old = Arc::new(MemoryStore::with_rows(old, &fields())).open(3);
        Self { dataset, mapping, old, new, progress: Arc::new(Progress::new()), chunk_rows: 97 }
    }

    async fn validate(
        &self,
        rules: &[CheckRule],
        copied: Option<ChunkDigest>,
    ) -> Result<Vec<Verdict>, TransferError> {
        let copied = copied.map(|digest| Hashed { digest, ..Hashed::default() });
        self.validate_copied(rules, copied.as_ref()).await
    }

    async fn validate_copied(
        &self,
        rules: &[CheckRule],
        copied: Option<&Hashed>,
    ) -> Result<Vec<Verdict>, TransferError> {
        let of = Validation {
            dataset: &self.dataset,
            mapping: &self.mapping,
            old: &self.old,
            new: &self.new,
            copied,
            progress: &self.progress,
        };
        validate(rules, of).await
    }

    async fn one(&self, rule: CheckRule) -> Verdict {
        let mut verdicts = self.validate(&[rule], None).await.unwrap();
        assert_eq!(verdicts.len(), 1);
        verdicts.remove(0)
    }

    fn sides(&self, limit: usize) -> Arc<Sides> {
        Arc::new(Sides {
            selection: Selection::all(&self.mapping),
            old: Input { store: self.old.clone(), mapping: Arc::clone(&self.mapping) },
            new: Input { store: self.new.clone(), mapping: Arc::new(self.mapping.read_back()) },
            chunk_rows: self.chunk_rows,
            limit,
            progress: Arc::clone(&self.progress),
            in_store: None,
        })
    }

    /// What a copy of the old table would have hashed, chunk by chunk.
    async fn hashed(&self) -> Hashed {
        let table = self.mapping.old_table();
        let (sender, mut bounds) = tokio::sync::mpsc::channel(1_000);
        self.old.data.chunks(table, self.dataset.chunk_rows, None, sender).await.unwrap();
        let mut hashed = Hashed::default();
        while let Some(bounds) = bounds.recv().await {
            let (sender, mut batches) = tokio::sync::mpsc::channel(1_000);
            self.old.data.read(table, &bounds, sender).await.unwrap();
            let mut digest = ChunkDigest::default();
            while let Some(batch) = batches.recv().await {
                let new = self.mapping.apply(&batch).unwrap();
                let hasher = crate::row_hash::RowHasher::new(self.mapping.new_fields());
                digest = digest.merge(hasher.digest(&new).unwrap());
            }
            hashed.digest = hashed.digest.merge(digest);
            hashed.chunks.push((bounds, digest));
        }
        hashed
    }

    /// The differences, by the hashes of keys in any order.
    async fn find(&self, limit: usize) -> Differences {
        buckets::compare(&self.sides(limit), 1000).await.unwrap().differences
    }

    /// The differences, by ranges of keys.
    async fn find_by_ranges(&self, limit: usize) -> Differences {
        let sides = self.sides(limit);
        assert!(sides.by_ranges());
        ranges::compare(&sides, Chunks::Find(sides.chunk_rows)).await.unwrap().differences
    }
}

/// The keys of differences with the names of the differing columns.
fn summary(differences: &[RowDifference]) -> Vec<(i64, Vec<&str>)> {
    let of = |difference: &RowDifference| match difference.key.as_slice() {
        [KeyValue::Int(key)] => *key,
        other => panic!("an integer key, not {other:?}"),
    };
    let columns = |difference: &'_ RowDifference| difference.columns.len();
    assert!(differences.iter().all(|difference| columns(difference) > 0));
    differences
        .iter()
        .map(|difference| {
            (of(difference), difference.columns.iter().map(|column| column.column.as_str()).collect())
        })
        .collect()
}

/// The rows with a column's value replaced where the id is one of these.
fn changed(rows: &RecordBatch, name: &str, ids: &[i64], value: ArrayRef) -> RecordBatch {
    let all = rows.column_by_name("id").unwrap().as_primitive::<Int64Type>().clone();
    let place = rows.schema().index_of(name).unwrap();
    let ids: BTreeSet<i64> = ids.iter().copied().collect();
    let places: Vec<(usize, usize)> = all
        .values()
        .iter()
        .enumerate()
        .map(|(row, id)| if ids.contains(id) { (1, 0) } else { (0, row) })
        .collect();
    let mut columns = rows.columns().to_vec();
    columns[place] = arrow::compute::interleave(&[columns[place].as_ref(), value.as_ref()], &places).unwrap();
    RecordBatch::try_new(rows.schema(), columns).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_the_injected_differences_are_found() {
    let old = rows((1..=1000).filter(|id| *id != 500));
    // 3 and 400 have other names, 77 is missing, 500 is there alone, 900 has its null filled, 8 other space.
    let new = rows((1..=1000).rev().filter(|id| *id != 77));
    let new = changed(&new, "name", &[3, 400], Arc::new(StringArray::from(vec!["other"])));
    let new = changed(&new, "cents", &[400, 99], Arc::new(Int64Array::from(vec![-1])));
    let new = changed(&new, "data", &[8], Arc::new(StringArray::from(vec!["{ \"id\" : 8 }"])));
    let new = changed(&new, "name", &[900], Arc::new(StringArray::from(vec!["null"])));
    let world = World::new(carried(true), old, new);

    let found = world.find(10).await;
    let all = vec!["key", "name", "data", "at", "cents"];
    assert_eq!(
        summary(&found.rows),
        [
            (3, vec!["name"]),
            (77, all.clone()),
            (99, vec!["cents"]),
            (400, vec!["name", "cents"]),
            (500, all),
            (900, vec!["name"]),
        ]
    );
    assert_eq!((found.changed, found.missing, found.extra, found.complete), (4, 1, 1, true));
    let name = &found.rows[0].columns[0];
    assert_eq!((name.old.as_deref(), name.new.as_deref()), (Some("name 3"), Some("other")));
    let missing = &found.rows[1].columns[1];
    assert_eq!((missing.old.as_deref(), missing.new.as_deref()), (Some("name 77"), None));
    let filled = &found.rows[5].columns[0];
    assert_eq!((filled.old.as_deref(), filled.new.as_deref()), (Some("null"), Some("\"null\"")));
    assert_eq!(world.find(2).await.rows, found.rows[..2]);
    assert_eq!(world.find_by_ranges(10).await, found);

    let verdict = world.one(CheckRule::Checksum { reread: false }).await;
    assert!(!verdict.passed);
    assert_eq!(
        verdict.detail,
        "rows differ: 4 with other values, 1 missing in the new table, 1 in the new table alone"
    );
    assert_eq!(verdict.differences, found.rows);
}

#[tokio::test]
async fn rows_that_are_there_twice_are_found() {
    let old = rows([1, 2, 2, 3]);
    let new = rows([1, 1, 1, 2, 3]);
    let new = changed(&new, "name", &[3], Arc::new(StringArray::from(vec!["other"])));
    let world = World::new(carried(true), old.clone(), new.clone());
    let found = world.find(10).await;
    assert_eq!(world.find_by_ranges(10).await, found);
    let all = vec!["key", "name", "data", "at", "cents"];
    assert_eq!(summary(&found.rows), [(1, all.clone()), (1, all.clone()), (2, all), (3, vec!["name"])]);
    assert_eq!((found.changed, found.missing, found.extra), (1, 1, 2));

    // Without a key a changed row is one that is missing and one that is extra, and the row names itself.
    let found = World::new(carried(false), old, new).find(10).await;
    assert_eq!((found.changed, found.missing, found.extra), (0, 2, 3));
    let keys: Vec<_> = found.rows.iter().map(|row| row.key.clone()).collect();
    let text = |row: &str| vec![KeyValue::Text(row.to_owned())];
    let one = "key 1, name name 1, data {\"id\": 1}, at 1970-01-01T00:00:01Z, cents 1";
    assert_eq!(keys[..2], [text(one), text(one)]);
    assert!(found.rows.iter().all(|row| row.columns.len() == 5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_differences_are_found_with_their_kind() {
    let mut state = 42_u64;
    let mut below = |limit: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % limit
    };
    for _ in 0..10 {
        let (mut old, mut new, mut change) = (Vec::new(), Vec::new(), Vec::new());
        let (mut missing, mut extra) = (Vec::new(), Vec::new());
        for id in 1..=700 {
            match below(60) {
                0 => missing.push(id),
                1 => extra.push(id),
                2 => change.push(id),
                _ => {}
            }
            if extra.last() != Some(&id) {
                old.push(id);
            }
            if missing.last() != Some(&id) {
                new.push(id);
            }
        }
        let shuffled = rows(new.iter().copied());
        let mut order: Vec<u32> = (0..shuffled.num_rows() as u32).collect();
        order.sort_by_cached_key(|_| below(u64::MAX));
        let shuffled = take_record_batch(&shuffled, &UInt32Array::from(order)).unwrap();
        let new = changed(&shuffled, "cents", &change, Arc::new(Int64Array::from(vec![-7])));
        for keyed in [true, false] {
            let world = World::new(carried(keyed), rows(old.iter().copied()), new.clone());
            let found = world.find(usize::MAX).await;
            let (pairs, singles) = if keyed { (change.len(), 0) } else { (0, change.len()) };
            assert_eq!(
                (found.changed, found.missing, found.extra),
                (pairs as u64, (missing.len() + singles) as u64, (extra.len() + singles) as u64)
            );
            if keyed {
                let mut all: Vec<i64> = [&missing[..], &extra[..], &change[..]].concat();
                all.sort_unstable();
                assert_eq!(summary(&found.rows).into_iter().map(|(key, _)| key).collect::<Vec<_>>(), all);
            }
        }
    }
}

#[tokio::test]
async fn what_is_kept_is_bounded() {
    // Every row differs. By ranges of keys they are counted; otherwise only as many are kept as fit, and it is
    // said that there are more.
    let old = rows(1..=40_000);
    let new =
        changed(&old, "name", &(1..=40_000).collect::<Vec<_>>(), Arc::new(StringArray::from(vec!["x"])));
    let mut dataset = carried(true);
    dataset.chunk_rows = 20_000;
    let mut world = World::new(dataset, old, new);
    let verdict = world.one(CheckRule::Checksum { reread: false }).await;
    assert_eq!(verdict.differences.len(), DIFFERENCES_SHOWN);
    assert_eq!(verdict.detail, "rows differ: 40,000 with other values");
    world.chunk_rows = 20_000;
    let found = world.find(10).await;
    assert!((9_000..=10_000).contains(&found.changed) && !found.complete, "{found:?}");

    // Equal rows take the room of one, however many there are.
    let twice = concat_batches(&rows([1]).schema(), &vec![rows([1]); 30_000]).unwrap();
    let found = World::new(carried(false), twice, rows([])).find(10).await;
    assert_eq!((found.missing, found.rows.len(), found.complete), (30_000, 10, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_and_checksums_are_told_with_figures() {
    let old = rows(1..=1234);
    let rules = [CheckRule::RowCount, CheckRule::Checksum { reread: false }];
    let same = World::new(carried(true), old.clone(), old.clone());
    let copied = digest_old(&same.old, &same.mapping, 100, &same.progress).await.unwrap();
    for (copied, to) in [(None, ", both tables read"), (Some(copied), " to what was copied")] {
        let verdicts = same.validate(&rules, copied).await.unwrap();
        assert!(verdicts.iter().all(|verdict| verdict.passed));
        assert_eq!(verdicts[0].detail, "legacy.orders and lake.orders both have 1,234 rows");
        let told = format!("1,234 rows are equal in every column{to}, checksum ");
        assert!(verdicts[1].detail.starts_with(&told), "{}", verdicts[1].detail);
    }
    // Rows that came after the copy are told as what they are.
    let grown = World::new(carried(true), rows(1..=1240), old.clone());
    let verdicts = grown.validate(&rules, Some(copied)).await.unwrap();
    assert_eq!(
        (verdicts[0].passed, verdicts[0].detail.as_str()),
        (
            false,
            "legacy.orders has 1,240 rows, lake.orders 1,234; 1,234 were copied, so the old table has changed since"
        )
    );
    assert!(verdicts[1].passed);
    let verdicts = grown.validate(&rules, None).await.unwrap();
    assert_eq!(verdicts[0].detail, "legacy.orders has 1,240 rows, lake.orders 1,234");
    assert_eq!(verdicts[1].detail, "rows differ: 6 missing in the new table");
    // What the copy hashed is not trusted where the old table is to be read again.
    let again = [CheckRule::RowCount, CheckRule::Checksum { reread: true }];
    let verdicts = same.validate(&again, Some(copied)).await.unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.passed), "{verdicts:?}");
    assert!(verdicts[1].detail.contains("in every column, both tables read"), "{}", verdicts[1].detail);
    let verdicts = grown.validate(&again, Some(copied)).await.unwrap();
    assert!(verdicts[0].detail.ends_with("so the old table has changed since"), "{}", verdicts[0].detail);
    assert_eq!(
        verdicts[1].detail,
        "rows differ: 6 missing in the new table; the old table has changed since it was copied"
    );
    let changed = World::new(carried(true), rows((1..=1233).chain([5_000])), old.clone());
    let verdicts = changed.validate(&rules, Some(copied)).await.unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.passed), "the copy's hashes do not see it");
    let verdicts = changed.validate(&again, Some(copied)).await.unwrap();
    assert!(verdicts[0].passed && !verdicts[1].passed, "{verdicts:?}");

    let empty = World::new(carried(true), rows([]), rows([]));
    let verdicts = empty.validate(&rules, None).await.unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.passed));
    assert_eq!(verdicts[0].detail, "legacy.orders and lake.orders have no rows");
    assert_eq!(verdicts[1].detail, "neither side has rows; their checksums are equal");

    // A copy whose checksum no row explains: the old table was changed back and forth.
    let wrong = ChunkDigest { sum: copied.sum ^ 1, ..copied };
    let verdicts = same.validate(&rules, Some(wrong)).await.unwrap();
    assert!(!verdicts[1].passed && verdicts[1].detail.contains("changed while it was read"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chunk_that_could_not_be_read_is_read_again_and_not_the_whole_table() {
    let mut world = World::new(carried(true), rows(1..=1000), rows([]));
    let failing = |times: usize| {
        let new =
            RecordBatch::try_new(arrow_schema(world.mapping.new_fields()), rows(1..=1000).columns().to_vec());
        let mut store = MemoryStore::with_rows(new.unwrap(), world.mapping.new_fields());
        store.batch_rows = 10;
        store.fail_read_after = Some(7);
        store.failing_reads = times.into();
        Arc::new(store)
    };
    let (twice, always) = (failing(2), failing(usize::MAX));
    let rule = [CheckRule::RowCount, CheckRule::Checksum { reread: true }];
    world.new = twice.open(1);
    let verdicts = world.validate(&rule, None).await.unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.passed), "{verdicts:?}");
    assert_eq!(twice.failing_reads.load(std::sync::atomic::Ordering::SeqCst), 0);
    // What was read in vain is not counted, and was 70 rows each time.
    assert_eq!(world.progress.moved().rows, 2_000);
    assert_eq!(twice.batches_sent.load(std::sync::atomic::Ordering::SeqCst), 100 + 2 * 7);
    world.new = always.open(1);
    let error = world.validate(&rule, None).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (FailureKind::Unavailable, "lake.orders: the cable was pulled")
    );
}

#[tokio::test]
async fn freshness_compares_the_newest() {
    let rule = |within_seconds| CheckRule::Freshness { within_seconds, column: "at".to_owned() };
    // 1000 and 900 are no multiples of 7, so that they have an `at`.
    let behind = World::new(carried(true), rows(1..=1000), rows(1..=900));
    let verdict = behind.one(rule(100)).await;
    assert_eq!(verdict.rule, "freshness within 1m 40s of at");
    assert!(verdict.passed);
    let verdict = behind.one(rule(99)).await;
    assert!(!verdict.passed);
    assert_eq!(
        verdict.detail,
        "the newest at is 1970-01-01T00:15:00Z, the old side's 1970-01-01T00:16:40Z: 1m 40s behind"
    );
    // With a checksum at hand only the one column of the old side is read.
    let copied = Some(ChunkDigest::default());
    let verdicts = behind.validate(&[rule(60), CheckRule::RowCount], copied).await.unwrap();
    assert!(
        !verdicts[0].passed
            && verdicts[1].detail.starts_with("legacy.orders has 1,000 rows, lake.orders 900")
    );

    let nothing = World::new(carried(true), rows([7]), rows([14]));
    assert!(nothing.one(rule(1)).await.passed);
    let lost = World::new(carried(true), rows([8]), rows([7]));
    assert!(!lost.one(rule(1_000_000)).await.passed);
    let ahead = World::new(carried(true), rows([8]), rows([9]));
    assert!(ahead.one(rule(0)).await.passed);

    let wrong = CheckRule::Freshness { within_seconds: 1, column: "name".to_owned() };
    let error = ahead.validate(&[wrong], None).await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::Refused);
}

/// `require` over aggregates; `$n` has the type that the aggregate gives.
fn require(aggregates: Vec<(&str, Option<Expr>)>, condition: Expr) -> CheckRule {
    CheckRule::Require {
        aggregates: aggregates.into_iter().map(|(name, argument)| (name.to_owned(), argument)).collect(),
        condition,
        source: "the condition".to_owned(),
        message: "it was broken".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conditions_hold_over_aggregates_of_the_new_rows() {
    let world = World::new(carried(true), rows([]), rows(1..=1000));
    let cents = || column("cents", "int64?");
    let negative = call(Function::Less, vec![cents(), Expr::int(10)], "bool?");
    let compare =
        |function, name: &str, of: &str, value: Expr| call(function, vec![column(name, of), value], "bool?");

    let rule =
        require(vec![("count_if", Some(negative))], compare(Function::Equal, "$0", "int64", Expr::int(9)));
    let verdict = world.one(rule).await;
    assert_eq!((verdict.passed, verdict.detail.as_str()), (true, "it holds over 1,000 rows; count_if is 9"));
    assert_eq!(verdict.rule, "require the condition");

    let rule = require(vec![("count", None)], compare(Function::Greater, "$0", "int64", Expr::int(1000)));
    let verdict = world.one(rule).await;
    assert_eq!(
        (verdict.passed, verdict.detail.as_str()),
        (false, "it was broken (over 1,000 rows; count is 1000)")
    );

    // 1 … 1000 without the multiples of 11.
    let sum: i64 = (1..=1000).filter(|id| id % 11 != 0).sum();
    let both = call(
        Function::And,
        vec![
            compare(Function::Equal, "$0", "int64?", Expr::int(sum)),
            call(
                Function::And,
                vec![
                    compare(Function::Equal, "$1", "int64?", Expr::int(1)),
                    compare(Function::Equal, "$2", "text?", Expr::text("name 999")),
                ],
                "bool?",
            ),
        ],
        "bool?",
    );
    let aggregates =
        vec![("sum", Some(cents())), ("min", Some(cents())), ("max", Some(column("name", "text?")))];
    let verdict = world.one(require(aggregates, both)).await;
    assert_eq!(verdict.detail, format!("it holds over 1,000 rows; sum is {sum}; min is 1; max is name 999"));

    let decimal = call(Function::Cast, vec![cents()], "decimal(20, 2)?");
    let expected = Expr::Literal { value: Literal::Int(sum), ty: ty("decimal(38, 2)") };
    let rule =
        require(vec![("sum", Some(decimal))], compare(Function::Equal, "$0", "decimal(38, 2)?", expected));
    assert!(world.one(rule).await.passed);
    let float = call(Function::Cast, vec![cents()], "float64?");
    let expected = Expr::Literal { value: Literal::Int(sum), ty: ty("float64") };
    let rule = require(vec![("sum", Some(float))], compare(Function::Equal, "$0", "float64?", expected));
    assert!(world.one(rule).await.passed);
    let newest = Expr::Literal { value: Literal::Text("1970-01-01T00:16:40Z".into()), ty: ty("text") };
    let newest = call(Function::Cast, vec![newest], "timestamp");
    let rule = require(
        vec![("max", Some(column("at", "timestamp?")))],
        compare(Function::Equal, "$0", "timestamp?", newest),
    );
    assert!(world.one(rule).await.passed);
}

#[tokio::test]
async fn conditions_say_when_there_is_nothing_to_hold_over() {
    let empty = World::new(carried(true), rows([]), rows([]));
    let count = call(Function::Equal, vec![column("$0", "int64"), Expr::int(0)], "bool");
    let verdict = empty.one(require(vec![("count", None)], count)).await;
    assert_eq!((verdict.passed, verdict.detail.as_str()), (true, "it holds over no rows; count is 0"));

    let positive = || call(Function::Greater, vec![column("$0", "int64?"), Expr::int(0)], "bool?");
    for world in [empty, World::new(carried(true), rows([]), rows([11]))] {
        for aggregate in ["sum", "min", "max"] {
            let verdict =
                world.one(require(vec![(aggregate, Some(column("cents", "int64?")))], positive())).await;
            assert!(!verdict.passed);
            assert!(
                verdict.detail.contains("neither true nor false")
                    && verdict.detail.ends_with(&format!("; {aggregate} is null)")),
                "{}",
                verdict.detail
            );
        }
    }
}

#[tokio::test]
async fn conditions_that_cannot_be_computed_do_not_hold() {
    let world = World::new(carried(true), rows([]), rows(1..=20));
    let always = || call(Function::IsNull, vec![column("$0", "int64?")], "bool");
    let less_five = call(Function::Subtract, vec![column("key", "int64"), Expr::int(5)], "int64");
    let hazard = call(Function::Divide, vec![Expr::int(60), less_five], "int64");
    let verdict = world.one(require(vec![("sum", Some(hazard))], always())).await;
    assert!(!verdict.passed);
    assert!(
        verdict.detail.starts_with("it cannot be computed over lake.orders: column sum, value "),
        "{}",
        verdict.detail
    );

    let huge = call(
        Function::If,
        vec![
            call(Function::Less, vec![column("key", "int64"), Expr::int(3)], "bool"),
            Expr::int(i64::MAX),
            Expr::int(0),
        ],
        "int64",
    );
    let verdict = world.one(require(vec![("sum", Some(huge))], always())).await;
    assert!(!verdict.passed);
    assert!(verdict.detail.ends_with("the sum does not fit int64"), "{}", verdict.detail);

    for (name, argument) in [
        ("median", Some(column("cents", "int64?"))),
        ("count", Some(column("cents", "int64?"))),
        ("sum", None),
        ("sum", Some(column("name", "text?"))),
        ("min", Some(column("gone", "int64"))),
    ] {
        let error = world.validate(&[require(vec![(name, argument)], always())], None).await.unwrap_err();
        assert_eq!(error.kind(), FailureKind::Refused);
    }
}

#[test]
fn numbers_have_commas() {
    for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
        assert_eq!(thousands(number), text);
    }
    assert_eq!((super::rows(1).as_str(), super::rows(2).as_str()), ("1 row", "2 rows"));
}
