//! The plan for people: what will happen, wave by wave, walked along the steps that a run takes.

use std::collections::{BTreeMap, BTreeSet};

use console::style;
use mig_plan::{Allowed, Approval, Consumer, Dataset, Estimate, OldTable, Plan, PlanFile};

use super::expr::{expr, name};
use super::layout::{labelled, padded, table, wrap};
use super::metrics;
use super::outline::{ConsumerOutline, DatasetOutline, WaveOutline, family, outline, subject};
use super::words::{
    action, bytes, count, counted, counted_len, duration, entity, limit, listed, on_failure, place, rule,
    safe,
};

/// How much of a plan is shown, and how wide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Detail {
    /// Every member of every family, instead of one line a family.
    pub(crate) all: bool,
    /// Columns of a line.
    pub(crate) width: usize,
}

/// A family with more members than this is told in one block.
const FAMILY: usize = 6;
/// So many names are given of what is not listed whole.
const NAMED: usize = 3;
/// The widest cell that the others line up with.
const CELL: usize = 26;
/// The width of the labels within a dataset's block.
const LABEL: usize = 8;

/// The whole plan.
pub(crate) fn plan(file: &PlanFile, detail: Detail) -> String {
    let Detail { width, .. } = detail;
    let plan = &file.plan;
    let migration = &plan.migration;
    let mut out = heading("Plan for ", &safe(&migration.name), &entity(&migration.owner), width);
    for line in wrap(&safe(&migration.doc), width.saturating_sub(2)).iter().filter(|line| !line.is_empty()) {
        out.push_str(&format!("  {}\n", style(line).dim()));
    }
    let stores: Vec<Vec<String>> = plan
        .stores
        .iter()
        .map(|(store, config)| {
            let place = place(&config.location);
            let place = match limit(config.limit) {
                Some(limit) => format!("{place}, {limit}"),
                None => place,
            };
            vec![name(store), config.kind.to_string(), place]
        })
        .collect();
    out.push('\n');
    out.push_str(&table(&stores, 2, CELL, width));
    let waves = outline(plan);
    for wave in &waves {
        out.push('\n');
        out.push_str(&Writer { file, detail }.wave(wave));
    }
    out.push_str(&metrics::source(plan, width));
    out.push_str(&allowed(plan, width));
    out.push('\n');
    out.push_str(&summary(file, &waves, width));
    out
}

/// The warnings that the source allows, and why.
fn allowed(plan: &Plan, width: usize) -> String {
    if plan.allowed.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{}\n", style("Allowed").bold());
    for Allowed { code, message, item, because } in &plan.allowed {
        out.push_str(&format!(
            "  {} {}\n",
            style(safe(code)).yellow(),
            style(format!("in {}", safe(item))).dim()
        ));
        out.push_str(&labelled(4, &style("says").dim().to_string(), LABEL, &safe(message), width));
        out.push_str(&labelled(4, &style("because").dim().to_string(), LABEL, &safe(because), width));
    }
    out
}

/// `Wave pilot ……… 3 datasets, 152,000 rows`: bold on the left, dim on the right.
fn heading(word: &str, title: &str, right: &str, width: usize) -> String {
    ends(&style(format!("{word}{title}")).bold().to_string(), right, width)
}

/// One text on the left and another on the right of a line, or below where both do not fit.
pub(crate) fn ends(left: &str, right: &str, width: usize) -> String {
    let used = console::measure_text_width(left) + console::measure_text_width(right);
    let right = style(right).dim();
    match width.checked_sub(used) {
        _ if used == console::measure_text_width(left) => format!("{left}\n"),
        Some(gap) if gap >= 2 => format!("{left}{}{right}\n", " ".repeat(gap)),
        _ => format!("{left}\n    {right}\n"),
    }
}

/// The last lines: totals, the point of no return, the digest.
fn summary(file: &PlanFile, waves: &[WaveOutline<'_>], width: usize) -> String {
    let plan = &file.plan;
    let moved: BTreeSet<&str> = waves.iter().flat_map(|wave| wave.datasets.keys().copied()).collect();
    let consumers: usize = waves.iter().map(|wave| wave.consumers.len()).sum();
    let soak: u64 = waves.iter().map(|wave| wave.soak).sum();
    let mut parts = vec![counted_len(moved.len(), "dataset")];
    parts.extend(weight(file, moved.iter().copied()));
    parts.push(counted_len(consumers, "consumer"));
    parts.push(counted_len(waves.len(), "wave"));
    if soak > 0 {
        parts.push(format!("{} of soaking", duration(soak)));
    }
    let moving = plan.steps.iter().filter(|step| !step.op.is_cleanup());
    parts.push(counted_len(moving.count(), "step"));
    let label = |text: &str| style(text.to_owned()).bold().to_string();
    let mut out = labelled(0, &label("Total"), 6, &parts.join(", "), width);
    let returns = waves.iter().flat_map(WaveOutline::irreversible).next();
    let undo = match returns {
        None => "every step can be undone".to_owned(),
        Some((step, reason)) => format!(
            "{} {} in wave {} cannot be undone: {}",
            style("the point of no return:").red().bold(),
            safe(&step.id.0),
            safe(&step.wave),
            safe(reason)
        ),
    };
    out.push_str(&labelled(0, &label("Undo"), 6, &undo, width));
    let dropped: Vec<String> = waves
        .iter()
        .flat_map(|wave| &wave.cleanups)
        .filter(|(_, old)| **old == OldTable::Drop)
        .filter_map(|(name, _)| Some(safe(&plan.datasets.get(*name)?.old.to_string())))
        .collect();
    if !dropped.is_empty() {
        let tables = match dropped.as_slice() {
            few if few.len() <= FAMILY => listed(few),
            many => format!("{} and {} more", many[..NAMED].join(", "), count((many.len() - NAMED) as u64)),
        };
        let text = format!(
            "{} `mig complete`, when all is done, drops {tables}",
            style("the point of no return:").red().bold()
        );
        out.push_str(&labelled(0, &label("Final"), 6, &text, width));
    }
    out.push_str(&labelled(0, &label("Digest"), 6, &file.digest.to_string(), width));
    out
}

/// Rows and bytes of these datasets, as far as they were counted.
fn weight<'a>(file: &PlanFile, datasets: impl Iterator<Item = &'a str>) -> Vec<String> {
    let found: Vec<&Estimate> = datasets.filter_map(|dataset| file.estimates.get(dataset)).collect();
    if found.is_empty() {
        return Vec::new();
    }
    let rows = found.iter().map(|estimate| estimate.rows).sum();
    let size = found.iter().map(|estimate| estimate.bytes).sum();
    vec![counted(rows, "row"), bytes(size)]
}

/// Writes the parts of a plan.
#[derive(Clone, Copy)]
struct Writer<'a> {
    file: &'a PlanFile,
    detail: Detail,
}

impl Writer<'_> {
    fn wave(self, wave: &WaveOutline<'_>) -> String {
        let mut facts = Vec::new();
        if !wave.datasets.is_empty() {
            facts.push(counted_len(wave.datasets.len(), "dataset"));
            facts.extend(weight(self.file, wave.datasets.keys().copied()));
        }
        if !wave.consumers.is_empty() {
            facts.push(counted_len(wave.consumers.len(), "consumer"));
        }
        let mut title = safe(&wave.wave.name);
        if !wave.wave.after.is_empty() {
            let after: Vec<String> = wave.wave.after.iter().map(|wave| safe(wave)).collect();
            title.push_str(&format!(" after {}", listed(&after)));
        }
        let mut out = heading("Wave ", &title, &facts.join(", "), self.detail.width);
        for group in grouped(wave.datasets.iter(), self.detail.all) {
            if group.members.len() > FAMILY {
                out.push_str(&self.datasets(wave, &group));
            } else {
                group.members.iter().for_each(|(name, one)| out.push_str(&self.dataset(wave, name, one)));
            }
        }
        for (dataset, rules) in &wave.again {
            let text = format!("{}: {}", safe(dataset), listed_rules(rules));
            out.push_str(&self.line("validate again", &text));
        }
        for (approval, who) in &wave.approvals {
            out.push_str(&self.line("approval", &approval_text(approval, *who)));
        }
        out.push_str(&self.consumers(wave));
        if wave.soak > 0 {
            out.push_str(&self.line("soak", &duration(wave.soak)));
        }
        let policy = wave.wave.rollback.as_ref().and_then(|name| self.file.plan.rollbacks.get(name));
        if let Some(policy) = policy.filter(|policy| wave.soak > 0 && !policy.conditions.is_empty()) {
            out.push_str(&self.line("watch", &metrics::watch(&self.file.plan, policy)));
        }
        out.push_str(&self.line("if it fails", &on_failure(policy)));
        out
    }

    /// A line of the wave itself.
    fn line(self, label: &str, text: &str) -> String {
        labelled(2, &style(label).cyan().to_string(), 14, text, self.detail.width)
    }

    /// A line of a dataset.
    fn part(self, label: &str, text: &str) -> String {
        labelled(4, &style(label).dim().to_string(), LABEL, text, self.detail.width)
    }

    fn dataset(self, wave: &WaveOutline<'_>, name: &str, outline: &DatasetOutline<'_>) -> String {
        let Some(dataset) = outline.dataset else { return String::new() };
        let path = format!("{} -> {}", safe(&dataset.old.to_string()), safe(&dataset.new.to_string()));
        let owner = dataset.owner.as_ref().map(entity).unwrap_or_default();
        let mut out = ends(&format!("  {}  {path}", style(safe(name)).green()), &owner, self.detail.width);
        if outline.copied {
            out.push_str(&self.part("copy", &self.copy_text(name, dataset)));
        }
        if outline.prepared {
            out.push_str(&self.columns(dataset));
        }
        out.push_str(&self.checks(wave, name, &outline.rules, &outline.cut_over));
        out
    }

    fn copy_text(self, name: &str, dataset: &Dataset) -> String {
        let mut parts = weight(self.file, std::iter::once(name));
        if parts.is_empty() {
            parts.push("every row".to_owned());
        }
        parts.push(key_text(dataset));
        parts.push(match &dataset.new_schema {
            None => "into a new table".to_owned(),
            Some(_) => "into the table that is there".to_owned(),
        });
        parts.join(", ")
    }

    /// What the new columns are made from, and what is left behind.
    fn columns(self, dataset: &Dataset) -> String {
        let carried = |column: &&mig_plan::Column| column.expr.as_column() == Some(column.name.as_str());
        let same: Vec<String> =
            dataset.columns.iter().filter(carried).map(|column| super::expr::name(&column.name)).collect();
        let mut out = String::new();
        if same.len() == dataset.columns.len() {
            out.push_str(&self.part("columns", &format!("all {} as they are", count(same.len() as u64))));
        } else {
            let rows: Vec<Vec<String>> = dataset
                .columns
                .iter()
                .filter(|column| !carried(column))
                .map(|column| {
                    vec![
                        super::expr::name(&column.name),
                        column.ty.to_string(),
                        format!("= {}", expr(&column.expr)),
                    ]
                })
                .collect();
            out.push_str(&self.block("columns", &rows));
            if !same.is_empty() {
                out.push_str(&self.part(
                    "",
                    &format!("{} as {}", listed(&same), if same.len() == 1 { "it is" } else { "they are" }),
                ));
            }
        }
        let secret = dataset.columns.iter().filter(|column| column.secret);
        let secret: Vec<String> = secret.map(|column| super::expr::name(&column.name)).collect();
        if !secret.is_empty() {
            out.push_str(&self.part("secret", &format!("values of {} are never shown", listed(&secret))));
        }
        let rows: Vec<Vec<String>> = dataset
            .dropped
            .iter()
            .map(|dropped| {
                let see = dropped.see.as_ref().map_or_else(String::new, |see| format!(" ({})", safe(see)));
                vec![super::expr::name(&dropped.name), format!("{}{see}", safe(&dropped.because))]
            })
            .collect();
        out.push_str(&self.block(&style("dropped").red().to_string(), &rows));
        out
    }

    /// Rows of cells behind a label.
    fn block(self, label: &str, rows: &[Vec<String>]) -> String {
        let text = table(rows, 4 + LABEL + 2, 20, self.detail.width);
        let label = format!("    {}", padded(&style(label).dim().to_string(), LABEL + 2));
        text.strip_prefix(&" ".repeat(4 + LABEL + 2))
            .map_or_else(String::new, |rest| format!("{label}{rest}"))
    }

    fn checks(
        self,
        wave: &WaveOutline<'_>,
        name: &str,
        rules: &[&mig_plan::CheckRule],
        cut_over: &[&mig_plan::Action],
    ) -> String {
        let mut out = String::new();
        if !rules.is_empty() {
            out.push_str(&self.part("validate", &listed_rules(rules)));
        }
        if !cut_over.is_empty() {
            out.push_str(&self.part("cut over", &actions_text(cut_over)));
        }
        out.push_str(&self.no_return(wave, name));
        out
    }

    /// The steps of a dataset or a consumer that cannot be undone.
    fn no_return(self, wave: &WaveOutline<'_>, name: &str) -> String {
        wave.irreversible()
            .filter(|(step, _)| subject(step) == Some(name))
            .map(|(_, reason)| {
                let mark = style("cannot be undone:").red().bold();
                self.part("", &format!("{mark} {}", safe(reason)))
            })
            .collect()
    }

    /// A family in one block.
    fn datasets(self, wave: &WaveOutline<'_>, group: &Group<'_, DatasetOutline<'_>>) -> String {
        let members = &group.members;
        let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
        let mut facts = vec![counted_len(members.len(), "dataset")];
        facts.extend(weight(self.file, names.iter().copied()));
        let head = vec![style(format!("{}.*", safe(group.family))).green().to_string(), facts.join(", ")];
        let mut out = table(&[head], 2, CELL, self.detail.width);
        out.push_str(&self.part("members", &some(&names)));
        let described: Vec<&Dataset> = members.iter().filter_map(|(_, outline)| outline.dataset).collect();
        let stores: BTreeSet<String> = described
            .iter()
            .map(|dataset| format!("{} -> {}", around(&dataset.old), around(&dataset.new)))
            .collect();
        out.push_str(&self.part("copy", &stores.into_iter().collect::<Vec<_>>().join("; ")));
        let columns: usize = described.iter().map(|dataset| dataset.columns.len()).sum();
        let changed = described.iter().flat_map(|dataset| &dataset.columns);
        let changed = changed.filter(|column| column.expr.as_column() != Some(column.name.as_str())).count();
        let text = match changed {
            0 => format!("all {} as they are", count(columns as u64)),
            _ => format!("{}, {} of them computed", counted_len(columns, "column"), count(changed as u64)),
        };
        out.push_str(&self.part("columns", &text));
        for (rules, names) in
            alike(members.iter().map(|(name, outline)| (*name, listed_rules(&outline.rules))))
        {
            out.push_str(&self.part("validate", &of_some(&rules, &names, members.len())));
        }
        for (actions, names) in
            alike(members.iter().map(|(name, outline)| (*name, actions_text(&outline.cut_over))))
        {
            if !actions.is_empty() {
                out.push_str(&self.part("cut over", &of_some(&actions, &names, members.len())));
            }
        }
        names.iter().for_each(|name| out.push_str(&self.no_return(wave, name)));
        out
    }

    fn consumers(self, wave: &WaveOutline<'_>) -> String {
        if wave.consumers.is_empty() {
            return String::new();
        }
        let rated =
            wave.consumers.values().any(|place| place.consumer.is_some_and(|c| c.criticality.is_some()));
        let head = [Some("switch"), Some("owner"), rated.then_some("criticality"), Some("cut over")];
        let mut rows: Vec<Vec<String>> =
            vec![head.into_iter().flatten().map(|cell| style(cell).cyan().to_string()).collect()];
        for group in grouped(wave.consumers.iter(), self.detail.all) {
            if group.members.len() > FAMILY {
                rows.extend(family_rows(wave, &group, rated));
            } else {
                rows.extend(group.members.iter().map(|(name, place)| consumer_row(wave, name, place, rated)));
            }
        }
        let mut out = table(&rows, 2, CELL, self.detail.width);
        if let Some(batch) = wave.wave.batch {
            out.push_str(&self.line("at once", &counted(batch, "consumer")));
        }
        out
    }
}

/// A consumer's row in the wave's table.
fn consumer_row(wave: &WaveOutline<'_>, name: &str, place: &ConsumerOutline<'_>, rated: bool) -> Vec<String> {
    let owner =
        place.consumer.and_then(|consumer| consumer.owner.as_ref()).map_or_else(|| "-".to_owned(), entity);
    let level = rated.then(|| level(place.consumer));
    let cells = [
        Some(style(safe(name)).green().to_string()),
        Some(owner),
        level,
        Some(switch_text(wave, name, place)),
    ];
    cells.into_iter().flatten().collect()
}

/// How a consumer is cut over, and which of it cannot be undone.
fn switch_text(wave: &WaveOutline<'_>, name: &str, place: &ConsumerOutline<'_>) -> String {
    let mut text = actions_text(&place.cut_over);
    for (_, reason) in wave.irreversible().filter(|(step, _)| subject(step) == Some(name)) {
        text.push_str(&format!("; {} {}", style("cannot be undone:").red().bold(), safe(reason)));
    }
    text
}

fn level(consumer: Option<&Consumer>) -> String {
    consumer
        .and_then(|consumer| consumer.criticality.as_ref())
        .map_or_else(|| "-".to_owned(), |c| safe(&c.level))
}

/// A row for each way in which the members of a family are cut over.
fn family_rows(
    wave: &WaveOutline<'_>,
    group: &Group<'_, ConsumerOutline<'_>>,
    rated: bool,
) -> Vec<Vec<String>> {
    let Group { family, members } = group;
    let by_action = alike(members.iter().map(|(name, place)| (*name, switch_text(wave, name, place))));
    let found: BTreeMap<&str, &ConsumerOutline<'_>> = members.iter().copied().collect();
    by_action
        .into_iter()
        .map(|(actions, names)| {
            let places: Vec<_> = names.iter().filter_map(|name| found.get(name)?.consumer).collect();
            let owners: BTreeSet<_> = places.iter().filter_map(|consumer| consumer.owner.as_ref()).collect();
            let levels: BTreeMap<u32, &str> = places
                .iter()
                .filter_map(|consumer| consumer.criticality.as_ref())
                .map(|level| (level.rank, level.level.as_str()))
                .collect();
            let levels: Vec<String> = levels.into_values().map(safe).collect();
            let name = format!("{}.* ({})", safe(family), count(names.len() as u64));
            let text = format!("{actions}; {}", some(&names));
            let cells = [
                Some(style(name).green().to_string()),
                Some(counted_len(owners.len(), "owner")),
                rated.then(|| listed(&levels)),
                Some(text),
            ];
            cells.into_iter().flatten().collect()
        })
        .collect()
}

/// Members of a wave next to each other: those of one family, or one alone.
struct Group<'a, T> {
    family: &'a str,
    members: Vec<(&'a str, &'a T)>,
}

/// Members by family, in name order; each alone when all are shown.
fn grouped<'a, T>(members: impl Iterator<Item = (&'a &'a str, &'a T)>, all: bool) -> Vec<Group<'a, T>> {
    let mut groups: Vec<Group<'a, T>> = Vec::new();
    for (name, value) in members {
        let own = if all { "" } else { family(name).unwrap_or_default() };
        match groups.last_mut() {
            Some(last) if !own.is_empty() && last.family == own => last.members.push((name, value)),
            _ => groups.push(Group { family: own, members: vec![(name, value)] }),
        }
    }
    groups
}

/// Names by what is said of them.
fn alike<'a>(pairs: impl Iterator<Item = (&'a str, String)>) -> BTreeMap<String, Vec<&'a str>> {
    let mut alike: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    pairs.for_each(|(name, text)| alike.entry(text).or_default().push(name));
    alike
}

/// A text that holds for some or all members of a family.
fn of_some(text: &str, names: &[&str], all: usize) -> String {
    if names.len() == all { text.to_owned() } else { format!("{text} ({})", some(names)) }
}

/// The first few names, and how many more there are.
fn some(names: &[&str]) -> String {
    let short: Vec<String> = names
        .iter()
        .take(NAMED)
        .map(|name| safe(name.split_once('.').map_or(name, |(_, member)| member)))
        .collect();
    match names.len().saturating_sub(NAMED) {
        0 => listed(&short),
        more => format!("{} and {} more", short.join(", "), count(more as u64)),
    }
}

/// What is around a table: `lake.archive.*`.
fn around(table: &mig_plan::TableRef) -> String {
    let outer = &table.path[..table.path.len().saturating_sub(1)];
    let parts: Vec<String> =
        std::iter::once(&table.store).chain(outer).map(|part| super::expr::name(part)).collect();
    format!("{}.*", parts.join("."))
}

fn key_text(dataset: &Dataset) -> String {
    let chunk = counted(dataset.chunk_rows, "row");
    if dataset.key.is_empty() {
        return format!("without a key in chunks of {chunk}");
    }
    let key: Vec<String> = dataset.key.iter().map(|(_, new)| name(new)).collect();
    format!("by {} in chunks of {chunk}", listed(&key))
}

fn listed_rules(rules: &[&mig_plan::CheckRule]) -> String {
    rules.iter().map(|one| rule(one)).collect::<Vec<_>>().join(", ")
}

fn actions_text(actions: &[&mig_plan::Action]) -> String {
    actions.iter().map(|one| action(one)).collect::<Vec<_>>().join(", ")
}

fn approval_text(name: &str, approval: Option<&Approval>) -> String {
    let Some(approval) = approval else { return safe(name) };
    let from: Vec<String> = approval.from.iter().map(|who| format!("one of {}", entity(who))).collect();
    format!("{}: {}, valid {}", safe(name), listed(&from), duration(approval.valid_seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(all: bool) -> String {
        console::set_colors_enabled(false);
        plan(&crate::sample::plan(), Detail { all, width: 80 })
    }

    #[test]
    fn a_plan_at_eighty_columns() {
        insta::assert_snapshot!(shown(false));
    }

    #[test]
    fn every_member_of_a_family_on_request() {
        let text = shown(true);
        assert!(text.contains("  archive.vouchers"), "{text}");
        assert!(!text.contains("archive.*"), "{text}");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for line in shown(false).lines().filter(|line| !line.starts_with("Digest")) {
            assert!(console::measure_text_width(line) <= 80, "{line}");
        }
    }
}
