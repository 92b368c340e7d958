//! What undo reads out, from the Rollout and from what a workloadRef names.

use std::time::Duration;

use serde_json::{Value, json};

use super::server::{Arrived, Reply, Server, failure};
use crate::actions::fixture::{now, progressing};
use crate::actions::guard::{Access, Authority};
use crate::actions::{Templates, Wish, action};
use crate::release::rollout::{Rollout, WorkloadRef};

fn template(image: &str, hash: Option<&str>) -> Value {
    let mut template =
        json!({ "metadata": { "labels": { "app": "web" } }, "spec": { "containers": [{ "image": image }] } });
    if let Some(hash) = hash {
        template["metadata"]["labels"]["rollouts-pod-template-hash"] = hash.into();
        template["metadata"]["creationTimestamp"] = Value::Null;
    }
    template
}

fn replica_set(revision: u64, hash: &str, owner: &str) -> Value {
    json!({
        "metadata": {
            "name": format!("web-{hash}"),
            "labels": { "rollouts-pod-template-hash": hash },
            "annotations": { "rollout.argoproj.io/revision": revision.to_string() },
            "ownerReferences": [{ "uid": owner }],
        },
        "spec": { "template": template(&format!("web:{revision}"), Some(hash)) },
    })
}

fn script(arrived: &Arrived) -> Reply {
    match arrived.path.as_str() {
        "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/web" => Reply::Json(
            200,
            json!({ "metadata": { "uid": "uid-web" }, "spec": { "template": template("web:3", None) } }),
        ),
        "/api/v1/namespaces/shop/podtemplates/web" => {
            Reply::Json(200, json!({ "metadata": { "uid": "uid-pt" }, "template": template("web:3", None) }))
        }
        // Two pages, as a large namespace would have them.
        "/apis/apps/v1/namespaces/shop/replicasets" if arrived.query.ends_with("continue=") => Reply::Json(
            200,
            json!({
                "metadata": { "continue": "p2" },
                "items": [replica_set(3, "new", "uid-web"), replica_set(2, "old", "uid-other")],
            }),
        ),
        "/apis/apps/v1/namespaces/shop/replicasets" => {
            Reply::Json(200, json!({ "items": [replica_set(2, "old", "uid-web"), replica_set(1, "first", "uid-web")] }))
        }
        _ => Reply::Json(404, failure(404, "not found")),
    }
}

async fn read(rollout: &Rollout, revision: Option<u64>) -> Result<Templates, String> {
    let server = Server::start(script).await;
    let read = server.writer(Duration::from_secs(10)).read_templates(rollout, revision).await;
    assert!(server.all().iter().all(|it| it.method == http::Method::GET));
    read
}

#[tokio::test]
async fn the_revision_before_is_read_without_its_hash() {
    let templates = read(&progressing(), None).await.unwrap();
    assert_eq!((templates.revision, templates.replica_set.as_str()), (2, "web-old"));
    assert_eq!(templates.wanted, template("web:2", None));
    assert_eq!(templates.running, Some(template("web:3", None)));
    assert_eq!(templates.current, template("web:3", None));
    assert_eq!((templates.pointer, templates.holder_uid.as_str()), ("/spec/template", "uid-web"));
    assert_eq!(read(&progressing(), Some(1)).await.unwrap().wanted, template("web:1", None));
    let missing = read(&progressing(), Some(9)).await.unwrap_err();
    assert_eq!(missing, "there is no ReplicaSet of revision 9; there are 1, 2, 3");
}

#[tokio::test]
async fn a_workload_ref_leads_to_its_own_object() {
    let mut rollout = progressing();
    let workload = |kind: &str| WorkloadRef { api_version: "v1".into(), kind: kind.into(), name: "web".into() };
    rollout.workload_ref = Some(workload("PodTemplate"));
    let templates = read(&rollout, None).await.unwrap();
    assert_eq!((templates.pointer, templates.holder_uid.as_str()), ("/template", "uid-pt"));
    assert_eq!(templates.holder_right.sentence(), "patch podtemplates in namespace shop");
    rollout.workload_ref = Some(workload("Deployment"));
    assert!(read(&rollout, None).await.unwrap_err().contains("answered 404"));
    rollout.workload_ref = Some(workload("CronJob"));
    assert!(read(&rollout, None).await.unwrap_err().contains("CronJob"));
}

#[tokio::test]
async fn another_object_of_the_same_name_is_noticed() {
    let mut rollout = progressing();
    rollout.id.uid = "uid-before".into();
    assert!(read(&rollout, None).await.unwrap_err().contains("another object"));
}

#[tokio::test]
async fn what_was_read_makes_a_plan() {
    let rollout = progressing();
    let templates = read(&rollout, None).await.unwrap();
    let model = crate::actions::fixture::model_of(rollout.clone());
    let wish = Wish {
        model: &model,
        target: &rollout.id,
        now: now(),
        revision: Some(&templates),
        amount: None,
        reason: "",
        authority: Authority::default(),
        access: &Access::new(),
        shown: None,
    };
    let plan = action("undo").unwrap().plan(&wish).unwrap();
    assert_eq!(plan.diff.iter().filter(|line| line.starts_with("-  ") || line.starts_with("+  ")).count(), 2);
}
