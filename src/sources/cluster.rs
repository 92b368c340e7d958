//! From a kubeconfig and a context's name to a client that reads.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use kube::config::{ExecInteractiveMode, KubeConfigOptions, Kubeconfig, KubeconfigError};

use crate::release::observation::{Failure, FailureKind};
use crate::release::text::visible;

use super::api;

/// Longest wait for a credential plugin.
const CREDENTIALS_WITHIN: Duration = Duration::from_secs(60);

/// One cluster to watch.
#[derive(Clone)]
pub struct Cluster {
    /// The kubeconfig context's name.
    pub context: Arc<str>,
    /// For reading: kube's own retries are off here too, since each source has its own.
    pub client: kube::Client,
}

/// Where a cluster's address and credentials come from.
#[derive(Clone, Debug)]
pub enum Address {
    /// A context of the kubeconfig.
    Kubeconfig(Box<Kubeconfig>),
    /// A plain HTTP server on loopback: the simulated world.
    Plain(String),
    /// There is none, and why: said on the screen for as long as it holds.
    Unusable(Failure),
}

/// The kubeconfig at `path`, or the one that kubectl would take.
pub fn read_kubeconfig(path: Option<&std::path::Path>) -> Result<Kubeconfig, Failure> {
    let read = match path {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    read.map_err(|error| failed(no_kubeconfig(&error)))
}

/// Why there is no kubeconfig and what to do. The YAML reader's own sentence quotes the lines around: a token may be there.
fn no_kubeconfig(error: &KubeconfigError) -> String {
    const INSTEAD: &str = "pass --kubeconfig FILE, or set KUBECONFIG";
    match error {
        KubeconfigError::ReadConfig(error, path) => {
            format!("cannot read the kubeconfig {}: {error}: {INSTEAD}", visible(&path.to_string_lossy()))
        }
        KubeconfigError::FindPath => format!("there is no kubeconfig: {INSTEAD}"),
        KubeconfigError::Parse(error) => {
            let place = error.location().map(|place| format!(" (line {})", place.line())).unwrap_or_default();
            format!("the kubeconfig is not what it should be{place}: mend it, or {INSTEAD}")
        }
        error => format!("cannot read the kubeconfig: {}", api::chain(error)),
    }
}

fn failed(message: String) -> Failure {
    Failure { kind: FailureKind::Failed, message, retry_in: None }
}

/// The names of the contexts to watch: those asked for, else the current one.
pub fn contexts(kubeconfig: &Kubeconfig, asked: &[String]) -> Result<Vec<String>, Failure> {
    let known: Vec<&str> = kubeconfig.contexts.iter().map(|context| context.name.as_str()).collect();
    if let Some(missing) = asked.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(failed(format!("no context {} in the kubeconfig; it has: {}", visible(missing), names(&known))));
    }
    if !asked.is_empty() {
        return Ok(asked.to_vec());
    }
    match &kubeconfig.current_context {
        Some(current) if known.contains(&current.as_str()) => Ok(vec![current.clone()]),
        Some(current) if !current.is_empty() => Err(failed(format!(
            "the kubeconfig's current-context {} does not exist; pass --context NAME",
            visible(current)
        ))),
        _ => Err(failed(format!(
            "the kubeconfig has no current-context; pass --context NAME, one of: {}",
            names(&known)
        ))),
    }
}

/// The configuration of a client for that context. May run the kubeconfig's exec plugin later, never on the terminal.
pub async fn client_config(context: &str, address: &Address) -> Result<kube::Config, Failure> {
    let mut config = match address {
        Address::Unusable(failure) => return Err(failure.clone()),
        Address::Plain(url) => {
            let url = url.parse().map_err(|error| api::unreachable(format!("bad address {url}: {error}")))?;
            kube::Config::new(url)
        }
        Address::Kubeconfig(kubeconfig) => {
            let options = KubeConfigOptions { context: Some(context.to_owned()), ..Default::default() };
            kube::Config::from_custom_kubeconfig((**kubeconfig).clone(), &options).await.map_err(|error| {
                let why = api::chain(&error);
                failed(format!("the kubeconfig's context {} cannot be used: {why}", visible(context)))
            })?
        }
    };
    // A plugin that asks on the terminal would fight with the screen for the keys.
    if let Some(exec) = &mut config.auth_info.exec {
        exec.interactive_mode = Some(ExecInteractiveMode::Never);
    }
    if let Some(host) = config.cluster_url.host()
        && is_excluded(host, &std::env::var("NO_PROXY").or_else(|_| std::env::var("no_proxy")).unwrap_or_default())
    {
        config.proxy_url = None;
    }
    config.default_retry = false;
    Ok(config)
}

/// Connects; kube reads files and runs plugins in there, so that it happens off the async threads.
pub async fn connect(context: &str, address: &Address) -> Result<Cluster, Failure> {
    let config = client_config(context, address).await?;
    let made = tokio::runtime::Handle::current();
    let client = tokio::task::spawn_blocking(move || {
        let _guard = made.enter();
        kube::Client::try_from(config)
    });
    let client = tokio::time::timeout(CREDENTIALS_WITHIN, client)
        .await
        .map_err(|_| api::unreachable("no credentials within 60 s: does the kubeconfig's login command wait for you?"))?
        .map_err(|error| api::unreachable(format!("connecting was interrupted: {error}")))?
        .map_err(|error| api::explain(&error))?;
    Ok(Cluster { context: visible(context).into(), client })
}

/// Where that context's API server is, as the kubeconfig has it: for sentences.
pub fn server(context: &str, address: &Address) -> Option<String> {
    let kubeconfig = match address {
        Address::Kubeconfig(kubeconfig) => kubeconfig,
        Address::Plain(url) => return Some(url.clone()),
        Address::Unusable(_) => return None,
    };
    let named = kubeconfig.contexts.iter().find(|named| named.name == context)?;
    let cluster = &named.context.as_ref()?.cluster;
    let server = kubeconfig.clusters.iter().find(|named| named.name == *cluster)?.cluster.as_ref()?.server.as_ref()?;
    Some(visible(server))
}

fn names(known: &[&str]) -> String {
    visible(&known.join(", "))
}

/// Whether NO_PROXY names that host (kube does not look at it for the cluster's own host). Loopback is never proxied.
fn is_excluded(host: &str, no_proxy: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback()) {
        return true;
    }
    no_proxy.split(',').map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let suffix = entry.trim_start_matches('*').trim_start_matches('.');
        entry == "*" || host == suffix || host.ends_with(&format!(".{suffix}"))
    })
}
