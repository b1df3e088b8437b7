//! The agreements service behind a port on loopback, where an access token is read.

use std::sync::LazyLock;

use api::registan::agreements::v1::GetPartyRequest;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use chassis::auth::development::Token;
use chassis::client::channel;
use chassis::clock::{Clock, SystemClock};
use chassis::{Server, Settings};
use policy::{Desks, Role, Tier};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Request, Status};

struct Port {
    channel: Channel,
    runtime: Runtime,
    data: TempDir,
}

static PORT: LazyLock<Port> = LazyLock::new(|| {
    let data = tempfile::tempdir().unwrap();
    let settings = Settings {
        data_dir: data.path().to_owned(),
        listen: "127.0.0.1:0".parse().unwrap(),
        ..Settings::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let channel = runtime.block_on(async {
        let service = agreements::service(settings.clone()).await.unwrap();
        let server = Server::bind(service, &settings).await.unwrap();
        let address = server.address();
        tokio::spawn(server.run(CancellationToken::new()));
        channel(&format!("http://{address}")).unwrap()
    });
    Port { channel, runtime, data }
});

static TOKEN: LazyLock<String> = LazyLock::new(|| token_for("fuzzing"));

/// An access token that is taken.
pub fn token() -> &'static str {
    &TOKEN
}

/// One for somebody of this name, whatever it is.
pub fn token_for(subject: &str) -> String {
    let token = Token {
        subject: subject.to_owned(),
        roles: vec![Role::Editor],
        desks: Desks::ALL,
        tier: Tier::Confidential,
        hours: 24,
    };
    token.sign(PORT.data.path(), SystemClock.now()).unwrap()
}

/// Asks for a party that is not there, with this `authorization`.
pub fn ask(authorization: MetadataValue<Ascii>) -> Status {
    let mut request = Request::new(GetPartyRequest {
        name: "parties/none".to_owned(),
        ..GetPartyRequest::default()
    });
    request.metadata_mut().insert("authorization", authorization);
    let mut client = PartyServiceClient::new(PORT.channel.clone());
    PORT.runtime.block_on(client.get_party(request)).unwrap_err()
}
