//! Queries of grants.

use chronicle::{Chronicle, Error, ListRequest, Stored};

use crate::domain::Grant;

/// Every grant of a subject that is not deleted, expired or not.
pub async fn grants_of(chronicle: &Chronicle, subject: &str) -> Result<Vec<Stored<Grant>>, Error> {
    let mut request = ListRequest {
        scope: Some(("subject", subject.to_owned())),
        page_size: 1000,
        ..ListRequest::default()
    };
    let mut grants = Vec::new();
    loop {
        let page = chronicle.list::<Grant>(&request).await?;
        grants.extend(page.items);
        if page.next_page_token.is_empty() {
            return Ok(grants);
        }
        request.page_token = page.next_page_token;
    }
}
