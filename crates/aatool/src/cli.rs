//! The command line, as clap reads it.

use std::path::PathBuf;

use aa_dynamics::Sampling;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Finds what a Hamiltonian system conserves, whether it is integrable, and its actions, angles and frequencies.
#[derive(Parser)]
#[command(name = "aatool", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Another folder to search for plugins; may be given several times
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) plugin_path: Vec<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Analyse a system: integrals, chaos, frequencies, a learned action-angle map, and the verdict
    Analyze(Box<Analyze>),
    /// Learn an action-angle map and write it to a file
    Train(Box<Train>),
    /// Ask a learned map for actions, angles and frequencies of points, and where they will be at any times
    Predict(Predict),
    /// Follow orbits and write them to a file
    Simulate(Simulate),
    /// Find the members of a family that have more integrals of motion than the rest, or measure chaos over a family
    Scan(Scan),
    /// Read a system script and say what is in it, or what is wrong with it
    Check {
        /// The script
        script: String,
    },
    /// Run a study script
    Run {
        /// The study
        study: PathBuf,
        /// Write the study's page here
        #[arg(long, value_name = "FILE.html")]
        report: Option<PathBuf>,
    },
    /// Compare the frequencies of the same orbits in two bundles
    Compare(Compare),
    /// Print a bundle's report, or the table of a comparison's or scan's file
    Show {
        /// The bundle
        bundle: PathBuf,
        #[command(flatten)]
        format: Format,
    },
    /// Write a bundle's report, or the table of a comparison's or scan's file, as a page
    Report {
        /// The bundle
        bundle: PathBuf,
        /// The page to write
        #[arg(long, value_name = "FILE.html")]
        out: PathBuf,
    },
    /// List or explain the functions that pass scripts call
    Instruments {
        /// Only this one
        name: Option<String>,
    },
    /// Look at plugins
    #[command(subcommand)]
    Plugin(Plugin),
}

#[derive(Subcommand)]
pub(crate) enum Plugin {
    /// List every plugin found, with its systems and passes
    List {
        #[command(flatten)]
        format: Format,
    },
    /// Check plugins: scripts, sampling regions, claims, and files against the manifest
    Verify {
        /// A plugin's name, or a folder with plugins; all plugins found where it is left out
        #[arg(value_name = "NAME|FOLDER")]
        plugin: Option<String>,
        #[command(flatten)]
        format: Format,
    },
    /// Show one plugin
    Show {
        /// The plugin's name
        name: String,
        #[command(flatten)]
        format: Format,
    },
}

/// How to print.
#[derive(Args)]
pub(crate) struct Format {
    /// How to print results
    #[arg(long, value_enum, default_value_t = Kind::Text)]
    pub(crate) format: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// For people
    Text,
    /// One JSON document
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SamplingName {
    /// In random directions from the equilibrium
    Directions,
    /// Uniformly in Liouville's measure of one energy
    Microcanonical,
}

impl From<SamplingName> for Sampling {
    fn from(name: SamplingName) -> Sampling {
        match name {
            SamplingName::Directions => Sampling::Directions,
            SamplingName::Microcanonical => Sampling::Microcanonical,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ProfileName {
    /// A first look
    Quick,
    /// The default
    Standard,
    /// Full budgets
    Deep,
}

/// What is analysed: a system or measured orbits.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct SubjectArgs {
    /// A system by name (toda, lattices/toda) or a script's path
    #[arg(long, value_name = "NAME|PATH")]
    pub(crate) system: Option<String>,
    /// Measured orbits in place of a system: an HDF5 file with /trajectories/{t,q,p}, a NumPy archive FILE.npz with t, q, p,
    /// a table FILE.csv with columns t,q1..,p1..,orbit, or a plugin's dataset
    #[arg(long, value_name = "FILE|PLUGIN/NAME")]
    pub(crate) data: Option<String>,
}

/// A system's parameters and where its orbits start.
#[derive(Args)]
pub(crate) struct SystemArgs {
    #[arg(long, value_name = "KEY=VALUE", help = "Set a parameter: n=5, C=16/3, m=[5,1]")]
    pub(crate) set: Vec<String>,
    /// Energy of the orbits, or a range of energies
    #[arg(long, value_name = "E|LO:HI", allow_hyphen_values = true)]
    pub(crate) energy: Option<String>,
    /// Number of orbits
    #[arg(long, value_name = "N")]
    pub(crate) orbits: Option<usize>,
    /// One orbit's start q1,..,p1,.. or a file with a start on each line
    #[arg(long, value_name = "Q1,..,P1,..|FILE", allow_hyphen_values = true)]
    pub(crate) initial: Option<String>,
    /// Draw the starts in this box: a range, or a number, for each of q1,..,p1,..
    #[arg(long = "box", value_name = "LO:HI,..", allow_hyphen_values = true, conflicts_with = "initial")]
    pub(crate) bounds: Option<String>,
    /// How starts of an energy are drawn, by default in random directions from the equilibrium; microcanonical: uniformly
    /// in Liouville's measure, so that shares of orbits are shares of the energy surface; a box or points of the script are
    /// left aside
    #[arg(long, value_enum)]
    pub(crate) sampling: Option<SamplingName>,
    /// Seed of every random choice
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Number of threads; by default as many as the machine has
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
}

#[derive(Args)]
pub(crate) struct Analyze {
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
    #[command(flatten)]
    pub(crate) system: SystemArgs,
    /// Keep these parameters as symbols in exact work: integrals are then valid for all their values
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) symbolic: Vec<String>,
    /// How much work to spend
    #[arg(long, value_enum, default_value_t = ProfileName::Standard)]
    pub(crate) profile: ProfileName,
    /// Run only these passes, and what they need
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) passes: Option<Vec<String>>,
    /// Set an option of a pass: chaos.t=5000, chaos.indicators=sali,gali
    #[arg(long = "pass", value_name = "PASS.OPTION=VALUE")]
    pub(crate) options: Vec<String>,
    /// Force an instruction set; results differ by roundings between them
    #[arg(long, value_name = "avx512|avx2|baseline")]
    pub(crate) isa: Option<String>,
    /// Write everything to this HDF5 file
    #[arg(long, value_name = "FILE.h5")]
    pub(crate) out: Option<PathBuf>,
    /// Write the report as a page
    #[arg(long, value_name = "FILE.html")]
    pub(crate) report: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) format: Format,
    /// Say where the time went
    #[arg(long)]
    pub(crate) timings: bool,
}

#[derive(Args)]
pub(crate) struct Train {
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
    #[command(flatten)]
    pub(crate) system: SystemArgs,
    /// Learn one map for a family: members at all values from LO to HI, both included, that `predict --set` interpolates
    #[arg(long, value_name = "KEY=LO:HI:STEP", value_delimiter = ',')]
    pub(crate) over: Vec<String>,
    /// How much work to spend
    #[arg(long, value_enum, default_value_t = ProfileName::Standard)]
    pub(crate) profile: ProfileName,
    /// Set an option of a pass: action_angle.width=96, trajectories.t=1000, action_angle_from_data.evaluations=1e6
    #[arg(long = "pass", value_name = "PASS.OPTION=VALUE")]
    pub(crate) options: Vec<String>,
    /// Force an instruction set; results differ by roundings between them
    #[arg(long, value_name = "avx512|avx2|baseline")]
    pub(crate) isa: Option<String>,
    /// The file to write
    #[arg(long, value_name = "MODEL.h5")]
    pub(crate) out: PathBuf,
    /// Keep in this file what learning has come to; where it is there already, go on from it to the same bytes
    #[arg(long, value_name = "FILE.h5")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Seconds between two checkpoints
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0, requires = "checkpoint")]
    pub(crate) every: f64,
    #[command(flatten)]
    pub(crate) format: Format,
}

#[derive(Args)]
pub(crate) struct Predict {
    /// What `aatool train` wrote, or `aatool analyze --out` where a map was learned
    #[arg(long, value_name = "MODEL.h5")]
    pub(crate) model: PathBuf,
    /// Give a parameter of a family's map (`train --over`) its value
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Times from where the points are, each T or LO:HI:STEP with both ends; none asks for actions and angles alone
    #[arg(long, value_name = "T[,T...]", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) at: Vec<String>,
    /// A point q1,..,pn, a text file with a point on each line, or the starts of the orbits in an HDF5 file
    #[arg(long, value_name = "Q1,..,PN|FILE", allow_hyphen_values = true)]
    pub(crate) from: String,
    #[command(flatten)]
    pub(crate) format: Format,
}

#[derive(Args)]
pub(crate) struct Simulate {
    /// A system by name (toda, lattices/toda) or a script's path
    #[arg(long = "system", value_name = "NAME|PATH")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) system: SystemArgs,
    /// Length of the orbits
    #[arg(long, default_value_t = 100.0)]
    pub(crate) t: f64,
    /// Samples of each orbit, the start included
    #[arg(long, default_value_t = 1001)]
    pub(crate) samples: usize,
    /// taylor chooses its steps; with a fixed step: leapfrog, yoshida4, blanes_moan4, blanes_moan_rkn4, yoshida6,
    /// blanes_moan6, blanes_moan_rkn6, kahan_li6, kahan_li8, and for any energy gauss4, gauss6, gauss8
    #[arg(long, default_value = "taylor", value_name = "NAME")]
    pub(crate) integrator: String,
    /// Longest step of an integrator with a fixed step
    #[arg(long, default_value_t = 0.05, value_name = "H")]
    pub(crate) step: f64,
    /// The file to write
    #[arg(long, value_name = "FILE.h5")]
    pub(crate) out: PathBuf,
}

#[derive(Args)]
pub(crate) struct Scan {
    /// A system by name (toda, lattices/toda) or a script's path
    #[arg(long, value_name = "NAME|PATH")]
    pub(crate) system: String,
    /// Give a parameter all values from LO to HI, both included: --over A=1,C=-24:0:1/2
    #[arg(long, value_name = "KEY=LO:HI:STEP", value_delimiter = ',')]
    pub(crate) over: Vec<String>,
    /// Solve for the values of this parameter at which there are more integrals, instead of trying values
    #[arg(long, value_name = "KEY", conflicts_with = "measure")]
    pub(crate) solve: Option<String>,
    #[command(flatten)]
    pub(crate) members: SystemArgs,
    /// Search polynomials in coordinates, momenta and the script's functions up to this degree
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=24), conflicts_with = "measure")]
    pub(crate) degree: u32,
    /// Measure orbits of every member instead of searching for integrals
    #[arg(long, value_enum)]
    pub(crate) measure: Option<Measure>,
    /// Where the measured orbits start: coordinates and momenta with a value or a range (others are 0), and a
    /// momentum with + or - that the energy decides: --line x=0,y=-0.4:0.4:0.02,px=+ --energy 1/8
    #[arg(long, value_name = "X=VALUE|LO:HI:STEP|+|-", value_delimiter = ',', requires = "measure")]
    #[arg(allow_hyphen_values = true)]
    pub(crate) line: Vec<String>,
    /// How long measured orbits are followed; by default 3000 units of time
    #[arg(long, requires = "measure")]
    pub(crate) t: Option<f64>,
    /// Write the table to this HDF5 file
    #[arg(long, value_name = "FILE.h5")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) format: Format,
}

#[derive(Args)]
pub(crate) struct Compare {
    /// The first bundle, as `analyze --out` writes it
    #[arg(value_name = "A.h5")]
    pub(crate) first: PathBuf,
    /// The second: differences are second less first
    #[arg(value_name = "B.h5")]
    pub(crate) second: PathBuf,
    /// map, measured or learned frequencies; one for each bundle with a comma: learned,measured
    #[arg(long, value_name = "KIND")]
    pub(crate) of: Option<String>,
    /// Tell starts apart by these coordinates and momenta alone; by default all
    #[arg(long, value_name = "X,Y", value_delimiter = ',')]
    pub(crate) by: Vec<String>,
    /// Starts are the same where each component differs by less than this, relative to its largest size
    #[arg(long, value_name = "TOL", default_value_t = 1e-9, allow_hyphen_values = true)]
    pub(crate) within: f64,
    /// End with exit code 1 where a frequency differs by more than this, relatively, or only one bundle has it
    #[arg(long, value_name = "TOL", allow_hyphen_values = true)]
    pub(crate) tolerance: Option<f64>,
    /// Write the differences, orbit by orbit, to this HDF5 file
    #[arg(long, value_name = "FILE.h5")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Measure {
    /// The share of chaotic orbits and of surviving tori
    Chaos,
}
