//! The faults that can be switched on while the world runs.

use std::time::Duration;

/// One way in which the world can go wrong. `None` is the healthy world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// Everything works.
    #[default]
    None,
    /// The API server is gone: open connections are cut and new ones are closed unanswered.
    Down,
    /// Every answer takes this long.
    Slow(Duration),
    /// The user may do nothing any more: 403.
    Forbidden,
    /// The user may look but not change anything: 403 on writes.
    ForbiddenWrites,
    /// The credentials are no longer accepted: 401.
    Unauthorized,
    /// Once, at the moment it is switched on: every watch gets an ERROR event 410 and old versions are forgotten.
    Gone,
    /// Watches stay open and nothing comes any more, no bookmark either.
    Silent,
    /// The server is overloaded: 429 with Retry-After.
    TooMany,
    /// Somebody else is always faster: every write is a 409.
    Conflict,
    /// The rollouts controller is away: writes are accepted, nothing takes effect, its lease goes stale.
    ControllerAway,
    /// Prometheus does not answer: 503.
    NoMetrics,
    /// GitHub is gone, the rest is not.
    GithubDown,
    /// GitHub accepts no token: 401.
    GithubUnauthorized,
    /// The token lacks every permission: 403, which names the one that is needed.
    GithubForbidden,
    /// GitHub's secondary limit: 429 with Retry-After.
    GithubTooMany,
    /// Every answer of GitHub takes this long.
    GithubSlow(Duration),
    /// GitHub does what it is asked to, and says so only after this long.
    GithubSlowWrites(Duration),
    /// GitHub does what it is asked to, and the answer is lost on the way: 502.
    GithubLost,
}

impl Fault {
    /// Every fault, the healthy world first, for a palette to list.
    pub const ALL: [Self; 19] = [
        Self::None,
        Self::Down,
        Self::Slow(Duration::from_secs(3)),
        Self::Forbidden,
        Self::ForbiddenWrites,
        Self::Unauthorized,
        Self::Gone,
        Self::Silent,
        Self::TooMany,
        Self::Conflict,
        Self::ControllerAway,
        Self::NoMetrics,
        Self::GithubDown,
        Self::GithubUnauthorized,
        Self::GithubForbidden,
        Self::GithubTooMany,
        Self::GithubSlow(Duration::from_secs(3)),
        Self::GithubSlowWrites(Duration::from_secs(30)),
        Self::GithubLost,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Down => "down",
            Self::Slow(_) => "slow",
            Self::Forbidden => "forbidden",
            Self::ForbiddenWrites => "forbidden-writes",
            Self::Unauthorized => "unauthorized",
            Self::Gone => "gone",
            Self::Silent => "silent",
            Self::TooMany => "too-many",
            Self::Conflict => "conflict",
            Self::ControllerAway => "controller-away",
            Self::NoMetrics => "no-metrics",
            Self::GithubDown => "github-down",
            Self::GithubUnauthorized => "github-unauthorized",
            Self::GithubForbidden => "github-forbidden",
            Self::GithubTooMany => "github-too-many",
            Self::GithubSlow(_) => "github-slow",
            Self::GithubSlowWrites(_) => "github-slow-writes",
            Self::GithubLost => "github-lost",
        }
    }

    /// What it does, in one line.
    pub fn help(self) -> &'static str {
        match self {
            Self::None => "everything works again",
            Self::Down => "the API server is gone: connections are cut",
            Self::Slow(_) => "every answer takes three seconds",
            Self::Forbidden => "403 on everything",
            Self::ForbiddenWrites => "403 on every write",
            Self::Unauthorized => "401: the credentials have expired",
            Self::Gone => "410: every watch has to list again",
            Self::Silent => "watches stay open and say nothing",
            Self::TooMany => "429: the server is overloaded",
            Self::Conflict => "409: somebody else is always faster",
            Self::ControllerAway => "the rollouts controller is away: nothing takes effect",
            Self::NoMetrics => "Prometheus answers 503",
            Self::GithubDown => "GitHub is gone: connections are cut",
            Self::GithubUnauthorized => "GitHub answers 401: the token has expired",
            Self::GithubForbidden => "GitHub answers 403: the token lacks permissions",
            Self::GithubTooMany => "GitHub answers 429: its secondary rate limit",
            Self::GithubSlow(_) => "every answer of GitHub takes three seconds",
            Self::GithubSlowWrites(_) => "GitHub does what is asked and says so half a minute later",
            Self::GithubLost => "GitHub does what is asked and its answer is lost: 502",
        }
    }

    /// The fault of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }
}
