//! The three forms of a system script: canonical, driven by time, and non-canonical.
//!
//! | form | its Hamiltonian | its phase space |
//! |---|---|---|
//! | canonical | `hamiltonian(q, p, k)` | pairs q, p |
//! | driven | `hamiltonian(q, p, t, k)` | pairs q, p and the pair t, pt |
//! | non-canonical | `hamiltonian(z, k)` with `structure(z, k)` | variables z with brackets {z_i, z_j} |

use aa_dynamics::{Hamiltonian, PhaseSpace};
use aa_symbolic::Expr;
use rhai::{Array, Dynamic};

use crate::error::Error;
use crate::number::Number;
use crate::script::Script;
use crate::words::type_name;

/// How a script writes its formulas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Canonical,
    Driven,
    Poisson,
}

impl Form {
    /// The form of a script: a `structure` or a fourth argument tells.
    pub(crate) fn of(script: &Script) -> Form {
        match script.functions().iter().any(|(name, _)| name == "structure") {
            true => Form::Poisson,
            false if script.defines("hamiltonian", 4) => Form::Driven,
            false => Form::Canonical,
        }
    }

    /// The form that a system was written in.
    pub(crate) fn of_system(system: &Hamiltonian) -> Form {
        match system.space().structure() {
            Some(_) => Form::Poisson,
            None if system.is_driven() => Form::Driven,
            None => Form::Canonical,
        }
    }

    /// The arguments that formulas take in this form.
    pub(crate) fn parameters(self) -> &'static str {
        match self {
            Form::Canonical => "q, p, k",
            Form::Driven => "q, p, t, k",
            Form::Poisson => "z, k",
        }
    }

    /// How many arguments those are.
    pub(crate) fn n_parameters(self) -> usize {
        self.parameters().split(',').count()
    }

    /// The arguments of a formula, from one value for each symbol of the phase space.
    pub(crate) fn arguments(self, values: Vec<Dynamic>, k: &Dynamic) -> Vec<Dynamic> {
        let list = |part: &[Dynamic]| Dynamic::from(part.to_vec() as Array);
        let (q, p) = values.split_at(values.len() / 2);
        match self {
            Form::Canonical => vec![list(q), list(p), k.clone()],
            Form::Driven => {
                let n = q.len() - 1;
                vec![list(&q[..n]), list(&p[..n]), q[n].clone(), k.clone()]
            }
            Form::Poisson => vec![list(&values), k.clone()],
        }
    }

    /// The numbers of a starting point.
    pub(crate) fn point_length(self, system: &Hamiltonian) -> usize {
        match self {
            Form::Canonical | Form::Poisson => system.space().dimension(),
            Form::Driven => system.space().dimension() - 2,
        }
    }

    /// A starting point, or anything with an entry for each of its numbers, with entries for time and its momentum.
    pub(crate) fn extended<T: Clone>(self, mut entries: Vec<T>, zero: T) -> Vec<T> {
        if self == Form::Driven {
            entries.insert(entries.len() / 2, zero.clone());
            entries.push(zero);
        }
        entries
    }

    /// The phase space on which formulas are traced: for a driven system, that of q, p and t without pt.
    pub(crate) fn phase_space(self, script: &Script, k: &Dynamic, plain: PhaseSpace) -> Result<PhaseSpace, Error> {
        match self {
            Form::Canonical | Form::Driven => Ok(plain),
            Form::Poisson => {
                if let Some(i) = (0..plain.dof()).find(|&i| plain.is_circle(i)) {
                    let message = format!("`{}` cannot be a circle: a structure has variables on lines", plain.q(i));
                    return Err(script.fault("coordinates", message, None));
                }
                let names: Vec<String> = plain.coordinates().iter().map(Expr::to_string).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let brackets = brackets(script, k, plain.coordinates())?;
                let space = PhaseSpace::poisson(&names, brackets);
                space.map_err(|error| script.fault("structure", error.to_string(), None))
            }
        }
    }

    /// The symbols that stand for the arguments of formulas, one for each symbol of the phase space.
    pub(crate) fn symbols(self, space: &PhaseSpace) -> Vec<Dynamic> {
        let symbols = space.symbols().iter().map(|s| Dynamic::from(Number::coordinate(s))).collect();
        let time = Dynamic::from(Number::coordinate(&Expr::symbol(aa_dynamics::hamiltonian::TIME)));
        self.extended(symbols, time)
    }

    /// The system with this energy.
    pub(crate) fn hamiltonian(
        self,
        energy: Expr,
        space: PhaseSpace,
        constants: &[Expr],
    ) -> Result<Hamiltonian, aa_dynamics::Error> {
        match self {
            Form::Canonical | Form::Poisson => Hamiltonian::with_constants(energy, space, constants),
            Form::Driven => Hamiltonian::driven(energy, &space, constants),
        }
    }
}

/// What `structure(z, k)` gives: a list of rows, each with the brackets of one variable with all.
fn brackets(script: &Script, k: &Dynamic, variables: &[Expr]) -> Result<Vec<Vec<Expr>>, Error> {
    let z: Array = variables.iter().map(|z| Dynamic::from(Number::coordinate(z))).collect();
    let value = script.call("structure", vec![z.into(), k.clone()])?;
    let fault = |message: String| {
        script.fault("structure", message, Some("write [[0, z[2], -z[1]], ...]: row i holds {z_i, z_j}".into()))
    };
    let rows = value.read_lock::<Array>();
    let rows = rows.ok_or_else(|| fault(format!("`structure` gives a list of rows, not {}", type_name(&value))))?;
    let entry = |value: &Dynamic| {
        let number = Number::from_dynamic(value).and_then(Number::into_expr);
        number.ok_or_else(|| fault(format!("a bracket of `structure` is {}", type_name(value))))
    };
    let row = |value: &Dynamic| match value.read_lock::<Array>() {
        Some(entries) => entries.iter().map(entry).collect(),
        None => Err(fault(format!("a row of `structure` is a list, not {}", type_name(value)))),
    };
    rows.iter().map(row).collect()
}
