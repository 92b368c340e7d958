//! Takes one step out of a workflow's file: its lines go, every other byte stays.
//!
//! As with flags the edit does not trust its own positions: the result is parsed again and has to be the workflow without
//! exactly that step.

use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

use super::text::visible;
use super::yaml::{Kind, NodeId, Yaml};

/// Which step is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The one that runs k6.
    Smoke,
    /// The one that enforces the budget.
    Gate,
}

/// The file without the step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    pub after: String,
    /// `job smoke, step k6`.
    pub what: String,
}

/// Why the file is left alone.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("the workflow {0}")]
    Unreadable(String),
    #[error("no step of it {0}: it may be gone already")]
    NoSuchStep(&'static str),
    #[error("several steps {what}: {steps}; take one out by hand")]
    Ambiguous { what: &'static str, steps: String },
    #[error("{0} is the only step of its job: take the job out by hand")]
    OnlyStep(String),
    #[error("other steps use the outputs of {0}: take it out by hand")]
    Used(String),
    #[error("{0} is written in a way that an edit does not reach: take it out by hand")]
    Unfit(String),
}

/// Takes it out.
pub fn remove(text: &str, step: Step) -> Result<Removal, Refusal> {
    let yaml = Yaml::parse(text).map_err(Refusal::Unreadable)?;
    let before = value(text)?;
    let found = find(&before, step);
    let place = match found.as_slice() {
        [] => return Err(Refusal::NoSuchStep(step.does())),
        [place] => place,
        several => {
            let steps: Vec<String> = several.iter().map(Place::sentence).collect();
            return Err(Refusal::Ambiguous { what: step.does(), steps: steps.join("; ") });
        }
    };
    let steps = before["jobs"][&place.job]["steps"].as_array().map_or(0, Vec::len);
    if steps < 2 {
        return Err(Refusal::OnlyStep(place.sentence()));
    }
    let unfit = || Refusal::Unfit(place.sentence());
    let items = items(&yaml, &place.job).ok_or_else(unfit)?;
    let lines = lines_of(text, &yaml, &items, place.index).ok_or_else(unfit)?;
    let mut after = text.to_owned();
    after.replace_range(lines, "");
    let mut wanted = before.clone();
    let list = wanted["jobs"][&place.job]["steps"].as_array_mut().ok_or_else(unfit)?;
    let gone = list.remove(place.index);
    if value(&after).ok() != Some(wanted) {
        return Err(unfit());
    }
    match gone["id"].as_str() {
        Some(id) if after.contains(&format!("steps.{id}.")) => Err(Refusal::Used(place.sentence())),
        _ => Ok(Removal { after, what: place.sentence() }),
    }
}

impl Step {
    /// Whether a workflow's text has such a step. None: it cannot be told.
    pub fn is_in(self, text: &str) -> Option<bool> {
        value(text).ok().map(|workflow| !find(&workflow, self).is_empty())
    }

    fn does(self) -> &'static str {
        match self {
            Step::Smoke => "runs k6",
            Step::Gate => "enforces the budget",
        }
    }

    fn fits(self, step: &Value) -> bool {
        let text = |field: &str| step[field].as_str().unwrap_or_default().to_lowercase();
        let (name, uses, run) = (text("name"), text("uses"), text("run"));
        match self {
            // Setting k6 up is no test.
            Step::Smoke => run.contains("k6 run") || (uses.contains("k6") && !uses.contains("setup-k6")),
            Step::Gate => name.contains("budget") && !name.contains("comment"),
        }
    }
}

/// Where a step stands.
struct Place {
    job: String,
    index: usize,
    name: String,
}

impl Place {
    fn sentence(&self) -> String {
        format!("step {} of job {}", visible(&self.name), visible(&self.job))
    }
}

fn find(workflow: &Value, step: Step) -> Vec<Place> {
    let mut places = Vec::new();
    for (job, body) in workflow["jobs"].as_object().into_iter().flatten() {
        let steps = body["steps"].as_array().into_iter().flatten();
        places.extend(steps.enumerate().filter(|(_, it)| step.fits(it)).map(|(index, it)| {
            let name = ["name", "id", "uses"].iter().find_map(|field| it[*field].as_str());
            Place { job: job.clone(), index, name: name.map_or_else(|| (index + 1).to_string(), str::to_owned) }
        }));
    }
    places
}

/// The steps of a job, where they are a block of their own in the file.
fn items(yaml: &Yaml, job: &str) -> Option<Vec<NodeId>> {
    let [root] = yaml.documents() else { return None };
    let child = |id: NodeId, name: &str| {
        let mut named = yaml.entries(id).into_iter().filter(|entry| entry.name == name && !entry.merged);
        let entry = named.next()?;
        (named.next().is_none() && !yaml.is_alias(entry.value)).then_some(entry.value)
    };
    match &yaml.node(child(child(child(*root, "jobs")?, job)?, "steps")?).kind {
        Kind::List(items) => Some(items.clone()),
        _ => None,
    }
}

/// The whole lines of an item, up to the next one or to the end of the list. Comments right above the next item are its own.
fn lines_of(text: &str, yaml: &Yaml, items: &[NodeId], index: usize) -> Option<std::ops::Range<usize>> {
    let dash = |item: &NodeId| {
        let start = text.get(..yaml.node(*item).range.start)?.rfind('\n').map_or(0, |end| end + 1);
        let line = text.get(start..)?;
        let indent = line.len() - line.trim_start_matches(' ').len();
        line.trim_start().starts_with("- ").then_some((start, indent))
    };
    let (start, indent) = dash(items.get(index)?)?;
    let end = match items.get(index + 1) {
        Some(next) => dash(next)?.0,
        None => text.len(),
    };
    let mut kept = start;
    let mut at = start;
    for line in text.get(start..end)?.split_inclusive('\n') {
        let content = line.trim();
        let depth = line.len() - line.trim_start_matches(' ').len();
        let is_own = at == start || (!content.is_empty() && depth > indent);
        if !is_own && !content.is_empty() && !content.starts_with('#') {
            break;
        }
        at += line.len();
        if is_own {
            kept = at;
        }
    }
    Some(start..kept)
}

fn value(text: &str) -> Result<Value, Refusal> {
    serde_saphyr::from_str(text)
        .map_err(|error| Refusal::Unreadable(format!("is not YAML: {}", visible(&error.to_string()))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VERIFY: &str = "\
on: { release: { types: [published] } }
jobs:
  smoke:
    runs-on: ubuntu-latest
    steps:
    - uses: actions/checkout@v4
    # The test itself.
    - uses: grafana/run-k6-action@v1   # pinned
      with:
        path: load/k6/smoke.js

    # Whatever happens.
    - name: Report
      run: |
        echo \"done\"
";

    #[test]
    fn only_the_lines_of_the_step_go() {
        let removal = remove(VERIFY, Step::Smoke).unwrap();
        let expected = VERIFY.replace(
            "    - uses: grafana/run-k6-action@v1   # pinned\n      with:\n        path: load/k6/smoke.js\n",
            "",
        );
        assert_eq!(removal.after, expected);
        assert_eq!(removal.what, "step grafana/run-k6-action@v1 of job smoke");
        let is_in = |text: &str| Step::Smoke.is_in(text);
        assert_eq!([is_in(VERIFY), is_in(&removal.after), is_in("a: [")], [Some(true), Some(false), None]);
    }

    #[test]
    fn the_last_step_goes_as_well_and_what_follows_stays() {
        let text = "jobs:\r\n  cost:\r\n    steps:\r\n      - run: plan\r\n      - name: Enforce budget\r\n        run: |\r\n          exit 1\r\n  other:\r\n    steps: [{run: a}]";
        let removal = remove(text, Step::Gate).unwrap();
        assert_eq!(
            removal.after,
            "jobs:\r\n  cost:\r\n    steps:\r\n      - run: plan\r\n  other:\r\n    steps: [{run: a}]"
        );
    }

    #[test]
    fn what_cannot_be_told_is_refused() {
        let said = |text: &str, step| remove(text, step).unwrap_err().to_string();
        assert!(said(VERIFY, Step::Gate).contains("no step of it enforces the budget"));
        assert!(said("jobs: {a: {steps: [{run: x}, {run: k6 run a.js}]}}", Step::Smoke).contains("does not reach"));
        assert!(said("jobs:\n  a:\n    steps:\n    - run: k6 run a.js\n", Step::Smoke).contains("only step"));
        assert!(
            said("jobs:\n  a:\n    steps:\n    - run: k6 run a\n    - run: k6 run b\n", Step::Smoke)
                .contains("several")
        );
        let used =
            "jobs:\n  a:\n    steps:\n    - id: k\n      run: k6 run a\n    - run: echo ${{ steps.k.outputs.x }}\n";
        assert!(said(used, Step::Smoke).contains("other steps use"));
        assert!(said("a: [", Step::Smoke).contains("is not YAML"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(jobs|steps|a|- |run: k6 run|[\\[\\]{}:&*\\n ]|\\PC){0,40}") {
            let _ = (remove(&text, Step::Smoke), remove(&text, Step::Gate));
        }
    }
}
