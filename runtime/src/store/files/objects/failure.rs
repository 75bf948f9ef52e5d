//! Errors of an object storage as if the local disk had made them.
//!
//! What a storage says is shortened to its own code and message: requests, addresses and what was signed may have secrets
//! in them. Of an address that does not answer the host and its port are told.

use std::io::{Error as IoError, ErrorKind};

use object_store::Error;
use object_store::client::HttpError;

/// The longest answer that is shown, in characters.
const SHOWN: usize = 300;

/// The error that a file would have given.
pub(super) fn io(error: &Error) -> IoError {
    let said = told(error);
    let refused = |said: &str| {
        let advice = advice(&bottom(error)).unwrap_or("the storage refuses access");
        IoError::new(ErrorKind::PermissionDenied, format!("{advice} ({said})"))
    };
    match error {
        Error::NotFound { .. } => ErrorKind::NotFound.into(),
        Error::AlreadyExists { .. } => IoError::new(
            ErrorKind::AlreadyExists,
            "somebody else has written it at the same time; let one run alone",
        ),
        Error::Precondition { .. } | Error::NotModified { .. } => {
            IoError::new(ErrorKind::InvalidData, "it was changed while it was read; let nobody write there")
        }
        Error::InvalidPath { source } => {
            IoError::new(ErrorKind::InvalidData, format!("a name that cannot be used: {source}"))
        }
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => refused(&said),
        Error::Generic { .. }
        | Error::JoinError { .. }
        | Error::NotSupported { .. }
        | Error::NotImplemented { .. }
        | Error::UnknownConfigurationKey { .. }
        | _ => {
            // Of a list the client gives the status in words alone.
            let bottom = bottom(error);
            if has_status(&bottom, "404") {
                ErrorKind::NotFound.into()
            } else if has_status(&bottom, "401") || has_status(&bottom, "403") {
                refused(&said)
            } else if let Some(host) = unanswered(error) {
                IoError::other(format!(
                    "the storage at {host} does not answer ({said}); check that it is up, the store's `endpoint` and \
                     the network"
                ))
            } else {
                IoError::other(match advice(&bottom) {
                    Some(advice) => format!("{advice} ({said})"),
                    None => said,
                })
            }
        }
    }
}

/// Whether the storage cannot do what was asked, whatever is asked again.
pub(super) fn is_unsupported(error: &Error) -> bool {
    matches!(error, Error::NotImplemented { .. } | Error::NotSupported { .. })
        || matches!(error, Error::Generic { .. }) && has_status(&bottom(error), "501")
}

fn has_status(bottom: &str, code: &str) -> bool {
    bottom.contains(&format!("status code: {code}"))
}

/// What the storage's words mean, where they do not say it themselves.
fn advice(bottom: &str) -> Option<&'static str> {
    let says = |words: &[&str]| words.iter().any(|word| bottom.contains(word));
    if says(&["RequestTimeTooSkewed", "RequestExpired", "Request date header too old"]) {
        Some("this machine's clock is wrong, so that the storage believes no signature of it; set the clock")
    } else if says(&[
        "without LOCATION",
        "PermanentRedirect",
        "AuthorizationHeaderMalformed",
        "IllegalLocation",
    ]) {
        Some("the bucket is in another region than the store's `region` says")
    } else if says(&["InvalidAccessKeyId", "SignatureDoesNotMatch", "AuthenticationFailed"]) {
        Some("the storage does not know these credentials")
    } else {
        None
    }
}

/// The host and port that gave no answer, or not the whole of one.
fn unanswered(error: &Error) -> Option<String> {
    let errors = || std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    errors().find(|error| error.is::<HttpError>())?;
    errors().find_map(|error| host(&error.to_string()))
}

/// The host of the first address in a text, with its port, and without a user.
fn host(text: &str) -> Option<String> {
    let (_, from) = text.split_once("://")?;
    let authority = from.split(|c: char| c.is_whitespace() || "/?#)\"'".contains(c)).next()?;
    let host = authority.rsplit('@').next().unwrap_or_default();
    (!host.is_empty()).then(|| host.to_owned())
}

/// What lies at the bottom of an error, in the storage's or the network's words.
fn bottom(error: &Error) -> String {
    let mut bottom: &dyn std::error::Error = error;
    while let Some(source) = bottom.source() {
        bottom = source;
    }
    bottom.to_string()
}

/// What may be shown of it.
fn told(error: &Error) -> String {
    let text = bottom(error);
    let answer = |tag: &str| {
        let from = text.find(&format!("<{tag}>"))? + tag.len() + 2;
        let length = text[from..].find("</")?;
        Some(text[from..from + length].trim().to_owned())
    };
    let said = match (answer("Code"), answer("Message")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code,
        (None, _) => text,
    };
    // An address may have a signature in its query.
    let words = said.split_whitespace().map(|word| if word.contains("://") { "(an address)" } else { word });
    let said: String = words.collect::<Vec<_>>().join(" ");
    match said.char_indices().nth(SHOWN) {
        None => said,
        Some((end, _)) => format!("{}…", &said[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(text: &str) -> String {
        io(&Error::Generic { store: "S3", source: text.to_owned().into() }).to_string()
    }

    #[test]
    fn an_answer_is_its_code_and_message() {
        let answer = "Server returned non-2xx status code: 503: <?xml version=\"1.0\"?><Error><Code>SlowDown</Code>\
                      <Message>Reduce your rate.</Message><StringToSign>hunter2</StringToSign></Error>";
        assert_eq!(generic(answer), "SlowDown: Reduce your rate.");
    }

    #[test]
    fn a_host_is_all_that_is_told_of_an_address() {
        for (text, of) in [
            ("Error performing GET http://127.0.0.1:9000/lake?sig=hunter2 in 1s", Some("127.0.0.1:9000")),
            ("error for url (https://ada:hunter2@s3.acme.dev)", Some("s3.acme.dev")),
            ("http://[::1]:9?x", Some("[::1]:9")),
            ("file:///x", None),
            ("no address", None),
        ] {
            assert_eq!(host(text).as_deref(), of, "{text}");
        }
    }

    #[test]
    fn a_status_is_understood_where_only_words_tell_it() {
        let kind = |text: &str| io(&Error::Generic { store: "S3", source: text.to_owned().into() }).kind();
        let answer = |status: &str| format!("Server returned non-2xx status code: {status}: ");
        assert_eq!(kind(&answer("404 Not Found")), ErrorKind::NotFound);
        assert_eq!(kind(&answer("403 Forbidden")), ErrorKind::PermissionDenied);
        assert_eq!(kind(&answer("503 Service Unavailable")), ErrorKind::Other);
    }

    #[test]
    fn a_wrong_clock_region_or_key_is_called_so() {
        let status = |status: &str, code: &str| {
            let answer =
                format!("Server returned non-2xx status code: {status}: <Error><Code>{code}</Code></Error>");
            io(&Error::Generic { store: "S3", source: answer.into() })
        };
        let skewed = status("403 Forbidden", "RequestTimeTooSkewed");
        assert_eq!(skewed.kind(), ErrorKind::PermissionDenied);
        assert!(skewed.to_string().contains("set the clock (RequestTimeTooSkewed)"), "{skewed}");
        for (code, word) in [("SignatureDoesNotMatch", "credentials"), ("AccessDenied", "refuses access")] {
            let error = status("403 Forbidden", code);
            assert!(error.to_string().contains(word), "{error}");
        }
        let redirect =
            "Received redirect without LOCATION, this normally indicates an incorrectly configured region";
        for error in [
            io(&Error::Generic { store: "S3", source: redirect.into() }),
            status("400 Bad Request", "AuthorizationHeaderMalformed"),
        ] {
            assert!(error.to_string().starts_with("the bucket is in another region"), "{error}");
        }
    }

    #[test]
    fn what_a_server_has_not_is_told_from_what_fails() {
        let answered = |status: &str| {
            let answer = format!("Server returned non-2xx status code: {status}: ");
            is_unsupported(&Error::Generic { store: "S3", source: answer.into() })
        };
        assert!(answered("501 Not Implemented") && !answered("503 Service Unavailable"));
    }

    #[test]
    fn addresses_are_not_repeated_and_long_answers_are_cut() {
        let told = generic("Error performing GET https://acme.blob.core.windows.net/x?sig=hunter2 in 1s");
        assert_eq!(told, "Error performing GET (an address) in 1s");
        assert_eq!(generic(&"é".repeat(500)).chars().count(), 301);
    }
}
