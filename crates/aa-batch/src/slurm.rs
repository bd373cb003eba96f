//! The engine of a cluster: arrays of Slurm jobs, each a block of tasks.
//!
//! Jobs may be put back into the queue: a job whose node went away runs its block again, and finds most of it done. What jobs
//! leave behind when they have ended, by their time limit for instance, is submitted anew. Only `sbatch` and
//! `squeue` are asked, not the accounting, which many clusters do not have. The plan, the plugins and the store must be
//! where every node sees them.

use std::fs;
use std::ops::Range;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use aa_analysis::Watch;

use crate::crew::{Crew, Finish, Run, absolute};
use crate::error::Error;
use crate::store::Store;
use crate::task::Task;

/// How often to look what has been done.
const GLANCE: Duration = Duration::from_millis(500);

/// Looks at the store for one question to `squeue`, which burdens the controller.
const GLANCES_A_QUESTION: usize = 6;

/// This many unanswered questions in a row are the end of patience: a controller restarts in less.
const MOST_UNANSWERED: usize = 60;

/// Settles every task with jobs of Slurm; `options` are handed to `sbatch` as they are.
///
/// A run that is stopped leaves its jobs in the queue; the next one finds them there and waits for them.
///
/// # Errors
/// Slurm is not there or takes no job, or jobs end without having done anything.
pub fn run(crew: &Crew, options: &[String], tasks: &[Task], store: &Store, watch: &dyn Watch) -> Result<Finish, Error> {
    let mut run = Run::new(store, tasks, watch);
    let queue = Queue { folder: absolute(store.folder()).join("slurm"), options };
    let mut known = queue.last();
    let mut left_before = usize::MAX;
    loop {
        let left = run.look();
        if left == 0 {
            return Ok(Finish::Settled);
        }
        let job = match known.take() {
            Some(job) => job,
            None if left < left_before => {
                left_before = left;
                queue.submit(crew, &blocks_left(&run, tasks, crew.jobs))?
            }
            None => return Err(fruitless(&queue)),
        };
        if wait(&mut run, &job)? == Finish::Stopped {
            return Ok(Finish::Stopped);
        }
    }
}

/// The tasks of one block of `of`, in the order of the plan.
pub fn block(index: usize, of: usize, n_tasks: usize) -> Range<usize> {
    index * n_tasks / of..(index + 1) * n_tasks / of
}

/// The blocks with tasks left; how many there are in all.
struct Blocks {
    left: Vec<usize>,
    of: usize,
}

fn blocks_left(run: &Run, tasks: &[Task], jobs: usize) -> Blocks {
    let of = jobs.clamp(1, tasks.len());
    let is_left = |index: &usize| tasks[block(*index, of, tasks.len())].iter().any(|task| run.is_left(task));
    Blocks { left: (0..of).filter(is_left).collect(), of }
}

/// Waits until a job has ended and nobody works on what is left: a claim outlives its node for a while.
fn wait(run: &mut Run, job: &str) -> Result<Finish, Error> {
    let mut is_queued = true;
    let (mut glances, mut unanswered) = (0, 0);
    loop {
        if run.is_stopped() {
            return Ok(Finish::Stopped);
        }
        if run.look() == 0 || (!is_queued && run.status().running == 0) {
            return Ok(Finish::Settled);
        }
        std::thread::sleep(GLANCE);
        glances += 1;
        if is_queued && glances % GLANCES_A_QUESTION == 0 {
            match ask(job)? {
                Some(answer) => (is_queued, unanswered) = (answer, 0),
                None if unanswered < MOST_UNANSWERED => unanswered += 1,
                None => return Err(silent(job)),
            }
        }
    }
}

/// Whether the queue holds a job; none where the controller does not answer.
fn ask(job: &str) -> Result<Option<bool>, Error> {
    let output = command("squeue", &["--noheader", "--format=%i", "--jobs", job])?;
    if output.status.success() {
        return Ok(Some(!output.stdout.trim_ascii().is_empty()));
    }
    // What the queue has forgotten has ended.
    Ok(String::from_utf8_lossy(&output.stderr).contains("Invalid job id").then_some(false))
}

fn command(program: &str, arguments: &[&str]) -> Result<Output, Error> {
    let output = Command::new(program).args(arguments).output();
    output.map_err(|_| Error::NoProgram { program: program.into() })
}

/// Where jobs are submitted, and what of them is kept in the store.
struct Queue<'a> {
    folder: PathBuf,
    options: &'a [String],
}

impl Queue<'_> {
    /// The job that was submitted last, here or by a run before this one.
    fn last(&self) -> Option<String> {
        let job = fs::read_to_string(self.folder.join("job")).ok()?;
        Some(job.trim().to_owned()).filter(|job| !job.is_empty())
    }

    fn submit(&self, crew: &Crew, blocks: &Blocks) -> Result<String, Error> {
        let script = self.folder.join("job.sh");
        let written = fs::create_dir_all(&self.folder).and_then(|()| fs::write(&script, self.script(crew, blocks)));
        written.map_err(|error| Error::cannot_write(&script, &error))?;
        let path = script.display().to_string();
        let arguments: Vec<&str> = self.options.iter().map(String::as_str).chain(["--parsable", &path]).collect();
        let output = command("sbatch", &arguments)?;
        let said = String::from_utf8_lossy(&output.stdout);
        // With several clusters the name of one follows.
        let job = said.trim().split(';').next().unwrap_or_default().to_owned();
        if !output.status.success() || job.is_empty() {
            let reason = format!("sbatch takes no job: {}", String::from_utf8_lossy(&output.stderr).trim());
            return Err(Error::Engine { reason, hint: format!("the script is {path}; give --sbatch what it lacks") });
        }
        let place = self.folder.join("job");
        fs::write(&place, &job).map_err(|error| Error::cannot_write(&place, &error))?;
        Ok(job)
    }

    /// The script of an array with one job a block.
    fn script(&self, crew: &Crew, blocks: &Blocks) -> String {
        let array = blocks.left.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let words = crew.program.display().to_string();
        let words: Vec<String> = [&words].into_iter().chain(&crew.arguments).map(|word| quoted(word)).collect();
        format!(
            "#!/bin/sh\n#SBATCH --job-name=aatool\n#SBATCH --array={array}\n#SBATCH --requeue\n#SBATCH --open-mode=append\n\
             #SBATCH --output={}/%a.log\nexec {} --block \"$SLURM_ARRAY_TASK_ID\" --of {}\n",
            self.folder.display().to_string().replace('%', "%%"),
            words.join(" "),
            blocks.of,
        )
    }
}

/// A word that a shell takes as it is.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn fruitless(queue: &Queue) -> Error {
    let reason = "the jobs ended and settled no task".into();
    Error::Engine { reason, hint: format!("what they said is in {}", queue.folder.display()) }
}

fn silent(job: &str) -> Error {
    let reason = format!("squeue does not answer about job {job}");
    Error::Engine { reason, hint: "the jobs go on; the same command waits for them".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_all_tasks_once() {
        for (of, n_tasks) in [(1, 5), (4, 200), (3, 7), (7, 7)] {
            let all: Vec<usize> = (0..of).flat_map(|index| block(index, of, n_tasks)).collect();
            assert_eq!(all, (0..n_tasks).collect::<Vec<_>>());
        }
    }

    #[test]
    fn scripts_take_paths_with_blanks_and_quotes() {
        let crew = Crew { program: "/opt/a b/aatool".into(), arguments: vec!["batch".into(), "it's".into()], jobs: 2 };
        let script = Queue { folder: "/s".into(), options: &[] }.script(&crew, &Blocks { left: vec![0, 3], of: 4 });
        assert!(script.contains("#SBATCH --array=0,3\n") && script.contains("--of 4\n"), "{script}");
        assert!(script.contains(r"exec '/opt/a b/aatool' 'batch' 'it'\''s' --block"), "{script}");
    }
}
