//! Manifests instead of a cluster, and what other tools printed: hostile ones too.

use serde_json::json;

use super::bench::{Done, Home, fixtures};

async fn run(home: &Home, args: &[&str]) -> Done {
    home.run(args, "").await
}

/// No text from outside disturbs a terminal, whatever the form.
#[track_caller]
fn harmless(done: &Done) {
    let text = done.out.chars().chain(done.err.chars());
    let odd = text.filter(|character| character.is_control() && *character != '\n').collect::<String>();
    assert_eq!(odd, "", "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_manifest_costs_a_row_and_never_the_command() {
    let home = Home::new();
    for file in fixtures("fixtures/hostile") {
        let name = file.file_name().unwrap().to_str().unwrap();
        let folder = home.write(&format!("{name}.d/{name}"), &std::fs::read_to_string(&file).unwrap());
        let folder = folder.parent().unwrap().to_str().unwrap();
        let list = run(&home, &["rollout", "list", "--from-dir", folder, "-o", "json"]).await.ends(0);
        harmless(&list);
        let names: Vec<_> = list.json()["items"].as_array().unwrap().clone();
        for args in [&["rollout", "list"][..], &["status"], &["watch"], &["watch", "-o", "jsonl"]] {
            let done = run(&home, &[args, &["--from-dir", folder]].concat()).await;
            assert!(matches!(done.code, Some(0 | 1 | 3)), "{done:?}");
            harmless(&done);
        }
        for item in names.iter().take(6) {
            let (name, namespace) = (item["name"].as_str().unwrap(), item["namespace"].as_str().unwrap());
            let args = ["rollout", "get", "--from-dir", folder, "-o", "json", "-n", namespace, "--", name];
            let done = run(&home, &args).await;
            // An object that cannot be read is unknown; two of one name are ambiguous.
            assert!(matches!(done.code, Some(0 | 2 | 3)), "{done:?}");
            harmless(&done);
        }
        for lint in ["rollout", "analysis"] {
            let done = run(&home, &[lint, "lint", "-f", folder, "-o", "json"]).await;
            assert!(matches!(done.code, Some(0 | 1 | 3)) && done.json()["findings"].is_array(), "{done:?}");
            harmless(&done);
        }
        let done = run(&home, &["analysis", "eval", "--run", file.to_str().unwrap()]).await;
        assert!(matches!(done.code, Some(2 | 3)), "{done:?}");
        harmless(&done);
    }
}

const WEB: &str = r#"
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: web, namespace: shop }
spec: { replicas: 2, selector: { matchLabels: { app: web } }, strategy: { canary: { steps: [ { setWeight: 50 } ] } } }
status: { phase: Healthy, currentPodHash: a, stableRS: a, observedGeneration: "0", replicas: 2, updatedReplicas: 2, availableReplicas: 2 }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_stands_for_a_cluster() {
    let home = Home::new();
    home.write("a/web.yaml", WEB);
    let folder = home.path("a");
    let folder = folder.to_str().unwrap();
    let web = run(&home, &["rollout", "get", "web", "-n", "shop", "--from-dir", folder, "-o", "json"]).await.ends(0);
    assert_eq!(web.json()["phase"], json!("Healthy"));
    run(&home, &["rollout", "get", "web", "-n", "other", "--from-dir", folder]).await.ends(3);
    // What cannot be read may be what was looked for: unknown is never green.
    home.write("a/broken.yaml", "kind: [");
    let list = run(&home, &["rollout", "list", "--from-dir", folder, "-o", "json"]).await.ends(3).says("broken.yaml:");
    assert_eq!(list.json()["items"].as_array().unwrap().len(), 1);
    run(&home, &["rollout", "get", "web", "--from-dir", folder]).await.ends(0).says("broken.yaml:");
    run(&home, &["rollout", "list", "--from-dir", "/nowhere/at/all"]).await.ends(3).says("cannot be read");
}

#[tokio::test(flavor = "multi_thread")]
async fn lints_read_files_folders_and_standard_input() {
    let home = Home::new();
    let bad = WEB.replace("steps: [ { setWeight: 50 } ]", "steps: [ { setWeight: 500 } ]");
    let file = home.write("web.yaml", &bad);
    let lint = run(&home, &["rollout", "lint", "-f", file.to_str().unwrap(), "-o", "json"]).await;
    let piped = home.run(&["rollout", "lint", "-f", "-", "-o", "json"], &bad).await;
    assert_eq!((lint.code, lint.json()["verdict"].clone()), (piped.code, piped.json()["verdict"].clone()));
    home.run(&["rollout", "lint", "-f", "-"], WEB).await.ends(0);
    home.run(&["rollout", "lint", "-f", "-"], "kind: ConfigMap").await.ends(3);
    home.run(&["rollout", "lint", "-f", "-"], "kind: [").await.ends(3);
    home.run(&["analysis", "lint", "-f", "/nowhere"], "").await.ends(3).says("cannot be read");
    // One that passes beside one that cannot be read is not known to pass.
    home.run(&["rollout", "lint", "-f", "-"], &format!("{WEB}\n---\nkind: [")).await.ends(3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_evaluated_from_a_file() {
    let home = Home::new();
    let run_of = |phase: &str| {
        let measured = json!({"phase": phase, "value": "[0.1]", "startedAt": "2026-08-20T10:00:00Z"});
        json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun", "metadata": {"name": "r", "namespace": "shop"},
            "spec": {"metrics": [{"name": "errors", "count": 1, "provider": {"prometheus": {"query": "up"}}}]},
            "status": {"phase": "Running", "metricResults": [{"name": "errors", "phase": "Running", "count": 1,
                "successful": i32::from(phase == "Successful"), "failed": i32::from(phase == "Failed"),
                "measurements": [measured]}]}})
        .to_string()
    };
    let eval = ["analysis", "eval", "--run", "-", "-o", "json"];
    let good = home.run(&eval, &run_of("Successful")).await.ends(0).json();
    assert_eq!((&good["phase"], &good["metrics"][0]["name"]), (&json!("Successful"), &json!("errors")));
    assert_eq!(home.run(&eval, &run_of("Failed")).await.ends(1).json()["phase"], json!("Failed"));
    home.run(&eval, WEB).await.ends(3).says("holds no AnalysisRun");
    home.run(&eval, &format!("---\n{}\n---\n{}", run_of("Failed"), run_of("Failed").replace("\"r\"", "\"s\"")))
        .await
        .ends(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_of_other_tools_have_a_verdict() {
    let home = Home::new();
    let fixture = |name: &str| format!("{}/fixtures/github/{name}", env!("CARGO_MANIFEST_DIR"));
    for (args, code, verdict) in [
        (vec!["cost", "read", "infracost-diff.json", "--limit", "25"], 0, "pass"),
        (vec!["cost", "read", "infracost-diff.json", "--limit", "20"], 1, "fail"),
        (vec!["drift", "read", "terraform-plan-drift.json"], 1, "drift"),
        (vec!["k6", "read", "k6-legacy.json", "--exit-code", "99"], 1, "fail"),
        (vec!["k6", "read", "k6-machine-readable.json", "--exit-code", "0"], 0, "pass"),
        (vec!["k6", "read", "k6-machine-readable.json"], 3, "unknown"),
    ] {
        let file = fixture(args[2]);
        let args: Vec<&str> = args.iter().enumerate().map(|(at, arg)| if at == 2 { &*file } else { arg }).collect();
        let json = run(&home, &[&args[..], &["-o", "json"]].concat()).await.ends(code).json();
        assert_eq!(json["verdict"], json!(verdict), "{json:#}");
        assert!(run(&home, &args).await.ends(code).out.contains(verdict));
    }
    let diff = fixture("infracost-diff.json");
    run(&home, &["cost", "read", &diff, "--limit", "$25"]).await.ends(2).says("write it like 25 or 25.50");
    let table = run(&home, &["k6", "read", &fixture("k6-legacy.json")]).await.ends(1).out;
    assert_eq!(table.matches("thresholds:  expr ").count(), 2, "a line for each\n{table}");
}

#[tokio::test(flavor = "multi_thread")]
async fn junk_has_no_verdict() {
    let home = Home::new();
    let deep = "[".repeat(100_000);
    let junk = ["", "{}", "[]", "null", "\u{feff}", "<html>", "{\"version\":", "\u{1b}[31m", "1e999", &deep];
    for text in junk {
        for args in [&["cost", "read", "-"][..], &["drift", "read", "-"], &["k6", "read", "-"]] {
            let done = home.run(&[args, &["-o", "json"]].concat(), text).await.ends(3);
            assert_eq!(done.json()["verdict"], json!("unknown"), "{done:?}");
            harmless(&done);
        }
        harmless(&home.run(&["analysis", "eval", "--run", "-"], text).await.ends(3));
        harmless(&home.run(&["analysis", "lint", "-f", "-"], text).await.ends(3));
    }
    run(&home, &["cost", "read", "/nowhere.json"]).await.ends(3).says("cannot be read");
    run(&home, &["drift", "read", "/"]).await.ends(3);
}
