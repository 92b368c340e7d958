//! A tiny API server on loopback that answers by script and remembers every request that reached it.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::writers::kubernetes::Writer;

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(super) struct Arrived {
    pub method: Method,
    pub path: String,
    pub query: String,
    pub content_type: String,
    pub body: Value,
}

/// How the server reacts.
pub(super) enum Reply {
    Json(u16, Value),
    Warned(Value, &'static [&'static str]),
    /// Reads the request and closes the connection.
    Drop,
    /// Reads the request and never answers.
    Hang,
}

pub(super) struct Server {
    address: String,
    arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl Server {
    pub async fn start(script: impl Fn(&Arrived) -> Reply + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let (remember, script) = (arrived.clone(), Arc::new(script));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (remember, script) = (remember.clone(), script.clone());
                let service = service_fn(move |request| answer(request, remember.clone(), script.clone()));
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Server { address, arrived }
    }

    /// A writer of context `prod` to this server.
    pub fn writer(&self, timeout: Duration) -> Writer {
        Writer::new("prod", kube::Config::new(self.address.parse().unwrap()), timeout).unwrap()
    }

    /// All requests of that method whose query is no dry run.
    pub fn sent(&self, method: Method) -> Vec<Arrived> {
        let arrived = self.arrived.lock().unwrap();
        arrived.iter().filter(|it| it.method == method && !it.query.contains("dryRun")).cloned().collect()
    }

    pub fn all(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }
}

async fn answer(
    request: Request<Incoming>,
    remember: Arc<Mutex<Vec<Arrived>>>,
    script: Arc<impl Fn(&Arrived) -> Reply>,
) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let arrived = Arrived {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        content_type: parts.headers.get("content-type").and_then(|it| it.to_str().ok()).unwrap_or_default().to_owned(),
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    };
    let reply = script(&arrived);
    remember.lock().unwrap().push(arrived);
    let (status, body, warnings) = match reply {
        Reply::Json(status, body) => (status, body, [].as_slice()),
        Reply::Warned(body, warnings) => (200, body, warnings),
        Reply::Drop => return Err(std::io::Error::other("dropped by the script")),
        Reply::Hang => match std::future::pending::<Infallible>().await {},
    };
    let mut response = Response::builder().status(status).header("content-type", "application/json");
    for warning in warnings {
        response = response.header("warning", *warning);
    }
    Ok(response.body(Full::from(body.to_string())).unwrap())
}

/// The Rollout of the fixtures as the API server would serve it, paused at that step.
pub(super) fn object(step: i32) -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {
            "name": "web", "namespace": "shop", "uid": "uid-web", "resourceVersion": "42",
            "managedFields": [{ "manager": "kubectl" }],
        },
        "status": {
            "currentPodHash": "new", "currentStepIndex": step,
            "pauseConditions": [{ "reason": "CanaryPauseStep", "startTime": "2026-08-20T02:00:00Z" }],
        },
    })
}

/// A `v1` Status.
pub(super) fn failure(code: u16, message: &str) -> Value {
    json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": message })
}

/// A server that permits everything, serves `object`, applies dry runs, and answers what is sent for good by `reply`.
pub(super) fn permissive(
    object: Value,
    reply: impl Fn(&Arrived) -> Reply + Send + Sync,
) -> impl Fn(&Arrived) -> Reply + Send + Sync {
    move |arrived| match arrived.method {
        Method::GET => Reply::Json(200, object.clone()),
        Method::POST if arrived.path.ends_with("selfsubjectaccessreviews") => {
            Reply::Json(201, json!({ "status": { "allowed": true } }))
        }
        Method::POST => Reply::Json(201, json!({})),
        _ if arrived.query.contains("dryRun=All") => {
            let mut after = object.clone();
            after["status"]["abort"] = true.into();
            after["metadata"]["generation"] = 8.into();
            Reply::Warned(after, &[r#"299 - "this is only a try""#])
        }
        _ => reply(arrived),
    }
}
