//! A record of the journal, read in the audit pane.

use serde_json::{Value, json};

use super::*;
use crate::app::journal::deeds;
use crate::writers::audit::Record;

const WHY: &str = "the admission webhook would not have it because the last word of this sentence is needed";

fn record(seq: u64, fields: Value) -> Record {
    let mut record = json!({
        "seq": seq, "time": "2026-08-20T02:58:00Z", "user": "ann", "host": "bastion", "pid": 7, "context": "prod",
        "action": "teardown", "reason": "INC-1234", "previous": "",
        "target": {"namespace": "", "kind": "Namespace", "name": "pr-407", "uid": "uid-407"},
    });
    let (Some(whole), Value::Object(fields)) = (record.as_object_mut(), fields) else { panic!("objects") };
    whole.extend(fields);
    serde_json::from_value(record).unwrap()
}

fn teardown() -> Vec<Record> {
    let body = json!({"preconditions": {"uid": "uid-407"}});
    let request = json!({"method": "DELETE", "path": "/api/v1/namespaces/pr-407", "body": body});
    let outcome = json!({"result": "failed", "reason": WHY});
    vec![
        record(2, json!({"kind": "outcome", "intent": 1, "result": outcome})),
        record(1, json!({"kind": "intent", "requests": [request]})),
    ]
}

#[test]
fn enter_reads_a_record_in_full() {
    let mut stage = Stage::with(Vec::new());
    stage.size = (80, 24);
    stage.see("journal", Observation::Journal(deeds(teardown())));
    stage.press("9");
    assert!(!stage.text().contains("is needed"), "there is no room for it in the row:\n{}", stage.text());
    stage.press("enter");
    let text = stage.text();
    let said = text.replace(['┃', '\n'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
    let words = ["teardown", "Namespace pr-407", "ann@bastion", "INC-1234", "2026-08-20 02:58:00 UTC", WHY];
    for words in words.into_iter().chain(["DELETE /api/v1/namespaces/pr-407", r#"{"preconditions":{"uid":"uid-407"}}"#])
    {
        assert!(said.contains(words), "{words}:\n{text}");
    }
}

#[test]
fn enter_reads_the_record_also_where_it_is_about_a_rollout() {
    let web = sample::paused("web");
    let target = json!({"namespace": "shop", "kind": "Rollout", "name": "web", "uid": web.id.uid.0.to_string()});
    let mut stage = Stage::with(vec![web]);
    let promoted = record(1, json!({"kind": "intent", "action": "promote", "target": target}));
    stage.see("journal", Observation::Journal(deeds(vec![promoted])));
    stage.press("9 enter");
    let text = stage.text();
    assert!(text.contains("Rollout shop/web") && text.contains("no record of an answer"), "{text}");
    assert!(stage.app.ui.detail.is_none());
}

#[test]
fn what_a_file_was_changed_to_is_told_by_its_size() {
    let request = json!({"method": "PUT", "path": "/contents/flags.yaml", "body": {"content": "aGVsbG8="}});
    let read = deeds(vec![record(1, json!({"kind": "intent", "requests": [request]}))]);
    assert_eq!(*read[0].requests[0], *r#"PUT /contents/flags.yaml {"content":"(8 bytes of base64)"}"#);
}
