//! The order of passes, from what they need and give.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

use crate::pass::Pass;
use crate::suggest::one_of;

/// The kind that the host gives before any pass runs.
pub const SYSTEM: &str = "system";

/// The kind that brings the Hamiltonian of a study of data: who gives it runs before all who need the system.
pub const DATA: &str = "data_integrals";

/// Something wrong with a set of passes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A pass was asked for that does not exist.
    UnknownPass {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// Two passes have one name.
    NameTwice {
        /// The name.
        name: String,
    },
    /// A pass needs a kind that no pass gives.
    NobodyGives {
        /// The pass.
        pass: String,
        /// The kind.
        kind: String,
    },
    /// Two passes give one kind.
    TwoGive {
        /// The kind.
        kind: String,
        /// Who gives it.
        passes: Vec<String>,
    },
    /// Passes that wait for one another.
    Cycle {
        /// All of them.
        passes: Vec<String>,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::UnknownPass { name, known } => {
                write!(f, "there is no pass `{name}`; {}", one_of(name, known))
            }
            Fault::NameTwice { name } => write!(f, "two passes are named `{name}`"),
            Fault::NobodyGives { pass, kind } => write!(f, "pass `{pass}` needs `{kind}`, which no pass gives"),
            Fault::TwoGive { kind, passes } => {
                write!(f, "`{kind}` is given by more than one pass: {}", passes.join(", "))
            }
            Fault::Cycle { passes } => write!(f, "these passes wait for one another: {}", passes.join(", ")),
        }
    }
}

/// The passes to run, as positions in `passes`, each after all that it needs or uses.
///
/// `selected` names the passes asked for; what they need is added. None selects all.
///
/// # Errors
/// Every fault of the whole set, sorted.
pub fn order(passes: &[Box<dyn Pass>], selected: Option<&[String]>) -> Result<Vec<usize>, Vec<Fault>> {
    let mut by_name: Vec<usize> = (0..passes.len()).collect();
    by_name.sort_by_key(|&i| passes[i].name());
    let givers = givers(passes, &by_name);
    let mut faults = faults_of_set(passes, &by_name, &givers);
    faults.extend(selected.into_iter().flatten().filter_map(|name| unknown(passes, &by_name, name)));
    let chosen = match selected {
        Some(names) => closure(passes, &givers, names),
        None => (0..passes.len()).collect(),
    };
    match sorted(passes, &by_name, &givers, &chosen) {
        Ok(order) if faults.is_empty() => return Ok(order),
        Ok(_) => {}
        Err(cycles) => faults.extend(cycles),
    }
    faults.sort();
    Err(faults)
}

/// Who gives each kind.
fn givers<'a>(passes: &'a [Box<dyn Pass>], by_name: &[usize]) -> BTreeMap<&'a str, Vec<usize>> {
    let mut givers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for &i in by_name {
        for kind in passes[i].gives() {
            givers.entry(kind).or_default().push(i);
        }
    }
    givers
}

fn faults_of_set(passes: &[Box<dyn Pass>], by_name: &[usize], givers: &BTreeMap<&str, Vec<usize>>) -> Vec<Fault> {
    let name = |i: &usize| passes[*i].name().to_string();
    let twice = by_name.windows(2).filter(|pair| passes[pair[0]].name() == passes[pair[1]].name());
    let mut faults: Vec<Fault> = twice.map(|pair| Fault::NameTwice { name: name(&pair[0]) }).collect();
    for &i in by_name {
        let missing = passes[i].needs().iter().filter(|kind| *kind != SYSTEM && !givers.contains_key(kind.as_str()));
        faults.extend(missing.map(|kind| Fault::NobodyGives { pass: name(&i), kind: kind.clone() }));
    }
    let contested = givers.iter().filter(|(kind, who)| who.len() > 1 || **kind == SYSTEM);
    faults.extend(
        contested.map(|(kind, who)| Fault::TwoGive { kind: kind.to_string(), passes: who.iter().map(name).collect() }),
    );
    faults
}

fn unknown(passes: &[Box<dyn Pass>], by_name: &[usize], wanted: &str) -> Option<Fault> {
    if passes.iter().any(|pass| pass.name() == wanted) {
        return None;
    }
    let known = by_name.iter().map(|&i| passes[i].name().to_string()).collect();
    Some(Fault::UnknownPass { name: wanted.to_string(), known })
}

/// The named passes and all that they need, directly or not.
fn closure(passes: &[Box<dyn Pass>], givers: &BTreeMap<&str, Vec<usize>>, names: &[String]) -> BTreeSet<usize> {
    let mut waiting: Vec<usize> = (0..passes.len()).filter(|&i| names.iter().any(|n| n == passes[i].name())).collect();
    let mut chosen = BTreeSet::new();
    while let Some(i) = waiting.pop() {
        if chosen.insert(i) {
            waiting.extend(passes[i].needs().iter().filter_map(|kind| givers.get(kind.as_str())).flatten());
        }
    }
    chosen
}

fn sorted(
    passes: &[Box<dyn Pass>],
    by_name: &[usize],
    givers: &BTreeMap<&str, Vec<usize>>,
    chosen: &BTreeSet<usize>,
) -> Result<Vec<usize>, Vec<Fault>> {
    // toposort lists nodes that do not depend on one another last entered first, so names enter in falling order.
    let mut graph: DiGraph<usize, ()> = DiGraph::new();
    let nodes: BTreeMap<usize, NodeIndex> =
        by_name.iter().rev().filter(|i| chosen.contains(i)).map(|&i| (i, graph.add_node(i))).collect();
    for (&i, &node) in &nodes {
        let kinds = passes[i].needs().iter().chain(passes[i].uses()).map(String::as_str);
        let on_system = passes[i].needs().iter().any(|kind| kind == SYSTEM);
        for kind in kinds.chain(on_system.then_some(DATA)) {
            let before = givers.get(kind).into_iter().flatten().filter_map(|giver| nodes.get(giver));
            for &giver in before.filter(|giver| kind != DATA || **giver != node) {
                graph.update_edge(giver, node, ());
            }
        }
    }
    if let Ok(order) = toposort(&graph, None) {
        return Ok(order.into_iter().map(|node| graph[node]).collect());
    }
    let is_cycle = |group: &Vec<NodeIndex>| group.len() > 1 || graph.contains_edge(group[0], group[0]);
    let names = |group: Vec<NodeIndex>| {
        let mut names: Vec<String> = group.into_iter().map(|node| passes[graph[node]].name().to_string()).collect();
        names.sort();
        names
    };
    Err(tarjan_scc(&graph).into_iter().filter(is_cycle).map(|group| Fault::Cycle { passes: names(group) }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pass::{Outcome, Stop};
    use crate::study::{Options, Study};

    struct Fake {
        name: &'static str,
        needs: Vec<String>,
        uses: Vec<String>,
        gives: Vec<String>,
        options: Options,
    }

    impl Pass for Fake {
        fn name(&self) -> &str {
            self.name
        }
        fn about(&self) -> &str {
            ""
        }
        fn needs(&self) -> &[String] {
            &self.needs
        }
        fn uses(&self) -> &[String] {
            &self.uses
        }
        fn gives(&self) -> &[String] {
            &self.gives
        }
        fn options(&self) -> &Options {
            &self.options
        }
        fn run(&self, _: &Study, _: &Options) -> Result<Outcome, Stop> {
            Ok(Outcome::default())
        }
    }

    /// "name: needs > gives", with "?kind" for kinds that are only used.
    fn passes(lines: &[&'static str]) -> Vec<Box<dyn Pass>> {
        let parse = |line: &&'static str| -> Box<dyn Pass> {
            let (name, rest) = line.split_once(": ").unwrap();
            let (wants, gives) = rest.split_once('>').unwrap();
            let words = |text: &str| text.split_whitespace().map(str::to_string).collect::<Vec<_>>();
            let (uses, needs) = words(wants).into_iter().partition(|w| w.starts_with('?'));
            let uses = Vec::into_iter(uses).map(|w: String| w[1..].to_string()).collect();
            Box::new(Fake { name, needs, uses, gives: words(gives), options: Options::new() })
        };
        lines.iter().map(parse).collect()
    }

    #[track_caller]
    fn check(lines: &[&'static str], selected: Option<&[&str]>, expected: &str) {
        let passes = passes(lines);
        let selected: Option<Vec<String>> = selected.map(|names| names.iter().map(|n| n.to_string()).collect());
        let text = match order(&passes, selected.as_deref()) {
            Ok(order) => order.iter().map(|&i| passes[i].name()).collect::<Vec<_>>().join(" "),
            Err(faults) => faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n"),
        };
        assert_eq!(text, expected);
    }

    const LINE: [&str; 3] = ["verdict: a ?b > v", "beta: a > b", "alpha: system > a"];

    #[test]
    fn passes_run_after_what_they_need_and_use() {
        check(&LINE, None, "alpha beta verdict");
        check(&LINE, Some(&["verdict"]), "alpha verdict");
        check(&["z: system >", "a: system >"], None, "a z");
        check(&["z: system > data_integrals", "a: system >"], None, "z a");
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        check(
            &["a: x > k", "b: > k", "c: d > e", "d: e > d"],
            Some(&["nobody"]),
            "there is no pass `nobody`; known are a, b, c, d\n\
             pass `a` needs `x`, which no pass gives\n\
             `k` is given by more than one pass: a, b",
        );
        check(
            &["c: d > e", "d: e > d", "s: s > s"],
            None,
            "these passes wait for one another: c, d\nthese passes wait for one another: s",
        );
    }
}
