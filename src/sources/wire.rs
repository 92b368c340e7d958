//! What all Kubernetes objects share on the wire, and readers that forgive what the API forgives.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::release::object::{ObjectId, Uid};
use crate::release::text::{visible, visible_up_to};

/// An object as it comes over the wire.
pub trait Wire: for<'de> Deserialize<'de> + Send + 'static {
    /// What it becomes at the door.
    type Domain: Send + 'static;

    /// Converts; everything foreign is made safe for the screen here.
    fn convert(self, context: &Arc<str>) -> Self::Domain;

    /// The row for an object of which only the metadata could be read; None where such a row would say nothing.
    fn broken(meta: Meta, fault: String, context: &Arc<str>) -> Option<Self::Domain>;
}

/// `metadata`, only what is used. Annotations that are not named here are skipped while parsing, whatever their size.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Meta {
    pub name: Text,
    pub namespace: Text,
    pub uid: Text,
    pub resource_version: Text,
    pub generation: Number,
    pub creation_timestamp: Time,
    pub deletion_timestamp: Option<Time>,
    pub labels: Lenient<BTreeMap<Box<str>, Box<str>>>,
    pub annotations: Lenient<Annotations>,
    pub owner_references: Lenient<Vec<OwnerReference>>,
}

/// The annotations that somebody reads.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Annotations {
    #[serde(rename = "rollout.argoproj.io/revision")]
    pub revision: Number,
    #[serde(rename = "rollout.argoproj.io/workload-generation")]
    pub workload_generation: Text,
    #[serde(rename = "scale-down-deadline")]
    pub scale_down_deadline: Time,
    #[serde(rename = "argocd.argoproj.io/tracking-id")]
    pub argocd: Option<IgnoredAny>,
    #[serde(rename = "flightdeck.dev/repository")]
    pub repository: Text,
    #[serde(rename = "meta.helm.sh/release-name")]
    pub helm: Text,
}

/// `metadata.ownerReferences[]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OwnerReference {
    pub uid: Text,
    pub controller: Lenient<bool>,
}

impl Meta {
    /// The name tag.
    pub fn id(&self, context: &Arc<str>) -> ObjectId {
        ObjectId {
            context: context.clone(),
            namespace: self.namespace.up_to(63).into(),
            name: self.name.up_to(253).into(),
            uid: self.uid.uid(),
        }
    }

    /// The controlling owner.
    pub fn owner(&self) -> Option<Uid> {
        let owners = &self.owner_references.0;
        let owner = owners.iter().find(|owner| owner.controller.0).or(owners.first())?;
        Some(owner.uid.uid())
    }

    /// `metadata.labels[key]`, made safe.
    pub fn label(&self, key: &str) -> Option<String> {
        self.labels.0.get(key).map(|value| visible(value))
    }

    /// Who would revert a live write (sources: Argo CD, Flux and Helm mark what they own).
    pub fn managed_by(&self) -> Option<Box<str>> {
        if self.annotations.0.argocd.is_some() {
            return Some("Argo CD".into());
        }
        if let Some(name) = self.label("kustomize.toolkit.fluxcd.io/name") {
            return Some(format!("Flux kustomization {name}").into());
        }
        if let Some(name) = self.label("helm.toolkit.fluxcd.io/name") {
            return Some(format!("Flux Helm release {name}").into());
        }
        self.annotations.0.helm.0.as_ref().map(|release| format!("Helm release {}", visible(release)).into())
    }
}

/// A value that falls back to its default when it is null.
#[derive(Debug, Default, Clone)]
pub struct Lenient<T>(pub T);

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Lenient(Option::<T>::deserialize(deserializer)?.unwrap_or_default()))
    }
}

/// A scalar as text, whether it came as a string, a number or a boolean (`observedGeneration` has been each).
#[derive(Debug, Default, Clone)]
pub struct Text(pub Option<String>);

/// A number that may have come as a string.
#[derive(Debug, Default, Clone, Copy)]
pub struct Number(pub Option<i64>);

/// Takes any JSON, keeps a scalar. By hand, because an untagged enum would copy every value before it looks at it.
struct AnyScalar;

enum Scalar {
    Int(i64),
    /// Beyond 64 bits too.
    Float(f64),
    Bool(bool),
    Text(String),
    /// Null, a list or an object.
    None,
}

impl<'de> Visitor<'de> for AnyScalar {
    type Value = Scalar;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("anything")
    }

    fn visit_bool<E>(self, word: bool) -> Result<Scalar, E> {
        Ok(Scalar::Bool(word))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
        Ok(i64::try_from(number).map_or(Scalar::Float(number as f64), Scalar::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
        Ok(Scalar::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Scalar, E> {
        Ok(Scalar::Text(text))
    }

    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Scalar, A::Error> {
        IgnoredAny.visit_seq(list).map(|_| Scalar::None)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Scalar, A::Error> {
        IgnoredAny.visit_map(object).map(|_| Scalar::None)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Text(match deserializer.deserialize_any(AnyScalar)? {
            Scalar::Int(number) => Some(number.to_string()),
            Scalar::Float(number) => Some(number.to_string()),
            Scalar::Bool(word) => Some(word.to_string()),
            Scalar::Text(text) => Some(text),
            Scalar::None => None,
        }))
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Number(match deserializer.deserialize_any(AnyScalar)? {
            Scalar::Int(number) => Some(number),
            Scalar::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => Some(number as i64),
            Scalar::Text(text) => text.trim().parse().ok(),
            _ => None,
        }))
    }
}

impl Text {
    /// The text, safe for the screen; None when it was absent or empty.
    pub fn shown(&self) -> Option<Box<str>> {
        self.0.as_deref().filter(|text| !text.is_empty()).map(|text| visible(text).into())
    }

    /// The same within a limit of its own, empty when absent.
    pub fn up_to(&self, limit: usize) -> String {
        visible_up_to(self.0.as_deref().unwrap_or_default(), limit)
    }

    /// As a UID. Those that the cluster gives are short; those that files are given hold a path.
    pub fn uid(&self) -> Uid {
        Uid(self.up_to(512).into())
    }

    /// The same, empty when absent.
    pub fn or_empty(&self) -> Box<str> {
        self.shown().unwrap_or_default()
    }
}

/// An RFC 3339 time; anything else is none.
#[derive(Debug, Default, Clone, Copy)]
pub struct Time(pub Option<Timestamp>);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Time(Text::deserialize(deserializer)?.0.and_then(|text| text.parse().ok())))
    }
}

/// A duration in Go's notation (`1h30m`, `10s`, `1.5h`), or bare seconds.
pub fn go_duration(text: &str) -> Option<SignedDuration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        return Some(SignedDuration::from_secs(seconds));
    }
    let mut rest = text;
    let mut seconds = 0.0_f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        seconds += number
            * match &rest[..unit] {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" | "µs" => 1e-6,
                "ns" => 1e-9,
                _ => return None,
            };
        rest = &rest[unit..];
    }
    SignedDuration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        assert_eq!(go_duration("1h30m"), Some(SignedDuration::from_secs(5400)));
        assert_eq!(go_duration("90"), Some(SignedDuration::from_secs(90)));
        assert_eq!(go_duration("1.5s"), Some(SignedDuration::from_millis(1500)));
        assert_eq!(go_duration("5 parsecs"), None);
        assert_eq!(go_duration("5"), Some(SignedDuration::from_secs(5)));
    }

    #[test]
    fn scalars_come_in_any_dress() {
        let text = |json: &str| serde_json::from_str::<Text>(json).unwrap().0;
        assert_eq!(text("7").as_deref(), Some("7"));
        assert_eq!(text("\"7\"").as_deref(), Some("7"));
        assert_eq!(text("null"), None);
        assert_eq!(text("{}"), None);
        assert_eq!(serde_json::from_str::<Number>("\"12\"").unwrap().0, Some(12));
        assert_eq!(serde_json::from_str::<Number>("[1]").unwrap().0, None);
    }
}
