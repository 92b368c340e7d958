//! Several at once: what became of each, in one line.

use crate::actions::plan::Refusal;
use crate::release::object::ObjectId;

/// Why nothing could be planned: every reason, each once.
pub(super) fn all_refused(action: &str, refused: &[(ObjectId, Refusal)]) -> String {
    if let [(target, refusal)] = refused {
        return format!("{action} {}: {}", target.path(), refusal.reason);
    }
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for (target, refusal) in refused {
        match reasons.iter_mut().find(|(reason, _)| *reason == refusal.reason) {
            Some((_, paths)) => paths.push(target.path()),
            None => reasons.push((&refusal.reason, vec![target.path()])),
        }
    }
    let reasons: Vec<String> =
        reasons.into_iter().map(|(reason, paths)| format!("{}: {reason}", paths.join(", "))).collect();
    format!("{action}: refused for all {}; {}", refused.len(), reasons.join("; "))
}
