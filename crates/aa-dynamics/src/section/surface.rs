//! What a section is: a surface in phase space, how it is passed, and what must hold there.

/// A surface of section.
///
/// ```
/// use aa_dynamics::PhaseSpace;
/// use aa_dynamics::section::Section;
/// let space = PhaseSpace::lines(["x", "y"]);
/// let section = Section::parse("x = 0, px > 0", &space).unwrap();
/// assert_eq!(section.to_string(), "x = 0, px > 0");
/// assert_eq!(section.axes(&space), [1, 3]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// The surface.
    pub surface: Surface,
    /// From which side it is passed.
    pub direction: Direction,
    /// What must hold where it is passed.
    pub conditions: Vec<Condition>,
    /// The same in words.
    pub(super) text: String,
}

/// Where n.z has a value, or one of the values a period apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Surface {
    /// n: a variable by its number, and its factor. Never empty.
    pub normal: Vec<(usize, f64)>,
    /// The value.
    pub level: f64,
    /// How far apart equivalent values are: 2 pi for an angle, the period of the drive for time.
    pub period: Option<f64>,
}

/// From which side a surface is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// n.z grows.
    Up,
    /// n.z falls.
    Down,
    /// Either.
    Both,
}

impl Direction {
    pub(super) fn allows(self, is_up: bool) -> bool {
        match self {
            Direction::Up => is_up,
            Direction::Down => !is_up,
            Direction::Both => true,
        }
    }
}

/// A variable above or below a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// The variable by its number.
    pub variable: usize,
    /// Whether it must be above.
    pub above: bool,
    /// The value.
    pub value: f64,
}

impl Condition {
    pub(super) fn holds(&self, x: f64) -> bool {
        if self.above { x > self.value } else { x < self.value }
    }
}

impl Section {
    /// The variables that are coordinates of the section: all but the first one in n and its momentum.
    pub fn axes(&self, space: &crate::PhaseSpace) -> Vec<usize> {
        let dropped = self.surface.normal[0].0;
        let n = space.dof();
        let conjugate = if space.structure().is_some() { dropped } else { (dropped + n) % (2 * n) };
        (0..space.dimension()).filter(|&i| i != dropped && i != conjugate).collect()
    }
}

impl std::fmt::Display for Section {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Surface {
    /// n.z, for the variables given by a function.
    pub(super) fn coordinate(&self, z: impl Fn(usize) -> f64) -> f64 {
        self.normal.iter().map(|&(variable, factor)| factor * z(variable)).sum()
    }

    /// How many levels are at or below a value of n.z; counted from any one of them where there is a period.
    pub(super) fn cell(&self, value: f64) -> i64 {
        match self.period {
            Some(period) => ((value - self.level) / period).floor() as i64,
            None => i64::from(value >= self.level),
        }
    }

    /// Level number `index`: the one that separates the cells `index - 1` and `index`.
    pub(super) fn level(&self, index: i64) -> f64 {
        self.level + self.period.map_or(0.0, |period| index as f64 * period)
    }

    /// The levels within `reach` of a value.
    pub(super) fn levels(&self, value: f64, reach: f64) -> std::ops::RangeInclusive<i64> {
        match self.period {
            Some(period) => {
                let place = |x: f64| (x - self.level) / period;
                place(value - reach).ceil() as i64..=place(value + reach).floor() as i64
            }
            None => 1..=i64::from((value - self.level).abs() <= reach),
        }
    }
}
