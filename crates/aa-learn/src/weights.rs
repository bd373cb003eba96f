//! A map as named arrays, for files, and back.

use crate::Error;
use crate::Pair;
use crate::family::{dependence_arrays, dependence_of};
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
        let dim = 2 * self.network.pairs.len();
        let frame = [
            array("frame_centre", vec![dim], self.frame.centre.clone()),
            array("frame_matrix", vec![dim, dim], self.frame.from_latent.clone()),
            array("frame_scale", vec![1], vec![self.frame.scale]),
        ];
        network_arrays(&self.network).into_iter().chain(frame).collect()
    }

    /// The map of these arrays, in any order.
    ///
    /// # Errors
    /// An array that is missing, has the wrong shape or holds numbers that cannot be.
    pub fn from_weights(weights: &[NamedArray]) -> Result<Self, Error> {
        let network = network_of(weights)?;
        let (n, dim) = (network.pairs.len(), 2 * network.pairs.len());
        let centre = shaped(weights, "frame_centre", &[dim])?;
        let matrix = shaped(weights, "frame_matrix", &[dim, dim])?;
        let scale = shaped(weights, "frame_scale", &[1])?[0];
        if scale <= 0.0 {
            return Err(Error::Weights("a map has a positive frame_scale".into()));
        }
        Ok(ActionAngleMap { frame: Frame::new(n, centre, matrix, scale), network })
    }
}

pub(crate) fn network_arrays(network: &Network) -> Vec<NamedArray> {
    let Network { pairs, stack, h, .. } = network;
    let code = |pair: &Pair| KINDS.iter().position(|kind| kind == pair).map_or(f64::NAN, |code| code as f64);
    let exponents = h.exponents.iter().flatten().map(|&e| f64::from(e)).collect();
    let own = [
        array("pairs", vec![pairs.len()], pairs.iter().map(code).collect()),
        array("shears", vec![stack.depth(), stack.stride()], stack.parameters.clone()),
        array("h_exponents", vec![h.exponents.len(), h.n_actions()], exponents),
        array("h_coefficients", vec![h.coefficients.len()], h.coefficients.clone()),
    ];
    own.into_iter().chain(dependence_arrays(network)).collect()
}

pub(crate) fn network_of(weights: &[NamedArray]) -> Result<Network, Error> {
    let pairs: Vec<Pair> = find(weights, "pairs")?.data.iter().map(|&code| kind(code)).collect::<Result<_, _>>()?;
    if pairs.is_empty() {
        return Err(Error::Weights("a map has `pairs`".into()));
    }
    let depth = find(weights, "shears")?.shape.first().copied().unwrap_or(0);
    let parameters = shaped(weights, "shears", &[depth, 2 * pairs.len() + 2])?;
    let h = polynomial(weights, pairs.iter().filter(|pair| pair.moves()).count())?;
    let family = dependence_of(weights, depth, h.coefficients.len())?;
    Ok(Network { family, stack: ShearStack { dof: pairs.len(), parameters }, pairs, h })
}

pub(crate) fn array(name: &str, shape: Vec<usize>, data: Vec<f64>) -> NamedArray {
    NamedArray { name: name.into(), shape, data }
}

pub(crate) fn find<'a>(weights: &'a [NamedArray], name: &str) -> Result<&'a NamedArray, Error> {
    weights.iter().find(|array| array.name == name).ok_or_else(|| Error::Weights(format!("no array `{name}`")))
}

/// The finite numbers of an array of this shape.
pub(crate) fn shaped(weights: &[NamedArray], name: &str, shape: &[usize]) -> Result<Vec<f64>, Error> {
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
    Ok(Polynomial { exponents: exponents(weights, "h_exponents", [n_terms, n_actions])?, coefficients })
}

/// The exponents of some monomials.
pub(crate) fn exponents(weights: &[NamedArray], name: &str, shape: [usize; 2]) -> Result<Vec<Vec<u32>>, Error> {
    let exponents = shaped(weights, name, &shape)?;
    // An exponent is a small whole number; beyond a few dozen a power would overflow long before it meant anything.
    if exponents.iter().any(|&e| !(0.0..=64.0).contains(&e) || e.fract() != 0.0) {
        return Err(Error::Weights(format!("`{name}` holds what is no exponent")));
    }
    Ok(exponents.chunks_exact(shape[1].max(1)).map(|row| row.iter().map(|&e| e as u32).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Precision;
    use aa_dynamics::random::Stream;

    fn map() -> ActionAngleMap {
        let pairs = vec![Pair::Rotor, Pair::Oscillator, Pair::Frozen];
        let mut h = Polynomial::zero(2, 3);
        h.coefficients.iter_mut().enumerate().for_each(|(j, c)| *c = 1.0 / (1.0 + j as f64));
        let network = Network::random(&pairs, h, 6, &[1.0; 6], &mut Stream::new(1, "map"));
        let matrix = (0..36).map(|i| if i % 7 == 0 { [1.0, 2f64.sqrt()][usize::from(i / 7 % 3 > 0)] } else { 0.0 });
        let mut matrix: Vec<f64> = matrix.collect();
        matrix[3 * 7] = 2.0;
        ActionAngleMap { frame: Frame::new(3, vec![0.1; 6], matrix, 2.0), network }
    }

    #[test]
    fn a_map_survives_the_way_through_its_weights() {
        let map = map();
        let mut weights = map.weights();
        weights.reverse();
        let back = ActionAngleMap::from_weights(&weights).unwrap();
        assert_eq!(back, map);
        let z = [0.3, -0.2, 0.5, 0.9, 0.1, -0.4];
        assert_eq!(back.predict(&z, 7.5), map.predict(&z, 7.5));
    }

    #[test]
    fn predictions_in_single_precision_keep_their_digits_after_many_turns() {
        let (map, t) = (map(), [0.3, 12.0]);
        let turned = 1e4 * std::f64::consts::TAU;
        for angle in [0.3, 0.3 + turned] {
            let z = [angle, -0.2, 0.5, 0.9, 0.1, -0.4];
            let [single, double] = Precision::ALL.map(|precision| map.predict_many_in(precision, &z, &t));
            let gap = single.iter().zip(&double).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(gap > 0.0 && gap < 1e-5, "{gap:e}");
        }
    }

    #[test]
    fn damaged_weights_are_refused_by_name() {
        for damage in 0..7 {
            let mut weights = map().weights();
            let name = weights[damage].name.clone();
            weights[damage].data[0] = f64::NAN;
            let error = ActionAngleMap::from_weights(&weights).unwrap_err().to_string();
            assert!(error.contains(&name) || error.contains("exponent"), "{name}: {error}");
            weights.remove(damage);
            assert!(ActionAngleMap::from_weights(&weights).unwrap_err().to_string().contains(&name));
        }
    }

    #[test]
    fn the_derivatives_of_a_map_agree_with_differences_and_are_symplectic() {
        let map = map();
        let (z, t, step) = ([0.3, -0.2, 0.5, 0.9, 0.1, -0.4], 3.0, 1e-6);
        let (latent, flow) = (map.jacobian(&z), map.flow_jacobian(&z, t));
        for j in 0..6 {
            let (mut up, mut down) = (z, z);
            up[j] += step;
            down[j] -= step;
            let (above, below) = (map.latent(&up), map.latent(&down));
            let (later_above, later_below) = (map.predict(&up, t), map.predict(&down, t));
            for i in 0..6 {
                assert!((latent[i * 6 + j] - (above[i] - below[i]) / (2.0 * step)).abs() < 1e-7);
                assert!((flow[i * 6 + j] - (later_above[i] - later_below[i]) / (2.0 * step)).abs() < 1e-6);
            }
        }
        assert!(crate::symplectic_defect(3, &latent) < 1e-13);
        assert!(map.symplectic_defect(&z, t) < 1e-13);
    }

    #[test]
    fn frequencies_are_the_gradient_of_the_energy_in_the_units_of_the_data() {
        let (map, actions, step) = (map(), [0.7, 0.4, 0.2], 1e-6);
        let omega = map.frequencies(&actions);
        for k in 0..3 {
            let (mut up, mut down) = (actions, actions);
            up[k] += step;
            down[k] -= step;
            let difference = (map.energy(&up) - map.energy(&down)) / (2.0 * step);
            assert!((omega[k] - difference).abs() < 1e-8, "pair {k}");
        }
        assert_eq!(omega[2], 0.0);
    }
}
