use super::*;
use crate::null_space;

fn symbols<const N: usize>(names: [&str; N]) -> [Expr; N] {
    names.map(Expr::symbol)
}

fn rational(text: &str) -> Rational {
    crate::parse_rational(text).unwrap()
}

/// Particles in a potential V(x, y) with symbols a and b as parameters, and an ansatz that holds the energy.
struct Potential {
    derivation: Derivation,
    energy: Expr,
}

impl Potential {
    fn new(potential: Expr) -> Potential {
        let [x, y, u, v] = symbols(["x", "y", "u", "v"]);
        let energy = (u.powi(2) + v.powi(2)) / 2 + &potential;
        let force = |q: &Expr| -crate::differentiate(&potential, q);
        let rates = vec![u.clone(), v.clone(), force(&x), force(&y)];
        Potential { derivation: Derivation { variables: vec![x, y, u, v], rates }, energy }
    }

    fn ansatz(&self, degree: u32) -> Ansatz<'static> {
        Ansatz { degree: Degree::Fixed(degree), always: vec![self.energy.clone()], prove: false, ..Ansatz::default() }
    }

    fn family(&self, degree: u32) -> Option<Family> {
        Family::new(&self.derivation, &symbols(["a", "b"]), &self.ansatz(degree)).unwrap()
    }

    fn with(&self, values: &[(&str, &str)]) -> Potential {
        let rule = |&(name, value): &(&str, &str)| (Expr::symbol(name), Expr::rational(rational(value)));
        let rules: Vec<(Expr, Expr)> = values.iter().map(rule).collect();
        let put = |e: &Expr| crate::calculus::substitute(e, &rules);
        let rates = self.derivation.rates.iter().map(put).collect();
        let derivation = Derivation { variables: self.derivation.variables.clone(), rates };
        Potential { derivation, energy: put(&self.energy) }
    }

    /// The other road: put the values in and search that member.
    fn independent(&self, degree: u32, a: &str, b: &str) -> usize {
        let member = self.with(&[("a", a), ("b", b)]);
        null_space(&member.derivation, &member.ansatz(degree)).unwrap().vectors.len()
    }

    fn check(&self, degree: u32, a: &[&str], b: &[&str]) {
        let family = self.family(degree).expect("parameters are factors");
        for (&a, &b) in a.iter().flat_map(|a| b.iter().map(move |b| (a, b))) {
            let searched = self.independent(degree, a, b);
            if let Some(counted) = family.count(&[rational(a), rational(b)]) {
                assert_eq!(counted, searched, "a = {a}, b = {b}");
            }
        }
    }

    fn drops(&self, degree: u32, b: &str) -> (Vec<String>, usize) {
        let line = self.with(&[("b", b)]);
        let family = Family::new(&line.derivation, &symbols(["a"]), &line.ansatz(degree)).unwrap();
        let drops = family.expect("the parameter is a factor").drops().unwrap();
        (drops.rational.iter().map(|x| x.to_string()).collect(), drops.others)
    }
}

/// Henon and Heiles: (x^2 + b y^2)/2 + x^2 y - a y^3/3.
fn henon_heiles() -> Potential {
    let [x, y, a, b] = symbols(["x", "y", "a", "b"]);
    Potential::new((x.powi(2) + &b * y.powi(2)) / 2 + x.powi(2) * &y - a * y.powi(3) / 3)
}

/// (x^4 + y^4)/4 + a x^2 y^2/2 + b x y.
fn quartic() -> Potential {
    let [x, y, a, b] = symbols(["x", "y", "a", "b"]);
    Potential::new((x.powi(4) + y.powi(4)) / 4 + a * x.powi(2) * y.powi(2) / 2 + b * x * y)
}

#[test]
fn counts_agree_with_searches() {
    henon_heiles().check(4, &["-6", "-1", "0", "1", "1/3"], &["0", "1", "-3/2"]);
    quartic().check(4, &["0", "1", "3", "-1/2"], &["0", "1"]);
}

#[test]
fn parameters_of_other_terms_may_vanish() {
    let [x, y, a, b] = symbols(["x", "y", "a", "b"]);
    let exponential = Potential::new(&a * x.exp() + &b * (&y - &x).exp() + (-&y).exp());
    exponential.check(3, &["0", "1", "2"], &["0", "1", "5"]);
    let family = exponential.family(3).unwrap();
    assert_eq!(family.count(&[rational("0"), rational("1")]), None, "without exp(x) the ansatz is another");
    let central = Potential::new(&a / (x.powi(2) + y.powi(2)).sqrt() + &b / x.powi(2));
    central.check(2, &["0", "1"], &["0", "1"]);
}

#[test]
fn parameters_inside_atoms_are_refused() {
    let [x, y, a, b] = symbols(["x", "y", "a", "b"]);
    assert!(Potential::new((&a * &x).exp() + &b * y.powi(2)).family(2).is_none());
    assert!(Potential::new((x.powi(2) + y.powi(2) + &b).sqrt() * &a).family(2).is_none());
    assert!(Potential::new((&a + &b).powi(-1) * x.powi(2)).family(2).is_none());
    assert!(Potential::new(x.powi(2) / &a + a.sqrt() * y.powi(2)).family(2).is_none());
}

#[test]
fn members_that_divide_by_zero_are_none() {
    let [x, y, a, b] = symbols(["x", "y", "a", "b"]);
    let family = Potential::new(x.powi(2) / &a + &b * y.powi(2)).family(2).unwrap();
    assert_eq!(family.count(&[Rational::ZERO, Rational::ONE]), None);
    assert_eq!(family.count(&[Rational::ONE, Rational::ONE]), Some(3));
}

#[test]
fn drops_are_the_integrable_members() {
    assert_eq!(henon_heiles().drops(4, "1"), (vec!["-6".into(), "-1".into()], 0));
    assert_eq!(henon_heiles().drops(6, "16"), (vec!["-16".into(), "-6".into()], 0));
    assert_eq!(quartic().drops(4, "0"), (vec!["0".into(), "1".into(), "3".into()], 0));
}

#[test]
fn values_at_which_the_ansatz_changes_are_looked_at() {
    let [x, y, a, _] = symbols(["x", "y", "a", "b"]);
    let exponential = Potential::new((a - 2) * x.exp() + (&y * 2).exp());
    assert_eq!(exponential.drops(2, "0"), (vec!["2".into()], 0));
}

#[test]
fn several_parameters_have_no_drops() {
    assert_eq!(henon_heiles().family(2).unwrap().drops(), None);
}

#[test]
fn values_that_are_not_rational_are_counted() {
    // Two springs, 1 and a^2/2: equal strengths at a = sqrt(2) and -sqrt(2), and none at a = 0.
    let [x, y, a, _] = symbols(["x", "y", "a", "b"]);
    let springs = Potential::new(x.powi(2) / 2 + a.powi(2) * y.powi(2) / 4);
    assert_eq!(springs.drops(2, "0"), (vec!["0".into()], 2));
}
