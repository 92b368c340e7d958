//! Real HTTP on loopback: connections, faults, the log of requests, and bodies that stream.

use std::convert::Infallible;
use std::sync::Arc;

use futures::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, WARNING,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::access::User;
use super::call::{Call, Reply, pairs, segments};
use super::fault::Fault;
use super::github::{self, Door};
use super::refused::Refused;
use super::{Request, Shared, api, discovery, prometheus, watch};

/// A request body larger than this is refused, as a real server does.
const LARGEST_BODY: usize = 3 * 1024 * 1024;

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// Which server a listener is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Kubernetes,
    Prometheus,
    GitHub(Door),
}

impl Side {
    /// Whether that fault takes this server away.
    fn is_down(self, fault: Fault) -> bool {
        matches!((self, fault), (Side::Kubernetes, Fault::Down) | (Side::GitHub(_), Fault::GithubDown))
    }
}

/// Serves a listener until its task is dropped; its connections go with it.
pub(super) async fn serve(listener: TcpListener, side: Side, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        while connections.try_join_next().is_some() {}
        if side.is_down(shared.current_fault()) {
            continue;
        }
        connections.spawn(connection(stream, side, Arc::clone(&shared)));
    }
}

async fn connection(stream: TcpStream, side: Side, shared: Arc<Shared>) {
    // A watch line must not wait for the next one.
    let _ = stream.set_nodelay(true);
    let mut faults = shared.fault.subscribe();
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move {
            Ok::<_, Infallible>(match side {
                Side::GitHub(door) => github::respond(request, door, shared).await.map(BodyExt::boxed_unsync),
                side => respond(request, side, shared).await,
            })
        }
    });
    let cut = async move {
        let _ = faults.wait_for(|fault| side.is_down(*fault)).await;
    };
    tokio::select! {
        // The client's going away is no news.
        _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service) => {}
        () = cut => {}
    }
}

async fn respond(request: hyper::Request<Incoming>, side: Side, shared: Arc<Shared>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return refusal(&Refused::bad_request("Request entity too large: limit is 3145728")),
    };
    let fault = shared.current_fault();
    if let Fault::Slow(by) = fault
        && side == Side::Kubernetes
    {
        tokio::time::sleep(by).await;
    }
    let text =
        |name: HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let authorization = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let call = User::of(authorization).map(|user| Call {
        method: head.method.clone(),
        segments: segments(head.uri.path()),
        query: pairs(head.uri.query().unwrap_or_default()),
        content_type: text(CONTENT_TYPE),
        accept: text(hyper::header::ACCEPT),
        body: body.clone(),
        user,
    });
    let (reply, warnings) = match (side, call) {
        (Side::Kubernetes | Side::GitHub(_), call) => kubernetes(&shared, call, fault),
        (Side::Prometheus, _) if fault == Fault::NoMetrics => {
            (Err(Refused::unavailable("Service Unavailable")), Vec::new())
        }
        // Prometheus asks nobody for a token.
        (Side::Prometheus, Ok(call)) => (Ok(ask_prometheus(&shared, &call)), Vec::new()),
        (Side::Prometheus, Err(refused)) => (Err(refused), Vec::new()),
    };
    let response = match reply {
        Ok(reply) => accepted(reply, &shared),
        Err(refused) => refusal(&refused),
    };
    let response = with_warnings(response, &warnings);
    if side == Side::Kubernetes {
        let path = head.uri.path_and_query().map(|path| path.as_str().to_owned()).unwrap_or_default();
        let body = String::from_utf8_lossy(&body).into_owned();
        shared.record(Request { method: head.method.to_string(), path, body, status: response.status().as_u16() });
    }
    response
}

fn kubernetes(shared: &Shared, call: Result<Call, Refused>, fault: Fault) -> api::Answer {
    match (call, fault) {
        (_, Fault::Unauthorized) => (Err(Refused::unauthorized()), Vec::new()),
        (_, Fault::TooMany) => (Err(Refused::too_many(1)), Vec::new()),
        (Err(refused), _) => (Err(refused), Vec::new()),
        (Ok(call), fault) => shared.with(|state| api::answer(state, &call, fault)),
    }
}

fn ask_prometheus(shared: &Shared, call: &Call) -> Reply {
    shared.with(|state| prometheus::answer(state, &call.path(), &prometheus::parameters(call)))
}

fn accepted(reply: Reply, shared: &Arc<Shared>) -> Response<Body> {
    match reply {
        Reply::Json(code, json) => response(code, "application/json", Full::new(json).boxed_unsync()),
        Reply::Discovery(json) => response(200, discovery::AGGREGATED, Full::new(json).boxed_unsync()),
        Reply::Text(text) => response(200, "text/plain", Full::new(Bytes::from_static(text.as_bytes())).boxed_unsync()),
        Reply::Watch(wanted) => {
            let (sender, lines) = mpsc::channel(16);
            tokio::spawn(watch::run(Arc::clone(shared), wanted, sender));
            let frames = stream::unfold(lines, |mut lines| async move {
                lines.recv().await.map(|line| (Ok(Frame::data(line)), lines))
            });
            response(200, "application/json", StreamBody::new(frames).boxed_unsync())
        }
    }
}

fn refusal(refused: &Refused) -> Response<Body> {
    if refused.reason.is_empty() {
        return response(
            refused.code,
            "text/plain; charset=utf-8",
            Full::new(Bytes::from(refused.message.clone())).boxed_unsync(),
        );
    }
    let body = Full::new(Bytes::from(refused.to_value().to_string())).boxed_unsync();
    let mut response = response(refused.code, "application/json", body);
    if let Some(seconds) = refused.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn response(code: u16, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    response
}

fn with_warnings(mut response: Response<Body>, warnings: &[String]) -> Response<Body> {
    for warning in warnings {
        let text = format!("299 - {:?}", warning);
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().append(WARNING, value);
        }
    }
    response
}
