//! Passes, their graph, evidence and verdict.
//!
//! A [`Study`] holds a system and what is known of it. [`Pass`]es add to it, in the order that [`graph`] derives from
//! what they need and give; the heavy work is done by [`instruments`]. In the end [`assemble`] makes one
//! [`Document`] of it all. A pass opens no file and reads no clock.

pub mod artifact;
pub mod assemble;
pub mod document;
mod error;
pub mod graph;
pub mod instruments;
pub mod pass;
pub mod runner;
pub mod study;
pub mod suggest;
pub mod verdict;

pub use aa_dynamics::frequency::relative_difference;
pub use artifact::Artifact;
pub use document::Document;
pub use error::Error;
pub use pass::{Outcome, Pass, Said, Stop};
pub use study::{Measurement, Options, Profile, Study, Subject, Unwatched, Watch};
