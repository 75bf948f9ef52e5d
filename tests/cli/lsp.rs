//! The language server as a program: it speaks the protocol and nothing else, and ends when it is told to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

fn framed(message: &str) -> String {
    format!("Content-Length: {}\r\n\r\n{message}", message.len())
}

fn session() -> String {
    [
        r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}"#,
        r#"{"jsonrpc":"2.0","method":"initialized","params":{}}"#,
        r#"{"jsonrpc":"2.0","id":2,"method":"shutdown"}"#,
        r#"{"jsonrpc":"2.0","method":"exit"}"#,
    ]
    .map(framed)
    .concat()
}

#[test]
fn it_ends_when_it_is_told_to_though_its_input_stays_open() {
    let mut server = Command::new(env!("CARGO_BIN_EXE_mig"))
        .args(["lsp", "--stdio"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("mig runs");
    let mut input = server.stdin.take().expect("it reads");
    input.write_all(session().as_bytes()).expect("it takes messages");
    input.flush().expect("it takes messages");
    assert!(server.wait().expect("it ends").success());
    drop(input);
    let (mut out, mut err) = (String::new(), String::new());
    server.stdout.take().expect("it answers").read_to_string(&mut out).expect("it answers");
    server.stderr.take().expect("it logs").read_to_string(&mut err).expect("it logs");
    assert!(out.starts_with("Content-Length: ") && out.contains(r#""serverInfo":{"name":"mig""#), "{out}");
    assert_eq!(out.matches("Content-Length: ").count(), 2, "{out}");
    assert_eq!(err, "");
}

#[test]
fn it_serves_a_socket_and_prints_the_port() {
    let mut server = Command::new(env!("CARGO_BIN_EXE_mig"))
        .args(["lsp", "--socket", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("mig runs");
    let mut port = String::new();
    BufReader::new(server.stdout.take().expect("it prints")).read_line(&mut port).expect("it prints");
    let mut client =
        TcpStream::connect(("127.0.0.1", port.trim().parse().expect("a port"))).expect("it listens");
    client.write_all(session().as_bytes()).expect("it takes messages");
    let mut out = String::new();
    client.read_to_string(&mut out).expect("it answers");
    assert!(out.contains(r#""positionEncoding":"utf-16""#), "{out}");
    assert!(server.wait().expect("it ends").success());
}
