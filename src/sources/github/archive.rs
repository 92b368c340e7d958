//! Reads a JSON file out of an artifact without leaving memory: the names in an archive are only ever compared.

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

/// What every zip archive begins with, an empty one too, and what stands before each file in its directory.
const ZIP: &[u8] = b"PK";
const ENTRY: &[u8] = b"PK\x01\x02";

/// The first JSON file that `read` takes, those that fit `glob` first. None: there is no JSON in it, it is something else.
/// The error is the reason why it cannot be used.
pub fn read_json<T>(
    archive: &[u8],
    glob: &str,
    mut read: impl FnMut(&[u8]) -> Result<T, String>,
) -> Result<Option<T>, String> {
    if !archive.starts_with(ZIP) {
        return read_plain(archive, read).map(Some);
    }
    // Before the archive is opened: that takes memory for each file that it lists.
    if archive.windows(ENTRY.len()).filter(|bytes| *bytes == ENTRY).take(MOST_FILES + 1).count() > MOST_FILES {
        return Err(format!("is a zip archive of more than {MOST_FILES} files"));
    }
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(|_| "is no zip archive".to_owned())?;
    let mut left = LARGEST_SUM;
    let mut reason = None;
    for index in candidates(&archive, glob) {
        // A file that cannot be unpacked says nothing about the one beside it.
        match inflate(&mut archive, index, &mut left).and_then(|content| read(&content)) {
            Ok(found) => return Ok(Some(found)),
            Err(why) => {
                reason.get_or_insert(why);
            }
        }
    }
    reason.map_or(Ok(None), Err)
}

/// An artifact of one file that was uploaded as it is (`archive: false`).
fn read_plain<T>(file: &[u8], mut read: impl FnMut(&[u8]) -> Result<T, String>) -> Result<T, String> {
    let is_json = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file).trim_ascii_start().starts_with(b"{");
    match file.len() as u64 {
        _ if !is_json => Err("is neither a zip archive nor a JSON file".to_owned()),
        size if size > LARGEST_FILE => Err(format!("is larger than {} MiB", LARGEST_FILE >> 20)),
        _ => read(file),
    }
}

/// The places of JSON files, best first.
fn candidates(archive: &ZipArchive<Cursor<&[u8]>>, glob: &str) -> Vec<usize> {
    let mut found: Vec<(bool, usize)> = (0..archive.len())
        .filter_map(|index| {
            let name = archive.name_for_index(index)?.ok()?;
            let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
            last.to_ascii_lowercase().ends_with(".json").then(|| (!matches_glob(glob, last), index))
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
        packed(files, SimpleFileOptions::default())
    }

    fn packed(files: &[(&str, &[u8])], options: SimpleFileOptions) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            writer.start_file(*name, options).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    /// With that byte so far behind the beginning of every header of its kind: the first file's, the directory's.
    fn patched(mut archive: Vec<u8>, places: [usize; 2], byte: u8) -> Vec<u8> {
        for (sign, place) in [&b"PK\x03\x04"[..], ENTRY].into_iter().zip(places) {
            let at = archive.windows(4).position(|bytes| bytes == sign).unwrap();
            archive[at + place] = byte;
        }
        archive
    }

    fn text(archive: &[u8]) -> Result<String, String> {
        let found = read_json(archive, "*plan*", |bytes| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            if text.starts_with('{') { Ok(text) } else { Err("is no object".to_owned()) }
        });
        found.and_then(|found| found.ok_or_else(|| "nothing".to_owned()))
    }

    #[test]
    fn the_fitting_name_comes_first_and_paths_mean_nothing() {
        let both = archive(&[("a.json", b"{1"), ("../../etc/plan.json", b"{2"), ("plan.txt", b"{3")]);
        assert_eq!(text(&both).unwrap(), "{2");
        assert_eq!(text(&archive(&[("plan.json", b"x"), ("b/a.json", b"{1")])).unwrap(), "{1");
        assert_eq!(text(&archive(&[("plan.json", b"x")])).unwrap_err(), "is no object");
        assert_eq!(text(&archive(&[("plan.txt", b"{")])).unwrap_err(), "nothing");
        assert_eq!(text(&archive(&[])).unwrap_err(), "nothing");
        assert!(text(b"PK\x03\x04 what").unwrap_err().contains("no zip archive"));
    }

    #[test]
    fn a_file_that_was_uploaded_as_it_is_is_read_as_it_is() {
        assert_eq!(text(b"{1").unwrap(), "{1");
        assert_eq!(text(b"").unwrap_err(), "is neither a zip archive nor a JSON file");
        assert!(text(b"<html>").unwrap_err().contains("neither"));
        let large = [&b"{"[..], &vec![b' '; 24 << 20]].concat();
        assert!(text(&large).unwrap_err().contains("larger than 24 MiB"));
        let marked = read_json(b"\xef\xbb\xbf {}", "*", |bytes| crate::release::json::Json::parse(bytes).map(|_| ()));
        assert_eq!(marked, Ok(Some(())));
    }

    #[test]
    fn however_it_is_packed_it_is_read_or_said_why_not() {
        let files: &[(&str, &[u8])] = &[("plan.json", b"{1"), ("PLAN.JSON", b"{2")];
        let options = SimpleFileOptions::default();
        for method in [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated] {
            assert_eq!(text(&packed(files, options.compression_method(method))).unwrap(), "{1");
        }
        assert_eq!(text(&packed(files, options.large_file(true))).unwrap(), "{1", "zip64");
        assert_eq!(text(&archive(&files[1..])).unwrap(), "{2");
        for name in ["/etc/plan.json", "C:\\x\\plan.json", "a/../../plan.json", "./plan.json"] {
            assert_eq!(text(&archive(&[(name, b"{1")])).unwrap(), "{1", "{name}");
        }
        let encrypted = patched(archive(&files[..1]), [6, 8], 1);
        assert!(text(&encrypted).unwrap_err().contains("cannot be read: "), "{:?}", text(&encrypted));
        let unknown = patched(archive(&files[..1]), [8, 10], 99);
        assert!(text(&unknown).unwrap_err().contains("cannot be read: "), "{:?}", text(&unknown));
        let other = patched(archive(files), [8, 10], 99);
        assert_eq!(text(&other).unwrap(), "{2", "the one beside it can be read");
        let mut twice = archive(&[("plan.json", b"{1"), ("plam.json", b"{2")]);
        while let Some(at) = twice.windows(4).position(|bytes| bytes == b"plam") {
            twice[at + 3] = b'n';
        }
        assert_eq!(text(&twice).unwrap(), "{2", "the last of a name counts, as for every tool that unpacks it");
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
