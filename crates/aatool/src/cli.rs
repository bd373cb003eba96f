//! The command line, as clap reads it.

use std::ffi::OsString;
use std::path::PathBuf;

use aa_analysis::instruments::Precision;
use aa_dynamics::Sampling;
use aa_plugin::Depth;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

/// A hidden subcommand: the path of a note and the words of a command follow, which runs in confinement.
pub(crate) const CONFINED: &str = "confined";

/// The words of the command, without the binary's name; and the note, where it runs in confinement.
pub(crate) fn words() -> (Vec<OsString>, Option<OsString>) {
    let mut words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let is_confined = words.len() >= 2 && words[0] == CONFINED;
    let note = is_confined.then(|| words.drain(..2).next_back()).flatten();
    (words, note)
}

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
        /// Set an option of the study's `fn options()`: budget=full
        #[arg(long, value_name = "OPTION=VALUE")]
        set: Vec<String>,
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
    /// Write a bundle's report, or the table of a comparison's or scan's file, as a page; or one of its figures for a paper
    Report {
        /// The bundle
        bundle: PathBuf,
        /// The page or figure to write
        #[arg(long, value_name = "FILE.html|FILE.svg")]
        out: PathBuf,
        /// Only this figure, as SVG for a column of 86 mm; an unknown name lists all
        #[arg(long, value_name = "NAME")]
        figure: Option<String>,
    },
    /// Show a bundle's report in the browser, where a click on its section follows a new orbit; Ctrl-C ends it
    View {
        /// The bundle
        bundle: PathBuf,
        /// The port on this machine, by default a free one
        #[arg(long, value_name = "PORT", default_value_t = 0)]
        port: u16,
    },
    /// Check a system's script and analyse it (quick profile), again whenever it is saved; Ctrl-C ends it
    Watch {
        /// The script
        script: PathBuf,
    },
    /// Do an analysis or a training again from its file alone, and say where the two differ
    Reproduce(Reproduce),
    /// Say what is installed, where plugins are looked for, what is missing and how to get it
    Doctor(Doctor),
    /// Analyse many systems, parameters, energies and seeds by a plan, on this machine or on a cluster
    #[command(subcommand)]
    Batch(Batch),
    /// Tell more about an error, by the code that stands before it
    Explain {
        /// The code; without one, all are listed
        #[arg(value_name = "CODE")]
        code: Option<String>,
    },
    /// Print the completions of a shell: source <(aatool completions bash)
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual's pages
    Man {
        /// Into this folder, such as ~/.local/share/man/man1
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// List or explain the functions that pass scripts call
    Instruments {
        /// Only this one
        name: Option<String>,
    },
    /// Write something small and complete to begin with
    #[command(subcommand)]
    New(New),
    /// Look at plugins, install them and share them
    #[command(subcommand)]
    Plugin(Plugin),
}

#[derive(Subcommand)]
pub(crate) enum New {
    /// A system script
    System {
        /// Its file, with or without .rhai
        #[arg(value_name = "NAME")]
        path: PathBuf,
    },
    /// A pass, as a plugin of its own
    Pass {
        /// A name, for a folder under ./plugins, or the folder; its last part is the pass's name
        #[arg(value_name = "NAME")]
        path: PathBuf,
    },
    /// A plugin: a folder with a manifest, one system and a README
    Plugin {
        /// The folder; its last part is the plugin's name
        #[arg(value_name = "NAME")]
        path: PathBuf,
    },
}

#[derive(Subcommand)]
pub(crate) enum Plugin {
    /// List every plugin found, with its systems and passes
    List {
        #[command(flatten)]
        format: Format,
    },
    /// Check plugins: files against the manifest, scripts, sampling regions, energy drift and claims
    Verify {
        /// A plugin's name, or a folder with plugins; all plugins found where it is left out
        #[arg(value_name = "NAME|FOLDER")]
        plugin: Option<String>,
        /// How far to look: files alone, scripts too, or orbits and proofs as well
        #[arg(long, value_enum, default_value_t = DepthName::Physics)]
        depth: DepthName,
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
    /// Write a plugin to begin with: a folder with a manifest, one system and a README
    New {
        /// The folder; its last part is the plugin's name
        #[arg(value_name = "NAME")]
        path: PathBuf,
    },
    /// Pack a plugin's folder, once it is verified, into one archive; the same files give the same bytes
    Pack {
        /// The plugin's folder
        folder: PathBuf,
        /// The archive, or a folder for it; by default NAME-VERSION.tar
        #[arg(long, value_name = "FILE.tar|DIR")]
        out: Option<PathBuf>,
    },
    /// Install a plugin with what it needs, and pin it in aatool.lock where it is from an index
    Install {
        /// A folder, an archive, or the name of a plugin in an index; without it, what aatool.lock asks for
        #[arg(value_name = "FOLDER|ARCHIVE|NAME[@VERSION]")]
        what: Option<String>,
        /// Install what aatool.lock pins and nothing else; indexes are not asked and may have expired
        #[arg(long)]
        locked: bool,
        #[command(flatten)]
        sources: Sources,
    },
    /// Remove an installed plugin: all its versions, or those that match
    Remove {
        /// The plugin
        #[arg(value_name = "NAME[@VERSION]")]
        name: String,
    },
    /// Take newer versions of the plugins in aatool.lock, of all where none is named
    Update {
        /// Plugins
        names: Vec<String>,
        #[command(flatten)]
        sources: Sources,
    },
    /// Search the trusted indexes
    Search {
        /// Part of a name or a description; everything where it is left out
        #[arg(default_value = "")]
        text: String,
        #[command(flatten)]
        sources: Sources,
        #[command(flatten)]
        format: Format,
    },
    /// Copy the plugins of aatool.lock into a folder; those in ./plugins are found without options
    Vendor {
        /// The folder
        folder: PathBuf,
        #[command(flatten)]
        sources: Sources,
    },
    /// Trust an index no longer
    Forget {
        /// The index, as it was given
        #[arg(value_name = "FOLDER|URL")]
        index: String,
    },
    /// Make or update an index: list the archives of a folder and sign the list
    Index(IndexArgs),
    /// Make a key that signs indexes
    Key {
        /// The secret key's file; the public one gets .pub in addition
        file: PathBuf,
    },
}

/// Where plugins come from.
#[derive(Args, Default)]
pub(crate) struct Sources {
    /// An index to look into first: a folder or an address
    #[arg(long, value_name = "FOLDER|URL")]
    pub(crate) index: Option<String>,
    /// Trust this key for the index from now on: the key's line, or its .pub file
    #[arg(long, value_name = "KEY", requires = "index")]
    pub(crate) trust: Option<String>,
    /// Use no network
    #[arg(long)]
    pub(crate) offline: bool,
}

#[derive(Args)]
pub(crate) struct IndexArgs {
    /// The folder with archives
    pub(crate) folder: PathBuf,
    /// The file with the secret key, as `plugin key` or minisign writes it
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The last day on which the index is valid; by default in 90 days
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) expires: Option<String>,
    /// Withdraw a version: it is not chosen anew, and stays for those who pinned it
    #[arg(long, value_name = "NAME@VERSION")]
    pub(crate) yank: Vec<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DepthName {
    /// The manifest lists the files that are there, with their hashes
    Files,
    /// Scripts run and find where orbits start
    Meaning,
    /// Orbits can be followed, the energy drifts as it should, claims are proved
    Physics,
}

impl From<DepthName> for Depth {
    fn from(name: DepthName) -> Depth {
        match name {
            DepthName::Files => Depth::Files,
            DepthName::Meaning => Depth::Meaning,
            DepthName::Physics => Depth::Physics,
        }
    }
}

#[derive(Subcommand)]
pub(crate) enum Batch {
    /// Do every task of a plan that is not done yet
    Run(BatchRun),
    /// Count the tasks that are done, running, failed and waiting
    Status {
        #[command(flatten)]
        batch: BatchArgs,
        #[command(flatten)]
        format: Format,
    },
    /// Forget the failures, so that the next run tries these tasks again
    Retry {
        #[command(flatten)]
        batch: BatchArgs,
    },
    /// Put all results into one table, one file and pages
    Merge {
        #[command(flatten)]
        batch: BatchArgs,
        /// Write the table and every document to this HDF5 file
        #[arg(long, value_name = "FILE.h5")]
        out: Option<PathBuf>,
        /// Write a page over the whole batch, index.html, and the report of every task to this folder
        #[arg(long, value_name = "FOLDER")]
        report: Option<PathBuf>,
        #[command(flatten)]
        format: Format,
    },
    /// Remove what no task of the plan names from its store
    Gc {
        #[command(flatten)]
        batch: BatchArgs,
    },
    /// Work on tasks until none is left; engines start this
    #[command(hide = true)]
    Work(BatchWork),
}

/// A plan and where its results are.
#[derive(Args)]
pub(crate) struct BatchArgs {
    /// The plan
    #[arg(value_name = "PLAN.ron")]
    pub(crate) plan: PathBuf,
    /// The folder of the results; by default PLAN.store in the current folder
    #[arg(long, value_name = "FOLDER")]
    pub(crate) store: Option<PathBuf>,
    /// Force an instruction set; results of another are other results
    #[arg(long, value_name = "avx512|avx2|baseline")]
    pub(crate) isa: Option<String>,
}

#[derive(Args)]
pub(crate) struct BatchRun {
    #[command(flatten)]
    pub(crate) batch: BatchArgs,
    /// Where to work: processes on this machine, or jobs of a Slurm cluster
    #[arg(long, value_enum, default_value_t = Engine::Local)]
    pub(crate) engine: Engine,
    /// Processes at once (by default as many as there are cores), or jobs of the cluster (by default 16)
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<usize>,
    /// Threads of each process; by default all share the cores, and a job has one
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Hand this option to sbatch: --sbatch=--time=1:00:00; may be given several times
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    pub(crate) sbatch: Vec<String>,
    #[command(flatten)]
    pub(crate) format: Format,
}

#[derive(Args)]
pub(crate) struct BatchWork {
    #[command(flatten)]
    pub(crate) batch: BatchArgs,
    /// Threads to use
    #[arg(long, default_value_t = 1)]
    pub(crate) threads: usize,
    /// Only this block of the tasks, counted from 0
    #[arg(long, default_value_t = 0)]
    pub(crate) block: usize,
    /// How many blocks there are
    #[arg(long, default_value_t = 1)]
    pub(crate) of: usize,
    /// Stop when standard input ends
    #[arg(long)]
    pub(crate) tied: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// Processes on this machine
    Local,
    /// Arrays of Slurm jobs
    Slurm,
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

/// Where measured orbits are in a file of another layout.
#[derive(Args)]
pub(crate) struct MapArgs {
    /// Where the orbits are in an HDF5 file of another layout: dataset names, axes orbit, time, dof (or time, dof of one orbit).
    /// Another order is told by letters: q=/pos:tod is time, orbit, dof. Components apart are joined by +: q=/x+/y,p=/px+/py,t=/t
    #[arg(long, value_name = "q=/A,p=/B,t=/C", conflicts_with = "system")]
    pub(crate) map: Option<String>,
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

/// What is asked about, and with how much work: what an analysis and a training have in common.
#[derive(Args)]
pub(crate) struct Question {
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
    #[command(flatten)]
    pub(crate) layout: MapArgs,
    #[command(flatten)]
    pub(crate) system: SystemArgs,
    /// How much work to spend
    #[arg(long, value_enum, default_value_t = ProfileName::Standard)]
    pub(crate) profile: ProfileName,
    /// Set an option of a pass: chaos.t=5000, chaos.indicators=sali,gali, action_angle.width=96
    #[arg(long = "pass", value_name = "PASS.OPTION=VALUE")]
    pub(crate) options: Vec<String>,
    /// Force an instruction set; results differ by roundings between them
    #[arg(long, value_name = "avx512|avx2|baseline")]
    pub(crate) isa: Option<String>,
}

#[derive(Args)]
pub(crate) struct Analyze {
    #[command(flatten)]
    pub(crate) question: Question,
    /// Keep these parameters as symbols in exact work: integrals are then valid for all their values
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) symbolic: Vec<String>,
    /// Run only these passes, and what they need
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) passes: Option<Vec<String>>,
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
    pub(crate) question: Question,
    /// Learn one map for a family: members at all values from LO to HI, both included, that `predict --set` interpolates
    #[arg(long, value_name = "KEY=LO:HI:STEP", value_delimiter = ',')]
    pub(crate) over: Vec<String>,
    /// Precision of the shears' arithmetic: single trains large maps faster, and the map is as symplectic
    #[arg(long, value_parser = precision())]
    pub(crate) precision: Option<Precision>,
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
    /// A point q1,..,pn, a text file with a point on each line, or the starts of the orbits in a file: .h5, .npz, .csv
    #[arg(long, value_name = "Q1,..,PN|FILE", allow_hyphen_values = true)]
    pub(crate) from: String,
    /// Precision of the way back to points: in single they are good to 1e-6 of their size, and phases lose nothing
    #[arg(long, value_parser = precision(), default_value = Precision::Double.name())]
    pub(crate) precision: Precision,
    #[command(flatten)]
    pub(crate) format: Format,
}

/// Reads the name of a precision.
fn precision() -> impl TypedValueParser<Value = Precision> {
    let named = |name: String| Precision::named(&name).unwrap_or_default();
    PossibleValuesParser::new(Precision::ALL.map(Precision::name)).map(named)
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

#[derive(Args)]
pub(crate) struct Reproduce {
    /// What `analyze --out` or `train` wrote
    #[arg(value_name = "BUNDLE.h5")]
    pub(crate) bundle: PathBuf,
    /// Number of threads; by default as many as the machine has
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    #[command(flatten)]
    pub(crate) format: Format,
}

#[derive(Args)]
pub(crate) struct Doctor {
    /// Check a file in place of the installation: read it with two libraries that share no code, and compare
    #[arg(long, value_name = "FILE.h5")]
    pub(crate) deep: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Measure {
    /// The share of chaotic orbits and of surviving tori
    Chaos,
}
