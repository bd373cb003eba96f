//! Many analyses at once: a plan, the tasks that it names, a store of their results, and engines that fill it.
//!
//! A [`Plan`] is text. [`tasks`] are what it comes to; each has a key, the hash of everything that its result depends on,
//! so that a script that changed makes new tasks and one that did not costs nothing again. The [`Store`] is a folder
//! with one file a task, whole or not there. That is all the state there is: engines have none. Workers
//! ([`work`]) take what is not there yet, claim it, and put it there; who starts them, [`local`] processes or jobs of
//! [`slurm`], makes no difference to one bit of what [`mod@merge`] makes of the store.
//!
//! ```
//! use aa_batch::{Plan, tasks};
//! use aa_plugin::{Registry, SearchPath};
//! let text = r#"(format: 1, sweeps: [(systems: ["pendulum"], over: {"g": "1:2:1/2"}, seeds: [0, 1])])"#;
//! let registry = Registry::open(&SearchPath::bundled_only())?;
//! assert_eq!(tasks(&Plan::parse("plan.ron", text)?, &registry)?.len(), 6);
//! # Ok::<(), aa_plugin::Error>(())
//! ```
//!
//! In reading order: [`plan`] and [`task`], [`store`] and [`claim`], [`worker`], the engines, [`mod@merge`].

pub mod claim;
pub mod crew;
pub mod error;
pub mod local;
pub mod merge;
pub mod plan;
pub mod slurm;
pub mod store;
pub mod task;
pub mod values;
pub mod worker;

pub use crew::{Crew, Finish};
pub use error::Error;
pub use merge::{BatchDocument, Failed, Row, StatusDocument, merge};
pub use plan::Plan;
pub use store::{NotMet, Status, Store};
pub use task::{Task, check, tasks};
pub use worker::work;
