//! Any text, and a damaged one, is formatted: twice as once, and nothing is lost.

#![no_main]

#[path = "../../lang/tests/support/damage.rs"]
#[expect(dead_code, reason = "the numbers of a fixed sequence are for the ordinary tests")]
mod damage;
mod language;
#[path = "../../lang/tests/resilience/property.rs"]
#[expect(dead_code, reason = "the parser has its own target")]
mod property;
#[path = "../../lang/tests/support/mod.rs"]
mod support;
mod text;

libfuzzer_sys::fuzz_target!(|data: &[u8]| property::formats(&text::of(data, language::SOUND), "this text"));
