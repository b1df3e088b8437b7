//! A place in the log, to be noted elsewhere: a later check of the same record can be asked whether
//! it still passes it.

use std::fmt;
use std::str::FromStr;

/// A place in the log. As text it is `SEQ:HASH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// How many changes there were.
    pub seq: i64,
    /// The hash of the last of them, in hexadecimal digits; empty where there was none.
    pub hash: String,
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

impl FromStr for Checkpoint {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (seq, hash) = text.split_once(':')?;
            let seq = seq.parse().ok()?;
            let digits = hash.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
            let length = if seq == 0 { 0 } else { 64 };
            let is_whole = seq >= 0 && digits && hash.len() == length;
            is_whole.then(|| Self { seq, hash: hash.to_owned() })
        };
        read().ok_or("this is not a checkpoint as an earlier check printed it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_read_as_it_is_printed() {
        let one = Checkpoint { seq: 7, hash: "0123456789abcdef".repeat(4) };
        let none = Checkpoint { seq: 0, hash: String::new() };

        for checkpoint in [one, none] {
            assert_eq!(checkpoint.to_string().parse(), Ok(checkpoint));
        }
        for text in ["", "7:", "0:00", "-1:", "7:ABC"] {
            assert!(text.parse::<Checkpoint>().is_err(), "{text}");
        }
    }
}
