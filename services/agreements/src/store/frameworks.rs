//! Queries of preference schemes.

use chronicle::{Chronicle, Error, ListRequest, Reader};

use crate::domain::Framework;

/// The preference schemes with beneficiaries, or those of a party, at a record time (now if
/// absent), and that time; no schemes where they are more than a page.
pub async fn schemes(
    chronicle: &Chronicle,
    party: &str,
    read_time: Option<i64>,
    reader: &Reader,
) -> Result<(Option<Vec<Framework>>, i64), Error> {
    let of_party = format!("beneficiaries.party:\"{party}\"");
    let filter = if party.is_empty() { "kind = TRADE_PREFERENCE".to_owned() } else { of_party };
    let request = ListRequest { filter, page_size: 1000, read_time, ..ListRequest::default() };
    let page = chronicle.list::<Framework>(&request, reader).await?;
    let is_all = page.next_page_token.is_empty();
    let all = page.items.into_iter().map(|shown| shown.into_stored().value);
    Ok((is_all.then(|| all.collect()), page.read_time))
}
