//! The API server that is measured against: the simulated world in this process, or the cluster that was named.

use std::fs;
use std::path::{Path, PathBuf};

use flightdeck::sim::{World, WorldConfig};
use http::{Method, Request};
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::Value;

use super::Bench;
use super::seed;

/// Rollouts in the cluster for what is measured against `kubectl`.
pub const ROLLOUTS: usize = 2_000;

/// A server with rollouts in it.
pub struct Server {
    pub kubeconfig: PathBuf,
    /// A client without any of ours in between.
    pub client: kube::Client,
    pub world: Option<World>,
    folder: tempfile::TempDir,
}

impl Server {
    /// A simulated world with so many rollouts and AnalysisRuns.
    pub fn simulated(bench: &Bench, rollouts: usize, runs: usize) -> Server {
        let folder = tempfile::tempdir().expect("a folder");
        let world = bench.runtime.block_on(World::start(WorldConfig::empty())).expect("a world");
        world.seed_rollouts(rollouts);
        for run in seed::runs(&world.list("rollouts"), runs) {
            world.apply(run).expect("an AnalysisRun");
        }
        let kubeconfig = kubeconfig(folder.path(), &world.kubernetes_url());
        let client = bench.runtime.block_on(client(&kubeconfig));
        Server { kubeconfig, client, world: Some(world), folder }
    }

    /// [`ROLLOUTS`] in the cluster that was named, or else in a simulated world.
    pub fn of(bench: &Bench) -> Server {
        let Some(kubeconfig) = bench.kubeconfig.clone() else { return Server::simulated(bench, ROLLOUTS, 0) };
        let folder = tempfile::tempdir().expect("a folder");
        let client = bench.runtime.block_on(client(&kubeconfig));
        let server = Server { kubeconfig, client, world: None, folder };
        bench.runtime.block_on(seed::cluster(&server.client, ROLLOUTS));
        server
    }

    /// A folder for the cockpit's files.
    pub fn home(&self) -> &Path {
        self.folder.path()
    }

    /// What it is, for the table.
    pub fn name(&self) -> &'static str {
        if self.world.is_some() { "simulated" } else { "real API server" }
    }

    /// The path of a rollout that stands at the top of the list, as its cells tell.
    pub async fn topmost(&self) -> String {
        let list = get(&self.client, "/apis/argoproj.io/v1alpha1/rollouts?limit=200").await;
        let items = list["items"].as_array().expect("rollouts");
        let is_top = |rollout: &&Value| rollout["status"]["phase"] == "Degraded";
        let top = items.iter().find(is_top).expect("a degraded rollout");
        let name = |field: &str| top["metadata"][field].as_str().expect("a name").to_owned();
        format!("/apis/argoproj.io/v1alpha1/namespaces/{}/rollouts/{}", name("namespace"), name("name"))
    }
}

/// A kubeconfig for a server without credentials.
pub fn kubeconfig(folder: &Path, url: &str) -> PathBuf {
    let path = folder.join("kubeconfig");
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: bench\n\
         clusters: [{{name: bench, cluster: {{server: \"{url}\"}}}}]\n\
         users: [{{name: bench, user: {{}}}}]\n\
         contexts: [{{name: bench, context: {{cluster: bench, user: bench}}}}]\n"
    );
    fs::write(&path, text).expect("a kubeconfig");
    path
}

async fn client(kubeconfig: &Path) -> kube::Client {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).expect("a kubeconfig");
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    kube::Client::try_from(config.expect("a configuration")).expect("a client")
}

/// Reads JSON.
pub async fn get(client: &kube::Client, path: &str) -> Value {
    let request = Request::get(path).body(Vec::new()).expect("a request");
    client.request(request).await.expect("an answer")
}

/// Sends a merge patch.
pub async fn patch(client: &kube::Client, path: &str, change: &Value) {
    let request = Request::builder().method(Method::PATCH).uri(path);
    let request = request.header("content-type", "application/merge-patch+json").body(change.to_string().into_bytes());
    let _: Value = client.request(request.expect("a request")).await.expect("a patched object");
}

/// Opens a watch and returns its body.
pub async fn watch(client: &kube::Client, path: &str, version: &str) -> Body {
    let path = format!("{path}?watch=true&resourceVersion={version}&timeoutSeconds=600");
    let request = Request::get(path).body(Body::empty()).expect("a request");
    client.send(request).await.expect("a watch").into_body()
}
