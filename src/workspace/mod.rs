//! A migration's folder: its `.mig` files and its plan file.

mod load;
mod plan_file;

pub(crate) use load::{Source, Sources};
pub(crate) use plan_file::{PlanOnDisk, plan_text, read_plan, write_plan};
