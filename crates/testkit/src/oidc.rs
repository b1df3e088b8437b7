//! An OIDC issuer on loopback: its discovery document, its keys, and what it signs.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
pub use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// For whom its tokens are.
pub const AUDIENCE: &str = "registan-test";
/// The instant at which its tokens are made, in seconds since 1970.
pub const NOW: i64 = 1_800_000_000;

/// The length of what stands before the PKCS#1 key in the PKCS#8 of an RSA key of 2048 bits.
const PKCS8_PREFIX: usize = 26;

/// A key pair with an id.
#[derive(Clone)]
pub struct SigningKey {
    /// Its `kid`.
    pub id: String,
    /// With which it signs: `ES256`, `EdDSA` or `RS256`.
    pub algorithm: Algorithm,
    key: EncodingKey,
    public: Value,
}

fn with_public(key: EncodingKey, algorithm: Algorithm) -> (EncodingKey, Value) {
    let public = Jwk::from_encoding_key(&key, algorithm).expect("it has a public half");
    (key, serde_json::to_value(public).expect("it is JSON"))
}

impl SigningKey {
    /// A new one.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn new(id: &str, algorithm: Algorithm) -> Self {
        let random = SystemRandom::new();
        let (key, public) = match algorithm {
            Algorithm::EdDSA => {
                let private = Ed25519KeyPair::generate_pkcs8(&random).expect("a key is made");
                let pair = Ed25519KeyPair::from_pkcs8(private.as_ref()).expect("a key is made");
                let x = URL_SAFE_NO_PAD.encode(pair.public_key());
                let public = json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": x});
                (EncodingKey::from_ed_der(private.as_ref()), public)
            }
            Algorithm::ES256 => {
                let curve = &ECDSA_P256_SHA256_FIXED_SIGNING;
                let private = EcdsaKeyPair::generate_pkcs8(curve, &random).expect("a key is made");
                with_public(EncodingKey::from_ec_der(private.as_ref()), algorithm)
            }
            _ => {
                let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key is made");
                let private = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).expect("a key is made");
                let private = &private.as_ref()[PKCS8_PREFIX..];
                with_public(EncodingKey::from_rsa_der(private), algorithm)
            }
        };
        Self { id: id.to_owned(), algorithm, key, public }
    }

    /// The public half, as a key set holds it.
    pub fn public(&self) -> Value {
        let mut public = self.public.clone();
        public["kid"] = json!(self.id);
        public
    }

    /// The header of an access token (RFC 9068) signed with it.
    pub fn header(&self) -> Header {
        let (typ, kid) = (Some("at+jwt".to_owned()), Some(self.id.clone()));
        Header { typ, kid, ..Header::new(self.algorithm) }
    }

    /// A token with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_with(&self.header(), claims)
    }

    /// A token with this header and these claims.
    ///
    /// # Panics
    /// If it cannot be signed.
    pub fn sign_with(&self, header: &Header, claims: &Value) -> String {
        encode(header, claims, &self.key).expect("it is signed")
    }
}

/// Claims with a `change` to them; `null` takes one out.
///
/// # Panics
/// If the change is no object.
pub fn claims(issuer: &Issuer, change: &Value) -> Value {
    let mut claims = json!({
        "iss": issuer.url,
        "aud": AUDIENCE,
        "sub": "ainura",
        "iat": NOW,
        "exp": NOW + 600,
    });
    for (key, value) in change.as_object().expect("claims are an object") {
        claims[key] = value.clone();
    }
    claims.as_object_mut().expect("claims are an object").retain(|_, value| !value.is_null());
    claims
}

/// A token of three parts as they are given, the signature empty.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(header), part(claims))
}

/// The issuer, stopped with the test.
#[derive(Clone)]
pub struct Issuer {
    /// Its address, `iss` of its tokens.
    pub url: String,
    /// The document at each path.
    pub documents: Arc<Mutex<Vec<(String, String)>>>,
    /// How often its keys were fetched.
    pub fetched: Arc<AtomicUsize>,
    /// True while it answers.
    pub is_up: Arc<AtomicBool>,
}

impl Issuer {
    /// Serves these keys.
    ///
    /// # Panics
    /// If no port is free.
    pub async fn with(keys: &[&SigningKey]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}/realms/test", listener.local_addr().expect("it is bound"));
        let issuer = Self {
            documents: Arc::default(),
            fetched: Arc::default(),
            is_up: Arc::new(AtomicBool::new(true)),
            url,
        };
        let discovery = json!({"issuer": issuer.url, "jwks_uri": format!("{}/keys", issuer.url)});
        issuer.serve("/realms/test/.well-known/openid-configuration", discovery.to_string());
        issuer.rotate(keys);
        let own = issuer.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(own.clone().answer(socket));
            }
        });
        issuer
    }

    /// Serves other keys from now on.
    pub fn rotate(&self, keys: &[&SigningKey]) {
        let keys: Vec<Value> = keys.iter().map(|key| key.public()).collect();
        self.serve("/realms/test/keys", json!({"keys": keys}).to_string());
    }

    /// Serves a document at a path.
    ///
    /// # Panics
    /// If a thread panicked while it served one.
    pub fn serve(&self, path: &str, document: String) {
        let mut documents = self.documents.lock().expect("nobody panicked");
        documents.retain(|(known, _)| known != path);
        documents.push((path.to_owned(), document));
    }

    async fn answer(self, mut socket: TcpStream) {
        let mut request = vec![0; 4096];
        let read = socket.read(&mut request).await.unwrap_or(0);
        let request = String::from_utf8_lossy(&request[..read]).into_owned();
        let path = request.split(' ').nth(1).unwrap_or_default();
        if !self.is_up.load(Ordering::SeqCst) {
            return;
        }
        if path.ends_with("/keys") {
            self.fetched.fetch_add(1, Ordering::SeqCst);
        }
        let found = self
            .documents
            .lock()
            .expect("nobody panicked")
            .iter()
            .find(|(known, _)| known == path)
            .cloned();
        let answer = match found {
            Some((_, location)) if location.starts_with("http://") => {
                format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n")
            }
            Some((_, body)) => {
                format!(
                    "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                )
            }
            None => "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
        };
        let _ = socket.write_all(answer.as_bytes()).await;
        let _ = socket.shutdown().await;
    }
}
