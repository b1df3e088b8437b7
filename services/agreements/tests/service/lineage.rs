//! The lineage of agreements and acts: both ways, on a day, at any instant, and only of what the
//! caller may read.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::agreements::{agreement, day, milestone, provision};
use crate::support::{Running, citation, on_both, party, reason, serve};
use api::registan::agreements::v1::agreement::{Kind, State};
use api::registan::agreements::v1::lineage_edge::State as Holds;
use api::registan::agreements::v1::party::Kind as PartyKind;
use api::registan::agreements::v1::relation::Kind as Rel;
use api::registan::agreements::v1::{
    Act, ActRelation, CreateActRequest, CreateAgreementRequest, CreatePartyRequest,
    CreateSourceRequest, DeleteActRequest, GetActRequest, GetLineageRequest, Lineage, Relation,
    UpdateActRequest, act, milestone,
};
use api::registan::options::v1::Tier;
use api::registan::r#type::v1::{Date, PartialDate};
use prost_types::{FieldMask, Timestamp};
use reference::COLLECTIONS;
use tonic::Code;

fn relation(kind: Rel, resource: &str) -> ActRelation {
    let (kind, resource) = (kind.into(), resource.to_owned());
    ActRelation { kind, resource, ..ActRelation::default() }
}

fn act(id: &str, relations: Vec<ActRelation>) -> CreateActRequest {
    let act = Act {
        kind: act::Kind::Regulation.into(),
        title: format!("Act {id}"),
        relations,
        source: Some(citation("a journal")),
        ..Act::default()
    };
    CreateActRequest { act: Some(act), act_id: id.to_owned(), ..CreateActRequest::default() }
}

fn asked(name: &str, as_of: Option<Date>, read_time: Option<Timestamp>) -> GetLineageRequest {
    GetLineageRequest { name: name.to_owned(), as_of, read_time, known_by: None }
}

async fn lineage(running: &mut Running, name: &str) -> Lineage {
    running.agreements.get_lineage(asked(name, None, None)).await.unwrap().into_inner()
}

/// The nodes with their levels; a plus where more follows.
fn nodes(lineage: &Lineage) -> String {
    let node = |it: &api::registan::agreements::v1::LineageNode| {
        let id = it.name.split('/').nth(1).unwrap();
        format!("{id}:{}{}", it.level, if it.more { "+" } else { "" })
    };
    lineage.nodes.iter().map(node).collect::<Vec<_>>().join(" ")
}

fn edges(lineage: &Lineage) -> Vec<String> {
    let id = |name: &str| name.split('/').nth(1).unwrap().to_owned();
    let edge = |it: &api::registan::agreements::v1::LineageEdge| {
        let kind = it.kind().as_str_name().trim_start_matches("KIND_").to_owned();
        format!("{} {kind} {}", id(&it.from), id(&it.to))
    };
    lineage.edges.iter().map(edge).collect()
}

/// The service with the law of the reference record.
async fn recorded(url: &str) -> Running {
    let mut running = serve(url).await;
    for collection in &COLLECTIONS {
        for record in collection.records().unwrap() {
            let (id, resource) = (record.id, record.resource);
            match collection.message {
                "registan.agreements.v1.Source" if id != "announcement" => {
                    let source = Some(resource.transcode_to().unwrap());
                    let request =
                        CreateSourceRequest { source, source_id: id, ..Default::default() };
                    // Those that say something of projects name what is not here.
                    running.sources.create_source(request).await.ok();
                }
                "registan.agreements.v1.Party" => {
                    let party = Some(resource.transcode_to().unwrap());
                    let request = CreatePartyRequest { party, party_id: id, ..Default::default() };
                    running.parties.create_party(request).await.unwrap();
                }
                "registan.agreements.v1.Agreement" => {
                    let (agreement, agreement_id) = (Some(resource.transcode_to().unwrap()), id);
                    let request =
                        CreateAgreementRequest { agreement, agreement_id, ..Default::default() };
                    running.agreements.create_agreement(request).await.unwrap();
                }
                "registan.agreements.v1.Act" => {
                    let (act, act_id) = (Some(resource.transcode_to().unwrap()), id);
                    let request = CreateActRequest { act, act_id, ..Default::default() };
                    running.acts.create_act(request).await.unwrap();
                }
                _ => {}
            }
        }
    }
    running
}

#[tokio::test]
async fn the_law_with_kazakhstan_is_one_chain() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let (name, on) = ("agreements/eu-kz-epca-2015", day(2018, 1, 1));
        let then = running.agreements.get_lineage(asked(name, on, None)).await.unwrap();
        let then = then.into_inner();
        assert_eq!(
            nodes(&then),
            "decision-2016-123:1 decision-2020-244:1 eu-kz-pca-1995:1 decision-1999-490:2 \
             eu-kz-ia-1995:2 eu-kz-pca-prot-2004:2 eu-su-tca-1989:2 decision-90-116:3"
                .replacen("", "eu-kz-epca-2015:0 ", 1)
        );
        assert_eq!(
            edges(&then),
            [
                "decision-1999-490 CONCLUDES eu-kz-pca-1995",
                "decision-2016-123 SIGNS eu-kz-epca-2015",
                "decision-2020-244 CONCLUDES eu-kz-epca-2015",
                "decision-90-116 CONCLUDES eu-su-tca-1989",
                "eu-kz-epca-2015 REPLACES eu-kz-pca-1995",
                "eu-kz-ia-1995 INTERIM_FOR eu-kz-pca-1995",
                "eu-kz-pca-1995 REPLACES eu-su-tca-1989",
                "eu-kz-pca-prot-2004 PROTOCOL_TO eu-kz-pca-1995",
            ]
        );
        let states = |of: &Lineage, name: &str| {
            let node = of.nodes.iter().find(|node| node.name.ends_with(name)).unwrap();
            node.status.as_ref().unwrap().state()
        };
        let holds = |of: &Lineage, from: &str| {
            of.edges.iter().find(|edge| edge.from.ends_with(from)).unwrap().state()
        };
        assert_eq!(states(&then, "eu-kz-epca-2015"), State::ProvisionallyApplied);
        assert_eq!(states(&then, "eu-kz-pca-1995"), State::InForce);
        assert_eq!(states(&then, "decision-2020-244"), State::NotStarted);
        assert_eq!(holds(&then, "eu-kz-epca-2015"), Holds::NotYet);
        assert_eq!(holds(&then, "eu-kz-ia-1995"), Holds::Ended);
        assert_eq!(holds(&then, "decision-2020-244"), Holds::NotYet);
        assert_eq!(holds(&then, "decision-2016-123"), Holds::Holds);
        let edge = then.edges.iter().find(|edge| edge.from.ends_with("eu-kz-pca-1995")).unwrap();
        assert!(edge.source.is_some() && edge.confidence != 0, "{edge:?}");
        let now = lineage(&mut running, name).await;
        assert_eq!(holds(&now, "eu-kz-epca-2015"), Holds::Holds);
        assert_eq!(states(&now, "eu-kz-pca-1995"), State::Replaced);

        // An agreement that does not exist yet relates to nothing yet.
        let early = asked("agreements/eu-uz-pca-1996", day(2000, 1, 1), None);
        let early = running.agreements.get_lineage(early).await.unwrap().into_inner();
        for one in early.edges.iter().filter(|edge| states(&early, &edge.from) == State::NotStarted)
        {
            assert_eq!(one.state(), Holds::NotYet, "{one:?}");
        }
        assert_eq!(holds(&early, "eu-uz-epca-2025"), Holds::NotYet);
        assert_eq!(holds(&early, "eu-uz-pca-prot-2004"), Holds::NotYet);

        // Of a protocol the whole is followed; of what was before them all, every branch.
        let protocol = lineage(&mut running, "agreements/eu-kz-pca-prot-2004").await;
        assert_eq!(protocol.nodes.len(), now.nodes.len());
        let first = nodes(&lineage(&mut running, "agreements/eu-su-tca-1989").await);
        assert!(first.contains("eu-uz-text-prot:2") && first.contains("eu-kz-epca-2015:2"));
        // A project rests on a programme, and that on an instrument, which came after another.
        let programme = lineage(&mut running, "acts/mip-uz-2021").await;
        assert_eq!(nodes(&programme), "mip-uz-2021:0 ndici-2021:1 dci-2014:2");
    })
    .await;
}

/// A treaty with an article, and what rests on it: a regulation, a programme, a decision.
async fn chained(url: &str) -> Running {
    let mut running = serve(url).await;
    for (id, kind) in [("eu", PartyKind::Union), ("kz", PartyKind::State)] {
        running.parties.create_party(party(id, kind)).await.unwrap();
    }
    let signed = milestone(milestone::Kind::Signed, day(2020, 1, 1));
    let treaty = agreement("treaty", Kind::PartnershipAndCooperation, vec![signed]);
    running.agreements.create_agreement(treaty).await.unwrap();
    let article = provision("treaty", "art-9", "Article 9");
    running.provisions.create_provision(article).await.unwrap();
    for (id, other) in [
        ("regulation", "agreements/treaty/provisions/art-9"),
        ("programme", "acts/regulation"),
        ("decision", "acts/programme"),
    ] {
        let request = act(id, vec![relation(Rel::BasedOn, other)]);
        running.acts.create_act(request).await.unwrap();
    }
    running
}

const CHAIN: [&str; 3] =
    ["decision BASED_ON programme", "programme BASED_ON regulation", "regulation BASED_ON treaty"];

#[tokio::test]
async fn a_chain_leads_from_the_treaty_to_the_decision_and_back() {
    on_both(|url| async move {
        let mut running = chained(&url).await;
        let down = lineage(&mut running, "agreements/treaty").await;
        assert_eq!(nodes(&down), "treaty:0 regulation:1 programme:2 decision:3");
        assert_eq!(edges(&down), CHAIN);
        assert_eq!(down.edges[2].provision, "agreements/treaty/provisions/art-9");
        let up = lineage(&mut running, "acts/decision").await;
        assert_eq!(nodes(&up), "decision:0 programme:1 regulation:2 treaty:3");
        assert_eq!(edges(&up), CHAIN);

        // Another name, one that is not there, and one of another kind.
        for (name, code, why) in [
            ("acts/Nothing", Code::InvalidArgument, "NAME_INVALID"),
            ("parties/kz", Code::InvalidArgument, "NAME_INVALID"),
            ("acts/nothing", Code::NotFound, "NOT_FOUND"),
            ("agreements/nothing", Code::NotFound, "NOT_FOUND"),
        ] {
            let refused = running.agreements.get_lineage(asked(name, None, None)).await;
            let refused = refused.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (code, why), "{name}");
        }
    })
    .await;
}

/// Changes an act.
async fn update(running: &mut Running, id: &str, change: impl Fn(&mut Act), path: &str) {
    let request = GetActRequest { name: format!("acts/{id}"), ..GetActRequest::default() };
    let mut act = running.acts.get_act(request).await.unwrap().into_inner();
    change(&mut act);
    let update_mask = Some(FieldMask { paths: vec![path.to_owned()] });
    let request = UpdateActRequest { act: Some(act), update_mask, ..UpdateActRequest::default() };
    running.acts.update_act(request).await.unwrap();
}

#[tokio::test]
async fn what_is_hidden_in_the_middle_is_as_if_it_were_missing() {
    on_both(|url| async move {
        let mut running = chained(&url).await;
        let before = lineage(&mut running, "agreements/treaty").await;
        let hide = |act: &mut Act| act.tier = Tier::Restricted.into();
        update(&mut running, "programme", hide, "tier").await;
        assert_eq!(nodes(&lineage(&mut running, "agreements/treaty").await), nodes(&before));

        let on = day(2024, 1, 1);
        let mut hidden = Vec::new();
        for name in ["agreements/treaty", "acts/decision"] {
            // Neither now nor at an instant at which it was shown.
            for read_time in [None, before.read_time] {
                let answer = running.anonymous.get_lineage(asked(name, on, read_time)).await;
                let answer = answer.unwrap().into_inner();
                assert!(!format!("{answer:?}").contains("programme"), "{answer:?}");
                hidden.push(Lineage { read_time: None, ..answer });
            }
        }
        assert_eq!(nodes(&hidden[0]), "treaty:0 regulation:1");
        let request = asked("acts/programme", None, None);
        let refused = running.anonymous.get_lineage(request).await.unwrap_err();
        let absent = running.anonymous.get_lineage(asked("acts/no-such-1", None, None)).await;
        let message = |text: &str| text.replace("programme", "no-such-1");
        assert_eq!(message(refused.message()), absent.unwrap_err().message());

        let name = "acts/programme".to_owned();
        let request = DeleteActRequest { name, force: true, ..DeleteActRequest::default() };
        running.acts.delete_act(request).await.unwrap();
        for (place, name) in ["agreements/treaty", "acts/decision"].into_iter().enumerate() {
            let missing = running.agreements.get_lineage(asked(name, on, None)).await;
            let missing = Lineage { read_time: None, ..missing.unwrap().into_inner() };
            assert_eq!(missing, hidden[2 * place]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_lineage_is_that_of_its_instant() {
    on_both(|url| async move {
        let mut running = chained(&url).await;
        let before = lineage(&mut running, "agreements/treaty").await;
        let cut = |act: &mut Act| act.relations.clear();
        update(&mut running, "programme", cut, "relations").await;
        let after = lineage(&mut running, "agreements/treaty").await;
        assert_eq!(nodes(&after), "treaty:0 regulation:1");
        let replaces = |act: &mut Act| act.relations[0].kind = Rel::Implements.into();
        update(&mut running, "regulation", replaces, "relations").await;

        for (read_time, answer) in [(before.read_time, before), (after.read_time, after)] {
            let request = asked("agreements/treaty", answer.as_of, read_time);
            let again = running.agreements.get_lineage(request).await.unwrap().into_inner();
            assert_eq!(again, answer);
        }
        let now = lineage(&mut running, "agreements/treaty").await;
        assert_eq!(edges(&now), ["regulation IMPLEMENTS treaty"]);
    })
    .await;
}

#[tokio::test]
async fn sixteen_levels_are_whole_and_the_next_is_announced() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.acts.create_act(act("n0", vec![])).await.unwrap();
        for number in 1..=17 {
            let before = format!("acts/n{}", number - 1);
            let request = act(&format!("n{number}"), vec![relation(Rel::BasedOn, &before)]);
            running.acts.create_act(request).await.unwrap();
        }
        let seventeen = lineage(&mut running, "acts/n0").await;
        assert_eq!((seventeen.nodes.len(), seventeen.edges.len()), (17, 16));
        assert!(nodes(&seventeen).ends_with(" n16:16+"), "{}", nodes(&seventeen));
        let upwards = lineage(&mut running, "acts/n17").await;
        assert!(nodes(&upwards).ends_with(" n1:16+"), "{}", nodes(&upwards));
        let sixteen = lineage(&mut running, "acts/n16").await;
        assert_eq!(sixteen.nodes.len(), 18);
        assert!(sixteen.nodes.iter().all(|node| !node.more));

        // A circle is walked once; each is above and below the others.
        let close = |act: &mut Act| act.relations = vec![relation(Rel::Succeeds, "acts/n2")];
        update(&mut running, "n0", close, "relations").await;
        let circle = nodes(&lineage(&mut running, "acts/n1").await);
        assert!(circle.starts_with("n1:0 n0:1 n2:1 n3:2"), "{circle}");
    })
    .await;
}

#[tokio::test]
async fn an_answer_is_bounded() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.acts.create_act(act("hub", vec![])).await.unwrap();
        let mut all = tokio::task::JoinSet::new();
        for number in 0..501 {
            let request = act(&format!("a{number}"), vec![relation(Rel::BasedOn, "acts/hub")]);
            let mut acts = running.acts.clone();
            all.spawn(async move { acts.create_act(request).await.map(drop) });
        }
        for created in all.join_all().await {
            created.unwrap();
        }
        let request = asked("acts/hub", None, None);
        let refused = running.agreements.get_lineage(request).await.unwrap_err();
        assert_eq!(reason(&refused), "ANSWER_TOO_LARGE");
        // From below, the others are branches.
        assert_eq!(nodes(&lineage(&mut running, "acts/a7").await), "a7:0 hub:1");
    })
    .await;
}

#[tokio::test]
async fn a_relation_names_what_exists_and_ends_after_it_began() {
    on_both(|url| async move {
        let mut running = chained(&url).await;
        let date = |year| Some(PartialDate { date: day(year, 1, 1), ..PartialDate::default() });
        let mut request = act("other", vec![relation(Rel::Amends, "acts/nothing")]);
        let refused = running.acts.create_act(request.clone()).await.unwrap_err();
        assert_eq!(reason(&refused), "REFERENCE_MISSING");
        let made = request.act.as_mut().unwrap();
        made.relations = vec![ActRelation {
            since: date(2020),
            until: date(2019),
            ..relation(Rel::Amends, "acts/regulation")
        }];
        (made.in_force, made.ended) = (date(2020), date(2010));
        let refused = running.acts.create_act(request).await.unwrap_err();
        assert_eq!(crate::support::fields(&refused), ["act.ended", "act.relations[0].until"]);

        let mut request = agreement("later", Kind::Protocol, vec![]);
        request.agreement.as_mut().unwrap().relations = vec![Relation {
            kind: Rel::Replaces.into(),
            agreement: "agreements/treaty".to_owned(),
            since: date(2020),
            until: date(2019),
            ..Relation::default()
        }];
        let refused = running.agreements.create_agreement(request).await.unwrap_err();
        assert_eq!(crate::support::fields(&refused), ["agreement.relations[0].until"]);
    })
    .await;
}
