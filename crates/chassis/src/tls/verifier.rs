//! Checks of the certificate at the other end that ask for no name of a host.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::verify_tls13_signature;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::chain;
use super::family::{Family, Names};
use super::provider::PROVIDER;

/// The certificate that is taken, whatever the address is called.
#[derive(Debug)]
pub(super) enum Taken {
    /// That of one service of the suite.
    Sibling { family: Family, roots: Arc<RootCertStore>, service: String },
    /// This one.
    Same(CertificateDer<'static>),
}

impl ServerCertVerifier for Taken {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let (family, roots, service) = match self {
            Self::Same(own) if own == leaf => return Ok(ServerCertVerified::assertion()),
            Self::Same(_) => return Err(CertificateError::NotValidForName.into()),
            Self::Sibling { family, roots, service } => (family, roots, service),
        };
        chain::must_be_short(intermediates)?;
        let chain: Vec<_> = std::iter::once(leaf).chain(intermediates).cloned().collect();
        verify(&chain, roots, now)?;
        let names = Names::of(leaf);
        if family.is(&names, service) {
            return Ok(ServerCertVerified::assertion());
        }
        let wanted = family.name(service);
        tracing::warn!(%names, wanted, "a service shows the certificate of another");
        Err(CertificateError::NotValidForName.into())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("only TLS 1.3 is spoken".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &PROVIDER.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        PROVIDER.signature_verification_algorithms.supported_schemes()
    }
}

/// Checks that an authority vouches for the first of a chain, as a server.
pub(super) fn verify(
    chain: &[CertificateDer<'_>],
    roots: &RootCertStore,
    now: UnixTime,
) -> Result<(), Error> {
    let Some((leaf, intermediates)) = chain.split_first() else {
        return Err(Error::NoCertificatesPresented);
    };
    let leaf = ParsedCertificate::try_from(leaf)?;
    let algorithms = PROVIDER.signature_verification_algorithms.all;
    verify_server_cert_signed_by_trust_anchor(&leaf, roots, intermediates, now, algorithms)
}
