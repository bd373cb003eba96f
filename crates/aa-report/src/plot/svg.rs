//! The picture itself.

use std::fmt::Write;

use crate::markup::{element, escape};
use crate::plot::scale::{Range, Tick};
use crate::plot::{Mark, Plot, Series};

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 340.0;
const LEFT: f64 = 66.0;
const RIGHT: f64 = 16.0;
const BOTTOM: f64 = 50.0;
const TOP: f64 = 12.0;
/// Room above the plot where there is a legend.
const LEGEND: f64 = 26.0;
/// Room for each further line of the legend.
const LEGEND_LINE: f64 = 18.0;

/// A line has no more points than this; the eye sees no more.
const MOST_POINTS: usize = 3000;

/// The plot as an `svg` element; none where no point has a place.
pub(crate) fn svg(plot: &Plot) -> Option<String> {
    let drawing = Drawing::new(plot)?;
    let mut inside = element("title", &[("id", &format!("{}-title", plot.id))], &escape(&plot.title));
    inside += &element("desc", &[("id", &format!("{}-desc", plot.id))], &escape(&plot.description));
    inside += &drawing.axes(plot);
    inside += &Drawing::legend(plot);
    inside += &plot.series.iter().map(|series| drawing.series(series)).collect::<String>();
    let attributes = [
        ("viewBox", format!("0 0 {WIDTH} {HEIGHT}")),
        ("role", "img".to_string()),
        ("aria-labelledby", format!("{0}-title {0}-desc", plot.id)),
    ];
    let attributes: Vec<(&str, &str)> = attributes.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Some(element("svg", &attributes, &inside))
}

/// Where things are.
struct Drawing {
    x: Range,
    y: Range,
    top: f64,
}

impl Drawing {
    fn new(plot: &Plot) -> Option<Drawing> {
        let (in_x, in_y) = (plot.x.scale, plot.y.scale);
        let points = plot.series.iter().flat_map(|series| &series.points);
        let placed = points.filter(|[x, y]| in_x.holds(*x) && in_y.holds(*y));
        let x = Range::covering(placed.clone().map(|point| point[0]), in_x)?;
        let y = Range::covering(placed.map(|point| point[1]), in_y)?;
        let lowest = legend_places(plot).last().map(|(_, [_, y])| *y);
        let top = lowest.map_or(TOP, |y| TOP + LEGEND + y);
        let drawing = Drawing { x, y, top };
        Some(if plot.equal { drawing.with_equal_units() } else { drawing })
    }

    fn with_equal_units(self) -> Drawing {
        let (x, y) = (self.x.high - self.x.low, self.y.high - self.y.low);
        let ratio = self.width() / self.height();
        let (x, y) = (x.max(y * ratio), y.max(x / ratio));
        Drawing { x: self.x.with_width(x), y: self.y.with_width(y), top: self.top }
    }

    fn width(&self) -> f64 {
        WIDTH - LEFT - RIGHT
    }

    fn height(&self) -> f64 {
        HEIGHT - BOTTOM - self.top
    }

    fn across(&self, place: f64) -> f64 {
        LEFT + place * self.width()
    }

    fn down(&self, place: f64) -> f64 {
        self.top + (1.0 - place) * self.height()
    }

    /// The point on the page; none where it has no place.
    fn at(&self, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
        let at = [self.across(self.x.place(x)), self.down(self.y.place(y))];
        at.iter().all(|place| place.is_finite()).then_some(at)
    }

    fn axes(&self, plot: &Plot) -> String {
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        let mut out = String::new();
        for Tick { place, label } in self.x.ticks(6) {
            let x = self.across(place);
            out += &format!("<path class=\"grid\" d=\"M{x:.1} {:.1}V{bottom:.1}\"/>", self.top);
            out += &text(&label, x, bottom + 18.0, "middle");
        }
        for Tick { place, label } in self.y.ticks(5) {
            let y = self.down(place);
            out += &format!("<path class=\"grid\" d=\"M{LEFT:.1} {y:.1}H{right:.1}\"/>");
            out += &text(&label, LEFT - 8.0, y + 4.0, "end");
        }
        out += &format!("<path class=\"axis\" d=\"M{LEFT:.1} {:.1}V{bottom:.1}H{right:.1}\"/>", self.top);
        let middle = self.across(0.5);
        let _ = write!(out, "<g class=\"label\">{}", text(&plot.x.label, middle, HEIGHT - 10.0, "middle"));
        let turned = format!("translate(16 {:.1}) rotate(-90)", self.down(0.5));
        out += &element("g", &[("transform", &turned)], &text(&plot.y.label, 0.0, 0.0, "middle"));
        out + "</g>"
    }

    fn legend(plot: &Plot) -> String {
        let mut out = String::new();
        for (series, [x, y]) in legend_places(plot) {
            let sample = match series.mark {
                Mark::Line | Mark::DottedLine | Mark::Dashed => {
                    let class = if series.mark == Mark::Dashed { "line dashed" } else { "line" };
                    format!("<path class=\"{class}\" d=\"M{:.1} {:.0}H{:.1}\"/>", x - 7.0, y + 18.0, x + 9.0)
                }
                Mark::Point => shape(Mark::Dot, [x, y + 18.0]),
                mark => shape(mark, [x, y + 18.0]),
            };
            out += &element("g", &[("class", &series.class)], &sample);
            out += &text(series.label.as_deref().unwrap_or_default(), x + 14.0, y + 22.0, "start");
        }
        out
    }

    fn series(&self, series: &Series) -> String {
        let inside = match series.mark {
            Mark::Line => self.line(series, "line"),
            Mark::Dashed => self.line(series, "line dashed"),
            Mark::Named => self.line(series, "line dashed thin") + &self.name(series),
            Mark::DottedLine => self.line(series, "line") + &self.shapes(series, Mark::Dot),
            mark => self.shapes(series, mark),
        };
        element("g", &[("class", &series.class)], &inside)
    }

    /// The name of a line, just above its end.
    fn name(&self, series: &Series) -> String {
        let at = series.points.last().and_then(|point| self.at(*point));
        let label = series.label.as_deref().unwrap_or_default();
        at.map_or(String::new(), |[x, y]| text(label, x - 3.0, y - 4.0, "end"))
    }

    fn shapes(&self, series: &Series, mark: Mark) -> String {
        series.points.iter().filter_map(|point| self.at(*point)).map(|at| shape(mark, at)).collect()
    }

    /// A line, broken where a point has no place.
    fn line(&self, series: &Series, class: &str) -> String {
        let every = series.points.len().div_ceil(MOST_POINTS).max(1);
        let (mut path, mut pen_is_down) = (String::new(), false);
        for point in series.points.iter().step_by(every) {
            let Some([x, y]) = self.at(*point) else {
                pen_is_down = false;
                continue;
            };
            let command = if pen_is_down { 'L' } else { 'M' };
            let _ = write!(path, "{command}{x:.1} {y:.1}");
            pen_is_down = true;
        }
        format!("<path class=\"{class}\" d=\"{path}\"/>")
    }
}

/// The series of the legend, each with its place to the right of and below the first line's beginning.
fn legend_places(plot: &Plot) -> Vec<(&Series, [f64; 2])> {
    let begin = LEFT + 8.0;
    let [mut x, mut y] = [begin, 0.0];
    let named = plot.series.iter().filter(|series| series.mark != Mark::Named);
    named
        .filter_map(|series| {
            let width = 34.0 + 7.0 * series.label.as_ref()?.chars().count() as f64;
            if x > begin && x + width > WIDTH {
                [x, y] = [begin, y + LEGEND_LINE];
            }
            let at = [x, y];
            x += width;
            Some((series, at))
        })
        .collect()
}

/// A point in the shape of its kind.
fn shape(mark: Mark, [x, y]: [f64; 2]) -> String {
    let (left, right, up, low) = (x - 3.4, x + 3.4, y - 3.4, y + 3.4);
    match mark {
        Mark::Ring => format!("<circle class=\"ring\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\"/>"),
        Mark::Triangle => format!("<path class=\"dot\" d=\"M{x:.1} {:.1}L{right:.1} {low:.1}H{left:.1}Z\"/>", y - 4.0),
        Mark::Square => format!("<path class=\"dot\" d=\"M{left:.1} {up:.1}H{right:.1}V{low:.1}H{left:.1}Z\"/>"),
        Mark::Cross => format!(
            "<path class=\"cross\" d=\"M{left:.1} {up:.1}L{right:.1} {low:.1}M{left:.1} {low:.1}L{right:.1} {up:.1}\"/>"
        ),
        Mark::Point => format!("<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"1.3\"/>"),
        _ => format!("<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.2\"/>"),
    }
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
    fn nothing_is_drawn_of_nothing() {
        assert_eq!(svg(&plot(vec![[0.0, -1.0]], Mark::Dot)), None);
    }

    #[test]
    fn titles_cannot_become_markup() {
        assert!(svg(&plot(vec![[0.0, 1.0]], Mark::Dot)).unwrap().contains("&lt;t&gt;</title>"));
    }

    #[test]
    fn long_legends_take_another_line() {
        let mut long = plot(vec![[0.0, 1.0]], Mark::Dot);
        let series = Series { label: Some("a label of 22 letters".into()), ..long.series[0].clone() };
        long.series = vec![series.clone(), series.clone(), Series { mark: Mark::Named, ..series }];
        let places: Vec<[f64; 2]> = legend_places(&long).into_iter().map(|(_, at)| at).collect();
        assert_eq!(places, [[LEFT + 8.0, 0.0], [LEFT + 8.0 + 181.0, 0.0]]);
        long.series.insert(0, long.series[0].clone());
        assert_eq!(legend_places(&long)[2].1, [LEFT + 8.0, LEGEND_LINE]);
        assert_eq!(Drawing::new(&long).unwrap().top, TOP + LEGEND + LEGEND_LINE);
    }

    #[test]
    fn equal_units_make_circles_round() {
        let mut round = plot(vec![[-1.0, -1.0], [1.0, 1.0]], Mark::Dot);
        (round.y, round.equal) = (Axis::linear("y"), true);
        let drawing = Drawing::new(&round).unwrap();
        let ([x0, y0], [x1, y1]) = (drawing.at([0.0, 0.0]).unwrap(), drawing.at([1.0, 1.0]).unwrap());
        assert!(((x1 - x0) - (y0 - y1)).abs() < 1e-9);
    }
}
