//! All results of a batch as one document and one file.
//!
//! Tasks stand in the order of their keys, and nothing is kept of when, where and in which order they ran: the same tasks
//! give the same bytes, whoever did them.

use aa_analysis::Document;
use aa_dataset::{Bundle, Dataset, Values};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::store::{Status, Store};
use crate::task::{Task, name};

/// The version of the document's shape.
pub const FORMAT: u32 = 1;

/// A batch, as `aatool batch merge --format json` prints it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchDocument {
    /// Version of this shape, [`FORMAT`].
    pub format: u32,
    /// The tasks with a result, by key.
    pub tasks: Vec<Row>,
    /// The tasks that failed, by key.
    pub failed: Vec<Failed>,
    /// The tasks that are not settled.
    pub missing: usize,
}

/// What came of one task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The task's key.
    pub key: String,
    /// The task in words.
    pub name: String,
    /// The system.
    pub system: String,
    /// Values of all its parameters.
    pub parameters: Map<String, Value>,
    /// Where orbits start, as the plan says.
    pub start: Value,
    /// The seed.
    pub seed: u64,
    /// The profile.
    pub profile: String,
    /// The verdict; none where that pass did not run.
    pub verdict: Option<String>,
    /// proved or measured.
    pub certainty: Option<String>,
    /// How many independent integrals there are.
    pub independent: Option<usize>,
    /// Their names.
    pub integrals: Vec<String>,
    /// regular, mixed or chaotic.
    pub chaos: Option<String>,
    /// chaotic / (chaotic + regular).
    pub fraction: Option<f64>,
    /// Formulas of the learned actions, where there are any.
    pub actions: Vec<String>,
    /// Median drift of the learned actions.
    pub action_drift: Option<f64>,
    /// Median relative distance of learned from measured frequencies.
    pub agreement: Option<f64>,
    /// In how many claims the witnesses agree, and how many have more than one.
    pub witnesses: Option<[usize; 2]>,
    /// Passes that failed, and claims that were refuted.
    pub unmet: Vec<String>,
}

/// A task without a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// The task's key.
    pub key: String,
    /// The task in words.
    pub name: String,
    /// Why.
    pub error: String,
}

/// Everything that a store holds of these tasks, as a document and as a file.
///
/// # Errors
/// A result is damaged.
pub fn merge(tasks: &[Task], store: &Store) -> Result<(BatchDocument, Bundle), Error> {
    let mut sorted: Vec<&Task> = tasks.iter().collect();
    sorted.sort_by(|a, b| a.key.cmp(&b.key));
    let mut bundle = Bundle::default();
    let mut document = BatchDocument { format: FORMAT, tasks: Vec::new(), failed: failures(tasks, store), missing: 0 };
    for task in sorted {
        if store.result(&task.key).exists() {
            let result = store.read(&task.key)?;
            let of = aa_plugin::document(&result, &store.result(&task.key))?;
            document.tasks.push(row(task, &of));
            keep(&mut bundle, task, &result)?;
        }
    }
    document.missing = tasks.len() - document.tasks.len() - document.failed.len();
    columns(&mut bundle, &document);
    Ok((document, bundle))
}

/// The tasks that failed, by key.
pub fn failures(tasks: &[Task], store: &Store) -> Vec<Failed> {
    let failed = |task: &Task| {
        let failure = store.failure(&task.key).filter(|_| !store.result(&task.key).exists())?;
        Some(Failed { key: task.key.clone(), name: task.name(), error: failure.error })
    };
    let mut all: Vec<Failed> = tasks.iter().filter_map(failed).collect();
    all.sort_by(|a, b| a.key.cmp(&b.key));
    all
}

/// How far a batch is, as `aatool batch status --format json` prints it.
#[derive(Clone, Debug, Serialize)]
pub struct StatusDocument {
    format: u32,
    /// The counts.
    #[serde(flatten)]
    pub status: Status,
    /// What failed, by key.
    pub failures: Vec<Failed>,
    /// What has a result in which something was not met, by key.
    pub unmet: Vec<Unmet>,
    /// How many results an older version left without a record of that: it was read from their documents.
    pub unrecorded: usize,
}

/// A task with a result in which something was not met.
#[derive(Clone, Debug, Serialize)]
pub struct Unmet {
    /// The task's key.
    pub key: String,
    /// The task in words.
    pub name: String,
    /// Passes that failed, and claims that were refuted.
    pub unmet: Vec<String>,
}

impl StatusDocument {
    /// How far these tasks are.
    pub fn of(tasks: &[Task], store: &Store) -> StatusDocument {
        let (mut unmet, mut unrecorded) = (Vec::new(), 0);
        for (task, found) in tasks.iter().filter_map(|task| Some((task, store.unmet(&task.key)?))) {
            unrecorded += usize::from(!found.is_recorded);
            if !found.names.is_empty() {
                unmet.push(Unmet { key: task.key.clone(), name: task.name(), unmet: found.names });
            }
        }
        unmet.sort_by(|a, b| a.key.cmp(&b.key));
        let failures = failures(tasks, store);
        StatusDocument { format: FORMAT, status: store.status(tasks), failures, unmet, unrecorded }
    }
}

fn row(task: &Task, of: &Document) -> Row {
    let inputs = &task.inputs;
    let found = of.integrals.iter().flat_map(|integrals| &integrals.found);
    let learned = of.learned.as_ref();
    let actions = learned.into_iter().flat_map(|learned| &learned.actions);
    let agreement = of.frequencies.as_ref().and_then(|frequencies| frequencies.agreement.as_ref());
    Row {
        key: task.key.clone(),
        name: name(inputs),
        system: of.system.name.clone(),
        parameters: of.system.parameters.clone(),
        start: inputs["start"].clone(),
        seed: task.request.seed,
        profile: task.request.profile.name().into(),
        verdict: of.verdict.as_ref().map(|verdict| verdict.kind.clone()),
        certainty: of.verdict.as_ref().map(|verdict| verdict.certainty.clone()),
        independent: of.integrals.as_ref().map(|integrals| integrals.independent),
        integrals: found.map(|integral| integral.name.clone()).collect(),
        chaos: of.chaos.as_ref().map(|chaos| chaos.label.clone()),
        fraction: of.chaos.as_ref().and_then(|chaos| chaos.counts.fraction),
        actions: actions.filter_map(|action| action["expression"].as_str().map(str::to_owned)).collect(),
        action_drift: learned.and_then(|learned| learned.action_drift.median),
        agreement: agreement.and_then(|agreement| agreement.learned_vs_measured.median),
        witnesses: of.witnesses.as_ref().map(|all| {
            let judged = all.iter().filter_map(|witness| witness.agree);
            [judged.clone().filter(|agree| *agree).count(), judged.count()]
        }),
        unmet: of.unmet(),
    }
}

/// What the merged file keeps of one result: its document and what its key is the hash of. Arrays stay in the store.
fn keep(bundle: &mut Bundle, task: &Task, result: &Bundle) -> Result<(), Error> {
    let mut put = |name: &str, dataset: &Dataset| bundle.insert(&format!("tasks/{}/{name}", task.key), dataset.clone());
    put("document", result.dataset("document")?);
    put("inputs", result.dataset("task/inputs")?);
    Ok(())
}

/// The table: one entry a task, and the document of the batch.
fn columns(bundle: &mut Bundle, document: &BatchDocument) {
    let text = serde_json::to_string(document).expect("a batch holds only text keys and numbers");
    bundle.insert("batch/document", Dataset::scalar(text).long_name("the document of the batch, as JSON"));
    let rows = &document.tasks;
    if rows.is_empty() {
        return;
    }
    let mut column = |name: &str, values: Values, long_name: &str| {
        let dataset = Dataset::array([("task", rows.len())], values).long_name(long_name);
        bundle.insert(&format!("batch/{name}"), dataset);
    };
    let texts = |field: fn(&Row) -> Option<&str>| {
        Values::Text(rows.iter().map(|row| field(row).unwrap_or_default().to_owned()).collect())
    };
    let reals =
        |field: fn(&Row) -> Option<f64>| Values::Float(rows.iter().map(|row| field(row).unwrap_or(f64::NAN)).collect());
    column("key", texts(|row| Some(&row.key)), "key of the task, as in /tasks");
    column("name", texts(|row| Some(&row.name)), "the task in words");
    column("system", texts(|row| Some(&row.system)), "name of the system");
    column("verdict", texts(|row| row.verdict.as_deref()), "what the system is");
    column("certainty", texts(|row| row.certainty.as_deref()), "proved or measured");
    column("chaos", texts(|row| row.chaos.as_deref()), "label of the motion");
    column("fraction", reals(|row| row.fraction), "chaotic / (chaotic + regular)");
    column("action_drift", reals(|row| row.action_drift), "median drift of the learned actions");
    let agreement = "median relative distance of learned from measured frequencies";
    column("agreement", reals(|row| row.agreement), agreement);
    let energy =
        |row: &Row| row.start["energy"][0].as_f64().filter(|low| row.start["energy"][1].as_f64() == Some(*low));
    column("energy", reals(energy), "energy of the orbits, where the plan gives one");
    let independent = |row: &Row| row.independent.map(|n| n as f64);
    column("independent", reals(independent), "independent integrals of motion; NaN where none were looked for");
}
