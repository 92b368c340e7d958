//! The repository `acme/shop` on a bad day, as GitHub's readers make it out of answers: for the tests of this crate.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::commit::Commit;
use super::model::Model;
use super::object::ObjectId;
use super::observation::{Change, Failure, FailureKind, Observation, PreviewRequests, Report, Said, SourceId};
use super::preview::{NamespaceCondition, PreviewNamespace};
use super::pull::{PullLookup, PullRequest};
use super::repository::{
    About, BranchFile, Duty, Finding, FlagsFile, FromRun, PullCost, Release, RunJobs, Topic, WorkflowView,
};
use super::requests::Requested;
use super::workflow::{Conclusion, Run, read_jobs, read_runs, read_workflow};
use super::{blame, cost, drift, flag, smoke};

pub const REPOSITORY: &str = "acme/shop";

pub const FLAGS: &str = "features:
  new_checkout: { default: false, owners: [storefront], rollout: { stage: 100, prod: 100 } }
  reranker: { default: false, owners: [search], rollout: { prod: 5 }, guardrails: { requires: [capacity_review] } }
  odd_one: { default: off, owners: [] }
  batch_import: { default: false, owners: [data], guardrails: { requires: [db_gate, new_checkout] } }
";

/// So many hours before.
pub fn ago(now: Timestamp, hours: i64) -> Timestamp {
    now - SignedDuration::from_hours(hours)
}

/// A pull request: `fields` beside number and title, as GitHub has them.
pub fn pull(number: u64, title: &str, fields: &str) -> PullRequest {
    let json = format!(
        r#"{{"number":{number},"title":"{title}","user":{{"login":"ada"}},"head":{{"sha":"head-{number}"}},{fields}}}"#
    );
    PullRequest::read(json.as_bytes()).unwrap()
}

/// An open one that was pushed to so many hours ago.
pub fn open(now: Timestamp, number: u64, title: &str, hours: i64) -> PullRequest {
    pull(number, title, &format!(r#""state":"open","updated_at":"{}""#, ago(now, hours)))
}

/// One that was merged so many hours ago.
pub fn merged(now: Timestamp, number: u64, title: &str, hours: i64) -> PullRequest {
    let at = ago(now, hours);
    pull(number, title, &format!(r#""state":"closed","merged_at":"{at}","updated_at":"{at}""#))
}

/// A run that has completed: its id is its number.
pub fn run(now: Timestamp, id: u64, event: &str, conclusion: &str, hours: i64) -> Run {
    let json = format!(
        r#"{{"workflow_runs":[{{"id":{id},"run_number":{id},"event":"{event}","status":"completed",
        "conclusion":{conclusion},"created_at":"{}","html_url":"https://github.com/acme/shop/actions/runs/{id}"}}]}}"#,
        ago(now, hours)
    );
    read_runs(json.as_bytes()).unwrap().remove(0)
}

/// A workflow in that state with these runs.
pub fn workflow(duty: Duty, file: &str, state: &str, runs: Vec<Run>) -> Finding {
    let workflow =
        read_workflow(format!(r#"{{"id":1,"path":".github/workflows/{file}","state":"{state}"}}"#).as_bytes());
    let view = WorkflowView {
        file: file.to_owned(),
        workflow: Some(workflow.unwrap()),
        runs,
        jobs: None,
        source: None,
        unread: None,
    };
    Finding::Workflow(duty, Box::new(view))
}

/// The cost of the head of a pull request: a diff of that much.
pub fn priced(number: u64, delta: &str) -> PullCost {
    let report = format!(
        r#"{{"version":"0.2","metadata":{{"infracostCommand":"diff"}},"currency":"USD","pastTotalMonthlyCost":"812.50",
        "totalMonthlyCost":"900","diffTotalMonthlyCost":"{delta}","projects":[{{"name":"infra",
        "diff":{{"totalMonthlyCost":"{delta}"}}}}],"summary":{{"totalNoPriceResources":2}}}}"#
    );
    of_report(number, Some(Ok(cost::read(report.as_bytes()).unwrap())))
}

/// The cost of the head of a pull request, whose run left that.
pub fn of_report(number: u64, content: Option<Result<cost::Cost, String>>) -> PullCost {
    let report = FromRun { run: number, run_at: None, content };
    PullCost { number, head_sha: format!("head-{number}"), report: Some(report), conclusion: Some(Conclusion::Success) }
}

/// The cost of the head of a pull request for which the plan has not run.
fn not_run(number: u64) -> PullCost {
    PullCost { report: None, ..of_report(number, None) }
}

/// A plan with a drifted resource, one that somebody changed outside on top of a pending change, and a harmless one.
pub fn plan() -> drift::Drift {
    let change = |address: &str| {
        let (kind, name) = address.split_once('.').unwrap();
        format!(
            r#"{{"address":"{address}","mode":"managed","type":"{kind}","name":"{name}","change":{{"actions":["update"]}}}}"#
        )
    };
    let (group, logs, tags) = (change("aws_security_group.orders"), change("aws_s3_bucket.logs"), change("aws_x.tags"));
    let json = format!(
        r#"{{"format_version":"1.2","resource_drift":[{group},{logs},{tags}],"resource_changes":[{group}],
        "applyable":true,"complete":true,"errored":false}}"#
    );
    drift::read(json.as_bytes(), &["aws_x.*"]).unwrap()
}

/// What k6 wrote: thresholds of `http_req_duration` as `{...}`, and checks that passed and failed.
pub fn summary(thresholds: &str, passes: u64, fails: u64) -> smoke::Smoke {
    let json = format!(
        r#"{{"root_group":{{"groups":{{}},"checks":{{"a":{{"passes":{passes},"fails":{fails}}}}}}},
        "metrics":{{"http_req_duration":{{"avg":1,"thresholds":{{{thresholds}}}}}}}}}"#
    );
    smoke::read(json.as_bytes()).unwrap()
}

/// What is read out of the run of that id.
pub fn from_run<T>(run: u64, content: T) -> Option<FromRun<T>> {
    Some(FromRun { run, run_at: None, content: Some(Ok(content)) })
}

/// The flags file with that text.
pub fn flags(text: &str) -> FlagsFile {
    let file = BranchFile {
        path: "feature-flags/flags.yaml".to_owned(),
        branch: "main".to_owned(),
        sha: "aaaaaaabbbbbbbccccccc00000000000000000000".to_owned(),
        text: text.into(),
        head: Some("1111111111111111111111111111111111111111".to_owned()),
        is_protected: Some(false),
    };
    FlagsFile { file, flags: flag::read(text) }
}

/// Everything that can be found out, and every topic seen.
pub fn findings(now: Timestamp) -> Vec<Finding> {
    let commit = |author: &str, message: &str, hours| Commit {
        sha: "c0ffee1234567890".to_owned(),
        author: Some(author.to_owned()),
        at: Some(ago(now, hours)),
        message: message.to_owned(),
        url: None,
    };
    let touched = blame::Blame { file: "infra/storage.tf".to_owned(), commit: commit("grace", "Keep logs", 8) };
    let jobs = br#"{"jobs":[{"id":5,"name":"smoke","status":"completed","conclusion":"success",
        "steps":[{"name":"k6","status":"completed","conclusion":"success"}]}]}"#;
    let runs = vec![run(now, 70, "release", "\"success\"", 26)];
    let Finding::Workflow(_, mut smoke_view) = workflow(Duty::Smoke, "verify-release.yml", "active", runs) else {
        unreachable!("a workflow");
    };
    smoke_view.jobs = Some(RunJobs { run: 70, jobs: read_jobs(jobs).unwrap() });
    let closed = pull(407, "A banner", &format!(r#""state":"closed","closed_at":"{}""#, ago(now, 120)));
    let found = |pull| PullLookup::Found(Box::new(pull));
    let about = About {
        full_name: REPOSITORY.to_owned(),
        default_branch: "main".to_owned(),
        archived: false,
        may_push: Some(true),
        url: None,
    };
    let mut findings = vec![
        Finding::About(about),
        Finding::Pulls {
            open: vec![
                open(now, 431, "Search by colour", 1),
                open(now, 428, "A larger database", 3),
                open(now, 425, "Move the queue", 9),
                open(now, 398, "Try the resizer", 300),
            ],
            merged: vec![merged(now, 412, "Resize the cache", 1), merged(now, 419, "Keep logs", 8)],
            closed: Vec::new(),
            is_cut: false,
        },
        Finding::Release(Some(Release { tag: "v2.9.1".to_owned(), published: Some(ago(now, 26)) })),
        Finding::Lookups(BTreeMap::from([(407, found(closed)), (300, PullLookup::NotFound)])),
        Finding::Workflow(Duty::Smoke, smoke_view),
        workflow(Duty::Drift, "infra-drift.yml", "active", vec![run(now, 50, "schedule", "\"success\"", 5)]),
        workflow(Duty::Plan, "infra-plan.yml", "active", Vec::new()),
        workflow(Duty::Teardown, "preview-teardown.yml", "active", Vec::new()),
        workflow(Duty::Promote, "flags-promote.yml", "active", Vec::new()),
        Finding::Plan(from_run(50, plan())),
        Finding::GoodPlan(Some(ago(now, 5))),
        Finding::Blame(BTreeMap::from([("aws_s3_bucket.logs".to_owned(), touched)])),
        Finding::Smoke(from_run(70, summary("", 297, 3))),
        Finding::Costs(vec![
            priced(428, "84.20"),
            priced(425, "3"),
            priced(419, "22.50"),
            priced(412, "2"),
            not_run(431),
            not_run(398),
        ]),
        Finding::Flags(Some(Box::new(flags(FLAGS)))),
        Finding::History(vec![commit("ada", "new_checkout to everybody", 1)]),
        Finding::Limit(Some(Ok("25".parse().unwrap()))),
        Finding::LimitVariable { name: "INFRACOST_LIMIT".to_owned(), otherwise: None },
    ];
    findings.extend(Topic::ALL.map(Finding::Seen));
    findings
}

/// Has the model take that in.
pub fn learn(model: &mut Model, finding: Finding, now: Timestamp) {
    let source = SourceId { context: REPOSITORY.into(), kind: "github".into() };
    model.observe(Report { source, said: Said::Partial(Observation::Repository(finding)) }, now);
}

/// One of its topics cannot be looked at.
pub fn blind(topic: Topic, kind: FailureKind, message: &str) -> Finding {
    Finding::Blind(topic, Failure { kind, message: message.to_owned(), retry_in: None })
}

/// A preview of that number in that context, three days old.
pub fn preview(now: Timestamp, context: &str, number: u64) -> PreviewNamespace {
    let name = format!("pr-{number}");
    let uid = format!("uid-{name}");
    PreviewNamespace {
        id: ObjectId { context: context.into(), namespace: "".into(), name: (&*name).into(), uid: (&*uid).into() },
        created: Some(ago(now, 72)),
        deleted_at: None,
        labels: vec!["preview".to_owned()],
        repository: None,
        conditions: Vec::new(),
    }
}

/// One that has been going for so many minutes, held by a finalizer.
pub fn leaving(now: Timestamp, context: &str, number: u64, minutes: i64) -> PreviewNamespace {
    let condition = NamespaceCondition {
        kind: "NamespaceFinalizersRemaining".to_owned(),
        holds: true,
        reason: "SomeFinalizersRemain".to_owned(),
        message: "Some content in the namespace has finalizers remaining: storage.acme.example/bucket in 1 resource \
            instances"
            .to_owned(),
    };
    PreviewNamespace {
        deleted_at: Some(now - SignedDuration::from_mins(minutes)),
        conditions: vec![condition],
        ..preview(now, context, number)
    }
}

/// Previews of each class in that context, and what their pods reserve.
pub fn see_previews(model: &mut Model, context: &str, now: Timestamp) {
    let mut all: Vec<PreviewNamespace> = [431, 398, 407, 300, 77].map(|number| preview(now, context, number)).into();
    all.push(leaving(now, context, 412, 44));
    all[4].repository = Some("acme/other".to_owned());
    let requested = Requested { cpu: "0.5".parse().unwrap(), memory: 268_435_456.into(), unreadable: 0 };
    let requests = PreviewRequests { uid: all[0].id.uid.clone(), requested: Ok(requested), pods: 2 };
    for (kind, said) in [
        ("namespaces", Said::Observed(Observation::Previews(Change::Reset(all)))),
        ("namespaces", Said::Loaded),
        ("preview-requests", Said::Observed(Observation::PreviewRequests(requests))),
        ("preview-requests", Said::Loaded),
        ("preview-requests", Said::Resting(SignedDuration::from_mins(2))),
    ] {
        model.observe(Report { source: SourceId { context: context.into(), kind: kind.into() }, said }, now);
    }
}

/// A model with the whole repository, and previews in that context.
pub fn shop(context: &str, now: Timestamp) -> Model {
    let mut model = Model::default();
    see_shop(&mut model, context, now);
    model
}

/// The same in a model that has seen other things.
pub fn see_shop(model: &mut Model, context: &str, now: Timestamp) {
    for finding in findings(now) {
        learn(model, finding, now);
    }
    see_previews(model, context, now);
}
