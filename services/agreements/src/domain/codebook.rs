//! The codebook of which the kinds of parts are codes, as a suite that begins now has it.

use api::registan::agreements::v1 as wire;
use api::registan::options::v1::Tier;
use prost_reflect::DynamicMessage;
use standard::Value;

/// A codebook.
pub type Codebook = Value<wire::Codebook>;

/// The name of the codebook of which the kinds of parts are codes.
pub const CODEBOOK: &str = "codebooks/registan-1";

/// The codebooks of the reference record: that one is the first.
const CODEBOOKS: &str = include_str!("../../../../crates/reference/data/codebooks.json");

/// Returns the codebook of the kinds of parts.
pub fn of_kinds() -> Result<Codebook, String> {
    let written: serde_json::Value =
        serde_json::from_str(CODEBOOKS).map_err(|error| error.to_string())?;
    let descriptor = api::descriptors().get_message_by_name("registan.agreements.v1.Codebook");
    let descriptor = descriptor.ok_or("the contract has no codebook")?;
    let message = DynamicMessage::deserialize(descriptor, &written[0]["resource"]);
    let message = message.map_err(|error| error.to_string())?;
    let message: wire::Codebook = message.transcode_to().map_err(|error| error.to_string())?;
    let (name, tier) = (CODEBOOK.to_owned(), Tier::Public.into());
    Ok(Codebook::of(wire::Codebook { name, tier, ..message }))
}
