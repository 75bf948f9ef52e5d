//! The functions that expressions call: one table for checking, completion, hover and the reference.
//!
//! Operators are not here: they are `typing/operators.rs`. What a function computes is the runtime's; what
//! it takes and gives is said here once. Every function has examples, which a test evaluates.

mod aggregate;
mod bytes;
mod cast;
mod json;
mod list;
mod missing;
mod number;
mod text;
mod time;

use mig_plan::{ColumnType, Function, TimePattern, TimeUnit, Type};

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    /// A value of any type.
    Any,
    /// A text.
    Text,
    /// A text or bytes.
    TextOrBytes,
    /// An integer, a decimal or a float.
    Number,
    /// An integer or a decimal.
    Exact,
    /// An integer.
    Integer,
    /// A boolean.
    Bool,
    /// A value of one of these types, the first of which a text constant may be in its form.
    OneOf(&'static [Type]),
    /// A text, bytes or a list.
    Sized,
    /// A list.
    List,
    /// A list of texts.
    Texts,
    /// A value that can be ordered: a number, a text, a date or the like.
    Ordered,
    /// A whole number that stands in the source, in this range.
    Constant {
        /// The least.
        least: i64,
        /// The greatest.
        most: i64,
    },
    /// The name of an IANA time zone, a text that stands in the source.
    Zone,
    /// A regular expression, a text that stands in the source.
    Pattern,
    /// What stands for a match: a text that stands in the source, `$1` in it for the pattern's first group.
    Template,
    /// How a time is written, a text that stands in the source; whether it is read, and what parts a value has
    /// that it gives, where that does not follow from an argument.
    TimePattern(Option<Parts>),
    /// A unit of time, a text that stands in the source.
    Unit,
    /// A label of an enum, a text that stands in the source.
    Label,
    /// Where in a document, a text that stands in the source.
    JsonPath,
    /// Keys with what they become: `"o": "open"`.
    Pair,
}

/// The parts that a time has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    /// A date.
    Date,
    /// A time of day.
    Clock,
    /// Both.
    Both,
}

impl Parts {
    /// The parts of a type's values; `None` where it is no date and no time.
    pub fn of(ty: &Type) -> Option<Self> {
        let parts = [(Type::Date, Self::Date), (Type::Time, Self::Clock), (Type::Datetime, Self::Both)];
        parts.into_iter().find(|(with, _)| with == ty).map(|(_, parts)| parts)
    }

    /// Whether there is a date.
    pub fn date(self) -> bool {
        self != Self::Clock
    }

    /// Whether there is a time of day.
    pub fn clock(self) -> bool {
        self != Self::Date
    }
}

impl Accepts {
    /// What it takes, in words.
    pub fn words(self) -> String {
        match self {
            Self::Any => "any value".to_owned(),
            Self::Text => "a text".to_owned(),
            Self::TextOrBytes => "a text or bytes".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Exact => "an integer or a decimal".to_owned(),
            Self::Integer => "an integer".to_owned(),
            Self::Bool => "a condition".to_owned(),
            Self::OneOf(types) => {
                let names: Vec<String> = types.iter().map(|ty| format!("a {ty}")).collect();
                match names.split_last() {
                    Some((last, [])) => last.clone(),
                    Some((last, before)) => format!("{} or {last}", before.join(", ")),
                    None => String::new(),
                }
            }
            Self::Sized => "a text, bytes or a list".to_owned(),
            Self::List => "a list".to_owned(),
            Self::Texts => "a list of texts".to_owned(),
            Self::Ordered => "a value with an order".to_owned(),
            Self::Constant { least, most } => format!("a number from {least} to {most}"),
            Self::Zone => "the name of a time zone, as in \"Europe/Paris\"".to_owned(),
            Self::Pattern => "a regular expression, written here".to_owned(),
            Self::Template => "a text, written here, in which `$1` is the first group".to_owned(),
            Self::TimePattern(_) => format!("a pattern, written here, of {}", TimePattern::PIECES),
            Self::Unit => {
                let words: Vec<String> =
                    TimeUnit::ALL.iter().map(|(word, _)| format!("\"{word}\"")).collect();
                format!("a unit, written here: {}", words.join(", "))
            }
            Self::Label => "a label, written here".to_owned(),
            Self::JsonPath => "a path, written here, as in \"/customer/lines/0\"".to_owned(),
            Self::Pair => "a constant, what it becomes behind a `:`".to_owned(),
        }
    }

    /// Whether a column of this type can be given for it.
    pub fn takes(self, ty: &ColumnType) -> bool {
        crate::typing::takes(self, ty)
    }

    /// Whether it is a constant that stands in the source, and no value of a row.
    pub fn is_written(self) -> bool {
        match self {
            Self::Constant { .. }
            | Self::Zone
            | Self::Pattern
            | Self::Template
            | Self::TimePattern(_)
            | Self::Unit
            | Self::Label
            | Self::JsonPath
            | Self::Pair => true,
            Self::Any
            | Self::Text
            | Self::TextOrBytes
            | Self::Number
            | Self::Exact
            | Self::Integer
            | Self::Bool
            | Self::OneOf(_)
            | Self::Sized
            | Self::List
            | Self::Texts
            | Self::Ordered => false,
        }
    }

    /// The texts that it can be, where there are only so many: names of time zones, units of time.
    pub fn choices(self) -> Vec<&'static str> {
        match self {
            Self::Zone => chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect(),
            Self::Unit => TimeUnit::ALL.iter().map(|(word, _)| *word).collect(),
            Self::Any
            | Self::Text
            | Self::TextOrBytes
            | Self::Number
            | Self::Exact
            | Self::Integer
            | Self::Bool
            | Self::OneOf(_)
            | Self::Sized
            | Self::List
            | Self::Texts
            | Self::Ordered
            | Self::Constant { .. }
            | Self::Pattern
            | Self::Template
            | Self::TimePattern(_)
            | Self::Label
            | Self::JsonPath
            | Self::Pair => Vec::new(),
        }
    }
}

/// One parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, by which an argument can be given: `zone: "Europe/Paris"`.
    pub name: &'static str,
    /// What it takes.
    pub accepts: Accepts,
}

/// How the type of the result follows from the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gives {
    /// Always this type, null when an argument is null.
    Always(Type),
    /// This type, null when an argument is null and when there is nothing to give.
    Maybe(Type),
    /// The decimal that the third and fourth arguments say, null when there is nothing to give.
    MaybeDecimal,
    /// The first argument, as it is where nothing is wrong with it, otherwise null.
    Tried,
    /// A list's item, or null.
    Item,
    /// A list of texts.
    Parts,
    /// Whether something is in a text or in a list.
    Found,
    /// The type that all arguments have in common, null when one of them is.
    CommonStrict,
    /// What a table says of the first argument.
    LookedUp,
    /// The first argument's type, null when an argument is null.
    LikeFirst,
    /// The first argument's type without digits after the point.
    Whole,
    /// The first argument's type with as many digits after the point as the second says.
    Rounded,
    /// A decimal with as many digits after the point as the third argument says.
    Divided,
    /// A cast to this type.
    Cast(Type),
    /// A cast to the decimal that the second and third arguments say.
    CastDecimal,
    /// A cast to the enum of the labels behind the first argument.
    CastEnum,
    /// The type that all arguments have in common; null when all are.
    Common,
    /// The first argument's type, nullable.
    NullableFirst,
    /// `bool`, never null.
    Known,
    /// An aggregate's count: `int64`, never null.
    Count,
    /// An aggregate's sum: a type that holds it, null over no rows.
    Sum,
    /// An aggregate's least or greatest value: the argument's type, null over no rows.
    Extreme,
}

impl Gives {
    /// The result's type, in words.
    pub fn words(&self) -> String {
        match self {
            Self::Always(ty) | Self::Cast(ty) => ty.to_string(),
            Self::Maybe(ty) => format!("{ty}?"),
            Self::MaybeDecimal => "decimal(precision, scale)?".to_owned(),
            Self::Tried => "the type of the argument, nullable".to_owned(),
            Self::Item => "the type of the list's items, nullable".to_owned(),
            Self::Parts => "list(text)".to_owned(),
            Self::Found => "bool".to_owned(),
            Self::CommonStrict => "the type that the arguments have in common".to_owned(),
            Self::LookedUp => "the type that the table's values have in common, nullable".to_owned(),
            Self::LikeFirst => "the type of the first argument".to_owned(),
            Self::Whole => "the type of the first argument, a decimal without scale".to_owned(),
            Self::Rounded => {
                "the type of the first argument, a decimal with so many digits as scale".to_owned()
            }
            Self::Divided => "a decimal of that scale".to_owned(),
            Self::CastDecimal => "decimal(precision, scale)".to_owned(),
            Self::CastEnum => "the enum of these labels".to_owned(),
            Self::Common => "the type that the arguments have in common".to_owned(),
            Self::NullableFirst => "the type of the first argument, nullable".to_owned(),
            Self::Known => "bool".to_owned(),
            Self::Count => "int64".to_owned(),
            Self::Sum => "int64, decimal(38, scale) or float64, nullable".to_owned(),
            Self::Extreme => "the type of the argument, nullable".to_owned(),
        }
    }

    /// What becomes of missing values, in words.
    pub fn nulls(&self) -> &'static str {
        match self {
            Self::Always(_)
            | Self::LikeFirst
            | Self::Whole
            | Self::Rounded
            | Self::Divided
            | Self::Cast(_)
            | Self::CastDecimal
            | Self::CastEnum
            | Self::Parts
            | Self::Found
            | Self::CommonStrict => "Null when an argument is null.",
            Self::Maybe(_) | Self::MaybeDecimal | Self::Item => {
                "Null when an argument is null, or when there is nothing to give."
            }
            Self::Tried => "Null when the value is null, or has an error.",
            Self::Common => "Null when all arguments are null.",
            Self::NullableFirst => "Null when the first argument is null, or equal to the second.",
            Self::Known => "Never null.",
            Self::LookedUp => "Null when the value is null, or none of the keys.",
            Self::Count => "Never null; a condition that is null does not hold.",
            Self::Sum | Self::Extreme => "Missing values are left out; null over no values.",
        }
    }
}

/// What a call becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A function over the values of a row.
    Row(Function),
    /// An aggregate over all rows, in `require` alone.
    Aggregate,
}

/// One function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionInfo {
    /// Its name.
    pub name: &'static str,
    /// Its parameters in order.
    pub parameters: &'static [Parameter],
    /// How many of them must be given; the others may be left out.
    pub required: usize,
    /// Whether the last parameter may be given any number of times.
    pub variadic: bool,
    /// Its result.
    pub gives: Gives,
    /// What a call becomes.
    pub meaning: Meaning,
    /// What it does, in a sentence.
    pub doc: &'static str,
    /// Calls with constants, and what they give: evaluated by a test.
    pub examples: &'static [Example],
}

/// A call and what it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// The call. One over all rows is about a table of three rows whose column `total` is 1.50, -2.00 and 4.50.
    pub call: &'static str,
    /// What it gives: a text in quotes, everything else in its canonical text.
    pub result: &'static str,
}

impl FunctionInfo {
    /// Its name and parameters as a call shows them: `substring(text, start, length)`.
    pub fn signature(&self) -> String {
        let mut parameters: Vec<&str> = self.parameters.iter().map(|parameter| parameter.name).collect();
        if self.variadic {
            parameters.push("…");
        }
        format!("{}({})", self.name, parameters.join(", "))
    }

    /// Whether the result can be of this type, nullable or not, for some arguments.
    pub fn can_give(&self, ty: &Type) -> bool {
        match &self.gives {
            Gives::Always(given) | Gives::Maybe(given) | Gives::Cast(given) => given == ty,
            Gives::MaybeDecimal | Gives::Divided | Gives::CastDecimal => matches!(ty, Type::Decimal { .. }),
            Gives::CastEnum => matches!(ty, Type::Enum(_)),
            Gives::Parts => *ty == Type::List(Box::new(Type::Text.required())),
            Gives::Found | Gives::Known => *ty == Type::Bool,
            Gives::Count => *ty == Type::Int64,
            Gives::Sum => matches!(ty, Type::Int64 | Type::Decimal { .. } | Type::Float64),
            // What a list or a table holds may be anything.
            Gives::Item | Gives::LookedUp => true,
            Gives::Tried
            | Gives::CommonStrict
            | Gives::LikeFirst
            | Gives::Whole
            | Gives::Rounded
            | Gives::Common
            | Gives::NullableFirst
            | Gives::Extreme => {
                let like = ty.clone().required();
                self.parameters.first().is_some_and(|parameter| parameter.accepts.takes(&like))
            }
        }
    }

    /// A call, for messages.
    pub fn example(&self) -> &'static str {
        self.examples.first().map_or(self.name, |example| example.call)
    }
}

/// The function of that name.
pub fn function(name: &str) -> Option<&'static FunctionInfo> {
    functions().find(|info| info.name == name)
}

const fn parameter(name: &'static str, accepts: Accepts) -> Parameter {
    Parameter { name, accepts }
}

const fn example(call: &'static str, result: &'static str) -> Example {
    Example { call, result }
}

const TEXT: &[Parameter] = &[parameter("text", Accepts::Text)];
const TEXT_OR_BYTES: &[Parameter] = &[parameter("value", Accepts::TextOrBytes)];
const VALUE: &[Parameter] = &[parameter("value", Accepts::Any)];
const NUMBER: &[Parameter] = &[parameter("number", Accepts::Number)];

const fn plain(
    function: Function,
    name: &'static str,
    parameters: &'static [Parameter],
    gives: Gives,
    doc: &'static str,
    examples: &'static [Example],
) -> FunctionInfo {
    FunctionInfo {
        name,
        parameters,
        required: parameters.len(),
        variadic: false,
        gives,
        meaning: Meaning::Row(function),
        doc,
        examples,
    }
}

/// A function whose last parameter may be given any number of times, all of them at least once.
const fn variadic(
    function: Function,
    name: &'static str,
    parameters: &'static [Parameter],
    gives: Gives,
    doc: &'static str,
    examples: &'static [Example],
) -> FunctionInfo {
    FunctionInfo {
        name,
        parameters,
        required: parameters.len(),
        variadic: true,
        gives,
        meaning: Meaning::Row(function),
        doc,
        examples,
    }
}

/// Every function by its concern, with the concern's title.
pub static GROUPS: [(&str, &[FunctionInfo]); 9] = [
    ("Text", text::FUNCTIONS),
    ("Missing values", missing::FUNCTIONS),
    ("Numbers", number::FUNCTIONS),
    ("Dates and times", time::FUNCTIONS),
    ("JSON", json::FUNCTIONS),
    ("Lists", list::FUNCTIONS),
    ("Bytes, hashes, identifiers", bytes::FUNCTIONS),
    ("Casts", cast::FUNCTIONS),
    ("Over all rows", aggregate::FUNCTIONS),
];

/// Every function, in the order of [`GROUPS`].
pub fn functions() -> impl Iterator<Item = &'static FunctionInfo> + Clone {
    GROUPS.iter().flat_map(|(_, functions)| functions.iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_says_what_it_can_give_and_take() {
        let giving = |ty: Type| -> Vec<&str> {
            let row = functions().filter(|info| matches!(info.meaning, Meaning::Row(_)));
            row.filter(|info| info.can_give(&ty)).map(|info| info.name).collect()
        };
        assert!(giving(Type::Text).contains(&"lower") && !giving(Type::Int64).contains(&"lower"));
        assert!(giving(Type::Timestamp).contains(&"utc") && !giving(Type::Text).contains(&"utc"));
        assert!(giving(Type::Decimal { precision: 9, scale: 2 }).contains(&"round"));
        assert!(Accepts::Text.takes(&Type::Text.optional()));
        assert!(!Accepts::Integer.takes(&Type::Text.required()));
        assert!(!Accepts::Zone.takes(&Type::Text.required()), "a zone stands in the source");
        assert!(Accepts::Zone.is_written() && Accepts::Zone.choices().contains(&"Europe/Paris"));
        assert!(!Accepts::Unit.choices().is_empty() && Accepts::Text.choices().is_empty());
    }

    #[test]
    fn names_are_unique_and_every_simple_type_has_its_cast() {
        let mut names: Vec<&str> = functions().map(|info| info.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), functions().count());
        for info in functions() {
            assert!(!info.examples.is_empty(), "{} has no example", info.name);
            assert!(info.doc.ends_with('.'), "{}", info.doc);
        }
        for (name, ty) in Type::SIMPLE {
            assert_eq!(function(name).expect(name).gives, Gives::Cast(ty));
        }
    }
}
