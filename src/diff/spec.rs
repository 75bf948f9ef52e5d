//! What stands on the command line for a table and for a sample.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use mig_lang::ast::Keyword;
use mig_lang::items::{ValueForm, item};
use mig_plan::{Dialect, Setting, StoreConfig, StoreKind};
use mig_runtime::compare::Sample;
use percent_encoding::percent_decode_str;

use crate::render::words::listed;

/// Connections to a store that no migration configures.
const CONNECTIONS: u32 = 4;

/// A table of a store: `KIND:LOCATION#TABLE`, and of CSV with its dialect behind the location, as a URL has it:
/// `csv:exports?delimiter=;&header=no#orders`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableSpec {
    /// The store.
    pub(crate) store: StoreConfig,
    /// The table's path in it.
    pub(crate) path: Vec<String>,
    /// Its dialect as it was written.
    written: Option<String>,
}

/// Why a text is no table that can be read. Nothing of the text is in it, which may hold a password, but the kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SpecError {
    /// What is wrong, as it is said of the option.
    pub(crate) what: &'static str,
    /// How it is written, without a full stop.
    pub(crate) help: String,
}

impl From<String> for SpecError {
    fn from(help: String) -> Self {
        Self { what: "names no table", help }
    }
}

impl From<&str> for SpecError {
    fn from(help: &str) -> Self {
        help.to_owned().into()
    }
}

impl FromStr for TableSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        // The text may hold a password: no message repeats more of it than the kind.
        let form = "a table is KIND:LOCATION#TABLE, as in sqlite:shop.db#orders or postgres:env.MART_URL#sales.orders";
        let (store, table) = text.rsplit_once('#').ok_or(form)?;
        let (kind, location) = store.split_once(':').ok_or(form)?;
        let known = StoreKind::ALL.iter().find(|(keyword, ..)| *keyword == kind);
        let (_, kind, _) = known.ok_or_else(|| {
            let kinds: Vec<&str> = StoreKind::ALL.iter().map(|(keyword, ..)| *keyword).collect();
            format!("{form}; the kinds are {}", kinds.join(", "))
        })?;
        // Only CSV has a dialect: the URL of a database may have a question mark of its own.
        let (location, written) = match location.split_once('?') {
            Some((location, written)) if *kind == StoreKind::Csv => (location, Some(written.to_owned())),
            _ => (location, None),
        };
        let options = written.as_deref().map(dialect).transpose()?.unwrap_or_default();
        let location = match location.strip_prefix("env.") {
            Some(name) => Setting::Env(name.to_owned()),
            None if location.contains('@') => {
                return Err(SpecError {
                    what: "has a user or a password in its address",
                    help: "It would stay in the shell's history; put the address into a variable and write \
                           env.NAME in its place"
                        .to_owned(),
                });
            }
            None => Setting::Text(location.to_owned()),
        };
        let parts: Vec<String> = match kind.abilities().path_parts {
            (_, 1) => vec![table.to_owned()],
            (_, most) => table.splitn(most, '.').map(str::to_owned).collect(),
        };
        if matches!(&location, Setting::Env(text) | Setting::Text(text) if text.is_empty())
            || parts.iter().any(String::is_empty)
        {
            return Err(form.into());
        }
        Ok(Self {
            store: StoreConfig {
                kind: *kind,
                location,
                connections: CONNECTIONS,
                limit: mig_plan::Limit::default(),
                options,
            },
            path: parts,
            written,
        })
    }
}

/// As it was written.
impl fmt::Display for TableSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StoreConfig { kind, location, .. } = &self.store;
        match location {
            Setting::Env(name) => write!(f, "{kind}:env.{name}")?,
            Setting::Text(text) => write!(f, "{kind}:{text}")?,
        }
        if let Some(written) = &self.written {
            write!(f, "?{written}")?;
        }
        write!(f, "#{}", self.path.join("."))
    }
}

/// The settings of a dialect, by their names in the language: `delimiter=;&header=no`, with percent signs for what stands
/// for something else, as in every URL.
fn dialect(text: &str) -> Result<BTreeMap<String, Setting>, String> {
    let mut settings = BTreeMap::new();
    for option in text.split('&') {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let known = Dialect::READING.iter().map(|(known, _)| *known);
        let name = known.clone().find(|known| *known == name).ok_or_else(|| {
            let known: Vec<&str> = known.collect();
            format!("behind the `?` of a csv store stands how its files are read, as in csv:exports?delimiter=;&header=no#orders; there is {}", listed(&known))
        })?;
        let value =
            percent_decode_str(value).decode_utf8().map_err(|_| format!("the `{name}` is no UTF-8"))?;
        let spec = item(Keyword::Store).attribute(name);
        if let Some(ValueForm::Word(words)) = spec.map(|spec| spec.value)
            && !words.contains(&value.as_ref())
        {
            return Err(format!("the `{name}` is one of {}", words.join(", ")));
        }
        if settings.insert(name.to_owned(), value.into_owned()).is_some() {
            return Err(format!("the `{name}` is given twice"));
        }
    }
    Dialect::of(&settings).map_err(|(name, why)| format!("this cannot be the `{name}`: {why}"))?;
    Ok(settings.into_iter().map(|(name, value)| (name, Setting::Text(value))).collect())
}

/// How much is compared: a share, or about so many rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SampleSpec {
    /// As the runtime takes it.
    pub(crate) sample: Sample,
    /// As it was written.
    pub(crate) written: String,
}

impl FromStr for SampleSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let written = text.trim();
        let wrong = || {
            "a sample is a share above 0% and below 100%, as in 1%, or a number of rows, as in '5000 rows'"
                .to_owned()
        };
        let sample = if let Some(percent) = written.strip_suffix('%') {
            let share = percent.trim_end().parse::<f64>().map_err(|_| wrong())? / 100.0;
            if !(share > 0.0 && share < 1.0) {
                return Err(wrong());
            }
            Sample::Share(share)
        } else {
            let digits = written.strip_suffix("rows").unwrap_or(written).trim_end().replace('_', "");
            let rows = digits.parse::<u64>().ok().filter(|rows| *rows > 0);
            Sample::Rows(rows.ok_or_else(wrong)?)
        };
        Ok(Self { sample, written: written.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_reads_what_it_writes() {
        for text in [
            "sqlite:env.SHOP#orders",
            "sqlite:a#b.db#orders.old",
            "postgres:env.MART_URL#sales.orders",
            "postgres:postgres://localhost/shop#orders",
            "parquet:lake#archive.orders",
            "postgres:postgres://localhost/shop?sslmode=require#orders",
            "csv:exports?delimiter=;&header=no#orders",
            "csv:env.EXPORTS?null_text=NULL#landing.day-??",
        ] {
            let spec: TableSpec = text.parse().expect(text);
            assert_eq!(spec.to_string(), text);
        }
        let spec: TableSpec = "sqlite:shop.db#a.b".parse().expect("a table");
        assert_eq!(spec.path, ["a.b"]);
    }

    #[test]
    fn a_dialect_stands_behind_the_place() {
        let spec: TableSpec = "csv:a/b?delimiter=%09&quote=&escape=%5C&null_text=\\N&header=no#orders"
            .parse()
            .expect("a table");
        assert_eq!(spec.store.location, Setting::Text("a/b".to_owned()));
        let given =
            [("delimiter", "\t"), ("escape", "\\"), ("header", "no"), ("null_text", "\\N"), ("quote", "")];
        let given = given.map(|(name, value)| (name.to_owned(), Setting::Text(value.to_owned())));
        assert_eq!(spec.store.options, BTreeMap::from(given));
        for (written, says) in [
            ("", "there is delimiter, quote, escape, header, null_text and encoding"),
            ("bom=yes", "there is delimiter"),
            ("header=false", "the `header` is one of yes, no"),
            ("encoding=utf8", "the `encoding` is one of utf_8, "),
            ("delimiter=ab", "this cannot be the `delimiter`: "),
            ("delimiter=%ff", "the `delimiter` is no UTF-8"),
            ("header=no&header=no", "the `header` is given twice"),
        ] {
            let refused = format!("csv:a?{written}#orders").parse::<TableSpec>().expect_err(written).help;
            assert!(refused.contains(says), "{refused}");
        }
    }

    #[test]
    fn what_is_no_table_is_refused_and_never_repeated() {
        for text in [
            "",
            "orders",
            "sqlite:shop.db",
            "sqlite:#orders",
            "sqlite:env.#orders",
            "oracle:x#y",
            "sqlite:shop.db#",
            "postgres:env.A#.orders",
            "postgres:postgres://me:geheim@host/db#orders",
        ] {
            let refused = text.parse::<TableSpec>().expect_err(text);
            assert!(!refused.help.contains("geheim"), "{refused:?}");
            assert_eq!(refused.what.contains("a password"), text.contains('@'), "{refused:?}");
        }
    }

    #[test]
    fn a_sample_is_a_share_or_rows() {
        let sample = |text: &str| text.parse::<SampleSpec>().map(|spec| spec.sample);
        assert_eq!(sample("1%"), Ok(Sample::Share(0.01)));
        assert_eq!(sample("0.5 %"), Ok(Sample::Share(0.005)));
        assert_eq!(sample("5_000 rows"), Ok(Sample::Rows(5_000)));
        assert_eq!(sample("12"), Ok(Sample::Rows(12)));
        for text in ["", "0%", "100%", "NaN%", "-1%", "0", "many", "1 row or so"] {
            assert!(sample(text).is_err(), "{text}");
        }
    }
}
