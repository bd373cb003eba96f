//! Manifests, the registry and the script host.
//!
//! A plugin is a folder with a manifest and scripts. A script is text until [`load_system`] runs it once with symbols
//! for coordinates and momenta: what comes out is an exact formula, and nothing of the script is run again.
//!
//! ```
//! use aa_plugin::{Registry, SearchPath, SystemSettings, load_system};
//!
//! let registry = Registry::open(&SearchPath::bundled_only()).unwrap();
//! let pendulum = load_system(&registry.system("pendulum").unwrap(), &SystemSettings::default()).unwrap();
//! assert_eq!(pendulum.hamiltonian.energy().to_string(), "p_phi**2/2 - cos(phi)");
//! ```
//!
//! In reading order: [`source`] (a text and where it is from), [`engine`] and [`limits`] (what a script may do),
//! [`script`] (its functions), [`system`] (its formula), [`family`] (many systems in one script), [`manifest`] and
//! [`registry`] (finding it by name), [`mod@verify`] (is a plugin what it says?), [`sharing`] (from one hand to another);
//! then [`mod@bundle`] (an analysis as a file), [`recipe`] and [`reproduction`] (doing it again from the file alone) and
//! [`comparison`] (two files beside each other).

pub mod allocator;
pub mod analysis;
pub mod bundle;
pub mod comparison;
pub mod confinement;
pub mod engine;
pub mod error;
pub mod family;
mod form;
pub mod initial;
pub mod learned_file;
mod library;
pub mod limits;
pub mod lint;
pub mod live;
pub mod manifest;
pub mod parameters;
pub mod pass_host;
pub mod recipe;
pub mod registry;
pub mod reproduction;
pub mod rewrite;
pub mod script;
pub mod sharing;
pub mod simulation;
pub mod source;
pub mod study_host;
pub mod system;
pub mod verify;

mod agreement;
mod bundled;
mod code;
mod complaint;
mod data;
mod drift;
mod mathematics;
mod number;
mod ron_fault;
mod starts;
mod tables;
mod trained;
mod values;
mod words;

use aa_analysis::suggest;
pub use aa_learn::NamedArray;
pub use allocator::CountingAllocator;
pub use analysis::{Analysis, PassOption, Request, Start, analyze, parse_option};
pub use bundle::{bundle, document};
pub use code::Code;
pub use comparison::{Compared, Comparison, ComparisonRequest, compare};
pub use engine::Notes;
pub use error::{Error, Place};
pub use family::{ChaosMember, ChaosScan, ChaosScanRequest, Member, Scan, ScanRequest, scan, scan_chaos};
pub use family::{FamilyDocument, MemberJudged, Scaling, TrainedFamily, train_family};
pub use initial::InitialConditions;
pub use learned_file::{
    Binding, MapFile, checkpoint_bundle, family_bundle, map_bundle, map_of, read_checkpoint, read_map,
};
pub use limits::{Budget, Limits};
pub use lint::{Checked, Remark, check};
pub use live::Live;
pub use manifest::Manifest;
pub use parameters::{Parameter, Parameters};
pub use pass_host::ScriptPass;
pub use recipe::Recipe;
pub use registry::{Plugin, Registry, SearchPath};
pub use reproduction::Reproduction;
pub use rewrite::Dialect;
pub use ron_fault::ron_fault;
pub use script::Script;
pub use simulation::{Simulated, SimulationOptions, simulate};
pub use source::{PluginId, Source};
pub use study_host::{Gathered, run_study};
pub use system::{System, SystemSettings, load_system};
pub use verify::{Depth, SystemCheck, Verification, damaged_files, verify, verify_to};
