//! Sections as text: `x=0,px>0`, `q1-q2=0,up`, `t=0 mod 2*pi`.
//!
//! One equation gives the surface: a sum of variables with factors, and its value; the period of an angle is 2 pi, and
//! `mod` gives any other. `up` and `down` say from which side it is passed, inequalities what must hold there.

use std::f64::consts::{PI, TAU};

use super::surface::{Condition, Direction, Section, Surface};
use crate::hamiltonian::TIME;
use crate::{Error, PhaseSpace};

impl Section {
    /// Reads a section of a phase space.
    ///
    /// # Errors
    /// [`Error::BadSection`] names the part that is not understood, what was expected, and where a name is unknown the
    /// names there are.
    pub fn parse(text: &str, space: &PhaseSpace) -> Result<Section, Error> {
        let reader = Reader { names: space.symbols().iter().map(ToString::to_string).collect() };
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        let (mut surface, mut direction, mut conditions) = (None, Direction::Both, Vec::new());
        for part in &parts {
            match *part {
                "up" => direction = Direction::Up,
                "down" => direction = Direction::Down,
                part if part.contains(['<', '>']) => conditions.push(reader.condition(part)?),
                part if part.contains('=') && surface.is_none() => surface = Some(reader.surface(part, space)?),
                part if part.contains('=') => return Err(wrong(part, "one equation; this is the second")),
                part => return Err(wrong(part, "`name = value`, `name > value`, `name < value`, `up` or `down`")),
            }
        }
        let surface = surface.ok_or_else(|| wrong(text, "an equation such as `x = 0`"))?;
        let spaced = parts.iter().map(|part| spaced(part)).collect::<Vec<_>>();
        Ok(Section { surface, direction, conditions, text: spaced.join(", ") })
    }
}

fn wrong(part: &str, expected: impl Into<String>) -> Error {
    Error::BadSection { part: part.to_string(), expected: expected.into() }
}

/// One blank on each side of a relation.
fn spaced(part: &str) -> String {
    let Some(at) = part.find(['=', '<', '>']) else { return part.to_string() };
    format!("{} {} {}", part[..at].trim(), &part[at..=at], part[at + 1..].trim())
}

struct Reader {
    names: Vec<String>,
}

impl Reader {
    fn surface(&self, part: &str, space: &PhaseSpace) -> Result<Surface, Error> {
        let (left, right) = part.split_once('=').expect("the caller has seen the sign");
        let (value, period) = match right.split_once(" mod ") {
            Some((value, period)) => (value, Some(number(period)?)),
            None => (right, None),
        };
        if period.is_some_and(|period| period <= 0.0) {
            return Err(wrong(part, "a positive period"));
        }
        let normal = self.sum(left)?;
        let is_angle = matches!(normal.as_slice(), [(i, factor)]
            if *i < space.coordinates().len() && space.is_circle(*i) && *factor == 1.0);
        let is_time = matches!(normal.as_slice(), [(i, _)] if self.names[*i] == TIME);
        if is_time && period.is_none() {
            return Err(wrong(part, "the period of the drive, such as `t = 0 mod 2*pi`"));
        }
        Ok(Surface { normal, level: number(value)?, period: period.or(is_angle.then_some(TAU)) })
    }

    fn condition(&self, part: &str) -> Result<Condition, Error> {
        let at = part.find(['<', '>']).expect("the caller has seen the sign");
        let (name, value) = (&part[..at], &part[at + 1..]);
        if value.starts_with('=') {
            return Err(wrong(part, "`<` or `>`; on a surface that is passed through, `<=` is no different"));
        }
        Ok(Condition { variable: self.variable(name)?, above: part[at..].starts_with('>'), value: number(value)? })
    }

    /// A sum of variables with factors, such as `x - 2*y`.
    fn sum(&self, text: &str) -> Result<Vec<(usize, f64)>, Error> {
        let signed = text.replace('-', "+-");
        let terms = signed.split('+').map(str::trim).filter(|term| !term.is_empty());
        let term = |term: &str| {
            let (sign, term) = term.strip_prefix('-').map_or((1.0, term), |rest| (-1.0, rest.trim()));
            match term.rsplit_once('*') {
                Some((factor, name)) => Ok((self.variable(name)?, sign * number(factor)?)),
                None => Ok((self.variable(term)?, sign)),
            }
        };
        let normal = terms.map(term).collect::<Result<Vec<_>, Error>>()?;
        match normal.iter().any(|(_, factor)| *factor != 0.0) {
            true => Ok(normal),
            false => Err(wrong(text, "a variable before the sign")),
        }
    }

    fn variable(&self, name: &str) -> Result<usize, Error> {
        let name = name.trim();
        let found = self.names.iter().position(|known| known == name);
        found.ok_or_else(|| wrong(name, format!("one of {}", self.names.join(", "))))
    }
}

/// A number, a fraction, or a product or quotient of such with `pi`.
fn number(text: &str) -> Result<f64, Error> {
    let (sign, unsigned) = text.trim().strip_prefix('-').map_or((1.0, text.trim()), |rest| (-1.0, rest));
    let factor = |factor: &str| match factor.trim() {
        "pi" | "PI" => Some(PI),
        plain => plain.parse::<f64>().ok().filter(|x| x.is_finite()),
    };
    let product = |text: &str| text.split('*').map(factor).product::<Option<f64>>();
    let quotient = unsigned.split('/').map(product).reduce(|a, b| Some(a? / b?)).flatten();
    quotient
        .map(|x| sign * x)
        .filter(|x| x.is_finite())
        .ok_or_else(|| wrong(text.trim(), "a number such as 0.5, 1/3 or 2*pi"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Coordinate, CoordinateKind};

    fn space() -> PhaseSpace {
        let coordinate = |name: &str, kind| Coordinate { name: name.into(), kind };
        PhaseSpace::new(vec![coordinate("x", CoordinateKind::Line), coordinate("phi", CoordinateKind::Circle)]).unwrap()
    }

    #[test]
    fn sections_are_read() {
        let read = |text: &str| Section::parse(text, &space()).unwrap();
        let plain = read("x=1/2,px>0");
        assert_eq!((plain.surface.normal.as_slice(), plain.surface.level), ([(0, 1.0)].as_slice(), 0.5));
        assert_eq!(plain.conditions, [Condition { variable: 2, above: true, value: 0.0 }]);
        assert_eq!(read("phi = pi, down").surface.period, Some(TAU));
        assert_eq!(read("phi = pi, down").direction, Direction::Down);
        assert_eq!(read("2*x - px = -3").surface.normal, [(0, 2.0), (2, -1.0)]);
        assert_eq!(read("x=0 mod 3*pi/2").surface.period, Some(1.5 * PI));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let message = |text: &str| Section::parse(text, &space()).unwrap_err().to_string();
        assert_eq!(message("z=0"), "section `z`: expected one of x, phi, px, p_phi");
        assert_eq!(message("x=zero"), "section `zero`: expected a number such as 0.5, 1/3 or 2*pi");
        assert_eq!(
            message("x~0"),
            "section `x~0`: expected `name = value`, `name > value`, `name < value`, `up` or `down`"
        );
        assert_eq!(message("x=0,phi=0"), "section `phi=0`: expected one equation; this is the second");
        assert_eq!(message("px>0"), "section `px>0`: expected an equation such as `x = 0`");
        assert!(message("x=0,px>=0").contains("`<` or `>`"));
    }
}
