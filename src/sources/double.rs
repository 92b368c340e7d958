//! A stand-in for a server in tests: in memory, so that time can be paused, or behind real HTTP on loopback.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use hyper::body::{Body, Frame};

/// What is sent of a body, in order.
#[derive(Clone, Debug)]
pub enum Chunk {
    Data(Bytes),
    /// The connection breaks.
    Break,
    /// Nothing more comes, and no end.
    Hang,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    chunks: VecDeque<Chunk>,
    is_held_back: bool,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Reply { status, headers: Vec::new(), chunks: [Chunk::Data(body.into().into())].into(), is_held_back: false }
    }

    pub fn ok(body: impl Into<String>) -> Self {
        Self::new(200, body)
    }

    /// Never even a status.
    pub fn never() -> Self {
        Reply { is_held_back: true, ..Self::ok("") }
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn then(mut self, chunk: Chunk) -> Self {
        self.chunks.push_back(chunk);
        self
    }
}

/// A request that came.
#[derive(Clone, Debug)]
pub struct Seen {
    /// With its query.
    pub path: String,
    pub headers: HeaderMap,
}

impl Seen {
    fn of<B>(request: &Request<B>) -> Self {
        let path = request.uri().path_and_query().map(|path| path.to_string()).unwrap_or_default();
        Seen { path, headers: request.headers().clone() }
    }

    /// The value of a query parameter, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let (_, query) = self.path.split_once('?')?;
        form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    pub fn is_watch(&self) -> bool {
        self.parameter("watch").is_some()
    }
}

type Answer = dyn Fn(usize, &Seen) -> Reply + Send + Sync;

/// Answers the n-th request (from 0), and remembers all.
#[derive(Clone)]
pub struct Double {
    answer: Arc<Answer>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Double {
    pub fn new(answer: impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static) -> Self {
        Double { answer: Arc::new(answer), seen: Arc::default() }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// A client that ends up here without any network.
    pub fn client(&self) -> kube::Client {
        kube::Client::new(self.clone(), "default")
    }

    /// The address of a real server on loopback, which lives as long as the test.
    pub async fn serve(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let double = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let double = double.clone();
                let service = hyper::service::service_fn(move |request| {
                    let reply = double.clone().reply(Seen::of(&request));
                    async move { Ok::<_, Infallible>(reply.await) }
                });
                let io = hyper_util::rt::TokioIo::new(stream);
                tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(io, service));
            }
        });
        url
    }

    async fn reply(self, seen: Seen) -> Response<Script> {
        let number = {
            let mut all = self.seen.lock().unwrap();
            all.push(seen.clone());
            all.len() - 1
        };
        let reply = (self.answer)(number, &seen);
        if reply.is_held_back {
            std::future::pending::<()>().await;
        }
        let mut response = Response::builder().status(reply.status);
        for (name, value) in reply.headers {
            response = response.header(name, value);
        }
        response.body(Script { chunks: reply.chunks, is_flushed: false }).unwrap()
    }
}

impl tower::Service<Request<kube::client::Body>> for Double {
    type Response = Response<Script>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<kube::client::Body>) -> Self::Future {
        let reply = self.clone().reply(Seen::of(&request));
        Box::pin(async move { Ok(reply.await) })
    }
}

/// A body that follows its script.
pub struct Script {
    chunks: VecDeque<Chunk>,
    /// Whether there was time to send what came before a break.
    is_flushed: bool,
}

impl Body for Script {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<std::io::Result<Frame<Bytes>>>> {
        match self.chunks.front() {
            None => Poll::Ready(None),
            Some(Chunk::Hang) => Poll::Pending,
            Some(Chunk::Break) if !self.is_flushed => {
                self.is_flushed = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Chunk::Break) => Poll::Ready(Some(Err(std::io::Error::other("the wire was cut")))),
            Some(Chunk::Data(_)) => match self.chunks.pop_front() {
                Some(Chunk::Data(data)) => Poll::Ready(Some(Ok(Frame::data(data)))),
                _ => Poll::Ready(None),
            },
        }
    }
}
