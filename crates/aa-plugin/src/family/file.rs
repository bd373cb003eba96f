//! Scans as files: one row a member, in the group `/scan`.

use aa_dataset::{Bundle, Dataset, Values};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{ChaosMember, ChaosScan, Scan};

impl ChaosScan {
    /// The scan as a bundle: counts, shares with their intervals and exponents of every member, and the document.
    pub fn bundle(&self) -> Bundle {
        let mut table = Table::new(self, self.members.iter().map(|member| &member.parameters));
        let members = &self.members;
        let counts: [(&str, fn(&ChaosMember) -> usize, &str); 7] = [
            ("orbits", |member| member.orbits, "orbits followed"),
            ("left_out", |member| member.left_out, "starts of the line that cannot have the energy"),
            ("chaotic", |member| member.counts.chaotic, "orbits labelled chaotic"),
            ("regular", |member| member.counts.regular, "orbits labelled regular"),
            ("sticky", |member| member.counts.sticky, "orbits that were regular for long and then not"),
            ("undecided", |member| member.counts.undecided, "orbits without a label"),
            ("escaped", |member| member.counts.escaped, "orbits that left every bounded region"),
        ];
        for (name, count, meaning) in counts {
            table.column(name, members.iter().map(|member| count(member) as i64).collect::<Vec<i64>>(), "1", meaning);
        }
        let or_nan = |value: Option<f64>| value.unwrap_or(f64::NAN);
        let numbers: [(&str, fn(&ChaosMember) -> Option<f64>, &str, &str); 3] = [
            ("fraction", |member| member.counts.fraction, "1", "chaotic / (chaotic + regular)"),
            ("surviving", |member| member.surviving, "1", "regular orbits among all that were followed"),
            ("lyapunov", |member| member.lyapunov, "1/time", "mean maximal Lyapunov exponent of the chaotic orbits"),
        ];
        for (name, number, units, meaning) in numbers {
            table.column(name, members.iter().map(|m| or_nan(number(m))).collect::<Vec<f64>>(), units, meaning);
        }
        let intervals: [(&str, fn(&ChaosMember) -> Option<[f64; 2]>); 2] = [
            ("fraction_interval", |member| member.counts.interval),
            ("surviving_interval", |member| member.surviving_interval),
        ];
        for (name, interval) in intervals {
            let ends: Vec<f64> = members.iter().flat_map(|m| interval(m).unwrap_or([f64::NAN; 2])).collect();
            let ends = Dataset::array([("member", members.len()), ("end", 2)], ends);
            table.bundle.insert(&format!("scan/{name}"), ends.long_name("95 % Wilson interval: low, high"));
        }
        let reasons: Vec<String> = members.iter().map(|member| member.reason.clone().unwrap_or_default()).collect();
        table.column("reason", reasons, "1", "why nothing was measured; empty where something was");
        table.bundle
    }
}

impl Scan {
    /// The scan as a bundle: the members that stand out, their integrals by name, and the document.
    pub fn bundle(&self) -> Bundle {
        let mut table = Table::new(self, self.members.iter().map(|member| &member.parameters));
        let independent: Vec<i64> = self.members.iter().map(|member| member.independent as i64).collect();
        table.column("independent", independent, "1", "independent integrals of motion");
        let proved: Vec<i64> = self.members.iter().map(|member| i64::from(member.proved)).collect();
        table.column("proved", proved, "1", "1 where each of them was proved by the identity {F, H} = 0");
        let names = self.members.iter().map(|member| {
            let names: Vec<&str> = member.integrals.iter().map(|integral| integral.name.as_str()).collect();
            names.join(", ")
        });
        table.column("integrals", names.collect::<Vec<String>>(), "1", "their names; the document has the formulas");
        table.bundle
    }
}

/// Columns with one entry a member.
struct Table {
    bundle: Bundle,
    n: usize,
}

impl Table {
    /// The document and the parameters. Parameters are exact in the document and rounded here.
    fn new<'a>(document: &impl Serialize, parameters: impl Iterator<Item = &'a Map<String, Value>>) -> Table {
        let parameters: Vec<&Map<String, Value>> = parameters.collect();
        let mut table = Table { bundle: Bundle::default(), n: parameters.len() };
        let document = serde_json::to_string(document).expect("a scan holds only text keys and numbers");
        let document = Dataset::scalar(document).long_name("the document of the scan, as JSON");
        table.bundle.insert("scan/document", document);
        for name in parameters.first().into_iter().flat_map(|first| first.keys()) {
            let values: Vec<f64> = parameters.iter().map(|member| real(&member[name])).collect();
            table.column(&format!("parameters/{name}"), values, "1", "value of the parameter");
        }
        table
    }

    /// Nothing is stored of no members.
    fn column(&mut self, name: &str, values: impl Into<Values>, units: &str, long_name: &str) {
        if self.n > 0 {
            let column = Dataset::array([("member", self.n)], values);
            self.bundle.insert(&format!("scan/{name}"), column.units(units).long_name(long_name));
        }
    }
}

/// A number, or a fraction as text.
fn real(value: &Value) -> f64 {
    let fraction = |text: &str| -> Option<f64> {
        let (above, below) = text.split_once('/')?;
        Some(above.parse::<f64>().ok()? / below.parse::<f64>().ok()?)
    };
    value.as_f64().or_else(|| fraction(value.as_str()?)).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fractions_are_numbers_in_the_file() {
        assert_eq!([json!(-3), json!(1.5), json!("-3/4")].map(|value| real(&value)), [-3.0, 1.5, -0.75]);
    }
}
