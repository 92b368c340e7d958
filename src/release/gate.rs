//! The verdict of a gate (budget, smoke, lint) and the exit code it means.

use serde::{Deserialize, Serialize};

/// The three words of section 6. Unknown is never green.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GateVerdict {
    Pass,
    Fail,
    #[default]
    Unknown,
}

impl GateVerdict {
    /// 0 for a positive verdict, 1 for a negative one, 3 where it cannot be told.
    pub fn exit_code(self) -> u8 {
        match self {
            GateVerdict::Pass => 0,
            GateVerdict::Fail => 1,
            GateVerdict::Unknown => 3,
        }
    }

    /// The word in JSON and on the screen.
    pub fn word(self) -> &'static str {
        match self {
            GateVerdict::Pass => "pass",
            GateVerdict::Fail => "fail",
            GateVerdict::Unknown => "unknown",
        }
    }
}
