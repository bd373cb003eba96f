//! Axes: from values to places, and where the ticks stand.

use crate::number::trimmed;

/// Values beyond this are not drawn: their differences would overflow.
const LARGEST: f64 = 1e150;

/// How values are spread along an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scale {
    #[default]
    Linear,
    Logarithmic,
}

impl Scale {
    /// Whether the value has a place on such an axis.
    pub(crate) fn holds(self, value: f64) -> bool {
        value.abs() < LARGEST && (self == Scale::Linear || value > 1.0 / LARGEST)
    }

    /// The value, or its decimal logarithm.
    fn flatten(self, value: f64) -> f64 {
        match self {
            Scale::Linear => value,
            Scale::Logarithmic => value.log10(),
        }
    }
}

/// The part of an axis that is shown; ends are flattened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Range {
    pub(crate) low: f64,
    pub(crate) high: f64,
    scale: Scale,
}

/// A mark on an axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    /// From 0 at the low end to 1 at the high end.
    pub(crate) place: f64,
    pub(crate) label: String,
}

impl Range {
    /// A little more than all values that have a place; none where no value has.
    pub(crate) fn covering(values: impl Iterator<Item = f64>, scale: Scale) -> Option<Range> {
        let flat = values.filter(|value| scale.holds(*value)).map(|value| scale.flatten(value));
        let ends = flat.fold(None, |ends: Option<(f64, f64)>, value| {
            Some(ends.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
        });
        let (low, high) = ends?;
        let least = match scale {
            Scale::Linear => 1e-9 * low.abs().max(high.abs()).max(1e-140),
            Scale::Logarithmic => 0.3,
        };
        let margin = match high - low {
            width if width > least => 0.05 * width,
            _ if scale == Scale::Linear && low != 0.0 => 0.5 * low.abs(),
            _ => 0.5,
        };
        Some(Range { low: low - margin, high: high + margin, scale })
    }

    /// From 0 at the low end to 1 at the high end.
    pub(crate) fn place(&self, value: f64) -> f64 {
        (self.scale.flatten(value) - self.low) / (self.high - self.low)
    }

    /// The same middle with another width.
    pub(crate) fn with_width(self, width: f64) -> Range {
        let middle = 0.5 * (self.low + self.high);
        Range { low: middle - 0.5 * width, high: middle + 0.5 * width, ..self }
    }

    /// About so many ticks at round values.
    pub(crate) fn ticks(&self, about: usize) -> Vec<Tick> {
        match self.scale {
            Scale::Logarithmic if self.high - self.low > 2.0 => self.decades(about),
            Scale::Logarithmic => self.parts_of_decades(),
            Scale::Linear => self.round_steps(about),
        }
    }

    fn round_steps(&self, about: usize) -> Vec<Tick> {
        let step = round_step((self.high - self.low) / about.max(1) as f64);
        let (first, last) = ((self.low / step).ceil(), (self.high / step).floor());
        let n = (last - first).clamp(0.0, 50.0) as usize;
        let at = |k: usize| (first + k as f64) * step;
        (0..=n).map(|k| Tick { place: self.flat_place(at(k)), label: label(at(k), step) }).collect()
    }

    fn decades(&self, about: usize) -> Vec<Tick> {
        let step = ((self.high - self.low) / about.max(1) as f64).ceil().max(1.0);
        let (first, last) = ((self.low / step).ceil(), (self.high / step).floor());
        let n = (last - first).clamp(0.0, 50.0) as usize;
        let at = |k: usize| (first + k as f64) * step;
        (0..=n).map(|k| Tick { place: self.flat_place(at(k)), label: power_of_ten(at(k) as i32) }).collect()
    }

    fn parts_of_decades(&self) -> Vec<Tick> {
        let (first, last) = (self.low.floor() as i32, self.high.ceil() as i32);
        let parts: &[f64] = if self.high - self.low > 0.9 { &[1.0, 2.0, 5.0] } else { &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0] };
        let values = (first..=last).flat_map(|decade| parts.iter().map(move |part| part * 10f64.powi(decade)));
        let inside = values.filter(|value| (self.low..=self.high).contains(&value.log10()));
        inside.map(|value| Tick { place: self.place(value), label: short(value) }).collect()
    }

    fn flat_place(&self, flat: f64) -> f64 {
        (flat - self.low) / (self.high - self.low)
    }
}

/// The largest of 1, 2, 5 times a power of ten that is at most 1.5 times the step wished for.
fn round_step(wish: f64) -> f64 {
    let decade = 10f64.powf(wish.log10().floor());
    let part = [1.0, 2.0, 5.0, 10.0].into_iter().rfind(|part| part * decade <= 1.5 * wish).unwrap_or(1.0);
    part * decade
}

/// As many digits as neighbours need to differ, and no more.
fn label(value: f64, step: f64) -> String {
    let value = if value.abs() < 1e-9 * step { 0.0 } else { value };
    let decimals = (-step.log10() - 1e-9).ceil().max(0.0) as usize;
    let text = match (decimals, value.abs()) {
        (0..=6, size) if size < 1e6 => format!("{value:.decimals$}"),
        (_, size) => trimmed(value, (size.max(step) / step).log10().ceil().clamp(0.0, 12.0) as usize + 1),
    };
    text.replace('-', "−")
}

/// A value as short as it can be written exactly, with its power of ten typeset.
fn short(value: f64) -> String {
    let text = trimmed(value, 2);
    match text.split_once('e') {
        Some((mantissa, exponent)) => format!("{mantissa}·{}", power_of_ten(exponent.parse().unwrap_or(0))),
        None => text,
    }
}

/// Typeset, like 10⁻³.
pub(crate) fn power_of_ten(exponent: i32) -> String {
    let digit = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        c => c.to_digit(10).and_then(|d| char::from_u32('⁰' as u32 + d)).unwrap_or(c),
    };
    match exponent {
        0 => "1".to_string(),
        1 => "10".to_string(),
        _ => format!("10{}", exponent.to_string().chars().map(digit).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[f64], scale: Scale) -> Vec<String> {
        let range = Range::covering(values.iter().copied(), scale).unwrap();
        range.ticks(5).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_stand_at_round_values() {
        assert_eq!(labels(&[0.0, 1.0], Scale::Linear), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(&[-40.0, 110.0], Scale::Linear), ["−40", "−20", "0", "20", "40", "60", "80", "100"]);
    }

    #[test]
    fn close_values_keep_labels_that_differ() {
        let labels = labels(&[1.73204, 1.73206], Scale::Linear);
        let mut distinct = labels.clone();
        distinct.dedup();
        assert_eq!(labels, distinct);
        assert!(labels.len() > 2);
    }

    #[test]
    fn powers_of_ten_thin_out() {
        assert_eq!(labels(&[1.0, 1e6], Scale::Logarithmic), ["1", "10²", "10⁴", "10⁶"]);
        assert_eq!(labels(&[1e-4, 1e-1], Scale::Logarithmic), ["10⁻⁴", "10⁻³", "10⁻²", "10⁻¹"]);
        assert_eq!(labels(&[1.0, 4.0], Scale::Logarithmic), ["1", "1.5", "2", "3"]);
        assert_eq!(labels(&[1e-4, 1e-3], Scale::Logarithmic), ["1·10⁻⁴", "2·10⁻⁴", "5·10⁻⁴", "0.001"]);
    }

    #[test]
    fn values_without_a_place_are_left_out() {
        assert_eq!(Range::covering([f64::NAN, f64::INFINITY].into_iter(), Scale::Linear), None);
        assert_eq!(Range::covering([0.0, -1.0].into_iter(), Scale::Logarithmic), None);
        let range = Range::covering([2.0, f64::NAN].into_iter(), Scale::Linear).unwrap();
        assert!(range.place(2.0).is_finite() && !range.ticks(5).is_empty());
    }
}
