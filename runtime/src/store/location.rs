//! Where a store is, with the settings that it has besides, all resolved: the values may be secrets.

use std::collections::BTreeMap;
use std::fmt;

/// A resolved location. What it says is never shown.
#[derive(Clone, Default)]
pub struct Location {
    text: String,
    settings: BTreeMap<String, String>,
}

impl Location {
    /// A location with settings by their names in the language.
    pub fn new(text: String, settings: BTreeMap<String, String>) -> Self {
        Self { text, settings }
    }

    /// The path or URL.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// A setting's value.
    pub(crate) fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(String::as_str)
    }

    /// All settings.
    pub(crate) fn settings(&self) -> impl Iterator<Item = (&str, &str)> {
        self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl From<&str> for Location {
    fn from(text: &str) -> Self {
        Self::new(text.to_owned(), BTreeMap::new())
    }
}

impl From<&String> for Location {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

/// Values are never shown.
impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.settings.keys()).finish()
    }
}
