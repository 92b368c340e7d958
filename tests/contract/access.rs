//! Who may do what, and how one is told.

use http::Method;
use serde_json::{Value, json};

use super::api::{Answer, Api, MERGE, User};
use super::objects::unattended;

pub async fn a_stranger_is_401(api: &Api) {
    let answer = api.call(User::Stranger, Method::GET, &api.rollouts(), None).await;
    answer.refused(401, "Unauthorized", "Unauthorized");
}

pub async fn nobody_is_403_and_told_why(api: &Api) {
    let namespace = &api.namespace;
    let answer = api.call(User::Nobody, Method::GET, &api.rollouts(), None).await;
    answer.refused(
        403,
        "Forbidden",
        &format!(
            "rollouts.argoproj.io is forbidden: User \"nobody\" cannot list resource \"rollouts\" in API group \
             \"argoproj.io\" in the namespace \"{namespace}\""
        ),
    );
    let all = api.call(User::Nobody, Method::GET, "/apis/argoproj.io/v1alpha1/rollouts?watch=true", None).await;
    all.refused(
        403,
        "Forbidden",
        "rollouts.argoproj.io is forbidden: User \"nobody\" cannot watch resource \"rollouts\" in API group \
         \"argoproj.io\" at the cluster scope",
    );
}

pub async fn a_viewer_reads_and_does_not_write(api: &Api) {
    api.create(&api.rollouts(), unattended("web")).await;
    let read = api.call(User::Viewer, Method::GET, &api.rollout("web"), None).await;
    assert_eq!(read.status, 200);
    let body = json!({"status": {"abort": true}});
    let path = format!("{}/status?dryRun=All", api.rollout("web"));
    let forbidden = format!(
        "rollouts.argoproj.io \"web\" is forbidden: User \"viewer\" cannot patch resource \"rollouts/status\" in API \
         group \"argoproj.io\" in the namespace \"{}\"",
        api.namespace
    );
    // A dry run needs the same right.
    let dry = api.call(User::Viewer, Method::PATCH, &path, Some((MERGE, &body))).await;
    dry.refused(403, "Forbidden", &forbidden);
    let allowed = api.call(User::Operator, Method::PATCH, &path, Some((MERGE, &body))).await;
    assert_eq!(allowed.status, 200);
    let delete = api.call(User::Operator, Method::DELETE, &api.rollout("web"), None).await;
    assert_eq!(delete.status, 403);
}

pub async fn a_review_says_what_would_be_allowed(api: &Api) {
    let cases = [
        (User::Admin, "patch", "rollouts", "status", true),
        (User::Operator, "patch", "rollouts", "status", true),
        (User::Operator, "patch", "rollouts", "", true),
        (User::Operator, "patch", "analysisruns", "", true),
        (User::Operator, "delete", "rollouts", "", false),
        (User::Viewer, "list", "rollouts", "", true),
        (User::Viewer, "patch", "rollouts", "", false),
        (User::Nobody, "list", "rollouts", "", false),
    ];
    for (user, verb, resource, subresource, allowed) in cases {
        let answer = review(api, user, verb, resource, subresource).await;
        assert_eq!(answer.status, 201, "{answer:#?}");
        let status = &answer.body["status"];
        assert_eq!(status["allowed"], allowed, "{user:?} {verb} {resource}/{subresource}: {status}");
        assert_eq!(answer.body["kind"], "SelfSubjectAccessReview");
        if !allowed {
            assert_eq!(*status, json!({"allowed": false}), "RBAC gives no reason for a no");
        }
    }
    assert_eq!(review(api, User::Stranger, "list", "rollouts", "").await.status, 401);
}

async fn review(api: &Api, user: User, verb: &str, resource: &str, subresource: &str) -> Answer {
    let review: Value = json!({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {"verb": verb, "group": "argoproj.io", "resource": resource,
            "subresource": subresource, "namespace": api.namespace, "name": "web"}},
    });
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    api.call(user, Method::POST, path, Some(("application/json", &review))).await
}
