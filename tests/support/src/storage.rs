//! Real servers of object storages' protocols, each on a free port: moto for S3, Azurite for Azure Blob Storage.
//!
//! What they need is installed once, into the folder for builds. A shell holds each server's life to its standard
//! input, which ends when the test process does, however it does.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use crate::npm::npm_project;
use crate::port::{Port, on_free_port};
use crate::python::python_environment;

const START_WITHIN: Duration = Duration::from_secs(300);
const REQUIREMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/storage-requirements.txt");
const AZURITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../azurite");

/// Runs the rest of its arguments until the standard input ends, then removes the folder that is the first.
const HOLD: &str = "trap '' INT TERM HUP; folder=$1; shift; \"$@\" >\"$folder/log\" 2>&1 </dev/null & \
                    pid=$!; cat >/dev/null; kill -KILL $pid 2>/dev/null; wait $pid; rm -rf \"$folder\"";

/// Which protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    S3,
    Azure,
}

/// A running server. Dropping it kills it and removes its folder.
pub struct ObjectServer {
    protocol: Protocol,
    folder: PathBuf,
    keeper: Mutex<(Child, Option<ChildStdin>)>,
    // Given back when the server is gone.
    port: Port,
    buckets: AtomicU32,
}

impl ObjectServer {
    /// The key that S3 is opened with.
    pub const ACCESS_KEY: &'static str = "MIGTESTACCESSKEY";
    /// Its secret: a word that must never appear in an error.
    pub const SECRET_KEY: &'static str = "xyzzy-storage-secret";
    /// The account that Azurite has.
    pub const ACCOUNT: &'static str = "devstoreaccount1";
    /// The key of that account, which Azurite's manual tells everybody.
    pub const ACCOUNT_KEY: &'static str =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// The server of S3's protocol that all tests of a process share.
    pub fn s3() -> &'static Self {
        static SHARED: OnceLock<ObjectServer> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(Protocol::S3))
    }

    /// The server of Azure Blob Storage's protocol that all tests of a process share.
    pub fn azure() -> &'static Self {
        static SHARED: OnceLock<ObjectServer> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(Protocol::Azure))
    }

    fn start(protocol: Protocol) -> Self {
        let program = match protocol {
            Protocol::S3 => python_environment("storage", Path::new(REQUIREMENTS)).join("bin/moto_server"),
            Protocol::Azure => {
                npm_project("azurite", Path::new(AZURITE)).join("node_modules/.bin/azurite-blob")
            }
        };
        on_free_port(|port| Self::spawn(protocol, &program, port))
    }

    fn spawn(protocol: Protocol, program: &Path, port: Port) -> Option<Self> {
        let folder =
            tempfile::Builder::new().prefix("mig-storage-").tempdir().expect("a temporary folder").keep();
        let number = port.number().to_string();
        let arguments: &[&str] = match protocol {
            Protocol::S3 => &["-H", "127.0.0.1", "-p", &number],
            Protocol::Azure => {
                &["--blobPort", &number, "--silent", "--disableTelemetry", "--skipApiVersionCheck"]
            }
        };
        let mut command = Command::new("/bin/sh");
        command.args(["-c", HOLD, "hold"]).arg(&folder).arg(program).args(arguments);
        if protocol == Protocol::Azure {
            command.arg("--location").arg(&folder);
        }
        let mut process = command
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("/bin/sh runs");
        let input = process.stdin.take();
        let keeper = Mutex::new((process, input));
        let server = Self { protocol, folder, keeper, port, buckets: AtomicU32::new(0) };
        server.wait_until_ready().then_some(server)
    }

    /// Waits for the first answer; false when the port belongs to somebody else.
    fn wait_until_ready(&self) -> bool {
        let started = Instant::now();
        while self.request("GET", "/", &[], "").is_none() {
            let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            if log.to_lowercase().contains("address already in use") || log.contains("EADDRINUSE") {
                return false;
            }
            assert!(started.elapsed() < START_WITHIN, "the storage's server does not start: {log}");
            std::thread::sleep(Duration::from_millis(50));
        }
        true
    }

    /// Where it is, as a store's `endpoint` says it.
    pub fn endpoint(&self) -> String {
        match self.protocol {
            Protocol::S3 => format!("http://127.0.0.1:{}", self.port.number()),
            Protocol::Azure => format!("http://127.0.0.1:{}/{}", self.port.number(), Self::ACCOUNT),
        }
    }

    /// A fresh and empty bucket, by the URL that a store's `path` begins with.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn bucket(&self) -> String {
        let name = format!("test-{}", self.buckets.fetch_add(1, Ordering::Relaxed));
        let (scheme, made) = match self.protocol {
            Protocol::S3 => ("s3", self.request("PUT", &format!("/{name}"), &[], "")),
            Protocol::Azure => ("az", self.container(&name)),
        };
        let (status, said) = made.expect("the server answers");
        assert!((200..300).contains(&status), "a bucket cannot be made: {status} {said}");
        format!("{scheme}://{name}")
    }

    fn container(&self, name: &str) -> Option<(u16, String)> {
        let account = Self::ACCOUNT;
        let date =
            output(Command::new("date").env("LC_ALL", "C").args(["-u", "+%a, %d %b %Y %H:%M:%S GMT"]), "");
        let version = "2021-08-06";
        let signed = format!(
            "PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:{date}\nx-ms-version:{version}\n\
             /{account}/{account}/{name}\nrestype:container"
        );
        let shell = "key=$(printf %s \"$1\" | base64 -d | od -An -v -tx1 | tr -d ' \\n'); \
                     openssl dgst -sha256 -mac HMAC -macopt hexkey:\"$key\" -binary | base64 -w0";
        let signature =
            output(Command::new("/bin/sh").args(["-c", shell, "sign", Self::ACCOUNT_KEY]), &signed);
        let headers = [
            ("x-ms-date", date),
            ("x-ms-version", version.to_owned()),
            ("authorization", format!("SharedKey {account}:{signature}")),
        ];
        self.request("PUT", &format!("/{account}/{name}?restype=container"), &headers, "")
    }

    /// Sends a request past any client; gives the status and the body, `None` when nobody answers.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        body: &str,
    ) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port.number())).ok()?;
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\n", self.port.number());
        if self.protocol == Protocol::S3 {
            // moto looks whether somebody has signed, and not who.
            request += "authorization: AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request, \
                        SignedHeaders=host, Signature=x\r\n";
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!("content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1)?.parse().ok()?;
        Some((status, answer.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned())))
    }
}

impl Drop for ObjectServer {
    fn drop(&mut self) {
        if let Ok((process, input)) = self.keeper.get_mut() {
            *input = None;
            // The shell ends by itself; when it does not, there is nobody left to tell.
            let _ = process.wait();
        }
    }
}

/// What a program writes, given this to read.
fn output(command: &mut Command, input: &str) -> String {
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program runs");
    process.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
    let output = process.wait_with_output().expect("it ends");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_of_each_protocol_answers_and_leaves_nothing_behind() {
        for protocol in [Protocol::S3, Protocol::Azure] {
            let server = ObjectServer::start(protocol);
            let (first, second) = (server.bucket(), server.bucket());
            assert_ne!(first, second);
            let folder = server.folder.clone();
            drop(server);
            assert!(!folder.exists(), "{protocol:?}");
        }
    }
}
