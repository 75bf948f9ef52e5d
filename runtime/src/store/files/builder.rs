//! Arrays out of the text of values: what reading CSV and JSON Lines ends in.
//!
//! Takes one value after the other, as the literals of [`super::literal`] or as JSON; gives an Arrow array
//! of the column's type. A value that does not fit is refused with the reason and leaves the builder ready
//! for the next. Never decides what a missing value is: the format does.

use std::mem;
use std::sync::Arc;

use arrow::array::{
    ArrayBuilder, ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder,
    FixedSizeBinaryBuilder, Float32Builder, Float64Builder, Int8Builder, Int16Builder, Int32Builder,
    Int64Builder, ListArray, NullBufferBuilder, StringBuilder, Time64MicrosecondBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::buffer::OffsetBuffer;
use mig_plan::{ColumnType, Type};

use super::json::{self, Flaw, Kind, Value};
use super::literal;
use crate::arrow_types::{arrow_field, arrow_type};

/// What JSON's `null` is in a column of type `json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonNull {
    /// A missing value, as in every other column: files that others wrote.
    Missing,
    /// The JSON value `null`; a missing value has no member: files that mig wrote.
    Value,
}

/// Builds the array of one column.
pub(super) struct Builder {
    ty: ColumnType,
    array: Array,
}

enum Array {
    Bool(BooleanBuilder),
    Int8(Int8Builder),
    Int16(Int16Builder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    Float32(Float32Builder),
    Float64(Float64Builder),
    Decimal(Decimal128Builder, u8, u8),
    Text(StringBuilder),
    Json(StringBuilder),
    Bytes(BinaryBuilder, Vec<u8>),
    Date(Date32Builder),
    Time(Time64MicrosecondBuilder),
    Timestamp(TimestampMicrosecondBuilder),
    Datetime(TimestampMicrosecondBuilder),
    Uuid(FixedSizeBinaryBuilder),
    List(Box<List>),
}

struct List {
    item: ColumnType,
    items: Builder,
    ends: Vec<i32>,
    nulls: NullBufferBuilder,
}

/// The same for every array builder, and what is to be done for a list.
macro_rules! each {
    ($on:expr, $array:ident => $plain:expr, $list:ident => $nested:expr) => {
        match $on {
            Array::Bool($array) => $plain,
            Array::Int8($array) => $plain,
            Array::Int16($array) => $plain,
            Array::Int32($array) => $plain,
            Array::Int64($array) => $plain,
            Array::Float32($array) => $plain,
            Array::Float64($array) => $plain,
            Array::Decimal($array, ..) => $plain,
            Array::Text($array) | Array::Json($array) => $plain,
            Array::Bytes($array, _) => $plain,
            Array::Date($array) => $plain,
            Array::Time($array) => $plain,
            Array::Timestamp($array) | Array::Datetime($array) => $plain,
            Array::Uuid($array) => $plain,
            Array::List($list) => $nested,
        }
    };
}

/// Why a value does not fit, as half a sentence.
pub(super) type Fits = Result<(), String>;

impl Builder {
    /// An empty builder.
    pub(super) fn new(ty: &ColumnType) -> Self {
        let array = match &ty.ty {
            Type::Bool => Array::Bool(BooleanBuilder::new()),
            Type::Int8 => Array::Int8(Int8Builder::new()),
            Type::Int16 => Array::Int16(Int16Builder::new()),
            Type::Int32 => Array::Int32(Int32Builder::new()),
            Type::Int64 => Array::Int64(Int64Builder::new()),
            Type::Float32 => Array::Float32(Float32Builder::new()),
            Type::Float64 => Array::Float64(Float64Builder::new()),
            Type::Decimal { precision, scale } => Array::Decimal(
                Decimal128Builder::new().with_data_type(arrow_type(&ty.ty)),
                *precision,
                *scale,
            ),
            Type::Text | Type::Enum(_) => Array::Text(StringBuilder::new()),
            Type::Json => Array::Json(StringBuilder::new()),
            Type::Bytes => Array::Bytes(BinaryBuilder::new(), Vec::new()),
            Type::Date => Array::Date(Date32Builder::new()),
            Type::Time => Array::Time(Time64MicrosecondBuilder::new()),
            Type::Timestamp => {
                Array::Timestamp(TimestampMicrosecondBuilder::new().with_data_type(arrow_type(&ty.ty)))
            }
            Type::Datetime => Array::Datetime(TimestampMicrosecondBuilder::new()),
            Type::Uuid => Array::Uuid(FixedSizeBinaryBuilder::new(16)),
            Type::List(item) => Array::List(Box::new(List {
                item: (**item).clone(),
                items: Self::new(item),
                ends: vec![0],
                nulls: NullBufferBuilder::new(0),
            })),
        };
        Self { ty: ty.clone(), array }
    }

    /// Appends a null, whatever the column says: a reader of misfits goes on with it.
    pub(super) fn null(&mut self) {
        each!(&mut self.array, array => array.append_null(), list => list.end(false));
    }

    /// Appends a missing value.
    ///
    /// # Errors
    /// When the column must have one.
    pub(super) fn missing(&mut self) -> Fits {
        if !self.ty.nullable {
            return Err(format!("no value, and the column is {} without `?`", self.ty));
        }
        self.null();
        Ok(())
    }

    /// Appends the value that a literal stands for.
    ///
    /// # Errors
    /// Why it is none of the column's type.
    pub(super) fn literal(&mut self, text: &str) -> Fits {
        let ty = &self.ty.ty;
        let wrong = |reason: &str| format!("{reason}; the column is {ty}");
        // An integer of a narrower type.
        macro_rules! narrow {
            ($array:expr) => {{
                let value = literal::integer(text).map_err(wrong)?;
                let value = value.try_into().map_err(|_| wrong("a whole number out of range"))?;
                $array.append_value(value);
            }};
        }
        match &mut self.array {
            Array::Bool(array) => array.append_value(literal::boolean(text).map_err(wrong)?),
            Array::Int8(array) => narrow!(array),
            Array::Int16(array) => narrow!(array),
            Array::Int32(array) => narrow!(array),
            Array::Int64(array) => array.append_value(literal::integer(text).map_err(wrong)?),
            Array::Float32(array) => array.append_value(literal::float32(text).map_err(wrong)?),
            Array::Float64(array) => array.append_value(literal::float64(text).map_err(wrong)?),
            Array::Decimal(array, precision, scale) => {
                array.append_value(literal::decimal(text, *precision, *scale).map_err(wrong)?);
            }
            Array::Text(array) => {
                if let Type::Enum(labels) = ty
                    && !labels.iter().any(|label| label == text)
                {
                    return Err(wrong("none of the labels"));
                }
                array.append_value(text);
            }
            Array::Json(array) => {
                json::value(text).map_err(|flaw| wrong(&describe(flaw)))?;
                array.append_value(text);
            }
            Array::Bytes(array, bytes) => {
                bytes.clear();
                literal::bytes(text, bytes).map_err(wrong)?;
                array.append_value(bytes);
            }
            Array::Date(array) => array.append_value(literal::date(text).map_err(wrong)?),
            Array::Time(array) => array.append_value(literal::time(text).map_err(wrong)?),
            Array::Timestamp(array) => array.append_value(literal::timestamp(text).map_err(wrong)?),
            Array::Datetime(array) => array.append_value(literal::datetime(text).map_err(wrong)?),
            Array::Uuid(array) => {
                let value = literal::uuid(text).map_err(wrong)?;
                array.append_value(value).map_err(|error| error.to_string())?;
            }
            Array::List(_) => return Err(wrong("a list cannot be one literal")),
        }
        Ok(())
    }

    /// Appends a JSON value.
    ///
    /// # Errors
    /// Why it is none of the column's type.
    pub(super) fn json(&mut self, value: Value<'_>, nulls: JsonNull) -> Fits {
        let is_json = matches!(self.array, Array::Json(_));
        if value.kind == Kind::Null && !(is_json && nulls == JsonNull::Value) {
            return self.missing();
        }
        match &mut self.array {
            Array::Json(array) => {
                let mut text = Vec::with_capacity(value.raw.len());
                json::compact(value.raw, &mut text);
                array.append_value(String::from_utf8(text).map_err(|error| error.to_string())?);
                return Ok(());
            }
            Array::List(list) => {
                if value.kind != Kind::Array {
                    return Err(format!("not an array; the column is {}", self.ty.ty));
                }
                let appended = list.append(value.raw, nulls);
                // Whatever was appended of a list that does not fit lies inside the null that follows it.
                if appended.is_ok() {
                    list.end(true);
                }
                return appended;
            }
            Array::Bool(_)
            | Array::Int8(_)
            | Array::Int16(_)
            | Array::Int32(_)
            | Array::Int64(_)
            | Array::Float32(_)
            | Array::Float64(_)
            | Array::Decimal(..)
            | Array::Text(_)
            | Array::Bytes(..)
            | Array::Date(_)
            | Array::Time(_)
            | Array::Timestamp(_)
            | Array::Datetime(_)
            | Array::Uuid(_) => {}
        }
        let text =
            value.text().map_err(|flaw| format!("{}; the column is {}", describe(flaw), self.ty.ty))?;
        let fitting = match &self.ty.ty {
            Type::Bool => value.kind == Kind::Bool,
            Type::Int8 | Type::Int16 | Type::Int32 | Type::Int64 => value.kind == Kind::Number,
            // What JSON has no number for stands in quotes.
            Type::Float32 | Type::Float64 => match value.kind {
                Kind::Number => true,
                Kind::Text => !text.bytes().any(|byte| byte.is_ascii_digit()),
                Kind::Null | Kind::Bool | Kind::Array | Kind::Object => false,
            },
            Type::Decimal { .. } => matches!(value.kind, Kind::Number | Kind::Text),
            Type::Text
            | Type::Bytes
            | Type::Date
            | Type::Time
            | Type::Timestamp
            | Type::Datetime
            | Type::Uuid
            | Type::Json
            | Type::Enum(_)
            | Type::List(_) => value.kind == Kind::Text,
        };
        if !fitting {
            let kind = match value.kind {
                Kind::Null => "null",
                Kind::Bool => "true or false",
                Kind::Number => "a number",
                Kind::Text => "a string",
                Kind::Array => "an array",
                Kind::Object => "an object",
            };
            return Err(format!("{kind}; the column is {}", self.ty.ty));
        }
        self.literal(&text)
    }

    /// The array of what was appended since the last one.
    ///
    /// # Errors
    /// When the items of lists have nulls that they must not have; never for what was appended without error.
    pub(super) fn finish(&mut self) -> Result<ArrayRef, arrow::error::ArrowError> {
        Ok(each!(&mut self.array, array => Arc::new(array.finish()), list => Arc::new(list.finish()?)))
    }

    fn length(&self) -> usize {
        each!(&self.array, array => array.len(), list => list.ends.len() - 1)
    }
}

impl List {
    fn append(&mut self, array: &str, nulls: JsonNull) -> Fits {
        struct Failed(String);
        impl From<Flaw> for Failed {
            fn from(flaw: Flaw) -> Self {
                Self(describe(flaw))
            }
        }
        let items = &mut self.items;
        let mut length = 0_usize;
        let appended = json::elements(array, |element| {
            length += 1;
            items.json(element, nulls).map_err(|reason| {
                // The builder is kept usable: an item that does not fit stands as a null inside a null list.
                Failed(format!("item {length}: {reason}"))
            })
        });
        appended.map_err(|Failed(reason)| reason)
    }

    /// Ends a list, or puts a null in its place.
    fn end(&mut self, valid: bool) {
        let length = self.items.length();
        // Rows and bytes of a batch are bounded far below 2^31 items.
        self.ends.push(i32::try_from(length).unwrap_or(i32::MAX));
        self.nulls.append(valid);
    }

    fn finish(&mut self) -> Result<ListArray, arrow::error::ArrowError> {
        let ends = mem::replace(&mut self.ends, vec![0]);
        let field = Arc::new(arrow_field("item", &self.item));
        let items = self.items.finish()?;
        ListArray::try_new(field, OffsetBuffer::new(ends.into()), items, self.nulls.finish())
    }
}

fn describe(flaw: Flaw) -> String {
    format!("not JSON ({} at character {})", flaw.what, flaw.at + 1)
}
