//! What holds of any text. Takes a text, panics where something does not hold; knows nothing of who asks, so that
//! tests and fuzzing ask the same.

use mig_lang::{FileId, Severity};

use crate::support;

/// Parsing never panics, says where the text is wrong in codes that are listed, and says something where, and only
/// where, the tree is not whole; `what` names the text when it fails.
pub(crate) fn parses(text: &str, what: &str) {
    let (file, diagnostics) = mig_lang::parse(FileId(0), text);
    for diagnostic in &diagnostics {
        assert!(mig_lang::CODES.contains(&diagnostic.code), "{what}: {} is not listed", diagnostic.code);
        let labels = diagnostic.labels.iter().map(|label| label.span);
        let edits = diagnostic.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        for span in labels.chain(edits) {
            let (start, end) = (span.start as usize, span.end as usize);
            assert!(text.get(start..end).is_some(), "{what}: a span off the text: {diagnostic:?}");
        }
    }
    let errors = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    assert!(errors != file.is_whole(), "{what}: errors {errors}, and the tree says otherwise");
}

/// Formatting never panics, twice changes nothing, and loses neither a character nor a part of the tree.
pub(crate) fn formats(text: &str, what: &str) {
    let once = mig_lang::format(text);
    let twice = mig_lang::format(&once);
    assert!(once == twice, "{what}: formatting twice differs{}", difference(&once, &twice));
    let (before, after) = (kept(text), kept(&once));
    assert!(before == after, "{what}: lost something{}", difference(&before, &after));
    // Needless backticks are all that the tree may lose.
    let [before, after] =
        [text, &once].map(|text| support::tree(&mig_lang::parse(FileId(0), text).0).replace('`', ""));
    assert!(before == after, "{what}: another tree{}", difference(&before, &after));
}

/// Two texts from a little before where they part.
fn difference(left: &str, right: &str) -> String {
    let same = left.chars().zip(right.chars()).take_while(|(left, right)| left == right).count();
    let part = |text: &str| text.chars().skip(same.saturating_sub(60)).take(160).collect::<String>();
    format!("\n--- left\n{}\n--- right\n{}", part(left), part(right))
}

/// The characters that formatting keeps. They are sorted, since a comment before an opening brace is moved
/// behind it; all else keeps its order or the trees would differ.
fn kept(text: &str) -> String {
    let kept = |letter: &char| !letter.is_whitespace() && !",`\u{FEFF}".contains(*letter);
    let mut letters: Vec<char> = text.chars().filter(kept).collect();
    letters.sort_unstable();
    letters.into_iter().collect()
}
