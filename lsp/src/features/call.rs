//! The call around a cursor, told by the tokens before it alone, so that it works in text that cannot be read yet: what
//! is called, which arguments are there, and which one is being written.

use mig_lang::ast::Keyword;
use mig_lang::items::StatementForm;
use mig_lang::token::{Token, TokenKind};

/// A call whose arguments are being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call<'t> {
    /// The name of what is called.
    pub(crate) function: &'t str,
    /// Whether it stands where a type does.
    pub(crate) is_type: bool,
    /// How many arguments are before the one that is being written.
    pub(crate) before: usize,
    /// The names of arguments that have one, without the one that is being written.
    pub(crate) named: Vec<&'t str>,
    /// The name of the argument that is being written, where it has one.
    pub(crate) name: Option<&'t str>,
    /// Whether nothing of its value is there yet, or the cursor is right behind its first token.
    pub(crate) begins: bool,
    /// Whether it is a value by itself, and no part of a list or a group in the call.
    pub(crate) directly: bool,
}

impl Call<'_> {
    /// The parameter that the argument is for, of parameters with these names, of which the last may be variadic.
    pub(crate) fn parameter(&self, names: &[&str], variadic: bool) -> Option<usize> {
        match self.name {
            Some(name) => names.iter().position(|parameter| *parameter == name),
            None if self.before < names.len() => Some(self.before),
            None => (variadic && !names.is_empty()).then(|| names.len() - 1),
        }
    }
}

/// The innermost call that is open behind these tokens, the last of which may be a word that is being typed.
pub(crate) fn call<'t>(tokens: &[Token<'t>]) -> Option<Call<'t>> {
    // From the cursor outward: brackets that are closed again, and the commas of the innermost open one.
    let mut closed = 0_usize;
    let mut directly = true;
    let mut commas: Vec<usize> = Vec::new();
    for (at, token) in tokens.iter().enumerate().rev() {
        match token.text {
            ")" | "]" => closed += 1,
            "{" | "}" => return None,
            "\n" if begins_statement(&tokens[at + 1..]) => return None,
            "," if closed == 0 => commas.push(at),
            "(" | "[" if closed > 0 => closed -= 1,
            "(" | "[" => {
                let word = at.checked_sub(1).and_then(|before| tokens.get(before));
                let word = word.filter(|word| token.text == "(" && word.kind == TokenKind::Word);
                match word {
                    Some(word) => {
                        let before = at.checked_sub(2).and_then(|before| tokens.get(before));
                        let is_type = before.is_some_and(|before| before.text == ":");
                        return Some(arguments(
                            word.text,
                            is_type,
                            directly,
                            &tokens[at + 1..],
                            at + 1,
                            commas,
                        ));
                    }
                    // A list or a group is a part of an argument of the call around it.
                    None => {
                        directly = false;
                        commas.clear();
                    }
                }
            }
            _ => {}
        }
    }
    None
}

/// The arguments between the bracket and the cursor. The commas are told last first, by their places among all tokens,
/// of which `inside` begin at `from`.
fn arguments<'t>(
    function: &'t str,
    is_type: bool,
    directly: bool,
    inside: &[Token<'t>],
    from: usize,
    mut commas: Vec<usize>,
) -> Call<'t> {
    commas.reverse();
    let mut named = Vec::new();
    let mut start = 0;
    for comma in &commas {
        let end = comma - from;
        named.extend(inside.get(start..end).and_then(name_of));
        start = end + 1;
    }
    let last = inside.get(start..).unwrap_or_default();
    let name = name_of(last);
    let value = if name.is_some() { last.get(2..).unwrap_or_default() } else { last };
    let begins = value.iter().filter(|token| token.kind != TokenKind::Newline).count() == 0;
    Call { function, is_type, before: commas.len(), named, name, begins, directly }
}

/// The name that an argument begins with.
fn name_of<'t>(argument: &[Token<'t>]) -> Option<&'t str> {
    let mut tokens = argument.iter().filter(|token| token.kind != TokenKind::Newline);
    let (name, colon) = (tokens.next()?, tokens.next()?);
    (name.kind == TokenKind::Word && colon.text == ":").then_some(name.text)
}

/// Whether these tokens begin a line that is no part of a call that was left open.
fn begins_statement(line: &[Token<'_>]) -> bool {
    let [word, rest @ ..] = line else { return false };
    if word.kind != TokenKind::Word {
        return false;
    }
    let follows = rest.first().map(|token| token.text);
    follows == Some("=")
        || StatementForm::ALL.iter().any(|form| form.word() == word.text && follows != Some("("))
        || (Keyword::of(word.text).is_some() && rest.first().is_some_and(|next| next.kind == TokenKind::Word))
}

#[cfg(test)]
mod tests {
    use mig_lang::token::{Token, Tokens};

    use super::call;

    fn shown(text: &str) -> String {
        let tokens: Vec<Token<'_>> = Tokens::new(text).collect();
        call(&tokens).map_or("none".to_owned(), |call| {
            let name = call.name.map_or(String::new(), |name| format!(" {name}:"));
            format!("{} #{}{name} {:?}", call.function, call.before, call.named)
        })
    }

    #[test]
    fn the_innermost_open_call_is_meant() {
        assert_eq!(shown("x = f("), "f #0 []");
        assert_eq!(shown("x = f(a, b: g(1, 2), c"), "f #2 [\"b\"]");
        assert_eq!(shown("x = f(a, g(1, "), "g #1 []");
        assert_eq!(shown("x = f(a, zone: "), "f #1 zone: []");
        assert_eq!(shown("x = command(run: [\"a\", \"b\""), "command #0 run: []");
        assert_eq!(shown("x = f(a, (b + c"), "f #1 []");
        assert_eq!(shown("x = f(a) + "), "none");
        assert_eq!(shown("x = [a, "), "none");
    }

    #[test]
    fn a_call_left_open_ends_with_its_statement() {
        assert_eq!(shown("a = f(b,\n  key = "), "none");
        assert_eq!(shown("a = f(b\n  drop x"), "none");
        assert_eq!(shown("a = f(b\n}\nwave one"), "none");
        assert_eq!(shown("a = f(b,\n  zone: "), "f #1 zone: []");
    }
}
