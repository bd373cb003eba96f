//! What an analysis was asked for and of what it is, kept in its bundle: the file alone is enough to do it again.
//!
//! | dataset | what it is |
//! |---|---|
//! | `provenance/request` | parameters, starts, profile, passes, options and seed, as JSON |
//! | `provenance/sources/{name,plugin,path,text}` | the system's script, where there is one, then those of the passes that ran, as plugins list them |
//! | `provenance/data/{t,q,p}` | the orbits, where the analysis is of data |

use std::path::Path;

use aa_dataset::{Bundle, Dataset, Group, Values, ensemble, trajectories_group};
use aa_dynamics::Ensemble;

use crate::analysis::{Request, full_name};
use crate::{Error, PluginId, Source};

/// Where the parts are.
const REQUEST: &str = "provenance/request";
const SOURCES: &str = "provenance/sources";
const DATA: &str = "provenance/data";

/// All that decides what an analysis gives, but for the version of aatool and the instruction set.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// What was asked for.
    pub request: Request,
    /// What was analysed.
    pub material: Material,
    /// The scripts of the passes that ran, in the order in which plugins list them, on which that of running depends.
    pub passes: Vec<Source>,
}

/// What an analysis is of.
#[derive(Clone, Debug, PartialEq)]
pub enum Material {
    /// A system by its script.
    System(Source),
    /// Measured orbits.
    Data(Data),
}

/// Measured orbits and where they are from.
#[derive(Clone, Debug, PartialEq)]
pub struct Data {
    /// What the user calls the file.
    pub name: String,
    /// What documents call it.
    pub path: String,
    /// The SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// The plugin it belongs to.
    pub plugin: Option<PluginId>,
    /// The orbits.
    pub orbits: Ensemble,
    /// Names of coordinates, then momenta, where the file gives them.
    pub symbols: Option<Vec<String>>,
}

impl Recipe {
    /// Puts the recipe into the bundle of the analysis.
    ///
    /// # Errors
    /// The orbits do not fit together, which would be a mistake of ours.
    pub(crate) fn put(&self, bundle: &mut Bundle) -> Result<(), aa_dataset::Error> {
        let request = serde_json::to_string(&self.request).expect("a request is plain data");
        bundle.insert(REQUEST, Dataset::scalar(request).long_name("what was asked for, as JSON"));
        let system = match &self.material {
            Material::System(source) => Some(source),
            Material::Data(_) => None,
        };
        *bundle.group_mut(SOURCES) = sources_group(system.into_iter().chain(&self.passes));
        if let Material::Data(data) = &self.material {
            *bundle.group_mut(DATA) = data_group(data)?;
        }
        Ok(())
    }

    /// The recipe in a bundle; `path` is where it was read from, for messages.
    ///
    /// # Errors
    /// There is none, or it does not have the shape of one.
    pub fn of(bundle: &Bundle, path: &Path) -> Result<Recipe, Error> {
        let lacks = || Error::Lacks {
            path: path.display().to_string(),
            what: "recipe to do it again",
            hint: "`aatool analyze --out` and `aatool train` write one",
        };
        let damaged = |dataset: &str, reason: String| {
            let dataset = format!("/{dataset}");
            Error::from(aa_dataset::Error::Damaged { path: path.to_path_buf(), dataset, reason })
        };
        let request = bundle.dataset(REQUEST).map_err(|_| lacks())?.texts(REQUEST)?.concat();
        let request: Request = serde_json::from_str(&request).map_err(|error| damaged(REQUEST, error.to_string()))?;
        let sources = sources(bundle.group(SOURCES)?).map_err(|reason| damaged(SOURCES, reason))?;
        let mut sources = sources.into_iter();
        let material = match &request.data {
            Some(name) => Material::Data(data(bundle.group(DATA)?, name)?),
            None => Material::System(sources.next().ok_or_else(|| damaged(SOURCES, "the system is missing".into()))?),
        };
        Ok(Recipe { request, material, passes: sources.collect() })
    }
}

fn sources_group<'a>(sources: impl Iterator<Item = &'a Source> + Clone) -> Group {
    let mut group = Group::default();
    let mut column = |name: &str, field: fn(&Source) -> String, long_name: &str| {
        let values: Vec<String> = sources.clone().map(field).collect();
        let dataset = Dataset::array([("source", values.len())], Values::Text(values));
        group.insert(name, dataset.long_name(long_name));
    };
    column("name", |source| source.name.clone(), "short name of the script");
    column("plugin", |source| source.plugin.as_ref().map(full_name).unwrap_or_default(), "plugin it belongs to");
    column("path", |source| source.path.clone(), "where it was found");
    column("text", |source| source.text.clone(), "the script");
    group
}

fn sources(group: &Group) -> Result<Vec<Source>, String> {
    let column = |name: &str| {
        let texts = group.dataset(name).and_then(|dataset| dataset.texts(name).map(<[String]>::to_vec));
        texts.map_err(|error| error.to_string())
    };
    let [names, plugins, paths, texts] = ["name", "plugin", "path", "text"].map(column);
    let rows = names?.into_iter().zip(plugins?).zip(paths?.into_iter().zip(texts?));
    rows.map(|((name, id), (path, text))| Ok(Source { name, plugin: plugin(&id)?, path, text })).collect()
}

/// A plugin as documents name it; none of an empty name.
fn plugin(name: &str) -> Result<Option<PluginId>, String> {
    if name.is_empty() {
        return Ok(None);
    }
    let id = name.split_once('@').and_then(|(name, version)| {
        Some(PluginId { name: name.into(), version: semver::Version::parse(version).ok()? })
    });
    id.map(Some).ok_or_else(|| format!("`{name}` is no plugin with its version"))
}

fn data_group(data: &Data) -> Result<Group, aa_dataset::Error> {
    let mut group = trajectories_group(&data.orbits, None)?;
    if let Some(symbols) = &data.symbols {
        let symbols = Dataset::array([("symbol", symbols.len())], Values::Text(symbols.clone()));
        group.insert("symbols", symbols.long_name("coordinates, then momenta"));
    }
    let plugin = data.plugin.as_ref().map(full_name).unwrap_or_default();
    for (name, text) in [("path", &data.path), ("sha256", &data.sha256), ("plugin", &plugin)] {
        group.attributes.insert(name.into(), text.as_str().into());
    }
    Ok(group)
}

fn data(group: &Group, name: &str) -> Result<Data, Error> {
    let attribute = |key: &str| match group.attributes.get(key) {
        Some(aa_dataset::Attribute::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let symbols = group.dataset("symbols").ok().map(|dataset| dataset.texts("symbols").map(<[String]>::to_vec));
    let plugin = plugin(&attribute("plugin"));
    Ok(Data {
        name: name.into(),
        path: attribute("path"),
        sha256: attribute("sha256"),
        plugin: plugin.map_err(|reason| Error::UnusableData { path: name.into(), reason })?,
        orbits: ensemble(group)?,
        symbols: symbols.transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{PassOption, Start};
    use aa_analysis::Profile;
    use aa_dynamics::Sampling;

    fn source(name: &str, plugin: Option<PluginId>) -> Source {
        Source { plugin, ..Source::inline(name, "//! ω\nfn f() {}\n") }
    }

    fn there_and_back(recipe: &Recipe) -> Recipe {
        let mut bundle = Bundle::default();
        recipe.put(&mut bundle).unwrap();
        Recipe::of(&bundle, Path::new("a.h5")).unwrap()
    }

    #[test]
    fn recipes_survive_the_file() {
        let plugin = PluginId { name: "core".into(), version: semver::Version::new(1, 2, 3) };
        let start = Start {
            energy: Some((0.1, 1.0 / 3.0)),
            points: Some(vec![vec![0.1 + 0.2, -0.0]]),
            sampling: Sampling::Microcanonical,
            ..Start::default()
        };
        let option = PassOption { pass: "chaos".into(), option: "t".into(), value: 1e-300.into() };
        let request = Request {
            system: "toda".into(),
            set: vec![("n".into(), "16/3".into())],
            start,
            profile: Profile::Deep,
            options: vec![option],
            seed: u64::MAX,
            ..Request::default()
        };
        let (material, passes) = (Material::System(source("toda", None)), vec![source("chaos", Some(plugin.clone()))]);
        let recipe = Recipe { request, material, passes };
        assert_eq!(there_and_back(&recipe), recipe);
        let mut orbits = Ensemble::new(1, vec![0.0, 1.0]);
        orbits.push(vec![1.0, 2.0, 3.0, 4.0]);
        let (name, symbols) = ("swings.h5".to_string(), Some(vec!["phi".to_string(), "p_phi".to_string()]));
        let data =
            Data { name: name.clone(), path: "a/b".into(), sha256: "0".into(), plugin: Some(plugin), orbits, symbols };
        let request = Request { data: Some(name), ..recipe.request };
        let recipe = Recipe { request, material: Material::Data(data), passes: recipe.passes };
        assert_eq!(there_and_back(&recipe), recipe);
    }

    #[test]
    fn a_bundle_without_a_recipe_says_so() {
        let error = Recipe::of(&Bundle::default(), Path::new("a.h5")).unwrap_err();
        assert_eq!(error.to_string(), "a.h5 holds no recipe to do it again");
    }
}
