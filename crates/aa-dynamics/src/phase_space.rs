//! Phase space: named coordinates and their momenta, on lines or circles; or variables with a Poisson structure.

use aa_symbolic::Expr;

use crate::Error;
use crate::poisson::Structure;

/// What a coordinate runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoordinateKind {
    /// The real line.
    Line,
    /// A circle: the coordinate is an angle in radians, and values 2 pi apart are one place.
    Circle,
}

/// A named coordinate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coordinate {
    /// Its name in scripts and reports.
    pub name: String,
    /// What it runs over.
    pub kind: CoordinateKind,
}

/// Canonical coordinates and momenta; q before p wherever both are listed.
///
/// A space without canonical pairs ([`PhaseSpace::poisson`]) lists its variables as coordinates and has no momenta.
///
/// Momenta take their names from the coordinates: `q3` has `p3`, `x` has `px`, the circle `phi` has `p_phi`.
///
/// ```
/// use aa_dynamics::{Coordinate, CoordinateKind, PhaseSpace};
/// let names = |space: &PhaseSpace| space.symbols().iter().map(|s| s.to_string()).collect::<Vec<_>>();
/// assert_eq!(names(&PhaseSpace::numbered(2)), ["q1", "q2", "p1", "p2"]);
/// assert_eq!(names(&PhaseSpace::lines(["x"])), ["x", "px"]);
/// let angle = Coordinate { name: "phi".into(), kind: CoordinateKind::Circle };
/// assert_eq!(names(&PhaseSpace::new(vec![angle]).unwrap()), ["phi", "p_phi"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseSpace {
    kinds: Vec<CoordinateKind>,
    coordinates: Vec<Expr>,
    momenta: Vec<Expr>,
    structure: Option<Structure>,
}

impl PhaseSpace {
    /// The phase space of the given coordinates, in their order.
    ///
    /// # Errors
    /// No coordinate at all, a name that is not a plain identifier, or a name (of a momentum, too) that comes twice.
    pub fn new(coordinates: Vec<Coordinate>) -> Result<PhaseSpace, Error> {
        if coordinates.is_empty() {
            return Err(Error::NoCoordinates);
        }
        if let Some(bad) = coordinates.iter().find(|c| !is_identifier(&c.name)) {
            return Err(Error::BadName { name: bad.name.clone() });
        }
        let names: Vec<String> = coordinates.iter().map(|c| c.name.clone()).collect();
        let momenta: Vec<String> = coordinates.iter().map(momentum_name).collect();
        let all: Vec<&String> = names.iter().chain(&momenta).collect();
        if let Some((_, twice)) = all.iter().enumerate().find(|(i, name)| all[..*i].contains(name)) {
            return Err(Error::NameTwice { name: (*twice).clone() });
        }
        let kinds = coordinates.iter().map(|c| c.kind).collect();
        Ok(PhaseSpace { kinds, coordinates: symbols(&names), momenta: symbols(&momenta), structure: None })
    }

    /// Variables z on lines whose brackets {z_i, z_j} are the entries of a matrix, such as the body-frame angular
    /// momenta of a top.
    ///
    /// ```
    /// use aa_dynamics::PhaseSpace;
    /// use aa_symbolic::Expr;
    /// let [x, y, z] = ["x", "y", "z"].map(Expr::symbol);
    /// let zero = Expr::zero();
    /// // so(3): {x, y} = z and cyclic.
    /// let brackets = vec![
    ///     vec![zero.clone(), z.clone(), -&y],
    ///     vec![-&z, zero.clone(), x.clone()],
    ///     vec![y.clone(), -&x, zero],
    /// ];
    /// let space = PhaseSpace::poisson(&["x", "y", "z"], brackets).unwrap();
    /// assert_eq!((space.dimension(), space.dof(), space.n_casimirs()), (3, 1, 1));
    /// ```
    ///
    /// # Errors
    /// Bad names, a matrix that is not square or not antisymmetric, or three variables that violate the Jacobi identity.
    pub fn poisson(names: &[&str], brackets: Vec<Vec<Expr>>) -> Result<PhaseSpace, Error> {
        if names.is_empty() {
            return Err(Error::NoCoordinates);
        }
        if let Some(bad) = names.iter().find(|name| !is_identifier(name)) {
            return Err(Error::BadName { name: bad.to_string() });
        }
        if let Some((_, twice)) = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)) {
            return Err(Error::NameTwice { name: twice.to_string() });
        }
        let coordinates: Vec<Expr> = names.iter().map(|name| Expr::symbol(name)).collect();
        let structure = Structure::new(&coordinates, brackets)?;
        let kinds = vec![CoordinateKind::Line; names.len()];
        Ok(PhaseSpace { kinds, coordinates, momenta: Vec::new(), structure: Some(structure) })
    }

    /// Coordinates q1..qn on lines.
    ///
    /// # Panics
    /// If `n` is 0.
    pub fn numbered(n: usize) -> PhaseSpace {
        assert!(n > 0, "a phase space has at least one degree of freedom");
        let names = |letter| (1..=n).map(|i| format!("{letter}{i}")).collect::<Vec<String>>();
        let (coordinates, momenta) = (symbols(&names("q")), symbols(&names("p")));
        PhaseSpace { kinds: vec![CoordinateKind::Line; n], coordinates, momenta, structure: None }
    }

    /// Coordinates on lines, by name.
    ///
    /// # Panics
    /// Where [`PhaseSpace::new`] refuses the names; for names known when the program is written.
    pub fn lines<const N: usize>(names: [&str; N]) -> PhaseSpace {
        let line = |name: &str| Coordinate { name: name.to_string(), kind: CoordinateKind::Line };
        PhaseSpace::new(names.map(line).into()).expect("names given in the program are valid")
    }

    /// The space with one more pair, whose coordinate runs over a line.
    pub(crate) fn with_coordinate(&self, name: &str) -> Result<PhaseSpace, Error> {
        let known = self.coordinates.iter().zip(&self.kinds);
        let known = known.map(|(q, &kind)| Coordinate { name: q.to_string(), kind });
        PhaseSpace::new(known.chain([Coordinate { name: name.into(), kind: CoordinateKind::Line }]).collect())
    }

    /// Degrees of freedom: the number of canonical pairs, or half the rank of the Poisson structure.
    pub fn dof(&self) -> usize {
        self.structure.as_ref().map_or(self.coordinates.len(), |structure| structure.rank() / 2)
    }

    /// The number of variables.
    pub fn dimension(&self) -> usize {
        self.coordinates.len() + self.momenta.len()
    }

    /// How many independent Casimir functions there are: functions that commute with everything.
    pub fn n_casimirs(&self) -> usize {
        self.dimension() - 2 * self.dof()
    }

    /// The Poisson structure; none where the variables are canonical pairs.
    pub fn structure(&self) -> Option<&Structure> {
        self.structure.as_ref()
    }

    /// Coordinate number `i`, from 0.
    pub fn q(&self, i: usize) -> Expr {
        self.coordinates[i].clone()
    }

    /// Momentum number `i`, from 0.
    pub fn p(&self, i: usize) -> Expr {
        self.momenta[i].clone()
    }

    /// The coordinates, in order.
    pub fn coordinates(&self) -> &[Expr] {
        &self.coordinates
    }

    /// The momenta, in the order of the coordinates.
    pub fn momenta(&self) -> &[Expr] {
        &self.momenta
    }

    /// Coordinates, then momenta.
    pub fn symbols(&self) -> Vec<Expr> {
        [self.coordinates.as_slice(), &self.momenta].concat()
    }

    /// What coordinate `i` runs over.
    pub fn kind(&self, i: usize) -> CoordinateKind {
        self.kinds[i]
    }

    /// Whether coordinate `i` is an angle.
    pub fn is_circle(&self, i: usize) -> bool {
        self.kinds[i] == CoordinateKind::Circle
    }
}

fn symbols(names: &[String]) -> Vec<Expr> {
    names.iter().map(|name| Expr::symbol(name)).collect()
}

/// `q3` gives `p3`, a circle `phi` gives `p_phi`, any other name `x` gives `px`.
fn momentum_name(coordinate: &Coordinate) -> String {
    let name = &coordinate.name;
    let number = name.strip_prefix('q').filter(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()));
    match (coordinate.kind, number) {
        (CoordinateKind::Circle, _) => format!("p_{name}"),
        (CoordinateKind::Line, Some(number)) => format!("p{number}"),
        (CoordinateKind::Line, None) => format!("p{name}"),
    }
}

fn is_identifier(name: &str) -> bool {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts_well && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str) -> Coordinate {
        Coordinate { name: name.into(), kind: CoordinateKind::Line }
    }

    #[test]
    fn names_that_cannot_be_told_apart_are_refused() {
        assert_eq!(PhaseSpace::new(vec![]), Err(Error::NoCoordinates));
        assert_eq!(PhaseSpace::new(vec![line("x"), line("x")]), Err(Error::NameTwice { name: "x".into() }));
        assert_eq!(PhaseSpace::new(vec![line("px"), line("x")]), Err(Error::NameTwice { name: "px".into() }));
        assert_eq!(PhaseSpace::new(vec![line("x y")]), Err(Error::BadName { name: "x y".into() }));
    }
}
