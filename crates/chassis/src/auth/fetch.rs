//! Fetches a small document of an issuer: bounded in time and size, encrypted, without detours.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};

/// How long one document may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The most bytes of one document.
const MOST_BYTES: usize = 256 * 1024;

/// A client that follows no redirects and uses no proxy.
pub(super) fn client() -> Result<Client> {
    let client = Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .timeout(TIMEOUT)
        .connect_timeout(TIMEOUT)
        .user_agent("registan")
        .build();
    client.context("no client for HTTPS can be made: are there root certificates on this machine?")
}

/// The document at `url`.
pub(super) async fn fetch(client: &Client, url: &str) -> Result<Vec<u8>> {
    let url = encrypted(url)?;
    let mut answer = client.get(url.clone()).header("accept", "application/json").send().await?;
    ensure!(answer.status() == StatusCode::OK, "{url} answered {}", answer.status());
    let mut body = Vec::new();
    while let Some(bytes) = answer.chunk().await? {
        ensure!(body.len() + bytes.len() <= MOST_BYTES, "{url} is larger than {MOST_BYTES} bytes");
        body.extend_from_slice(&bytes);
    }
    Ok(body)
}

/// The URL, if what comes from there cannot be changed on the way: HTTPS, or this machine.
pub(crate) fn encrypted(url: &str) -> Result<Url> {
    let parsed = Url::parse(url).with_context(|| format!("`{url}` is not a URL"))?;
    let host = parsed.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let is_here = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    ensure!(
        parsed.scheme() == "https" || parsed.scheme() == "http" && is_here,
        "`{url}` must begin with https://; http:// is taken for a loopback address alone"
    );
    Ok(parsed)
}
