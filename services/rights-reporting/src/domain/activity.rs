//! Something a delegation did, or tried to do, about human rights.

use api::registan::rights::v1 as wire;
use api::registan::rights::v1::activity::Outcome;
use facts::wire::checked_date;
use facts::{Check, ErrorReason};
use standard::{Rules, Value};

use super::once::once;

/// An activity.
pub type Activity = Value<wire::Activity, OfOutcomes>;

/// The rules that what happened does not lie in the future, and that nothing is named twice.
pub enum OfOutcomes {}

impl Rules<wire::Activity> for OfOutcomes {
    fn check(activity: &mut wire::Activity, check: &mut Check) {
        use Outcome::{CarriedOut, NoReply, PartlyCarriedOut, Refused};
        let happened =
            matches!(activity.outcome(), CarriedOut | PartlyCarriedOut | Refused | NoReply);
        let date = checked_date(activity.date.as_ref());
        if happened && date.is_some_and(|date| check.is_future(&date)) {
            let description =
                "lies in the future, so `outcome` cannot say that it happened: is it PLANNED?";
            check.violation("date", ErrorReason::InTheFuture, description);
        }
        once("recommendations", &activity.recommendations, check);
        once("projects", &activity.projects, check);
    }
}
