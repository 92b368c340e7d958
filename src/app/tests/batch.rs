//! Several rows at once, some of which cannot be done or fail.

use super::*;
use crate::release::preview::{NamespaceCondition, PreviewNamespace};
use crate::release::sample_shop::preview;

/// A preview that is being deleted, and what holds it.
fn held(number: u64, message: &str) -> PreviewNamespace {
    let condition = NamespaceCondition {
        kind: "NamespaceContentRemaining".to_owned(),
        holds: true,
        reason: String::new(),
        message: message.to_owned(),
    };
    PreviewNamespace { deleted_at: Some(at(-60)), conditions: vec![condition], ..preview(at(0), "prod", number) }
}

#[test]
fn why_nothing_is_done_is_said_of_each_and_can_be_read() {
    let mut stage = Stage::with(Vec::new());
    stage.size = (80, 24);
    let some = |what: &str| format!("Some resources are remaining: {what} has 1 resource instances");
    let all = vec![held(7, &some("configmaps.")), held(8, &some("widgets.example.com"))];
    stage.see("namespaces", Observation::Previews(Change::Reset(all)));
    stage.press("3 space space : t e a r d o w n enter");
    let (first, second) = ("held by 1 configmaps left", "held by 1 widgets.example.com left");
    let whole = format!(
        "teardown: refused for all 2; pr-7: pr-7 is being deleted already, {first}; \
         pr-8: pr-8 is being deleted already, {second}"
    );
    assert_eq!(stage.notice(), whole);
    let text = stage.text();
    let said = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&whole), "{text}");
    assert!(text.lines().any(|line| line.contains("pr-8") && line.contains("▌")), "the row is seen yet:\n{text}");
}
