//! The part of the document on surviving tori.

use serde::{Deserialize, Serialize};

/// What the theorem of Kolmogorov, Arnold and Moser asks of the tori, and how many are seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Kam {
    /// Orbits labelled regular.
    pub regular: usize,
    /// Orbits followed.
    pub followed: usize,
    /// Share of surviving tori: regular among all that were followed.
    pub surviving: Option<f64>,
    /// 95 % Wilson interval of the share.
    pub interval: Option<[f64; 2]>,
    /// domega/dI at the equilibrium, from the normal form; none without one, or where it stops at degree 2.
    pub equilibrium: Option<Twist>,
    /// domega/dI at some orbits, measured on their neighbours.
    pub twist: Vec<Twist>,
    /// Why an orbit that was tried has no entry in `twist`.
    pub without_twist: Vec<String>,
    /// The largest |k_1| + ... + |k_n| of the resonances tried.
    pub order: u32,
    /// One entry an orbit with frequencies; empty with one degree of freedom.
    pub orbits: Vec<KamOrbit>,
}

/// domega/dI at one torus, and the determinants that must not vanish.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Twist {
    /// Where: the start of an orbit, or the equilibrium; q then p.
    pub initial: Vec<f64>,
    /// The actions of the torus.
    pub actions: Vec<f64>,
    /// Its frequencies, rad per unit time, signed.
    pub omega: Vec<f64>,
    /// Entry (i, j) is domega_i/dI_j.
    pub matrix: Vec<Vec<f64>>,
    /// Errors of the entries.
    pub error: Vec<Vec<f64>>,
    /// Kolmogorov's determinant det domega/dI; with one degree of freedom, domega/dI.
    pub kolmogorov: Determinant,
    /// Arnold's isoenergetic determinant, of domega/dI bordered by omega.
    pub isoenergetic: Determinant,
    /// How many neighbouring orbits it was fitted to; none for a normal form.
    pub neighbours: Option<usize>,
}

/// A determinant, how far it may be off, and whether it is above three times that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Determinant {
    /// The value.
    pub value: Option<f64>,
    /// How far it may be off; 0 where it comes from a normal form.
    pub error: Option<f64>,
    /// Whether |value| exceeds three errors: not degenerate.
    pub nonzero: bool,
}

/// How far an orbit's frequencies are from resonance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KamOrbit {
    /// Where it started, q then p.
    pub initial: Vec<f64>,
    /// Its frequencies, rad per unit time, signed, in the order of k.
    pub omega: Vec<f64>,
    /// The nearest resonance k.omega = 0 up to the order.
    pub k: Vec<i64>,
    /// |k.omega| / (|k| |omega|), Euclidean lengths.
    pub distance: f64,
    /// Smallest |k.omega| |k|_1^n / |omega| up to the order: a Diophantine constant for tau = n.
    pub gamma: f64,
}
