//! Asks again and again for the metrics of the AnalysisRuns that somebody looks at.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use crate::release::analysis::{AnalysisRun, Provider};
use crate::release::object::Uid;
use crate::release::observation::{Failure, Observation, Report, Said, Series, SeriesOutcome, SourceId};
use crate::sources::cluster::Cluster;

use super::{Answer, NAME, Prometheus, Query};

/// Asked no more often than this.
const SHORTEST: Duration = Duration::from_secs(5);
/// And no more seldom, however wide the step: a source that is not heard from for 15 s is called stale.
const LONGEST: Duration = Duration::from_secs(12);
/// The longest pause while Prometheus cannot be asked.
const LAST_PAUSE: Duration = Duration::from_secs(60);
/// Queries on their way at once.
const AT_ONCE: usize = 4;
/// What is shown from before the run's start, to compare with.
const BEFORE: SignedDuration = SignedDuration::from_mins(5);
/// The longest time that is shown.
const WINDOW: SignedDuration = SignedDuration::from_hours(6);
/// Points that a chart on the widest screen can tell apart.
const POINTS: i64 = 240;

/// One metric of an AnalysisRun to follow.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    pub run: Uid,
    pub metric: Box<str>,
    pub query: String,
    pub address: String,
    /// The run's start.
    pub from: Option<Timestamp>,
    /// The run's end; None while it runs.
    pub until: Option<Timestamp>,
}

impl Live {
    /// The metrics of a run that can be asked for: those of Prometheus whose query is known with its arguments.
    pub fn of(run: &AnalysisRun) -> Vec<Live> {
        let ended = run.results.iter().flat_map(|result| &result.measurements);
        let ended = ended.filter_map(|measurement| measurement.finished_at.or(measurement.started_at)).max();
        let live = |metric: &crate::release::analysis::Metric| {
            let Provider::Prometheus { address, query } = &metric.provider else { return None };
            let resolved = run.result(&metric.name).and_then(|result| result.resolved_query.as_deref());
            let query = resolved.or(Some(query).filter(|query| !query.contains("{{")).map(|query| &**query))?;
            Some(Live {
                run: run.id.uid.clone(),
                metric: metric.name.clone(),
                query: query.to_owned(),
                address: address.to_string(),
                from: run.started_at.or(run.created),
                until: if run.phase.is_completed() { ended } else { None },
            })
        };
        run.metrics.iter().filter_map(live).collect()
    }

    /// The query to ask at `now`. Its times lie on the step's grid, so that points do not wander from answer to answer.
    pub fn at(&self, now: Timestamp) -> Query {
        let end = self.until.unwrap_or(now).min(now);
        let from = self.from.unwrap_or(end).min(end);
        let window = (end.duration_since(from) + BEFORE).min(WINDOW);
        let step = (window.as_secs() / POINTS).max(SHORTEST.as_secs() as i64);
        let on_grid = |seconds: i64| seconds.div_euclid(step) * step;
        let last = on_grid(end.as_second());
        let time = |seconds| Timestamp::from_second(seconds).unwrap_or(end);
        Query {
            run: self.run.clone(),
            metric: self.metric.clone(),
            query: self.query.clone(),
            address: self.address.clone(),
            start: time(last - on_grid(window.as_secs())),
            end: time(last),
            step: SignedDuration::from_secs(step),
        }
    }
}

/// Asks for these metrics until nobody listens any more. A run that has ended is asked for until it has answered once.
pub async fn watch_series(
    prometheus: Arc<Prometheus>,
    cluster: Cluster,
    lives: Vec<Live>,
    reports: mpsc::Sender<Report>,
    clock: fn() -> Timestamp,
) {
    let source = SourceId { context: cluster.context.clone(), kind: NAME.into() };
    let mut poll = Poll { lives: lives.into_iter().map(|live| (live, None)).collect(), loaded: false, pause: SHORTEST };
    loop {
        let (said, wait) = poll.round(&prometheus, &cluster, clock).await;
        for said in said {
            if reports.send(Report { source: source.clone(), said }).await.is_err() {
                return;
            }
        }
        if poll.lives.is_empty() {
            let _ = reports.send(Report { source, said: Said::Ended }).await;
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = reports.closed() => return,
        }
    }
}

struct Poll {
    /// Each with what was last told of it.
    lives: Vec<(Live, Option<SeriesOutcome>)>,
    loaded: bool,
    pause: Duration,
}

impl Poll {
    /// Asks for all once: what there is to say, and how long to wait.
    async fn round(
        &mut self,
        prometheus: &Prometheus,
        cluster: &Cluster,
        clock: fn() -> Timestamp,
    ) -> (Vec<Said>, Duration) {
        let queries: Vec<Query> = self.lives.iter().map(|(live, _)| live.at(clock())).collect();
        let asked: Vec<_> = queries.iter().map(|query| prometheus.range(Some(cluster), query)).collect();
        let answers: Vec<Answer> = futures::stream::iter(asked).buffered(AT_ONCE).collect().await;
        let at = clock();
        let blind = match answers.iter().all(|answer| answer.failure.is_some()) {
            true => answers.iter().find_map(|answer| answer.failure.clone()),
            false => None,
        };
        let mut said = Vec::new();
        for ((query, answer), (_, told)) in queries.iter().zip(answers).zip(&mut self.lives) {
            // While Prometheus cannot be asked at all, the last points stay and the source says that they are old.
            if blind.is_some() && told.is_some() {
                continue;
            }
            let series: Series = answer.into_series(query, at);
            *told = Some(series.outcome.clone());
            said.push(Said::Observed(Observation::Series(series)));
        }
        let wait = match blind {
            Some(failure) => self.fail(failure, &mut said),
            None => self.succeed(&queries, &mut said),
        };
        (said, wait)
    }

    fn fail(&mut self, mut failure: Failure, said: &mut Vec<Said>) -> Duration {
        let wait = self.pause;
        self.pause = (self.pause * 2).min(LAST_PAUSE);
        failure.retry_in = SignedDuration::try_from(wait).ok();
        said.push(Said::Failing(failure));
        wait
    }

    fn succeed(&mut self, queries: &[Query], said: &mut Vec<Said>) -> Duration {
        self.pause = SHORTEST;
        said.push(if self.loaded { Said::Alive } else { Said::Loaded });
        self.loaded = true;
        let step = queries.iter().map(|query| query.step).min().unwrap_or_default();
        let has_answer = |told: &Option<SeriesOutcome>| !matches!(told, None | Some(SeriesOutcome::Failed(_)));
        self.lives.retain(|(live, told)| live.until.is_none() || !has_answer(told));
        Duration::try_from(step).unwrap_or(SHORTEST).clamp(SHORTEST, LONGEST)
    }
}
