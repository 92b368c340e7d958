//! The handle of a running world: where it listens, what it heard, and how a test reaches into it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use anyhow::Context;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::clock::Clock;
use super::doors::{Addresses, Doors};
use super::fault::Fault;
use super::http::serve;
use super::resources::{RESOURCES, Resource};
use super::state::State;
use super::{demo, seed, story};

/// How many requests are remembered.
const REMEMBERED: usize = 20_000;

/// How a world begins.
#[derive(Clone, Debug)]
pub struct WorldConfig {
    /// Stories as YAML texts; see `fixtures/demo`.
    pub stories: Vec<String>,
    /// How fast its time runs; 1 is real time. Timestamps run ahead of real time when it is more.
    pub speed: f64,
    /// Rollouts that it is filled with besides, see [`World::seed_rollouts`].
    pub rollouts: usize,
}

impl Default for WorldConfig {
    /// The demo world in real time.
    fn default() -> Self {
        Self { stories: demo::stories(), speed: 1.0, rollouts: 0 }
    }
}

impl WorldConfig {
    /// A cluster with its nodes, its Prometheus and nothing else.
    pub fn empty() -> Self {
        Self { stories: demo::cluster(), speed: 1.0, rollouts: 0 }
    }
}

/// One request that the API server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `PATCH`, …
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The body, empty when there was none.
    pub body: String,
    /// The HTTP status of the answer.
    pub status: u16,
}

/// One request that GitHub, or the store of its archives, answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// `GET`, `PUT`, …
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The body, empty when there was none.
    pub body: String,
    /// The HTTP status of the answer.
    pub status: u16,
    /// It went to the store, which is another host.
    pub is_store: bool,
    /// It came with a token.
    pub has_token: bool,
}

/// A running world. It ends when it is dropped.
#[derive(Debug)]
pub struct World {
    shared: Arc<Shared>,
    addresses: Addresses,
    tasks: JoinSet<()>,
}

impl World {
    /// Starts a world on free ports of the loopback interface.
    pub async fn start(config: WorldConfig) -> anyhow::Result<Self> {
        Doors::open().await?.begin(config).await
    }

    /// Begins a world behind these doors.
    pub(super) async fn begin(doors: Doors, config: WorldConfig) -> anyhow::Result<Self> {
        let Doors { addresses, listeners } = doors;
        let clock = Clock::start(config.speed);
        // Playing the stories' past is computation, and must not hold up whoever shares the runtime.
        let begun = clock.now();
        let state = tokio::task::spawn_blocking(move || begin(&config, begun))
            .await
            .context("the simulated world could not begin")??;
        let shared = Arc::new(Shared::new(state, clock));
        let _ = shared.store.set(format!("http://{}", addresses.store));
        let mut tasks = JoinSet::new();
        for (side, listener) in listeners {
            tasks.spawn(serve(listener, side, Arc::clone(&shared)));
        }
        tasks.spawn(live(Arc::clone(&shared)));
        Ok(Self { shared, addresses, tasks })
    }

    /// Where the Kubernetes API is.
    pub fn kubernetes_url(&self) -> String {
        self.addresses.kubernetes_url()
    }

    /// Where Prometheus is.
    pub fn prometheus_url(&self) -> String {
        self.addresses.prometheus_url()
    }

    /// Where the API of GitHub is.
    pub fn github_url(&self) -> String {
        self.addresses.github_url()
    }

    /// The requests that GitHub and its store answered so far, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked().iter().cloned().collect()
    }

    /// Leaves GitHub's clients so many requests for this hour.
    pub fn leave_github_budget(&self, remaining: u64) {
        self.shared.with(|state| state.github.leave(remaining, state.now));
    }

    /// The world's time.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Switches a fault on; [`Fault::None`] switches it off.
    pub fn fault(&self, fault: Fault) {
        self.shared.switch(fault);
    }

    /// The fault that is on.
    pub fn current_fault(&self) -> Fault {
        self.shared.current_fault()
    }

    /// The requests that the API server answered so far, in order; the witness that nothing was sent twice.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests().iter().cloned().collect()
    }

    /// Puts an object into the world as it is, its status included.
    pub fn apply(&self, manifest: Value) -> anyhow::Result<()> {
        self.shared.with(|state| story::apply(state, manifest))
    }

    /// An object by `plural/namespace/name` (`rollouts/shop/checkout`), or `plural/name` without a namespace.
    pub fn get(&self, path: &str) -> Option<Value> {
        let (resource, namespace, name) = locate(path)?;
        self.shared.with(|state| state.store.get(resource.full, namespace, name).map(|object| object.value().clone()))
    }

    /// All objects of a kind by its plural, in order of namespace and name.
    pub fn list(&self, plural: &str) -> Vec<Value> {
        let Some((resource, ..)) = locate(plural) else { return Vec::new() };
        self.shared
            .with(|state| state.store.list(resource.full, "").map(|(_, object)| object.value().clone()).collect())
    }

    /// Changes an object behind everybody's back, and returns whether it was there.
    pub fn edit(&self, path: &str, change: impl FnOnce(&mut Value)) -> bool {
        let Some((resource, namespace, name)) = locate(path) else { return false };
        self.shared.with(|state| {
            let Some(mut value) = state.store.get(resource.full, namespace, name).map(|object| object.value().clone())
            else {
                return false;
            };
            change(&mut value);
            state.store.put(resource, value, state.now);
            true
        })
    }

    /// Removes an object at once, and returns whether it was there.
    pub fn delete(&self, path: &str) -> bool {
        let Some((resource, namespace, name)) = locate(path) else { return false };
        self.shared.with(|state| state.store.remove(resource, namespace, name).is_some())
    }

    /// Sets the error ratio of the newest revision of a rollout (`namespace/name`).
    pub fn set_error_rate(&self, rollout: &str, rate: f64) {
        self.shared.with(|state| state.metrics.set_error_rate(rollout, rate, false));
    }

    /// Sets the requests per second of a rollout (`namespace/name`); zero is no traffic, and its ratios are NaN.
    pub fn set_traffic(&self, rollout: &str, per_second: f64) {
        self.shared.with(|state| state.metrics.set_traffic(rollout, per_second));
    }

    /// Fills the world with rollouts of a realistic size for benchmarks. The controller leaves them alone.
    pub fn seed_rollouts(&self, count: usize) {
        self.shared.with(|state| seed::rollouts(state, count));
    }

    /// Ends the world and waits until its servers are gone.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

/// What the servers, the clock and the handle share.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    requests: Mutex<VecDeque<Request>>,
    asked: Mutex<VecDeque<Asked>>,
    /// Where GitHub's archives are, once it is known.
    pub(super) store: OnceLock<String>,
    pub(super) clock: Clock,
    /// The store's version; watches wait for it to move.
    pub(super) version: watch::Sender<u64>,
    pub(super) fault: watch::Sender<Fault>,
}

impl Shared {
    fn new(state: State, clock: Clock) -> Self {
        Self {
            version: watch::Sender::new(state.store.version()),
            state: Mutex::new(state),
            requests: Mutex::default(),
            asked: Mutex::default(),
            store: OnceLock::new(),
            clock,
            fault: watch::Sender::new(Fault::None),
        }
    }

    /// Looks at or changes the state, at the present time; watches hear of it afterwards.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        // A panic in another test thread must not hide behind this one's.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.now = self.clock.now().max(state.now);
        let result = act(&mut state);
        let version = state.store.version();
        drop(state);
        self.version.send_if_modified(|known| std::mem::replace(known, version.max(*known)) != version);
        result
    }

    pub(super) fn current_fault(&self) -> Fault {
        *self.fault.borrow()
    }

    pub(super) fn record(&self, request: Request) {
        let mut requests = self.requests();
        requests.push_back(request);
        if requests.len() > REMEMBERED {
            requests.pop_front();
        }
    }

    pub(super) fn record_asked(&self, asked: Asked) {
        let mut all = self.asked();
        all.push_back(asked);
        if all.len() > REMEMBERED {
            all.pop_front();
        }
    }

    fn asked(&self) -> std::sync::MutexGuard<'_, VecDeque<Asked>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn requests(&self) -> std::sync::MutexGuard<'_, VecDeque<Request>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn switch(&self, fault: Fault) {
        self.with(|state| {
            state.controller_away = fault == Fault::ControllerAway;
            state.metrics.away = fault == Fault::NoMetrics;
            if fault == Fault::Gone {
                state.compact();
            }
        });
        self.fault.send_replace(fault);
    }
}

fn begin(config: &WorldConfig, now: Timestamp) -> anyhow::Result<State> {
    let mut state = State::new(now);
    story::begin(&mut state, &config.stories, now)?;
    if config.rollouts > 0 {
        seed::rollouts(&mut state, config.rollouts);
    }
    // Nobody was there to watch the past.
    state.compact();
    Ok(state)
}

/// Moves the world's time on.
async fn live(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(shared.clock.tick()).await;
        let wished = shared.with(|state| {
            state.tick(state.now);
            state.wished.take()
        });
        if let Some(fault) = wished {
            shared.switch(fault);
        }
    }
}

/// Splits `plural/namespace/name` or `plural/name`; the plural may carry its group.
fn locate(path: &str) -> Option<(&'static Resource, &str, &str)> {
    let mut parts = path.split('/');
    let plural = parts.next()?;
    let resource = RESOURCES.iter().find(|resource| resource.full == plural || resource.plural == plural)?;
    Some(match (parts.next(), parts.next()) {
        (Some(namespace), Some(name)) => (resource, namespace, name),
        (Some(name), None) => (resource, "", name),
        _ => (resource, "", ""),
    })
}
