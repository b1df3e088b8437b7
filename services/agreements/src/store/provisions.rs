//! Queries of provisions.

use chronicle::{Chronicle, Error, ListRequest, Reader};

use crate::domain::Provision;

/// Agreements that are asked for at once.
const MOST_NAMES: usize = 500;

/// Every provision of these agreements, at a record time, in no order: each is given to `take` as
/// it is read, until that wants no more. One statement a page, whatever the number of agreements.
pub async fn provisions_of(
    chronicle: &Chronicle,
    agreements: &[String],
    read_time: i64,
    reader: &Reader,
    mut take: impl FnMut(Provision) -> bool,
) -> Result<(), Error> {
    for names in agreements.chunks(MOST_NAMES) {
        let mut request = ListRequest {
            scope: Some(("agreement", names.to_vec())),
            page_size: 1000,
            read_time: Some(read_time),
            ..ListRequest::default()
        };
        loop {
            let page = chronicle.list::<Provision>(&request, reader).await?;
            let mut provisions = page.items.into_iter().map(|shown| shown.into_stored().value);
            if !provisions.all(&mut take) {
                return Ok(());
            }
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
    }
    Ok(())
}
