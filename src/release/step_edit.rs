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
    let job = wanted["jobs"][&place.job].to_string();
    if value(&after).ok() != Some(wanted) {
        return Err(unfit());
    }
    match gone["id"].as_str() {
        Some(id) if uses(&job, id) => Err(Refusal::Used(place.sentence())),
        _ => Ok(Removal { after, what: place.sentence() }),
    }
}

/// Whether an expression of that job asks for what the step has put out: `steps.ID.outputs.x`, `steps['ID'].outcome`.
fn uses(job: &str, id: &str) -> bool {
    let id = regex::escape(id);
    let asks = format!(r"(?i)\bsteps\s*(\.\s*{id}([^\w-]|$)|\[\s*'{id}'\s*\]|\.\s*\*)");
    // What cannot be looked for may be there.
    regex::Regex::new(&asks).map_or(true, |asks| asks.is_match(job))
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
            Step::Smoke => runs_k6(&run) || (uses.contains("k6") && !uses.contains("setup-k6")),
            Step::Gate => name.contains("budget") && !TELLING.iter().any(|word| name.contains(word)),
        }
    }
}

/// What a step does that has to do with the budget and lets everything through.
const TELLING: [&str; 8] = ["comment", "report", "summary", "upload", "download", "show", "read ", "load "];

/// Whether a script runs a test: `k6 run`, `docker run grafana/k6:latest run -`, `k6 --quiet cloud`.
fn runs_k6(script: &str) -> bool {
    let lines = script.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.flat_map(|line| line.split([';', '&', '|'])).any(|command| {
        let mut words = command.split(|sign: char| !sign.is_alphanumeric() && !"-_.".contains(sign));
        words.any(|word| word == "k6") && words.any(|word| matches!(word, "run" | "cloud"))
    })
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
    // Mostly on the item's own line; an anchor may stand there alone.
    let dash = |item: &NodeId| {
        let ends = text.get(..yaml.node(*item).range.start)?.rmatch_indices('\n');
        ends.map(|(end, _)| end + 1).chain([0]).find_map(|start| {
            let line = text.get(start..)?.lines().next()?;
            let content = line.trim_start_matches(' ');
            let has_dash = content.starts_with("- ") || content.trim_end() == "-";
            has_dash.then(|| (start, line.len() - content.len()))
        })
    };
    let (start, indent) = dash(items.get(index)?)?;
    let end = match items.get(index + 1) {
        Some(next) => dash(next)?.0,
        None => text.len(),
    };
    let mut kept = start;
    let mut at = start;
    let mut is_next_begun = false;
    for line in text.get(start..end)?.split_inclusive('\n') {
        let content = line.trim();
        let is_comment = content.starts_with('#');
        let depth = line.len() - line.trim_start_matches(' ').len();
        let is_deeper = !content.is_empty() && depth > indent;
        let is_own = at == start || (is_deeper && !(is_comment && is_next_begun));
        if !is_own && !content.is_empty() && !is_comment {
            break;
        }
        at += line.len();
        if is_own {
            kept = at;
        }
        // A step that is commented out is the next one's comment, also where its lines are indented as if it were there.
        is_next_begun = !is_own && (is_comment || is_next_begun);
    }
    Some(start..kept)
}

fn value(text: &str) -> Result<Value, Refusal> {
    serde_saphyr::from_str(text)
        .map_err(|error| Refusal::Unreadable(format!("is not YAML: {}", visible(&error.to_string()))))
}

#[cfg(test)]
#[path = "step_edit_tests.rs"]
mod tests;
