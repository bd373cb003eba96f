//! The joint correction: all lines of a sum fitted at once, by least squares weighted with the window.
//!
//! Finding one line at a time leaves in each the leakage of its neighbours. Here amplitude, phase and frequency
//! of every line change together, by the step of Gauss and Newton, until the residual is orthogonal to every
//! line and to its slope in frequency; the window still silences what is not among the lines.

use rustfft::num_complex::Complex64;

use super::rotation::{Rotation, Series};
use super::window::Window;
use crate::cholesky::Cholesky;

/// One term of the sum: amplitude times e^{2 pi i turns n}, n counted from the middle of the series.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    pub(super) turns: f64,
    pub(super) amplitude: Complex64,
    /// The constant term: its frequency is zero and stays so.
    pub(super) constant: bool,
}

impl Term {
    /// The direction of the amplitude in the complex plane; that of one where there is no amplitude.
    fn direction(&self) -> Complex64 {
        let size = self.amplitude.norm();
        if size > 0.0 { self.amplitude / size } else { Complex64::ONE }
    }

    fn unknowns(&self) -> usize {
        if self.constant { 2 } else { 3 }
    }
}

/// A sum of lines being fitted to a signal: the terms, and what they leave of it.
pub(super) struct Fit<'a> {
    window: &'a Window,
    n: usize,
    signal: &'a Series,
    residual: Series,
    windowed: Series,
    pub(super) terms: Vec<Term>,
    /// Negative frequencies mirror the positive ones: terms after the first come in pairs.
    mirrored: bool,
}

impl<'a> Fit<'a> {
    /// A fit that has only the mean so far.
    pub(super) fn new(signal: &'a Series, n: usize, window: &'a Window, mirrored: bool) -> Self {
        let (residual, windowed) = (signal.clone(), signal.clone());
        let mut fit = Fit { window, n, signal, residual, windowed, terms: Vec::new(), mirrored };
        let amplitude = fit.amplitude_at(0.0);
        fit.add(Term { turns: 0.0, amplitude, constant: true });
        fit
    }

    /// The residual times the window, as of the last call of `apply_window`.
    pub(super) fn windowed(&self) -> &Series {
        &self.windowed
    }

    /// Adds a line at `turns` per sample (and its mirror image) with the amplitude the residual has there.
    pub(super) fn add_line(&mut self, turns: f64) {
        let line = Term { turns, amplitude: Complex64::ZERO, constant: false };
        let amplitude = self.amplitude_at(turns);
        self.add(Term { amplitude, ..line });
        if self.mirrored {
            self.add(Term { turns: -turns, amplitude: amplitude.conj(), ..line });
        }
    }

    /// Puts back an earlier set of terms.
    pub(super) fn restore(&mut self, terms: Vec<Term>) {
        self.terms = terms;
        self.rebuild();
    }

    /// Corrects the terms named together, at most `n_steps` times; the others stay.
    ///
    /// Stops once a step was below `tolerance` times the largest amplitude: the next would be its square.
    pub(super) fn correct(&mut self, active: &[usize], n_steps: usize, tolerance: f64) {
        let mut damping = 0.0;
        let mut norm = self.apply_window();
        for _ in 0..n_steps {
            let Some(step) = self.step(active, &mut damping) else { return };
            let before: Vec<Term> = active.iter().map(|&index| self.terms[index]).collect();
            let small = self.is_small(active, &step, tolerance);
            self.take(active, &step);
            let next = self.apply_window();
            if next > norm * (1.0 + 1e-9) && !small {
                self.exchange(active, &before);
                self.apply_window();
                damping = (10.0 * damping).max(1e-3);
                continue;
            }
            if small {
                return;
            }
            (norm, damping) = (next, damping * 0.1);
        }
    }

    /// Whether a step is below the tolerance, or changes frequencies by no more than their rounding.
    fn is_small(&self, active: &[usize], step: &[f64], tolerance: f64) -> bool {
        let floor = tolerance * self.largest();
        let mut step = step.iter();
        active.iter().all(|&index| {
            let term = &self.terms[index];
            let change = step.by_ref().take(2).fold(0.0, |most: f64, x| most.max(x.abs()));
            let turn = if term.constant { 0.0 } else { step.next().map_or(0.0, |x| x.abs()) };
            let cycles = f64::EPSILON * term.turns.abs() * self.n as f64;
            change <= floor && turn <= floor.max(2.0 * std::f64::consts::TAU * cycles * term.amplitude.norm())
        })
    }

    /// Takes all terms off the signal afresh, which sheds the rounding of many small changes.
    pub(super) fn rebuild(&mut self) {
        self.residual = self.signal.clone();
        for term in &self.terms {
            Rotation::new(term.turns, self.n).add_to(&mut self.residual, -term.amplitude);
        }
    }

    /// Windows the residual and returns its mean square.
    pub(super) fn apply_window(&mut self) -> f64 {
        self.residual.weighted(&self.window.weights, &mut self.windowed)
    }

    /// The largest amplitude of all lines.
    pub(super) fn largest(&self) -> f64 {
        self.terms.iter().filter(|term| !term.constant).map(|term| term.amplitude.norm()).fold(0.0, f64::max)
    }

    /// Standard error of each term's turns, neighbours' pull included; `noise` is the density of what is left
    /// around each term, as the variance that white noise of that density has.
    pub(super) fn errors(&self, noise: impl Fn(&Term) -> f64) -> Vec<f64> {
        let scatter = self.window.scatter() / (std::f64::consts::TAU * self.n as f64);
        let active: Vec<usize> = (0..self.terms.len()).collect();
        let (matrix, offsets) = self.matrix(&active);
        let size = offsets[active.len()];
        let factor = Cholesky::new(&matrix, size, 0.0).or_else(|| Cholesky::new(&matrix, size, 1e-6));
        let error = |index: usize| {
            let (term, row) = (&self.terms[index], offsets[index] + 2);
            let pull = factor.as_ref().map_or(1.0, |f| f.inverse_diagonal(row) * matrix[row * size + row]);
            let spread = (noise(term) * pull.max(1.0)).sqrt() * scatter / term.amplitude.norm();
            spread + f64::EPSILON * term.turns.abs()
        };
        active.iter().map(|&index| if self.terms[index].constant { 0.0 } else { error(index) }).collect()
    }

    /// The amplitude of the residual at a frequency.
    fn amplitude_at(&mut self, turns: f64) -> Complex64 {
        self.apply_window();
        Rotation::new(turns, self.n).moments(&self.windowed).0
    }

    fn add(&mut self, term: Term) {
        Rotation::new(term.turns, self.n).add_to(&mut self.residual, -term.amplitude);
        self.terms.push(term);
    }

    /// The step of Gauss and Newton, in units of amplitude, or none if no damping makes the lines distinct.
    fn step(&self, active: &[usize], damping: &mut f64) -> Option<Vec<f64>> {
        let (matrix, offsets) = self.matrix(active);
        let mut step = self.right_side(active);
        while *damping < 1e6 {
            if let Some(factor) = Cholesky::new(&matrix, offsets[active.len()], *damping) {
                factor.solve(&mut step);
                return Some(step);
            }
            *damping = (100.0 * *damping).max(1e-8);
        }
        None
    }

    /// The products of the residual with each active term and its slope in frequency.
    fn right_side(&self, active: &[usize]) -> Vec<f64> {
        let mut right = Vec::with_capacity(3 * active.len());
        for &index in active {
            let term = &self.terms[index];
            let back = term.direction().conj();
            let (plain, timed) = Rotation::new(term.turns, self.n).moments(&self.windowed);
            right.extend([(back * plain).re, (back * plain).im]);
            if !term.constant {
                right.push((back * timed).im);
            }
        }
        right
    }

    /// The products of the active terms and their slopes with each other, and where each term's rows begin.
    fn matrix(&self, active: &[usize]) -> (Vec<f64>, Vec<usize>) {
        let mut offsets = vec![0];
        offsets.extend(active.iter().scan(0, |end, &index| {
            *end += self.terms[index].unknowns();
            Some(*end)
        }));
        let size = offsets[active.len()];
        let mut matrix = vec![0.0; size * size];
        for (j, &row) in active.iter().enumerate() {
            for (k, &column) in active.iter().enumerate().take(j + 1) {
                let products = self.products(&self.terms[row], &self.terms[column]);
                for a in 0..self.terms[row].unknowns() {
                    for b in 0..self.terms[column].unknowns() {
                        matrix[(offsets[j] + a) * size + offsets[k] + b] = products[a][b];
                        matrix[(offsets[k] + b) * size + offsets[j] + a] = products[a][b];
                    }
                }
            }
        }
        (matrix, offsets)
    }

    /// The weighted products of (e, i e, i s e) of one term with those of another.
    fn products(&self, row: &Term, column: &Term) -> [[f64; 3]; 3] {
        let turn = row.direction().conj() * column.direction();
        let [value, slope, bend] = self.window.transform(column.turns - row.turns);
        let plain = turn * value;
        let timed = turn * Complex64::new(0.0, -slope);
        let twice = turn * -bend;
        [[plain.re, -plain.im, -timed.im], [plain.im, plain.re, timed.re], [timed.im, timed.re, twice.re]]
    }

    /// Moves the active terms by a step.
    fn take(&mut self, active: &[usize], step: &[f64]) {
        let mut step = step.iter();
        let mut next = || *step.next().expect("a step has as many entries as its terms have unknowns");
        let mut moved = Vec::with_capacity(active.len());
        for &index in active {
            let mut term = self.terms[index];
            let size = term.amplitude.norm();
            let change = term.direction() * Complex64::new(next(), next());
            if !term.constant {
                let bins = next() / (std::f64::consts::TAU * size);
                // Half a bin at a time: a farther step has left the region where the lobe is near a parabola.
                term.turns += if bins.is_nan() { 0.0 } else { bins.clamp(-0.5, 0.5) / self.n as f64 };
            }
            term.amplitude += change;
            moved.push(term);
        }
        self.exchange(active, &moved);
        self.mirror();
    }

    /// Replaces the active terms, and their parts of the residual.
    fn exchange(&mut self, active: &[usize], terms: &[Term]) {
        for (&index, &term) in active.iter().zip(terms) {
            let old = self.terms[index];
            Rotation::new(old.turns, self.n).add_to(&mut self.residual, old.amplitude);
            Rotation::new(term.turns, self.n).add_to(&mut self.residual, -term.amplitude);
            self.terms[index] = term;
        }
    }

    /// Makes mirrored pairs exact images of each other again; what that changes is rounding.
    fn mirror(&mut self) {
        if self.mirrored {
            for pair in self.terms[1..].chunks_exact_mut(2) {
                pair[1] = Term { turns: -pair[0].turns, amplitude: pair[0].amplitude.conj(), constant: false };
            }
        }
    }
}
