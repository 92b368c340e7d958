//! The production watch on a server: what it makes of what happens, and of what goes wrong.

use serde_json::{Value, json};

use super::api::{Api, MERGE, User, uid};
use super::cockpit::Cockpit;
use super::objects::unattended;

fn names(cockpit: &Cockpit) -> Vec<String> {
    let mut names: Vec<String> = cockpit.model.rollouts.iter().map(|rollout| rollout.id.name.to_string()).collect();
    names.sort_unstable();
    names
}

pub async fn the_model_follows_what_happens(api: &Api) {
    let first = api.create(&api.rollouts(), unattended("first")).await;
    let mut cockpit = Cockpit::open(api, User::Viewer);
    cockpit.loaded().await;
    api.create(&api.rollouts(), unattended("web")).await;
    api.patch(&api.rollout("web"), MERGE, json!({"spec": {"paused": true}})).await.done();
    let status = json!({"status": {"phase": "Paused", "message": "manually paused"}});
    api.patch(&format!("{}/status", api.rollout("web")), MERGE, status).await.done();
    api.delete(&api.rollout("first"), Value::Null).await.done();
    let first = uid(&first);
    cockpit
        .until("the deletion", |model| model.rollouts.iter().all(|rollout| *rollout.id.uid.0 != *first).then_some(()))
        .await;
    let web = cockpit.rollout("web").expect("web");
    assert!(web.spec_paused);
    assert_eq!(web.phase().message, "manually paused");
    let deleted = format!("deleted {first}");
    assert_eq!(cockpit.heard, ["reset first", "applied web", "applied web", "applied web", &deleted], "each once");
}

pub async fn a_watch_survives_410(api: &Api) {
    for name in ["gone", "stays"] {
        api.create(&api.rollouts(), unattended(name)).await;
    }
    let mut cockpit = Cockpit::open(api, User::Viewer);
    cockpit.loaded().await;
    (api.forget)().await;
    api.delete(&api.rollout("gone"), Value::Null).await.done();
    api.create(&api.rollouts(), unattended("new")).await;
    cockpit
        .until("the second list", |model| {
            let mut names: Vec<&str> = model.rollouts.iter().map(|rollout| &*rollout.id.name).collect();
            names.sort_unstable();
            (names == ["new", "stays"]).then_some(())
        })
        .await;
    assert_eq!(names(&cockpit), ["new", "stays"], "nothing lost, nothing doubled, nothing deleted lives on");
    let resets = cockpit.heard.iter().filter(|said| said.starts_with("reset")).count();
    assert_eq!(resets, 2, "{:#?}", cockpit.heard);
    // And it goes on.
    api.create(&api.rollouts(), unattended("next")).await;
    cockpit.until("what comes next", |model| (model.rollouts.len() == 3).then_some(())).await;
}

pub async fn refusals_have_their_kinds(api: &Api) {
    for (user, wanted) in [
        (User::Nobody, "Forbidden: rollouts.argoproj.io is forbidden: User \"nobody\" cannot list resource"),
        (User::Stranger, "Unauthorized: the API server does not accept these credentials (401): log in again."),
    ] {
        let mut cockpit = Cockpit::open(api, user);
        cockpit.until("the refusal", |model| model.source("contract", "rollouts")?.failing.as_ref().map(drop)).await;
        assert!(cockpit.heard[0].starts_with(wanted), "{:?}", cockpit.heard);
    }
}
