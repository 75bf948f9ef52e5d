//! The small languages inside of text constants: how a time is written, where in a JSON document something
//! is, what stands for a match. Read by the compiler to refuse what is wrong, and by the runtime to use it.

use std::fmt;
use std::str::FromStr;

/// A text that is none of its language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// What is wrong, as a sentence without its full stop.
    pub message: String,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PatternError {}

fn wrong<T>(message: impl Into<String>) -> Result<T, PatternError> {
    Err(PatternError { message: message.into() })
}

/// A part of a date or a time, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimePiece {
    /// Text that stands for itself.
    Text(String),
    /// `%Y`: the year in four digits.
    Year,
    /// `%y`: the year's last two digits; read, 69 to 99 are of the twentieth century.
    ShortYear,
    /// `%m`, and `%-m` without a leading zero.
    Month {
        /// Whether there are always two digits.
        padded: bool,
    },
    /// `%b`: `Jan`.
    ShortMonthName,
    /// `%B`: `January`.
    MonthName,
    /// `%d`, and `%-d` without a leading zero.
    Day {
        /// Whether there are always two digits.
        padded: bool,
    },
    /// `%a`: `Mon`.
    ShortWeekday,
    /// `%A`: `Monday`.
    Weekday,
    /// `%H`, and `%-H` without a leading zero: 00 to 23.
    Hour {
        /// Whether there are always two digits.
        padded: bool,
    },
    /// `%I`, and `%-I` without a leading zero: 01 to 12, beside `%p`.
    HalfDayHour {
        /// Whether there are always two digits.
        padded: bool,
    },
    /// `%p`: `AM` or `PM`.
    HalfDay,
    /// `%M`
    Minute,
    /// `%S`
    Second,
    /// `%f`: the second's fraction, six digits; read, one to six.
    Fraction,
}

impl TimePiece {
    /// How it is written in a pattern, in short.
    fn letter(&self) -> Option<char> {
        match self {
            Self::Text(_) => None,
            Self::Year => Some('Y'),
            Self::ShortYear => Some('y'),
            Self::Month { .. } => Some('m'),
            Self::ShortMonthName => Some('b'),
            Self::MonthName => Some('B'),
            Self::Day { .. } => Some('d'),
            Self::ShortWeekday => Some('a'),
            Self::Weekday => Some('A'),
            Self::Hour { .. } => Some('H'),
            Self::HalfDayHour { .. } => Some('I'),
            Self::HalfDay => Some('p'),
            Self::Minute => Some('M'),
            Self::Second => Some('S'),
            Self::Fraction => Some('f'),
        }
    }

    /// Whether it is a part of a date.
    fn is_of_date(&self) -> bool {
        self.letter().is_some_and(|letter| "YymbBdaA".contains(letter))
    }

    /// Whether it is a part of a time of day.
    fn is_of_clock(&self) -> bool {
        self.letter().is_some_and(|letter| "HIpMSf".contains(letter))
    }
}

/// How a date or a time is written: `%d.%m.%Y %H:%M`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimePattern {
    /// Its parts in order.
    pub pieces: Vec<TimePiece>,
}

impl FromStr for TimePattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let mut pieces: Vec<TimePiece> = Vec::new();
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            if letter != '%' {
                push_text(&mut pieces, letter);
                continue;
            }
            let mut next = letters.next();
            let padded = next != Some('-');
            if !padded {
                next = letters.next();
            }
            let piece = match (next, padded) {
                (Some('%'), true) => {
                    push_text(&mut pieces, '%');
                    continue;
                }
                (Some('Y'), true) => TimePiece::Year,
                (Some('y'), true) => TimePiece::ShortYear,
                (Some('m'), _) => TimePiece::Month { padded },
                (Some('b'), true) => TimePiece::ShortMonthName,
                (Some('B'), true) => TimePiece::MonthName,
                (Some('d'), _) => TimePiece::Day { padded },
                (Some('a'), true) => TimePiece::ShortWeekday,
                (Some('A'), true) => TimePiece::Weekday,
                (Some('H'), _) => TimePiece::Hour { padded },
                (Some('I'), _) => TimePiece::HalfDayHour { padded },
                (Some('p'), true) => TimePiece::HalfDay,
                (Some('M'), true) => TimePiece::Minute,
                (Some('S'), true) => TimePiece::Second,
                (Some('f'), true) => TimePiece::Fraction,
                (Some(other), _) => {
                    let dash = if padded { "" } else { "-" };
                    return wrong(format!("`%{dash}{other}` stands for nothing"));
                }
                (None, _) => return wrong("a `%` at the end stands for nothing; `%%` is the sign"),
            };
            pieces.push(piece);
        }
        Ok(Self { pieces })
    }
}

fn push_text(pieces: &mut Vec<TimePiece>, letter: char) {
    match pieces.last_mut() {
        Some(TimePiece::Text(text)) => text.push(letter),
        Some(_) | None => pieces.push(TimePiece::Text(letter.to_string())),
    }
}

impl TimePattern {
    /// What can stand in a pattern, for messages.
    pub const PIECES: &'static str = "%Y %y %m %b %B %d %a %A %H %I %p %M %S %f, %% for a percent sign, and %-d, %-m, %-H, %-I without a leading zero";

    /// Whether values with these parts can be written by it.
    ///
    /// # Errors
    /// The first part that they do not have.
    pub fn writes(&self, date: bool, clock: bool) -> Result<(), PatternError> {
        for piece in &self.pieces {
            let Some(letter) = piece.letter() else { continue };
            if piece.is_of_date() && !date {
                return wrong(format!("a time of day has no `%{letter}`"));
            }
            if piece.is_of_clock() && !clock {
                return wrong(format!("a date has no `%{letter}`"));
            }
        }
        Ok(())
    }

    /// Whether values with these parts can be read by it: each part once and none missing.
    ///
    /// # Errors
    /// What is missing or there too often.
    pub fn reads(&self, date: bool, clock: bool) -> Result<(), PatternError> {
        self.writes(date, clock)?;
        let count = |letters: &str| {
            let letter = |piece: &&TimePiece| piece.letter().is_some_and(|letter| letters.contains(letter));
            self.pieces.iter().filter(letter).count()
        };
        let once: [(&str, &str, bool); 4] = [
            ("Yy", "a year", date),
            ("mbB", "a month", date),
            ("d", "a day", date),
            ("HI", "an hour", clock),
        ];
        for (letters, what, wanted) in once {
            if count(letters) == 0 && wanted {
                return wrong(format!("{what} is not in it"));
            }
        }
        for (letters, what) in [
            ("Yy", "year"),
            ("mbB", "month"),
            ("d", "day"),
            ("HI", "hour"),
            ("p", "half of the day"),
            ("M", "minute"),
            ("S", "second"),
            ("f", "fraction"),
        ] {
            if count(letters) > 1 {
                return wrong(format!("the {what} is in it twice"));
            }
        }
        if count("I") != count("p") {
            return wrong("`%I` and `%p` make an hour together, `%H` alone");
        }
        if count("f") > count("S") || count("S") > count("M") {
            return wrong("a fraction needs its second, and a second its minute");
        }
        Ok(())
    }
}

/// Where in a JSON document something is: a JSON Pointer (RFC 6901), `/customer/lines/0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonPath {
    /// The names of members and the places of items, from 0, outermost first; none for the whole document.
    pub steps: Vec<String>,
}

impl FromStr for JsonPath {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Ok(Self { steps: Vec::new() });
        }
        let Some(inside) = text.strip_prefix('/') else {
            return wrong(format!(
                "a path begins with `/`: \"/{}\"",
                text.replace(['.', '['], "/").replace(']', "")
            ));
        };
        let mut steps = Vec::new();
        for step in inside.split('/') {
            let plain = step.replace("~0", "").replace("~1", "");
            if plain.contains('~') {
                return wrong("`~` is written `~0` in a path, and `/` in a name `~1`");
            }
            steps.push(step.replace("~1", "/").replace("~0", "~"));
        }
        Ok(Self { steps })
    }
}

/// A part of what stands for a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplatePart {
    /// Text that stands for itself.
    Text(String),
    /// `$1`: what a group of the pattern matched; 0 is the whole match.
    Group(usize),
}

/// What stands for a match of a regular expression: text, `$0` to `$9`, and `$$` for a dollar sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Its parts in order.
    pub parts: Vec<TemplatePart>,
}

impl FromStr for Template {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let mut parts: Vec<TemplatePart> = Vec::new();
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            let plain = match letter {
                '$' => match letters.next() {
                    Some('$') => '$',
                    Some(digit) => {
                        let Some(group) = digit.to_digit(10) else {
                            return wrong("a `$` stands before the number of a group; `$$` is the sign");
                        };
                        parts.push(TemplatePart::Group(group as usize));
                        continue;
                    }
                    None => return wrong("a `$` stands before the number of a group; `$$` is the sign"),
                },
                other => other,
            };
            match parts.last_mut() {
                Some(TemplatePart::Text(text)) => text.push(plain),
                Some(TemplatePart::Group(_)) | None => parts.push(TemplatePart::Text(plain.to_string())),
            }
        }
        Ok(Self { parts })
    }
}

impl Template {
    /// The highest group that it names.
    pub fn highest_group(&self) -> usize {
        let group = |part: &TemplatePart| match part {
            TemplatePart::Text(_) => 0,
            TemplatePart::Group(group) => *group,
        };
        self.parts.iter().map(group).max().unwrap_or(0)
    }
}

/// A unit that a date or a time is cut down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeUnit {
    /// A thousandth of a second.
    Millisecond,
    /// A second.
    Second,
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week, from Monday.
    Week,
    /// A month.
    Month,
    /// Three months, from January.
    Quarter,
    /// A year.
    Year,
}

impl TimeUnit {
    /// Every unit with its word.
    pub const ALL: [(&'static str, Self); 9] = [
        ("millisecond", Self::Millisecond),
        ("second", Self::Second),
        ("minute", Self::Minute),
        ("hour", Self::Hour),
        ("day", Self::Day),
        ("week", Self::Week),
        ("month", Self::Month),
        ("quarter", Self::Quarter),
        ("year", Self::Year),
    ];
}

impl FromStr for TimeUnit {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let found = Self::ALL.iter().find(|(word, _)| *word == text);
        found.map_or_else(|| wrong(format!("there is no unit \"{text}\"")), |(_, unit)| Ok(*unit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said<T>(result: Result<T, PatternError>) -> String {
        result.err().map_or_else(String::new, |error| error.message)
    }

    #[test]
    fn a_pattern_of_time_says_what_it_lacks() {
        let reads =
            |text: &str, date, clock| said(text.parse::<TimePattern>().and_then(|it| it.reads(date, clock)));
        assert_eq!(reads("%d.%m.%Y", true, false), "");
        assert_eq!(reads("%-d %B %y, %-I:%M:%S.%f %p", true, true), "");
        assert_eq!(reads("%H:%M", false, true), "");
        assert_eq!(reads("%d.%m", true, false), "a year is not in it");
        assert_eq!(reads("%Y-%m-%d", true, true), "an hour is not in it");
        assert_eq!(reads("%Y-%m-%d %H", true, false), "a date has no `%H`");
        assert_eq!(reads("%Y %y %m %d", true, false), "the year is in it twice");
        assert_eq!(reads("%I:%M", false, true), "`%I` and `%p` make an hour together, `%H` alone");
        assert_eq!(reads("%H.%f", false, true), "a fraction needs its second, and a second its minute");
        assert_eq!(reads("%Q", true, true), "`%Q` stands for nothing");
        assert_eq!(reads("%-Y", true, true), "`%-Y` stands for nothing");
        assert_eq!(reads("%", true, true), "a `%` at the end stands for nothing; `%%` is the sign");
        assert_eq!("100%%".parse(), Ok(TimePattern { pieces: vec![TimePiece::Text("100%".to_owned())] }));
    }

    #[test]
    fn a_path_is_a_json_pointer() {
        let steps = |text: &str| text.parse::<JsonPath>().map(|path| path.steps);
        assert_eq!(steps(""), Ok(vec![]));
        assert_eq!(steps("/"), Ok(vec![String::new()]));
        assert_eq!(steps("/a/0/b~1c~0d"), Ok(["a", "0", "b/c~d"].map(str::to_owned).to_vec()));
        assert_eq!(said("a.b[0]".parse::<JsonPath>()), "a path begins with `/`: \"/a/b/0\"");
        assert!("/a~b".parse::<JsonPath>().is_err());
    }

    #[test]
    fn a_template_names_groups_by_one_digit() {
        let template: Template = "$2-$$1$0".parse().unwrap();
        assert_eq!(
            template.parts,
            [TemplatePart::Group(2), TemplatePart::Text("-$1".to_owned()), TemplatePart::Group(0)]
        );
        assert_eq!(template.highest_group(), 2);
        assert!("$name".parse::<Template>().is_err());
        assert!("1$".parse::<Template>().is_err());
    }
}
