//! What the columns of a table hold, for a store that keeps no statistics of its own: counted in its first rows, in one
//! statement whose result is nothing but numbers.

use mig_plan::ColumnStatistics;

/// So many rows are looked at.
const FIRST: u64 = 10_000;

/// A statement that counts, in the first rows of a table, the rows, and for each column the values and those that differ.
/// Table and columns are as they stand in a statement, a column as one of `t`.
pub(super) fn counting(table: &str, columns: &[String]) -> String {
    let listed = |part: &dyn Fn((usize, &String)) -> String| {
        columns.iter().enumerate().map(part).collect::<Vec<_>>().join(", ")
    };
    let counts = listed(&|(place, _)| format!("count(s.c{place}), count(distinct s.c{place})"));
    let taken = listed(&|(place, column)| format!("{column} as c{place}"));
    format!("select count(*), {counts} from (select {taken} from {table} t limit {FIRST}) s")
}

/// What that statement's numbers say. How many values differ is told only where all rows were looked at: of the first ones
/// alone nothing would follow for the others.
pub(super) fn counted(path: &[String], columns: &[String], counts: &[u64]) -> Vec<ColumnStatistics> {
    let Some((rows, of_columns)) = counts.split_first().filter(|(rows, _)| **rows > 0) else {
        return Vec::new();
    };
    let statistics = columns.iter().zip(of_columns.chunks_exact(2)).filter_map(|(column, counts)| {
        let [values, distinct] = counts else { return None };
        let null_share = rows.saturating_sub(*values) as f64 / *rows as f64;
        let distinct = (*rows < FIRST).then_some(*distinct);
        Some(ColumnStatistics::new(path, column.clone(), null_share, distinct))
    });
    statistics.collect()
}

#[cfg(test)]
mod tests {
    use super::{FIRST, counted, counting};

    #[test]
    fn a_statement_counts_every_column_of_the_first_rows() {
        let columns = ["t.`a`", "t.`b`"].map(str::to_owned);
        assert_eq!(
            counting("`x`", &columns),
            "select count(*), count(s.c0), count(distinct s.c0), count(s.c1), count(distinct s.c1) from (select t.`a` as c0, t.`b` as c1 from `x` t limit 10000) s"
        );
    }

    #[test]
    fn values_that_differ_are_told_where_all_rows_were_seen() {
        let (path, columns) = (["x".to_owned()], ["a".to_owned(), "b".to_owned()]);
        let told = |rows: u64| {
            let all = counted(&path, &columns, &[rows, rows, 3, 0, 0]);
            all.into_iter().map(|one| (one.column, one.null_percent, one.distinct)).collect::<Vec<_>>()
        };
        assert_eq!(told(10), [("a".to_owned(), 0, Some(3)), ("b".to_owned(), 100, Some(0))]);
        assert_eq!(told(FIRST), [("a".to_owned(), 0, None), ("b".to_owned(), 100, None)]);
        assert_eq!(told(0), []);
    }
}
