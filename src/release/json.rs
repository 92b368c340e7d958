//! Reads foreign JSON one field at a time, so that a wrong field costs one cell and a number never becomes a float.

use std::borrow::Cow;
use std::fmt;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::text::visible;

/// A value somewhere in a document, or the absence of one. `null` and a missing field are the same: absent.
///
/// The value is kept as its own text and is taken apart only where somebody asks: `serde_json::Value` would turn
/// `0.1` into a binary fraction, and a struct would refuse the whole document for one field of another type.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json<'a>(Option<&'a RawValue>);

/// The fields of an object in file order.
#[derive(Debug, Default)]
pub struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Json<'a> {
    /// The whole document; a byte-order mark before it is no fault. The error is a sentence.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, String> {
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Err("is UTF-16, as `>` of Windows PowerShell writes it: write it as UTF-8".to_owned());
        }
        let text = std::str::from_utf8(bytes).map_err(|error| format!("is not UTF-8: {error}"))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        serde_json::from_str(text)
            .map(|raw| Json(Some(raw)))
            .map_err(|error| format!("is not one JSON document: {}", visible(&error.to_string())))
    }

    /// The fields of an object; none where this is something else.
    pub fn fields(self) -> Fields<'a> {
        self.read().unwrap_or_default()
    }

    /// One field of an object. Whoever needs several takes [`Json::fields`] once.
    pub fn get(self, name: &str) -> Json<'a> {
        self.fields().get(name)
    }

    /// The items of a list; none where this is something else.
    pub fn items(self) -> Vec<Json<'a>> {
        let items: Vec<&'a RawValue> = self.read().unwrap_or_default();
        items.into_iter().map(|raw| Json(Some(raw))).collect()
    }

    /// A string as it stands in the document.
    pub fn text(self) -> Option<String> {
        self.read()
    }

    /// A string made safe for the screen.
    pub fn words(self) -> Option<String> {
        self.text().map(|text| visible(&text))
    }

    /// `true` or `false`.
    pub fn flag(self) -> Option<bool> {
        self.read()
    }

    /// A decimal, written as a string or as a bare number; exact as far as 28 digits reach.
    pub fn decimal(self) -> Option<Decimal> {
        let text = self.text().or_else(|| self.is_number().then(|| self.source().to_owned()))?;
        decimal(&text)
    }

    /// A whole number of things, written as a number or a string.
    pub fn count(self) -> Option<u64> {
        self.decimal().filter(|number| number.fract().is_zero())?.try_into().ok()
    }

    /// Neither missing nor null.
    pub fn is_present(self) -> bool {
        self.0.is_some() && self.source() != "null"
    }

    /// Whether this is `{...}`.
    pub fn is_object(self) -> bool {
        self.source().starts_with('{')
    }

    /// Whether this is `[...]`.
    pub fn is_list(self) -> bool {
        self.source().starts_with('[')
    }

    /// Whether something else stands where a list belongs. Null is an empty list: so Go writes one without items.
    pub fn is_no_list(self) -> bool {
        self.is_present() && !self.is_list()
    }

    /// Whether this is a bare number.
    fn is_number(self) -> bool {
        self.source().starts_with(|first: char| first == '-' || first.is_ascii_digit())
    }

    /// The value's own text.
    fn source(self) -> &'a str {
        self.0.map_or("", |raw| raw.get().trim())
    }

    /// The value as `T`, where it is one.
    fn read<T: Deserialize<'a>>(self) -> Option<T> {
        serde_json::from_str(self.0?.get()).ok()
    }
}

impl<'a> Fields<'a> {
    /// The value under that name; of two, the last, as every JSON reader of the source tools has it.
    pub fn get(&self, name: &str) -> Json<'a> {
        Json(self.0.iter().rev().find(|(key, _)| key == name).map(|(_, raw)| *raw))
    }

    /// Names and values in file order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Json<'a>)> {
        self.0.iter().map(|(key, raw)| (key.as_ref(), Json(Some(raw))))
    }

    /// Whether one of these names is there.
    pub fn has_any(&self, names: &[&str]) -> bool {
        self.0.iter().any(|(key, _)| names.contains(&key.as_ref()))
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(Key(key)) = map.next_key()? {
                    fields.push((key, map.next_value()?));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

/// Borrowed unless it holds an escape. (`Cow` alone would always own.)
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// A decimal from its text, also from `1e3`. None where it is no number or too large.
pub fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    Decimal::from_str_exact(text).or_else(|_| text.parse()).or_else(|_| Decimal::from_scientific(text)).ok()
}

/// Any JSON value, as text: what a property test puts where a field should be.
#[cfg(test)]
pub fn foreign() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|flag| flag.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        (any::<f64>().prop_filter("JSON has no infinities", |number| number.is_finite())).prop_map(|n| n.to_string()),
        "[a-z0-9.\\-]{0,12}".prop_map(|text| format!("{text:?}")),
        Just("1e999999".to_owned()),
        Just("\"\\u001b[2J\"".to_owned()),
    ];
    let name =
        prop_oneof!["[a-z_]{1,8}", Just("name".to_owned()), Just("metadata".to_owned()), Just("diff".to_owned())];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            proptest::collection::vec((name.clone(), inner), 0..4).prop_map(|fields| {
                let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_digits() {
        let json = Json::parse(br#"{"a":0.1,"b":"22.50","c":1e3,"d":123456789012345678.91,"e":true,"f":"x"}"#).unwrap();
        let text = |name| json.get(name).decimal().map(|decimal| decimal.to_string());
        assert_eq!(text("a").as_deref(), Some("0.1"));
        assert_eq!(text("b").as_deref(), Some("22.50"));
        assert_eq!(text("c").as_deref(), Some("1000"));
        assert_eq!(text("d").as_deref(), Some("123456789012345678.91"));
        assert_eq!(text("e"), None);
        assert_eq!(text("f"), None);
        assert_eq!(text("missing"), None);
    }

    #[test]
    fn the_wrong_kind_is_absent_and_nesting_does_not_exhaust_the_stack() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Json::parse(deep.as_bytes()).is_ok_and(|json| json.items().len() == 1));
        let json = Json::parse(b"\xef\xbb\xbf {\"a\\u0062\": null} ").unwrap();
        assert!(!json.get("ab").is_present());
        assert!(json.items().is_empty() && json.text().is_none() && json.is_object());
        let lists = Json::parse(b"{\"null\": null, \"list\": [7], \"text\": \"\"}").unwrap();
        assert_eq!(
            ["null", "list", "text", "missing"].map(|name| lists.get(name).is_no_list()),
            [false, false, true, false]
        );
        assert!(Json::parse(b"\xff\xfe{\0}\0").unwrap_err().contains("UTF-16"));
    }

    #[test]
    fn long_fractions_are_rounded_not_refused() {
        let long = decimal("812.50000000000000000000000000000000000001").unwrap();
        assert!(long.to_string().starts_with("812.5000"));
        assert_eq!(decimal("99999999999999999999999999999999999"), None);
    }
}
