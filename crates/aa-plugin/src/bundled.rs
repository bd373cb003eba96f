//! The plugins that come inside the binary, put there when it is built.

include!(concat!(env!("OUT_DIR"), "/bundled.rs"));

/// The bytes of a bundled file, by its path below `plugins/`.
pub(crate) fn file(path: &str) -> Option<&'static [u8]> {
    FILES.iter().find(|(known, _)| *known == path).map(|(_, bytes)| *bytes)
}

/// The folders that have a manifest.
pub(crate) fn folders() -> impl Iterator<Item = &'static str> {
    FILES.iter().filter_map(|(path, _)| path.strip_suffix("/plugin.ron"))
}
