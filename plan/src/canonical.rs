//! The one canonical encoding: JSON with sorted keys and no white space, and its SHA-256 digest.
//!
//! Object keys are sorted by Unicode code point, numbers are printed as `serde_json` prints them, and
//! floats are not expected in canonical forms (shares are kept in parts per million, durations in
//! seconds), so that equal values give equal bytes on every machine.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::ser::CompactFormatter;
use sha2::{Digest as _, Sha256};

use crate::indented::Indented;
use crate::sorted::sorted_json;

/// A value could not be turned into JSON (a map with keys that are not strings).
#[derive(Debug)]
pub struct CanonicalError(serde_json::Error);

impl CanonicalError {
    /// What is wrong, by itself.
    pub(crate) fn into_inner(self) -> serde_json::Error {
        self.0
    }
}

impl fmt::Display for CanonicalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot be written as canonical JSON: {}", self.0)
    }
}

impl std::error::Error for CanonicalError {}

/// The canonical JSON of a value: sorted keys, no white space, no trailing newline.
pub fn canonical_json<T: Serialize + ?Sized>(value: &T) -> Result<String, CanonicalError> {
    sorted_json(value, CompactFormatter).map_err(CanonicalError)
}

/// The same, indented for people to read.
pub(crate) fn indented_json<T: Serialize + ?Sized>(value: &T) -> Result<String, CanonicalError> {
    sorted_json(value, Indented::default()).map_err(CanonicalError)
}

/// The SHA-256 digest of [`canonical_json`].
pub fn digest_json<T: Serialize + ?Sized>(value: &T) -> Result<Digest, CanonicalError> {
    Ok(Digest::of(canonical_json(value)?.as_bytes()))
}

/// A SHA-256 digest, written `sha256:` and 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of the given bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The first twelve hexadecimal digits: enough for a person to compare and to name a run by.
    pub fn short(&self) -> String {
        self.hex()[..12].to_owned()
    }

    fn hex(&self) -> String {
        let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
        self.0.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a digest (`sha256:` and 64 hexadecimal digits)");
        let hex = text.strip_prefix("sha256:").ok_or_else(wrong)?;
        if hex.len() != 64 || !hex.is_ascii() {
            return Err(wrong());
        }
        let mut bytes = [0_u8; 32];
        for (byte, pair) in bytes.iter_mut().zip(0..32) {
            *byte = u8::from_str_radix(&hex[pair * 2..pair * 2 + 2], 16).map_err(|_| wrong())?;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let value = serde_json::json!({"b": {"z": 1, "a": [{"y": 2, "x": 3}]}, "a": null});
        assert_eq!(
            canonical_json(&value).expect("plain JSON"),
            r#"{"a":null,"b":{"a":[{"x":3,"y":2}],"z":1}}"#
        );
    }

    /// The fields of a struct and of a variant stand in the order of their declaration, and keys may need escapes.
    #[test]
    fn keys_are_sorted_whatever_they_are_of() {
        #[derive(Serialize)]
        struct Named {
            z: [u8; 2],
            b: Either,
            #[serde(skip_serializing_if = "Option::is_none")]
            absent: Option<u8>,
            a: BTreeMap<&'static str, Option<bool>>,
        }
        #[derive(Serialize)]
        enum Either {
            One { y: char, x: () },
        }
        let a = BTreeMap::from([("a\"", None), ("a#", Some(true)), ("a!", Some(false)), ("\u{e9}", None)]);
        let value = Named { z: [1, 2], b: Either::One { y: '"', x: () }, absent: None, a };
        let sorted =
            r##"{"a":{"a!":false,"a\"":null,"a#":true,"é":null},"b":{"One":{"x":null,"y":"\""}},"z":[1,2]}"##;
        assert_eq!(canonical_json(&value).expect("plain JSON"), sorted);
        let through_value = serde_json::to_value(&value).expect("plain JSON");
        assert_eq!(canonical_json(&through_value).expect("plain JSON"), sorted);
        assert_eq!(
            indented_json(&value).expect("plain JSON"),
            serde_json::to_string_pretty(&through_value).expect("plain JSON")
        );
        let deep =
            (0..50).fold(serde_json::json!([1, 2]), |inner, _| serde_json::json!({"in": inner, "at": []}));
        let empty = serde_json::json!({"b": {}, "a": [], "c": [{}, []], "deep": deep});
        assert_eq!(
            indented_json(&empty).expect("plain JSON"),
            serde_json::to_string_pretty(&empty).expect("plain JSON")
        );
    }

    #[test]
    fn a_digest_reads_what_it_writes() {
        let digest = Digest::of(b"mig");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!("sha256:12".parse::<Digest>().is_err());
        assert!("md5:00".parse::<Digest>().is_err());
    }
}
