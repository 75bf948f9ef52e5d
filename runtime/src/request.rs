//! What is said of requests: where they went and why there was no answer, without anything that is a secret.

use std::error::Error;
use std::io;

use mig_plan::Setting;

/// A place for people: a variable by its name, a URL without user, password and query.
pub(crate) fn shown(place: &Setting) -> String {
    match place {
        Setting::Env(_) => place.to_string(),
        Setting::Text(text) => match reqwest::Url::parse(text) {
            Ok(url) => format!("{}{}", url.origin().ascii_serialization(), url.path()),
            Err(_) => "the URL in the plan".to_owned(),
        },
    }
}

/// Why there was no answer, without the address that the library puts into its messages.
pub(crate) fn reason(error: &reqwest::Error) -> String {
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
