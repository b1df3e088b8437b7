//! An authority of certificates for trials and tests. Its key is never written: who has it can be
//! any service.

use std::fs;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, Error, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType,
};
use time::{Duration, OffsetDateTime};

/// The trust domain and path before the name of a service in its SPIFFE ID.
pub const FAMILY: &str = "spiffe://registan/service/";

/// A certificate with its chain, and its private key: PEM.
#[derive(Clone)]
pub struct Issued {
    pub certificate: String,
    pub key: String,
}

/// Signs certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

impl Authority {
    /// Makes an authority that lasts for so many days.
    pub fn new(days: u32) -> Result<Self, Error> {
        let mut params = lasting(days, CertificateParams::default());
        params.distinguished_name.push(DnType::CommonName, "Registan trial authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), certificate })
    }

    /// The certificate of the authority, PEM: whom others trust.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Issues a certificate for these names: SPIFFE IDs, DNS names and addresses.
    pub fn issue<T: AsRef<str>>(&self, names: &[T], days: u32) -> Result<Issued, Error> {
        let (uris, hosts): (Vec<&str>, Vec<&str>) =
            names.iter().map(AsRef::as_ref).partition(|name| name.contains("://"));
        let hosts = hosts.into_iter().map(ToOwned::to_owned).collect::<Vec<_>>();
        let mut params = lasting(days, CertificateParams::new(hosts)?);
        for uri in uris {
            params.subject_alt_names.push(SanType::URI(uri.try_into()?));
        }
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?.pem();
        Ok(Issued { certificate, key: key.serialize_pem() })
    }

    /// Issues the certificate of a service of the suite, on this machine.
    pub fn service(&self, name: &str, more: &[String], days: u32) -> Result<Issued, Error> {
        let own = [format!("{FAMILY}{name}"), name.to_owned(), format!("{name}-pods")];
        let here = ["localhost", "127.0.0.1", "::1"].map(ToOwned::to_owned);
        self.issue(&[&own[..], &here, more].concat(), days)
    }

    /// Writes a certificate into a folder, with this authority.
    pub fn write(&self, folder: &Path, issued: &Issued) -> io::Result<()> {
        write(folder, issued, &self.certificate)
    }
}

/// Writes a certificate and authorities into a folder as cert-manager does: `tls.crt`, `tls.key`
/// and `ca.crt`.
pub fn write(folder: &Path, issued: &Issued, authorities: &str) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    replace(&folder.join("ca.crt"), authorities)?;
    replace(&folder.join("tls.key"), &issued.key)?;
    replace(&folder.join("tls.crt"), &issued.certificate)
}

/// From an hour ago, for clocks that differ.
fn lasting(days: u32, mut params: CertificateParams) -> CertificateParams {
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::hours(1);
    params.not_after = now + Duration::days(i64::from(days));
    params
}

/// Puts a file, readable by its owner alone, into the place of another: none is ever seen half.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("new");
    let _ = fs::remove_file(&new);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    fs::rename(new, path)
}
