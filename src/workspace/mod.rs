//! A migration's folder: its `.mig` files and its plan file.

mod load;
mod plan_file;

pub(crate) use load::{Workspace, read_text, shown, text_of};
pub(crate) use plan_file::{plan_text, read_plan, relative_folder, write_atomically, write_plan};
