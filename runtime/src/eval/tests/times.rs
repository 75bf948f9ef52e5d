use mig_plan::Function::{self, *};
use mig_plan::{Expr, Type};

use super::{array, batch, refused, shown, table, ty, written};
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
        let fields = [crate::store::Field { name: "c0".into(), ty: ty("datetime"), secret: false }];
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

#[test]
fn unix_milliseconds_are_whole() {
    table(
        FromUnixMillis,
        &["int64"],
        "timestamp",
        &[
            &["1700000000250", "2023-11-14T22:13:20.250000Z"],
            &["-1", "1969-12-31T23:59:59.999000Z"],
            &["null", "null"],
        ],
    );
    table(
        ToUnixMillis,
        &["timestamp"],
        "int64",
        &[
            &["1969-12-31T23:59:59.999Z", "-1"],
            &[
                "1970-01-01T00:00:00.000001Z",
                "! 1970-01-01T00:00:00.000001Z: it has a fraction of a millisecond",
            ],
        ],
    );
}

#[test]
fn parts_of_times() {
    for (part, of_date, of_reading) in
        [(Year, "2024", "1969"), (Month, "2", "12"), (Day, "29", "31"), (Weekday, "4", "3")]
    {
        table(part, &["date"], "int32", &[&["2024-02-29", of_date], &["null", "null"]]);
        table(part, &["datetime"], "int32", &[&["1969-12-31T23:59:58.999999", of_reading]]);
    }
    for (part, of_time, of_reading) in [(Hour, "13", "23"), (Minute, "5", "59"), (Second, "7", "58")] {
        table(part, &["time"], "int32", &[&["13:05:07.5", of_time], &["null", "null"]]);
        table(part, &["datetime"], "int32", &[&["1969-12-31T23:59:58.999999", of_reading]]);
    }
    table(Year, &["date"], "int32", &[&["-0044-03-15", "-44"]]);
    table(DateOf, &["datetime"], "date", &[&["1969-12-31T23:59:58", "1969-12-31"], &["null", "null"]]);
    table(TimeOf, &["datetime"], "time", &[&["1969-12-31T23:59:58.5", "23:59:58.500000"], &["null", "null"]]);
    refused(Year, &["timestamp"], "int32");
    refused(Hour, &["date"], "int32");
}

#[test]
fn units_begin_somewhere() {
    for (unit, date, reading) in [
        ("week", "2024-02-26", "1969-12-29T00:00:00"),
        ("month", "2024-02-01", "1969-12-01T00:00:00"),
        ("quarter", "2024-01-01", "1969-10-01T00:00:00"),
        ("year", "2024-01-01", "1969-01-01T00:00:00"),
    ] {
        written(StartOf, "date", &[unit], "date", &[["2024-02-29", date], ["null", "null"]]);
        written(StartOf, "datetime", &[unit], "datetime", &[["1969-12-31T23:59:58.999999", reading]]);
    }
    for (unit, expected) in [
        ("day", "1969-12-31T00:00:00"),
        ("hour", "1969-12-31T23:00:00"),
        ("minute", "1969-12-31T23:59:00"),
        ("second", "1969-12-31T23:59:58"),
        ("millisecond", "1969-12-31T23:59:58.999000"),
    ] {
        written(StartOf, "datetime", &[unit], "datetime", &[["1969-12-31T23:59:58.999999", expected]]);
    }
    written(
        StartOf,
        "timestamp",
        &["second"],
        "timestamp",
        &[["1969-12-31T23:59:58.9Z", "1969-12-31T23:59:58Z"]],
    );
}

#[test]
fn times_are_added_and_subtracted() {
    let beyond = "! 2024-02-29: the calendar does not reach that far";
    table(
        AddDays,
        &["date", "int64"],
        "date",
        &[
            &["2024-02-28", "2", "2024-03-01"],
            &["2024-01-01", "-1", "2023-12-31"],
            &["2024-02-29", "9223372036854775807", beyond],
            &["2024-02-29", "-9223372036854775808", beyond],
            &["null", "1", "null"],
        ],
    );
    table(
        AddDays,
        &["datetime", "int32"],
        "datetime",
        &[&["2024-02-29T13:05:00", "1", "2024-03-01T13:05:00"]],
    );
    table(
        AddMonths,
        &["date", "int64"],
        "date",
        &[
            &["2024-01-31", "1", "2024-02-29"],
            &["2024-03-31", "-13", "2023-02-28"],
            &["2024-02-29", "12", "2025-02-28"],
            &["2024-02-29", "9223372036854775807", beyond],
        ],
    );
    table(
        AddSeconds,
        &["timestamp", "int64"],
        "timestamp",
        &[
            &["2024-02-29T23:59:59.5Z", "1", "2024-03-01T00:00:00.500000Z"],
            &[
                "2024-02-29T00:00:00Z",
                "9223372036854775807",
                "! 2024-02-29T00:00:00Z: the calendar does not reach that far",
            ],
        ],
    );
    table(
        AddSeconds,
        &["datetime", "int16"],
        "datetime",
        &[&["1970-01-01T00:00:00", "-1", "1969-12-31T23:59:59"]],
    );
    table(
        DaysBetween,
        &["date", "date"],
        "int64",
        &[
            &["2024-02-28", "2024-03-01", "2"],
            &["2024-03-01", "2024-02-28", "-2"],
            &["null", "2024-02-28", "null"],
        ],
    );
    table(
        SecondsBetween,
        &["timestamp", "timestamp"],
        "int64",
        &[
            &["2024-02-29T00:00:00.5Z", "2024-02-28T00:00:00.5Z", "-86400"],
            &[
                "2024-02-29T00:00:00Z",
                "2024-02-29T00:00:00.5Z",
                "! from 2024-02-29T00:00:00Z to 2024-02-29T00:00:00.500000Z: there is a fraction of a second between them; `start_of` leaves it out",
            ],
        ],
    );
    refused(SecondsBetween, &["timestamp", "datetime"], "int64");
}

#[test]
fn times_are_written_and_read_by_a_pattern() {
    written(
        FormatTime,
        "datetime",
        &["%Y-%m-%d %H:%M:%S.%f %y %b %B %-d %a %A %-H %-I %p %-m %%"],
        "text",
        &[
            ["2024-02-09T00:05:07.25", "2024-02-09 00:05:07.250000 24 Feb February 9 Fri Friday 0 12 AM 2 %"],
            ["1999-12-31T13:00:00", "1999-12-31 13:00:00.000000 99 Dec December 31 Fri Friday 13 1 PM 12 %"],
            ["null", "null"],
        ],
    );
    written(
        FormatTime,
        "date",
        &["%Y"],
        "text",
        &[["0044-03-15", "0044"], ["+12024-01-01", "! +12024-01-01: a pattern writes years of four digits"]],
    );
    let no = |text: &str| format!("! {text}: it is no date by \"%d.%m.%Y\"");
    let wrong: Vec<(&str, String)> =
        ["30.02.2024", "1.2.2024", "29.02.24", "29.02.2024 ", " 29.02.2024", "29-02-2024", "", "+9.02.2024"]
            .map(|text| (text, no(text)))
            .to_vec();
    let lines: Vec<[&str; 2]> = wrong.iter().map(|(text, error)| [*text, error.as_str()]).collect();
    written(ParseDate, "text", &["%d.%m.%Y"], "date", &lines);
    written(ParseDate, "text", &["%d.%m.%Y"], "date", &[["29.02.2024", "2024-02-29"], ["null", "null"]]);
    written(
        ParseDate,
        "text",
        &["%A, %-d %B %y"],
        "date",
        &[
            ["Friday, 9 february 24", "2024-02-09"],
            ["SUNDAY, 31 March 69", "! SUNDAY, 31 March 69: it is no date by \"%A, %-d %B %y\""],
            ["Monday, 31 March 69", "1969-03-31"],
            ["Friday, 09 February 24", "! Friday, 09 February 24: it is no date by \"%A, %-d %B %y\""],
        ],
    );
    written(
        ParseTime,
        "text",
        &["%I:%M %p"],
        "time",
        &[
            ["12:00 AM", "00:00:00"],
            ["12:30 pm", "12:30:00"],
            ["01:05 PM", "13:05:00"],
            ["13:05 PM", "! 13:05 PM: it is no time by \"%I:%M %p\""],
        ],
    );
    written(
        ParseDatetime,
        "text",
        &["%Y%m%d%H%M%S.%f"],
        "datetime",
        &[
            ["20240229130507.25", "2024-02-29T13:05:07.250000"],
            ["19691231235959.000001", "1969-12-31T23:59:59.000001"],
        ],
    );
}
