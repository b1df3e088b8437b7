//! The files of an identity: a certificate with its chain, its key, and the authorities that vouch
//! for others.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The names of the files in a folder: of the certificate, the key and the authorities.
type Layout = (&'static str, &'static str, &'static [&'static str]);

/// The layouts that are known, as the tools write them that keep certificates current.
const LAYOUTS: [Layout; 3] = [
    // cert-manager, and every Kubernetes secret of the type `kubernetes.io/tls`.
    ("tls.crt", "tls.key", &["ca.crt"]),
    // spiffe-helper.
    ("svid.pem", "svid_key.pem", &["svid_bundle.pem", "bundle.pem"]),
    // certbot.
    ("fullchain.pem", "privkey.pem", &[]),
];

/// Where the files are.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub folder: PathBuf,
    /// The authorities, where they do not stand in the folder.
    pub authorities: Option<PathBuf>,
}

/// The files as they were read.
pub(super) struct Contents {
    pub certificate: Vec<u8>,
    pub key: Vec<u8>,
    /// Absent where there is no file, or an empty one.
    pub authorities: Option<Vec<u8>>,
}

impl Place {
    /// Reads the files.
    pub fn read(&self) -> Result<Contents> {
        let folder = self.folder.display();
        let is_there = |name: &&str| self.folder.join(name).exists();
        let layout = LAYOUTS.iter().find(|(certificate, ..)| is_there(certificate));
        let Some((certificate, key, authorities)) = layout else {
            bail!(
                "the folder {folder} holds no certificate: tls.crt with tls.key and ca.crt, or \
                 svid.pem with svid_key.pem and svid_bundle.pem"
            );
        };
        let own = authorities.iter().find(|name| is_there(name));
        let own = own.map(|name| self.folder.join(name));
        let authorities = self.authorities.clone().or(own);
        let authorities = authorities.map(|path| read(&path)).transpose()?;
        Ok(Contents {
            certificate: read(&self.folder.join(certificate))?,
            key: read(&self.folder.join(key))?,
            authorities: authorities.filter(|text| !text.trim_ascii().is_empty()),
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
