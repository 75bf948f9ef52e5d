use mig_plan::Function::{self, *};
use mig_plan::{Expr, Type};

use super::{array, batch, refused, shown, table, ty};
use crate::eval::Expression;

/// Runs `utc` or `local` over readings.
fn zoned(function: Function, from: &str, to: &str, zone: &str, values: &[&str]) -> Vec<String> {
    let (fields, rows) = batch(&[(from, array(from, values))]);
    let column = Expr::Column { name: "c0".into(), ty: fields[0].ty.clone() };
    let expr = Expr::Call { function, args: vec![column, Expr::text(zone)], ty: ty(to).ty.optional() };
    shown(&Expression::new(&expr, &fields, &ty(to).ty.optional()).expect("typed").evaluate(&rows, "c"))
}

fn utc(zone: &str, values: &[&str]) -> Vec<String> {
    zoned(Utc, "datetime", "timestamp", zone, values)
}

fn local(zone: &str, values: &[&str]) -> Vec<String> {
    zoned(Local, "timestamp", "datetime", zone, values)
}

#[test]
fn a_wall_clock_is_read_in_its_zone() {
    assert_eq!(
        utc("Europe/Paris", &["2024-01-15T12:00:00", "2024-07-15T12:00:00.5", "null"]),
        ["2024-01-15T11:00:00Z", "2024-07-15T10:00:00.500000Z", "null"]
    );
    // Forward at 02:00 on 31 March 2024, back at 03:00 on 27 October 2024.
    assert_eq!(
        utc("Europe/Paris", &["2024-03-31T01:59:59.999999", "2024-03-31T03:00:00"]),
        ["2024-03-31T00:59:59.999999Z", "2024-03-31T01:00:00Z"]
    );
    assert_eq!(
        utc("Europe/Paris", &["2024-03-31T02:30:00"]),
        ["! 2024-03-31T02:30:00: clocks in Europe/Paris never showed this: they were set forward"]
    );
    assert_eq!(
        utc("Europe/Paris", &["2024-10-27T02:30:00"]),
        ["! 2024-10-27T02:30:00: clocks in Europe/Paris showed this twice, when they were set back"]
    );
    assert_eq!(utc("Asia/Kathmandu", &["2024-01-01T05:45:00"]), ["2024-01-01T00:00:00Z"]);
    assert_eq!(utc("UTC", &["1969-12-31T23:59:59"]), ["1969-12-31T23:59:59Z"]);
    // Samoa had no 30 December 2011.
    assert!(utc("Pacific/Apia", &["2011-12-30T12:00:00"])[0].starts_with("! "));
}

#[test]
fn an_instant_is_shown_in_its_zone() {
    assert_eq!(
        local("America/New_York", &["2024-07-01T00:00:00Z", "2024-12-01T00:00:00Z", "null"]),
        ["2024-06-30T20:00:00", "2024-11-30T19:00:00", "null"]
    );
    // Both instants of the hour that comes twice show the same.
    assert_eq!(
        local("Europe/Paris", &["2024-10-27T00:30:00Z", "2024-10-27T01:30:00Z"]),
        ["2024-10-27T02:30:00", "2024-10-27T02:30:00"]
    );
}

#[test]
fn a_zone_is_a_name_of_the_database() {
    let reading = Expr::Column { name: "c0".into(), ty: ty("datetime") };
    for zone in ["Europe/Nowhere", "+02:00", ""] {
        let expr = Expr::Call {
            function: Utc,
            args: vec![reading.clone(), Expr::text(zone)],
            ty: Type::Timestamp.required(),
        };
        let fields = [crate::store::Field { name: "c0".into(), ty: ty("datetime") }];
        assert!(Expression::new(&expr, &fields, &Type::Timestamp.required()).is_err(), "{zone}");
    }
    refused(Utc, &["datetime", "text"], "timestamp");
}

#[test]
fn unix_seconds_are_whole() {
    table(
        FromUnix,
        &["int64"],
        "timestamp",
        &[
            &["0", "1970-01-01T00:00:00Z"],
            &["-1", "1969-12-31T23:59:59Z"],
            &["1700000000", "2023-11-14T22:13:20Z"],
            &["null", "null"],
            &["9223372036854775807", "! 9223372036854775807: the calendar does not reach that far"],
            &["9223372036854", "! 9223372036854: the calendar does not reach that far"],
        ],
    );
    table(FromUnix, &["int32"], "timestamp", &[&["2147483647", "2038-01-19T03:14:07Z"]]);
    table(
        ToUnix,
        &["timestamp"],
        "int64",
        &[
            &["1969-12-31T23:59:59Z", "-1"],
            &["null", "null"],
            &["1970-01-01T00:00:00.000001Z", "! 1970-01-01T00:00:00.000001Z: it has a fraction of a second"],
        ],
    );
    refused(ToUnix, &["datetime"], "int64");
}
