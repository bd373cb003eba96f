//! How far each pair turns along each orbit: first frequencies, and the warning of a separatrix.

use crate::hamiltonian_of_actions::Polynomial;
use crate::lanes::wrap;
use crate::{Error, Pair, Spread};
use faer::linalg::solvers::Solve;
use faer::{Mat, Side};

/// What one pair does along one orbit, seen in the frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    /// Net advance of the angle (of x for free and frozen pairs).
    pub(crate) advance: f64,
    /// Length of the way there, forth and back counted.
    pub(crate) path: f64,
    /// Mean action.
    pub(crate) action: f64,
}

/// The turns of all pairs along an orbit given in frame coordinates.
pub(crate) fn turns(pairs: &[Pair], orbit: &[f64]) -> Vec<Turn> {
    let n = pairs.len();
    (0..n).map(|k| turn(pairs[k], orbit.chunks_exact(2 * n).map(|row| (row[k], row[k + n])))).collect()
}

fn turn(pair: Pair, points: impl Iterator<Item = (f64, f64)>) -> Turn {
    let (mut total, mut last, mut count) = (Turn { advance: 0.0, path: 0.0, action: 0.0 }, None, 0.0);
    for (x, y) in points {
        let angle = pair.angle(x, y);
        let step = last.map_or(0.0, |last| angle - last);
        let step = if pair == Pair::Free || pair == Pair::Frozen { step } else { wrap(step) };
        total.advance += step;
        total.path += step.abs();
        total.action += pair.action(x, y);
        last = Some(angle);
        count += 1.0;
    }
    total.action /= count;
    total
}

/// Refuses a set of orbits of which most go round and some do not.
pub(crate) fn check_separatrix(pairs: &[Pair], turns: &[Vec<Turn>]) -> Result<(), Error> {
    for (k, pair) in pairs.iter().enumerate().filter(|(_, pair)| matches!(pair, Pair::Oscillator | Pair::Rotor)) {
        let judged = judged(k, *pair, turns);
        let sizes: Vec<f64> = judged.iter().map(|&o| turns[o][k].advance.abs()).collect();
        let typical = Spread::of(&sizes).median;
        let crosses = |&&o: &&usize| turns[o][k].advance.abs() < 0.2 * typical && stays(&turns[o][k]);
        let whole_turn = std::f64::consts::TAU;
        if let (true, Some(&orbit)) = (typical > 2.0 * whole_turn, judged.iter().find(crosses)) {
            return Err(Error::Separatrix {
                pair: k,
                orbit,
                turns: turns[orbit][k].advance / whole_turn,
                typical: typical / whole_turn,
            });
        }
        if let Some(&orbit) = judged.iter().find(|&&o| *pair == Pair::Rotor && librates(&turns[o][k])) {
            return Err(Error::Separatrix {
                pair: k,
                orbit,
                turns: turns[orbit][k].advance / whole_turn,
                typical: typical / whole_turn,
            });
        }
    }
    Ok(())
}

/// The orbits whose turns tell of a separatrix of pair k.
///
/// A plane that carries little of the motion may well be swept across its centre by the others, and a circle that is
/// small among its like may lie beside a centre that is found but roughly.
fn judged(k: usize, pair: Pair, turns: &[Vec<Turn>]) -> Vec<usize> {
    let sizes: Vec<f64> = turns.iter().map(|turns| turns[k].action.abs()).collect();
    let smallest = SMALL_CIRCLE * Spread::of(&sizes).median;
    let share = |turns: &Vec<Turn>| turns[k].action / turns.iter().map(|t| t.action.abs()).sum::<f64>();
    let carries = |&o: &usize| share(&turns[o]) > 0.25 && turns[o][k].action > smallest;
    (0..turns.len()).filter(|o| pair == Pair::Rotor || carries(o)).collect()
}

/// A circle of this share of the median action is a small one.
const SMALL_CIRCLE: f64 = 0.1;

/// True if the angle moves to and fro much more than it advances.
fn stays(turn: &Turn) -> bool {
    turn.path > 2.0 * turn.advance.abs()
}

/// True of an angle that has swung to and fro by more than a radian in all and got nowhere.
fn librates(turn: &Turn) -> bool {
    turn.path > 1.0 && turn.path > 4.0 * turn.advance.abs()
}

/// Linear and quadratic coefficients of h whose gradient best gives the orbits' mean rates; the rest zero.
///
/// Weighted least squares on omega_k(mean actions) = advance / duration; an orbit counts for pair k by its action
/// there, since a small circle says little about its rate.
pub(crate) fn fit_frequencies(pairs: &[Pair], turns: &[Vec<Turn>], duration: f64, h: &mut Polynomial) {
    let moving: Vec<usize> = (0..pairs.len()).filter(|&k| pairs[k].moves()).collect();
    let fitted: Vec<usize> = (0..h.exponents.len()).filter(|&j| h.exponents[j].iter().sum::<u32>() <= 2).collect();
    let mut normal = Mat::<f64>::zeros(fitted.len(), fitted.len());
    let mut right = Mat::<f64>::zeros(fitted.len(), 1);
    for orbit in turns {
        let actions: Vec<f64> = moving.iter().map(|&k| orbit[k].action).collect();
        let slopes = h.monomial_gradients(&actions);
        for (m, &k) in moving.iter().enumerate() {
            let weight = if pairs[k] == Pair::Oscillator { actions[m] } else { 1.0 };
            for (i, &j) in fitted.iter().enumerate() {
                let slope = slopes[j * moving.len() + m];
                right[(i, 0)] += weight * slope * orbit[k].advance / duration;
                for (l, &other) in fitted.iter().enumerate() {
                    normal[(i, l)] += weight * slope * slopes[other * moving.len() + m];
                }
            }
        }
    }
    // Orbits with one and the same action leave the quadratic part open; the ridge then sets it to zero.
    let size = (0..fitted.len()).map(|i| normal[(i, i)]).fold(0.0, f64::max);
    for i in 0..fitted.len() {
        normal[(i, i)] += 1e-6 * size + f64::MIN_POSITIVE;
    }
    if let Ok(factor) = normal.llt(Side::Lower) {
        let solution = factor.solve(&right);
        for (i, &j) in fitted.iter().enumerate() {
            h.coefficients[j] = solution[(i, 0)];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circle(radius: f64, omega: f64, n: usize) -> Vec<f64> {
        (0..n)
            .flat_map(|i| [radius * (omega * 0.1 * i as f64).sin(), radius * (omega * 0.1 * i as f64).cos()])
            .collect()
    }

    #[test]
    fn the_first_frequencies_follow_the_actions() {
        // omega = 1 - 0.2 I.
        let orbits: Vec<Vec<Turn>> = [0.2, 0.7, 1.1, 1.6]
            .iter()
            .map(|radius: &f64| turns(&[Pair::Oscillator], &circle(*radius, 1.0 - 0.1 * radius * radius, 201)))
            .collect();
        let mut h = Polynomial::zero(1, 3);
        fit_frequencies(&[Pair::Oscillator], &orbits, 20.0, &mut h);
        assert!((h.coefficients[0] - 1.0).abs() < 1e-4 && (h.coefficients[1] + 0.1).abs() < 1e-4, "{h:?}");
    }

    #[test]
    fn an_orbit_that_does_not_go_round_is_named() {
        let mut orbits: Vec<Vec<Turn>> = (0..5).map(|_| turns(&[Pair::Oscillator], &circle(1.0, 1.0, 300))).collect();
        let aside: Vec<f64> = circle(0.3, 1.0, 300).chunks(2).flat_map(|row| [row[0] + 1.0, row[1]]).collect();
        orbits.push(turns(&[Pair::Oscillator], &aside));
        let error = check_separatrix(&[Pair::Oscillator], &orbits).unwrap_err();
        assert!(matches!(error, Error::Separatrix { pair: 0, orbit: 5, .. }), "{error}");
        orbits.pop();
        assert!(check_separatrix(&[Pair::Oscillator], &orbits).is_ok());
    }
}
