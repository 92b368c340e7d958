//! The repository `acme/shop` as GitHub's source would have told of it, for the tests of what changes there.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use crate::actions::fixture::now;
use crate::actions::guard::{Access, Authority};
use crate::actions::plan::{Plan, Refusal};
use crate::actions::{Wish, action};
use crate::release::flag;
use crate::release::model::Model;
use crate::release::object::ObjectId;
use crate::release::observation::{Change, Failure, FailureKind, Observation, Report, Said, SourceId};
use crate::release::preview::PreviewNamespace;
use crate::release::pull::{PullLookup, PullRequest};
use crate::release::repository::{About, BranchFile, Duty, Finding, FlagsFile, Topic, WorkflowView};
use crate::release::subject;
use crate::release::workflow::{read_runs, read_workflow};

pub const REPOSITORY: &str = "acme/shop";
pub const HEAD: &str = "1111111111111111111111111111111111111111";
pub const BLOB: &str = "aaaaaaabbbbbbbccccccc00000000000000000000";
/// Windows line ends, a comment, and no newline at the end.
pub const FLAGS: &str = "features:\r\n  new_checkout:\r\n    default: true # on\r\n    owners: [storefront]\r\n    rollout: { stage: 100, prod: 50 }\r\n  off:\r\n    default: false";
pub const VERIFY: &str = "jobs:\n  smoke:\n    steps:\n    - uses: actions/checkout@v4\n    - run: k6 run a.js # the test\n    # then\n    - run: echo";

pub fn flag() -> ObjectId {
    subject::flag(&REPOSITORY.into(), "new_checkout")
}

pub fn workflow(duty: Duty) -> ObjectId {
    subject::workflow(&REPOSITORY.into(), duty, file_of(duty))
}

pub fn limit() -> ObjectId {
    subject::limit(&REPOSITORY.into(), "INFRACOST_LIMIT")
}

pub fn preview() -> ObjectId {
    ObjectId { context: "prod".into(), namespace: "".into(), name: "pr-407".into(), uid: "uid-407".into() }
}

pub fn learn(model: &mut Model, finding: Finding) {
    let source = SourceId { context: REPOSITORY.into(), kind: "github".into() };
    model.observe(Report { source, said: Said::Partial(Observation::Repository(finding)) }, now());
}

/// All of it, seen.
pub fn shop() -> Model {
    let mut model = Model::default();
    learn(&mut model, about(|_| ()));
    learn(&mut model, flags(FLAGS, |_| ()));
    for duty in Duty::ALL {
        learn(&mut model, view(duty, "active"));
    }
    learn(&mut model, Finding::Limit(Some(Ok("25".parse().unwrap()))));
    for topic in Topic::ALL {
        learn(&mut model, Finding::Seen(topic));
    }
    model
}

pub fn about(change: impl FnOnce(&mut About)) -> Finding {
    let mut about = About {
        full_name: REPOSITORY.to_owned(),
        default_branch: "trunk".to_owned(),
        archived: false,
        may_push: Some(true),
        url: None,
    };
    change(&mut about);
    Finding::About(about)
}

pub fn flags(text: &str, change: impl FnOnce(&mut FlagsFile)) -> Finding {
    let file = BranchFile { path: "feature-flags/flags.yaml".to_owned(), ..source(text) };
    let mut file = FlagsFile { file, flags: flag::read(text) };
    change(&mut file);
    Finding::Flags(Some(Box::new(file)))
}

pub fn view(duty: Duty, state: &str) -> Finding {
    let workflow = format!(r#"{{"id":1,"name":"x","path":".github/workflows/x.yml","state":"{state}"}}"#);
    let source = (duty == Duty::Smoke).then(|| source(VERIFY));
    let runs = read_runs(br#"{"workflow_runs":[{"id":70,"run_number":7,"status":"completed"}]}"#).unwrap();
    let workflow = Some(read_workflow(workflow.as_bytes()).unwrap());
    let view = WorkflowView { file: file_of(duty).to_owned(), workflow, runs, jobs: None, source, unread: None };
    Finding::Workflow(duty, Box::new(view))
}

pub fn source(text: &str) -> BranchFile {
    BranchFile {
        path: ".github/workflows/verify-release.yml".to_owned(),
        branch: "main".to_owned(),
        sha: BLOB.to_owned(),
        text: text.into(),
        head: Some(HEAD.to_owned()),
        is_protected: Some(false),
    }
}

/// The same with another text in the smoke test's file.
pub fn smoke_file(text: &str) -> Finding {
    let Finding::Workflow(duty, mut view) = view(Duty::Smoke, "active") else { panic!("a workflow") };
    view.source = Some(source(text));
    Finding::Workflow(duty, view)
}

pub fn blind(topic: Topic, message: &str) -> Finding {
    let failure = Failure { kind: FailureKind::Unreachable, message: message.to_owned(), retry_in: None };
    Finding::Blind(topic, failure)
}

pub fn namespace() -> PreviewNamespace {
    PreviewNamespace {
        id: preview(),
        created: None,
        deleted_at: None,
        labels: Vec::new(),
        repository: None,
        conditions: Vec::new(),
    }
}

pub fn namespaces(model: &mut Model, all: Vec<PreviewNamespace>) {
    let source = SourceId { context: "prod".into(), kind: "namespaces".into() };
    for said in [Said::Observed(Observation::Previews(Change::Reset(all))), Said::Loaded] {
        model.observe(Report { source: source.clone(), said }, now());
    }
}

/// A pull request's fields beside its number, as GitHub has them.
pub fn pull(fields: &str) -> PullRequest {
    PullRequest::read(format!(r#"{{"number":407,"title":"t",{fields}}}"#).as_bytes()).unwrap()
}

pub fn lookup(model: &mut Model, lookup: PullLookup) {
    learn(model, Finding::Lookups(BTreeMap::from([(407, lookup)])));
    learn(model, Finding::Seen(Topic::Previews));
}

/// The plan of an action, with nothing else said.
pub fn plan(model: &Model, name: &str, target: &ObjectId) -> Result<Plan, Refusal> {
    plan_as(model, name, target, |_| ())
}

/// The same with more in the wish.
pub fn plan_as<'a>(
    model: &'a Model,
    name: &str,
    target: &'a ObjectId,
    more: impl FnOnce(&mut Wish<'a>),
) -> Result<Plan, Refusal> {
    static NOTHING_ASKED: Access = Access::new();
    let now = now().checked_add(SignedDuration::from_millis(10)).unwrap();
    let authority = Authority::default();
    let mut wish = Wish {
        model,
        target,
        now,
        revision: None,
        amount: None,
        reason: "",
        authority,
        access: &NOTHING_ASKED,
        shown: None,
    };
    more(&mut wish);
    action(name).unwrap().plan(&wish)
}

pub fn refused(model: &Model, name: &str, target: &ObjectId) -> String {
    plan(model, name, target).expect_err("a refusal").reason
}

fn file_of(duty: Duty) -> &'static str {
    match duty {
        Duty::Drift => "infra-drift.yml",
        Duty::Plan => "infra-plan.yml",
        Duty::Smoke => "verify-release.yml",
        Duty::Teardown => "preview-teardown.yml",
        Duty::Promote => "flags-promote.yml",
    }
}
