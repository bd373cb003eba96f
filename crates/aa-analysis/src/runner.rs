//! Runs passes in order; one that fails, fails alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aa_learn::NamedArray;
use serde_json::Value;

use crate::document::PassRecord;
use crate::instruments::FromData;
use crate::pass::{Pass, Said, Stop};
use crate::study::{Options, Study, Watch};

/// Runs the passes and adds what they give to the study; the records tell how each ended.
pub fn run(study: &mut Study, passes: &[&dyn Pass], options: impl Fn(&dyn Pass) -> Options) -> Vec<PassRecord> {
    passes.iter().map(|pass| run_one(study, *pass, &options(*pass))).collect()
}

fn run_one(study: &mut Study, pass: &dyn Pass, options: &Options) -> PassRecord {
    let mut record = PassRecord {
        name: pass.name().to_string(),
        needs: pass.needs().iter().chain(pass.uses()).cloned().collect(),
        gives: pass.gives().to_vec(),
        ..PassRecord::default()
    };
    let missing =
        pass.needs().iter().find(|kind| *kind != crate::graph::SYSTEM && !study.artifacts.contains_key(*kind));
    if let Some(kind) = missing {
        record.status = "skipped".into();
        record.reason = Some(format!("needs `{kind}`, which is not there"));
        return record;
    }
    let start = Instant::now();
    let patience = Arc::new(Patience::new(study.watch.clone(), start, options));
    let watched = Study { watch: patience.clone(), ..study.clone() };
    study.watch.progress(pass.name(), 0, 1);
    let outcome = pass.run(&watched, options);
    record.seconds = Some(start.elapsed().as_secs_f64());
    match outcome {
        Ok(outcome) => {
            record.status = "done".into();
            let Said { notes, findings, tables, plots } = outcome.said;
            record = PassRecord { notes, findings, tables, plots, ..record };
            for (kind, artifact) in outcome.artifacts {
                if !crate::assemble::has_key(&kind) {
                    record.artifacts.insert(kind.clone(), artifact.value.clone());
                }
                if let Some(found) = artifact.payload::<FromData>() {
                    study.subject = Arc::new(found.complete(&study.subject));
                }
                study.artifacts.insert(kind, artifact);
            }
        }
        Err(Stop::Skip(reason)) => (record.status, record.reason) = ("skipped".into(), Some(reason)),
        Err(Stop::Fail(reason)) => (record.status, record.reason) = ("failed".into(), Some(reason)),
    }
    if record.status != "failed" && patience.ended.load(Ordering::Relaxed) {
        let why = record.reason.map(|reason| format!("; {reason}")).unwrap_or_default();
        (record.status, record.reason) = ("stopped".into(), Some(format!("seconds{why}")));
    }
    record
}

/// Stops a pass that runs longer than its option `seconds`.
struct Patience {
    watch: Arc<dyn Watch>,
    deadline: Option<Instant>,
    ended: AtomicBool,
}

impl Patience {
    fn new(watch: Arc<dyn Watch>, start: Instant, options: &Options) -> Patience {
        let seconds = options.get("seconds").and_then(Value::as_f64).filter(|s| *s > 0.0);
        let deadline = seconds.and_then(|s| Duration::try_from_secs_f64(s).ok()).map(|limit| start + limit);
        Patience { watch, deadline, ended: AtomicBool::new(false) }
    }
}

impl Watch for Patience {
    fn stop(&self) -> bool {
        if self.deadline.is_some_and(|deadline| Instant::now() > deadline) {
            self.ended.store(true, Ordering::Relaxed);
        }
        self.ended.load(Ordering::Relaxed) || self.watch.stop()
    }

    fn progress(&self, stage: &str, done: usize, total: usize) {
        self.watch.progress(stage, done, total);
    }

    fn learning(&self, loss: f64, drift: &dyn Fn() -> Option<f64>) {
        self.watch.learning(loss, drift);
    }

    fn kept(&self) -> Option<Vec<NamedArray>> {
        self.watch.kept()
    }

    fn keep(&self, checkpoint: &dyn Fn() -> Vec<NamedArray>) {
        self.watch.keep(checkpoint);
    }

    fn keep_last(&self, checkpoint: &dyn Fn() -> Vec<NamedArray>) {
        self.watch.keep_last(checkpoint);
    }
}
