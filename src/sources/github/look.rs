//! What a look found.

use crate::release::repository::{Duty, Finding, WorkflowView};

/// What a look found, and whether something in it is running.
#[derive(Default)]
pub struct Look {
    pub findings: Vec<Finding>,
    pub is_running: bool,
}

impl Look {
    /// That and no more.
    pub fn of(finding: Finding) -> Self {
        Look { findings: vec![finding], is_running: false }
    }

    /// A workflow and no more.
    pub fn about(duty: Duty, view: WorkflowView) -> Self {
        let mut look = Look::default();
        look.add(duty, Some(view));
        look
    }

    /// A workflow, too, where it was read.
    pub fn add(&mut self, duty: Duty, view: Option<WorkflowView>) {
        let Some(view) = view else { return };
        self.is_running |= view.runs.iter().take(5).any(|run| !run.is_over());
        self.findings.push(Finding::Workflow(duty, Box::new(view)));
    }
}
