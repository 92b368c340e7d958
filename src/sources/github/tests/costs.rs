//! Which run prices a pull request, also where newer ones have pushed it off the page.

use serde_json::json;

use super::*;
use crate::release::pull::PullRequest;
use crate::release::repository::WorkflowView;
use crate::release::workflow::read_runs;
use crate::sources::github::costs::{Costs, RUNS};

/// A page of so many runs for other heads.
fn page(count: usize) -> WorkflowView {
    let run =
        |number: usize| json!({"id": number, "head_sha": "other", "status": "completed", "conclusion": "success"});
    let runs: Vec<_> = (0..count).map(run).collect();
    let runs = read_runs(json!({ "workflow_runs": runs }).to_string().as_bytes()).unwrap();
    WorkflowView { file: "infra-plan.yml".to_owned(), workflow: None, runs, jobs: None, source: None, unread: None }
}

/// What is said of one pull request, and what was asked for it.
async fn said(view: WorkflowView, answer: Reply) -> (Option<Option<Result<(), String>>>, Vec<String>) {
    let github = Double::new(move |_, seen| {
        match seen.path.split_once("/actions").and_then(|(_, path)| path.split('?').next()) {
            Some("/workflows/infra-plan.yml/runs") => answer.clone(),
            Some("/runs/7/artifacts") => Reply::ok(r#"{"artifacts":[]}"#),
            _ => Reply::new(500, ""),
        }
    });
    let client = client(&github.serve().await).await;
    let pull = PullRequest::read(br#"{"number":412,"state":"open","head":{"sha":"abc","ref":"cache"}}"#).unwrap();
    let mut costs = Costs::new("*infracost*");
    let found = costs.of(&client, "/repos/acme/shop", &view, [&pull].into_iter()).await.unwrap();
    let report = found[0].report.clone().map(|report| report.content.map(|content| content.map(|_| ())));
    (report, github.seen().iter().map(|seen| seen.path.clone()).collect())
}

#[tokio::test]
async fn a_run_that_was_pushed_off_the_page_is_asked_for() {
    let runs = r#"{"workflow_runs":[{"id":7,"head_sha":"abc","status":"completed","conclusion":"success"}]}"#;
    let (report, asked) = said(page(RUNS), Reply::ok(runs)).await;
    assert_eq!(report, Some(None), "it ran and left no report");
    assert!(asked[0].ends_with("/infra-plan.yml/runs?head_sha=abc&per_page=20"), "{asked:?}");
    let (report, asked) = said(page(RUNS - 1), Reply::ok(runs)).await;
    assert_eq!((report, asked.len()), (None, 0), "all runs are on the page");
    let (report, _) = said(page(RUNS), Reply::ok(r#"{"workflow_runs":[]}"#)).await;
    assert_eq!(report, None);
}

#[tokio::test]
async fn a_run_that_cannot_be_asked_for_is_not_said_to_be_none() {
    for answer in [Reply::new(500, ""), Reply::ok("{}")] {
        let (report, _) = said(page(RUNS), answer).await;
        let Some(Some(Err(why))) = report else { panic!("{report:?}") };
        assert!(why.starts_with("could not be looked for: "), "{why}");
    }
}
