//! The audit journal: who did what, why, on which object, and what became of it. Append-only JSON lines.
//!
//! Each record carries the hash of the one before, and a head file beside the journal says how many there are, so that
//! an edit, a cut in the middle and a cut at the end show. Against somebody who rewrites both files there is no defence
//! without a secret or a second machine.

mod head;
mod record;
mod redact;
mod verify;

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use head::{Head, Tail};
pub use record::{Entry, Kind, Record, Target, Who};
pub use verify::{Verified, read, verify};

/// The journal's file in its directory.
pub const FILE: &str = "audit.jsonl";
const HEAD: &str = "audit.head";
const LOCK: &str = "audit.lock";

/// Another copy holds the lock for one fsync; after this long it hangs.
const LOCK_TRIES: u32 = 1_000;
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// A journal in a directory, written to by one person in one process. Others may write to it at the same time.
#[derive(Clone, Debug)]
pub struct Journal {
    directory: PathBuf,
    who: Who,
}

/// Why nothing could be recorded, in one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct JournalError(String);

impl JournalError {
    pub(super) fn new(reason: String) -> Self {
        JournalError(reason)
    }
}

impl Journal {
    /// A journal in that directory, which is made (0700) with the first record.
    pub fn new(directory: impl Into<PathBuf>, who: Who) -> Journal {
        Journal { directory: directory.into(), who }
    }

    /// Who writes.
    pub fn who(&self) -> &Who {
        &self.who
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Writes one record and returns its number. When this returns Ok, it is on the disk.
    pub fn append(&self, entry: Entry, time: Timestamp) -> Result<u64, JournalError> {
        let failed = |what: &str| {
            let path = self.directory.join(FILE);
            let what = what.to_owned();
            move |error: io::Error| JournalError(format!("{what} {}: {error}", path.display()))
        };
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory).map_err(failed("no directory for"))?;
        let lock = open_private(&self.directory.join(LOCK)).map_err(failed("cannot lock"))?;
        lock_in_time(&lock).map_err(failed("cannot lock"))?;
        let mut file = open_private(&self.directory.join(FILE)).map_err(failed("cannot write"))?;
        let tail = Tail::of(&mut file, Head::read(&self.directory)).map_err(failed("cannot read"))?;

        let record = Record {
            seq: tail.records.saturating_add(1),
            time,
            who: self.who.clone(),
            entry: redact::entry(entry),
            torn: tail.torn.clone(),
            fault: tail.fault.clone(),
            previous: tail.sha256.clone(),
        };
        let line = serde_json::to_string(&record).map_err(|error| JournalError(format!("no record: {error}")))?;
        self.write(&mut file, &tail, &line).map_err(failed("cannot write"))?;
        let head = Head::after(&tail, record.seq, &line);
        head.write(&self.directory).map_err(failed("cannot write the head of"))?;
        Ok(record.seq)
    }

    fn write(&self, file: &mut File, tail: &Tail, line: &str) -> io::Result<()> {
        // A line that a crash left unfinished is kept: the record starts on a line of its own.
        let start = if tail.unfinished { "\n" } else { "" };
        file.write_all(format!("{start}{line}\n").as_bytes())?;
        file.sync_all()?;
        if tail.length == 0 {
            // The file's name has to survive a power cut as well.
            File::open(&self.directory)?.sync_all()?;
        }
        Ok(())
    }
}

/// Opens for reading and appending; readable by nobody else, also if somebody loosened it.
fn open_private(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() && metadata.permissions().mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// Waits for the lock, which goes with the file; an error when another copy holds it for longer than a write can take.
fn lock_in_time(lock: &File) -> io::Result<()> {
    for _ in 0..LOCK_TRIES {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::TimedOut, "another copy holds it"))
}
