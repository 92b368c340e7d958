//! A measured value as the controller writes it (a string, often of a list) and in the operator's words.

/// Longest list that is spelled out; more would push the condition off the line.
const SPELLED: usize = 4;

/// What a measurement's `value` holds. Numbers may be NaN or infinite: those are words of their own.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// No value at all: a measurement in Error has a message instead.
    Nothing,
    /// `[]`: the query matched no series.
    Empty,
    /// `0.5`: a scalar, where `result[0]` would not evaluate.
    Scalar(f64),
    /// `[0.5]` or `[0.5,0.7]`: what an instant query answers.
    Vector(Vec<f64>),
    /// Anything else: other providers write JSON or words.
    Text,
}

impl Reading {
    /// The number that `result[0]` (or a scalar `result`) means. It may be NaN or infinite.
    pub fn first(&self) -> Option<f64> {
        match self {
            Reading::Scalar(number) => Some(*number),
            Reading::Vector(numbers) => numbers.first().copied(),
            Reading::Nothing | Reading::Empty | Reading::Text => None,
        }
    }
}

/// Reads a measurement's `value`.
pub fn measured(value: &str) -> Reading {
    let value = value.trim();
    if value.is_empty() {
        return Reading::Nothing;
    }
    if let Ok(number) = value.parse() {
        return Reading::Scalar(number);
    }
    let Some(list) = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return Reading::Text;
    };
    if list.trim().is_empty() {
        return Reading::Empty;
    }
    match list.split(',').map(|number| number.trim().parse()).collect() {
        Ok(numbers) => Reading::Vector(numbers),
        Err(_) => Reading::Text,
    }
}

/// A measured value in words: `"[0.0570]"` is `0.057`, `"[NaN]"` is `NaN (no data)`.
pub fn value_words(value: &str) -> String {
    match measured(value) {
        Reading::Nothing => "no value".to_owned(),
        Reading::Empty => "empty (no series)".to_owned(),
        Reading::Scalar(number) => format!("{} (scalar)", number_words(number)),
        Reading::Vector(numbers) => match numbers.as_slice() {
            [number] => number_words(*number),
            numbers => list_words(numbers),
        },
        Reading::Text => value.to_owned(),
    }
}

/// A number short enough for a column: four significant digits, no trailing zeros, NaN and the infinities by name.
pub fn number_words(number: f64) -> String {
    if number.is_nan() {
        return "NaN (no data)".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let size = number.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e9).contains(&size) {
        return trimmed_exponent(&format!("{number:.3e}"));
    }
    let digits = 3 - size.log10().floor() as i32;
    trimmed(&format!("{number:.*}", usize::try_from(digits).unwrap_or(0))).to_owned()
}

fn list_words(numbers: &[f64]) -> String {
    let mut words: Vec<_> = numbers.iter().take(SPELLED).map(|number| number_words(*number)).collect();
    if numbers.len() > SPELLED {
        words.push("…".to_owned());
    }
    format!("{} ({} series)", words.join(", "), numbers.len())
}

fn trimmed(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

fn trimmed_exponent(number: &str) -> String {
    match number.split_once('e') {
        Some((mantissa, exponent)) => format!("{}e{exponent}", trimmed(mantissa)),
        None => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_kind_of_value_has_its_own_word() {
        for (value, words) in [
            ("[0.0570]", "0.057"),
            ("[0.1653333333333332]", "0.1653"),
            ("[0]", "0"),
            ("[-0.5]", "-0.5"),
            ("[100]", "100"),
            ("[12345.678]", "12346"),
            ("[0.00001]", "1e-5"),
            ("[1234567890123]", "1.235e12"),
            ("[NaN]", "NaN (no data)"),
            ("[+Inf]", "+Inf"),
            ("[-Inf]", "-Inf"),
            ("+Inf", "+Inf (scalar)"),
            ("NaN", "NaN (no data) (scalar)"),
            ("[]", "empty (no series)"),
            ("[ ]", "empty (no series)"),
            ("", "no value"),
            ("0.5", "0.5 (scalar)"),
            ("[0.5,0.25]", "0.5, 0.25 (2 series)"),
            ("[1,2,3,4,5,6]", "1, 2, 3, 4, … (6 series)"),
            ("[1,]", "[1,]"),
            ("true", "true"),
            ("[[1]]", "[[1]]"),
        ] {
            assert_eq!(value_words(value), words, "{value:?}");
        }
    }

    #[test]
    fn the_first_number_is_what_the_condition_reads() {
        assert_eq!(measured("[0.5,0.7]").first(), Some(0.5));
        assert_eq!(measured("0.5").first(), Some(0.5));
        assert!(measured("[NaN]").first().is_some_and(f64::is_nan));
        assert_eq!(measured("[]").first(), None);
        assert_eq!(measured("").first(), None);
        assert_eq!(measured("yes").first(), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(value in ".*") {
            let _ = value_words(&value);
        }

        #[test]
        fn any_number_is_short_and_close(number in any::<f64>()) {
            let words = value_words(&format!("[{number}]"));
            prop_assert!(words.chars().count() <= 14, "{words}");
            if number.is_finite() {
                let back: f64 = words.parse().unwrap();
                prop_assert!((back - number).abs() <= number.abs() * 1e-3, "{number} -> {words}");
            }
        }
    }
}
