//! What a scan says, as `aatool scan --format json` prints it.

use aa_analysis::document::Integral;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a scan found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scan {
    /// The version of the document: 1.
    pub format: u32,
    /// The system's name.
    pub system: String,
    /// The ranges, by parameter.
    pub over: Map<String, Value>,
    /// The parameter solved for.
    pub solve: Option<String>,
    /// The weighted degree up to which members were searched.
    pub degree: u32,
    /// The number of monomials.
    pub basis: usize,
    /// Members with more independent integrals than a member in general position, in the order of the grid.
    pub members: Vec<Member>,
    /// How many members the grid has.
    pub searched: usize,
    /// Independent integrals of a member in general position; where members had to be searched one by one, the least,
    /// and where a parameter is solved for, the least over the grid of the others.
    pub generic: usize,
    /// Members of the grid of the others at which every value of the parameter solved for gives more, by rank alone.
    pub everywhere: Vec<Line>,
    /// Whether it is certain that no other member has more integrals up to this degree.
    pub complete: bool,
    /// How many more values of the parameter solved for let the rank drop, over the whole grid of the others: irrational
    /// ones, complex ones, and fractions of numbers beyond a million. They are not examined.
    pub not_rational: Option<usize>,
    /// Members that could not be searched.
    pub skipped: Vec<Skipped>,
    /// Whether every member was loaded and searched by itself.
    pub one_by_one: bool,
}

/// A member of a family that stands out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The values of the parameters scanned.
    pub parameters: Map<String, Value>,
    /// How many independent integrals it has.
    pub independent: usize,
    /// Whether each of them was proved by the identity {F, H} = 0.
    pub proved: bool,
    /// The integrals, the energy first.
    pub integrals: Vec<Integral>,
}

/// A member of the grid whose integrals do not depend on the parameter solved for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The values of the other parameters.
    pub parameters: Map<String, Value>,
    /// How many independent integrals there are for a value in general position.
    pub independent: usize,
}

/// A member that could not be searched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Skipped {
    /// The values of the parameters scanned.
    pub parameters: Map<String, Value>,
    /// Why.
    pub reason: String,
}
