//! `aatool plugin`: what plugins there are and what is in them.

use aa_plugin::registry::Origin;
use aa_plugin::{Plugin, Registry, Source};
use serde_json::{Value, json};

use crate::Ending;
use crate::cli::{self, Kind};
use crate::failure::Failure;
use crate::output::{plain, say, tell};
use crate::sharing;
use crate::verify::verify;

pub(crate) fn plugin(registry: &Registry, command: &cli::Plugin) -> Result<Ending, Failure> {
    match command {
        cli::Plugin::List { format } => list(registry, format.format),
        cli::Plugin::Verify { plugin, depth, format } => {
            return verify(registry, plugin.as_deref(), (*depth).into(), format.format);
        }
        cli::Plugin::Show { name, format } => show(registry, registry.plugin(name)?, format.format)?,
        cli::Plugin::New { path } => sharing::new_plugin(path)?,
        cli::Plugin::Pack { folder, out } => sharing::pack(folder, out.as_deref())?,
        cli::Plugin::Install { what, locked, sources } => sharing::install(what.as_deref(), *locked, sources)?,
        cli::Plugin::Remove { name } => sharing::remove(name, registry)?,
        cli::Plugin::Update { names, sources } => sharing::update(names, sources)?,
        cli::Plugin::Search { text, sources, format } => sharing::search(text, sources, format.format)?,
        cli::Plugin::Vendor { folder, sources } => sharing::vendor(folder, sources)?,
        cli::Plugin::Forget { index } => sharing::forget(index)?,
        cli::Plugin::Index(arguments) => sharing::index(arguments)?,
        cli::Plugin::Key { file } => sharing::key(file)?,
    }
    Ok(Ending::AllMet)
}

fn list(registry: &Registry, kind: Kind) {
    if kind == Kind::Json {
        let all: Vec<Value> =
            registry.copies().iter().map(|plugin| document(plugin, is_hidden(registry, plugin))).collect();
        tell!("{:#}", json!({ "format": 1, "plugins": all }));
        return;
    }
    let list: String = registry.copies().iter().map(|plugin| entry(registry, plugin)).collect();
    say(list.trim_end());
    for fault in registry.faults() {
        eprintln!("not read: {}", plain(&fault.located()));
    }
}

/// A plugin's lines in the list.
fn entry(registry: &Registry, plugin: &Plugin) -> String {
    let pinned = if plugin.pinned.is_some() { ", pinned" } else { "" };
    let hidden = if is_hidden(registry, plugin) { ", hidden by the copy above" } else { "" };
    let title = format!("{}  {}  ({}{pinned}{hidden})\n", plugin.id(), plugin.manifest.about, place(plugin));
    let kinds = [("systems", &plugin.manifest.systems), ("passes", &plugin.manifest.passes)];
    let line = |(kind, names): (&str, &Vec<String>)| match names.is_empty() {
        true => String::new(),
        false => format!("  {kind:8} {}\n", names.join(", ")),
    };
    kinds.into_iter().map(line).fold(title, |text, line| format!("{text}{line}"))
}

/// Whether another copy of the plugin is found first.
fn is_hidden(registry: &Registry, plugin: &Plugin) -> bool {
    !registry.plugins().iter().any(|visible| std::ptr::eq(*visible, plugin))
}

/// Where a plugin is.
pub(crate) fn place(plugin: &Plugin) -> String {
    match plugin.origin {
        Origin::Bundled => "bundled".into(),
        _ => plugin.folder.display().to_string(),
    }
}

fn show(registry: &Registry, plugin: &Plugin, kind: Kind) -> Result<(), Failure> {
    if kind == Kind::Json {
        tell!("{:#}", document(plugin, is_hidden(registry, plugin)));
        return Ok(());
    }
    let manifest = &plugin.manifest;
    tell!("{}\n{}", plugin.id(), manifest.about);
    tell!("\nby       {}\nlicence  {}\nfrom     {}", manifest.authors.join(", "), manifest.license, place(plugin));
    let name = |item: &String| format!("{}/{item}", manifest.name);
    let systems: Vec<Source> = manifest.systems.iter().map(|s| registry.system(&name(s))).collect::<Result<_, _>>()?;
    let passes: Vec<Source> = manifest.passes.iter().map(|p| registry.pass(&name(p))).collect::<Result<_, _>>()?;
    for (title, scripts) in [("systems", systems), ("passes", passes)] {
        if !scripts.is_empty() {
            tell!("\n{title}");
        }
        for source in scripts {
            tell!("  {:22} {}", source.name, source.description().lines().next().unwrap_or_default());
        }
    }
    Ok(())
}

fn document(plugin: &Plugin, hidden: bool) -> Value {
    let manifest = &plugin.manifest;
    json!({
        "name": manifest.name,
        "version": manifest.version.to_string(),
        "about": manifest.about,
        "authors": manifest.authors,
        "license": manifest.license,
        "place": place(plugin),
        "hidden": hidden,
        "pinned": plugin.pinned.is_some(),
        "systems": manifest.systems,
        "passes": manifest.passes,
    })
}
