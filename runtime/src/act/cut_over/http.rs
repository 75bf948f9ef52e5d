//! A JSON document is posted to whoever switches the subject. Any 2xx answer is success; 5xx, 408, 425 and
//! 429 answers and silence are tried again; anything else is a refusal. Where a place comes from the
//! environment only its name is ever shown.

use std::error::Error;
use std::io;

use mig_plan::Setting;
use reqwest::StatusCode;

use super::super::{Act, Failure};
use super::{Direction, Resolved, Subject, key};

pub(super) async fn send(
    act: &Act,
    subject: &str,
    place: &Setting,
    direction: Direction,
) -> Result<(), Failure> {
    let subject = Subject::of(act, subject)?;
    let resolved = Resolved::of(act, std::slice::from_ref(place))?;
    let Some(url) = resolved.values.first().and_then(|url| reqwest::Url::parse(url).ok()) else {
        return Err(Failure::broken(format!("{} is not a URL; set it and run again", shown(place))));
    };
    let document = serde_json::json!({
        "migration": act.plan().migration.name,
        "subject": subject.name,
        "entity": subject.entity,
        "direction": direction.word(),
        "plan": act.run.digest,
    });
    let request =
        act.world().client().await?.post(url).header("Idempotency-Key", key(act, direction)).json(&document);
    let answer = request.send().await.map_err(|error| {
        Failure::unavailable(format!("the request to {} got no answer: {}", shown(place), reason(&error)))
    })?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let error = format!("the request to {} was answered with {status}", shown(place));
    let passes = status.is_server_error()
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
        );
    Err(if passes { Failure::unavailable(error) } else { Failure::refused(error) })
}

/// A place for people: a variable by its name, a URL without user, password and query.
fn shown(place: &Setting) -> String {
    match place {
        Setting::Env(_) => place.to_string(),
        Setting::Text(text) => match reqwest::Url::parse(text) {
            Ok(url) => format!("{}{}", url.origin().ascii_serialization(), url.path()),
            Err(_) => "the URL in the plan".to_owned(),
        },
    }
}

/// Why there was no answer, without the address that the library puts into its messages.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".to_owned();
    }
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(error) = cause.downcast_ref::<io::Error>()
            && error.raw_os_error().is_some()
        {
            return error.kind().to_string();
        }
        source = cause.source();
    }
    if error.is_connect() { "no connection was possible" } else { "the connection broke" }.to_owned()
}
