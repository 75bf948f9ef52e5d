//! How the files of a store are written: the dialect of its CSV and what packs its files.
//!
//! Takes a store's settings, by their names in the language; gives them typed, or says which cannot stand and why.
//! The compiler asks before a plan is made, and the runtime when a store is opened. Opens nothing.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::{Commit, StoreKind, Type};

/// A setting that cannot stand, by its name, and why, as half a sentence.
pub type SettingError = (&'static str, String);

/// The setting that names the columns by which tables are divided into folders: a list in JSON.
pub const PARTITION_BY: &str = "partition_by";

/// Whether rows can be told apart by values of a type in the names of folders.
pub fn names_folders(ty: &Type) -> bool {
    match ty {
        Type::Bool
        | Type::Int8
        | Type::Int16
        | Type::Int32
        | Type::Int64
        | Type::Decimal { .. }
        | Type::Text
        | Type::Date
        | Type::Timestamp
        | Type::Datetime
        | Type::Uuid
        | Type::Enum(_) => true,
        Type::Float32 | Type::Float64 | Type::Bytes | Type::Time | Type::Json | Type::List(_) => false,
    }
}

/// Whether a table's name is a pattern of file names, whose files are read as one table. Such tables are never listed:
/// they are those that are asked for.
pub fn is_pattern(kind: StoreKind, path: &[String]) -> bool {
    kind.abilities().commit == Commit::Renaming && path.last().is_some_and(|name| name.contains(['*', '?']))
}

/// How text is encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// UTF-16, the low byte first.
    Utf16Le,
    /// UTF-16, the high byte first.
    Utf16Be,
    /// ISO 8859-1: each byte is the character of its number.
    Latin1,
    /// Windows' code page of western Europe.
    Windows1252,
}

impl Encoding {
    /// Every encoding, with its word in the language.
    pub const ALL: [(&'static str, Self); 5] = [
        ("utf_8", Self::Utf8),
        ("utf_16le", Self::Utf16Le),
        ("utf_16be", Self::Utf16Be),
        ("latin_1", Self::Latin1),
        ("windows_1252", Self::Windows1252),
    ];

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Latin1 => "Latin-1",
            Self::Windows1252 => "Windows-1252",
        }
    }

    /// Whether it has every character there is.
    pub fn is_unicode(self) -> bool {
        matches!(self, Self::Utf8 | Self::Utf16Le | Self::Utf16Be)
    }
}

/// How the rows of CSV are written. Delimiter, quote and escape are ASCII, and no two are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// What stands between cells.
    pub delimiter: u8,
    /// What stands around cells in which something else would be misread; `None` where nothing does.
    pub quote: Option<u8>,
    /// What takes its meaning from the character behind it; without it a quote is doubled inside quotes.
    pub escape: Option<u8>,
    /// Whether the first line names the columns.
    pub header: bool,
    /// What a missing value is, without quotes.
    pub null_text: String,
    /// Whether lines are written with a carriage return before the line feed; either is read.
    pub crlf: bool,
    /// How the text is encoded.
    pub encoding: Encoding,
    /// Whether files are written with a byte order mark; one that is there is passed over.
    pub bom: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            delimiter: b',',
            quote: Some(b'"'),
            escape: None,
            header: true,
            null_text: String::new(),
            crlf: false,
            encoding: Encoding::Utf8,
            bom: false,
        }
    }
}

impl Dialect {
    /// The settings that it is made of, by their names in the language.
    pub const SETTINGS: [&'static str; 8] =
        ["delimiter", "quote", "escape", "header", "null_text", "line_end", "encoding", "bom"];

    /// Those of them that change what is read, each with the word that means the same as to leave it out.
    pub const READING: [(&'static str, &'static str); 6] = [
        ("delimiter", ","),
        ("quote", "\""),
        ("escape", ""),
        ("header", "yes"),
        ("null_text", ""),
        ("encoding", "utf_8"),
    ];

    /// The dialect that settings describe.
    ///
    /// # Errors
    /// The first setting that cannot stand, alone or beside the others.
    pub fn of(settings: &BTreeMap<String, String>) -> Result<Self, SettingError> {
        let given = |name: &str| settings.get(name).map(String::as_str);
        let mut dialect = Self::default();
        if let Some(text) = given("delimiter") {
            dialect.delimiter = mark(text).ok_or_else(|| {
                ("delimiter", "it is one character of ASCII, and no letter, digit or line end".to_owned())
            })?;
        }
        if let Some(text) = given("quote") {
            dialect.quote = if text.is_empty() {
                None
            } else {
                let quote = mark(text).filter(|quote| !quote.is_ascii_whitespace());
                Some(quote.ok_or_else(|| {
                    let wanted =
                        "it is one visible character of ASCII, and no letter or digit; \"\" is for none";
                    ("quote", wanted.to_owned())
                })?)
            };
        }
        if let Some(text) = given("escape") {
            let escape = mark(text).filter(|escape| !escape.is_ascii_whitespace());
            dialect.escape = Some(escape.ok_or_else(|| {
                ("escape", "it is one visible character of ASCII, and no letter or digit".to_owned())
            })?);
        }
        dialect.header = given("header").is_none_or(|word| word != "no");
        dialect.crlf = given("line_end") == Some("crlf");
        dialect.bom = given("bom") == Some("yes");
        if let Some(word) = given("encoding") {
            let found = Encoding::ALL.iter().find(|(name, _)| *name == word);
            dialect.encoding = found
                .map(|(_, encoding)| *encoding)
                .ok_or(("encoding", "there is no such encoding".to_owned()))?;
        }
        if let Some(text) = given("null_text") {
            text.clone_into(&mut dialect.null_text);
        }
        dialect.checked()
    }

    /// Refuses what cannot stand side by side.
    fn checked(self) -> Result<Self, SettingError> {
        let refused = |name, why: &str| Err((name, why.to_owned()));
        if self.quote == Some(self.delimiter) {
            return refused("quote", "it is the delimiter");
        }
        if self.escape == Some(self.delimiter) {
            return refused("escape", "it is the delimiter");
        }
        if self.escape.is_some() && self.escape == self.quote {
            return refused("escape", "it is the quote, which is doubled inside quotes when nothing is said");
        }
        // An escape with something behind it is nothing else than a text: MySQL's `\N`.
        let special = |byte: u8| self.is_special(byte) && Some(byte) != self.escape;
        if self.null_text.bytes().any(special) {
            return refused("null_text", "it has a delimiter, a quote or a line end in it");
        }
        if self.escape.is_some() && self.null_text.bytes().last() == self.escape {
            return refused("null_text", "it ends with the escape");
        }
        if !self.null_text.is_ascii() {
            return refused("null_text", "it has a character beyond ASCII in it");
        }
        if self.quote.is_none() && self.null_text.is_empty() {
            return refused(
                "quote",
                "without quotes a missing value and an empty text would be one: give `null_text` as well",
            );
        }
        if self.bom && !self.encoding.is_unicode() {
            return refused("bom", "only Unicode has a byte order mark");
        }
        Ok(self)
    }

    /// Whether a byte ends or changes what is before it when it stands alone in a cell.
    pub fn is_special(&self, byte: u8) -> bool {
        byte == self.delimiter
            || self.quote == Some(byte)
            || self.escape == Some(byte)
            || matches!(byte, b'\r' | b'\n')
    }
}

/// One byte that may stand between or around cells.
fn mark(text: &str) -> Option<u8> {
    let [byte] = text.as_bytes() else { return None };
    let sound = byte.is_ascii() && !byte.is_ascii_alphanumeric() && !matches!(byte, b'\r' | b'\n' | 0);
    sound.then_some(*byte)
}

/// What packs files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Nothing.
    None,
    /// Gzip.
    Gzip,
    /// Zstandard.
    Zstd,
    /// Snappy.
    Snappy,
    /// LZ4.
    Lz4,
}

impl Compression {
    /// Each, with its word in the language.
    pub const ALL: [(&'static str, Self); 5] = [
        ("none", Self::None),
        ("gzip", Self::Gzip),
        ("zstd", Self::Zstd),
        ("snappy", Self::Snappy),
        ("lz4", Self::Lz4),
    ];

    /// Those that files of a kind of store are packed by, the one that is taken when nothing is said first.
    pub fn of_kind(kind: StoreKind) -> &'static [Self] {
        match kind {
            StoreKind::Parquet => &[Self::Zstd, Self::Snappy, Self::Gzip, Self::Lz4, Self::None],
            StoreKind::Arrow => &[Self::Zstd, Self::Lz4, Self::None],
            StoreKind::Csv | StoreKind::Jsonl => &[Self::None, Self::Gzip, Self::Zstd],
            StoreKind::Sqlite | StoreKind::Postgres | StoreKind::Mysql => &[],
        }
    }

    /// The word in the language.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, one)| *one == self).map_or("?", |(word, _)| word)
    }

    /// The levels that it has.
    fn levels(self) -> Option<RangeInclusive<u32>> {
        match self {
            Self::Gzip => Some(1..=9),
            Self::Zstd => Some(1..=22),
            Self::None | Self::Snappy | Self::Lz4 => None,
        }
    }
}

/// What packs the files that a store writes, and how hard it tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packing {
    /// What.
    pub compression: Compression,
    /// How hard; the format's own choice when nothing is said.
    pub level: Option<u32>,
}

impl Packing {
    /// The settings that it is made of, by their names in the language.
    pub const SETTINGS: [&'static str; 2] = ["compression", "compression_level"];

    /// What settings of a store of that kind say.
    ///
    /// # Errors
    /// The first setting that cannot stand, alone or beside the others.
    pub fn of(kind: StoreKind, settings: &BTreeMap<String, String>) -> Result<Self, SettingError> {
        let known = Compression::of_kind(kind);
        let compression = match settings.get("compression") {
            None => known.first().copied().unwrap_or(Compression::None),
            Some(word) => {
                let found = known.iter().copied().find(|one| one.word() == word);
                found.ok_or_else(|| {
                    let words: Vec<_> = known.iter().map(|one| format!("`{}`", one.word())).collect();
                    ("compression", format!("files of `{kind}` are packed by {}", words.join(", ")))
                })?
            }
        };
        let Some(text) = settings.get("compression_level") else {
            return Ok(Self { compression, level: None });
        };
        let levels = compression.levels().filter(|_| kind != StoreKind::Arrow).ok_or_else(|| {
            ("compression_level", format!("`{}` has no levels in files of `{kind}`", compression.word()))
        })?;
        match text.parse::<u32>() {
            Ok(level) if levels.contains(&level) => Ok(Self { compression, level: Some(level) }),
            Ok(_) | Err(_) => Err((
                "compression_level",
                format!("`{}` has the levels {} to {}", compression.word(), levels.start(), levels.end()),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_dialect_is_what_its_settings_say() {
        assert_eq!(Dialect::of(&settings(&[])), Ok(Dialect::default()));
        let given = [
            ("delimiter", "\t"),
            ("quote", ""),
            ("escape", "\\"),
            ("header", "no"),
            ("null_text", "NULL"),
            ("line_end", "crlf"),
            ("encoding", "utf_16be"),
            ("bom", "yes"),
        ];
        let expected = Dialect {
            delimiter: b'\t',
            quote: None,
            escape: Some(b'\\'),
            header: false,
            null_text: "NULL".to_owned(),
            crlf: true,
            encoding: Encoding::Utf16Be,
            bom: true,
        };
        assert_eq!(Dialect::of(&settings(&given)), Ok(expected));
        assert_eq!(given.map(|(name, _)| name), Dialect::SETTINGS);
    }

    #[test]
    fn what_cannot_be_told_apart_is_refused() {
        for (pairs, name) in [
            (&[("delimiter", "||")][..], "delimiter"),
            (&[("delimiter", "a")], "delimiter"),
            (&[("delimiter", "\n")], "delimiter"),
            (&[("delimiter", "é")], "delimiter"),
            (&[("delimiter", "")], "delimiter"),
            (&[("quote", " ")], "quote"),
            (&[("quote", ",")], "quote"),
            (&[("quote", "")], "quote"),
            (&[("escape", "\"")], "escape"),
            (&[("escape", ",")], "escape"),
            (&[("escape", "")], "escape"),
            (&[("null_text", "a,b")], "null_text"),
            (&[("null_text", "é")], "null_text"),
            (&[("escape", "\\"), ("null_text", "N\\")], "null_text"),
            (&[("encoding", "ebcdic")], "encoding"),
            (&[("encoding", "latin_1"), ("bom", "yes")], "bom"),
        ] {
            assert_eq!(Dialect::of(&settings(pairs)).map_err(|(name, _)| name), Err(name), "{pairs:?}");
        }
    }

    #[test]
    fn each_kind_has_its_compressions_and_each_of_them_its_levels() {
        let packing = |kind, pairs: &[(&str, &str)]| Packing::of(kind, &settings(pairs));
        let none = Packing { compression: Compression::None, level: None };
        assert_eq!(packing(StoreKind::Csv, &[]), Ok(none));
        let zstd = Packing { compression: Compression::Zstd, level: None };
        assert_eq!(packing(StoreKind::Parquet, &[]), Ok(zstd));
        let level = &[("compression", "gzip"), ("compression_level", "9")];
        let gzip = Packing { compression: Compression::Gzip, level: Some(9) };
        assert_eq!(packing(StoreKind::Jsonl, level), Ok(gzip));
        for (kind, pairs, name) in [
            (StoreKind::Csv, &[("compression", "snappy")][..], "compression"),
            (StoreKind::Arrow, &[("compression", "gzip")], "compression"),
            (StoreKind::Arrow, &[("compression_level", "3")], "compression_level"),
            (StoreKind::Csv, &[("compression_level", "3")], "compression_level"),
            (StoreKind::Csv, &[("compression", "gzip"), ("compression_level", "10")], "compression_level"),
        ] {
            assert_eq!(packing(kind, pairs).map_err(|(name, _)| name), Err(name), "{kind} {pairs:?}");
        }
    }
}
