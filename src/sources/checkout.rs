//! A flags file on this machine, looked at every few seconds: flags also where nobody can ask GitHub.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;

use crate::release::flag;
use crate::release::observation::{Failure, FailureKind, Observation, Report, Said, SourceId};
use crate::release::repository::{BranchFile, CHECKOUT, Finding, FlagsFile, Topic};
use crate::release::text::visible;

/// The kind in [`SourceId`]s of this source.
pub const NAME: &str = "checkout";

/// Between two looks, and how many of them find nothing new before that is worth a word.
const EVERY: Duration = Duration::from_secs(3);
const QUIET_LOOKS: u32 = 5;
/// Largest flags file.
const LARGEST: u64 = 4 << 20;

/// A flags file on this machine.
#[derive(Clone, Debug)]
pub struct Checkout {
    pub file: PathBuf,
    /// `owner/name`; empty where none is configured.
    pub repository: Arc<str>,
    /// Guardrails that are met, although no flag of the file says so.
    pub met: Vec<String>,
}

/// A task that runs until nobody listens to its reports any more.
pub fn open(checkout: Checkout, reports: mpsc::Sender<Report>) -> impl Future<Output = ()> + Send {
    let source = source(&checkout);
    async move {
        let mut last: Option<Result<FlagsFile, Failure>> = None;
        let mut quiet = 0;
        loop {
            let read = look(&checkout).await;
            let is_new = last.as_ref() != Some(&read);
            quiet = if is_new { 0 } else { (quiet + 1) % QUIET_LOOKS };
            for said in words(&read, is_new, quiet == 0) {
                if reports.send(Report { source: source.clone(), said }).await.is_err() {
                    return;
                }
            }
            last = Some(read);
            tokio::select! {
                () = reports.closed() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }
}

/// The file as it stands now, in reports.
pub async fn once(checkout: &Checkout) -> Vec<Report> {
    let words = words(&look(checkout).await, true, true);
    words.into_iter().map(|said| Report { source: source(checkout), said }).collect()
}

fn source(checkout: &Checkout) -> SourceId {
    SourceId { context: checkout.repository.clone(), kind: NAME.into() }
}

/// The file as it stands now.
async fn look(checkout: &Checkout) -> Result<FlagsFile, Failure> {
    let path = visible(&checkout.file.display().to_string());
    let failed = |why: String| Failure {
        kind: FailureKind::Failed,
        message: format!("the flags file {path} {why}"),
        retry_in: None,
    };
    let mut bytes = Vec::new();
    let opened =
        tokio::fs::File::open(&checkout.file).await.map_err(|error| failed(format!("cannot be read: {error}")))?;
    let read = opened.take(LARGEST + 1).read_to_end(&mut bytes).await;
    read.map_err(|error| failed(format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > LARGEST {
        return Err(failed(format!("is larger than {} MiB", LARGEST >> 20)));
    }
    let text: Arc<str> = String::from_utf8(bytes).map_err(|_| failed("is not UTF-8".to_owned()))?.into();
    let flags = flag::read(&text).map(|flags| flags.with_met(&checkout.met));
    let (branch, sha) = (CHECKOUT.to_owned(), String::new());
    Ok(FlagsFile { file: BranchFile { path, branch, sha, text, head: None, is_protected: None }, flags })
}

fn words(read: &Result<FlagsFile, Failure>, is_new: bool, is_due: bool) -> Vec<Said> {
    let told = |finding| Said::Partial(Observation::Repository(finding));
    let mut words = Vec::new();
    match read {
        Ok(flags) if is_new => words.push(told(Finding::Flags(Some(Box::new(flags.clone()))))),
        Err(failure) if is_new => {
            words.extend([told(Finding::Blind(Topic::Flags, failure.clone())), Said::Failing(failure.clone())]);
        }
        _ => {}
    }
    if read.is_ok() && is_due {
        words.extend([told(Finding::Seen(Topic::Flags)), Said::Loaded]);
    }
    if read.is_ok() {
        let rest = SignedDuration::try_from(EVERY).unwrap_or(SignedDuration::ZERO);
        words.push(Said::Resting(rest));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::flag::FlagState;
    use crate::release::model::Model;

    struct Watched {
        model: Model,
        reports: mpsc::Receiver<Report>,
    }

    impl Watched {
        async fn until(&mut self, is_it: impl Fn(&Model) -> bool) {
            while !is_it(&self.model) {
                let report = self.reports.recv().await.unwrap();
                self.model.observe(report, jiff::Timestamp::UNIX_EPOCH);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_edit_and_a_missing_file_are_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("flags.yaml");
        let (sender, reports) = mpsc::channel(10);
        let checkout = Checkout { file: file.clone(), repository: "".into(), met: Vec::new() };
        tokio::spawn(open(checkout, sender));
        let mut watched = Watched { model: Model::default(), reports };
        let sight = |model: &Model| {
            model.repository_of(Topic::Flags).map(|(_, shop)| shop.sight(Topic::Flags)).unwrap_or_default()
        };
        watched.until(|model| sight(model).failing.is_some()).await;
        let (_, failure) = sight(&watched.model).failing.unwrap();
        assert!(failure.message.contains("flags.yaml cannot be read"), "{}", failure.message);
        for (text, state) in [("true", FlagState::On), ("false", FlagState::Off)] {
            std::fs::write(&file, format!("features: {{ a: {{ default: {text} }} }}")).unwrap();
            watched
                .until(|model| {
                    let flags = model.repository_of(Topic::Flags).and_then(|(_, shop)| shop.flags.as_ref());
                    let flag = flags.and_then(|file| file.flags.as_ref().ok()?.get("a"));
                    flag.is_some_and(|flag| flag.state("prod") == state)
                })
                .await;
        }
        watched.until(|model| sight(model).failing.is_none()).await;
        assert_eq!(watched.model.repository_of(Topic::Flags).unwrap().1.flags.as_ref().unwrap().file.branch, CHECKOUT);
    }
}
