//! What the simulated GitHub answers to a GET.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::repo::{Artifact, DEFAULT_BRANCH, Repo, Run, Workflow, sha};
use super::{Call, Reply};

/// Answers a GET below `/repos/{owner}/{repo}`.
pub(super) fn read(repo: &Repo, call: &Call, rest: &[&str]) -> Reply {
    match rest {
        [] => Reply::ok(about(repo, call)),
        ["installation"] => Reply::ok(json!({"id": 7, "app_id": 42, "suspended_at": null})),
        ["releases", "latest"] => match &repo.release {
            Some((tag, published)) => Reply::ok(json!({"tag_name": tag, "name": tag, "published_at": published})),
            None => Reply::not_found(),
        },
        ["pulls"] => pulls(repo, call),
        ["pulls", number] => match repo.pulls.iter().find(|pull| pull["number"].as_u64() == number.parse().ok()) {
            Some(pull) => Reply::ok(pull.clone()),
            None => Reply::not_found(),
        },
        ["contents", path @ ..] => contents(repo, call, &path.join("/")),
        ["git", "blobs", wanted] => blob(repo, wanted),
        ["git", "ref", "heads", branch @ ..] => {
            let branch = branch.join("/");
            match repo.branches.contains_key(&branch) {
                true => Reply::ok(reference(repo, &branch)),
                false => Reply::not_found(),
            }
        }
        ["branches", branch] => match repo.branches.contains_key(*branch) {
            true => Reply::ok(branch_value(repo, branch)),
            false => Reply::refused(404, "Branch not found"),
        },
        ["rules", "branches", branch] => rules(repo, call, branch),
        ["check-runs", job, "annotations"] => annotations(repo, call, job),
        ["commits"] => commits(repo, call),
        ["actions", rest @ ..] => actions(repo, call, rest),
        _ => Reply::not_found(),
    }
}

fn actions(repo: &Repo, call: &Call, rest: &[&str]) -> Reply {
    match rest {
        ["workflows"] => {
            let all: Vec<Value> = repo.workflows.iter().map(|workflow| workflow_value(repo, workflow, call)).collect();
            named(call, "workflows", all)
        }
        ["workflows", name] => match repo.workflow(name) {
            Some(workflow) => Reply::ok(workflow_value(repo, workflow, call)),
            None => Reply::not_found(),
        },
        ["workflows", name, "runs"] => match repo.workflow(name) {
            Some(workflow) => named(call, "workflow_runs", runs(repo, call, workflow.id)),
            None => Reply::not_found(),
        },
        ["runs", id] => match run(repo, id) {
            Some(run) => Reply::ok(run.value(repo, &call.base)),
            None => Reply::not_found(),
        },
        ["runs", id, "jobs"] => match run(repo, id) {
            Some(run) => named(call, "jobs", jobs(run).into_iter().map(without_annotations).collect()),
            None => Reply::not_found(),
        },
        ["runs", id, "artifacts"] => {
            let of_run = repo.artifacts.iter().filter(|artifact| artifact.run.to_string() == *id);
            named(call, "artifacts", of_run.map(artifact_value).collect())
        }
        ["artifacts", id, "zip"] => match repo.artifact(id) {
            Some(artifact) if artifact.expired => Reply::refused(410, "Artifact has expired"),
            Some(artifact) => {
                let location = format!("{}/{}/{}.zip?sig=c2VjcmV0", call.store, repo.full_name, artifact.id);
                Reply { location: Some(location), ..Reply::of(302, Value::Null) }
            }
            None => Reply::not_found(),
        },
        ["variables", name] => match repo.variables.get(*name) {
            Some(value) => Reply::ok(json!({"name": name, "value": value})),
            None => Reply::not_found(),
        },
        _ => Reply::not_found(),
    }
}

fn about(repo: &Repo, call: &Call) -> Value {
    json!({"full_name": repo.full_name, "default_branch": DEFAULT_BRANCH, "archived": false, "private": true,
        "permissions": {"admin": false, "push": true, "pull": true}, "html_url": format!("{}/{}", call.base, repo.full_name)})
}

fn pulls(repo: &Repo, call: &Call) -> Reply {
    let state = if call.parameter("state").is_empty() { "open" } else { call.parameter("state") };
    let mut found: Vec<Value> =
        repo.pulls.iter().filter(|pull| state == "all" || pull["state"] == state).cloned().collect();
    let by = if call.parameter("sort") == "updated" { "updated_at" } else { "created_at" };
    found.sort_by(|a, b| b[by].as_str().cmp(&a[by].as_str()));
    if call.parameter("direction") == "asc" {
        found.reverse();
    }
    let (page, link) = page(call, found);
    Reply { link, ..Reply::ok(Value::Array(page)) }
}

fn contents(repo: &Repo, call: &Call, path: &str) -> Reply {
    let branch = if call.parameter("ref").is_empty() { DEFAULT_BRANCH } else { call.parameter("ref") };
    let Some(files) = repo.branches.get(branch) else {
        return Reply::refused(404, &format!("No commit found for the ref {branch}"));
    };
    match files.get(path) {
        Some(text) => {
            let mut file = file(path, text);
            // Whoever has this address may read the file without any other token, for a while.
            file["download_url"] = json!(format!("{}/raw/{}/{branch}/{path}?token=QUJDRA", call.store, repo.full_name));
            Reply::ok(file)
        }
        None => folder(files, path),
    }
}

/// What stands directly in a folder. One without files does not exist.
fn folder(files: &BTreeMap<String, String>, path: &str) -> Reply {
    let prefix = format!("{path}/");
    let mut entries = BTreeMap::new();
    for (file, text) in files {
        let Some(rest) = file.strip_prefix(&prefix) else { continue };
        let (kind, name) = match rest.split_once('/') {
            Some((folder, _)) => ("dir", folder),
            None => ("file", rest),
        };
        let size = if kind == "file" { text.len() } else { 0 };
        let path = format!("{prefix}{name}");
        let sha = sha(if kind == "file" { text } else { &path }.as_bytes());
        entries.insert(name, json!({"type": kind, "name": name, "path": path, "size": size, "sha": sha}));
    }
    if entries.is_empty() { Reply::not_found() } else { Reply::ok(entries.into_values().collect()) }
}

/// A file as the contents API hands it out: in lines of sixty, and above a megabyte not at all.
pub(super) fn file(path: &str, text: &str) -> Value {
    let packed = STANDARD.encode(text);
    let lines: Vec<&str> = packed.as_bytes().chunks(60).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    let is_large = text.len() > 1_000_000;
    let content = if is_large { String::new() } else { lines.join("\n") + "\n" };
    json!({"type": "file", "encoding": if is_large { "none" } else { "base64" }, "size": text.len(),
        "name": path.rsplit('/').next(), "path": path, "sha": sha(text.as_bytes()), "content": content})
}

fn blob(repo: &Repo, wanted: &str) -> Reply {
    let found = repo.branches.values().flat_map(|files| files.values()).find(|text| sha(text.as_bytes()) == wanted);
    match found {
        Some(text) => Reply::ok(
            json!({"sha": wanted, "size": text.len(), "encoding": "base64", "content": STANDARD.encode(text)}),
        ),
        None => Reply::not_found(),
    }
}

fn branch_value(repo: &Repo, branch: &str) -> Value {
    let is_protected = repo.is_protected && branch == DEFAULT_BRANCH;
    json!({"name": branch, "commit": {"sha": repo.head(branch)}, "protected": is_protected,
        "protection": {"enabled": is_protected}})
}

/// Also of a branch that does not exist: the rules that would hold for it.
fn rules(repo: &Repo, call: &Call, branch: &str) -> Reply {
    let types = repo.rules.iter().filter(|_| branch == DEFAULT_BRANCH);
    let rule = |kind: &String| json!({"type": kind, "ruleset_source_type": "Repository", "ruleset_source": repo.full_name, "ruleset_id": 21});
    let (page, link) = page(call, types.map(rule).collect());
    Reply { link, ..Reply::ok(Value::Array(page)) }
}

/// What a job left behind at its check run, which has the job's id.
fn annotations(repo: &Repo, call: &Call, job: &str) -> Reply {
    let all: Vec<Value> = repo.runs.iter().flat_map(jobs).collect();
    match all.iter().find(|it| it["id"].as_u64() == job.parse().ok()) {
        Some(job) => {
            let (page, link) = page(call, job["annotations"].as_array().cloned().unwrap_or_default());
            Reply { link, ..Reply::ok(Value::Array(page)) }
        }
        None => Reply::not_found(),
    }
}

pub(super) fn reference(repo: &Repo, branch: &str) -> Value {
    json!({"ref": format!("refs/heads/{branch}"), "object": {"type": "commit", "sha": repo.head(branch)}})
}

fn commits(repo: &Repo, call: &Call) -> Reply {
    let (path, branch) = (call.parameter("path"), call.parameter("sha"));
    let branch = if branch.is_empty() { DEFAULT_BRANCH } else { branch };
    let mut found: Vec<_> = repo
        .commits
        .iter()
        .filter(|commit| commit.branch == branch && (path.is_empty() || commit.path == path))
        .collect();
    found.sort_by(|a, b| b.at.cmp(&a.at));
    let value = |commit: &&super::repo::Commit| {
        let who = json!({"name": commit.author, "email": "someone@acme.example", "date": commit.at});
        json!({"sha": commit.sha, "author": {"login": commit.author}, "html_url": format!("{}/{}/commit/{}", call.base,
            repo.full_name, commit.sha), "commit": {"message": commit.message, "author": who, "committer": who}})
    };
    let (page, link) = page(call, found.iter().map(value).collect());
    Reply { link, ..Reply::ok(Value::Array(page)) }
}

fn workflow_value(repo: &Repo, workflow: &Workflow, call: &Call) -> Value {
    json!({"id": workflow.id, "name": workflow.name, "path": format!(".github/workflows/{}", workflow.file),
        "state": workflow.state, "html_url": format!("{}/{}/actions/workflows/{}", call.base, repo.full_name, workflow.file)})
}

fn runs(repo: &Repo, call: &Call, workflow: u64) -> Vec<Value> {
    let fits = |name: &str, value: &str| call.parameter(name).is_empty() || call.parameter(name) == value;
    let mut found: Vec<&Run> = repo
        .runs
        .iter()
        .filter(|run| run.workflow == workflow && fits("event", &run.event) && fits("branch", &run.branch))
        .filter(|run| fits("head_sha", &run.head) && fits("status", &run.status))
        .collect();
    found.sort_by(|a, b| (&b.created, b.id).cmp(&(&a.created, a.id)));
    found.into_iter().map(|run| run.value(repo, &call.base)).collect()
}

fn run<'a>(repo: &'a Repo, id: &str) -> Option<&'a Run> {
    repo.runs.iter().find(|run| run.id.to_string() == id)
}

fn jobs(run: &Run) -> Vec<Value> {
    if !run.jobs.is_empty() {
        return run.jobs.clone();
    }
    let step = json!({"name": "run", "number": 1, "status": run.status, "conclusion": run.conclusion});
    vec![json!({"id": run.id + 1, "run_id": run.id, "name": "run", "status": run.status, "conclusion": run.conclusion,
        "started_at": run.created, "completed_at": null, "steps": [step]})]
}

fn without_annotations(mut job: Value) -> Value {
    if let Some(fields) = job.as_object_mut() {
        fields.remove("annotations");
    }
    job
}

fn artifact_value(artifact: &Artifact) -> Value {
    json!({"id": artifact.id, "name": artifact.name, "size_in_bytes": artifact.zip().len(), "expired": artifact.expired,
        "created_at": artifact.created, "expires_at": null, "workflow_run": {"id": artifact.run}})
}

/// A page of a list that has a name and a count.
fn named(call: &Call, name: &str, all: Vec<Value>) -> Reply {
    let count = all.len();
    let (page, link) = page(call, all);
    let mut body = json!({"total_count": count});
    body[name] = Value::Array(page);
    Reply { link, ..Reply::ok(body) }
}

/// The page that is asked for, and the links to its neighbours.
fn page(call: &Call, all: Vec<Value>) -> (Vec<Value>, Option<String>) {
    let number = |name: &str, default: usize| call.parameter(name).parse().unwrap_or(default).max(1);
    let (size, at) = (number("per_page", 30).min(100), number("page", 1));
    let last = all.len().div_ceil(size).max(1);
    let link = |to: usize, rel: &str| {
        let query =
            call.query.iter().filter(|(name, _)| name != "page").map(|(name, value)| (name.clone(), value.clone()));
        let query: String = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(query.chain([("page".to_owned(), to.to_string())]))
            .finish();
        format!("<{}/{}?{query}>; rel=\"{rel}\"", call.base, call.segments.join("/"))
    };
    let mut links = Vec::new();
    if at > 1 {
        links.extend([link(at - 1, "prev"), link(1, "first")]);
    }
    if at < last {
        links.extend([link(at + 1, "next"), link(last, "last")]);
    }
    let page = all.into_iter().skip((at - 1).saturating_mul(size)).take(size).collect();
    (page, (!links.is_empty()).then(|| links.join(", ")))
}
