//! Which pictures a document gives, and what each shows.

mod chaos;
mod decades;
mod diffusion;
mod frame;
mod frequencies;
mod learned;
mod orbits;
mod section;
mod thinned;
mod torus;

use aa_analysis::Document;

use crate::plot::Plot;
use crate::samples::Samples;
use crate::starts::Starts;

/// Pictures of one subject.
pub(crate) struct Chapter {
    /// The subject.
    pub(crate) title: &'static str,
    pub(crate) plots: Vec<Plot>,
}

impl Chapter {
    /// The same with no more orbits than can be seen.
    pub(crate) fn thinned(self) -> Chapter {
        Chapter { plots: self.plots.into_iter().map(thinned::thinned).collect(), ..self }
    }
}

/// All pictures in reading order; those without data draw nothing.
pub(crate) fn chapters(document: &Document, samples: &Samples, starts: &Starts) -> Vec<Chapter> {
    let mut motion: Vec<Plot> = section::section(document, samples, starts).into_iter().collect();
    motion.extend(orbits::orbits(document, samples, starts));
    let chapter = |title, plots: Vec<Plot>| Chapter { title, plots };
    vec![
        chapter("Sections and orbits", motion),
        chapter("Chaos", chaos::chaos(document, samples, starts)),
        chapter("Frequencies", frequencies::frequencies(document, starts)),
        chapter("The learned map", learned::learned(document, samples, starts)),
    ]
}

/// At most `most` positions among `n`, from the first to the last.
pub(crate) fn spread(n: usize, most: usize) -> Vec<usize> {
    let shown = n.min(most);
    (0..shown).map(|k| k * (n - 1) / shown.saturating_sub(1).max(1)).collect()
}

/// The name of a coordinate or momentum.
fn component_name(document: &Document, index: usize) -> String {
    let mut names = document.system.coordinates.iter().chain(&document.system.momenta);
    names.nth(index).map_or(format!("z{}", index + 1), String::clone)
}

/// A coordinate that differs from start to start, and its momentum.
fn starting_plane(starts: &[&[f64]], dof: usize) -> (usize, usize) {
    let differs = |index: &usize| {
        let mut values = starts.iter().filter_map(|start| start.get(*index));
        values.next().is_some_and(|first| values.any(|value| value != first))
    };
    let q = (0..dof).find(|q| differs(q) && differs(&(q + dof))).unwrap_or(0);
    (q, q + dof)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::svg;
    use crate::samples::Trajectories;

    #[test]
    fn orbits_shown_reach_from_first_to_last() {
        assert_eq!(spread(100, 6), [0, 19, 39, 59, 79, 99]);
        assert_eq!(spread(1, 6), [0]);
        assert!(spread(0, 6).is_empty());
    }

    #[test]
    fn starts_on_a_section_are_shown_in_the_section() {
        assert_eq!(starting_plane(&[&[0.0, 0.1, 0.3, -0.1], &[0.0, 0.2, 0.3, -0.2]], 2), (1, 3));
    }

    #[test]
    fn short_rows_and_missing_names_are_borne() {
        let orbits = vec![vec![1.0, 2.0, 3.0], vec![]];
        let beginnings = Trajectories { t: vec![0.0], orbits, dof: 2, width: 4, ..Trajectories::default() };
        let samples = Samples { beginnings, ..Samples::default() };
        let document = Document::default();
        let all = chapters(&document, &samples, &Starts::of(&document, &samples));
        assert!(all.iter().flat_map(|chapter| &chapter.plots).all(|plot| svg(plot).is_none()));
    }
}
