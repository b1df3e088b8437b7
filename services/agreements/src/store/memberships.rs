//! Queries of memberships.

use chronicle::{Chronicle, Error, ListRequest, Reader};

use crate::domain::Membership;

/// Every membership of a group, at a record time.
pub async fn memberships_of(
    chronicle: &Chronicle,
    group: &str,
    read_time: i64,
    reader: &Reader,
) -> Result<Vec<Membership>, Error> {
    let mut request = ListRequest {
        filter: format!("group = \"{group}\""),
        page_size: 1000,
        read_time: Some(read_time),
        ..ListRequest::default()
    };
    let mut all = Vec::new();
    loop {
        let page = chronicle.list::<Membership>(&request, reader).await?;
        all.extend(page.items.into_iter().map(|shown| shown.into_stored().value));
        if page.next_page_token.is_empty() {
            return Ok(all);
        }
        request.page_token = page.next_page_token;
    }
}
