//! The list of a plugin index: `index.ron`, signed in `index.ron.minisig`, with the archives beside it.
//!
//! The list has a number that only rises and a day on which it expires: nobody can pass off an old list, with faults
//! since mended, as the newest. The hash of every archive stands in it, so that one signature covers all.

use std::collections::BTreeMap;

use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

use super::archive::check_path;
use super::date::Date;
use super::parse;
use crate::Error;
use crate::manifest::is_plain;

/// The list's name, and what is added for its signature's.
pub const INDEX_FILE: &str = "index.ron";
/// The signature's file.
pub const SIGNATURE_FILE: &str = "index.ron.minisig";

/// The plugins of an index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// The format of the list.
    pub format: u32,
    /// Rises with every change.
    pub number: u64,
    /// The last day on which it is valid.
    pub expires: Date,
    /// The versions of each plugin.
    pub plugins: BTreeMap<String, BTreeMap<Version, Release>>,
}

/// One version in an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// One line.
    pub about: String,
    /// The versions of aatool that it works with.
    pub requires: VersionReq,
    /// Other plugins it needs.
    pub depends: BTreeMap<String, VersionReq>,
    /// The SHA-256 of the archive, in hexadecimal.
    pub sha256: String,
    /// The archive's path in the index.
    pub archive: String,
    /// Withdrawn: not chosen anew, but still there for those who pinned it.
    pub yanked: bool,
}

impl Index {
    /// Reads a list; `name` is for messages.
    ///
    /// # Errors
    /// The text is no list, of a newer format, or has an odd path.
    pub fn parse(name: &str, text: &str) -> Result<Index, Error> {
        let index: Index = parse(name, text)?;
        let mut releases = index.plugins.values().flat_map(BTreeMap::values);
        let odd_name = index.plugins.keys().find(|name| !is_plain(name)).map(|name| format!("holds the name {name:?}"));
        let odd = odd_name.or_else(|| releases.find_map(|release| check_path(&release.archive).err()));
        match odd.or_else(|| (index.format != 1).then(|| format!("has format {}; this aatool reads 1", index.format))) {
            Some(reason) => Err(distrusted(name, reason, "use a newer aatool, or tell the publisher")),
            None => Ok(index),
        }
    }

    /// Whether the list may be used on a day by someone who has seen number `seen`.
    ///
    /// # Errors
    /// It has expired, or is older than one seen before.
    pub fn check(&self, name: &str, today: Date, seen: u64) -> Result<(), Error> {
        if self.number < seen {
            let reason = format!("has number {}, after number {seen} was seen: it is an old copy", self.number);
            return Err(distrusted(name, reason, "nothing was installed; ask its publisher what happened"));
        }
        if self.expires < today {
            let reason = format!("expired on {}, today is {today}", self.expires);
            let hint = "ask its publisher for a fresh one; plugins in aatool.lock can be had with --locked";
            return Err(distrusted(name, reason, hint));
        }
        Ok(())
    }
}

pub(super) fn distrusted(what: &str, reason: impl Into<String>, hint: &str) -> Error {
    Error::Distrusted { what: what.into(), reason: reason.into(), hint: hint.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> Index {
        let text = r#"(format: 1, number: 3, expires: "2027-01-31", plugins: {})"#;
        Index::parse("index.ron", text).unwrap()
    }

    fn refusal(today: &str, seen: u64) -> String {
        let error = index().check("the index", today.parse().unwrap(), seen).unwrap_err();
        assert_eq!(error.exit_code(), 4);
        error.to_string()
    }

    #[test]
    fn a_list_is_valid_through_its_last_day_and_never_goes_back() {
        assert!(index().check("the index", "2027-01-31".parse().unwrap(), 3).is_ok());
        assert_eq!(refusal("2027-02-01", 3), "the index expired on 2027-01-31, today is 2027-02-01");
        assert_eq!(refusal("2026-12-01", 4), "the index has number 3, after number 4 was seen: it is an old copy");
    }

    #[test]
    fn names_and_archives_that_lead_out_are_refused() {
        let release = r#"(about: "", requires: "*", depends: {}, sha256: "", archive: "../a.tar", yanked: false)"#;
        let text =
            format!(r#"(format: 1, number: 1, expires: "2027-01-31", plugins: {{"a": {{"1.0.0": {release}}}}})"#);
        assert!(Index::parse("index.ron", &text).unwrap_err().to_string().contains("../a.tar"));
    }
}
