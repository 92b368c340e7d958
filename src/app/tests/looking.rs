//! What lies over the panes without changing anything.

use super::*;
use crate::panes::hints;
use crate::release::access::{Right, Verdict};

#[test]
fn help_goes_to_its_end_and_back() {
    let mut stage = Stage::with(vec![sample::paused("web")]);
    stage.size = (80, 24);
    stage.press("?");
    let top = stage.text();
    stage.press("G");
    let end = stage.text();
    let (_, last) = end.split_once("lines ").expect("more than fits");
    let (shown, of) = last.split_once(" of ").unwrap();
    let (to, of) = (shown.split_once('-').unwrap().1, of.split_whitespace().next().unwrap());
    assert_eq!(to, of, "{end}");
    stage.press("k");
    assert_ne!(stage.text(), end, "the end is where it ends");
    stage.press("g");
    assert_eq!(stage.text(), top);
}

#[test]
fn every_warning_can_be_read() {
    let mut stage = Stage::with(vec![sample::paused("web")]);
    stage.press(": w a r n i n g s enter");
    assert_eq!(stage.notice(), "nothing is wrong with the configuration");
    stage.app.warn(["a.yaml:1: no", "b.yaml:2: odd", "c.yaml:3: gone"].map(str::to_owned).into());
    assert!(stage.text().contains("1 of 3: a.yaml:1: no; :warnings shows all"), "{}", stage.text());
    stage.press(": w a r n i n g s enter");
    let text = stage.text();
    assert!(text.contains("configuration: 3 warnings") && text.contains("c.yaml:3: gone"), "{text}");
    stage.press("esc");
    assert!(stage.app.ui.overlay.is_none());
    stage.app.warn(vec!["a.yaml:1: no".to_owned()]);
    assert_eq!(stage.notice(), "a.yaml:1: no");
}

#[test]
fn the_header_does_not_offer_what_there_is_not() {
    let header = |stage: &mut Stage| stage.text().lines().next().unwrap_or_default().to_owned();
    let mut stage = Stage::with(vec![sample::paused("web")]);
    assert!(header(&mut stage).contains("WRITE"));
    let right = Right { verb: "patch", group: "g", resource: "r", subresource: "", namespace: "shop".to_owned() };
    stage.app.access.insert(right.clone(), Verdict::Denied(String::new()));
    assert!(!header(&mut stage).contains("WRITE"), "a viewer");
    stage.app.access.insert(Right { namespace: "mine".to_owned(), ..right }, Verdict::Allowed);
    assert!(header(&mut stage).contains("WRITE"), "who may write somewhere is none");
    stage.app.ui.contexts.clear();
    assert!(header(&mut stage).contains("no context") && !header(&mut stage).contains("WRITE"));
}

#[test]
fn nothing_in_no_namespace_is_no_good_news() {
    let mut stage = Stage::with(Vec::new());
    assert!(stage.text().contains("nothing waits for a human"), "{}", stage.text());
    stage.hear("namespaces", Said::Observed(Observation::NoNamespace("nosuch".into())));
    let text = stage.text();
    assert_eq!(text.matches("there is no namespace nosuch in context prod").count(), 2, "in both panes:\n{text}");
    assert!(!text.contains("nothing waits for a human"), "{text}");
    // Somebody has created it: it is empty, and that is known.
    stage.hear("namespaces", Said::Observed(Observation::NamespaceFound));
    assert!(stage.text().contains("nothing waits for a human"), "{}", stage.text());
}

#[test]
fn what_is_known_to_be_denied_is_greyed_with_the_reason() {
    let mut stage = Stage::with(vec![sample::paused("web")]);
    stage.text();
    let foot = |stage: &mut Stage| stage.text().lines().last().unwrap_or_default().to_owned();
    assert!(foot(&mut stage).contains("P promote"), "{}", foot(&mut stage));
    let status = Right {
        verb: "patch",
        group: "argoproj.io",
        resource: "rollouts",
        subresource: "status",
        namespace: "shop".to_owned(),
    };
    stage.app.access.insert(status, Verdict::Denied("no role".to_owned()));
    stage.text();
    let denied: Vec<&str> = stage.app.ui.denied.iter().map(|(name, _)| *name).collect();
    assert!(denied.contains(&"promote") && !denied.contains(&"pause") && !denied.contains(&"retry"), "{denied:?}");
    let hints = hints::hints(&stage.app.cx(stage.now), &stage.app.ui, &stage.app.settings.keymap);
    assert!(hints.iter().any(|hint| hint.words == "promote" && hint.is_denied), "{hints:?}");
    assert!(foot(&mut stage).contains("P promote"), "it stays where the eye looks for it");
    stage.press("? G");
    let help = stage.text();
    assert!(help.contains("not permitted: you may not patch rollouts/status"), "{help}");
}

#[test]
fn help_tells_first_what_works_here() {
    let mut stage = Stage::with(Vec::new());
    stage.size = (80, 24);
    stage.press("?");
    let text = stage.text();
    let second = text.lines().nth(2).unwrap_or_default();
    assert!(second.contains("open the selected row") && !text.contains("no Rollout is selected"), "{text}");
    stage.press("G");
    let text = stage.text();
    assert!(text.contains("no Rollout is selected"), "what does not comes last:\n{text}");
}

#[test]
fn a_dialog_that_is_longer_than_the_screen_names_the_keys_that_scroll_it() {
    let mut stage = Stage::with(vec![sample::paused("web")]);
    stage.size = (80, 14);
    stage.press("P");
    stage.later(400);
    assert!(stage.text().contains(" j k lines 1-"), "{}", stage.text());
    stage.press("esc F");
    stage.later(400);
    assert!(stage.text().contains(" down up lines 1-"), "where the name is typed:\n{}", stage.text());
    stage.press("down");
    assert!(stage.text().contains(" down up lines 2-"), "{}", stage.text());
}

#[test]
fn a_name_that_is_pasted_is_said_not_to_be_taken() {
    let mut stage = Stage::with(vec![sample::paused("web")]);
    stage.press("F");
    stage.later(400);
    stage.app.update(Event::Paste("web".to_owned()), stage.now);
    let text = stage.text();
    assert!(text.contains("nothing was pasted: the name has to be typed") && text.contains("type web"), "{text}");
}
