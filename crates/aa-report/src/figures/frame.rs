//! The part of a plane that a picture shows, where strays would make the rest a dot.

/// The part of the plane that is drawn.
pub(super) struct Frame {
    low: [f64; 2],
    high: [f64; 2],
}

impl Frame {
    /// Where the middle 90 % of the points are, and as much room again on each side: a few strays do not make the rest a
    /// dot.
    pub(super) fn of(points: &[[f64; 2]]) -> Option<Frame> {
        let ends = |axis: usize| {
            let mut values: Vec<f64> = points.iter().map(|at| at[axis]).filter(|value| value.is_finite()).collect();
            values.sort_by(f64::total_cmp);
            let last = values.len().checked_sub(1)?;
            let (low, high) = (values[last / 20], values[last - last / 20]);
            let room = (high - low).max(1e-3 * high.abs());
            Some((low - room, high + room))
        };
        let ((x0, x1), (y0, y1)) = (ends(0)?, ends(1)?);
        Some(Frame { low: [x0, y0], high: [x1, y1] })
    }

    /// Where all the points are that this frame holds, and a tenth more on each side.
    pub(super) fn shrunk(self, points: &[[f64; 2]]) -> Frame {
        let inside = || points.iter().filter(|at| self.holds(**at));
        let end = |axis: usize, pick: fn(f64, f64) -> f64| inside().map(|at| at[axis]).reduce(pick).unwrap_or(0.0);
        let ([x0, y0], [x1, y1]) = ([0, 1].map(|axis| end(axis, f64::min)), [0, 1].map(|axis| end(axis, f64::max)));
        let room = |low: f64, high: f64| (0.1 * (high - low)).max(1e-3 * high.abs());
        let (dx, dy) = (room(x0, x1), room(y0, y1));
        Frame { low: [x0 - dx, y0 - dy], high: [x1 + dx, y1 + dy] }
    }

    pub(super) fn holds(&self, at: [f64; 2]) -> bool {
        (0..2).all(|axis| self.spans(axis, at[axis]))
    }

    /// Whether the value is within along one axis.
    pub(super) fn spans(&self, axis: usize, value: f64) -> bool {
        (self.low[axis]..=self.high[axis]).contains(&value)
    }

    /// Whether there is room for a name at both points.
    pub(super) fn are_apart(&self, one: [f64; 2], other: [f64; 2]) -> bool {
        let apart = |axis: usize| (one[axis] - other[axis]).abs() / (self.high[axis] - self.low[axis]);
        apart(0) > 0.15 || apart(1) > 0.06
    }

    /// The piece of the line a x + b y + c = 0 inside, its right end last.
    pub(super) fn clip(&self, [a, b, c]: [f64; 3]) -> Option<[[f64; 2]; 2]> {
        let ([x0, y0], [x1, y1]) = (self.low, self.high);
        let upright = [x0, x1].map(|x| [x, -(a * x + c) / b]);
        let level = [y0, y1].map(|y| [-(b * y + c) / a, y]);
        let mut crossings: Vec<[f64; 2]> = upright.into_iter().chain(level).filter(|at| self.holds(*at)).collect();
        crossings.sort_by(|one, other| one[0].total_cmp(&other[0]).then(one[1].total_cmp(&other[1])));
        match (crossings.first(), crossings.last()) {
            (Some(first), Some(last)) if first != last => Some([*first, *last]),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strays_do_not_shrink_the_picture() {
        let mut points: Vec<[f64; 2]> = (0..100).map(|i| [1.0 + 1e-3 * f64::from(i), 0.5]).collect();
        points.push([-40.0, 0.5]);
        let frame = Frame::of(&points).unwrap();
        assert!(!frame.holds([-40.0, 0.5]) && points[..100].iter().all(|at| frame.holds(*at)));
        let tight = Frame::of(&points).unwrap().shrunk(&points);
        assert!((tight.high[0] - (1.099 + 0.0099)).abs() < 1e-12 && tight.holds([1.0, 0.5]));
        let [from, to] = frame.clip([1.0, 0.0, -1.05]).unwrap();
        assert!(from[0] == 1.05 && from[1] < to[1] && frame.clip([1.0, 0.0, 9.0]).is_none());
    }
}
