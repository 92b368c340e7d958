//! Kubernetes quantities (`250m`, `1.5Gi`, `1e3`), exactly.

use rust_decimal::{Decimal, RoundingStrategy};

use super::json::decimal;

/// The number a quantity means: cores for CPU, bytes for memory. None where it is no quantity.
///
/// Kubernetes keeps no more than nine decimals and rounds up, so that nothing becomes free.
pub fn parse(text: &str) -> Option<Decimal> {
    let split =
        text.find(|sign: char| !sign.is_ascii_digit() && !matches!(sign, '.' | '+' | '-')).unwrap_or(text.len());
    let (digits, suffix) = text.split_at(split);
    let number = plain(digits)?;
    let value = match suffix.as_bytes() {
        // `1E` is an exa, `1Ei` its binary twin, `1E3` and `1e3` are a thousand.
        [b'e' | b'E', b'0'..=b'9' | b'+' | b'-', ..] => number.checked_mul(power_of_ten(&suffix[1..])?)?,
        _ => scaled(number, suffix)?,
    };
    Some(value.round_dp_with_strategy(9, RoundingStrategy::AwayFromZero).normalize())
}

/// A signed number with digits on at least one side of the point. Never an exponent: `split` has cut it off.
fn plain(digits: &str) -> Option<Decimal> {
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    let is_number = unsigned.bytes().any(|byte| byte.is_ascii_digit())
        && unsigned.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && unsigned.bytes().filter(|byte| *byte == b'.').count() <= 1;
    is_number.then(|| decimal(digits.strip_prefix('+').unwrap_or(digits)))?
}

/// The number times its suffix.
fn scaled(number: Decimal, suffix: &str) -> Option<Decimal> {
    let thousandths = |steps: u32| Decimal::new(1, 3 * steps);
    let thousands = |steps: u32| Decimal::from(1000_u64.pow(steps));
    let kibis = |steps: u32| Decimal::from(1024_u64.pow(steps));
    let unit = match suffix {
        "" => Decimal::ONE,
        "n" => thousandths(3),
        "u" => thousandths(2),
        "m" => thousandths(1),
        "k" => thousands(1),
        "M" => thousands(2),
        "G" => thousands(3),
        "T" => thousands(4),
        "P" => thousands(5),
        "E" => thousands(6),
        "Ki" => kibis(1),
        "Mi" => kibis(2),
        "Gi" => kibis(3),
        "Ti" => kibis(4),
        "Pi" => kibis(5),
        "Ei" => kibis(6),
        _ => return None,
    };
    number.checked_mul(unit)
}

/// `10^exponent` for the exponents that fit.
fn power_of_ten(exponent: &str) -> Option<Decimal> {
    let exponent: i32 = exponent.parse().ok()?;
    let ten =
        |steps: u32| 10_i128.checked_pow(steps).and_then(|power| Decimal::try_from_i128_with_scale(power, 0).ok());
    match u32::try_from(exponent) {
        Ok(steps) => ten(steps),
        // Too small to be anything but the smallest that Kubernetes knows, which rounding up then makes of it.
        Err(_) => Some(Decimal::new(1, exponent.unsigned_abs().min(28))),
    }
}

/// CPU in the words of `kubectl`: `1250m`, `3`.
pub fn cpu_words(cores: Decimal) -> String {
    if cores.fract().is_zero() {
        return cores.normalize().to_string();
    }
    cores.checked_mul(1000.into()).map_or_else(|| cores.to_string(), |milli| format!("{}m", milli.ceil().normalize()))
}

/// Memory in the largest binary unit that stays above one, with one decimal at most: `1.5Gi`.
pub fn memory_words(bytes: Decimal) -> String {
    let units = ["Ei", "Pi", "Ti", "Gi", "Mi", "Ki"];
    let mut size = Decimal::from(1024_u64.pow(6));
    for unit in units {
        if bytes.abs() >= size {
            return format!("{}{unit}", (bytes / size).round_dp(1).normalize());
        }
        size /= Decimal::from(1024);
    }
    bytes.normalize().to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_notation_is_exact() {
        let cases = [
            ("250m", "0.25"),
            ("1", "1"),
            ("0.1", "0.1"),
            (".5", "0.5"),
            ("5.", "5"),
            ("+1", "1"),
            ("-1", "-1"),
            ("100n", "0.0000001"),
            ("1u", "0.000001"),
            ("1.5Gi", "1610612736"),
            ("64Mi", "67108864"),
            ("1Ki", "1024"),
            ("128974848", "128974848"),
            ("129e6", "129000000"),
            ("129M", "129000000"),
            ("1E3", "1000"),
            ("1E", "1000000000000000000"),
            ("1e-3", "0.001"),
            ("123456789012Gi", "132560717818928037888"),
            ("0.1n", "0.000000001"),
            ("1Ei", "1152921504606846976"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).map(|value| value.to_string()).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "m", "1KI", "1 Gi", "1.2.3", "--1", "1e", "1e1.5", "1mi", "e3", ".", "1ee3", "1e99999", "½"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn words_are_those_of_kubectl() {
        assert_eq!(cpu_words(parse("1250m").unwrap()), "1250m");
        assert_eq!(cpu_words(parse("3000m").unwrap()), "3");
        assert_eq!(memory_words(parse("1536Mi").unwrap()), "1.5Gi");
        assert_eq!(memory_words(parse("512").unwrap()), "512");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,20}", near in "[0-9.eE+-]{0,8}[a-zA-Z]{0,3}") {
            let _ = (parse(&text), parse(&near).map(|value| (cpu_words(value), memory_words(value))));
        }
    }
}
