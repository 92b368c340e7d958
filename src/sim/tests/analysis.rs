//! Analysis: runs in exactly the shape that the real controller writes, and what their verdicts do.

use serde_json::{Value, json};

use super::scene::{Scene, canary};
use crate::sim::resources::ANALYSISRUNS;
use crate::sim::value::{list, put, text};

fn analysed() -> Scene {
    let mut scene = Scene::new();
    let mut rollout = canary(json!([{"setWeight": 10}, {"pause": {}}, {"setWeight": 50}, {"pause": {}}]));
    put(
        &mut rollout,
        &["spec", "strategy", "canary", "analysis"],
        json!({"startingStep": 1, "templates": [{"templateName": "error-rate"}],
            "args": [{"name": "service", "value": "web"},
                {"name": "hash", "valueFrom": {"podTemplateHashValue": "Latest"}}]}),
    );
    scene.add(rollout);
    scene.0.metrics.set_error_rate("shop/web", 0.005, true);
    scene.pass(30);
    scene.image("ghcr.io/acme/web:2.0");
    scene.pass(15);
    scene.says("Paused", "CanaryPauseStep");
    scene
}

fn runs(scene: &Scene) -> Vec<Value> {
    scene.0.store.list(ANALYSISRUNS, "shop").map(|(_, run)| run.value().clone()).collect()
}

#[test]
fn a_background_run_measures_and_succeeds_quietly() {
    let mut scene = analysed();
    let status = scene.status();
    let run = runs(&scene).remove(0);
    assert_eq!(status["canary"]["currentBackgroundAnalysisRunStatus"]["name"], run["metadata"]["name"]);
    assert_eq!(status["canary"]["currentBackgroundAnalysisRunStatus"]["status"], "Running");
    let hash = text(&status, &["currentPodHash"]);
    assert_eq!(run["metadata"]["name"], format!("web-{hash}-2"));
    assert_eq!(run["metadata"]["labels"]["rollout-type"], "Background");
    assert_eq!(run["metadata"]["labels"]["rollouts-pod-template-hash"], hash);
    let result = &run["status"]["metricResults"][0];
    assert_eq!(result["phase"], "Running");
    assert!(result["failed"].is_null(), "zero counts are left out");
    let resolved = text(result, &["metadata", "ResolvedPrometheusQuery"]);
    assert!(resolved.contains(hash) && resolved.contains("service=\"web\""), "{resolved}");
    let measurement = &result["measurements"][0];
    let value = text(measurement, &["value"]);
    assert!(value.starts_with("[0.00") && value.ends_with(']'), "{value}");
    assert_eq!(measurement["phase"], "Successful");

    scene.patch(json!({"status": {"promoteFull": true}}));
    scene.pass(30);
    scene.says("Healthy", "");
    let run = runs(&scene).remove(0);
    assert_eq!(
        (text(&run, &["status", "phase"]), text(&run, &["status", "message"])),
        ("Successful", "Run Terminated")
    );
}

#[test]
fn a_rising_error_rate_aborts_and_says_why() {
    let mut scene = analysed();
    scene.0.metrics.set_error_rate("shop/web", 0.2, false);
    scene.pass(25);
    scene.says(
        "Degraded",
        "RolloutAborted: Rollout aborted update to revision 2: Background analysis phase error/failed: \
         Metric \"error-rate\" assessed Failed due to failed (2) > failureLimit (1)",
    );
    let run = runs(&scene).remove(0);
    assert_eq!(run["status"]["phase"], "Failed");
    assert_eq!(run["status"]["metricResults"][0]["failed"], 2);
    assert_eq!(run["status"]["runSummary"], json!({"count": 1, "failed": 1}));
    assert!(scene.status()["canary"]["currentBackgroundAnalysisRunStatus"].is_null(), "it vanishes from the rollout");
    assert!(scene.reasons().contains(&"AnalysisRunFailed".to_owned()));
    assert!(scene.reasons().contains(&"MetricFailed".to_owned()));

    // A retry measures anew, under a name of its own.
    scene.0.metrics.set_error_rate("shop/web", 0.005, false);
    scene.pass(20);
    scene.patch(json!({"status": {"abort": false}}));
    scene.pass(20);
    let names: Vec<String> = runs(&scene).iter().map(|run| text(run, &["metadata", "name"]).to_owned()).collect();
    assert_eq!(names.len(), 2);
    assert!(names.iter().any(|name| name.ends_with("-2.1")), "{names:?}");
    scene.says("Paused", "CanaryPauseStep");
}

#[test]
fn no_data_is_an_error_five_times_and_then_an_abort() {
    let mut scene = analysed();
    scene.0.metrics.away = true;
    scene.pass(100);
    let run = runs(&scene).remove(0);
    assert_eq!(run["status"]["phase"], "Error");
    let result = &run["status"]["metricResults"][0];
    assert_eq!(result["consecutiveError"], 5);
    let last = list(result, &["measurements"]).last().cloned().unwrap_or_default();
    assert!(last["value"].is_null() && last["message"].is_string());
    assert!(text(&scene.status(), &["message"]).contains("consecutiveErrors (5) > consecutiveErrorLimit (4)"));
}

#[test]
fn no_traffic_is_nan_and_fails_a_lone_success_condition() {
    let mut scene = analysed();
    scene.0.metrics.set_traffic("shop/web", 0.0);
    scene.pass(20);
    let run = runs(&scene).remove(0);
    let result = &run["status"]["metricResults"][0];
    assert_eq!(list(result, &["measurements"]).last().unwrap()["value"], "[NaN]");
    assert_eq!(run["status"]["phase"], "Failed");
}

#[test]
fn between_two_conditions_it_is_inconclusive_and_pauses() {
    let mut scene = Scene::new();
    let mut template =
        scene.0.store.get("analysistemplates.argoproj.io", "shop", "error-rate").unwrap().value().clone();
    template["spec"]["metrics"][0]["failureCondition"] = json!("result[0] >= 0.2");
    scene.add(template);
    let args =
        json!([{"name": "service", "value": "web"}, {"name": "hash", "valueFrom": {"podTemplateHashValue": "Latest"}}]);
    let analysis = json!({"templates": [{"templateName": "error-rate"}], "args": args});
    scene.add(canary(json!([{"setWeight": 20}, {"analysis": analysis}, {"setWeight": 60}, {"pause": {}}])));
    scene.0.metrics.set_error_rate("shop/web", 0.1, true);
    scene.pass(30);
    scene.image("ghcr.io/acme/web:2.0");
    scene.pass(30);
    scene.says("Paused", "InconclusiveAnalysisRun");
    let status = scene.status();
    assert_eq!(status["currentStepIndex"], 1);
    assert_eq!(status["canary"]["currentStepAnalysisRunStatus"]["status"], "Inconclusive");
    let run = runs(&scene).remove(0);
    assert_eq!(run["metadata"]["labels"]["step-index"], "1");
    assert_eq!(run["metadata"]["labels"]["rollout-type"], "Step");

    // Promoted past it, as the reference client does.
    scene.patch(json!({"status": {"pauseConditions": null, "controllerPause": false, "currentStepIndex": 2}}));
    scene.pass(20);
    assert_eq!(scene.status()["currentStepIndex"], 3);
}

#[test]
fn terminating_an_open_run_counts_as_successful() {
    let mut scene = analysed();
    let mut run = runs(&scene).remove(0);
    put(&mut run, &["spec", "terminate"], true);
    let generation = run["metadata"]["generation"].as_u64().unwrap();
    scene.0.store.put(crate::sim::store::kind(ANALYSISRUNS), run, scene.0.now);
    scene.pass(3);
    let run = runs(&scene).remove(0);
    assert_eq!(run["status"]["phase"], "Successful");
    assert!(
        run["metadata"]["generation"].as_u64().unwrap() > generation + 1,
        "without a status subresource it rises with the status"
    );
}

#[test]
fn removing_the_analysis_ends_its_run() {
    let mut scene = analysed();
    scene.patch(json!({"spec": {"strategy": {"canary": {"analysis": null}}}}));
    scene.pass(5);
    assert_eq!(runs(&scene).remove(0)["status"]["phase"], "Successful");
    assert!(scene.status()["canary"]["currentBackgroundAnalysisRunStatus"].is_null());
    scene.says("Paused", "CanaryPauseStep");
}
