//! The language server as a program: it speaks the protocol and nothing else, and ends when it is told to.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

fn framed(message: &str) -> String {
    format!("Content-Length: {}\r\n\r\n{message}", message.len())
}

/// Says hello, waits for the answer as a client must, says goodbye, and gives everything that was answered.
fn session(input: &mut impl Write, output: &mut impl Read) -> String {
    let hello = framed(r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}"#);
    input.write_all(hello.as_bytes()).and_then(|()| input.flush()).expect("it takes messages");
    let mut out = Vec::new();
    while !String::from_utf8_lossy(&out).contains("serverInfo") {
        let mut part = [0; 4096];
        let count = output.read(&mut part).expect("it answers");
        assert!(count > 0, "it ended: {}", String::from_utf8_lossy(&out));
        out.extend_from_slice(&part[..count]);
    }
    let goodbye = [
        r#"{"jsonrpc":"2.0","method":"initialized","params":{}}"#,
        r#"{"jsonrpc":"2.0","id":2,"method":"shutdown"}"#,
        r#"{"jsonrpc":"2.0","method":"exit"}"#,
    ];
    input
        .write_all(goodbye.map(framed).concat().as_bytes())
        .and_then(|()| input.flush())
        .expect("it takes messages");
    output.read_to_end(&mut out).expect("it answers");
    String::from_utf8(out).expect("it answers in UTF-8")
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
    let out = session(&mut input, &mut server.stdout.take().expect("it answers"));
    assert!(server.wait().expect("it ends").success());
    drop(input);
    let mut err = String::new();
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
    let client = TcpStream::connect(("127.0.0.1", port.trim().parse().expect("a port"))).expect("it listens");
    let out = session(&mut &client, &mut &client);
    assert!(out.contains(r#""positionEncoding":"utf-16""#), "{out}");
    assert!(server.wait().expect("it ends").success());
}
