//! Scans as files: one row a member, in the group `/scan`.

use aa_dataset::{Bundle, Dataset, Values};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{ChaosScan, Member, Scan};

impl ChaosScan {
    /// The scan as a bundle: counts, shares with their intervals and exponents of every member, and the document.
    pub fn bundle(&self) -> Bundle {
        let mut table = Table::new(self, self.members.iter().map(|member| &member.parameters));
        let members = || self.members.iter();
        let counts = || members().map(|member| &member.counts);
        table.whole("orbits", members().map(|member| member.orbits), "orbits followed");
        table.whole("left_out", members().map(|member| member.left_out), "starts of the line without this energy");
        table.whole("chaotic", counts().map(|counts| counts.chaotic), "orbits labelled chaotic");
        table.whole("regular", counts().map(|counts| counts.regular), "orbits labelled regular");
        table.whole("sticky", counts().map(|counts| counts.sticky), "orbits that were regular for long and then not");
        table.whole("undecided", counts().map(|counts| counts.undecided), "orbits without a label");
        table.whole("escaped", counts().map(|counts| counts.escaped), "orbits that left every bounded region");
        table.real("fraction", counts().map(|counts| counts.fraction), "1", "chaotic / (chaotic + regular)");
        table.interval("fraction_interval", counts().map(|counts| counts.interval));
        table.real("surviving", members().map(|member| member.surviving), "1", "regular orbits among all followed");
        table.interval("surviving_interval", members().map(|member| member.surviving_interval));
        let lyapunov = "mean maximal Lyapunov exponent of the chaotic orbits";
        table.real("lyapunov", members().map(|member| member.lyapunov), "1/time", lyapunov);
        let reasons: Vec<String> = members().map(|member| member.reason.clone().unwrap_or_default()).collect();
        table.column("reason", reasons, "1", "why nothing was measured; empty where something was");
        table.bundle
    }
}

impl Scan {
    /// The scan as a bundle: the members that stand out, their integrals by name, and the document.
    pub fn bundle(&self) -> Bundle {
        let mut table = Table::new(self, self.members.iter().map(|member| &member.parameters));
        let members = || self.members.iter();
        table.whole("independent", members().map(|member| member.independent), "independent integrals of motion");
        let proved = "1 where each of them was proved by the identity {F, H} = 0";
        table.whole("proved", members().map(|member| usize::from(member.proved)), proved);
        let names = |member: &Member| {
            let names: Vec<&str> = member.integrals.iter().map(|integral| integral.name.as_str()).collect();
            names.join(", ")
        };
        table.column("integrals", members().map(names).collect::<Vec<_>>(), "1", "names; the document has formulas");
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
            let values: Vec<f64> = parameters.iter().map(|member| number(&member[name])).collect();
            table.column(&format!("parameters/{name}"), values, "1", "value of the parameter");
        }
        table
    }

    fn whole(&mut self, name: &str, values: impl Iterator<Item = usize>, long_name: &str) {
        self.column(name, values.map(|value| value as i64).collect::<Vec<_>>(), "1", long_name);
    }

    fn real(&mut self, name: &str, values: impl Iterator<Item = Option<f64>>, units: &str, long_name: &str) {
        self.column(name, values.map(|value| value.unwrap_or(f64::NAN)).collect::<Vec<_>>(), units, long_name);
    }

    fn interval(&mut self, name: &str, values: impl Iterator<Item = Option<[f64; 2]>>) {
        let ends: Vec<f64> = values.flat_map(|ends| ends.unwrap_or([f64::NAN; 2])).collect();
        self.put(
            name,
            Dataset::array([("member", self.n), ("end", 2)], ends).long_name("95 % Wilson interval: low, high"),
        );
    }

    fn column(&mut self, name: &str, values: impl Into<Values>, units: &str, long_name: &str) {
        self.put(name, Dataset::array([("member", self.n)], values).units(units).long_name(long_name));
    }

    /// Nothing is stored of no members.
    fn put(&mut self, name: &str, dataset: Dataset) {
        if self.n > 0 {
            self.bundle.insert(&format!("scan/{name}"), dataset);
        }
    }
}

/// A number, or a fraction as text.
fn number(value: &Value) -> f64 {
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
        assert_eq!([json!(-3), json!(1.5), json!("-3/4")].map(|value| number(&value)), [-3.0, 1.5, -0.75]);
    }
}
