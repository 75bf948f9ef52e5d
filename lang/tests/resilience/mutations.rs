//! The example, damaged: each of its tokens deleted, cut off at every byte, and mutated at random from
//! fixed seeds.

use crate::{EVERYTHING, EXAMPLE, check};

/// The places of words, marks and literals, roughly: runs of letters, runs of blanks, single characters.
fn pieces(text: &str) -> Vec<(usize, usize)> {
    let class = |letter: char| match letter {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => 1,
        ' ' => 2,
        _ => 3,
    };
    let mut pieces: Vec<(usize, usize)> = Vec::new();
    let mut last = 3;
    for (at, letter) in text.char_indices() {
        let this = class(letter);
        match pieces.last_mut() {
            Some(piece) if this == last && this != 3 => piece.1 = at + letter.len_utf8(),
            Some(_) | None => pieces.push((at, at + letter.len_utf8())),
        }
        last = this;
    }
    pieces
}

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

/// The next number of a fixed sequence (xorshift).
pub(crate) fn next(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

/// What random mutations insert.
const INSERTS: [&str; 49] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ",",
    ":",
    "=",
    "==",
    "->",
    "@",
    "\"",
    "`",
    "//",
    "///",
    "\n",
    "\r\n",
    " ",
    "\t",
    "columns {",
    "drop x because \"y\"",
    "allow no-soak because \"y\"",
    "wave w {}",
    "\nstore s: sqlite {\n",
    "if",
    "then",
    "else",
    "where",
    "not",
    "and",
    "5 rows",
    "1%",
    "64 MiB",
    "5m",
    "-",
    "++",
    "*",
    ".",
    "?",
    "é",
    "\u{1F600}",
    "\\",
    "// c\n",
    "/// d\n",
    "a = b",
    "revert wave",
    "because",
    "\u{FEFF}",
];

#[test]
fn mutated_at_random() {
    for seed in 1..=400 {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed);
        let mut text = if seed % 2 == 0 { EXAMPLE.to_owned() } else { EVERYTHING.to_owned() };
        for _ in 0..=next(&mut state) % 8 {
            mutate(&mut text, &mut state);
        }
        check(&text, &format!("seed {seed}"));
    }
}

fn mutate(text: &mut String, state: &mut u64) {
    let pieces = pieces(text);
    if pieces.is_empty() {
        return;
    }
    let mut pick = || pieces[next(state) as usize % pieces.len()];
    let ((start, end), (from, to)) = (pick(), pick());
    match next(state) % 5 {
        0 => text.replace_range(start..end, ""),
        1 => text.insert_str(start, INSERTS[next(state) as usize % INSERTS.len()]),
        2 => text.replace_range(start..end, INSERTS[next(state) as usize % INSERTS.len()]),
        3 => {
            let piece = text[from..to].to_owned();
            text.insert_str(start, &piece);
        }
        _ => {
            let (low, high) = (start.min(from), start.max(from));
            text.replace_range(low..high.min(low + 200), "");
        }
    }
}
