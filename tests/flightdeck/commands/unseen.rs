//! What could not be read: it is in the way of nothing else, and what is in the way is said at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::net::TcpListener;

use super::bench::Bench;
use super::front::Own;
use crate::world::deck::now;

/// Sooner than GitHub would be asked a second time.
const AT_ONCE: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_change_waits_for_no_read_that_it_does_not_rest_on() {
    let bench = Bench::with_github(str::to_owned).await;
    bench.front(|_, path| if path.contains("/actions/") { Own::status(403) } else { None }).await;
    bench.run("flags get new_checkout -o json").await;
    bench.run("flags kill new_checkout --yes").await.ends(0);
    bench.run("previews teardown 407 --yes").await.ends(0);
    let denied = bench.run("workflow run promote --yes").await.ends(4);
    assert!(denied.out.contains("flags-promote.yml could not be read: the token may not read"), "{denied:?}");

    bench.front(|_, path| if path.contains("/commits") { Own::status(500) } else { None }).await;
    bench.run("flags restore new_checkout --yes").await.ends(0);

    // An artifact that cannot be had, and one that never comes.
    bench.front(|_, path| if path.contains("artifacts") { Own::status(500) } else { None }).await;
    bench.run("workflow disable drift --yes").await.ends(0);
    bench.run("cost limit 77 --yes").await.ends(0);
    bench.front(|_, path| path.contains("artifacts").then_some(Own::Silence)).await;
    bench.run("workflow enable drift --yes").await.ends(0);
    bench.run("cost limit 78 --yes").await.ends(0);
    bench.run("rollback PR18 --yes").await.ends(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_artifact_that_could_not_be_had_is_unknown_and_nothing_else_is() {
    let bench = Bench::with_github(str::to_owned).await;
    bench.front(|_, path| if path.ends_with("/zip") { Own::status(500) } else { None }).await;
    let drift = bench.run("drift get -o json").await.ends(3).json();
    assert_eq!(drift["state"], "unknown", "{drift:#}");
    assert!(drift["why"].as_str().unwrap().starts_with("the plan could not be read: "), "{drift:#}");
    assert!(drift["run"]["id"].is_u64() && drift["lastSuccess"].is_null(), "{drift:#}");
    let smoke = bench.run("k6 get -o json").await.ends(3).json();
    assert_eq!(smoke["verdict"], "unknown", "{smoke:#}");
    let cost = bench.run("cost list -o json").await.ends(3).json();
    assert_eq!(cost["limit"], "25", "{cost:#}");
    assert!(cost["items"][1]["why"].as_str().unwrap().contains("could not be read"), "{cost:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_permission_is_named() {
    let bench = Bench::with_github(str::to_owned).await;
    let needs = || vec![("x-accepted-github-permissions", "actions=read".to_owned())];
    bench.front(move |_, path| path.contains("/actions/").then(|| Own::Reply(403, needs(), String::new()))).await;
    let said = "the token may not read workflows of acme/shop (403): it needs the permission actions=read\n";
    bench.run("drift get").await.ends(4).says(said);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_said_at_once_with_its_end() {
    let bench = Bench::with_github(str::to_owned).await;
    let resets = now().as_second() + 25 * 60;
    bench
        .front(move |_, _| {
            let headers = [("limit", 5000), ("remaining", 0), ("reset", resets)];
            let names = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];
            let headers = names.into_iter().zip(headers).map(|(name, (_, value))| (name, value.to_string()));
            Some(Own::Reply(403, headers.collect(), r#"{"message":"API rate limit exceeded"}"#.to_owned()))
        })
        .await;
    for words in ["flags get", "drift get", "flags kill new_checkout --yes"] {
        let asked = Instant::now();
        let done = bench.run(words).await.ends(3).says("all 5000 requests of this hour are used up (403): 127.0.0.1:");
        assert!(done.err.contains(" answers again at ") && asked.elapsed() < AT_ONCE, "{done:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_all_is_said_at_once() {
    let bench = Bench::with_github(str::to_owned).await;
    let page = "answered with a web page for repository: is github.url the address of an API";
    type Case = (fn() -> Option<Own>, i32, &'static str);
    let cases: [Case; 4] = [
        (|| Own::status(401), 4, "does not accept the token (401)"),
        (|| Own::status(403), 4, "(403)"),
        (|| Own::status(404), 3, "no repository acme/shop, or the token may not see it (404)"),
        (Own::web_page, 3, page),
    ];
    for (own, code, words) in cases {
        bench.front(move |_, _| own()).await;
        for command in ["flags get", "drift get", "k6 get", "cost limit 5 --yes", "flags kill new_checkout --yes"] {
            let asked = Instant::now();
            let done = bench.run(command).await.ends(code);
            let of_repository = words != page || done.err.contains("answered with a web page for");
            assert!(of_repository && (words == page || done.err.contains(words)), "{words}: {done:?}");
            assert!(asked.elapsed() < AT_ONCE, "{done:?}");
        }
    }
    assert_eq!(bench.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_that_is_not_there_is_no_quiet_week() {
    let bench = Bench::with_github(str::to_owned).await;
    let more = "  drift_workflow: nope-drift.yml\n  smoke_workflow: nope-smoke.yml\n  flags: nope.yaml\n";
    bench.github_at(&bench.world.github_url(), "operator", more);
    for (words, file) in [("drift get", "nope-drift.yml"), ("k6 get", "nope-smoke.yml")] {
        let done = bench.run(words).await.ends(3);
        assert!(done.out.contains(&format!("there is no workflow {file} in acme/shop")), "{done:?}");
    }
    bench.run("flags get").await.ends(3).says("there is no nope.yaml on main in acme/shop");
    for words in ["rollback PR18", "workflow run drift", "flags kill new_checkout"] {
        let result = bench.run(&format!("{words} --yes -o json")).await.ends(3).result();
        assert_eq!(result["result"], json!("refused"), "{result:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_api_server_is_named() {
    let bench = Bench::with_github(str::to_owned).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    let kubeconfig = format!(
        "{{current-context: a, contexts: [{{name: a, context: {{cluster: a, user: a}}}}], users: [{{name: a, user: {{}}}}], \
         clusters: [{{name: a, cluster: {{server: '{server}'}}}}]}}"
    );
    bench.home.write("kubeconfig", &kubeconfig);
    let done = bench.run("previews teardown 431 --type 431 --yes -o json").await.ends(3);
    let error = done.json()["error"].as_str().unwrap().to_owned();
    assert!(error.starts_with(&format!("context a: the API server at {server} ")), "{done:?}");
    // Whether our patience or the request's ends first.
    assert!(error.contains("within 10 s") && error.contains("does it need a VPN or proxy?"), "{done:?}");
    assert!(done.err.contains(&error), "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_says_that_it_was_taken_who_has_not_heard_so() {
    let bench = Bench::with_github(str::to_owned).await;
    let kill = "flags kill new_checkout --yes --verify-timeout 1s -o json";
    bench.front(|method, _| (method == "PUT").then_some(Own::Silence)).await;
    let hung = bench.run(kill).await.ends(3).result();
    let reason = hung["reason"].as_str().unwrap();
    assert_eq!((&hung["result"], &hung["verified"]), (&json!("unknown"), &json!(false)), "{reason}");
    assert!(reason.starts_with("unknown whether it was done: no answer within 3 s, no effect after"), "{reason}");
    assert!(reason.ends_with("nothing shows that it was done: look again before you repeat it"), "{reason}");

    bench.front(|method, _| if method == "PUT" { Own::web_page() } else { None }).await;
    for words in [kill, "workflow disable drift --yes --verify-timeout 1s -o json"] {
        let page = bench.run(words).await.ends(3).result();
        let reason = page["reason"].as_str().unwrap();
        assert_eq!(page["result"], json!("unknown"), "{reason}");
        assert!(reason.contains("the answer (200) is a web page, where GitHub answers with JSON"), "{reason}");
    }
    // The second look at the state is the one right before.
    let looks = AtomicUsize::new(0);
    bench
        .front(move |_, path| {
            let is_second = path.ends_with("/infra-drift.yml") && looks.fetch_add(1, Ordering::Relaxed) == 1;
            if is_second { Own::web_page() } else { None }
        })
        .await;
    let page = bench.run("workflow disable drift --yes -o json").await.ends(1).result();
    let reason = page["reason"].as_str().unwrap();
    assert!(reason.contains("so nothing was sent: the answer is a web page"), "{reason}");
    assert_eq!(bench.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_taken_back_says_so() {
    let bench = Bench::with_github(str::to_owned).await;
    for words in ["workflow disable teardown", "rollback PR18", "rollback PR19"] {
        bench.run(&format!("{words} --yes")).await.ends(0);
    }
    let status = bench.run("status -o json").await.json();
    for (row, what) in [(7, "smoke step gone: "), (8, "budget gate gone: "), (10, "teardown off: ")] {
        let row = &status["rows"][row];
        assert!(row["summary"].as_str().unwrap().contains(what), "{what} {row:#}");
        assert_ne!(row["state"], json!("ok"), "{row:#}");
    }
    let smoke = bench.run("k6 get -o json").await.json();
    assert!(smoke["rolledBack"].as_str().unwrap().starts_with("smoke step gone: "), "{smoke:#}");
    assert!(bench.run("k6 get").await.out.contains("rolled back:"));
    bench.run("previews list").await.says("teardown off: somebody disabled the workflow");
    bench.run("cost list").await.says("budget gate gone: ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_command_line_is_one_document_too() {
    let bench = Bench::with_github(str::to_owned).await;
    let lines = ["rollback PR22 --yes", "rollback PR20 x --yes", "rollback PR11", "cost limit much", "no such command"];
    for words in lines.into_iter().chain(["previews list -n shop", "flags kill x --context admin"]) {
        for json in ["-o json", "--output=json", "-ojson"] {
            let done = bench.run(&format!("{words} {json}")).await.ends(2);
            assert!(done.json()["error"].as_str().is_some_and(|error| !error.is_empty()), "{done:?}");
            assert!(!done.err.is_empty(), "{done:?}");
        }
        assert_eq!(bench.run(words).await.ends(2).out, "", "{words}");
    }
    bench.run("--help").await.ends(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_no_namespace_has_no_slash() {
    let bench = Bench::with_github(str::to_owned).await;
    bench.run("flags kill new_checkout --yes").await.ends(0);
    let list = bench.run("audit list").await.ends(0).out;
    assert!(list.contains("Flag new_checkout") && !list.contains("/new_checkout"), "{list}");
}
