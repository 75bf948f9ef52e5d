//! What is asked, and what each answer of a server means; the server is these tests'.

use mig_plan::{MetricUnit, NoData, RollbackScope, Setting};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::fixture::{plan, step, wave};

/// A server that gives every query this answer, and what it was sent last.
async fn answering(status: &str, body: &str) -> (String, tokio::sync::watch::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://ann:hunter2@{}/base/", listener.local_addr().unwrap());
    let answer =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    let (sender, receiver) = tokio::sync::watch::channel(String::new());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 16_384];
            let mut length = 0;
            // A request is whole with its query, which ends with a bracket.
            while !request[..length].ends_with(b"%29") {
                let count = stream.read(&mut request[length..]).await.unwrap();
                assert!(count > 0, "the request breaks off");
                length += count;
            }
            sender.send_replace(String::from_utf8_lossy(&request[..length]).into_owned());
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (url, receiver)
}

fn question() -> Question {
    Question { condition: 0, consumer: None, value: "sum(a & b)".to_owned(), attempts: None }
}

async fn read(url: &str) -> Result<Round, String> {
    let environment = Environment::new([
        ("PROMETHEUS_URL".to_owned(), url.to_owned()),
        ("PROMETHEUS_TOKEN".to_owned(), "hunter2-token".to_owned()),
    ]);
    let source = MetricSource::Prometheus {
        url: Setting::Env("PROMETHEUS_URL".to_owned()),
        token: Some(Setting::Env("PROMETHEUS_TOKEN".to_owned())),
        every_seconds: 1,
        patience_seconds: 1,
    };
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    Source::open(&source, &client, &environment)?.read(&[question()]).await
}

/// What an answer comes to, in a word.
async fn said(status: &str, body: &str) -> String {
    let (url, _) = answering(status, body).await;
    let said = match read(&url).await {
        Ok(Round { readings, silent: None }) => format!("read: {}", readings[0].value),
        Ok(Round { readings, silent: Some(error) }) => {
            assert!(readings.is_empty());
            format!("silent: {error}")
        }
        Err(error) => format!("refused: {error}"),
    };
    assert!(!said.contains("hunter2") && !said.contains("127.0.0.1"), "{said}");
    said
}

fn vector(samples: &str) -> String {
    format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{samples}]}}}}"#)
}

#[tokio::test]
async fn an_answer_is_a_number_or_the_word_that_there_is_none() {
    for (value, read) in
        [("0.012", "0.012"), ("1e-07", "1e-07"), ("+Inf", "+Inf"), ("NaN", "not a number"), ("-3", "-3")]
    {
        let sample = format!(r#"{{"metric":{{}},"value":[1700000000.1,"{value}"]}}"#);
        assert_eq!(said("200 OK", &vector(&sample)).await, format!("read: {read}"));
    }
    assert_eq!(said("200 OK", &vector("")).await, "read: no series");
    let scalar = r#"{"status":"success","data":{"resultType":"scalar","result":[1700000000,"42"]}}"#;
    assert_eq!(said("200 OK", scalar).await, "read: 42");
}

#[tokio::test]
async fn what_is_no_number_is_refused() {
    let one = r#"{"metric":{},"value":[1,"1"]}"#;
    insta::assert_snapshot!(said("200 OK", &vector(&format!("{one},{one}"))).await, @"refused: env.PROMETHEUS_URL answers sum(a & b) with 2 series, and one number is wanted; aggregate in the query, as `sum(…)` does");
    let matrix = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;
    insta::assert_snapshot!(said("200 OK", matrix).await, @"refused: env.PROMETHEUS_URL answers sum(a & b) with a matrix, and one number is wanted");
    let text = r#"{"status":"success","data":{"resultType":"string","result":[1,"up"]}}"#;
    insta::assert_snapshot!(said("200 OK", text).await, @"refused: env.PROMETHEUS_URL answers sum(a & b) with a string, and one number is wanted");
    let histogram = r#"{"metric":{},"histogram":[1,{"count":"1","sum":"1"}]}"#;
    insta::assert_snapshot!(said("200 OK", &vector(histogram)).await, @"refused: env.PROMETHEUS_URL answers sum(a & b) with something that is no number");
}

#[tokio::test]
async fn an_error_passes_or_is_a_persons_to_mend() {
    let error =
        |kind: &str, text: &str| format!(r#"{{"status":"error","errorType":"{kind}","error":"{text}"}}"#);
    insta::assert_snapshot!(said("400 Bad Request", &error("bad_data", "1:1: parse error")).await, @"refused: env.PROMETHEUS_URL did not evaluate sum(a & b): 1:1: parse error (bad_data)");
    insta::assert_snapshot!(said("422 Unprocessable Entity", &error("execution", "many-to-many matching")).await, @"refused: env.PROMETHEUS_URL did not evaluate sum(a & b): many-to-many matching (execution)");
    insta::assert_snapshot!(said("503 Service Unavailable", &error("timeout", "query timed out")).await, @"silent: env.PROMETHEUS_URL did not evaluate sum(a & b): query timed out (timeout)");
    insta::assert_snapshot!(said("500 Internal Server Error", &error("internal", "disk")).await, @"silent: env.PROMETHEUS_URL did not evaluate sum(a & b): disk (internal)");
    insta::assert_snapshot!(said("401 Unauthorized", "who are you").await, @"refused: env.PROMETHEUS_URL refuses whoever asks (401 Unauthorized); correct its token");
    insta::assert_snapshot!(said("403 Forbidden", &error("bad_data", "x")).await, @"refused: env.PROMETHEUS_URL refuses whoever asks (403 Forbidden); correct its token");
    insta::assert_snapshot!(said("404 Not Found", "<html>").await, @"refused: env.PROMETHEUS_URL answered with 404 Not Found: no Prometheus is asked there; correct the address");
    insta::assert_snapshot!(said("302 Found", "").await, @"refused: env.PROMETHEUS_URL answered with 302 Found: no Prometheus is asked there; correct the address");
    insta::assert_snapshot!(said("429 Too Many Requests", "").await, @"silent: env.PROMETHEUS_URL answered with 429 Too Many Requests");
    insta::assert_snapshot!(said("502 Bad Gateway", "<html>").await, @"silent: env.PROMETHEUS_URL answered with 502 Bad Gateway");
    insta::assert_snapshot!(said("200 OK", "<html>log in</html>").await, @"silent: env.PROMETHEUS_URL gave an answer that no Prometheus gives");
    insta::assert_snapshot!(said("200 OK", r#"{"status":"success"}"#).await, @"silent: env.PROMETHEUS_URL gave an answer that no Prometheus gives");
    insta::assert_snapshot!(said("200 OK", &"x".repeat(1 << 21)).await, @"refused: env.PROMETHEUS_URL gives far more than one number; aggregate in the query, as `sum(…)` does");
}

#[tokio::test]
async fn the_query_is_posted_to_the_api_below_the_address_with_the_token() {
    let (url, requests) = answering("200 OK", &vector("")).await;
    read(&url).await.unwrap();
    let request = requests.borrow().clone();
    assert!(request.starts_with("POST /base/api/v1/query HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("authorization: Bearer hunter2-token\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\nquery=sum%28a+%26+b%29"), "{request}");
}

#[tokio::test]
async fn who_is_not_there_is_silent_and_what_is_no_address_is_told() {
    let round = read("http://127.0.0.1:1").await.unwrap();
    let silent = "env.PROMETHEUS_URL gave no answer: connection refused".to_owned();
    assert_eq!(round, Round { readings: Vec::new(), silent: Some(silent) });
    for wrong in ["prometheus:9090", "no url", "ftp://prometheus", ""] {
        let error = read(wrong).await.unwrap_err();
        assert!(error.starts_with("env.PROMETHEUS_URL is no address of a Prometheus"), "{error}");
    }
}

#[test]
fn each_consumer_is_asked_about_by_itself_and_the_wave_once() {
    let mut soaking = wave("pilot", &[], "one");
    soaking.consumers = vec!["billing".to_owned(), "others.search".to_owned()];
    let steps = vec![step("pilot", "billing/notify", &[]), step("pilot", "others.search/notify", &[])];
    let mut plan = plan(vec![soaking], steps);
    let metric = |query: &str, attempts: Option<&str>| Metric {
        doc: String::new(),
        unit: MetricUnit::Number,
        query: query.to_owned(),
        attempts: attempts.map(str::to_owned),
    };
    plan.metrics.insert("rate".to_owned(), metric("r{a='$consumer'}", Some("n{a='$consumer'}[$window]")));
    plan.metrics.insert("all".to_owned(), metric("r{a=~'$consumers'}", Some("n")));
    plan.metrics.insert("one".to_owned(), metric("up{w='$wave'}", None));
    let condition = |metric: &str, minimum_attempts| Condition {
        metric: metric.to_owned(),
        operator: ">".to_owned(),
        threshold: "1".to_owned(),
        for_seconds: 300,
        minimum_attempts,
        source: String::new(),
    };
    let policy = RollbackPolicy {
        conditions: vec![condition("rate", 200), condition("all", 0), condition("one", 0)],
        no_data: NoData::Pause,
        revert: RollbackScope::Wave,
        notify_owners: false,
    };
    let asked = |plan: &Plan| {
        let questions = questions(plan, "pilot", &policy);
        let line = |question: Question| {
            let consumer = question.consumer.unwrap_or_default();
            format!(
                "{} {consumer}: {}{}\n",
                question.condition,
                question.value,
                question.attempts.map_or_else(String::new, |query| format!(" of {query}"))
            )
        };
        questions.into_iter().map(line).collect::<String>()
    };
    insta::assert_snapshot!(asked(&plan), @"
    0 billing: r{a='billing'} of n{a='billing'}[300s]
    0 others.search: r{a='others.search'} of n{a='others.search'}[300s]
    1 : r{a=~'billing|others[.]search'}
    2 : up{w='pilot'}
    ");
    plan.waves[0].consumers.clear();
    insta::assert_snapshot!(asked(&plan), @"2 : up{w='pilot'}");
}
