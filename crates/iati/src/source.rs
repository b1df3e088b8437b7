//! Bytes in, UTF-8 out: what the XML parser reads from. Counts lines and caps each piece.

use std::io::{self, BufRead, Read};

use encoding_rs::{CoderResult, Decoder};
use formats::Finding;

use crate::encoding::{self, HEAD};
use crate::limits::MAX_PIECE;

const RAW: usize = 32 * 1024;
const DECODED: usize = 64 * 1024;

/// A decoding reader. Holds two fixed buffers whatever the input does.
pub(crate) struct Source<R> {
    input: R,
    raw: Box<[u8]>,
    raw_at: usize,
    raw_end: usize,
    input_ended: bool,
    decoder: Option<Decoder>,
    decoded: Box<[u8]>,
    at: usize,
    end: usize,
    finished: bool,
    after_cr: bool,
    piece_left: usize,
    /// Bytes taken from the input.
    pub bytes: u64,
    /// Line of the next character, from 1.
    pub line: u64,
    /// Line of the first byte that did not fit the encoding.
    pub damaged_at: Option<u64>,
    /// The encoding's name, once it is known.
    pub encoding: &'static str,
    /// The problem of the declared encoding. To be taken once.
    pub note: Option<Finding>,
    /// The first bytes, to say what a file that is not XML may be.
    pub head: [u8; 4],
}

impl<R: Read> Source<R> {
    pub(crate) fn new(input: R) -> Self {
        Self {
            input,
            raw: vec![0; RAW].into_boxed_slice(),
            raw_at: 0,
            raw_end: 0,
            input_ended: false,
            decoder: None,
            decoded: vec![0; DECODED].into_boxed_slice(),
            at: 0,
            end: 0,
            finished: false,
            after_cr: false,
            piece_left: MAX_PIECE,
            bytes: 0,
            line: 1,
            damaged_at: None,
            encoding: "UTF-8",
            note: None,
            head: [0; 4],
        }
    }

    /// Starts a new piece: the next tag or text may be [`MAX_PIECE`] bytes long.
    pub(crate) fn start_piece(&mut self) {
        self.piece_left = MAX_PIECE;
    }

    /// True when the piece is longer than may be held: reading it fails from here on.
    pub(crate) fn is_piece_too_long(&self) -> bool {
        self.piece_left == 0
    }

    /// True when every byte was read and passed on.
    pub(crate) fn is_at_end(&self) -> bool {
        self.finished && self.at == self.end
    }

    /// Reads once more into the raw buffer, after what is left in it.
    fn read_more(&mut self) -> io::Result<()> {
        loop {
            match self.input.read(&mut self.raw[self.raw_end..]) {
                Ok(0) => self.input_ended = true,
                Ok(count) => {
                    self.raw_end += count;
                    self.bytes += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }

    fn detect(&mut self) -> io::Result<Decoder> {
        while self.raw_end < HEAD && !self.input_ended {
            self.read_more()?;
        }
        let head = &self.raw[..self.raw_end.min(HEAD)];
        for (kept, byte) in self.head.iter_mut().zip(head) {
            *kept = *byte;
        }
        let detected = encoding::detect(head);
        self.raw_at = detected.mark;
        self.encoding = detected.encoding.name();
        self.note = detected.note.map(|(rule, message)| rule.at(1, message));
        Ok(detected.encoding.new_decoder_without_bom_handling())
    }

    /// Fills the empty decoded buffer; it stays empty only at the end of the input.
    fn decode(&mut self) -> io::Result<()> {
        self.at = 0;
        self.end = 0;
        let mut decoder = match self.decoder.take() {
            Some(decoder) => decoder,
            None => self.detect()?,
        };
        let result = self.decode_with(&mut decoder);
        self.decoder = Some(decoder);
        result
    }

    fn decode_with(&mut self, decoder: &mut Decoder) -> io::Result<()> {
        while self.end == 0 && !self.finished {
            if self.raw_at == self.raw_end && !self.input_ended {
                self.raw_at = 0;
                self.raw_end = 0;
                self.read_more()?;
            }
            let raw = &self.raw[self.raw_at..self.raw_end];
            let (result, read, written, damaged) =
                decoder.decode_to_utf8(raw, &mut self.decoded, self.input_ended);
            self.raw_at += read;
            self.end = written;
            self.finished = self.input_ended && result == CoderResult::InputEmpty;
            if damaged && self.damaged_at.is_none() {
                let chunk = &self.decoded[..written];
                let first = memchr::memmem::find(chunk, "\u{fffd}".as_bytes()).unwrap_or(0);
                let before = memchr::memchr_iter(b'\n', &chunk[..first]).count();
                self.damaged_at = Some(self.line + before as u64);
            }
        }
        Ok(())
    }

    /// Counts line ends: LF, CR LF and CR alone.
    fn count_lines(&mut self, amount: usize) {
        let passed = &self.decoded[self.at..self.at + amount];
        let mut last_cr = self.after_cr.then_some(0);
        for at in memchr::memchr2_iter(b'\n', b'\r', passed) {
            if passed[at] == b'\r' {
                self.line += 1;
                last_cr = Some(at + 1);
            } else if last_cr != Some(at) {
                self.line += 1;
            }
        }
        if amount > 0 {
            self.after_cr = passed[amount - 1] == b'\r';
        }
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill_buf()?;
        let count = available.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Source<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.is_piece_too_long() {
            return Err(io::Error::other("a piece is too long"));
        }
        if self.at == self.end {
            self.decode()?;
        }
        Ok(&self.decoded[self.at..self.end])
    }

    fn consume(&mut self, amount: usize) {
        self.count_lines(amount);
        self.at += amount;
        self.piece_left = self.piece_left.saturating_sub(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_end_counts_once_also_across_reads() {
        for (text, lines) in [("a\nb\nc", 3), ("a\r\nb\r\nc", 3), ("a\rb\rc", 3), ("\r\r\n\n", 4)] {
            let mut whole = Source::new(text.as_bytes());
            let mut bytewise = Source::new(text.as_bytes());

            whole.read_to_end(&mut Vec::new()).unwrap();
            while bytewise.read(&mut [0]).unwrap() > 0 {}

            assert_eq!(whole.line, lines, "{text:?}");
            assert_eq!(bytewise.line, lines, "{text:?}");
        }
    }
}
