//! The mistakes of an analysis template: each metric by itself.

use serde_json::Value;

use super::yaml::{self, Number, arguments, filled, list, number, present, text};
use super::{Document, Finding};
use crate::release::attention::Severity;
use crate::release::condition::{Expression, Operator, parse};

/// An AnalysisTemplate, a ClusterAnalysisTemplate, or an AnalysisRun made from some.
pub struct Template<'a> {
    document: &'a Document,
    spec: &'a Value,
}

/// One rule over metrics: what it is called, how bad, which metrics break it, and the words.
struct Rule {
    id: &'static str,
    severity: Severity,
    breaks: fn(&Value) -> bool,
    message: &'static str,
    fix: &'static str,
}

/// A new rule is a row here. One finding per rule and template, so that one mistake made in each metric is one mistake.
const RULES: &[Rule] = &[
    Rule {
        id: "scalar-on-vector",
        severity: Severity::Critical,
        breaks: compares_a_vector,
        message: "an instant query answers a vector, so comparing `result` itself does not evaluate: every measurement \
                  is an Error, and the fifth in a row aborts a healthy release",
        fix: "compare result[0]",
    },
    Rule {
        id: "no-data-undecided",
        severity: Severity::Attention,
        breaks: leaves_no_data_undecided,
        message: "no traffic makes 0/0 = NaN, which no comparison holds for: under a lone successCondition that is a \
                  failure, under a lone failureCondition a success",
        fix: "say what no data means: `isNaN(result[0]) || …` tolerates it, a successCondition with its opposite as \
              failureCondition makes it Inconclusive and waits for a human",
    },
    Rule {
        id: "no-condition",
        severity: Severity::Critical,
        breaks: has_no_condition,
        message: "there is neither successCondition nor failureCondition: every value is a success",
        fix: "add a successCondition",
    },
    Rule {
        id: "no-failure-limit",
        severity: Severity::Attention,
        breaks: has_no_failure_limit,
        message: "failureLimit is 0: the first bad measurement of many aborts the release",
        fix: "set failureLimit, such as 2",
    },
    Rule {
        id: "not-the-canary",
        severity: Severity::Attention,
        breaks: measures_everything,
        message: "the query takes the canary and the stable pods together: at weight 10 a threshold of 2 % lets 20 % \
                  errors of the canary pass",
        fix: "filter by the canary's rollouts-pod-template-hash, given as an argument from valueFrom.podTemplateHashValue: \
              Latest",
    },
    Rule {
        id: "no-initial-delay",
        severity: Severity::Ok,
        breaks: has_no_initial_delay,
        message: "without initialDelay the first measurement is taken before the canary has served anybody",
        fix: "set initialDelay to at least the range of the query",
    },
    Rule {
        id: "count-without-interval",
        severity: Severity::Critical,
        breaks: |metric| is_above(number(metric, "count"), 1) && text(metric, "interval").is_none(),
        message: "count is above 1 and there is no interval: the controller refuses the analysis with an Error",
        fix: "set interval",
    },
    Rule {
        id: "limits-out-of-reach",
        severity: Severity::Critical,
        breaks: has_limits_out_of_reach,
        message: "count is below the limits that are to be reached in it (failureLimit and consecutiveSuccessLimit \
                  together, or inconclusiveLimit): the controller refuses the analysis with an Error",
        fix: "raise count or lower the limits",
    },
    Rule {
        id: "limits-disabled",
        severity: Severity::Critical,
        breaks: |metric| {
            number(metric, "failureLimit").or(0) == Some(-1)
                && number(metric, "consecutiveSuccessLimit").or(0) == Some(0)
        },
        message: "failureLimit is -1 and there is no consecutiveSuccessLimit: the controller refuses the analysis",
        fix: "set one of the two",
    },
    Rule {
        id: "provider-count",
        severity: Severity::Critical,
        breaks: |metric| !matches!(present(metric, "provider").and_then(Value::as_object), Some(one) if one.len() == 1),
        message: "a metric has exactly one provider: the controller refuses the analysis",
        fix: "name one provider",
    },
];

impl<'a> Template<'a> {
    /// The document as a template, when it is one.
    pub fn of(document: &'a Document) -> Option<Template<'a>> {
        let kinds = ["AnalysisTemplate", "ClusterAnalysisTemplate", "AnalysisRun"];
        let is_template = kinds.iter().any(|kind| document.is_kind(kind));
        is_template.then(|| Template { document, spec: document.value.get("spec").unwrap_or(&Value::Null) })
    }

    /// Whether a reference of a Rollout means this one.
    pub fn is_named(&self, name: &str, is_cluster_scoped: bool) -> bool {
        let kind = if is_cluster_scoped { "ClusterAnalysisTemplate" } else { "AnalysisTemplate" };
        self.document.is_kind(kind)
            && self.document.value.get("metadata").and_then(|metadata| text(metadata, "name")) == Some(name)
    }

    /// Whether some metric goes on until it is stopped: right in the background, endless in a step.
    pub fn is_open_ended(&self) -> bool {
        self.metrics().iter().any(|metric| {
            text(metric, "interval").is_some()
                && number(metric, "count").or(0) == Some(0)
                && number(metric, "consecutiveSuccessLimit").or(0) == Some(0)
        })
    }

    /// Arguments that have no value here and must be given by whoever uses the template.
    pub fn wanted_arguments(&self) -> impl Iterator<Item = &'a str> {
        let is_open =
            |argument: &&Value| present(argument, "value").is_none() && present(argument, "valueFrom").is_none();
        list(self.spec, "args").iter().filter(is_open).filter_map(|argument| text(argument, "name"))
    }

    /// All its mistakes.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<_> = RULES.iter().filter_map(|rule| self.check(rule)).collect();
        findings.extend(self.undeclared_arguments());
        findings.extend(self.has_no_metrics());
        findings
    }

    fn metrics(&self) -> &'a [Value] {
        list(self.spec, "metrics")
    }

    fn check(&self, rule: &Rule) -> Option<Finding> {
        let broken = self.metrics().iter().filter(|metric| (rule.breaks)(metric));
        let names: Vec<_> = broken.map(|metric| text(metric, "name").unwrap_or("?")).collect();
        let (first, plural) = (names.first()?, if names.len() > 1 { "s" } else { "" });
        let names = if names.len() > 1 { names.join(", ") } else { (*first).to_owned() };
        let message = format!("metric{plural} {names}: {}", rule.message);
        Some(self.document.finding(rule.id, rule.severity, message, rule.fix))
    }

    fn undeclared_arguments(&self) -> Option<Finding> {
        // An AnalysisRun may be given its arguments by the controller alone.
        if self.document.is_kind("AnalysisRun") {
            return None;
        }
        let declared: Vec<_> = list(self.spec, "args").iter().filter_map(|argument| text(argument, "name")).collect();
        let used = Value::Array(self.metrics().to_vec()).to_string();
        let mut missing = arguments(&used);
        missing.retain(|name| !declared.contains(name));
        missing.sort_unstable();
        missing.dedup();
        (!missing.is_empty()).then(|| {
            let message = format!("{} is used and not declared: the analysis cannot start", missing.join(", "));
            self.document.finding("undeclared-argument", Severity::Critical, message, "declare it under spec.args")
        })
    }

    /// A template may also be made of others.
    fn has_no_metrics(&self) -> Option<Finding> {
        let is_empty = self.metrics().is_empty() && list(self.spec, "templates").is_empty();
        is_empty.then(|| {
            let message = "it has no metrics: the controller refuses the analysis".to_owned();
            self.document.finding("no-metrics", Severity::Critical, message, "add a metric")
        })
    }
}

/// The query of a Prometheus metric.
fn query(metric: &Value) -> Option<&str> {
    text(metric.get("provider")?.get("prometheus")?, "query")
}

/// Both conditions, as far as they can be read; arguments stand for numbers.
fn conditions(metric: &Value) -> impl Iterator<Item = Expression> {
    let texts = ["successCondition", "failureCondition"].into_iter().filter_map(|field| text(metric, field));
    texts.filter_map(|condition| parse(&filled(condition, "0")))
}

fn compares_a_vector(metric: &Value) -> bool {
    // `scalar(…)` and plain numbers are answered as scalars, and then `result < x` is right.
    let answers_vector = |query: &str| {
        let query = query.trim();
        !query.starts_with("scalar") && !query.starts_with("time()") && query.parse::<f64>().is_err()
    };
    let is_bare = |side: &Expression| matches!(side, Expression::Name(name) if name == "result");
    let is_other = |side: &Expression| !matches!(side, Expression::Name(name) if name == "nil" || name == "result");
    query(metric).is_some_and(answers_vector)
        && conditions(metric).any(|condition| {
            let mut is_found = false;
            condition.walk(&mut |part| {
                if let Expression::Binary(operator, left, right) = part {
                    let is_number_work = !matches!(operator, Operator::And | Operator::Or);
                    let has_bare = (is_bare(left) && is_other(right)) || (is_bare(right) && is_other(left));
                    is_found |= is_number_work && has_bare;
                }
            });
            is_found
        })
}

fn leaves_no_data_undecided(metric: &Value) -> bool {
    let texts = [text(metric, "successCondition"), text(metric, "failureCondition")];
    let (Some(condition), None) = (texts[0].or(texts[1]), texts[0].and(texts[1])) else {
        return false;
    };
    // Any function may decide about it, and so may the query; only the plain comparison is certain not to.
    let is_plain = !["isNaN", "isNil", "isInf", "default", "len", "??"].iter().any(|word| condition.contains(word));
    is_plain && query(metric).is_some_and(|query| !query.contains("vector(") && !query.contains("absent"))
}

fn has_no_condition(metric: &Value) -> bool {
    query(metric).is_some() && text(metric, "successCondition").is_none() && text(metric, "failureCondition").is_none()
}

fn has_no_failure_limit(metric: &Value) -> bool {
    text(metric, "interval").is_some()
        && number(metric, "count") != Number::Is(1)
        && number(metric, "failureLimit").or(0) == Some(0)
}

fn measures_everything(metric: &Value) -> bool {
    query(metric).is_some_and(|query| {
        // Any argument may be the hash or the canary's service.
        arguments(query).is_empty()
            && !["hash", "canary", "preview", "revision"].iter().any(|word| query.contains(word))
    })
}

fn has_no_initial_delay(metric: &Value) -> bool {
    query(metric).is_some() && text(metric, "interval").is_some() && text(metric, "initialDelay").is_none()
}

fn has_limits_out_of_reach(metric: &Value) -> bool {
    let field = |field| yaml::number(metric, field).or(0);
    let limits = (field("count"), field("failureLimit"), field("consecutiveSuccessLimit"), field("inconclusiveLimit"));
    let (Some(count), Some(failures), Some(successes), Some(inconclusive)) = limits else {
        return false;
    };
    let wanted = if failures >= 0 { failures.saturating_add(successes) } else { successes };
    count > 0 && (count < wanted || count < inconclusive)
}

fn is_above(number: Number, limit: i64) -> bool {
    matches!(number, Number::Is(number) if number > limit)
}
