//! Which sources had been published by a day: a query of this record, or a call for each thousand
//! names.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;

use api::registan::references::v1::reference_service_client::ReferenceServiceClient;
use api::registan::references::v1::{ListPublicationsRequest, Publication};
use api::registan::r#type::v1::PartialDate;
use chassis::client::Connection;
use chassis::failure::{ErrorReason, Failure};
use chronicle::{At, Chronicle, Error, Reader};
use facts::{Check, Day};

use crate::Served;
use crate::failure::from_record;
use crate::known::{Published, Standing};
use crate::time::timestamp;

/// Names in one question.
pub(crate) const MOST_NAMES: usize = 1000;

type Found = Pin<Box<dyn Future<Output = Result<Vec<Publication>, Error>> + Send>>;
type Finder = Box<dyn Fn(Arc<Chronicle>, Vec<String>, At, Reader, For) -> Found + Send + Sync>;

/// The use of a date of publication.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// It is compared with a day here.
    Comparison,
    /// It is sent to another service: a reading, which the log must have.
    Sending,
}

/// The service that keeps the sources.
pub(crate) enum Sources {
    /// No service that is known.
    Unknown,
    /// This service: gives when those of the names were published that it keeps.
    Local(Finder),
    /// Another service, by its name and client.
    Remote(&'static str, ReferenceServiceClient<Connection>),
}

impl Sources {
    /// The sources of this kind, kept by this service.
    pub fn local<T: Served>(published: fn(&T) -> Option<PartialDate>) -> Self {
        Self::Local(Box::new(move |chronicle, names, at, reader, purpose| {
            Box::pin(async move {
                let found = chronicle.stood::<T>(&names, at, &reader).await?;
                let publication = |source: &T| Publication {
                    source: source.name().to_owned(),
                    published: published(source),
                };
                if purpose == For::Comparison {
                    return Ok(found.iter().map(|stored| publication(&stored.value)).collect());
                }
                let shown = chronicle.show_all(&reader, at, found).await?;
                Ok(shown.iter().map(|shown| publication(&shown.value)).collect())
            })
        }))
    }

    /// Returns which of the names had been published by a day, and which had not, as the record
    /// stood at an instant.
    pub async fn known(
        &self,
        chronicle: &Arc<Chronicle>,
        names: BTreeSet<String>,
        (day, read_time): (Day, i64),
        reader: &Reader,
    ) -> Result<Published, Failure> {
        let names: Vec<String> = names.into_iter().collect();
        let mut known = Published::default();
        for some in names.chunks(MOST_NAMES) {
            let found = match self {
                Self::Unknown => Vec::new(),
                Self::Local(_) => {
                    let purpose = For::Comparison;
                    self.dated(chronicle, some.to_vec(), Some(read_time), reader, purpose).await?
                }
                Self::Remote(service, client) => {
                    let read_time = Some(timestamp(read_time));
                    let request = ListPublicationsRequest { names: some.to_vec(), read_time };
                    let answer = client.clone().list_publications(request).await;
                    let failed = |status| Failure::downstream(service, status);
                    answer.map_err(failed)?.into_inner().publications
                }
            };
            for Publication { source, published } in found {
                match standing(published, day) {
                    Standing::Surely => known.surely.insert(source),
                    Standing::Later => known.later.insert(source),
                    Standing::Perhaps => false,
                };
            }
        }
        Ok(known)
    }

    /// Returns when those of the names were published that this service keeps, for another service.
    /// At an instant before its first change it keeps none; one in its future is of another
    /// service, and is now.
    pub async fn published(
        &self,
        chronicle: &Arc<Chronicle>,
        names: Vec<String>,
        read_time: Option<i64>,
        reader: &Reader,
    ) -> Result<Vec<Publication>, Failure> {
        self.dated(chronicle, names, read_time, reader, For::Sending).await
    }

    async fn dated(
        &self,
        chronicle: &Arc<Chronicle>,
        names: Vec<String>,
        read_time: Option<i64>,
        reader: &Reader,
        purpose: For,
    ) -> Result<Vec<Publication>, Failure> {
        let Self::Local(find) = self else { return Ok(Vec::new()) };
        let failed = |error| from_record("registan/Source", error);
        let at = match chronicle.at(read_time, reader).await {
            Ok(at) => at,
            Err(Error::BeforeRecord(_)) => return Ok(Vec::new()),
            Err(error) => match failed(error) {
                failure if failure.reason == ErrorReason::ReadTimeInvalid => At::Now,
                failure => return Err(failure),
            },
        };
        find(Arc::clone(chronicle), names, at, reader.clone(), purpose).await.map_err(failed)
    }
}

/// How it stands on a day with what was published at a date: certain whatever day of it was the
/// one, or not.
fn standing(published: Option<PartialDate>, day: Day) -> Standing {
    let date = published.and_then(|date| facts::wire::date(&mut Check::default(), date));
    match date {
        Some(date) if date.latest() <= day => Standing::Surely,
        Some(date) if date.earliest() > day => Standing::Later,
        _ => Standing::Perhaps,
    }
}

#[cfg(test)]
mod tests {
    use api::registan::r#type::v1::{Date, partial_date::Qualifier};

    use super::*;

    #[test]
    fn what_is_not_exact_was_published_by_its_last_day_and_not_before_its_first() {
        let dated = |(year, month, day): (i32, i32, i32), qualifier: Qualifier| PartialDate {
            date: Some(Date { year, month, day }),
            qualifier: qualifier.into(),
            ..PartialDate::default()
        };
        let end = Some(Date { year: 2024, month: 1, day: 16 });
        let interval = PartialDate { end, ..dated((2024, 1, 0), Qualifier::Unspecified) };
        let always = Some(0);
        for (published, perhaps, surely) in [
            (dated((2024, 1, 17), Qualifier::Unspecified), None, Some(20_240_117)),
            (dated((2024, 1, 0), Qualifier::Unspecified), Some(20_240_101), Some(20_240_131)),
            (dated((2024, 0, 0), Qualifier::Unspecified), Some(20_240_101), Some(20_241_231)),
            (dated((2024, 1, 17), Qualifier::Until), always, Some(20_240_117)),
            (interval, Some(20_240_101), Some(20_240_116)),
            (dated((2024, 1, 17), Qualifier::From), Some(20_240_117), None),
            (dated((2024, 13, 0), Qualifier::Unspecified), always, None),
        ] {
            for day in [20_231_231, 20_240_112, 20_240_117, 20_240_131, 20_241_231, 20_260_101] {
                let by = |first: Option<i32>| first.is_some_and(|first| first <= day);
                let expected = match (by(surely), by(perhaps)) {
                    (true, _) => Standing::Surely,
                    (_, true) => Standing::Perhaps,
                    _ => Standing::Later,
                };
                let found = standing(Some(published.clone()), Day(day));
                assert_eq!(found, expected, "{published:?} {day}");
            }
        }
        assert_eq!(standing(None, Day(20_260_101)), Standing::Perhaps, "it has no day");
    }
}
