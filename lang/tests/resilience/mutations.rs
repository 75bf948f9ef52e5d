//! The example, damaged: each of its tokens deleted, cut off at every byte, and mutated at random from
//! fixed seeds.

use crate::damage::{damage, next, pieces};
use crate::{EVERYTHING, EXAMPLE, check};

#[test]
fn every_piece_deleted() {
    for source in [EXAMPLE, EVERYTHING] {
        for (start, end) in pieces(source) {
            let text = [&source[..start], &source[end..]].concat();
            check(&text, &format!("without {:?} at {start}", &source[start..end]));
        }
    }
}

#[test]
fn cut_off_at_every_byte() {
    for (end, _) in EXAMPLE.char_indices() {
        check(&EXAMPLE[..end], &format!("the first {end} bytes"));
    }
}

#[test]
fn mutated_at_random() {
    for seed in 1..=400 {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed);
        let mut text = if seed % 2 == 0 { EXAMPLE.to_owned() } else { EVERYTHING.to_owned() };
        for _ in 0..=next(&mut state) % 8 {
            damage(&mut text, || next(&mut state));
        }
        check(&text, &format!("seed {seed}"));
    }
}
