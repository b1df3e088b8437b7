//! Activity ↔ its message.

use api::registan::rights::v1 as wire;
use chronicle::{Resource, Shown};
use facts::vocabulary::Vocabulary;
use facts::wire::{number, read_required_date, read_required_source};
use facts::{Check, ErrorReason};
use policy::Tier;
use standard::{Reference, Served, Stamp};

use crate::domain::{Activity, Recommendation};

impl Served for Activity {
    type Message = wire::Activity;
    type Held = Self;
    type Sent = wire::Activity;
    const ORDER: &'static str = "date";

    /// An id that a person chose can tell where a delegation was, and when.
    const SERVER_IDS: bool = true;

    fn read(check: &mut Check, name: String, message: wire::Activity) -> Self {
        let activity = Self {
            name,
            tier: check.optional_word("tier", message.tier).unwrap_or(Tier::Restricted),
            kind: check.word("kind", message.kind),
            party: check.name("party", message.party, &["parties/{party}"], true),
            delegation: check.required_text("delegation", message.delegation, 256),
            place: check.text("place", message.place, 256),
            date: read_required_date(check, "date", message.date),
            outcome: check.word("outcome", message.outcome),
            summary: check.text("summary", message.summary, 4096),
            recommendations: check.names(
                "recommendations",
                message.recommendations,
                &[Recommendation::PATTERN],
            ),
            projects: check.names("projects", message.projects, &["projects/{project}"]),
            source: read_required_source(check, "source", message.source),
            confidence: check.optional_word("confidence", message.confidence),
            internal_note: check.text("internal_note", message.internal_note, 4096),
            route: check.text("route", message.route, 4096),
        };
        if activity.outcome.took_place() && check.is_future(&activity.date) {
            let description =
                "lies in the future, so `outcome` cannot say that it took place: is it PLANNED?";
            check.violation("date", ErrorReason::InTheFuture, description);
        }
        activity
    }

    fn send(shown: Shown<Self>) -> Result<wire::Activity, String> {
        Ok(Self::write(shown))
    }

    fn write(shown: Shown<Self>) -> wire::Activity {
        let stamp = Stamp::of(&shown);
        let activity = shown.into_stored().value;
        wire::Activity {
            name: activity.name,
            uid: stamp.uid,
            etag: stamp.etag,
            create_time: stamp.create_time,
            update_time: stamp.update_time,
            delete_time: stamp.delete_time,
            tier: stamp.tier,
            desks: stamp.desks,
            kind: activity.kind.number(),
            party: activity.party,
            delegation: activity.delegation,
            place: activity.place,
            date: Some(activity.date.into()),
            outcome: activity.outcome.number(),
            summary: activity.summary,
            recommendations: activity.recommendations,
            projects: activity.projects,
            source: Some(activity.source.into()),
            confidence: number(activity.confidence),
            internal_note: activity.internal_note,
            route: activity.route,
        }
    }

    fn references(&self) -> Vec<Reference> {
        let mut references = vec![Reference::new("party", &self.party)];
        references.extend(Reference::all("recommendations", &self.recommendations));
        references.extend(Reference::all("projects", &self.projects));
        references.extend(Reference::source(&self.source));
        references
    }
}
