//! Joins what the three services know about one party.

mod calls;
mod counts;
mod day;
mod frameworks;
mod gaps;
mod law;
mod money;
mod rights;
mod room;
mod standing;
mod subject;

use api::registan::partnership::v1::part_status::GapKind;
use api::registan::partnership::v1::{Brief, GetBriefRequest, LawPart, MoneyPart, RightsPart};
use api::registan::r#type::v1::Date;
use chassis::Failure;
use chassis::clock::today;
use chassis::failure::{Code, Violation};
use facts::wire::no_day;
use facts::{Day, ErrorReason};
use prost_types::Timestamp;

use self::gaps::Gaps;
use self::standing::Days;
use self::subject::Subject;
use crate::App;
use crate::ops::party;
use crate::ops::share::two_thirds;

/// The request for a part.
#[derive(Clone)]
struct Question {
    /// `parties/tm`.
    party: String,
    subject: Subject,
    as_of: Date,
    days: Days,
    read_time: Option<Timestamp>,
    /// The day on which it was known; absent for all that is recorded.
    known_by: Option<Date>,
}

/// Says what stands between the European Union and a party on a day: three parts, fetched in
/// parallel, each within its share of the caller's time. A part that cannot be had is named as
/// missing and the others are served; if none can be had, that is the answer.
pub async fn get_brief(app: &App, request: GetBriefRequest) -> Result<Brief, Failure> {
    let question = question(app, request).await?;
    let law = |question| two_thirds("agreements", law::part(app, question));
    let money = |question| two_thirds("projects", money::part(app, question));
    let rights = |question| two_thirds("rights-reporting", rights::part(app, question));
    let asked = tokio::join!(law(&question), money(&question), rights(&question));
    // Each service keeps its own instants: one that is past for one of them is not in the future,
    // even where the clock that recorded it was. The others answer for their last. Of a party
    // without a code nobody was asked for money.
    let is_money_asked = !question.subject.recipients.is_empty();
    let is_past = asked.0.is_ok() || (is_money_asked && asked.1.is_ok()) || asked.2.is_ok();
    let last = Question { read_time: None, ..question.clone() };
    let law = served(if_later(asked.0, is_past, law(&last)).await)?;
    let money = served(if_later(asked.1, is_past, money(&last)).await)?;
    let rights = served(if_later(asked.2, is_past, rights(&last)).await)?;
    if let (Err((_, reason)), Err(_), Err(_)) = (&law, &money, &rights) {
        return Err(Failure::unavailable(
            ErrorReason::NoPartAvailable,
            format!("no part of the brief can be had: {reason}"),
        ));
    }
    Ok(Brief {
        party: question.party,
        as_of: Some(question.as_of),
        known_by: question.known_by,
        law: Some(law.unwrap_or_else(|(kind, reason)| LawPart {
            status: Some(Gaps::missing(kind, reason)),
            ..LawPart::default()
        })),
        money: Some(money.unwrap_or_else(|(kind, reason)| MoneyPart {
            status: Some(Gaps::missing(kind, reason)),
            ..MoneyPart::default()
        })),
        rights: Some(rights.unwrap_or_else(|(kind, reason)| RightsPart {
            status: Some(Gaps::missing(kind, reason)),
            ..RightsPart::default()
        })),
    })
}

async fn question(app: &App, request: GetBriefRequest) -> Result<Question, Failure> {
    party::check(&request.party)?;
    let today = Day::from(today(&*app.clock));
    let as_of = request.as_of.unwrap_or_else(|| today.into());
    let day = checked("as_of", as_of)?;
    if let Some(day) = request.known_by {
        checked("known_by", day)?;
    }
    let subject = subject::find(app, &request.party, request.read_time).await?;
    let days = Days { as_of: day, today };
    let GetBriefRequest { party, read_time, known_by, .. } = request;
    Ok(Question { party, subject, as_of, days, read_time, known_by })
}

/// The day in a field of a request.
fn checked(field: &'static str, date: Date) -> Result<Day, Failure> {
    let violation = || Violation::new(field, ErrorReason::DateInvalid, no_day(date));
    day::day(date).ok_or_else(|| Failure::invalid(vec![violation()]))
}

/// The part; or `last`, where the instant is past for another part and lies in the future for this
/// one.
async fn if_later<P>(
    part: Result<P, Failure>,
    is_past: bool,
    last: impl Future<Output = Result<P, Failure>>,
) -> Result<P, Failure> {
    match part {
        Err(failure) if is_past && failure.reason == ErrorReason::ReadTimeInvalid => last.await,
        part => part,
    }
}

/// A part, or why it is missing. What is wrong with the question is wrong for all parts.
fn served<P>(part: Result<P, Failure>) -> Result<Result<P, (GapKind, String)>, Failure> {
    let failure = match part {
        Ok(part) => return Ok(Ok(part)),
        Err(failure) => failure,
    };
    let kind = match (failure.code, failure.reason) {
        (Code::InvalidArgument | Code::NotFound, _) => return Err(failure),
        // It answered: nothing was recorded by then.
        (_, ErrorReason::ReadTimeBeforeRecord) => GapKind::NotRecorded,
        _ => GapKind::ServiceUnavailable,
    };
    Ok(Err((kind, failure.message.clone())))
}

impl Question {
    /// Returns whether what is recorded holds as it is.
    fn is_today(&self) -> bool {
        self.days.as_of == self.days.today
    }

    /// The day as filters write it.
    fn day(&self) -> String {
        format!("\"{:04}-{:02}-{:02}\"", self.as_of.year, self.as_of.month, self.as_of.day)
    }
}
