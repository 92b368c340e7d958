//! Tests of reading foreign trees.

use serde_json::json;

use super::*;
use crate::release::analysis::AnalysisPhase;
use crate::release::observation::{Change, Observation};
use crate::release::sample;

fn json(model: &Model, rollout: &Rollout) -> serde_json::Value {
    serde_json::to_value(tree(model, rollout, sample::at(100))).unwrap()
}

#[test]
fn a_canary_with_all_that_can_hang_under_it() {
    let rollout = sample::paused("web");
    let old = sample::replica_set(&rollout, "old", 2, 9);
    let new = sample::replica_set(&rollout, "new", 3, 1);
    let mut pod = sample::pod(&new, "web-new-a");
    pod.restarts = 2;
    let run =
        sample::run(&rollout, "web-new-3", &[("[0.01]", AnalysisPhase::Successful), ("[0.1]", AnalysisPhase::Failed)]);
    let experiment = Experiment {
        id: sample::id("web-exp"),
        created: None,
        owner: Some(rollout.id.uid.clone()),
        revision: Some(3),
        phase: "Running".into(),
        message: "".into(),
    };
    let mut baseline = sample::replica_set(&rollout, "base", 1, 1);
    baseline.owner = Some(experiment.id.uid.clone());
    baseline.revision = None;
    let mut of_experiment = sample::run(&rollout, "web-exp-run", &[]);
    of_experiment.owner = Some(experiment.id.uid.clone());
    let job = Job { id: sample::id("job-1"), owner: Some(run.id.uid.clone()), status: "Successful".into() };
    let model = sample::model(vec![
        ("replicasets", Observation::ReplicaSets(Change::Reset(vec![old, new, baseline]))),
        ("pods", Observation::Pods(Change::Reset(vec![pod]))),
        ("analysisruns", Observation::AnalysisRuns(Change::Reset(vec![run, of_experiment]))),
        ("experiments", Observation::Experiments(Change::Reset(vec![experiment]))),
        ("jobs", Observation::Jobs(Change::Reset(vec![job]))),
    ]);
    assert_eq!(
        json(&model, &rollout),
        json!({
            "images": [
                {"image": "web:1", "tags": []},
                {"image": "web:2", "tags": ["stable"]},
                {"image": "web:3", "tags": ["canary"]},
            ],
            "revisions": [
                {
                    "revision": 3,
                    "replicaSets": [{
                        "name": "web-new", "status": "Healthy", "tags": ["canary"], "delay": null,
                        "pods": [{"name": "web-new-a", "status": "Running", "ready": "1/1", "restarts": 2}],
                    }],
                    "experiments": [{
                        "name": "web-exp", "status": "Running",
                        "replicaSets": [
                            {"name": "web-base", "status": "Healthy", "tags": [], "delay": null, "pods": []},
                        ],
                        "analysisRuns": [{
                            "name": "web-exp-run", "status": "Running",
                            "successful": 0, "failed": 0, "inconclusive": 0, "error": 0, "jobs": [],
                        }],
                    }],
                    "analysisRuns": [{
                        "name": "web-new-3", "status": "Running",
                        "successful": 1, "failed": 1, "inconclusive": 0, "error": 0,
                        "jobs": [{"name": "job-1", "status": "Successful"}],
                    }],
                },
                {
                    "revision": 2,
                    "replicaSets": [
                        {"name": "web-old", "status": "Healthy", "tags": ["stable"], "delay": null, "pods": []},
                    ],
                    "experiments": [],
                    "analysisRuns": [],
                },
            ],
        })
    );
}

#[test]
fn the_words_of_a_replica_set() {
    let rollout = sample::rollout("web");
    let status = |edit: fn(&mut ReplicaSet)| {
        let mut set = sample::replica_set(&rollout, "new", 3, 2);
        edit(&mut set);
        set_status(&set)
    };
    assert_eq!(status(|_| ()), "Healthy");
    assert_eq!(status(|set| set.available = 1), "Progressing");
    assert_eq!(
        status(|set| {
            set.available = 1;
            set.failure = Some("denied".into())
        }),
        "ReplicaFailure"
    );
    assert_eq!(
        status(|set| {
            set.desired = 0;
            set.available = 0
        }),
        "ScaledDown"
    );
    assert_eq!(status(|set| set.desired = 0), "ScaledDown", "its last pods are going");
}

#[test]
fn the_delay_counts_down_and_passes() {
    let mut set = sample::replica_set(&sample::rollout("web"), "old", 2, 2);
    assert_eq!(scale_down_delay(&set, sample::at(0)), None);
    set.scale_down_deadline = Some(sample::at(30));
    assert_eq!(scale_down_delay(&set, sample::at(1)).unwrap(), "29s");
    assert_eq!(scale_down_delay(&set, sample::at(31)).unwrap(), "passed");
}

#[test]
fn images_of_empty_replica_sets_are_left_out_and_tags_of_one_image_are_merged() {
    let mut rollout = sample::blue_green("web");
    rollout.status.preview_selector = Some("next".into());
    let mut next = sample::replica_set(&rollout, "next", 4, 1);
    next.images = vec!["web:3".into(), "sidecar:1".into()];
    let sets = vec![sample::replica_set(&rollout, "old", 2, 0), sample::replica_set(&rollout, "new", 3, 1), next];
    assert_eq!(
        json(&sample::model_of(&rollout, sets), &rollout)["images"],
        json!([
            {"image": "sidecar:1", "tags": ["preview"]},
            {"image": "web:3", "tags": ["active", "preview", "stable"]},
        ])
    );
}

#[test]
fn replica_sets_of_one_revision_are_ordered_by_name() {
    let rollout = sample::rollout("web");
    let sets = ["c", "a", "b"].map(|hash| sample::replica_set(&rollout, hash, 3, 0)).to_vec();
    let model = sample::model_of(&rollout, sets);
    let tree = tree(&model, &rollout, sample::at(0));
    let names: Vec<_> = tree.revisions[0].replica_sets.iter().map(|set| set.name).collect();
    assert_eq!(names, ["web-a", "web-b", "web-c"]);
}
