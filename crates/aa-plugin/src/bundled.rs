//! The plugins that come inside the binary, put there when it is built.

include!(concat!(env!("OUT_DIR"), "/bundled.rs"));

/// The bytes of a bundled file, by its path below `plugins/`.
pub(crate) fn file(path: &str) -> Option<&'static [u8]> {
    FILES.iter().find(|(known, _)| *known == path).map(|(_, bytes)| *bytes)
}

/// Whether a bundled script has this text.
pub(crate) fn has_script(text: &str) -> bool {
    FILES.iter().any(|(path, bytes)| path.ends_with(".rhai") && *bytes == text.as_bytes())
}

/// The names of the bundled files whose paths begin with `folder`, which ends in a slash.
pub(crate) fn names(folder: &str) -> impl Iterator<Item = &'static str> {
    FILES.iter().filter_map(move |(path, _)| path.strip_prefix(folder))
}

/// The folders that have a manifest.
pub(crate) fn folders() -> impl Iterator<Item = &'static str> {
    FILES.iter().filter_map(|(path, _)| path.strip_suffix("/plugin.ron"))
}
