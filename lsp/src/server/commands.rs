//! The commands that a client can have executed: looking at the world anew, and what the migration would do.

use std::path::PathBuf;

use serde_json::Value;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{ExecuteCommandParams, MessageType, Uri};

use super::{Backend, refused};
use crate::order::path;

/// Asks the stores and the catalog, writes their snapshots, and checks against them.
const REFRESH: &str = "mig.refresh";
/// Gives what the migration would do, as a text.
const PREVIEW: &str = "mig.preview";

/// Every command.
pub(super) const ALL: [&str; 2] = [REFRESH, PREVIEW];

impl Backend {
    /// Executes a command. Its one argument is the address of a file or the folder of the migration.
    pub(super) async fn execute(&self, params: ExecuteCommandParams) -> Result<Option<Value>> {
        let folder = self.folder(&params)?;
        match params.command.as_str() {
            REFRESH => {
                let said = self.host.refresh(&folder).await;
                self.editor.lock().refreshed();
                // A client that cannot ask again has them sent with the next edit.
                if self.abilities().pulls {
                    let _ = self.client.workspace_diagnostic_refresh().await;
                }
                match said {
                    Ok(text) => {
                        self.client.show_message(MessageType::INFO, &text).await;
                        Ok(Some(text.into()))
                    }
                    Err(why) => Err(refused(why)),
                }
            }
            PREVIEW => self.host.preview(&folder).await.map(|text| Some(text.into())).map_err(refused),
            other => Err(Error::invalid_params(format!("there is no command `{other}`"))),
        }
    }

    /// The folder of the migration that a command is about: the one that its argument is in, or the only one.
    fn folder(&self, params: &ExecuteCommandParams) -> Result<PathBuf> {
        let snapshot = self.editor.lock().snapshot();
        let named = params.arguments.first().and_then(Value::as_str).map(|text| {
            let wrong = || Error::invalid_params(format!("`{text}` is no address of a file"));
            text.parse::<Uri>().ok().and_then(|uri| path(&uri)).ok_or_else(wrong)
        });
        match named.transpose()? {
            Some(named) => snapshot
                .folders
                .iter()
                .find(|folder| folder.path == named || folder.document(&named).is_some())
                .map(|folder| folder.path.clone())
                .ok_or_else(|| Error::invalid_params("there is no migration at that address")),
            None => match snapshot.folders.as_slice() {
                [only] => Ok(only.path.clone()),
                _ => Err(Error::invalid_params(
                    "say which migration is meant: the address of one of its files",
                )),
            },
        }
    }
}
