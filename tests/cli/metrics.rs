//! Waves that are watched while they soak, with a real Prometheus: taken back by themselves, or completed, and
//! never taken for good while nobody answers.

use std::process::Child;
use std::time::{Duration, Instant};

use mig_test_support::{Prometheus, Service};

use crate::house::{Answer, House, files};

const TOKEN: &str = "xyzzy-token-of-the-metrics";

/// The shop, whose letters are watched for so long; and for how long the source may be silent.
fn watched(soak: &str, patience: &str) -> House {
    let house = House::shop();
    house.replace(
        "shop.mig",
        "  criticality =",
        &format!("  metrics     = prometheus(env.PROMETHEUS_URL, token: env.PROMETHEUS_TOKEN, every: 1s, patience: {patience})\n  criticality ="),
    );
    house.replace(
        "shop.mig",
        "  allow no-soak because \"a test ends at once\"",
        &format!("  rollback   = cautious\n  soak       = {soak}"),
    );
    house.write(
        "metrics.mig",
        "metric error_rate: share {\n  \
         query    = \"sum(rate(errors_total{app='$consumer'}[10s])) / sum(rate(requests_total{app='$consumer'}[10s]))\"\n  \
         attempts = \"sum(increase(requests_total{app='$consumer'}[$window]))\"\n}\n\n\
         rollback cautious {\n  when error_rate > 5% for 2s and attempts >= 100\n  no_data = pause\n  \
         then revert wave, notify owners\n}\n",
    );
    house
}

/// Starts the plan's run.
fn apply(house: &House, prometheus: &Prometheus) -> Child {
    let mut command = house.command(&["apply", "plan.json"]);
    command.env("PROMETHEUS_URL", prometheus.url()).env("PROMETHEUS_TOKEN", TOKEN);
    command.spawn().expect("mig starts")
}

fn end(run: Child) -> Answer {
    let output = run.wait_with_output().expect("mig ends");
    Answer {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Waits until the journal's readings are such.
fn wait_for(house: &House, what: &str, holds: impl Fn(&serde_json::Value) -> bool) {
    let start = Instant::now();
    loop {
        let status = house.mig(&["status", "--format", "json"]).ends(0).out;
        let status: serde_json::Value = serde_json::from_str(&status).expect("JSON");
        if holds(&status["waves"][0]["watch"]) {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(300), "{what} does not come: {status:#}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn says(finding: &'static str) -> impl Fn(&serde_json::Value) -> bool {
    move |watch| watch["readings"][0]["finding"] == finding
}

#[test]
fn a_wave_is_taken_back_by_itself_when_its_consumer_fails() {
    let house = watched("1h", "1m");
    house
        .mig(&["plan", "-o", "plan.json"])
        .ends(0)
        .says("error_rate")
        .says("every 1s, and undone if it comes");
    let before = files(house.path("").as_path());
    let service = Service::start("letters");
    let prometheus = Prometheus::start(&service);
    let run = apply(&house, &prometheus);
    wait_for(&house, "a good reading", says("within"));
    assert!(house.read("catalog.yaml").contains("acme.dev/people"), "it is switched");
    service.fail(20);
    let ended = end(run)
        .ends(4)
        .says("while all soaked, error_rate > 5% for 2s and attempts >= 100 held for letters");
    assert!(ended.text().contains("% of "), "{}", ended.text());
    assert_eq!(files(house.path("").as_path()), before, "everything is as it was");
    assert!(house.read(".mig/notifications.log").contains("error_rate > 5%"));
    let status = house.mig(&["status"]).ends(0).says("rolled back").text();
    assert!(!format!("{status}{}", ended.text()).contains(TOKEN));
    let journal = std::fs::read(house.path(".mig/journal.db")).expect("the journal");
    for (what, there) in [("metrics_read", true), (TOKEN, false)] {
        let found = journal.windows(what.len()).any(|window| window == what.as_bytes());
        assert_eq!(found, there, "{what}");
    }
}

#[test]
fn a_wave_whose_consumer_does_well_completes() {
    let house = watched("3s", "1m");
    house.mig(&["plan", "-o", "plan.json"]).ends(0);
    let service = Service::start("letters");
    service.fail(1);
    let prometheus = Prometheus::start(&service);
    end(apply(&house, &prometheus)).ends(0).says("completed");
    house.mig(&["status"]).ends(0).says("error_rate > 5% for 2s and attempts >= 100").says("within");
}

#[test]
fn a_source_that_is_killed_is_never_taken_for_good() {
    // The source is killed long before the end.
    let house = watched("20s", "3s");
    house.mig(&["plan", "-o", "plan.json"]).ends(0);
    let service = Service::start("letters");
    let prometheus = Prometheus::start(&service);
    let run = apply(&house, &prometheus);
    wait_for(&house, "a good reading", says("within"));
    prometheus.stop();
    end(run)
        .ends(5)
        .says("while all soaked, the source of metrics was silent for")
        .says("env.PROMETHEUS_URL gave no answer: connection refused")
        .says("bring the source back, then run the same command again");
    house.mig(&["status"]).ends(0).says("stuck").says("the source of metrics is silent");
    assert!(house.has("lake/people"), "nothing is taken back either");
    // The same command goes on watching, and ends well once it has looked for long enough.
    prometheus.start_again();
    end(apply(&house, &prometheus)).ends(0).says("completed");
}

#[test]
fn a_metric_without_data_waits_for_a_person() {
    let house = watched("1h", "1m");
    house.replace("metrics.mig", "errors_total", "eror_total");
    house.mig(&["plan", "-o", "plan.json"]).ends(0);
    let prometheus = Prometheus::start(&Service::start("letters"));
    end(apply(&house, &prometheus)).ends(5).says("there was no data for error_rate > 5%").says("no series");
    house.mig(&["status"]).ends(0).says("no data");
}

#[test]
fn a_query_that_prometheus_does_not_understand_is_told_with_its_words() {
    let house = watched("1h", "1m");
    house.replace("metrics.mig", "sum(rate(errors_total", "summ(rate(errors_total");
    house.mig(&["plan", "-o", "plan.json"]).ends(0);
    let prometheus = Prometheus::start(&Service::start("letters"));
    end(apply(&house, &prometheus))
        .ends(5)
        .says("did not evaluate")
        .says("unknown function")
        .says("bad_data");
}
