//! Whose indexes the user trusts: the key confirmed for each, and the newest list seen of it.
//!
//! Kept in the user's configuration, in the order in which indexes were confirmed: a plugin's name belongs to the first
//! index that has it, so that an index added later cannot take over names.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::date::Date;
use super::index::{INDEX_FILE, Index, SIGNATURE_FILE, distrusted};
use super::location::{Location, Reach};
use super::{parse, render, signature, write_file};
use crate::Error;

/// The file's name in the configuration folder.
pub const TRUST_FILE: &str = "indexes.ron";

/// The indexes that the user trusts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    format: u32,
    /// In the order in which they were confirmed.
    pub indexes: Vec<Trusted>,
}

/// An index that the user trusts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trusted {
    /// Where it is.
    pub location: String,
    /// The key that signs it.
    pub key: String,
    /// The highest number seen.
    pub number: u64,
}

impl Trust {
    /// Reads the file; where there is none, nobody is trusted.
    ///
    /// # Errors
    /// It cannot be read or understood.
    pub fn read(path: &Path) -> Result<Trust, Error> {
        let shown = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => parse(&shown, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Trust { format: 1, indexes: Vec::new() }),
            Err(error) => Err(Error::unreadable(&shown, &error)),
        }
    }

    /// Writes the file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        write_file(path, render(self).as_bytes())
    }

    /// Confirms the key of an index, in place of one confirmed before.
    ///
    /// # Errors
    /// It is no key.
    pub fn confirm(&mut self, location: &Location, key: &str) -> Result<(), Error> {
        let (location, key) = (location.to_string(), signature::public_key(key)?);
        match self.indexes.iter_mut().find(|known| known.location == location) {
            Some(known) => known.key = key,
            None => self.indexes.push(Trusted { location, key, number: 0 }),
        }
        Ok(())
    }

    /// Takes an index out; it may be gone already.
    ///
    /// # Errors
    /// It is not there.
    pub fn forget(&mut self, location: &str) -> Result<(), Error> {
        let whole = Location::parse(location).map_or_else(|_| location.to_string(), |found| found.to_string());
        let before = self.indexes.len();
        self.indexes.retain(|known| known.location != whole);
        if self.indexes.len() < before {
            return Ok(());
        }
        let known: Vec<&str> = self.indexes.iter().map(|known| known.location.as_str()).collect();
        let hint = format!("trusted are {}", if known.is_empty() { "none".into() } else { known.join(", ") });
        Err(Error::UnknownName { kind: "trusted index".into(), name: location.into(), hint })
    }

    /// What is known of an index whose key was confirmed.
    ///
    /// # Errors
    /// It was not.
    pub fn known(&mut self, location: &Location, reach: &Reach) -> Result<&mut Trusted, Error> {
        let whole = location.to_string();
        match self.indexes.iter_mut().find(|known| known.location == whole) {
            Some(known) => Ok(known),
            None => {
                let signed = location.read(SIGNATURE_FILE, reach)?;
                let key = signature::signer(&String::from_utf8_lossy(&signed));
                let key = key.map_err(|reason| distrusted("the index's signature", reason, "ask its publisher"))?;
                Err(Error::UnknownKey { index: whole, key })
            }
        }
    }

    /// Reads an index, checks its signature, number and day, and remembers the number.
    ///
    /// # Errors
    /// Its key was not confirmed or did not sign it; it is old or has expired; it cannot be read.
    pub fn open(&mut self, location: &Location, reach: &Reach, today: Date) -> Result<Index, Error> {
        let known = self.known(location, reach)?;
        let name = format!("the index {location}");
        let (bytes, signed) = (location.read(INDEX_FILE, reach)?, location.read(SIGNATURE_FILE, reach)?);
        let signature = format!("the signature of {name}");
        let refused = |reason| distrusted(&signature, reason, "nothing was installed; ask its publisher");
        signature::verify(&bytes, &String::from_utf8_lossy(&signed), &known.key).map_err(refused)?;
        let text = String::from_utf8(bytes).map_err(|_| Error::NotText { path: name.clone() })?;
        let index = Index::parse(&name, &text)?;
        index.check(&name, today, known.number)?;
        known.number = index.number;
        Ok(index)
    }
}
