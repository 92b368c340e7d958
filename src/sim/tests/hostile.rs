//! Objects that nobody should write: the world serves them, and its own controllers survive them.

use serde_json::{Value, json};

use super::scene::Scene;
use crate::sim::resources::RESOURCES;
use crate::sim::value::cut;

const FILES: [&str; 8] = [
    include_str!("../../../fixtures/hostile/types.yaml"),
    include_str!("../../../fixtures/hostile/missing.yaml"),
    include_str!("../../../fixtures/hostile/old.yaml"),
    include_str!("../../../fixtures/hostile/words.yaml"),
    include_str!("../../../fixtures/hostile/numbers.yaml"),
    include_str!("../../../fixtures/hostile/text.yaml"),
    include_str!("../../../fixtures/hostile/runs.yaml"),
    include_str!("../../../fixtures/hostile/owned.yaml"),
];

fn items() -> Vec<Value> {
    FILES
        .iter()
        .flat_map(|file| {
            let list: Value = serde_yaml::from_str(file).unwrap();
            list["items"].as_array().unwrap().clone()
        })
        .collect()
}

#[test]
fn the_label_keeps_them_as_they_are() {
    let mut scene = Scene::new();
    items().into_iter().for_each(|item| scene.add(item));
    scene.pass(30);
    let text = scene.0.store.get("rollouts.argoproj.io", "hostile", "types-everywhere").unwrap();
    assert_eq!(text.value()["status"]["phase"], 7);
    assert!(text.json.len() > 100);
}

#[test]
fn the_controllers_survive_them() {
    let mut scene = Scene::new();
    for mut item in items() {
        cut(&mut item, &["metadata", "labels"]);
        scene.add(item);
    }
    scene.pass(120);
    let served: usize = RESOURCES.iter().map(|resource| scene.0.store.list(resource.full, "hostile").count()).sum();
    assert!(served > 20, "{served}");
}

#[test]
fn a_rollout_broken_field_by_field_never_stops_the_world() {
    let mut scene = Scene::canary(json!([{"setWeight": 50}, {"pause": {}}]));
    let good = scene.rollout();
    let mut paths = Vec::new();
    collect(&good["spec"], "/spec", &mut paths);
    collect(&good["status"], "/status", &mut paths);
    for path in paths {
        for bad in [
            json!(null),
            json!(-1),
            json!("x"),
            json!([]),
            json!({}),
            json!([null]),
            json!(1e300),
            json!(i64::MAX),
            json!(i64::MIN),
        ] {
            let mut broken = good.clone();
            if let Some(field) = broken.pointer_mut(&path) {
                *field = bad;
            }
            scene.add(broken);
            scene.pass_millis(0);
        }
    }
    scene.add(good);
    scene.pass(60);
    scene.says("Healthy", "");
}

fn collect(value: &Value, path: &str, out: &mut Vec<String>) {
    out.push(path.to_owned());
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| collect(value, &format!("{path}/{}", key.replace('/', "~1")), out))
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| collect(value, &format!("{path}/{index}"), out))
        }
        _ => {}
    }
}
