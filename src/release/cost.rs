//! What a change costs a month: an Infracost report in either of its schemas, held against the budget.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::gate::GateVerdict;
use super::json::{Fields, Json, decimal};
use super::text::{counted, visible};
use super::{cost_legacy, cost_second};

/// The limit where neither configuration nor repository variable sets one, per month.
pub const DEFAULT_LIMIT: Decimal = Decimal::from_parts(50, 0, 0, false, 0);

/// What an Infracost report says. None is what it does not say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// `0.2` of the 0.10 CLI, or `2.x`.
    pub schema: String,
    pub currency: Option<String>,
    /// Per month, after the change.
    pub total: Option<Decimal>,
    /// Per month, before it.
    pub past: Option<Decimal>,
    pub delta: Option<Decimal>,
    pub delta_source: DeltaSource,
    /// Why there is no delta, in words.
    pub no_delta: Option<String>,
    /// One sentence for each project that could not be priced.
    pub errors: Vec<String>,
    /// Resources without a price or without support: a risk that no delta shows. None where it is not said.
    pub unpriced: Option<u64>,
    /// Guardrails and budgets of Infracost's own service that this change breaks.
    pub tripped: Vec<String>,
}

/// Where the delta comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeltaSource {
    /// The report's own total.
    Root,
    /// The sum over all projects.
    Projects,
    #[default]
    None,
}

/// The budget's answer and the sentence that explains it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    pub verdict: GateVerdict,
    pub why: String,
}

/// Reads a report. The error is the reason why it is none.
pub fn read(bytes: &[u8]) -> Result<Cost, String> {
    let root = Json::parse(bytes)?;
    let fields = root.fields();
    if is_second_generation(&fields) {
        return Ok(cost_second::read(&fields));
    }
    if fields.has_any(&["totalMonthlyCost", "diffTotalMonthlyCost"]) || fields.get("projects").is_list() {
        return cost_legacy::read(&fields);
    }
    Err("is no Infracost report: neither projects nor a total".to_owned())
}

impl Cost {
    /// Holds the delta against the limit. What cannot be told never passes.
    pub fn judge(&self, limit: Decimal) -> Judgement {
        let unit = self.currency.as_deref().unwrap_or("(no currency)");
        let (verdict, mut why) = if let Some(first) = self.errors.first() {
            (
                GateVerdict::Unknown,
                format!("{}: {first}", counted(self.errors.len(), "project error", "project errors")),
            )
        } else if !self.tripped.is_empty() {
            (GateVerdict::Fail, self.tripped.join("; "))
        } else {
            match self.delta {
                None => (GateVerdict::Unknown, self.no_delta.clone().unwrap_or_else(|| "no delta".to_owned())),
                Some(delta) if delta > limit => {
                    (GateVerdict::Fail, format!("{} {unit} a month is over the limit of {limit}", signed(delta)))
                }
                Some(delta) => {
                    (GateVerdict::Pass, format!("{} {unit} a month is within the limit of {limit}", signed(delta)))
                }
            }
        };
        if let Some(count) = self.unpriced.filter(|count| *count > 0) {
            why.push_str(&format!("; {}", counted(count, "resource has no price", "resources have no price")));
        }
        Judgement { verdict, why }
    }
}

/// A limit as somebody writes it: `25`, `25.50`. The error is a sentence for the command line.
pub fn parse_limit(text: &str) -> Result<Decimal, String> {
    let limit = decimal(text).filter(|limit| !limit.is_sign_negative() || limit.is_zero());
    limit.ok_or_else(|| format!("{:?} is no amount: write it like 25 or 25.50", visible(text)))
}

/// What all of these changes cost together: those merged since the last release, say. None as soon as one is unknown.
pub fn sum<'a>(costs: impl IntoIterator<Item = &'a Cost>) -> Option<Decimal> {
    let known = |cost: &Cost| cost.delta.filter(|_| cost.errors.is_empty());
    costs.into_iter().try_fold(Decimal::ZERO, |sum, cost| sum.checked_add(known(cost)?))
}

/// Whether the CLI 2.x wrote this: everything is in snake case, and there is no `version`.
fn is_second_generation(fields: &Fields) -> bool {
    fields.has_any(&["total_monthly_cost", "diff_total_monthly_cost", "guardrail_results", "budget_results"])
        || fields.get("summary").fields().has_any(&["total_monthly_cost", "costed_resources"])
        || fields.get("projects").items().iter().any(|project| project.get("project_name").is_present())
}

/// Why a list cannot be read; None where it is one, and where it is left out or null.
pub(super) fn no_list(fields: &Fields, name: &str) -> Option<String> {
    fields.get(name).is_no_list().then(|| format!("{name} in an unknown form"))
}

/// `+22.5` or `-3`.
fn signed(amount: Decimal) -> String {
    if amount.is_sign_negative() || amount.is_zero() { amount.to_string() } else { format!("+{amount}") }
}

#[cfg(test)]
#[path = "cost_tests.rs"]
mod tests;
