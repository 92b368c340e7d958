//! What a headless write prints: one result per object, also for one, and also where one commit changes several.

use serde::Serialize;
use serde_json::Value;

use super::table::Table;
use super::{Answer, ExitCode};
use crate::actions::plan::{Plan, Refusal, Request};
use crate::release::object::{ObjectId, Uid};
use crate::release::subject;

/// What became of the write to one object.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WriteResult {
    pub target: Target,
    /// What was sent, or would have been.
    pub requests: Vec<Request>,
    pub result: ResultWord,
    /// Whether the effect was seen.
    pub verified: bool,
    /// From the first request to the effect, or to the answer where no effect was seen.
    pub took_ms: Option<u64>,
    pub reason: String,
    /// Only of a dry run, which tells the whole plan: the place in the order of sending, from 1, and what would undo it.
    #[serde(flatten)]
    pub rehearsal: Option<Box<Rehearsal>>,
    /// Nothing was to be changed: then it is no failure that nothing took effect.
    #[serde(skip)]
    pub is_dry_run: bool,
    /// What the program ends with where it was refused for what could not be seen.
    #[serde(skip)]
    pub blindness: Option<ExitCode>,
}

/// What a dry run says beside the requests.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rehearsal {
    pub order: usize,
    /// Null where nothing brings it back, or the plan says it in its requests.
    pub inverse: Value,
}

/// The object, by name and UID.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Target {
    pub context: String,
    pub namespace: String,
    pub kind: &'static str,
    pub name: String,
    pub uid: String,
}

/// One word for what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ResultWord {
    /// The other side took it.
    Applied,
    /// Not sent: it does not apply, or nobody confirmed it.
    Refused,
    /// The object had moved on.
    Conflict,
    /// Not permitted.
    Denied,
    /// The other side or an admission said no.
    Failed,
    /// Sent, and nobody knows; or not sent at all, in a dry run.
    Unknown,
}

#[derive(Debug, Serialize)]
struct Results {
    results: Vec<WriteResult>,
}

impl Target {
    /// Of an object of that kind.
    pub fn of(id: &ObjectId, kind: &'static str) -> Target {
        Target {
            context: id.context.to_string(),
            namespace: id.namespace.to_string(),
            kind,
            name: id.name.to_string(),
            uid: id.uid.0.to_string(),
        }
    }
}

impl Target {
    /// `Rollout shop/web`, `Flag new_checkout`.
    fn words(&self) -> String {
        let Target { namespace, kind, name, .. } = self;
        let slash = if namespace.is_empty() { "" } else { "/" };
        format!("{kind} {namespace}{slash}{name}")
    }
}

impl WriteResult {
    /// Of a name that leads to no object: why, and what the program ends with for that.
    pub fn lost(target: Target, reason: String, exit: ExitCode) -> WriteResult {
        WriteResult {
            target,
            requests: Vec::new(),
            result: ResultWord::Refused,
            verified: false,
            took_ms: None,
            reason,
            rehearsal: None,
            is_dry_run: false,
            blindness: Some(exit),
        }
    }

    /// Of a plan, with nothing sent yet.
    pub fn planned(plan: &Plan, result: ResultWord, reason: impl Into<String>) -> WriteResult {
        WriteResult {
            target: Target::of(&plan.target, plan.kind),
            requests: plan.requests.clone(),
            result,
            verified: false,
            took_ms: None,
            reason: reason.into(),
            rehearsal: None,
            is_dry_run: false,
            blindness: None,
        }
    }

    /// Of a plan that the other side has been asked about without changing anything.
    pub fn dry_run(plan: &Plan) -> WriteResult {
        let reason = match plan.is_on_github() {
            true => {
                "dry run: would be sent: it is still as planned on, and GitHub cannot try it dry; nothing was changed"
            }
            false => "dry run: would be applied; nothing was changed",
        };
        let rehearsal = Some(Box::new(Rehearsal { order: 1, inverse: plan.inverse.clone() }));
        WriteResult { is_dry_run: true, rehearsal, ..WriteResult::planned(plan, ResultWord::Unknown, reason) }
    }

    /// Of a wish that came to no plan.
    pub fn refused(target: &ObjectId, kind: &'static str, refusal: &Refusal) -> WriteResult {
        WriteResult {
            target: Target::of(target, kind),
            requests: Vec::new(),
            result: ResultWord::Refused,
            verified: false,
            took_ms: None,
            reason: refusal.reason.clone(),
            rehearsal: None,
            is_dry_run: false,
            blindness: refusal.blindness.map(ExitCode::from),
        }
    }

    /// The same of each object: flags that are changed together are an object each.
    fn each(&self) -> Vec<WriteResult> {
        let uid = Uid::from(self.target.uid.as_str());
        let flag = |name: &str| Target { name: name.to_owned(), uid: format!("flag/{name}"), ..self.target.clone() };
        match subject::flags_of(&uid).as_slice() {
            names @ [_, _, ..] => {
                let each = names.iter().map(|name| {
                    let mut result = WriteResult { target: flag(name), ..self.clone() };
                    result.rehearsal.iter_mut().for_each(|it| of_flag(&mut it.inverse, name));
                    result
                });
                each.collect()
            }
            _ => vec![self.clone()],
        }
    }

    fn exit(&self) -> ExitCode {
        match self.result {
            ResultWord::Unknown if self.is_dry_run => ExitCode::Ok,
            ResultWord::Refused if self.blindness.is_some() => self.blindness.unwrap_or(ExitCode::Unknown),
            ResultWord::Applied if self.verified => ExitCode::Ok,
            // Accepted and not effective yet: it cannot be told.
            ResultWord::Applied | ResultWord::Unknown => ExitCode::Unknown,
            ResultWord::Refused | ResultWord::Failed => ExitCode::Negative,
            ResultWord::Denied => ExitCode::Permission,
            ResultWord::Conflict => ExitCode::Conflict,
        }
    }
}

impl ResultWord {
    /// As in JSON.
    pub fn word(self) -> &'static str {
        match self {
            ResultWord::Applied => "applied",
            ResultWord::Refused => "refused",
            ResultWord::Conflict => "conflict",
            ResultWord::Denied => "denied",
            ResultWord::Failed => "failed",
            ResultWord::Unknown => "unknown",
        }
    }
}

/// What undoes the change of that flag, out of what undoes that of several.
fn of_flag(inverse: &mut Value, name: &str) {
    if let Some(flags) = inverse.get_mut("flags").and_then(Value::as_object_mut) {
        flags.retain(|other, _| other == name);
    }
}

/// Numbers what a dry run would send, one after the other.
pub fn number(results: &mut [WriteResult]) {
    let rehearsals = results.iter_mut().filter_map(|result| result.rehearsal.as_mut());
    rehearsals.zip(1..).for_each(|(rehearsal, place)| rehearsal.order = place);
}

/// All results; the exit code is that of the worst.
pub fn results(results: &[WriteResult]) -> Answer {
    let results: Vec<WriteResult> = results.iter().flat_map(WriteResult::each).collect();
    let mut table = Table::new(["OBJECT", "RESULT", "VERIFIED", "TOOK", "REASON"]);
    for result in &results {
        table.row([
            result.target.words(),
            result.result.word().to_owned(),
            if result.verified { "yes" } else { "no" }.to_owned(),
            result.took_ms.map(|took| format!("{took} ms")).unwrap_or_default(),
            result.reason.clone(),
        ]);
    }
    let exit = results.iter().map(WriteResult::exit).max().unwrap_or(ExitCode::Unknown);
    Answer::new(&Results { results }, table.or("no object"), exit)
}

/// A plan in lines: what changes, what is sent, what to know.
pub fn plan_text(plan: &Plan) -> String {
    let target = Target::of(&plan.target, plan.kind);
    let mut lines = vec![format!(
        "{} {} in {} {}",
        plan.action,
        target.words(),
        if plan.is_on_github() { "repository" } else { "context" },
        target.context
    )];
    lines.extend(plan.changes.iter().map(|change| format!("  {}: {} -> {}", change.field, change.from, change.to)));
    for request in &plan.requests {
        lines.push(format!("  {} {} ({}) {}", request.method, request.path, request.content_type, request.body));
    }
    lines.extend(plan.notes.iter().map(|note| format!("  note: {note}")));
    lines.extend(plan.diff.iter().map(|line| format!("  {line}")));
    let shown = lines.iter().map(|line| crate::release::text::visible(line) + "\n");
    "\n".to_owned() + &shown.collect::<String>()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::release::access::Right;
    use crate::release::observation::{Failure, FailureKind};
    use crate::release::sample;

    fn result(result: ResultWord, verified: bool) -> WriteResult {
        let right = Right { verb: "patch", group: "", resource: "", subresource: "", namespace: String::new() };
        WriteResult {
            target: Target::of(&sample::id("web"), "Rollout"),
            requests: vec![Request {
                method: "PATCH",
                path: "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/web/status".into(),
                content_type: "application/merge-patch+json",
                body: json!({"status": {"abort": true}}),
                right: Some(right),
                held: Vec::new(),
            }],
            result,
            verified,
            took_ms: verified.then_some(1800),
            reason: "took effect in 1.8 s".into(),
            rehearsal: None,
            is_dry_run: false,
            blindness: None,
        }
    }

    #[test]
    fn one_element_per_object_spelled_as_agreed() {
        let answer = results(&[result(ResultWord::Applied, true)]);
        assert_eq!(
            answer.json,
            json!({"results": [{
                "target": {"context": "prod", "namespace": "shop", "kind": "Rollout", "name": "web", "uid": "web"},
                "requests": [{
                    "method": "PATCH",
                    "path": "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/web/status",
                    "contentType": "application/merge-patch+json",
                    "body": {"status": {"abort": true}},
                }],
                "result": "applied", "verified": true, "tookMs": 1800, "reason": "took effect in 1.8 s",
            }]})
        );
        assert_eq!(
            answer.table,
            "\
OBJECT            RESULT   VERIFIED  TOOK     REASON
Rollout shop/web  applied  yes       1800 ms  took effect in 1.8 s
"
        );
    }

    #[test]
    fn flags_that_are_changed_together_are_an_object_each() {
        let both = subject::flags(&"acme/shop".into(), &["a", "b"]);
        let both = WriteResult { target: Target::of(&both, "Flag"), ..result(ResultWord::Applied, true) };
        let answer = results(&[both]);
        let each: Vec<_> = answer.json["results"].as_array().unwrap().iter().map(|it| it["target"].clone()).collect();
        let target = |name: &str| json!({"context": "acme/shop", "namespace": "", "kind": "Flag", "name": name, "uid": format!("flag/{name}")});
        assert_eq!(each, [target("a"), target("b")]);
        assert!(answer.table.contains("Flag a ") && answer.table.contains("Flag b "), "{}", answer.table);
    }

    #[test]
    fn the_worst_result_is_the_exit_code() {
        use ResultWord::*;
        let exit = |words: &[(ResultWord, bool)]| {
            results(&words.iter().map(|(word, verified)| result(*word, *verified)).collect::<Vec<_>>()).exit.code()
        };
        assert_eq!(exit(&[(Applied, true)]), 0);
        assert_eq!(exit(&[(Applied, false)]), 3);
        assert_eq!(exit(&[(Unknown, false)]), 3);
        assert_eq!(exit(&[(Refused, false)]), 1);
        assert_eq!(exit(&[(Failed, false)]), 1);
        assert_eq!(exit(&[(Denied, false)]), 4);
        assert_eq!(exit(&[(Conflict, false)]), 5);
        assert_eq!(exit(&[(Applied, true), (Refused, false), (Conflict, false), (Denied, false)]), 5);
        assert_eq!(exit(&[]), 3);
        let dry = WriteResult { is_dry_run: true, ..result(Unknown, false) };
        assert_eq!(results(&[dry]).exit, ExitCode::Ok);
    }

    #[test]
    fn a_refusal_says_why() {
        let refused = WriteResult::refused(&sample::id("web"), "Rollout", &Refusal::because("already aborted"));
        let answer = results(&[refused]);
        assert_eq!(answer.json["results"][0]["reason"], "already aborted");
        assert_eq!(answer.json["results"][0]["requests"], json!([]));
        let exit = |refusal| results(&[WriteResult::refused(&sample::id("web"), "Rollout", &refusal)]).exit.code();
        let unread = |kind| {
            let failure = Failure { kind, message: "it says no".to_owned(), retry_in: None };
            exit(Refusal::unread("drift.yml", &failure))
        };
        assert_eq!((exit(Refusal::because("already aborted")), exit(Refusal::absent("it is gone"))), (1, 3));
        assert_eq!((unread(FailureKind::Forbidden), unread(FailureKind::Unreachable)), (4, 3));
    }
}
