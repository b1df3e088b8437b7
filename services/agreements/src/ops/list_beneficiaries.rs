//! The beneficiaries of preference schemes on a day.

use api::registan::agreements::v1 as wire;
use chassis::Failure;
use facts::{Day, ErrorReason};
use standard::failure::from_record;

use crate::app::App;
use crate::domain::binding::{Holds, Lasting};
use crate::{ops, store};

/// The benefits on a day, and the day and instant of the record they hold for.
pub struct BenefitsOnDay {
    /// The benefits that certainly are, by party and scheme.
    pub benefits: Vec<wire::Benefit>,
    /// The benefits of which it is not known.
    pub undetermined: Vec<wire::Benefit>,
    /// The day in the world.
    pub as_of: Day,
    /// The record time.
    pub read_time: i64,
}

/// The benefits of a party, or of all where none is named, on a day (today if absent), at a record
/// time (now if absent).
pub async fn list_beneficiaries(
    app: &App,
    party: &str,
    as_of: Option<Day>,
    read_time: Option<i64>,
) -> Result<BenefitsOnDay, Failure> {
    let as_of = ops::day_or_today(app, as_of);
    let found = store::schemes(&app.records.chronicle, party, read_time, &standard::reader()).await;
    let (schemes, read_time) = found.map_err(|error| from_record("registan/Framework", error))?;
    let schemes = schemes.ok_or_else(too_many)?;
    let mut all = BenefitsOnDay { benefits: vec![], undetermined: vec![], as_of, read_time };
    for scheme in schemes {
        let law = Lasting::of_framework(&scheme);
        let each = scheme.beneficiaries.iter().zip(law.benefits_on(as_of));
        for (one, holds) in each.filter(|(one, _)| party.is_empty() || one.party == party) {
            let benefit = wire::Benefit {
                framework: scheme.name.clone(),
                beneficiary: Some(one.clone()),
                reason: String::new(),
            };
            match holds {
                Holds::Yes => all.benefits.push(benefit),
                Holds::Perhaps => {
                    let reason = "from when until when it benefits is not known exactly".to_owned();
                    all.undetermined.push(wire::Benefit { reason, ..benefit });
                }
                Holds::No => {}
            }
        }
    }
    for list in [&mut all.benefits, &mut all.undetermined] {
        list.sort_by_cached_key(|one| {
            let party = one.beneficiary.as_ref().map(|it| it.party.clone());
            (party, one.framework.clone())
        });
    }
    Ok(all)
}

/// The refusal to answer from more schemes than a page has.
fn too_many() -> Failure {
    let message = "more than 1000 schemes are recorded: use ListFrameworks with the filter \
                   kind = TRADE_PREFERENCE";
    Failure::resource_exhausted(ErrorReason::AnswerTooLarge, message)
}
