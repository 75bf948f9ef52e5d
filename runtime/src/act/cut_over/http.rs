//! A JSON document is posted to whoever switches the subject. Any 2xx answer is success; 5xx, 408, 425 and
//! 429 answers and silence are tried again; anything else is a refusal. Where a place comes from the
//! environment only its name is ever shown.

use mig_plan::Setting;
use reqwest::StatusCode;

use super::super::{Act, Failure};
use super::{Direction, Resolved, Subject, key};
use crate::request::{reason, shown};

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
