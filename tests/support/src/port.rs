//! Ports for the servers of tests: each is one server's alone, also while that server is down.

use std::fs::{self, File, Permissions};
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;

/// Below those that a system gives to clients and to whoever asks for any: nobody's connection stands on one of them when
/// its server is started again.
const PORTS: Range<u16> = 20_000..30_000;

/// A port that no other test takes, of this process or another, as long as this is held.
pub(crate) struct Port {
    number: u16,
    /// Locked. The system gives it back when the process ends, however it does.
    _lock: File,
}

impl Port {
    /// Its number.
    pub(crate) fn number(&self) -> u16 {
        self.number
    }

    /// Ports that nobody listens on.
    fn free() -> impl Iterator<Item = Self> {
        let folder = std::env::temp_dir().join("mig-test-ports");
        fs::create_dir_all(&folder).expect("a folder for locks");
        // For every user's tests. Where it is another's, that one has done it.
        let _ = fs::set_permissions(&folder, Permissions::from_mode(0o1777));
        let (first, count) = (std::process::id() as usize * 101, PORTS.len());
        let numbers = (first..first + count).filter_map(move |place| PORTS.clone().nth(place % count));
        numbers.filter_map(move |number| {
            let path = folder.join(number.to_string());
            let lock = File::open(&path).or_else(|_| File::create(&path)).ok()?;
            lock.try_lock().ok()?;
            TcpListener::bind((Ipv4Addr::LOCALHOST, number)).ok()?;
            Some(Self { number, _lock: lock })
        })
    }
}

/// Starts a server on a free port: `start` gives none where a process that is no test's has taken the port meanwhile.
pub(crate) fn on_free_port<S>(start: impl Fn(Port) -> Option<S>) -> S {
    let started = Port::free().take(5).find_map(start);
    started.unwrap_or_else(|| panic!("five free ports in a row were taken by others"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_free_and_nobody_elses_until_it_is_given_back() {
        let mut free = Port::free();
        let (first, second) = (free.next().unwrap(), free.next().unwrap());
        assert!(!Port::free().take(20).any(|port| [first.number, second.number].contains(&port.number)));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, first.number)).unwrap();
        let number = first.number;
        drop(first);
        assert!(!Port::free().take(20).any(|port| port.number == number), "somebody listens there");
        drop(listener);
    }
}
