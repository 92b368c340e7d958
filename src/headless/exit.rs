//! The exit codes, the same for every command.

use crate::release::analysis::AnalysisPhase;
use crate::release::lint::LintVerdict;
use crate::release::observation::FailureKind;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitCode {
    /// A good verdict, or done.
    Ok,
    /// A bad verdict, or refused.
    Negative,
    /// Wrong arguments.
    Usage,
    /// It cannot be told; not found; unreadable.
    Unknown,
    /// Not permitted.
    Permission,
    /// Somebody else was there first.
    Conflict,
}

impl ExitCode {
    /// All of them, in the order of their numbers.
    pub const ALL: [ExitCode; 6] = [
        ExitCode::Ok,
        ExitCode::Negative,
        ExitCode::Usage,
        ExitCode::Unknown,
        ExitCode::Permission,
        ExitCode::Conflict,
    ];

    /// What it stands for, for the man page.
    pub fn meaning(self) -> &'static str {
        match self {
            ExitCode::Ok => "A good verdict, or done.",
            ExitCode::Negative => "A bad verdict, or refused.",
            ExitCode::Usage => "Wrong arguments, or not confirmed.",
            ExitCode::Unknown => {
                "It cannot be told: not found, unreachable, unreadable, accepted but no effect seen, waiting in a pull \
                 request, or the answer could not be written."
            }
            ExitCode::Permission => "Not permitted, or not let in.",
            ExitCode::Conflict => "Somebody else was there first.",
        }
    }

    /// The number for the shell.
    pub fn code(self) -> u8 {
        match self {
            ExitCode::Ok => 0,
            ExitCode::Negative => 1,
            ExitCode::Usage => 2,
            ExitCode::Unknown => 3,
            ExitCode::Permission => 4,
            ExitCode::Conflict => 5,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(exit: ExitCode) -> Self {
        std::process::ExitCode::from(exit.code())
    }
}

impl From<FailureKind> for ExitCode {
    /// Who is not let in lacks a permission, whether the token is too old or too weak.
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Forbidden | FailureKind::Unauthorized => ExitCode::Permission,
            FailureKind::Unreachable | FailureKind::NotInstalled | FailureKind::Failed => ExitCode::Unknown,
        }
    }
}

impl From<AnalysisPhase> for ExitCode {
    /// Failed and Error abort a release: both are negative. What runs or decides neither way cannot be told.
    fn from(phase: AnalysisPhase) -> Self {
        match phase {
            AnalysisPhase::Successful => ExitCode::Ok,
            AnalysisPhase::Failed | AnalysisPhase::Error => ExitCode::Negative,
            AnalysisPhase::Pending | AnalysisPhase::Running | AnalysisPhase::Inconclusive => ExitCode::Unknown,
        }
    }
}

impl From<LintVerdict> for ExitCode {
    fn from(verdict: LintVerdict) -> Self {
        match verdict {
            LintVerdict::Pass => ExitCode::Ok,
            LintVerdict::Fail => ExitCode::Negative,
            LintVerdict::Unknown => ExitCode::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_is_never_0() {
        for (phase, code) in [
            (AnalysisPhase::Successful, 0),
            (AnalysisPhase::Failed, 1),
            (AnalysisPhase::Error, 1),
            (AnalysisPhase::Inconclusive, 3),
            (AnalysisPhase::Running, 3),
            (AnalysisPhase::Pending, 3),
        ] {
            assert_eq!(ExitCode::from(phase).code(), code, "{}", phase.word());
        }
        assert_eq!(ExitCode::from(LintVerdict::Unknown).code(), 3);
    }
}
