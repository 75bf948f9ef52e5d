//! Damage: takes a text and numbers that decide, gives the text as it is after slips, half-made edits and
//! pasted lines.

/// The places of words, marks and literals, roughly: runs of letters, runs of blanks, single characters.
pub(crate) fn pieces(text: &str) -> Vec<(usize, usize)> {
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

/// Damages a text once; `decide` gives any number.
pub(crate) fn damage(text: &mut String, mut decide: impl FnMut() -> u64) {
    let pieces = pieces(text);
    if pieces.is_empty() {
        return;
    }
    let mut pick = || pieces[decide() as usize % pieces.len()];
    let ((start, end), (from, to)) = (pick(), pick());
    match decide() % 5 {
        0 => text.replace_range(start..end, ""),
        1 => text.insert_str(start, INSERTS[decide() as usize % INSERTS.len()]),
        2 => text.replace_range(start..end, INSERTS[decide() as usize % INSERTS.len()]),
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
