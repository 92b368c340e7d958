//! A pull request as the operator thinks of it: whose it is, whether it is open, when somebody last worked on it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::json::Json;

/// `GET /repos/{owner}/{repo}/pulls/{n}`, only what is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PullRequest {
    pub number: u64,
    pub title: String,
    pub author: Option<String>,
    pub state: PullState,
    pub head_sha: Option<String>,
    /// `head.ref`: the branch that it wants to bring in.
    pub head_ref: Option<String>,
    /// `base.repo.full_name`: the repository the request belongs to.
    pub repository: Option<String>,
    /// `head.repo.full_name`; None for a fork that is gone.
    pub head_repository: Option<String>,
    /// The last push, or the best that stands for it.
    pub pushed_at: Option<Timestamp>,
    /// `merged_at` or `closed_at`.
    pub closed_at: Option<Timestamp>,
}

/// What the branches begin with that changes of ours are made on.
pub const OUR_BRANCHES: &str = "flightdeck/";

/// `state` and `merged_at` in one word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PullState {
    Open,
    Closed,
    Merged,
    /// A word that this version does not know.
    Other(String),
}

/// What GitHub said of the number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PullLookup {
    Found(Box<PullRequest>),
    /// 404 from a repository that can be read: there is no such pull request.
    NotFound,
    /// Not asked yet, or no answer; with the reason. Never taken for "gone".
    Unknown(String),
}

impl PullState {
    /// The word on the screen and in JSON.
    pub fn word(&self) -> &str {
        match self {
            PullState::Open => "open",
            PullState::Closed => "closed",
            PullState::Merged => "merged",
            PullState::Other(word) => word,
        }
    }
}

impl PullRequest {
    /// Reads the answer for one pull request. The error is the reason why it is none.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        Self::from_json(Json::parse(bytes)?).ok_or_else(|| "is no pull request: no number".to_owned())
    }

    /// Its branch, where that is one of ours. A fork may call its branches what it likes: none of them is.
    pub fn our_branch(&self) -> Option<&str> {
        let is_ours = |branch: &&str| branch.starts_with(OUR_BRANCHES) && self.head_repository == self.repository;
        self.head_ref.as_deref().filter(is_ours)
    }

    /// From one item of a list. A pull request without a number is none.
    pub fn from_json(pull: Json) -> Option<Self> {
        let fields = pull.fields();
        let time = |name: &str| -> Option<Timestamp> { fields.get(name).text()?.parse().ok() };
        let repository = |side: &str| fields.get(side).get("repo").get("full_name").words();
        let state = match fields.get("state").words().as_deref() {
            // A list says only when it was merged, one pull request also that it was.
            Some("closed") if fields.get("merged_at").is_present() => PullState::Merged,
            Some("closed") if fields.get("merged").flag() == Some(true) => PullState::Merged,
            Some("closed") => PullState::Closed,
            Some("open") => PullState::Open,
            // Merged is merged for good, whatever else is said or not.
            _ if fields.get("merged_at").is_present() => PullState::Merged,
            other => PullState::Other(other.unwrap_or("unknown").to_owned()),
        };
        Some(PullRequest {
            number: fields.get("number").count()?,
            title: fields.get("title").words().unwrap_or_else(|| "(no title)".to_owned()),
            // A deleted account is null.
            author: fields.get("user").get("login").words(),
            state,
            head_sha: fields.get("head").get("sha").words(),
            head_ref: fields.get("head").get("ref").words(),
            repository: repository("base"),
            head_repository: repository("head"),
            // A comment counts as a sign of life too: it errs towards keeping the preview.
            pushed_at: time("updated_at"),
            closed_at: time("merged_at").or_else(|| time("closed_at")),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_merged_one_and_one_of_a_deleted_account() {
        let pull = PullRequest::read(include_bytes!("../../fixtures/github/pull-merged.json")).unwrap();
        assert_eq!((pull.number, pull.state.word(), pull.author.as_deref()), (412, "merged", Some("ada")));
        assert_eq!((pull.repository.as_deref(), pull.head_ref.is_some()), (Some("acme/shop"), true));
        assert_eq!(pull.closed_at, Some("2026-08-20T09:02:11Z".parse().unwrap()));
        let ghost = br#"{"number":7,"state":"locked","title":null,"user":null,"head":{"repo":null}}"#;
        let pull = PullRequest::read(ghost).unwrap();
        assert_eq!((pull.state, pull.author, pull.head_repository), (PullState::Other("locked".into()), None, None));
        assert!(PullRequest::read(br#"{"message":"Not Found"}"#).is_err());
    }

    #[test]
    fn a_branch_of_a_fork_is_none_of_ours() {
        let of = |branch: &str, head: &str| {
            let head = format!(r#"{{"ref":"{branch}","repo":{head}}}"#);
            let base = r#"{"repo":{"full_name":"acme/shop"}}"#;
            let pull = PullRequest::read(format!(r#"{{"number":7,"head":{head},"base":{base}}}"#).as_bytes()).unwrap();
            pull.our_branch().map(str::to_owned)
        };
        let ours = r#"{"full_name":"acme/shop"}"#;
        assert_eq!(of("flightdeck/kill-a", ours).as_deref(), Some("flightdeck/kill-a"));
        assert_eq!(of("kill-a", ours), None);
        assert_eq!(of("flightdeck/kill-a", r#"{"full_name":"eve/shop"}"#), None);
        assert_eq!(of("flightdeck/kill-a", "null"), None, "a fork that is gone");
    }

    proptest! {
        #[test]
        fn nothing_panics(value in crate::release::json::foreign(), at in 0usize..5) {
            let field = ["number", "state", "user", "head", "merged_at"][at];
            let _ = PullRequest::read(format!(r#"{{"number":1,"{field}":{value}}}"#).as_bytes());
            let _ = PullRequest::read(value.as_bytes());
        }
    }
}
