//! Sums by what projects rest on and serve: agreements, acts, frameworks and their priorities; and
//! sums of the projects that a filter selects.

use api::registan::agreements::v1::act_service_client::ActServiceClient;
use api::registan::agreements::v1::framework_service_client::FrameworkServiceClient;
use api::registan::agreements::v1::provision_service_client::ProvisionServiceClient;
use api::registan::agreements::v1::{
    Act, CreateActRequest, CreateFrameworkRequest, CreateProvisionRequest, Framework, Priority,
    Provision, act, framework,
};
use api::registan::options::v1::Tier as WireTier;
use api::registan::projects::v1::left_out_sum::Reason;
use api::registan::projects::v1::sum_transactions_request::Dimension;
use api::registan::projects::v1::{
    Project, ProjectRelation, SumTransactionsRequest, TransactionSum, UpdateProjectRequest,
    project_relation,
};
use chassis::client::Connection;
use policy::{Desks, Tier};
use prost_types::FieldMask;

use crate::support::{
    Running, citation, disbursement, on_both, project, reason, serve, violations,
};

pub const EPCA: &str = "agreements/epca";
const ARTICLE: &str = "agreements/epca/provisions/art-1";
const STRATEGY: &str = "frameworks/strategy";
const RIGHTS: &str = "frameworks/strategy/priorities/r1";
const WATER: &str = "frameworks/strategy/priorities/r2";
const ACT: &str = "acts/dci";

fn names(all: &[&str]) -> Vec<String> {
    all.iter().map(|&name| name.to_owned()).collect()
}

/// Records an article, an act, and a framework with two priorities.
async fn lay_law(law: &Connection) {
    let provision = Provision {
        article: "Article 1".to_owned(),
        source: Some(citation("the agreement")),
        ..Provision::default()
    };
    let request = CreateProvisionRequest {
        parent: EPCA.to_owned(),
        provision_id: "art-1".to_owned(),
        provision: Some(provision),
        ..CreateProvisionRequest::default()
    };
    ProvisionServiceClient::new(law.clone()).create_provision(request).await.unwrap();
    let act = Act {
        kind: act::Kind::Regulation.into(),
        title: "A regulation".to_owned(),
        source: Some(citation("the journal")),
        ..Act::default()
    };
    let request = CreateActRequest {
        act: Some(act),
        act_id: "dci".to_owned(),
        ..CreateActRequest::default()
    };
    ActServiceClient::new(law.clone()).create_act(request).await.unwrap();
    let priority = |id: &str| Priority {
        priority_id: id.to_owned(),
        title: "A priority".to_owned(),
        ..Priority::default()
    };
    let framework = Framework {
        kind: framework::Kind::Strategy.into(),
        title: "A strategy".to_owned(),
        priorities: vec![priority("r1"), priority("r2")],
        source: Some(citation("the strategy")),
        ..Framework::default()
    };
    let request = CreateFrameworkRequest {
        framework: Some(framework),
        framework_id: "strategy".to_owned(),
        ..CreateFrameworkRequest::default()
    };
    FrameworkServiceClient::new(law.clone()).create_framework(request).await.unwrap();
}

/// A project for the whole agreement and two priorities, one for an article of it, an act and one
/// priority, one for the strategy as a whole, one for nothing; each with a transaction.
async fn recorded(url: &str) -> Running {
    let mut running = Box::pin(serve(url)).await;
    Box::pin(lay_law(&running.law)).await;
    let of = |agreements: &[&str], frameworks: &[&str], acts: &[&str]| Project {
        agreements: names(agreements),
        frameworks: names(frameworks),
        acts: names(acts),
        ..project("One")
    };
    for (id, one, amount) in [
        ("whole", of(&[EPCA], &[RIGHTS, WATER], &[]), "1"),
        ("article", of(&[ARTICLE, EPCA], &[WATER], &[ACT]), "10"),
        ("strategy", of(&[], &[STRATEGY], &[]), "100"),
        ("nothing", of(&[], &[], &[]), "1000"),
    ] {
        running.create_project(id, one).await;
        running.create_transaction(&format!("projects/{id}"), disbursement(amount, 1)).await;
    }
    running
}

fn by(dimensions: &[Dimension]) -> SumTransactionsRequest {
    let group_by = dimensions.iter().map(|it| (*it).into()).collect();
    SumTransactionsRequest { group_by, ..SumTransactionsRequest::default() }
}

fn of(project_filter: &str) -> SumTransactionsRequest {
    let project_filter = project_filter.to_owned();
    SumTransactionsRequest { project_filter, ..SumTransactionsRequest::default() }
}

/// Each amount, after what it belongs to.
fn shown(sums: &[TransactionSum]) -> Vec<(String, String)> {
    let all = |sum: &TransactionSum| {
        [&sum.agreements, &sum.frameworks, &sum.priorities, &sum.acts].map(|it| it.join(" "))
    };
    let told = |sum: &TransactionSum| {
        all(sum).into_iter().filter(|names| !names.is_empty()).collect::<Vec<_>>().join(" | ")
    };
    sums.iter().map(|sum| (told(sum), sum.amount.clone())).collect()
}

fn amounts(sums: &[TransactionSum]) -> Vec<&str> {
    sums.iter().map(|sum| sum.amount.as_str()).collect()
}

#[tokio::test]
async fn money_is_told_apart_by_law_and_policy_and_several_are_not_split() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let both = format!("{RIGHTS} {WATER}");
        for (dimension, wanted) in [
            (Dimension::Agreement, &[("", "1100"), (EPCA, "11")][..]),
            (Dimension::Framework, &[("", "1000"), (STRATEGY, "111")]),
            (Dimension::Priority, &[("", "1100"), (&*both, "1"), (WATER, "10")]),
            (Dimension::Act, &[("", "1101"), (ACT, "10")]),
        ] {
            let sums = running.sums(by(&[dimension])).await;
            let wanted: Vec<_> = wanted
                .iter()
                .map(|(named, amount)| (named.to_string(), amount.to_string()))
                .collect();
            assert_eq!(shown(&sums), wanted, "{dimension:?}");
        }
        let sums = running.sums(by(&[Dimension::Act, Dimension::Agreement])).await;
        let act_and_agreement = (format!("{EPCA} | {ACT}"), "10".to_owned());
        assert_eq!(sums.len(), 3);
        assert!(shown(&sums).contains(&act_and_agreement), "{sums:?}");
    })
    .await;
}

#[tokio::test]
async fn a_sum_is_of_the_projects_that_a_filter_selects_as_it_was_then() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let under = of(&format!("agreements:\"{EPCA}\""));
        let for_water = of(&format!("frameworks:\"{WATER}\""));

        assert_eq!(amounts(&running.sums(under.clone()).await), ["11"]);
        assert_eq!(amounts(&running.sums(for_water).await), ["11"]);
        assert_eq!(amounts(&running.sums(of(&format!("acts:\"{ACT}\""))).await), ["10"]);
        let before = running.transactions.sum_transactions(under.clone()).await.unwrap();
        let project = Project { name: "projects/article".to_owned(), ..Project::default() };
        let update = UpdateProjectRequest {
            project: Some(project),
            update_mask: Some(FieldMask { paths: names(&["agreements"]) }),
            ..UpdateProjectRequest::default()
        };
        running.projects.update_project(update).await.unwrap();
        let read_time = before.into_inner().read_time;
        let then = SumTransactionsRequest { read_time, ..under.clone() };
        let apart = SumTransactionsRequest { read_time, ..by(&[Dimension::Agreement]) };

        assert_eq!(amounts(&running.sums(under).await), ["1"]);
        assert_eq!(amounts(&running.sums(then).await), ["11"]);
        assert_eq!(amounts(&running.sums(apart).await), ["1100", "11"]);
    })
    .await;
}

#[tokio::test]
async fn a_project_above_that_is_not_selected_takes_nothing_out() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let above = ProjectRelation {
            kind: project_relation::Kind::Parent.into(),
            project: "projects/nothing".to_owned(),
            ..ProjectRelation::default()
        };
        let below =
            Project { agreements: names(&[EPCA]), relations: vec![above], ..project("Below") };
        running.create_project("below", below).await;
        running.create_transaction("projects/below", disbursement("5", 2)).await;

        let of_all = running.sums(by(&[Dimension::Agreement])).await;
        let selected = running.sums(of(&format!("agreements:\"{EPCA}\""))).await;

        assert_eq!(amounts(&of_all), ["1100", "11"], "5 are counted in the project above");
        assert_eq!(amounts(&selected), ["16"]);
    })
    .await;
}

fn under(above: &str, one: Project) -> Project {
    let above = ProjectRelation {
        kind: project_relation::Kind::Parent.into(),
        project: above.to_owned(),
        ..ProjectRelation::default()
    };
    Project { relations: vec![above], ..one }
}

/// A decision rests on an agreement; its contracts name none of their own.
#[tokio::test]
async fn what_a_project_does_not_name_is_that_of_the_nearest_above_that_the_caller_sees() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let decision =
            Project { agreements: names(&[EPCA]), acts: names(&[ACT]), ..project("Decision") };
        running.create_project("decision", decision).await;
        running.create_project("between", under("projects/decision", project("Between"))).await;
        let contract = Project { frameworks: names(&[WATER]), ..project("Contract") };
        running.create_project("contract", under("projects/between", contract)).await;
        running.create_transaction("projects/contract", disbursement("2500", 2)).await;
        let tier = WireTier::Confidential.into();
        let hidden = Project { agreements: names(&[EPCA]), tier, ..project("Hidden") };
        let hidden = running.create_project("", hidden).await.name;
        running.create_project("open", under(&hidden, project("Open"))).await;
        running.create_transaction("projects/open", disbursement("40000", 2)).await;

        for (dimension, wanted, seen) in [
            (Dimension::Agreement, ["1100", "42511"], ["41100", "2511"]),
            (Dimension::Act, ["41101", "2510"], ["41101", "2510"]),
        ] {
            let mut public = running.editor(Desks::NONE, Tier::Public);
            let low = public.transactions.sum_transactions(by(&[dimension])).await.unwrap();
            assert_eq!(amounts(&running.sums(by(&[dimension])).await), wanted, "{dimension:?}");
            assert_eq!(amounts(&low.into_inner().sums), seen, "{dimension:?}");
        }
        let both = running.sums(by(&[Dimension::Agreement, Dimension::Priority])).await;
        let wanted = (format!("{EPCA} | {WATER}"), "2510".to_owned());
        assert!(shown(&both).contains(&wanted), "{both:?}");
    })
    .await;
}

/// The framework of a project has no priority of the framework above.
#[tokio::test]
async fn a_priority_above_is_none_of_a_project_that_names_a_framework() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let decision = Project { frameworks: names(&[WATER]), ..project("Decision") };
        running.create_project("decision", decision).await;
        let other = Project { frameworks: names(&[STRATEGY]), ..project("Other") };
        running.create_project("other", under("projects/decision", other)).await;
        running.create_transaction("projects/other", disbursement("2500", 2)).await;
        running.create_project("same", under("projects/decision", project("Same"))).await;
        running.create_transaction("projects/same", disbursement("30000", 2)).await;

        let priorities = running.sums(by(&[Dimension::Priority])).await;
        let both = running.sums(by(&[Dimension::Priority, Dimension::Framework])).await;

        assert!(amounts(&priorities).contains(&"30010"), "{priorities:?}");
        assert!(
            shown(&both).iter().any(|(named, it)| named == STRATEGY && it == "2600"),
            "{both:?}"
        );
    })
    .await;
}

/// The contract is below the decision that the filter selects, and names nothing itself.
#[tokio::test]
async fn money_below_a_project_that_a_filter_selects_is_named() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let decision = Project { agreements: names(&[EPCA]), ..project("Decision") };
        running.create_project("decision", decision).await;
        running.create_project("contract", under("projects/decision", project("Contract"))).await;
        running.create_transaction("projects/contract", disbursement("2500", 2)).await;
        let tier = WireTier::Confidential.into();
        let hidden = under("projects/decision", Project { tier, ..project("Hidden") });
        let hidden = running.create_project("", hidden).await.name;
        running.create_transaction(&hidden, disbursement("40000", 2)).await;
        let under_it = of(&format!("agreements:\"{EPCA}\""));
        let mut public = running.editor(Desks::NONE, Tier::Public);

        let all = running.transactions.sum_transactions(under_it.clone()).await.unwrap();
        let seen = public.transactions.sum_transactions(under_it).await.unwrap().into_inner();
        let none = running.transactions.sum_transactions(of("title = \"Decision\"")).await;

        let all = all.into_inner();
        for (answer, amount) in [(&all, "42500"), (&seen, "2500")] {
            assert_eq!(amounts(&answer.sums), ["11"]);
            let left: Vec<_> =
                answer.left_out.iter().map(|left| (left.reason(), &*left.amount)).collect();
            assert_eq!(left, [(Reason::NotSelected, amount)]);
        }
        assert!(none.unwrap().into_inner().left_out.is_empty(), "only of law and policy");
    })
    .await;
}

#[tokio::test]
async fn what_a_filter_of_projects_gets_wrong_is_said_of_it() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        for (filter, wanted) in [
            ("agreement:\"agreements/epca\"", "FILTER_INVALID"),
            ("agreements:\"agreements/epka\"", "FILTER_NAMES_NOTHING"),
        ] {
            let refused = running.transactions.sum_transactions(of(filter)).await.unwrap_err();
            assert_eq!(reason(&refused), wanted, "{filter}");
            assert_eq!(violations(&refused)[0].0, "project_filter", "{filter}");
        }
        let none = of("title = \"Nobody\"");
        assert!(running.sums(none).await.is_empty(), "it could have been one");
    })
    .await;
}

#[tokio::test]
async fn what_is_hidden_is_selected_for_nobody_who_may_not_see_it() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let tier = WireTier::Confidential.into();
        let hidden = Project { agreements: names(&[EPCA]), tier, ..project("Hidden") };
        let hidden = running.create_project("", hidden).await.name;
        running.create_transaction(&hidden, disbursement("7", 2)).await;
        let mut public = running.editor(Desks::NONE, Tier::Public);
        for question in [of(&format!("agreements:\"{EPCA}\"")), by(&[Dimension::Agreement])] {
            let seen = public.transactions.sum_transactions(question.clone()).await.unwrap();
            let all = running.sums(question).await;

            assert_eq!(amounts(&seen.into_inner().sums).last(), Some(&"11"));
            assert_eq!(amounts(&all).last(), Some(&"18"));
        }
    })
    .await;
}
