//! Checks a resolved program against the world: the catalog and the schemas, given as values.
//!
//! First the cases are found (families expanded, waves filled), then every check of [`CHECKS`] looks at
//! the scene, one rule each; none changes it. What passes becomes [`Checked`], which can only be built
//! without an error, so that what follows cannot fail.

mod actions;
mod anew;
mod approvals;
mod cases;
mod checked;
mod cleanup;
mod concern;
mod coverage;
mod criticality;
mod dangling;
mod derived;
mod echoes;
mod entities;
mod expand;
mod families;
mod forgotten;
mod mapping;
mod memory;
mod no_return;
mod order;
mod owners;
mod partitions;
mod places;
mod portal;
mod precedence;
mod predicate;
mod readers;
mod reads;
mod soak;
mod tables;
mod validations;
mod views;
mod watched;
mod waves;

use mig_lang::{Diagnostic, Severity};
use mig_plan::{Catalog, Schemas};
use rayon::prelude::*;

pub use anew::Findings;
pub use checked::Checked;
pub(crate) use checked::{CheckedDataset, CheckedWave};
pub use concern::{Concerned, Named, concerned};
pub use entities::nearest as nearest_entity;
pub use expand::{ExpandedConsumer, ExpandedDataset, ExpandedWave, Expansion, expand};
pub(crate) use families::criticality;
pub use mapping::{NewColumn, new_columns};
pub(crate) use portal::{can_own, owner, readers};
pub(crate) use predicate::holds;
pub(crate) use tables::TABLE;

use crate::hir::Program;
use cases::{Consumers, Datasets};
use derived::Derived;
use mapping::Mapping;
use memory::{Memory, Question};
use places::Sites;
use waves::Waves;

/// A table for what thousands of items are looked up in at every keystroke.
type HashMap<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;

/// What a program is checked against.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// The catalog.
    pub catalog: &'a Catalog,
    /// What the stores hold. A store that could not be read is absent: what needs it is not checked, and its
    /// reader reports it.
    pub schemas: &'a Schemas,
}

/// Everything that a check looks at.
struct Scene<'a> {
    program: &'a Program,
    world: World<'a>,
    datasets: Datasets<'a>,
    /// Where each dataset's tables really are.
    sites: Vec<Sites>,
    consumers: Consumers<'a>,
    waves: Waves<'a>,
    derived: Vec<Derived>,
    /// The datasets that each validation is about, by their places, sorted; the validations by name.
    validated: Vec<Vec<usize>>,
    /// Whether somebody owns an entity.
    owned: Question<'static>,
}

/// One rule about the scene. It reports, and changes nothing.
type Check = fn(&Scene, &mut Vec<Diagnostic>);

/// Every check of the whole scene. Mappings, actions and the rules of validations are checked where they
/// are made.
const CHECKS: &[Check] = &[
    entities::check,
    owners::check,
    dangling::check,
    places::check,
    derived::check,
    forgotten::check,
    coverage::check,
    order::check,
    criticality::check,
    approvals::check,
    validations::check,
    cleanup::check,
    mapping::families,
];

/// Every check of the program alone, which takes no time.
const OF_PROGRAM: &[fn(&Program, &mut Vec<Diagnostic>)] = &[watched::check];

/// Every check for what is legal but doubtful, of a program in which nothing is wrong: a program that is being
/// mended is not finished, and what is doubtful in it may come of what is wrong.
const DOUBTS: &[Check] = &[
    soak::check,
    watched::without_consumers,
    no_return::check,
    validations::late,
    approvals::strangers,
    reads::check,
    entities::of_another_table,
];

/// Checks a program. There is a [`Checked`] only without an error, for a program that is whole, and with
/// every store that it moves data between read.
pub fn check(program: &Program, world: &World) -> (Option<Checked>, Vec<Diagnostic>) {
    // A program that could be read whole is likely to be planned, and its plan carries the catalog's digest: it is
    // taken beside the checks.
    let digest = || program.whole.then(|| world.catalog.digest());
    rayon::join(digest, || looked_at(program, world)).1
}

fn looked_at(program: &Program, world: &World) -> (Option<Checked>, Vec<Diagnostic>) {
    let mut out = Vec::new();
    for check in OF_PROGRAM {
        check(program, &mut out);
    }
    let scene = scene(program, world, None, &mut out);
    each(CHECKS, &mut out, |check, out| check(&scene, out));
    let mut mappings: Vec<Option<Mapping>> = each(&scene.datasets.cases, &mut out, mapping::map);
    mapping::inherit(&scene.derived, &mut mappings);
    for (case, mapping) in scene.datasets.cases.iter().zip(&mappings) {
        if let (Some(new), Some(mapping)) = (&case.new, mapping) {
            partitions::check(program, new, mapping, &mut out);
        }
    }
    let rules = validations::rules(&scene, &mappings, &mut out);
    let actions = actions::actions(&scene, |_| true, &mut out);
    views::check(&scene, &actions, &mut out);
    if program.whole && !has_error(&out) {
        each(DOUBTS, &mut out, |doubt, out| doubt(&scene, out));
    }
    crate::resolve::sort(&mut out);
    let out = shortened(echoes::silenced(program, out));
    let wrong = !program.whole || has_error(&out);
    let checked = if wrong { None } else { checked::checked(scene, mappings, rules, actions) };
    (checked, out)
}

fn has_error(said: &[Diagnostic]) -> bool {
    said.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// Does the same with each of many, side by side. What is said of them stands in their order.
fn each<C: Sync, T: Send>(
    cases: &[C],
    out: &mut Vec<Diagnostic>,
    work: impl Fn(&C, &mut Vec<Diagnostic>) -> T + Sync,
) -> Vec<T> {
    let done = cases.par_iter().map(|case| {
        let mut said = Vec::new();
        (work(case, &mut said), said)
    });
    let (given, said): (Vec<T>, Vec<Vec<Diagnostic>>) = done.unzip();
    out.extend(said.into_iter().flatten());
    given
}

/// What the checks look at. Without a memory every entity is asked anew.
fn scene<'a>(
    program: &'a Program,
    world: &World<'a>,
    memory: Option<&Memory>,
    out: &mut Vec<Diagnostic>,
) -> Scene<'a> {
    let memory = memory.map(|memory| (memory, world.catalog.len()));
    let datasets = families::datasets(program, world, memory, out);
    let mut of_validations = Vec::new();
    let ((sites, derived, validated), (consumers, waves)) = rayon::join(
        || {
            let cases = datasets.cases.par_iter().with_min_len(64);
            let sites: Vec<Sites> = cases.map(|case| places::sites(program, case)).collect();
            let derived = derived::derived(&datasets, &sites);
            let validated = validations::validated(program, &datasets, &mut of_validations);
            (sites, derived, validated)
        },
        || {
            let consumers = families::consumers(program, world, memory, &datasets, out);
            let waves = waves::select(program, (&datasets, &consumers), memory, out);
            (consumers, waves)
        },
    );
    out.extend(of_validations);
    let owned = Question::owner(memory);
    Scene { program, world: *world, datasets, sites, consumers, waves, derived, validated, owned }
}

/// How many diagnostics of one code a single place may have.
const AT_ONE_PLACE: usize = 3;

/// Members of a family that share a mistake share its place: the first few are shown, the others counted.
fn shortened(sorted: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut kept: Vec<Diagnostic> = Vec::with_capacity(sorted.len());
    for alike in sorted.chunk_by(|a, b| a.code == b.code && a.span() == b.span()) {
        // What does not differ from member to member is said once.
        if let [first, rest @ ..] = alike
            && rest.iter().all(|other| other.message == first.message)
        {
            kept.push(first.clone());
            continue;
        }
        kept.extend(alike.iter().take(AT_ONE_PLACE).cloned());
        let more = alike.len().saturating_sub(AT_ONE_PLACE);
        if let Some(last) = kept.last_mut().filter(|_| more > 0) {
            let help = last.help.take().map_or_else(String::new, |help| format!("{help} "));
            let are = if more == 1 { "is" } else { "are" };
            last.help = Some(format!("{help}There {are} {more} more like this here."));
        }
    }
    kept
}
