//! A real Prometheus on a free port, which reads the metrics that a test serves, five times a second.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::keeper::{Keeper, give};
use crate::port::{Port, on_free_port};

const INSTALL: &str = "apt-get update && apt-get install -y --no-install-recommends prometheus";
/// Who it runs as where the tests run as root.
const USER: &str = "nobody";
const START_WITHIN: Duration = Duration::from_secs(300);

/// A service with metrics: each time they are read, it has been asked a hundred times more.
pub struct Service {
    port: u16,
    counters: Arc<Counters>,
}

#[derive(Default)]
struct Counters {
    requests: AtomicU64,
    errors: AtomicU64,
    /// How many of a hundred requests fail from now on.
    failing: AtomicU64,
}

impl Service {
    /// Starts one of that name, of whose requests none fails.
    ///
    /// # Panics
    /// When no port is free.
    pub fn start(name: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let counters = Arc::new(Counters::default());
        let (counted, name) = (Arc::clone(&counters), name.to_owned());
        // The thread ends with the test process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counted.answer(stream, &name);
            }
        });
        Self { port, counters }
    }

    /// Lets so many of a hundred requests fail from now on.
    pub fn fail(&self, percent: u64) {
        self.counters.failing.store(percent, Ordering::SeqCst);
    }
}

impl Counters {
    fn answer(&self, mut stream: TcpStream, name: &str) {
        let mut request = [0; 4096];
        // Whatever is asked, the metrics are the answer; a scraper that is gone needs none.
        if stream.read(&mut request).is_err() {
            return;
        }
        let requests = self.requests.fetch_add(100, Ordering::SeqCst) + 100;
        let failing = self.failing.load(Ordering::SeqCst);
        let errors = self.errors.fetch_add(failing, Ordering::SeqCst) + failing;
        let body =
            format!("requests_total{{app=\"{name}\"}} {requests}\nerrors_total{{app=\"{name}\"}} {errors}\n");
        let _ = write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\nConnection: \
             close\r\n\r\n{body}",
            body.len()
        );
    }
}

/// A running server. Dropping it kills it and removes its folder.
pub struct Prometheus {
    folder: PathBuf,
    keeper: Keeper,
    // Given back when the server is gone.
    port: Port,
}

impl Prometheus {
    /// Starts a server that reads the service, and waits until it answers.
    ///
    /// # Panics
    /// When Prometheus is not installed (saying how to), or does not start.
    pub fn start(service: &Service) -> Self {
        on_free_port(|port| Self::try_start(service, port))
    }

    fn try_start(service: &Service, port: Port) -> Option<Self> {
        let folder =
            tempfile::Builder::new().prefix("mig-prometheus-").tempdir().expect("a temporary folder").keep();
        let config = folder.join("prometheus.yml");
        let text = format!(
            "global:\n  scrape_interval: 200ms\n  scrape_timeout: 200ms\nscrape_configs:\n  - job_name: shop\n    \
             static_configs:\n      - targets: ['127.0.0.1:{}']\n",
            service.port
        );
        fs::write(&config, text).expect("the configuration");
        give(USER, &[&folder, &config]);
        let keeper = Keeper::new(USER, &folder, "KILL", Path::new("prometheus"), |command| {
            command
                .arg(format!("--config.file={}", config.display()))
                .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
                .arg(format!("--web.listen-address=127.0.0.1:{}", port.number()));
        });
        let server = Self { folder, keeper, port };
        server.keeper.tell("start");
        server.wait_until_ready().then_some(server)
    }

    /// The URL that `mig` is given.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number())
    }

    /// Kills the server at once.
    pub fn stop(&self) {
        self.keeper.tell("stop");
    }

    /// Starts the server again on the same port and data, and waits until it answers.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_again(&self) {
        self.keeper.tell("start");
        assert!(self.wait_until_ready(), "the port was taken while the server was down");
    }

    /// Waits until it has read the service within this second, more than once; false when the port belongs to
    /// somebody else.
    fn wait_until_ready(&self) -> bool {
        let started = Instant::now();
        while !self
            .get("/api/v1/query?query=count_over_time(requests_total%5B1s%5D)%3E1")
            .is_some_and(|body| body.contains("\"value\""))
        {
            let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            let missing = ["prometheus: not found", "prometheus: command not found"];
            assert!(
                !missing.iter().any(|words| log.contains(words)),
                "Prometheus is not installed; install it: {INSTALL}\n{log}"
            );
            assert!(!log.contains("Error parsing"), "Prometheus does not start:\n{log}");
            if log.contains("address already in use") {
                return false;
            }
            assert!(started.elapsed() < START_WITHIN, "Prometheus does not start:\n{log}");
            std::thread::sleep(Duration::from_millis(50));
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
