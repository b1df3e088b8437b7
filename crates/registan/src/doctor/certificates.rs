//! The certificates: whether others would accept them, and for how long.

use chassis::Settings;
use chassis::tls::{Looked, may_be_plain};

use super::finding::Finding;
use crate::cli::ServiceName;
use crate::record;

const WHAT: &str = "certificates";
const DAY: i64 = 24 * 3600;
/// Certificates are renewed when a third of their life is left.
const RENEWED: i64 = 3;

/// Looks at the certificates that the settings name.
pub fn look(service: Option<ServiceName>, settings: &Settings) -> Vec<Finding> {
    let name = record::name(service.unwrap_or(ServiceName::Gateway));
    let named = [&settings.tls, &settings.public_tls].into_iter().flatten();
    let found: Vec<Finding> = named
        .map(|tls| match tls.look(name) {
            Ok(looked) => judge(&looked),
            Err(error) => Finding::problem(WHAT, format!("{error:#}"), "renew or replace them"),
        })
        .collect();
    if !found.is_empty() {
        return found;
    }
    vec![match may_be_plain(settings) {
        Err(error) => Finding::problem(WHAT, format!("{error:#}"), ""),
        Ok(()) if settings.plaintext => Finding::warning(
            WHAT,
            "none, and plaintext is set: calls are not encrypted here",
            "do others encrypt them? if not, name a certificate with --tls-dir",
        ),
        Ok(()) => Finding::good(WHAT, "none: calls stay on this machine"),
    }]
}

fn judge(looked: &Looked) -> Finding {
    let Looked { names, seconds_left, life } = looked;
    let days = seconds_left / DAY;
    if *seconds_left <= 0 {
        let said = format!("that of {names} has expired {} days ago", -days);
        return Finding::problem(WHAT, said, "renew it: others refuse it");
    }
    let said = format!("that of {names} is valid for {days} days more");
    if *seconds_left < life / RENEWED {
        return Finding::warning(WHAT, said, "it should have been renewed by now: is that set up?");
    }
    Finding::good(WHAT, said)
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn a_certificate_that_ends_soon_is_told() {
        for (left, level) in
            [(60 * DAY, Level::Good), (29 * DAY, Level::Warning), (-DAY, Level::Problem)]
        {
            let names = "agreements".to_owned();
            let looked = Looked { names, seconds_left: left, life: 90 * DAY };

            assert_eq!(judge(&looked).level, level, "{left}");
        }
    }
}
