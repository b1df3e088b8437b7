//! How a service asks agreements for what its caller was given.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use api::registan::access::v1::{GetOwnGrantsRequest, GetOwnGrantsResponse, HeldGrant};
use api::rpc::access_service::GetOwnGrants;
use chassis::Service;
use chassis::auth::grants::GrantSource;
use chassis::client::Connection;
use http::HeaderValue;
use policy::{Desks, Grant, Role, Tier};
use prost_types::Timestamp;
use standard::{AskedGrants, Methods, contract};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

const TOKEN: &str = "Bearer of-ainura";

fn held() -> HeldGrant {
    HeldGrant {
        role: 4,
        for_desks: vec!["desks/kz".to_owned(), "desks/uz".to_owned()],
        up_to: 4,
        resource: "activities/a1".to_owned(),
        expire_time: Some(Timestamp { seconds: 1_800_000_000, nanos: 0 }),
    }
}

/// Knows one token, and gives its holder one grant that can be read and some that cannot.
async fn get_own_grants(
    (): (),
    request: Request<GetOwnGrantsRequest>,
) -> Result<Response<GetOwnGrantsResponse>, Status> {
    let headers: Vec<_> = request.metadata().get_all("authorization").iter().collect();
    if headers != [TOKEN] {
        return Err(Status::unauthenticated("the token is not valid"));
    }
    let grants = vec![
        HeldGrant { role: 99, ..held() },
        HeldGrant { up_to: 99, ..held() },
        HeldGrant { up_to: 0, ..held() },
        HeldGrant { for_desks: vec!["desks/xx".to_owned()], ..held() },
        HeldGrant { expire_time: None, ..held() },
        held(),
    ];
    Ok(Response::new(GetOwnGrantsResponse { grants }))
}

/// Agreements on a loopback port, for as long as the test runs.
fn agreements() -> Connection {
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", incoming.local_addr().unwrap());
    let service = Service::new("agreements", contract());
    let service = Methods::default().unary(GetOwnGrants, &(), get_own_grants).build(service);
    let server = Server::builder().add_routes(service.unwrap().routes);
    tokio::spawn(server.serve_with_incoming(incoming));
    Connection::to(&url).unwrap()
}

#[tokio::test]
async fn the_token_of_the_caller_says_whose_grants_are_meant() {
    let source = AskedGrants::new(&agreements());

    let known = source.grants("x#ainura", &HeaderValue::from_static(TOKEN)).await.unwrap();
    let other = source.grants("x#ainura", &HeaderValue::from_static("Bearer x")).await.unwrap_err();

    // What cannot be read gives nothing, least of all more than was meant.
    let expected = Grant {
        role: Role::Editor,
        desks: Desks::parse("kz,uz").unwrap(),
        tier: Tier::Secret,
        resource: Some("activities/a1".to_owned()),
        expires: Some(1_800_000_000_000_000),
    };
    assert_eq!(known, [expected]);
    assert_eq!(other.code, tonic::Code::Unauthenticated);
}

#[tokio::test]
async fn where_agreements_is_away_nobody_counts_as_without_grants() {
    let source = AskedGrants::new(&Connection::to("http://127.0.0.1:9").unwrap());

    let failure = source.grants("x#ainura", &HeaderValue::from_static(TOKEN)).await.unwrap_err();

    assert_eq!(failure.code, tonic::Code::Unavailable);
}
