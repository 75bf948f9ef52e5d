//! A live Backstage's catalog, read whole over its HTTP API.
//!
//! Takes the backend's URL and a token, gives the same value as the descriptor files would: what Backstage adds of
//! itself (ids, versions, where it read an entity, the locations it was configured with) is left out. Tries again what
//! may pass. Never writes to Backstage, and never shows the token, or a user, password or query in the URL.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use mig_plan::catalog::{Entity, Origin, Relation};
use mig_plan::{Catalog, EntityRef};
use reqwest::header::{AUTHORIZATION, HeaderValue, RETRY_AFTER};
use reqwest::{Client, StatusCode, Url};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::CatalogError;
use super::descriptor::sort_unordered;

/// Entities per request.
const PAGE: usize = 500;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How often the whole catalog is read anew when it changes while it is read.
const READINGS: usize = 3;

/// When and how often a request is tried again.
#[derive(Clone, Copy)]
struct Patience {
    tries: u32,
    /// The wait before the second try; it doubles with each.
    first_wait: Duration,
    /// The longest wait, also when the server asks for a longer one.
    longest_wait: Duration,
}

const PATIENCE: Patience =
    Patience { tries: 6, first_wait: Duration::from_millis(250), longest_wait: Duration::from_secs(20) };

/// Reads the catalog of the Backstage whose backend is at a URL (`https://backstage.acme.dev`, with or without the
/// `/api/catalog`). Without a token it must be open to all. Broken connections, 429 and 5xx are tried again for some
/// seconds.
///
/// # Errors
/// [`CatalogError::Unavailable`] when it is out of reach, ails, has no entities yet, or does not stand still while it is
/// read; [`CatalogError::Refused`] when the URL is wrong, the token is refused, or the answer is not Backstage's.
pub async fn read_backstage(url: &str, token: Option<&str>) -> Result<Catalog, CatalogError> {
    Backstage::new(url, token, PATIENCE)?.read().await
}

struct Backstage {
    http: Client,
    /// `…/api/catalog/entities/by-query`, perhaps with a user and a password.
    query: Url,
    /// The URL as messages show it.
    shown: String,
    token: Option<String>,
    patience: Patience,
}

/// One page of the answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    items: Vec<Value>,
    total_items: usize,
    page_info: PageInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    next_cursor: Option<String>,
}

/// Why one try failed.
enum Failure {
    /// It may pass; the server may have said when.
    Passing(String, Option<Duration>),
    Final(CatalogError),
}

impl Backstage {
    fn new(url: &str, token: Option<&str>, patience: Patience) -> Result<Self, CatalogError> {
        let wrong = |what: &str| {
            // The text is not shown: it may be a URL with a password that only lacks its scheme.
            CatalogError::Refused(format!(
                "the catalog's URL {what}; write one such as `https://backstage.acme.dev`"
            ))
        };
        let mut query =
            Url::parse(url.trim()).map_err(|error| wrong(&format!("cannot be read ({error})")))?;
        if !matches!(query.scheme(), "http" | "https") || query.cannot_be_a_base() {
            return Err(wrong("is neither http nor https"));
        }
        let path = query.path().trim_end_matches('/');
        let base = path
            .strip_suffix("/api/catalog")
            .or_else(|| path.strip_suffix("/api"))
            .unwrap_or(path)
            .to_owned();
        query.set_query(None);
        query.set_fragment(None);
        query.set_path(&base);
        let mut shown = query.clone();
        // Neither can fail: the URL has a host.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        query.set_path(&format!("{base}/api/catalog/entities/by-query"));

        let token = token.map(str::trim).filter(|token| !token.is_empty()).map(str::to_owned);
        if let Some(token) = &token
            && HeaderValue::from_str(token).is_err()
        {
            let text =
                "the token for Backstage has characters that no token has; correct the environment variable";
            return Err(CatalogError::Refused(text.to_owned()));
        }
        let http = Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(Duration::from_secs(10))
            .user_agent(concat!("mig/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                CatalogError::Unavailable(format!("no HTTP client can be made: {}", cause(error)))
            })?;
        let shown = shown.as_str().trim_end_matches('/').to_owned();
        Ok(Self { http, query, shown, token, patience })
    }

    /// Reads all pages. They are no snapshot: when entities came or went in between, their number does not fit what the
    /// first page said, and all is read again.
    async fn read(&self) -> Result<Catalog, CatalogError> {
        for _ in 0..READINGS {
            let (items, total) = self.pages().await?;
            if items.len() != total {
                continue;
            }
            let mut catalog = Catalog::default();
            for item in items.into_values() {
                let entity = normalised(item).map_err(|what| {
                    CatalogError::Refused(format!(
                        "{} gave an entity that is none: {what}; is it a Backstage?",
                        self.shown
                    ))
                })?;
                if let Some((reference, entity)) = entity {
                    catalog.entities.insert(reference, entity);
                }
            }
            if catalog.entities.is_empty() {
                return Err(CatalogError::Unavailable(format!(
                    "the catalog at {} has no entities: Backstage may still be reading them, or the token may see none; \
                     wait a little and try again",
                    self.shown
                )));
            }
            return Ok(catalog);
        }
        Err(CatalogError::Unavailable(format!(
            "the catalog at {} changed each of {READINGS} times while it was read; try again when it stands still",
            self.shown
        )))
    }

    /// The entities of all pages by their id (each once, even when it moved from one page to another), and how many
    /// there should be.
    async fn pages(&self) -> Result<(BTreeMap<String, Value>, usize), CatalogError> {
        let limit = PAGE.to_string();
        let fixed = [("fields", "kind,metadata,spec,relations"), ("limit", limit.as_str())];
        let mut items = BTreeMap::new();
        let mut cursors = BTreeSet::new();
        let mut cursor: Option<String> = None;
        let mut total = None;
        loop {
            let mut url = self.query.clone();
            // Without an order Backstage goes by entity id, which is unique and never changes.
            url.query_pairs_mut()
                .extend_pairs(fixed)
                .extend_pairs(cursor.as_ref().map(|cursor| ("cursor", cursor)));
            let page = self.get(url).await?;
            let total = *total.get_or_insert(page.total_items);
            for (number, item) in page.items.into_iter().enumerate() {
                let uid = item.pointer("/metadata/uid").and_then(Value::as_str);
                let id = uid.map_or_else(|| format!("{} {number}", cursors.len()), str::to_owned);
                items.insert(id, item);
            }
            match page.page_info.next_cursor {
                None => return Ok((items, total)),
                Some(next) if cursors.contains(&next) => {
                    return Err(CatalogError::Refused(format!(
                        "{} gives the same page again and again: something between mig and Backstage keeps answers; \
                         let it pass `/api/catalog` through",
                        self.shown
                    )));
                }
                Some(next) => {
                    cursors.insert(next.clone());
                    cursor = Some(next);
                }
            }
        }
    }

    async fn get(&self, url: Url) -> Result<Page, CatalogError> {
        let mut wait = self.patience.first_wait;
        for attempt in 1.. {
            match self.try_get(url.clone()).await {
                Ok(page) => return Ok(page),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing(what, _)) if attempt >= self.patience.tries => {
                    return Err(CatalogError::Unavailable(format!(
                        "Backstage at {} is out of reach after {attempt} tries: {what}; start it, or correct the URL, and \
                         try again",
                        self.shown
                    )));
                }
                Err(Failure::Passing(_, asked)) => {
                    tokio::time::sleep(asked.unwrap_or(wait).min(self.patience.longest_wait)).await;
                    wait = (wait * 2).min(self.patience.longest_wait);
                }
            }
        }
        Err(CatalogError::Unavailable(format!("Backstage at {} was not asked", self.shown)))
    }

    async fn try_get(&self, url: Url) -> Result<Page, Failure> {
        let mut request = self.http.get(url);
        if let Some(mut value) =
            self.token.as_ref().and_then(|token| HeaderValue::from_str(&format!("Bearer {token}")).ok())
        {
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let passing = |error: reqwest::Error| Failure::Passing(cause(error), None);
        let response = request.send().await.map_err(passing)?;
        let status = response.status();
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            let seconds =
                response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
            return Err(Failure::Passing(format!("it answers {status}"), seconds.map(Duration::from_secs)));
        }
        let body = response.bytes().await.map_err(passing)?;
        if !status.is_success() {
            return Err(Failure::Final(self.refused(status, &body)));
        }
        serde_json::from_slice(&body).map_err(|error| {
            let what = match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
                Some(b'<') => "a web page, perhaps a login".to_owned(),
                Some(_) => format!("something that is no page of entities ({error})"),
                None => "nothing".to_owned(),
            };
            Failure::Final(CatalogError::Refused(format!(
                "{} answers with {what}; the catalog's URL must be that of Backstage's backend",
                self.shown
            )))
        })
    }

    fn refused(&self, status: StatusCode, body: &[u8]) -> CatalogError {
        let said = serde_json::from_slice::<Value>(body).ok();
        let said = said.as_ref().and_then(|body| body.pointer("/error/message")).and_then(Value::as_str);
        let said = said.map(|message| format!(" (`{}`)", self.without_token(message))).unwrap_or_default();
        let shown = &self.shown;
        CatalogError::Refused(match status {
            StatusCode::UNAUTHORIZED if self.token.is_none() => format!(
                "the catalog at {shown} is not open to all{said}; give it a token: `backstage(…, token: env.NAME)`"
            ),
            StatusCode::UNAUTHORIZED => format!(
                "Backstage at {shown} does not know the token{said}; compare it with the backend's \
                 `backend.auth.externalAccess`"
            ),
            StatusCode::FORBIDDEN => format!(
                "the token may not read the catalog at {shown}{said}; allow it the plugin `catalog` in the backend's \
                 `backend.auth.externalAccess`"
            ),
            StatusCode::NOT_FOUND => format!(
                "there is no Backstage catalog at {shown}{said}; the URL must be that of the backend (`backend.baseUrl`), \
                 which is not always that of the web page"
            ),
            other => format!("Backstage at {shown} refuses to list its entities: {other}{said}"),
        })
    }

    /// A message of the server, short, and without the token should the server repeat it.
    fn without_token(&self, message: &str) -> String {
        let short: String = match &self.token {
            Some(token) => message.replace(token.as_str(), "***"),
            None => message.to_owned(),
        };
        short.chars().take(200).collect()
    }
}

/// The innermost cause of an error, without any URL.
fn cause(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "it does not answer in time".to_owned();
    }
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// An entity of the answer as descriptor files would give it; `None` for a location that Backstage made of itself.
fn normalised(item: Value) -> Result<Option<(EntityRef, Entity)>, String> {
    let Value::Object(mut item) = item else { return Err("an item of the list is no object".to_owned()) };
    let Some(Value::String(kind)) = item.remove("kind") else { return Err("it has no kind".to_owned()) };
    let Some(Value::Object(mut metadata)) = item.remove("metadata") else {
        return Err("it has no metadata".to_owned());
    };
    let Some(name) = metadata.get("name").and_then(Value::as_str).map(str::to_owned) else {
        return Err("it has no name".to_owned());
    };
    if kind == "Location" && is_generated(&name) {
        return Ok(None);
    }
    let namespace = metadata.get("namespace").and_then(Value::as_str).unwrap_or("default").to_owned();
    metadata.insert("namespace".to_owned(), Value::String(namespace.clone()));
    metadata.remove("uid");
    metadata.remove("etag");
    let origin = strip_annotations(&mut metadata);
    let mut spec = match item.remove("spec") {
        Some(Value::Object(spec)) => spec,
        _ => Map::new(),
    };
    sort_unordered(&mut spec);
    let relations = match item.remove("relations") {
        Some(Value::Array(relations)) => relations.iter().filter_map(relation).collect::<BTreeSet<_>>(),
        _ => BTreeSet::new(),
    };
    let reference = EntityRef::new(&kind, &namespace, &name);
    Ok(Some((reference, Entity { kind, metadata, spec, relations: relations.into_iter().collect(), origin })))
}

/// The name of a location from Backstage's own configuration: `generated-` and a SHA-1.
fn is_generated(name: &str) -> bool {
    name.strip_prefix("generated-")
        .is_some_and(|hash| hash.len() == 40 && hash.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Takes out what Backstage notes about an entity, and gives where it read it.
fn strip_annotations(metadata: &mut Map<String, Value>) -> Option<Origin> {
    let Some(Value::Object(annotations)) = metadata.get_mut("annotations") else { return None };
    let location = annotations.remove("backstage.io/managed-by-location");
    annotations.remove("backstage.io/managed-by-origin-location");
    annotations.remove("backstage.io/orphan");
    if annotations.is_empty() {
        metadata.remove("annotations");
    }
    let location = location?;
    let (kind, target) = location.as_str()?.split_once(':')?;
    let file = match Url::parse(target) {
        Ok(mut url) if kind == "url" => {
            let _ = url.set_username("");
            let _ = url.set_password(None);
            url.to_string()
        }
        Ok(_) | Err(_) => target.to_owned(),
    };
    Some(Origin { file, line: 0 })
}

/// A relation; `None` when what it points to can be no entity's name.
fn relation(value: &Value) -> Option<Relation> {
    let kind = value.get("type")?.as_str()?.to_owned();
    let target = value.get("targetRef")?.as_str()?.parse().ok()?;
    Some(Relation { kind, target })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::json;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

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
                let length = stream.read(&mut request).await.unwrap();
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
        let patience = Patience {
            tries: 4,
            first_wait: Duration::from_millis(1),
            longest_wait: Duration::from_millis(5),
        };
        Backstage::new(url, Some(TOKEN), patience)?.read().await
    }

    fn names(catalog: &Catalog) -> Vec<String> {
        catalog.entities.keys().map(ToString::to_string).collect()
    }

    #[tokio::test]
    async fn what_passes_is_tried_again() {
        let busy = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 60\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
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
        assert_eq!(
            names(&read(&url).await.unwrap()),
            ["group:default/a", "group:default/b", "group:default/c"]
        );
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
        let error = read_backstage("http://127.0.0.1:1", Some("plugh\nsecret")).await.unwrap_err();
        assert!(matches!(&error, CatalogError::Refused(text) if !text.contains("plugh")), "{error}");
    }

    #[test]
    fn what_backstage_adds_is_left_out() {
        let location =
            json!({"kind": "Location", "metadata": {"name": format!("generated-{}", "a1".repeat(20))}});
        assert_eq!(normalised(location), Ok(None));
        let item = json!({
            "kind": "Resource",
            "metadata": {
                "name": "Orders", "uid": "u", "etag": "e",
                "annotations": {
                    "backstage.io/managed-by-location": "url:https://user:xyzzy@git.acme.dev/shop/catalog.yaml",
                    "backstage.io/managed-by-origin-location": "url:https://git.acme.dev/all.yaml",
                    "acme.io/tier": "low",
                },
            },
            "spec": {"dependsOn": ["resource:b", "resource:a"]},
            "relations": [
                {"type": "ownedBy", "targetRef": "group:default/commerce"},
                {"type": "dependsOn", "targetRef": "resource:default/b"},
                {"type": "dependsOn", "targetRef": "resource:default/b"},
                {"type": "dependsOn", "targetRef": "no reference"},
            ],
        });
        let (reference, entity) = normalised(item).unwrap().unwrap();
        assert_eq!(reference.to_string(), "resource:default/orders");
        assert_eq!(
            Value::Object(entity.metadata),
            json!({"name": "Orders", "namespace": "default", "annotations": {"acme.io/tier": "low"}})
        );
        assert_eq!(entity.spec["dependsOn"], json!(["resource:a", "resource:b"]));
        let relations: Vec<_> = entity.relations.iter().map(|r| format!("{} {}", r.kind, r.target)).collect();
        assert_eq!(relations, ["dependsOn resource:default/b", "ownedBy group:default/commerce"]);
        let file = "https://git.acme.dev/shop/catalog.yaml".to_owned();
        assert_eq!(entity.origin, Some(Origin { file, line: 0 }));
    }
}
