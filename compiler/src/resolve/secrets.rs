//! Finds secrets that stand in the source, where everyone reads them. Never repeats one.

use mig_lang::{Diagnostic, Span};

use super::Resolver;

/// Words that name a secret in a URL's query or in an argument.
const SECRET_WORDS: [&str; 9] =
    ["password", "passwd", "pwd", "secret", "token", "apikey", "api_key", "access_key", "sig"];

impl Resolver {
    /// Whether a text may stand in the source; one with a secret in it may not, and that is said.
    pub(super) fn public(&mut self, text: &str, span: Span, variable: &str) -> bool {
        let Some(what) = secret_in(text) else { return true };
        self.secret_in_source(span, what, variable);
        false
    }

    /// Says that a secret stands in the source.
    pub(super) fn secret_in_source(&mut self, span: Span, what: &str, variable: &str) {
        self.out.push(
            Diagnostic::error("secret-in-source", span, format!("{what} stands in the source"))
                .help(format!(
                    "Whoever reads the repository reads it. Write `env.{variable}`, and change the secret: it is no longer one."
                ))
                .fix(format!("take it from `env.{variable}`"), span, format!("env.{variable}")),
        );
    }
}

/// What kind of secret a text has in it.
fn secret_in(text: &str) -> Option<&'static str> {
    let authority =
        text.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(rest));
    if let Some((user, _)) = authority.and_then(|authority| authority.rsplit_once('@'))
        && user.split_once(':').is_some_and(|(_, password)| !password.is_empty())
    {
        return Some("a password");
    }
    let query = text.split_once('?').map_or("", |(_, query)| query);
    let named = |pair: &str| {
        pair.split_once('=').is_some_and(|(name, value)| {
            let name = name.to_lowercase().replace('-', "_");
            !value.is_empty()
                && SECRET_WORDS.iter().any(|word| name == *word || name.ends_with(&format!("_{word}")))
        })
    };
    // PostgreSQL also takes `host=… password=…`.
    let pairs = query.split('&').chain(if text.contains("://") { "" } else { text }.split_whitespace());
    pairs.into_iter().any(named).then_some("a secret")
}

#[cfg(test)]
mod tests {
    use super::secret_in;

    #[test]
    fn passwords_and_tokens_are_found_where_urls_have_them() {
        for text in [
            "postgres://shop:hunter2@db.acme.dev/shop",
            "postgres://shop:p%40ss@db.acme.dev:5432/shop?sslmode=require",
            "postgres://db/shop?password=hunter2",
            "https://hooks.acme.dev/switch?access-token=abc",
            "host=db user=shop password=hunter2",
        ] {
            assert!(secret_in(text).is_some(), "{text}");
        }
        for text in [
            "postgres://shop@db.acme.dev/shop",
            "postgres://db.acme.dev:5432/shop?sslmode=require",
            "sqlite:legacy.db",
            "data/shop.db",
            "https://hooks.acme.dev/switch?team=shop",
            "postgres://shop:@db/shop",
        ] {
            assert_eq!(secret_in(text), None, "{text}");
        }
    }
}
