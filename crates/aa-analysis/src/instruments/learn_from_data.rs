//! The learned map of measured orbits, without a Hamiltonian: some orbits teach, the others judge.

use aa_dynamics::{Ensemble, FreeMotion};

use super::learn::{Lesson, OPTIONS, Pace, pairs};
use super::{FromData, Instrument};
use crate::study::{Options, Study};
use crate::{Artifact, Error};

pub(super) const LEARN_FROM_DATA: Instrument = Instrument {
    name: "learn_from_data",
    about: "Learns a canonical map to actions and angles from four in five of the measured orbits, and measures it on \
            the rest, noise and all.",
    needs: &[],
    options: &OPTIONS,
    run,
};

/// One orbit in this many judges.
const ONE_IN: usize = 5;
/// Fewest samples a period of the fastest oscillation: fewer do not tell which way an angle goes.
const FEWEST_SAMPLES: f64 = 4.0;
/// Fewest periods of the slowest oscillation: fewer do not tell its frequency.
const FEWEST_PERIODS: f64 = 2.0;

fn run(study: &Study, options: &Options) -> Result<Artifact, Error> {
    let none = || Error::NotApplicable("the study has no data: it is of a system".into());
    let measurement = study.subject.measurement.as_ref().ok_or_else(none)?;
    no_free_momentum(study)?;
    let orbits = measurement.samples.ensemble(&measurement.space);
    let kinds = &measurement.samples.kinds()[..orbits.dof];
    let pace = Pace::of(&orbits, kinds);
    long_and_dense_enough(&orbits, &pace)?;
    let chosen = judges(study, orbits.orbits.len());
    let [training, held_out] = [false, true].map(|judging| some(&orbits, |i| chosen.contains(&i) == judging));
    let numbers: Vec<String> = chosen.iter().map(usize::to_string).collect();
    let said = format!(
        "learned from {} of the measured orbits; judged by the others: {}, counted from 0",
        training.orbits.len(),
        numbers.join(", ")
    );
    let lesson = Lesson {
        pairs: pairs(kinds, &orbits)?,
        training,
        held_out,
        pace,
        free: FreeMotion::none(),
        system: None,
        known: None,
    };
    Ok(lesson.learn(study, options)?.with("said", vec![said]))
}

/// Refuses orbits that conserve a sum of momenta: the motion along it belongs to no torus, and here is no formula by
/// which to take it out.
fn no_free_momentum(study: &Study) -> Result<(), Error> {
    let Ok(found) = study.payload::<FromData>("learn_from_data", "data_integrals") else { return Ok(()) };
    let linear = found.conserved.combinations.iter().filter(|c| c.degree == 1 && c.state.name() == "conserved");
    match linear.filter_map(|found| found.expression.as_ref()).next() {
        None => Ok(()),
        Some(momentum) => Err(Error::NotApplicable(format!(
            "the orbits conserve {momentum} (measured), and with it a centre of mass moves by itself: store positions \
             and momenta relative to it, one pair fewer"
        ))),
    }
}

fn long_and_dense_enough(orbits: &Ensemble, pace: &Pace) -> Result<(), Error> {
    let duration = orbits.duration();
    let samples = pace.fastest * (orbits.t.len() - 1) as f64 / duration;
    if samples < FEWEST_SAMPLES {
        return Err(Error::NotApplicable(format!(
            "the orbits are sampled {samples:.1} times a period of their fastest oscillation; learning needs \
             {FEWEST_SAMPLES} at least"
        )));
    }
    let periods = duration / pace.slowest;
    if periods < FEWEST_PERIODS {
        return Err(Error::NotApplicable(format!(
            "the orbits last {periods:.1} periods of their slowest oscillation; learning needs {FEWEST_PERIODS} at least"
        )));
    }
    Ok(())
}

/// The orbits that judge, in order, drawn by the study's seed.
fn judges(study: &Study, n: usize) -> Vec<usize> {
    let mut stream = study.stream("held-out orbits");
    let mut order: Vec<(u64, usize)> = (0..n).map(|i| (stream.bits(), i)).collect();
    order.sort_unstable();
    let mut chosen: Vec<usize> = order.into_iter().take((n / ONE_IN).max(2)).map(|(_, i)| i).collect();
    chosen.sort_unstable();
    chosen
}

fn some(orbits: &Ensemble, keep: impl Fn(usize) -> bool) -> Ensemble {
    let kept = orbits.orbits.iter().enumerate().filter(|(i, _)| keep(*i)).map(|(_, rows)| rows.clone());
    Ensemble { orbits: kept.collect(), ..orbits.clone() }
}
