//! The `/` filter: a substring, a regular expression, their opposites, or a label selector.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};

/// What the operator typed, understood.
#[derive(Clone, Debug)]
pub struct Filter {
    /// As typed.
    pub text: String,
    negated: bool,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Substring(String),
    Pattern(Regex),
    Labels(Vec<Term>),
}

/// One requirement of a label selector, as `kubectl -l` takes it.
#[derive(Clone, Debug)]
enum Term {
    Is(String, String),
    IsNot(String, String),
    Has(String),
    HasNot(String),
}

type Labels = BTreeMap<Box<str>, Box<str>>;

impl Filter {
    /// Understands `text`: `word`, `!word`, `/regex/`, `!/regex/`, `-l app=web,tier!=db`. Err says what is wrong with it.
    pub fn parse(text: &str) -> Result<Option<Filter>, String> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Ok(None);
        }
        if let Some(labels) = trimmed.strip_prefix("-l") {
            let terms: Vec<Term> = labels.split(',').map(str::trim).filter(|term| !term.is_empty()).map(term).collect();
            let kind = Kind::Labels(terms);
            return Ok(Some(Filter { text: text.to_owned(), negated: false, kind }));
        }
        let (negated, rest) = match trimmed.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, trimmed),
        };
        let kind = match rest.strip_prefix('/') {
            Some(pattern) => {
                let pattern = pattern.strip_suffix('/').unwrap_or(pattern);
                let built = RegexBuilder::new(pattern).case_insensitive(true).size_limit(1 << 20).build();
                Kind::Pattern(built.map_err(|error| format!("not a regular expression: {error}"))?)
            }
            None => Kind::Substring(rest.to_lowercase()),
        };
        Ok(Some(Filter { text: text.to_owned(), negated, kind }))
    }

    /// Whether a row passes. `has_text` says whether one of its texts is as wished, `labels` how it is labelled; only what
    /// the filter is about is asked for.
    pub fn passes<'l>(
        &self,
        has_text: impl FnOnce(&dyn Fn(&str) -> bool) -> bool,
        labels: impl FnOnce() -> Option<&'l Labels>,
    ) -> bool {
        let hit = match &self.kind {
            Kind::Substring(part) => has_text(&|text| has_part(text, part)),
            Kind::Pattern(pattern) => has_text(&|text| pattern.is_match(text)),
            Kind::Labels(terms) => {
                let empty = Labels::new();
                let labels = labels().unwrap_or(&empty);
                terms.iter().all(|term| term.holds(labels))
            }
        };
        hit != self.negated
    }
}

/// Whether `text` holds `part`, which is in lower case, in any case. Most texts are plain, and need no copy for that.
fn has_part(text: &str, part: &str) -> bool {
    let Some(first) = part.bytes().next() else { return true };
    if !text.is_ascii() {
        return text.to_lowercase().contains(part);
    }
    let starts = |window: &[u8]| window[0].eq_ignore_ascii_case(&first);
    text.as_bytes().windows(part.len()).any(|window| starts(window) && window.eq_ignore_ascii_case(part.as_bytes()))
}

fn term(text: &str) -> Term {
    let owned = |text: &str| text.trim().to_owned();
    if let Some((key, value)) = text.split_once("!=") {
        return Term::IsNot(owned(key), owned(value));
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return Term::Is(owned(key), owned(value));
    }
    match text.strip_prefix('!') {
        Some(key) => Term::HasNot(owned(key)),
        None => Term::Has(owned(text)),
    }
}

impl Term {
    fn holds(&self, labels: &Labels) -> bool {
        let value = |key: &str| labels.get(key).map(|value| &**value);
        match self {
            Term::Is(key, wanted) => value(key) == Some(wanted),
            Term::IsNot(key, unwanted) => value(key) != Some(unwanted),
            Term::Has(key) => value(key).is_some(),
            Term::HasNot(key) => value(key).is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(filter: &str, text: &str) -> bool {
        let labels = Labels::from([("app".into(), "web".into()), ("tier".into(), "front".into())]);
        Filter::parse(filter).unwrap().unwrap().passes(|wish| wish(text), || Some(&labels))
    }

    #[test]
    fn each_kind_of_filter() {
        assert!(passes("WEB", "shop/web"));
        assert!(!passes("!web", "shop/web"));
        assert!(passes("Käse", "shop/KÄSE"));
        assert!(!passes("webs", "web"));
        assert!(passes("/^shop.w/", "shop/web"));
        assert!(!passes("!/^shop/", "shop/web"));
        assert!(passes("-l app=web", "x"));
        assert!(passes("-l app=web,tier!=back,tier,!zone", "x"));
        assert!(!passes("-l app==api", "x"));
    }

    #[test]
    fn a_bad_pattern_says_so() {
        assert!(Filter::parse("/(/").unwrap_err().contains("not a regular expression"));
        assert!(Filter::parse("  ").unwrap().is_none());
    }
}
