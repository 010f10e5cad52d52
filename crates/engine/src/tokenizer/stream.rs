//! Joins the bytes of tokens into text as they come.
//!
//! Invariant: each text given out is whole characters; bytes of an unfinished one wait for the next token.

/// The text of one output so far, in parts.
pub(crate) struct TextStream {
    waiting: Vec<u8>,
    /// SentencePiece writes a space before the first word, which is not part of the text.
    drop_space: bool,
}

impl TextStream {
    pub(crate) fn new(drop_space: bool) -> Self {
        Self { waiting: Vec::new(), drop_space }
    }

    /// Whether bytes of an unfinished character wait.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The text that these bytes complete. Bytes that can never become a character are replaced.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> String {
        let mut bytes = bytes;
        if self.drop_space && !bytes.is_empty() {
            self.drop_space = false;
            bytes = bytes.strip_prefix(b" ").unwrap_or(bytes);
        }
        self.waiting.extend_from_slice(bytes);
        let mut text = String::new();
        loop {
            match std::str::from_utf8(&self.waiting) {
                Ok(whole) => {
                    text.push_str(whole);
                    self.waiting.clear();
                    return text;
                }
                Err(e) => {
                    let valid = e.valid_up_to();
                    text.push_str(&String::from_utf8_lossy(self.waiting.get(..valid).unwrap_or_default()));
                    let Some(broken) = e.error_len() else {
                        self.waiting.drain(..valid);
                        return text;
                    };
                    text.push(char::REPLACEMENT_CHARACTER);
                    self.waiting.drain(..valid + broken);
                }
            }
        }
    }
}
