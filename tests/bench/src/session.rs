//! An editing session as it was typed (`session.txt`): takes the texts of a folder, gives each keystroke and the text that it
//! leaves.

use std::collections::BTreeMap;

/// The session, as it was typed.
const SESSION: &str = include_str!("../session.txt");

/// A step of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'s> {
    /// Names what is typed from there on.
    As(&'s str),
    /// A file is looked at.
    Open(&'s str),
    /// The cursor is put behind the first place of a text.
    Behind(&'s str),
    /// So many letters before the cursor are replaced by these.
    Stroke(usize, &'s str),
    /// It is asked what may stand at the cursor.
    Complete,
    /// Something is asked and taken back.
    Cancel,
}

/// The steps of the session, a keystroke each.
///
/// # Panics
/// When the session has a step that there is not.
pub fn session() -> Vec<Step<'static>> {
    let mut steps = Vec::new();
    for line in SESSION.lines().filter(|line| !line.starts_with('#')) {
        let (step, argument) = line.split_once(' ').unwrap_or((line, ""));
        match step {
            "as" => steps.push(Step::As(argument)),
            "open" => steps.push(Step::Open(argument)),
            "behind" => steps.push(Step::Behind(argument)),
            "type" => steps.extend(letters(argument).map(|letter| Step::Stroke(0, letter))),
            "erase" => {
                let count = argument.parse().expect("a number");
                steps.extend(std::iter::repeat_n(Step::Stroke(1, ""), count));
            }
            "complete" => steps.push(Step::Complete),
            "cancel" => steps.push(Step::Cancel),
            other => panic!("no step of a session: {other}"),
        }
    }
    steps
}

/// The letters of what is typed; `\n` is one.
fn letters(mut typed: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        if let Some(rest) = typed.strip_prefix("\\n") {
            typed = rest;
            return Some("\n");
        }
        let length = typed.chars().next()?.len_utf8();
        let (letter, rest) = typed.split_at(length);
        typed = rest;
        Some(letter)
    })
}

/// The texts that are typed into.
#[derive(Clone, Debug)]
pub struct Buffers {
    texts: BTreeMap<String, String>,
    /// The one with the cursor, and where it is.
    current: (String, usize),
}

impl Buffers {
    /// The texts of a folder, by path.
    pub fn new(texts: BTreeMap<String, String>) -> Self {
        Self { texts, current: (String::new(), 0) }
    }

    /// Takes a step. The path of the text that a keystroke has changed.
    ///
    /// # Panics
    /// When the cursor is to go behind what is not there.
    pub fn take(&mut self, step: Step) -> Option<&str> {
        match step {
            Step::Open(file) if self.texts.contains_key(file) => self.current = (file.to_owned(), 0),
            Step::Behind(word) => self.behind(word),
            Step::Stroke(erased, typed) => {
                let (file, end) = &mut self.current;
                let start = *end - erased;
                let text = self.texts.get_mut(file).expect("a file is open");
                text.replace_range(start..*end, typed);
                *end = start + typed.len();
                return Some(file);
            }
            Step::As(_) | Step::Open(_) | Step::Complete | Step::Cancel => {}
        }
        None
    }

    /// Puts the cursor behind a word: of the file that is open, or else of the first that has it.
    fn behind(&mut self, word: &str) {
        let open = self.texts.get_key_value(&self.current.0);
        let all = open.into_iter().chain(&self.texts);
        let found = all.filter_map(|(file, text)| Some((file, text.find(word)?))).next();
        let (file, at) = found.unwrap_or_else(|| panic!("no file has {word:?}"));
        self.current = (file.clone(), at + word.len());
    }

    /// The text of a file.
    pub fn text(&self, file: &str) -> &str {
        self.texts.get(file).map_or("", String::as_str)
    }
}
