//! Learned action-angle maps.
