//! Cut-over: a dataset or a consumer is switched, one file per action. Undone by putting back what was
//! found, or by the action's own reverse.

mod annotate;
mod command;
mod http;
mod notify;
mod view;

use mig_plan::{Action, Digest, EntityRef, Setting};

use super::{Act, Done, Failure};

/// Which way a switch goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    CutOver,
    Undo,
}

impl Direction {
    /// The word that requests, commands and notifications carry.
    fn word(self) -> &'static str {
        match self {
            Self::CutOver => "cut_over",
            Self::Undo => "undo",
        }
    }
}

/// What is switched.
struct Subject<'a> {
    name: &'a str,
    entity: Option<&'a EntityRef>,
    owner: &'a EntityRef,
}

impl<'a> Subject<'a> {
    fn of(act: &'a Act, name: &'a str) -> Result<Self, Failure> {
        let plan = act.plan();
        let (entity, owner) = if let Some(consumer) = plan.consumers.get(name) {
            (Some(&consumer.entity), consumer.owner.as_ref())
        } else {
            let dataset = act.dataset(name)?;
            (dataset.old_entity.as_ref(), dataset.owner.as_ref())
        };
        Ok(Self { name, entity, owner: owner.unwrap_or(&plan.migration.owner) })
    }
}

pub(super) async fn act(act: &Act, subject: &str, action: &Action) -> Result<Done, Failure> {
    match action {
        Action::View { view, target } => view::act(act, view, target).await?,
        Action::Annotate { entity, key, value } => annotate::act(act, entity, key, value).await?,
        Action::Http { post, .. } => http::send(act, subject, post, Direction::CutOver).await?,
        Action::Command { run, .. } => command::run(act, subject, run, Direction::CutOver).await?,
        Action::Notify => notify::tell(act, subject, Direction::CutOver)?,
    }
    Ok(Done::Succeeded)
}

pub(super) async fn undo(act: &Act, subject: &str, action: &Action) -> Result<Done, Failure> {
    match action {
        Action::View { view, .. } => view::undo(act, view).await?,
        Action::Annotate { entity, key, value } => annotate::undo(act, entity, key, value).await?,
        Action::Http { post, undo } => {
            http::send(act, subject, undo.as_ref().unwrap_or(post), Direction::Undo).await?;
        }
        Action::Command { undo: Some(undo), .. } => command::run(act, subject, undo, Direction::Undo).await?,
        Action::Command { undo: None, .. } => {
            let error = "the command has no undo; undo it by hand";
            return Err(Failure::refused(error));
        }
        Action::Notify => notify::tell(act, subject, Direction::Undo)?,
    }
    Ok(Done::Succeeded)
}

/// A name for one switch in one direction: the same whenever it is tried again, another one when the plan
/// is run again after a rollback.
fn key(act: &Act, direction: Direction) -> String {
    let round = act.record().undone;
    let text = format!("{}\n{}\n{}\n{round}", act.run.digest, act.step().id, direction.word());
    Digest::of(text.as_bytes()).to_string()
}

/// Settings with their values, for the moment of an act. Values never leave through a text.
struct Resolved {
    values: Vec<String>,
    secrets: Vec<(String, String)>,
}

impl Resolved {
    fn of(act: &Act, settings: &[Setting]) -> Result<Self, Failure> {
        let mut resolved = Self { values: Vec::with_capacity(settings.len()), secrets: Vec::new() };
        for setting in settings {
            let value = act.world().environment.resolve(setting).map_err(Failure::broken)?;
            if let Setting::Env(name) = setting
                && !value.is_empty()
            {
                resolved.secrets.push((value.clone(), format!("env.{name}")));
            }
            resolved.values.push(value);
        }
        // Longest first, so that a secret that holds another one is found whole.
        resolved.secrets.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        Ok(resolved)
    }

    /// The text with every secret replaced by its name.
    fn hide(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, (value, name)| text.replace(value, name))
    }
}
