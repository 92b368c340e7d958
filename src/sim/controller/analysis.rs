//! The rollout's side of analysis: which AnalysisRuns it needs now, making and ending them, and what their verdict does.

use serde_json::{Value, json};

use super::pause::{BLUE_GREEN, CANARY_STEP, INCONCLUSIVE};
use super::{CONTROLLER, HASH, Pass, REVISION, run};
use crate::sim::resources::{ANALYSISRUNS, CLUSTER_TEMPLATES, TEMPLATES};
use crate::sim::store::kind;
use crate::sim::value::{at, cut, flag, int, list, put, text, time};

/// The runs that count for the current update.
#[derive(Default)]
pub(super) struct Runs {
    pub(super) background: Option<Value>,
    pub(super) step: Option<Value>,
    pub(super) pre: Option<Value>,
    pub(super) post: Option<Value>,
}

/// One role of a run: its label, where the status keeps it, what its name ends with, and how its failure is told.
struct Role {
    label: &'static str,
    status: &'static [&'static str],
    failed: &'static str,
}

const BACKGROUND: Role = Role {
    label: "Background",
    status: &["canary", "currentBackgroundAnalysisRunStatus"],
    failed: "Background analysis phase error/failed",
};
const STEP: Role = Role {
    label: "Step",
    status: &["canary", "currentStepAnalysisRunStatus"],
    failed: "Step-based analysis phase error/failed",
};
const PRE: Role = Role {
    label: "PrePromotion",
    status: &["blueGreen", "prePromotionAnalysisRunStatus"],
    failed: "Blue/green pre-promotion analysis phase error/failed",
};
const POST: Role = Role {
    label: "PostPromotion",
    status: &["blueGreen", "postPromotionAnalysisRunStatus"],
    failed: "Blue/green post-promotion analysis phase error/failed",
};

impl Pass<'_> {
    pub(super) fn read_runs(&mut self) {
        let read = |pass: &Self, role: &Role| {
            let name = text(at(&pass.rollout["status"], role.status), &["name"]);
            pass.state.store.get(ANALYSISRUNS, pass.namespace(), name).map(|run| run.value().clone())
        };
        self.runs = Runs {
            background: read(self, &BACKGROUND),
            step: read(self, &STEP),
            pre: read(self, &PRE),
            post: read(self, &POST),
        };
    }

    pub(super) fn reconcile_analysis(&mut self) {
        let fast = self.stable_hash() == self.newest;
        let skip = self.is_fully_promoted()
            || self.is_aborted()
            || self.promotes_fully()
            || fast
            || self.stable_hash().is_empty();
        if skip {
            self.runs.background = None;
            self.runs.step = None;
        } else if self.is_blue_green() {
            self.reconcile_pre();
            self.reconcile_post();
        } else {
            self.reconcile_step();
            self.reconcile_background();
        }
        self.report_runs();
        self.end_other_runs(skip);
    }

    fn reconcile_background(&mut self) {
        let analysis = self.strategy(&["analysis"]).clone();
        if templates(&analysis).is_empty() {
            self.runs.background = None;
            return;
        }
        let early = int(&analysis, &["startingStep"])
            .is_some_and(|first| self.step_index().is_some_and(|now| (now as i64) < first));
        if early {
            self.runs.background = None;
            return;
        }
        let known = self.runs.background.take();
        self.runs.background = self.current_run(known, &analysis, "", &BACKGROUND);
    }

    fn reconcile_step(&mut self) {
        if !list(&self.rollout, &["status", "pauseConditions"]).is_empty() || flag(&self.rollout, &["status", "abort"])
        {
            return;
        }
        let index = self.step_index().unwrap_or(0).to_string();
        let analysis = self.step().map(|step| step["analysis"].clone()).unwrap_or_default();
        let known = self.runs.step.take().filter(|run| text(run, &["metadata", "labels", "step-index"]) == index);
        if !templates(&analysis).is_empty() {
            self.runs.step = self.current_run(known, &analysis, &index, &STEP);
        }
    }

    fn reconcile_pre(&mut self) {
        let analysis = self.strategy(&["prePromotionAnalysis"]).clone();
        let active = text(&self.rollout, &["status", "blueGreen", "activeSelector"]).to_owned();
        let known = self.runs.pre.take();
        let skip = active.is_empty() || active == self.current_hash();
        if templates(&analysis).is_empty() || skip || (known.is_none() && !self.newest_is_saturated()) {
            self.runs.pre = known.filter(|_| skip);
            return;
        }
        self.runs.pre = self.current_run(known, &analysis, "pre", &PRE);
    }

    fn reconcile_post(&mut self) {
        let analysis = self.strategy(&["postPromotionAnalysis"]).clone();
        let active = text(&self.rollout, &["status", "blueGreen", "activeSelector"]).to_owned();
        let known = self.runs.post.take();
        if templates(&analysis).is_empty()
            || active != self.current_hash()
            || (known.is_none() && !self.newest_is_saturated())
        {
            return;
        }
        self.runs.post = self.current_run(known, &analysis, "post", &POST);
    }

    fn newest_is_saturated(&self) -> bool {
        self.newest_set().is_some_and(|set| self.is_saturated(set))
    }

    /// The run that goes on, or a new one; its verdict pauses or aborts.
    fn current_run(&mut self, known: Option<Value>, analysis: &Value, infix: &str, role: &Role) -> Option<Value> {
        if self.pause_condition(INCONCLUSIVE).is_some() {
            return known;
        }
        let Some(run) = known.filter(|run| !self.needs_another(run)) else {
            return self.create_run(analysis, infix, role);
        };
        match text(&run, &["status", "phase"]) {
            "Inconclusive" => self.pauses.push(INCONCLUSIVE),
            "Failed" | "Error" => {
                let why = text(&run, &["status", "message"]);
                self.abort =
                    Some(if why.is_empty() { role.failed.to_owned() } else { format!("{}: {why}", role.failed) });
            }
            _ => {}
        }
        Some(run)
    }

    /// A run is repeated after a retry, and after a human resumed an inconclusive one.
    fn needs_another(&self, run: &Value) -> bool {
        let paused_otherwise =
            self.pause_condition(CANARY_STEP).is_some() || self.pause_condition(BLUE_GREEN).is_some();
        if flag(&self.rollout, &["status", "controllerPause"]) && !paused_otherwise {
            return text(run, &["status", "phase"]) == "Inconclusive";
        }
        !self.old(&["abortedAt"]).is_null()
    }

    fn create_run(&mut self, analysis: &Value, infix: &str, role: &Role) -> Option<Value> {
        let (metrics, template_args) = match self.flatten(analysis) {
            Ok(flat) => flat,
            Err(missing) => {
                let message =
                    format!("Reconciliation failed with error: analysistemplate.argoproj.io {missing:?} not found");
                self.say(true, "ReconciliationError", &message);
                return None;
            }
        };
        let revision = self.revision().to_string();
        let mut base = format!("{}-{}-{revision}", self.name(), self.newest);
        if !infix.is_empty() {
            base = format!("{base}-{infix}");
        }
        let taken = |pass: &Self, name: &str| pass.state.store.get(ANALYSISRUNS, pass.namespace(), name).is_some();
        let name = std::iter::once(base.clone())
            .chain((1..1000).map(|count| format!("{base}.{count}")))
            .find(|name| !taken(self, name))
            .unwrap_or(base);
        let mut labels = self.rollout["spec"]["selector"]["matchLabels"].clone();
        put(&mut labels, &[HASH], self.newest.as_str());
        put(&mut labels, &["rollout-type"], role.label);
        if role.label == STEP.label {
            put(&mut labels, &["step-index"], infix);
        }
        let mut run = json!({
            "metadata": {"name": name, "namespace": self.namespace(), "labels": labels,
                "annotations": {REVISION: revision},
                "ownerReferences": [{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": self.name(),
                    "uid": self.rollout["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true}]},
            "spec": {"metrics": metrics},
        });
        let args = self.arguments(analysis, template_args);
        if !args.is_empty() {
            put(&mut run, &["spec", "args"], args);
        }
        if !analysis["dryRun"].is_null() {
            put(&mut run, &["spec", "dryRun"], analysis["dryRun"].clone());
        }
        Some(self.state.store.put(kind(ANALYSISRUNS), run, self.state.now).value().clone())
    }

    /// The metrics and arguments of all named templates together, or the name that is missing.
    fn flatten(&self, analysis: &Value) -> Result<(Vec<Value>, Vec<Value>), String> {
        let (mut metrics, mut args) = (Vec::new(), Vec::new());
        for reference in templates(analysis) {
            let name = text(reference, &["templateName"]);
            let template = if flag(reference, &["clusterScope"]) {
                self.state.store.get(CLUSTER_TEMPLATES, "", name)
            } else {
                self.state.store.get(TEMPLATES, self.namespace(), name)
            };
            let template = template.ok_or_else(|| name.to_owned())?.value();
            metrics.extend_from_slice(list(template, &["spec", "metrics"]));
            args.extend_from_slice(list(template, &["spec", "args"]));
        }
        Ok((metrics, args))
    }

    fn arguments(&self, analysis: &Value, mut args: Vec<Value>) -> Vec<Value> {
        for given in list(analysis, &["args"]) {
            let value = match text(given, &["valueFrom", "podTemplateHashValue"]) {
                "Latest" => self.newest.clone(),
                "Stable" => self.stable_hash().to_owned(),
                _ => match text(given, &["valueFrom", "fieldRef", "fieldPath"]) {
                    "" => text(given, &["value"]).to_owned(),
                    path => text(&self.rollout, &path.split('.').collect::<Vec<_>>()).to_owned(),
                },
            };
            let resolved = json!({"name": given["name"], "value": value});
            match args.iter_mut().find(|arg| arg["name"] == given["name"]) {
                Some(arg) => *arg = resolved,
                None => args.push(resolved),
            }
        }
        args
    }

    /// Writes the current runs into the status and tells of their changes.
    fn report_runs(&mut self) {
        let runs = [
            (POST, self.runs.post.clone()),
            (PRE, self.runs.pre.clone()),
            (STEP, self.runs.step.clone()),
            (BACKGROUND, self.runs.background.clone()),
        ];
        for (role, run) in runs {
            let before = at(&self.rollout["status"], role.status).clone();
            let Some(run) = run else {
                cut(&mut self.status, role.status);
                continue;
            };
            let (name, phase) = (text(&run, &["metadata", "name"]), text(&run, &["status", "phase"]));
            let mut report = json!({"name": name, "status": phase});
            let message = text(&run, &["status", "message"]);
            if !message.is_empty() {
                put(&mut report, &["message"], message);
            }
            put(&mut self.status, role.status, report);
            let news = before.is_null() || (text(&before, &["name"]) == name && text(&before, &["status"]) != phase);
            if news && !phase.is_empty() {
                let previous = if before.is_null() { "NoPreviousStatus" } else { text(&before, &["status"]) };
                let words =
                    format!("{} Analysis Run '{name}' Status New: '{phase}' Previous: '{previous}'", role.label);
                let warning = matches!(phase, "Failed" | "Error");
                self.say(warning, &format!("AnalysisRun{phase}"), &words);
            }
        }
    }

    /// Ends runs that no longer count, and forgets finished ones beyond five of each kind.
    fn end_other_runs(&mut self, skip: bool) {
        let current: Vec<String> = [&self.runs.background, &self.runs.step, &self.runs.pre, &self.runs.post]
            .into_iter()
            .flatten()
            .filter(|_| !skip)
            .map(|run| text(run, &["metadata", "name"]).to_owned())
            .collect();
        let uid = text(&self.rollout, &["metadata", "uid"]);
        let mut others = self.state.store.owned(ANALYSISRUNS, self.namespace(), uid);
        others.retain(|run| !current.contains(&text(run, &["metadata", "name"]).to_owned()));
        others.sort_by_key(|run| std::cmp::Reverse(time(run, &["metadata", "creationTimestamp"])));
        let (mut good, mut bad) = (0, 0);
        for run in others {
            let phase = text(&run, &["status", "phase"]).to_owned();
            if !run::is_completed(&phase) {
                if !flag(&run, &["spec", "terminate"]) {
                    let mut run = run;
                    put(&mut run, &["spec", "terminate"], true);
                    self.state.store.put(kind(ANALYSISRUNS), run, self.state.now);
                }
                continue;
            }
            let kept = if phase == "Successful" { &mut good } else { &mut bad };
            *kept += 1;
            let known_revision = self.set(text(&run, &["metadata", "labels", HASH])).is_some();
            if *kept > 5 || !known_revision {
                let (namespace, name) = (text(&run, &["metadata", "namespace"]), text(&run, &["metadata", "name"]));
                self.state.store.remove(kind(ANALYSISRUNS), namespace, name);
            }
        }
    }
}

/// The templates that an analysis of a rollout names.
fn templates(analysis: &Value) -> &[Value] {
    list(analysis, &["templates"])
}

/// Tells what an AnalysisRun itself tells.
pub(super) fn tell(state: &mut crate::sim::state::State, run: &Value, phase: &str, reason: &str, message: &str) {
    state.event(CONTROLLER, run, matches!(phase, "Failed" | "Error"), reason, message);
}
