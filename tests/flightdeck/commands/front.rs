//! A server in front of the simulated GitHub that answers some requests by itself, as a test wants it, and hands the
//! others on.

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::bench::Bench;

/// What it answers by itself.
#[derive(Clone, Debug)]
pub enum Own {
    /// A status, headers and a body.
    Reply(u16, Vec<(&'static str, String)>, String),
    /// Nothing, ever.
    Silence,
}

impl Own {
    pub fn status(code: u16) -> Option<Own> {
        Some(Own::Reply(code, Vec::new(), r#"{"message":"it says no"}"#.to_owned()))
    }

    /// What a proxy that wants a login answers.
    pub fn web_page() -> Option<Own> {
        let page = "<!DOCTYPE html><title>Log in</title>".to_owned();
        Some(Own::Reply(200, vec![("content-type", "text/html".to_owned())], page))
    }
}

type Rule = dyn Fn(&str, &str) -> Option<Own> + Send + Sync;

impl Bench {
    /// Puts it in front of GitHub; `rule` sees the method and the path with its query.
    pub async fn front(&self, rule: impl Fn(&str, &str) -> Option<Own> + Send + Sync + 'static) {
        let rule: Arc<Rule> = Arc::new(rule);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let behind = self.world.github_url();
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
        let client = client.expect("a client");
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (rule, behind, client) = (rule.clone(), behind.clone(), client.clone());
                let service = service_fn(move |request| {
                    let (rule, behind, client) = (rule.clone(), behind.clone(), client.clone());
                    async move { Ok::<_, Infallible>(answer(&*rule, &behind, &client, request).await) }
                });
                let serving =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::spawn(serving);
            }
        });
        self.github_at(&url, "operator", "  timeout: 3s\n");
    }
}

async fn answer(
    rule: &Rule,
    behind: &str,
    client: &reqwest::Client,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map(|path| path.as_str().to_owned()).unwrap_or_default();
    match rule(head.method.as_str(), &path) {
        Some(Own::Silence) => std::future::pending().await,
        Some(Own::Reply(code, headers, body)) => {
            let mut response = Response::builder().status(code);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(Full::new(body.into())).expect("an answer")
        }
        None => {
            let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
            let mut headers = head.headers;
            headers.remove("host");
            let sent = client.request(head.method, format!("{behind}{path}")).headers(headers).body(body).send().await;
            let sent = sent.expect("an answer of the world");
            let (status, headers) = (sent.status(), sent.headers().clone());
            let mut response = Response::new(Full::new(sent.bytes().await.unwrap_or_default()));
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            response.headers_mut().remove("transfer-encoding");
            response
        }
    }
}
