//! Documents to report on, and texts to compare with.

use std::fs;
use std::path::PathBuf;

use aa_analysis::Document;

/// A document stored beside the tests: `toda`, `henon_heiles` or `toda_open`.
pub(crate) fn document(name: &str) -> Document {
    let path = beside(&format!("documents/{name}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text equals the stored one; with `UPDATE_EXPECT=1` in the environment it becomes the stored one.
#[track_caller]
pub(crate) fn expect(name: &str, text: &str) {
    let path = beside(&format!("expected/{name}"));
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        return fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if let Some((index, (was, is))) = expected.lines().zip(text.lines()).enumerate().find(|(_, (was, is))| was != is) {
        panic!("{name}:{}\n  was: {was}\n  is:  {is}\nUPDATE_EXPECT=1 accepts all changes", index + 1);
    }
    assert_eq!(expected.len(), text.len(), "{name}: one is the beginning of the other; UPDATE_EXPECT=1 accepts");
}

fn beside(path: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", path].iter().collect()
}
