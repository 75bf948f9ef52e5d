//! What a person sees when the program has a fault: a short notice, never a value.
//!
//! A panic's message may hold data (a value that was unwrapped, a URL), so only its place is shown.

use std::panic;

use crate::console::Console;

/// Replaces the standard panic output for the rest of the program.
pub(crate) fn install(console: Console) {
    panic::set_hook(Box::new(move |info| {
        // A damaged file is told as one.
        if mig_runtime::store::is_decoding() {
            return;
        }
        let place = info.location().map(|at| format!("{}:{}", at.file(), at.line()));
        console.say(&notice(place.as_deref()));
    }));
}

fn notice(place: Option<&str>) -> String {
    let place = place.map_or_else(String::new, |place| format!(" at {place}"));
    format!(
        "\nmig {} has a fault{place}; this is not your mistake.\n\
         Nothing is lost: a run that was under way goes on when the same command is given again.\n\
         Please report this line, the command you gave, and what it should have done.\n",
        env!("CARGO_PKG_VERSION"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notice_says_where_and_what_to_do() {
        let text = notice(Some("src/x.rs:7"));
        assert!(text.contains("at src/x.rs:7; this is not your mistake"), "{text}");
        assert!(text.contains("the same command"), "{text}");
    }
}
