//! The teardown of previews from the command line, with a real deletion in the simulated world.

use flightdeck::sim::Fault;
use serde_json::{Value, json};

use super::bench::Bench;

impl Bench {
    /// Deletions for good: the bodies of those that were no dry run.
    fn deletions(&self) -> Vec<Value> {
        let deleted = self.world.requests().into_iter().filter(|request| request.method == "DELETE");
        let bodies = deleted.map(|request| {
            assert!(!request.path.contains('?'), "with a body no option of the query counts: {}", request.path);
            serde_json::from_str::<Value>(&request.body).expect("options")
        });
        bodies.filter(|body| body.get("dryRun").is_none()).collect()
    }

    /// Something in that namespace that nobody removes.
    fn hold(&self, namespace: &str) {
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "bucket", "namespace": namespace, "finalizers": ["example.com/hold"]}});
        self.world.apply(map).expect("a ConfigMap");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_namespace_is_gone_before_it_is_said() {
    let bench = Bench::with_github(str::to_owned).await;
    let uid = bench.world.get("namespaces/pr-407").unwrap()["metadata"]["uid"].clone();
    let done = bench.run("previews teardown 407 --yes --context operator -o json").await.ends(0).result();
    assert_eq!((&done["result"], &done["verified"]), (&json!("applied"), &json!(true)), "{done:#}");
    assert_eq!((&done["target"]["kind"], &done["target"]["name"]), (&json!("Namespace"), &json!("pr-407")));
    assert!(done["tookMs"].as_u64() > Some(3_000), "the namespace controller takes its time: {done:#}");
    assert_eq!(bench.world.get("namespaces/pr-407"), None);
    assert_eq!(
        bench.deletions(),
        [json!({"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid},
            "propagationPolicy": "Background"})]
    );
    let kinds: Vec<_> = bench.records().iter().map(|record| record["kind"].clone()).collect();
    assert_eq!(kinds, ["intent", "outcome", "verified"]);
    assert_eq!(bench.records()[0]["before"]["metadata"]["name"], "pr-407");
    let gone = bench.run("previews teardown pr-407 --yes -o json").await.ends(3).result();
    assert_eq!(gone["reason"], "there is no Namespace pr-407 in context admin");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_finalizer_holds_is_named() {
    let bench = Bench::with_github(str::to_owned).await;
    bench.hold("pr-407");
    let held = bench.run("previews teardown pr-407 --yes --verify-timeout 8s -o json").await.ends(3).result();
    assert_eq!((&held["result"], &held["verified"]), (&json!("applied"), &json!(false)), "{held:#}");
    let reason = held["reason"].as_str().unwrap();
    assert!(
        reason.contains("it is being deleted and held:") && reason.contains("finalizer example.com/hold on 1"),
        "{reason}"
    );
    let again = bench.run("previews teardown 407 412 --yes -o json").await.ends(1).json();
    for result in again["results"].as_array().unwrap() {
        assert!(result["reason"].as_str().unwrap().contains("is being deleted already, held by "), "{result:#}");
    }
    assert_eq!(bench.deletions().len(), 1);
    assert!(bench.world.requests().iter().all(|request| !request.path.contains("finalize")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_pull_request_wants_its_number() {
    let bench = Bench::with_github(str::to_owned).await;
    let open = bench.run("previews teardown 431 --yes -o json").await.ends(1).result();
    let reason = "pull request 431 is still open: type 431 to do it anyway (on the command line: --type 431)";
    assert_eq!((&open["result"], &open["reason"]), (&json!("refused"), &json!(reason)));
    bench.run("previews teardown 431 --yes --type 407").await.ends(1);
    assert_eq!(bench.deletions(), Vec::<Value>::new());
    bench.run("previews teardown 431 --yes --type 431").await.ends(0);
    assert_eq!(bench.world.get("namespaces/pr-431"), None);
    for other in ["shop", "default"] {
        let refused = bench.run(&format!("previews teardown {other} --yes -o json")).await.ends(1).result();
        assert_eq!(refused["reason"], format!("{other} is no preview: those are called pr-<number>"));
    }
    let each = bench.run("previews teardown 999 407 --dry-run -o json").await.ends(3).json();
    let words: Vec<_> = each["results"].as_array().unwrap().iter().map(|it| it["result"].clone()).collect();
    assert_eq!(words, ["refused", "unknown"], "{each:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_github_does_not_say_is_no_leave() {
    let bench = Bench::with_github(str::to_owned).await;
    bench.world.fault(Fault::GithubDown);
    let unknown = bench.run("previews teardown 407 --yes -o json").await.ends(1).result();
    let reason = unknown["reason"].as_str().unwrap();
    assert!(reason.contains("407 is not known to be closed (127.0.0.1:"), "{reason}");
    bench.world.fault(Fault::None);
    // To a token that sees nothing every pull request is a 404: none of them is gone for that.
    let hidden =
        Bench::with_github(|story| story.replace("repository: acme/shop\n  var", "repository: acme/moved\n  var"))
            .await;
    let unknown = hidden.run("previews teardown 398 --yes -o json").await.ends(1).result();
    assert!(unknown["reason"].as_str().unwrap().contains("is not known to be closed"), "{unknown:#}");
    bench.home.write("config/config.yaml", "");
    let none = bench.run("previews teardown 407 --yes -o json").await.ends(1).result();
    assert!(none["reason"].as_str().unwrap().contains("no repository is configured"), "{none:#}");
    assert_eq!((bench.deletions(), hidden.deletions()), (Vec::new(), Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_and_what_is_only_tried() {
    let bench = Bench::with_github(str::to_owned).await;
    let denied = bench.run("previews teardown 407 --yes --context viewer -o json").await.ends(4).result();
    assert!(denied["reason"].as_str().unwrap().contains("you may not delete namespace pr-407"), "{denied:#}");
    let dry = bench.run("previews teardown 407 --dry-run -o json").await.ends(0).result();
    assert_eq!(dry["reason"], "dry run: would be applied; nothing was changed");
    let plan = bench.run("previews teardown 407").await.ends(2).out;
    assert!(plan.contains("teardown Namespace pr-407 in context admin"), "{plan}");
    assert!(plan.contains("nothing brings it back"), "{plan}");
    bench.world.fault(Fault::Conflict);
    bench.run("previews teardown 407 --yes").await.ends(5);
    bench.world.fault(Fault::None);
    let namespace = bench.world.get("namespaces/pr-407").unwrap();
    assert_eq!((&namespace["status"]["phase"], bench.deletions().len()), (&json!("Active"), 0));
    let refused: Vec<_> = bench.records().iter().map(|record| record["kind"].clone()).collect();
    assert_eq!(refused, ["refused", "refused"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_is_listed_with_what_became_of_its_pull_request() {
    let bench = Bench::with_github(str::to_owned).await;
    let list = bench.run("previews list -o json").await.ends(1).json();
    let of = |list: &Value, name: &str| {
        let items = list["items"].as_array().unwrap();
        items.iter().find(|item| item["namespace"] == name).unwrap_or_else(|| panic!("{name}: {list:#}")).clone()
    };
    let orphan = of(&list, "pr-407");
    assert_eq!((&orphan["class"], &orphan["number"]), (&json!("orphan"), &json!(407)), "{orphan:#}");
    assert_eq!(of(&list, "pr-431")["pull"]["state"], "open");
    let table = bench.run("previews list").await.ends(1).out;
    assert!(table.starts_with("PREVIEW") && table.contains("pr-407"), "{table}");

    bench.world.fault(Fault::GithubDown);
    // On a busy machine it may be too late to tell that nobody is there: then nobody has answered.
    let blind = bench.run("previews list -o json").await.says("127.0.0.1:").json();
    assert_eq!((&of(&blind, "pr-407")["class"], &of(&blind, "pr-407")["pull"]), (&json!("unknown"), &Value::Null));
    bench.world.fault(Fault::None);
    bench.run("previews list --context nobody").await.ends(4);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_namespace_is_one_preview() {
    let bench = Bench::with_github(str::to_owned).await;
    let names = |list: &Value| -> Vec<Value> {
        list["items"].as_array().unwrap().iter().map(|item| item["namespace"].clone()).collect()
    };
    // The orphans elsewhere are no verdict on this one.
    let one = bench.run("previews list -n pr-431 -o json").await.ends(0).json();
    assert_eq!(names(&one), ["pr-431"]);
    let one = bench.run("previews list -n pr-407 -o json").await.ends(1).json();
    assert_eq!(names(&one), ["pr-407"]);
    bench.run("previews list -n pr-9").await.ends(3).says("there is no namespace pr-9");
    bench.run("previews list -n shop").await.ends(2).says("namespace shop is no preview");
    assert!(names(&bench.run("previews list -A -o json").await.json()).len() > 2);
    let other = bench.run("previews teardown 407 -n pr-431 --dry-run").await.ends(3).out;
    assert!(other.contains("there is no Namespace pr-407 where only pr-431 was asked for with -n"), "{other}");
    bench.run("previews teardown 407 -n pr-407 --dry-run").await.ends(0);

    let folder = bench.home.write("dir/a.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: { name: pr-7, uid: a }\n");
    bench.home.write("dir/b.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: { name: pr-8, uid: b }\n");
    let folder = folder.parent().unwrap().display().to_string();
    let one = bench.run(&format!("previews list -n pr-8 -o json --from-dir {folder}")).await.json();
    assert_eq!(names(&one), ["pr-8"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_github_does_not_say_is_not_ok() {
    let bench = Bench::new().await;
    bench.run("previews list").await.ends(0);
    bench.home.write("config/config.yaml", "github: { repository: acme/shop, url: \"http://127.0.0.1:1\" }\n");
    bench.run("previews list").await.ends(3).says("127.0.0.1");
    let folder = bench.home.write("dir/pr.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: { name: pr-7, uid: a }\n");
    bench.home.write("config/config.yaml", "");
    let folder = folder.parent().unwrap().display().to_string();
    let unknown = bench.run(&format!("previews list -o json --from-dir {folder}")).await.ends(3).json();
    assert_eq!(unknown["items"][0]["why"], "no repository is configured", "{unknown:#}");
}
