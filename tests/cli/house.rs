//! What the tests share: a folder with a small migration, and the program run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// What the program answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Answer {
    /// Both streams.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    /// Asserts the exit code, showing everything that was said when it is another.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n--- out\n{}\n--- err\n{}", self.out, self.err);
        self
    }

    /// Asserts that this text was said, wherever its lines were broken.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = flat(&self.text()).contains(&flat(text));
        assert!(said, "lacks `{text}`\n--- out\n{}\n--- err\n{}", self.out, self.err);
        self
    }
}

/// A folder of its own.
pub(crate) struct House {
    folder: TempDir,
}

impl House {
    /// An empty one.
    pub(crate) fn empty() -> Self {
        Self { folder: TempDir::new().expect("a temporary folder") }
    }

    /// One with these sources besides the small shop's catalog and old database.
    pub(crate) fn with(sources: &[(&str, &str)]) -> Self {
        let house = Self::empty();
        house.write("catalog.yaml", CATALOG);
        house.sql("old.db", OLD);
        for (path, text) in sources {
            house.write(path, text);
        }
        house
    }

    /// The small shop.
    pub(crate) fn shop() -> Self {
        Self::with(&[("shop.mig", SHOP)])
    }

    /// A path in the folder.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Writes a file, and the folders around it.
    pub(crate) fn write(&self, path: &str, text: &str) {
        self.write_bytes(path, text.as_bytes());
    }

    /// Writes a file, and the folders around it.
    pub(crate) fn write_bytes(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }

    /// Reads a file.
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).expect(path)
    }

    /// Replaces a part of a file that must be there.
    #[track_caller]
    pub(crate) fn replace(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} lacks `{from}`");
        self.write(path, &text.replace(from, to));
    }

    /// Whether a path is there.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    /// Runs SQL on a database of the folder.
    pub(crate) fn sql(&self, database: &str, sql: &str) {
        let connection = rusqlite::Connection::open(self.path(database)).expect("a database");
        connection.execute_batch(sql).expect(sql);
    }

    /// One number out of a database of the folder.
    pub(crate) fn number(&self, database: &str, sql: &str) -> i64 {
        let connection = rusqlite::Connection::open(self.path(database)).expect("a database");
        connection.query_row(sql, [], |row| row.get(0)).expect(sql)
    }

    /// The program, not yet started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mig"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("MIG_STATE")
            .env_remove("NO_GRAPHICS")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program.
    pub(crate) fn mig(&self, arguments: &[&str]) -> Answer {
        answer(self.command(arguments))
    }

    /// Runs the program with a text on standard input.
    pub(crate) fn mig_reading(&self, arguments: &[&str], input: &str) -> Answer {
        use std::io::Write as _;
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().expect("mig starts");
        child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("mig reads");
        let output = child.wait_with_output().expect("mig ends");
        of(&output)
    }
}

/// Runs a command to its end.
pub(crate) fn answer(mut command: Command) -> Answer {
    of(&command.output().expect("mig runs"))
}

fn of(output: &std::process::Output) -> Answer {
    Answer {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Every file below a folder with its bytes, the journal left out.
pub(crate) fn files(folder: &Path) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let path = entry.path();
        if entry.file_name() == ".mig" {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).expect("a file"));
        }
    }
    found
}

/// A migration of one table, one consumer and one wave.
pub(crate) const SHOP: &str = r#"/// A small shop.
migration shop {
  owner       = @group:platform
  catalog     = files("catalog.yaml")
  criticality = metadata.annotations["acme.dev/tier"] in [low, high]
}

store old: sqlite  { url = "old.db" }
store new: parquet { path = "lake" }

dataset people: old.people -> new.people {
  entity = @resource:people
  key    = id

  columns {
    id
    name:  text  = trim(name)
    email: text? = nullif(lower(trim(email)), "")
    cents: int64 = cents
  }
  drop flag because "unused"
}

consumer letters: @component:letters {
  reads    = [people]
  cut_over = annotate("acme.dev/people", "lake")
}

validation people_fit on people {
  row_count
  checksum
  require count(cents < 0) == 0 else "somebody owes a negative sum"
}

wave all {
  move       = datasets, consumers
  validation = [people_fit]
  allow no-soak because "a test ends at once"
}
"#;

/// Who owns and reads what.
pub(crate) const CATALOG: &str = "\
apiVersion: backstage.io/v1alpha1
kind: Group
metadata:
  name: platform
spec:
  type: team
  children: []
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata:
  name: ada
spec:
  memberOf: [platform]
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata:
  name: people
spec:
  type: dataset
  owner: platform
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: letters   # writes to everybody
  annotations:
    acme.dev/tier: low
spec:
  type: service
  lifecycle: production
  owner: platform
  dependsOn:
    - resource:people
";

/// The old database.
const OLD: &str = "
CREATE TABLE people (
  id    INTEGER PRIMARY KEY,
  name  TEXT NOT NULL,
  email TEXT,
  cents INTEGER NOT NULL,
  flag  CHAR(1)
);
INSERT INTO people VALUES (1, ' Ada ', 'ADA@example.com', 100, 'Y'), (2, 'Grace', '  ', 250, NULL), (3, 'Élodie', NULL, 0, 'N');
";
