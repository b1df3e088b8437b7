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
    let own = settings.tls.as_ref().map(|tls| {
        let shown = shows_itself(service, settings);
        ("tls_dir", if shown { tls.look_between(name) } else { tls.look(name) })
    });
    let public = settings.public_tls.as_ref().map(|tls| ("public_tls_dir", tls.look(name)));
    let found: Vec<Finding> = [own, public]
        .into_iter()
        .flatten()
        .map(|(key, looked)| match looked {
            Ok(looked) => judge(&looked),
            Err(error) => unusable(key, &format!("{error:#}")),
        })
        .collect();
    if !found.is_empty() {
        return found;
    }
    vec![match may_be_plain(settings, name) {
        Err(error) => Finding::problem(WHAT, format!("{error:#}"), ""),
        Ok(()) if settings.plaintext => Finding::warning(
            WHAT,
            "none, and plaintext is set: calls are not encrypted here",
            "do others encrypt them? if not, name a certificate with --tls-dir",
        ),
        Ok(()) => Finding::good(WHAT, "none: calls stay on this machine"),
    }]
}

/// Returns whether a process shows its certificate to other services: all but the gateway are
/// called by others, and the gateway asks them.
fn shows_itself(service: Option<ServiceName>, settings: &Settings) -> bool {
    let asked = [&settings.agreements_url, &settings.projects_url, &settings.rights_reporting_url];
    match service {
        None => false,
        Some(ServiceName::Gateway) => {
            asked.into_iter().flatten().any(|url| url.starts_with("https://"))
        }
        Some(_) => true,
    }
}

/// Says what to do about certificates that cannot be used: replace them where others would refuse
/// them; else it may be another folder that is meant.
fn unusable(key: &str, error: &str) -> Finding {
    let is_bad = ["would refuse", "do not fit"].iter().any(|words| error.contains(words));
    let remedy =
        if is_bad { "renew or replace them".to_owned() } else { format!("is {key} right?") };
    Finding::problem(WHAT, error, &remedy)
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
    fn a_folder_without_certificates_is_perhaps_another() {
        let told = |error| unusable("tls_dir", error).to_string();

        assert!(told("the folder /x holds no certificate").ends_with("is tls_dir right?"));
        assert!(told("the certificate and the key do not fit").ends_with("renew or replace them"));
    }

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
