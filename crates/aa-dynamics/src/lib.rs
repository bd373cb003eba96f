//! Phase space, brackets, integrals, flow, chaos and frequencies.
