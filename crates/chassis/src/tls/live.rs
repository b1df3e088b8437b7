//! The certificates in use. A thread reads the files again every second; what changed is used for
//! every connection from then on, all of it at once. Connections that are open stay.

use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use aws_lc_rs::digest::{SHA256, digest};

use super::files::{Contents, Place};
use super::validity::Validity;
use super::version::Version;
use crate::clock::{Clock, SystemClock};

/// How often the files are read.
const EVERY: Duration = Duration::from_secs(1);
/// How often the log tells of a certificate that expires soon.
const TOLD_EVERY: Duration = Duration::from_hours(1);
/// The part of its life that is left when the log tells that a certificate was not renewed. Tools
/// renew it when a third is left.
const LAST_PART: i64 = 6;

/// The certificates in use.
#[derive(Debug)]
pub(crate) struct Live {
    place: Place,
    service: String,
    current: RwLock<Arc<Version>>,
    looked: Mutex<Looked>,
}

/// The result of the last look at the files.
#[derive(Debug)]
struct Looked {
    /// A digest of the files in use.
    used: [u8; 32],
    /// Why other files are not used, and how often that was so.
    refused: Option<(String, u32)>,
    /// When the log last told that the certificate expires.
    told: Option<Instant>,
}

impl Live {
    /// Reads the files, and again as long as what is returned is used.
    pub(super) fn open(place: Place, service: &str) -> Result<Arc<Self>> {
        let folder = place.folder.display().to_string();
        let origin = || format!("the certificates in {folder} cannot be used");
        let contents = place.read()?;
        let version = Version::of(&contents, service).with_context(origin)?;
        let looked = Looked { used: fingerprint(&contents), refused: None, told: None };
        let live = Arc::new(Self {
            place,
            service: service.to_owned(),
            current: RwLock::new(Arc::new(version)),
            looked: Mutex::new(looked),
        });
        let weak = Arc::downgrade(&live);
        thread::Builder::new()
            .name("certificates".to_owned())
            .spawn(move || follow(&weak))
            .context("the system gives no thread")?;
        Ok(live)
    }

    /// The certificates to begin a connection with.
    pub(super) fn now(&self) -> Arc<Version> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many seconds the certificate is valid in all.
    pub fn lifetime(&self) -> i64 {
        let version = self.now();
        version.validity.until - version.validity.from
    }

    /// How many seconds the certificate is still valid, less than 0 if it has expired.
    pub fn seconds_left(&self) -> i64 {
        self.now().validity.until - now()
    }

    /// An error if other services would not know us by these certificates.
    pub fn must_be_of_service(&self) -> Result<()> {
        self.now().must_be_of_service(&self.place.folder, &self.service)
    }

    /// Reads the files, and uses them if they changed and are good.
    fn look(&self) {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        match self.renewed(&looked.used) {
            Ok(None) => looked.refused = None,
            Ok(Some((used, version))) => {
                let days_left = days_left(&version);
                tracing::info!(names = %version.names, days_left, "certificate renewed");
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(version);
                *looked = Looked { used, refused: None, told: None };
            }
            Err(error) => looked.refuse(&format!("{error:#}")),
        }
        self.tell_of_the_end(&mut looked);
    }

    /// Returns what the files hold, if that is not in use.
    fn renewed(&self, used: &[u8; 32]) -> Result<Option<([u8; 32], Version)>> {
        let contents = self.place.read()?;
        let found = fingerprint(&contents);
        if found == *used {
            return Ok(None);
        }
        let version = Version::of(&contents, &self.service)?;
        let current = self.now();
        if current.is_of_service() {
            let names = &version.names;
            ensure!(version.is_of_service(), "it is that of {names}, or there are no authorities");
            let is_ours = version.family == current.family;
            ensure!(is_ours, "it is that of another suite, {names}: start again to change to it");
        }
        let Validity { from, until } = version.validity;
        ensure!((from..until).contains(&now()), "it has expired, or is not valid yet");
        if current.is_of_service() {
            version.must_follow(&current)?;
        }
        Ok(Some((found, version)))
    }

    fn tell_of_the_end(&self, looked: &mut Looked) {
        let version = self.now();
        let life = version.validity.until - version.validity.from;
        let left = version.validity.until - now();
        let is_told = looked.told.is_some_and(|told| told.elapsed() < TOLD_EVERY);
        if left > life / LAST_PART || is_told {
            return;
        }
        looked.told = Some(Instant::now());
        let (names, hours) = (&version.names, left / 3600);
        if left < 0 {
            tracing::error!(%names, "the certificate has expired: others refuse it");
        } else {
            tracing::warn!(%names, hours, "the certificate expires soon and was not renewed");
        }
    }
}

impl Looked {
    /// Tells once why the files are not used. Not at first sight: a certificate is written before
    /// its key, or after it.
    fn refuse(&mut self, error: &str) {
        let times = match self.refused.take() {
            Some((same, times)) if same == error => times.saturating_add(1),
            _ => 1,
        };
        if times == 2 {
            tracing::warn!(error, "the new certificate is not used; the old one stays");
        }
        self.refused = Some((error.to_owned(), times));
    }
}

fn follow(live: &Weak<Live>) {
    loop {
        thread::sleep(EVERY);
        let Some(live) = live.upgrade() else { return };
        live.look();
    }
}

fn fingerprint(contents: &Contents) -> [u8; 32] {
    let authorities = contents.authorities.as_deref().unwrap_or_default();
    let all = [&contents.certificate, &contents.key, authorities].map(|part| digest(&SHA256, part));
    let all = all.iter().flat_map(|part| part.as_ref().to_vec()).collect::<Vec<_>>();
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(digest(&SHA256, &all).as_ref());
    fingerprint
}

fn days_left(version: &Version) -> i64 {
    (version.validity.until - now()) / 86_400
}

fn now() -> i64 {
    SystemClock.now() / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use authority::{Authority, Issued};

    fn open(folder: &std::path::Path) -> Arc<Live> {
        let place = Place { folder: folder.to_owned(), authorities: None };
        Live::open(place, "agreements").unwrap()
    }

    #[test]
    fn a_good_certificate_stays_when_its_renewal_has_expired() {
        let (authority, folder) = (Authority::new(9).unwrap(), tempfile::tempdir().unwrap());
        let put = |issued: Issued| {
            std::fs::write(folder.path().join("privkey.pem"), issued.key).unwrap();
            std::fs::write(folder.path().join("fullchain.pem"), issued.certificate).unwrap();
        };
        let issue = |days| authority.issue(&["example.org"], days).unwrap();
        put(issue(3));
        let live = open(folder.path());

        put(issue(0));
        live.look();
        assert!(live.seconds_left() > 0, "an expired one is not taken");

        put(issue(6));
        live.look();
        assert!(live.seconds_left() > 4 * 86_400, "a valid one is");
    }

    #[test]
    fn a_renewal_of_another_family_is_not_taken() {
        let (authority, folder) = (Authority::new(9).unwrap(), tempfile::tempdir().unwrap());
        let put = |name: &str| {
            let issued = authority.issue(&[name], 3).unwrap();
            authority.write(folder.path(), &issued).unwrap();
        };
        put("spiffe://example.org/ns/registan/sa/agreements");
        let live = open(folder.path());
        let family = live.now().family.clone();

        put("spiffe://example.org/ns/other/sa/agreements");
        live.look();

        assert_eq!(live.now().family, family);
    }

    #[test]
    fn another_authority_comes_in_three_steps_and_not_in_one() {
        let (first, second) = (Authority::new(9).unwrap(), Authority::new(9).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let put = |authority: &Authority, days, trusted: &[&Authority]| {
            let issued = authority.issue(&["spiffe://registan/service/agreements"], days).unwrap();
            let trusted = trusted.iter().map(|it| it.certificate()).collect::<String>();
            authority::write(folder.path(), &issued, &trusted).unwrap();
        };
        put(&first, 2, &[&first]);
        let live = open(folder.path());
        let days = || {
            live.look();
            (live.seconds_left() + 60) / 86_400
        };

        put(&second, 3, &[&second]);
        assert_eq!(days(), 2, "the others know the first authority alone");
        let said = live.looked.lock().unwrap().refused.clone().unwrap().0;
        assert!(said.contains("the other services would refuse"), "{said}");

        for (step, authority, trusted) in [
            (4, &first, &[&first, &second][..]),
            (5, &second, &[&first, &second]),
            (6, &second, &[&second]),
        ] {
            put(authority, step, trusted);
            assert_eq!(i64::from(step), days(), "each step is taken");
        }
    }
}
