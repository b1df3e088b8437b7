//! Queries of memberships.

use chronicle::{Chronicle, Error, ListRequest, Reader};

use crate::domain::Membership;

/// The memberships of a group, at a record time; nothing where they are more than a page.
pub async fn memberships_of(
    chronicle: &Chronicle,
    group: &str,
    read_time: i64,
    reader: &Reader,
) -> Result<Option<Vec<Membership>>, Error> {
    let request = ListRequest {
        filter: format!("group = \"{group}\""),
        page_size: 1000,
        read_time: Some(read_time),
        ..ListRequest::default()
    };
    let page = chronicle.list::<Membership>(&request, reader).await?;
    let all = page.items.into_iter().map(|shown| shown.into_stored().value);
    Ok(page.next_page_token.is_empty().then(|| all.collect()))
}

/// The memberships that a party has or had, at a record time, as many as a page holds.
pub async fn memberships_by(
    chronicle: &Chronicle,
    party: &str,
    read_time: i64,
    reader: &Reader,
) -> Result<Vec<Membership>, Error> {
    let request = ListRequest {
        filter: format!("party = \"{party}\""),
        page_size: 1000,
        read_time: Some(read_time),
        ..ListRequest::default()
    };
    let page = chronicle.list::<Membership>(&request, reader).await?;
    Ok(page.items.into_iter().map(|shown| shown.into_stored().value).collect())
}
