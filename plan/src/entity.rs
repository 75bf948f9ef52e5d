//! References to catalog entities, `kind:namespace/name`, as Backstage writes them.
//!
//! Source: Backstage, "Entity references". Comparison is on the lower-cased form; the kind defaults by
//! context and the namespace to `default`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A full reference to a catalog entity, normalised to lower case as Backstage compares them.
///
/// Serialized as the string `kind:namespace/name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct EntityRef {
    /// Lower-case kind: `component`, `resource`, `api`, `group`, `user`, `system`, …
    pub kind: String,
    /// Lower-case namespace, `default` when left out.
    pub namespace: String,
    /// Lower-case name.
    pub name: String,
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
        Self { kind: kind.to_lowercase(), namespace: namespace.to_lowercase(), name: name.to_lowercase() }
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
        if self.namespace == "default" {
            format!("@{}:{}", self.kind, self.name)
        } else {
            format!("@{}:{}/{}", self.kind, self.namespace, self.name)
        }
    }
}

impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.kind, self.namespace, self.name)
    }
}

impl FromStr for EntityRef {
    type Err = EntityRefError;

    fn from_str(text: &str) -> Result<Self, EntityRefError> {
        Self::parse(text, None, "default")
    }
}

impl From<EntityRef> for String {
    fn from(entity: EntityRef) -> Self {
        entity.to_string()
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

    #[test]
    fn what_is_not_a_reference_is_refused() {
        for text in ["", "a", "a:", ":a", "a:b/", "a:/b", "a:b/c/d", "a:b c"] {
            assert!(text.parse::<EntityRef>().is_err(), "{text}");
        }
    }
}
