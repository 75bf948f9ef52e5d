//! Arrow IPC files that others wrote.

use arrow::array::{
    Array, AsArray, BinaryViewArray, Decimal64Array, Decimal256Array, DictionaryArray, FixedSizeBinaryArray,
    FixedSizeListArray, Int64Array, IntervalYearMonthArray, LargeListArray, LargeStringArray, StringArray,
    StringViewArray, TimestampNanosecondArray, UInt64Array,
};
use arrow::datatypes::{DataType, Field as ArrowField, Int32Type, Int64Type, Schema, i256};
use arrow::ipc::CompressionType;
use arrow::ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};

use super::*;

/// A store with one file of these batches.
async fn with(batches: &[RecordBatch], compression: Option<CompressionType>) -> (tempfile::TempDir, Store) {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("data")).unwrap();
    let file = fs::File::create(root.path().join("data/t.arrow")).unwrap();
    let options = IpcWriteOptions::default().try_with_compression(compression).unwrap();
    let mut writer = FileWriter::try_new_with_options(file, &batches[0].schema(), options).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.finish().unwrap();
    let store = store(StoreKind::Arrow, root.path()).await;
    (root, store)
}

fn of(columns: Vec<(ArrowField, ArrayRef)>) -> RecordBatch {
    let (fields, arrays): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

fn extension(field: ArrowField, name: &str) -> ArrowField {
    field.with_metadata([("ARROW:extension:name", name)])
}

#[tokio::test]
async fn columns_are_read_however_their_values_are_kept() {
    let column = |name: &str, array: ArrayRef| {
        (ArrowField::new(name, array.data_type().clone(), array.null_count() > 0), array)
    };
    let labels: DictionaryArray<Int32Type> = vec![Some("open"), None, Some("open")].into_iter().collect();
    let uuids = FixedSizeBinaryArray::try_from_iter([[1_u8; 16], [2; 16], [3; 16]].into_iter()).unwrap();
    let lists = LargeListArray::from_iter_primitive::<Int64Type, _, _>([
        Some(vec![Some(1), None]),
        None,
        Some(vec![]),
    ]);
    let pairs = FixedSizeListArray::from_iter_primitive::<Int64Type, _, _>(
        [Some(vec![Some(1), Some(2)]), None, Some(vec![None, Some(4)])],
        2,
    );
    let mut batch = vec![
        column("labels", Arc::new(labels)),
        column("large", Arc::new(LargeStringArray::from(vec!["a", "", "é"]))),
        column(
            "view",
            Arc::new(StringViewArray::from(vec![Some("b"), None, Some("a text that is not short")])),
        ),
        column("bytes", Arc::new(BinaryViewArray::from(vec![&b"\xff"[..], b"", b"x"]))),
        column(
            "money",
            Arc::new(Decimal64Array::from(vec![1, -2, 3]).with_precision_and_scale(9, 2).unwrap()),
        ),
        column("count", Arc::new(UInt64Array::from(vec![0, 1, u64::MAX]))),
        column("lists", Arc::new(lists)),
        column("pairs", Arc::new(pairs)),
        column(
            "when",
            Arc::new(TimestampNanosecondArray::from(vec![0, 1_000, -1_000]).with_timezone("+02:00")),
        ),
        column("id", Arc::new(uuids)),
        column("more", Arc::new(StringArray::from(vec!["{}", "[1]", "null"]))),
    ];
    for (place, name) in [(9, "arrow.uuid"), (10, "arrow.json")] {
        batch[place].0 = extension(batch[place].0.clone(), name);
    }
    let batch = of(batch);
    let columns = [
        ("labels", "text?"),
        ("large", "text"),
        ("view", "text?"),
        ("bytes", "bytes"),
        ("money", "decimal(9, 2)"),
        ("count", "decimal(20, 0)"),
        ("lists", "list(int64?)?"),
        ("pairs", "list(int64?)?"),
        ("when", "timestamp"),
        ("id", "uuid"),
        ("more", "json"),
    ];
    for compression in [None, Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD)] {
        let (_root, store) = with(&[batch.clone(), batch.clone()], compression).await;
        let schema = store.data.schema(Some(&[path("t")])).await.unwrap();
        let found: Vec<_> = schema.tables[&path("t")]
            .columns
            .iter()
            .map(|column| (column.name.clone(), column.ty.as_ref().unwrap().to_string()))
            .collect();
        assert_eq!(found, columns.map(|(name, ty)| (name.to_owned(), ty.to_owned())));
        let rows = read_all(&store, &table("t", &columns)).await.unwrap();
        assert_eq!(rows.num_rows(), 6);
        assert_eq!(rows.column(2).as_string::<i32>().value(5), "a text that is not short");
        assert_eq!(
            rows.column(5).as_primitive::<arrow::datatypes::Decimal128Type>().value(2),
            i128::from(u64::MAX)
        );
        assert_eq!(store.data.estimate(&path("t")).await.unwrap().rows, 6);
    }
}

#[tokio::test]
async fn what_has_no_type_or_no_exact_value_is_told() {
    let interval: ArrayRef = Arc::new(IntervalYearMonthArray::from(vec![1, 2]));
    let whole: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![1_000, 1_001]));
    let text: ArrayRef = Arc::new(StringArray::from(vec!["{}", "{"]));
    let (_root, store) = with(
        &[of(vec![
            (ArrowField::new("span", interval.data_type().clone(), false), interval),
            (ArrowField::new("when", whole.data_type().clone(), false), whole),
            (extension(ArrowField::new("more", DataType::Utf8, false), "arrow.json"), text),
        ])],
        None,
    )
    .await;
    let schema = store.data.schema(Some(&[path("t")])).await.unwrap();
    assert_eq!(schema.tables[&path("t")].columns[0].ty, None);
    let table = table("t", &[("when", "datetime"), ("more", "json")]);
    let misfits = store.data.misfits(&table, 9).await.unwrap();
    let told: Vec<_> =
        misfits.iter().map(|misfit| (misfit.column.as_str(), misfit.key[1].to_string())).collect();
    assert_eq!(told, [("when", "2".to_owned()), ("more", "2".to_owned())]);
    let text = refused(read_all(&store, &table).await);
    assert!(
        text.contains("t.arrow row 2, column `when`") && text.contains("finer than microseconds"),
        "{text}"
    );
    let text = refused(read_all(&store, &super::table("t", &[("span", "text")])).await);
    assert!(text.contains("Interval"), "{text}");
}

#[tokio::test]
async fn a_decimal_with_more_digits_than_its_type_is_told() {
    let values = [i256::from_i128(-5), i256::from_i128(10_i128.pow(38)), i256::MAX, i256::MIN];
    let decimals = Decimal256Array::from(values.to_vec()).with_precision_and_scale(38, 2).unwrap();
    let field = ArrowField::new("d", decimals.data_type().clone(), false);
    let (_root, store) = with(&[of(vec![(field, Arc::new(decimals))])], None).await;
    let table = table("t", &[("d", "decimal(38, 2)")]);
    let misfits = store.data.misfits(&table, 9).await.unwrap();
    let rows: Vec<_> = misfits.iter().map(|misfit| misfit.key[1].to_string()).collect();
    assert_eq!(rows, ["2", "3", "4"]);
    assert_eq!(misfits[0].value, "1000000000000000000000000000000000000.00");
    let text = refused(read_all(&store, &table).await);
    assert!(text.contains("t.arrow row 2, column `d`") && text.contains("more digits"), "{text}");
}

#[tokio::test]
async fn what_is_no_whole_file_is_refused() {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..1_000));
    let labels: DictionaryArray<Int32Type> = (0..1_000).map(|n| if n % 2 == 0 { "a" } else { "b" }).collect();
    let batch = of(vec![
        (ArrowField::new("n", DataType::Int64, false), numbers),
        (ArrowField::new("l", labels.data_type().clone(), false), Arc::new(labels)),
    ]);
    let (root, store) = with(std::slice::from_ref(&batch), Some(CompressionType::ZSTD)).await;
    let file = root.path().join("data/t.arrow");
    let whole = fs::read(&file).unwrap();
    let table = table("t", &[("n", "int64"), ("l", "text")]);
    let rows = read_all(&store, &table).await.unwrap();

    let mut stream = StreamWriter::try_new(fs::File::create(&file).unwrap(), &batch.schema()).unwrap();
    stream.write(&batch).unwrap();
    stream.finish().unwrap();
    let text = refused(store.data.schema(Some(&[path("t")])).await);
    assert!(text.contains("t.arrow: this is no Arrow IPC file"), "{text}");
    for length in (0..whole.len()).step_by(7) {
        fs::write(&file, &whole[..length]).unwrap();
        refused(store.data.schema(Some(&[path("t")])).await);
    }
    // A file of which some byte is another is refused or read, and ends nothing else.
    for place in (8..whole.len()).step_by(11) {
        let mut broken = whole.clone();
        broken[place] ^= 0x55;
        fs::write(&file, &broken).unwrap();
        if let Ok(found) = read_all(&store, &table).await {
            assert!(found.num_rows() <= rows.num_rows());
        }
    }
}
