//! Where the journal ends: by the head file beside it, and by what is really there.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::record::{Link, is_torn, nothing, sha256};
use crate::release::text::counted;

/// The last record, as the one who wrote it left it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Head {
    pub records: u64,
    pub sha256: String,
    /// Where its line starts and ends in the file, line end included.
    pub start: u64,
    pub end: u64,
}

/// What a new record has to follow.
#[derive(Debug, Default)]
pub(super) struct Tail {
    pub records: u64,
    pub sha256: String,
    /// Hashes of lines after the last record that are no records.
    pub torn: Vec<String>,
    /// The file does not end with a line end.
    pub unfinished: bool,
    pub length: u64,
    /// What is wrong, when head and journal do not fit together.
    pub fault: Option<String>,
}

impl Head {
    /// None when there is none, or none that can be read.
    pub fn read(directory: &Path) -> Option<Head> {
        serde_json::from_slice(&std::fs::read(directory.join(super::HEAD)).ok()?).ok()
    }

    /// The head after a line was appended to that tail.
    pub fn after(tail: &Tail, records: u64, line: &str) -> Head {
        let start = tail.length + u64::from(tail.unfinished);
        Head { records, sha256: sha256(line.as_bytes()), start, end: start + line.len() as u64 + 1 }
    }

    /// Replaces the head file as a whole: it is never seen half written.
    pub fn write(&self, directory: &Path) -> io::Result<()> {
        let new = directory.join("audit.head.new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(serde_json::to_string(self)?.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, directory.join(super::HEAD))
    }
}

impl Tail {
    /// Reads the last record and what a crash may have left after it; all of the file only where the head does not fit.
    pub fn of(file: &mut File, head: Option<Head>) -> io::Result<Tail> {
        let length = file.metadata()?.len();
        let start = Tail { sha256: nothing(), length, ..Tail::default() };
        let Some(head) = head else {
            let tail = start.scan(file, 0)?;
            // One record without a head is what a crash between the two leaves.
            let fault = (tail.records > 1).then(|| "the head file was missing".to_owned());
            return Ok(Tail { fault: fault.or(tail.fault), ..tail });
        };
        if head.fits(file, length)? {
            return Tail { records: head.records, sha256: head.sha256, ..start }.scan(file, head.end);
        }
        let tail = start.scan(file, 0)?;
        let fault = format!(
            "the journal did not fit its head file: {} instead of {}",
            counted(tail.records, "record", "records"),
            head.records
        );
        // No number is given twice, so that what is missing stays missing.
        Ok(Tail { records: tail.records.max(head.records), fault: Some(fault), ..tail })
    }

    /// Follows the lines from `offset` on.
    fn scan(mut self, file: &mut File, offset: u64) -> io::Result<Tail> {
        file.seek(SeekFrom::Start(offset))?;
        let mut reader = BufReader::new(file.take(self.length.saturating_sub(offset)));
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 {
            self.unfinished = line.last() != Some(&b'\n');
            let text = line.strip_suffix(b"\n").unwrap_or(&line);
            match Link::of(text) {
                // A record that lacks but its line end is one all the same: the next writer closes it.
                Some(link) => {
                    self.records = link.seq;
                    self.sha256 = sha256(text);
                    self.torn.clear();
                    self.fault = None;
                }
                None => {
                    self.torn.push(sha256(text));
                    if !is_torn(&line) {
                        // Or the next record would own up to it as if a crash had left it.
                        self.fault = Some("a line before it was no record and no unfinished one".to_owned());
                    }
                }
            }
            line.clear();
        }
        Ok(self)
    }
}

impl Head {
    /// Whether the record it speaks of stands where it says.
    fn fits(&self, file: &mut File, length: u64) -> io::Result<bool> {
        let Some(size) = self.end.checked_sub(self.start).and_then(|size| size.checked_sub(1)) else {
            return Ok(false);
        };
        if self.end > length {
            return Ok(false);
        }
        file.seek(SeekFrom::Start(self.start))?;
        let mut line = Vec::new();
        file.take(size).read_to_end(&mut line)?;
        Ok(sha256(&line) == self.sha256)
    }
}
