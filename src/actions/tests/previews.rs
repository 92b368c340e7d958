//! The teardown of a preview: that very namespace, and only where its pull request leaves no doubt.

use serde_json::json;

use super::shop::*;
use crate::actions::fixture::now;
use crate::actions::guard::{Authority, still_holds};
use crate::actions::plan::{Danger, Effect};
use crate::release::access::Verdict;
use crate::release::model::Model;
use crate::release::preview::{PreviewClass, classify};
use crate::release::pull::PullLookup;
use crate::release::repository::Topic;

const CLOSED: &str = r#""state":"closed","closed_at":"2026-08-19T00:00:00Z""#;
const OPEN: &str = r#""state":"open""#;

fn torn(fields: &str) -> Model {
    let mut model = shop();
    namespaces(&mut model, vec![namespace()]);
    lookup(&mut model, PullLookup::Found(Box::new(pull(fields))));
    model
}

#[test]
fn that_very_namespace_goes_and_no_successor() {
    let model = torn(CLOSED);
    let plan = plan(&model, "teardown", &preview()).unwrap();
    let [request] = plan.requests.as_slice() else { panic!("{:?}", plan.requests) };
    assert_eq!((request.method, &*request.path), ("DELETE", "/api/v1/namespaces/pr-407"));
    assert_eq!(
        request.body,
        json!({ "apiVersion": "v1", "kind": "DeleteOptions", "preconditions": { "uid": "uid-407" },
            "propagationPolicy": "Background" })
    );
    let right = request.right.clone().unwrap();
    assert_eq!(right.sentence(), "delete namespace pr-407");
    assert_eq!((&plan.danger, &plan.effect, plan.kind), (&Danger::TypeName, &Effect::NamespaceGone, "Namespace"));
    assert_eq!(plan.inverse, json!(null), "nothing brings it back");
    let mut access = crate::actions::guard::Access::new();
    access.insert(right, Verdict::Denied("no".to_owned()));
    let wish = crate::actions::fixture::wish(&model, &plan.target, &access);
    assert_eq!(
        crate::actions::action("teardown").unwrap().plan(&wish).unwrap_err().reason,
        "not permitted: you may not delete namespace pr-407 (no)"
    );
}

#[test]
fn doubt_asks_for_the_number_and_unknown_is_no_orphan() {
    let to_type = |model: &Model| {
        let plan = plan(model, "teardown", &preview()).unwrap();
        (plan.danger.clone(), plan.notes[0].clone())
    };
    let number = Danger::Type("407".to_owned());
    let (danger, note) = to_type(&torn(OPEN));
    assert_eq!((&danger, &*note), (&number, "pull request 407 is still open: type 407 to do it anyway"));

    let mut model = torn(CLOSED);
    lookup(&mut model, PullLookup::Unknown("api.github.com cannot be reached".to_owned()));
    let (danger, note) = to_type(&model);
    assert_eq!(danger, number);
    assert!(note.contains("is not known to be closed (api.github.com cannot be reached)"), "{note}");
    let class = classify(&namespace(), &model.preview_pull(&namespace()), &model.preview_rules(), now()).unwrap();
    assert_eq!(class.class, PreviewClass::Unknown);

    // It was closed when GitHub was last seen; it may be open again.
    let mut model = torn(CLOSED);
    learn(&mut model, blind(Topic::Previews, "api.github.com cannot be reached"));
    let (danger, note) = to_type(&model);
    assert_eq!(danger, number);
    assert!(note.contains("was closed when it was last seen, and GitHub cannot be asked now"), "{note}");

    let mut nowhere = Model::default();
    namespaces(&mut nowhere, vec![namespace()]);
    assert!(to_type(&nowhere).1.contains("no repository is configured"));
}

#[test]
fn what_is_leaving_kept_foreign_or_gone_is_refused() {
    let said = |change: fn(&mut crate::release::preview::PreviewNamespace)| {
        let mut model = torn(CLOSED);
        let mut changed = namespace();
        change(&mut changed);
        namespaces(&mut model, vec![changed]);
        refused(&model, "teardown", &preview())
    };
    assert_eq!(said(|it| it.deleted_at = Some(now())), "pr-407 is being deleted already");
    assert_eq!(said(|it| it.labels = vec!["flightdeck.dev/keep".into()]), "the label flightdeck.dev/keep forbids it");
    assert_eq!(said(|it| it.repository = Some("acme/other".into())), "pr-407 belongs to acme/other, not acme/shop");
    let mut model = torn(CLOSED);
    namespaces(&mut model, Vec::new());
    assert_eq!(refused(&model, "teardown", &preview()), "pr-407 is gone");
    assert!(refused(&shop(), "teardown", &preview()).contains("namespaces of context prod have not been read yet"));
}

#[test]
fn it_is_checked_again_when_it_is_confirmed() {
    let model = torn(CLOSED);
    let plan = plan(&model, "teardown", &preview()).unwrap();
    let open = Authority::default();
    assert_eq!(still_holds(&plan, &model, &open, now()), Ok(()));
    let reopened = still_holds(&plan, &torn(OPEN), &open, now()).unwrap_err().reason;
    assert!(reopened.contains("its pull request is open now, it was closed"), "{reopened}");
    let mut leaving = namespace();
    leaving.deleted_at = Some(now());
    let mut model = torn(CLOSED);
    namespaces(&mut model, vec![leaving]);
    assert!(still_holds(&plan, &model, &open, now()).unwrap_err().reason.contains("its deletion is begun at"));
}
