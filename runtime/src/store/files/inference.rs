//! Types of columns that nobody declared, from every value there is.
//!
//! Takes the values of whole files, never a sample; gives the narrowest type that loses nothing of any of
//! them, their spelling included: `007` and `1.50` stay text in CSV. The rules stand in `docs/stores.md`.

use std::collections::HashMap;

use mig_plan::schema::SchemaColumn;
use mig_plan::{ColumnType, TableSchema, Type};

use super::json::{self, Flaw, Kind, Value};
use super::literal;

/// Integers up to this are exact as a 64-bit float.
const EXACT: u64 = 1 << 53;

/// How deep lists of lists may be; what is deeper is `json`. Nobody has a column of such, and each level is gone through for
/// itself.
const DEEPEST: usize = 16;

/// What a column's values so far can be.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Guess {
    /// No value yet.
    Nothing,
    /// `true` and `false`.
    Bool,
    /// 64-bit integers; whether all are exact as floats.
    Integer {
        /// At most 2^53 from zero.
        exact: bool,
    },
    /// JSON numbers that a 64-bit float keeps every digit of.
    Float,
    /// One of the types that text can spell: `date`, `datetime`, `timestamp`, `uuid`.
    Spelled(Type),
    /// Any text.
    Text,
    /// JSON arrays of one type, and whether an item is null.
    List(Box<Guess>, bool),
    /// Any JSON.
    Json,
    /// What a typed file declares: its own name of the type, and the type where there is one.
    Declared(String, Option<Type>),
}

impl Guess {
    /// What a cell of CSV can be.
    pub(super) fn cell(text: &str) -> Self {
        match text {
            "true" | "false" => Self::Bool,
            _ if is_canonical_integer(text) && text.parse::<i64>().is_ok() => integer(text),
            _ => Self::string(text),
        }
    }

    /// What a text in quotes can be.
    fn string(text: &str) -> Self {
        // Cheap questions first: most text is none of these.
        let bytes = text.as_bytes();
        if !matches!(bytes.first(), Some(b'0'..=b'9' | b'a'..=b'f')) {
            return Self::Text;
        }
        if bytes.len() == 36 && literal::uuid(text).is_ok() && !bytes.iter().any(u8::is_ascii_uppercase) {
            Self::Spelled(Type::Uuid)
        } else if bytes.get(4) != Some(&b'-') {
            Self::Text
        } else if literal::date(text).is_ok() {
            Self::Spelled(Type::Date)
        } else if literal::datetime(text).is_ok() {
            Self::Spelled(Type::Datetime)
        } else if text.ends_with('Z') && literal::timestamp(text).is_ok() {
            // With an offset it stays text: an instant would not keep it.
            Self::Spelled(Type::Timestamp)
        } else {
            Self::Text
        }
    }

    /// What a JSON value can be; `None` for null.
    pub(super) fn json(value: Value<'_>) -> Option<Self> {
        Self::nested(value, DEEPEST)
    }

    /// The same with so many more levels of lists at the most.
    fn nested(value: Value<'_>, levels: usize) -> Option<Self> {
        Some(match value.kind {
            Kind::Null => return None,
            Kind::Bool => Self::Bool,
            Kind::Number if is_canonical_integer(value.raw) && value.raw.parse::<i64>().is_ok() => {
                integer(value.raw)
            }
            Kind::Number if keeps_digits(value.raw) => Self::Float,
            Kind::Number | Kind::Object => Self::Json,
            Kind::Array if levels == 0 => Self::Json,
            Kind::Text => value.text().map_or(Self::Text, |text| Self::string(&text)),
            Kind::Array => {
                let (mut items, mut nulls) = (Self::Nothing, false);
                // The text was read as an array before, so that it has no flaw.
                let read = json::elements::<Flaw>(value.raw, |item| {
                    match Self::nested(item, levels - 1) {
                        Some(item) => items.merge(item),
                        None => nulls = true,
                    }
                    Ok(())
                });
                if read.is_err() || items == Self::Json {
                    Self::Json
                } else {
                    Self::List(Box::new(items), nulls)
                }
            }
        })
    }

    /// Takes in what another value can be.
    pub(super) fn merge(&mut self, other: Self) {
        use Guess::{Bool, Declared, Float, Integer, Json, List, Nothing, Spelled, Text};
        *self = match (std::mem::replace(self, Nothing), other) {
            (one, other) if one == other => one,
            (Nothing, other) | (other, Nothing) => other,
            (Integer { exact: a }, Integer { exact: b }) => Integer { exact: a && b },
            (Integer { exact: true }, Float) | (Float, Integer { exact: true }) => Float,
            (Spelled(_) | Text, Spelled(_) | Text) => Text,
            (List(mut a, m), List(b, n)) => {
                a.merge(*b);
                if *a == Json { Json } else { List(a, m || n) }
            }
            (Declared(a, _), Declared(b, _)) => Declared(format!("{a} in some files, {b} in others"), None),
            (
                Bool | Integer { .. } | Float | Spelled(_) | Text | List(..) | Json | Declared(..),
                Bool | Integer { .. } | Float | Spelled(_) | Text | List(..) | Json | Declared(..),
            ) => Json,
        };
    }

    /// The type, and the store's name of it. `otherwise` is what differing values are together.
    fn ty(&self, otherwise: &Type) -> (String, Option<Type>) {
        let ty = match self {
            Self::Nothing | Self::Text => Type::Text,
            Self::Bool => Type::Bool,
            Self::Integer { .. } => Type::Int64,
            Self::Float => Type::Float64,
            Self::Spelled(ty) => ty.clone(),
            Self::List(item, nulls) => match item.ty(otherwise).1 {
                // A null among items of type json could be either.
                Some(Type::Json) | None => Type::Json,
                Some(ty) => Type::List(Box::new(ColumnType { ty, nullable: *nulls })),
            },
            Self::Json => otherwise.clone(),
            Self::Declared(native, ty) => return (native.clone(), ty.clone()),
        };
        (ty.to_string(), Some(ty))
    }
}

fn integer(text: &str) -> Guess {
    Guess::Integer { exact: text.parse::<i64>().is_ok_and(|value| value.unsigned_abs() <= EXACT) }
}

/// Whether an integer's text is the one that would be written again.
fn is_canonical_integer(text: &str) -> bool {
    match text.strip_prefix('-').unwrap_or(text).as_bytes() {
        [b'0'] => text.len() == 1,
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// Whether the float nearest to a number is written with the same digits, but for zeros that count nothing.
fn keeps_digits(text: &str) -> bool {
    let Ok(value) = literal::float64(text) else { return false };
    let mut written = Vec::new();
    literal::put_float64(value, &mut written);
    String::from_utf8(written).is_ok_and(|written| digits(&written) == digits(text))
}

/// A number's sign, digits from the first to the last that is not zero, and the place of the last one.
fn digits(text: &str) -> (bool, Vec<u8>, i64) {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut place =
        exponent.parse::<i64>().unwrap_or(i64::MAX).saturating_sub_unsigned(fraction.len() as u64);
    let mut digits: Vec<u8> =
        whole.bytes().chain(fraction.bytes()).skip_while(|byte| *byte == b'0').collect();
    while digits.last() == Some(&b'0') {
        digits.pop();
        place = place.saturating_add(1);
    }
    if digits.is_empty() {
        place = 0;
    }
    (negative, digits, place)
}

/// The columns of a file or of several, and what their values can be.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    columns: Vec<Column>,
    places: HashMap<String, usize>,
    rows: u64,
}

#[derive(Debug, Clone)]
struct Column {
    name: String,
    guess: Guess,
    /// In how many rows there is a value.
    values: u64,
    /// Whether the file itself says that values may be missing.
    optional: bool,
}

impl Columns {
    /// The place of a column, which is made when it is new.
    pub(super) fn place(&mut self, name: &str) -> usize {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.columns.len();
        self.places.insert(name.to_owned(), place);
        let name = name.to_owned();
        self.columns.push(Column { name, guess: Guess::Nothing, values: 0, optional: false });
        place
    }

    /// The name of the column at a place.
    pub(super) fn name(&self, place: usize) -> Option<&str> {
        self.columns.get(place).map(|column| column.name.as_str())
    }

    /// How many columns there are.
    pub(super) fn len(&self) -> usize {
        self.columns.len()
    }

    /// Takes in a value of a column.
    pub(super) fn value(&mut self, place: usize, guess: impl FnOnce() -> Guess) {
        let column = &mut self.columns[place];
        column.values += 1;
        // Nothing widens these any more.
        if !matches!(column.guess, Guess::Json) {
            column.guess.merge(guess());
        }
    }

    /// Whether a column of cells is text already, so that its values need not be looked at any more.
    pub(super) fn is_text(&self, place: usize) -> bool {
        matches!(self.columns[place].guess, Guess::Text | Guess::Json)
    }

    /// Ends a row: a column without a value in it has a null there.
    pub(super) fn end_row(&mut self) {
        self.rows += 1;
    }

    /// Takes in a column as a typed file declares it.
    pub(super) fn declare(&mut self, name: &str, native: String, ty: Option<Type>, optional: bool) {
        let place = self.place(name);
        self.columns[place].optional = optional;
        self.columns[place].guess = Guess::Declared(native, ty);
    }

    /// Takes in a column that is in no file: the names of folders have its values, `None` for a missing one. All files
    /// are taken in before. False when a file has a column of that name.
    pub(super) fn constants<'a>(
        &mut self,
        name: &str,
        values: impl Iterator<Item = Option<&'a str>>,
    ) -> bool {
        if self.places.contains_key(name) {
            return false;
        }
        let (mut guess, mut optional) = (Guess::Nothing, false);
        for value in values {
            match value {
                Some(text) => guess.merge(Guess::cell(text)),
                None => optional = true,
            }
        }
        let (native, ty) = guess.ty(&Type::Text);
        self.declare(name, native, ty, optional);
        true
    }

    /// Takes in another file. A column that only one of them has is null in the rows of the other.
    pub(super) fn merge(&mut self, other: Self) {
        if other.columns.is_empty() && other.rows == 0 {
            return;
        }
        let first = self.columns.is_empty() && self.rows == 0;
        for column in &mut self.columns {
            column.optional |= !other.places.contains_key(&column.name);
        }
        for column in other.columns {
            let new = !self.places.contains_key(&column.name);
            let place = self.place(&column.name);
            let own = &mut self.columns[place];
            own.optional |= column.optional || (new && !first);
            own.values += column.values;
            own.guess.merge(column.guess);
        }
        self.rows += other.rows;
    }

    /// The schema; `otherwise` is the type of columns whose values have none in common.
    pub(super) fn schema(&self, otherwise: &Type) -> TableSchema {
        let columns = self.columns.iter().map(|column| {
            let (native, ty) = column.guess.ty(otherwise);
            let declared = matches!(column.guess, Guess::Declared(..));
            let nullable = column.optional || (!declared && (column.values < self.rows || self.rows == 0));
            let ty = ty.map(|ty| ColumnType { ty, nullable });
            SchemaColumn { name: column.name.clone(), native, ty, has_default: false }
        });
        TableSchema { columns: columns.collect(), ..TableSchema::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(cells: &[&str]) -> String {
        let mut guess = Guess::Nothing;
        cells.iter().for_each(|cell| guess.merge(Guess::cell(cell)));
        guess.ty(&Type::Text).0
    }

    fn values(values: &[&str]) -> String {
        let mut guess = Guess::Nothing;
        for value in values {
            if let Some(value) = Guess::json(json::value(value).unwrap()) {
                guess.merge(value);
            }
        }
        guess.ty(&Type::Json).0
    }

    #[test]
    fn cells_have_a_type_only_when_nothing_is_lost() {
        for (column, ty) in [
            (&["1", "-9223372036854775808", "0"][..], "int64"),
            (&["9223372036854775808"], "text"),
            (&["007"], "text"),
            (&["-0"], "text"),
            (&["+1"], "text"),
            (&["1.5"], "text"),
            (&["true", "false"], "bool"),
            (&["true", "1"], "text"),
            (&["True"], "text"),
            (&["2024-02-29"], "date"),
            (&["2023-02-29"], "text"),
            (&["2024-02-29", "2024-02-29T00:00:00"], "text"),
            (&["2024-02-29T00:00:00", "2024-02-29 00:00:00.5"], "datetime"),
            (&["2024-02-29T00:00:00Z"], "timestamp"),
            (&["2024-02-29T00:00:00+02:00"], "text"),
            (&["67e55044-10b1-426f-9247-bb680e5fe0c8"], "uuid"),
            (&["67E55044-10b1-426f-9247-bb680e5fe0c8"], "text"),
            (&["", "1"], "text"),
            (&["1", "", "2"], "text"),
            (&[], "text"),
        ] {
            assert_eq!(cells(column), ty, "{column:?}");
        }
    }

    #[test]
    fn json_values_have_a_type_only_when_nothing_is_lost() {
        for (column, ty) in [
            (&["1", "null", "-5"][..], "int64"),
            (&["1", "1.5"], "float64"),
            (&["1.50", "1e3", "0.0", "-0.0"], "float64"),
            (&["9007199254740993", "1.5"], "json"),
            (&["0.1234567890123456789"], "json"),
            (&["1e999"], "json"),
            (&["9223372036854775808"], "json"),
            (&["\"a\"", "\"2024-02-29\""], "text"),
            (&["\"2024-02-29\""], "date"),
            (&["\"1\""], "text"),
            (&["\"true\""], "text"),
            (&["\"1\"", "1"], "json"),
            (&["true", "false"], "bool"),
            (&["{}"], "json"),
            (&["[1,2]", "[]", "[3]"], "list(int64)"),
            (&["[1,null]"], "list(int64?)"),
            (&["[]"], "list(text)"),
            (&["[1,\"a\"]"], "json"),
            (&["[[1],[null]]"], "list(list(int64?))"),
            (&["[{}]"], "json"),
            (&["[1]", "2"], "json"),
            (&["[1.5]", "[2]"], "list(float64)"),
        ] {
            assert_eq!(values(column), ty, "{column:?}");
        }
    }

    #[test]
    fn lists_are_no_deeper_than_anybody_needs() {
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        let of = |levels: usize| values(&[&nested(levels)]);
        assert_eq!(of(DEEPEST), format!("{}int64{}", "list(".repeat(DEEPEST), ")".repeat(DEEPEST)));
        assert_eq!(of(DEEPEST + 1), "json");
        assert_eq!(of(200_000), "json");
        assert_eq!(values(&["[1]", &nested(200_000)]), "json");
    }

    #[test]
    fn a_column_that_one_file_lacks_may_be_null() {
        let file = |columns: &[&str]| {
            let mut file = Columns::default();
            for name in columns {
                let place = file.place(name);
                file.value(place, || Guess::Bool);
            }
            file.end_row();
            file
        };
        let mut all = Columns::default();
        all.merge(file(&["a", "b"]));
        all.merge(file(&["b", "c"]));
        let schema = all.schema(&Type::Text);
        let types: Vec<_> = schema
            .columns
            .iter()
            .map(|column| (column.name.as_str(), column.ty.clone().unwrap().to_string()))
            .collect();
        assert_eq!(types, [("a", "bool?"), ("b", "bool"), ("c", "bool?")].map(|(a, b)| (a, b.to_owned())));
    }
}
