//! `aatool analyze`: the whole analysis of one system.

use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use aa_analysis::document::{System, Volatile};
use aa_analysis::{Profile, Watch};
use aa_plugin::{Analysis, PassOption, Registry, Request, parse_option};

use crate::cli::{Analyze, Kind, ProfileName, Question};
use crate::failure::Failure;
use crate::output::say;
use crate::progress::Bar;
use crate::{Ending, bundles, cli, samples, systems};

pub(crate) fn analyze(registry: &Arc<Registry>, arguments: &Analyze) -> Result<Ending, Failure> {
    let clock = Clock::start();
    for out in [&arguments.out, &arguments.report].into_iter().flatten() {
        can_write(out)?;
    }
    let request = Request {
        symbolic: arguments.symbolic.clone(),
        passes: arguments.passes.clone(),
        ..request(&arguments.question)?
    };
    let reader = Arc::new(Reader { bar: Bar::new(), aloud: arguments.format.format == Kind::Text });
    let analysis = aa_plugin::analyze(registry, &request, reader.clone());
    reader.bar.clear();
    let mut analysis = analysis?;
    analysis.document.provenance.volatile = clock.volatile();
    write(arguments, &analysis)?;
    print(arguments, &analysis);
    Ok(if analysis.is_met() { Ending::AllMet } else { Ending::NotMet })
}

/// Follows the work with a bar, and prints at once what is known from the beginning: the system.
struct Reader {
    bar: Bar,
    aloud: bool,
}

impl Watch for Reader {
    fn begun(&self, system: &System) {
        if self.aloud {
            say(bundles::head(system).trim_end());
        }
    }

    fn stop(&self) -> bool {
        self.bar.stop()
    }

    fn progress(&self, stage: &str, done: usize, total: usize) {
        self.bar.progress(stage, done, total);
    }

    fn learning(&self, loss: f64, drift: &dyn Fn() -> Option<f64>) {
        self.bar.learning(loss, drift);
    }
}

/// When a command began.
pub(crate) struct Clock {
    started: u64,
    clock: Instant,
}

impl Clock {
    pub(crate) fn start() -> Clock {
        let started = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Clock { started, clock: Instant::now() }
    }

    /// What differs between this run and another of the same.
    pub(crate) fn volatile(&self) -> Volatile {
        let words = cli::words().0.into_iter().map(|word| word.to_string_lossy().into_owned());
        Volatile {
            threads: systems::threads(),
            started: self.started,
            seconds: Some(self.clock.elapsed().as_secs_f64()),
            command: std::iter::once("aatool".to_string()).chain(words).collect(),
        }
    }
}

/// What is asked, once the threads and the instruction set asked for are in use.
pub(crate) fn request(question: &Question) -> Result<Request, Failure> {
    systems::use_threads(question.system.threads)?;
    systems::use_isa(question.isa.as_deref())?;
    Ok(Request {
        system: question.subject.system.clone().unwrap_or_default(),
        data: question.subject.data.clone(),
        map: question.layout.map.clone(),
        profile: profile(question.profile),
        options: options(&question.options)?,
        ..systems::request(&question.system)?
    })
}

fn profile(name: ProfileName) -> Profile {
    match name {
        ProfileName::Quick => Profile::Quick,
        ProfileName::Standard => Profile::Standard,
        ProfileName::Deep => Profile::Deep,
    }
}

/// Options of passes, as `--pass` gives them.
fn options(options: &[String]) -> Result<Vec<PassOption>, Failure> {
    let parse = |text: &String| {
        let wrong = || Failure::usage(format!("`--pass {text}` is not understood"), "expected PASS.OPTION=VALUE");
        parse_option(text).ok_or_else(wrong)
    };
    options.iter().map(parse).collect()
}

/// Fails now rather than after the work: the folder must be there and take a file.
pub(crate) fn can_write(path: &Path) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let probe = tempfile::Builder::new().prefix(".aatool-probe").tempfile_in(folder);
    if path.is_dir() {
        return Err(Failure::cannot_write(path, &std::io::Error::from(std::io::ErrorKind::IsADirectory)));
    }
    probe.map(drop).map_err(|error| Failure::cannot_write(path, &error))
}

fn write(arguments: &Analyze, analysis: &Analysis) -> Result<(), Failure> {
    if arguments.out.is_none() && arguments.report.is_none() {
        return Ok(());
    }
    let bundle = aa_plugin::bundle(analysis)?;
    if let Some(out) = &arguments.out {
        aa_dataset::write(&bundle, out)?;
    }
    if let Some(report) = &arguments.report {
        let samples = samples::samples(&bundle, &analysis.document)?;
        bundles::write_page(&analysis.document, &samples, arguments.out.as_deref(), report)?;
    }
    Ok(())
}

fn print(arguments: &Analyze, analysis: &Analysis) {
    let (document, out) = (&analysis.document, arguments.out.as_deref());
    let text = match arguments.format.format {
        Kind::Json => aa_report::json(document),
        // Of data nothing is known from the beginning.
        Kind::Text if arguments.question.subject.data.is_some() => bundles::text(document, out),
        Kind::Text => bundles::evidence(document, out),
    };
    say(text.trim_end());
    if arguments.timings {
        for pass in &analysis.document.passes {
            eprintln!("{:24} {:>9.3} s  {}", pass.name, pass.seconds.unwrap_or(0.0), pass.status);
        }
    }
}
