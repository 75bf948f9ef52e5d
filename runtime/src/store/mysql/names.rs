//! Names and values as they stand in a statement, quoted. Pure.

use crate::store::StoreError;
use crate::store::refusal::table_name;

/// The table of receipts in each database that mig writes to; never listed.
pub(super) const RECEIPTS: &str = "_mig_receipts";

/// A table's name in its database: the only part of its path.
pub(super) fn name_of(path: &[String]) -> Result<&str, StoreError> {
    match path {
        [name] => Ok(name),
        _ => Err(StoreError::Refused(format!(
            "{} is not a table of MySQL: its path has {} parts, and a mysql store is the one database that its url \
             names",
            table_name(path),
            path.len()
        ))),
    }
}

/// A name in backticks.
pub(super) fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A column of the table `t`.
pub(super) fn column(name: &str) -> String {
    format!("t.{}", quote(name))
}

/// A text in single quotes. A backslash stands for itself: every connection is set so.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_quotes() {
        assert_eq!(quote("a`b"), "`a``b`");
        assert_eq!(literal("it's \\"), "'it''s \\'");
        assert_eq!(name_of(&["t".into()]), Ok("t"));
        assert!(name_of(&["shop".into(), "t".into()]).is_err());
    }
}
