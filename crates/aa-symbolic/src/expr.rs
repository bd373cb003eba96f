//! Expressions: a hash-consed graph with exact rational constants.
//!
//! An [`Expr`] is a cheap handle. Building one brings it into a canonical form (see [`crate::algebra`]) and looks it
//! up among those alive, so equal forms are one node: `==` compares addresses, and common subexpressions are shared
//! by construction. Equal *functions* may still have different forms; deciding that is the work of the exact part.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering as Atomic};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::function::Function;
use crate::rational::Rational;

/// One expression: a handle to a shared node.
///
/// ```
/// use aa_symbolic::Expr;
/// let x = Expr::symbol("x");
/// assert_eq!(&x + &x, Expr::integer(2) * &x);
/// assert_eq!((&x * &x / 2).to_string(), "x**2/2");
/// ```
#[derive(Clone)]
pub struct Expr(Arc<Interned>);

struct Interned {
    id: u64,
    fingerprint: u64,
    depth: u32,
    node: Node,
}

/// What an expression is made of. Canonical: see the promises of each variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// An exact rational number.
    Constant(Rational),
    /// A variable or a named constant.
    Symbol(Arc<str>),
    /// The number pi.
    Pi,
    /// A linear combination: `constant + sum coefficient * term`. Terms are distinct, sorted, neither sums nor constants.
    Sum {
        /// The rational part.
        constant: Rational,
        /// Terms with their non-zero coefficients.
        terms: Vec<(Expr, Rational)>,
    },
    /// `prod base**exponent`: bases distinct and sorted, exponents rational and not zero, no rational coefficient
    /// (that lives in a sum). `sqrt(2)` is the product `[(2, 1/2)]`.
    Product(Vec<(Expr, Rational)>),
    /// An elementary function of one argument.
    Apply(Function, Expr),
    /// The angle of the point (second, first): `atan2(y, x)`.
    Atan2(Expr, Expr),
    /// A power whose exponent is not a rational number.
    Power(Expr, Expr),
}

impl Expr {
    /// A variable.
    pub fn symbol(name: &str) -> Expr {
        Expr::intern(Node::Symbol(name.into()))
    }

    /// A whole number.
    pub fn integer(value: i64) -> Expr {
        Expr::rational(Rational::from(value))
    }

    /// A rational number.
    pub fn rational(value: Rational) -> Expr {
        Expr::intern(Node::Constant(value))
    }

    /// The rational number that is the shortest decimal spelling of `value`: 0.1 is 1/10. None if not finite.
    ///
    /// ```
    /// use aa_symbolic::Expr;
    /// assert_eq!(Expr::decimal(0.1).unwrap().to_string(), "1/10");
    /// ```
    pub fn decimal(value: f64) -> Option<Expr> {
        crate::rational::from_decimal(value).map(Expr::rational)
    }

    /// The number 0.
    pub fn zero() -> Expr {
        Expr::integer(0)
    }

    /// The number 1.
    pub fn one() -> Expr {
        Expr::integer(1)
    }

    /// The number pi.
    pub fn pi() -> Expr {
        Expr::intern(Node::Pi)
    }

    /// Euler's number, which is `exp(1)`.
    pub fn euler() -> Expr {
        Expr::intern(Node::Apply(Function::Exp, Expr::one()))
    }

    /// What the expression is made of.
    pub fn node(&self) -> &Node {
        &self.0.node
    }

    /// A key unique among the expressions alive; for memo tables, never for order.
    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// The longest path from here to a leaf; a leaf has depth 1.
    pub fn depth(&self) -> u32 {
        self.0.depth
    }

    /// The value, where the expression is a rational number.
    pub fn as_rational(&self) -> Option<&Rational> {
        match self.node() {
            Node::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// The name, where the expression is a symbol.
    pub fn as_symbol(&self) -> Option<&str> {
        match self.node() {
            Node::Symbol(name) => Some(name),
            _ => None,
        }
    }

    /// Whether the form is the number 0. An expression that is zero without simplifying to it answers no.
    pub fn is_zero(&self) -> bool {
        self.as_rational().is_some_and(Rational::is_zero)
    }

    /// Whether the form is the number 1.
    pub fn is_one(&self) -> bool {
        self.as_rational().is_some_and(Rational::is_one)
    }

    /// The expressions directly below this one, in order.
    pub fn children(&self) -> Vec<&Expr> {
        match self.node() {
            Node::Constant(_) | Node::Symbol(_) | Node::Pi => Vec::new(),
            Node::Sum { terms: parts, .. } | Node::Product(parts) => parts.iter().map(|(e, _)| e).collect(),
            Node::Apply(_, argument) => vec![argument],
            Node::Atan2(y, x) => vec![y, x],
            Node::Power(base, exponent) => vec![base, exponent],
        }
    }

    /// Every distinct expression in this one, arguments before what uses them; the last is the expression itself.
    pub fn subexpressions(&self) -> Vec<Expr> {
        subexpressions(std::slice::from_ref(self))
    }

    /// The number of distinct nodes of the graph.
    pub fn n_nodes(&self) -> usize {
        self.subexpressions().len()
    }

    /// The symbols in the expression.
    pub fn symbols(&self) -> BTreeSet<Expr> {
        self.subexpressions().into_iter().filter(|e| e.as_symbol().is_some()).collect()
    }

    /// Whether `symbol` occurs in the expression.
    pub fn depends_on(&self, symbol: &Expr) -> bool {
        self.subexpressions().contains(symbol)
    }

    /// The shared node of this form.
    pub(crate) fn intern(node: Node) -> Expr {
        let fingerprint = fingerprint(&node);
        let mut alive = ALIVE.lock().unwrap_or_else(PoisonError::into_inner);
        alive.find_or_insert(fingerprint, node)
    }
}

/// Every distinct expression in `roots`, arguments before what uses them.
pub fn subexpressions(roots: &[Expr]) -> Vec<Expr> {
    let mut seen = HashSet::new();
    let mut ordered = Vec::new();
    for root in roots {
        visit(root, &mut seen, &mut ordered);
    }
    ordered
}

fn visit(expr: &Expr, seen: &mut HashSet<u64>, ordered: &mut Vec<Expr>) {
    if !seen.insert(expr.id()) {
        return;
    }
    for child in expr.children() {
        visit(child, seen, ordered);
    }
    ordered.push(expr.clone());
}

impl PartialEq for Expr {
    fn eq(&self, other: &Expr) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Expr {}

impl Hash for Expr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.fingerprint);
    }
}

impl PartialOrd for Expr {
    fn partial_cmp(&self, other: &Expr) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By form, the same in every run: symbols in natural order (q2 before q10), then products, functions, sums.
impl Ord for Expr {
    fn cmp(&self, other: &Expr) -> Ordering {
        if self == other {
            return Ordering::Equal;
        }
        compare(self.node(), other.node())
    }
}

fn compare(a: &Node, b: &Node) -> Ordering {
    match (a, b) {
        (Node::Constant(a), Node::Constant(b)) => a.cmp(b),
        (Node::Symbol(a), Node::Symbol(b)) => natural(a).cmp(&natural(b)),
        (Node::Sum { constant: c, terms: a }, Node::Sum { constant: d, terms: b }) => {
            compare_parts(a, b).then_with(|| c.cmp(d))
        }
        (Node::Product(a), Node::Product(b)) => compare_parts(a, b),
        (Node::Apply(f, a), Node::Apply(g, b)) => f.cmp(g).then_with(|| a.cmp(b)),
        (Node::Atan2(a, b), Node::Atan2(c, d)) | (Node::Power(a, b), Node::Power(c, d)) => {
            a.cmp(c).then_with(|| b.cmp(d))
        }
        _ => rank(a).cmp(&rank(b)),
    }
}

/// Lexicographic, higher exponents or coefficients first.
fn compare_parts(a: &[(Expr, Rational)], b: &[(Expr, Rational)]) -> Ordering {
    let first_difference =
        a.iter().zip(b).map(|((x, c), (y, d))| x.cmp(y).then_with(|| d.cmp(c))).find(|order| order.is_ne());
    first_difference.unwrap_or_else(|| a.len().cmp(&b.len()))
}

fn rank(node: &Node) -> u8 {
    match node {
        Node::Constant(_) => 0,
        Node::Pi => 1,
        Node::Symbol(_) => 2,
        Node::Product(_) => 3,
        Node::Power(..) => 4,
        Node::Apply(..) => 5,
        Node::Atan2(..) => 6,
        Node::Sum { .. } => 7,
    }
}

/// The name without its trailing digits, then their number, then the whole name.
fn natural(name: &str) -> (&str, u64, &str) {
    let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
    (letters, name[letters.len()..].parse().unwrap_or(0), name)
}

/// A hash of the form alone, so that it is the same in every run.
fn fingerprint(node: &Node) -> u64 {
    let mut hasher = Mixer::default();
    rank(node).hash(&mut hasher);
    match node {
        Node::Constant(value) => value.hash(&mut hasher),
        Node::Symbol(name) => name.hash(&mut hasher),
        Node::Pi => {}
        Node::Sum { constant, terms } => (constant, terms).hash(&mut hasher),
        Node::Product(factors) => factors.hash(&mut hasher),
        Node::Apply(function, argument) => (function, argument).hash(&mut hasher),
        Node::Atan2(a, b) | Node::Power(a, b) => (a, b).hash(&mut hasher),
    }
    hasher.finish()
}

/// FNV-1a over words, with a final avalanche; the standard hasher is slower and keyed by chance.
struct Mixer(u64);

impl Default for Mixer {
    fn default() -> Self {
        Mixer(0xCBF2_9CE4_8422_2325)
    }
}

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(29);
    }

    fn finish(&self) -> u64 {
        (self.0 ^ (self.0 >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

static ALIVE: Mutex<Table> = Mutex::new(Table { nodes: None, sweep_at: 1 << 16 });
static NEXT_ID: AtomicU64 = AtomicU64::new(0);

type Shelf = HashMap<u64, Vec<Weak<Interned>>, BuildHasherDefault<Mixer>>;

/// The nodes alive, by fingerprint. Dead entries are swept out whenever the table has doubled.
struct Table {
    nodes: Option<Shelf>,
    sweep_at: usize,
}

impl Table {
    fn find_or_insert(&mut self, fingerprint: u64, node: Node) -> Expr {
        let nodes = self.nodes.get_or_insert_with(Shelf::default);
        if nodes.len() >= self.sweep_at {
            nodes.retain(|_, shelf| shelf.iter().any(|weak| weak.strong_count() > 0));
            self.sweep_at = (2 * nodes.len()).max(1 << 16);
        }
        let shelf = nodes.entry(fingerprint).or_default();
        if let Some(found) = shelf.iter().filter_map(Weak::upgrade).find(|known| known.node == node) {
            return Expr(found);
        }
        let depth = 1 + depth_below(&node);
        let id = NEXT_ID.fetch_add(1, Atomic::Relaxed);
        let fresh = Arc::new(Interned { id, fingerprint, depth, node });
        shelf.retain(|weak| weak.strong_count() > 0);
        shelf.push(Arc::downgrade(&fresh));
        Expr(fresh)
    }
}

fn depth_below(node: &Node) -> u32 {
    match node {
        Node::Constant(_) | Node::Symbol(_) | Node::Pi => 0,
        Node::Sum { terms: parts, .. } | Node::Product(parts) => {
            parts.iter().map(|(e, _)| e.depth()).max().unwrap_or(0)
        }
        Node::Apply(_, argument) => argument.depth(),
        Node::Atan2(a, b) | Node::Power(a, b) => a.depth().max(b.depth()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_forms_are_one_node() {
        let build = || (Expr::symbol("x") + 1).powi(3) * Expr::symbol("y").sin();
        assert_eq!(build().id(), build().id());
    }

    #[test]
    fn names_are_in_natural_order() {
        assert!(Expr::symbol("q2") < Expr::symbol("q10"));
        assert!(Expr::symbol("q10") < Expr::symbol("x"));
    }

    #[test]
    fn shared_parts_are_counted_once() {
        let shared = (Expr::symbol("x") * Expr::symbol("y")).exp();
        // x, y, x*y, exp, exp + exp**2 needs one more product and the sum.
        assert_eq!((&shared + shared.sin()).n_nodes(), 6);
    }

    #[test]
    fn dead_nodes_are_swept() {
        for i in 0..200_000 {
            let _ = Expr::integer(i) + Expr::symbol("swept");
        }
        let alive = ALIVE.lock().unwrap();
        assert!(alive.nodes.as_ref().unwrap().len() <= 1 << 17);
    }
}
