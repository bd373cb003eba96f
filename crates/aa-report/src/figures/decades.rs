//! Points coloured by the size of a number, in classes of whole decades.

use crate::plot::{Mark, Series, power_of_ten};

/// A point, the number that colours it, and its orbit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coloured {
    pub(super) value: f64,
    pub(super) at: [f64; 2],
    pub(super) orbit: Option<u32>,
}

/// No more classes than this; the style sheet has a colour for each.
const CLASSES: usize = 6;
/// More than this are drawn as small points.
const MANY: usize = 300;

/// One series for each class, the largest numbers last; the legend begins with what the number is.
pub(super) fn by_decades(name: &str, points: &[Coloured]) -> Vec<Series> {
    let decades = points.iter().map(|point| point.value.log10()).filter(|decade| decade.is_finite());
    let ends = decades.fold(None, |ends: Option<(f64, f64)>, decade| {
        Some(ends.map_or((decade, decade), |(low, high)| (low.min(decade), high.max(decade))))
    });
    let (low, high) = ends.unwrap_or((0.0, 0.0));
    let (low, high) = (low.floor() as i32, (high.floor() + 1.0) as i32);
    let step = (high - low).unsigned_abs().div_ceil(CLASSES as u32).max(1) as i32;
    let class = |value: f64| (((value.log10().floor() as i32).max(low) - low) / step) as usize;
    let series = |k: usize| {
        let below = power_of_ten(low + (k as i32 + 1) * step);
        let label = if k == 0 { format!("{name} < {below}") } else { format!("< {below}") };
        let mark = if points.len() > MANY { Mark::Point } else { Mark::Dot };
        let of_class: Vec<&Coloured> = points.iter().filter(|point| class(point.value) == k).collect();
        let orbits = of_class.iter().filter_map(|point| point.orbit).collect();
        let points = of_class.iter().map(|point| point.at).collect();
        Series { orbits, ..Series::named(&label, &format!("diffusion-{k}"), mark, points) }
    };
    (0..CLASSES).map(series).filter(|series| !series.points.is_empty()).collect()
}
