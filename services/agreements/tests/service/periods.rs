//! Agreements by their status on a day: a filter finds those of which the status says it, at any
//! read time, by pages, in exports, watches and differences.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};

use api::registan::agreements::v1::agreement::{Kind, State};
use api::registan::agreements::v1::milestone::Kind as Happened;
use api::registan::agreements::v1::party::Kind as PartyKind;
use api::registan::agreements::v1::{
    Agreement, CreateAgreementRequest, DiffAgreementsRequest, ExportAgreementsRequest,
    GetLegalBasisRequest, ListAgreementsRequest, Milestone, UpdateAgreementRequest,
    WatchAgreementsRequest,
};
use api::registan::r#type::v1::{Confidence, Date, PartialDate, partial_date::Qualifier};
use prost_types::{FieldMask, Timestamp};
use tonic::Code;

use crate::agreements::{agreement, between, day, milestone};
use crate::support::{Running, database, on_both, party, reason, serve};

const AGREEMENTS: usize = 12;
const ROUNDS: usize = 3;
const DAYS: usize = 10;

/// Numbers that follow from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, most: i32) -> i32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        i32::try_from((self.0 >> 33) % u64::try_from(most).unwrap()).unwrap()
    }

    /// A day, a month or a year of two; known by then, from then on, or with two ends.
    fn date(&mut self) -> PartialDate {
        let (year, month) = (2001 + self.below(2), self.below(13));
        let of_month = if month == 0 || self.below(3) == 0 { 0 } else { 1 + self.below(28) };
        let mut date = PartialDate { date: day(year, month, of_month), ..PartialDate::default() };
        match self.below(8) {
            0 => date.set_qualifier(Qualifier::Until),
            1 => date.set_qualifier(Qualifier::From),
            2 => date.end = day(2003, self.below(13), 0),
            _ => {}
        }
        date
    }

    /// A life with inexact, contradictory and missing dates, with suspensions of parts and liftings
    /// of them; the contract has 26 kinds of milestones. One in three of those of a break is a break
    /// of the whole.
    fn life(&mut self) -> Vec<Milestone> {
        let mut milestones = Vec::new();
        for _ in 0..self.below(7) {
            let kind = Happened::try_from(1 + self.below(26)).unwrap();
            let confidence =
                [Confidence::Certain, Confidence::Unsure][usize::from(self.below(4) == 0)];
            let mut one = Milestone {
                kind: kind.into(),
                date: Some(self.date()),
                preferred: self.below(6) == 0,
                confidence: confidence.into(),
                ..Milestone::default()
            };
            self.add_part(kind, &mut one);
            milestones.push(one);
        }
        milestones
    }

    /// Says of a suspension or a lifting, now and then, of which part it is.
    fn add_part(&mut self, kind: Happened, one: &mut Milestone) {
        if !matches!(kind, Happened::Suspended | Happened::SuspensionLifted) {
            return;
        }
        let articles = ["Article 5", "Articles 2 and 94", "Article 94(2)", "Title III"];
        match self.below(5) {
            0 => "trade".clone_into(&mut one.scope),
            1 | 2 => {
                let article = articles[usize::try_from(self.below(4)).unwrap()];
                one.articles = vec![article.to_owned()];
            }
            _ => one.whole = kind == Happened::SuspensionLifted && self.below(2) == 0,
        }
    }

    fn day(&mut self) -> Date {
        match self.below(4) {
            0 => Date { year: 2001 + self.below(4), month: 1 + self.below(12), day: 1 },
            1 => Date { year: 2000 + self.below(4), month: 12, day: 31 },
            _ => Date {
                year: 2001 + self.below(2),
                month: 1 + self.below(12),
                day: 1 + self.below(28),
            },
        }
    }
}

async fn with_parties(url: &str) -> Running {
    let mut running = serve(url).await;
    for (id, kind) in [("eu", PartyKind::Union), ("kz", PartyKind::State)] {
        running.parties.create_party(party(id, kind)).await.unwrap();
    }
    running
}

/// A life that can have happened, recorded by `write`, which says whether it was taken.
async fn written(
    running: &mut Running,
    random: &mut Random,
    id: &str,
    is_new: bool,
) -> Option<Agreement> {
    let mut request = agreement(id, Kind::Other, random.life());
    let answer = if is_new {
        running.agreements.create_agreement(request).await
    } else {
        let mut agreement = request.agreement.take().unwrap();
        agreement.name = format!("agreements/{id}");
        "*".clone_into(&mut agreement.etag);
        let update_mask = Some(FieldMask { paths: vec!["milestones".to_owned()] });
        let request = UpdateAgreementRequest {
            agreement: Some(agreement),
            update_mask,
            ..UpdateAgreementRequest::default()
        };
        running.agreements.update_agreement(request).await
    };
    match answer {
        Ok(written) => Some(written.into_inner()),
        Err(refusal) => {
            assert_eq!(reason(&refusal), "ORDER_INVALID", "{refusal:?}");
            None
        }
    }
}

/// Agreements with random lives in several versions, and the instants between which all of them
/// have changed.
async fn recorded(running: &mut Running, random: &mut Random) -> Vec<Timestamp> {
    let mut instants = Vec::new();
    for round in 0..ROUNDS {
        let mut last = None;
        for number in 0..AGREEMENTS {
            let id = format!("a{number}");
            loop {
                last = written(running, random, &id, round == 0).await;
                if last.is_some() {
                    break;
                }
            }
        }
        instants.push(last.unwrap().update_time.unwrap());
    }
    instants
}

fn asked(filter: &str, read_time: Option<Timestamp>) -> ListAgreementsRequest {
    let page_size = 1000;
    ListAgreementsRequest { filter: filter.to_owned(), page_size, read_time, ..Default::default() }
}

fn of(agreements: &[Agreement]) -> BTreeSet<String> {
    agreements.iter().map(|one| one.name.replace("agreements/", "")).collect()
}

async fn found(
    running: &mut Running,
    filter: &str,
    read_time: Option<Timestamp>,
) -> BTreeSet<String> {
    let page = running.anonymous.list_agreements(asked(filter, read_time)).await.expect(filter);
    of(&page.into_inner().agreements)
}

fn word(state: State) -> &'static str {
    state.as_str_name().trim_start_matches("STATE_")
}

/// The agreements by the state that the status of each says for a day.
async fn stated(
    running: &mut Running,
    as_of: Date,
    read_time: Timestamp,
) -> BTreeMap<State, BTreeSet<String>> {
    let request = ListAgreementsRequest { as_of: Some(as_of), ..asked("", Some(read_time)) };
    let all = running.anonymous.list_agreements(request).await.unwrap().into_inner().agreements;
    let mut stated: BTreeMap<State, BTreeSet<String>> = BTreeMap::new();
    for one in all {
        let state = one.status.as_ref().unwrap().state();
        stated.entry(state).or_default().extend(of(&[one]));
    }
    stated
}

fn call(day: Date) -> String {
    format!("status_on(\"{:04}-{:02}-{:02}\")", day.year, day.month, day.day)
}

#[tokio::test]
async fn a_filter_finds_those_of_which_the_status_says_it() {
    on_both(|url| async move {
        let mut running = with_parties(&url).await;
        let mut random = Random(5);
        let instants = recorded(&mut running, &mut random).await;
        let mut seen = BTreeSet::new();
        for turn in 0..DAYS {
            let (as_of, read_time) = (random.day(), instants[turn % instants.len()]);
            let stated = stated(&mut running, as_of, read_time).await;
            assert_eq!(stated.values().map(BTreeSet::len).sum::<usize>(), AGREEMENTS);
            for number in 1..=18 {
                let state = State::try_from(number).unwrap();
                let filter = format!("{} = {}", call(as_of), word(state));
                let wanted = stated.get(&state).cloned().unwrap_or_default();
                let found = found(&mut running, &filter, Some(read_time)).await;
                assert_eq!(found, wanted, "{filter} at {read_time}");
            }
            let (state, those) = stated.first_key_value().unwrap();
            let other = format!("{} != {}", call(as_of), state.as_str_name());
            let others = found(&mut running, &other, Some(read_time)).await;
            assert_eq!((others.len(), others.is_disjoint(those)), (AGREEMENTS - those.len(), true));
            seen.extend(stated.into_keys());
        }
        assert!(seen.len() > 6 && seen.contains(&State::Undetermined), "{seen:?}");
    })
    .await;
}

/// One that entered into force in 2020, one that is only signed, one of which nothing is known.
async fn three(url: &str) -> Running {
    let mut running = with_parties(url).await;
    let signed = milestone(Happened::Signed, day(2015, 12, 21));
    for (id, milestones) in [
        ("one", vec![signed.clone(), milestone(Happened::InForce, day(2020, 3, 1))]),
        ("two", vec![signed]),
        ("three", vec![]),
    ] {
        let request: CreateAgreementRequest = agreement(id, Kind::Protocol, milestones);
        running.agreements.create_agreement(request).await.unwrap();
    }
    running
}

#[tokio::test]
async fn the_state_on_a_day_is_asked_with_other_terms_and_by_pages() {
    on_both(|url| async move {
        let mut running = Box::pin(three(&url)).await;
        for (filter, wanted) in [
            ("status_on(\"2020-02-29\") = SIGNED", "one two"),
            ("status_on(\"2020-03-01\") = SIGNED", "two"),
            ("status_on(\"2020-03-01\"):STATE_IN_FORCE", "one"),
            ("statusOn(2020-03-01) = in_force", "one"),
            ("status_on(\"2020-03-01\") != IN_FORCE", "three two"),
            ("NOT status_on(\"2020-03-01\") = IN_FORCE", "three two"),
            ("status_on(\"2020-03-01\") = UNKNOWN", "three"),
            ("status_on(\"0001-01-01\") = NOT_STARTED", "one two"),
            (
                "status_on(\"9999-12-31\") = IN_FORCE OR status_on(\"9999-12-31\"):UNKNOWN",
                "one three",
            ),
            ("parties:\"parties/kz\" AND status_on(\"2024-01-17\"):IN_FORCE", "one"),
            ("title:two AND status_on(\"2024-01-17\") = SIGNED kind = PROTOCOL", "two"),
            ("title:two OR status_on(\"2024-01-17\") = UNKNOWN", "three two"),
            ("status_on(\"2015-12-20\"):* AND signed_on:*", "one two"),
            ("status_on(\"2024-01-17\") = SUSPENDED", ""),
        ] {
            let names: Vec<_> = found(&mut running, filter, None).await.into_iter().collect();
            assert_eq!(names.join(" "), wanted, "{filter}");
            let request =
                ExportAgreementsRequest { filter: filter.to_owned(), ..Default::default() };
            let mut sent = running.anonymous.export_agreements(request).await.unwrap().into_inner();
            let mut exported = Vec::new();
            while let Some(one) = sent.message().await.unwrap() {
                exported.push(one);
            }
            assert_eq!(of(&exported).into_iter().collect::<Vec<_>>().join(" "), wanted, "{filter}");
        }
        let mut request = ListAgreementsRequest {
            page_size: 1,
            ..asked("status_on(\"2020-02-29\") = SIGNED", None)
        };
        let first = running.anonymous.list_agreements(request.clone()).await.unwrap().into_inner();
        request.page_token = first.next_page_token;
        let second = running.anonymous.list_agreements(request).await.unwrap().into_inner();
        let both: Vec<_> = first.agreements.into_iter().chain(second.agreements).collect();
        assert_eq!((of(&both).len(), second.next_page_token), (2, String::new()));
    })
    .await;
}

#[tokio::test]
async fn an_end_that_names_a_party_is_asked_with_the_legal_basis_of_that_party() {
    on_both(|url| async move {
        let mut running = with_parties(&url).await;
        running.parties.create_party(party("tm", PartyKind::State)).await.unwrap();
        let mut replaced = milestone(Happened::Replaced, day(1999, 7, 1));
        "parties/kz".clone_into(&mut replaced.party);
        let life = vec![milestone(Happened::InForce, day(1990, 4, 1)), replaced];
        let mut request = agreement("old", Kind::Protocol, life);
        request.agreement.as_mut().unwrap().parties = between(&["eu", "kz", "tm"]);
        running.agreements.create_agreement(request).await.unwrap();

        let found = found(&mut running, "status_on(\"2005-01-01\") = IN_FORCE", None).await;

        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["old"]);
        for (of, ended) in [("parties/kz", 1), ("parties/tm", 0)] {
            let request = GetLegalBasisRequest {
                party: of.to_owned(),
                as_of: day(2005, 1, 1),
                ..GetLegalBasisRequest::default()
            };
            let basis = running.agreements.get_legal_basis(request).await.unwrap().into_inner();
            assert_eq!((basis.ended.len(), basis.in_force.len()), (ended, 1 - ended), "{of}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_watch_and_a_difference_judge_by_the_state_on_the_day() {
    on_both(|url| async move {
        let mut running = Box::pin(three(&url)).await;
        let filter = "status_on(\"2024-01-17\") = IN_FORCE";
        let page = running.anonymous.list_agreements(asked(filter, None)).await.unwrap();
        let page = page.into_inner();
        let mut instants = Vec::new();
        // It enters the filter, is changed within it, and leaves it.
        for milestones in [
            vec![milestone(Happened::InForce, day(2022, 1, 1))],
            vec![milestone(Happened::InForce, day(2023, 1, 1))],
            vec![milestone(Happened::InForce, day(2024, 0, 0))],
        ] {
            let mut agreement = agreement("two", Kind::Protocol, milestones).agreement.unwrap();
            "agreements/two".clone_into(&mut agreement.name);
            "*".clone_into(&mut agreement.etag);
            let update_mask = Some(FieldMask { paths: vec!["milestones".to_owned()] });
            let agreement = Some(agreement);
            let request = UpdateAgreementRequest {
                agreement,
                update_mask,
                ..UpdateAgreementRequest::default()
            };
            let written = running.agreements.update_agreement(request).await.unwrap().into_inner();
            instants.push(written.update_time.unwrap());
        }

        let request =
            WatchAgreementsRequest { filter: filter.to_owned(), resume_token: page.resume_token };
        let mut events = running.anonymous.watch_agreements(request).await.unwrap().into_inner();
        let mut kinds = Vec::new();
        while kinds.len() < 3 {
            let event = events.message().await.unwrap().unwrap();
            let kind = event.kind().as_str_name().replace("CHANGE_KIND_", "");
            if kind != "HEARTBEAT" {
                kinds.push(kind);
            }
        }
        assert_eq!(kinds, ["ADDED", "CHANGED", "REMOVED"]);

        for (to_time, wanted) in [(instants[0], vec!["ADDED"]), (instants[2], vec![])] {
            let request = DiffAgreementsRequest {
                filter: filter.to_owned(),
                from_time: page.read_time,
                to_time: Some(to_time),
            };
            let mut sent = running.anonymous.diff_agreements(request).await.unwrap().into_inner();
            let mut kinds = Vec::new();
            while let Some(one) = sent.message().await.unwrap() {
                kinds.push(one.kind().as_str_name().replace("CHANGE_KIND_", ""));
            }
            assert_eq!(kinds, wanted);
        }
    })
    .await;
}

#[tokio::test]
async fn a_state_without_a_day_is_refused_with_how_to_ask() {
    let database = database(testkit::Engine::Sqlite).await.unwrap();
    let mut running = three(&database.url).await;
    for (filter, said) in [
        ("status = IN_FORCE", "a day is wanted: write status_on(\"2024-01-17\") = IN_FORCE"),
        ("status.state = STATE_SIGNED", "write status_on(\"2024-01-17\") = STATE_SIGNED"),
        ("state = IN_FORCE", "known are: kind, title,"),
        ("status_on(\"2024-01-17\") = FORCE", "known are: NOT_STARTED, MANDATED"),
        ("status_on(\"2024-01-17\") = INFORCE", "did you mean IN_FORCE?"),
        ("status_on(\"17.1.2024\") = IN_FORCE", "a day is wanted, in quotes: \"2024-01-17\""),
        ("kind_on(\"2024-01-17\") = PROTOCOL", "unknown function; known are: status_on("),
    ] {
        let refusal = running.anonymous.list_agreements(asked(filter, None)).await.unwrap_err();
        assert_eq!((refusal.code(), &*reason(&refusal)), (Code::InvalidArgument, "FILTER_INVALID"));
        assert!(refusal.message().contains(said), "{filter}: {}", refusal.message());
    }
}
