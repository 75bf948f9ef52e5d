//! How long a megabyte of hand-written source takes: `cargo bench -p mig-lang`. Prints the best of several
//! rounds, which is what a machine with neighbours can tell; a number as argument says how many rounds.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use mig_lang::FileId;

/// The program's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EXAMPLE: &str = include_str!("../../examples/orders/orders.mig");

fn main() {
    let text = EXAMPLE.repeat(1_000_000 / EXAMPLE.len() + 1);
    report("parse", &text, || {
        black_box(mig_lang::parse(FileId(0), black_box(&text)));
    });
    report("format", &text, || {
        black_box(mig_lang::format(black_box(&text)));
    });
}

fn report(what: &str, text: &str, work: impl Fn()) {
    let rounds = std::env::args().find_map(|argument| argument.parse::<u32>().ok()).unwrap_or(10);
    let best = (0..rounds).map(|_| timed(&work)).min().unwrap_or_default();
    let rate = text.len() as f64 / best.as_secs_f64() / 1e6;
    println!("{what}: {} bytes in {best:.1?}, {rate:.1} MB/s", text.len());
}

#[expect(clippy::disallowed_methods, reason = "a benchmark looks at the clock")]
fn timed(work: impl Fn()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}
