//! Small graphs as SVG: who commutes with whom, which pass needs which.

use std::collections::BTreeSet;
use std::f64::consts::TAU;

use crate::markup::{element, escape};

/// A node: its name, and its colour by role.
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) class: &'static str,
}

/// Nodes with edges between them, by position.
pub(crate) struct Graph {
    pub(crate) id: &'static str,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) nodes: Vec<Node>,
    pub(crate) edges: Vec<[usize; 2]>,
}

impl Graph {
    /// The nodes in a ring.
    pub(crate) fn ring(&self) -> String {
        let n = self.nodes.len() as f64;
        let radius = 40.0 + 8.0 * n;
        let (width, height) = (2.0 * radius + 320.0, 2.0 * radius + 60.0);
        let angle = |i: usize| TAU * (i as f64 / n - 0.25);
        let at = |i: usize| [width / 2.0 + radius * angle(i).cos(), height / 2.0 + radius * angle(i).sin()];
        let edge = |&[i, j]: &[usize; 2]| {
            let ([x0, y0], [x1, y1]) = (at(i), at(j));
            format!("<path class=\"edge\" d=\"M{x0:.1} {y0:.1}L{x1:.1} {y1:.1}\"/>")
        };
        let node = |(i, node): (usize, &Node)| {
            let ([x, y], side) = (at(i), angle(i).cos());
            let anchor = if side > 0.1 {
                "start"
            } else if side < -0.1 {
                "end"
            } else {
                "middle"
            };
            let (dx, dy) = (14.0 * side, 14.0 * angle(i).sin());
            let label = text(&node.name, x + dx, y + 1.2 * dy + 4.0, anchor);
            format!(
                "<g class=\"{}\"><circle class=\"node\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6\"/>{label}</g>",
                node.class
            )
        };
        let edges: String = self.edges.iter().map(edge).collect();
        self.picture([width, height], &(edges + &self.nodes.iter().enumerate().map(node).collect::<String>()))
    }

    /// The nodes in columns, each to the right of all that lead to it; no edge says what a path says already.
    pub(crate) fn columns(&self) -> String {
        const BOX: [f64; 2] = [146.0, 26.0];
        const STEP: [f64; 2] = [178.0, 40.0];
        let depth = self.depths();
        let row = |i: usize| depth[..i].iter().filter(|d| **d == depth[i]).count() as f64;
        let at = |i: usize| [4.0 + STEP[0] * depth[i] as f64, 4.0 + STEP[1] * row(i)];
        let edge = |[i, j]: [usize; 2]| {
            let ([x0, y0], [x1, y1]) = (at(i), at(j));
            let (from, to, mid0, mid1) = (x0 + BOX[0], x1, y0 + BOX[1] / 2.0, y1 + BOX[1] / 2.0);
            let bend = 0.5 * (STEP[0] - BOX[0]) + 8.0;
            format!(
                "<path class=\"edge\" d=\"M{from:.1} {mid0:.1}C{:.1} {mid0:.1} {:.1} {mid1:.1} {to:.1} {mid1:.1}\"/>",
                from + bend,
                to - bend
            )
        };
        let node = |(i, node): (usize, &Node)| {
            let [x, y] = at(i);
            let label = text(&node.name, x + BOX[0] / 2.0, y + 17.5, "middle");
            format!(
                "<g class=\"{}\"><rect class=\"box\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{}\" height=\"{}\" rx=\"6\"/>{label}</g>",
                node.class, BOX[0], BOX[1]
            )
        };
        let [width, height] = (0..self.nodes.len()).map(at).fold([0.0f64; 2], |[w, h], [x, y]| [w.max(x), h.max(y)]);
        let edges: String = self.bare_edges().into_iter().map(edge).collect();
        let inside = edges + &self.nodes.iter().enumerate().map(node).collect::<String>();
        self.picture([width + BOX[0] + 4.0, height + BOX[1] + 4.0], &inside)
    }

    /// The longest way to each node; nodes come after those that lead to them.
    fn depths(&self) -> Vec<usize> {
        let mut depths = vec![0; self.nodes.len()];
        for node in 0..self.nodes.len() {
            let before = self.edges.iter().filter(|[from, to]| *to == node && *from < node);
            depths[node] = before.map(|[from, _]| depths[*from] + 1).max().unwrap_or(0);
        }
        depths
    }

    /// The edges between whose ends there is no other way.
    fn bare_edges(&self) -> Vec<[usize; 2]> {
        let next = |from: usize| self.edges.iter().filter(move |edge| edge[0] == from && edge[1] > from);
        let mut beyond: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); self.nodes.len()];
        for from in (0..self.nodes.len()).rev() {
            let all = next(from).flat_map(|[_, to]| beyond[*to].iter().chain([to])).copied().collect();
            beyond[from] = all;
        }
        let detour = |&[from, to]: &[usize; 2]| next(from).any(|[_, middle]| beyond[*middle].contains(&to));
        self.edges.iter().filter(|edge| edge[0] < edge[1] && !detour(edge)).copied().collect()
    }

    fn picture(&self, [width, height]: [f64; 2], inside: &str) -> String {
        let title = element("title", &[("id", &format!("{}-title", self.id))], &escape(&self.title));
        let text = element("desc", &[("id", &format!("{}-desc", self.id))], &escape(&self.description));
        let view = format!("0 0 {width:.0} {height:.0}");
        let widest = format!("width:{width:.0}px;max-width:100%");
        let labelled = format!("{0}-title {0}-desc", self.id);
        let attributes =
            [("viewBox", view.as_str()), ("style", &widest), ("role", "img"), ("aria-labelledby", &labelled)];
        let caption = format!("<strong>{}</strong> {}", escape(&self.title), escape(&self.description));
        let svg = element("svg", &attributes, &(title + &text + inside));
        element("figure", &[("class", "graph")], &(svg + &element("figcaption", &[], &caption)))
    }
}

fn text(label: &str, x: f64, y: f64, anchor: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>", escape(label))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[[usize; 2]]) -> Graph {
        let nodes = (0..4).map(|i| Node { name: format!("<{i}>"), class: "regular" }).collect();
        Graph { id: "g", title: "t".into(), description: "d".into(), nodes, edges: edges.to_vec() }
    }

    #[test]
    fn nodes_stand_to_the_right_of_what_leads_to_them() {
        let graph = graph(&[[0, 1], [1, 3], [0, 3], [2, 3]]);
        assert_eq!(graph.depths(), [0, 1, 0, 2]);
        assert_eq!(graph.bare_edges(), [[0, 1], [1, 3], [2, 3]]);
        assert_eq!(graph.columns().matches("class=\"edge\"").count(), 3);
    }

    #[test]
    fn names_stay_names() {
        assert!(graph(&[]).ring().contains("&lt;0&gt;</text>"));
    }
}
