//! Resolves settings when a step runs: the one place where a secret's value appears.

use std::collections::BTreeMap;
use std::fmt;

use mig_plan::{Setting, StoreConfig};

use crate::store::Location;

/// Environment variables, given once by the program's edge.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// An environment of these variables.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(variables.into_iter().collect())
    }

    /// The value of a setting.
    ///
    /// # Errors
    /// The name of the variable that is not set, as a sentence that says what to do.
    pub fn resolve(&self, setting: &Setting) -> Result<String, String> {
        match setting {
            Setting::Text(text) => Ok(text.clone()),
            Setting::Env(name) => {
                self.0.get(name).cloned().ok_or_else(|| {
                    format!("the environment variable {name} is not set; set it and run again")
                })
            }
        }
    }

    /// The location of a store with its settings.
    ///
    /// # Errors
    /// As [`Environment::resolve`].
    pub fn locate(&self, config: &StoreConfig) -> Result<Location, String> {
        let text = self.resolve(&config.location)?;
        let settings =
            config.options.iter().map(|(name, setting)| Ok((name.clone(), self.resolve(setting)?)));
        Ok(Location::new(text, settings.collect::<Result<_, String>>()?))
    }
}

/// Values are never shown.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
