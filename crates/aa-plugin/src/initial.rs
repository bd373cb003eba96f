//! Where the orbits of a system start, as its script asks.

use aa_dynamics::Hamiltonian;
use rhai::{Array, Dynamic, Map};

use crate::Code;
use crate::error::Error;
use crate::form::Form;
use crate::number::Number;
use crate::script::Script;
use crate::words::type_name;

/// What `initial_conditions(k)` gives; every part is optional. Points are q, then p.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InitialConditions {
    /// Lower and upper ends, one pair for each of q1..qn, p1..pn.
    pub bounds: Option<Vec<(f64, f64)>>,
    /// Absolute energies, lowest and highest; equal where one energy is meant.
    pub energy: Option<(f64, f64)>,
    /// How many orbits.
    pub count: Option<usize>,
    /// Points, as many numbers each as the phase space has variables.
    pub points: Vec<Vec<f64>>,
}

const FUNCTION: &str = "initial_conditions";
const KEYS: [&str; 4] = ["box", "energy", "count", "points"];

/// Orbits that a script may ask for.
const MOST_ORBITS: usize = 100_000;

/// Reads the script's initial conditions. A driven system starts at time 0.
pub(crate) fn read(
    script: &Script,
    k: Dynamic,
    form: Form,
    system: &Hamiltonian,
) -> Result<Option<InitialConditions>, Error> {
    let length = form.point_length(system);
    let value = script.call(FUNCTION, vec![k])?;
    let fault = |message: String| script.fault(FUNCTION, message, None).coded(Code::Initial);
    let Some(map) = value.read_lock::<Map>() else {
        return Err(fault(format!("`{FUNCTION}` gives a map like `#{{ energy: 1 }}`, not {}", type_name(&value))));
    };
    if let Some(odd) = map.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(fault(format!("`{odd}` is no part of initial conditions; they have {}", KEYS.join(", "))));
    }
    let mut conditions = InitialConditions::default();
    if let Some(value) = map.get("box") {
        conditions.bounds = Some(form.extended(bounds(value, length).map_err(fault)?, (0.0, 0.0)));
    }
    if let Some(value) = map.get("energy") {
        conditions.energy = Some(energy(value).map_err(fault)?);
    }
    if let Some(value) = map.get("count") {
        conditions.count = Some(count(value).map_err(fault)?);
    }
    if let Some(value) = map.get("points") {
        let points = points(value, length).map_err(fault)?;
        conditions.points = points.into_iter().map(|point| form.extended(point, 0.0)).collect();
    }
    Ok(Some(conditions))
}

fn bounds(value: &Dynamic, length: usize) -> Result<Vec<(f64, f64)>, String> {
    let pairs = value.read_lock::<Array>().ok_or("`box` is a list of pairs, one for each coordinate and momentum")?;
    if pairs.len() != length {
        return Err(format!("`box` has {} pairs where {length} are needed: q, then p", pairs.len()));
    }
    pairs.iter().enumerate().map(|(i, value)| pair(value, &format!("pair {} of `box`", i + 1))).collect()
}

fn energy(value: &Dynamic) -> Result<(f64, f64), String> {
    if value.is_array() {
        return pair(value, "`energy`");
    }
    let energy = float(value, "`energy`")?;
    Ok((energy, energy))
}

fn count(value: &Dynamic) -> Result<usize, String> {
    let count = value.as_int().ok().and_then(|count| usize::try_from(count).ok());
    let wrong = || format!("`count` is a whole number from 1 to {MOST_ORBITS}; `--orbits` takes more");
    count.filter(|count| (1..=MOST_ORBITS).contains(count)).ok_or_else(wrong)
}

fn points(value: &Dynamic, length: usize) -> Result<Vec<Vec<f64>>, String> {
    let points = value.read_lock::<Array>().ok_or("`points` is a list of points")?;
    points.iter().enumerate().map(|(i, value)| point(value, &format!("point {} of `points`", i + 1), length)).collect()
}

fn point(value: &Dynamic, name: &str, length: usize) -> Result<Vec<f64>, String> {
    let numbers = value.read_lock::<Array>().ok_or_else(|| format!("{name} is a list of {length} numbers"))?;
    if numbers.len() != length {
        return Err(format!("{name} has {} numbers where {length} are needed: q, then p", numbers.len()));
    }
    numbers.iter().map(|value| float(value, name)).collect()
}

fn pair(value: &Dynamic, name: &str) -> Result<(f64, f64), String> {
    let shape = || format!("{name} is a pair of numbers, lower end first");
    let numbers = value.read_lock::<Array>().ok_or_else(shape)?;
    let [low, high] = numbers.as_slice() else { return Err(shape()) };
    let (low, high) = (float(low, name)?, float(high, name)?);
    if low <= high {
        Ok((low, high))
    } else {
        Err(format!("{name} has its lower end {low} above its upper end {high}"))
    }
}

fn float(value: &Dynamic, name: &str) -> Result<f64, String> {
    let number = Number::from_dynamic(value).and_then(|number| number.to_f64());
    number.filter(|x| x.is_finite()).ok_or_else(|| format!("{name} needs numbers, not {}", type_name(value)))
}
