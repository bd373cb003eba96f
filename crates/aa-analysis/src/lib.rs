//! Passes, their graph, evidence and verdict.

pub mod document;

pub use document::Document;
