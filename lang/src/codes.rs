//! The codes of the parser's diagnostics; their pages stand with the compiler's.

/// Every code that the parser gives.
pub const CODES: [&str; 12] = [
    "syntax",
    "unknown-item",
    "unknown-statement",
    "unclosed-brace",
    "unclosed-bracket",
    "unclosed-text",
    "bad-escape",
    "hidden-character",
    "bad-number",
    "unknown-unit",
    "too-deep",
    "chained-comparison",
];
