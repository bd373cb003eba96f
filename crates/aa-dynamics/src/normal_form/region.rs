//! Where a truncated normal form may be used: how far its equations of motion are those of the system.

use std::f64::consts::TAU;

use aa_kernel::Kernel;

use super::maps::{Maps, Point};
use super::modes::Form;
use super::number::Complex;
use super::series::{Layout, Series};
use crate::random::Stream;
use crate::{Error, Hamiltonian};

/// The region of use, and how it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Where the sum of |I_j| is below this, the normal form may be used; infinite where no limit was met.
    pub action: f64,
    /// The least energy on the border, where the equilibrium is a minimum and the region has a border.
    pub energy: Option<f64>,
    /// The largest relative error of the equations of motion inside.
    pub tolerance: f64,
    /// How the numbers came about.
    pub how: String,
}

/// What a frequency may be wrong by, relatively, at the border of the region.
const TOLERANCE: f64 = 1e-3;

/// Tori on which the error is measured, at each size.
const N_SAMPLES: usize = 16;

/// Sizes are searched between these powers of two.
const POWERS: f64 = 48.0;

/// What is measured: the system, the way to it, and the normal form.
pub(super) struct Measure<'a> {
    pub(super) system: &'a Hamiltonian,
    pub(super) equilibrium: &'a [f64],
    pub(super) layout: Layout,
    pub(super) maps: &'a Maps,
    pub(super) normal: &'a Series<f64>,
}

/// The region in which the error is below the tolerance on all sampled tori.
pub(super) fn region(measure: &Measure, is_minimum: bool) -> Result<Region, Error> {
    let kernel = Kernel::new(&measure.system.space().symbols(), &measure.system.rates())?;
    let samples = samples(measure.layout.dof);
    let is_good = |power: f64| {
        let errors = samples.iter().map(|z| measure.error(&kernel, &scaled(z, power)));
        errors.fold(0.0, f64::max) <= TOLERANCE
    };
    let action = match (is_good(-POWERS), is_good(POWERS)) {
        (false, _) => 0.0,
        (true, true) => f64::INFINITY,
        (true, false) => {
            let (mut low, mut high) = (-POWERS, POWERS);
            while high - low > 0.02 {
                let middle = (low + high) / 2.0;
                *(if is_good(middle) { &mut low } else { &mut high }) = middle;
            }
            low.exp2()
        }
    };
    // The energy is nearly linear in the actions, so that it is least where one mode has all of them.
    let corners = corners(measure.layout.dof);
    let border = samples.iter().chain(&corners);
    let border = border.map(|z| Point::new(measure.layout, &scaled(z, action.log2())).value(measure.normal).re);
    let energy = (is_minimum && action.is_finite()).then(|| border.fold(f64::INFINITY, f64::min));
    let how = format!(
        "largest sum of actions at which the equations of motion of the normal form, carried to the coordinates, differ \
         from those of H by less than {TOLERANCE}, relatively, at {N_SAMPLES} sampled points"
    );
    Ok(Region { action, energy, tolerance: TOLERANCE, how })
}

impl Measure<'_> {
    /// |X_normal - X_H| / |X_normal| at a point in normal variables, in linear modes; infinite where undefined.
    fn error(&self, kernel: &Kernel, z: &Form<f64>) -> f64 {
        let point = Point::new(self.layout, z);
        let relative = point.relative_rates(self.normal);
        let modes = self.maps.modes_at(&point);
        let displacement = self.maps.displacement(&modes);
        let position: Vec<f64> = self.equilibrium.iter().zip(&displacement).map(|(x, d)| x + d).collect();
        let exact = self.maps.modes(&kernel.at(&position));
        let rates = self.maps.rates(&point, &relative);
        let gap: f64 = rates.iter().zip(&exact).map(|(a, b)| a.minus(b).size().powi(2)).sum();
        let size: f64 = z.iter().zip(&relative).map(|(z, rate)| z.times(rate).size().powi(2)).sum();
        Some((gap / size).sqrt()).filter(|error| error.is_finite()).unwrap_or(f64::INFINITY)
    }
}

/// Points whose actions add up to one, spread evenly over all shares and phases; none has an action of zero.
fn samples(dof: usize) -> Vec<Form<f64>> {
    let stream = Stream::new(0, "normal form");
    let sample = |index: usize| {
        let mut draws = stream.fork(index as u64);
        let shares: Vec<f64> = (0..dof).map(|_| 1e-9 - libm::log(1.0 - draws.uniform())).collect();
        let total: f64 = shares.iter().sum();
        let mut z = |share: &f64| {
            let (size, phase) = ((share / total).sqrt(), TAU * draws.uniform());
            Complex::new(size * libm::cos(phase), size * libm::sin(phase))
        };
        shares.iter().map(&mut z).collect()
    };
    (0..N_SAMPLES).map(sample).collect()
}

/// Points at which one mode has an action of one and the others have none.
fn corners(dof: usize) -> Vec<Form<f64>> {
    let corner = |mode: usize| (0..dof).map(|i| Complex::new(f64::from(u8::from(i == mode)), 0.0)).collect();
    (0..dof).map(corner).collect()
}

/// The point whose actions are 2^power times these.
fn scaled(z: &Form<f64>, power: f64) -> Form<f64> {
    z.iter().map(|z| z.scaled(&(power / 2.0).exp2())).collect()
}
