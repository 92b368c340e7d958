//! Where a test plays: a namespace with a canary of its own, and screens on it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::bed::Bed;
use crate::contract::api::{Api, JSON, User};
use crate::contract::objects::set_image;
use crate::driver::{Launch, Pty};
use crate::journal;

/// A test's place in the bed.
pub struct Stage {
    pub bed: Bed,
    pub api: Api,
    home: Arc<tempfile::TempDir>,
}

impl Stage {
    /// A namespace with the canary `web` of the manifests, healthy at its first revision, and error rates of its own.
    pub async fn set(test: &str) -> Stage {
        let bed = Bed::of_environment();
        let api = bed.api(test).await;
        let stage = Stage { bed, api, home: Arc::new(tempfile::tempdir().expect("a folder")) };
        stage.error_rate("0.005").await;
        stage.apply(include_str!("manifests/web.yaml")).await;
        stage.is("Healthy", 4).await;
        stage
    }

    /// Creates what a manifest holds, in the test's namespace.
    async fn apply(&self, manifest: &str) {
        let manifest = manifest.replace("${PROMETHEUS}", &self.bed.line("prometheus.url"));
        for document in serde_yaml::Deserializer::from_str(&manifest) {
            let mut object = Value::deserialize(document).expect("a manifest");
            object["metadata"]["namespace"] = self.api.namespace.as_str().into();
            // The exporter is asked for a job of the test's own.
            if let Some(job) = object.pointer_mut("/spec/strategy/canary/analysis/args/0/value") {
                *job = self.api.namespace.as_str().into();
            }
            let plural = format!("{}s", object["kind"].as_str().expect("a kind").to_lowercase());
            let version = object["apiVersion"].as_str().expect("a version");
            self.api.create(&self.api.path(&format!("{version}/{plural}")), object).await;
        }
    }

    /// The cockpit of that user on the test's namespace.
    pub fn screen(&self, user: User) -> Pty {
        let launch = Launch::new(&["-n", &self.api.namespace]).at(&self.home).env("USER", "tester");
        launch.with_kubeconfig_at(&self.bed.kubeconfig(user)).size(160, 40).start()
    }

    /// A pipeline ships another version.
    pub async fn ship(&self, tag: &str) {
        self.api.patch(&self.api.rollout("web"), JSON, set_image("web", tag)).await.done();
    }

    /// Sets the error ratio that the canary's analysis measures.
    pub async fn error_rate(&self, rate: &str) {
        let url = format!("{}/error-rate/{}", self.bed.line("exporter.url"), self.api.namespace);
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let answer = client.put(url).body(rate.to_owned()).send().await.expect("the exporter");
        assert!(answer.status().is_success());
    }

    /// Waits until the canary is in that phase at that step, in the cluster.
    pub async fn is(&self, phase: &str, step: i64) -> Value {
        self.web(|web| {
            let observed = web["status"]["observedGeneration"].as_str().and_then(|number| number.parse().ok());
            web["status"]["phase"] == *phase
                && web["status"]["currentStepIndex"] == step
                && observed == web["metadata"]["generation"].as_i64()
        })
        .await
    }

    /// Waits until the canary is as wished, in the cluster.
    pub async fn web(&self, wish: impl Fn(&Value) -> bool) -> Value {
        self.api.until(&self.api.rollouts(), "web", wish).await
    }

    /// The folder of the journal.
    fn state(&self) -> PathBuf {
        self.home.path().join("state")
    }

    /// What the journal says, a word a record: `promote intent`, `promote outcome applied`, `promote verified`.
    pub fn journal_words(&self) -> Vec<String> {
        journal::words(&self.state())
    }

    /// Waits until the journal says that: what was seen is recorded right after it is on the screen.
    pub async fn journal_is(&self, words: &[&str]) {
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(5);
        while self.journal_words() != words {
            let is = self.journal_words();
            assert!(tokio::time::Instant::now() < deadline, "the journal is {is:?}, not {words:?}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// The cockpit's writes for good as the API server heard them: `patch rollouts/status 200`.
    pub fn heard(&self) -> Vec<String> {
        self.requests().into_iter().filter(|words| !words.starts_with("dry ")).collect()
    }

    /// The cockpit's writes, tries among them, as the API server's audit log has them.
    pub fn requests(&self) -> Vec<String> {
        let words = |event: &Value| {
            let uri = event["requestURI"].as_str().unwrap_or_default();
            let is_ours = uri.contains("fieldManager=flightdeck") && event["stage"] == "ResponseComplete";
            let object = &event["objectRef"];
            let sub = object["subresource"].as_str().map(|sub| format!("/{sub}")).unwrap_or_default();
            is_ours.then(|| {
                format!(
                    "{}{} {}{sub} {}",
                    if uri.contains("dryRun=All") { "dry " } else { "" },
                    event["verb"].as_str().unwrap_or_default(),
                    object["resource"].as_str().unwrap_or_default(),
                    event["responseStatus"]["code"]
                )
            })
        };
        self.bed.audit(&self.api.namespace).iter().filter_map(words).collect()
    }

    /// Gives the namespace up.
    pub async fn strike(self) {
        self.api.close().await;
    }
}

/// How long a screen may look alive that is not.
pub const STALE_WITHIN: Duration = Duration::from_secs(15);
