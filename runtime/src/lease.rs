//! The lease: which process has the migration. One row in the journal's database, with a fencing token
//! that grows whenever the lease changes hands, so that a process that lost it can never write again.
//!
//! Takes transactions of the journal and a time; never opens a connection and never waits. A lease is free
//! when it was released, when its heartbeat is too old, or when its owner was a process of this machine
//! that is dead: after a crash the same command runs again at once.

use std::fmt;

use rusqlite::{OptionalExtension, Transaction, params};

use crate::settings::Environment;
use crate::state::UnixMillis;

/// How long a lease holds after its last heartbeat.
pub const EXPIRY_MILLIS: i64 = 15_000;

/// How often a process renews its lease.
pub const HEARTBEAT_MILLIS: u64 = 4_000;

/// The table, made with the journal.
pub(crate) const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS lease (
        id        INTEGER PRIMARY KEY CHECK (id = 1),
        token     INTEGER NOT NULL,
        owner     TEXT,
        machine   TEXT,
        boot      TEXT,
        pid       INTEGER,
        birth     TEXT,
        since     INTEGER,
        heartbeat INTEGER
    );";

/// A process that can have the lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// For people: user, host and process.
    name: String,
    /// The machine (and the container) whose processes can be looked at from here.
    machine: String,
    /// The machine's run since it was last booted.
    boot: String,
    pid: u32,
    /// When the process began, so that another one that got its number is not taken for it.
    birth: Option<String>,
}

impl Owner {
    /// This process.
    pub fn this_process(environment: &Environment) -> Self {
        let variable = |name: &str| {
            environment
                .resolve(&mig_plan::Setting::Env(name.to_owned()))
                .ok()
                .filter(|value| !value.is_empty())
        };
        let name = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(variable);
        let user = name.or_else(|| user_id(&read("/proc/self/status")?));
        let host = read("/proc/sys/kernel/hostname")
            .or_else(|| variable("HOSTNAME"))
            .or_else(|| variable("COMPUTERNAME"))
            .unwrap_or_else(|| "localhost".to_owned());
        let pid = std::process::id();
        let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        let machine_id = read("/etc/machine-id").unwrap_or_default();
        Self {
            name: format!("{}@{host} (process {pid})", user.as_deref().unwrap_or("unknown")),
            machine: format!("{host} {machine_id} {}", namespace.display()),
            boot: read("/proc/sys/kernel/random/boot_id").unwrap_or_default(),
            pid,
            birth: birth(pid),
        }
    }

    /// Whether this owner's process is known to be gone, as seen from a process of `here`.
    fn is_dead(&self, here: &Self) -> bool {
        if self.machine != here.machine {
            return false;
        }
        if self.boot != here.boot {
            return true;
        }
        // Without a birth nothing is known, and only the heartbeat tells.
        self.birth.is_some() && birth(self.pid) != self.birth
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// A lease that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token(pub(crate) i64);

/// Who has the lease, for whoever must wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// User, host and process.
    pub owner: String,
    /// Since when.
    pub since: UnixMillis,
    /// The last sign of life.
    pub heartbeat: UnixMillis,
}

struct Row {
    token: i64,
    held: Option<(Owner, Holder)>,
}

/// Takes the lease, or says who has it.
pub(crate) fn take(
    transaction: &Transaction<'_>,
    owner: &Owner,
    now: UnixMillis,
) -> rusqlite::Result<Result<Token, Holder>> {
    let row = row(transaction)?;
    if let Some((other, holder)) = row.as_ref().and_then(|row| row.held.as_ref())
        && now - holder.heartbeat < EXPIRY_MILLIS
        && !other.is_dead(owner)
    {
        return Ok(Err(holder.clone()));
    }
    let token = row.map_or(0, |row| row.token) + 1;
    transaction.execute(
        "INSERT OR REPLACE INTO lease (id, token, owner, machine, boot, pid, birth, since, heartbeat)
         VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
        params![token, owner.name, owner.machine, owner.boot, owner.pid, owner.birth, now],
    )?;
    Ok(Ok(Token(token)))
}

/// Renews the lease; `false` when it was lost.
pub(crate) fn renew(transaction: &Transaction<'_>, token: Token, now: UnixMillis) -> rusqlite::Result<bool> {
    let mut statement = transaction.prepare_cached(
        "UPDATE lease SET heartbeat = ?2 WHERE id = 1 AND token = ?1 AND owner IS NOT NULL",
    )?;
    Ok(statement.execute(params![token.0, now])? == 1)
}

/// Gives the lease back, if it is still held.
pub(crate) fn release(transaction: &Transaction<'_>, token: Token) -> rusqlite::Result<()> {
    transaction.execute("UPDATE lease SET owner = NULL WHERE id = 1 AND token = ?1", params![token.0])?;
    Ok(())
}

/// Who has the lease now, if anybody does; one that has expired, or whose process is dead, has nobody.
pub(crate) fn holder(
    transaction: &Transaction<'_>,
    here: &Owner,
    now: UnixMillis,
) -> rusqlite::Result<Option<Holder>> {
    Ok(row(transaction)?.and_then(|row| row.held).and_then(|(owner, holder)| {
        let alive = now - holder.heartbeat < EXPIRY_MILLIS && !owner.is_dead(here);
        alive.then_some(holder)
    }))
}

fn row(transaction: &Transaction<'_>) -> rusqlite::Result<Option<Row>> {
    let sql = "SELECT token, owner, machine, boot, pid, birth, since, heartbeat FROM lease WHERE id = 1";
    transaction
        .query_row(sql, [], |row| {
            let Some(name) = row.get::<_, Option<String>>(1)? else {
                return Ok(Row { token: row.get(0)?, held: None });
            };
            let owner = Owner {
                name: name.clone(),
                machine: row.get(2)?,
                boot: row.get(3)?,
                pid: row.get(4)?,
                birth: row.get(5)?,
            };
            let holder = Holder { owner: name, since: row.get(6)?, heartbeat: row.get(7)? };
            Ok(Row { token: row.get(0)?, held: Some((owner, holder)) })
        })
        .optional()
}

fn read(path: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The number of a process's user, of what the system says of the process: what a service or a container has that sets no
/// variable with a name.
fn user_id(status: &str) -> Option<String> {
    // The real one, then the one whose rights it has.
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    ids.split_whitespace().nth(1).map(|id| format!("uid {id}"))
}

/// When a process began, in the system's own words; `None` when there is none of that number.
fn birth(pid: u32) -> Option<String> {
    if cfg!(target_os = "linux") {
        // The 22nd field of `stat`; the second may hold spaces and parentheses, so count behind its end.
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (_, rest) = stat.rsplit_once(") ")?;
        // A zombie has ended; only its parent has not looked yet.
        let mut fields = rest.split(' ');
        if fields.next()? == "Z" {
            return None;
        }
        return fields.nth(18).map(str::to_owned);
    }
    let output = std::process::Command::new("ps").args(["-o", "lstart=", "-p", &pid.to_string()]).output();
    let text = String::from_utf8(output.ok()?.stdout).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    fn database() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(TABLE).unwrap();
        connection
    }

    fn in_transaction<T>(connection: &mut Connection, act: impl FnOnce(&Transaction<'_>) -> T) -> T {
        let transaction = connection.transaction().unwrap();
        let result = act(&transaction);
        transaction.commit().unwrap();
        result
    }

    fn here() -> Owner {
        Owner::this_process(&Environment::new([("USER".to_owned(), "ann".to_owned())]))
    }

    fn elsewhere() -> Owner {
        Owner { name: "bob@far (process 7)".to_owned(), machine: "far".to_owned(), ..here() }
    }

    #[test]
    fn an_owner_without_a_name_is_known_by_a_number() {
        let status = "Name:\tmig\nUmask:\t0022\nUid:\t1000\t1001\t1000\t1000\nGid:\t0\t0\t0\t0\n";
        assert_eq!(user_id(status).as_deref(), Some("uid 1001"));
        assert_eq!(user_id("Name:\tmig\n"), None);
        let named = |variables: &[(&str, &str)]| {
            let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            Owner::this_process(&Environment::new(variables)).to_string()
        };
        assert!(named(&[("USER", ""), ("LOGNAME", "bob")]).starts_with("bob@"));
        if cfg!(target_os = "linux") {
            assert!(named(&[]).starts_with("uid "), "{}", named(&[]));
        }
    }

    #[test]
    fn a_living_owner_keeps_the_lease_and_is_named() {
        let mut database = database();
        in_transaction(&mut database, |t| take(t, &here(), 1_000)).unwrap().unwrap();
        let holder = in_transaction(&mut database, |t| take(t, &elsewhere(), 2_000)).unwrap().unwrap_err();
        assert!(holder.owner.starts_with("ann@"), "{}", holder.owner);
        assert_eq!(holder.since, 1_000);
    }

    #[test]
    fn an_expired_lease_changes_hands_and_its_old_token_is_worth_nothing() {
        let mut database = database();
        let old = in_transaction(&mut database, |t| take(t, &elsewhere(), 0)).unwrap().unwrap();
        assert!(in_transaction(&mut database, |t| renew(t, old, 10_000)).unwrap());
        let now = 10_000 + EXPIRY_MILLIS;
        assert!(in_transaction(&mut database, |t| take(t, &here(), now - 1)).unwrap().is_err());
        let new = in_transaction(&mut database, |t| take(t, &here(), now)).unwrap().unwrap();
        assert_eq!(new, Token(old.0 + 1));
        assert!(!in_transaction(&mut database, |t| renew(t, old, now)).unwrap());
        in_transaction(&mut database, |t| release(t, old)).unwrap();
        assert!(
            in_transaction(&mut database, |t| renew(t, new, now)).unwrap(),
            "only its holder can release it"
        );
    }

    #[test]
    fn a_dead_process_of_this_machine_loses_the_lease_at_once() {
        let mut child = std::process::Command::new("sleep").arg("600").spawn().unwrap();
        let owner = Owner { pid: child.id(), birth: birth(child.id()), ..here() };
        assert!(owner.birth.is_some());
        let mut database = database();
        in_transaction(&mut database, |t| take(t, &owner, 0)).unwrap().unwrap();
        assert!(in_transaction(&mut database, |t| take(t, &here(), 1)).unwrap().is_err());
        child.kill().unwrap();
        // Taken over even before its parent has waited for it.
        while birth(child.id()).is_some() {
            std::thread::yield_now();
        }
        assert_eq!(in_transaction(&mut database, |t| take(t, &here(), 2)).unwrap(), Ok(Token(2)));
        child.wait().unwrap();
    }

    #[test]
    fn another_process_with_the_number_of_a_dead_one_is_not_taken_for_it() {
        let owner = Owner { birth: Some("long ago".to_owned()), ..here() };
        assert!(owner.is_dead(&here()));
        assert!(!here().is_dead(&here()));
        let rebooted = Owner { boot: "before".to_owned(), ..here() };
        assert!(rebooted.is_dead(&here()));
    }

    #[test]
    fn a_released_lease_is_free() {
        let mut database = database();
        let token = in_transaction(&mut database, |t| take(t, &elsewhere(), 0)).unwrap().unwrap();
        assert!(in_transaction(&mut database, |t| holder(t, &here(), 1)).unwrap().is_some());
        in_transaction(&mut database, |t| release(t, token)).unwrap();
        assert_eq!(in_transaction(&mut database, |t| holder(t, &here(), 1)).unwrap(), None);
        assert!(!in_transaction(&mut database, |t| renew(t, token, 1)).unwrap());
        assert_eq!(in_transaction(&mut database, |t| take(t, &here(), 1)).unwrap(), Ok(Token(2)));
    }
}
