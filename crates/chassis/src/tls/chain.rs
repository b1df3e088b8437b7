//! Chains of certificates as the other side sends them: short ones. rustls-webpki looks for the way
//! from a certificate to an authority in up to 200 000 steps, if the others are made for that, on a
//! thread that answers calls.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

/// The most certificates between the first and its authority: two are common, and what leads to
/// another authority beside.
const MOST: usize = 4;

/// An error if there are more certificates behind the first than anybody needs.
pub(super) fn must_be_short(behind: &[CertificateDer<'_>]) -> Result<(), Error> {
    if behind.len() > MOST {
        return Err(CertificateError::UnknownIssuer.into());
    }
    Ok(())
}

/// Checks the certificates of callers, if they are few.
#[derive(Debug)]
pub(super) struct Short(pub Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for Short {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        must_be_short(intermediates)?;
        self.0.verify_client_cert(leaf, intermediates, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
