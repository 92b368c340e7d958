//! The simulated GitHub as a client meets it: preconditions, refusals, runs that get on.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::sim::{World, WorldConfig};

const REPO: &str = "/repos/acme/shop";
const FLAGS: &str = "/repos/acme/shop/contents/feature-flags/flags.yaml";

async fn world(protected: bool) -> World {
    world_with(&format!("protected: {protected}")).await
}

async fn world_with(line: &str) -> World {
    let story = include_str!("../../../fixtures/demo/github.yaml");
    let story = story.replace("  repository: acme/shop\n  var", &format!("  repository: acme/shop\n  {line}\n  var"));
    let mut config = WorldConfig::empty();
    config.stories.push(story);
    World::start(config).await.unwrap()
}

async fn ask(world: &World, method: &str, path: &str, body: Value) -> (u16, Value) {
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let is_question = method == reqwest::Method::GET;
    let mut request = client.request(method, format!("{}{path}", world.github_url()));
    if !body.is_null() {
        request = request.body(body.to_string());
    } else if !is_question {
        request = request.header("content-length", "0");
    }
    let answer = request.send().await.unwrap();
    let code = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (code, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

async fn get(world: &World, path: &str) -> (u16, Value) {
    ask(world, "GET", path, Value::Null).await
}

fn edit(text: &str, sha: &Value, branch: &str) -> Value {
    json!({"message": "kill: new_checkout", "content": STANDARD.encode(text), "sha": sha, "branch": branch})
}

#[tokio::test]
async fn a_file_is_written_only_over_the_version_that_was_read() {
    let world = world(false).await;
    let (_, before) = get(&world, FLAGS).await;
    assert_eq!(ask(&world, "PUT", FLAGS, edit("features: {}\n", &Value::Null, "main")).await.0, 422);
    let (code, after) = ask(&world, "PUT", FLAGS, edit("features: {}\n", &before["sha"], "main")).await;
    assert_eq!(code, 200, "{after}");
    let (code, stale) = ask(&world, "PUT", FLAGS, edit("x", &before["sha"], "main")).await;
    assert_eq!((code, stale["message"].as_str().unwrap().contains("does not match")), (409, true));
    assert_eq!(get(&world, FLAGS).await.1["sha"], after["content"]["sha"]);
    let (_, commits) = get(&world, &format!("{REPO}/commits?path=feature-flags/flags.yaml")).await;
    assert_eq!(commits[0]["commit"]["message"], "kill: new_checkout");
    assert_eq!(commits[0]["sha"], after["commit"]["sha"]);
    assert_eq!(ask(&world, "PUT", FLAGS, edit("x", &Value::Null, "nowhere")).await.0, 404);
}

#[tokio::test]
async fn a_protected_branch_takes_a_pull_request() {
    let world = world(true).await;
    let (_, before) = get(&world, FLAGS).await;
    let (code, refused) = ask(&world, "PUT", FLAGS, edit("x", &before["sha"], "main")).await;
    assert_eq!((code, refused["message"].as_str().unwrap().contains("pull request")), (409, true));
    let (_, main) = get(&world, &format!("{REPO}/git/ref/heads/main")).await;
    let (_, branch) = get(&world, &format!("{REPO}/branches/main")).await;
    assert_eq!((&branch["commit"]["sha"], &branch["protected"]), (&main["object"]["sha"], &json!(true)));
    let reference = json!({"ref": "refs/heads/kill", "sha": main["object"]["sha"]});
    assert_eq!(ask(&world, "POST", &format!("{REPO}/git/refs"), reference.clone()).await.0, 201);
    assert_eq!(ask(&world, "POST", &format!("{REPO}/git/refs"), reference).await.0, 422);
    let pull = json!({"title": "kill", "head": "kill", "base": "main"});
    assert_eq!(ask(&world, "POST", &format!("{REPO}/pulls"), pull.clone()).await.0, 422, "nothing to merge yet");
    assert_eq!(ask(&world, "PUT", FLAGS, edit("features: {}\n", &before["sha"], "kill")).await.0, 200);
    let (code, opened) = ask(&world, "POST", &format!("{REPO}/pulls"), pull).await;
    assert_eq!((code, opened["number"].as_u64()), (201, Some(432)));
    assert_eq!(get(&world, FLAGS).await.1["sha"], before["sha"], "not yet in effect");
    assert_eq!(ask(&world, "PUT", &format!("{REPO}/pulls/432/merge"), json!({})).await.0, 200);
    assert_ne!(get(&world, FLAGS).await.1["sha"], before["sha"]);
    assert!(get(&world, &format!("{REPO}/pulls/432")).await.1["merged_at"].is_string());
}

#[tokio::test]
async fn a_ruleset_is_another_way_to_protect() {
    let world = world_with("rules: [pull_request, deletion]").await;
    assert_eq!(get(&world, &format!("{REPO}/branches/main")).await.1["protected"], false);
    let (_, rules) = get(&world, &format!("{REPO}/rules/branches/main")).await;
    assert_eq!(rules[0]["type"], "pull_request");
    assert_eq!(get(&world, &format!("{REPO}/rules/branches/other")).await.1, json!([]));
    let (_, before) = get(&world, FLAGS).await;
    let (code, refused) = ask(&world, "PUT", FLAGS, edit("x", &before["sha"], "main")).await;
    assert_eq!((code, refused["message"].as_str().unwrap().contains("rule violations")), (409, true));
}

#[tokio::test]
async fn a_workflow_file_takes_a_permission_of_its_own() {
    let world = world(false).await;
    let smoke = format!("{REPO}/contents/.github/workflows/verify-release.yml");
    let (_, before) = get(&world, &smoke).await;
    for (token, code) in [("contents-only", 403), ("no-workflows", 404), ("anyone", 200)] {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.put(format!("{}{smoke}", world.github_url())).bearer_auth(token);
        let answer = request.body(edit("name: x\n", &before["sha"], "main").to_string()).send().await.unwrap();
        let needed = answer.headers().get("x-accepted-github-permissions").map(|it| it.to_str().unwrap().to_owned());
        assert_eq!(answer.status().as_u16(), code, "{token}");
        assert_eq!(needed.is_some_and(|needed| needed.contains("workflows=write")), code == 403);
    }
}

#[tokio::test]
async fn a_branch_may_begin_at_an_older_commit() {
    let world = world(false).await;
    let (_, old) = get(&world, &format!("{REPO}/branches/main")).await;
    let (_, before) = get(&world, FLAGS).await;
    assert_eq!(ask(&world, "PUT", FLAGS, edit("features: {}\n", &before["sha"], "main")).await.0, 200);
    let reference = json!({"ref": "refs/heads/kill", "sha": old["commit"]["sha"]});
    assert_eq!(ask(&world, "POST", &format!("{REPO}/git/refs"), reference).await.0, 201);
    assert_eq!(get(&world, &format!("{FLAGS}?ref=kill")).await.1["sha"], before["sha"]);
    let (_, folder) = get(&world, &format!("{REPO}/contents/infra")).await;
    let names: Vec<_> = folder.as_array().unwrap().iter().map(|it| (it["name"].clone(), it["type"].clone())).collect();
    assert_eq!(json!(names), json!([["main.tf", "file"], ["modules", "dir"], ["storage.tf", "file"]]));
}

#[tokio::test]
async fn workflows_are_switched_and_dispatched_and_variables_set() {
    let world = world(false).await;
    let drift = format!("{REPO}/actions/workflows/infra-drift.yml");
    let unmeasured = reqwest::Client::builder().no_proxy().build().unwrap();
    let unmeasured = unmeasured.put(format!("{}{drift}/disable", world.github_url())).send().await.unwrap();
    assert_eq!(unmeasured.status().as_u16(), 411, "without a length, as the real one");
    assert_eq!(ask(&world, "PUT", &format!("{drift}/disable"), Value::Null).await.0, 204);
    assert_eq!(get(&world, &drift).await.1["state"], "disabled_manually");
    let dispatches = format!("{drift}/dispatches");
    assert_eq!(ask(&world, "POST", &dispatches, json!({"ref": "main"})).await.0, 422);
    assert_eq!(ask(&world, "PUT", &format!("{drift}/enable"), Value::Null).await.0, 204);
    assert_eq!(ask(&world, "POST", &dispatches, json!({"ref": "nowhere"})).await.0, 422);
    assert_eq!(ask(&world, "POST", &dispatches, json!({"ref": "main"})).await.0, 204);
    let (_, runs) = get(&world, &format!("{drift}/runs?per_page=1")).await;
    let run = &runs["workflow_runs"][0];
    assert_eq!((run["event"].as_str(), run["status"].as_str()), (Some("workflow_dispatch"), Some("queued")));
    let (_, artifacts) = get(&world, &format!("{REPO}/actions/runs/{}/artifacts", run["id"])).await;
    assert_eq!(artifacts["total_count"], 1);
    let variable = format!("{REPO}/actions/variables/INFRACOST_LIMIT");
    assert_eq!(ask(&world, "PATCH", &variable, json!({"name": "INFRACOST_LIMIT", "value": "100"})).await.0, 204);
    assert_eq!(get(&world, &variable).await.1["value"], "100");
    assert_eq!(ask(&world, "PATCH", &format!("{REPO}/actions/variables/OTHER"), json!({"value": "1"})).await.0, 404);
}

#[tokio::test]
async fn a_preview_is_stuck_on_its_finalizer() {
    let world = world(false).await;
    let stuck = world.get("namespaces/pr-412").unwrap();
    let messages = stuck["status"]["conditions"].to_string();
    assert!(messages.contains("storage.acme.example/bucket in 1 resource instances"), "{messages}");
    assert!(messages.contains("configmaps. has 1 resource instances"), "{messages}");
    assert_eq!(stuck["status"]["phase"], "Terminating");
    assert!(world.get("namespaces/pr-407").is_some());
}
