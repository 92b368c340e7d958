//! What the API server says when it says no: real `Status` objects with the real reasons and messages.

use serde_json::{Value, json};

use super::resources::Resource;

/// A refusal with its HTTP status.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub(super) code: u16,
    pub(super) reason: &'static str,
    pub(super) message: String,
    pub(super) details: Option<Value>,
    pub(super) retry_after: Option<u64>,
    /// The fresh token that comes with an expired one.
    pub(super) token: Option<String>,
}

impl Refused {
    fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: None, retry_after: None, token: None }
    }

    fn about(mut self, resource: &Resource, name: &str) -> Self {
        let mut details = json!({});
        for (key, value) in [("name", name), ("group", resource.group), ("kind", resource.plural)] {
            if !value.is_empty() {
                super::value::put(&mut details, &[key], value);
            }
        }
        self.details = Some(details);
        self
    }

    /// The `Status` object.
    pub(super) fn to_value(&self) -> Value {
        let mut status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason});
        if let Some(token) = &self.token {
            super::value::put(&mut status, &["metadata", "continue"], token.as_str());
        }
        if let Some(details) = &self.details {
            super::value::put(&mut status, &["details"], details.clone());
        }
        super::value::put(&mut status, &["code"], self.code);
        status
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    /// RBAC's refusal. `resource` is the plural with its subresource.
    pub(super) fn forbidden(user: &str, verb: &str, group: &str, resource: &str, namespace: &str, name: &str) -> Self {
        let place = if namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace {namespace:?}")
        };
        let plural = resource.split('/').next().unwrap_or(resource);
        let full = if group.is_empty() { plural.to_owned() } else { format!("{plural}.{group}") };
        let subject = if name.is_empty() { full } else { format!("{full} {name:?}") };
        let mut refused = Self::new(
            403,
            "Forbidden",
            format!(
                "{subject} is forbidden: User {user:?} cannot {verb} resource {resource:?} in API group {group:?} {place}"
            ),
        );
        let mut details = json!({});
        for (key, value) in [("name", name), ("group", group), ("kind", plural)] {
            if !value.is_empty() {
                super::value::put(&mut details, &[key], value);
            }
        }
        refused.details = Some(details);
        refused
    }

    pub(super) fn namespace_terminating(resource: &Resource, name: &str, namespace: &str) -> Self {
        let message = format!(
            "{} {name:?} is forbidden: unable to create new content in namespace {namespace} because it is being terminated",
            resource.full
        );
        Self::new(403, "Forbidden", message).about(resource, name)
    }

    /// An admission webhook's refusal.
    pub(super) fn admission(webhook: &str, message: &str) -> Self {
        Self::new(400, "BadRequest", format!("admission webhook {webhook:?} denied the request: {message}"))
    }

    /// No such path: the real server answers in plain text.
    pub(super) fn no_path() -> Self {
        Self::new(404, "", "404 page not found\n")
    }

    pub(super) fn not_found(resource: &Resource, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} {name:?} not found", resource.full)).about(resource, name)
    }

    pub(super) fn not_allowed() -> Self {
        let mut refused =
            Self::new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
        refused.details = Some(json!({}));
        refused
    }

    pub(super) fn exists(resource: &Resource, name: &str) -> Self {
        Self::new(409, "AlreadyExists", format!("{} {name:?} already exists", resource.full)).about(resource, name)
    }

    fn conflict(resource: &Resource, name: &str, why: &str) -> Self {
        Self::new(409, "Conflict", format!("Operation cannot be fulfilled on {} {name:?}: {why}", resource.full))
            .about(resource, name)
    }

    /// The object has moved on since the resourceVersion that the caller named.
    pub(super) fn modified(resource: &Resource, name: &str) -> Self {
        Self::conflict(
            resource,
            name,
            "the object has been modified; please apply your changes to the latest version and try again",
        )
    }

    pub(super) fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    /// A page token from before the last compaction; the fresh one continues with what is there now.
    pub(super) fn expired_token(fresh: String) -> Self {
        let message = "The provided continue parameter is too old to display a consistent list result. You can start a \
            new list without the continue parameter, or use the continue token in this response to retrieve the remainder \
            of the results. Continuing with the provided token results in an inconsistent list - objects that were created, \
            modified, or deleted between the time the first chunk was returned and now may show up in the list.";
        Self { token: Some(fresh), ..Self::expired(message) }
    }

    pub(super) fn media_type(accepted: &[&str]) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {}",
            accepted.join(", ")
        );
        Self::new(415, "UnsupportedMediaType", message)
    }

    /// A JSON patch that does not apply, most often because a `test` failed.
    pub(super) fn patch_failed() -> Self {
        let mut refused = Self::new(422, "Invalid", "the server rejected our request due to an error in our request");
        refused.details = Some(json!({}));
        refused
    }

    /// A field of the wrong type.
    pub(super) fn mistyped(resource: &Resource, name: &str, field: &str, message: &str) -> Self {
        let rest = "Invalid value: null: some validation rules were not checked because the object was invalid; \
            correct the existing errors to complete validation";
        let causes = json!([{"reason": "FieldValueTypeInvalid", "message": message, "field": field},
            {"reason": "FieldValueInvalid", "message": rest, "field": "<nil>"}]);
        Self::invalid(resource, name, &format!("[{field}: {message}, <nil>: {rest}]"), causes)
    }

    /// A UID that the object does not have.
    pub(super) fn immutable_uid(resource: &Resource, name: &str, uid: &str) -> Self {
        let message = format!("Invalid value: {uid:?}: field is immutable");
        let cause = json!({"reason": "FieldValueInvalid", "message": message, "field": "metadata.uid"});
        Self::invalid(resource, name, &format!("metadata.uid: {message}"), json!([cause, cause]))
    }

    /// A new object without a name.
    pub(super) fn nameless(resource: &Resource) -> Self {
        let message = "Required value: name or generateName is required";
        let cause = json!({"reason": "FieldValueRequired", "message": message, "field": "metadata.name"});
        Self::invalid(resource, "", &format!("metadata.name: {message}"), json!([cause]))
    }

    fn invalid(resource: &Resource, name: &str, what: &str, causes: Value) -> Self {
        let mut refused =
            Self::new(422, "Invalid", format!("{} {name:?} is invalid: {what}", resource.kind_and_group()));
        let mut details = json!({"kind": resource.kind, "causes": causes});
        for (key, value) in [("name", name), ("group", resource.group)] {
            if !value.is_empty() {
                super::value::put(&mut details, &[key], value);
            }
        }
        refused.details = Some(details);
        refused
    }

    /// A field that is not in the schema, under strict validation.
    pub(super) fn unknown_fields(object: &Value, fields: &[String], creates: bool) -> Self {
        let unknown: Vec<String> = fields.iter().map(|field| format!("unknown field {field:?}")).collect();
        let why = format!("strict decoding error: {}", unknown.join(", "));
        if creates {
            let kind = object["kind"].as_str().unwrap_or_default();
            let version =
                object["apiVersion"].as_str().and_then(|version| version.rsplit('/').next()).unwrap_or_default();
            return Self::bad_request(format!("{kind} in version {version:?} cannot be handled as a {kind}: {why}"));
        }
        let message = format!("Invalid value: {:?}: {why}", object.to_string());
        let causes = json!([{"reason": "FieldValueInvalid", "message": message, "field": "patch"}]);
        Self {
            details: Some(json!({"causes": causes})),
            ..Self::new(422, "Invalid", format!(" \"\" is invalid: patch: {message}"))
        }
    }

    /// A deletion of another object than the one that is there.
    pub(super) fn other_object(
        resource: &Resource,
        name: &str,
        what: &str,
        asked: &str,
        there: &str,
        maybe: &str,
    ) -> Self {
        let kind = resource.kind_and_group();
        let message = format!(
            "Operation cannot be fulfilled on {kind} {name:?}: the {what} in the precondition ({asked}) does not match the \
             {what} in record ({there}). The object might have been {maybe}"
        );
        let mut refused = Self::new(409, "Conflict", message).about(resource, name);
        if let Some(details) = &mut refused.details {
            super::value::put(details, &["kind"], resource.kind);
        }
        refused
    }

    /// The same of a namespace, which has words of its own.
    pub(super) fn other_namespace(resource: &Resource, name: &str, asked: &str, there: &str) -> Self {
        let why = format!("Precondition failed: UID in precondition: {asked}, UID in object meta: {there}");
        Self::conflict(resource, name, &why)
    }

    pub(super) fn too_many(seconds: u64) -> Self {
        Self {
            details: Some(json!({"retryAfterSeconds": seconds})),
            retry_after: Some(seconds),
            ..Self::new(429, "TooManyRequests", "Too many requests, please try again later.")
        }
    }

    pub(super) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(503, "ServiceUnavailable", message)
    }

    /// A resourceVersion from the future.
    pub(super) fn too_large(asked: u64, current: u64) -> Self {
        Self {
            details: Some(
                json!({"causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
                "retryAfterSeconds": 1}),
            ),
            retry_after: Some(1),
            ..Self::new(504, "Timeout", format!("Timeout: Too large resource version: {asked}, current: {current}"))
        }
    }
}
