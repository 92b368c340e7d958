//! How the address of a Prometheus is reached: through the API server where it is a name inside the cluster.

use reqwest::Url;

use crate::release::text::visible_up_to;

/// The way to a Prometheus.
#[derive(Debug, PartialEq)]
pub enum Route {
    Direct(Url),
    Service(Service),
}

/// A Service behind the API server's proxy.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    pub namespace: String,
    pub name: String,
    port: u16,
    is_https: bool,
    /// Path before `/api/v1`, empty or with a leading slash.
    prefix: String,
}

impl Service {
    /// How the operator calls it.
    pub fn who(&self) -> String {
        format!("service {} in namespace {}", self.name, self.namespace)
    }

    /// The path of the range query at the API server.
    pub fn path(&self) -> String {
        let Service { namespace, name, port, prefix, .. } = self;
        let scheme = if self.is_https { "https:" } else { "" };
        format!("/api/v1/namespaces/{namespace}/services/{scheme}{name}:{port}/proxy{prefix}/api/v1/query_range")
    }
}

/// Second labels that make a name of two labels a public or local one, and not `service.namespace`.
const TOP_LEVEL: &[&str] =
    &["com", "net", "org", "io", "dev", "app", "cloud", "local", "localhost", "localdomain", "internal", "lan", "home"];

/// Finds the way; the error says what is wrong, to follow `the address`.
pub fn route(address: &str) -> Result<Route, String> {
    let address = address.trim();
    if address.is_empty() {
        return Err("is not set".to_owned());
    }
    if address.contains("{{") {
        return Err(format!("holds an argument that nobody has resolved ({})", visible_up_to(address, 100)));
    }
    let mut url = Url::parse(address).map_err(|error| format!("cannot be read ({error})"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("must begin with http:// or https://, not {}:", visible_up_to(url.scheme(), 20)));
    }
    let prefix = url.path().trim_end_matches('/').to_owned();
    url.set_path(&prefix);
    url.set_query(None);
    url.set_fragment(None);
    Ok(match inside(&url) {
        Some((name, namespace)) => Route::Service(Service {
            namespace,
            name,
            port: url.port_or_known_default().unwrap_or(80),
            is_https: url.scheme() == "https",
            prefix,
        }),
        None => Route::Direct(url),
    })
}

/// Name and namespace of the Service, where the host is a name inside the cluster.
fn inside(url: &Url) -> Option<(String, String)> {
    let host = url.domain()?.trim_end_matches('.');
    let labels: Vec<&str> = host.split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if !labels.iter().all(is_label) {
        return None;
    }
    let (name, namespace) = match labels.iter().skip(2).position(|label| *label == "svc") {
        // What stands before the service's name is a pod of it.
        Some(more) => (labels[more], labels[more + 1]),
        None => match labels[..] {
            [name, namespace] if !TOP_LEVEL.contains(&namespace) => (name, namespace),
            _ => return None,
        },
    };
    Some((name.to_owned(), namespace.to_owned()))
}

/// Whether the host is this machine: no proxy leads there.
pub fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let name = host.trim_end_matches('.');
    name == "localhost"
        || name.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// `host:port`, as it may be shown.
pub fn host(url: &Url) -> String {
    let host = visible_up_to(url.host_str().unwrap_or_default(), 253);
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host,
    }
}

/// The address without user, password and query.
pub fn without_secrets(address: &str) -> String {
    match Url::parse(address) {
        Ok(url) => format!("{}://{}{}", url.scheme(), host(&url), url.path()),
        Err(_) => "(not readable)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(address: &str) -> String {
        match route(address) {
            Ok(Route::Service(service)) => service.path(),
            other => panic!("{address}: {other:?}"),
        }
    }

    #[test]
    fn names_inside_the_cluster_go_through_the_api_server() {
        let through = |service: &str| format!("/api/v1/namespaces/monitoring/services/{service}/api/v1/query_range");
        assert_eq!(path("http://prom.monitoring.svc:9090"), through("prom:9090/proxy"));
        assert_eq!(path("http://prom.monitoring.svc.cluster.local.:9090/"), through("prom:9090/proxy"));
        assert_eq!(path("https://prom.monitoring.svc.corp.example"), through("https:prom:443/proxy"));
        assert_eq!(path("http://PROM.monitoring/base/"), through("prom:80/proxy/base"));
        assert_eq!(path("http://prom-0.prom.monitoring.svc:9090"), through("prom:9090/proxy"));
    }

    #[test]
    fn other_addresses_are_asked_directly() {
        for address in [
            "http://127.0.0.1:9090",
            "http://[::1]:9090",
            "http://localhost:9090",
            "http://prometheus:9090",
            "https://prometheus.example.com/p",
            "https://example.com",
            "http://prom.local",
            "http://a_b.monitoring",
            "http://svc.example.org",
        ] {
            assert!(matches!(route(address), Ok(Route::Direct(_))), "{address}");
        }
        let Ok(Route::Direct(url)) = route("https://h.example.com/p/?x=1#y") else { panic!() };
        assert_eq!(url.as_str(), "https://h.example.com/p");
    }

    #[test]
    fn what_is_no_address_has_its_sentence() {
        assert_eq!(route(" "), Err("is not set".to_owned()));
        assert!(route("http://{{args.host}}").is_err_and(|error| error.contains("nobody has resolved")));
        assert!(route("file:///etc/passwd").is_err_and(|error| error.contains("http://")));
        assert!(route("prometheus:9090").is_err_and(|error| error.contains("http://")));
        assert!(route("mailto:x").is_err());
        assert!(route("http://").is_err_and(|error| error.contains("cannot be read")));
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for (address, expected) in [
            ("http://127.3.2.1", true),
            ("http://[::1]", true),
            ("http://a.localhost", true),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(address).unwrap()), expected, "{address}");
        }
    }
}
