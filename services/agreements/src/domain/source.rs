//! Sources, and when each was published.

use api::registan::agreements::v1 as wire;
use api::registan::r#type::v1::PartialDate;
use api::registan::r#type::v1::partial_date::Qualifier;
use standard::Value;

/// A source.
pub type Source = Value<wire::Source>;

/// Returns when a source was published. Where that is not recorded, it was by the day on which it
/// was looked at; nothing where that is not recorded either.
pub fn published(source: &wire::Source) -> Option<PartialDate> {
    let looked_at = |date| PartialDate {
        date: Some(date),
        qualifier: Qualifier::Until.into(),
        ..PartialDate::default()
    };
    source.published.clone().or_else(|| source.retrieved.map(looked_at))
}
