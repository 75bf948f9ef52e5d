//! References to catalog entities, `kind:namespace/name`, as Backstage writes them.
//!
//! Source: Backstage, "Entity references". Comparison is on the lower-cased form; the kind defaults by
//! context and the namespace to `default`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use crate::json::Texts;

/// A full reference to a catalog entity, normalised to lower case as Backstage compares them.
///
/// Serialized as the string `kind:namespace/name`. All who name an entity share one text, so that a copy costs
/// nothing. References are ordered by kind, then by namespace, then by name.
#[derive(Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct EntityRef {
    /// `kind:namespace/name`.
    text: Arc<str>,
    /// How many bytes the kind has.
    kind: u32,
    /// How many bytes the namespace has.
    namespace: u32,
}

/// Text that is not an entity reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityRefError {
    /// The text as given.
    pub text: String,
}

impl fmt::Display for EntityRefError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not an entity reference (`kind:namespace/name`)", self.text)
    }
}

impl std::error::Error for EntityRefError {}

impl EntityRef {
    /// Builds a reference from its parts, lower-casing each.
    pub fn new(kind: &str, namespace: &str, name: &str) -> Self {
        let (kind, namespace, name) = (kind.to_lowercase(), namespace.to_lowercase(), name.to_lowercase());
        let bytes = |part: &str| u32::try_from(part.len()).unwrap_or(u32::MAX);
        Self {
            text: format!("{kind}:{namespace}/{name}").into(),
            kind: bytes(&kind),
            namespace: bytes(&namespace),
        }
    }

    /// Takes the text from whoever said it before.
    pub(crate) fn share(&mut self, texts: &mut Texts) {
        texts.share_str(&mut self.text);
    }

    /// Lower-case kind: `component`, `resource`, `api`, `group`, `user`, `system`, …
    pub fn kind(&self) -> &str {
        self.parts().0
    }

    /// Lower-case namespace, `default` when left out.
    pub fn namespace(&self) -> &str {
        self.parts().1
    }

    /// Lower-case name.
    pub fn name(&self) -> &str {
        self.parts().2
    }

    /// Kind, namespace and name.
    fn parts(&self) -> (&str, &str, &str) {
        let (kind, namespace) = (self.kind as usize, self.namespace as usize);
        let behind = |start: usize| self.text.get(start..).unwrap_or_default();
        let namespace_at = behind(kind + 1).get(..namespace).unwrap_or_default();
        (self.text.get(..kind).unwrap_or_default(), namespace_at, behind(kind + namespace + 2))
    }

    /// Reads `[kind:][namespace/]name`, taking what is left out from the defaults of its context.
    ///
    /// # Errors
    /// When a part is empty, or when the kind is left out and no default is given.
    pub fn parse(
        text: &str,
        default_kind: Option<&str>,
        default_namespace: &str,
    ) -> Result<Self, EntityRefError> {
        let wrong = || EntityRefError { text: text.to_owned() };
        let (kind, rest) = match text.split_once(':') {
            Some((kind, rest)) => (kind, rest),
            None => (default_kind.ok_or_else(wrong)?, text),
        };
        let (namespace, name) = rest.split_once('/').unwrap_or((default_namespace, rest));
        let legal = |part: &str| !part.is_empty() && !part.contains([':', '/', ' ']);
        if !legal(kind) || !legal(namespace) || !legal(name) {
            return Err(wrong());
        }
        Ok(Self::new(kind, namespace, name))
    }

    /// The shortest form a `.mig` source uses for it: `@kind:name`, or with the namespace when it is
    /// not `default`.
    pub fn source_form(&self) -> String {
        match self.parts() {
            (kind, "default", name) => format!("@{kind}:{name}"),
            _ => format!("@{}", self.text),
        }
    }
}

impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Ord for EntityRef {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.text, &other.text) {
            return Ordering::Equal;
        }
        // Where the parts are as long as the other's, the texts are ordered as they are.
        if (self.kind, self.namespace) == (other.kind, other.namespace) {
            return self.text.cmp(&other.text);
        }
        self.parts().cmp(&other.parts())
    }
}

impl PartialOrd for EntityRef {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Serialize for EntityRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl FromStr for EntityRef {
    type Err = EntityRefError;

    fn from_str(text: &str) -> Result<Self, EntityRefError> {
        Self::parse(text, None, "default")
    }
}

impl TryFrom<String> for EntityRef {
    type Error = EntityRefError;

    fn try_from(text: String) -> Result<Self, EntityRefError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_left_out_come_from_the_context() {
        let entity = EntityRef::parse("Orders", Some("Resource"), "shop").expect("legal");
        assert_eq!(entity.to_string(), "resource:shop/orders");
        assert_eq!(entity.source_form(), "@resource:shop/orders");
    }

    /// Not by the text: `-` stands before `:` there.
    #[test]
    fn references_are_ordered_by_kind_then_namespace_then_name() {
        let sorted = ["api:default/z", "api:shop/a", "api-v2:default/a"];
        let mut entities = sorted.map(|text| text.parse::<EntityRef>().expect("legal"));
        entities.reverse();
        entities.sort();
        assert_eq!(entities.map(|entity| entity.to_string()), sorted);
    }

    #[test]
    fn what_is_not_a_reference_is_refused() {
        for text in ["", "a", "a:", ":a", "a:b/", "a:/b", "a:b/c/d", "a:b c"] {
            assert!(text.parse::<EntityRef>().is_err(), "{text}");
        }
    }
}
