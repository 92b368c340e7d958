//! A commit as the operator thinks of it: who changed what, when.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::json::Json;

/// One item of `GET /repos/{owner}/{repo}/commits`, only what is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    pub sha: String,
    /// The account, or the name in the commit where no account belongs to it.
    pub author: Option<String>,
    pub at: Option<Timestamp>,
    /// The first line.
    pub message: String,
    pub url: Option<String>,
}

/// A page of commits. The error is the reason why it is none.
pub fn read_commits(bytes: &[u8]) -> Result<Vec<Commit>, String> {
    let list = Json::parse(bytes)?;
    if !list.is_list() {
        return Err("is no list of commits".to_owned());
    }
    Ok(list.items().into_iter().filter_map(Commit::from_json).collect())
}

impl Commit {
    /// From one item. A commit without a sha is none.
    pub fn from_json(commit: Json) -> Option<Self> {
        let fields = commit.fields();
        let inner = fields.get("commit").fields();
        let time = |who: &str| inner.get(who).get("date").text()?.parse().ok();
        let message = inner.get("message").text().unwrap_or_default();
        Some(Commit {
            sha: fields.get("sha").words()?,
            author: fields.get("author").get("login").words().or_else(|| inner.get("author").get("name").words()),
            // When it came into the branch, which a rebase moves on from when it was written.
            at: time("committer").or_else(|| time("author")),
            message: super::text::visible(message.lines().next().unwrap_or_default()),
            url: fields.get("html_url").words(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_commit_of_nobody_known_keeps_its_name() {
        let page = br#"[{"sha":"a1","author":null,"commit":{"author":{"name":"Ada","date":"2026-08-20T10:00:00Z"},
            "committer":null,"message":"kill: new_checkout (errors)\n\nlong"}},{"sha":null}]"#;
        let commits = read_commits(page).unwrap();
        assert_eq!(commits.len(), 1);
        assert_eq!((commits[0].author.as_deref(), &*commits[0].message), (Some("Ada"), "kill: new_checkout (errors)"));
        assert_eq!(commits[0].at, Some("2026-08-20T10:00:00Z".parse().unwrap()));
        assert!(read_commits(br#"{"message":"Not Found"}"#).is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics(value in crate::release::json::foreign(), at in 0usize..4) {
            let field = ["sha", "author", "commit", "html_url"][at];
            let _ = read_commits(format!(r#"[{{"sha":"x","{field}":{value}}}, {value}]"#).as_bytes());
            let _ = read_commits(value.as_bytes());
        }
    }
}
