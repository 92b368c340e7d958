//! Whether the infrastructure still is what Terraform thinks: `terraform show -json` of a saved plan, read and judged.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::json::{Fields, Json};
use super::plan_change::{Action, ResourceChange};
use super::text::{counted, visible};

/// What cannot be planned yet: it takes an apply, and a plan after it.
const DEFERRED: [&str; 2] = ["deferred_changes", "deferred_action_invocations"];

/// A plan, only what the verdict and the pane need.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// `format_version`.
    pub format_version: String,
    /// Counts as Terraform's own last line says them: a replacement is one to add and one to destroy.
    pub add: u64,
    pub change: u64,
    pub destroy: u64,
    /// Replacements, which are in `add` and `destroy` as well.
    pub replace: u64,
    /// What would be done, without reads and no-ops.
    pub changes: Vec<ResourceChange>,
    /// What changed outside of Terraform, without the known noise.
    pub drift: Vec<ResourceChange>,
    /// Drifted addresses that the configuration calls noise.
    pub noise: Vec<String>,
    /// Addresses that were only renamed.
    pub moved_only: Vec<String>,
    /// Outputs that would change.
    pub output_changes: Vec<String>,
    pub errored: bool,
    /// Since Terraform 1.8: whether one apply would reach the configuration.
    pub complete: Option<bool>,
    /// Since Terraform 1.8: whether there is anything to apply.
    pub applyable: Option<bool>,
    /// What `-detailed-exitcode` returned or would have.
    pub exit_code: u8,
    pub verdict: DriftVerdict,
    /// The verdict in a sentence.
    pub why: String,
}

/// The words of section 6. `Unknown` is for what is no plan, and for one of which too little can be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DriftVerdict {
    #[serde(rename = "clean")]
    Clean,
    #[serde(rename = "drift")]
    Drift,
    #[serde(rename = "pending")]
    Pending,
    #[serde(rename = "drift+pending")]
    DriftAndPending,
    #[serde(rename = "failed")]
    Failed,
    #[default]
    #[serde(rename = "unknown")]
    Unknown,
}

impl DriftVerdict {
    /// 0 clean, 3 unknown, otherwise 1.
    pub fn exit_code(self) -> u8 {
        match self {
            DriftVerdict::Clean => 0,
            DriftVerdict::Unknown => 3,
            _ => 1,
        }
    }

    /// The word in JSON and on the screen.
    pub fn word(self) -> &'static str {
        match self {
            DriftVerdict::Clean => "clean",
            DriftVerdict::Drift => "drift",
            DriftVerdict::Pending => "pending",
            DriftVerdict::DriftAndPending => "drift+pending",
            DriftVerdict::Failed => "failed",
            DriftVerdict::Unknown => "unknown",
        }
    }
}

/// Reads a plan. `noise` is a list of address globs whose drift is known and harmless; a *planned* change of such an
/// address still counts, because it may be somebody's edit. The error is the reason why this is no plan; a part of one that
/// cannot be read costs the word "clean" and nothing else.
pub fn read(bytes: &[u8], noise: &[&str]) -> Result<Drift, String> {
    if bytes.starts_with(b"[command]") {
        return Err("is what setup-terraform's wrapper printed: set terraform_wrapper to false".to_owned());
    }
    let root = Json::parse(bytes)?;
    let plan = root.fields();
    let format_version = check_format(&plan)?;
    let changes = list(&plan, "resource_changes");
    let (moved, drifted): (Vec<_>, Vec<_>) =
        list(&plan, "resource_drift").into_iter().partition(|drift| drift.action == Action::NoOp);
    let mut drift = Drift {
        format_version,
        moved_only: addresses(moved.iter().chain(changes.iter().filter(|change| change.is_moved_only()))),
        output_changes: changed_outputs(plan.get("output_changes")),
        errored: plan.get("errored").flag().unwrap_or(false),
        complete: plan.get("complete").flag(),
        applyable: plan.get("applyable").flag(),
        ..Drift::default()
    };
    for change in changes.iter().filter(|change| change.is_lasting()) {
        drift.count(&change.action);
    }
    let has_any = |name| !plan.get(name).items().is_empty();
    // Actions without a resource: a plan may consist of nothing else.
    let invokes = has_any("action_invocations");
    let is_applyable = drift.applyable.unwrap_or_else(|| invokes || would_apply(&drift, &changes, &drifted));
    drift.exit_code = if drift.errored { 1 } else { 2 * u8::from(is_applyable) };
    let quiet_steps = changes.iter().any(ResourceChange::is_quiet_step);
    drift.changes = changes.into_iter().filter(ResourceChange::is_planned).collect();
    let pending = !drift.changes.is_empty()
        || !drift.output_changes.is_empty()
        || invokes
        || DEFERRED.into_iter().any(has_any)
        || drift.complete == Some(false)
        // What else could be applied? A refresh-only plan applies its drift and nothing more.
        || (is_applyable && (quiet_steps || drifted.is_empty()));
    let (known, drifted): (Vec<_>, Vec<_>) =
        drifted.into_iter().partition(|change| noise.iter().any(|glob| matches_glob(glob, &change.address)));
    drift.noise = addresses(known.iter());
    drift.drift = drifted;
    drift.judge(pending, &unreadable(&plan));
    Ok(drift)
}

impl Drift {
    /// Adds one planned change to the counts of Terraform's own summary line.
    fn count(&mut self, action: &Action) {
        let (add, change, destroy, replace) = match action {
            Action::Create | Action::CreateAndForget => (1, 0, 0, 0),
            Action::Update => (0, 1, 0, 0),
            Action::Delete => (0, 0, 1, 0),
            Action::Replace => (1, 0, 1, 1),
            Action::NoOp | Action::Read | Action::Forget | Action::Other(_) => (0, 0, 0, 0),
        };
        self.add += add;
        self.change += change;
        self.destroy += destroy;
        self.replace += replace;
    }

    /// The verdict and its sentence. An errored plan says nothing about the rest. What is there is true whatever else
    /// could not be read, but "nothing" needs every part.
    fn judge(&mut self, pending: bool, unreadable: &[&str]) {
        let counts = format!("{} to add, {} to change, {} to destroy", self.add, self.change, self.destroy);
        let drifted = format!("{} changed outside of Terraform", self.drift.len());
        (self.verdict, self.why) = match (self.errored, !self.drift.is_empty(), pending) {
            (true, _, _) => (DriftVerdict::Failed, "the plan failed: what is below is partial".to_owned()),
            (_, true, true) => (DriftVerdict::DriftAndPending, format!("{drifted}; {}", self.pending_words(counts))),
            (_, true, false) => (DriftVerdict::Drift, drifted),
            (_, false, true) => (DriftVerdict::Pending, self.pending_words(counts)),
            (_, false, false) if unreadable.is_empty() => (DriftVerdict::Clean, "nothing differs".to_owned()),
            (_, false, false) => (DriftVerdict::Unknown, "whether anything differs cannot be told".to_owned()),
        };
        if !unreadable.is_empty() {
            self.why.push_str(&format!("; not readable: {}", unreadable.join(", ")));
        }
    }

    /// Why something is pending, also where the counts are all zero.
    fn pending_words(&self, counts: String) -> String {
        let forgotten = self.changes.iter().filter(|change| change.action == Action::Forget).count();
        if forgotten > 0 {
            format!("{counts}, {forgotten} to forget")
        } else if !self.changes.is_empty() {
            counts
        } else if !self.output_changes.is_empty() {
            counted(self.output_changes.len(), "output would change", "outputs would change")
        } else if !self.moved_only.is_empty() {
            counted(self.moved_only.len(), "resource is only renamed", "resources are only renamed")
        } else if self.complete == Some(false) {
            "the plan is incomplete: another plan and apply is needed".to_owned()
        } else {
            "the plan can be applied".to_owned()
        }
    }
}

/// Whether this is a plan of a known format. `terraform show -json` of a state has `values` and none of these.
fn check_format(plan: &Fields) -> Result<String, String> {
    let Some(version) = plan.get("format_version").words() else {
        return Err("is no plan: no format_version".to_owned());
    };
    if !matches!(version.split('.').next(), Some("0" | "1")) {
        return Err(format!("is a plan of format {version}; known are 0.x and 1.x"));
    }
    let signs = [
        "planned_values",
        "resource_changes",
        "resource_drift",
        "output_changes",
        "applyable",
        "action_invocations",
        "errored",
        "configuration",
    ];
    if plan.has_any(&signs) { Ok(version) } else { Err("is no plan: it plans nothing (a state, perhaps)".to_owned()) }
}

/// A list of changes; none where there is no list.
fn list(plan: &Fields, name: &str) -> Vec<ResourceChange> {
    plan.get(name).items().into_iter().map(ResourceChange::read).collect()
}

/// The parts of a plan that are there and are not what Terraform writes there. It leaves out what it does not say, so that
/// null is one of these too, but for a list: there it is one without items.
fn unreadable(plan: &Fields) -> Vec<&'static str> {
    let lists = ["resource_changes", "resource_drift", "action_invocations"].into_iter().chain(DEFERRED);
    let lists = lists.filter(|name| plan.get(name).is_no_list());
    let flags = ["errored", "complete", "applyable"].into_iter().filter(|name| plan.get(name).flag().is_none());
    let outputs = ["output_changes"].into_iter().filter(|name| !plan.get(name).is_object());
    lists.chain(outputs).chain(flags).filter(|name| plan.has_any(&[name])).collect()
}

/// Their addresses, each once.
fn addresses<'a>(changes: impl Iterator<Item = &'a ResourceChange>) -> Vec<String> {
    let addresses: BTreeSet<&str> = changes.map(|change| change.address.as_str()).collect();
    addresses.into_iter().map(str::to_owned).collect()
}

/// Names of the outputs whose action is not `no-op`, in file order.
fn changed_outputs(outputs: Json) -> Vec<String> {
    let outputs = outputs.fields();
    let changed = outputs.iter().filter(|(_, change)| Action::read(change.get("actions")) != Action::NoOp);
    changed.map(|(name, _)| visible(name)).collect()
}

/// What Terraform before 1.8 would have said to "is there anything to apply?".
///
/// A refresh-only plan lists no resource changes at all, not even no-ops, and is applyable as soon as it found drift; what
/// it lists as moved alone does not make it so.
fn would_apply(drift: &Drift, changes: &[ResourceChange], drifted: &[ResourceChange]) -> bool {
    changes.iter().any(|change| change.is_planned() || change.is_quiet_step())
        || !drift.output_changes.is_empty()
        || (changes.is_empty() && !drifted.is_empty())
}

/// Whether an address fits a glob. Only `*` and `?` are special: addresses are full of brackets and dots.
pub fn matches_glob(glob: &str, address: &str) -> bool {
    let (glob, address): (Vec<char>, Vec<char>) = (glob.chars().collect(), address.chars().collect());
    let (mut at_glob, mut at) = (0, 0);
    // Where the last star stands and what it has swallowed so far: the only place ever gone back to.
    let mut star: Option<(usize, usize)> = None;
    while at < address.len() {
        match glob.get(at_glob) {
            Some('*') => {
                star = Some((at_glob, at));
                at_glob += 1;
            }
            Some(sign) if *sign == '?' || *sign == address[at] => {
                at_glob += 1;
                at += 1;
            }
            _ => {
                let Some((star_at, swallowed)) = star else { return false };
                star = Some((star_at, swallowed + 1));
                at_glob = star_at + 1;
                at = swallowed + 1;
            }
        }
    }
    glob[at_glob..].iter().all(|sign| *sign == '*')
}

#[cfg(test)]
#[path = "drift_tests.rs"]
mod tests;
