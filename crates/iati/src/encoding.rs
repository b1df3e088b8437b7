//! Finds out in which encoding a file is written, before the first character is read.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::finding::Rule;
use crate::text::shown;

/// How many bytes at most the sniffing looks at.
pub(crate) const HEAD: usize = 1024;

/// The encoding to read with.
#[derive(Debug)]
pub(crate) struct Detected {
    pub encoding: &'static Encoding,
    /// Bytes to leave out at the start.
    pub mark: usize,
    /// The problem of the declaration.
    pub note: Option<(Rule, String)>,
}

/// Decides by the byte order mark, else by the pattern of UTF-16, else by the XML declaration,
/// else UTF-8.
///
/// The mark beats the declaration. A declaration that can be read byte by byte is not UTF-16
/// whatever it says. Unknown names and UTF-16 said of a byte encoding are read as UTF-8.
pub(crate) fn detect(head: &[u8]) -> Detected {
    if let Some((encoding, mark)) = Encoding::for_bom(head) {
        return Detected { encoding, mark, note: None };
    }
    let bytes = head.trim_ascii_start();
    match bytes {
        [b'<', 0, _, 0, ..] => return Detected { encoding: UTF_16LE, mark: 0, note: None },
        [0, b'<', 0, _, ..] => return Detected { encoding: UTF_16BE, mark: 0, note: None },
        _ => {}
    }
    let Some(label) = declared(bytes) else {
        return Detected { encoding: UTF_8, mark: 0, note: None };
    };
    let named = Encoding::for_label_no_replacement(label.as_bytes());
    let note = |what: &str| {
        let message = format!(
            "the file says it is in the encoding {}, {what}; it was read as UTF-8; declare the \
             encoding it is written in",
            shown(label)
        );
        Some((Rule::EncodingMisdeclared, message))
    };
    match named {
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => {
            Detected { encoding: UTF_8, mark: 0, note: note("but it is not") }
        }
        Some(encoding) => Detected { encoding, mark: 0, note: None },
        None => Detected { encoding: UTF_8, mark: 0, note: note("which is not known") },
    }
}

/// The value of `encoding` in the XML declaration.
fn declared(head: &[u8]) -> Option<&str> {
    let rest = head.strip_prefix(b"<?xml")?;
    let end = memchr::memchr(b'>', rest)?;
    let declaration = std::str::from_utf8(&rest[..end]).ok()?;
    let after = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Some(after[1..].split_once(quote)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declaration_is_found_however_it_is_written() {
        for head in [
            "<?xml version=\"1.0\" encoding=\"windows-1252\"?><a/>",
            "\n<?xml version='1.0' encoding = 'ISO-8859-1' standalone='yes'?>",
        ] {
            let detected = detect(head.as_bytes());

            assert_eq!(detected.encoding.name(), "windows-1252", "{head}");
            assert!(detected.note.is_none());
        }
    }

    #[test]
    fn a_wrong_declaration_falls_back_to_utf_8_and_says_so() {
        for label in ["utf-16", "klingon", ""] {
            let detected = detect(format!("<?xml version='1.0' encoding='{label}'?>").as_bytes());

            assert_eq!(detected.encoding.name(), "UTF-8", "{label}");
            assert!(detected.note.is_some(), "{label}");
        }
    }

    #[test]
    fn a_broken_head_is_utf_8() {
        for head in ["", "<", "<?xml", "<?xml encoding", "<?xml encoding='x", "<?xml encoding=x?>"]
        {
            assert_eq!(detect(head.as_bytes()).encoding.name(), "UTF-8", "{head}");
        }
    }
}
