//! A system on the command line: its name, its parameters, where its orbits start; and `aatool check`.

use std::path::Path;

use aa_analysis::Pass;
use aa_dynamics::Sampling;
use aa_plugin::{Checked, Registry, Request, ScriptPass, Source, Start, System};

use crate::Ending;
use crate::cli::SystemArgs;
use crate::failure::Failure;
use crate::output::tell;

/// The part of a request that is about a system's parameters and orbits.
pub(crate) fn request(arguments: &SystemArgs) -> Result<Request, Failure> {
    Ok(Request {
        set: settings(&arguments.set)?,
        start: Start {
            energy: arguments.energy.as_deref().map(energy).transpose()?,
            orbits: arguments.orbits.map(orbits).transpose()?,
            points: arguments.initial.as_deref().map(points).transpose()?,
            bounds: arguments.bounds.as_deref().map(bounds).transpose()?,
            sampling: arguments.sampling.map(Sampling::from).unwrap_or_default(),
        },
        seed: arguments.seed,
        ..Request::default()
    })
}

/// Parameters set, as name and value.
pub(crate) fn settings(set: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let parse = |text: &String| match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() && !value.trim().is_empty() => {
            Ok((key.trim().into(), value.trim().into()))
        }
        _ => Err(Failure::usage(
            format!("`--set {text}` is not understood"),
            "expected KEY=VALUE, such as n=5 or C=16/3",
        )),
    };
    set.iter().map(parse).collect()
}

fn orbits(n: usize) -> Result<usize, Failure> {
    if n == 0 { Err(Failure::usage("`--orbits 0` leaves nothing to follow", "expected 1 or more")) } else { Ok(n) }
}

fn energy(text: &str) -> Result<(f64, f64), Failure> {
    let wrong =
        || Failure::usage(format!("`--energy {text}` is not understood"), "expected E or LO:HI, such as 0.1:1/8");
    range(text).ok_or_else(wrong)
}

fn bounds(text: &str) -> Result<Vec<(f64, f64)>, Failure> {
    let wrong = |part: &str| {
        let hint = "expected LO:HI for each of q1,..,p1,.., such as -0.1:0.1,0,0,0.2:0.3";
        Failure::usage(format!("`--box {text}` is not understood at `{part}`"), hint)
    };
    text.split(',').map(|part| range(part).ok_or_else(|| wrong(part))).collect()
}

/// Both ends of `LO:HI`; one number is both.
fn range(text: &str) -> Option<(f64, f64)> {
    let (low, high) = text.split_once(':').unwrap_or((text, text));
    number(low).zip(number(high)).filter(|(low, high)| low <= high)
}

/// A number as scripts spell it, p/q included.
pub(crate) fn number(text: &str) -> Option<f64> {
    aa_symbolic::parse_rational(text).map(|value| aa_symbolic::to_f64(&value))
}

/// Points from the command line, or from a file with one on each line; `#` begins a remark.
pub(crate) fn points(text: &str) -> Result<Vec<Vec<f64>>, Failure> {
    if let Some(point) = point(text) {
        return Ok(vec![point]);
    }
    let path = Path::new(text);
    let content = std::fs::read_to_string(path)
        .map_err(|e| Failure::Missing { path: text.to_string(), reason: e.to_string() })?;
    let lines = content.lines().enumerate().map(|(i, line)| (i, line.split('#').next().unwrap_or_default().trim()));
    let read = |(i, line): (usize, &str)| {
        let wrong =
            || Failure::usage(format!("{text}:{}: `{line}` is no point", i + 1), "expected numbers q1,..,p1,..");
        point(line).ok_or_else(wrong)
    };
    let points: Vec<Vec<f64>> = lines.filter(|(_, line)| !line.is_empty()).map(read).collect::<Result<_, _>>()?;
    if points.is_empty() {
        return Err(Failure::usage(format!("{text} holds no points"), "expected one point q1,..,p1,.. on each line"));
    }
    Ok(points)
}

fn point(text: &str) -> Option<Vec<f64>> {
    text.split([',', ' ', '\t']).filter(|part| !part.is_empty()).map(number).collect::<Option<Vec<f64>>>()
}

/// Bounds the threads of all parallel work.
pub(crate) fn use_threads(threads: Option<usize>) -> Result<(), Failure> {
    let Some(n) = threads else { return Ok(()) };
    if n == 0 || n > 4096 {
        return Err(Failure::usage(format!("`--threads {n}` is out of range"), "expected 1 to 4096"));
    }
    let built = rayon::ThreadPoolBuilder::new().num_threads(n).build_global();
    built.map_err(|error| Failure::usage(format!("{n} threads cannot be started: {error}"), "try fewer"))
}

/// The number of threads in use.
pub(crate) fn threads() -> usize {
    rayon::current_num_threads()
}

/// Forces an instruction set.
pub(crate) fn use_isa(isa: Option<&str>) -> Result<(), Failure> {
    let Some(name) = isa else { return Ok(()) };
    let chosen = aa_kernel::Isa::named(name);
    chosen.map(aa_kernel::Isa::force).map_err(|error| Failure::usage(error.to_string(), "leave --isa out to detect it"))
}

/// `aatool check`: reads a script or a manifest, says what is in it, and remarks on what is odd.
pub(crate) fn check(registry: &Registry, script: &str) -> Result<Ending, Failure> {
    let is_file = Path::new(script).is_file();
    let source = if is_file { Source::read(Path::new(script))? } else { registry.system(script)? };
    let (checked, remarks) = aa_plugin::check(registry, &source)?;
    match &checked {
        Checked::System(system) => describe(system),
        Checked::Pass(pass) => describe_pass(pass),
        Checked::Study => tell!("{}: a study; {}", source.path, source.description().lines().next().unwrap_or("")),
        Checked::Manifest(manifest) => tell!("{}: {} {}", source.path, manifest.name, manifest.version),
    }
    remarks.iter().for_each(|remark| tell!("{}: {}", remark.place, remark.message));
    Ok(if remarks.is_empty() { Ending::AllMet } else { Ending::NotMet })
}

fn describe_pass(pass: &ScriptPass) {
    let list = |kinds: &[String]| if kinds.is_empty() { "nothing".to_string() } else { kinds.join(", ") };
    tell!("{}: {}", pass.name(), pass.about());
    tell!("  needs {}; looks at {}; gives {}", list(pass.needs()), list(pass.uses()), list(pass.gives()));
    pass.options().iter().for_each(|(option, default)| tell!("  option {option}, by default {default}"));
}

fn describe(system: &System) {
    tell!("{}: {}", system.path, system.description.lines().next().unwrap_or("no description"));
    let space = system.hamiltonian.space();
    let names: Vec<String> = space.symbols().iter().map(|s| s.to_string()).collect();
    let plural = if space.dof() == 1 { "degree" } else { "degrees" };
    let kind = match (space.structure(), system.hamiltonian.is_driven()) {
        (Some(_), _) => " in a space with its own brackets",
        (None, true) => ", time and its momentum among them",
        (None, false) => "",
    };
    tell!("  {} {plural} of freedom{kind}: {}", space.dof(), names.join(", "));
    tell!("  H = {}", system.hamiltonian.energy());
    for (name, claim) in &system.claims {
        tell!("  claims {name} = {claim}");
    }
}
