//! Answers of a server that says what it is told to, and what becomes of them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Url;
use serde_json::{Map, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::client::Patience;
use super::*;

const TOKEN: &str = "plugh-secret";

/// Gives the answers in turn, the last one for ever; an empty one breaks the connection. Notes the requests.
async fn server(answers: Vec<String>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://user:xyzzy@{}/portal/", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let noted = requests.clone();
    tokio::spawn(async move {
        for number in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 16 * 1024];
            let mut length = 0;
            // A request is whole with the empty line behind its head, or the brace that ends its document.
            let end = |request: &[u8]| if request.starts_with(b"POST") { &b"}"[..] } else { b"\r\n\r\n" };
            while !request[..length].ends_with(end(&request)) {
                let count = stream.read(&mut request[length..]).await.unwrap();
                assert!(count > 0, "the request breaks off");
                length += count;
            }
            noted.lock().unwrap().push(String::from_utf8_lossy(&request[..length]).into_owned());
            let answer = &answers[number.min(answers.len() - 1)];
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, requests)
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn group(name: &str) -> Value {
    json!({"kind": "Group", "metadata": {"name": name, "uid": name}, "spec": {}, "relations": []})
}

fn page(items: &[Value], total: usize, cursor: Option<&str>) -> String {
    let mut info = Map::new();
    info.extend(cursor.map(|cursor| ("nextCursor".to_owned(), Value::from(cursor))));
    answer("200 OK", &json!({"items": items, "totalItems": total, "pageInfo": info}).to_string())
}

async fn read(url: &str) -> Result<Catalog, CatalogError> {
    Ok(reread(url, &Pages::default()).await?.catalog)
}

async fn reread(url: &str, known: &Pages) -> Result<BackstageReading, CatalogError> {
    let patience =
        Patience { tries: 4, first_wait: Duration::from_millis(1), longest_wait: Duration::from_millis(5) };
    super::read(&Client::new(url, Some(TOKEN), patience)?, known).await
}

fn names(catalog: &Catalog) -> Vec<String> {
    catalog.names().map(ToString::to_string).collect()
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let busy =
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 60\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let cut = page(&[group("a")], 1, None).replace("Content-Length: ", "Content-Length: 1");
    let answers =
        vec![answer("503 Service Unavailable", ""), busy.to_owned(), cut, page(&[group("a")], 1, None)];
    let (url, requests) = server(answers).await;
    assert_eq!(names(&read(&url).await.unwrap()), ["group:default/a"]);
    let requests = requests.lock().unwrap();
    assert_eq!(requests.len(), 4);
    assert!(requests[0].starts_with(
        "GET /portal/api/catalog/entities/by-query?fields=kind%2Cmetadata%2Cspec%2Crelations&limit=500 HTTP/1.1"
    ));
    assert!(requests[0].to_lowercase().contains(&format!("authorization: bearer {TOKEN}")));
}

#[tokio::test]
async fn a_catalog_that_changes_while_it_is_read_is_read_again() {
    let answers = vec![
        page(&[group("a"), group("b")], 3, Some("next")),
        page(&[group("b")], 3, None),
        page(&[group("a"), group("b")], 3, Some("next")),
        page(&[group("c")], 3, None),
    ];
    let (url, requests) = server(answers).await;
    assert_eq!(names(&read(&url).await.unwrap()), ["group:default/a", "group:default/b", "group:default/c"]);
    assert!(requests.lock().unwrap()[1].contains("&cursor=next "));
}

/// An error without what differs from run to run and from system to system.
fn told(url: &str, error: &CatalogError) -> String {
    let mut text = format!("{error:?}");
    if let Some(port) = Url::parse(url).ok().and_then(|url| url.port()) {
        text = text.replace(&port.to_string(), "PORT");
    }
    match (text.split_once("tries: "), text.rsplit_once("; start it")) {
        (Some((before, _)), Some((_, behind))) if !text.contains("500") => {
            format!("{before}tries: …; start it{behind}")
        }
        _ => text,
    }
}

#[tokio::test]
async fn each_failure_says_what_to_do_and_no_secret() {
    let illegal = json!({"error": {"message": format!("Illegal token {TOKEN}")}}).to_string();
    let mut all = Vec::new();
    for (case, answers) in [
        ("401", vec![answer("401 Unauthorized", &illegal)]),
        ("403", vec![answer("403 Forbidden", "{}")]),
        ("404", vec![answer("404 Not Found", "")]),
        ("400", vec![answer("400 Bad Request", r#"{"error": {"message": "Malformed cursor"}}"#)]),
        ("500 for ever", vec![answer("500 Internal Server Error", "")]),
        ("broken for ever", vec![String::new()]),
        ("a web page", vec![answer("200 OK", "<!doctype html><html></html>")]),
        ("other JSON", vec![answer("200 OK", r#"{"items": 1}"#)]),
        ("nothing", vec![answer("200 OK", "")]),
        ("no entity", vec![page(&[json!({"kind": "Group"})], 1, None)]),
        ("still reading", vec![page(&[], 0, None)]),
        ("the same page", vec![page(&[group("a")], 9, Some("same"))]),
        ("never at rest", vec![page(&[group("a")], 2, None)]),
    ] {
        let (url, _) = server(answers).await;
        let error = read(&url).await.unwrap_err();
        all.push(format!("{case}: {}", told(&url, &error)));
    }
    for (case, url) in [
        ("nobody there", "http://127.0.0.1:1/"),
        ("no scheme", "backstage.acme.dev"),
        ("a user and no scheme", "user:xyzzy@acme.dev"),
        ("another scheme", "ftp://xyzzy@acme.dev"),
        ("no host", "http://"),
    ] {
        all.push(format!("{case}: {}", told(url, &read(url).await.unwrap_err())));
    }
    let text = all.join("\n");
    assert!(!text.contains(TOKEN) && !text.contains("xyzzy"), "{text}");
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn a_token_that_is_none_is_not_shown() {
    let error =
        read_backstage("http://127.0.0.1:1", Some("plugh\nsecret"), &Pages::default()).await.unwrap_err();
    assert!(matches!(&error, CatalogError::Refused(text) if !text.contains("plugh")), "{error}");
}

#[tokio::test]
async fn a_page_that_has_not_changed_is_not_sent_again() {
    let tagged = page(&[group("a")], 2, Some("next")).replace("Connection", "ETag: W/\"1\"\r\nConnection");
    let last = page(&[group("b")], 2, None).replace("Connection", "ETag: W/\"2\"\r\nConnection");
    let unchanged = answer("304 Not Modified", "");
    let changed = page(&[group("c")], 2, None);
    let (url, requests) = server(vec![tagged, last, unchanged, changed]).await;
    let first = reread(&url, &Pages::default()).await.unwrap();
    assert_eq!(first.unchanged, 0);
    let kept = Pages::from_text(&first.pages.to_text());
    assert!(!first.pages.to_text().contains("xyzzy"), "no password is kept");
    let second = reread(&url, &kept).await.unwrap();
    assert_eq!(
        (names(&second.catalog), second.unchanged),
        (vec!["group:default/a".to_owned(), "group:default/c".to_owned()], 1)
    );
    let requests = requests.lock().unwrap().clone();
    assert!(requests[2].contains("if-none-match: W/\"1\"") && requests[3].contains("if-none-match: W/\"2\""));
    // Pages of another backend are no help, and neither is a text that is none.
    let (other, _) = server(vec![page(&[group("z")], 1, None)]).await;
    assert_eq!(names(&reread(&other, &kept).await.unwrap().catalog), ["group:default/z"]);
    assert_eq!(Pages::from_text("{").to_text(), Pages::default().to_text());
}

#[tokio::test]
async fn what_relations_lead_to_is_asked_for_by_name() {
    let mut reader = group("a");
    reader["relations"] = json!([
        {"type": "hasMember", "targetRef": "user:default/late"},
        {"type": "hasMember", "targetRef": "user:default/nobody"},
    ]);
    let late = json!({"kind": "User", "metadata": {"name": "late"}, "spec": {}, "relations": []});
    let found = answer("200 OK", &json!({"items": [late, null]}).to_string());
    let (url, requests) = server(vec![page(&[reader.clone()], 1, None), found]).await;
    assert_eq!(names(&read(&url).await.unwrap()), ["group:default/a", "user:default/late"]);
    let asked = requests.lock().unwrap()[1].clone();
    assert!(asked.starts_with("POST /portal/api/catalog/entities/by-refs HTTP/1.1"), "{asked}");
    // A Backstage that cannot be asked so.
    let (url, _) = server(vec![page(&[reader], 1, None), answer("404 Not Found", "")]).await;
    assert_eq!(names(&read(&url).await.unwrap()), ["group:default/a"]);
}

#[tokio::test]
async fn a_long_query_is_posted_where_that_is_understood() {
    let long = "x".repeat(5_000);
    let first = page(&[group("a")], 2, Some(&long));
    let (url, requests) = server(vec![first.clone(), page(&[group("b")], 2, None)]).await;
    assert_eq!(names(&read(&url).await.unwrap()), ["group:default/a", "group:default/b"]);
    assert!(requests.lock().unwrap()[1].starts_with("POST /portal/api/catalog/entities/by-query HTTP/1.1"));
    let (url, requests) =
        server(vec![first, answer("404 Not Found", ""), page(&[group("b")], 2, None)]).await;
    assert_eq!(names(&read(&url).await.unwrap()), ["group:default/a", "group:default/b"]);
    assert!(requests.lock().unwrap()[2].starts_with("GET /portal/api/catalog/entities/by-query?"));
}

#[tokio::test]
async fn a_catalog_that_is_still_read_is_waited_for() {
    let (url, _) = server(vec![page(&[], 0, None), page(&[], 0, None), page(&[group("a")], 1, None)]).await;
    assert_eq!(names(&read(&url).await.unwrap()), ["group:default/a"]);
}
