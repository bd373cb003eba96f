//! Small pictures as SVG: points, lines and bands between two axes.
//!
//! Colours are named by role (`series 0`, `chaotic`) and given by the page's style sheet, so that one picture serves
//! light, dark and paper. Every picture has a title and a description in words, every kind of point its own shape, or a
//! shade of its own where one number decides.

mod scale;
mod svg;

pub(crate) use scale::{Scale, power_of_ten};
pub(crate) use svg::{paper, svg};

/// A picture.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plot {
    /// Unique on the page; made of letters, digits and hyphens.
    pub(crate) id: String,
    /// What it shows.
    pub(crate) title: String,
    /// What one sees, for those who do not.
    pub(crate) description: String,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    /// Whether a unit is as long on both axes.
    pub(crate) equal: bool,
    pub(crate) series: Vec<Series>,
}

/// One axis.
#[derive(Clone, Debug, Default)]
pub(crate) struct Axis {
    pub(crate) label: String,
    pub(crate) scale: Scale,
}

impl Axis {
    /// An axis in equal steps.
    pub(crate) fn linear(label: impl Into<String>) -> Axis {
        Axis { label: label.into(), scale: Scale::Linear }
    }

    /// An axis in powers of ten.
    pub(crate) fn logarithmic(label: impl Into<String>) -> Axis {
        Axis { label: label.into(), scale: Scale::Logarithmic }
    }
}

/// Points that belong together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    /// Its name in the legend; none for a series that the legend leaves out.
    pub(crate) label: Option<String>,
    /// Its colour by role: a class of the style sheet.
    pub(crate) class: String,
    pub(crate) mark: Mark,
    pub(crate) points: Vec<[f64; 2]>,
    /// The orbit of each point; empty where points are of none.
    pub(crate) orbits: Vec<u32>,
}

impl Series {
    /// A series in the legend, in its own colour.
    pub(crate) fn named(label: &str, class: &str, mark: Mark, points: Vec<[f64; 2]>) -> Series {
        Series { label: Some(label.to_string()), class: class.to_string(), mark, points, orbits: Vec::new() }
    }

    /// Curves of several orbits in one colour, one after the other with a gap between.
    pub(crate) fn curves<'a>(
        label: &str,
        class: &str,
        curves: impl Iterator<Item = (usize, Vec<[f64; 2]>)> + 'a,
    ) -> Series {
        let mut series = Series::named(label, class, Mark::Line, Vec::new());
        for (orbit, curve) in curves {
            series.points.extend(curve);
            series.points.push([f64::NAN; 2]);
            series.orbits.resize(series.points.len(), orbit as u32);
        }
        series
    }
}

impl Mark {
    /// What the page's script calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Mark::Dot => "dot",
            Mark::Point => "point",
            Mark::Ring => "ring",
            Mark::Triangle => "triangle",
            Mark::Square => "square",
            Mark::Cross => "cross",
            Mark::Line => "line",
            Mark::DottedLine => "dotted",
            Mark::Dashed => "dashed",
            Mark::Named => "named",
        }
    }
}

/// How points are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mark {
    #[default]
    Dot,
    /// A dot for many.
    Point,
    Ring,
    Triangle,
    Square,
    Cross,
    /// Joined in order.
    Line,
    /// Joined in order, with a dot at each.
    DottedLine,
    /// Joined in order, broken.
    Dashed,
    /// Joined in order, broken and thin; named at its end rather than in the legend.
    Named,
}
