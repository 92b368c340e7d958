//! Who may do what: four users by token, and the reviews that tell a client about itself.

use serde_json::{Value, json};

use super::fault::Fault;
use super::refused::Refused;
use super::value::{put, text};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum User {
    /// May do everything.
    Admin,
    /// Looks, and does what a release operator does; deletes previews and nothing else.
    Operator,
    /// Looks.
    Viewer,
    /// Is known, and may do nothing.
    Nobody,
}

/// What the operator may write: verbs, group, resources.
#[rustfmt::skip]
const OPERATOR: &[(&[&str], &str, &[&str])] = &[
    (&["patch", "update"], "argoproj.io", &["rollouts", "rollouts/status", "rollouts/scale"]),
    (&["patch"], "argoproj.io", &["analysisruns", "experiments"]),
    (&["create", "patch"], "", &["events"]),
    (&["delete"], "", &["namespaces"]),
];

impl User {
    /// The user of an `Authorization` header; none at all is the admin, so that a test needs no token.
    pub(super) fn of(authorization: Option<&str>) -> Result<Self, Refused> {
        match authorization.map(|header| header.strip_prefix("Bearer ").unwrap_or(header).trim()) {
            None | Some("admin") => Ok(Self::Admin),
            Some("operator") => Ok(Self::Operator),
            Some("viewer") => Ok(Self::Viewer),
            Some("nobody") => Ok(Self::Nobody),
            Some(_) => Err(Refused::unauthorized()),
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Viewer => "viewer",
            Self::Nobody => "nobody",
        }
    }

    /// Whether the user may do something. `resource` is the plural with its subresource.
    pub(super) fn may(self, fault: Fault, verb: &str, group: &str, resource: &str) -> bool {
        let reads = matches!(verb, "get" | "list" | "watch");
        match (self, fault) {
            (_, Fault::Forbidden) | (Self::Nobody, _) => false,
            (_, Fault::ForbiddenWrites) if !reads => false,
            (Self::Admin, _) => true,
            (_, _) if resource == "secrets" => false,
            (_, _) if resource == "services/proxy" => matches!(verb, "get" | "create"),
            (_, _) if reads => true,
            (Self::Viewer, _) => false,
            (Self::Operator, _) => OPERATOR
                .iter()
                .any(|(verbs, of, resources)| verbs.contains(&verb) && *of == group && resources.contains(&resource)),
        }
    }

    fn rules(self, fault: Fault) -> Vec<Value> {
        let reviews = json!({"verbs": ["create"], "apiGroups": ["authorization.k8s.io"],
            "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]});
        let reads = json!({"verbs": ["get", "list", "watch"], "apiGroups": ["*"], "resources": ["*"]});
        let mut rules = vec![reviews];
        match (self, fault) {
            (_, Fault::Forbidden) | (Self::Nobody, _) => {}
            (Self::Admin, Fault::ForbiddenWrites) | (Self::Viewer, _) => rules.push(reads),
            (Self::Admin, _) => rules.push(json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]})),
            (Self::Operator, _) => {
                rules.push(reads);
                if fault != Fault::ForbiddenWrites {
                    rules.extend(OPERATOR.iter().map(|(verbs, group, resources)| {
                        json!({"verbs": verbs, "apiGroups": [group], "resources": resources})
                    }));
                }
            }
        }
        rules
    }
}

/// Answers a review about the user itself; `None` when the path is none.
pub(super) fn review(segments: &[String], user: User, fault: Fault, body: &Value) -> Option<Value> {
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let mut review = body.clone();
    match segments.as_slice() {
        ["apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews"] => {
            let attribute = |name: &str| text(body, &["spec", "resourceAttributes", name]);
            let mut resource = attribute("resource").to_owned();
            if !attribute("subresource").is_empty() {
                resource = format!("{resource}/{}", attribute("subresource"));
            }
            let allowed = user.may(fault, attribute("verb"), attribute("group"), &resource);
            let mut status = json!({"allowed": allowed});
            if allowed {
                let role = user.name();
                put(
                    &mut status,
                    &["reason"],
                    format!(
                        "RBAC: allowed by ClusterRoleBinding \"{role}\" of ClusterRole \"{role}\" to User \"{role}\""
                    ),
                );
            }
            put(&mut review, &["status"], status);
        }
        ["apis", "authorization.k8s.io", "v1", "selfsubjectrulesreviews"] => {
            let paths = json!([{"verbs": ["get"], "nonResourceURLs": ["/api", "/api/*", "/apis", "/apis/*", "/healthz",
                "/livez", "/openapi", "/openapi/*", "/readyz", "/version", "/version/"]}]);
            let rules = json!({"resourceRules": user.rules(fault), "nonResourceRules": paths, "incomplete": false});
            put(&mut review, &["status"], rules);
        }
        ["apis", "authentication.k8s.io", "v1", "selfsubjectreviews"] => {
            let groups = json!({"username": user.name(), "groups": ["system:authenticated"]});
            put(&mut review, &["status"], json!({"userInfo": groups}));
        }
        _ => return None,
    }
    if text(&review, &["kind"]).is_empty() {
        let kind = match segments.last().copied() {
            Some("selfsubjectaccessreviews") => "SelfSubjectAccessReview",
            Some("selfsubjectrulesreviews") => "SelfSubjectRulesReview",
            _ => "SelfSubjectReview",
        };
        put(&mut review, &["kind"], kind);
        put(&mut review, &["apiVersion"], segments.get(1..3).unwrap_or_default().join("/"));
    }
    Some(review)
}
