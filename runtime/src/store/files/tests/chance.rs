//! Files and values by chance, always the same ones: what no one would think of writing down.

use super::*;
use crate::store::files::json;
use crate::store::is_decoding;

/// A generator of numbers by chance (xorshift), the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn text(&mut self, of: &[&str], longest: usize) -> String {
        (0..self.below(longest + 1)).map(|_| self.pick(of)).collect()
    }
}

#[tokio::test]
async fn texts_of_troublesome_characters_survive() {
    let of =
        ["\"", ",", "\n", "\r", "\r\n", " ", "a", "\\", "\0", "é", "😀", "{", "}", ":", "null", "\u{feff}"];
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for kind in KINDS {
        let root = tempfile::tempdir().unwrap();
        let store = store(kind, root.path()).await;
        let table = table("t", &[("a", "text?"), ("b", "text"), ("c", "text?")]);
        store.data.create(&table).await.unwrap();
        let mut texts = |nulls: bool| -> Vec<Option<String>> {
            (0..3_000).map(|_| (!nulls || chance.below(3) > 0).then(|| chance.text(&of, 6))).collect()
        };
        let columns = [("text?", texts(true)), ("text", texts(false)), ("text?", texts(true))];
        let arrays = columns
            .iter()
            .map(|(ty, values)| column(ty, &values.iter().map(Option::as_deref).collect::<Vec<_>>()))
            .collect();
        let rows = batch(&table, arrays);
        write(&store, &table, &receipt(0), std::slice::from_ref(&rows), true).await.unwrap();
        assert_eq!(read_all(&store, &table).await.unwrap(), rows, "{kind}");
        let mut row = 0;
        for bounds in chunks(&store, &table, 113, None).await {
            let some = read(&store, &table, &bounds).await.unwrap();
            assert_eq!(some, rows_of(&rows, row..row + some.num_rows()), "{kind} from {row}");
            row += some.num_rows();
        }
        assert_eq!(row, 3_000);
    }
}

#[tokio::test]
async fn csv_that_is_accepted_reads_as_another_reader_reads_it() {
    let root = tempfile::tempdir().unwrap();
    let store = store(StoreKind::Csv, root.path()).await;
    fs::create_dir(root.path().join("data")).unwrap();
    let table = table("t", &[("a", "text?"), ("b", "text?")]);
    let mut chance = Chance(0x2545_f491_4f6c_dd1d);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..4_000 {
        let rows = chance.below(4);
        let mut content = "a,b\n".to_owned();
        for _ in 0..rows {
            let cell = ["x", "\"\"", "\"x\"", "\"x,\n\"", "\"\"\"\"", "", " ", "x\"", "\r", "\"x"];
            content += chance.pick(&cell);
            content += chance.pick(&[",", ",", ",", ",", ",", ",", "", "\n", ",,"]);
            content += chance.pick(&cell);
            content += chance.pick(&["\n", "\n", "\r\n", "\n\n", ""]);
        }
        fs::write(root.path().join("data/t.csv"), &content).unwrap();
        let misfits = store.data.misfits(&table, 1).await.unwrap();
        let Ok(found) = read_all(&store, &table).await else {
            refused += 1;
            assert_eq!(misfits.len(), 1, "{content:?}");
            continue;
        };
        accepted += 1;
        assert_eq!(misfits, [], "{content:?}");
        let mut reader = csv::ReaderBuilder::new().from_reader(content.as_bytes());
        let others: Vec<_> = reader.records().map(|record| record.unwrap()).collect();
        assert_eq!(found.num_rows(), others.len(), "{content:?}");
        for (row, other) in others.iter().enumerate() {
            for (column, cell) in other.iter().enumerate() {
                let own = arrow::array::AsArray::as_string::<i32>(found.column(column));
                let own = if arrow::array::Array::is_null(own, row) { "" } else { own.value(row) };
                assert_eq!(own, cell, "{content:?}");
            }
        }
        assert_eq!(store.data.estimate(&table.path).await.unwrap().rows, others.len() as u64);
    }
    assert!(accepted > 300 && refused > 300, "{accepted} {refused}");
}

#[test]
fn json_is_accepted_exactly_when_another_reader_accepts_it() {
    let of = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"a\"",
        "\"\\u00e9\"",
        "\\",
        "\\n",
        "0",
        "1",
        "-",
        ".5",
        ".",
        "e",
        "E+",
        "1e5",
        "true",
        "false",
        "null",
        " ",
        "\n",
        "\t",
        "\u{1}",
        "é",
        "nul",
        "{\"a\":",
        "[1,",
    ];
    let mut chance = Chance(0x1234_5678_9abc_def1);
    let mut accepted = 0;
    for _ in 0..300_000 {
        let text = chance.text(&of, 9);
        let other = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        assert_eq!(json::value(&text).is_ok(), other, "{text:?}");
        let object = other && text.trim_start().starts_with('{');
        let told = json::members::<json::Flaw>(&text, |_, _| Ok(()));
        assert_eq!(told.is_ok(), object, "{text:?}");
        accepted += u32::from(other);
    }
    assert!(accepted > 3_000, "{accepted}");
}

#[tokio::test]
async fn a_damaged_file_is_told_as_one() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !is_decoding() {
            hook(info);
        }
    }));
    let mut chance = Chance(0x0bad_cafe_1234_5678);
    let told_of = |told: Result<(), StoreError>| match told {
        Ok(()) => 0,
        Err(StoreError::Refused(said)) => {
            assert!(said.contains("t.parquet") || said.contains("t.arrow"), "{said}");
            1
        }
        Err(other) => panic!("{other:?}"),
    };
    for (kind, file) in [(StoreKind::Parquet, "t.parquet"), (StoreKind::Arrow, "t.arrow")] {
        let root = tempfile::tempdir().unwrap();
        let made = store(kind, root.path()).await;
        let table = table("t", &[("n", "int64"), ("s", "text?"), ("d", "decimal(9, 2)?")]);
        made.data.create(&table).await.unwrap();
        let texts: Vec<_> = (0..500).map(|n| (n % 3 > 0).then(|| format!("text {n}"))).collect();
        let numbers: Vec<_> = (0..500).map(|n| Some(n.to_string())).collect();
        let of = |ty, values: &[Option<String>]| {
            column(ty, &values.iter().map(Option::as_deref).collect::<Vec<_>>())
        };
        let rows = vec![of("int64", &numbers), of("text?", &texts), of("decimal(9, 2)?", &numbers)];
        write(&made, &table, &receipt(0), &[batch(&table, rows)], true).await.unwrap();
        let extension = format!(".{}", file.rsplit('.').next().unwrap());
        let whole =
            tree(&root.path().join("data/t")).into_iter().find(|(name, _)| name.ends_with(&extension));
        let whole = whole.unwrap().1;
        let mut told = 0;
        for _ in 0..600 {
            let mut bytes = whole.clone();
            for _ in 0..=chance.below(3) {
                // Half of them where the file says what it holds.
                let from = if chance.below(2) == 0 { bytes.len() - bytes.len() / 8 } else { 0 };
                let place = from + chance.below(bytes.len() - from);
                bytes[place] = u8::try_from(chance.below(256)).unwrap();
            }
            let root = tempfile::tempdir().unwrap();
            fs::create_dir(root.path().join("data")).unwrap();
            fs::write(root.path().join("data").join(file), &bytes).unwrap();
            let store = store(kind, root.path()).await;
            told += told_of(store.data.schema(None).await.map(drop));
            told += told_of(store.data.misfits(&table, 3).await.map(drop));
            told += told_of(read_all(&store, &table).await.map(drop));
        }
        assert!(told > 300, "{kind}: {told}");
    }
}
