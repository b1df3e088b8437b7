//! Questions by the real grpcurl.

use std::net::SocketAddr;
use std::process::Command;

use serde_json::Value;

/// The error of a call, as grpcurl prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The gRPC code: `NotFound`.
    pub code: String,
    /// All that was printed, details included.
    pub text: String,
}

/// Calls a method, named without the common beginning: `agreements.v1.PartyService/GetParty`.
/// Several messages of a stream come as an array. Without a token the caller is anonymous.
///
/// # Panics
/// If grpcurl is not there or prints no JSON.
pub fn grpcurl(
    address: SocketAddr,
    token: Option<&str>,
    method: &str,
    request: &str,
) -> Result<Value, Refusal> {
    let tool = testkit::tool("grpcurl").expect("grpcurl is there");
    let method =
        if method.starts_with("grpc.") { method.to_owned() } else { format!("registan.{method}") };
    let header = token.map(|token| format!("authorization: Bearer {token}"));
    let output = Command::new(tool)
        .args(["-plaintext", "-max-time", "60", "-d", request])
        .args(header.iter().flat_map(|header| ["-H", header]))
        .args([&address.to_string(), &method])
        .output()
        .expect("grpcurl runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        let messages: Vec<Value> = serde_json::Deserializer::from_str(&text)
            .into_iter()
            .map(|message| message.expect("it is JSON"))
            .collect();
        return Ok(match messages.len() {
            1 => messages.into_iter().next().unwrap_or_default(),
            _ => Value::Array(messages),
        });
    }
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let code =
        errors.split("Code: ").nth(1).and_then(|rest| rest.lines().next()).unwrap_or_default();
    Err(Refusal { code: code.trim().to_owned(), text: errors })
}

/// An answer without what differs from run to run: uids, etags, times and tokens.
#[must_use]
pub fn normal(answer: &Value) -> Value {
    match answer {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .filter(|(key, _)| {
                    !matches!(key.as_str(), "uid" | "etag" | "nextPageToken" | "resumeToken")
                        && !key.ends_with("Time")
                })
                .map(|(key, value)| (key.clone(), normal(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(normal).collect()),
        other => other.clone(),
    }
}
