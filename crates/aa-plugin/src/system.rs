//! A system script, traced: the Hamiltonian with its claims, parameters and initial conditions.

use aa_dynamics::{Coordinate, CoordinateKind, Hamiltonian, PhaseSpace};
use aa_symbolic::Expr;
use rhai::{Array, Dynamic, Map};

use crate::agreement;
use crate::confinement::Section;
use crate::engine::{Notes, formulas, guarded};
use crate::error::Error;
use crate::form::Form;
use crate::initial::{self, InitialConditions};
use crate::limits::Limits;
use crate::mathematics::Circle;
use crate::number::{Number, written_parts};
use crate::parameters::{self, Parameters};
use crate::rewrite::Dialect;
use crate::script::Script;
use crate::source::{PluginId, Source};
use crate::suggest::nearest;
use crate::words::type_name;

/// How a system is loaded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SystemSettings {
    /// `--set` overrides in their order, name and value as text; a later one wins.
    pub set: Vec<(String, String)>,
    /// Parameters that stay symbols: the Hamiltonian is then that of a family, without initial conditions.
    pub symbolic: Vec<String>,
    /// What the script may use.
    pub limits: Limits,
}

/// A Hamiltonian system as its script describes it.
#[derive(Clone, Debug)]
pub struct System {
    /// The short name.
    pub name: String,
    /// The plugin it belongs to.
    pub plugin: Option<PluginId>,
    /// Where the script is.
    pub path: String,
    /// The script.
    pub text: String,
    /// The SHA-256 of the script, in hexadecimal.
    pub sha256: String,
    /// What the script says about itself.
    pub description: String,
    /// Parameters with overrides put in.
    pub parameters: Parameters,
    /// The traced formula on its phase space.
    pub hamiltonian: Hamiltonian,
    /// What the script claims to be conserved, by name. Not verified here.
    pub claims: Vec<(String, Expr)>,
    /// Where its orbits start, if the script says so.
    pub initial: Option<InitialConditions>,
    /// What the script printed.
    pub notes: Vec<String>,
}

/// Runs a system script with symbols for coordinates and momenta.
///
/// ```
/// use aa_plugin::{Source, SystemSettings, load_system};
/// let text = "
///     fn parameters()         { #{ k: 0.1 } }
///     fn coordinates(k)       { [\"x\"] }
///     fn hamiltonian(q, p, k) { p[0]**2/2 + k.k*q[0]**2/2 }
/// ";
/// let settings = SystemSettings { set: vec![("k".into(), "16/3".into())], ..SystemSettings::default() };
/// let system = load_system(&Source::inline("spring", text), &settings).unwrap();
/// assert_eq!(system.hamiltonian.energy().to_string(), "px**2/2 + 8*x**2/3");
/// ```
///
/// # Errors
/// Everything that can be wrong with a script, with its place; unknown parameters; limits passed.
pub fn load_system(source: &Source, settings: &SystemSettings) -> Result<System, Error> {
    let _section = Section::begin(source);
    guarded(&settings.limits, || trace(source, settings))
}

fn trace(source: &Source, settings: &SystemSettings) -> Result<System, Error> {
    let notes = Notes::default();
    let mut script = Script::compile(formulas(&settings.limits, &notes), source, Dialect::Formula)?;
    let form = Form::of(&script);
    check_functions(&script, form)?;
    let numbers = parameters::read(&mut script, &settings.set)?;
    let parameters = parameters::with_symbols(&script, &numbers, &settings.symbolic)?;
    let k = Dynamic::from(parameters::to_map(&parameters));
    let space = form.phase_space(&script, &k, phase_space(&script, &k)?)?;
    let traced = Traced { script: &script, form, arguments: form.arguments(form.symbols(&space), &k) };
    let energy = traced.energy()?;
    // What the script prints in the runs that follow is the same again.
    let notes = notes.lines();
    let constants: Vec<Expr> = settings.symbolic.iter().map(|name| Expr::symbol(name)).collect();
    let hamiltonian = traced.hamiltonian(space, energy, &constants)?;
    agreement::check(&script, form, &numbers, &hamiltonian)?;
    // A claim that needs the value of a parameter says nothing where the parameter has none.
    let claims = if constants.is_empty() { traced.claims()? } else { traced.claims().unwrap_or_default() };
    let has_initial = constants.is_empty() && script.defines("initial_conditions", 1);
    let initial = if has_initial { initial::read(&script, k, form, &hamiltonian)? } else { None };
    Ok(System {
        name: source.name.clone(),
        plugin: source.plugin.clone(),
        path: source.path.clone(),
        text: source.text.clone(),
        sha256: source.sha256(),
        description: source.description(),
        parameters,
        hamiltonian,
        claims,
        initial,
        notes,
    })
}

/// The functions that the host calls, and the arguments of those that take the same ones in every form.
const FUNCTIONS: [(&str, Option<&str>); 6] = [
    ("parameters", Some("")),
    ("coordinates", Some("k")),
    ("structure", Some("z, k")),
    ("hamiltonian", None),
    ("integrals", None),
    ("initial_conditions", Some("k")),
];

fn check_functions(script: &Script, form: Form) -> Result<(), Error> {
    let functions = script.functions();
    for (name, arguments) in FUNCTIONS {
        let arguments = arguments.unwrap_or(form.parameters());
        let n_arguments = arguments.split(", ").filter(|argument| !argument.is_empty()).count();
        let takes: Vec<usize> = functions.iter().filter(|(known, _)| known == name).map(|(_, p)| p.len()).collect();
        if !takes.is_empty() && !takes.contains(&n_arguments) {
            let count = if takes[0] == 1 { "1 argument".into() } else { format!("{} arguments", takes[0]) };
            let message = format!("`{name}` is written `{name}({arguments})`; here it has {count}");
            return Err(script.fault(name, message, None));
        }
        if takes.is_empty() && matches!(name, "coordinates" | "hamiltonian") {
            let near = nearest(name, functions.iter().map(|(known, _)| known.as_str()));
            let hint = near.map(|near| format!("did you mean `{name}` where it says `{near}`?"));
            let place = near.unwrap_or(name);
            return Err(script.fault(place, format!("the script has no function `{name}({arguments})`"), hint));
        }
    }
    Ok(())
}

/// Degrees of freedom beyond this are a slip of the pen.
const MOST_COORDINATES: i64 = 4096;

fn phase_space(script: &Script, k: &Dynamic) -> Result<PhaseSpace, Error> {
    let value = script.call("coordinates", vec![k.clone()])?;
    let fault = |message: String| script.fault("coordinates", message, None);
    if let Ok(count) = value.as_int() {
        return match count {
            1..=MOST_COORDINATES => Ok(PhaseSpace::numbered(count as usize)),
            _ => Err(fault(format!("the number of coordinates is from 1 to {MOST_COORDINATES}, not {count}"))),
        };
    }
    let Some(list) = value.read_lock::<Array>() else {
        let message = format!("`coordinates` gives a count or a list of names, not {}", type_name(&value));
        return Err(fault(message));
    };
    let coordinates: Result<Vec<Coordinate>, String> = list.iter().map(coordinate).collect();
    PhaseSpace::new(coordinates.map_err(fault)?).map_err(|error| fault(error.to_string()))
}

fn coordinate(value: &Dynamic) -> Result<Coordinate, String> {
    if let Some(circle) = value.read_lock::<Circle>() {
        return Ok(Coordinate { name: circle.0.clone(), kind: CoordinateKind::Circle });
    }
    match value.read_lock::<rhai::ImmutableString>() {
        Some(name) => Ok(Coordinate { name: name.to_string(), kind: CoordinateKind::Line }),
        None => Err(format!("a coordinate is a name or `circle(\"name\")`, not {}", type_name(value))),
    }
}

/// Each claim is proved or refuted by itself.
const MOST_CLAIMS: usize = 1000;

/// Formulas with more parts cannot be read, and take minutes to print.
const MOST_PARTS: u64 = 1 << 18;

/// A script's formulas, called with symbols.
struct Traced<'a> {
    script: &'a Script,
    form: Form,
    arguments: Vec<Dynamic>,
}

impl Traced<'_> {
    /// The system of the traced energy, which a second trace must give again.
    fn hamiltonian(&self, space: PhaseSpace, energy: Expr, constants: &[Expr]) -> Result<Hamiltonian, Error> {
        let fault = |message: String| self.script.fault("hamiltonian", message, None);
        if self.energy()? != energy {
            return Err(fault("two runs of the script give two formulas".into()));
        }
        if energy.symbols().iter().all(|symbol| constants.contains(symbol)) {
            return Err(fault(format!("the energy is the constant {energy}: no coordinate and no momentum is in it")));
        }
        self.form.hamiltonian(energy, space, constants).map_err(|error| fault(error.to_string()))
    }

    fn energy(&self) -> Result<Expr, Error> {
        let value = self.script.call("hamiltonian", self.arguments.clone())?;
        let energy = Number::from_dynamic(&value).and_then(Number::into_expr).ok_or_else(|| {
            let message = format!("`hamiltonian` gives {} where the energy is needed", type_name(&value));
            let hint =
                value.is_unit().then(|| "the last line of a function is its value; `let` and loops have none".into());
            self.script.fault("hamiltonian", message, hint)
        })?;
        self.readable("hamiltonian", energy)
    }

    /// A formula that can be written out, in reports and messages.
    fn readable(&self, function: &str, formula: Expr) -> Result<Expr, Error> {
        match written_parts(&formula) {
            0..=MOST_PARTS => Ok(formula),
            _ => {
                let message = format!("written out, what `{function}` gives has more than {MOST_PARTS} parts");
                Err(self.script.fault(function, message, None))
            }
        }
    }

    fn claims(&self) -> Result<Vec<(String, Expr)>, Error> {
        let script = self.script;
        if !script.defines("integrals", self.form.n_parameters()) {
            return Ok(Vec::new());
        }
        let value = script.call("integrals", self.arguments.clone())?;
        let Some(map) = value.read_lock::<Map>() else {
            let message = format!("`integrals` gives a map like `#{{ momentum: sum(p) }}`, not {}", type_name(&value));
            return Err(script.fault("integrals", message, None));
        };
        if map.len() > MOST_CLAIMS {
            let message = format!("`integrals` gives {} claims, more than {MOST_CLAIMS}", map.len());
            return Err(script.fault("integrals", message, None));
        }
        let claim = |(name, value): (&rhai::Identifier, &Dynamic)| match Number::from_dynamic(value) {
            Some(number) => {
                Ok((name.to_string(), self.readable("integrals", number.into_expr().unwrap_or_else(Expr::zero))?))
            }
            None => Err(script.fault("integrals", format!("the integral `{name}` is {}", type_name(value)), None)),
        };
        map.iter().map(claim).collect()
    }
}
