//! What the page's script draws from: every plot's points, and every orbit.

use aa_analysis::Document;
use aa_analysis::document::FrequencyOrbit;
use serde_json::{Map, Value, json};

use crate::base64::floats;
use crate::markup::{element, harmless};
use crate::plot::{Axis, Plot, Scale, Series};
use crate::samples::Samples;
use crate::starts::Starts;

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

/// Every orbit by its number: what it does, where it goes, its lines, its learned actions.
pub(super) fn orbits(document: &Document, samples: &Samples, starts: &Starts) -> Value {
    let list: Vec<Value> = starts.iter().map(|start| orbit(document, samples, starts, start)).collect();
    if list.is_empty() {
        return Value::Null;
    }
    let beginnings = &samples.beginnings;
    let system = &document.system;
    let names = [system.coordinates.clone(), system.momenta.clone()].concat();
    let width = beginnings.width.max(names.len());
    let circles: Vec<bool> = (0..width).map(|i| beginnings.circles.get(i) == Some(&true)).collect();
    let t: Vec<f64> = [beginnings.t.first(), beginnings.t.last()].into_iter().flatten().copied().collect();
    json!({"list": list, "names": names, "circles": circles, "width": width, "dof": beginnings.dof, "t": t,
        "modes": modes(document), "pairs": samples.tori.pairs, "actionTimes": samples.tori.t})
}

/// The names of the coordinates in which spectra are taken: those of the system, where nothing was reduced.
fn modes(document: &Document) -> Vec<String> {
    let orbits = document.frequencies.iter().flat_map(|frequencies| &frequencies.orbits);
    let n = orbits.map(|orbit| orbit.lines.len()).max().unwrap_or(0);
    let system = &document.system;
    if n == system.coordinates.len() { system.coordinates.clone() } else { Vec::new() }
}

fn orbit(document: &Document, samples: &Samples, starts: &Starts, start: &[f64]) -> Value {
    let is_it = |initial: &[f64]| starts.position(initial) == starts.position(start);
    let mut out = Map::new();
    out.insert("start".into(), start.into());
    if let Some(orbit) = document.chaos.iter().flat_map(|chaos| &chaos.orbit).find(|orbit| is_it(&orbit.initial)) {
        out.insert("state".into(), orbit.state.as_str().into());
        out.insert("lyapunov".into(), orbit.lyapunov.into());
        out.insert("sali".into(), orbit.sali.into());
    }
    let mut frequencies = document.frequencies.iter().flat_map(|frequencies| &frequencies.orbits);
    if let Some(orbit) = frequencies.find(|orbit| is_it(&orbit.initial)) {
        out.extend(of_frequencies(document, orbit));
    }
    let beginnings = &samples.beginnings;
    let starts_here = |rows: &Vec<f64>| rows.get(..beginnings.width).is_some_and(is_it);
    if let Some(index) = beginnings.orbits.iter().position(starts_here) {
        let every = (beginnings.orbits.iter().map(Vec::len).sum::<usize>()).div_ceil(MOST).max(1);
        let rows = beginnings.orbits[index].chunks_exact(beginnings.width.max(1)).step_by(every);
        out.insert("rows".into(), floats(rows.flatten().copied()).into());
        if let Some(actions) = samples.tori.actions.get(index) {
            out.insert("actions".into(), floats(actions.iter().copied()).into());
        }
    }
    out.into()
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
