//! The words, units and types of the language, each with a sentence: for messages, completion, hover and
//! the generated reference.

/// A word and what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub word: &'static str,
    /// What it is for, in a sentence.
    pub doc: &'static str,
}

/// Words between and before values, which are no names unless they stand between backticks.
pub const OPERATORS: [&str; 9] = ["and", "or", "not", "in", "if", "then", "else", "where", "for"];

/// Words that are values, and no names unless they stand between backticks.
pub const CONSTANTS: [&str; 3] = ["true", "false", "null"];

/// Whether a word is no name unless it stands between backticks.
pub fn is_reserved(word: &str) -> bool {
    OPERATORS.contains(&word) || CONSTANTS.contains(&word)
}

/// Words that mean something as a value where a name could stand too; a name like one of them keeps its
/// backticks.
pub const MEANT: [&str; 7] = ["env", "catalog", "datasets", "consumers", "same", "notify", "files"];

/// A unit of time or size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// How it is written behind a number.
    pub unit: &'static str,
    /// How many seconds or bytes it is.
    pub scale: u64,
}

const fn unit(unit: &'static str, scale: u64) -> Unit {
    Unit { unit, scale }
}

/// Units of time, directly behind the number: `5m`.
pub const DURATIONS: [Unit; 4] = [unit("s", 1), unit("m", 60), unit("h", 3_600), unit("d", 86_400)];

/// Units of size, a blank behind the number, per second with `/s` behind them: `64 MiB`, `50 MiB/s`.
pub const SIZES: [Unit; 9] = [
    unit("B", 1),
    unit("kB", 1_000),
    unit("MB", 1_000_000),
    unit("GB", 1_000_000_000),
    unit("TB", 1_000_000_000_000),
    unit("KiB", 1 << 10),
    unit("MiB", 1 << 20),
    unit("GiB", 1 << 30),
    unit("TiB", 1 << 40),
];

const fn word(word: &'static str, doc: &'static str) -> Word {
    Word { word, doc }
}

/// The types, as they are written.
pub const TYPES: [Word; 18] = [
    word("bool", "`true` or `false`; Arrow `Boolean`."),
    word("int8", "A whole number from -128 to 127; Arrow `Int8`."),
    word("int16", "A whole number of 16 bits with sign; Arrow `Int16`."),
    word("int32", "A whole number of 32 bits with sign; Arrow `Int32`."),
    word("int64", "A whole number of 64 bits with sign; Arrow `Int64`."),
    word("float32", "An IEEE 754 number of 32 bits; Arrow `Float32`."),
    word("float64", "An IEEE 754 number of 64 bits; Arrow `Float64`."),
    word(
        "decimal(p, s)",
        "An exact number of at most `p` digits, `s` of them behind the point, `p` up to 38; Arrow `Decimal128`.",
    ),
    word("text", "Unicode text; Arrow `Utf8`."),
    word("bytes", "Bytes; Arrow `Binary`."),
    word("date", "A day of the Gregorian calendar; Arrow `Date32`."),
    word("time", "A time of day without zone, in microseconds; Arrow `Time64`."),
    word("timestamp", "An instant, in microseconds; Arrow `Timestamp` in UTC."),
    word("datetime", "A wall clock's reading without zone, in microseconds; Arrow `Timestamp` without zone."),
    word("uuid", "A UUID; Arrow `FixedSizeBinary(16)`."),
    word("json", "JSON, compared without the white space outside its strings; Arrow `Utf8`."),
    word("list(T)", "Values of one type in order; Arrow `List`."),
    word(
        "enum(a, b)",
        "One of the labels, which are equal or not and have no order; a label that is no word stands between backticks; Arrow `Utf8`.",
    ),
];

/// Whether a name must stand between backticks, or is better off there.
pub fn needs_backticks(name: &str) -> bool {
    !crate::token::is_word(name) || is_reserved(name) || MEANT.contains(&name)
}

/// A name as the source writes it: between backticks where it must be, or is better off.
pub fn identifier(name: &str) -> String {
    if needs_backticks(name) { format!("`{name}`") } else { name.to_owned() }
}
