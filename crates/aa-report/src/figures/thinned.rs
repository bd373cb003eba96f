//! Pictures of so many orbits as can be seen: a page of many orbits does not grow with their number.

use std::collections::BTreeSet;

use super::spread;
use crate::plot::{Mark, Plot, Series};

/// No more curves than this of one series.
const CURVES: usize = 200;
/// No more orbits than this of one series that is drawn as marks.
const MARKS: usize = 5000;

/// The picture with some orbits of each series, spread over all of it in their order; it says how many are left.
pub(super) fn thinned(mut plot: Plot) -> Plot {
    let all = n_orbits(&plot);
    plot.series.iter_mut().for_each(thin);
    let drawn = n_orbits(&plot);
    if drawn < all {
        plot.description += &format!(" Drawn: {drawn} of {all} orbits, spread over those of each kind.");
    }
    plot
}

fn n_orbits(plot: &Plot) -> usize {
    plot.series.iter().flat_map(|series| &series.orbits).collect::<BTreeSet<_>>().len()
}

fn thin(series: &mut Series) {
    let is_curve = matches!(series.mark, Mark::Line | Mark::DottedLine | Mark::Dashed | Mark::Named);
    let most = if is_curve { CURVES } else { MARKS };
    // Points of one orbit stand together.
    let runs: Vec<usize> = series.orbits.chunk_by(|a, b| a == b).map(<[u32]>::len).collect();
    if runs.len() <= most {
        return;
    }
    let kept: BTreeSet<usize> = spread(runs.len(), most).into_iter().collect();
    let keeps = runs.iter().enumerate().flat_map(|(run, &n)| std::iter::repeat_n(kept.contains(&run), n));
    let (mut of_points, mut of_orbits) = (keeps.clone(), keeps);
    series.points.retain(|_| of_points.next() == Some(true));
    series.orbits.retain(|_| of_orbits.next() == Some(true));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curves(class: &str, numbers: std::ops::Range<usize>) -> Series {
        Series::curves(class, class, numbers.map(|number| (number, vec![[number as f64, 0.0]; 3])))
    }

    #[test]
    fn of_many_orbits_some_of_each_kind_are_drawn_whole_and_counted() {
        let of_none = Series::named("threshold", "undecided", Mark::Dashed, vec![[0.0, 0.0]; 1000]);
        let series = vec![curves("regular", 0..900), curves("chaotic", 900..903), of_none.clone()];
        let plot = thinned(Plot { description: "Growth.".into(), series, ..Plot::default() });
        let [regular, chaotic, threshold] = &plot.series[..] else { panic!("three series") };
        assert_eq!((regular.points.len(), regular.orbits.len()), (200 * 4, 200 * 4));
        assert_eq!((regular.orbits[0], regular.orbits[799], chaotic.orbits.len()), (0, 899, 3 * 4));
        let is_of_its_orbit = |(point, orbit): (&[f64; 2], &u32)| point[0].is_nan() || point[0] == f64::from(*orbit);
        assert!(regular.points.iter().zip(&regular.orbits).all(is_of_its_orbit));
        assert_eq!(threshold.points, of_none.points);
        assert_eq!(plot.description, "Growth. Drawn: 203 of 903 orbits, spread over those of each kind.");
    }

    #[test]
    fn orbits_drawn_as_marks_may_be_more() {
        let marks = |n| Series { mark: Mark::Dot, ..curves("regular", 0..n) };
        let plot = thinned(Plot { series: vec![marks(5000), marks(6000)], ..Plot::default() });
        assert_eq!(plot.series.iter().map(|series| series.points.len()).collect::<Vec<_>>(), [20_000, 20_000]);
    }

    #[test]
    fn a_picture_of_few_orbits_is_left_as_it_is() {
        let plot = thinned(Plot { series: vec![curves("regular", 0..200)], ..Plot::default() });
        assert_eq!((plot.series[0].orbits.len(), plot.description.as_str()), (800, ""));
    }
}
