//! Any text, and a damaged one, is compiled in the world of a small shop.

#![no_main]

#[path = "../../lang/tests/support/damage.rs"]
#[expect(dead_code, reason = "the numbers of a fixed sequence are for the ordinary tests")]
mod damage;
#[path = "../../compiler/src/fixture.rs"]
#[expect(dead_code, reason = "the world is all that is wanted of it")]
mod fixture;
#[path = "../../compiler/src/resilience.rs"]
mod resilience;
mod text;

pub(crate) use mig_compiler::{World, codes, compile};

/// A sound text that compiles in the shop's world.
const SOUND: &[&str] = &[include_str!("../../compiler/tests/fixtures/shop.mig")];

libfuzzer_sys::fuzz_target!(|data: &[u8]| resilience::compiles(&text::of(data, SOUND), "this text"));
