//! Expressions, calculus and exact linear algebra.
