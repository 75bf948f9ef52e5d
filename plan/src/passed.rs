//! Text passed on as it is read: takes a deserializer, gives a value to serialize that holds nothing itself.

use std::cell::Cell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{self, Serialize, SerializeMap, SerializeSeq, Serializer};

/// What a deserializer reads, to be serialized once.
pub(crate) struct Passed<D>(Cell<Option<D>>);

impl<D> Passed<D> {
    pub(crate) fn new(read: D) -> Self {
        Self(Cell::new(Some(read)))
    }
}

impl<'de, D: Deserializer<'de>> Serialize for Passed<D> {
    fn serialize<S: Serializer>(&self, written: S) -> Result<S::Ok, S::Error> {
        let Some(read) = self.0.take() else { return Err(ser::Error::custom("this text is read once")) };
        read.deserialize_any(To(written)).map_err(ser::Error::custom)
    }
}

/// Hands on what is visited.
struct To<S>(S);

macro_rules! handed_on {
    ($($visit:ident $serialize:ident $ty:ty),*) => {$(
        fn $visit<E: de::Error>(self, value: $ty) -> Result<S::Ok, E> {
            self.0.$serialize(value).map_err(E::custom)
        }
    )*};
}

impl<'de, S: Serializer> Visitor<'de> for To<S> {
    type Value = S::Ok;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    handed_on!(
        visit_bool serialize_bool bool,
        visit_i64 serialize_i64 i64,
        visit_u64 serialize_u64 u64,
        visit_f64 serialize_f64 f64,
        visit_str serialize_str &str
    );

    fn visit_unit<E: de::Error>(self) -> Result<S::Ok, E> {
        self.0.serialize_unit().map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut read: A) -> Result<S::Ok, A::Error> {
        let mut written = self.0.serialize_seq(None).map_err(de::Error::custom)?;
        while read.next_element_seed(Element(&mut written))?.is_some() {}
        written.end().map_err(de::Error::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut read: A) -> Result<S::Ok, A::Error> {
        let mut written = self.0.serialize_map(None).map_err(de::Error::custom)?;
        while read.next_key_seed(Key(&mut written))?.is_some() {
            read.next_value_seed(Value(&mut written))?;
        }
        written.end().map_err(de::Error::custom)
    }
}

/// An element of a list, and the list it is written to.
struct Element<'s, S>(&'s mut S);

impl<'de, S: SerializeSeq> DeserializeSeed<'de> for Element<'_, S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, read: D) -> Result<(), D::Error> {
        self.0.serialize_element(&Passed::new(read)).map_err(de::Error::custom)
    }
}

/// A key of an object, and the object it is written to.
struct Key<'s, S>(&'s mut S);

impl<'de, S: SerializeMap> DeserializeSeed<'de> for Key<'_, S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, read: D) -> Result<(), D::Error> {
        self.0.serialize_key(&Passed::new(read)).map_err(de::Error::custom)
    }
}

/// A value of an object, and the object it is written to.
struct Value<'s, S>(&'s mut S);

impl<'de, S: SerializeMap> DeserializeSeed<'de> for Value<'_, S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, read: D) -> Result<(), D::Error> {
        self.0.serialize_value(&Passed::new(read)).map_err(de::Error::custom)
    }
}
