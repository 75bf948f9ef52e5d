//! The HTTP API of Prometheus: one instant query, one number.
//!
//! Source: Prometheus 2.42 and later, "HTTP API", version 1: `POST /api/v1/query` with the query in a form;
//! `{"status": "success", "data": {"resultType", "result"}}`, where a vector's result is
//! `[{"metric", "value": [time, "number"]}, …]` and a scalar's `[time, "number"]`; or `{"status": "error",
//! "errorType", "error"}` with 400 for a query that cannot be read, 422 for one that cannot be executed, and 503
//! for one that took too long or was broken off. Thanos, Mimir and VictoriaMetrics answer alike.

use std::time::Duration;

use mig_plan::{Sample, Setting};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Response, StatusCode, Url};
use serde::Deserialize;
use serde_json::Value;

use super::Unread;
use crate::request::{reason, shown};
use crate::settings::Environment;

/// How long one query may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// An answer with one number is short; whatever is longer is none.
const LONGEST_ANSWER: usize = 1 << 20;
/// So much of a server's own words is shown.
const SHOWN: usize = 300;

/// A server.
pub(crate) struct Prometheus<'c> {
    client: &'c reqwest::Client,
    query: Url,
    token: Option<String>,
    /// What it is called: the variable, or the address without its secrets.
    name: String,
}

#[derive(Deserialize)]
struct Answer {
    status: String,
    data: Option<Data>,
    #[serde(rename = "errorType")]
    error_type: Option<String>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "resultType")]
    result_type: String,
    result: Value,
}

impl<'c> Prometheus<'c> {
    pub(super) fn open(
        client: &'c reqwest::Client,
        url: &Setting,
        token: Option<&Setting>,
        environment: &Environment,
    ) -> Result<Self, String> {
        let name = shown(url);
        let text = environment.resolve(url)?;
        let token = token.map(|token| environment.resolve(token)).transpose()?;
        let parsed = Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(mut query) = parsed else {
            return Err(format!(
                "{name} is no address of a Prometheus, such as `https://prometheus.acme.dev`; set it and run again"
            ));
        };
        let path = query.path().trim_end_matches('/').to_owned();
        let path = path.strip_suffix("/api/v1/query").or(path.strip_suffix("/api/v1")).unwrap_or(&path);
        query.set_path(&format!("{path}/api/v1/query"));
        query.set_fragment(None);
        let token = token.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty());
        Ok(Self { client, query, token, name })
    }

    /// The number that a query gives now.
    pub(super) async fn ask(&self, query: &str) -> Result<Sample, Unread> {
        let mut request = self
            .client
            .post(self.query.clone())
            .timeout(TIMEOUT)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(self.form(query));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.map_err(|error| {
            // What cannot be sent cannot be sent again: a token with characters that no header has.
            if error.is_builder() {
                return Unread::Refused(format!(
                    "the request to {} cannot be sent; correct its address and its token",
                    self.name
                ));
            }
            Unread::Silent(format!("{} gave no answer: {}", self.name, reason(&error)))
        })?;
        let status = answer.status();
        let body = self.body(answer).await?;
        let parsed: Option<Answer> = serde_json::from_slice(&body).ok();
        match (status, parsed) {
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => Err(Unread::Refused(format!(
                "{} refuses whoever asks ({status}); correct its token",
                self.name
            ))),
            (_, Some(answer)) if answer.status == "error" => Err(self.refusal(status, &answer, query)),
            (StatusCode::OK, Some(Answer { status, data: Some(data), .. })) if status == "success" => {
                sample(&data).map_err(|what| {
                    let query = shortened(query);
                    Unread::Refused(format!("{} answers {query} with {what}", self.name))
                })
            }
            (status, _) if passes(status) => {
                Err(Unread::Silent(format!("{} answered with {status}", self.name)))
            }
            (StatusCode::OK, _) => {
                Err(Unread::Silent(format!("{} gave an answer that no Prometheus gives", self.name)))
            }
            (status, _) => Err(Unread::Refused(format!(
                "{} answered with {status}: no Prometheus is asked there; correct the address",
                self.name
            ))),
        }
    }

    /// The query as a form has it.
    fn form(&self, query: &str) -> String {
        let mut form = self.query.clone();
        form.query_pairs_mut().clear().append_pair("query", query);
        form.query().unwrap_or_default().to_owned()
    }

    async fn body(&self, mut answer: Response) -> Result<Vec<u8>, Unread> {
        let mut body = Vec::new();
        loop {
            match answer.chunk().await {
                Ok(Some(piece)) if body.len() + piece.len() > LONGEST_ANSWER => {
                    return Err(Unread::Refused(format!(
                        "{} gives far more than one number; aggregate in the query, as `sum(…)` does",
                        self.name
                    )));
                }
                Ok(Some(piece)) => body.extend_from_slice(&piece),
                Ok(None) => return Ok(body),
                Err(error) => {
                    let why = reason(&error);
                    return Err(Unread::Silent(format!("the answer of {} broke off: {why}", self.name)));
                }
            }
        }
    }

    /// What an error of the server's own means.
    fn refusal(&self, status: StatusCode, answer: &Answer, query: &str) -> Unread {
        let kind = answer.error_type.as_deref().unwrap_or("error");
        let error = shortened(answer.error.as_deref().unwrap_or("no reason was given"));
        let query = shortened(query);
        let text = format!("{} did not evaluate {query}: {error} ({kind})", self.name);
        let mended = matches!(kind, "bad_data" | "execution" | "not_found");
        if mended && !passes(status) { Unread::Refused(text) } else { Unread::Silent(text) }
    }
}

/// Whether a status may be another one a moment later.
fn passes(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
        )
}

/// The one number of a result, or what it is instead.
fn sample(data: &Data) -> Result<Sample, String> {
    let number = |pair: &Value| {
        let text = pair.get(1).and_then(Value::as_str)?;
        let number: f64 = text.parse().ok()?;
        Some(if number.is_nan() { Sample::NotANumber } else { Sample::Number(text.to_owned()) })
    };
    let unread = || "something that is no number".to_owned();
    match (data.result_type.as_str(), &data.result) {
        ("scalar", pair) => number(pair).ok_or_else(unread),
        ("vector", Value::Array(series)) => match series.as_slice() {
            [] => Ok(Sample::NoSeries),
            [one] => one.get("value").and_then(number).ok_or_else(unread),
            many => Err(format!(
                "{} series, and one number is wanted; aggregate in the query, as `sum(…)` does",
                many.len()
            )),
        },
        (other, _) => Err(format!("a {}, and one number is wanted", shortened(other))),
    }
}

fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
