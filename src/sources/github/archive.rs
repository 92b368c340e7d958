//! Reads a JSON file out of a zip archive without leaving memory: the names in it are only ever compared.

use std::fmt::Display;
use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::release::drift::matches_glob;
use crate::release::text::visible_up_to;

/// Files in an archive, bytes of one of them, and of all that are read.
const MOST_FILES: usize = 1000;
const LARGEST_FILE: u64 = 24 << 20;
const LARGEST_SUM: u64 = 48 << 20;
/// Files that are tried before nobody believes any more that the right one is among them.
const MOST_TRIED: usize = 8;
/// Above a size of no interest to a bomber, JSON that shrinks more than this is a bomb.
const HIGHEST_RATIO: u64 = 200;
const SMALL: u64 = 1 << 20;

/// The first JSON file that `read` takes, those that fit `glob` first. The error is the reason why there is none.
pub fn read_json<T>(archive: &[u8], glob: &str, mut read: impl FnMut(&[u8]) -> Result<T, String>) -> Result<T, String> {
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(|_| "is no zip archive".to_owned())?;
    if archive.len() > MOST_FILES {
        return Err(format!("is a zip archive of more than {MOST_FILES} files"));
    }
    let mut left = LARGEST_SUM;
    let mut reason = None;
    for index in candidates(&archive, glob) {
        // A file that cannot be unpacked says nothing about the one beside it.
        match inflate(&mut archive, index, &mut left).and_then(|content| read(&content)) {
            Ok(found) => return Ok(found),
            Err(why) => {
                reason.get_or_insert(why);
            }
        }
    }
    Err(reason.unwrap_or_else(|| "is a zip archive without a JSON file".to_owned()))
}

/// The places of JSON files, best first.
fn candidates(archive: &ZipArchive<Cursor<&[u8]>>, glob: &str) -> Vec<usize> {
    let mut found: Vec<(bool, usize)> = (0..archive.len())
        .filter_map(|index| {
            let name = archive.name_for_index(index)?.ok()?;
            let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
            last.ends_with(".json").then(|| (!matches_glob(glob, last), index))
        })
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, index)| index).take(MOST_TRIED).collect()
}

/// One file. What the archive says of its size is checked first, and not believed afterwards.
fn inflate(archive: &mut ZipArchive<Cursor<&[u8]>>, index: usize, left: &mut u64) -> Result<Vec<u8>, String> {
    let unreadable = |error: &dyn Display| {
        format!("is a zip archive that cannot be read: {}", visible_up_to(&error.to_string(), 200))
    };
    let file = archive.by_index(index).map_err(|error| unreadable(&error))?;
    let most = LARGEST_FILE.min(*left);
    let (size, packed) = (file.size(), file.compressed_size());
    if size > most {
        return Err(format!("unpacks to more than {} MiB", most >> 20));
    }
    let is_bomb = |size: u64| size > SMALL && size / packed.max(1) > HIGHEST_RATIO;
    if is_bomb(size) {
        return Err("is a zip bomb: it unpacks to more than 200 times its size".to_owned());
    }
    let mut content = Vec::new();
    let outcome = file.take(most + 1).read_to_end(&mut content);
    *left = left.saturating_sub(content.len() as u64);
    outcome.map_err(|error| unreadable(&error))?;
    if content.len() as u64 > most || is_bomb(content.len() as u64) {
        return Err("unpacks to more than it says".to_owned());
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn text(archive: &[u8]) -> Result<String, String> {
        read_json(archive, "*plan*", |bytes| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            if text.starts_with('{') { Ok(text) } else { Err("is no object".to_owned()) }
        })
    }

    #[test]
    fn the_fitting_name_comes_first_and_paths_mean_nothing() {
        let both = archive(&[("a.json", b"{1"), ("../../etc/plan.json", b"{2"), ("plan.txt", b"{3")]);
        assert_eq!(text(&both).unwrap(), "{2");
        assert_eq!(text(&archive(&[("plan.json", b"x"), ("b/a.json", b"{1")])).unwrap(), "{1");
        assert_eq!(text(&archive(&[("plan.json", b"x")])).unwrap_err(), "is no object");
        assert!(text(&archive(&[("plan.txt", b"{")])).unwrap_err().contains("without a JSON file"));
        assert!(text(b"PK\x03\x04 what").unwrap_err().contains("no zip archive"));
    }

    #[test]
    fn a_bomb_fails_at_once() {
        let zeros = vec![b' '; 8 << 20];
        assert!(text(&archive(&[("plan.json", &zeros)])).unwrap_err().contains("zip bomb"));
        let larger = vec![b' '; 25 << 20];
        assert!(text(&archive(&[("plan.json", &larger)])).unwrap_err().contains("more than 24 MiB"));
        let many: Vec<String> = (0..1001).map(|number| format!("{number}.json")).collect();
        let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
        assert!(text(&archive(&many)).unwrap_err().contains("more than 1000 files"));
    }

    #[test]
    fn a_file_that_cannot_be_unpacked_costs_itself() {
        let larger = vec![b' '; 25 << 20];
        assert_eq!(text(&archive(&[("plan.json", &larger), ("other.json", b"{1")])).unwrap(), "{1");
        let mut damaged = archive(&[("plan.json", b"{broken on the way}"), ("other.json", b"{1")]);
        let content = damaged.windows(6).position(|bytes| bytes == b"broken");
        // Stored or deflated, the checksum no longer fits.
        let at = content.unwrap_or(40);
        damaged[at] ^= 0xff;
        assert_eq!(text(&damaged).unwrap(), "{1");
    }

    #[test]
    fn a_bomb_that_lies_about_its_size_is_stopped_too() {
        let mut lying = archive(&[("plan.json", &vec![b' '; 8 << 20])]);
        let honest = (8u32 << 20).to_le_bytes();
        let places: Vec<usize> = (0..lying.len() - 4).filter(|at| lying[*at..*at + 4] == honest).collect();
        for at in places {
            lying[at..at + 4].copy_from_slice(&100u32.to_le_bytes());
        }
        assert!(text(&lying).is_err());
    }

    proptest! {
        #[test]
        fn no_archive_panics(cut in 0usize..300, flips in proptest::collection::vec((0usize..300, any::<u8>()), 0..4)) {
            let mut bytes = archive(&[("plan.json", b"{\"a\": 1}"), ("x.json", b"{}")]);
            for (at, byte) in flips {
                let at = at % bytes.len();
                bytes[at] = byte;
            }
            bytes.truncate(bytes.len().saturating_sub(cut % 40));
            let _ = text(&bytes);
        }
    }
}
