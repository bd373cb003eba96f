//! Manifests, the registry and the script host.
