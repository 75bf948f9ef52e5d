//! JSON that is kept and looked at, and not changed: what descriptors say, of which a catalog has tens of thousands.
//!
//! Takes less than half of the memory that `serde_json`'s values take: an object is a sorted list, and a text that many
//! say is one text. What is to be built or changed is built as a `serde_json::Value` and becomes this in the end.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Number, Value};

/// A text of which all who say the same can have one. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Arc<str>);

/// A value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Json {
    /// `null`
    #[default]
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(Text),
    /// Values in their order.
    List(Box<[Json]>),
    /// Values by name.
    Object(Object),
}

/// Values by name, sorted by it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object(Box<[(Text, Json)]>);

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl Json {
    /// The text, of a text.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The values, of a list.
    pub fn as_list(&self) -> Option<&[Self]> {
        if let Self::List(items) = self { Some(items) } else { None }
    }

    /// The object, of an object.
    pub fn as_object(&self) -> Option<&Object> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    fn share(&mut self, texts: &mut Texts) {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => {}
            Self::Text(text) => texts.share(text),
            Self::List(items) => items.iter_mut().for_each(|item| item.share(texts)),
            Self::Object(object) => object.share(texts),
        }
    }
}

/// As JSON has it.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl Object {
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Json> {
        let place = self.0.binary_search_by(|(other, _)| other.0.as_ref().cmp(name)).ok()?;
        self.0.get(place).map(|(_, value)| value)
    }

    /// The names and their values, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Json)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// The names, sorted.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn share(&mut self, texts: &mut Texts) {
        for (name, value) in &mut self.0 {
            texts.share(name);
            value.share(texts);
        }
    }
}

/// The texts that were said so far, so that who says one of them again has the same.
#[derive(Default)]
pub(crate) struct Texts(HashSet<Arc<str>>);

impl Texts {
    /// Puts a text in the place of an equal one.
    pub(crate) fn share(&mut self, text: &mut Text) {
        self.share_str(&mut text.0);
    }

    /// The same for a text by itself.
    pub(crate) fn share_str(&mut self, text: &mut Arc<str>) {
        match self.0.get(text) {
            Some(known) => *text = Arc::clone(known),
            None => drop(self.0.insert(Arc::clone(text))),
        }
    }
}

impl From<Map<String, Value>> for Object {
    fn from(map: Map<String, Value>) -> Self {
        let mut entries: Vec<(Text, Json)> =
            map.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self(entries.into())
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::Text(text.into()),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(map) => Self::Object(map.into()),
        }
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => text.serialize(serializer),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Of a name that is there twice the last counts.
        let sorted = BTreeMap::<Text, Json>::deserialize(deserializer)?;
        Ok(Self(sorted.into_iter().collect()))
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Values;

        impl<'de> Visitor<'de> for Values {
            type Value = Json;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
                Ok(Json::Bool(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
                Ok(Json::Number(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
                Ok(Json::Number(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
                Ok(Number::from_f64(value).map_or(Json::Null, Json::Number))
            }

            fn visit_str<E>(self, text: &str) -> Result<Json, E> {
                Ok(Json::Text(text.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
                let mut all = Vec::new();
                while let Some(item) = items.next_element()? {
                    all.push(item);
                }
                Ok(Json::List(all.into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Json, A::Error> {
                Object::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Json::Object)
            }
        }

        deserializer.deserialize_any(Values)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::{Json, Object, Texts};

    #[test]
    fn it_reads_and_writes_what_serde_json_does() {
        for text in [
            r#"{"b":[1,-2,3.5,1e300,18446744073709551615],"a":{"":null,"é":true},"c":[],"d":{},"e":"\u0000\""}"#,
            r#"{"a":1,"a":2}"#,
            "[[[]]]",
            "0.1",
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            let json: Json = serde_json::from_str(text).unwrap();
            assert_eq!(json, Json::from(value.clone()));
            assert_eq!(json.to_string(), value.to_string());
            assert_eq!(serde_json::to_value(&json).unwrap(), value);
        }
    }

    #[test]
    fn a_value_is_found_by_its_name() {
        let Value::Object(map) = json!({"b": 1, "a": "x", "c": {"d": ["y"]}}) else { return };
        let object = Object::from(map);
        assert_eq!(object.names().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(object.get("a").and_then(Json::as_str), Some("x"));
        assert_eq!(object.get("aa"), None);
        let inner = object.get("c").and_then(Json::as_object).and_then(|inner| inner.get("d"));
        assert_eq!(inner.and_then(Json::as_list).map(<[Json]>::len), Some(1));
    }

    #[test]
    fn who_says_the_same_has_one_text() {
        let mut both: [Object; 2] =
            [r#"{"owner":"team"}"#, r#"{"owner":"team"}"#].map(|text| serde_json::from_str(text).unwrap());
        let mut texts = Texts::default();
        both.iter_mut().for_each(|object| object.share(&mut texts));
        let [(Json::Text(one), name), (Json::Text(other), again)] =
            both.each_ref().map(|object| (&object.0[0].1, &object.0[0].0))
        else {
            panic!("two texts")
        };
        assert!(Arc::ptr_eq(&one.0, &other.0) && Arc::ptr_eq(&name.0, &again.0));
    }
}
