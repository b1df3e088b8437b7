//! TLS 1.3 at every port, and the identity of a service to another.
//!
//! - [`Tls`]: a folder of certificates as the settings name it, opened once for a process
//! - `files`: the layouts of such a folder: cert-manager, SPIFFE, certbot
//! - `version`: what was read, checked, and made ready for handshakes
//! - `live`: the version in use, and its renewal while the process runs
//! - `verifier`: the certificates at the other end that are taken
//! - `chain`: how many certificates the other side may send
//! - `validity`: from when until when a certificate is valid
//! - `family`: the names by which the services of a suite know each other
//! - `port`: a port that takes calls: in plain text, for everybody, or for the services that may
//!   call it
//! - `provider`: the protocol and the cryptography of both ends
//! - `dial`: the other end: whom a connection must reach
//! - `socket`: a connection, with TLS or without

mod chain;
mod dial;
mod family;
mod files;
mod live;
mod port;
mod provider;
mod socket;
mod validity;
mod verifier;
mod version;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;

pub(crate) use self::dial::Dial;
pub use self::dial::bundle_of_the_system;
pub(crate) use self::dial::is_here;
use self::files::Place;
pub(crate) use self::live::Live;
pub use self::port::{Caller, Callers, GATEWAY, may_be_plain, of_port};
pub(crate) use self::port::{Peer, Port};
pub(crate) use self::socket::Socket;
use self::version::Version;
use crate::clock::{Clock, SystemClock};

/// The certificates of a process: its own, and the authorities that vouch for others. Cheap to
/// clone; all clones are the same.
#[derive(Clone, Debug)]
pub struct Tls {
    place: Place,
    live: Arc<Mutex<Option<Arc<Live>>>>,
}

/// The findings of a look at the certificate of a folder.
#[derive(Clone, Debug)]
pub struct Looked {
    /// The names in it.
    pub names: String,
    /// How long it is still valid, less than 0 if it has expired.
    pub seconds_left: i64,
    /// How long it is valid in all.
    pub life: i64,
}

impl Looked {
    fn at(version: &Version) -> Self {
        let (from, until) = (version.validity.from, version.validity.until);
        let seconds_left = until - SystemClock.now() / 1_000_000;
        Self { names: version.names.to_string(), seconds_left, life: until - from }
    }
}

impl Tls {
    /// The certificate and its key in `folder`, and the authorities in a file of their own or in
    /// the folder as well. Nothing is read yet.
    pub fn new(folder: impl Into<PathBuf>, authorities: Option<PathBuf>) -> Self {
        let place = Place { folder: folder.into(), authorities };
        Self { place, live: Arc::default() }
    }

    /// Reads the files, for the service of this name, and again whenever they change. An error says
    /// what is wrong with them.
    pub(crate) fn open(&self, service: &str) -> Result<Arc<Live>> {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = &*live {
            return Ok(Arc::clone(open));
        }
        let opened = Live::open(self.place.clone(), service)?;
        *live = Some(Arc::clone(&opened));
        Ok(opened)
    }

    /// Looks at the files for the service of this name, without using them. An error says what is
    /// wrong with them.
    pub fn look(&self, service: &str) -> Result<Looked> {
        Ok(Looked::at(&self.read(service)?))
    }

    /// The same, where the service shows them to others: an error if these would not know it.
    pub fn look_between(&self, service: &str) -> Result<Looked> {
        let version = self.read(service)?;
        version.must_be_of_service(&self.place.folder, service)?;
        Ok(Looked::at(&version))
    }

    fn read(&self, service: &str) -> Result<Version> {
        Version::of(&self.place.read()?, service)
    }

    /// How many seconds the certificate in use is still valid, less than 0 if it has expired;
    /// nothing before it is used.
    pub fn seconds_left(&self) -> Option<i64> {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.as_ref().map(|live| live.seconds_left())
    }

    /// How many seconds it is valid in all; nothing before it is used.
    pub fn lifetime(&self) -> Option<i64> {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.as_ref().map(|live| live.lifetime())
    }
}
