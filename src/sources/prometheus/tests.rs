//! Prometheus answers on loopback and through the API server's proxy, well and badly.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use super::*;
use crate::release::observation::{Observation, Report, Said};
use crate::sources::double::{Chunk, Double, Reply};

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn query(address: &str) -> Query {
    Query {
        run: "run".into(),
        metric: "error-rate".into(),
        query: "sum(rate(x{a=\"b c\"}[1m]))".into(),
        address: address.into(),
        start: second(1000),
        end: second(2000),
        step: SignedDuration::from_secs(10),
    }
}

fn success(kind: &str, result: &str) -> String {
    format!(r#"{{"status":"success","data":{{"resultType":"{kind}","result":{result}}}}}"#)
}

fn cluster(double: &Double) -> Cluster {
    Cluster { context: "test".into(), client: double.client() }
}

/// What becomes of that answer on the direct way.
async fn direct(settings: Settings, reply: Reply) -> (Answer, Double) {
    let double = Double::new(move |_, _| reply.clone());
    let url = double.serve().await;
    let answer = Prometheus::new(settings).range(None, &query(&url)).await;
    (answer, double)
}

async fn outcome(body: String) -> SeriesOutcome {
    direct(Settings::default(), Reply::ok(body)).await.0.outcome
}

/// The sentence for an answer, with the port taken out.
async fn sentence(reply: Reply) -> String {
    let (answer, _) = direct(Settings::default(), reply).await;
    let SeriesOutcome::Failed(sentence) = answer.outcome else { panic!("{:?}", answer.outcome) };
    regex::Regex::new("127.0.0.1:[0-9]+").unwrap().replace_all(&sentence, "prom").into_owned()
}

const ONE: &str = r#"[{"metric":{"job":"web"},"values":[[1000,"0.01"],[1010.5,"NaN"],[1020,"+Inf"],[1030,"-Inf"]]}]"#;

#[tokio::test]
async fn a_series_keeps_what_is_no_number() {
    let SeriesOutcome::Points(points) = outcome(success("matrix", ONE)).await else { panic!() };
    assert_eq!(points[0], (1000.0, 0.01));
    assert!(points[1].1.is_nan());
    assert_eq!((points[1].0, points[2].1, points[3].1), (1010.5, f64::INFINITY, f64::NEG_INFINITY));
}

#[tokio::test]
async fn every_shape_has_its_outcome() {
    assert_eq!(outcome(success("matrix", "[]")).await, SeriesOutcome::Empty);
    assert_eq!(outcome(success("vector", r#"[{"value":[5,"2"]}]"#)).await, SeriesOutcome::Points(vec![(5.0, 2.0)]));
    assert_eq!(outcome(success("scalar", r#"[5,"2"]"#)).await, SeriesOutcome::Points(vec![(5.0, 2.0)]));
    let two = r#"[{"metric":{},"values":[[1,"2"]]},{"metric":{},"values":[[1,"3"]]}]"#;
    assert_eq!(outcome(success("matrix", two)).await, SeriesOutcome::Many(2, vec![(1.0, 2.0)]));
    let failed = |outcome| match outcome {
        SeriesOutcome::Failed(sentence) => sentence,
        other => panic!("{other:?}"),
    };
    assert!(failed(outcome(success("string", r#"[5,"x"]"#)).await).contains("gives a string"));
    assert!(failed(outcome(success("matrix", r#"[{"histograms":[[1,{}]]}]"#)).await).contains("histograms"));
    assert!(failed(outcome(success("matrix", r#"[{"values":[[1,"x"]]}]"#)).await).contains("no number"));
    assert!(failed(outcome(success("matrix", "{}")).await).contains("cannot be read"));
}

#[tokio::test]
async fn partial_data_says_so() {
    let body = success("matrix", ONE).replace("\"success\",", "\"success\",\"warnings\":[\"store \\u001b down\"],");
    let (answer, _) = direct(Settings::default(), Reply::ok(body)).await;
    assert!(matches!(answer.outcome, SeriesOutcome::Points(_)));
    assert_eq!(answer.warnings, ["store ␛ down".into()]);
}

#[tokio::test]
async fn the_request_is_what_prometheus_documents() {
    let (_, double) = direct(Settings::default(), Reply::ok(success("matrix", "[]"))).await;
    let seen = &double.seen()[0];
    assert!(seen.path.starts_with("/api/v1/query_range?"));
    let value = |name| seen.parameter(name).unwrap();
    assert_eq!(value("query"), query("").query);
    assert_eq!([value("start"), value("end"), value("step"), value("timeout")], ["1000", "2000", "10", "10000ms"]);
}

#[tokio::test]
async fn every_refusal_has_its_sentence() {
    let error = |kind| Reply::new(400, format!(r#"{{"status":"error","errorType":"{kind}","error":"1:5: oh"}}"#));
    assert_eq!(sentence(error("bad_data")).await, "the query is not valid: 1:5: oh");
    assert_eq!(sentence(error("timeout")).await, "the query took too long: 1:5: oh");
    assert_eq!(sentence(error("execution")).await, "the query could not be executed: 1:5: oh");
    assert_eq!(sentence(error("unavailable")).await, "prom is not available: 1:5: oh");
    assert_eq!(sentence(error("odd")).await, "prom answered 400 odd: 1:5: oh");
    let web = "  <!DOCTYPE html><title>Sign in</title>";
    assert!(sentence(Reply::ok(web)).await.contains("a web page"));
    assert!(sentence(Reply::ok("hello\u{7}")).await.ends_with("does not answer as Prometheus does: hello␇"));
    assert!(sentence(Reply::new(401, "")).await.contains("wants credentials (401)"));
    assert!(sentence(Reply::new(403, web)).await.contains("does not allow this query (403)"));
    assert!(sentence(Reply::new(404, "404 page not found")).await.contains("a path missing"));
    assert_eq!(sentence(Reply::new(503, "")).await, "prom is not ready (503)");
    assert!(sentence(Reply::new(429, "")).await.contains("slow down"));
    let login = Reply::new(302, "").header("location", "https://login.example.com/x?secret=1");
    assert!(sentence(login).await.starts_with("prom sends us on to login.example.com (302)"));
    assert!(sentence(Reply::ok("{").then(Chunk::Break)).await.starts_with("the answer of prom broke off"));
}

#[tokio::test]
async fn only_a_source_that_cannot_be_asked_is_a_failure() {
    let failing = |reply| async { direct(Settings::default(), reply).await.0.failure.map(|failure| failure.kind) };
    let bad_query = r#"{"status":"error","errorType":"bad_data","error":"no"}"#;
    assert_eq!(failing(Reply::new(400, bad_query)).await, None);
    assert_eq!(failing(Reply::new(401, "")).await, Some(FailureKind::Unauthorized));
    assert_eq!(failing(Reply::new(403, "")).await, Some(FailureKind::Forbidden));
    assert_eq!(failing(Reply::new(502, "")).await, Some(FailureKind::Unreachable));
}

#[tokio::test]
async fn a_huge_answer_is_not_taken_into_memory() {
    let piece = Chunk::Data(vec![b' '; 1 << 20].into());
    let huge = (0..17).fold(Reply::ok(""), |reply, _| reply.then(piece.clone()));
    assert!(sentence(huge).await.contains("larger than 16 MiB"));
}

#[tokio::test]
async fn silence_and_nobody_there_are_told_apart() {
    let settings = Settings { timeout: Some(Duration::from_millis(50)), ..Settings::default() };
    let (answer, _) = direct(settings, Reply::never()).await;
    assert!(answer.failure.is_some_and(|failure| failure.message.ends_with("did not answer in time")));
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let answer = Prometheus::new(Settings::default()).range(None, &query(&format!("http://{closed}"))).await;
    let failure = answer.failure.unwrap();
    assert!(failure.message.contains("cannot be reached"), "{}", failure.message);
    assert!(!failure.message.contains("query"), "{}", failure.message);
}

fn file(content: &str) -> (tempfile::NamedTempFile, PathBuf) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), content).unwrap();
    let path = file.path().to_owned();
    (file, path)
}

#[tokio::test]
async fn credentials_go_only_to_the_address_that_the_operator_named() {
    let (_token, path) = file("t0ken\n");
    let double = Double::new(|_, _| Reply::new(401, ""));
    let url = double.serve().await;
    let settings = Settings { bearer_token_file: Some(path), ..Settings::default() };
    let template = Prometheus::new(settings.clone()).range(None, &query(&url)).await;
    let named = Prometheus::new(Settings { url: Some(url), ..settings });
    let named = named.range(None, &query("http://elsewhere.example.com")).await;
    let sent: Vec<_> = double.seen().iter().map(|seen| seen.headers.get("authorization").cloned()).collect();
    assert_eq!(sent, [None, Some("Bearer t0ken".parse().unwrap())]);
    assert!(template.failure.unwrap().message.contains("only sent to an address named"));
    assert!(named.failure.unwrap().message.contains("does not accept the credentials"));
}

#[tokio::test]
async fn basic_credentials_are_read_from_their_file() {
    let (_password, password_file) = file("open sesame\n");
    let double = Double::new(|_, _| Reply::ok(success("matrix", "[]")));
    let basic = Some(Basic { user: "ali".into(), password_file });
    let settings = Settings { url: Some(double.serve().await + "/base/"), basic, ..Settings::default() };
    let answer = Prometheus::new(settings).range(None, &query("")).await;
    assert_eq!(answer.outcome, SeriesOutcome::Empty);
    let seen = &double.seen()[0];
    assert_eq!(seen.headers["authorization"], "Basic YWxpOm9wZW4gc2VzYW1l");
    assert!(seen.path.starts_with("/base/api/v1/query_range?"));
}

#[tokio::test]
async fn a_bad_secret_or_certificate_is_named_and_never_shown() {
    let refused = |settings: Settings| async move {
        let settings = Settings { url: Some("https://127.0.0.1:1".into()), ..settings };
        Prometheus::new(settings).range(None, &query("")).await.failure.unwrap().message
    };
    let (_empty, empty) = file(" \n");
    let token = |path| Settings { bearer_token_file: Some(path), insecure: true, ..Settings::default() };
    assert!(refused(token(empty.clone())).await.ends_with("is empty"));
    assert!(refused(token("/nonexistent".into())).await.contains("the token file /nonexistent cannot be read"));
    let (_two, two) = file("se\ncret");
    let message = refused(token(two)).await;
    assert!(message.ends_with("holds what is no token") && !message.contains("cret"), "{message}");
    let settings = Settings { ca_file: Some(empty), ..Settings::default() };
    assert!(refused(settings).await.ends_with("holds no certificates in PEM"));
}

#[tokio::test]
async fn secrets_in_the_address_never_show() {
    let settings = Settings { url: Some("http://ali:sesame@127.0.0.1:1/p?token=x".into()), ..Settings::default() };
    let shown = format!("{settings:?}");
    assert!(shown.contains("http://127.0.0.1:1/p") && !shown.contains("sesame") && !shown.contains("token=x"));
    let answer = Prometheus::new(settings).range(None, &query("")).await;
    assert!(!format!("{answer:?}").contains("sesame"));
}

#[tokio::test]
async fn a_name_inside_the_cluster_goes_through_the_api_server() {
    let double = Double::new(|_, _| Reply::ok(success("matrix", ONE)));
    let prometheus = Prometheus::new(Settings::default());
    let query = query("http://prometheus.monitoring.svc.cluster.local:9090");
    let answer = prometheus.range(Some(&cluster(&double)), &query).await;
    assert!(matches!(answer.outcome, SeriesOutcome::Points(points) if points.len() == 4));
    let seen = &double.seen()[0];
    let path = "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1/query_range?";
    assert!(seen.path.starts_with(path), "{}", seen.path);
    assert_eq!(seen.parameter("query"), Some(query.query.clone()));
    let alone = prometheus.range(None, &query).await;
    assert!(alone.failure.is_some_and(|failure| failure.message.contains("reached through a cluster")));
}

#[tokio::test]
async fn the_api_servers_refusals_differ_from_those_of_prometheus() {
    let sentence = |reply: Reply| async {
        let double = Double::new(move |_, _| reply.clone());
        let query = query("http://prom.monitoring:9090");
        match Prometheus::new(Settings::default()).range(Some(&cluster(&double)), &query).await.outcome {
            SeriesOutcome::Failed(sentence) => sentence,
            other => panic!("{other:?}"),
        }
    };
    let status =
        |code, message| Reply::new(code, format!(r#"{{"kind":"Status","code":{code},"message":"{message}"}}"#));
    let who = "service prom in namespace monitoring";
    assert_eq!(sentence(status(404, "nope")).await, format!("there is no {who} (404): nope"));
    assert!(sentence(status(403, "x")).await.contains("get on services/proxy"));
    assert_eq!(sentence(status(503, "no endpoints")).await, format!("{who} does not answer: no endpoints"));
    let own = Reply::new(422, r#"{"status":"error","errorType":"execution","error":"many-to-many"}"#);
    assert_eq!(sentence(own).await, "the query could not be executed: many-to-many");
    assert!(sentence(Reply::new(404, "404 page not found")).await.contains("a path missing"));
}

#[tokio::test(start_paused = true)]
async fn a_silent_service_is_given_up() {
    let double = Double::new(|_, _| Reply::never());
    let query = query("http://prom.monitoring.svc");
    let answer = Prometheus::new(Settings::default()).range(Some(&cluster(&double)), &query).await;
    assert!(answer.failure.is_some_and(|failure| failure.message.contains("within 10 s")));
}

fn live(until: Option<Timestamp>) -> Live {
    let Query { run, metric, query, .. } = query("");
    Live { run, metric, query, address: "http://prom.monitoring.svc".into(), from: Some(second(100_000)), until }
}

#[test]
fn the_window_begins_before_the_run_and_lies_on_a_grid() {
    let query = live(None).at(second(100_603));
    assert_eq!((query.start, query.end, query.step.as_secs()), (second(99_700), second(100_600), 5));
    let query = live(None).at(second(200_000));
    assert_eq!((query.end.duration_since(query.start), query.step.as_secs()), (SignedDuration::from_hours(6), 90));
    assert_eq!(query.end.as_second() % 90, 0);
    assert_eq!(live(Some(second(100_050))).at(second(200_000)).end, second(100_050));
    let future = Live { from: Some(second(900_000)), ..live(None) }.at(second(200_000));
    assert_eq!(future.end.duration_since(future.start), SignedDuration::from_mins(5));
    live(None).at(Timestamp::MIN);
    live(None).at(Timestamp::MAX);
}

async fn said(reports: &mut mpsc::Receiver<Report>) -> Said {
    reports.recv().await.unwrap().said
}

fn follow(double: &Double, lives: Vec<Live>) -> mpsc::Receiver<Report> {
    let (sender, reports) = mpsc::channel(16);
    let prometheus = Arc::new(Prometheus::new(Settings::default()));
    tokio::spawn(watch_series(prometheus, cluster(double), lives, sender, || second(100_600)));
    reports
}

#[tokio::test(start_paused = true)]
async fn a_failure_keeps_the_points_and_backs_off() {
    let double = Double::new(|number, _| match number {
        0 | 4 => Reply::ok(success("matrix", ONE)),
        _ => Reply::new(503, r#"{"kind":"Status","message":"no endpoints"}"#),
    });
    let mut reports = follow(&double, vec![live(None)]);
    assert!(matches!(said(&mut reports).await, Said::Observed(Observation::Series(_))));
    assert_eq!(said(&mut reports).await, Said::Loaded);
    for seconds in [5, 10, 20] {
        let Said::Failing(failure) = said(&mut reports).await else { panic!() };
        assert_eq!(failure.retry_in, Some(SignedDuration::from_secs(seconds)));
        let before = tokio::time::Instant::now();
        if seconds == 20 {
            assert!(matches!(said(&mut reports).await, Said::Observed(Observation::Series(_))));
            assert_eq!(before.elapsed(), Duration::from_secs(20));
        }
    }
    assert_eq!(said(&mut reports).await, Said::Alive);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_query_is_told_and_the_source_lives() {
    let double = Double::new(|_, seen| match seen.parameter("query").as_deref() {
        Some("bad") => Reply::new(400, r#"{"status":"error","errorType":"bad_data","error":"no"}"#),
        _ => Reply::ok(success("matrix", ONE)),
    });
    let mut reports = follow(&double, vec![live(None), Live { query: "bad".into(), ..live(None) }]);
    let mut outcomes = Vec::new();
    for _ in 0..2 {
        let Said::Observed(Observation::Series(series)) = said(&mut reports).await else { panic!() };
        outcomes.push(matches!(series.outcome, SeriesOutcome::Failed(_)));
    }
    assert_eq!(outcomes, [false, true]);
    assert_eq!(said(&mut reports).await, Said::Loaded);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_has_ended_is_asked_for_once() {
    let double = Double::new(|_, _| Reply::ok(success("matrix", "[]")));
    let mut reports = follow(&double, vec![live(Some(second(100_300)))]);
    while reports.recv().await.is_some() {}
    assert_eq!(double.seen().len(), 1);
}

proptest::proptest! {
    #[test]
    fn arbitrary_answers_never_panic(body: Vec<u8>, result in "[\\[\\]{}\",0-9a-z:]{0,60}", status in 100u16..1000) {
        let raw = |body: Vec<u8>| Raw {
            who: "prom".into(), service: None, status: http::StatusCode::from_u16(status).unwrap(),
            location: None, body: body.into(), sent: false,
        };
        answer::read(&raw(body));
        for kind in ["matrix", "vector", "scalar"] {
            answer::read(&raw(success(kind, &result).into_bytes()));
        }
    }

    #[test]
    fn arbitrary_addresses_never_panic(address: String, host in "[a-z.:/@\\[\\]%-]{0,30}") {
        let _ = address::route(&address);
        let _ = address::route(&format!("http://{host}"));
        address::without_secrets(&address);
    }
}
