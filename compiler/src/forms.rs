//! The calls that are attribute values: one table for checking, completion, hover and the reference.
//!
//! What cuts over, where a catalog comes from, which metrics a condition can name. Functions of expressions are
//! in [`crate::functions`].

/// One parameter of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormParameter {
    /// Its name, by which an argument can be given: `token: env.TOKEN`.
    pub name: &'static str,
    /// Whether it must be given.
    pub required: bool,
    /// What it takes.
    pub takes: &'static str,
}

/// A call that is a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// Its name.
    pub name: &'static str,
    /// Its parameters in order.
    pub parameters: &'static [FormParameter],
    /// Whether the last parameter may be given any number of times.
    pub variadic: bool,
    /// What it does, in sentences.
    pub doc: &'static str,
    /// How it is written.
    pub example: &'static str,
}

const fn required(name: &'static str, takes: &'static str) -> FormParameter {
    FormParameter { name, required: true, takes }
}

const fn optional(name: &'static str, takes: &'static str) -> FormParameter {
    FormParameter { name, required: false, takes }
}

const fn form(
    name: &'static str,
    parameters: &'static [FormParameter],
    doc: &'static str,
    example: &'static str,
) -> Form {
    Form { name, parameters, variadic: false, doc, example }
}

/// Tells the owners.
pub(crate) const NOTIFY: Form = form(
    "notify",
    &[],
    "Tells the owners in the migration's notification log. Undone by telling them again.",
    "notify",
);

/// Posts to an address.
pub(crate) const HTTP: Form = form(
    "http",
    &[required("post", "an address"), optional("undo", "an address")],
    "Posts a JSON document; any 2xx answer is success. Undone by a post to `undo`, or to the same place.",
    "http(post: env.SWITCH_URL, undo: env.SWITCH_BACK_URL)",
);

/// Runs a program.
pub(crate) const COMMAND: Form = form(
    "command",
    &[required("run", "a program and its arguments"), optional("undo", "a program and its arguments")],
    "Runs a program in the migration's folder, without a shell; exit code 0 is success. Undone by the program of `undo`; without one it cannot be, which `irreversible because \"…\"` must say.",
    "command(run: [\"./switch\", \"new\"], undo: [\"./switch\", \"old\"])",
);

/// Points a view.
pub(crate) const VIEW: Form = form(
    "view",
    &[required("place", "a place"), optional("to", "a dataset")],
    "Points a view to the new table, in one transaction; in a store that has views. Undone by pointing it to where it was.",
    "view(lake.public.orders)",
);

/// Sets an annotation.
pub(crate) const ANNOTATE: Form = form(
    "annotate",
    &[required("key", "a text"), required("value", "a text")],
    "Sets an annotation of the entity in its descriptor file. Undone by putting the old one back.",
    "annotate(\"acme.io/store\", \"lake\")",
);

/// What `cut_over` can be made of.
pub static ACTIONS: [&Form; 5] = [&NOTIFY, &HTTP, &COMMAND, &VIEW, &ANNOTATE];

/// Descriptor files.
pub(crate) const FILES: Form = Form {
    name: "files",
    parameters: &[required("glob", "a pattern of paths")],
    variadic: true,
    doc: "Backstage's descriptor files, by patterns relative to the migration's folder.",
    example: "files(\"catalog/**/*.yaml\")",
};

/// A backend.
pub(crate) const BACKSTAGE: Form = form(
    "backstage",
    &[required("url", "an address"), optional("token", "`env.NAME`")],
    "A Backstage backend, read once.",
    "backstage(env.BACKSTAGE_URL, token: env.BACKSTAGE_TOKEN)",
);

/// Where a catalog can come from.
pub static CATALOGS: [&Form; 2] = [&FILES, &BACKSTAGE];

/// A server of metrics.
pub(crate) const PROMETHEUS: Form = form(
    "prometheus",
    &[
        required("url", "an address"),
        optional("token", "`env.NAME`"),
        optional("every", "a span of time"),
        optional("patience", "a span of time"),
    ],
    "A Prometheus, or whatever speaks its HTTP API. It is asked `every` 30s while a wave soaks; when it has been silent for its `patience`, 5m, the run stops and waits for a person.",
    "prometheus(env.PROMETHEUS_URL, token: env.PROMETHEUS_TOKEN, every: 30s, patience: 5m)",
);

/// Where metrics can come from.
pub static SOURCES: [&Form; 1] = [&PROMETHEUS];

/// The share of attempts that failed.
pub(crate) const ERROR_RATE: Form = form(
    "error_rate",
    &[],
    "The share of attempts that failed, compared with a share; the least number of attempts is said behind `and`. A `metric` of that name says how it is counted.",
    "error_rate > 1% for 5m and attempts >= 200",
);

/// A metric of one's own.
pub(crate) const METRIC: Form = form(
    "metric",
    &[required("name", "a text")],
    "A metric of your own, compared with a limit in its unit. A `metric` of that name says how it is counted; its bare name means the same.",
    "metric(\"checkout_p99_ms\") > 800",
);

/// What a condition of a `rollback` can look at.
pub static METRICS: [&Form; 2] = [&ERROR_RATE, &METRIC];

impl Form {
    /// How it is called, optional parameters with a `?`: `http(post, undo?)`.
    pub fn signature(&self) -> String {
        let mut parameters: Vec<String> = self
            .parameters
            .iter()
            .map(|parameter| format!("{}{}", parameter.name, if parameter.required { "" } else { "?" }))
            .collect();
        if self.variadic {
            parameters.push("…".to_owned());
        }
        if parameters.is_empty() {
            self.name.to_owned()
        } else {
            format!("{}({})", self.name, parameters.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_says_what_may_be_left_out() {
        assert_eq!(NOTIFY.signature(), "notify");
        assert_eq!(HTTP.signature(), "http(post, undo?)");
        assert_eq!(FILES.signature(), "files(glob, …)");
    }
}
