//! From a kubeconfig and a context's name to a client that reads.

use std::sync::Arc;

use kube::config::{ExecInteractiveMode, KubeConfigOptions, Kubeconfig};

use crate::release::observation::{Failure, FailureKind};

use super::api;

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
}

/// The kubeconfig at `path`, or the one that kubectl would take.
pub fn read_kubeconfig(path: Option<&std::path::Path>) -> Result<Kubeconfig, Failure> {
    let read = match path {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    read.map_err(|error| Failure {
        kind: FailureKind::Failed,
        message: format!("cannot read the kubeconfig: {}", api::chain(&error)),
        retry_in: None,
    })
}

/// The names of the contexts to watch: those asked for, else the current one.
pub fn contexts(kubeconfig: &Kubeconfig, asked: &[String]) -> Result<Vec<String>, Failure> {
    let known: Vec<&str> = kubeconfig.contexts.iter().map(|context| context.name.as_str()).collect();
    let failure = |message| Failure { kind: FailureKind::Failed, message, retry_in: None };
    if let Some(missing) = asked.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(failure(format!("no context {missing} in the kubeconfig; it has: {}", known.join(", "))));
    }
    if !asked.is_empty() {
        return Ok(asked.to_vec());
    }
    match &kubeconfig.current_context {
        Some(current) if known.contains(&current.as_str()) => Ok(vec![current.clone()]),
        Some(current) if !current.is_empty() => {
            Err(failure(format!("the kubeconfig's current-context {current} does not exist; pass --context NAME")))
        }
        _ => Err(failure(format!(
            "the kubeconfig has no current-context; pass --context NAME, one of: {}",
            known.join(", ")
        ))),
    }
}

/// The configuration of a client for that context. May run the kubeconfig's exec plugin later, never on the terminal.
pub async fn client_config(context: &str, address: &Address) -> Result<kube::Config, Failure> {
    let mut config = match address {
        Address::Plain(url) => {
            let url = url.parse().map_err(|error| api::unreachable(format!("bad address {url}: {error}")))?;
            kube::Config::new(url)
        }
        Address::Kubeconfig(kubeconfig) => {
            let options = KubeConfigOptions { context: Some(context.to_owned()), ..Default::default() };
            kube::Config::from_custom_kubeconfig((**kubeconfig).clone(), &options).await.map_err(|error| Failure {
                kind: FailureKind::Failed,
                message: format!("the kubeconfig's context {context} cannot be used: {}", api::chain(&error)),
                retry_in: None,
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
    })
    .await
    .map_err(|error| api::unreachable(format!("connecting was interrupted: {error}")))?
    .map_err(|error| api::explain(&error))?;
    Ok(Cluster { context: context.into(), client })
}

/// Whether NO_PROXY names that host (kube does not look at it for the cluster's own host). Loopback is never proxied.
fn is_excluded(host: &str, no_proxy: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if matches!(host, "localhost" | "127.0.0.1" | "::1") {
        return true;
    }
    no_proxy.split(',').map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let suffix = entry.trim_start_matches('*').trim_start_matches('.');
        entry == "*" || host == suffix || host.ends_with(&format!(".{suffix}"))
    })
}

#[cfg(test)]
mod tests {
    use super::is_excluded;

    #[test]
    fn no_proxy_is_honoured_as_curl_does() {
        assert!(is_excluded("api.prod.example.com", "10.0.0.1, .example.com"));
        assert!(is_excluded("example.com", "example.com"));
        assert!(is_excluded("anything", "*"));
        assert!(!is_excluded("badexample.com", ".example.com"));
        assert!(!is_excluded("api.example.com", ""));
        assert!(is_excluded("127.0.0.1", ""));
    }
}
