//! How long an editor waits in a large folder: a client replays an editing session (`session.txt`) to the real `mig lsp`,
//! in a folder of 200 files and 50,000 lines whose catalog has 50,000 entities.
//!
//! `cargo bench --bench editor [-- ROUNDS [FILES DATASETS ENTITIES]]` (three rounds). After every keystroke the client
//! sends the change and asks what is wrong in the file, as editors do, and for the colours that changed; the time is until
//! the answer to the first is read. The session's letters come as fast as they are answered.

#![expect(clippy::print_stdout, reason = "a benchmark is for its figures")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use mig_bench::{Migration, Step, company, session};
use mig_plan::{CatalogLock, SchemasLock, Setting, StoreLock};
use serde_json::{Value, json};

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let mut number = |or| numbers.next().unwrap_or(or);
    let (rounds, files, datasets, entities) = (number(3), number(200), number(2_150), number(50_000));
    let home = tempfile::tempdir().expect("a temporary folder");
    let folder = home.path().canonicalize().expect("a folder");
    let migration = company(datasets, files, entities);
    let lines: usize = migration.sources.iter().map(|(_, source)| source.text.lines().count()).sum();
    println!("{files} files, {lines} lines, {} entities", migration.catalog.len());
    write(&folder, migration);

    let mut editor = Editor::start(&folder);
    let started = Instant::now();
    editor.open("datasets/100.mig");
    editor.found();
    println!("  the first answer: {:.1?}", started.elapsed());
    println!("  memory after it: {}", editor.memory());
    let mut times = Times::default();
    for _ in 0..rounds {
        replay(&mut editor, &mut times);
    }
    times.show();
    println!("  memory: {}", editor.memory());
    editor.end();
}

/// Writes the folder, with snapshots of its catalog and its stores.
fn write(folder: &Path, migration: Migration) {
    let trees = migration.trees();
    let (program, _) = mig_compiler::resolve(&trees);
    let wanted = mig_compiler::wanted(&program);
    let stores = wanted.stores.into_iter().filter_map(|(name, store)| {
        let asked = store.asked.into_iter().map(|asked| asked.value).collect();
        let schema = migration.schemas.stores.get(&name)?.clone();
        Some((name, StoreLock::new(&store.config, asked, schema)))
    });
    let schemas = SchemasLock { stores: stores.collect() };
    for (_, source) in migration.sources.iter() {
        let path = folder.join(&source.path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, &source.text).expect("a file");
    }
    let catalog = CatalogLock::new(&Setting::Text("https://portal.acme.dev".to_owned()), migration.catalog);
    fs::write(folder.join("catalog.lock.json"), catalog.to_text().expect("plain data")).expect("a file");
    fs::write(folder.join("schemas.lock.json"), schemas.to_text().expect("plain data")).expect("a file");
}

/// What was waited for, by what it was.
#[derive(Default)]
struct Times(BTreeMap<String, Vec<Duration>>);

impl Times {
    fn add(&mut self, what: &str, took: Duration) {
        self.0.entry(what.to_owned()).or_default().push(took);
    }

    fn show(mut self) {
        for (what, took) in &mut self.0 {
            took.sort_unstable();
            let at = |share: usize| {
                took.get((took.len() * share / 100).min(took.len() - 1)).copied().unwrap_or_default()
            };
            println!(
                "  {what}: p50 {:.1?}, p90 {:.1?}, p99 {:.1?}, most {:.1?} ({} times)",
                at(50),
                at(90),
                at(99),
                at(100),
                took.len()
            );
        }
    }
}

/// Replays the session; in the end every file is as it was.
fn replay(editor: &mut Editor, times: &mut Times) {
    let mut what = String::new();
    for step in session() {
        match step {
            Step::As(words) => what = format!("keystroke to diagnostics, {words}"),
            Step::Open(file) => editor.open(file),
            Step::Behind(text) => editor.behind(text),
            Step::Stroke(erased, typed) => {
                let took = editor.stroke(erased, typed);
                times.add(&what, took);
                times.add("keystroke to diagnostics, any", took);
            }
            Step::Complete => times.add("completion", editor.complete()),
            Step::Cancel => times.add("cancelled request", editor.cancel()),
        }
    }
    editor.close_all();
}

/// An editor that is connected to the server.
struct Editor {
    server: Child,
    input: ChildStdin,
    answers: Receiver<(Instant, Value)>,
    /// Answers that came before somebody waited for them.
    early: BTreeMap<u64, (Instant, Value)>,
    folder: PathBuf,
    next: u64,
    /// The buffers that are open, with their versions.
    open: BTreeMap<String, (String, i64)>,
    /// The one with the cursor, and where it is.
    current: (String, usize),
}

impl Editor {
    fn start(folder: &Path) -> Self {
        let mut server = Command::new(env!("CARGO_BIN_EXE_mig"))
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("mig runs");
        let mut output = BufReader::new(server.stdout.take().expect("it answers"));
        let (send, answers) = channel();
        thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                if send.send((Instant::now(), message)).is_err() {
                    return;
                }
            }
        });
        let input = server.stdin.take().expect("it reads");
        let mut editor = Self {
            server,
            input,
            answers,
            early: BTreeMap::new(),
            folder: folder.to_owned(),
            next: 0,
            open: BTreeMap::new(),
            current: (String::new(), 0),
        };
        let uri = format!("file://{}", folder.display());
        let capabilities = json!({
            "general": {"positionEncodings": ["utf-8"]},
            "textDocument": {"diagnostic": {}, "completion": {}},
        });
        editor.ask(
            "initialize",
            json!({"capabilities": capabilities, "workspaceFolders": [{"uri": uri, "name": "shop"}]}),
        );
        editor.tell("initialized", json!({}));
        editor
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("it takes messages");
        self.input.flush().expect("it takes messages");
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends a request, and gives its number.
    fn request(&mut self, method: &str, params: Value) -> u64 {
        self.next += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params}));
        self.next
    }

    /// Waits for the answer to a request.
    fn answer(&mut self, id: u64) -> (Instant, Value) {
        loop {
            if let Some(answer) = self.early.remove(&id) {
                return answer;
            }
            let (at, message) = self.answers.recv_timeout(Duration::from_secs(120)).expect("it answers");
            if let Some(id) = message["id"].as_u64().filter(|_| message.get("method").is_none()) {
                self.early.insert(id, (at, message));
            }
        }
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params);
        let answer = self.answer(id).1;
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer
    }

    fn uri(&self, file: &str) -> String {
        format!("file://{}/{file}", self.folder.display())
    }

    fn open(&mut self, file: &str) {
        if !self.open.contains_key(file) {
            let text = fs::read_to_string(self.folder.join(file)).expect("a file");
            let document = json!({"uri": self.uri(file), "languageId": "mig", "version": 1, "text": text});
            self.tell("textDocument/didOpen", json!({"textDocument": document}));
            self.open.insert(file.to_owned(), (text, 1));
        }
        self.current = (file.to_owned(), 0);
        self.found();
    }

    fn close_all(&mut self) {
        for file in std::mem::take(&mut self.open).into_keys() {
            let uri = self.uri(&file);
            self.tell("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
        }
    }

    fn text(&self) -> &str {
        self.open.get(&self.current.0).map_or("", |(text, _)| text)
    }

    fn behind(&mut self, word: &str) {
        let at = self.text().find(word).unwrap_or_else(|| panic!("{} has no {word:?}", self.current.0));
        self.current.1 = at + word.len();
    }

    /// The cursor as the protocol has it, in bytes.
    fn position(&self, at: usize) -> Value {
        let before = &self.text()[..at];
        let line = before.matches('\n').count();
        json!({"line": line, "character": at - before.rfind('\n').map_or(0, |end| end + 1)})
    }

    /// A keystroke: letters before the cursor are replaced. The time until it is known what is wrong then.
    fn stroke(&mut self, erased: usize, typed: &str) -> Duration {
        let end = self.current.1;
        let start = end - erased;
        let range = json!({"start": self.position(start), "end": self.position(end)});
        let uri = self.uri(&self.current.0);
        let Some((text, version)) = self.open.get_mut(&self.current.0) else { return Duration::ZERO };
        text.replace_range(start..end, typed);
        *version += 1;
        let document = json!({"uri": uri, "version": *version});
        self.current.1 = start + typed.len();
        let began = Instant::now();
        self.tell(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": [{"range": range, "text": typed}]}),
        );
        let found = self.request("textDocument/diagnostic", json!({"textDocument": {"uri": uri}}));
        let colours = self.request("textDocument/semanticTokens/full", json!({"textDocument": {"uri": uri}}));
        let (at, answer) = self.answer(found);
        assert!(answer["result"]["items"].is_array(), "{answer}");
        self.answer(colours);
        at - began
    }

    fn found(&mut self) {
        let uri = self.uri(&self.current.0);
        self.ask("textDocument/diagnostic", json!({"textDocument": {"uri": uri}}));
    }

    fn completion(&mut self) -> (Instant, u64) {
        let (uri, position) = (self.uri(&self.current.0), self.position(self.current.1));
        let began = Instant::now();
        let params = json!({"textDocument": {"uri": uri}, "position": position});
        (began, self.request("textDocument/completion", params))
    }

    fn complete(&mut self) -> Duration {
        let (began, id) = self.completion();
        let (at, answer) = self.answer(id);
        assert!(answer["result"].is_object() || answer["result"].is_null(), "{answer}");
        at - began
    }

    /// Asks for all that is wrong everywhere, takes it back, and gives the time from then to its answer.
    fn cancel(&mut self) -> Duration {
        let id = self.request("workspace/diagnostic", json!({"previousResultIds": []}));
        let began = Instant::now();
        self.tell("$/cancelRequest", json!({"id": id}));
        self.answer(id).0.saturating_duration_since(began)
    }

    /// The server's memory now and at the most, as the system tells it.
    fn memory(&self) -> String {
        let status = fs::read_to_string(format!("/proc/{}/status", self.server.id())).unwrap_or_default();
        let megabytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? / 1024)
        };
        match (megabytes("VmRSS:"), megabytes("VmHWM:")) {
            (Some(now), Some(most)) => format!("{now} MB, at the most {most} MB"),
            _ => "not known on this system".to_owned(),
        }
    }

    fn end(mut self) {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        drop(self.input);
        let _ = self.server.wait();
    }
}

/// The next message, until there is none.
fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(given) = line.strip_prefix("Content-Length: ") {
            length = given.trim().parse().ok()?;
        } else if line.trim().is_empty() {
            break;
        }
    }
    let mut text = vec![0; length];
    output.read_exact(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}
