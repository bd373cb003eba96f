//! Families of systems: which members have more integrals of motion than the rest?
//!
//! The script is traced once with the parameters of the scan as symbols, and the members are counted by rank alone;
//! those that stand out are then loaded with their numbers and searched in full, with proofs. Where a parameter is a
//! count, decides a branch or sits inside a function, every member is loaded and searched by itself.

mod chaos;
mod document;
mod file;
mod grid;
mod learned;

use aa_analysis::Watch;
use aa_dynamics::family::{Family, count_members, family, find_integrals_of};
use aa_dynamics::integrals::{Degree, Integrals, SearchOptions};
use aa_symbolic::{Expr, Proof, Rational};
use serde_json::{Map, Value};

pub use chaos::{ChaosMember, ChaosScan, ChaosScanRequest, scan_chaos};
pub use document::{Line, Member, Scan, Skipped};
pub use grid::values;
pub use learned::{FamilyDocument, MemberJudged, Scaling, TrainedFamily, train_family};

use crate::analysis::number;
use crate::{Error, Parameter, Registry, Source, System, SystemSettings, load_system};
use grid::{Axis, members};

/// The most monomials of the ansatz.
const COLUMNS: usize = 1500;

/// Members counted or searched between two reports of progress.
const CHUNK: usize = 200;

/// What to scan.
#[derive(Clone, Debug, Default)]
pub struct ScanRequest {
    /// The system, by name or path.
    pub system: String,
    /// Parameters set for all members, name and value as text.
    pub set: Vec<(String, String)>,
    /// Ranges of parameters, `k=lo:hi:step` or `k=value`.
    pub over: Vec<String>,
    /// A parameter to solve for, at each member of the grid of the others.
    pub solve: Option<String>,
    /// The weighted degree to search to.
    pub degree: u32,
}

/// Scans a family of systems.
///
/// ```
/// use aa_analysis::Unwatched;
/// use aa_plugin::{Registry, ScanRequest, SearchPath, scan};
/// let registry = Registry::open(&SearchPath::bundled_only()).unwrap();
/// let over = vec!["C=-8:0:1".into()];
/// let request = ScanRequest { system: "henon_heiles".into(), over, degree: 4, ..ScanRequest::default() };
/// let scan = scan(&registry, &request, &Unwatched).unwrap();
/// let found: Vec<i64> = scan.members.iter().map(|member| member.parameters["C"].as_i64().unwrap()).collect();
/// assert_eq!(found, [-6, -1]);
/// ```
///
/// # Errors
/// The system is wrong; a range makes no sense or names no number of the system; a parameter cannot be solved for; no
/// member could be searched.
pub fn scan(registry: &Registry, request: &ScanRequest, watch: &dyn Watch) -> Result<Scan, Error> {
    let (scanner, grid) = Scanner::of(registry, request, watch)?;
    if let Some(name) = &request.solve {
        return scanner.solve(name, grid);
    }
    match scanner.family(&[]) {
        Some(family) => Ok(scanner.count(&family, grid)),
        None => scanner.search_all(grid),
    }
}

/// A scan under way.
struct Scanner<'a> {
    source: Source,
    request: &'a ScanRequest,
    /// The parameters that have a value for each member.
    names: Vec<String>,
    /// Whether the values of each are to be written as fractions, as those solved for are.
    in_fractions: Vec<bool>,
    watch: &'a dyn Watch,
}

/// Values of the parameters scanned.
type Values = Vec<Rational>;

/// Members searched in full, and those that could not be.
type Searched = (Vec<(Values, Integrals)>, Vec<Skipped>);

impl<'a> Scanner<'a> {
    /// What to scan with, and the members of the grid.
    fn of(
        registry: &Registry,
        request: &'a ScanRequest,
        watch: &'a dyn Watch,
    ) -> Result<(Scanner<'a>, Vec<Values>), Error> {
        let axes = request.over.iter().map(|text| Axis::read("--over", text)).collect::<Result<Vec<Axis>, Error>>()?;
        let grid = members(&axes)?;
        let names = axes.iter().map(|axis| axis.name.clone()).chain(request.solve.clone()).collect();
        let in_fractions = axes.iter().map(|axis| axis.in_fractions).chain([true]).collect();
        let scanner = Scanner { source: registry.system(&request.system)?, request, names, in_fractions, watch };
        scanner.check_names()?;
        Ok((scanner, grid))
    }

    fn check_names(&self) -> Result<(), Error> {
        let system = self.load(&[], &[])?;
        for (i, name) in self.names.iter().enumerate() {
            let refuse = |reason: String, hint: &str| Err(Error::Scan { reason, hint: hint.into() });
            match system.parameters.get(name) {
                None => {
                    let known = system.parameters.keys().cloned().collect();
                    return Err(Error::UnknownParameter { system: system.name, key: name.clone(), known });
                }
                Some(Parameter::Number(_)) => {}
                Some(other) => return refuse(format!("`{name}` is {other}; only numbers can be scanned"), "use --set"),
            }
            if self.names[..i].contains(name) || self.request.set.iter().any(|(set, _)| set == name) {
                return refuse(format!("`{name}` is given twice"), "name it in one of --over, --solve and --set");
            }
        }
        Ok(())
    }

    /// The system with these values and symbols.
    fn load(&self, values: &[Rational], symbolic: &[String]) -> Result<System, Error> {
        let values = self.names.iter().zip(values).map(|(name, value)| (name.clone(), value.to_string()));
        let set = self.request.set.iter().cloned().chain(values).collect();
        load_system(&self.source, &SystemSettings { set, symbolic: symbolic.to_vec(), ..SystemSettings::default() })
    }

    fn options(&self) -> SearchOptions<'static> {
        SearchOptions { degree: Degree::Fixed(self.request.degree), columns: COLUMNS, ..SearchOptions::default() }
    }

    /// The family in which the first parameters have these values and the others are symbols, where the script and the
    /// algebra allow it.
    fn family(&self, values: &[Rational]) -> Option<Family> {
        let names = &self.names[values.len()..];
        let system = self.load(values, names).ok()?;
        let symbols: Vec<Expr> = names.iter().map(|name| Expr::symbol(name)).collect();
        family(&system.hamiltonian, &symbols, &self.options()).ok().flatten()
    }

    /// Counts all members and searches those that stand out.
    fn count(&self, family: &Family, grid: Vec<Values>) -> Scan {
        let mut outstanding = Vec::new();
        for (i, chunk) in grid.chunks(CHUNK).enumerate() {
            self.watch.progress("counting", i * CHUNK, grid.len());
            outstanding.extend(outstanding_of(family, chunk));
        }
        Scan { searched: grid.len(), ..self.of_family(family, &[], &outstanding) }
    }

    /// Solves for the last parameter at every member of the grid of the others.
    fn solve(&self, name: &str, grid: Vec<Values>) -> Result<Scan, Error> {
        let (mut lines, mut not_rational) = (Vec::new(), 0);
        for (i, others) in grid.iter().enumerate() {
            self.watch.progress("solving", i, grid.len());
            let drops = self.family(others).and_then(|family| Some((family.drops()?, family)));
            let Some((drops, family)) = drops else {
                // A fault of the script at these values says more.
                return Err(self.load(others, &[]).err().unwrap_or_else(|| unsolvable(name)));
            };
            let values: Vec<Values> = drops.rational.into_iter().map(|value| vec![value]).collect();
            lines.push(self.of_family(&family, others, &outstanding_of(&family, &values)));
            not_rational += drops.others;
        }
        let generic = lines.iter().map(|line| line.generic).min().unwrap_or(0);
        let special = grid.iter().zip(&lines).filter(|(_, line)| line.generic > generic);
        Ok(Scan {
            degree: lines.iter().map(|line| line.degree).min().unwrap_or(0),
            basis: lines.iter().map(|line| line.basis).max().unwrap_or(0),
            searched: grid.len(),
            generic,
            everywhere: special
                .map(|(others, line)| Line { parameters: self.parameters(others), independent: line.generic })
                .collect(),
            complete: not_rational == 0 && lines.iter().all(|line| line.complete),
            not_rational: Some(not_rational),
            skipped: lines.iter().flat_map(|line| line.skipped.clone()).collect(),
            members: lines.into_iter().flat_map(|line| line.members).collect(),
            ..self.empty()
        })
    }

    /// The result for a family whose outstanding members are known; the first parameters have `fixed` values.
    fn of_family(&self, family: &Family, fixed: &[Rational], outstanding: &[Values]) -> Scan {
        let outstanding: Vec<Values> = outstanding.iter().map(|values| [fixed, values].concat()).collect();
        let (searched, skipped) = self.search(&outstanding);
        let generic = self.generic(family, fixed);
        let members = searched.iter().map(|(values, integrals)| self.member(values, integrals));
        let certain = searched.iter().all(|(_, integrals)| integrals.searched.complete);
        Scan {
            degree: family.degree,
            basis: family.n_basis,
            members: members.filter(|member| member.independent > generic).collect(),
            generic,
            complete: family.doubt.is_none() && certain && skipped.is_empty(),
            skipped,
            ..self.empty()
        }
    }

    /// The integrals of a member in general position, with brackets of integrals as in a full search. (Brackets with
    /// the energy vanish, so two more integrals are needed before there is anything to add.)
    fn generic(&self, family: &Family, fixed: &[Rational]) -> usize {
        if family.generic < 3 {
            return family.generic;
        }
        let value = |i: usize| Rational::from_parts((10_007 + 30 * i as i64).into(), 101u8.into());
        let values = fixed.iter().cloned().chain((fixed.len()..self.names.len()).map(value)).collect();
        let (searched, _) = self.search(&[values]);
        searched.iter().map(|(_, found)| found.independent).fold(family.generic, usize::max)
    }

    /// Searches every member in full.
    fn search_all(&self, grid: Vec<Values>) -> Result<Scan, Error> {
        let (searched, skipped) = self.search(&grid);
        if let (Some(first), true) = (skipped.first(), searched.is_empty()) {
            let reason = format!("no member can be searched; the first says: {}", first.reason);
            return Err(Error::Scan {
                reason,
                hint: "`aatool check` looks at the script with its own parameters".into(),
            });
        }
        let found = || searched.iter().map(|(_, integrals)| integrals);
        let generic = found().map(|integrals| integrals.independent).min().unwrap_or(0);
        let members = searched.iter().map(|(values, integrals)| self.member(values, integrals));
        Ok(Scan {
            degree: found().map(|integrals| integrals.searched.degree).min().unwrap_or(0),
            basis: found().map(|integrals| integrals.searched.basis).max().unwrap_or(0),
            members: members.filter(|member| member.independent > generic).collect(),
            searched: grid.len(),
            generic,
            complete: found().all(|integrals| integrals.searched.complete) && skipped.is_empty(),
            skipped,
            one_by_one: true,
            ..self.empty()
        })
    }

    /// The full search of some members.
    fn search(&self, members: &[Values]) -> Searched {
        let (mut searched, mut skipped) = (Vec::new(), Vec::new());
        for (i, chunk) in members.chunks(CHUNK).enumerate() {
            self.watch.progress("proving", i * CHUNK, members.len());
            let mut loaded = Vec::new();
            for values in chunk {
                match self.load(values, &[]) {
                    Ok(system) => loaded.push((values, system.hamiltonian)),
                    Err(error) => skipped.push(self.skipped(values, &error)),
                }
            }
            let (values, systems): (Vec<_>, Vec<_>) = loaded.into_iter().unzip();
            for (values, found) in values.into_iter().zip(find_integrals_of(&systems, &self.options())) {
                match found {
                    Ok(integrals) => searched.push((values.clone(), integrals)),
                    Err(error) => skipped.push(self.skipped(values, &error)),
                }
            }
        }
        (searched, skipped)
    }

    fn parameters(&self, values: &[Rational]) -> Map<String, Value> {
        let spell = |(value, in_fractions): (&Rational, &bool)| match value.is_int() || !in_fractions {
            true => number(&Expr::rational(value.clone())),
            false => value.to_string().into(),
        };
        self.names.iter().cloned().zip(values.iter().zip(&self.in_fractions).map(spell)).collect()
    }

    fn member(&self, values: &[Rational], integrals: &Integrals) -> Member {
        Member {
            parameters: self.parameters(values),
            independent: integrals.independent,
            proved: integrals.found.iter().all(|integral| integral.proof == Proof::Identity),
            integrals: integrals.found.iter().map(aa_analysis::document::Integral::from).collect(),
        }
    }

    fn skipped(&self, values: &[Rational], error: &dyn std::error::Error) -> Skipped {
        Skipped { parameters: self.parameters(values), reason: error.to_string() }
    }

    /// The ranges as they were given.
    fn over(&self) -> Map<String, Value> {
        let range = |text: &String| text.split_once('=').map(|(name, range)| (name.trim().into(), range.trim().into()));
        self.request.over.iter().filter_map(range).collect()
    }

    fn empty(&self) -> Scan {
        Scan {
            format: 1,
            system: self.source.name.clone(),
            over: self.over(),
            solve: self.request.solve.clone(),
            degree: self.request.degree,
            basis: 0,
            members: Vec::new(),
            searched: 0,
            generic: 0,
            everywhere: Vec::new(),
            complete: true,
            not_rational: None,
            skipped: Vec::new(),
            one_by_one: false,
        }
    }
}

/// Members with a count beyond the generic one, and those that the family cannot count.
fn outstanding_of(family: &Family, members: &[Values]) -> Vec<Values> {
    let counts = count_members(family, members);
    let more = members.iter().zip(counts).filter(|(_, count)| count.is_none_or(|n| n > family.generic));
    more.map(|(values, _)| values.clone()).collect()
}

fn unsolvable(name: &str) -> Error {
    Error::Scan {
        reason: format!("`{name}` cannot be solved for: it is not just a factor of terms of the formula"),
        hint: format!("scan a grid: --over {name}=LO:HI:STEP"),
    }
}
