//! Preview namespaces, torn down for real: by the binary, once, and only the one that was seen.

use std::process::{Output, Stdio};
use std::time::Duration;

use flightdeck::actions::guard::{Access, Authority};
use flightdeck::actions::plan::Plan;
use flightdeck::actions::{Wish, action};
use flightdeck::release::model::Model;
use flightdeck::release::object::ObjectId;
use flightdeck::release::observation::{Change, Observation, Report, Said, SourceId};
use flightdeck::release::preview::PreviewNamespace;
use flightdeck::release::pull::PullLookup;
use flightdeck::release::repository::{Finding, Topic};
use flightdeck::sim::{World, WorldConfig};
use flightdeck::writers::audit::{Journal, Who};
use flightdeck::writers::outcome::Outcome;
use flightdeck::writers::{Order, Writer, execute, kubernetes};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::bed::Bed;
use crate::contract::api::{Api, MERGE, User, uid};
use crate::journal;

const NAMESPACES: &str = "/api/v1/namespaces";
const HOLD: &str = "example.com/hold";

/// A preview of its own for a test, the simulated GitHub that knows its pull request, and a home for the binary.
struct Preview {
    bed: Bed,
    api: Api,
    github: World,
    home: tempfile::TempDir,
    number: String,
}

impl Preview {
    /// `state` is what the story says of the pull request; `place` keeps the tests apart.
    async fn new(test: &str, place: u32, state: &str) -> Preview {
        let bed = Bed::of_environment();
        let api = bed.api(test).await;
        let number = (std::process::id() * 10 + place).to_string();
        let pull =
            format!("number: {number}, title: A preview, branch: b, created: \"@-2d\", updated: \"@-2h\"{state}");
        let teardown = "  workflows:\n  - { file: preview-teardown.yml, name: teardown }\n";
        let story = format!("name: previews\ngithub:\n  repository: acme/shop\n  pulls:\n  - {{ {pull} }}\n{teardown}");
        let mut config = WorldConfig::empty();
        config.stories.push(story);
        let github = World::start(config).await.expect("a GitHub");
        let home = tempfile::tempdir().expect("a folder");
        let config = format!("github:\n  repository: acme/shop\n  url: {}\n", github.github_url());
        std::fs::write(home.path().join("config.yaml"), config).expect("a configuration");
        let preview = Preview { bed, api, github, home, number };
        preview.make().await;
        preview
    }

    fn name(&self) -> String {
        format!("pr-{}", self.number)
    }

    fn path(&self) -> String {
        format!("{NAMESPACES}/{}", self.name())
    }

    /// The namespace, with something in it.
    async fn make(&self) -> Value {
        let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.name()}});
        let made = self.api.create(NAMESPACES, body).await;
        self.map("free", json!([])).await;
        made
    }

    async fn map(&self, name: &str, finalizers: Value) {
        let metadata = json!({"name": name, "finalizers": finalizers});
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata});
        self.api.create(&format!("{}/configmaps", self.path()), map).await;
    }

    /// The binary as that user; its exit code and its one result.
    async fn teardown(&self, user: User, more: &[&str]) -> (Option<i32>, Value) {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_flightdeck"));
        command.env_clear().env("HOME", self.home.path()).env("USER", "tester");
        command.env("KUBECONFIG", self.bed.kubeconfig(user));
        command
            .env("FLIGHTDECK_CONFIG_DIR", self.home.path())
            .env("FLIGHTDECK_STATE_DIR", self.home.path().join("state"));
        command.args(["previews", "teardown", &self.number, "--yes", "-o", "json"]).args(more);
        command.stdin(Stdio::null()).kill_on_drop(true);
        let ended = tokio::time::timeout(Duration::from_secs(120), command.output()).await.expect("it ends");
        let Output { status, stdout, stderr } = ended.expect("the binary");
        let document: Value = serde_json::from_slice(&stdout)
            .unwrap_or_else(|_| panic!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)));
        (status.code(), document["results"][0].clone())
    }

    /// What the API server was asked to delete: `dry 200`, `200`, by anybody but the test and the cluster itself.
    fn deletions(&self, user: &str) -> Vec<String> {
        let events = self.bed.audit(&self.name());
        let ours = events.iter().filter(|event| event["user"]["username"] == *user && event["verb"] == "delete");
        let words = ours.map(|event| {
            assert_eq!(event["objectRef"]["resource"], "namespaces");
            let dry = if event["requestObject"]["dryRun"].is_null() { "" } else { "dry " };
            format!("{dry}{}", event["responseStatus"]["code"])
        });
        words.collect()
    }

    /// Nobody but the namespace controller may say that its work is done.
    fn is_never_finalized(&self) {
        let events = self.bed.audit(&self.name());
        assert!(events.iter().all(|event| event["objectRef"]["subresource"] != "finalize"), "{events:#?}");
    }

    async fn strike(self) {
        self.github.stop().await;
        self.api.close().await;
    }
}

const CLOSED: &str = ", closed: \"@-1h\"";

#[tokio::test(flavor = "multi_thread")]
async fn an_orphan_is_deleted_once_and_seen_to_go() {
    let preview = Preview::new("orphan", 1, CLOSED).await;
    let (code, dry) = preview.teardown(User::Operator, &["--dry-run"]).await;
    assert_eq!((code, &dry["result"]), (Some(0), &json!("unknown")), "{dry:#}");
    assert_eq!(preview.api.get(&preview.path()).await.done()["status"]["phase"], "Active", "a dry run deletes nothing");
    let (code, done) = preview.teardown(User::Operator, &[]).await;
    assert_eq!((code, &done["result"], &done["verified"]), (Some(0), &json!("applied"), &json!(true)), "{done:#}");
    assert_eq!(preview.api.get(&preview.path()).await.status, 404);
    assert_eq!(preview.deletions("operator"), ["dry 200", "dry 200", "200"]);
    preview.is_never_finalized();
    preview.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_finalizer_holds_is_named_and_left_to_its_owner() {
    let preview = Preview::new("finalizer", 2, CLOSED).await;
    preview.map("held", json!([HOLD])).await;
    let (code, held) = preview.teardown(User::Operator, &["--verify-timeout", "12s"]).await;
    assert_eq!((code, &held["result"], &held["verified"]), (Some(3), &json!("applied"), &json!(false)), "{held:#}");
    let reason = held["reason"].as_str().expect("a reason");
    assert!(reason.contains("it is being deleted and held:"), "{reason}");
    assert!(reason.contains(&format!("finalizer {HOLD} on 1")), "{reason}");
    let (code, again) = preview.teardown(User::Operator, &[]).await;
    assert_eq!((code, &again["result"]), (Some(1), &json!("refused")), "{again:#}");
    assert_eq!(preview.deletions("operator"), ["dry 200", "200"]);
    preview.is_never_finalized();
    let map = format!("{}/configmaps/held", preview.path());
    preview.api.patch(&map, MERGE, json!({"metadata": {"finalizers": null}})).await.done();
    preview.api.until_gone(NAMESPACES, &preview.name()).await;
    preview.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_delete_it_is_told_so() {
    let preview = Preview::new("forbidden", 3, CLOSED).await;
    let (code, denied) = preview.teardown(User::Viewer, &[]).await;
    assert_eq!((code, &denied["result"]), (Some(4), &json!("denied")), "{denied:#}");
    let reason = denied["reason"].as_str().expect("a reason");
    assert!(reason.contains(&format!("you may not delete namespace {}", preview.name())), "{reason}");
    // The one that was tried dry; of what it refuses this early the audit log keeps no body.
    assert_eq!(preview.deletions("viewer"), ["403"]);
    let journal = journal::words(&preview.home.path().join("state"));
    assert_eq!(journal, ["teardown refused refused"], "wanted, and not even tried for good");
    preview.api.delete(&preview.path(), Value::Null).await.done();
    preview.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_pull_request_keeps_its_preview() {
    let preview = Preview::new("open", 4, "").await;
    let (code, open) = preview.teardown(User::Operator, &[]).await;
    assert_eq!((code, &open["result"]), (Some(1), &json!("refused")), "{open:#}");
    assert!(open["reason"].as_str().expect("a reason").contains("is still open"), "{open:#}");
    assert_eq!(preview.deletions("operator"), [""; 0]);
    let (code, done) = preview.teardown(User::Operator, &["--type", &preview.number]).await;
    assert_eq!((code, &done["verified"]), (Some(0), &json!(true)), "{done:#}");
    preview.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_successor_of_the_same_name_stays() {
    let preview = Preview::new("successor", 5, CLOSED).await;
    let seen = preview.api.get(&preview.path()).await.done();
    let plan = plan(&preview.name(), &uid(&seen));
    let config = (preview.api.config)(User::Operator);
    let writer = Writer::from(kubernetes::Writer::new("bed", config, Duration::from_secs(20)).expect("a writer"));
    let preflight = writer.preflight(&plan).await;
    assert_eq!(preflight.refusal(&plan), None);

    // Between the dry run and the confirmation somebody deletes it and the next push makes it anew.
    preview.api.delete(&preview.path(), Value::Null).await.done();
    preview.api.until_gone(NAMESPACES, &preview.name()).await;
    let made = preview.make().await;
    let who = Who { user: "ann".into(), host: "bastion".into(), pid: 7 };
    let journal = Journal::new(preview.home.path().join("state"), who);
    let order = Order { plan: &plan, preflight: &preflight, reason: "" };
    let outcome = execute(order, &journal, &writer, now).await.expect("a record").outcome;
    assert_eq!(outcome, Outcome::Conflict { reason: "it is another object of the same name by now".into() });
    let there = preview.api.get(&preview.path()).await.done();
    assert_eq!((uid(&there), &there["status"]["phase"]), (uid(&made), &json!("Active")));
    let again = writer.preflight(&plan).await.refusal(&plan).expect("a refusal").reason;
    assert_eq!(again, "moved on: it is another object of the same name by now");
    assert_eq!(preview.deletions("operator"), ["dry 200", "409", "dry 409"]);
    preview.api.delete(&preview.path(), Value::Null).await.done();
    preview.strike().await;
}

/// The plan of a teardown, as the sources would have led to it.
fn plan(name: &str, uid: &str) -> Plan {
    let target = ObjectId { context: "bed".into(), namespace: "".into(), name: name.into(), uid: uid.into() };
    let namespace = PreviewNamespace {
        id: target.clone(),
        created: None,
        deleted_at: None,
        labels: Vec::new(),
        repository: None,
        conditions: Vec::new(),
    };
    let number = name.trim_start_matches("pr-").parse().expect("a number");
    let mut model = Model::default();
    let mut say = |context: &str, kind: &str, said: Said| {
        model.observe(Report { source: SourceId { context: context.into(), kind: kind.into() }, said }, now());
    };
    say("bed", "namespaces", Said::Observed(Observation::Previews(Change::Reset(vec![namespace]))));
    say("bed", "namespaces", Said::Loaded);
    let lookups = Finding::Lookups([(number, PullLookup::NotFound)].into());
    for finding in [lookups, Finding::Seen(Topic::Previews)] {
        say("acme/shop", "github", Said::Partial(Observation::Repository(finding)));
    }
    let access = Access::new();
    let wish = Wish {
        model: &model,
        target: &target,
        now: now(),
        revision: None,
        amount: None,
        reason: "",
        authority: Authority::default(),
        access: &access,
        shown: None,
    };
    action("teardown").expect("an action").plan(&wish).expect("a plan")
}

#[allow(clippy::disallowed_methods, reason = "the rim of a test")]
fn now() -> Timestamp {
    Timestamp::now()
}
