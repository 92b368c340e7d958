//! Reads the journal again: whether it is whole, and its records for the audit pane.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use serde::Serialize;

use super::head::Head;
use super::record::{Link, Record, is_torn, nothing, sha256};
use crate::release::text::counted;

/// The audit pane reads no more than this from the end.
const LONGEST_READ: u64 = 16 << 20;

/// What the chain says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verified {
    /// Every record is where it was written.
    Whole {
        records: u64,
        /// Unfinished lines that a crash or a full disk left; none of them was ever acknowledged.
        torn: usize,
    },
    /// There never was one.
    Missing,
    /// Somebody or something changed it.
    Broken {
        /// From 1.
        line: u64,
        why: String,
    },
}

/// Finds an edit, a cut in the middle and a cut at the end of the journal in that directory.
pub fn verify(directory: &Path) -> io::Result<Verified> {
    // Under the lock, or a record being written would look like a cut. A copy on a read-only disk has no writers.
    let lock = File::open(directory.join(super::LOCK));
    let _held = lock.as_ref().map(File::lock_shared);
    let head = Head::read(directory);
    let file = match File::open(directory.join(super::FILE)) {
        Ok(file) => Some(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if file.is_none() && head.is_none() {
        // The first record brings the lock, and nobody takes that away again.
        let why = "the journal and its head file are gone: something was recorded here, the lock is left".to_owned();
        return Ok(if lock.is_ok() { Verified::Broken { line: 1, why } } else { Verified::Missing });
    }
    let mut chain = Chain { previous: nothing(), head, ..Chain::default() };
    if let Some(file) = file {
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 {
            if let Err(why) = chain.follow(&line) {
                return Ok(Verified::Broken { line: chain.line, why });
            }
            line.clear();
        }
    }
    Ok(chain.end())
}

/// The records, newest first, as far back as a pane may show. What is no record is left out; [`verify`] speaks of it.
pub fn read(directory: &Path) -> io::Result<Vec<Record>> {
    let mut file = match File::open(directory.join(super::FILE)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LONGEST_READ)))?;
    let mut bytes = Vec::new();
    file.take(LONGEST_READ).read_to_end(&mut bytes)?;
    Ok(bytes.split(|byte| *byte == b'\n').rev().filter_map(|line| serde_json::from_slice(line).ok()).collect())
}

#[derive(Default)]
struct Chain {
    line: u64,
    records: u64,
    previous: String,
    /// Hashes of lines that are no records, for the next record to own up to.
    torn: Vec<String>,
    all_torn: usize,
    /// Whether the last of them has a line end.
    is_closed: bool,
    /// The first of them that no writer of ours has left so.
    stray: Option<u64>,
    head: Option<Head>,
}

impl Chain {
    fn follow(&mut self, line: &[u8]) -> Result<(), String> {
        self.line += 1;
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let link = match Link::of(text) {
            // One that lacks but its line end is a record all the same: the next writer closes it.
            Some(link) => link,
            None => {
                self.torn.push(sha256(text));
                self.all_torn += 1;
                self.stray = self.stray.or((!is_torn(line)).then_some(self.line));
                self.is_closed = line.ends_with(b"\n");
                return Ok(());
            }
        };
        if link.torn != self.torn {
            return Err("the line before is no record, or is gone: it was edited".to_owned());
        }
        if link.previous != self.previous {
            return Err("it does not follow the record before: that was edited, or records between were cut".to_owned());
        }
        if link.seq != self.records + 1 {
            return Err(format!("record {} follows record {}: records are missing", link.seq, self.records));
        }
        if let Some(fault) = link.fault {
            return Err(format!("when this was written, {fault}"));
        }
        self.torn.clear();
        self.stray = None;
        self.records = link.seq;
        self.previous = sha256(text);
        match &self.head {
            Some(head) if head.records == self.records && head.sha256 != self.previous => {
                Err("it is not what was written: the last record was edited".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// More records than the head knows are what a crash or a full disk leaves; fewer are a cut.
    fn end(self) -> Verified {
        // A crash leaves a last line without its end. One that has an end, and no record after it that owns up to it, is
        // somebody else's.
        let last = (self.is_closed && !self.torn.is_empty()).then_some(self.line);
        if let Some(line) = self.stray.or(last) {
            let why = "it is no record and no unfinished one: it was edited, or written by something else".to_owned();
            return Verified::Broken { line, why };
        }
        let known = self.head.map(|head| head.records);
        let why = match known {
            Some(known) if known > self.records => {
                let left = if self.records == 1 { "is" } else { "are" };
                format!("cut at the end: {} of {} {left} left", self.records, counted(known, "record", "records"))
            }
            None if self.records > 1 => "the head file is missing: a cut at the end would not show".to_owned(),
            _ => return Verified::Whole { records: self.records, torn: self.all_torn },
        };
        Verified::Broken { line: self.line + 1, why }
    }
}
