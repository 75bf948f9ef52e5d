//! The commands that a client can have executed: looking at the world anew, and what the migration would do.

use std::sync::Arc;

use serde_json::Value;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{ExecuteCommandParams, MessageType, Uri};

use super::address::path;
use super::{Backend, refused};
use crate::host::Texts;
use crate::order::moment;
use crate::snapshot::Folder;

/// Asks the stores and the catalog, writes their snapshots, and checks against them.
const REFRESH: &str = "mig.refresh";
/// Gives what the migration would do, as a text.
pub(super) const PREVIEW: &str = "mig.preview";

/// Every command.
pub(super) const ALL: [&str; 2] = [REFRESH, PREVIEW];

impl Backend {
    /// Executes a command. Its one argument is the address of a file or the folder of the migration. It works on the
    /// texts of the moment at which it was asked for.
    pub(super) async fn execute(&self, params: ExecuteCommandParams) -> Result<Option<Value>> {
        let folder = self.folder(&params)?;
        let token = params.work_done_progress_params.work_done_token;
        match params.command.as_str() {
            REFRESH => {
                let work = self.host.refresh(texts(&folder));
                let said = self.shown(token, "Reading catalog and schemas", work).await;
                self.editor.lock().refreshed();
                self.told_anew().await;
                let text = said?.map_err(refused)?;
                self.client.show_message(MessageType::INFO, &text).await;
                Ok(Some(text.into()))
            }
            PREVIEW => {
                let work = self.host.preview(texts(&folder));
                let said = self.shown(token, "Planning", work).await?;
                said.map(|text| Some(text.into())).map_err(refused)
            }
            other => Err(Error::invalid_params(format!("there is no command `{other}`"))),
        }
    }

    /// The migration that a command is about: the one that its argument is in, or the only one.
    fn folder(&self, params: &ExecuteCommandParams) -> Result<Arc<Folder>> {
        let snapshot = moment().unwrap_or_else(|| self.editor.lock().snapshot());
        let named = params.arguments.first().and_then(Value::as_str).map(|text| {
            let wrong = || Error::invalid_params(format!("`{text}` is no address of a file"));
            text.parse::<Uri>().ok().and_then(|uri| path(&uri)).ok_or_else(wrong)
        });
        match named.transpose()? {
            Some(named) => snapshot
                .folders
                .iter()
                .find(|folder| folder.path == named || folder.document(&named).is_some())
                .map(Arc::clone)
                .ok_or_else(|| Error::invalid_params("there is no migration at that address")),
            None => match snapshot.folders.as_slice() {
                [only] => Ok(Arc::clone(only)),
                _ => Err(Error::invalid_params(
                    "say which migration is meant: the address of one of its files",
                )),
            },
        }
    }
}

/// The files of a migration as they are now.
fn texts(folder: &Folder) -> Texts {
    let files = folder.files.iter();
    let files = files.map(|document| (document.path.clone(), document.text.as_str().to_owned()));
    Texts { folder: folder.path.clone(), files: files.collect() }
}
