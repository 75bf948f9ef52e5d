//! Where a store is, in the names that lineage tools give to databases and folders, without a credential.
//! Opens nothing.

use std::path::{Path, PathBuf};

use mig_plan::{ObjectUrl, StoreKind};

use super::{StoreError, mysql, postgres, sqlite};

/// Where a store is. No part of it is a user, a password or a parameter of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A database on a server.
    Server {
        /// What its URLs begin with: `postgres`, `mysql`.
        scheme: &'static str,
        /// The host's name, or `localhost` for a socket.
        host: String,
        /// The port.
        port: u16,
        /// The database.
        database: String,
    },
    /// A database file.
    File(PathBuf),
    /// A folder with a file or a folder for each table.
    Folder(PathBuf),
    /// A folder in a bucket of an object storage.
    Objects(ObjectUrl),
}

/// Where a store of that kind is. Relative paths are relative to `folder`, the migration's.
///
/// # Errors
/// When the location is not one of the store's kind.
pub fn address(kind: StoreKind, location: &str, folder: &Path) -> Result<Address, StoreError> {
    match kind {
        StoreKind::Postgres => postgres::address(location),
        StoreKind::Mysql => mysql::address(location),
        StoreKind::Sqlite => Ok(Address::File(sqlite::file(location, folder)?)),
        StoreKind::Parquet | StoreKind::Csv | StoreKind::Jsonl | StoreKind::Arrow => {
            match ObjectUrl::parse(location) {
                None => Ok(Address::Folder(folder.join(location))),
                Some(url) => url.map(Address::Objects).map_err(StoreError::Refused),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_no_credentials() {
        let url = "postgres://shop:hunter2@db.acme.dev:6432/sales?sslmode=require";
        let server = |scheme, port| Address::Server {
            scheme,
            host: "db.acme.dev".to_owned(),
            port,
            database: "sales".to_owned(),
        };
        assert_eq!(address(StoreKind::Postgres, url, Path::new("x")), Ok(server("postgres", 6432)));
        let url = "mysql://shop:hunter2@db.acme.dev/sales?ssl-mode=REQUIRED";
        assert_eq!(address(StoreKind::Mysql, url, Path::new("x")), Ok(server("mysql", 3306)));
        let wrong = address(StoreKind::Postgres, "mysql://shop:hunter2@db", Path::new("x")).unwrap_err();
        assert!(!wrong.to_string().contains("hunter2"), "{wrong}");
    }

    #[test]
    fn files_and_folders_are_beside_the_migration() {
        let at = |kind, location| address(kind, location, Path::new("/shop")).unwrap();
        assert_eq!(at(StoreKind::Sqlite, "sqlite://old.db"), Address::File("/shop/old.db".into()));
        assert_eq!(at(StoreKind::Parquet, "../lake"), Address::Folder("/shop/../lake".into()));
        assert!(
            matches!(at(StoreKind::Csv, "s3://lake/shop"), Address::Objects(url) if url.bucket == "lake")
        );
        assert!(address(StoreKind::Sqlite, ":memory:", Path::new("/shop")).is_err());
    }
}
