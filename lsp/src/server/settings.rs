//! What a person sets in the editor: `mig.portal`, the address of the developer portal that entities open in.
//!
//! It comes with `initialize`, with every change, or when it is asked for, whichever the client does.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tower_lsp::ls_types::ConfigurationItem;

use super::Backend;

/// The section that the settings are in.
const SECTION: &str = "mig";

/// What is set.
#[derive(Debug, Default)]
pub(super) struct Settings {
    portal: Mutex<Option<String>>,
}

impl Settings {
    /// The address of the portal.
    pub(super) fn portal(&self) -> Option<String> {
        self.portal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes what a client says, with the section around it or without; what says nothing changes nothing.
    pub(super) fn take(&self, said: &Value) {
        let section = said.get(SECTION).unwrap_or(said);
        if let Some(portal) = section.get("portal") {
            let portal = portal.as_str().filter(|portal| !portal.is_empty()).map(str::to_owned);
            *self.portal.lock().unwrap_or_else(PoisonError::into_inner) = portal;
        }
    }
}

impl Backend {
    /// Asks the client for what is set, where it can be asked.
    pub(super) async fn ask_settings(&self) {
        if !self.abilities().configures {
            return;
        }
        let section = ConfigurationItem { scope_uri: None, section: Some(SECTION.to_owned()) };
        // A client that does not answer leaves everything as it is.
        if let Ok(said) = self.client.configuration(vec![section]).await
            && let Some(said) = said.first()
        {
            self.settings.take(said);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Settings;

    #[test]
    fn a_portal_is_set_and_taken_away() {
        let settings = Settings::default();
        settings.take(&json!({ "mig": { "portal": "https://portal.dev" } }));
        assert_eq!(settings.portal().as_deref(), Some("https://portal.dev"));
        settings.take(&json!({ "mig": { "other": 1 } }));
        settings.take(&json!(null));
        assert_eq!(settings.portal().as_deref(), Some("https://portal.dev"), "nothing was said of it");
        settings.take(&json!({ "portal": "" }));
        assert_eq!(settings.portal(), None);
        settings.take(&json!({ "portal": "https://other.dev" }));
        settings.take(&json!({ "portal": null }));
        assert_eq!(settings.portal(), None);
    }
}
