//! What the page's script draws from: every plot's points, and orbits.

use std::collections::BTreeMap;

use aa_analysis::Document;
use aa_analysis::document::{ChaosOrbit, FrequencyOrbit};
use serde_json::{Map, Value, json};

use crate::base64::floats;
use crate::figures::spread;
use crate::markup::{element, harmless};
use crate::plot::{Axis, Plot, Scale, Series};
use crate::samples::Samples;
use crate::starts::Starts;

/// No more orbits than this can be chosen one by one.
const MOST_ORBITS: usize = 2000;

/// Numbers of all orbits together that the page holds to draw them one by one; more are thinned.
const MOST: usize = 400_000;

/// The data as a block that no browser runs; nothing in it can end the block.
pub(super) fn block(data: &Value) -> String {
    let text: String = data.to_string().replace('<', "\\u003c").chars().map(harmless).collect();
    element("script", &[("type", "application/json"), ("id", "data")], &text)
}

/// The data of these plots, without orbits.
pub(super) fn plots<'a>(plots: impl Iterator<Item = &'a Plot>) -> Value {
    plots.map(plot).collect()
}

fn plot(plot: &Plot) -> Value {
    let series: Vec<Value> = plot.series.iter().map(series).collect();
    json!({"id": plot.id, "title": plot.title, "x": axis(&plot.x), "y": axis(&plot.y), "equal": plot.equal,
        "series": series})
}

fn axis(axis: &Axis) -> Value {
    json!({"label": axis.label, "log": axis.scale == Scale::Logarithmic})
}

fn series(series: &Series) -> Value {
    let mut runs: Vec<(u32, usize)> = Vec::new();
    for orbit in &series.orbits {
        match runs.last_mut() {
            Some((last, n)) if last == orbit => *n += 1,
            _ => runs.push((*orbit, 1)),
        }
    }
    let points = floats(series.points.iter().flatten().copied());
    json!({"label": series.label, "class": series.class, "mark": series.mark.name(), "points": points, "orbits": runs})
}

/// Orbits, spread over all, by their numbers: what each does, where it goes, its lines, its learned actions.
pub(super) fn orbits(document: &Document, samples: &Samples, starts: &Starts) -> Value {
    let numbers = spread(starts.len(), MOST_ORBITS);
    if numbers.is_empty() {
        return Value::Null;
    }
    let list = Known::of(document, samples, starts).list(&numbers);
    let beginnings = &samples.beginnings;
    let system = &document.system;
    let names = [system.coordinates.clone(), system.momenta.clone()].concat();
    let width = beginnings.width.max(names.len());
    let circles: Vec<bool> = (0..width).map(|i| beginnings.circles.get(i) == Some(&true)).collect();
    let t: Vec<f64> = [beginnings.t.first(), beginnings.t.last()].into_iter().flatten().copied().collect();
    json!({"numbers": numbers, "list": list, "names": names, "circles": circles, "width": width, "dof": beginnings.dof, "t": t,
        "modes": modes(document), "pairs": samples.tori.pairs, "actionTimes": samples.tori.t})
}

/// The names of the coordinates in which spectra are taken: those of the system, where nothing was reduced.
fn modes(document: &Document) -> Vec<String> {
    let orbits = document.frequencies.iter().flat_map(|frequencies| &frequencies.orbits);
    let n = orbits.map(|orbit| orbit.lines.len()).max().unwrap_or(0);
    let system = &document.system;
    if n == system.coordinates.len() { system.coordinates.clone() } else { Vec::new() }
}

/// What is known of orbits, by their numbers.
struct Known<'a> {
    document: &'a Document,
    samples: &'a Samples,
    starts: &'a Starts,
    chaos: BTreeMap<usize, (usize, &'a ChaosOrbit)>,
    frequencies: BTreeMap<usize, (usize, &'a FrequencyOrbit)>,
    beginnings: BTreeMap<usize, (usize, &'a Vec<f64>)>,
}

impl<'a> Known<'a> {
    fn of(document: &'a Document, samples: &'a Samples, starts: &'a Starts) -> Known<'a> {
        let chaos = document.chaos.iter().flat_map(|chaos| &chaos.orbit);
        let frequencies = document.frequencies.iter().flat_map(|frequencies| &frequencies.orbits);
        let beginnings = &samples.beginnings;
        Known {
            document,
            samples,
            starts,
            chaos: starts.numbered(chaos, |orbit| Some(&orbit.initial)),
            frequencies: starts.numbered(frequencies, |orbit| Some(&orbit.initial)),
            beginnings: starts.numbered(&beginnings.orbits, |rows| rows.get(..beginnings.width)),
        }
    }

    fn list(&self, numbers: &[usize]) -> Vec<Value> {
        let rows = numbers.iter().filter_map(|number| self.beginnings.get(number));
        let every = rows.map(|(_, rows)| rows.len()).sum::<usize>().div_ceil(MOST).max(1);
        numbers.iter().map(|&number| self.orbit(number, every)).collect()
    }

    fn orbit(&self, number: usize, every: usize) -> Value {
        let mut out = Map::new();
        out.insert("start".into(), self.starts.start(number).into());
        if let Some((_, orbit)) = self.chaos.get(&number) {
            out.insert("state".into(), orbit.state.as_str().into());
            out.insert("lyapunov".into(), orbit.lyapunov.into());
            out.insert("sali".into(), orbit.sali.into());
        }
        if let Some((_, orbit)) = self.frequencies.get(&number) {
            out.extend(of_frequencies(self.document, orbit));
        }
        if let Some((index, rows)) = self.beginnings.get(&number) {
            let rows = rows.chunks_exact(self.samples.beginnings.width.max(1)).step_by(every);
            out.insert("rows".into(), floats(rows.flatten().copied()).into());
            if let Some(actions) = self.samples.tori.actions.get(*index) {
                out.insert("actions".into(), floats(actions.iter().copied()).into());
            }
        }
        out.into()
    }
}

/// Lines of a spectrum beyond this many are too weak to see.
const LINES: usize = 12;

fn of_frequencies(document: &Document, orbit: &FrequencyOrbit) -> [(String, Value); 5] {
    let agreement = document.frequencies.as_ref().and_then(|frequencies| frequencies.agreement.as_ref());
    let measured = orbit.measured.as_ref().map(|measured| crate::words::reordered(agreement, measured));
    let lines = |lines: &Vec<aa_analysis::document::SpectralLine>| -> Vec<[f64; 2]> {
        lines.iter().take(LINES).map(|line| [line.omega, line.amplitude]).collect()
    };
    let lines: Vec<Vec<[f64; 2]>> = orbit.lines.iter().map(lines).collect();
    [
        ("measured".into(), json!(measured)),
        ("learned".into(), json!(orbit.learned)),
        ("action".into(), json!(orbit.actions)),
        ("diffusion".into(), json!(orbit.diffusion)),
        ("lines".into(), json!(lines)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Mark;

    #[test]
    fn orbits_of_points_are_kept_as_runs() {
        let mut two = Series::named("a", "regular", Mark::Point, vec![[1.0, 2.0]; 5]);
        two.orbits = vec![7, 7, 7, 2, 2];
        assert_eq!(series(&two)["orbits"], json!([[7, 3], [2, 2]]));
    }

    #[test]
    fn no_name_ends_the_block() {
        assert!(!block(&json!("</script><script>")).contains("</script><"));
    }
}
