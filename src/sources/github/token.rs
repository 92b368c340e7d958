//! The token, from wherever the operator keeps it. It never shows itself.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::release::observation::{Failure, FailureKind};

use super::app;
use super::settings::Credentials;

/// Largest file with a secret.
const LARGEST: u64 = 64 << 10;

/// Reads the token for that host of the web site (`github.com`). None: there is none, and nothing is sent. Of an app it is
/// the signature, with which it may borrow a token.
pub async fn read(credentials: &Credentials, host: &str, now: Timestamp) -> Result<Option<SecretString>, Failure> {
    match credentials {
        Credentials::None => Ok(None),
        Credentials::App(app) => app::sign(app, now).await.map(Some),
        Credentials::File(file) => from_file(file).await.map(Some),
        Credentials::Environment => {
            if let Some(token) = of(std::env::var("GITHUB_TOKEN").ok()) {
                return Ok(Some(token));
            }
            let Some(hosts) = hosts_file() else { return Ok(None) };
            match text(&hosts).await {
                Ok(text) => Ok(from_hosts(&text, host)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(failed(format!("gh's {} cannot be read: {error}", hosts.display()))),
            }
        }
    }
}

async fn from_file(file: &Path) -> Result<SecretString, Failure> {
    let bad = |why: String| failed(format!("the token file {} {why}", file.display()));
    let text = text(file).await.map_err(|error| bad(format!("cannot be read: {error}")))?;
    of(Some(text.expose_secret().to_owned())).ok_or_else(|| bad("is empty, or holds what is no token".to_owned()))
}

/// A token is one word of visible letters; whatever else stands there must not get into a header.
pub(super) fn of(text: Option<String>) -> Option<SecretString> {
    let text = text?;
    let text = text.trim();
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())).then(|| SecretString::from(text))
}

/// A file with a secret, up to [`LARGEST`].
pub(super) async fn text(file: &Path) -> std::io::Result<SecretString> {
    use tokio::io::AsyncReadExt;
    let mut text = String::new();
    tokio::fs::File::open(file).await?.take(LARGEST).read_to_string(&mut text).await?;
    Ok(SecretString::from(text))
}

/// `hosts.yml` where gh keeps it.
fn hosts_file() -> Option<PathBuf> {
    let dir = |name: &str| std::env::var_os(name).filter(|dir| !dir.is_empty()).map(PathBuf::from);
    let home = || Some(directories::BaseDirs::new()?.home_dir().join(".config"));
    let config =
        dir("GH_CONFIG_DIR").or_else(|| dir("XDG_CONFIG_HOME").or_else(home).map(|config| config.join("gh")))?;
    Some(config.join("hosts.yml"))
}

/// `HOST.oauth_token`, else the token of the user who is active there. Newer versions of gh keep it in a keyring instead.
fn from_hosts(text: &SecretString, host: &str) -> Option<SecretString> {
    #[derive(Deserialize)]
    struct Host {
        oauth_token: Option<String>,
        user: Option<String>,
        #[serde(default)]
        users: std::collections::BTreeMap<String, Option<User>>,
    }
    #[derive(Deserialize)]
    struct User {
        oauth_token: Option<String>,
    }
    let hosts: std::collections::BTreeMap<String, Option<Host>> = serde_yaml::from_str(text.expose_secret()).ok()?;
    let mut host = hosts.into_iter().find(|(name, _)| name == host)?.1?;
    let active = host.user.and_then(|user| host.users.remove(&user)).flatten().and_then(|user| user.oauth_token);
    of(host.oauth_token).or_else(|| of(active))
}

fn failed(message: String) -> Failure {
    Failure { kind: FailureKind::Failed, message, retry_in: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gh_keeps_a_token_by_host_or_by_user() {
        let hosts = SecretString::from(
            "github.com:\n  user: ada\n  oauth_token: gho_1\n  git_protocol: ssh\nghe.example:\n  user: bob\n  users:\n    \
             bob: { oauth_token: gho_2 }\nempty.example:\n",
        );
        let token = |host| from_hosts(&hosts, host).map(|token| token.expose_secret().to_owned());
        assert_eq!(token("github.com").as_deref(), Some("gho_1"));
        assert_eq!(token("ghe.example").as_deref(), Some("gho_2"));
        assert_eq!((token("empty.example"), token("other")), (None, None));
        assert!(from_hosts(&SecretString::from("- what"), "github.com").is_none());
    }

    #[tokio::test]
    async fn a_file_is_read_and_what_is_no_token_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("token");
        let credentials = Credentials::File(file.clone());
        let now = Timestamp::UNIX_EPOCH;
        let read = || read(&credentials, "github.com", now);
        assert!(super::read(&Credentials::None, "x", now).await.unwrap().is_none());
        assert!(read().await.unwrap_err().message.contains("cannot be read"));
        std::fs::write(&file, "ghp_x\n").unwrap();
        let token = read().await.unwrap().unwrap();
        assert_eq!((token.expose_secret(), format!("{token:?}").contains("ghp_x")), ("ghp_x", false));
        std::fs::write(&file, "two words\r\nX: y").unwrap();
        let failure = read().await.unwrap_err();
        assert!(failure.message.contains("no token") && !failure.message.contains("words"), "{failure:?}");
    }
}
