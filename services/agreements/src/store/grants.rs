//! Queries of grants.

use chronicle::{Chronicle, Error, Lane, ListRequest, Reader, Shown};

use crate::domain::Grant;

/// Every grant of a subject that is not deleted, expired or not. They are PUBLIC by tier, so that
/// they are found before it is known who the caller is.
pub async fn grants_of(chronicle: &Chronicle, subject: &str) -> Result<Vec<Shown<Grant>>, Error> {
    let mut request = ListRequest {
        scope: Some(("subject", vec![subject.to_owned()])),
        page_size: 1000,
        ..ListRequest::default()
    };
    let mut grants = Vec::new();
    loop {
        let page = chronicle.list_in::<Grant>(Lane::Free, &request, &Reader::public()).await?;
        grants.extend(page.items);
        if page.next_page_token.is_empty() {
            return Ok(grants);
        }
        request.page_token = page.next_page_token;
    }
}
