//! Two bundles beside each other: how far do the same orbits differ?
//!
//! Orbits are the same where they start at the same point. What is compared of them are their frequencies; a further
//! kind of result gets a module like `frequencies` and a key of its own in the [`Comparison`].

mod document;
mod frequencies;
mod side;

use std::path::PathBuf;

use aa_dataset::{Bundle, Dataset};
use aa_dynamics::pairing::{Pairing, pair_points};

pub use document::{Comparison, Deviations, DiffusionChange, FrequencyComparison, Origin, Sizes, Starts};

use crate::Error;
use frequencies::{Paired, frequencies_group};
use side::{Side, open};

/// What to compare, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparisonRequest {
    /// The bundles.
    pub files: [PathBuf; 2],
    /// `map`, `measured` or `learned` frequencies of both, or one word for each, with a comma; where it is left out, the
    /// first of map and measured that both have.
    pub of: Option<String>,
    /// The coordinates and momenta by which starts are told apart; all of them where it is empty.
    pub by: Vec<String>,
    /// How far starts may lie apart and be the same, relative to the largest size of each component.
    pub within: f64,
}

impl ComparisonRequest {
    /// Whatever both bundles have, orbits matched by the whole point to 1e-9.
    pub fn new(first: impl Into<PathBuf>, second: impl Into<PathBuf>) -> ComparisonRequest {
        ComparisonRequest { files: [first.into(), second.into()], of: None, by: Vec::new(), within: 1e-9 }
    }
}

/// A comparison with the numbers of every orbit.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// What was found, as `aatool compare --format json` prints it.
    pub document: Comparison,
    sides: [Side; 2],
    paired: Paired,
    pairing: Pairing,
}

/// Compares the frequencies of the orbits that two bundles share.
///
/// # Errors
/// A file that is missing, damaged or holds no such frequencies; systems of different dimension; an unknown name; no
/// orbit in common.
pub fn compare(request: &ComparisonRequest) -> Result<Compared, Error> {
    let sides = open(request)?;
    let (by, columns) = components(&sides, &request.by)?;
    let starts = |side: &Side| -> Vec<Vec<f64>> {
        side.initial.iter().map(|start| columns.iter().map(|&column| start[column]).collect()).collect()
    };
    let pairing = pair_points(&starts(&sides[0]), &starts(&sides[1]), request.within);
    if pairing.pairs.is_empty() {
        return Err(nothing_in_common(&sides, &by, request.within));
    }
    let paired = Paired::of(&sides, &pairing.pairs)?;
    let document = Comparison {
        format: 1,
        first: sides[0].origin.clone(),
        second: sides[1].origin.clone(),
        starts: Starts {
            by,
            within: request.within,
            matched: pairing.pairs.len(),
            only_first: pairing.only_first.len(),
            only_second: pairing.only_second.len(),
        },
        frequencies: paired.summary(),
    };
    Ok(Compared { document, sides, paired, pairing })
}

/// The names by which starts are told apart, and their places.
fn components([first, second]: &[Side; 2], by: &[String]) -> Result<(Vec<String>, Vec<usize>), Error> {
    let (width, other) = (first.width(), second.width());
    if width != other {
        let reason =
            format!("orbits start at points of {width} numbers in the first and of {other} in the second bundle");
        return Err(Error::NotComparable {
            reason,
            hint: "compare bundles of systems with the same coordinates".into(),
        });
    }
    let names =
        if first.names.len() == width { first.names.clone() } else { (1..=width).map(|i| format!("z{i}")).collect() };
    let place = |name: &String| {
        let what = || "there is no coordinate or momentum".to_string();
        let unknown = || Error::UnknownOption { what: what(), name: name.clone(), known: names.clone() };
        names.iter().position(|known| known == name).ok_or_else(unknown)
    };
    match by {
        [] => Ok((names, (0..width).collect())),
        by => Ok((by.to_vec(), by.iter().map(place).collect::<Result<_, _>>()?)),
    }
}

fn nothing_in_common(sides: &[Side; 2], by: &[String], within: f64) -> Error {
    let [first, second] = sides.each_ref().map(|side| side.initial.len());
    Error::NotComparable {
        reason: format!(
            "none of the {first} orbits of the first bundle starts where one of the {second} of the second does ({} \
             within {within:e})",
            by.join(", ")
        ),
        hint:
            "let both start at the same points: --initial FILE, or the same --seed; --by x,y compares starts by some \
               components alone, --within TOL less closely"
                .into(),
    }
}

impl Compared {
    /// Everything as a bundle: differences orbit by orbit in `/comparison/frequencies`, the document beside them.
    pub fn bundle(&self) -> Bundle {
        let mut bundle = Bundle::default();
        let document = serde_json::to_string(&self.document).expect("a comparison is plain data");
        let document = Dataset::scalar(document).long_name("the document of the comparison, as JSON");
        bundle.insert("comparison/document", document);
        *bundle.group_mut("comparison/frequencies") = frequencies_group(&self.sides, &self.paired);
        let alone = [("only_first", &self.pairing.only_first), ("only_second", &self.pairing.only_second)];
        for (name, orbits) in alone.into_iter().filter(|(_, orbits)| !orbits.is_empty()) {
            let orbits: Vec<i64> = orbits.iter().map(|&orbit| orbit as i64).collect();
            let dataset = Dataset::array([(name, orbits.len())], orbits);
            let dataset = dataset.long_name("orbits, counted from 0, that start nowhere in the other bundle");
            bundle.insert(&format!("comparison/{name}"), dataset);
        }
        bundle
    }
}
