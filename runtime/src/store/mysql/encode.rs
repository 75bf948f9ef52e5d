//! Arrow columns into the parameters of a prepared statement. A value that MySQL would change without a word is
//! refused here, where its row is known; what it refuses itself is left to it.

use std::fmt::Write as _;

use arrow::array::{Array, ArrayRef};
use mig_plan::Type;
use sqlx::Arguments as _;
use sqlx::mysql::{MySql, MySqlArguments};

use super::decode::{DAY, SECOND};
use super::types::Native;
use crate::arrow_types::arrow_type;
use crate::cells::Cells;
use crate::eval::write;

/// The first day of the year 0 and the last of 9999, from 1970.
const DAYS: std::ops::RangeInclusive<i64> = -719_528..=2_932_896;

/// Bytes that a value takes up at the most when it is neither text nor bytes: 65 digits and their like.
const SMALL: usize = 72;

/// A column of a batch, ready to be bound value by value.
pub(super) struct Column<'a> {
    cells: Cells<'a>,
    native: &'a Native,
    nullable: bool,
}

impl<'a> Column<'a> {
    /// Takes a column of a batch; `None` when it has not the Arrow type of its field. `nullable` says whether
    /// MySQL's column is.
    pub(super) fn new(array: &'a ArrayRef, ty: &Type, native: &'a Native, nullable: bool) -> Option<Self> {
        if *array.data_type() != arrow_type(ty) {
            return None;
        }
        Some(Self { cells: Cells::of(array.as_ref())?, native, nullable })
    }

    /// About how many bytes a row's value takes up in a statement.
    pub(super) fn bytes(&self, row: usize) -> usize {
        match &self.cells {
            Cells::Text(cells) if !cells.is_null(row) => cells.value(row).len() + 16,
            Cells::Bytes(cells) if !cells.is_null(row) => cells.value(row).len() + 16,
            Cells::Text(_)
            | Cells::Bytes(_)
            | Cells::Bool(_)
            | Cells::Int8(_)
            | Cells::Int16(_)
            | Cells::Int32(_)
            | Cells::Int64(_)
            | Cells::Float32(_)
            | Cells::Float64(_)
            | Cells::Decimal(..)
            | Cells::Date(_)
            | Cells::Time(_)
            | Cells::Timestamp(_)
            | Cells::Datetime(_)
            | Cells::Uuid(_)
            | Cells::List(..) => SMALL,
        }
    }

    /// Binds a row's value. `text` is a place to write in, which is emptied first.
    ///
    /// # Errors
    /// Why MySQL cannot keep it as it is.
    pub(super) fn bind(
        &self,
        arguments: &mut MySqlArguments,
        text: &mut String,
        row: usize,
    ) -> Result<(), &'static str> {
        if self.cells.is_null(row) {
            // A `TIMESTAMP` that must not be null would take the present time instead.
            return if self.nullable {
                add(arguments, None::<&str>)
            } else {
                Err("null in a column that must not be null")
            };
        }
        text.clear();
        match &self.cells {
            Cells::Bool(cells) => add(arguments, i8::from(cells.value(row))),
            Cells::Int8(cells) => self.integer(arguments, cells.value(row).into()),
            Cells::Int16(cells) => self.integer(arguments, cells.value(row).into()),
            Cells::Int32(cells) => self.integer(arguments, cells.value(row).into()),
            Cells::Int64(cells) => self.integer(arguments, cells.value(row)),
            Cells::Float32(cells) => {
                let value = cells.value(row);
                self.require_exact(value.into())?;
                add(arguments, value)
            }
            Cells::Float64(cells) => {
                let value = cells.value(row);
                self.require_exact(value)?;
                add(arguments, value)
            }
            Cells::Decimal(cells, scale) => {
                let value = cells.value(row);
                if matches!(self.native, Native::Int { .. } | Native::Bit(_)) {
                    let value =
                        u64::try_from(value).map_err(|_| "MySQL's unsigned numbers do not reach it")?;
                    return add(arguments, value);
                }
                // Writing into a String cannot fail.
                let _ = write::decimal(value, *scale, text);
                add(arguments, text.as_str())
            }
            Cells::Text(cells) => {
                let value = cells.value(row);
                require_kept(value, self.native)?;
                add(arguments, value)
            }
            Cells::Bytes(cells) => {
                let value = cells.value(row);
                if matches!(self.native, Native::Binary(length) if *length != value.len()) {
                    return Err("it has another length than the column, which is padded with zeros");
                }
                add(arguments, value)
            }
            Cells::Date(cells) => {
                put_day(text, i64::from(cells.value(row)))?;
                add(arguments, text.as_str())
            }
            Cells::Time(cells) => {
                put_clock(text, self.rounded(cells.value(row))?);
                add(arguments, text.as_str())
            }
            Cells::Timestamp(cells) | Cells::Datetime(cells) => {
                let micros = self.rounded(cells.value(row))?;
                put_day(text, micros.div_euclid(DAY))?;
                text.push(' ');
                put_clock(text, micros.rem_euclid(DAY));
                add(arguments, text.as_str())
            }
            Cells::Uuid(cells) => {
                let value = cells.value(row);
                if *self.native == Native::Uuid {
                    // Writing into a String cannot fail.
                    let _ = write::uuid(value, text);
                    return add(arguments, text.as_str());
                }
                add(arguments, value)
            }
            Cells::List(..) => Err("MySQL has no lists"),
        }
    }

    fn integer(&self, arguments: &mut MySqlArguments, value: i64) -> Result<(), &'static str> {
        // A number of two digits would be put into this or the last century.
        if *self.native == Native::Year && value != 0 && !(1901..=2155).contains(&value) {
            return Err("MySQL's years are 0 and 1901 to 2155");
        }
        add(arguments, value)
    }

    fn require_exact(&self, value: f64) -> Result<(), &'static str> {
        if !value.is_finite() {
            return Err("MySQL has neither NaN nor infinities");
        }
        if matches!(self.native, Native::Float { rounds: true } | Native::Double { rounds: true }) {
            return Err("the column keeps a number of places and would round it");
        }
        Ok(())
    }

    /// Microseconds that the column does not round.
    fn rounded(&self, micros: i64) -> Result<i64, &'static str> {
        if let Native::Time(unit) | Native::Datetime(unit) | Native::Timestamp(unit) = self.native
            && micros % unit != 0
        {
            return Err("the column keeps fewer digits of a second and would round it");
        }
        Ok(micros)
    }
}

fn add<'q, T>(arguments: &mut MySqlArguments, value: T) -> Result<(), &'static str>
where
    T: sqlx::Encode<'q, MySql> + sqlx::Type<MySql>,
{
    arguments.add(value).map_err(|_| "it has no form in MySQL's protocol")
}

/// Refuses a text that MySQL would shorten or replace by another, in the most careful of its modes too.
fn require_kept(text: &str, native: &Native) -> Result<(), &'static str> {
    if let Native::Varchar(most) = native
        && text.len() > *most
        && text.chars().count() > *most
    {
        return Err("it is longer than the column");
    }
    if let Native::Char(most) = native {
        if text.ends_with(' ') {
            return Err("it ends with a blank, which CHAR drops");
        }
        if text.len() > *most && text.chars().count() > *most {
            return Err("it is longer than the column");
        }
    }
    // Other texts that are too long are refused by the server, which knows the bytes of its character set.
    if let Native::Text(most) = native
        && text.len() > *most
        && text.ends_with(' ')
    {
        return Err("it is longer than the column and ends with a blank, which the column drops");
    }
    if let Native::Enum(members) = native
        && !members.iter().any(|member| member == text)
    {
        return Err("it is none of the column's values as they are declared");
    }
    if let Native::Set(members) = native
        && !is_of_set(text, members)
    {
        return Err("it is no list of the column's values in the order in which they are declared");
    }
    Ok(())
}

fn is_of_set(text: &str, members: &[String]) -> bool {
    let mut rest = members.iter();
    text.is_empty() || text.split(',').all(|part| rest.any(|member| member == part))
}

/// Writes a day as `2024-02-29`.
fn put_day(text: &mut String, days: i64) -> Result<(), &'static str> {
    let days = i32::try_from(days).ok().filter(|days| DAYS.contains(&i64::from(*days)));
    // Writing into a String cannot fail.
    let _ = write::date(days.ok_or("MySQL's years are 0 to 9999")?, text);
    Ok(())
}

/// Writes a time of day as `23:59:59.000000`.
fn put_clock(text: &mut String, micros: i64) {
    let seconds = micros / SECOND;
    // Writing into a String cannot fail.
    let _ = write!(
        text,
        "{:02}:{:02}:{:02}.{:06}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        micros % SECOND
    );
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        BinaryArray, Date32Array, Float64Array, Int16Array, StringArray, TimestampMicrosecondArray,
    };

    use super::*;

    fn bound(array: ArrayRef, ty: &str, native: &Native) -> Result<(), &'static str> {
        let ty = ty.parse::<mig_plan::ColumnType>().unwrap().ty;
        let column = Column::new(&array, &ty, native, false).unwrap();
        column.bind(&mut MySqlArguments::default(), &mut String::new(), 0)
    }

    #[test]
    fn what_mysql_would_change_is_refused() {
        let text =
            |text: &str, native: Native| bound(Arc::new(StringArray::from(vec![text])), "text", &native);
        assert!(text("ab ", Native::Varchar(2)).is_err());
        assert!(text("üü", Native::Varchar(2)).is_ok());
        assert!(text("a ", Native::Char(2)).is_err());
        assert!(text("ab", Native::Char(2)).is_ok());
        assert!(text("ab ", Native::Text(2)).is_err());
        let members = || vec!["small".to_owned(), "large".to_owned()];
        assert!(text("small", Native::Enum(members())).is_ok());
        assert!(text("Small", Native::Enum(members())).is_err());
        assert!(text("small,large", Native::Set(members())).is_ok());
        assert!(text("", Native::Set(members())).is_ok());
        assert!(text("large,small", Native::Set(members())).is_err());
        let bytes =
            |bytes: &[u8]| bound(Arc::new(BinaryArray::from(vec![bytes])), "bytes", &Native::Binary(2));
        assert!(bytes(b"a").is_err());
        assert!(bytes(b"ab").is_ok());
        let float = |value, rounds| {
            bound(Arc::new(Float64Array::from(vec![value])), "float64", &Native::Double { rounds })
        };
        assert!(float(f64::NAN, false).is_err());
        assert!(float(f64::INFINITY, false).is_err());
        assert!(float(0.1, true).is_err());
        assert!(float(0.1, false).is_ok());
        let year = |year| bound(Arc::new(Int16Array::from(vec![year])), "int16", &Native::Year);
        assert!(year(70).is_err());
        assert!(year(1970).is_ok());
    }

    #[test]
    fn days_and_seconds_that_mysql_has_not_are_refused() {
        let date = |days| bound(Arc::new(Date32Array::from(vec![days])), "date", &Native::Date);
        assert!(date(-719_529).is_err());
        assert!(date(-719_528).is_ok());
        assert!(date(2_932_897).is_err());
        assert!(date(i32::MIN).is_err());
        let at = |micros, unit| {
            let array = Arc::new(TimestampMicrosecondArray::from(vec![micros]));
            bound(array, "datetime", &Native::Datetime(unit))
        };
        assert!(at(i64::MIN, 1).is_err());
        assert!(at(i64::MAX, 1).is_err());
        assert!(at(-1, 1).is_ok());
        assert!(at(1_500, 1_000).unwrap_err().contains("round"));
        let mut text = String::new();
        put_clock(&mut text, DAY - 1);
        assert_eq!(text, "23:59:59.999999");
        let none: ArrayRef = Arc::new(Date32Array::from(vec![None::<i32>]));
        let column = Column::new(&none, &Type::Date, &Native::Date, false).unwrap();
        assert!(column.bind(&mut MySqlArguments::default(), &mut text, 0).is_err());
    }
}
