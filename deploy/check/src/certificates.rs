//! The certificates that cert-manager issues: as much of its schemas as is used here, and strict.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;

/// A certificate, and the secret that it is kept in.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    pub metadata: ObjectMeta,
    pub spec: CertificateSpec,
    #[serde(rename = "apiVersion")]
    _version: String,
    #[serde(rename = "kind")]
    _kind: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateSpec {
    pub secret_name: String,
    pub issuer_ref: IssuerRef,
    #[serde(default)]
    pub uris: Vec<String>,
    #[serde(default)]
    pub usages: Vec<String>,
    #[serde(default, rename = "isCA")]
    pub is_ca: bool,
    #[serde(default, rename = "commonName")]
    _common_name: String,
    #[serde(default, rename = "dnsNames")]
    _dns_names: Vec<String>,
    #[serde(rename = "duration")]
    _duration: String,
    #[serde(default, rename = "renewBefore")]
    _renew_before: String,
    pub private_key: PrivateKey,
}

#[derive(Debug, Deserialize)]
pub struct IssuerRef {
    pub name: String,
    #[serde(rename = "kind")]
    _kind: String,
}

/// The key of a certificate.
#[derive(Debug, Deserialize)]
pub struct PrivateKey {
    #[serde(rename = "algorithm")]
    _algorithm: String,
    #[serde(rename = "size")]
    _size: u32,
    #[serde(default, rename = "rotationPolicy")]
    pub rotation_policy: String,
}

/// An issuer of certificates: it signs itself, or has the certificate in a secret.
#[derive(Debug, Deserialize)]
pub struct Issuer {
    pub metadata: ObjectMeta,
    #[serde(rename = "spec")]
    _spec: IssuerSpec,
    #[serde(rename = "apiVersion")]
    _version: String,
    #[serde(rename = "kind")]
    _kind: String,
}

#[derive(Debug, Deserialize)]
struct IssuerSpec {
    #[serde(rename = "selfSigned")]
    _self_signed: Option<Nothing>,
    #[serde(rename = "ca")]
    _ca: Option<Secret>,
}

#[derive(Debug, Deserialize)]
struct Nothing {}

#[derive(Debug, Deserialize)]
struct Secret {
    #[serde(rename = "secretName")]
    _name: String,
}
