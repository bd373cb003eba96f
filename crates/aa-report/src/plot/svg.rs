//! The picture itself, for the page and for paper.

use std::fmt::Write;

use crate::markup::{element, escape};
use crate::plot::scale::{Range, Tick};
use crate::plot::{Mark, Plot, Series};

/// Where things stand, in units of the picture.
#[derive(Clone, Copy, Debug)]
struct Layout {
    width: f64,
    height: f64,
    /// As [`margin`] has it.
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    /// Room above the plot where there is a legend, and for each further line of it.
    legend: [f64; 2],
    /// A letter's width, about.
    letter: f64,
    /// The radius of a dot.
    dot: f64,
    /// About how many ticks on either axis.
    ticks: [usize; 2],
}

/// On the page: letters of 12.5.
const PAGE: Layout = Layout {
    width: 480.0,
    height: 340.0,
    left: 0.0,
    right: 16.0,
    top: 12.0,
    bottom: 50.0,
    legend: [26.0, 18.0],
    letter: 7.0,
    dot: 3.2,
    ticks: [6, 5],
};

/// In a column of a journal, 86 mm wide: in points, letters of 8.
const PAPER: Layout = Layout {
    width: 86.0 * 72.0 / 25.4,
    height: 176.0,
    left: 0.0,
    right: 6.0,
    top: 6.0,
    bottom: 30.0,
    legend: [13.0, 10.0],
    letter: 4.6,
    dot: 1.7,
    ticks: [5, 5],
};

/// A series has no more points than this on the page without its script; the eye sees no more.
const MOST_POINTS: usize = 12_000;

/// The plot as an `svg` element; none where no point has a place.
pub(crate) fn svg(plot: &Plot) -> Option<String> {
    let drawing = Drawing::new(plot, PAGE)?;
    let mut inside = element("title", &[("id", &format!("{}-title", plot.id))], &escape(&plot.title));
    inside += &element("desc", &[("id", &format!("{}-desc", plot.id))], &escape(&plot.description));
    inside += &drawing.inside(plot);
    let view = format!("0 0 {} {}", PAGE.width, PAGE.height);
    let labelled = format!("{0}-title {0}-desc", plot.id);
    Some(element("svg", &[("viewBox", &view), ("role", "img"), ("aria-labelledby", &labelled)], &inside))
}

/// The plot as a file for a paper: one column, 86 mm wide, letters of 8 points, lines as vectors. None where no point has
/// a place.
pub(crate) fn paper(plot: &Plot) -> Option<String> {
    let drawing = Drawing::new(plot, PAPER)?;
    let Layout { width, height, .. } = PAPER;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"86mm\" height=\"{:.2}mm\" viewBox=\"0 0 {width:.2} {height:.2}\">\n\
         <title>{}</title>\n<desc>{}</desc>\n<style>{}</style>\n{}\n</svg>\n",
        height * 25.4 / 72.0,
        escape(&plot.title),
        escape(&plot.description),
        include_str!("paper.css"),
        drawing.inside(plot),
    ))
}

/// A plot with its axes.
struct Drawing {
    x: Range,
    y: Range,
    layout: Layout,
}

impl Drawing {
    fn new(plot: &Plot, layout: Layout) -> Option<Drawing> {
        let (in_x, in_y) = (plot.x.scale, plot.y.scale);
        let points = plot.series.iter().flat_map(|series| &series.points);
        let placed = points.filter(|[x, y]| in_x.holds(*x) && in_y.holds(*y));
        let x = Range::covering(placed.clone().map(|point| point[0]), in_x)?;
        let y = Range::covering(placed.map(|point| point[1]), in_y)?;
        let layout = Layout { left: margin(&y, &layout), ..layout };
        let lowest = legend_places(plot, &layout).last().map(|(_, [_, y])| *y);
        let top = lowest.map_or(layout.top, |y| layout.top + layout.legend[0] + y);
        let drawing = Drawing { x, y, layout: Layout { top, ..layout } };
        Some(if plot.equal { drawing.with_equal_units() } else { drawing })
    }

    fn with_equal_units(self) -> Drawing {
        let (x, y) = (self.x.high - self.x.low, self.y.high - self.y.low);
        let ratio = self.width() / self.height();
        let (x, y) = (x.max(y * ratio), y.max(x / ratio));
        Drawing { x: self.x.with_width(x), y: self.y.with_width(y), layout: self.layout }
    }

    fn width(&self) -> f64 {
        self.layout.width - self.layout.left - self.layout.right
    }

    fn height(&self) -> f64 {
        self.layout.height - self.layout.bottom - self.layout.top
    }

    fn across(&self, place: f64) -> f64 {
        self.layout.left + place * self.width()
    }

    fn down(&self, place: f64) -> f64 {
        self.layout.top + (1.0 - place) * self.height()
    }

    /// The point on the page; none where it has no place.
    fn at(&self, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
        let at = [self.across(self.x.place(x)), self.down(self.y.place(y))];
        at.iter().all(|place| place.is_finite()).then_some(at)
    }

    fn inside(&self, plot: &Plot) -> String {
        let series: String = plot.series.iter().map(|series| self.series(series)).collect();
        self.axes(plot) + &self.legend(plot) + &series
    }

    fn axes(&self, plot: &Plot) -> String {
        let Layout { left, top, letter, ticks, .. } = self.layout;
        let (right, bottom) = (self.layout.width - self.layout.right, self.layout.height - self.layout.bottom);
        let mut out = String::new();
        for Tick { place, label } in self.x.ticks(ticks[0]) {
            let x = self.across(place);
            out += &format!("<path class=\"grid\" d=\"M{x:.1} {top:.1}V{bottom:.1}\"/>");
            out += &text(&label, x, bottom + 2.6 * letter, "middle");
        }
        for Tick { place, label } in self.y.ticks(ticks[1]) {
            let y = self.down(place);
            out += &format!("<path class=\"grid\" d=\"M{left:.1} {y:.1}H{right:.1}\"/>");
            out += &text(&label, left - letter, y + 0.6 * letter, "end");
        }
        out += &format!("<path class=\"axis\" d=\"M{left:.1} {top:.1}V{bottom:.1}H{right:.1}\"/>");
        let middle = self.across(0.5);
        let below = self.layout.height - 1.2 * letter;
        let _ = write!(out, "<g class=\"label\">{}", text(&plot.x.label, middle, below, "middle"));
        let turned = format!("translate({:.1} {:.1}) rotate(-90)", 2.2 * letter, self.down(0.5));
        out += &element("g", &[("transform", &turned)], &text(&plot.y.label, 0.0, 0.0, "middle"));
        out + "</g>"
    }

    fn legend(&self, plot: &Plot) -> String {
        let Layout { letter, legend, .. } = self.layout;
        let mut out = String::new();
        for (series, [x, y]) in legend_places(plot, &self.layout) {
            let middle = y + 0.7 * legend[0];
            let sample = match series.mark {
                Mark::Line | Mark::DottedLine | Mark::Dashed => {
                    let class = if series.mark == Mark::Dashed { "line dashed" } else { "line" };
                    format!("<path class=\"{class}\" d=\"M{:.1} {middle:.1}H{:.1}\"/>", x - letter, x + 1.3 * letter)
                }
                Mark::Point => self.shape(Mark::Dot, [x, middle]),
                mark => self.shape(mark, [x, middle]),
            };
            out += &element("g", &[("class", &series.class)], &sample);
            let label = series.label.as_deref().unwrap_or_default();
            out += &text(label, x + 2.0 * letter, middle + 0.6 * letter, "start");
        }
        out
    }

    fn series(&self, series: &Series) -> String {
        let inside = match series.mark {
            Mark::Line => self.line(series, "line"),
            Mark::Dashed => self.line(series, "line dashed"),
            Mark::Named => self.line(series, "line dashed thin") + &self.name(series),
            Mark::DottedLine => self.line(series, "line") + &self.shapes(series, Mark::Dot),
            Mark::Point => self.points(series),
            mark => self.shapes(series, mark),
        };
        element("g", &[("class", &series.class)], &inside)
    }

    /// The name of a line, just above its end.
    fn name(&self, series: &Series) -> String {
        let at = series.points.last().and_then(|point| self.at(*point));
        let label = series.label.as_deref().unwrap_or_default();
        let highest = self.layout.top + 1.6 * self.layout.letter;
        at.map_or(String::new(), |[x, y]| text(label, x - 3.0, (y - 4.0).max(highest), "end"))
    }

    fn shapes(&self, series: &Series, mark: Mark) -> String {
        series.points.iter().filter_map(|point| self.at(*point)).map(|at| self.shape(mark, at)).collect()
    }

    /// Many points as one path of lines without length, whose round ends are the points.
    fn points(&self, series: &Series) -> String {
        let every = series.points.len().div_ceil(MOST_POINTS).max(1);
        let placed = series.points.iter().step_by(every).filter_map(|point| self.at(*point));
        let path: String = placed.map(|[x, y]| format!("M{x:.1} {y:.1}h0")).collect();
        format!("<path class=\"points\" d=\"{path}\"/>")
    }

    /// A line, broken where a point has no place.
    fn line(&self, series: &Series, class: &str) -> String {
        let every = series.points.len().div_ceil(MOST_POINTS).max(1);
        let mut path = String::new();
        for piece in series.points.split(|point| self.at(*point).is_none()) {
            for (i, [x, y]) in piece.iter().step_by(every).filter_map(|point| self.at(*point)).enumerate() {
                let _ = write!(path, "{}{x:.1} {y:.1}", if i == 0 { 'M' } else { 'L' });
            }
        }
        format!("<path class=\"{class}\" d=\"{path}\"/>")
    }

    /// A point in the shape of its kind.
    fn shape(&self, mark: Mark, [x, y]: [f64; 2]) -> String {
        let r = self.layout.dot;
        let (left, right, up, low) = (x - 1.06 * r, x + 1.06 * r, y - 1.06 * r, y + 1.06 * r);
        match mark {
            Mark::Ring => format!("<circle class=\"ring\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{:.1}\"/>", 1.5 * r),
            Mark::Triangle => {
                format!("<path class=\"dot\" d=\"M{x:.1} {:.1}L{right:.1} {low:.1}H{left:.1}Z\"/>", y - 1.25 * r)
            }
            Mark::Square => format!("<path class=\"dot\" d=\"M{left:.1} {up:.1}H{right:.1}V{low:.1}H{left:.1}Z\"/>"),
            Mark::Cross => format!(
                "<path class=\"cross\" d=\"M{left:.1} {up:.1}L{right:.1} {low:.1}M{left:.1} {low:.1}L{right:.1} {up:.1}\"/>"
            ),
            _ => format!("<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r:.1}\"/>"),
        }
    }
}

/// Room for the name of the axis and the longest label of a tick.
fn margin(y: &Range, layout: &Layout) -> f64 {
    let letters = y.ticks(layout.ticks[1]).iter().map(|tick| tick.label.chars().count()).max().unwrap_or(0);
    layout.letter * (4.4 + 0.95 * letters as f64)
}

/// The series of the legend, each with its place to the right of and below the first line's beginning.
fn legend_places<'a>(plot: &'a Plot, layout: &Layout) -> Vec<(&'a Series, [f64; 2])> {
    let begin = layout.left + layout.letter;
    let [mut x, mut y] = [begin, 0.0];
    let named = plot.series.iter().filter(|series| series.mark != Mark::Named);
    named
        .filter_map(|series| {
            let width = layout.letter * (5.0 + series.label.as_ref()?.chars().count() as f64);
            if x > begin && x + width > layout.width {
                [x, y] = [begin, y + layout.legend[1]];
            }
            let at = [x, y];
            x += width;
            Some((series, at))
        })
        .collect()
}

fn text(label: &str, x: f64, y: f64, anchor: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>", escape(label))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Axis;

    fn plot(points: Vec<[f64; 2]>, mark: Mark) -> Plot {
        Plot {
            id: "p".into(),
            title: "<t>".into(),
            x: Axis::linear("x"),
            y: Axis::logarithmic("y"),
            series: vec![Series { points, mark, ..Series::default() }],
            ..Plot::default()
        }
    }

    #[test]
    fn lines_break_where_a_value_is_missing() {
        let picture = svg(&plot(vec![[0.0, 1.0], [1.0, 2.0], [2.0, f64::NAN], [3.0, 3.0]], Mark::Line)).unwrap();
        let path = picture.rsplit_once("d=\"").unwrap().1;
        assert_eq!(path.matches('M').count(), 2);
        assert!(!picture.contains("NaN") && !picture.contains("inf"));
    }

    #[test]
    fn long_lines_keep_their_gaps() {
        let curve = (0..MOST_POINTS).map(|i| [i as f64, 1.0]);
        let points = curve.clone().chain([[f64::NAN; 2]]).chain(curve).collect();
        let picture = svg(&plot(points, Mark::Line)).unwrap();
        let path = picture.rsplit_once("d=\"").unwrap().1;
        assert_eq!((path.matches('M').count(), path.matches('L').count()), (2, 2 * (MOST_POINTS / 3 - 1)));
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        assert_eq!(svg(&plot(vec![[0.0, -1.0]], Mark::Dot)), None);
        assert_eq!(paper(&plot(vec![], Mark::Dot)), None);
    }

    #[test]
    fn titles_cannot_become_markup() {
        assert!(svg(&plot(vec![[0.0, 1.0]], Mark::Dot)).unwrap().contains("&lt;t&gt;</title>"));
    }

    #[test]
    fn long_legends_take_another_line() {
        let mut long = plot(vec![[0.0, 1.0]], Mark::Dot);
        let series = Series { label: Some("a label of 22 letters.".into()), ..long.series[0].clone() };
        long.series = vec![series.clone(), series.clone(), Series { mark: Mark::Named, ..series }];
        let places = |plot: &Plot| legend_places(plot, &PAGE).into_iter().map(|(_, at)| at).collect::<Vec<_>>();
        let begin = PAGE.left + PAGE.letter;
        assert_eq!(places(&long), [[begin, 0.0], [begin + 27.0 * PAGE.letter, 0.0]]);
        long.series.insert(0, long.series[0].clone());
        assert_eq!(places(&long)[2], [begin, PAGE.legend[1]]);
        assert_eq!(Drawing::new(&long, PAGE).unwrap().layout.top, PAGE.top + PAGE.legend[0] + PAGE.legend[1]);
    }

    #[test]
    fn equal_units_make_circles_round() {
        let mut round = plot(vec![[-1.0, -1.0], [1.0, 1.0]], Mark::Dot);
        (round.y, round.equal) = (Axis::linear("y"), true);
        for layout in [PAGE, PAPER] {
            let drawing = Drawing::new(&round, layout).unwrap();
            let ([x0, y0], [x1, y1]) = (drawing.at([0.0, 0.0]).unwrap(), drawing.at([1.0, 1.0]).unwrap());
            assert!(((x1 - x0) - (y0 - y1)).abs() < 1e-9);
        }
    }
}
