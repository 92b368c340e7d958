//! The bed that the tests run in: its users, its components, its exporter and its audit log.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::Value;

use crate::contract::api::{Api, User};

/// The folder of a running bed.
#[derive(Clone, Debug)]
pub struct Bed {
    pub folder: PathBuf,
}

impl Bed {
    /// The bed that the environment names.
    pub fn of_environment() -> Self {
        let folder = std::env::var_os("FLIGHTDECK_BED").expect(
            "these tests need a real control plane: run tests/cluster/run.sh, or set FLIGHTDECK_BED to a bed's folder",
        );
        Bed { folder: folder.into() }
    }

    /// A namespace of its own for that test, on the real server.
    pub async fn api(&self, test: &str) -> Api {
        // A test that failed half-way may have left something stopped.
        for component in ["apiserver", "controller"] {
            self.script(&["start", component]).await;
        }
        let bed = self.clone();
        let mut configs = Vec::new();
        for user in [User::Admin, User::Operator, User::Viewer, User::Nobody, User::Stranger] {
            configs.push((user, self.config(user).await));
        }
        let api = Api {
            namespace: namespace(test),
            config: Box::new(move |user| {
                configs.iter().find(|(of, _)| *of == user).map(|(_, config)| config.clone()).expect("a user")
            }),
            forget: Box::new(move || {
                let bed = bed.clone();
                Box::pin(async move {
                    bed.script(&["compact"]).await;
                    bed.script(&["stop", "apiserver"]).await;
                    bed.script(&["start", "apiserver"]).await;
                })
            }),
            keep: Box::new(()),
        };
        api.open().await
    }

    /// The kubeconfig file of a user.
    pub fn kubeconfig(&self, user: User) -> PathBuf {
        self.folder.join(match user {
            User::Admin => "kubeconfig",
            User::Operator => "operator.kubeconfig",
            User::Viewer | User::Stranger => "viewer.kubeconfig",
            User::Nobody => "nobody.kubeconfig",
        })
    }

    async fn config(&self, user: User) -> kube::Config {
        let kubeconfig = Kubeconfig::read_from(self.kubeconfig(user)).expect("a kubeconfig");
        let options = KubeConfigOptions::default();
        let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.expect("a configuration");
        config.proxy_url = None;
        if user == User::Stranger {
            config.auth_info.token = Some("of-yesterday".to_owned().into());
        }
        config
    }

    /// Runs a command of `bed.sh` on this bed: `["stop", "apiserver"]`.
    pub async fn script(&self, words: &[&str]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/bed.sh");
        let mut command = tokio::process::Command::new(script);
        command.arg(words[0]).arg(&self.folder).args(&words[1..]).stdin(Stdio::null());
        let output = command.output().await.expect("bed.sh");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// One line of a file of the bed.
    pub fn line(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.join(file)).expect(file).trim().to_owned()
    }

    /// Sends a component a signal that does not end it.
    pub fn signal(&self, component: &str, signal: rustix::process::Signal) {
        let number = self.line(&format!("pids/{component}")).parse().expect("a number");
        let process = rustix::process::Pid::from_raw(number).expect("a process");
        rustix::process::kill_process(process, signal).expect("a signal");
    }

    /// What the API server has logged of a namespace, in order.
    pub fn audit(&self, namespace: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.join("audit.log")).expect("audit.log");
        let events = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        events.filter(|event| event["objectRef"]["namespace"] == *namespace).collect()
    }
}

/// A DNS name for the test that no earlier run on the same bed has taken.
fn namespace(test: &str) -> String {
    let short: String = test.replace('_', "-").chars().take(40).collect();
    format!("{}-{}", short.trim_end_matches('-'), std::process::id())
}
