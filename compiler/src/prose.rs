//! Names as prose, for messages.

/// Names as prose: `` `a`, `b` and 3 more ``.
pub(crate) fn some_of<'a>(names: impl IntoIterator<Item = &'a str>, at_most: usize) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let shown: Vec<String> = names.iter().take(at_most).map(|name| format!("`{name}`")).collect();
    match (shown.split_last(), names.len().saturating_sub(at_most)) {
        (None, _) => String::new(),
        (Some(_), rest @ 1..) => format!("{} and {rest} more", shown.join(", ")),
        (Some((last, [])), 0) => last.clone(),
        (Some((last, before)), 0) => format!("{} and {last}", before.join(", ")),
    }
}

/// A word with its article: `a wave`, `an approval`.
pub(crate) fn with_article(word: &str) -> String {
    let article = if word.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {word}")
}

#[cfg(test)]
mod tests {
    use super::some_of;

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(some_of(["a"], 3), "`a`");
        assert_eq!(some_of(["a", "b"], 3), "`a` and `b`");
        assert_eq!(some_of(["a", "b", "c", "d", "e"], 3), "`a`, `b`, `c` and 2 more");
    }
}
