//! A change on GitHub: a commit of one file, straight to its branch, or as a pull request where the branch is protected.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sha2::{Digest, Sha256};
use similar::TextDiff;

use super::plan::{Effect, FromTo, Held, Plan, Refusal, Request};
use super::seen::{Seen, short};
use super::{Action, Wish};
use crate::release::object::ObjectId;
use crate::release::pull::OUR_BRANCHES;
use crate::release::repository::{BranchFile, Repository, Topic};
use crate::release::text::visible_up_to;

/// GitHub's lists lag behind its writes by seconds, and are asked every few seconds.
const SHOWN_WITHIN: SignedDuration = SignedDuration::from_secs(60);

/// GitHub refuses the title of a pull request above 256 characters: by then the branch and the commit would be made.
const LONGEST_TITLE: usize = 250;

/// A file as it was seen, and as it is to be.
pub(super) struct Commit<'a> {
    /// `owner/name`
    pub repository: &'a str,
    pub file: &'a BranchFile,
    /// Its text as it is to be.
    pub after: &'a str,
    pub message: String,
    /// What the branch is called after, where one is needed: `kill-new_checkout`.
    pub topic: String,
}

impl Commit<'_> {
    /// The plan: a commit with that effect, or a pull request.
    pub fn plan(
        self,
        wish: &Wish<'_>,
        action: &'static Action,
        kind: &'static str,
        effect: Effect,
    ) -> Result<Plan, Refusal> {
        let side = self.side_branch(wish.now);
        let is_protected = self.file.is_protected == Some(true);
        if is_protected {
            self.is_new(wish.repository()?)?;
        }
        let requests =
            if is_protected { self.by_pull_request(&side)? } else { vec![self.put(&self.file.branch, true)] };
        let to =
            if is_protected { format!("pull request from {side}") } else { format!("commit to {}", self.file.branch) };
        let changes = vec![FromTo::new(&*self.file.path, format!("blob {}", short(&self.file.sha)), to)];
        let effect = if is_protected { Effect::PullOpened { branch: side, then: Box::new(effect) } } else { effect };
        let mut plan = plan(wish, action, kind, requests, changes, effect);
        plan.diff = self.diff();
        if self.file.is_protected.is_none() {
            let doubt =
                format!("whether {} is protected cannot be seen: if so, GitHub refuses the commit", self.file.branch);
            plan.notes.push(doubt);
        }
        if is_protected {
            plan.notes
                .push(format!("{} is protected: not in effect before the pull request is merged", self.file.branch));
            let fresh = "the branch is made for it: what an earlier try has left behind is neither used nor in the way";
            plan.notes.push(fresh.to_owned());
            plan.notes.extend(unseen_pulls(wish.repository()?));
        }
        Ok(plan)
    }

    fn by_pull_request(&self, side: &str) -> Result<Vec<Request>, Refusal> {
        let unknown = || Refusal::because(format!("the head of {} is not known yet: try again", self.file.branch));
        let head = self.file.head.as_deref().ok_or_else(unknown)?;
        let repository = format!("/repos/{}", self.repository);
        let post = |path: String, body| Request {
            method: "POST",
            path,
            content_type: "application/json",
            body,
            right: None,
            held: Vec::new(),
        };
        let mut branch =
            post(format!("{repository}/git/refs"), json!({ "ref": format!("refs/heads/{side}"), "sha": head }));
        branch.held = vec![self.held()];
        let title = visible_up_to(&self.message, LONGEST_TITLE);
        let whole = if title == self.message { String::new() } else { format!("{}\n\n", self.message) };
        let body = format!("{whole}Made with Flightdeck. It is not in effect before it is merged.");
        let pull = json!({ "title": title, "head": side, "base": self.file.branch, "body": body });
        Ok(vec![branch, self.put(side, false), post(format!("{repository}/pulls"), pull)])
    }

    fn put(&self, branch: &str, is_checked: bool) -> Request {
        Request {
            method: "PUT",
            path: self.contents(),
            content_type: "application/json",
            body: json!({
                "message": self.message, "branch": branch, "sha": self.file.sha,
                "content": STANDARD.encode(self.after),
            }),
            right: None,
            held: if is_checked { vec![self.held()] } else { Vec::new() },
        }
    }

    fn held(&self) -> Held {
        Held {
            what: self.file.path.clone(),
            path: format!("{}?ref={}", self.contents(), escaped(&self.file.branch)),
            pointer: "/sha",
            value: self.file.sha.as_str().into(),
        }
    }

    fn contents(&self) -> String {
        let path: Vec<String> = self.file.path.split('/').map(escaped).collect();
        format!("/repos/{}/contents/{}", self.repository, path.join("/"))
    }

    /// Refuses what is asked for already.
    fn is_new(&self, repository: &Repository) -> Result<(), Refusal> {
        let edit = self.edit();
        let is_same = |branch: &str| branch.strip_prefix(&*edit).is_some_and(|rest| rest.starts_with('-'));
        match repository.open.iter().find(|pull| pull.our_branch().is_some_and(is_same)) {
            Some(pull) => Err(Refusal::because(format!(
                "pull request #{} {ASKED_ALREADY}: have it merged, or close it and try again once that is seen",
                pull.number
            ))),
            None => Ok(()),
        }
    }

    /// With the minute, so that a branch that an earlier try has left is in nobody's way. Pressed twice, the second finds
    /// the first: within the minute by the name, later by the pull request that is open.
    fn side_branch(&self, now: Timestamp) -> String {
        format!("{}-{}", self.edit(), now.strftime("%Y%m%d%H%M"))
    }

    /// The same for the same edit of the same file, and for no other.
    fn edit(&self) -> String {
        let plain =
            |character: char| if character.is_ascii_alphanumeric() || character == '_' { character } else { '-' };
        let topic: String = self.topic.chars().map(plain).take(60).collect();
        let digest = Sha256::new().chain_update(&self.file.sha).chain_update(self.after).finalize();
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{OUR_BRANCHES}{topic}-{}", short(&digest))
    }

    fn diff(&self) -> Vec<String> {
        let diff = TextDiff::from_lines(&*self.file.text, self.after);
        let text = diff.unified_diff().context_radius(2).to_string();
        text.lines().take(400).map(|line| visible_up_to(line, 400)).collect()
    }
}

/// What is said of a pull request that is in the way.
const ASKED_ALREADY: &str = "asks for the same already";

/// Whether it was refused because of a pull request, which may have been closed since it was seen.
pub fn is_asked_already(refusal: &Refusal) -> bool {
    refusal.reason.contains(ASKED_ALREADY)
}

/// The open pull requests are what tells that one for the same is there.
fn unseen_pulls(repository: &Repository) -> Option<String> {
    let sight = repository.sight(Topic::Pulls);
    let is_seen = sight.seen.is_some() && sight.failing.is_none() && !repository.is_cut;
    let doubt = "not all open pull requests can be seen: one for the same may be among them";
    (!is_seen).then(|| doubt.to_owned())
}

/// A plan for something on GitHub.
pub(super) fn plan(
    wish: &Wish<'_>,
    action: &'static Action,
    kind: &'static str,
    requests: Vec<Request>,
    changes: Vec<FromTo>,
    effect: Effect,
) -> Plan {
    Plan {
        action: action.name,
        kind,
        target: wish.target.clone(),
        changes,
        requests,
        notes: Vec::new(),
        danger: action.danger.clone(),
        effect,
        deadline: SHOWN_WITHIN,
        diff: Vec::new(),
        seen: Seen::of(wish.model, action.on, wish.target).unwrap_or_default(),
        inverse: serde_json::Value::Null,
    }
}

/// `/repos/OWNER/NAME/actions/workflows/FILE`.
pub(super) fn workflow_path(target: &ObjectId, file: &str) -> String {
    format!("/repos/{}/actions/workflows/{}", target.context, escaped(file))
}

/// One part of a path, or a value in a query.
pub(super) fn escaped(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
