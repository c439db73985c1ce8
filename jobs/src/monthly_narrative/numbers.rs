//! The numbers of a text, and whether a contract bears them out. Not numbers written as words.

use super::contract::Contract;

/// A number as a text writes it, without its sign.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    value: Option<f64>,
    /// Whether it stands by itself: `12` does, the 43 of `W43` does not.
    alone: bool,
}

impl Number {
    /// Whether it is this count, standing by itself.
    #[must_use]
    pub fn is(self, count: u32) -> bool {
        self.alone && self.value.is_some_and(|value| equal(value, f64::from(count)))
    }
}

/// The numbers of `text`: digits, with decimals behind a point. A digit of another script is a number that nothing bears out.
#[must_use]
pub fn numbers(text: &str) -> Vec<Number> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut before = None;
    while let Some(c) = rest.chars().next() {
        let length = number_len(rest);
        if length > 0 {
            let after = rest[length..].chars().next();
            let alone = ![before, after].into_iter().flatten().any(char::is_alphanumeric);
            found.push(Number { value: rest[..length].parse().ok(), alone });
        } else if c.is_numeric() {
            found.push(Number { value: None, alone: false });
        }
        let (taken, after) = rest.split_at(length.max(c.len_utf8()));
        before = taken.chars().next_back();
        rest = after;
    }
    found
}

/// The length of the number that starts `text`: `\d+(\.\d+)?`.
fn number_len(text: &str) -> usize {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(0);
    if whole > 0 && text[whole..].starts_with('.') {
        let decimals = digits(whole + 1);
        if decimals > 0 {
            return whole + 1 + decimals;
        }
    }
    whole
}

/// What numbers a narrative of a contract may hold.
#[derive(Clone, Debug)]
pub struct Supported(Vec<f64>);

impl Supported {
    /// Each of the contract's numbers as it is, as a whole, with one and two decimals and as a percentage, always without its
    /// sign; and the numbers in its labels.
    #[must_use]
    pub fn by(contract: &Contract) -> Self {
        let (values, texts) = contract.numbers_and_texts();
        let ways = |value: f64| {
            let value = value.abs();
            let percent = 100.0 * value;
            [value, decimals(value, 0), decimals(value, 1), decimals(value, 2), percent, decimals(percent, 0)]
        };
        let labelled = texts.iter().flat_map(|text| numbers(text)).filter_map(|number| number.value);
        Self(values.into_iter().flat_map(ways).chain(labelled).collect())
    }

    /// Whether the contract bears `number` out.
    #[must_use]
    pub fn holds(&self, number: Number) -> bool {
        number.value.is_some_and(|value| self.0.iter().any(|&supported| equal(value, supported)))
    }
}

/// Rounded to so many decimals, half to even.
fn decimals(value: f64, decimals: usize) -> f64 {
    format!("{value:.decimals$}").parse().unwrap_or(value)
}

fn equal(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_digits_with_decimals() {
        let values: Vec<_> =
            numbers("12 of 3.50, W43 192.168.0.12 7. \u{ff11} -0100").iter().map(|n| n.value).collect();
        let wanted = [Some(12.0), Some(3.5), Some(43.0), Some(192.168), Some(0.12), Some(7.0), None, Some(100.0)];
        assert_eq!(values, wanted);
        let alone: Vec<_> = numbers("12 W43 5%").iter().map(|n| n.alone).collect();
        assert_eq!(alone, [true, false, true]);
    }

    #[test]
    fn ties_go_to_the_even_digit() {
        assert!(equal(decimals(0.125, 2), 0.12) && equal(decimals(2.5, 0), 2.0) && equal(decimals(0.375, 2), 0.38));
    }
}
