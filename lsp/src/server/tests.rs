//! The server as a client meets it, through the real service: what an answer is about, whatever was sent since.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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
    client.notify("$/cancelRequest", json!({ "id": 1 })).await;
    let answer = client.answer().await;
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(1), &json!(CANCELLED)));
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

/// The next message that tells of progress: its token and its value.
async fn progress(client: &mut Client) -> (Value, Value) {
    loop {
        let message = client.read().await;
        if message["method"] == "window/workDoneProgress/create" {
            client.send(json!({ "jsonrpc": "2.0", "id": message["id"], "result": null })).await;
        }
        if message["method"] == "$/progress" {
            return (message["params"]["token"].clone(), message["params"]["value"].clone());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_is_shown_is_left_at_once_where_the_client_cancels_it() {
    for by in ["window/workDoneProgress/cancel", "$/cancelRequest"] {
        let (mut client, left) = Client::start(json!({ "window": { "workDoneProgress": true } })).await;
        open(&mut client, 1).await;
        let params = json!({ "command": "mig.preview", "arguments": [URI] });
        client.request(1, "workspace/executeCommand", params).await;
        // The token is the server's own.
        let (token, begun) = progress(&mut client).await;
        assert_eq!((&begun["kind"], &begun["cancellable"]), (&json!("begin"), &json!(true)), "{begun}");
        // What is shown by another token goes on.
        client.notify("window/workDoneProgress/cancel", json!({ "token": "another" })).await;
        client
            .notify(by, if by == "$/cancelRequest" { json!({ "id": 1 }) } else { json!({ "token": token }) })
            .await;
        let (mut answer, mut end) = (Value::Null, Value::Null);
        while answer.is_null() || end.is_null() {
            let message = client.read().await;
            if message["id"] == 1 {
                answer = message;
            } else if message["method"] == "$/progress" {
                end = message["params"].clone();
            }
        }
        assert_eq!(answer["error"]["code"], CANCELLED, "{answer}");
        assert_eq!(end, json!({ "token": token, "value": { "kind": "end", "message": "cancelled" } }));
        assert_eq!(left.load(Ordering::SeqCst), 1, "{by}");
    }
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

const SHOP: &str = "migration m {
  catalog = backstage(\"https://portal.dev\")
  owner   = @group:web/shop
}
store old: sqlite { url = env.OLD }
store new: postgres { url = env.NEW }
dataset orders: old.orders -> new.sales.orders {
  columns {
    part = substring(state, 1, 3)
  }
}
wave one { move = orders }
";

#[tokio::test]
async fn what_an_editor_draws_and_follows_is_answered() {
    let (mut client, _) = Client::start(json!({})).await;
    let document = json!({ "uri": URI, "languageId": "mig", "version": 0, "text": SHOP });
    client.notify("textDocument/didOpen", json!({ "textDocument": document })).await;
    let of = json!({ "uri": URI });
    let at = |line: u32, character: u32| json!({ "line": line, "character": character });
    let mut id = 0;
    let mut ask = async |client: &mut Client, method: &str, params: Value| -> Value {
        id += 1;
        client.request(id, method, params).await;
        let answer = client.answer().await;
        assert_eq!(answer["id"], id, "{answer}");
        assert_eq!(answer.get("error"), None, "{method}");
        answer["result"].clone()
    };
    let full = ask(&mut client, "textDocument/semanticTokens/full", json!({ "textDocument": of })).await;
    let first: Vec<u64> = full["data"].as_array().unwrap()[..5].iter().flat_map(Value::as_u64).collect();
    assert_eq!(first, [0, 0, 9, 13, 0], "`migration` is a keyword");
    let change = json!([{ "range": { "start": at(0, 0), "end": at(0, 0) }, "text": "\n" }]);
    let versioned = json!({ "uri": URI, "version": 1 });
    client
        .notify("textDocument/didChange", json!({ "textDocument": versioned, "contentChanges": change }))
        .await;
    let known = json!({ "textDocument": of, "previousResultId": full["resultId"] });
    let delta = ask(&mut client, "textDocument/semanticTokens/full/delta", known.clone()).await;
    let edits = delta["edits"].as_array().unwrap();
    assert!(edits.len() == 1 && edits[0]["data"].as_array().unwrap().len() <= 5, "{delta}");
    // What is no longer known is sent whole.
    let again = ask(&mut client, "textDocument/semanticTokens/full/delta", known).await;
    assert!(again["data"].is_array(), "{again}");
    let whole = json!({ "start": at(0, 0), "end": at(99, 0) });
    let ranged = json!({ "textDocument": of, "range": whole });
    let part = ask(&mut client, "textDocument/semanticTokens/range", ranged.clone()).await;
    assert_eq!(part["data"], again["data"]);
    let hints = ask(&mut client, "textDocument/inlayHint", ranged).await;
    let labels: Vec<&str> =
        hints.as_array().unwrap().iter().flat_map(|hint| hint["label"].as_str()).collect();
    assert_eq!(labels, ["start:", "length:"]);
    let positions = json!({ "textDocument": of, "positions": [at(9, 22)] });
    let selection = ask(&mut client, "textDocument/selectionRange", positions).await;
    assert_eq!(selection[0]["range"], json!({ "start": at(9, 21), "end": at(9, 26) }));
    let in_call = json!({ "textDocument": of, "position": at(9, 28) });
    let signature = ask(&mut client, "textDocument/signatureHelp", in_call).await;
    assert_eq!(signature["activeParameter"], 1, "{signature}");
    assert_eq!(signature["signatures"][0]["parameters"][1]["label"], "start");
    let links = ask(&mut client, "textDocument/documentLink", json!({ "textDocument": of })).await;
    assert_eq!(links[0]["target"], "https://portal.dev/catalog/web/group/shop");
    let settings = json!({ "settings": { "mig": { "portal": "https://other.dev" } } });
    client.notify("workspace/didChangeConfiguration", settings).await;
    let links = ask(&mut client, "textDocument/documentLink", json!({ "textDocument": of })).await;
    assert_eq!(links[0]["target"], "https://other.dev/catalog/web/group/shop");
    let on_dataset = json!({ "textDocument": of, "position": at(7, 10) });
    let items = ask(&mut client, "textDocument/prepareCallHierarchy", on_dataset.clone()).await;
    let item = json!({ "item": items[0] });
    let readers = ask(&mut client, "callHierarchy/incomingCalls", item.clone()).await;
    assert_eq!(readers[0]["from"]["name"], "one");
    let stores = ask(&mut client, "callHierarchy/outgoingCalls", item).await;
    let names: Vec<&str> =
        stores.as_array().unwrap().iter().flat_map(|store| store["to"]["name"].as_str()).collect();
    assert_eq!(names, ["new", "old"]);
    let highlights = ask(&mut client, "textDocument/documentHighlight", on_dataset).await;
    assert_eq!([&highlights[0]["kind"], &highlights[1]["kind"]], [3, 2], "made, and read");
}

#[tokio::test]
async fn a_buffer_that_was_never_saved_is_a_migration_by_itself() {
    let (mut client, _) = Client::start(json!({ "textDocument": { "diagnostic": {} } })).await;
    open(&mut client, 0).await;
    let of = json!({ "uri": "untitled:Untitled-1" });
    let document = json!({ "uri": of["uri"], "languageId": "mig", "version": 1, "text": "migration m {\n  \n}\nwave w {\n" });
    client.notify("textDocument/didOpen", json!({ "textDocument": document })).await;
    client.request(1, "textDocument/diagnostic", json!({ "textDocument": of })).await;
    let answer = client.answer().await;
    let codes: Vec<&str> = answer["result"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|item| item["code"].as_str())
        .collect();
    assert!(codes.contains(&"missing-attribute") && !codes.contains(&"two-migrations"), "{answer}");
    let position = json!({ "line": 1, "character": 2 });
    client.request(2, "textDocument/completion", json!({ "textDocument": of, "position": position })).await;
    let answer = client.answer().await;
    let labels = answer["result"]["items"].as_array().unwrap().iter().map(|item| item["label"].as_str());
    assert!(labels.into_iter().any(|label| label == Some("owner")), "{answer}");
    // The old side of a comparison is no file of a migration.
    client
        .request(
            3,
            "textDocument/hover",
            json!({ "textDocument": { "uri": "git:/shop/main.mig?HEAD" }, "position": position }),
        )
        .await;
    assert_eq!(client.answer().await["result"], Value::Null);
}
