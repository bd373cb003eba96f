//! Which versions of plugins go together: PubGrub (Weizenbaum 2018), which also says why none do.
//!
//! The newest versions are taken, but for those pinned before. A withdrawn version is never chosen anew. This program is
//! one more package with a single version, so that what a plugin requires of it is part of the explanation.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::convert::Infallible;

use pubgrub::{
    DefaultStringReporter, Dependencies, DependencyProvider, NoSolutionError, PackageResolutionStatistics,
    PubGrubError, Ranges, Reporter,
};
use semver::{BuildMetadata, Comparator, Op, Prerelease, Version, VersionReq};

use crate::Error;
use crate::manifest::OWN_VERSION;

/// Names that no plugin can have.
const ROOT: &str = "the request";
const AATOOL: &str = "aatool itself";

/// A version that can be had.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The versions of aatool that it works with.
    pub requires: VersionReq,
    /// Other plugins it needs.
    pub depends: BTreeMap<String, VersionReq>,
    /// Withdrawn: only where it is pinned.
    pub yanked: bool,
}

/// All versions that can be had, by name.
pub type Candidates = BTreeMap<String, BTreeMap<Version, Candidate>>;

/// One version of every plugin that is needed for those asked for.
///
/// # Errors
/// There is no such choice; the error explains it.
pub fn solve(
    asked: &BTreeMap<String, VersionReq>,
    candidates: &Candidates,
    pinned: &BTreeMap<String, Version>,
) -> Result<BTreeMap<String, Version>, Error> {
    let provider = Provider { asked, candidates, pinned };
    match pubgrub::resolve(&provider, ROOT.to_string(), ROOT_VERSION) {
        Ok(chosen) => Ok(chosen.into_iter().filter(|(name, _)| name != ROOT && name != AATOOL).collect()),
        Err(PubGrubError::NoSolution(tree)) => Err(Error::Unsolvable { explanation: explanation(&tree) }),
        Err(other) => Err(Error::Unsolvable { explanation: other.to_string() }),
    }
}

const ROOT_VERSION: Version = Version::new(0, 0, 0);

/// The steps that lead to a contradiction, in sentences.
fn explanation(tree: &NoSolutionError<Provider<'_>>) -> String {
    let text = DefaultStringReporter::report(tree).replace(&format!("{ROOT} {ROOT_VERSION}"), ROOT);
    text.replace(&format!("{ROOT} is forbidden"), &format!("{ROOT} cannot be met"))
}

struct Provider<'a> {
    asked: &'a BTreeMap<String, VersionReq>,
    candidates: &'a Candidates,
    pinned: &'a BTreeMap<String, Version>,
}

impl Provider<'_> {
    /// The versions of a package in a range, oldest first.
    fn versions(&self, package: &str, range: &Ranges<Version>) -> Vec<Version> {
        let all: Vec<Version> = match package {
            ROOT => vec![ROOT_VERSION],
            AATOOL => vec![Version::parse(OWN_VERSION).expect("the version of this crate is a version")],
            _ => {
                let candidates = self.candidates.get(package).into_iter().flatten();
                let usable =
                    candidates.filter(|(v, candidate)| !candidate.yanked || self.pinned.get(package) == Some(v));
                usable.map(|(version, _)| version.clone()).collect()
            }
        };
        all.into_iter().filter(|version| range.contains(version)).collect()
    }
}

impl DependencyProvider for Provider<'_> {
    type P = String;
    type V = Version;
    type VS = Ranges<Version>;
    type M = String;
    type Err = Infallible;
    type Priority = (u32, Reverse<usize>);

    fn prioritize(
        &self,
        package: &String,
        range: &Ranges<Version>,
        seen: &PackageResolutionStatistics,
    ) -> Self::Priority {
        match self.versions(package, range).len() {
            0 => (u32::MAX, Reverse(0)),
            count => (seen.conflict_count(), Reverse(count)),
        }
    }

    fn choose_version(&self, package: &String, range: &Ranges<Version>) -> Result<Option<Version>, Infallible> {
        let mut versions = self.versions(package, range);
        let pinned = self.pinned.get(package).filter(|pinned| versions.contains(pinned));
        Ok(pinned.cloned().or_else(|| versions.pop()))
    }

    fn get_dependencies(
        &self,
        package: &String,
        version: &Version,
    ) -> Result<Dependencies<String, Ranges<Version>, String>, Infallible> {
        let of = |depends: &BTreeMap<String, VersionReq>| -> Vec<(String, Ranges<Version>)> {
            depends.iter().map(|(name, wanted)| (name.clone(), ranges(wanted))).collect()
        };
        let needed = match self.candidates.get(package).and_then(|versions| versions.get(version)) {
            Some(candidate) => [of(&candidate.depends), vec![(AATOOL.into(), ranges(&candidate.requires))]].concat(),
            None if package == ROOT => of(self.asked),
            None => Vec::new(),
        };
        Ok(Dependencies::Available(needed.into_iter().collect()))
    }
}

/// A requirement as a set of versions.
fn ranges(wanted: &VersionReq) -> Ranges<Version> {
    wanted.comparators.iter().map(range).fold(Ranges::full(), |all, one| all.intersection(&one))
}

/// The versions that one comparator matches; parts left out stand for all that they can be.
fn range(one: &Comparator) -> Ranges<Version> {
    let (major, minor, patch) = (one.major, one.minor.unwrap_or(0), one.patch.unwrap_or(0));
    let from = Version { major, minor, patch, pre: one.pre.clone(), build: BuildMetadata::EMPTY };
    let (next_major, next_minor) = (Version::new(major + 1, 0, 0), Version::new(major, minor + 1, 0));
    let next_patch = Version::new(major, minor, patch + 1);
    // The first version after all that begin with the parts given.
    let after = match (one.minor, one.patch) {
        (None, _) => next_major.clone(),
        (_, None) => next_minor.clone(),
        _ => next_patch.clone(),
    };
    let whole = one.patch.is_some();
    match one.op {
        Op::Exact if whole => Ranges::singleton(from),
        Op::Greater if whole => Ranges::strictly_higher_than(from),
        Op::Greater => Ranges::higher_than(after),
        Op::GreaterEq => Ranges::higher_than(from),
        Op::Less => Ranges::strictly_lower_than(from),
        Op::LessEq if whole => Ranges::lower_than(from),
        Op::LessEq => Ranges::strictly_lower_than(after),
        Op::Tilde if one.minor.is_some() => Ranges::between(from, next_minor),
        Op::Caret if major > 0 || one.minor.is_none() => Ranges::between(from, next_major),
        Op::Caret if minor > 0 || !whole => Ranges::between(from, next_minor),
        Op::Caret => Ranges::between(from, next_patch),
        // `=1`, `=1.2`, `~1`, `1.*` and `1.2.*`.
        _ => Ranges::between(Version { pre: Prerelease::EMPTY, ..from }, after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    fn requirements(list: &[(&str, &str)]) -> BTreeMap<String, VersionReq> {
        list.iter().map(|(name, wanted)| (name.to_string(), VersionReq::parse(wanted).unwrap())).collect()
    }

    /// `rings 1.0.0, 1.1.0 (withdrawn: 1.2.0)` need `chains`, which has 1.0.0 and 1.5.0; `knots` needs a later chains.
    fn candidates() -> Candidates {
        let candidate = |depends: &[(&str, &str)]| Candidate {
            requires: VersionReq::parse("^0.1").unwrap(),
            depends: requirements(depends),
            yanked: false,
        };
        let mut all = Candidates::new();
        let mut add = |name: &str, text: &str, one: Candidate| {
            all.entry(name.into()).or_default().insert(version(text), one);
        };
        add("chains", "1.0.0", candidate(&[]));
        add("chains", "1.5.0", candidate(&[]));
        add("rings", "1.0.0", candidate(&[("chains", "^1")]));
        add("rings", "1.1.0", candidate(&[("chains", "^1.2")]));
        add("rings", "1.2.0", Candidate { yanked: true, ..candidate(&[("chains", "^1")]) });
        add("knots", "1.0.0", candidate(&[("chains", "^2")]));
        add("later", "1.0.0", Candidate { requires: VersionReq::parse("^9").unwrap(), ..candidate(&[]) });
        all
    }

    fn solved(asked: &[(&str, &str)], pinned: &[(&str, &str)]) -> Result<String, Error> {
        let pinned = pinned.iter().map(|(name, text)| (name.to_string(), version(text))).collect();
        let chosen = solve(&requirements(asked), &candidates(), &pinned)?;
        Ok(chosen.iter().map(|(name, version)| format!("{name} {version}")).collect::<Vec<_>>().join(", "))
    }

    #[test]
    fn the_newest_versions_that_go_together_are_chosen() {
        assert_eq!(solved(&[("rings", "*")], &[]).unwrap(), "chains 1.5.0, rings 1.1.0");
        assert_eq!(solved(&[("rings", "*"), ("chains", "=1.0.0")], &[]).unwrap(), "chains 1.0.0, rings 1.0.0");
    }

    #[test]
    fn pinned_versions_stay_and_withdrawn_ones_only_where_pinned() {
        let pinned = [("rings", "1.0.0"), ("chains", "1.0.0")];
        assert_eq!(solved(&[("rings", "*")], &pinned).unwrap(), "chains 1.0.0, rings 1.0.0");
        assert_eq!(solved(&[("rings", "*")], &[("rings", "1.2.0")]).unwrap(), "chains 1.5.0, rings 1.2.0");
        assert!(solved(&[("rings", "=1.2.0")], &[]).is_err());
    }

    #[test]
    fn where_nothing_goes_together_it_is_said_why() {
        let error = solved(&[("rings", "^1"), ("knots", "^1")], &[]).unwrap_err();
        assert_eq!(error.exit_code(), 1);
        let text = error.to_string();
        assert!(text.contains("there is no version of chains in >=2.0.0, <3.0.0"), "{text}");
        assert!(text.contains("knots 1.0.0 depends on chains >=2.0.0, <3.0.0"), "{text}");
        assert!(text.ends_with("the request cannot be met."), "{text}");
        assert!(!text.contains("0.0.0 depends"), "{text}");
        let text = solved(&[("later", "*")], &[]).unwrap_err().to_string();
        assert!(text.contains("depends on aatool itself >=9.0.0, <10.0.0"), "{text}");
    }

    #[test]
    fn ranges_hold_the_versions_that_semver_matches() {
        let wanted = [
            "*",
            "1",
            "^1",
            "^1.2",
            "^1.2.3",
            "^0",
            "^0.0",
            "^0.0.3",
            "^0.2",
            "^0.2.3",
            "~1",
            "~1.2",
            "~1.2.3",
            "=1",
            "=1.2",
            "=1.2.3",
            ">1",
            ">1.2",
            ">1.2.3",
            ">=1.2",
            "<1.2",
            "<=1",
            "<=1.2",
            "<=1.2.3",
            "1.*",
            "1.2.*",
            ">=1.2, <1.4.1",
        ];
        for text in wanted {
            let wanted = VersionReq::parse(text).unwrap();
            for numbers in 0..125 {
                let found = Version::new(numbers / 25, numbers / 5 % 5, numbers % 5);
                assert_eq!(ranges(&wanted).contains(&found), wanted.matches(&found), "{found} in {text}");
            }
        }
    }
}
