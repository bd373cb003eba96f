//! Tests of what crosses rooms; they run the built binary.
