//! `aatool batch`: many analyses by a plan, on this machine or on a cluster.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aa_batch::{BatchDocument, Crew, Finish, Plan, Row, StatusDocument, Store, Task};
use aa_plugin::{Registry, Source};
use serde_json::{Value, json};

use crate::bundles::{page_of, write_whole};
use crate::cli::{self, BatchArgs, Engine, Kind};
use crate::failure::Failure;
use crate::output::say;
use crate::progress::Bar;
use crate::scan::plural;
use crate::sheets::Sheet;
use crate::{Ending, analyze, signals, systems};

pub(crate) fn batch(registry: &Arc<Registry>, plugins: &[PathBuf], command: &cli::Batch) -> Result<Ending, Failure> {
    match command {
        cli::Batch::Run(arguments) => run(registry, plugins, arguments),
        cli::Batch::Status { batch, format } => status(&Opened::of(registry, batch)?, format.format),
        cli::Batch::Retry { batch } => {
            let batch = Opened::of(registry, batch)?;
            let n = batch.store.retry(&batch.tasks)?;
            say(&format!("{n} failed task{} will be tried again by `aatool batch run`", plural(n)));
            Ok(Ending::AllMet)
        }
        cli::Batch::Gc { batch } => {
            let batch = Opened::of(registry, batch)?;
            let n = batch.store.collect_garbage(&batch.tasks)?;
            say(&format!("{n} file{} removed", plural(n)));
            Ok(Ending::AllMet)
        }
        cli::Batch::Merge { batch, out, report, format } => {
            merge(&Opened::of(registry, batch)?, out.as_deref(), report.as_deref(), format.format)
        }
        cli::Batch::Work(arguments) => work(registry, arguments),
    }
}

/// A plan, its tasks and where their results are.
struct Opened {
    plan: Plan,
    tasks: Vec<Task>,
    store: Store,
}

impl Opened {
    fn of(registry: &Registry, arguments: &BatchArgs) -> Result<Opened, Failure> {
        systems::use_isa(arguments.isa.as_deref())?;
        let source = Source::read(&arguments.plan)?;
        let plan = Plan::parse(&source.path, &source.text)?;
        let tasks = aa_batch::tasks(&plan, registry)?;
        let store = arguments.store.clone().unwrap_or_else(|| PathBuf::from(format!("{}.store", source.name)));
        Ok(Opened { plan, tasks, store: Store::new(&store) })
    }
}

fn run(registry: &Arc<Registry>, plugins: &[PathBuf], arguments: &cli::BatchRun) -> Result<Ending, Failure> {
    let batch = Opened::of(registry, &arguments.batch)?;
    aa_batch::check(&batch.plan, registry)?;
    for path in batch.store.drop_damaged(&batch.tasks)? {
        eprintln!("note: {} was damaged and is made again", path.display());
    }
    let crew = crew(&batch, plugins, arguments)?;
    signals::end_gently();
    let bar = Bar::new();
    let finish = match arguments.engine {
        Engine::Local => aa_batch::local::run(&crew, &batch.tasks, &batch.store, &bar),
        Engine::Slurm => aa_batch::slurm::run(&crew, &arguments.sbatch, &batch.tasks, &batch.store, &bar),
    };
    bar.clear();
    match finish? {
        Finish::Settled => status(&batch, arguments.format.format),
        Finish::Stopped => {
            eprintln!("stopped; what is done is kept, and the same command goes on");
            Ok(signals::asked().unwrap_or(Ending::Unfinished))
        }
    }
}

/// The workers of a run: how many, and what they are told.
fn crew(batch: &Opened, plugins: &[PathBuf], arguments: &cli::BatchRun) -> Result<Crew, Failure> {
    let cores = systems::threads();
    let jobs = arguments.jobs.unwrap_or(match arguments.engine {
        Engine::Local => cores,
        Engine::Slurm => batch.tasks.len().min(DEFAULT_JOBS),
    });
    if jobs == 0 || jobs > MOST_JOBS {
        return Err(Failure::usage(format!("`--jobs {jobs}` is out of range"), format!("expected 1 to {MOST_JOBS}")));
    }
    let threads = arguments.threads.unwrap_or(match arguments.engine {
        Engine::Local => (cores / jobs).max(1),
        Engine::Slurm => 1,
    });
    let absolute = |path: &Path| {
        std::path::absolute(path).map(|path| path.display().to_string()).map_err(|e| Failure::cannot_write(path, &e))
    };
    let isa = isa(&arguments.batch);
    let mut words = vec!["batch".into(), "work".into(), absolute(&arguments.batch.plan)?];
    words.extend(["--store".into(), absolute(batch.store.folder())?, "--isa".into(), isa]);
    words.extend(["--threads".into(), threads.to_string()]);
    for folder in plugins {
        words.extend(["--plugin-path".into(), absolute(folder)?]);
    }
    let program =
        std::env::current_exe().map_err(|e| Failure::Missing { path: "aatool".into(), reason: e.to_string() })?;
    Ok(Crew { program, arguments: words, jobs })
}

/// Jobs of an array, where nobody says.
const DEFAULT_JOBS: usize = 16;

/// The most workers or jobs of a run: Slurm's own limit on arrays is 1001 where it is not raised.
const MOST_JOBS: usize = 4096;

/// The instruction set that all workers use: with another their tasks would have other keys.
fn isa(arguments: &BatchArgs) -> String {
    arguments.isa.clone().unwrap_or_else(|| aa_kernel::Isa::current().name().to_string())
}

/// A worker, as engines start it.
fn work(registry: &Arc<Registry>, arguments: &cli::BatchWork) -> Result<Ending, Failure> {
    systems::use_threads(Some(arguments.threads))?;
    let batch = Opened::of(registry, &arguments.batch)?;
    if arguments.of == 0 || arguments.block >= arguments.of {
        let message = format!("there is no block {} of {}", arguments.block, arguments.of);
        return Err(Failure::usage(message, "blocks count from 0"));
    }
    let block = aa_batch::slurm::block(arguments.block, arguments.of, batch.tasks.len());
    signals::end_gently();
    let told = || signals::asked().map(|ending| ending.code().into());
    aa_batch::work(registry, &batch.tasks[block], &batch.store, arguments.tied, told)?;
    Ok(Ending::AllMet)
}

fn status(batch: &Opened, kind: Kind) -> Result<Ending, Failure> {
    let of = StatusDocument::of(&batch.tasks, &batch.store);
    match kind {
        Kind::Json => say(&serde_json::to_string_pretty(&of).expect("a status is plain data")),
        Kind::Text => {
            let s = of.status;
            let about = if batch.plan.about.is_empty() { String::new() } else { format!("{}\n", batch.plan.about) };
            let counts = [(s.done, "done"), (s.running, "running"), (s.failed, "failed"), (s.waiting, "waiting")];
            let counts: Vec<String> = counts.iter().map(|(n, word)| format!("{n} {word}")).collect();
            let failures = of.failures.iter().map(|failed| format!("\nfailed: {}: {}", failed.name, failed.error));
            let unmet = of.unmet.iter().map(|unmet| format!("\nnot met: {}: {}", unmet.name, unmet.unmet.join(", ")));
            let unrecorded = (of.unrecorded > 0).then(|| {
                let (n, s) = (of.unrecorded, plural(of.unrecorded));
                format!("\nnote: {n} result{s} of an older version without a record of what was not met: read whole")
            });
            let notes: String = failures.chain(unmet).chain(unrecorded).collect();
            say(&format!("{about}{} task{}: {}{notes}", s.tasks, plural(s.tasks), counts.join(", ")));
        }
    }
    Ok(if of.failures.is_empty() && of.unmet.is_empty() { Ending::AllMet } else { Ending::PartFailed })
}

fn merge(batch: &Opened, out: Option<&Path>, report: Option<&Path>, kind: Kind) -> Result<Ending, Failure> {
    out.map_or(Ok(()), analyze::can_write)?;
    let (document, bundle) = aa_batch::merge(&batch.tasks, &batch.store)?;
    if let Some(out) = out {
        aa_dataset::write(&bundle, out)?;
    }
    if let Some(folder) = report {
        pages(batch, &document, folder)?;
    }
    match kind {
        Kind::Json => say(&serde_json::to_string_pretty(&document).expect("a batch is plain data")),
        Kind::Text => say(sheet(&document).text().trim_end()),
    }
    let is_met = document.tasks.iter().all(|row| row.unmet.is_empty());
    let is_whole = document.failed.is_empty() && document.missing == 0;
    Ok(if is_met && is_whole { Ending::AllMet } else { Ending::PartFailed })
}

/// One page a task, and one over all of them with links to each.
fn pages(batch: &Opened, document: &BatchDocument, folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| Failure::cannot_write(folder, &error))?;
    for row in &document.tasks {
        let page = folder.join(format!("{}.html", row.key));
        page_of(&batch.store.read(&row.key)?, &batch.store.result(&row.key), &page)?;
    }
    let mut sheet = sheet(document);
    for (cells, row) in sheet.rows.iter_mut().zip(&document.tasks) {
        cells[0] = json!({ "text": row.name, "href": format!("{}.html", row.key) });
    }
    if !batch.plan.about.is_empty() {
        sheet.head.insert(0, batch.plan.about.clone());
    }
    write_whole(&folder.join("index.html"), &sheet.page("batch", &[]))
}

const COLUMNS: [&str; 9] =
    ["task", "verdict", "certainty", "integrals", "chaos", "learned actions", "drift", "agreement", "witnesses"];

/// The batch as a person reads it.
pub(crate) fn sheet(of: &BatchDocument) -> Sheet {
    let n = of.tasks.len();
    let mut notes: Vec<String> =
        of.failed.iter().map(|failed| format!("failed: {}: {}", failed.name, failed.error)).collect();
    let unmet: Vec<&Row> = of.tasks.iter().filter(|row| !row.unmet.is_empty()).collect();
    notes.extend(unmet.iter().map(|row| format!("not met: {}: {}", row.name, row.unmet.join(", "))));
    if of.missing > 0 {
        notes.push(format!("{} task{} not done yet", of.missing, plural(of.missing)));
    }
    let not_met = if unmet.is_empty() { String::new() } else { format!(", {} with something not met", unmet.len()) };
    Sheet {
        head: Vec::new(),
        title: format!("{n} task{}, {} failed{not_met}", plural(n), of.failed.len()),
        columns: COLUMNS.map(String::from).to_vec(),
        rows: of.tasks.iter().map(cells).collect(),
        notes,
    }
}

fn cells(row: &Row) -> Vec<Value> {
    let chaos = match (&row.chaos, row.fraction) {
        (Some(label), Some(fraction)) => json!(format!("{label} ({fraction:.2})")),
        (label, _) => json!(label),
    };
    let drift = row.action_drift.map_or(Value::Null, Value::from);
    let agreement = row.agreement.map_or(Value::Null, Value::from);
    let witnesses = row.witnesses.map_or(Value::Null, |[agree, all]| json!(format!("{agree} of {all}")));
    let verdict: [Value; 4] =
        [json!(row.name), json!(row.verdict), json!(row.certainty), json!(row.integrals.join(", "))];
    verdict.into_iter().chain([chaos, json!(row.actions.join("; ")), drift, agreement, witnesses]).collect()
}
