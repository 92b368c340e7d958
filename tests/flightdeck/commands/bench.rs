//! A world, a home of its own, and the binary between them.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use flightdeck::sim::{World, WorldConfig};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

const BINARY: &str = env!("CARGO_BIN_EXE_flightdeck");
/// A command that has not ended by then hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// The world and the home directory of one test.
pub struct Bench {
    pub world: World,
    pub home: Home,
}

impl Bench {
    pub async fn new() -> Bench {
        Bench::of(&[include_str!("story.yaml")]).await
    }

    /// With the demo's repository, changed like this, and a configuration that names it.
    pub async fn with_github(change: impl FnOnce(&str) -> String) -> Bench {
        let story = change(include_str!("../../../fixtures/demo/github.yaml"));
        let bench = Bench::of(&[include_str!("story.yaml"), &story]).await;
        bench.repository("operator");
        bench
    }

    /// Configures the repository, with that token.
    pub fn repository(&self, token: &str) {
        self.github_at(&self.world.github_url(), token, "");
    }

    /// The same at another address, with more lines of the configuration.
    pub fn github_at(&self, url: &str, token: &str, more: &str) {
        let token = self.home.write("token", token);
        let github = format!("github:\n  repository: acme/shop\n  url: {url}\n  token_file: {}\n", token.display());
        self.home.write("config/config.yaml", &(github + more));
    }

    /// What GitHub was asked to change: `PUT 200 /repos/...`.
    pub fn writes(&self) -> Vec<String> {
        let asked = self.world.asked().into_iter().filter(|asked| asked.method != "GET");
        asked.map(|asked| format!("{} {} {}", asked.method, asked.status, asked.path)).collect()
    }

    /// The journal's records, oldest first.
    pub fn records(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.home.journal()).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).expect("a record")).collect()
    }

    async fn of(stories: &[&str]) -> Bench {
        let stories = stories.iter().map(|story| (*story).to_owned()).collect();
        let world = World::start(WorldConfig { stories, ..WorldConfig::empty() }).await.expect("a world");
        let home = Home::new();
        home.write("kubeconfig", &kubeconfig(&world.kubernetes_url()));
        Bench { world, home }
    }

    /// Runs the binary with these words; what holds a space is passed by [`Home::run`].
    pub async fn run(&self, words: &str) -> Done {
        self.home.run(&words.split_whitespace().collect::<Vec<_>>(), "").await
    }

    /// The Rollout `shop/web`, as the world has it.
    pub fn web(&self) -> Value {
        self.world.get("rollouts/shop/web").expect("shop/web")
    }

    /// Bodies of the requests that changed something, or would have.
    pub fn patches(&self) -> Vec<String> {
        let requests = self.world.requests().into_iter();
        requests
            .filter(|request| request.method == "PATCH" && !request.path.contains("dryRun=All"))
            .map(|request| request.body)
            .collect()
    }
}

/// A home directory with all that the binary may read or write.
pub struct Home(TempDir);

impl Home {
    pub fn new() -> Home {
        Home(tempfile::tempdir().expect("a directory"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(&path, text).expect("a file");
        path
    }

    pub fn journal(&self) -> PathBuf {
        self.path("state/audit.jsonl")
    }

    /// The binary with nothing of the environment that the tests run in.
    pub fn command(&self) -> Command {
        let mut command = Command::new(BINARY);
        command.env_clear().env("HOME", self.0.path()).env("USER", "tester");
        for (variable, folder) in self.variables() {
            command.env(variable, folder);
        }
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Where it finds its files.
    pub fn variables(&self) -> [(&'static str, PathBuf); 5] {
        [
            ("KUBECONFIG", self.path("kubeconfig")),
            ("XDG_CONFIG_HOME", self.path("xdg-config")),
            ("XDG_STATE_HOME", self.path("xdg-state")),
            ("FLIGHTDECK_CONFIG_DIR", self.path("config")),
            ("FLIGHTDECK_STATE_DIR", self.path("state")),
        ]
    }

    pub async fn run(&self, args: &[&str], stdin: &str) -> Done {
        let mut command = self.command();
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary");
        let mut pipe = child.stdin.take().expect("its input");
        // Most commands end without reading it.
        let _ = pipe.write_all(stdin.as_bytes()).await;
        drop(pipe);
        let Output { status, stdout, stderr } =
            timeout(PATIENCE, child.wait_with_output()).await.expect("it hangs").expect("an end");
        let done = Done {
            args: args.join(" "),
            code: status.code(),
            out: String::from_utf8(stdout).expect("text"),
            err: String::from_utf8(stderr).expect("text"),
        };
        assert!(!done.err.contains("panicked"), "{done:?}");
        done
    }
}

/// What a command came to.
#[derive(Debug)]
pub struct Done {
    pub args: String,
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Done {
    /// Requires that exit code.
    #[track_caller]
    pub fn ends(self, code: i32) -> Done {
        assert_eq!(self.code, Some(code), "{}: {self:#?}", self.args);
        self
    }

    /// stdout as its one document.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// The one result of a write.
    #[track_caller]
    pub fn result(&self) -> Value {
        let json = self.json();
        assert_eq!(json["results"].as_array().map(Vec::len), Some(1), "{json:#}");
        json["results"][0].clone()
    }

    /// Requires these words in stderr.
    #[track_caller]
    pub fn says(self, words: &str) -> Done {
        assert!(self.err.contains(words), "{words:?} is not in {self:#?}");
        self
    }
}

/// Waits until something holds, without a fixed time.
pub async fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let found = async {
        loop {
            match look() {
                Some(found) => return found,
                None => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    };
    timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("never: {what}"))
}

/// Every `.yaml` of a folder of the repository, in order.
pub fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    assert!(!files.is_empty(), "nothing in {}", folder.display());
    files
}

/// A context for each user of the world, and one that sounds like production.
fn kubeconfig(url: &str) -> String {
    let users = ["admin", "operator", "viewer", "nobody", "expired"];
    let mut text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: admin\nclusters:\n- {{ name: world, cluster: {{ server: {url:?} }} }}\n"
    );
    text += "users:\n";
    text.extend(users.map(|user| format!("- {{ name: {user}, user: {{ token: {user} }} }}\n")));
    text += "contexts:\n- { name: production, context: { cluster: world, user: admin } }\n";
    text.extend(users.map(|user| format!("- {{ name: {user}, context: {{ cluster: world, user: {user} }} }}\n")));
    text
}
