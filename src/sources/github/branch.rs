//! A branch: its newest commit, whether it takes changes directly, and the files on it.

use std::sync::Arc;

use crate::release::commit::{Commit, read_commits};
use crate::release::json::Json;

use super::answer::Miss;
use super::artifacts::unusable;
use super::client::Client;
use super::contents::{self, escaped, is_sha, parameter};

/// Rules under which GitHub refuses a commit that somebody makes on the branch itself.
const REFUSE_COMMITS: [&str; 7] = [
    "pull_request",
    "update",
    "merge_queue",
    "required_status_checks",
    "required_deployments",
    "code_scanning",
    "workflows",
];

/// Rules that have nothing against it. All others (patterns of messages, paths and mails, signatures, what GitHub thinks of
/// next) may have something.
const LET_COMMITS: [&str; 7] = [
    "creation",
    "deletion",
    "non_fast_forward",
    "required_linear_history",
    "branch_name_pattern",
    "tag_name_pattern",
    "copilot_code_review",
];

/// Commits of a file.
const HISTORY: usize = 20;

/// A file on a branch.
pub struct File {
    /// The blob's.
    pub sha: String,
    pub text: Arc<str>,
}

/// What an edit on a branch begins with.
#[derive(Debug, Default, PartialEq)]
pub struct Tip {
    pub head: Option<String>,
    /// None: nobody says.
    pub is_protected: Option<bool>,
}

/// Reads a file, whole; `what` is for sentences.
pub async fn file(client: &Client, repository: &str, path: &str, branch: &str, what: &str) -> Result<File, Miss> {
    let wrong = |why: String| unusable(path, &why);
    let address = format!("{repository}/contents/{}?ref={}", escaped(path), parameter(branch));
    let content = contents::read(&client.get(&address, what).await?).map_err(wrong)?;
    let text = match content.text {
        Some(text) => text,
        None => {
            let blob = client.get(&format!("{repository}/git/blobs/{}", content.sha), what).await?;
            let blob = contents::read(&blob).map_err(wrong)?;
            blob.text.ok_or_else(|| unusable(path, "is handed out in an unknown encoding"))?
        }
    };
    Ok(File { sha: content.sha, text })
}

/// Who changed the file, newest first. None: it cannot be told now, and no edit hangs on it.
pub async fn history(client: &Client, repository: &str, path: &str, branch: &str) -> Result<Option<Vec<Commit>>, Miss> {
    let query = format!("path={}&sha={}&per_page={HISTORY}", parameter(path), parameter(branch));
    match client.get(&format!("{repository}/commits?{query}"), "commits").await {
        Ok(commits) => Ok(read_commits(&commits).ok()),
        Err(Miss::Absent(_)) => Ok(Some(Vec::new())),
        Err(miss) => miss.own().map(|_| None),
    }
}

/// Where the branch stands. What this token may not know is unknown: only a limit of requests is everybody's failure.
pub async fn tip(client: &Client, repository: &str, branch: &str) -> Result<Tip, Miss> {
    let branch = parameter(branch);
    let about = answer(client, &format!("{repository}/branches/{branch}"), "branch").await?;
    let rules = answer(client, &format!("{repository}/rules/branches/{branch}?per_page=100"), "rules").await?;
    Ok(read(about.as_deref().unwrap_or_default(), rules.as_deref().unwrap_or_default()))
}

async fn answer(client: &Client, path: &str, what: &str) -> Result<Option<bytes::Bytes>, Miss> {
    match client.get(path, what).await {
        Ok(body) => Ok(Some(body)),
        Err(miss @ Miss::Limited(..)) => Err(miss),
        Err(_) => Ok(None),
    }
}

/// Both answers; an empty one is none.
fn read(about: &[u8], rules: &[u8]) -> Tip {
    let about = Json::parse(about).unwrap_or_default();
    let is_answered = !rules.is_empty();
    let rules = Json::parse(rules).ok().filter(|rules| rules.is_list()).map(Json::items);
    let refuses = |rule: &Json| {
        let kind = rule.get("type").text()?;
        let is_known = [&REFUSE_COMMITS, &LET_COMMITS].iter().any(|known| known.contains(&kind.as_str()));
        is_known.then(|| REFUSE_COMMITS.contains(&kind.as_str()))
    };
    let rules: Option<Vec<_>> = rules.map(|rules| rules.iter().map(refuses).collect());
    let is_refused = rules.as_ref().is_some_and(|rules| rules.contains(&Some(true)));
    let is_unclear = rules.map_or(is_answered, |rules| rules.contains(&None));
    let is_protected = match about.get("protected").flag() {
        _ if is_refused => Some(true),
        // The rules are not all there is: only the branch itself knows of a protection of the older kind.
        Some(false) if is_unclear => None,
        said => said,
    };
    Tip { head: about.get("commit").get("sha").text().filter(|text| is_sha(text)), is_protected }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn either_answer_protects_and_neither_is_needed() {
        let open = br#"{"name":"main","commit":{"sha":"0123456789abcdef"},"protected":false}"#;
        let head = Some("0123456789abcdef".to_owned());
        for (about, rules, is_protected) in [
            (&open[..], &b"[]"[..], Some(false)),
            (open, br#"[{"type":"deletion"},{"type":"pull_request","parameters":{}}]"#, Some(true)),
            (br#"{"protected":true}"#, b"[]", Some(true)),
            (open, b"", Some(false)),
            (b"", br#"[{"type":"pull_request"}]"#, Some(true)),
            (b"", b"[]", None),
            (br#"{"protected":null}"#, b"[]", None),
            (open, br#"[{"type":null}]"#, None),
            (open, br#"[null,{"type":"update"}]"#, Some(true)),
            (open, br#"[{"type":"a_rule_of_tomorrow"}]"#, None),
            (open, br#"[{"type":"non_fast_forward"},{"type":"required_signatures"}]"#, None),
            (open, br#"[{"type":"non_fast_forward"},{"type":"deletion"}]"#, Some(false)),
            (b"{}", br#"{"message":"Upgrade"}"#, None),
            (open, br#"{"message":"Upgrade"}"#, None),
        ] {
            assert_eq!(read(about, rules).is_protected, is_protected);
        }
        assert_eq!(read(open, b"").head, head);
        assert_eq!(read(br#"{"commit":{"sha":"../x"}}"#, b""), Tip::default());
    }

    proptest! {
        #[test]
        fn nothing_panics(value in crate::release::json::foreign()) {
            let about = format!(r#"{{"commit":{{"sha":{value}}},"protected":{value}}}"#);
            let _ = read(about.as_bytes(), format!(r#"[{{"type":{value}}},{value}]"#).as_bytes());
            let _ = read(value.as_bytes(), value.as_bytes());
        }
    }
}
