//! A namespace, a pull request, and what follows.

use proptest::prelude::*;

use super::*;
use crate::release::object::Uid;
use crate::release::pull::PullRequest;

const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

fn ago(hours: i64) -> Option<Timestamp> {
    Some(NOW - SignedDuration::from_hours(hours))
}

fn namespace(name: &str) -> PreviewNamespace {
    PreviewNamespace {
        id: ObjectId { context: "c".into(), namespace: "".into(), name: name.into(), uid: Uid::from("u-1") },
        created: ago(50),
        deleted_at: None,
        labels: Vec::new(),
        repository: None,
        conditions: Vec::new(),
    }
}

fn pull(state: PullState) -> PullLookup {
    PullLookup::Found(Box::new(PullRequest {
        number: 7,
        title: "Faster checkout".to_owned(),
        author: Some("ada".to_owned()),
        state,
        head_sha: None,
        head_ref: None,
        repository: Some("acme/shop".to_owned()),
        head_repository: None,
        pushed_at: ago(3),
        closed_at: None,
    }))
}

fn found(pull: PullLookup) -> PullRequest {
    let PullLookup::Found(pull) = pull else { unreachable!("it is found") };
    *pull
}

fn class(namespace: &PreviewNamespace, pull: &PullLookup) -> PreviewClass {
    classify(namespace, pull, &PreviewRules::new("acme/shop"), NOW).unwrap().class
}

fn condition(kind: &str, message: &str) -> NamespaceCondition {
    NamespaceCondition { kind: kind.to_owned(), holds: true, reason: String::new(), message: message.to_owned() }
}

#[test]
fn the_name_is_the_number() {
    for (name, expected) in [("pr-7", Some(7)), ("pr-", None), ("pr-7a", None), ("xpr-7", None), ("pr-+7", None)] {
        assert_eq!(number(name), expected, "{name}");
    }
    assert_eq!(number("pr-99999999999999999999999"), None);
    assert!(classify(&namespace("shop"), &PullLookup::NotFound, &PreviewRules::new("acme/shop"), NOW).is_none());
}

#[test]
fn the_class_follows_the_pull_request() {
    let preview = namespace("pr-7");
    assert_eq!(class(&preview, &pull(PullState::Open)), PreviewClass::Active);
    assert_eq!(class(&preview, &pull(PullState::Closed)), PreviewClass::Orphan);
    assert_eq!(class(&preview, &pull(PullState::Merged)), PreviewClass::Orphan);
    assert_eq!(class(&preview, &PullLookup::NotFound), PreviewClass::Orphan);
    assert_eq!(class(&preview, &PullLookup::Unknown("rate limited".into())), PreviewClass::Unknown);
    assert_eq!(class(&preview, &pull(PullState::Other("locked".into()))), PreviewClass::Unknown);
    let PullLookup::Found(mut old) = pull(PullState::Open) else { unreachable!() };
    old.pushed_at = ago(8 * 24);
    assert_eq!(class(&preview, &PullLookup::Found(old.clone())), PreviewClass::Stale);
    old.repository = Some("acme/other".to_owned());
    assert_eq!(class(&preview, &PullLookup::Found(old)), PreviewClass::Foreign);
    let labelled = PreviewNamespace { repository: Some("Acme/Other".to_owned()), ..namespace("pr-7") };
    assert_eq!(class(&labelled, &PullLookup::NotFound), PreviewClass::Foreign);
    let undated = PullRequest { pushed_at: None, ..found(pull(PullState::Open)) };
    assert_eq!(class(&preview, &PullLookup::Found(Box::new(undated))), PreviewClass::Unknown, "stale or not");
}

#[test]
fn a_repository_that_was_renamed_has_two_names() {
    let renamed = PreviewRules { renamed: Some("acme/store".to_owned()), ..PreviewRules::new("acme/shop") };
    for (name, expected) in
        [("acme/shop", PreviewClass::Active), ("Acme/Store", PreviewClass::Active), ("acme/x", PreviewClass::Foreign)]
    {
        let pull = PullRequest { repository: Some(name.to_owned()), ..found(pull(PullState::Open)) };
        let preview = classify(&namespace("pr-7"), &PullLookup::Found(Box::new(pull)), &renamed, NOW).unwrap();
        assert_eq!(preview.class, expected, "{name}");
    }
}

#[test]
fn a_stuck_one_names_what_holds_it() {
    let mut preview = namespace("pr-7");
    preview.deleted_at = ago(1);
    preview.conditions = vec![
        condition(
            "NamespaceFinalizersRemaining",
            "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances, x in 2 resource instances",
        ),
        condition(
            "NamespaceContentRemaining",
            "Some resources are remaining: widgets.example.com has 1 resource instances, pods. has 2 resource instances",
        ),
        condition(
            "NamespaceDeletionDiscoveryFailure",
            "Discovery failed for some groups, 1 failing: metrics.k8s.io/v1beta1",
        ),
        condition("NamespaceContentRemaining", "in words of another version"),
        NamespaceCondition { holds: false, ..condition("NamespaceDeletionContentFailure", "All content deleted") },
    ];
    let stuck = classify(&preview, &pull(PullState::Open), &PreviewRules::new("acme/shop"), NOW).unwrap();
    assert_eq!(stuck.class, PreviewClass::Stuck);
    let sentences: Vec<_> = stuck.blockers.iter().map(Blocker::sentence).collect();
    assert_eq!(
        sentences[..4],
        ["finalizer example.com/hold on 1", "finalizer x on 2", "1 widgets.example.com left", "2 pods left"]
    );
    assert!(sentences[4].contains("every namespace"));
    assert_eq!(sentences[5], "NamespaceContentRemaining: in words of another version");
    assert_eq!(sentences.len(), 6);
    preview.deleted_at = Some(NOW - SignedDuration::from_mins(4));
    assert_eq!(class(&preview, &pull(PullState::Merged)), PreviewClass::Orphan);
}

#[test]
fn the_teardown_guard_gives_its_reason() {
    let rules = PreviewRules::new("acme/shop");
    let tear = |namespace: &PreviewNamespace, pull: &PullLookup| match may_tear_down(namespace, pull, &rules) {
        Ok(doubt) => doubt.map(|doubt| format!("doubt: {doubt}")).unwrap_or_default(),
        Err(refusal) => refusal,
    };
    let preview = namespace("pr-7");
    assert_eq!(tear(&preview, &pull(PullState::Merged)), "");
    assert_eq!(tear(&preview, &PullLookup::NotFound), "");
    assert!(tear(&namespace("shop"), &PullLookup::NotFound).contains("not the name"));
    assert_eq!(tear(&preview, &pull(PullState::Open)), "doubt: is still open");
    assert!(tear(&preview, &PullLookup::Unknown("timed out".into())).starts_with("doubt: is not known"));
    let kept = PreviewNamespace { labels: vec!["flightdeck.dev/keep".into()], ..namespace("pr-7") };
    assert!(tear(&kept, &PullLookup::NotFound).contains("forbids"));
    let going = PreviewNamespace { deleted_at: ago(0), ..namespace("pr-7") };
    assert!(tear(&going, &PullLookup::NotFound).contains("already"));
    let foreign = PreviewNamespace { repository: Some("acme/other".into()), ..namespace("pr-7") };
    assert!(tear(&foreign, &PullLookup::NotFound).contains("belongs to acme/other"));
    let mut nameless = namespace("pr-7");
    nameless.id.uid = Uid::from("");
    assert!(tear(&nameless, &PullLookup::NotFound).contains("uid"));
}

proptest! {
    #[test]
    fn no_message_panics_or_vanishes(message in "\\PC{0,80}", tail in "( in | has |: |, |[0-9]){0,9}", at in 0usize..4) {
        let kind = ["NamespaceFinalizersRemaining", "NamespaceContentRemaining", "NamespaceDeletionDiscoveryFailure", "X"][at];
        let text = format!("{message}{tail}");
        prop_assert!(!Blocker::read(&condition(kind, &text)).is_empty());
        let _ = number(&message);
    }
}
