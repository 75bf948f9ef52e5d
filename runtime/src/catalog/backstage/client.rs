//! Requests to a Backstage backend: where it is, who asks, what is tried again, and what each refusal means.

use std::time::Duration;

use mig_plan::EntityRef;
use reqwest::header::{AUTHORIZATION, ETAG, HeaderValue, IF_NONE_MATCH, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;
use serde_json::{Value, json};

use super::PAGE;
use super::pages::Page;
use crate::catalog::CatalogError;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A longer URL is refused by some of what stands between here and Backstage; the query then goes as the body of a POST,
/// whose answer has no tag.
const LONGEST_URL: usize = 4_000;

/// What is wanted of an entity.
const FIELDS: [&str; 4] = ["kind", "metadata", "spec", "relations"];

/// When and how often a request is tried again.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    pub(super) tries: u32,
    /// The wait before the second try; it doubles with each.
    pub(super) first_wait: Duration,
    /// The longest wait, also when the server asks for a longer one.
    pub(super) longest_wait: Duration,
}

pub(super) const PATIENCE: Patience =
    Patience { tries: 6, first_wait: Duration::from_millis(250), longest_wait: Duration::from_secs(20) };

impl Patience {
    /// The wait behind the n-th failed try, from 1; `None` when that was the last.
    fn wait(self, failed: u32) -> Option<Duration> {
        let doubled = self.first_wait.saturating_mul(2_u32.saturating_pow(failed.saturating_sub(1)));
        (failed < self.tries).then(|| doubled.min(self.longest_wait))
    }
}

/// A backend.
pub(super) struct Client {
    http: reqwest::Client,
    /// `…/api/catalog/entities/`, perhaps with a user and a password.
    entities: Url,
    /// `…/.backstage/health/v1/readiness`, the same way.
    readiness: Url,
    /// The backend's URL as messages show it.
    pub(super) shown: String,
    token: Option<String>,
    patience: Patience,
}

/// What became of a request for a page.
pub(super) enum Fetched {
    Page { page: Page, etag: Option<String> },
    Unchanged,
}

/// Why one try failed.
enum Failure {
    /// It may pass; the server may have said when.
    Passing(String, Option<Duration>),
    Final(CatalogError),
}

impl Client {
    pub(super) fn new(url: &str, token: Option<&str>, patience: Patience) -> Result<Self, CatalogError> {
        let wrong = |what: &str| {
            // The text is not shown: it may be a URL with a password that only lacks its scheme.
            CatalogError::Refused(format!(
                "the catalog's URL {what}; write one such as `https://backstage.acme.dev`"
            ))
        };
        let mut entities =
            Url::parse(url.trim()).map_err(|error| wrong(&format!("cannot be read ({error})")))?;
        if !matches!(entities.scheme(), "http" | "https") || entities.cannot_be_a_base() {
            return Err(wrong("is neither http nor https"));
        }
        let path = entities.path().trim_end_matches('/');
        let base = path
            .strip_suffix("/api/catalog")
            .or_else(|| path.strip_suffix("/api"))
            .unwrap_or(path)
            .to_owned();
        entities.set_query(None);
        entities.set_fragment(None);
        entities.set_path(&base);
        let mut shown = entities.clone();
        // Neither can fail: the URL has a host.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        let mut readiness = entities.clone();
        readiness.set_path(&format!("{base}/.backstage/health/v1/readiness"));
        entities.set_path(&format!("{base}/api/catalog/entities/"));

        let token = token.map(str::trim).filter(|token| !token.is_empty()).map(str::to_owned);
        if let Some(token) = &token
            && HeaderValue::from_str(token).is_err()
        {
            let text =
                "the token for Backstage has characters that no token has; correct the environment variable";
            return Err(CatalogError::Refused(text.to_owned()));
        }
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(Duration::from_secs(10))
            .user_agent(concat!("mig/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                CatalogError::Unavailable(format!("no HTTP client can be made: {}", cause(error)))
            })?;
        let shown = shown.as_str().trim_end_matches('/').to_owned();
        Ok(Self { http, entities, readiness, shown, token, patience })
    }

    /// A page of entities: the first for an empty cursor. With the tag of an earlier answer it is sent only when it has
    /// changed.
    ///
    /// Without an order Backstage goes by entity id, which is unique and never changes.
    pub(super) async fn page(&self, cursor: &str, etag: Option<&str>) -> Result<Fetched, CatalogError> {
        let mut url = self.entities_url("by-query");
        let (limit, fields) = (PAGE.to_string(), FIELDS.join(","));
        url.query_pairs_mut().append_pair("fields", &fields).append_pair("limit", &limit);
        if !cursor.is_empty() {
            url.query_pairs_mut().append_pair("cursor", cursor);
        }
        if url.as_str().len() > LONGEST_URL {
            let body = json!({"fields": FIELDS, "limit": PAGE, "cursor": cursor});
            // Backstage learned it late: an older one has no such route.
            if let Some(response) = self.post("by-query", &body).await? {
                return self.fetched(response);
            }
        }
        let etag = etag.filter(|etag| !etag.is_empty()).and_then(|etag| HeaderValue::from_str(etag).ok());
        let answer = self.patiently(|| {
            let request = self.http.get(url.clone());
            match &etag {
                Some(etag) => request.header(IF_NONE_MATCH, etag),
                None => request,
            }
        });
        self.fetched(answer.await?)
    }

    /// The entities of these names that there are. None from a Backstage that cannot be asked so.
    pub(super) async fn by_refs(&self, names: &[EntityRef]) -> Result<Vec<Value>, CatalogError> {
        #[derive(Deserialize)]
        struct Found {
            items: Vec<Option<Value>>,
        }
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let body = json!({"entityRefs": names, "fields": FIELDS});
        let Some(answer) = self.post("by-refs", &body).await? else { return Ok(Vec::new()) };
        let found: Found = self.parsed(&answer.body)?;
        Ok(found.items.into_iter().flatten().collect())
    }

    /// Whether the backend says of itself that it is ready. It may be so before it has read its entities.
    pub(super) async fn is_ready(&self) -> bool {
        let answer = self.http.get(self.readiness.clone()).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// Waits before something is looked at again; says when it has been looked at often enough.
    pub(super) async fn patience_with(&self, failed: u32) -> bool {
        match self.patience.wait(failed) {
            Some(wait) => {
                tokio::time::sleep(wait).await;
                true
            }
            None => false,
        }
    }

    /// The error for an answer that makes no sense.
    pub(super) fn nonsense(&self, what: &str) -> CatalogError {
        CatalogError::Refused(format!(
            "{} answers with {what}; the catalog's URL must be that of Backstage's backend",
            self.shown
        ))
    }

    fn entities_url(&self, route: &str) -> Url {
        let mut url = self.entities.clone();
        url.set_path(&format!("{}{route}", self.entities.path()));
        url
    }

    /// The answer to a POST; `None` when there is no such route.
    async fn post(&self, route: &str, body: &Value) -> Result<Option<Answer>, CatalogError> {
        let url = self.entities_url(route);
        let answer = self.patiently(|| self.http.post(url.clone()).json(body)).await;
        match answer {
            Ok(answer) if matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) => {
                Ok(None)
            }
            Ok(answer) if answer.status.is_success() => Ok(Some(answer)),
            Ok(answer) => Err(self.refused(&answer, true)),
            Err(error) => Err(error),
        }
    }

    fn fetched(&self, answer: Answer) -> Result<Fetched, CatalogError> {
        if answer.status == StatusCode::NOT_MODIFIED {
            return Ok(Fetched::Unchanged);
        }
        Ok(Fetched::Page { page: self.parsed(&answer.body)?, etag: answer.etag })
    }

    fn parsed<T: serde::de::DeserializeOwned>(&self, body: &[u8]) -> Result<T, CatalogError> {
        serde_json::from_slice(body).map_err(|error| {
            self.nonsense(&match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
                Some(b'<') => "a web page, perhaps a login".to_owned(),
                Some(_) => format!("something that is no page of entities ({error})"),
                None => "nothing".to_owned(),
            })
        })
    }
}

/// An answer that came whole.
struct Answer {
    status: StatusCode,
    etag: Option<String>,
    body: Vec<u8>,
}

impl Client {
    /// Sends a request until it is answered, with growing waits, as often as patience lasts.
    async fn patiently(&self, request: impl Fn() -> RequestBuilder) -> Result<Answer, CatalogError> {
        let mut failed = 0;
        loop {
            match self.once(request()).await {
                Ok(answer) => return Ok(answer),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing(what, asked)) => {
                    failed += 1;
                    let Some(wait) = self.patience.wait(failed) else {
                        return Err(CatalogError::Unavailable(format!(
                            "Backstage at {} is out of reach after {failed} tries: {what}; start it, or correct the URL, \
                             and try again",
                            self.shown
                        )));
                    };
                    tokio::time::sleep(asked.unwrap_or(wait).min(self.patience.longest_wait)).await;
                }
            }
        }
    }

    async fn once(&self, mut request: RequestBuilder) -> Result<Answer, Failure> {
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
            let seconds = header(&response, RETRY_AFTER).and_then(|value| value.parse().ok());
            return Err(Failure::Passing(format!("it answers {status}"), seconds.map(Duration::from_secs)));
        }
        let posted = response.url().path().ends_with("/by-refs") || response.url().query().is_none();
        let etag = header(&response, ETAG);
        let body = response.bytes().await.map_err(passing)?.to_vec();
        let answer = Answer { status, etag, body };
        let no_route = posted && matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED);
        if status.is_success() || status == StatusCode::NOT_MODIFIED || no_route {
            return Ok(answer);
        }
        // A 404 has two causes that are mended in two places: no backend, and a backend without its catalog.
        let is_backend = status == StatusCode::NOT_FOUND && self.is_ready().await;
        Err(Failure::Final(self.refused(&answer, is_backend)))
    }

    fn refused(&self, answer: &Answer, is_backend: bool) -> CatalogError {
        let said = serde_json::from_slice::<Value>(&answer.body).ok();
        let said = said.as_ref().and_then(|body| body.pointer("/error/message")).and_then(Value::as_str);
        let said = said.map(|message| format!(" (`{}`)", self.without_token(message))).unwrap_or_default();
        let shown = &self.shown;
        CatalogError::Refused(match answer.status {
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
            StatusCode::NOT_FOUND if is_backend => format!(
                "there is no Backstage catalog at {shown}{said}, though a backend is there: its catalog plugin is not \
                 installed, or did not start; look into the backend's log"
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

fn header(response: &Response, name: reqwest::header::HeaderName) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(str::to_owned)
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
