//! Pictures of a frequency map: where the frequencies are and where the orbits start, coloured by how far the
//! frequencies move (Laskar, Physica D 67, 1993), with the resonances that orbits are on.

use aa_analysis::Document;
use serde::Deserialize;

use super::decades::{Coloured, by_decades};
use super::frame::Frame;
use super::{component_name, starting_plane};
use crate::plot::{Axis, Mark, Plot, Series};

/// What the pass `frequency_map` gives, as far as it is drawn.
#[derive(Deserialize)]
struct Map {
    orbits: usize,
    points: Vec<Point>,
    resonances: Vec<Line>,
}

/// An orbit; no frequencies where it did not reach the end.
#[derive(Deserialize)]
struct Point {
    initial: Vec<f64>,
    first: Option<Vec<f64>>,
    second: Option<Vec<f64>>,
    diffusion: Option<f64>,
}

/// A resonance k.omega = 0 and how many orbits are on it.
#[derive(Deserialize)]
struct Line {
    k: Vec<i64>,
    orbits: usize,
}

/// No more resonances than this are drawn.
const LINES: usize = 8;

/// The pictures of the document's frequency map; none where there is none.
pub(super) fn diffusion(document: &Document) -> Vec<Plot> {
    let mut artifacts = document.passes.iter().flat_map(|pass| &pass.artifacts);
    let map = artifacts.find(|(kind, _)| *kind == "frequency_map").and_then(|(_, value)| Map::deserialize(value).ok());
    match map.filter(|map| map.points.iter().any(|point| point.diffusion.is_some())) {
        Some(map) => [in_frequencies(&map), in_starts(&map, document)].into_iter().flatten().collect(),
        None => Vec::new(),
    }
}

impl Point {
    /// The mean of both windows.
    fn omega(&self) -> Option<Vec<f64>> {
        let both = self.first.as_ref()?.iter().zip(self.second.as_ref()?);
        Some(both.map(|(a, b)| 0.5 * (a + b)).collect())
    }
}

/// The axes of a picture of so many frequencies: two against each other; of more, the ratios of the second and third to
/// the first.
pub(super) fn axes(n: usize) -> [Axis; 2] {
    match n {
        2 => ["ω1, rad/time", "ω2, rad/time"].map(Axis::linear),
        _ => ["ω2/ω1", "ω3/ω1"].map(Axis::linear),
    }
}

/// Where frequencies are in such a picture.
pub(super) fn place(omega: &[f64]) -> Option<[f64; 2]> {
    match *omega {
        [a, b] => Some([a, b]),
        [a, b, c, ..] => Some([b / a, c / a]),
        _ => None,
    }
}

/// The orbits in frequency space.
fn in_frequencies(map: &Map) -> Option<Plot> {
    let n = map.points.iter().find_map(Point::omega)?.len();
    let coloured = |point: &Point| Some(Coloured { value: point.diffusion?, at: place(&point.omega()?)?, orbit: None });
    let places: Vec<Coloured> = map.points.iter().filter_map(coloured).collect();
    let frame = Frame::of(&calmer_half(&places))?;
    let (inside, outside) = within(&frame, &places);
    let mut series = by_decades("diffusion", &inside);
    series.extend(drawn(map.resonances.iter().map(|line| (line.k.clone(), line.orbits)).collect(), &frame));
    let [x, y] = axes(n);
    Some(Plot {
        id: "frequency-diffusion".to_string(),
        title: "Frequency map (measured)".to_string(),
        description: format!(
            "Frequencies of {} of {} orbits, by frequency diffusion: the largest change of a frequency from one window of \
             time to the next, over the largest frequency{outside}. Dashed: resonances k.ω = 0 that orbits are on, with k.",
            places.len(),
            map.orbits
        ),
        x,
        y,
        equal: false,
        series,
    })
}

/// Those in the frame, and in words how many are not.
pub(super) fn within(frame: &Frame, places: &[Coloured]) -> (Vec<Coloured>, String) {
    let inside: Vec<Coloured> = places.iter().copied().filter(|place| frame.holds(place.at)).collect();
    match places.len() - inside.len() {
        0 => (inside, String::new()),
        1 => (inside, "; one lies outside the picture".to_string()),
        n => (inside, format!("; {n} lie outside the picture")),
    }
}

/// The places of the half of the orbits whose frequencies move least: those of the others say little.
fn calmer_half(places: &[Coloured]) -> Vec<[f64; 2]> {
    let mut sorted = places.to_vec();
    sorted.sort_by(|a, b| a.value.total_cmp(&b.value));
    sorted.truncate(places.len().div_ceil(2));
    sorted.into_iter().map(|place| place.at).collect()
}

/// Where the orbits start, in the first plane in which starts differ.
fn in_starts(map: &Map, document: &Document) -> Option<Plot> {
    let starts: Vec<&[f64]> = map.points.iter().map(|point| point.initial.as_slice()).collect();
    let (first, second) = starting_plane(&starts, document.system.dof);
    let coloured = |point: &Point| {
        let at = [*point.initial.get(first)?, *point.initial.get(second)?];
        Some(Coloured { value: point.diffusion?, at, orbit: None })
    };
    let places: Vec<Coloured> = map.points.iter().filter_map(coloured).collect();
    let [x, y] = [first, second].map(|index| component_name(document, index));
    Some(Plot {
        id: "diffusion-starts".to_string(),
        title: "Frequency diffusion by start (measured)".to_string(),
        description: format!(
            "{y} against {x} at the start of {} of {} orbits, by frequency diffusion.",
            places.len(),
            map.orbits
        ),
        series: by_decades("diffusion", &places),
        equal: false,
        x: Axis::linear(x),
        y: Axis::linear(y),
    })
}

/// As many lines as have room, those with most orbits first.
pub(super) fn drawn(mut lines: Vec<(Vec<i64>, usize)>, frame: &Frame) -> Vec<Series> {
    lines.sort_by_key(|(_, orbits)| std::cmp::Reverse(*orbits));
    let mut drawn: Vec<(String, [[f64; 2]; 2])> = Vec::new();
    for (k, _) in &lines {
        let Some(ends) = equation(k).and_then(|line| frame.clip(line)) else { continue };
        if drawn.len() < LINES && drawn.iter().all(|(_, other)| frame.are_apart(ends[1], other[1])) {
            let words: Vec<String> = k.iter().map(|k| k.to_string().replace('-', "−")).collect();
            drawn.push((format!("({})", words.join(", ")), ends));
        }
    }
    let series = |(name, ends): (String, [[f64; 2]; 2])| Series::named(&name, "undecided", Mark::Named, ends.to_vec());
    drawn.into_iter().map(series).collect()
}

/// a, b, c of the line a x + b y + c = 0 in the picture; none where a frequency takes part that is not in it.
fn equation(k: &[i64]) -> Option<[f64; 3]> {
    match *k {
        [a, b] => Some([a as f64, b as f64, 0.0]),
        [c, a, b, ref rest @ ..] if rest.iter().all(|k| *k == 0) => Some([a as f64, b as f64, c as f64]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::svg;
    use aa_analysis::document::PassRecord;
    use serde_json::{Value, json};

    fn document(points: Value, resonances: Value) -> Document {
        let map = json!({ "orbits": 5, "points": points, "resonances": resonances });
        let artifacts = [("frequency_map".to_string(), map)].into_iter().collect();
        let mut document =
            Document { passes: vec![PassRecord { artifacts, ..PassRecord::default() }], ..Document::default() };
        document.system.dof = 2;
        document.system.coordinates = vec!["x".into(), "y".into()];
        document.system.momenta = vec!["px".into(), "py".into()];
        document
    }

    fn point(y: f64, omega: [f64; 2], diffusion: f64) -> Value {
        json!({ "initial": [0.0, y, 0.3, -y], "first": omega, "second": omega, "diffusion": diffusion })
    }

    #[test]
    fn orbits_are_coloured_by_decades_of_diffusion_and_resonances_drawn_through_them() {
        let points = json!([
            point(0.1, [1.0, 0.5], 1e-12),
            point(0.2, [0.9, 1.1], 3e-7),
            point(0.3, [1.1, 0.7], 2e-2),
            point(0.4, [0.8, 1.3], 0.0),
            { "initial": [0.0, 0.5, 0.1, 0.1], "first": null, "second": null, "diffusion": null },
        ]);
        let resonances = json!([{ "k": [1, -2], "orbits": 1 }, { "k": [2, -1], "orbits": 1 }]);
        let plots = diffusion(&document(points, resonances));
        let classes = |plot: &Plot| -> Vec<(String, String, usize)> {
            let part = |series: &Series| (series.class.clone(), series.label.clone().unwrap(), series.points.len());
            plot.series.iter().map(part).collect()
        };
        let [frequencies, starts] = &plots[..] else { panic!("two pictures") };
        let class = |k: usize, label: &str, n| (format!("diffusion-{k}"), label.to_string(), n);
        let diffusion = [class(0, "diffusion < 10⁻¹⁰", 2), class(2, "< 10⁻⁶", 1), class(5, "< 1", 1)];
        assert_eq!(classes(frequencies)[..3], diffusion);
        // A column is an axis, whichever of its frequencies is larger; 1:2 and 2:1 are two lines.
        let line = |name: &str| ("undecided".to_string(), name.to_string(), 2);
        assert_eq!(classes(frequencies)[3..], [line("(1, −2)"), line("(2, −1)")]);
        assert_eq!((frequencies.x.label.as_str(), frequencies.y.label.as_str()), ("ω1, rad/time", "ω2, rad/time"));
        assert_eq!(frequencies.series[1].points, [[0.9, 1.1]]);
        assert!(frequencies.series[3].points.iter().all(|[x, y]| (x - 2.0 * y).abs() < 1e-12));
        assert!(frequencies.series[4].points.iter().all(|[x, y]| (2.0 * x - y).abs() < 1e-12));
        assert_eq!((classes(starts).len(), starts.x.label.as_str(), starts.y.label.as_str()), (3, "y", "py"));
        assert!(svg(frequencies).unwrap().contains("(1, −2)</text>"));
    }

    #[test]
    fn the_calmer_half_decides_what_is_shown() {
        let place = |value: f64, at: [f64; 2]| Coloured { value, at, orbit: None };
        let places = [place(0.1, [9.0, 9.0]), place(1e-9, [1.0, 2.0]), place(1e-3, [2.0, 3.0])];
        assert_eq!(calmer_half(&places), [[1.0, 2.0], [2.0, 3.0]]);
        assert!(diffusion(&document(json!([]), json!([]))).is_empty() && diffusion(&Document::default()).is_empty());
    }

    #[test]
    fn resonances_of_three_frequencies_are_lines_in_the_plane_of_ratios() {
        // omega = (1, r, s) is on k where k1 + k2 r + k3 s = 0.
        assert_eq!(equation(&[1, -2, 3]), Some([-2.0, 3.0, 1.0]));
        assert_eq!((equation(&[1, 0, 0, 1]), equation(&[1, 1, 0, 0])), (None, Some([1.0, 0.0, 1.0])));
    }
}
