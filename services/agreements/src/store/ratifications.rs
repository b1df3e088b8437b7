//! Queries of the ledger of an agreement.

use chronicle::{Chronicle, Error, ListRequest, Reader};

use crate::domain::{Party, Ratification};

/// The ratifications of some agreements, at a record time: each is given to `take` as it is read,
/// until that wants no more.
pub async fn ratifications_of(
    chronicle: &Chronicle,
    agreements: &[String],
    read_time: i64,
    reader: &Reader,
    mut take: impl FnMut(Ratification) -> bool,
) -> Result<(), Error> {
    if agreements.is_empty() {
        return Ok(());
    }
    let mut request = ListRequest {
        scope: Some(("agreement", agreements.to_vec())),
        page_size: 100,
        read_time: Some(read_time),
        ..ListRequest::default()
    };
    loop {
        let page = chronicle.list::<Ratification>(&request, reader).await?;
        let mut all = page.items.into_iter().map(|shown| shown.into_stored().value);
        if !all.all(&mut take) || page.next_page_token.is_empty() {
            return Ok(());
        }
        request.page_token = page.next_page_token;
    }
}

/// The groups of states that stand for the members of a union, at a record time.
pub async fn groups_of_states(
    chronicle: &Chronicle,
    read_time: i64,
    reader: &Reader,
) -> Result<Vec<Party>, Error> {
    let request = ListRequest {
        filter: "kind = STATES".to_owned(),
        page_size: 1000,
        read_time: Some(read_time),
        ..ListRequest::default()
    };
    let page = chronicle.list::<Party>(&request, reader).await?;
    let all = page.items.into_iter().map(|shown| shown.into_stored().value);
    Ok(all.filter(|party| !party.members_of.is_empty()).collect())
}
