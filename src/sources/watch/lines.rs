//! A body line by line, whatever pieces it comes in.

use bytes::BytesMut;
use http_body_util::BodyExt;
use kube::client::Body;

use crate::release::observation::Failure;
use crate::sources::api;

/// Longest line that is taken into memory.
const LONGEST_LINE: usize = 64 << 20;

/// The lines of a body, each of bounded length.
pub struct Lines {
    body: Body,
    buffer: BytesMut,
    searched: usize,
}

impl Lines {
    /// Of a whole body.
    pub fn new(body: Body) -> Self {
        Lines { body, buffer: BytesMut::new(), searched: 0 }
    }

    /// The next line that is not empty; None at the end.
    pub async fn next(&mut self) -> Result<Option<BytesMut>, Failure> {
        loop {
            if let Some(end) = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.split_to(self.searched + end + 1);
                self.searched = 0;
                if line.iter().all(u8::is_ascii_whitespace) {
                    continue;
                }
                return Ok(Some(line));
            }
            self.searched = self.buffer.len();
            if self.buffer.len() > LONGEST_LINE {
                return Err(api::unreachable("a line of the watch is longer than 64 MiB"));
            }
            match self.body.frame().await {
                None => return Ok(None),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
                Some(Err(error)) => {
                    return Err(api::unreachable(format!("the watch broke off: {}", api::chain(&error))));
                }
            }
        }
    }
}
