//! Names and values as they stand in a statement, quoted. Pure.

use crate::store::StoreError;
use crate::store::refusal::table_name;

/// The table of receipts in each schema that mig writes to; never listed.
pub(super) const RECEIPTS: &str = "_mig_receipts";

/// Bytes of a name that PostgreSQL keeps; it cuts the rest off and goes on.
const NAME_BYTES: usize = 63;

/// A table's or a view's place: schema and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) schema: String,
    pub(super) name: String,
}

impl Place {
    /// Takes a path apart; without a schema it is in `public`.
    pub(super) fn new(path: &[String]) -> Result<Self, StoreError> {
        let (schema, name) = match path {
            [name] => ("public", name),
            [schema, name] => (schema.as_str(), name),
            _ => {
                return Err(StoreError::Refused(format!(
                    "{} is not a table of PostgreSQL: its path has {} parts, and PostgreSQL knows schema and table",
                    table_name(path),
                    path.len()
                )));
            }
        };
        Ok(Self { schema: schema.to_owned(), name: name.clone() })
    }

    /// The quoted name with its schema.
    pub(super) fn sql(&self) -> String {
        format!("{}.{}", quote(&self.schema), quote(&self.name))
    }

    /// The receipts beside it.
    pub(super) fn receipts(&self) -> String {
        format!("{}.{RECEIPTS}", quote(&self.schema))
    }
}

/// A name in double quotes.
pub(super) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A column of the table `t`. Qualified, because `order by` prefers an output column of the same name.
pub(super) fn column(name: &str) -> String {
    format!("t.{}", quote(name))
}

/// A text in single quotes. A backslash stands for itself: every connection has standard strings on.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Refuses a new name that PostgreSQL would shorten.
pub(super) fn require_short(name: &str) -> Result<(), StoreError> {
    if name.len() <= NAME_BYTES {
        return Ok(());
    }
    Err(StoreError::Refused(format!(
        "the name {name} has {} bytes, and PostgreSQL keeps {NAME_BYTES}; choose a shorter one",
        name.len()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_quotes() {
        assert_eq!(quote("a\"b"), "\"a\"\"b\"");
        assert_eq!(literal("it's \\"), "'it''s \\'");
        let place = Place::new(&["s\"x".into(), "Order Details".into()]).unwrap();
        assert_eq!(place.sql(), "\"s\"\"x\".\"Order Details\"");
        assert_eq!(Place::new(&["t".into()]).unwrap().sql(), "\"public\".\"t\"");
        assert!(Place::new(&[]).is_err());
        assert!(require_short(&"x".repeat(64)).is_err());
    }
}
