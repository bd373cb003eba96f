//! What reports say about an integrable, a mixed and an unbounded system.

mod common;

use aa_analysis::document::{SectionOrbit, Sections};
use aa_report::samples::{Crossings, Reading, Samples, Series, Stage, Tori, Trajectories};
use aa_report::{Report, TerminalStyle, figure_for_paper, figure_names, html, json, terminal};

use crate::common::{document, expect};

const NAMES: [&str; 3] = ["toda", "henon_heiles", "toda_open"];

fn style(width: usize) -> TerminalStyle<'static> {
    TerminalStyle { width, colour: false, pictures: false, bundle: Some("run.h5") }
}

fn page(document: &aa_analysis::Document, samples: &Samples) -> String {
    html(&Report { document, samples, bundle: Some("run.h5"), live: false })
}

/// The Toda ring with a section of one orbit.
fn with_section() -> aa_analysis::Document {
    let circle = (0..200).map(|i| 0.1 * f64::from(i)).map(|angle| vec![angle.sin(), angle.cos()]);
    let orbit = SectionOrbit { count: 200, points: circle.collect(), ..SectionOrbit::default() };
    let axes = vec!["x2".to_string(), "px2".to_string()];
    let sections = Sections { at: "x1 = 0".into(), axes, orbits: vec![orbit], ..Sections::default() };
    aa_analysis::Document { sections: Some(sections), ..document("toda") }
}

fn nothing() -> Samples {
    Samples::default()
}

#[test]
fn the_terminal_says_the_expected_words() {
    for name in NAMES {
        expect(&format!("{name}.txt"), &terminal(&document(name), &style(100)));
    }
    expect("toda_narrow.txt", &terminal(&document("toda"), &style(60)));
    expect("toda_colour.txt", &terminal(&document("toda"), &TerminalStyle { colour: true, ..style(80) }));
}

#[test]
fn pictures_in_braille_show_the_section_where_they_are_asked_for() {
    let drawn = |pictures| terminal(&with_section(), &TerminalStyle { pictures, ..style(80) });
    let is_dot = |c: char| ('\u{2801}'..='\u{28ff}').contains(&c);
    assert!(drawn(true).chars().filter(|c| is_dot(*c)).count() > 100 && !drawn(false).contains(is_dot));
}

#[test]
fn lines_fit_the_terminal() {
    for name in NAMES {
        for width in [60, 72, 80, 100, 120] {
            let style = TerminalStyle { pictures: true, ..style(width) };
            for line in terminal(&if name == "toda" { with_section() } else { document(name) }, &style)
                .lines()
                .filter(|line| !line.contains("aatool "))
            {
                assert!(line.chars().count() <= width, "{name} at {width}: {line}");
            }
        }
    }
}

#[test]
fn colour_changes_no_word() {
    let coloured = terminal(&document("toda"), &TerminalStyle { colour: true, ..style(80) });
    let mut bare = String::new();
    for (index, piece) in coloured.split('\u{1b}').enumerate() {
        bare.push_str(if index == 0 { piece } else { piece.split_once('m').unwrap().1 });
    }
    assert_eq!(bare, terminal(&document("toda"), &style(80)));
}

#[test]
fn nothing_measured_is_called_proved() {
    let mut measured = document("henon_heiles");
    (measured.integrals, measured.obstruction, measured.witnesses) = (None, None, None);
    let verdict = measured.verdict.as_mut().unwrap();
    (verdict.kind, verdict.certainty) = ("mixed".to_string(), "measured".to_string());
    let text = terminal(&measured, &style(100));
    assert!(text.contains("MIXED, measured"));
    assert!(!text.contains("proved"), "{text}");
    assert!(!page(&measured, &nothing()).contains("proved"));
}

#[test]
fn a_second_prime_is_no_proof() {
    let text = terminal(&document("toda_open"), &style(100));
    assert!(text.contains("F3  seen modulo a second prime only"));
    assert!(text.contains("none other found up to weight 4"));
    let page = page(&document("toda_open"), &nothing());
    assert!(page.contains("seen modulo a second prime only") && page.contains("none other found up to weight 4"));
}

#[test]
fn passes_that_did_not_finish_say_why() {
    let reason = "every sampled orbit escapes: there are no tori to learn";
    let text = terminal(&document("toda_open"), &style(100));
    assert!(text.contains(&format!("action_angle skipped: {reason}")));
    assert!(text.contains("conserved_quantities stopped: seconds"));
    assert!(page(&document("toda_open"), &nothing()).contains(reason));
}

#[test]
fn what_a_user_pass_gives_lands_in_the_report() {
    for text in [terminal(&document("toda"), &style(100)), page(&document("toda"), &nothing())] {
        assert!(text.contains("symmetry group") && text.contains("rotation, reflection"));
        assert!(text.contains("the ring turns by one place and H stays"));
    }
}

#[test]
fn json_is_the_document() {
    let toda = document("toda");
    assert_eq!(serde_json::from_str::<aa_analysis::Document>(&json(&toda)).unwrap(), toda);
}

#[test]
fn a_hostile_name_stays_a_name() {
    let mut hostile = document("toda");
    let name = "</title><script>alert('x')</script>\u{1b}[2J\u{202e}&\"";
    hostile.system.name = name.to_string();
    hostile.system.latex = format!("\\mathrm{{{name}}}");
    hostile.system.parameters.insert(name.to_string(), name.into());
    hostile.verdict.as_mut().unwrap().because.push(name.to_string());
    hostile.verdict.as_mut().unwrap().kind = name.to_string();
    hostile.passes[0].notes.push(name.to_string());
    hostile.passes[0].artifacts.insert(name.to_string(), name.into());
    hostile.provenance.volatile.command.push(name.to_string());
    let mut samples = ring();
    samples.beginnings.names = vec![name.to_string(); 6];
    let page = page(&hostile, &samples);
    // The block of data and the page's own script, which alone its policy lets run.
    assert_eq!((page.matches("<script").count(), page.matches("</script>").count()), (2, 2));
    assert!(!page.contains('\u{1b}') && !page.contains('\u{202e}'));
    assert_eq!(page.matches("</title>").count(), 1 + page.matches("<svg").count());
    let text = terminal(&hostile, &style(80));
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
}

#[test]
fn the_page_needs_no_network() {
    let page = page(&document("toda"), &ring());
    for outside in ["http://", "https://", "src=", "@import", "url(", "<link", "import("] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn every_element_is_closed_and_every_id_is_unique() {
    for name in NAMES {
        let page = page(&document(name), &ring());
        for tag in [
            "section", "table", "tr", "td", "th", "figure", "svg", "g", "math", "mrow", "details", "ul", "li", "dl",
            "div",
        ] {
            let opened = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{name}: {tag}");
        }
        let mut ids: Vec<&str> = page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "{name}");
    }
}

#[test]
fn every_picture_is_described() {
    let page = page(&document("toda"), &ring());
    assert!(page.matches("<svg").count() >= 7);
    assert_eq!(page.matches("<svg").count(), page.matches("<desc").count());
    let without_scripts = page.split("<script").next().unwrap();
    assert!(!without_scripts.contains("NaN"));
}

/// With `REPORT_PAGES=folder` in the environment the pages are written there, to look at.
#[test]
fn pages_are_the_same_every_time() {
    for (name, samples) in NAMES.into_iter().zip([ring(), henon_heiles(), nothing()]) {
        let text = page(&document(name), &samples);
        assert_eq!(text, page(&document(name), &samples), "{name}");
        if let Some(folder) = std::env::var_os("REPORT_PAGES") {
            std::fs::write(std::path::Path::new(&folder).join(format!("{name}.html")), text).unwrap();
        }
    }
}

/// Orbits of the Toda ring with three particles.
fn ring() -> Samples {
    let force = |q: &[f64]| {
        let spring = |i: usize| (q[i % 3] - q[(i + 1) % 3]).exp();
        (0..3).map(|i| spring(i + 2) - spring(i)).collect()
    };
    let starts = (1..=8).map(|k| {
        let size = 0.15 * f64::from(k);
        vec![size, -0.3 * size, -0.7 * size, 0.0, size, -size]
    });
    orbits(starts, force, &["q1", "q2", "q3", "p1", "p2", "p3"])
}

fn henon_heiles() -> Samples {
    let force = |q: &[f64]| vec![-q[0] - 2.0 * q[0] * q[1], -q[1] - q[0] * q[0] + q[1] * q[1]];
    let starts = [-0.25, -0.1, 0.05, 0.2, 0.35, 0.5].map(|y: f64| {
        let px = (2.0 * (0.125 - y * y / 2.0 + y.powi(3) / 3.0)).sqrt();
        vec![0.0, y, px, 0.0]
    });
    orbits(starts.into_iter(), force, &["x", "y", "px", "py"])
}

/// Leapfrog is good enough for a picture.
fn orbits(starts: impl Iterator<Item = Vec<f64>>, force: impl Fn(&[f64]) -> Vec<f64>, names: &[&str]) -> Samples {
    let (dof, dt, n_steps) = (names.len() / 2, 0.05, 1600);
    let follow = |mut z: Vec<f64>| {
        let mut rows = z.clone();
        for _ in 0..n_steps {
            let (q, p) = z.split_at_mut(dof);
            p.iter_mut().zip(force(q)).for_each(|(p, f)| *p += 0.5 * dt * f);
            q.iter_mut().zip(&*p).for_each(|(q, p)| *q += dt * p);
            p.iter_mut().zip(force(q)).for_each(|(p, f)| *p += 0.5 * dt * f);
            rows.extend_from_slice(&z);
        }
        rows
    };
    let t: Vec<f64> = (0..=n_steps).map(|step| f64::from(step) * dt).collect();
    let beginnings = Trajectories {
        t: t.clone(),
        orbits: starts.map(follow).collect(),
        dof,
        width: 2 * dof,
        names: names.iter().map(ToString::to_string).collect(),
        circles: vec![false; dof],
    };
    around(beginnings, t)
}

/// Something of every other kind of sample.
fn around(beginnings: Trajectories, t: Vec<f64>) -> Samples {
    let n = beginnings.orbits.len();
    let wave = |t: &f64, k: f64| 1.0 + 0.01 * (k * t).sin();
    let reading = |t: &f64| Reading { t: t + 1.0, lyapunov: (t + 2.0).ln() / (t + 1.0), sali: 0.5 };
    Samples {
        energy_error: Series { t: t.clone(), values: vec![t.iter().map(|t| 1e-15 * (1.0 + t)).collect(); n] },
        crossings: Crossings::default(),
        indicators: vec![t.iter().map(reading).collect(); n],
        training: vec![Stage { name: "Adam".into(), loss: vec![1.0, 0.1] }],
        tori: Tori {
            actions: vec![t.iter().flat_map(|t| [wave(t, 1.0), wave(t, 2.0)]).collect(); n],
            judges: (0..n).collect(),
            orbit: n / 2,
            angles: t.iter().flat_map(|t| [t.sin(), t.cos()]).collect(),
            t,
            pairs: 2,
        },
        beginnings,
    }
}

#[test]
fn every_figure_is_drawn_for_paper_in_one_column() {
    let (toda, samples) = (with_section(), ring());
    let names = figure_names(&toda, &samples);
    for name in ["section", "frequency-map", "lyapunov", "action-drift", "angles", "training"] {
        assert!(names.iter().any(|known| known == name), "{name} is not among {names:?}");
    }
    for name in names {
        let figure = figure_for_paper(&toda, &samples, &name).unwrap();
        assert!(figure.starts_with("<svg xmlns=") && figure.contains("width=\"86mm\""), "{name}");
        assert!(figure.contains("8px") && !figure.contains("var(") && !figure.contains("NaN"), "{name}");
    }
    assert_eq!(figure_for_paper(&toda, &samples, "sections"), None);
}
