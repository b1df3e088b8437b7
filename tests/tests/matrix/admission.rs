//! The admission of callers, over gRPC: every method of every process with every kind of caller,
//! held against the table.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use e2e::Suite;
use facts::vocabulary::Vocabulary;
use policy::{Desks, Role, Tier};
use testkit::Engine;
use tonic::Code;

use crate::cells::{Cell, Outcome, Who};
use crate::methods;
use crate::table::Table;
use crate::wire::{connect, open, reason};

/// No message: the type of its only field does not exist.
const BROKEN: &[u8] = &[0xff, 0xff, 0xff];

/// Every kind of caller that a token can be: by the word of the table, and the token.
fn callers(suite: &Suite) -> Vec<(String, Option<String>)> {
    let data = suite.folder.path().join("data");
    let token =
        |roles: &[Role]| Some(testkit::token_for(&data, roles, Desks::ALL, Tier::Confidential));
    let mut all = vec![("ANONYMOUS".to_owned(), None), ("UNGRANTED".to_owned(), token(&[]))];
    all.extend(Role::ALL.iter().map(|role| (role.word().to_owned(), token(&[*role]))));
    all
}

/// Where a method is answered: by the gateway, and by the service of its package.
fn places<'a>(suite: &'a Suite, path: &str) -> Vec<(&'a str, SocketAddr)> {
    let of = |name: &str| match name {
        "agreements" => path.contains(".agreements.") || path.contains(".access."),
        "projects" => path.contains(".projects."),
        "rights-reporting" => path.contains(".rights."),
        _ => false,
    };
    // Each service says which of the names that it keeps are there; the gateway does not. All of
    // them search.
    let is_references = path.contains(".references.");
    let is_of_each = is_references || path.contains(".search.");
    let services = suite.services.iter().filter(|(name, _)| is_of_each || of(name));
    let gateway = (!is_references).then_some(("gateway", suite.address));
    services.copied().chain(gateway).collect()
}

/// Returns what the table says of a caller and a method, whatever the record.
fn expected(table: &Table, path: &str, role: &str) -> Outcome {
    let grant = if matches!(role, "ANONYMOUS" | "UNGRANTED") { "-" } else { "desk" };
    let proof = if grant == "-" { "-" } else { "two" };
    let who = Who { role: role.to_owned(), grant, proof };
    table.admits(&Cell { path: path.to_owned(), who, record: None })
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_let_in_over_grpc_is_who_the_table_lets_in() {
    let Some((suite, _databases)) = Suite::distributed(Engine::Sqlite).await else { return };
    let (table, everybody) = (Table::read(), callers(&suite));
    let (mut outcomes, mut wrong, mut calls) = (BTreeMap::new(), Vec::new(), 0);

    for path in methods() {
        for (place, address) in places(&suite, &path) {
            let channel = connect(address).await;
            for (role, token) in &everybody {
                let expected = expected(&table, &path, role);
                *outcomes.entry(format!("{expected:?}")).or_insert(0) += 1;
                for request in [&[][..], BROKEN] {
                    calls += 1;
                    let answer = open(&channel, token.as_deref(), &path, request.to_vec()).await;
                    let told = answer.map_or_else(
                        |status| (status.code(), reason(&status)),
                        |_| (Code::Ok, String::new()),
                    );
                    let is_as_expected = match (expected, (told.0, told.1.as_str())) {
                        (Outcome::TokenNeeded, it) => {
                            it == (Code::Unauthenticated, "TOKEN_MISSING")
                        }
                        (Outcome::RoleNeeded, it) => it == (Code::PermissionDenied, "ROLE_MISSING"),
                        // Of a call that came in anything may become, but none of what is said at
                        // the door.
                        (_, (code, reason)) => {
                            !matches!(reason, "TOKEN_MISSING" | "ROLE_MISSING" | "NO_RULE")
                                && !matches!(
                                    code,
                                    Code::Unauthenticated
                                        | Code::Unimplemented
                                        | Code::ResourceExhausted
                                        | Code::Unavailable
                                )
                        }
                    };
                    if !is_as_expected {
                        wrong.push(format!("{place} {path} by {role}: {told:?}, not {expected:?}"));
                    }
                }
            }
        }
    }

    let sum: i32 = outcomes.values().sum();
    println!("{} methods, {sum} cells over gRPC, {calls} calls: {outcomes:?}", methods().len());
    assert!(wrong.is_empty(), "{} calls:\n{}", wrong.len(), wrong.join("\n"));
    assert!(sum > 1_000 && outcomes.len() == 3, "{outcomes:?}");
}
