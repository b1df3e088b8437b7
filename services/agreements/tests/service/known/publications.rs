//! When sources were published.

use api::registan::agreements::v1::{GetSourceRequest, Source};
use api::registan::references::v1::ListPublicationsRequest;
use tonic::Code;

use super::{published, recorded};
use crate::agreements::day;
use crate::support::{on_both, serve};

#[tokio::test]
async fn other_services_ask_when_sources_were_published() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let names = ["sources/draft", "sources/undated", "sources/none", "parties/kz"];
        let mut ask = async |seconds: Option<i64>| {
            let read_time = seconds.map(|seconds| prost_types::Timestamp { seconds, nanos: 0 });
            let names = names.map(ToOwned::to_owned).to_vec();
            let request = ListPublicationsRequest { names, read_time };
            let answer = running.references.list_publications(request).await.unwrap();
            let mut found = answer.into_inner().publications;
            found.sort_by(|one, other| one.source.cmp(&other.source));
            found
        };

        let now = ask(None).await;
        assert_eq!(now.len(), 2);
        assert_eq!(now[0].published.as_ref().unwrap().date, day(2023, 12, 6));
        assert_eq!(now[1].published, None);
        assert_eq!(ask(Some(4_000_000_000)).await.len(), 2, "an instant of a clock that is ahead");
        assert_eq!(ask(Some(1_000_000_000)).await.len(), 0, "before the first change");
    })
    .await;
}

#[tokio::test]
async fn a_source_without_a_date_was_known_when_it_was_looked_at() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let mut page = published("page", None);
        let source = page.source.take().unwrap();
        page.source = Some(Source { retrieved: day(2024, 1, 17), ..source });
        running.sources.create_source(page).await.unwrap();
        let mut known = async |known_by| {
            let name = "sources/page".to_owned();
            let request = GetSourceRequest { name, known_by, ..GetSourceRequest::default() };
            running.sources.get_source(request).await.map(|_| ()).map_err(|it| it.code())
        };

        assert_eq!(known(day(2024, 1, 16)).await, Err(Code::NotFound));
        assert_eq!(known(day(2024, 1, 17)).await, Ok(()));
    })
    .await;
}
