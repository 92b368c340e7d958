//! The threshold line: which number a condition compares the measured value with, when it is as simple as that.

use serde::Serialize;

use super::condition::{Expression, Operator, parse};

/// How the measured value stands to the threshold when the condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
}

/// A line to draw.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Threshold {
    pub op: Comparison,
    pub value: f64,
}

impl Comparison {
    /// The sign of the expr language.
    pub fn sign(self) -> &'static str {
        match self {
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
            Comparison::Equal => "==",
        }
    }

    /// The same comparison read from the other side.
    fn mirrored(self) -> Comparison {
        match self {
            Comparison::Less => Comparison::Greater,
            Comparison::LessOrEqual => Comparison::GreaterOrEqual,
            Comparison::Greater => Comparison::Less,
            Comparison::GreaterOrEqual => Comparison::LessOrEqual,
            Comparison::Equal => Comparison::Equal,
        }
    }

    fn of(operator: Operator) -> Option<Comparison> {
        match operator {
            Operator::Less => Some(Comparison::Less),
            Operator::LessOrEqual => Some(Comparison::LessOrEqual),
            Operator::Greater => Some(Comparison::Greater),
            Operator::GreaterOrEqual => Some(Comparison::GreaterOrEqual),
            Operator::Equal => Some(Comparison::Equal),
            _ => None,
        }
    }
}

/// The one comparison of `result` or `result[0]` with a number among the parts of an `&&` and `||` chain.
///
/// None when there is none, when there are two different ones, or when the condition is anything more than that: a
/// wrong line on a chart is worse than none.
pub fn threshold(condition: &str) -> Option<Threshold> {
    let mut found = Vec::new();
    collect(&parse(condition)?, &mut found);
    let is_equality = |threshold: &Threshold| threshold.op == Comparison::Equal;
    // `result[0] == -1 || result[0] < 5`: the order is the threshold, the equality is a special value.
    if !found.iter().all(is_equality) {
        found.retain(|threshold| !is_equality(threshold));
    }
    let first = *found.first()?;
    found.iter().all(|other| *other == first).then_some(first)
}

/// At weight `weight` of `full`, the rate in the canary alone that a threshold on the blended rate lets pass.
///
/// A query over the whole job hides the canary's errors in the stable pods' good ones: 2 % of all at weight 10 is 20 %
/// of the canary. None where nothing is blended.
pub fn dilution(threshold: f64, weight: i32, full: i32) -> Option<f64> {
    let tolerated = threshold * f64::from(full) / f64::from(weight);
    (weight > 0 && weight < full && tolerated.is_finite()).then_some(tolerated)
}

fn collect(expression: &Expression, found: &mut Vec<Threshold>) {
    let Expression::Binary(operator, left, right) = expression else {
        return;
    };
    if matches!(operator, Operator::And | Operator::Or) {
        collect(left, found);
        collect(right, found);
        return;
    }
    let Some(op) = Comparison::of(*operator) else {
        return;
    };
    if let (true, Some(value)) = (is_result(left), number(right)) {
        found.push(Threshold { op, value });
    } else if let (Some(value), true) = (number(left), is_result(right)) {
        found.push(Threshold { op: op.mirrored(), value });
    }
}

/// `result`, `result[0]`, or one of them through a function that leaves a number as it is.
fn is_result(expression: &Expression) -> bool {
    match expression {
        Expression::Name(name) => name == "result",
        Expression::Index(of, index) => {
            matches!(&**of, Expression::Name(name) if name == "result") && number(index) == Some(0.0)
        }
        Expression::Call(name, arguments) => match (name.as_str(), arguments.as_slice()) {
            ("asFloat" | "float", [inner]) => is_result(inner),
            ("default", [inner, fallback]) => is_result(inner) && number(fallback).is_some(),
            _ => false,
        },
        _ => false,
    }
}

fn number(expression: &Expression) -> Option<f64> {
    match expression {
        Expression::Number(number) => Some(*number),
        Expression::Negative(inner) => number(inner).map(|number| -number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_threshold_is_found_where_it_is_plain() {
        for (condition, op, value) in [
            ("result[0] < 0.02", "<", 0.02),
            ("result<0.02", "<", 0.02),
            ("result[0] <= 5", "<=", 5.0),
            ("result[0] >= 0.95", ">=", 0.95),
            ("result > -1", ">", -1.0),
            ("0.05 > result[0]", "<", 0.05),
            ("5e-2 >= result[0]", "<=", 0.05),
            ("isNaN(result[0]) || result[0] < 0.02", "<", 0.02),
            ("len(result) == 0 || isNaN(result[0]) || result[0] < 0.02", "<", 0.02),
            ("!isNaN(result[0]) && result[0] >= 0.95", ">=", 0.95),
            ("not isNaN(result[0]) and result[0] >= 0.95", ">=", 0.95),
            ("(isNaN(result[0])) or ((result[0]) < (1_000))", "<", 1000.0),
            ("asFloat(result) < 0.1", "<", 0.1),
            ("default(result, 0) < 0.05", "<", 0.05),
            ("result[0] == 0", "==", 0.0),
            ("result[0] == -1 || result[0] < 5", "<", 5.0),
            ("result[0] < 5 && result[0] < 5.0", "<", 5.0),
            ("result[0] < 5 && result[1] < 7", "<", 5.0),
        ] {
            let threshold = threshold(condition).unwrap_or_else(|| panic!("{condition}"));
            assert_eq!((threshold.op.sign(), threshold.value), (op, value), "{condition}");
        }
    }

    #[test]
    fn nothing_is_guessed_where_it_is_not() {
        for condition in [
            "",
            "true",
            "result[0]",
            "result[1] < 5",
            "result[0] * 100 < 5",
            "5 < 7",
            "result[0] < limit",
            "result[0] < {{args.limit}}",
            "result[0] > 0.1 && result[0] < 0.5",
            "!(result[0] < 0.5)",
            "not (result[0] < 0.5)",
            "result[0] < 0.5 ? true : false",
            "result[0] < 0.5 == true",
            "all(result, # < 0.5)",
            "all(result, {# < 0.5})",
            "result.rate < 0.5",
            "result['rate'] < 0.5",
            "result[0] != 0",
            "asInt(result[0]) < 5",
            "result[0] < 0.5 &&",
            "result[0] < 0.5)",
            "result[0] < 0.5 or_else",
            "result[0] < '0.5'",
            "(result[0] ?? 0) < 0.5",
        ] {
            assert_eq!(threshold(condition), None, "{condition}");
        }
    }

    #[test]
    fn a_blended_threshold_is_thinner_than_it_looks() {
        assert_eq!(dilution(0.02, 10, 100), Some(0.2));
        assert_eq!(dilution(0.02, 50, 100), Some(0.04));
        assert_eq!(dilution(0.02, 0, 100), None);
        assert_eq!(dilution(0.02, 100, 100), None);
        assert_eq!(dilution(f64::NAN, 10, 100), None);
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_without_a_panic(condition in ".*") {
            let _ = threshold(&condition);
        }

        #[test]
        fn anything_like_a_condition_is_parsed_without_a_panic(
            condition in r"((result(\[0\])?|[0-9.e_-]{1,6}|[()!<>=&|,#?:{}]|and|or|not|isNaN\(| ){0,30})"
        ) {
            let _ = threshold(&condition);
        }

        #[test]
        fn a_plain_comparison_is_always_found(value in -1e6f64..1e6) {
            prop_assert_eq!(threshold(&format!("result[0] < {value}")), Some(Threshold { op: Comparison::Less, value }));
        }
    }

    #[test]
    fn deep_nesting_is_refused_and_not_recursed_into() {
        assert_eq!(threshold(&"(".repeat(100_000)), None);
        assert_eq!(threshold(&"!".repeat(100_000)), None);
        assert_eq!(threshold(&format!("result[0] < {}1", "-".repeat(100_000))), None);
        assert_eq!(threshold(&format!("{}result[0] < 1", "true && ".repeat(10_000))), None);
    }
}
