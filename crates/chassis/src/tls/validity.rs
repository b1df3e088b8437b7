//! From when until when a certificate is valid, which rustls checks and does not tell.

use rustls::pki_types::CertificateDer;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// Seconds since 1970 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    pub from: i64,
    pub until: i64,
}

impl Validity {
    /// Reads it from a certificate (RFC 5280, 4.1). Nothing if it is none.
    pub fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, certificate, _) = element(certificate)?;
        let (_, mut fields, _) = element(certificate)?;
        let (tag, _, after_version) = element(fields)?;
        if tag == VERSION {
            fields = after_version;
        }
        // Serial number, algorithm, issuer.
        for _ in 0..3 {
            fields = element(fields)?.2;
        }
        let (tag, times, _) = element(fields)?;
        let (from_tag, from, rest) = element(times)?;
        let (until_tag, until, _) = element(rest)?;
        let is_validity = tag == SEQUENCE;
        is_validity.then_some(Self { from: time(from_tag, from)?, until: time(until_tag, until)? })
    }
}

/// The first element of some DER: its tag, its content, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [tag, length, rest @ ..] = der else { return None };
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// `YYMMDDHHMMSSZ` until 2049, and with four digits of the year from then on.
fn time(tag: u8, text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: i64 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let two = |at: usize| rest.get(at..at + 2)?.parse::<i64>().ok();
    let day = days(year, two(0)?, two(2)?);
    Some(((day * 24 + two(4)?) * 60 + two(6)?) * 60 + two(8)?)
}

/// How many days lie between 1970-01-01 and a date of the Gregorian calendar. The year is counted
/// from March, so that a leap day is its last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let in_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + in_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_both_forms() {
        assert_eq!(time(UTC_TIME, b"700101000000Z"), Some(0));
        assert_eq!(time(UTC_TIME, b"240229120000Z"), Some(1_709_208_000));
        assert_eq!(time(UTC_TIME, b"261129003600Z"), Some(1_795_912_560));
        assert_eq!(time(GENERALIZED_TIME, b"20500301000000Z"), Some(2_529_705_600));
        for wrong in [&b"20240229"[..], b"240229120000", b"", b"24022912000xZ", b"\xff\xffZ"] {
            assert_eq!(time(UTC_TIME, wrong), None, "{}", wrong.escape_ascii());
        }
    }

    #[test]
    fn a_certificate_tells_until_when_it_is_valid() {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs().cast_signed();
        let authority = authority::Authority::new(10).unwrap();
        let issued = authority.issue(&["localhost"], 3).unwrap();
        let der = <CertificateDer<'_> as rustls::pki_types::pem::PemObject>::from_pem_slice(
            issued.certificate.as_bytes(),
        );

        let validity = Validity::of(&der.unwrap()).unwrap();

        assert!((validity.from - (now - 3600)).abs() <= 60, "{validity:?}");
        assert!((validity.until - (now + 3 * 86_400)).abs() <= 60, "{validity:?}");
    }

    #[test]
    fn bytes_that_are_no_certificate_tell_nothing() {
        for wrong in [&b""[..], b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x30\x02\x30\x00", &[0; 99]]
        {
            assert_eq!(Validity::of(&CertificateDer::from(wrong)), None);
        }
    }
}
