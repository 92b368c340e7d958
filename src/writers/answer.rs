//! What an answer of the API server means for the operator: an [`Outcome`] with a sentence.

use super::outcome::Outcome;
use super::wire::{Answer, Silence};
use crate::actions::plan::Request;
use crate::release::access::Right;

/// What the answer says about that request. `moved` is what no longer holds of its tests, found by reading the object
/// again: the API server does not say which test of a JSON patch failed.
pub(super) fn outcome(request: &Request, answer: &Answer, moved: &[String]) -> Outcome {
    let message = answer.message();
    let reason = |fallback: &str| if message.is_empty() { fallback.to_owned() } else { message.clone() };
    let failed = |reason: String| Outcome::Failed { status: Some(answer.status), reason };
    match answer.status {
        200..300 => Outcome::Applied { warnings: answer.warnings.clone(), resource_version: answer.resource_version() },
        _ if is_refused_by_policy(&message) => Outcome::Denied { reason: refuser(&message) },
        401 => Outcome::Denied { reason: "the API server does not know you: log in again".to_owned() },
        403 => {
            let what = request.right.as_ref().map_or_else(|| "do that".to_owned(), Right::sentence);
            Outcome::Denied { reason: format!("you may not {what}: {}", refuser(&message)) }
        }
        404 if request.method == "DELETE" => Outcome::Conflict { reason: "it is not there any more".to_owned() },
        404 => failed(format!("the API server knows no {}: deleted, or without that subresource", request.path)),
        409 if moved.is_empty() => Outcome::Conflict { reason: reason("changed by somebody else") },
        409 | 422 if !moved.is_empty() => Outcome::Conflict { reason: moved.join("; ") },
        422 if is_failed_test(&message) => Outcome::Conflict {
            reason: "what was shown no longer holds, and it could not be read what moved".to_owned(),
        },
        400 | 415 | 422 => failed(format!("the API server finds it invalid: {}", reason("without saying why"))),
        429 => failed("the API server is too busy and did nothing: try again".to_owned()),
        // A webhook that cannot be called stops the request before it is stored.
        500 if message.contains("failed calling webhook") => failed(message),
        // A proxy or a storage time-out may answer so after the request was carried out.
        500.. => Outcome::Unknown {
            reason: format!("the API server answered {} ({})", answer.status, reason("without saying why")),
        },
        status => failed(format!("the API server answered {status}: {}", reason("without saying why"))),
    }
}

/// What no answer says about it.
pub(super) fn silent(silence: Silence) -> Outcome {
    match silence.may_have_arrived {
        true => Outcome::Unknown { reason: silence.reason },
        false => Outcome::Failed { status: None, reason: format!("nothing was sent: {}", silence.reason) },
    }
}

/// The API server's only words for a JSON patch that does not apply.
fn is_failed_test(message: &str) -> bool {
    message.is_empty() || message.contains("rejected our request due to an error in our request")
}

fn is_refused_by_policy(message: &str) -> bool {
    (message.contains("admission webhook ") || message.contains("ValidatingAdmissionPolicy "))
        && message.contains(" denied ")
}

/// Who refused and why, without the object that the operator knows.
fn refuser(message: &str) -> String {
    message.split_once(" is forbidden: ").map_or(message, |(_, why)| why).to_owned()
}
