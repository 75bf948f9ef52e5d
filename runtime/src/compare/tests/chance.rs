//! Tables and edits by chance: whatever was edited is found, with its key and columns, and nothing else.

use super::*;
use crate::compare::diff::Comparison;

/// Numbers by chance, the same every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn place(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap()
    }
}

type Edited = (i64, String, i64);

fn batch(rows: &[Edited]) -> RecordBatch {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0))),
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.1))),
        Arc::new(StringArray::new_null(rows.len())),
        Arc::new(TimestampMicrosecondArray::new_null(rows.len()).with_timezone("UTC")),
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.2))),
    ];
    RecordBatch::try_new(arrow_schema(&fields()), columns).unwrap()
}

/// Edits some rows; gives the new rows and what is to be found, by key.
fn edit(chance: &mut Chance, old: &[Edited]) -> (Vec<Edited>, Vec<(i64, Vec<&'static str>)>) {
    let all = ["key", "name", "data", "at", "cents"];
    let whole = || all.iter().copied().filter(|column| !["data", "at"].contains(column)).collect::<Vec<_>>();
    let mut new: Vec<Option<Edited>> = old.iter().cloned().map(Some).collect();
    let mut untouched: Vec<usize> = (0..old.len()).collect();
    let (mut added, mut expected) = (Vec::new(), Vec::new());
    for number in 0..chance.below(12) {
        if untouched.len() < 2 {
            break;
        }
        let mut pick = || untouched.swap_remove(chance.place(untouched.len()));
        let (place, other) = (pick(), pick());
        let key = old[place].0;
        match chance.below(6) {
            0 => {
                new[place].as_mut().unwrap().1.push('!');
                expected.push((key, vec!["name"]));
            }
            1 => {
                new[place].as_mut().unwrap().2 += 1;
                new[place].as_mut().unwrap().1.clear();
                expected.push((key, vec!["name", "cents"]));
            }
            2 => {
                new[place] = None;
                expected.push((key, whole()));
            }
            3 => {
                // Keys are even: an odd one is free.
                let inserted = key + 1 + 2_000_000 * i64::try_from(chance.below(3)).unwrap();
                added.push((inserted, format!("inserted {number}"), 0));
                expected.push((inserted, whole()));
            }
            4 => {
                // Two rows swap a value: the column's values are the same together.
                (new[place].as_mut().unwrap().1, new[other].as_mut().unwrap().1) =
                    (old[other].1.clone(), old[place].1.clone());
                expected.extend([(key, vec!["name"]), (old[other].0, vec!["name"])]);
            }
            _ => {
                added.push(old[place].clone());
                expected.push((key, whole()));
            }
        }
    }
    let mut new: Vec<Edited> = new.into_iter().flatten().chain(added).collect();
    new.sort_by_cached_key(|_| chance.below(u64::MAX >> 33));
    expected.sort();
    (new, expected)
}

/// A row on one side alone is given with the columns that have a value there; the others are null on both.
fn named(found: &Differences) -> Vec<(i64, Vec<&str>)> {
    let mut named: Vec<(i64, Vec<&str>)> = summary(&found.rows)
        .into_iter()
        .map(|(key, columns)| {
            let one_sided = columns.len() == COLUMNS.len();
            let kept = columns.into_iter().filter(|column| !one_sided || !["data", "at"].contains(column));
            (key, kept.collect())
        })
        .collect();
    named.sort();
    named
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_the_edited_keys_and_columns_are_found_whatever_the_chunks() {
    let mut chance = Chance(11);
    for round in 0..60 {
        let rows = [0, 1, 2, 40, 900, 5_000][chance.place(6)];
        let old: Vec<Edited> = (0..rows).map(|id| (2 * id - 700, format!("name {id}"), id % 7)).collect();
        let (new, expected) = edit(&mut chance, &old);
        let mut world = World::new(carried(true), batch(&old), batch(&new));
        world.chunk_rows = [1, 7, 97, 1_000, 10_000][chance.place(5)].max(u64::try_from(rows / 50).unwrap());
        for found in [world.find(usize::MAX).await, world.find_by_ranges(usize::MAX).await] {
            assert_eq!(named(&found), expected, "round {round}");
            assert!(found.complete && found.count() == expected.len() as u64);
        }
        // The first of them are described, and all are counted.
        let first = world.find_by_ranges(2).await;
        assert_eq!(first.rows.len(), expected.len().min(2));
        assert_eq!(first.count(), expected.len() as u64);
        assert!(first.rows.iter().zip(&expected).all(|(row, (key, _))| row.key == [KeyValue::Int(*key)]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_validation_reads_the_old_table_again_only_where_the_copy_no_longer_holds() {
    let old: Vec<Edited> = (0..10_000).map(|id| (id, format!("name {id}"), 0)).collect();
    let mut new = old.clone();
    new[4_321].2 = 5;
    let mut dataset = carried(true);
    dataset.chunk_rows = 500;
    let world = World::new(dataset, batch(&old), batch(&new));
    let copied = world.hashed().await;
    assert_eq!(copied.chunks.len(), 20);
    let before = world.progress.moved().rows;
    let verdict = world
        .validate_copied(&[CheckRule::Checksum { reread: false }], Some(&copied))
        .await
        .unwrap()
        .remove(0);
    assert_eq!(verdict.detail, "rows differ: 1 with other values");
    assert_eq!(summary(&verdict.differences), [(4_321, vec!["cents"])]);
    // All of the new table, then the one chunk of both sides, and its one piece again.
    assert_eq!(world.progress.moved().rows - before, 10_000 + 4 * 500);
}

fn diff_of<'a>(world: &'a World, new: &'a Arc<Mapping>) -> Diff<'a> {
    Diff {
        old: (&world.old, &world.mapping),
        new: (&world.new, new),
        columns: None,
        condition: None,
        sample: None,
        chunk_rows: 97,
        limit: 10,
        progress: &world.progress,
        watched: false,
    }
}

fn world_of_changes() -> World {
    let old: Vec<Edited> = (0..3_000).map(|id| (id, format!("name {id}"), id % 10)).collect();
    let mut new = old.clone();
    for row in &mut new {
        if row.0 % 100 == 3 {
            row.1.push('!');
        }
    }
    World::new(carried(true), batch(&old), batch(&new))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_out_is_counted_on_both_sides() {
    let world = world_of_changes();
    let new = Arc::new(world.mapping.read_back());
    let of = diff_of(&world, &new);
    let found: Comparison = diff(of).await.unwrap();
    assert_eq!((found.differences.changed, found.is_equal(), found.old.digest.rows), (30, false, 3_000));

    let equal = |value: i64| Expr::Call {
        function: Function::Equal,
        args: vec![column("cents", "int64?"), Expr::int(value)],
        ty: ty("bool?"),
    };
    for (value, changed) in [(3, 30), (4, 0)] {
        let found = diff(Diff { condition: Some(&equal(value)), ..of }).await.unwrap();
        assert_eq!((found.differences.changed, found.is_equal()), (changed, changed == 0));
        let Compared { read, outside, unsampled, digest } = found.new;
        assert_eq!((read, outside, unsampled, digest.rows), (3_000, 2_700, 0, 300));
    }

    let columns = ["cents".to_owned()];
    let found = diff(Diff { columns: Some(&columns), ..of }).await.unwrap();
    assert!(found.is_equal());
    assert_eq!(found.old.digest.rows, 3_000);

    for sample in [Sample::Share(0.2), Sample::Rows(600)] {
        let found = diff(Diff { sample: Some(sample), ..of }).await.unwrap();
        assert!((450..750).contains(&found.old.digest.rows), "{found:?}");
        assert_eq!(found.old.digest.rows + found.old.unsampled, 3_000);
        assert_eq!(found.old.digest.rows, found.new.digest.rows);
        assert!((1..15).contains(&found.differences.changed));
    }
    for sample in [Sample::Share(1.0), Sample::Rows(5_000)] {
        let found = diff(Diff { sample: Some(sample), ..of }).await.unwrap();
        assert_eq!((found.old.unsampled, found.differences.changed), (0, 30));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_condition_without_a_value_names_its_row() {
    let world = world_of_changes();
    let new = Arc::new(world.mapping.read_back());
    let divided = Expr::Call {
        function: Function::Divide,
        args: vec![Expr::int(1), column("cents", "int64?")],
        ty: ty("int64?"),
    };
    let condition =
        Expr::Call { function: Function::Greater, args: vec![divided, Expr::int(0)], ty: ty("bool?") };
    let error = diff(Diff { condition: Some(&condition), ..diff_of(&world, &new) }).await.unwrap_err();
    assert!(error.to_string().contains("the condition"), "{error}");
}
