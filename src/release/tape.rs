//! Choices for a test that writes hostile files itself: a list of bytes, which shrinks to the simplest file that fails.

/// Choices, one after the other; where they end, the first of everything.
pub struct Tape {
    choices: Vec<u8>,
    at: usize,
}

impl Tape {
    pub fn new(choices: Vec<u8>) -> Tape {
        Tape { choices, at: 0 }
    }

    pub fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.number(from.len())]
    }

    pub fn number(&mut self, below: usize) -> usize {
        let choice = self.choices.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        usize::from(choice) % below
    }

    /// One time in so many.
    pub fn rarely(&mut self, times: usize) -> bool {
        self.number(times) == times - 1
    }
}
