//! Answers with their ETags: asked again with one of them, GitHub says 304, which costs nothing of the budget.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;

/// Answers kept, and their bytes together.
const MOST: usize = 500;
const MOST_BYTES: usize = 24 << 20;

/// An answer that may be good for longer.
#[derive(Clone, Debug)]
pub struct Kept {
    pub etag: String,
    pub body: Bytes,
    /// The next page, which a 304 does not repeat.
    pub next: Option<String>,
}

/// The answers of one client, oldest out first. They belong to its token: another token starts with none.
#[derive(Debug, Default)]
pub struct Cache {
    kept: HashMap<String, Kept>,
    order: VecDeque<String>,
    bytes: usize,
}

impl Cache {
    /// What was answered there last.
    pub fn get(&self, uri: &str) -> Option<Kept> {
        self.kept.get(uri).cloned()
    }

    /// Keeps an answer instead of the last one.
    pub fn put(&mut self, uri: &str, kept: Kept) {
        self.bytes += kept.body.len();
        match self.kept.insert(uri.to_owned(), kept) {
            Some(old) => self.bytes = self.bytes.saturating_sub(old.body.len()),
            None => self.order.push_back(uri.to_owned()),
        }
        while self.order.len() > MOST || self.bytes > MOST_BYTES {
            let Some(oldest) = self.order.pop_front() else { break };
            let gone = self.kept.remove(&oldest).map_or(0, |kept| kept.body.len());
            self.bytes = self.bytes.saturating_sub(gone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_holds_more_than_it_should() {
        let mut cache = Cache::default();
        for number in 0..2000 {
            let body = Bytes::from(vec![0; 100_000]);
            cache.put(&format!("/{}", number % 700), Kept { etag: "x".to_owned(), body, next: None });
            assert!(cache.bytes <= MOST_BYTES && cache.order.len() == cache.kept.len());
        }
        assert!(cache.get("/699").is_some() || cache.get("/599").is_some());
    }
}
