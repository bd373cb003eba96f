//! Passes, their graph, evidence and verdict.
