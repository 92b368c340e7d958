//! Kubeconfigs good and bad, and a credential plugin that is a script.

use std::path::Path;

use super::*;
use crate::sources::double::{Double, Reply};

#[test]
fn no_proxy_is_honoured_as_curl_does() {
    assert!(is_excluded("api.prod.example.com", "10.0.0.1, .example.com"));
    assert!(is_excluded("example.com", "example.com"));
    assert!(is_excluded("anything", "*"));
    assert!(!is_excluded("badexample.com", ".example.com"));
    assert!(!is_excluded("api.example.com", ""));
    for loopback in ["127.0.0.1", "127.1.2.3", "[::1]", "localhost"] {
        assert!(is_excluded(loopback, ""), "{loopback}");
    }
}

/// The kubeconfig of that text, as it is read from a file.
fn read(text: &str) -> Result<Kubeconfig, Failure> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    read_kubeconfig(Some(file.path()))
}

fn kubeconfig(server: &str, user: &str) -> Kubeconfig {
    read(&format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: prod\n\
         clusters: [{{name: c, cluster: {{server: '{server}'}}}}]\n\
         contexts: [{{name: prod, context: {{cluster: c, user: u}}}}, {{name: odd, context: {{cluster: gone, user: u}}}}]\n\
         users: [{{name: u, user: {user}}}]\n"
    ))
    .unwrap()
}

/// The sentence for what keeps a request from being answered.
async fn refusal(kubeconfig: Kubeconfig, context: &str) -> Failure {
    match connect(context, &Address::Kubeconfig(Box::new(kubeconfig))).await {
        Err(failure) => failure,
        Ok(cluster) => match api::get(&cluster.client, "/version").await.unwrap_err() {
            api::Error::Failed(failure) => failure,
            api::Error::Gone => panic!(),
        },
    }
}

#[test]
fn a_kubeconfig_that_cannot_be_read_says_what_to_do() {
    let missing = read_kubeconfig(Some(Path::new("/nonexistent/config"))).unwrap_err().message;
    assert!(missing.contains("/nonexistent/config") && missing.contains("--kubeconfig"), "{missing}");
    let bad = read("users: [{name: u, user: {token: s3cr3t}]\n").unwrap_err().message;
    assert!(bad.contains("line") && !bad.contains("s3cr3t") && !bad.contains('\n'), "{bad}");
    let wrong = read("users: [{name: u, user: {token: [s3cr3t]}}]\n").unwrap_err().message;
    assert!(!wrong.contains("s3cr3t"), "{wrong}");
    let binary = read("\0\x01").unwrap_err().message;
    assert!(!binary.contains(char::is_control), "{binary}");
}

#[test]
fn contexts_are_chosen_or_explained() {
    let mut config = kubeconfig("http://127.0.0.1:1", "{}");
    assert_eq!(contexts(&config, &[]).unwrap(), ["prod"]);
    assert_eq!(contexts(&config, &["odd".into(), "prod".into()]).unwrap(), ["odd", "prod"]);
    let asked = contexts(&config, &["stage\u{1b}".into()]).unwrap_err().message;
    assert_eq!(asked, "no context stage␛ in the kubeconfig; it has: prod, odd");
    config.current_context = Some("gone".into());
    assert!(
        contexts(&config, &[]).unwrap_err().message.contains("current-context gone does not exist; pass --context")
    );
    config.current_context = None;
    assert!(contexts(&config, &[]).unwrap_err().message.contains("has no current-context; pass --context NAME"));
    let empty = read("").map(|config| contexts(&config, &[]).unwrap_err().message);
    assert!(matches!(&empty, Ok(message) | Err(Failure { message, .. }) if message.contains("--")), "{empty:?}");
}

#[tokio::test]
async fn a_context_without_its_cluster_is_named() {
    let message = refusal(kubeconfig("http://127.0.0.1:1", "{}"), "odd").await.message;
    assert!(message.starts_with("the kubeconfig's context odd cannot be used"), "{message}");
    let message = refusal(kubeconfig("not an address", "{}"), "prod").await.message;
    assert!(message.starts_with("the kubeconfig's context prod cannot be used"), "{message}");
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let failure = refusal(kubeconfig(&format!("http://{closed}"), "{}"), "prod").await;
    assert_eq!(failure.kind, FailureKind::Unreachable);
    assert!(failure.message.contains("refused"), "{}", failure.message);
}

#[cfg(unix)]
mod plugin {
    use super::*;

    /// A user whose credentials come from that script.
    fn user(directory: &Path, script: &str) -> String {
        let path = directory.join("plugin.sh");
        std::fs::write(&path, script).unwrap();
        format!(
            "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: ['{}'], \
             env: [{{name: PLUGIN_SECRET, value: s3cr3t}}], interactiveMode: IfAvailable}}}}",
            path.display()
        )
    }

    #[tokio::test]
    async fn gives_a_token_and_never_sees_the_terminal() {
        let directory = tempfile::tempdir().unwrap();
        let script = "cd \"$(dirname \"$0\")\"; echo \"$KUBERNETES_EXEC_INFO\" > info; [ -t 0 ] && touch terminal\n\
                      echo 'look at me' >&2; read answer; echo \"[$answer]\" > answer\n\
                      echo '{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", \
                      \"status\": {\"token\": \"t0ken\"}}'";
        let double = Double::new(|_, _| Reply::ok("{}"));
        let config = kubeconfig(&double.serve().await, &user(directory.path(), script));
        let cluster = connect("prod", &Address::Kubeconfig(Box::new(config))).await.unwrap();
        api::get(&cluster.client, "/version").await.unwrap();
        assert_eq!(double.seen()[0].headers["authorization"], "Bearer t0ken");
        let file = |name: &str| std::fs::read_to_string(directory.path().join(name)).ok();
        assert!(file("info").unwrap().contains("\"interactive\":false"));
        assert_eq!((file("terminal"), file("answer").as_deref()), (None, Some("[]\n")));
    }

    #[tokio::test]
    async fn that_fails_says_why_without_its_secrets() {
        let directory = tempfile::tempdir().unwrap();
        for (script, expected) in [
            ("echo t0ken; echo 'session expired: run sso login' >&2; exit 1", "session expired: run sso login"),
            ("echo t0ken", "printed what is no ExecCredential"),
            (
                "echo '{\"kind\": \"ExecCredential\", \"status\": {\"token\": [\"t0ken\"]}}'",
                "what is no ExecCredential",
            ),
            ("echo '{\"kind\": \"ExecCredential\", \"apiVersion\": \"t0\"}'", "login"),
        ] {
            let config = kubeconfig("http://127.0.0.1:1", &user(directory.path(), script));
            let failure = refusal(config, "prod").await;
            assert_eq!(failure.kind, FailureKind::Unauthorized, "{}", failure.message);
            assert!(failure.message.contains(expected), "{}", failure.message);
            assert!(!failure.message.contains("s3cr3t") && !failure.message.contains("t0ken"), "{}", failure.message);
        }
    }

    #[tokio::test]
    async fn that_is_not_there_says_so() {
        let user = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: /nonexistent/plugin}}";
        let failure = refusal(kubeconfig("http://127.0.0.1:1", user), "prod").await;
        assert!(failure.message.contains("cannot be started"), "{}", failure.message);
    }
}
