//! The server as a client meets it, through the real service: what an answer is about, whatever was sent since.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use mig_compiler::Wanted;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream};

use super::serve;
use crate::host::{Host, Known, Texts};

/// A host whose plan is never done, and which counts how often it was left.
struct Slow {
    left: Arc<AtomicUsize>,
}

impl Host for Slow {
    fn known(&self, _: &std::path::Path, _: &Wanted) -> Known {
        Known::default()
    }

    fn refresh(&self, _: Texts) -> BoxFuture<'static, Result<String, String>> {
        futures::future::ready(Ok("refreshed".to_owned())).boxed()
    }

    fn preview(&self, _: Texts) -> BoxFuture<'static, Result<String, String>> {
        let guard = Left(Arc::clone(&self.left));
        async move {
            let _guard = guard;
            futures::future::pending().await
        }
        .boxed()
    }
}

struct Left(Arc<AtomicUsize>);

impl Drop for Left {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A client that writes and reads by itself, so that nothing waits for an answer.
struct Client {
    input: DuplexStream,
    output: BufReader<DuplexStream>,
}

impl Client {
    async fn start(capabilities: Value) -> (Self, Arc<AtomicUsize>) {
        let left = Arc::new(AtomicUsize::new(0));
        let (input, server_input) = tokio::io::duplex(1 << 22);
        let (server_output, output) = tokio::io::duplex(1 << 24);
        tokio::spawn(serve(server_input, server_output, Slow { left: Arc::clone(&left) }));
        let mut client = Self { input, output: BufReader::new(output) };
        client.request(0, "initialize", json!({ "capabilities": capabilities })).await;
        assert_eq!(client.read().await["id"], 0);
        client.notify("initialized", json!({})).await;
        (client, left)
    }

    async fn send(&mut self, message: Value) {
        let text = message.to_string();
        let framed = format!("Content-Length: {}\r\n\r\n{text}", text.len());
        self.input.write_all(framed.as_bytes()).await.unwrap();
    }

    async fn request(&mut self, id: u64, method: &str, params: Value) {
        self.send(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await;
    }

    async fn notify(&mut self, method: &str, params: Value) {
        self.send(json!({ "jsonrpc": "2.0", "method": method, "params": params })).await;
    }

    async fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.output.read_line(&mut line).await.unwrap();
            match line.trim() {
                "" => break,
                header => {
                    if let Some(value) = header.strip_prefix("Content-Length: ") {
                        length = value.parse().unwrap();
                    }
                }
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).await.unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// The next answer to a request; what the server says by itself is passed over.
    async fn answer(&mut self) -> Value {
        loop {
            let message = self.read().await;
            if message.get("id").is_some() && message.get("method").is_none() {
                return message;
            }
        }
    }
}

const URI: &str = "file:///shop/main.mig";

fn text(number: usize) -> String {
    format!("migration m {{\n}}\n\nwave w{number} {{\n}}\n")
}

async fn open(client: &mut Client, number: usize) {
    let document = json!({ "uri": URI, "languageId": "mig", "version": 0, "text": text(number) });
    client.notify("textDocument/didOpen", json!({ "textDocument": document })).await;
}

/// Changes the wave's name alone, as a person who types does.
async fn edit(client: &mut Client, from: usize, to: usize) {
    let end = 6 + from.to_string().len();
    let range = json!({ "start": { "line": 3, "character": 6 }, "end": { "line": 3, "character": end } });
    let changes = json!([{ "range": range, "text": to.to_string() }]);
    let document = json!({ "uri": URI, "version": to });
    client
        .notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }))
        .await;
}

const MODIFIED: i64 = -32801;
const CANCELLED: i64 = -32800;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_is_about_another_text_than_the_one_that_was_asked_about() {
    let (mut client, _) = Client::start(json!({ "textDocument": { "diagnostic": {} } })).await;
    open(&mut client, 0).await;
    let (edits, mut asked) = (1000, 0_u64);
    for number in 1..=edits {
        edit(&mut client, number - 1, number).await;
        // Requests in an uneven rhythm: none, one or several between two edits.
        for _ in 0..number % 3 {
            asked += 1;
            let id = (number as u64) * 10 + asked % 10;
            match asked % 3 {
                0 => {
                    client
                        .request(id, "textDocument/documentSymbol", json!({ "textDocument": { "uri": URI } }))
                        .await;
                }
                1 => client.request(id, "workspace/symbol", json!({ "query": "w" })).await,
                _ => {
                    let at =
                        json!({ "textDocument": { "uri": URI }, "position": { "line": 3, "character": 6 } });
                    client.request(id, "textDocument/prepareRename", at).await;
                }
            }
        }
    }
    let (mut told, mut modified) = (0, 0);
    for _ in 0..asked {
        let answer = client.answer().await;
        if answer["error"]["code"] == MODIFIED {
            modified += 1;
            continue;
        }
        let number = answer["id"].as_u64().unwrap() / 10;
        let said = answer["result"].to_string();
        assert!(said.contains(&format!("\"w{number}\"")), "{answer}");
        told += 1;
    }
    assert_eq!(told + modified, asked);
    // What nothing was sent after is always told.
    client.request(7, "textDocument/documentSymbol", json!({ "textDocument": { "uri": URI } })).await;
    assert!(client.answer().await["result"].to_string().contains("\"w1000\""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_cancelled_is_answered_at_once_and_its_work_is_left() {
    let (mut client, left) = Client::start(json!({})).await;
    open(&mut client, 1).await;
    client
        .request(1, "workspace/executeCommand", json!({ "command": "mig.preview", "arguments": [URI] }))
        .await;
    client.request(2, "textDocument/documentSymbol", json!({ "textDocument": { "uri": URI } })).await;
    // The other is answered while the first is under way.
    assert_eq!(client.answer().await["id"], 2);
    let since = Instant::now();
    client.notify("$/cancelRequest", json!({ "id": 1 })).await;
    let answer = client.answer().await;
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(1), &json!(CANCELLED)));
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
    assert_eq!(left.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_ask_is_sent_what_is_wrong_with_the_last_text() {
    let (mut client, _) = Client::start(json!({})).await;
    open(&mut client, 0).await;
    for number in 1..=20 {
        edit(&mut client, number - 1, number).await;
    }
    let mut last = 0;
    while last < 20 {
        let message = client.read().await;
        if message["method"] == "textDocument/publishDiagnostics" {
            let version = message["params"]["version"].as_i64().unwrap();
            assert!(version >= last, "{version} after {last}");
            last = version;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_takes_its_time_is_shown() {
    let (mut client, _) = Client::start(json!({})).await;
    open(&mut client, 1).await;
    let params = json!({ "command": "mig.refresh", "arguments": [URI], "workDoneToken": "t" });
    client.request(1, "workspace/executeCommand", params).await;
    let mut kinds = Vec::new();
    loop {
        let message = client.read().await;
        if message["method"] == "$/progress" {
            assert_eq!(message["params"]["token"], "t");
            kinds.push(message["params"]["value"]["kind"].as_str().unwrap().to_owned());
        }
        if message["id"] == 1 {
            assert_eq!(message["result"], "refreshed");
            break;
        }
    }
    assert_eq!(kinds, ["begin", "end"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_action_of_another_text_is_not_worked_out() {
    let resolve = json!({ "resolveSupport": { "properties": ["edit"] } });
    let capabilities = json!({ "textDocument": { "codeAction": resolve, "diagnostic": {} } });
    let (mut client, _) = Client::start(capabilities).await;
    let broken = "migration m {\n  ownr = @group:a\n}\n";
    let document = json!({ "uri": URI, "languageId": "mig", "version": 0, "text": broken });
    client.notify("textDocument/didOpen", json!({ "textDocument": document })).await;
    let place = json!({ "line": 1, "character": 3 });
    let range = json!({ "start": place, "end": place });
    let params = json!({ "textDocument": { "uri": URI }, "range": range, "context": { "diagnostics": [] } });
    client.request(1, "textDocument/codeAction", params).await;
    let answer = client.answer().await;
    let action = answer["result"][0].clone();
    assert_eq!(action["title"], "Write `owner`", "{answer}");
    assert!(action.get("edit").is_none(), "its edits are worked out when it is chosen");
    client.request(2, "codeAction/resolve", action.clone()).await;
    let answer = client.answer().await;
    assert_eq!(answer["result"]["edit"]["changes"][URI][0]["newText"], "owner", "{answer}");
    let changes = json!([{ "text": text(3) }]);
    let params = json!({ "textDocument": { "uri": URI, "version": 3 }, "contentChanges": changes });
    client.notify("textDocument/didChange", params).await;
    client.request(3, "codeAction/resolve", action).await;
    assert_eq!(client.answer().await["error"]["code"], MODIFIED);
}
