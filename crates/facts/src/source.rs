//! Where facts come from, how far they are to be trusted, what others call things, and texts in a
//! language.

use serde::{Deserialize, Serialize};

use crate::vocabulary;

vocabulary! {
    /// How far a recorded fact is to be trusted.
    Confidence {
        /// Seen in an official source.
        Certain = 1 "CERTAIN",
        /// Seen in a secondary source, or follows from an official one.
        Likely = 2 "LIKELY",
        /// To be checked before use.
        Unsure = 3 "UNSURE",
    }
}

vocabulary! {
    /// How a fact rests on the source that is named for it; nothing: the source states it.
    Basis {
        /// The source reports it, unverified.
        Reported = 1 "REPORTED",
        /// It follows from what the source states.
        Inferred = 2 "INFERRED",
        /// Stated by the editors of the record.
        Editorial = 3 "EDITORIAL",
        /// The source is older than the event and announces it.
        Planned = 4 "PLANNED",
    }
}

/// Where a fact comes from: a recorded source, a citation, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRef {
    /// `sources/{source}`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// As a reader would cite it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub citation: String,
    /// Article, page, paragraph.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub locator: String,
    /// How the fact rests on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
}

/// A text in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalizedText {
    /// BCP 47; empty where the source does not say.
    pub language: String,
    /// The text.
    pub text: String,
    /// True for the language the source wrote it in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub original: bool,
}

vocabulary! {
    /// The naming system of an identifier.
    Scheme {
        /// EUR-Lex.
        Celex = 1 "CELEX",
        /// European Legislation Identifier.
        Eli = 2 "ELI",
        /// Official Journal of the EU.
        Oj = 3 "OJ",
        /// Procedure of the European Parliament.
        Procedure = 4 "PROCEDURE",
        /// Document of the European Parliament.
        EpDocument = 5 "EP_DOCUMENT",
        /// Document of the Commission, the High Representative or the Council.
        EuDocument = 6 "EU_DOCUMENT",
        /// United Nations symbol.
        UnSymbol = 7 "UN_SYMBOL",
        /// IATI.
        Iati = 8 "IATI",
        /// CRIS or OPSYS decision.
        Cris = 9 "CRIS",
        /// Another list, named before a colon.
        Other = 10 "OTHER",
    }
}

/// An identifier of the same thing in another system, in one spelling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalId {
    /// The naming system.
    pub scheme: Scheme,
    /// The identifier, as [`normal`] gives it.
    pub value: String,
    /// How far it is to be trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
}

impl ExternalId {
    /// An identifier that nobody has judged, in its one spelling.
    pub fn new(scheme: Scheme, value: &str) -> Self {
        Self { scheme, value: normal(value), confidence: None }
    }

    /// True for the same identifier, however far it is trusted.
    pub fn is(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.value == other.value
    }
}

/// The one spelling of an identifier: copied numbers carry non-breaking hyphens and spaces, ELI
/// come with and without a host, and the European Parliament writes `TA-9-2024-0027` in addresses
/// for what it prints as `P9_TA(2024)0027`.
pub fn normal(given: &str) -> String {
    let plain: String = given
        .chars()
        .map(|character| match character {
            '\u{2010}' | '\u{2011}' | '\u{2012}' | '\u{2013}' => '-',
            '\u{a0}' | '\u{202f}' | '\u{2009}' => ' ',
            other => other,
        })
        .collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let without_host = plain
        .strip_prefix("http://data.europa.eu/")
        .or_else(|| plain.strip_prefix("https://data.europa.eu/"));
    if let Some(eli) = without_host.filter(|rest| rest.starts_with("eli/")) {
        return eli.trim_end_matches('/').to_owned();
    }
    parliament(&plain).unwrap_or(plain)
}

/// Every way in which identifiers may be asked for, each to be brought to its [`key`]: whole, and
/// without the list that is named before a colon: `ICCPR` of `short-name:ICCPR`.
pub fn spellings(ids: &[ExternalId]) -> Vec<String> {
    let whole = ids.iter().map(|id| id.value.clone());
    let listed = ids.iter().filter(|id| id.scheme == Scheme::Other);
    let bare = listed.filter_map(|id| Some(id.value.split_once(':')?.1.to_owned()));
    whole.chain(bare).collect()
}

/// Returns what all spellings of an identifier have in common: its letters and digits, apart, in
/// lower case and without leading zeros. `JOIN(2019) 9 final` and `join (2019)09` are
/// `join 2019 9`.
pub fn key(given: &str) -> Result<String, &'static str> {
    let upper = normal(given).to_uppercase();
    let mut parts = parts(&parliament(&upper).unwrap_or(upper).to_lowercase());
    if parts.len() > 1 && parts[0] == "celex" {
        parts.remove(0);
    }
    if parts.len() > 1 && parts[parts.len() - 1] == "final" {
        parts.pop();
    }
    let bare = |part: &String| match part.trim_start_matches('0') {
        "" => part.chars().take(1).collect(),
        bare => bare.to_owned(),
    };
    let key = parts.iter().map(bare).collect::<Vec<String>>().join(" ");
    if key.is_empty() { Err("an identifier has letters or digits") } else { Ok(key) }
}

/// The parts of a text that a reader takes for one each: runs of letters, runs of digits.
pub fn parts(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut last = None;
    for character in text.chars() {
        let kind = character.is_alphanumeric().then(|| character.is_numeric());
        match parts.last_mut() {
            Some(part) if kind.is_some() && last == kind => part.push(character),
            _ if kind.is_some() => parts.push(character.to_string()),
            _ => {}
        }
        last = kind;
    }
    parts
}

/// `TA-9-2024-0027` → `P9_TA(2024)0027`; `A-9-2023-0407` → `A9-0407/2023`; anything else → nothing.
fn parliament(address: &str) -> Option<String> {
    let (prefix, rest) =
        if let Some(rest) = address.strip_prefix("RC-") { ("RC-", rest) } else { ("", address) };
    let parts: Vec<&str> = rest.split('-').collect();
    let [kind, term, year, number] = parts[..] else { return None };
    let digits = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !(matches!(kind, "TA" | "A" | "B" | "C" | "O")
        && digits(term, term.len().clamp(1, 2))
        && digits(year, 4))
    {
        return None;
    }
    if !digits(number, 4) {
        return None;
    }
    Some(match kind {
        "TA" => format!("P{term}_TA({year}){number}"),
        _ => format!("{prefix}{kind}{term}-{number}/{year}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_an_identifier_are_one() {
        for (given, one) in [
            ("TA-9-2024-0027", "P9_TA(2024)0027"),
            ("P9_TA(2024)0027", "P9_TA(2024)0027"),
            ("A-9-2023-0407", "A9-0407/2023"),
            ("RC-B-10-2024-0222", "RC-B10-0222/2024"),
            ("C10\u{2011}0057/2024", "C10-0057/2024"),
            (" JOIN(2019)\u{a0}9  final ", "JOIN(2019) 9 final"),
            (
                "http://data.europa.eu/eli/agree_internation/1999/491",
                "eli/agree_internation/1999/491",
            ),
            ("22016A0204(01)", "22016A0204(01)"),
            ("2023/2106(INI)", "2023/2106(INI)"),
            ("XI-IATI-EC_INTPA-2019/405-854", "XI-IATI-EC_INTPA-2019/405-854"),
        ] {
            assert_eq!(normal(given), one);
            assert_eq!(normal(one), one);
        }
    }

    #[test]
    fn any_spelling_of_an_identifier_has_its_key() {
        for (recorded, asked) in [
            ("2023/2106(INI)", &["2023/2106 (INI)", "2023/2106(ini)", "2023-2106-INI"][..]),
            ("A9-0407/2023", &["a9-0407/2023", "A9-407/2023", "A-9-2023-0407", "A9 0407 2023"]),
            ("JOIN(2019) 9 final", &["JOIN(2019)9", "join(2019) 09", "JOIN/2019/9 final"]),
            ("P9_TA(2024)0027", &["TA-9-2024-0027", "p9_ta(2024)27", "ta-9-2024-0027"]),
            ("52019JC0009", &["52019jc0009", "CELEX:52019JC0009", "52019JC9"]),
            ("XI-IATI-EC_INTPA", &["xi-iati-ec-intpa"]),
            ("eli/reg_del/2021/576/oj", &["http://data.europa.eu/eli/reg_del/2021/576/oj"]),
        ] {
            for spelling in asked {
                assert_eq!(key(spelling), key(recorded), "{spelling}");
            }
            let again = key(recorded).unwrap();
            assert_eq!(key(&again), Ok(again.clone()), "the key of a key is itself");
        }
        assert_ne!(key("2019/11"), key("20191/1"));
        assert_ne!(key("A9-0407/2023"), key("A9-0408/2023"));
        assert!(key("()").is_err());
    }

    #[test]
    fn an_identifier_of_a_list_is_known_without_the_list() {
        let id =
            |scheme, value: &str| ExternalId { scheme, value: value.to_owned(), confidence: None };
        let ids = [id(Scheme::Other, "short-name:ICCPR"), id(Scheme::Oj, "OJ L 1: p. 3")];
        assert_eq!(spellings(&ids), ["short-name:ICCPR", "OJ L 1: p. 3", "ICCPR"]);
    }
}
