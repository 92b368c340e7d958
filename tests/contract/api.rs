//! A small client that hides nothing, and the namespace that a test has for itself.

use std::any::Any;
use std::time::Duration;

use futures::future::BoxFuture;
use http::{Method, Request, header};
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::{Value, json};

pub const MERGE: &str = "application/merge-patch+json";
pub const JSON: &str = "application/json-patch+json";
pub const STRATEGIC: &str = "application/strategic-merge-patch+json";

/// The longest that anything here may take: the machine may be busy with builds.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A user of either server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// May do everything.
    Admin,
    Operator,
    Viewer,
    /// Is known and may do nothing.
    Nobody,
    /// Has a token that the server does not know.
    Stranger,
}

/// An API server, as a test needs it.
pub struct Api {
    /// Made for this test alone.
    pub namespace: String,
    pub config: Box<dyn Fn(User) -> kube::Config + Send + Sync>,
    /// Makes the server forget all versions before now.
    pub forget: Box<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>,
    /// What must live as long as this.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// What the server said.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Api {
    /// The path of a kind in the namespace: `argoproj.io/v1alpha1/rollouts`, `v1/events`.
    pub fn path(&self, kind: &str) -> String {
        let (api, plural) = kind.rsplit_once('/').expect("version/plural");
        let root = if api == "v1" { "/api" } else { "/apis" };
        format!("{root}/{api}/namespaces/{}/{plural}", self.namespace)
    }

    pub fn rollouts(&self) -> String {
        self.path("argoproj.io/v1alpha1/rollouts")
    }

    pub fn rollout(&self, name: &str) -> String {
        format!("{}/{name}", self.rollouts())
    }

    pub fn client(&self, user: User) -> kube::Client {
        let mut config = (self.config)(user);
        config.default_retry = false;
        kube::Client::try_from(config).expect("a client")
    }

    pub async fn call(&self, user: User, method: Method, path: &str, body: Option<(&str, &Value)>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::ACCEPT, "application/json");
        let mut bytes = Vec::new();
        if let Some((kind, value)) = body {
            request = request.header(header::CONTENT_TYPE, kind);
            bytes = value.to_string().into_bytes();
        }
        let request = request.body(Body::from(bytes)).expect("a request");
        within(async {
            let answer = self.client(user).send(request).await.unwrap_or_else(|error| panic!("{path}: {error}"));
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await.expect("a whole body").to_bytes();
            Answer { status, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
        })
        .await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(User::Admin, Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(User::Admin, Method::POST, path, Some(("application/json", body))).await
    }

    pub async fn patch(&self, path: &str, kind: &str, body: Value) -> Answer {
        self.call(User::Admin, Method::PATCH, path, Some((kind, &body))).await
    }

    pub async fn delete(&self, path: &str, options: Value) -> Answer {
        let body = Some(("application/json", &options)).filter(|(_, options)| !options.is_null());
        self.call(User::Admin, Method::DELETE, path, body).await
    }

    /// Creates an object and returns it.
    pub async fn create(&self, path: &str, body: Value) -> Value {
        self.post(path, &body).await.done()
    }

    /// A watch; its lines come from [`Watch::next`].
    pub async fn watch(&self, path: &str) -> Watch {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let answer = within(self.client(User::Admin).send(request)).await.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        Watch { body: answer.into_body(), buffer: Vec::new() }
    }

    /// The object of that name in the collection, once it is as wished.
    pub async fn until(&self, collection: &str, name: &str, wish: impl Fn(&Value) -> bool) -> Value {
        let only = format!("{collection}?fieldSelector=metadata.name%3D{name}");
        let mut last = Value::Null;
        let waiting = async {
            loop {
                let list = self.get(&only).await.done();
                last = list["items"][0].clone();
                if wish(&last) {
                    return last.clone();
                }
                let version = list["metadata"]["resourceVersion"].as_str().expect("a version");
                let mut watch = self.watch(&format!("{only}&watch=true&resourceVersion={version}")).await;
                while let Some(event) = watch.next().await.filter(|event| event["type"] != "ERROR") {
                    last = event["object"].clone();
                    if event["type"] != "DELETED" && wish(&last) {
                        return last.clone();
                    }
                }
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(object) => object,
            Err(_) => panic!("{collection}/{name} did not become what was wished: {:#}", last["status"]),
        }
    }

    /// Waits until there is no object of that name in the collection.
    pub async fn until_gone(&self, collection: &str, name: &str) {
        let only = format!("{collection}?fieldSelector=metadata.name%3D{name}");
        let waiting = async {
            loop {
                let list = self.get(&only).await.done();
                if list["items"].as_array().is_none_or(Vec::is_empty) {
                    return;
                }
                let version = list["metadata"]["resourceVersion"].as_str().expect("a version");
                let mut watch = self.watch(&format!("{only}&watch=true&resourceVersion={version}")).await;
                while let Some(event) = watch.next().await.filter(|event| event["type"] != "ERROR") {
                    if event["type"] == "DELETED" {
                        return;
                    }
                }
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{collection}/{name} does not go"));
    }

    /// Gives the namespace up, without waiting until it is gone.
    pub async fn close(self) {
        let path = format!("/api/v1/namespaces/{}", self.namespace);
        self.delete(&path, Value::Null).await;
    }

    /// Makes the namespace.
    pub async fn open(self) -> Self {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}});
        self.create("/api/v1/namespaces", namespace).await;
        self
    }
}

impl Answer {
    /// The body of an answer that says yes.
    #[track_caller]
    pub fn done(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:#?}");
        self.body
    }

    /// An answer that says no, with a `Status` that says why.
    #[track_caller]
    pub fn refused(&self, status: u16, reason: &str, message: &str) {
        let said = (self.status, self.body["reason"].as_str().unwrap_or_default(), self.message());
        assert_eq!(said, (status, reason, message));
        assert_eq!((&self.body["kind"], &self.body["status"]), (&json!("Status"), &json!("Failure")));
        assert_eq!(self.body["code"], status);
    }

    pub fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }
}

/// An open watch.
pub struct Watch {
    body: Body,
    buffer: Vec<u8>,
}

impl Watch {
    /// The next event; None when the server has ended it.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).expect("a line of JSON"));
            }
            let frame = within(self.body.frame()).await?.ok()?;
            self.buffer.extend_from_slice(frame.data_ref()?);
        }
    }
}

/// The future's result, or a panic when it takes too long.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("an answer in time")
}

/// `metadata.resourceVersion`.
#[track_caller]
pub fn version(object: &Value) -> String {
    object["metadata"]["resourceVersion"].as_str().expect("a version").to_owned()
}

/// `metadata.uid`.
#[track_caller]
pub fn uid(object: &Value) -> String {
    object["metadata"]["uid"].as_str().expect("a uid").to_owned()
}
