//! What can be changed on the simulated GitHub, with the preconditions and refusals of the real one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::Method;
use serde_json::{Value, json};

use super::read;
use super::repo::{DEFAULT_BRANCH, Repo, Run, sha};
use super::{Call, Reply};
use crate::sim::value::stamp;

/// Who writes.
const AUTHOR: &str = "flightdeck-operator";

/// Answers a write below `/repos/{owner}/{repo}`. `id` is for what comes into being.
pub(super) fn write(repo: &mut Repo, call: &Call, rest: &[&str], id: u64) -> Reply {
    match (call.method.clone(), rest) {
        (Method::PUT, ["contents", path @ ..]) => put_contents(repo, call, &path.join("/")),
        (Method::POST, ["git", "refs"]) => create_ref(repo, call),
        (Method::POST, ["pulls"]) => create_pull(repo, call),
        (Method::PUT, ["pulls", number, "merge"]) => merge(repo, call, number),
        (Method::PATCH, ["pulls", number]) => close(repo, call, number),
        (Method::PUT, ["actions", "workflows", name, switch @ ("enable" | "disable")]) => {
            let state = if *switch == "enable" { "active" } else { "disabled_manually" };
            let found = repo.workflows.iter_mut().find(|it| it.file == *name || it.id.to_string() == *name);
            match found {
                Some(workflow) => {
                    workflow.state = state.to_owned();
                    Reply::empty()
                }
                None => Reply::not_found(),
            }
        }
        (Method::POST, ["actions", "workflows", name, "dispatches"]) => dispatch(repo, call, name, id),
        (Method::PATCH, ["actions", "variables", name]) => match repo.variables.get_mut(*name) {
            Some(value) if call.body["value"].is_string() => {
                *value = call.text("value").to_owned();
                Reply::empty()
            }
            Some(_) => Reply::invalid("Variable", "value must be a string"),
            None => Reply::not_found(),
        },
        _ => Reply::not_found(),
    }
}

fn put_contents(repo: &mut Repo, call: &Call, path: &str) -> Reply {
    let branch = if call.text("branch").is_empty() { DEFAULT_BRANCH } else { call.text("branch") };
    let Some(files) = repo.branches.get(branch) else {
        return Reply::refused(404, &format!("Branch {branch} not found"));
    };
    if call.text("message").is_empty() {
        return Reply::refused(422, "Invalid request.\n\n\"message\" wasn't supplied.");
    }
    let decoded =
        STANDARD.decode(call.text("content").replace('\n', "")).ok().and_then(|it| String::from_utf8(it).ok());
    let Some(text) = decoded else { return Reply::refused(422, "content is not valid Base64") };
    match (files.get(path), call.text("sha")) {
        (Some(_), "") => return Reply::refused(422, "Invalid request.\n\n\"sha\" wasn't supplied."),
        (Some(held), given) if sha(held.as_bytes()) != given => {
            return Reply::refused(409, &format!("{path} does not match {given}"));
        }
        _ => {}
    }
    if let Some(message) = repo.refusal(branch) {
        return Reply::refused(409, message);
    }
    let is_new = !files.contains_key(path);
    let commit = repo.commit(branch, path, &text, call.text("message"), AUTHOR, call.now);
    let code = if is_new { 201 } else { 200 };
    Reply::of(
        code,
        json!({"content": read::file(path, &text), "commit": {"sha": commit, "message": call.text("message")}}),
    )
}

fn create_ref(repo: &mut Repo, call: &Call) -> Reply {
    let Some(branch) = call.text("ref").strip_prefix("refs/heads/").filter(|branch| !branch.is_empty()) else {
        return Reply::refused(422, "Reference name must start with 'refs/'");
    };
    if repo.branches.contains_key(branch) {
        return Reply::refused(422, "Reference already exists");
    }
    let Some(files) = repo.at(call.text("sha")) else {
        return Reply::refused(422, "Object does not exist");
    };
    repo.branches.insert(branch.to_owned(), files);
    let mut reference = read::reference(repo, branch);
    reference["object"]["sha"] = json!(call.text("sha"));
    Reply::of(201, reference)
}

fn create_pull(repo: &mut Repo, call: &Call) -> Reply {
    let (head, base) = (call.text("head"), call.text("base"));
    let head = head.split_once(':').map_or(head, |(_, branch)| branch);
    if !repo.branches.contains_key(head) {
        return Reply::invalid("PullRequest", "head is invalid");
    }
    if !repo.branches.contains_key(base) {
        return Reply::invalid("PullRequest", "base is invalid");
    }
    if repo.branches.get(head) == repo.branches.get(base) {
        return Reply::invalid("PullRequest", &format!("No commits between {base} and {head}"));
    }
    if repo.pulls.iter().any(|pull| pull["state"] == "open" && pull["head"]["ref"] == head) {
        return Reply::invalid("PullRequest", &format!("A pull request already exists for acme:{head}."));
    }
    let number = repo.pulls.iter().filter_map(|pull| pull["number"].as_u64()).max().unwrap_or(0) + 1;
    let now = stamp(call.now);
    let pull = json!({
        "number": number, "title": call.text("title"), "body": call.text("body"), "draft": false, "state": "open",
        "user": {"login": AUTHOR}, "created_at": now, "updated_at": now, "merged_at": null, "closed_at": null,
        "html_url": format!("{}/{}/pull/{number}", call.base, repo.full_name),
        "head": {"ref": head, "sha": repo.head(head), "repo": {"full_name": repo.full_name}},
        "base": {"ref": base, "sha": repo.head(base), "repo": {"full_name": repo.full_name}},
    });
    repo.pulls.push(pull.clone());
    Reply::of(201, pull)
}

fn merge(repo: &mut Repo, call: &Call, number: &str) -> Reply {
    let Some(at) = repo.pulls.iter().position(|pull| pull["number"].as_u64() == number.parse().ok()) else {
        return Reply::not_found();
    };
    let Some(pull) = repo.pulls.get(at).cloned() else { return Reply::not_found() };
    if pull["state"] != "open" {
        return Reply::refused(405, "Pull Request is not mergeable");
    }
    if !call.text("sha").is_empty() && pull["head"]["sha"] != call.text("sha") {
        return Reply::refused(409, "Head branch was modified. Review and try the merge again.");
    }
    let head = pull["head"]["ref"].as_str().unwrap_or_default().to_owned();
    let files = repo.branches.get(&head).cloned().unwrap_or_default();
    let mut commit = repo.head(DEFAULT_BRANCH);
    for (path, text) in files {
        if repo.branches.get(DEFAULT_BRANCH).and_then(|files| files.get(&path)) != Some(&text) {
            let message = format!("Merge pull request #{number}");
            commit = repo.commit(DEFAULT_BRANCH, &path, &text, &message, AUTHOR, call.now);
        }
    }
    if let Some(pull) = repo.pulls.get_mut(at) {
        let now = Value::String(stamp(call.now));
        for field in ["merged_at", "closed_at", "updated_at"] {
            pull[field] = now.clone();
        }
        pull["state"] = json!("closed");
    }
    Reply::ok(json!({"sha": commit, "merged": true, "message": "Pull Request successfully merged"}))
}

/// Closes a pull request without merging it; its branch stays.
fn close(repo: &mut Repo, call: &Call, number: &str) -> Reply {
    let found = repo.pulls.iter_mut().find(|pull| pull["number"].as_u64() == number.parse().ok());
    let Some(pull) = found else { return Reply::not_found() };
    if call.text("state") != "closed" || pull["state"] != "open" {
        return Reply::refused(422, "Validation Failed");
    }
    let now = Value::String(stamp(call.now));
    (pull["closed_at"], pull["updated_at"], pull["state"]) = (now.clone(), now, json!("closed"));
    Reply::ok(pull.clone())
}

/// Begins a run that leaves behind what the last one did.
fn dispatch(repo: &mut Repo, call: &Call, name: &str, id: u64) -> Reply {
    let Some(workflow) = repo.workflow(name) else { return Reply::not_found() };
    let (workflow, is_active) = (workflow.id, workflow.state == "active");
    if !is_active {
        return Reply::refused(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow");
    }
    let branch = call.text("ref").trim_start_matches("refs/heads/").to_owned();
    if !repo.branches.contains_key(&branch) {
        return Reply::refused(422, &format!("No ref found for: {branch}"));
    }
    let run = id + 17_100_000_000;
    let of_workflow = repo.runs.iter().filter(|run| run.workflow == workflow);
    let last = of_workflow.clone().max_by(|a, b| a.created.cmp(&b.created)).map(|run| run.id);
    let number = of_workflow.map(|run| run.number).max().unwrap_or(0) + 1;
    let copies: Vec<_> = repo.artifacts.iter().filter(|artifact| Some(artifact.run) == last).cloned().collect();
    for (index, mut artifact) in (1..).zip(copies) {
        (artifact.id, artifact.run, artifact.created) = (run + index, run, stamp(call.now));
        repo.artifacts.push(artifact);
    }
    repo.runs.push(Run {
        id: run,
        workflow,
        number,
        event: "workflow_dispatch".to_owned(),
        status: "queued".to_owned(),
        conclusion: None,
        created: stamp(call.now),
        head: repo.head(&branch),
        branch,
        actor: Some(AUTHOR.to_owned()),
        jobs: Vec::new(),
        begun: Some(call.now),
    });
    Reply::empty()
}
