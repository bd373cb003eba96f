//! What a reader would remark on a script or a manifest: `aatool check`.
//!
//! What is wrong is an error and comes from reading the file; what is only odd is a remark. A remark is never made of
//! something that may be meant.

use std::collections::BTreeSet;

use aa_analysis::{Pass, instruments};
use rhai::{ASTNode, Expr, Position, Stmt};

use crate::confinement::Section;
use crate::error::{Error, Place};
use crate::pass_host::{STUDY_FUNCTIONS, ScriptPass, compile};
use crate::suggest::nearest;
use crate::{Manifest, Parameter, Registry, Script, Source, System, SystemSettings, load_system};

/// A file that was checked.
pub enum Checked {
    /// A system script.
    System(Box<System>),
    /// A pass script.
    Pass(Box<ScriptPass>),
    /// A study script.
    Study,
    /// A manifest, whose plugin stands in the folder around it.
    Manifest(Box<Manifest>),
}

/// Something odd.
#[derive(Clone, Debug, PartialEq)]
pub struct Remark {
    /// Where.
    pub place: Place,
    /// What.
    pub message: String,
}

/// Reads a script or a manifest (`.ron`), and remarks on it.
///
/// # Errors
/// What is wrong with it.
pub fn check(registry: &Registry, source: &Source) -> Result<(Checked, Vec<Remark>), Error> {
    if source.path.ends_with(".ron") {
        let manifest = Manifest::parse(&source.path, &source.text)?;
        let remarks = manifest_remarks(registry, &manifest, source);
        return Ok((Checked::Manifest(Box::new(manifest)), remarks));
    }
    let _section = Section::begin(source);
    match compile(source) {
        Ok(script) if script.defines("needs", 0) || script.defines("gives", 0) => {
            let pass = ScriptPass::of(script)?;
            let remarks = pass_remarks(registry, &pass);
            Ok((Checked::Pass(Box::new(pass)), remarks))
        }
        Ok(script) if script.defines("run", 1) || script.defines("run", 2) => Ok((Checked::Study, Vec::new())),
        _ => {
            let system = load_system(source, &SystemSettings::default())?;
            let remarks = system_remarks(&system, source);
            Ok((Checked::System(Box::new(system)), remarks))
        }
    }
}

/// Calls that are nearly those of instruments or of the study, and kinds that no pass gives.
fn pass_remarks(registry: &Registry, pass: &ScriptPass) -> Vec<Remark> {
    let script = &pass.script;
    let known: BTreeSet<&str> =
        instruments::ALL.iter().map(|instrument| instrument.name).chain(STUDY_FUNCTIONS).collect();
    let own: BTreeSet<String> = script.functions().into_iter().map(|(name, _)| name).collect();
    let mut remarks = Vec::new();
    for (name, place) in calls(script) {
        let odd = !known.contains(name.as_str()) && !own.contains(&name);
        if let Some(meant) = odd.then(|| nearest(&name, known.iter().copied())).flatten() {
            remarks.push(Remark { place, message: format!("there is no `{name}`; did you mean `{meant}`?") });
        }
    }
    let given = kinds_given(registry, pass);
    let lacking = |(function, kind): (&str, &String)| {
        let meant = nearest(kind, given.iter().map(String::as_str));
        let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
        let message = format!("`{function}` names `{kind}`, which no pass gives{meant}");
        Remark { place: script.place_of(function), message }
    };
    let needs = pass.needs().iter().map(|kind| ("needs", kind));
    let uses = pass.uses().iter().map(|kind| ("uses", kind));
    remarks.extend(needs.chain(uses).filter(|(_, kind)| !given.contains(*kind)).map(lacking));
    remarks
}

/// The kinds that passes give: those of the plugins found, this one, and the system.
fn kinds_given(registry: &Registry, pass: &ScriptPass) -> BTreeSet<String> {
    let passes = registry.plugins().into_iter().flat_map(|plugin| {
        let load = |name: &String| ScriptPass::load(&plugin.pass(name).ok()?).ok();
        plugin.manifest.passes.iter().filter_map(load).collect::<Vec<_>>()
    });
    let given = passes.flat_map(|pass| pass.gives().to_vec());
    given.chain(pass.gives().to_vec()).chain([aa_analysis::graph::SYSTEM.to_string()]).collect()
}

/// Every function that the script calls, with its place.
fn calls(script: &Script) -> Vec<(String, Place)> {
    let mut found = Vec::new();
    let mut note = |name: &str, position: Position| {
        let (line, column) = script.rewritten.original(position);
        found.push((name.to_string(), script.source().place(line, column)));
    };
    script.ast.walk(&mut |path| {
        if let Some(
            ASTNode::Expr(Expr::FnCall(call, at) | Expr::MethodCall(call, at)) | ASTNode::Stmt(Stmt::FnCall(call, at)),
        ) = path.last()
        {
            note(&call.name, *at);
        }
        true
    });
    found
}

/// Parameters that the script never reads.
fn system_remarks(system: &System, source: &Source) -> Vec<Remark> {
    let body = code(&source.text);
    let unread = |(name, _): &(&String, &Parameter)| !reads(&body, name);
    let remark = |(name, _): (&String, &Parameter)| {
        let place = source.line_with(&format!("{name}:"));
        Remark { place, message: format!("the parameter `{name}` is never read") }
    };
    system.parameters.iter().filter(unread).map(remark).collect()
}

/// The text without comments.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Whether the code reads the property somewhere: `k.name` or `k["name"]`; any other use of a whole map may read all.
fn reads(code: &str, name: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let property = code.match_indices(&format!(".{name}")).any(|(at, found)| ends(&code[at + found.len()..]));
    property || code.contains(&format!("[\"{name}\"]"))
}

/// Plugins that it depends on and that are not found.
fn manifest_remarks(registry: &Registry, manifest: &Manifest, source: &Source) -> Vec<Remark> {
    let found = |name: &str, wanted: &semver::VersionReq| {
        registry.copies().iter().any(|plugin| plugin.manifest.name == name && wanted.matches(&plugin.manifest.version))
    };
    let missing = manifest.depends.iter().filter(|(name, wanted)| !found(name, wanted));
    let remark = |(name, wanted): (&String, &semver::VersionReq)| {
        let place = source.line_with(&format!("\"{name}\""));
        Remark { place, message: format!("no plugin `{name}` of a version {wanted} is found") }
    };
    missing.map(remark).collect()
}
