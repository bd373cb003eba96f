//! The way to normal variables and back, in floating point: z = (y + i x)/sqrt 2 for each pair.

use std::f64::consts::SQRT_2;

use super::chart::Chart;
use super::lie::{in_new_variables, in_old_variables};
use super::modes::{Form, Mode, coordinates};
use super::number::{Complex, Real};
use super::series::{Layout, Monomial, Series, Terms, floating};

/// Both ways between a point's displacement and its normal variables.
#[derive(Clone, Debug)]
pub(super) struct Maps {
    layout: Layout,
    /// Linear modes as forms in the displacement, and back: twice the real part of these times the modes.
    to_modes: Vec<Form<f64>>,
    from_modes: Vec<Form<f64>>,
    /// Normal variables as polynomials in the modes, and back.
    to_normal: Vec<Series<f64>>,
    from_normal: Vec<Series<f64>>,
}

/// The factor that a coefficient gets where u is divided by the root of kappa and v multiplied.
pub(super) fn unit_scale<T: Real>(modes: &[Mode<T>], layout: Layout) -> impl Fn(Monomial) -> f64 + use<T> {
    let roots: Vec<f64> = modes.iter().map(|mode| mode.kappa.to_f64().sqrt()).collect();
    move |m| layout.turns(m).iter().zip(&roots).map(|(k, root)| root.powi(*k)).product()
}

impl Maps {
    pub(super) fn new<T: Real>(chart: &Chart, modes: &[Mode<T>], layout: Layout, generators: &[Terms<T>]) -> Maps {
        let scale = unit_scale(modes, layout);
        let generators: Vec<Terms<f64>> = generators.iter().map(|chi| floating(chi, &scale)).collect();
        let linear = |j: usize| {
            let slopes: Vec<_> = (0..layout.dof).map(|k| Complex::real(f64::from(k == j))).collect();
            Series::affine(layout.up_to(layout.degree - 1), 0.0, &slopes)
        };
        let all = || (0..layout.dof).map(linear);
        let root = |mode: &Mode<T>| mode.kappa.to_f64().sqrt();
        let to_modes = modes.iter().map(|mode| {
            let form: Form<f64> = mode.form.iter().map(|x| x.to_f64().scaled(&(1.0 / root(mode)))).collect();
            combined(&form, &chart.projection().iter().map(|entries| row(entries)).collect::<Vec<_>>())
        });
        let forms = coordinates(modes);
        let by_mode = |form: &Form<T>| -> Form<f64> {
            form.iter().zip(modes).map(|(x, mode)| x.to_f64().scaled(&root(mode))).collect()
        };
        let forms: Vec<Form<f64>> = forms.iter().map(by_mode).collect();
        Maps {
            layout,
            to_modes: to_modes.collect(),
            from_modes: chart.embedding().iter().map(|entries| combined(&row(entries), &forms)).collect(),
            to_normal: all().map(|z| in_old_variables(layout, z, &generators)).collect(),
            from_normal: all().map(|z| in_new_variables(layout, z, &generators)).collect(),
        }
    }

    /// The modes of a displacement, or of a velocity.
    pub(super) fn modes(&self, displacement: &[f64]) -> Form<f64> {
        let displacement = row(displacement);
        self.to_modes.iter().map(|form| dot(form, &displacement)).collect()
    }

    /// The displacement whose modes these are.
    pub(super) fn displacement(&self, modes: &Form<f64>) -> Vec<f64> {
        self.from_modes.iter().map(|form| 2.0 * dot(form, modes).re).collect()
    }

    /// Normal variables of a displacement.
    pub(super) fn to_normal(&self, displacement: &[f64]) -> Form<f64> {
        let point = Point::new(self.layout, &self.modes(displacement));
        self.to_normal.iter().map(|series| point.value(series)).collect()
    }

    /// The modes at a point in normal variables.
    pub(super) fn modes_at(&self, point: &Point) -> Form<f64> {
        self.from_normal.iter().map(|series| point.value(series)).collect()
    }

    /// How these modes change where the normal variables turn at the rates z'/z.
    pub(super) fn rates(&self, point: &Point, relative_rates: &Form<f64>) -> Form<f64> {
        self.from_normal.iter().map(|series| point.rate(series, relative_rates)).collect()
    }
}

/// Powers of z and of its conjugate.
pub(super) struct Point {
    layout: Layout,
    powers: Vec<Vec<Complex<f64>>>,
}

impl Point {
    pub(super) fn new(layout: Layout, z: &Form<f64>) -> Point {
        let powers = |x: Complex<f64>| {
            let mut powers = vec![Complex::real(1.0)];
            (0..layout.degree).for_each(|e| powers.push(powers[e].times(&x)));
            powers
        };
        Point { layout, powers: z.iter().cloned().chain(z.iter().map(Complex::conj)).map(powers).collect() }
    }

    pub(super) fn value(&self, series: &Series<f64>) -> Complex<f64> {
        series.terms().fold(Complex::zero(), |sum, (m, c)| sum.plus(&self.term(*m, c)))
    }

    fn term(&self, monomial: Monomial, coefficient: &Complex<f64>) -> Complex<f64> {
        let exponents = self.powers.iter().enumerate().map(|(i, powers)| (powers, self.layout.exponent(monomial, i)));
        let factors = exponents.filter(|(_, e)| *e > 0).map(|(powers, e)| &powers[e as usize]);
        factors.fold(coefficient.clone(), |product, factor| product.times(factor))
    }

    /// The rate of a polynomial where z'/z is given; no z is zero.
    fn rate(&self, series: &Series<f64>, relative: &Form<f64>) -> Complex<f64> {
        let n = self.layout.dof;
        let rate = |m: Monomial| {
            let share = |j: usize| {
                let of_v = relative[j].conj().scaled(&f64::from(self.layout.exponent(m, j + n)));
                relative[j].scaled(&f64::from(self.layout.exponent(m, j))).plus(&of_v)
            };
            (0..n).fold(Complex::zero(), |sum, j| sum.plus(&share(j)))
        };
        series.terms().fold(Complex::zero(), |sum, (m, c)| sum.plus(&self.term(*m, c).times(&rate(*m))))
    }

    /// z_j'/z_j = i (v_j dH/dv_j) / (u_j v_j) in the flow of a Hamiltonian; no z is zero.
    pub(super) fn relative_rates(&self, hamiltonian: &Series<f64>) -> Form<f64> {
        let n = self.layout.dof;
        let mut rates = vec![Complex::zero(); n];
        for (m, c) in hamiltonian.terms() {
            let term = self.term(*m, c);
            for (j, rate) in rates.iter_mut().enumerate() {
                *rate = rate.plus(&term.scaled(&f64::from(self.layout.exponent(*m, j + n))));
            }
        }
        let square = |j: usize| self.powers[j][1].size().powi(2);
        rates.iter().enumerate().map(|(j, rate)| rate.turned().scaled(&(1.0 / square(j)))).collect()
    }
}

/// x1..xn, y1..yn as z = (y + i x)/sqrt 2.
pub(super) fn complex_of(real: &[f64]) -> Form<f64> {
    let (x, y) = real.split_at(real.len() / 2);
    x.iter().zip(y).map(|(x, y)| Complex::new(y / SQRT_2, x / SQRT_2)).collect()
}

/// x1..xn, y1..yn of these z.
pub(super) fn real_of(z: &Form<f64>) -> Vec<f64> {
    z.iter().map(|z| SQRT_2 * z.im).chain(z.iter().map(|z| SQRT_2 * z.re)).collect()
}

/// The combination of some rows.
fn combined(shares: &Form<f64>, rows: &[Form<f64>]) -> Form<f64> {
    let entry = |i: usize| {
        let parts = shares.iter().zip(rows).map(|(share, row)| share.times(&row[i]));
        parts.fold(Complex::zero(), |sum, part| sum.plus(&part))
    };
    (0..rows[0].len()).map(entry).collect()
}

fn dot(a: &Form<f64>, b: &Form<f64>) -> Complex<f64> {
    a.iter().zip(b).fold(Complex::zero(), |sum, (x, y)| sum.plus(&x.times(y)))
}

fn row<T: Real>(entries: &[T]) -> Form<f64> {
    entries.iter().map(|x| Complex::real(x.to_f64())).collect()
}
