//! A map as named arrays, for files, and back.

use crate::Error;
use crate::Pair;
use crate::frame::Frame;
use crate::hamiltonian_of_actions::Polynomial;
use crate::map::ActionAngleMap;
use crate::network::Network;
use crate::shear::ShearStack;

/// One array with its name and shape, row after row.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedArray {
    /// The name: letters, digits and underscores.
    pub name: String,
    /// The lengths of its dimensions.
    pub shape: Vec<usize>,
    /// The numbers, last index fastest.
    pub data: Vec<f64>,
}

/// The kinds in the order of their codes.
const KINDS: [Pair; 4] = [Pair::Oscillator, Pair::Rotor, Pair::Free, Pair::Frozen];

impl ActionAngleMap {
    /// Everything the map consists of. `pairs` holds codes: 0 oscillator, 1 rotor, 2 free, 3 frozen; `shears` holds
    /// a, b, w of every layer; `h_exponents` and `h_coefficients` the polynomial of the scaled actions.
    pub fn weights(&self) -> Vec<NamedArray> {
        let Network { pairs, stack, h } = &self.network;
        let dim = 2 * pairs.len();
        let code = |pair: &Pair| KINDS.iter().position(|kind| kind == pair).map_or(f64::NAN, |code| code as f64);
        let exponents = h.exponents.iter().flatten().map(|&e| f64::from(e)).collect();
        vec![
            array("pairs", vec![pairs.len()], pairs.iter().map(code).collect()),
            array("frame_centre", vec![dim], self.frame.centre.clone()),
            array("frame_matrix", vec![dim, dim], self.frame.from_latent.clone()),
            array("frame_scale", vec![1], vec![self.frame.scale]),
            array("shears", vec![stack.depth(), stack.stride()], stack.parameters.clone()),
            array("h_exponents", vec![h.exponents.len(), h.n_actions()], exponents),
            array("h_coefficients", vec![h.coefficients.len()], h.coefficients.clone()),
        ]
    }

    /// The map of these arrays, in any order.
    ///
    /// # Errors
    /// An array that is missing, has the wrong shape or holds numbers that cannot be.
    pub fn from_weights(weights: &[NamedArray]) -> Result<Self, Error> {
        let pairs: Vec<Pair> = find(weights, "pairs")?.data.iter().map(|&code| kind(code)).collect::<Result<_, _>>()?;
        let (n, dim) = (pairs.len(), 2 * pairs.len());
        let centre = shaped(weights, "frame_centre", &[dim])?;
        let matrix = shaped(weights, "frame_matrix", &[dim, dim])?;
        let scale = shaped(weights, "frame_scale", &[1])?[0];
        if n == 0 || scale <= 0.0 {
            return Err(Error::Weights("a map has pairs and a positive frame_scale".into()));
        }
        let depth = find(weights, "shears")?.shape.first().copied().unwrap_or(0);
        let parameters = shaped(weights, "shears", &[depth, dim + 2])?;
        let h = polynomial(weights, pairs.iter().filter(|pair| pair.moves()).count())?;
        Ok(ActionAngleMap {
            frame: Frame::new(n, centre, matrix, scale),
            network: Network { pairs, stack: ShearStack { dof: n, parameters }, h },
        })
    }
}

fn array(name: &str, shape: Vec<usize>, data: Vec<f64>) -> NamedArray {
    NamedArray { name: name.into(), shape, data }
}

fn find<'a>(weights: &'a [NamedArray], name: &str) -> Result<&'a NamedArray, Error> {
    weights.iter().find(|array| array.name == name).ok_or_else(|| Error::Weights(format!("no array `{name}`")))
}

/// The finite numbers of an array of this shape.
fn shaped(weights: &[NamedArray], name: &str, shape: &[usize]) -> Result<Vec<f64>, Error> {
    let array = find(weights, name)?;
    if array.shape != shape || array.data.len() != shape.iter().product::<usize>() {
        let found = &array.shape;
        return Err(Error::Weights(format!("`{name}`: expected shape {shape:?}, found {found:?}")));
    }
    if array.data.iter().any(|x| !x.is_finite()) {
        return Err(Error::Weights(format!("`{name}` holds a number that is not finite")));
    }
    Ok(array.data.clone())
}

fn kind(code: f64) -> Result<Pair, Error> {
    let known = (0..KINDS.len()).find(|&index| index as f64 == code);
    known.map(|index| KINDS[index]).ok_or_else(|| Error::Weights(format!("`pairs`: unknown kind {code}")))
}

fn polynomial(weights: &[NamedArray], n_actions: usize) -> Result<Polynomial, Error> {
    let n_terms = find(weights, "h_coefficients")?.data.len();
    let coefficients = shaped(weights, "h_coefficients", &[n_terms])?;
    if n_actions == 0 {
        return Ok(Polynomial::zero(0, 0));
    }
    let exponents = shaped(weights, "h_exponents", &[n_terms, n_actions])?;
    // An exponent is a small whole number; beyond a few dozen a power would overflow long before it meant anything.
    if exponents.iter().any(|&e| !(0.0..=64.0).contains(&e) || e.fract() != 0.0) {
        return Err(Error::Weights("`h_exponents` holds what is no exponent".into()));
    }
    let exponents = exponents.chunks_exact(n_actions).map(|row| row.iter().map(|&e| e as u32).collect()).collect();
    Ok(Polynomial { exponents, coefficients })
}
