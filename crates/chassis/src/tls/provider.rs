//! The protocol and the cryptography of both ends of a connection.

use std::sync::{Arc, LazyLock};

use rustls::crypto::{CryptoProvider, aws_lc_rs};

/// The protocol that is spoken within (ALPN): HTTP/2.
pub(super) const PROTOCOL: &[u8] = b"h2";

/// Cryptography by aws-lc-rs. Keys are agreed on so that who records the traffic today cannot read
/// it with a quantum computer later, where the other side can do that, too.
pub(super) static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
    let mut provider = aws_lc_rs::default_provider();
    let hybrid = aws_lc_rs::kx_group::X25519MLKEM768;
    provider.kx_groups.retain(|group| group.name() != hybrid.name());
    provider.kx_groups.insert(0, hybrid);
    Arc::new(provider)
});
