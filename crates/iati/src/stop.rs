//! The findings about a file as a whole, most of which end the reading.

use std::io;

use formats::Finding;

use crate::finding::Rule;
use crate::limits::{MAX_DEPTH, MAX_PIECE};
use crate::text::shown;

/// Reading ends here; says what was kept.
fn stopped(rule: Rule, line: u64, delivered: u64, what: &str, todo: &str) -> Finding {
    let message = format!(
        "{what} at line {line}; reading stopped; whole activities read before it: {delivered}; {todo}"
    );
    rule.at(line, message)
}

/// `head` are the first bytes: they may tell what the file is.
pub(crate) fn not_xml(head: [u8; 4], line: u64) -> Finding {
    let guess = match head {
        [0, 0, 0, 0] => ": it is empty",
        [b'P', b'K', ..] => ": it looks like a ZIP or a spreadsheet",
        [0x1f, 0x8b, ..] => ": it looks like gzip",
        [b'{' | b'[', ..] => ": it looks like JSON",
        _ => "",
    };
    let message =
        format!("the file is not XML{guess}; nothing was read; give an IATI activity file");
    Rule::NotXml.at(line, message)
}

pub(crate) fn not_iati(root: &str, line: u64) -> Finding {
    let advice = if root == "iati-activity" {
        "put it in iati-activities"
    } else {
        "give an IATI activity file"
    };
    let message =
        format!("the root is {}, not iati-activities; nothing was read; {advice}", shown(root));
    Rule::NotIati.at(line, message)
}

pub(crate) fn organisation_file(line: u64) -> Finding {
    let message = "this is an organisation file: not read here; nothing was read; give the \
                   publisher's activity file";
    Rule::OrganisationFile.at(line, message)
}

pub(crate) fn doctype(line: u64, delivered: u64) -> Finding {
    stopped(Rule::Doctype, line, delivered, "there is a DOCTYPE", "remove it")
}

pub(crate) fn too_deep(line: u64, delivered: u64) -> Finding {
    let what = format!("elements are nested deeper than {MAX_DEPTH}");
    stopped(Rule::TooDeep, line, delivered, &what, "no IATI file needs that; correct it")
}

pub(crate) fn piece_too_long(line: u64, delivered: u64) -> Finding {
    let what = format!("a tag, comment or text is longer than {MAX_PIECE} bytes");
    stopped(Rule::PieceTooLong, line, delivered, &what, "shorten it")
}

pub(crate) fn limit(rule: Rule, what: &str, line: u64, delivered: u64) -> Finding {
    stopped(rule, line, delivered, what, "shorten it")
}

pub(crate) fn truncated(line: u64, delivered: u64) -> Finding {
    let what = "the file ends inside an element";
    stopped(Rule::Truncated, line, delivered, what, "get the whole file and import it again")
}

pub(crate) fn not_well_formed(why: &str, line: u64, delivered: u64) -> Finding {
    let what = format!("the XML is broken ({why})");
    stopped(Rule::NotWellFormed, line, delivered, &what, "correct it and import it again")
}

pub(crate) fn after_the_end(line: u64, delivered: u64) -> Finding {
    let what = "there is more after the end of the root element";
    stopped(Rule::NotWellFormed, line, delivered, what, "remove it")
}

pub(crate) fn read_failed(error: &io::Error, line: u64, delivered: u64) -> Finding {
    let what = format!("the input failed ({error})");
    stopped(Rule::ReadFailed, line, delivered, &what, "import it again")
}

pub(crate) fn damaged(encoding: &str, line: u64) -> Finding {
    let message = format!(
        "there are bytes that are not {encoding}, the first at line {line}; each was read as \
         U+FFFD; declare the encoding the file is written in"
    );
    Rule::EncodingInvalid.at(line, message)
}

pub(crate) fn no_activities(line: u64) -> Finding {
    let message = "the file has no activities; there was nothing to read; see if it is the one \
                   you mean";
    Rule::NoActivities.at(line, message)
}
