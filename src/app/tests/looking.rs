//! What lies over the panes without changing anything.

use super::*;

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
